"""What README says is true: its commands name real files, its example prints what it shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from meta.source import ROOT, run_python

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    line
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
]
EXAMPLES = re.findall(r"```python\n(.*?)```\s*```text\n(.*?)```", README, re.DOTALL)


def test_there_are_two_set_up_commands() -> None:
    set_up = [line for line in COMMANDS if "venv" in line]
    assert len(set_up) == 2
    for line in set_up:
        assert line.startswith("python3 -m venv .venv && .venv/bin/pip install ")


@pytest.mark.parametrize("command", COMMANDS)
def test_files_in_commands_exist(command: str) -> None:
    words = [word for word in shlex.split(command) if "/" in word and ".venv" not in word]
    assert [word for word in words if not (ROOT / word.partition(":")[0]).exists()] == []


def test_continuous_integration_runs_the_same_test_command() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    (command,) = [line for line in COMMANDS if "[test]" in line]
    assert command.endswith("python tools/test.py")
    assert "install --quiet -e '.[test]'" in script
    assert '"$python" tools/test.py' in script.splitlines()


def test_every_python_block_shows_its_output() -> None:
    assert len(EXAMPLES) == README.count("```python") >= 1


@pytest.mark.parametrize(("code", "shown"), EXAMPLES)
def test_example_prints_what_is_shown(code: str, shown: str, tmp_path: Path) -> None:
    done = run_python("-c", code, cwd=tmp_path)
    assert done.stderr == ""
    assert done.stdout.strip() == shown.strip()

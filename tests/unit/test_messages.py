"""Every error and every warning has its code, its names and its numbers; none is left out.

The tables say how each message comes about and what it has to tell. Every place in the package
that makes one, of those that need no framework, is reached by a table.
"""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

from unit.said import PACKAGE, Place, Said, faults, message_of, places_seen
from unit.said_of_columns import COLUMNS
from unit.said_of_doctor import DOCTOR
from unit.said_of_evaluations import EVALUATIONS
from unit.said_of_files import FILES
from unit.said_of_frameworks import FRAMEWORKS
from unit.said_of_names import NAMES
from unit.said_of_options import OPTIONS
from unit.said_of_shapes import SHAPES
from unit.said_of_values import VALUES

TABLES = {
    "values": VALUES, "shapes": SHAPES, "options": OPTIONS, "evaluations": EVALUATIONS,
    "files": FILES, "doctor": DOCTOR, "frameworks": FRAMEWORKS,
    "names": NAMES, "columns": COLUMNS,
}  # fmt: skip
ALL = {
    f"{table}: {name}": said for table, entries in TABLES.items() for name, said in entries.items()
}
BUILDERS = (
    *(f"core/messages/{name}.py" for name in ("compat", "keras", "machine", "options", "shapes")),
    "core/messages/linear.py",
    "core/messages/values.py", "core/messages/names.py", "core/messages/data.py",
    "core/messages/columns.py", "core/messages/compare.py",     "stream/readers/_file.py",
)  # fmt: skip
NEEDS_NO_FRAMEWORK = (
    "*.py", "core/**/*.py", "conventions/*.py", "doctor/*.py", "doctor/checks/*.py",
    "doctor/guards/watch.py", "losses/targets.py", "testing/*.py", "frontends/call.py",
    "frontends/linear_call.py",
    "cli/writing.py", "evaluate/**/*.py", "frontends/__init__.py", "frontends/numpy/*.py",
    "kernels/config.py", "kernels/thread_count.py", "stream/**/*.py",
)  # fmt: skip

FRONT_END = "needs the front end of a framework"
ENVIRONMENT = "tests/kernels/test_environment.py starts a process for it"
WRITING = "tests/cli/test_writing.py has it: a full disk, or another user than root"
NEVER = "no input is known for it: what stands before it says more, and first"
NOT_REACHED: dict[tuple[str, str], tuple[int, str]] = {
    ("frontends/call.py", "spec_of"): (2, FRONT_END),
    ("stream/readers/__init__.py", "_one_array"): (1, NEVER),
    ("stream/readers/__init__.py", "_one_table"): (1, NEVER),
    ("stream/readers/csv.py", "_other_rows"): (1, NEVER),
    ("stream/readers/csv.py", "_look"): (1, NEVER),
    ("stream/readers/csv.py", "_parse"): (1, NEVER),
    ("stream/readers/jsonl.py", "_array"): (1, NEVER),
    ("stream/readers/names.py", "chunks"): (1, NEVER),
    ("stream/readers/npz.py", "_not_unpacked"): (1, "tests/evaluate/test_npy_and_npz.py has it"),
    ("stream/readers/npz.py", "_read_unpacked"): (1, "a file without a name is cut by nobody"),
    ("stream/host.py", "to_host"): (3, FRONT_END),
    ("cli/writing.py", "check_target"): (1, WRITING),
    ("cli/writing.py", "write_file"): (2, WRITING),
    ("gradient.py", "_check_call"): (1, FRONT_END),
    ("core/messages/linear.py", "unknown_features"): (1, FRONT_END),
    ("frontends/linear_call.py", "_layer"): (1, FRONT_END),
    ("frontends/linear_call.py", "_array"): (1, FRONT_END),
    ("kernels/thread_count.py", "_default_threads"): (1, ENVIRONMENT),
    ("kernels/config.py", "_usable"): (2, ENVIRONMENT),
    ("core/plan.py", "_class_axis"): (1, FRONT_END),
}
"""By file and function: how many places no table reaches, and why."""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("said", ALL.values(), ids=ALL)
def test_what_a_message_tells(said: Said) -> None:
    assert faults(said, message_of(said.call)) == []


def places() -> dict[Place, str]:
    """Every line that makes a message, and the function that it is in."""
    kinds = {"SpecError", "string_labels", "array_kind", "unreadable", "cut_off"}
    errors = ast.parse((PACKAGE / "core/errors.py").read_text(encoding="utf-8"))
    kinds |= {node.name for node in errors.body if isinstance(node, ast.ClassDef)} | {"ReaderError"}
    modules = {"messages", "option_messages", "machine"}
    found = {}
    for path in {path for glob in NEEDS_NO_FRAMEWORK for path in PACKAGE.glob(glob)}:
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef):
                continue
            for node in ast.walk(function):
                if not isinstance(node, ast.Call):
                    continue
                made = isinstance(node.func, ast.Name) and node.func.id in kinds
                told = (
                    isinstance(node.func, ast.Attribute)
                    and isinstance(node.func.value, ast.Name)
                    and node.func.value.id in modules
                    and node.func.attr != "show"
                )
                if made or told:
                    name = str(path.relative_to(PACKAGE))
                    found[name, node.lineno] = function.name
    return found


def test_every_place_that_makes_a_message_is_in_a_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = places()
    assert len(every) > 200
    with places_seen(BUILDERS) as seen:
        for number, said in enumerate(ALL.values()):
            (tmp_path / str(number)).mkdir()
            monkeypatch.chdir(tmp_path / str(number))
            message_of(said.call)
    left = sorted(set(every) - seen)
    counts = Counter((file, every[file, line]) for file, line in left)
    assert counts == {where: count for where, (count, _) in NOT_REACHED.items()}, left

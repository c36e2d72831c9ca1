"""Every check has a page that says what it says, whose examples show what they say."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import pytest

from crossent.doctor.catalogue import all_checks, check_named
from crossent.doctor.check import Check
from doctor.written_pages import IMPORTS, PAGES, words_of
from meta.source import ROOT, run_python

CHECKS = all_checks()
SAYS_SOMETHING_ELSE = {"CE001": "0.693", "CE403": "True"}
"""Examples whose fixed form is no diagnosis, and what it prints."""

every_check = pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.code)


def printed(check: Check) -> tuple[str, str]:
    words = words_of(check.code)
    namespace: dict[str, object] = {}
    exec(IMPORTS, namespace)
    outputs = []
    for code in (words.example, words.fixed):
        with contextlib.redirect_stdout(io.StringIO()) as output:
            exec(code, namespace)
        outputs.append(output.getvalue())
    return outputs[0], outputs[1]


@every_check
def test_the_example_shows_the_code_and_its_mended_form_is_healthy(check: Check) -> None:
    shown, fixed = printed(check)
    assert check.code in shown
    assert check.code not in fixed
    assert fixed.startswith(SAYS_SOMETHING_ELSE.get(check.code, "healthy"))


@every_check
def test_what_a_check_says_is_complete(check: Check) -> None:
    guards = words_of(check.code).guards
    for words in (check.title, check.pasted, check.why, check.fix, check.rule, guards):
        assert len(words) > 8
    assert check.severity in ("error", "warning", "note")
    assert len({c.slug for c in CHECKS}) == len(CHECKS)
    for code in check.silent_after:
        assert check_named(code) is not None


def test_pages_are_up_to_date() -> None:
    tool = str(ROOT / "tools" / "error_pages.py")
    done = run_python(tool, "--check", warnings="default")
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]


def test_a_page_without_a_section_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("doctor.written_pages.PAGES", tmp_path)
    whole = (PAGES / "CE103.md").read_text(encoding="utf-8")
    (tmp_path / "CE103.md").write_text(whole.replace("## The same, fixed", "## Else"))
    with pytest.raises(ValueError, match=r"CE103\.md has no section 'The same, fixed'"):
        words_of("CE103")
    (tmp_path / "CE103.md").write_text(whole.replace("```python", "```text"))
    with pytest.raises(ValueError, match=r"CE103\.md: both examples need a block of Python"):
        words_of("CE103")


def test_the_catalogue_is_whole() -> None:
    codes = [check.code for check in CHECKS]
    wanted = [
        *("CE001", "CE002"),
        *(f"CE{n}" for n in range(101, 113)),
        *(f"CE{n}" for n in range(201, 220)),
        *(f"CE{n}" for n in range(301, 320)),
        *(f"CE{n}" for n in range(401, 411)),
        "CE501",
    ]
    assert codes == wanted
    assert {path.stem for path in PAGES.glob("CE*.md")} == set(codes)

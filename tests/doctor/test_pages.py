"""The pages of the codes are those of the checks, and their examples show what they say."""

from __future__ import annotations

import contextlib
import io

import pytest

from crossent.doctor.catalogue import all_checks, check_named
from crossent.doctor.check import IMPORTS, Check
from meta.source import DOCS, ROOT, run_python

CHECKS = all_checks()
SAYS_SOMETHING_ELSE = {"CE001": "0.693", "CE403": "True"}
"""Examples whose mended form is no diagnosis, and what it prints."""

every_check = pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.code)


def printed(check: Check) -> tuple[str, str]:
    namespace: dict[str, object] = {}
    exec(IMPORTS, namespace)
    outputs = []
    for code in (check.example, check.mended):
        with contextlib.redirect_stdout(io.StringIO()) as output:
            exec(code, namespace)
        outputs.append(output.getvalue())
    return outputs[0], outputs[1]


@every_check
def test_the_example_shows_the_code_and_its_mended_form_is_healthy(check: Check) -> None:
    shown, mended = printed(check)
    assert check.code in shown
    assert check.code not in mended
    assert mended.startswith(SAYS_SOMETHING_ELSE.get(check.code, "healthy"))


@every_check
def test_what_a_check_says_is_complete(check: Check) -> None:
    for words in (check.title, check.pasted, check.why, check.fix, check.rule, check.guards):
        assert len(words) > 8
    assert check.severity in ("error", "warning", "note")
    assert len({c.slug for c in CHECKS}) == len(CHECKS)
    for code in check.silent_after:
        assert check_named(code) is not None


def test_pages_are_up_to_date() -> None:
    tool = str(ROOT / "tools" / "error_pages.py")
    done = run_python(tool, "--check", warnings="default")
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]


def test_the_catalogue_is_whole() -> None:
    codes = [check.code for check in CHECKS]
    wanted = [
        *("CE001", "CE002"),
        *(f"CE{n}" for n in range(101, 113)),
        *(f"CE{n}" for n in range(201, 219)),
        *(f"CE{n}" for n in range(301, 320)),
        *(f"CE{n}" for n in range(401, 411)),
        "CE501",
    ]
    assert codes == wanted
    assert {path.stem for path in (DOCS / "errors").glob("CE*.md")} == set(codes)

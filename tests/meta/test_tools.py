"""tools/test.py reaches every test, and cannot call a run good that tested nothing."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from meta.source import ROOT, TESTS, loaded, run_python


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    return loaded(ROOT / "tools/test.py")


def leg_of(tool: ModuleType, tmp_path: Path, body: str):
    (tmp_path / "test_one.py").write_text(body, encoding="utf-8")
    return tool.Leg("one", (str(tmp_path), "-p", "no:cacheprovider"))


def test_every_folder_of_tests_is_in_a_leg(tool: ModuleType) -> None:
    folders = {path.parent for path in TESTS.rglob("test_*.py")}
    named = {ROOT / word for leg in tool.LEGS for word in leg.arguments}
    outside = [folder for folder in folders if not {folder, *folder.parents} & named]
    assert outside == []
    assert TESTS not in named, "a test file directly in tests/ is in no leg"


def test_folders_in_legs_exist(tool: ModuleType) -> None:
    named = {word for leg in tool.LEGS for word in leg.arguments if word.startswith("tests/")}
    assert [word for word in sorted(named) if not list((ROOT / word).rglob("test_*.py"))] == []


def test_results_are_counted(tool: ModuleType, tmp_path: Path) -> None:
    body = """
import pytest
def test_good(): pass
def test_other(): pass
def test_bad(): assert False
@pytest.fixture
def broken(): raise RuntimeError
def test_error(broken): pass
"""
    result = tool.run(leg_of(tool, tmp_path, body), [])
    assert (result.passed, result.failed, result.skipped) == (2, 2, 0)


def test_only_the_tests_that_a_file_names_are_run(tool: ModuleType, tmp_path: Path) -> None:
    leg = leg_of(tool, tmp_path, "def test_good(): pass\ndef test_bad(): assert False\n")
    (tmp_path / "names").write_text(f"{tmp_path}/test_one.py::test_good\n", encoding="utf-8")
    result = tool.run(leg, [], str(tmp_path / "names"))
    assert (result.passed, result.failed, result.skipped) == (1, 0, 0)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("", id="no test"),
        pytest.param("raise RuntimeError", id="cannot be imported"),
        pytest.param("import os\ndef test_it(): os._exit(0)", id="ends early"),
        pytest.param("import os\ndef test_it(): os.abort()", id="crashes"),
    ],
)
def test_a_leg_without_results_has_failed(tool: ModuleType, tmp_path: Path, body: str) -> None:
    result = tool.run(leg_of(tool, tmp_path, body), [])
    assert result.failed > 0


def test_the_leg_without_frameworks_refuses_them(tool: ModuleType, tmp_path: Path) -> None:
    body = """
import pytest
@pytest.mark.parametrize("name", ["jax", "keras", "tensorflow", "torch"])
def test_it(name):
    with pytest.raises(ModuleNotFoundError, match="without a framework"):
        __import__(name)
"""
    leg = tool.Leg("one", leg_of(tool, tmp_path, body).arguments, frameworks=False)
    result = tool.run(leg, [])
    assert (result.passed, result.failed) == (4, 0), result.output


def test_the_legs_can_be_listed() -> None:
    done = run_python(str(ROOT / "tools" / "test.py"), "--list")
    assert done.returncode == 0
    assert "jit_compile" in done.stdout
    assert "minutes two at a time" in done.stdout.splitlines()[-1]


def test_the_suite_takes_35_minutes_at_most(tool: ModuleType) -> None:
    table = tool.minutes()
    assert table.keys() == {leg.name for leg in tool.LEGS}
    usual = [leg for leg in tool.LEGS if not leg.own]
    assert sum(table[leg.name] for leg in usual) / 2 <= 35  # on two cores, two legs at a time
    assert all(table[leg.name] <= 6 for leg in tool.LEGS if leg.own)


def test_a_leg_that_takes_longer_is_named(
    tool: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tool, "minutes", lambda: {"one": 1.0, "other": 2.0})
    results = [
        tool.Result(tool.Leg(name, ()), 1, 0, 0, seconds, "")
        for name, seconds in (("one", 170.0), ("other", 310.0), ("new", 9_000.0))
    ]
    assert tool.longer(results) == ["other took 5.2 minutes, 2.0 in the table"]


def test_minutes_are_noted_of_every_leg(
    tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tool, "MINUTES", tmp_path / "minutes.json")
    tool.note_minutes([tool.Result(leg, 1, 0, 0, 90.0, "") for leg in reversed(tool.LEGS)])
    assert tool.minutes() == {leg.name: 1.5 for leg in tool.LEGS}
    with pytest.raises(SystemExit):
        tool.parse(["numpy", "--note-minutes"])


def test_an_unknown_leg_is_misuse() -> None:
    done = run_python(str(ROOT / "tools" / "test.py"), "no-such-leg")
    assert done.returncode == 2
    assert "no leg 'no-such-leg'" in done.stderr

"""Every broken file ends in one clear error: no crash, no number, nothing run, little memory."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

import crossent as ce
from evaluate.broken_files import WRITERS, Case, arguments, cases, whole
from meta.source import run_python

CASES = cases()


def names(case: Case) -> str:
    return f"{case.ending[1:]}-{case.fault.replace(' ', '-')}"


def evaluated(given: tuple[str, ...], **options: object) -> object:
    return ce.evaluate(*given, from_logits=True, **options)


@pytest.mark.parametrize("case", CASES, ids=names)
def test_a_broken_file_is_one_error(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    given = arguments(case, tmp_path)
    if case.fault == "NaN":
        with pytest.warns(ce.CrossentWarning, match="1 of 12 rows is NaN") as caught:
            found = evaluated(given)
        assert [type(one.message).__name__ for one in caught] == ["CrossentWarning"]
        assert str(found.loss) == "nan"  # type: ignore[attr-defined]
        return
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ce.CrossentError) as error:
            evaluated(given)
    text = str(error.value)
    assert f"table{case.ending}" in text
    assert "\n" not in text
    assert len(text) < 700
    assert not (tmp_path / "was_run").exists()


@pytest.mark.parametrize("ending", WRITERS)
def test_a_whole_file_is_read(ending: str, tmp_path: Path) -> None:
    found = evaluated(arguments(Case(ending, "", whole(ending)), tmp_path))
    want = evaluated(arguments(Case(".npz", "", whole(".npz")), tmp_path))
    assert found.loss == want.loss  # type: ignore[attr-defined]
    assert found.rows == 12  # type: ignore[attr-defined]


@pytest.mark.parametrize("ending", WRITERS)
def test_a_file_that_is_cut_while_it_is_read_is_one_error(ending: str, tmp_path: Path) -> None:
    rows = 40_000
    case = Case(ending, "", whole(ending, rows))
    if ending == ".npy":
        from evaluate.broken_files import labels_of, npy

        case = case._replace(second=npy(labels_of(rows)))
    given = arguments(case, tmp_path)
    path = Path(given[-1])

    def cut(done: int, total: int) -> None:
        if done == 1000:
            with path.open("r+b") as file:
                file.truncate(path.stat().st_size // 2)

    with pytest.raises(ce.ReaderError) as error:
        evaluated(given, progress=cut, chunk_rows=1000)
    assert path.name in str(error.value)
    assert "was changed" in str(error.value) or "ends within row" in str(error.value)


@pytest.mark.parametrize("ending", WRITERS)
def test_links_are_followed_to_files_alone(ending: str, tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    given = arguments(Case(ending, "", whole(ending)), tmp_path / "whole")
    link = tmp_path / f"table{ending}"
    link.symlink_to(given[-1])
    found = evaluated((*given[:-1], str(link)))
    assert found.loss == evaluated(given).loss  # type: ignore[attr-defined]
    for target in ("nowhere", link.name, "/dev/zero", "."):
        link.unlink()
        link.symlink_to(target)
        with pytest.raises(ce.ReaderError, match=r"no such file|not an ordinary file|is a folder"):
            evaluated((*given[:-1], str(link)))


LIMIT = 2 * 10**9


def test_no_broken_file_takes_more_than_2_gigabytes(tmp_path: Path) -> None:
    code = f"""
import pathlib, resource, sys, warnings
sys.path.insert(0, {str(Path(__file__).parent.parent)!r})
import pyarrow, pyarrow.parquet, crossent as ce
from evaluate.broken_files import arguments, cases
resource.setrlimit(resource.RLIMIT_AS, ({LIMIT}, {LIMIT}))
warnings.simplefilter("ignore")
for number, case in enumerate(cases()):
    folder = pathlib.Path({str(tmp_path)!r}) / str(number)
    folder.mkdir()
    try:
        ce.evaluate(*arguments(case, folder), from_logits=True)
    except ce.CrossentError:
        pass
    else:
        assert case.fault == "NaN", case[:2]
print("done", number)
"""
    done = run_python("-c", code)
    assert done.stdout == f"done {len(CASES) - 1}\n", done.stderr

"""Files that are written: whole or not at all, and never over what was read."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from crossent.cli import writing
from crossent.cli.writing import write_file
from crossent.evaluate import ReaderError, SpecError
from meta.source import SRC

ENDINGS = (".html",)
OLD, NEW = "the old report", "the new report\n" * 1000


@pytest.fixture
def small_files() -> Iterator[None]:
    """Let no file grow beyond 4 KB, as on a full disk."""
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, old[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, old)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file_has_the_permissions_of_the_umask(tmp_path: Path) -> None:
    target = tmp_path / "r.html"
    old = os.umask(0o027)
    try:
        write_file(target, NEW + "\udc80", ENDINGS)
    finally:
        os.umask(old)
    assert target.read_text(encoding="utf-8") == NEW + "?"
    assert target.stat().st_mode & 0o7777 == 0o640
    assert names(tmp_path) == ["r.html"]


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o666, 0o640])
def test_a_file_that_was_there_keeps_its_permissions(mode: int, tmp_path: Path) -> None:
    target = tmp_path / "r.html"
    target.write_text(OLD, encoding="utf-8")
    target.chmod(mode)
    write_file(str(target), NEW, ENDINGS)
    assert target.read_text(encoding="utf-8") == NEW
    assert target.stat().st_mode & 0o7777 == mode
    assert names(tmp_path) == ["r.html"]


@pytest.mark.usefixtures("small_files")
@pytest.mark.parametrize("there", [True, False])
def test_a_full_disk_keeps_the_old_report(there: bool, tmp_path: Path) -> None:
    target = tmp_path / "r.html"
    if there:
        target.write_text(OLD, encoding="utf-8")
    with pytest.raises(ReaderError, match=r"r.html: cannot be written \(File too large\)") as error:
        write_file(target, NEW, ENDINGS)
    assert not isinstance(error.value, SpecError)  # the command is right
    assert ("is as it was" in str(error.value)) == there
    assert names(tmp_path) == (["r.html"] if there else [])
    if there:
        assert target.read_text(encoding="utf-8") == OLD


def test_ctrl_c_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    target = tmp_path / "r.html"
    target.write_text(OLD, encoding="utf-8")

    def interrupted(descriptor: int) -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(writing.os, "fsync", interrupted)
    # What a shell starts in the background ignores Ctrl-C, and so would this process.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            write_file(target, NEW, ENDINGS)
    finally:
        signal.signal(signal.SIGINT, before)
    assert names(tmp_path) == ["r.html"]
    assert target.read_text(encoding="utf-8") == OLD


def test_an_old_report_is_there_until_the_new_one_is(tmp_path: Path) -> None:
    """A process that is killed while it writes leaves the old report."""
    target = tmp_path / "r.html"
    target.write_text(OLD, encoding="utf-8")
    code = (
        "import os, sys\n"
        "from crossent.cli import writing\n"
        "writing.os.fsync = lambda descriptor: os.kill(os.getpid(), 9)\n"
        "writing.write_file(sys.argv[1], 'new' * 10_000, ('.html',))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(target)], check=False,
        env={**os.environ, "PYTHONPATH": str(SRC)},
    )  # fmt: skip
    assert done.returncode == -9
    assert target.read_text(encoding="utf-8") == OLD


def test_links_and_inputs_are_not_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data = tmp_path / "labels.npz"
    data.write_text("data", encoding="utf-8")
    (tmp_path / "link.html").symlink_to("labels.npz")
    (tmp_path / "dangling.html").symlink_to("elsewhere.npy")
    (tmp_path / "folder").symlink_to(tmp_path, target_is_directory=True)
    os.link(data, tmp_path / "hard.html")
    (tmp_path / "folder.html").mkdir()
    os.mkfifo(tmp_path / "pipe.html")
    before = names(tmp_path)
    refused = {
        "link.html": "is a link to labels.npz",
        "dangling.html": "is a link to elsewhere.npy",
        "hard.html": "is the same file as labels.npz:y, which is read",
        "./folder/hard.html": "is the same file as",
        f"{tmp_path}/folder/hard.html": "is the same file as",
        "folder.html": "is not an ordinary file",
        "pipe.html": "is not an ordinary file",
        "no/r.html": "cannot be written: there is no folder no",
        "labels.npz": r"must have a name that ends in \.html",
        "": "must have a name",
        "a" * 251 + ".html": "File name too long",
        "nul\0.html": "cannot be written",
    }
    for name, says in refused.items():
        with pytest.raises(SpecError, match=says):
            write_file(name, NEW, ENDINGS, inputs=("labels.npz:y", None, Path("nowhere"), 3))
    assert names(tmp_path) == before
    assert data.read_text(encoding="utf-8") == "data"
    write_file("hard.html", NEW, ENDINGS)  # what is not read is another's file alone by its name
    assert data.read_text(encoding="utf-8") == "data"
    write_file("b" * 250 + ".html", NEW, ENDINGS)


def test_a_read_only_report_is_kept() -> None:
    folder = Path(tempfile.mkdtemp())
    target = folder / "r.html"
    target.write_text(OLD, encoding="utf-8")
    folder.chmod(0o777)
    target.chmod(0o444)
    user = os.geteuid()
    try:
        if user == 0:
            os.seteuid(65534)  # root may write everywhere
        with pytest.raises(SpecError, match="the file is read-only"):
            write_file(target, NEW, ENDINGS)
        write_file(folder / "s.html", NEW, ENDINGS)
    finally:
        os.seteuid(user)
        assert target.read_text(encoding="utf-8") == OLD
        shutil.rmtree(folder)

"""Files that are written: whole or not at all, and never over what was read."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Iterable
from pathlib import Path

from crossent.stream.readers import ReaderError, SpecError


def check_target(
    path: str | os.PathLike[str], endings: tuple[str, ...], inputs: Iterable[object] = ()
) -> None:
    """Refuse a name that should not be written to, before there is anything to write.

    Parameters
    ----------
    path : str or path
    endings : tuple of str
        What the name may end in: a mistyped command could else write over its own data.
    inputs : iterable
        What is read; paths among it are not written over, under whatever name.

    Raises
    ------
    SpecError
        If the name has another ending, or is that of a folder, a link, or anything else that is
        not an ordinary file; if it is an input; if there is no such folder.
    """
    target, shown = Path(path), str(path)
    if target.suffix.lower() not in endings:
        raise SpecError(shown, f"must have a name that ends in {' or '.join(endings)}")
    try:
        old = _status(target)
        if not target.parent.is_dir():
            raise SpecError(shown, f"cannot be written: there is no folder {target.parent}")
        if old is None:
            return
        if stat.S_ISLNK(old.st_mode):
            raise SpecError(
                shown,
                f"is a link to {target.readlink()}, which would be overwritten; name another file, "
                "or remove the link",
            )
        if not stat.S_ISREG(old.st_mode):
            raise SpecError(shown, "is not an ordinary file; name another one")
        for given in inputs:
            if _is_file(given, old):
                raise SpecError(shown, f"is the same file as {given}, which is read; name another")
        if not os.access(target, os.W_OK, effective_ids=True):
            raise SpecError(shown, "cannot be written: the file is read-only; name another one")
    except SpecError:
        raise
    except (OSError, ValueError) as error:  # too long, or with a NUL
        raise SpecError(shown, f"cannot be written ({_reason(error)})") from None


def write_file(
    path: str | os.PathLike[str],
    text: str,
    endings: tuple[str, ...],
    inputs: Iterable[object] = (),
) -> None:
    """Write a text file by way of a file beside it, which takes its name when it is complete.

    Until then the old file stays as it is, and nothing is left behind if writing fails or is
    interrupted. A file that was there keeps its owner and permissions.

    Parameters
    ----------
    path, endings, inputs
        See :func:`check_target`.
    text : str
        Written in UTF-8; what that cannot hold becomes a question mark.

    Raises
    ------
    SpecError
        If the name should not, or cannot, be written to.
    ReaderError
        If the file cannot be completed, for example on a full disk.
    """
    check_target(path, endings, inputs)
    target, shown = Path(path), str(path)
    # Short, because the name itself may have all the bytes that there may be.
    beside = target.parent / f".crossent-{secrets.token_hex(8)}"
    try:
        try:
            file = beside.open("xb")
        except OSError as error:
            why = f"in its folder nothing can be written: {_reason(error)}"
            raise SpecError(shown, f"cannot be written ({why})") from None
        try:
            with file:
                _keep_status(file.fileno(), target)
                file.write(text.encode("utf-8", "replace"))
                file.flush()
                os.fsync(file.fileno())
            beside.replace(target)
        except OSError as error:
            kept = "; the file that was there is as it was" if _status(target) else ""
            raise ReaderError(shown, f"cannot be written ({_reason(error)}){kept}") from None
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


def _keep_status(descriptor: int, target: Path) -> None:
    """Give a new file the owner and permissions of the one that it replaces."""
    old = _status(target)
    if old is None:
        return
    with contextlib.suppress(OSError):  # another's file, in a folder where one may write
        os.fchown(descriptor, old.st_uid, old.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(old.st_mode))


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except FileNotFoundError:
        return None


def _is_file(given: object, status: os.stat_result) -> bool:
    """Whether something that is read is that file, named as it is or with a key behind a colon."""
    if not isinstance(given, str | os.PathLike):
        return False
    name = os.fspath(given)
    for path in (name, name.rpartition(":")[0]):
        with contextlib.suppress(OSError, ValueError):
            if path and os.path.samestat(os.stat(path), status):
                return True
    return False


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)

"""Compiled code on disk: one file for each kernel and the types that it is compiled for.

A file begins with the digest of the rest, so that damage is found before anything is made of it,
and takes its place in one step, so that processes may write it at the same time. Whatever is wrong
with the files, kernels are compiled and run without them.
"""

from __future__ import annotations

import contextlib
import functools
import getpass
import hashlib
import os
import pickle
import stat
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import llvmlite
import numba
from numba.core.caching import _Cache
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

from crossent.core.checks import warn
from crossent.core.messages import machine as messages

MAGIC: Final = b"crossent kernel 1\n"
DIGEST: Final = hashlib.sha256().digest_size
MOST: Final = 2**26
"""Bytes; a kernel takes less than a hundredth of that."""

_NOT_LINKS: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_told = False
_wrong: deque[Warning] = deque(maxlen=1)  # told by the thread that waits for the compiler


@functools.cache
def source_key() -> str:
    """Return a word for the source of all kernels and the compiler's version.

    numba looks only at the file of a function, not at those of the functions that it calls.
    """
    digest = hashlib.sha256(f"{numba.__version__} {llvmlite.__version__}".encode())
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def cache_folder() -> Path | None:
    """Return the first usable folder for compiled code, or None."""
    return next(folders(), None)


def folders() -> Iterator[Path]:
    """Yield the folders for compiled code that are ours: the user's, and a temporary one."""
    given = os.environ.get("CROSSENT_CACHE_DIR") or os.environ.get("NUMBA_CACHE_DIR")
    base = given or os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    for own in (False, True):
        try:
            root = _temporary() if own else Path(base).expanduser()
            folder = root / "crossent" / source_key()
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.TemporaryFile(dir=folder):
                pass
            ours = [folder, folder.parent, *([root] if own else [])]
            if all(_is_ours(one.stat()) for one in ours):
                yield folder
        except (OSError, RuntimeError, ValueError, KeyError):
            continue  # there is no home, no such folder, or no valid path


def _temporary() -> Path:
    user = os.getuid() if hasattr(os, "getuid") else getpass.getuser()
    root = Path(tempfile.gettempdir()) / f"crossent-{user}"
    root.mkdir(exist_ok=True, mode=0o700)
    return root


def _is_ours(found: os.stat_result) -> bool:
    """Whether only this user can write a file or folder whose code is going to be run."""
    if not hasattr(os, "getuid"):
        return True
    return found.st_uid == os.getuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


class KernelCache(_Cache):  # type: ignore[misc]
    """The cache of one kernel: numba loads compiled code from it and saves new code to it."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._name = f"{function.__module__}.{function.__name__}"
        code = function.__code__
        try:
            source = Path(code.co_filename).read_bytes()
        except OSError:
            source = code.co_code
        self._source = f"{code.co_firstlineno} {hashlib.sha256(source).hexdigest()}"

    @property
    def cache_path(self) -> str:
        """Where the files are."""
        return str(cache_folder())

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return what was compiled before, or None."""
        target_context.refresh()
        name = self._file_name(sig, target_context.codegen())
        for folder in folders():
            path = folder / name
            try:
                payload = _read(path)
                if payload is None:
                    continue
                return CompileResult._rebuild(target_context, *pickle.loads(payload))
            except Exception as error:
                with contextlib.suppress(OSError):
                    path.unlink()
                _wrong.append(messages.code_unreadable(path, error))
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep compiled code in the first folder that can be written."""
        name = self._file_name(sig, data.codegen)
        failed: list[Warning] = []
        for folder in folders():
            try:
                _write(folder / name, dumps(data._reduce()))
                break
            except Exception as error:
                failed.append(messages.code_unwritable(folder / name, error))
        else:
            failed.append(messages.code_homeless())
        if failed:
            _wrong.append(failed[0])

    def enable(self) -> None:
        """Do nothing: it is on."""

    def disable(self) -> None:
        """Do nothing: it is on."""

    def flush(self) -> None:
        """Do nothing: code of other source has other names."""

    def _file_name(self, sig: Any, codegen: Any) -> str:
        key = f"{self._source} {sig} {codegen.magic_tuple()}"
        return f"{self._name}.{hashlib.sha256(key.encode()).hexdigest()[:24]}.nbc"


def _read(path: Path) -> bytes | None:
    """Return what a file holds; None if there is none."""
    try:
        # Open without waiting (it may be a pipe) and without following a link.
        file = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _NOT_LINKS)
    except FileNotFoundError:
        return None
    with open(file, "rb") as opened:
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode) or not _is_ours(found):
            raise OSError("it is no file of this user alone")
        if found.st_size > MOST:
            raise OSError("it is larger than any kernel")
        data = opened.read()
    digest, payload = data[len(MAGIC) : len(MAGIC) + DIGEST], data[len(MAGIC) + DIGEST :]
    if not data.startswith(MAGIC) or hashlib.sha256(payload).digest() != digest:
        raise OSError("it is damaged")
    return payload


def _write(path: Path, payload: bytes) -> None:
    """Write a file so that readers see the old one or the new one, never a part."""
    file, name = tempfile.mkstemp(".tmp", dir=path.parent)
    try:
        with open(file, "wb") as opened:
            opened.write(MAGIC + hashlib.sha256(payload).digest() + payload)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def tell_what_is_wrong() -> None:
    """Warn once in a process: what is wrong with one file is mostly wrong with all."""
    global _told
    while _wrong:
        warning = _wrong.pop()
        if not _told:
            _told = True
            warn(warning)

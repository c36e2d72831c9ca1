"""Compilation: how a function becomes a kernel, and where its code is kept."""

from __future__ import annotations

import functools
import getpass
import hashlib
import os
import platform
import stat
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llvmlite.binding
import numba
import numpy as np

_WITHOUT_FMA = ("generic", "x86-64", "x86-64-v2")
_LOCK = threading.Lock()
# Called by kernels alone, so nothing is made for callers in Python and C.
_WITHIN: dict[str, Any] = {
    "error_model": "numpy", "no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False,
}  # fmt: skip


def source_key() -> str:
    """Return a word for the source of all kernels and the compiler's version.

    numba looks at the file of a function alone, and not at those of the functions that it calls.
    """
    digest = hashlib.sha256(f"{numba.__version__} {llvmlite.__version__}".encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@functools.cache
def cache_folder() -> Path:
    """Return the folder of compiled code: the user's, or a temporary one if that is of no use."""
    given = os.environ.get("CROSSENT_CACHE_DIR") or os.environ.get("NUMBA_CACHE_DIR")
    base = Path(given) if given else Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache")
    user = os.getuid() if hasattr(os, "getuid") else getpass.getuser()
    for root in (base, Path(tempfile.gettempdir()) / f"crossent-{user}"):
        folder = root.expanduser() / "crossent" / source_key()
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.TemporaryFile(dir=folder):
                pass
            if _is_ours(folder) and _is_ours(folder.parent):
                return folder
        except OSError:
            continue
    return Path(tempfile.mkdtemp(prefix="crossent-"))


def _is_ours(folder: Path) -> bool:
    """Whether nobody else can put code into a folder, from which it would be run."""
    if not hasattr(os, "getuid"):
        return True
    found = folder.stat()
    return found.st_uid == os.getuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function that the library calls: without the GIL, kept on disk.

    It is compiled when first called, once for float32 and once for float64.
    """
    compiled = numba.njit(nogil=True, error_model="numpy", _nrt=False)(function)
    with _LOCK:
        before = numba.config.CACHE_DIR
        numba.config.CACHE_DIR = str(cache_folder())
        try:
            compiled.enable_caching()
        finally:
            numba.config.CACHE_DIR = before
    return compiled


def inner(function: Callable[..., Any]) -> Any:
    """Compile a function that kernels call, into each of them."""
    return numba.njit(**_WITHIN, forceinline=True)(function)


def part(function: Callable[..., Any]) -> Any:
    """Compile a function that kernels call, once for all of them."""
    return numba.njit(**_WITHIN)(function)


def has_fma() -> bool:
    """Return whether the CPU that code is made for multiplies and adds in one instruction."""
    name = numba.config.CPU_NAME
    if name not in (None, "", "host"):
        return name not in _WITHOUT_FMA
    features = llvmlite.binding.get_host_cpu_features()
    machine = platform.machine().lower()
    return bool(features.get("fma")) or machine in ("aarch64", "arm64")


LIKE = {np.dtype(np.float32): np.float32(0), np.dtype(np.float64): np.float64(0)}
"""A number of the type that a kernel is to be compiled for."""

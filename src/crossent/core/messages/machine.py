"""Messages about the machine and the environment: nothing is wrong with the input of a call."""

from __future__ import annotations

from pathlib import Path


def environment_word(name: str, got: str, accepted: str) -> RuntimeWarning:
    return RuntimeWarning(
        f"The environment variable {name} is {got!r}, which means nothing and is not used: it can "
        f"be {accepted}."
    )


def no_kernels(why: str) -> RuntimeWarning:
    return RuntimeWarning(
        f"Losses are computed without compiled kernels, which takes longer: {why}."
    )


def code_unreadable(path: Path, error: Exception) -> RuntimeWarning:
    return RuntimeWarning(
        f"The compiled kernel {path} cannot be used ({_said(error)}). It is "
        "compiled anew, which takes seconds, and the file is replaced."
    )


def code_unwritable(path: Path, error: Exception) -> RuntimeWarning:
    return RuntimeWarning(
        f"The compiled kernel {path} cannot be kept ({_said(error)}): each process may have to "
        "compile it, which takes seconds. Set CROSSENT_CACHE_DIR to a folder that has room and can "
        "be written."
    )


def code_homeless() -> RuntimeWarning:
    return RuntimeWarning(
        "Compiled kernels cannot be kept, for neither the folder of caches nor that of temporary "
        "files is there, belongs to this user alone and can be written: each process compiles "
        "them, which takes seconds. Set CROSSENT_CACHE_DIR to a folder that is."
    )


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__

"""Messages about the machine and the environment: nothing is wrong with the input of a call."""

from __future__ import annotations

from pathlib import Path


def environment_word(name: str, got: str, accepted: str) -> RuntimeWarning:
    return RuntimeWarning(
        f"The environment variable {name} is {got!r}, which is not a known value and is ignored. "
        f"Set it to {accepted}."
    )


def no_kernels(why: str) -> RuntimeWarning:
    return RuntimeWarning(f"Losses are computed without compiled kernels, which is slower: {why}.")


def code_unreadable(path: Path, error: Exception) -> RuntimeWarning:
    return RuntimeWarning(
        f"The compiled kernel {path} cannot be used ({_said(error)}). It is compiled again, "
        "which takes seconds, and the file is replaced."
    )


def code_unwritable(path: Path, error: Exception) -> RuntimeWarning:
    return RuntimeWarning(
        f"The compiled kernel {path} cannot be saved ({_said(error)}). Each process may have to "
        "compile it again, which takes seconds. Set CROSSENT_CACHE_DIR to a writable folder "
        "with free space."
    )


def code_homeless() -> RuntimeWarning:
    return RuntimeWarning(
        "Compiled kernels cannot be saved: the cache folder and the temporary folder must each "
        "exist, belong to this user alone and be writable, and neither does. Each process "
        "compiles them again, which takes seconds. Set CROSSENT_CACHE_DIR to a folder of your "
        "own that is writable."
    )


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__

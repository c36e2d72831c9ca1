"""Compilation: how a function becomes a kernel, and whether it can on this machine."""

from __future__ import annotations

import platform
from collections.abc import Callable
from functools import partial
from typing import Any

import llvmlite.binding
import numba
import numpy as np

from crossent.kernels._apart import apart
from crossent.kernels._store import KernelCache, tell_what_is_wrong

_WITHOUT_FMA = ("generic", "x86-64", "x86-64-v2")
# Only kernels call these, so no entry for callers in Python or C is compiled.
_WITHIN: dict[str, Any] = {
    "error_model": "numpy", "no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False,
}  # fmt: skip


def _named(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Name a function that is made for several regimes: symbols of compiled code must differ."""
    if name:
        function.__name__ = function.__qualname__ = name
    return function


def kernel(function: Callable[..., Any], name: str = "") -> Any:
    """Compile a function that the library calls: without the GIL, kept on disk.

    It is compiled when first called, once for float32 and once for float64.
    """
    function = _named(function, name)
    compiled = numba.njit(nogil=True, error_model="numpy", _nrt=False)(function)
    compiled._cache = KernelCache(function)
    compiled.compile = partial(_compile, compiled.compile)
    return compiled


def _compile(compile_here: Callable[..., Any], signature: Any) -> Any:
    try:
        return apart(compile_here, signature)
    finally:
        tell_what_is_wrong()


def inner(function: Callable[..., Any], name: str = "") -> Any:
    """Compile a function that kernels call, into each of them."""
    return numba.njit(**_WITHIN, forceinline=True)(_named(function, name))


def spliced(function: Callable[..., Any]) -> Any:
    """Write a step of a kernel into it before it is compiled."""
    return numba.njit(**_WITHIN, inline="always")(function)


def part(function: Callable[..., Any]) -> Any:
    """Compile a function that kernels call, once for all of them."""
    return numba.njit(**_WITHIN)(function)


def pair(make: Callable[[bool], Callable[..., Any]]) -> tuple[Any, Any]:
    """Compile an inner function for losses, and for losses with their gradient.

    `make` is told which of the two it is, and returns the function: what one of them does not need
    is not compiled into it.
    """
    name = f"{make.__module__}.{make.__name__}"
    return inner(make(False), name), inner(make(True), f"{name}_for_gradient")


def spliced_pair(make: Callable[[bool], Callable[..., Any]]) -> tuple[Any, Any]:
    """Do the same for a step of a kernel."""
    return spliced(make(False)), spliced(make(True))


def pair_of_parts(make: Callable[[bool], Callable[..., Any]]) -> tuple[Any, Any]:
    """Do the same for a function that is compiled once for all kernels."""
    name = f"{make.__module__}.{make.__name__}"
    return part(_named(make(False), name)), part(_named(make(True), f"{name}_for_gradient"))


def obstacle() -> str:
    """Return why there can be no kernels here, or an empty text."""
    if numba.config.DISABLE_JIT:
        return "NUMBA_DISABLE_JIT is set"
    given = numba.config.CPU_FEATURES or ""
    if not all(word.strip()[:1] in ("", "+", "-") for word in given.split(",")):
        return f"NUMBA_CPU_FEATURES is {given!r}, of which LLVM can make nothing"
    return "" if has_fma() else "this CPU has no fused multiply-add"


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

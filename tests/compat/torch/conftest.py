"""PyTorch without its own deprecation warnings."""

from __future__ import annotations

import warnings

import pytest


@pytest.fixture(scope="session", autouse=True)
def _compiler() -> None:
    """Import once what warns of functions that PyTorch itself deprecates."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import torch._decomp.decompositions_for_jvp
        import torch._inductor.compile_fx  # noqa: F401

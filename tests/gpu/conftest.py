"""Triton's kernels on the CPU, in the interpreter."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np
import pytest

os.environ["TRITON_INTERPRET"] = "1"  # before a kernel is imported


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """NumPy, in which the interpreter computes, would warn of NaN and infinity."""
    with np.errstate(all="ignore"):
        yield

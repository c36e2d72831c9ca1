"""An error and a report never name different causes for the same labels of PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from verdict_draws import check


def tensor(array: np.ndarray) -> Any:
    """A tensor; of text there is none."""
    return array if array.dtype.kind in "US" else torch.from_numpy(array)


def test_the_code_of_the_error_is_that_of_the_first_error_reported() -> None:
    check(tensor, torch=True)

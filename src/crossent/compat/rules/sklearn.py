"""The rows of scikit-learn's ``log_loss``."""

from __future__ import annotations

import numpy as np


def epsilon(dtype: str) -> float:
    """Return to where probabilities of a dtype are clipped: [eps, 1 - eps] with its precision."""
    return float(np.finfo(dtype).eps)


def sum_tolerance(dtype: str) -> float:
    """Return how far a row's sum may be from 1 before scikit-learn warns."""
    return float(np.sqrt(epsilon(dtype)))

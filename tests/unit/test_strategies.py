"""The drawn calls of the contract tests are various."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, given, settings

import strategies
from contract.case import Call

QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large]


def test_draws_are_various() -> None:
    seen: set[str] = set()

    @settings(
        max_examples=1500, deadline=None, database=None, derandomize=True,
        suppress_health_check=QUIET,
    )  # fmt: skip
    @given(call=strategies.softmax_calls())
    def look(call: Call) -> None:
        seen.update(call.options)
        seen.add(f"rank {np.ndim(call.y_pred)}")
        seen.add(f"axis {call.axis}")
        seen.add(str(np.asarray(call.y_pred).dtype))
        seen.add(call.function)
        if np.isneginf(np.asarray(call.y_pred, np.float64)).any():
            seen.add("-inf")
        if 0 in np.shape(call.y_pred):
            seen.add("no rows")

    look()
    wanted = {
        *("rank 1", "rank 2", "rank 3", "rank 4", "axis 0", "axis 1", "axis 2"),
        *("float16", "bfloat16", "float32", "float64", "sparse", "dense", "-inf", "no rows"),
        *("target_prob", "ignore_class", "class_mask", "class_weight", "sample_weight"),
        *("label_smoothing", "z_loss", "normalize", "epsilon", "axis"),
    }
    assert wanted - seen == set()

"""Which way a call is expected to take, from what the documentation says of the kernels."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

import crossent as ce
from contract.case import Call

KERNELS = os.environ.get("CROSSENT_KERNELS", "1") != "0"


def expected_path(call: Call, options: dict[str, Any]) -> str:
    """ "kernel" for one label a row, and for probabilities, without a mask; else "operations"."""
    if not KERNELS or ce.show_config()["kernels"] != "on":
        return "operations"
    given = {name for name, value in options.items() if value is not None}
    off = options.get("validate") == "off"
    if call.function == "binary":
        weights = off and given & {"sample_weight", "pos_weight"}
        return "operations" if weights or np.size(call.y_pred) == 0 else "kernel"
    weights = options.get("class_weight")
    smoothed = bool(options.get("label_smoothing"))
    logits = bool(options.get("from_logits"))
    served = (
        (call.function == "sparse" or not logits)
        and not given & {"target_prob", "class_mask"}
        and not (weights is not None and smoothed and logits)
        and np.size(call.y_pred) > 0
    )
    floats = call.function == "sparse" and np.asarray(call.y_true).dtype.kind == "f"
    unchecked = off and (given & {"sample_weight", "class_weight"} or floats)
    if isinstance(weights, dict) and len(weights) < np.shape(call.y_pred)[call.axis or 0]:
        unchecked = True
    return "kernel" if served and not unchecked else "operations"


def check_path(call: Call, options: dict[str, Any]) -> None:
    """The last call took the way that it should."""
    assert ce.last_path() == expected_path(call, options)

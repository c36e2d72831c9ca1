"""Which way a call is expected to take, from what the documentation says of the kernels."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

import crossent as ce
from contract.case import Call

KERNELS = os.environ.get("CROSSENT_KERNELS", "1") != "0"


def expected_path(call: Call, options: dict[str, Any]) -> str:
    """ "kernel" for all but masks and several labels of probabilities, and what is unchecked."""
    if not KERNELS or ce.show_config()["kernels"] != "on":
        return "operations"
    given = {name for name, value in options.items() if value is not None}
    off = options.get("validate") == "off"
    if call.function == "binary":
        weights = off and given & {"sample_weight", "pos_weight"}
        return "operations" if weights or np.size(call.y_pred) == 0 else "kernel"
    if np.size(call.y_pred) == 0 or (off and given & {"sample_weight", "class_weight"}):
        return "operations"
    classes = np.shape(call.y_pred)[-1 if call.axis is None else call.axis]
    weights, smoothed = options.get("class_weight"), bool(options.get("label_smoothing"))
    if isinstance(weights, dict) and len(weights) < classes:
        return "operations"
    masked = "class_mask" in given
    one_class = call.function == "sparse" and "target_prob" not in given
    floats = one_class and np.asarray(call.y_true).dtype.kind not in "iub"
    if not options.get("from_logits"):
        return "operations" if masked or "target_prob" in given or (off and floats) else "kernel"
    spread = not one_class or (smoothed and (masked or weights is not None))
    if off and (spread or masked or floats):
        return "operations"
    own_classes = masked and np.ndim(options["class_mask"]) > 1
    return "operations" if smoothed and own_classes else "kernel"


def check_path(call: Call, options: dict[str, Any]) -> None:
    """The last call took the way that it should."""
    assert ce.last_path() == expected_path(call, options)


def path_on_a_gpu(call: Call, options: dict[str, Any], kernels: bool) -> str:
    """ "triton" for logits with a whole number as the label of each row, where there are kernels."""
    given = {name for name, value in options.items() if value is not None}
    if not kernels or call.function != "sparse" or "target_prob" in given:
        return "operations"
    dtype, ignored = np.asarray(call.y_true).dtype, np.ravel(options.get("ignore_class", 0))
    whole = dtype.kind in "b" or (
        dtype.kind in "iu" and dtype not in (np.uint16, np.uint32, np.uint64)
    )
    held = len(ignored) <= 1 and all(-(2**63) <= int(label) < 2**63 for label in ignored)
    return "triton" if options.get("from_logits") and whole and held else "operations"

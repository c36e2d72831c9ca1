"""How far a contender is from the truth: one process, all rows, the worst of each kind."""

from __future__ import annotations

import json
import sys
import warnings
from typing import Any

import numpy as np

from accuracy_cases import DTYPES, FAMILIES, PROBABILITIES, TARGETS, rows_of
from accuracy_truth import LONG, losses_and_gradient, of_probabilities, of_targets
from baselines import ACCURACY

Array = Any
FORMATS = {
    "float64": (53, -1022),
    "float32": (24, -126),
    "float16": (11, -14),
    "bfloat16": (8, -126),
}
"""Precision in bits and exponent of the smallest normal number."""

SMALLEST = {"float64": 1e-290, "float32": 1e-37, "float16": 0.0, "bfloat16": 1e-37}
"""Below this an exp that underflows to 0 is no fault: such numbers are not judged. float16 has
nothing so small, and its gradients are rounded from float32."""


LARGEST = {"float64": 2.0**1023, "float32": 2.0**128, "float16": 65520.0, "bfloat16": 2.0**128}
"""From here on the nearest number of a dtype is infinity (float64: the last power of 2)."""


def ulps(got: Array, want: Array, dtype: str, size: Array | None = None) -> Array:
    """Return errors in units in the last place of `want`, or of `size` where that is given.

    They are inf where there is no number; but 0 where the dtype has none so large, and the nearest
    infinity was given.
    """
    precision, lowest = FORMATS[dtype]
    exponent = np.maximum(np.frexp(want if size is None else size)[1] - 1, lowest)
    unit = np.ldexp(LONG(1), exponent - precision + 1)
    with np.errstate(invalid="ignore"):
        error = np.abs(got.astype(np.float64).astype(LONG) - want) / unit
    beyond = (np.abs(want) >= LARGEST[dtype]) & (got.astype(np.float64) == np.sign(want) * np.inf)
    error = np.where(beyond, 0, error)
    return np.where(np.isfinite(error), error, np.inf).astype(np.float64)


def worst_of(form: Any, dtype: str, family: str, classes: int) -> dict[str, float]:
    """Return the worst errors of one set of rows.

    - loss: of the loss, in ulp of the dtype that crossent returns it in (float32 for 16 bits)
    - label: of the gradient at the label, in ulp of the dtype of the logits
    - others: of the gradient elsewhere, as a share of what is allowed there
    """
    y, x = rows_of(family, classes, dtype)
    if family in TARGETS:
        return _worst_of_targets(form, dtype, family, y, x)
    if family == PROBABILITIES:
        loss, gradient = of_probabilities(y, x)
        got_loss, got = form.of_probabilities(y, x)
    else:
        loss, gradient = losses_and_gradient(y, x)
        got_loss, got = form.losses(y, x), form.gradient(y, x)
    loss_dtype = "float64" if dtype == "float64" else "float32"
    here = np.arange(len(y))
    judged = loss >= SMALLEST[loss_dtype]
    found = {"loss": _largest(ulps(got_loss, loss, loss_dtype)[judged])}
    error = ulps(got, gradient, dtype)
    error[np.abs(gradient) < SMALLEST[dtype]] = 0
    found["label"] = _largest(error[here, y])
    error /= allowed(x, dtype)
    error[here, y] = 0
    found["others"] = _largest(error)
    return found


def _worst_of_targets(form: Any, dtype: str, family: str, q: Array, x: Array) -> dict[str, float]:
    """Return the same of dense targets.

    Soft ones have no label, and where p and q cancel, digits are those of the larger one.
    """
    loss, gradient = of_targets(q, x)
    got_loss, got = form.of_targets(q, x)
    found = {"loss": _largest(ulps(got_loss, loss, dtype)[loss >= SMALLEST[dtype]])}
    soft = family == "soft"
    size = np.maximum(np.abs(gradient + q), q.astype(LONG)) if soft else None
    error = ulps(got, gradient, dtype, size)
    error[np.abs(gradient) < SMALLEST[dtype]] = 0
    found["label"] = 0.0 if soft else _largest(error[q == 1])
    error /= allowed(x, dtype)
    error[q == 1] = 0
    found["others"] = _largest(error)
    return found


def _is_measured(form: Any, family: str, dtype: str) -> bool:
    if family in TARGETS:
        return hasattr(form, "of_targets") and dtype in ("float64", "float32")
    return family != PROBABILITIES or hasattr(form, "of_probabilities")


def allowed(x: Array, dtype: str) -> Array:
    """Return what is allowed of a gradient, in ulp of its dtype.

    (8 + |x_c - max|) ulp of the dtype of the arithmetic; in 16 bits that, and one rounding.
    """
    wide = x.astype(np.float64)
    depth = wide.max(axis=1, keepdims=True) - wide
    budget = 8 + np.where(np.isfinite(depth), depth, 0)
    if dtype in ("float32", "float64"):
        return budget
    return 0.5 + budget * 2.0 ** (FORMATS[dtype][0] - FORMATS["float32"][0])


def _largest(errors: Array) -> float:
    return float(errors.max()) if errors.size else 0.0


def measure(name: str, dtypes: list[str], classes: list[int]) -> dict[str, Any]:
    """Return the worst errors by dtype, family and number of classes; or why there are none."""
    form = ACCURACY[name].load()
    found: dict[str, Any] = {}
    for dtype in dtypes:
        try:
            found[dtype] = {
                family: {str(c): worst_of(form, dtype, family, c) for c in classes}
                for family in FAMILIES
                if _is_measured(form, family, dtype)
            }
        except Exception as error:  # what a peer does not take is told, not hidden
            found[dtype] = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
    path = form.path() if ACCURACY[name].ours else ""
    return {"path": path, "worst": found}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    chosen, sizes = sys.argv[2].split(","), [int(word) for word in sys.argv[3].split(",")]
    if set(chosen) - set(DTYPES):
        raise SystemExit(f"dtypes are of {', '.join(DTYPES)}")
    print(json.dumps(measure(sys.argv[1], chosen, sizes)))

"""Hypothesis strategies: whole calls with shapes, axes, dtypes, labels, masks, weights and ±inf."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
from hypothesis import strategies as st

from contract.case import Call

FLOATS = (np.float16, ml_dtypes.bfloat16, np.float32, np.float64)
INTEGERS = (np.int8, np.uint8, np.int16, np.int32, np.int64, np.uint64)


def finite(low: float, high: float) -> st.SearchStrategy[float]:
    """Floats that float32 holds, none of them subnormal, with both zeros."""
    return st.floats(low, high, width=32, allow_subnormal=False)


@st.composite
def shapes(draw: Any, most_rows: int = 6) -> tuple[tuple[int, ...], int]:
    """The shape of the rows and where the class axis goes in."""
    rank = draw(st.integers(0, 3))
    rows = tuple(
        draw(st.integers(0 if rank == 1 else 1, most_rows if rank < 2 else 3)) for _ in range(rank)
    )
    return rows, draw(st.integers(0, rank))


@st.composite
def numbers(draw: Any, shape: tuple[int, ...], elements: st.SearchStrategy[float]) -> np.ndarray:
    """A float64 array drawn element by element, so that it can shrink."""
    n = int(np.prod(shape, dtype=int))
    return np.array(draw(st.lists(elements, min_size=n, max_size=n)), np.float64).reshape(shape)


@st.composite
def predictions(draw: Any, rows: tuple[int, ...], n: int) -> tuple[np.ndarray, bool]:
    """Logits near 0, wide or far from 0, some of them -inf; or probabilities, some of them 0."""
    dtype = draw(st.sampled_from(FLOATS))
    kind = draw(st.sampled_from(["near", "wide", "offset", "holes", "probabilities"]))
    if kind == "probabilities":
        raw = draw(numbers((*rows, n), st.sampled_from([0.0, 0.03, 0.3, 1.0, 2.7, 11.0])))
        raw[..., 0] += raw.sum(-1) == 0
        return (raw / raw.sum(-1, keepdims=True)).astype(dtype), False
    width = {"near": 3.0, "wide": 90.0, "offset": 20.0, "holes": 12.0}[kind]
    x = draw(numbers((*rows, n), finite(-np.float32(width), np.float32(width))))
    if kind == "offset":
        x = x + draw(st.sampled_from([1000.0, -1000.0, 1e4]))
    if kind == "holes":
        holes = draw(numbers((*rows, n), st.sampled_from([0.0, 0.0, 1.0]))) > 0
        holes[..., draw(st.integers(0, n - 1))] = False  # a row without a finite logit is M10
        x[holes] = -np.inf
    return x.astype(dtype), True


def normalized(raw: np.ndarray) -> np.ndarray:
    """Rows that sum to 1."""
    return raw / raw.sum(-1, keepdims=True)


@st.composite
def targets(draw: Any, rows: tuple[int, ...], n: int, function: str) -> tuple[Any, dict[str, Any]]:
    """Labels, ids with probabilities, or distributions; the class axis is last."""
    if function == "dense":
        raw = draw(numbers((*rows, n), st.sampled_from([0.0, 0.0, 0.1, 1.0, 7.0])))
        raw[..., 0] += raw.sum(-1) == 0
        return normalized(raw).astype(draw(st.sampled_from([np.float32, np.float64]))), {}
    count = int(np.prod(rows, dtype=int))
    labels = st.lists(st.integers(0, n - 1), min_size=count, max_size=count)
    if draw(st.integers(0, 3)) == 0:
        k = draw(st.integers(1, 3))
        ids = np.stack([np.array(draw(labels), np.int64).reshape(rows) for _ in range(k)], -1)
        mass = draw(numbers((*rows, k), st.sampled_from([0.0, 0.25, 0.5, 1.0])))
        mass = mass / np.maximum(mass.sum(-1, keepdims=True), 1)
        return ids, {"target_prob": mass.astype(np.float32)}
    y = np.array(draw(labels), np.int64).reshape(rows)
    options: dict[str, Any] = {}
    if draw(st.booleans()):
        ignored = draw(st.sampled_from([0, n, 100]))
        hidden = np.array(draw(st.lists(st.booleans(), min_size=count, max_size=count)), bool)
        y = np.where(hidden.reshape(rows), ignored, y)
        options["ignore_class"] = ignored
    return y.astype(draw(st.sampled_from(INTEGERS))), options


@st.composite
def weights(draw: Any, rows: tuple[int, ...], n: int | None) -> dict[str, Any]:
    """Sample weights on a prefix of the rows, class weights, smoothing."""
    options: dict[str, Any] = {}
    sizes = st.sampled_from([0.0, 0.01, 0.3, 1.0, 2.5])
    if draw(st.booleans()):
        prefix = rows[: draw(st.integers(0, len(rows)))]
        options["sample_weight"] = draw(numbers(prefix, sizes)).astype(np.float32)
    if n is not None and draw(st.booleans()):
        options["class_weight"] = draw(numbers((n,), sizes)).astype(np.float32)
    if draw(st.booleans()):
        options["label_smoothing"] = draw(st.sampled_from([0.01, 0.1, 0.9]))
    return options


@st.composite
def class_masks(
    draw: Any, y: Any, function: str, options: dict[str, Any], shape: tuple[int, ...]
) -> Any:
    """A mask on the class axis that hides no class with mass; None if there is no such mask."""
    n = shape[-1]
    if function == "dense":
        used = np.flatnonzero(np.asarray(y).reshape(-1, n).sum(0))
    else:
        used = np.unique(np.asarray(y).astype(np.int64))
    free = np.setdiff1d(np.arange(n), used)
    if len(free) in (0, n):
        return None
    mask = np.ones(n, bool)
    mask[draw(st.lists(st.sampled_from(free.tolist()), unique=True))] = False
    return None if mask.all() else mask


@st.composite
def softmax_calls(draw: Any) -> Call:
    """A call of the sparse or the dense loss with good values."""
    rows, axis = draw(shapes())
    n = draw(st.integers(2, 6))
    function = draw(st.sampled_from(["sparse", "dense"]))
    x, from_logits = draw(predictions(rows, n))
    y, options = draw(targets(rows, n, function))
    options |= draw(weights(rows, n))
    options["from_logits"] = from_logits
    if from_logits:
        if draw(st.booleans()):
            mask = draw(class_masks(y, function, options, x.shape))
            if mask is not None and np.isfinite(x[..., mask].astype(float)).any(-1).all():
                options["class_mask"] = mask
        if draw(st.booleans()):
            options["z_loss"] = draw(st.sampled_from([1e-4, 0.1]))
    else:
        options["normalize"] = draw(st.sampled_from([True, False]))
        if draw(st.booleans()):
            options["epsilon"] = draw(st.sampled_from([1e-12, 1e-3, 0.2]))
    if axis != len(rows):
        options["axis"] = axis
    x = np.moveaxis(x, -1, axis)
    if function == "dense":
        y = np.moveaxis(y, -1, axis)
    elif "target_prob" in options:
        y = np.moveaxis(y, -1, axis)
        options["target_prob"] = np.moveaxis(options["target_prob"], -1, axis)
    return Call(function, y, x, options)


@st.composite
def binary_calls(draw: Any) -> Call:
    """A call of the binary loss with good values."""
    rows, _ = draw(shapes())
    rows = rows or (1,)
    y = draw(numbers(rows, st.sampled_from([0.0, 0.3, 1.0]))).astype(np.float32)
    options = draw(weights(rows, None))
    dtype = draw(st.sampled_from(FLOATS))
    if draw(st.booleans()):
        wide = st.one_of(finite(-90, 90), st.sampled_from([np.inf, -np.inf]))
        x, options["from_logits"] = draw(numbers(rows, wide)).astype(dtype), True
    else:
        x = draw(numbers(rows, st.sampled_from([0.0, 1e-3, 0.3, 0.77, 1.0]))).astype(dtype)
    if draw(st.booleans()):
        options["pos_weight"] = draw(st.sampled_from([0.0, 0.3, 4.0]))
    return Call("binary", y, x, options)


@st.composite
def spoiled_calls(draw: Any) -> tuple[Call, Call, int]:
    """A call with one NaN row, its good twin and the row's number."""
    n, count = draw(st.integers(2, 5)), draw(st.integers(1, 6))
    x = draw(numbers((count, n), finite(-20, 20))).astype(draw(st.sampled_from(FLOATS)))
    function = draw(st.sampled_from(["sparse", "dense"]))
    y, options = draw(targets((count,), n, function))
    options.pop("ignore_class", None)
    if function == "sparse":
        y = np.minimum(y, n - 1)
    options["from_logits"] = True
    row, column = draw(st.integers(0, count - 1)), draw(st.integers(0, n - 1))
    bad = x.copy()
    if draw(st.booleans()):
        bad[row] = -np.inf
    else:
        bad[row, column] = draw(st.sampled_from([np.nan, np.inf]))
    return Call(function, y, bad, options), Call(function, y, x, options), row

"""Calls drawn at random: every loss with any of its options, and rows that are left out.

A drawn call comes with its twin: the same rows in one dimension, without those that are left out
(which hold NaN, infinities and labels that are no class). Both must say the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from contract.case import Call, softmax

NO_CLASS = 99
POISON = (np.nan, np.inf, -np.inf, 0.0, 7.5)
SIZES = (0.25, 1.0, 0.01, 2.7)
PER_ROW = ("target_prob", "class_mask", "pos_weight", "sample_weight")


@dataclass(frozen=True)
class Drawn:
    """A call, and the same without its rows that are left out."""

    call: Call
    kept: Call  # its rows in one dimension, the classes last
    rows: np.ndarray  # which of all rows, in their order, are kept
    shape: tuple[int, ...]  # of the rows
    ignored: np.ndarray | None = None  # (rows kept, labels): of several labels these are ignored

    def flat(self, name: str, array: Any) -> np.ndarray:
        """An array like an argument of the call as (rows, classes), or as (rows,)."""
        return flat(self.call, self.shape, name, array)


def flat(call: Call, shape: tuple[int, ...], name: str, array: Any) -> np.ndarray:
    """An argument, repeated to the rows that it belongs to, these in one dimension."""
    array, count = np.asarray(array), int(np.prod(shape, dtype=int))
    if name == "sample_weight":
        array = array.reshape(array.shape + (1,) * (len(shape) - array.ndim))
        return np.broadcast_to(array, shape).reshape(-1)
    if call.axis is None or (name == "y_true" and array.ndim == len(shape)):
        return np.broadcast_to(array, shape).reshape(-1)
    if name == "class_mask":
        if array.ndim == 1:
            return array
        array = np.broadcast_to(array, np.shape(call.y_pred))
    return np.moveaxis(array, call.axis, -1).reshape(count, -1)


def draw(rng: np.random.Generator, dtypes: tuple[Any, ...]) -> Drawn:
    """One call whose values are good, but for the rows that are left out."""
    kind = str(rng.choice(["index", "top-k", "dense", "binary"]))
    shape = tuple(int(n) for n in rng.integers(1, 4, int(rng.integers(1, 4))))
    classes, dtype = int(rng.integers(2, 6)), dtypes[rng.integers(len(dtypes))]
    options: dict[str, Any] = {"from_logits": bool(rng.integers(2))}
    sample, left_by_weight = _sample_weight(rng, shape)
    if sample is not None:
        options["sample_weight"] = sample
    ignored = np.zeros(shape, bool)
    if kind != "dense" and rng.integers(2):
        options["ignore_class"] = int(rng.choice([-1, -100]))
        ignored = rng.random(shape) < rng.choice([0.3, 0.3, 1.0])
    left = left_by_weight | ignored
    if rng.integers(3) == 0:
        options["label_smoothing"] = float(rng.choice([0.1, 0.7]))
    if rng.integers(3) == 0:
        options["normalizer"] = float(rng.choice([0.3, 7.3]))
    options["empty"] = str(rng.choice(["zero", "nan"]))
    if kind == "binary":
        call = _binary(rng, shape, dtype, options, left)
    else:
        call = _of_classes(rng, kind, (*shape, classes), dtype, options, left)
    if ignored.any():
        y = np.array(call.y_true)
        y[ignored] = options["ignore_class"]
        call = call.with_(y_true=y)
    rows = np.flatnonzero(~left.reshape(-1))
    twin, partly = call, None
    if kind == "top-k" and "ignore_class" in options:
        partly = (rng.random(np.shape(call.y_true)) < 0.2) & ~left[..., None]
        partly[..., 1] &= ~partly[..., 0]  # a row without any label is another matter
        call, twin = _ignoring(call, partly)
        partly = partly.reshape(-1, 2)[rows]
    axis = int(rng.integers(len(shape) + 1))
    if kind != "binary" and axis != len(shape):
        call, twin = _on_axis(call, kind, axis), _on_axis(twin, kind, axis)
    return Drawn(call, _kept(twin, shape, rows), rows, shape, partly)


def _ignoring(call: Call, partly: np.ndarray) -> tuple[Call, Call]:
    """A call in which some labels of rows are ignored, and one in which these have no part."""
    given = call.with_(y_true=np.where(partly, call.options["ignore_class"], call.y_true))
    return given, call.with_(target_prob=np.where(partly, 0.0, call.options["target_prob"]))


def _sample_weight(rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[Any, np.ndarray]:
    """Weights on a leading part of the rows, or none; and which rows weigh 0."""
    if rng.integers(2):
        return None, np.zeros(shape, bool)
    lead = shape[: int(rng.integers(len(shape) + 1))]
    sample = rng.choice(SIZES, lead) * (rng.random(lead) > 0.3)
    full = sample.reshape(lead + (1,) * (len(shape) - len(lead)))
    return np.asarray(sample), np.array(np.broadcast_to(full == 0, shape))


def _poisoned(rng: np.random.Generator, array: Any, left: np.ndarray, values: Any) -> np.ndarray:
    """A copy whose rows that are left out hold something else."""
    out = np.array(array)
    for row in np.argwhere(left):
        out[tuple(row)] = rng.choice(values)
    return out


def _binary(
    rng: np.random.Generator,
    shape: tuple[int, ...],
    dtype: Any,
    options: dict[str, Any],
    left: np.ndarray,
) -> Call:
    if rng.integers(2):
        repeated = shape[int(rng.integers(len(shape) + 1)) :]
        options["pos_weight"] = np.asarray(rng.choice(SIZES, repeated))
    if options["from_logits"]:
        x = 3 * rng.standard_normal(shape)
    else:
        x = rng.uniform(0.02, 0.98, shape)
        options["epsilon"] = float(rng.choice([0.0, 1e-7, 1e-3]))
    t = rng.choice([0.0, 1.0, 0.3], shape)
    x, t = x.astype(dtype), t.astype(np.float64)
    return Call("binary", _poisoned(rng, t, left, POISON), _poisoned(rng, x, left, POISON), options)


def _of_classes(
    rng: np.random.Generator,
    kind: str,
    shape: tuple[int, ...],
    dtype: Any,
    options: dict[str, Any],
    left: np.ndarray,
) -> Call:
    rows, classes = shape[:-1], shape[-1]
    mask = np.ones(shape, bool)
    if rng.integers(3) == 0:
        own = bool(rng.integers(2))
        mask = rng.random(shape if own else (classes,)) > 0.3
        mask[..., int(rng.integers(classes))] = True
        options["class_mask"] = mask if not own else _poisoned(rng, mask, left, [False, True])
        mask = np.broadcast_to(mask, shape)
    x = rng.standard_normal(shape) * rng.choice([0.3, 3.0, 12.0])
    order = np.argsort(rng.random(shape) - 2.0 * mask, axis=-1)  # classes that exist come first
    never = (rng.random(shape) < 0.2) if rng.integers(3) == 0 else np.zeros(shape, bool)
    np.put_along_axis(never, order[..., :1], False, -1)
    if options["from_logits"]:
        if rng.integers(3) == 0:
            options["z_loss"] = 0.1
        x = np.where(never, -np.inf, x).astype(dtype)
    else:
        x = softmax(np.where(mask & ~never, np.clip(x, -8, 8), -np.inf)).astype(dtype)
        options["normalize"] = [None, True, False][int(rng.integers(3))]
        options["epsilon"] = float(rng.choice([0.0, 1e-7, 1e-3]))
        if options["normalize"]:
            x = (x * dtype(0.9)).astype(dtype)
    if rng.integers(2):
        options["class_weight"] = rng.choice(SIZES, classes) * (rng.random(classes) > 0.2)
    if kind == "index":
        second = (mask.sum(-1) > 1) & (rng.integers(2) == 0)  # which may have probability 0
        label = np.where(second, order[..., 1], order[..., 0])
        y: np.ndarray = _poisoned(rng, label, left, [NO_CLASS])
    elif kind == "top-k":
        alone = mask.sum(-1) == 1
        y = np.where(alone[..., None], order[..., :1], order[..., :2])
        prob = rng.choice([0.0, 0.25, 0.5], (*rows, 2))
        y = _poisoned(rng, y, left, [NO_CLASS])
        options["target_prob"] = _poisoned(rng, prob, left, POISON)
    else:
        q = np.where(mask, rng.choice([0.0, 1.0, 3.0], shape), 0.0)
        np.put_along_axis(q, order[..., :1], 2.0, -1)
        y = _poisoned(rng, q / q.sum(-1, keepdims=True), left, POISON)
    function = "dense" if kind == "dense" else "sparse"
    return Call(function, y, _poisoned(rng, x, left, POISON), options)


def _on_axis(call: Call, kind: str, axis: int) -> Call:
    """The call with its classes on another axis."""
    changes: dict[str, Any] = {"y_pred": np.moveaxis(call.y_pred, -1, axis), "axis": axis}
    if kind != "index":
        changes["y_true"] = np.moveaxis(call.y_true, -1, axis)
    for name in ("target_prob", "class_mask"):
        if np.ndim(call.options.get(name)) > 1:
            changes[name] = np.moveaxis(call.options[name], -1, axis)
    return call.with_(**changes)


def _kept(call: Call, shape: tuple[int, ...], rows: np.ndarray) -> Call:
    """The call without the rows that are left out, and without what left them out."""
    options = {k: v for k, v in call.options.items() if k not in ("ignore_class", "axis")}
    for name in PER_ROW:
        if options.get(name) is not None:
            value = flat(call, shape, name, options[name])
            options[name] = value if name == "class_mask" and value.ndim == 1 else value[rows]
    y_true = flat(call, shape, "y_true", call.y_true)[rows]
    return Call(call.function, y_true, flat(call, shape, "y_pred", call.y_pred)[rows], options)

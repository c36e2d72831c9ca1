"""Calls drawn at random for two revisions: good ones, and ones with something wrong in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ml_dtypes
import numpy as np

from attack.draws import draw
from contract.case import Call, softmax

FLOATS = (np.float16, ml_dtypes.bfloat16, np.float32, np.float64)
LABELS = (np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64,
          np.float32, np.float64)  # fmt: skip
SENTINELS = (-1, -100, -2, 255, 99, 1000, 2**31 - 1, 2**40, -(2**63))
LARGE = ((70, 40), (300, 33), (5, 4096), (3, 20000), (1500, 3), (2, 3, 500))
FLOAT_INPUTS = ("y_true", "target_prob", "class_weight", "sample_weight", "pos_weight")


@dataclass(frozen=True)
class Drawn:
    """One call, its reduction, and the inputs that a gradient is asked for."""

    call: Call
    reduction: str
    moving: tuple[str, ...]
    what: str  # what was changed in a good call
    way: int  # a number for a front end that has several ways to ask


def drawn(seed: int) -> Drawn:
    """Return the call of a seed."""
    rng = np.random.default_rng(seed)
    call = _large(rng) if rng.integers(4) == 0 else draw(rng, FLOATS).call
    what = []
    for _ in range(int(rng.choice([0, 0, 1, 1, 2]))):
        change = CHANGES[int(rng.integers(len(CHANGES)))]
        changed = change(rng, call)
        if changed is not None:
            call = changed
            what.append(change.__name__.strip("_"))
    reduction = str(rng.choice(["mean", "mean", "auto", "sum", "none", "parts"]))
    if reduction in ("sum", "none", "parts") and rng.integers(8):  # else they are refused
        kept = {k: v for k, v in call.options.items() if k not in ("normalizer", "empty")}
        call = Call(call.function, call.y_true, call.y_pred, kept)
    others = [name for name in FLOAT_INPUTS if rng.integers(3) == 0]
    moving = ("y_pred", *others) if rng.integers(5) else tuple(others)
    return Drawn(call, reduction, moving, ", ".join(what), int(rng.integers(1000)))


def _large(rng: np.random.Generator) -> Call:
    """A call of a size that takes a path of its own."""
    *rows, classes = LARGE[int(rng.integers(len(LARGE)))]
    dtype = FLOATS[int(rng.integers(len(FLOATS)))]
    x = rng.standard_normal((*rows, classes)) * rng.choice([0.3, 3.0, 30.0])
    options: dict[str, Any] = {"from_logits": bool(rng.integers(2))}
    function = str(rng.choice(["sparse", "dense", "binary"]))
    if function == "binary":
        y: np.ndarray = rng.choice([0.0, 1.0, 0.25], x.shape)
        x = x if options["from_logits"] else 1 / (1 + np.exp(-x))
    else:
        y = rng.integers(0, classes, rows)
        if function == "dense":
            q = rng.random(x.shape) * (rng.random(x.shape) < 0.1)
            np.put_along_axis(q, y[..., None], 1.0, -1)
            y = q / q.sum(-1, keepdims=True)
        x = x if options["from_logits"] else softmax(x)
        if rng.integers(3) == 0:
            options["class_weight"] = rng.choice([0.25, 1.0, 2.7], classes)
    if rng.integers(3) == 0:
        options["sample_weight"] = rng.choice([0.0, 0.3, 1.0], rows)
    if rng.integers(3) == 0:
        options["label_smoothing"] = 0.1
    if function != "dense" and rng.integers(3) == 0:
        options["ignore_class"] = int(y.reshape(-1)[0])
    return Call(function, y, x.astype(dtype), options)


def _place(rng: np.random.Generator, array: Any) -> tuple[int, ...]:
    return tuple(int(rng.integers(size)) for size in np.shape(array))


def _with_one(rng: np.random.Generator, call: Call, name: str, value: Any) -> Call | None:
    """The call with one number of an argument replaced, in a dtype that holds it."""
    given = getattr(call, name) if name in ("y_true", "y_pred") else call.options.get(name)
    if not isinstance(given, np.ndarray) or not given.size:
        return None
    changed = np.array(given)
    try:
        changed[_place(rng, given)] = value
    except (OverflowError, ValueError):
        return None
    return call.with_(**{name: changed})


def _label_dtype(rng: np.random.Generator, call: Call) -> Call:
    with np.errstate(invalid="ignore"):
        dtype = LABELS[int(rng.integers(len(LABELS)))]
        return call.with_(y_true=np.asarray(call.y_true).astype(dtype))


def _bad_label(rng: np.random.Generator, call: Call) -> Call | None:
    value = rng.choice([*SENTINELS[:7], np.shape(call.y_pred)[-1], 1.5, np.nan])
    return _with_one(rng, call, "y_true", int(value) if value == np.floor(value) else value)


def _all_labels_up(rng: np.random.Generator, call: Call) -> Call:
    return call.with_(y_true=np.asarray(call.y_true) + 1)


def _sentinel(rng: np.random.Generator, call: Call) -> Call | None:
    value = int(SENTINELS[int(rng.integers(len(SENTINELS)))])
    changed = _with_one(rng, call, "y_true", value)
    return changed.with_(ignore_class=value) if changed and rng.integers(2) else changed


def _bad_prediction(rng: np.random.Generator, call: Call) -> Call | None:
    return _with_one(rng, call, "y_pred", rng.choice([np.nan, np.inf, -np.inf, 1.2, -0.2, 1e4]))


def _other_scale(rng: np.random.Generator, call: Call) -> Call:
    factor = np.asarray(rng.choice([1.01, 0.9, 2.0, 1e-3]), call.y_pred.dtype)
    return call.with_(y_pred=(call.y_pred * factor).astype(call.y_pred.dtype))


def _logits_or_not(rng: np.random.Generator, call: Call) -> Call:
    return call.with_(from_logits=not call.options["from_logits"])


def _bad_weight(rng: np.random.Generator, call: Call) -> Call | None:
    name = str(rng.choice(["sample_weight", "class_weight", "pos_weight"]))
    return _with_one(rng, call, name, rng.choice([np.nan, np.inf, -1.0, 1e-42, 1e300]))


def _weight_dtype(rng: np.random.Generator, call: Call) -> Call:
    dtype = [np.float32, np.float16, np.int32][int(rng.integers(3))]
    names = [n for n, v in call.options.items() if "weight" in n and isinstance(v, np.ndarray)]
    with np.errstate(all="ignore"):
        return call.with_(**{name: call.options[name].astype(dtype) for name in names})


def _bad_target(rng: np.random.Generator, call: Call) -> Call | None:
    return _with_one(rng, call, "target_prob", rng.choice([np.nan, -0.1, 1.5]))


def _one_hot(rng: np.random.Generator, call: Call) -> Call:
    shape = np.shape(call.y_pred)
    return call.with_(y_true=np.asarray(rng.random(shape) < 0.3).astype(np.int64))


def _trailing_one(rng: np.random.Generator, call: Call) -> Call:
    return call.with_(y_true=np.asarray(call.y_true)[..., None])


def _short(rng: np.random.Generator, call: Call) -> Call:
    return call.with_(y_true=np.asarray(call.y_true)[:-1])


def _no_rows(rng: np.random.Generator, call: Call) -> Call:
    options = {k: v for k, v in call.options.items() if not isinstance(v, np.ndarray)}
    y_true, y_pred = np.asarray(call.y_true), call.y_pred
    return Call(call.function, y_true[:0], y_pred[:0] if y_pred.ndim > 1 else y_pred, options)


def _all_ignored(rng: np.random.Generator, call: Call) -> Call:
    y_true = np.full_like(np.asarray(call.y_true), 1)
    return call.with_(y_true=y_true, ignore_class=1)


def _option(rng: np.random.Generator, call: Call) -> Call:
    options: list[dict[str, Any]] = [
        {"validate": "off"}, {"validate": "always"}, {"validate": "first"}, {"empty": "raise"},
        {"empty": "nan"}, {"label_smoothing": 1.0}, {"label_smoothing": 1.5}, {"epsilon": 0.0},
        {"epsilon": 0.01}, {"epsilon": 1e-30}, {"z_loss": 1e-4}, {"normalizer": 0.0},
        {"normalizer": 2.5}, {"normalizer": np.asarray(0.3)}, {"ignore_class": (0, -1)},
        {"normalize": True}, {"normalize": False},
        {"axis": 0}, {"axis": 5}, {"class_weight": {0: 2.0}}, {"sample_weight": 0.3},
        {"pos_weight": 2.0}, {"class_mask": np.array([True, False])},
    ]  # fmt: skip
    return call.with_(**options[int(rng.integers(len(options)))])


def _strides(rng: np.random.Generator, call: Call) -> Call:
    y_pred, turn = np.asarray(call.y_pred), int(rng.integers(3))
    if turn == 0:
        return call.with_(y_pred=np.asfortranarray(y_pred))
    if turn == 1:
        wide = np.zeros((*y_pred.shape[:-1], 2 * y_pred.shape[-1]), y_pred.dtype)
        wide[..., ::2] = y_pred
        return call.with_(y_pred=wide[..., ::2])
    return call.with_(y_pred=np.flip(np.flip(y_pred, 0).copy(), 0))


CHANGES: tuple[Callable[[np.random.Generator, Call], Call | None], ...] = (
    _label_dtype, _label_dtype, _bad_label, _bad_label, _all_labels_up, _sentinel, _sentinel,
    _bad_prediction, _other_scale, _logits_or_not, _bad_weight, _weight_dtype, _bad_target,
    _one_hot, _trailing_one, _short, _no_rows, _all_ignored, _option, _option, _option, _strides,
)  # fmt: skip

"""One function of a library as the sheet calls it, and what is found out by calling it."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from numbers_in_tables import number

Array = npt.NDArray[Any]
Kind = Literal["indices", "rows", "binary"]
NOTHING = "—"
EPSILON = 0.25  # of label smoothing

LOGITS = np.array([[2.0, 1.0, 0.0], [0.0, 1.0, 3.0], [1.0, 1.0, 1.5]], np.float32)
LABELS = np.array([0, 2, 1])
SOFT = np.array([[0.5, 0.25, 0.25], [0.0, 0.5, 0.5], [0.25, 0.25, 0.5]], np.float32)
SCORES = np.array([1.0, -2.0, 0.5, 0.25], np.float32)
ANSWERS = np.array([1, 0, 0, 1])
HALVES = np.array([0.5, 0.0, 0.25, 1.0], np.float32)


@dataclass(frozen=True)
class Call:
    """A function, as `run(labels, predictions, **options)`, and where its options are named."""

    kind: Kind
    run: Callable[..., Any]
    named_in: tuple[Callable[..., Any], ...]

    def option(self, *names: str) -> tuple[str, Any] | None:
        """Return the first of these options that the function has, with its default."""
        for function in self.named_in:
            parameters = inspect.signature(function).parameters
            for name in names:
                if name in parameters:
                    return name, parameters[name].default
        return None


def facts(call: Call, *, logits: bool) -> dict[str, str]:
    """Call it with everything that the sheet tells of, and return the cells."""
    warnings.simplefilter("ignore")
    return {
        "labels": _labels(call, logits),
        "weights": _weights(call),
        "ignored": _ignored(call),
        "smoothing": _smoothing(call, logits),
        "bad": _bad(call, logits),
    }


def _labels(call: Call, logits: bool) -> str:
    """The kinds of labels that give the right number."""
    taken = [name for name, labels in _kinds(call.kind) if _right(call, labels, logits)]
    whole = {"int64", "int32", "uint8", "float32"}
    types = [name for name in taken if name in whole]
    words = "0 and 1" if call.kind == "binary" else "class indices"
    found = []
    if types:
        found.append(words if set(types) == whole else f"{words} ({', '.join(types)})")
    return ", ".join([*found, *(name for name in taken if name not in whole)]) or NOTHING


def _kinds(kind: Kind) -> Iterable[tuple[str, Any]]:
    labels = ANSWERS if kind == "binary" else LABELS
    if kind != "rows":
        for dtype in ("int64", "int32", "uint8", "float32"):
            yield dtype, labels.astype(dtype)
    if kind == "binary":
        yield "shares between", HALVES
        yield "names", np.array(["no", "yes"])[labels]
    else:
        yield "one-hot rows", np.eye(3, dtype=np.float32)[labels]
        yield "distributions", SOFT
        yield "names", np.array(["a", "b", "c"])[labels]


def _right(call: Call, labels: Any, logits: bool, **options: Any) -> bool:
    want = _expected(call.kind, labels)
    return _close(_value(call, labels, _predictions(call.kind, logits), **options), want)


def _expected(kind: Kind, labels: Any) -> float:
    """The mean loss, by its definition."""
    losses = -np.log(np.asarray(_predictions(kind, False), np.float64))
    if kind == "binary":
        p = np.asarray(_predictions(kind, False), np.float64)
        t = (labels == "yes") if labels.dtype.kind == "U" else labels.astype(np.float64)
        return float(-(t * np.log(p) + (1 - t) * np.log(1 - p)).mean())
    if labels.ndim == 1:
        index = np.unique(labels, return_inverse=True)[1] if labels.dtype.kind == "U" else labels
        return float(losses[range(3), index.astype(int)].mean())
    return float((labels * losses).sum(1).mean())


def _predictions(kind: Kind, logits: bool) -> Array:
    if kind == "binary":
        return SCORES if logits else (1 / (1 + np.exp(-SCORES))).astype(np.float32)
    exponentials = np.exp(LOGITS)
    return LOGITS if logits else exponentials / exponentials.sum(1, keepdims=True)


def _value(call: Call, labels: Any, predictions: Any, **options: Any) -> float | str:
    """The mean of a call, or the name of what it raises."""
    try:
        return float(np.asarray(call.run(labels, predictions, **options)))
    except Exception as error:  # whatever a library raises is what a user of it sees
        return f"`{type(error).__name__}`"


def _close(value: float | str, want: float) -> bool:
    return not isinstance(value, str) and abs(value - want) < 1e-4


def _weights(call: Call) -> str:
    names = ("weight", "class_weight", "sample_weight", "pos_weight")
    return ", ".join(f"`{name}`" for name in names if call.option(name)) or NOTHING


def _ignored(call: Call) -> str:
    found = call.option("ignore_class", "ignore_index")
    return f"`{found[0]}={_default(found[1])}`" if found else NOTHING


def _default(value: Any) -> str:
    """A default as it is written; crossent's own says only that none was given."""
    return "None" if type(value).__name__ == "Unset" else repr(value)


def _smoothing(call: Call, logits: bool) -> str:
    found = call.option("label_smoothing")
    if found is None:
        return NOTHING
    if call.kind == "binary":
        labels, classes = ANSWERS.astype(np.float32), 2
        mixed, share = labels * (1 - EPSILON) + EPSILON / classes, "ε/2 to each answer"
    else:
        rows, classes = np.eye(3, dtype=np.float32)[LABELS], 3
        mixed, share = rows * (1 - EPSILON) + EPSILON / classes, "ε/C to each class"
        labels = LABELS if call.kind == "indices" else rows
    value = _value(call, labels, _predictions(call.kind, logits), **{found[0]: EPSILON})
    same = _close(value, _expected(call.kind, mixed))
    return f"`{found[0]}`: {share if same else 'another mixture'}"


def _bad(call: Call, logits: bool) -> str:
    """What one row with a label that is no class gives."""
    predictions = _predictions(call.kind, logits)[:1]
    if call.kind == "rows":
        return _said("(1, 1, 0)", call, np.array([[1, 1, 0]], np.float32), predictions, ())
    if call.kind == "binary":
        return _said("2", call, np.array([2], np.float32), predictions, ())
    own = -np.log(_predictions(call.kind, False)[0].astype(np.float64))
    cells = [
        _said(name, call, np.array([label]), predictions, own)
        for name, label in (("3", 3), ("−1", -1))
    ]
    first, second = (cell.partition(": ") for cell in cells)
    return first[2] if first[2] == second[2] else "; ".join(cells)


def _said(name: str, call: Call, labels: Any, predictions: Any, own: Any) -> str:
    value = _value(call, labels, predictions)
    if isinstance(value, str):
        return f"{name}: {value}"
    other = [k for k, loss in enumerate(own) if _close(value, loss)]
    return f"{name}: {number(value)}" + (f", the loss of class {other[0]}" if other else "")

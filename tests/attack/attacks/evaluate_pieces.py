"""Random data, options of random shapes, random pieces: `evaluate` is the loss, bit for bit.

An option whose shape the loss function refuses must be refused for every size of the pieces, too.
"""

from __future__ import annotations

import tempfile
import warnings
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from attack.campaign import Fault, Limits

LIMITS = Limits(count=300, seconds=300)  # the kernels may have to be compiled first

BY_ROW = ("sample_weight", "target_prob", "class_mask", "pos_weight")


@dataclass
class Drawn:
    """One call."""

    loss: str
    labels: np.ndarray
    predictions: np.ndarray
    from_logits: bool
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def axis(self) -> int:
        """The class axis of the predictions; -1 for binary ones."""
        return int(self.options.get("axis", -1))

    def __str__(self) -> str:
        arrays = {
            name: f"{value.dtype}{value.shape}" if isinstance(value, np.ndarray) else repr(value)
            for name, value in self.options.items()
        }
        return (
            f"{self.loss}, labels {self.labels.shape}, predictions {self.predictions.shape} "
            f"{self.predictions.dtype}, from_logits={self.from_logits}, {arrays}"
        )


def attack(seed: int, count: int) -> dict[str, int]:
    """Compare `count` calls."""
    tally: Counter[str] = Counter()
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number in range(count):
            drawn = draw(rng)
            try:
                tally[compare(drawn, rng, Path(folder))] += 1
            except Fault as fault:
                raise Fault(f"number {number} of seed {seed}: {drawn}\n{fault}") from None
    return dict(tally)


def draw(rng: np.random.Generator) -> Drawn:
    """Draw a loss, data for it, and options; most shapes fit."""
    loss = str(rng.choice(["sparse", "dense", "binary"]))
    rows, classes = int(rng.integers(1, 8)), int(rng.integers(2, 6))
    if rng.random() < 0.3:
        rows = classes  # where a shape could be read in two ways
    inner = tuple(int(n) for n in rng.integers(1, 4, rng.integers(0, 3)))
    logits = bool(rng.random() < 0.6)
    dtype = np.float64 if rng.random() < 0.7 else np.float32
    if loss == "binary":
        shape = (rows, *inner)
        scores = rng.normal(size=shape) * 4
        labels = rng.integers(0, 2, shape).astype(rng.choice(["i8", "f8"]))
        predictions = (scores if logits else 1 / (1 + np.exp(-scores))).astype(dtype)
        if rng.random() < 0.2:
            predictions = predictions[..., None]
        elif rng.random() < 0.2:
            labels = labels[..., None]
        drawn = Drawn(loss, labels, predictions, logits)
        if rng.random() < 0.7:
            drawn.options["pos_weight"] = weights(rng, some_shape(rng, predictions.shape))
    else:
        drawn = with_classes(rng, loss, rows, classes, inner, logits, dtype)
    all_options(rng, drawn)
    if logits and rng.random() < 0.1:
        place = tuple(rng.integers(0, drawn.predictions.shape))
        drawn.predictions[place] = rng.choice([np.nan, np.inf, -np.inf])
    return drawn


def with_classes(
    rng: np.random.Generator, loss: str, rows: int, classes: int, inner: tuple[int, ...],
    logits: bool, dtype: type,
) -> Drawn:  # fmt: skip
    """Draw class indices or distributions, and the options of classes."""
    shape = (rows, *inner, classes)
    scores = rng.normal(size=shape) * 4
    soft = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
    labels = rng.integers(0, classes, shape[:-1])
    options: dict[str, Any] = {}
    several = loss == "sparse" and rng.random() < 0.3
    axis = int(rng.integers(0, len(shape)))
    last = len(shape) - 1
    if several:
        labels = rng.integers(0, classes, (*labels.shape, 2))
        share = rng.random(labels.shape[:-1])
        prob = np.stack([share, 1 - share], -1)
        options["target_prob"] = np.moveaxis(prob, last, axis)
        if rng.random() < 0.1:
            options["target_prob"] = rng.random(some_shape(rng, labels.shape))
    y = labels
    if loss == "dense":
        y = rng.permuted(soft, axis=-1) if rng.random() < 0.5 else np.eye(classes)[labels]
    if loss == "dense" or several:
        y = np.moveaxis(y, last, axis)
    x = np.moveaxis(scores if logits else soft, last, axis).astype(dtype)
    if axis != last or rng.random() < 0.5:
        options["axis"] = axis if rng.random() < 0.5 else axis - len(shape)
    if rng.random() < 0.4:
        wanted = (classes,) if rng.random() < 0.9 else some_shape(rng, shape)
        found = weights(rng, wanted)
        if isinstance(found, np.ndarray) and found.ndim == 1 and rng.random() < 0.3:
            found = dict(enumerate(found.tolist()))
        options["class_weight"] = found
    if logits and rng.random() < 0.5:
        options["class_mask"] = mask_of(rng, y, x, axis, loss == "dense")
    return Drawn(loss, y, x, logits, options)


def mask_of(
    rng: np.random.Generator, y: np.ndarray, x: np.ndarray, axis: int, dense: bool
) -> np.ndarray:
    """Draw a mask that has the classes of most labels."""
    shape = (x.shape[axis],) if rng.random() < 0.3 else some_shape(rng, x.shape)
    mask = rng.random(shape) < 0.9
    if dense or rng.random() < 0.2:
        return np.ones_like(mask)
    if mask.shape == (x.shape[axis],):
        mask[np.unique(y)] = True
        return mask
    try:
        full = np.moveaxis(np.broadcast_to(mask, x.shape), axis, -1)
    except ValueError:
        return mask
    index = y[..., None] if y.ndim < x.ndim else np.moveaxis(y, axis, -1)
    exists = np.take_along_axis(full, index, -1).all()
    return mask if exists else np.ones_like(mask)


def all_options(rng: np.random.Generator, drawn: Drawn) -> None:
    """Draw what every loss takes."""
    options, x = drawn.options, drawn.predictions
    rows = x.shape
    if drawn.loss != "binary":
        axis = drawn.axis % x.ndim
        rows = rows[:axis] + rows[axis + 1 :]
    if rng.random() < 0.5:
        shape = rows[: rng.integers(0, len(rows) + 1)]
        if rng.random() < 0.15:
            shape = some_shape(rng, x.shape)
        weight = weights(rng, shape)
        if isinstance(weight, np.ndarray):
            weight[rng.random(weight.shape) < 0.2] = 0
        options["sample_weight"] = weight
    if drawn.loss != "dense" and rng.random() < 0.3:
        ignored = rng.choice([-1, 7])
        options["ignore_class"] = int(ignored)
        drawn.labels[rng.random(drawn.labels.shape) < 0.2] = ignored
    if rng.random() < 0.3:
        options["label_smoothing"] = float(rng.random())
    if drawn.from_logits and drawn.loss != "binary" and rng.random() < 0.2:
        options["z_loss"] = 0.01
    if not drawn.from_logits and rng.random() < 0.3:
        options["epsilon"] = float(rng.choice([0.0, 0.01]))
    if not drawn.from_logits and drawn.loss != "binary" and rng.random() < 0.3:
        options["normalize"] = True


def some_shape(rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Draw a shape that broadcasts to another; one in seven does not, or only by chance."""
    found = [1 if rng.random() < 0.3 else size for size in shape[rng.integers(0, len(shape) + 1) :]]
    if rng.random() < 0.15:
        found.insert(int(rng.integers(0, len(found) + 1)), int(rng.integers(1, 8)))
    elif found and rng.random() < 0.1:
        found[rng.integers(0, len(found))] = int(rng.integers(1, 8))
    return tuple(found)


def weights(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Draw weights: a number where the shape is that of one, now and then."""
    found = rng.uniform(0.25, 4, shape)
    return float(found) if not shape and rng.random() < 0.5 else np.asarray(found)


def compare(drawn: Drawn, rng: np.random.Generator, folder: Path) -> str:
    """Compare the loss function, arrays and files in pieces, and evaluators that are merged."""
    import crossent as ce

    function = {
        "sparse": ce.sparse_categorical_crossentropy,
        "dense": ce.categorical_crossentropy,
        "binary": ce.binary_crossentropy,
    }[drawn.loss]
    given = {"from_logits": drawn.from_logits, **drawn.options}
    want, refused = None, ""
    kernels = bool(rng.random() < 0.5)
    ce.use_kernels(kernels)
    try:
        want = function(drawn.labels, drawn.predictions, empty="raise", **given)
    except ce.CrossentError as error:
        refused = str(error)
    in_files = as_files(drawn, rng, folder) if rng.random() < 0.4 else None
    found = set()
    for rows in (1, 2, 7, None, int(rng.integers(1, 9))):
        for arguments in filter(None, ((drawn.labels, drawn.predictions, drawn.options), in_files)):
            found.add(evaluated(drawn, *arguments, rows))
    if len(found) > 1:
        raise Fault(f"pieces, or files, differ: {found}\nloss function: {want} {refused}")
    (got,) = found
    if want is None or got is None:
        if want is None and got is None:
            return "refused"
        raise Fault(f"the loss function gives {want} {refused}\nevaluate gives {got}")
    if not agree(drawn, want, float(got), kernels):
        raise Fault(f"the loss function gives {want!r}, evaluate {got!r}, kernels: {kernels}")
    if drawn.axis % drawn.predictions.ndim or drawn.loss == "binary":
        merged(drawn, got, rng)
    return "with files" if in_files else "in memory"


def agree(drawn: Drawn, want: Any, got: float, kernels: bool) -> bool:
    """Whether the loss function gives what the evaluation does, rounded to its type."""
    if kernels and (drawn.loss == "dense" or "target_prob" in drawn.options):
        # Kernels add the weights of the classes of a row up in float64 and in an order of their
        # own; an evaluation adds at most 5 of them in the type of the predictions.
        unit = float(np.finfo(drawn.predictions.dtype).eps)
        return same(want, got) or bool(abs(want - got) <= 8 * unit * abs(want))
    return same(want, want.dtype.type(got))


def same(a: float, b: float) -> bool:
    """Whether two numbers have the same bits, but for those of NaN."""
    return a == b or (a != a and b != b)


def evaluated(
    drawn: Drawn, labels: Any, predictions: Any, options: dict[str, Any], rows: int | None
) -> float | None:
    """Return the loss of an evaluation; None if it is refused."""
    import crossent as ce

    try:
        found = ce.evaluate(
            labels, predictions, loss=drawn.loss, from_logits=drawn.from_logits, chunk_rows=rows,
            per_class=True, worst=3, **options,
        )  # fmt: skip
    except ce.CrossentError:
        return None
    except Exception as error:
        raise Fault(f"evaluate with chunk_rows={rows}: {type(error).__name__}: {error}") from error
    return "nan" if found.loss != found.loss else found.loss  # type: ignore[return-value]


def as_files(
    drawn: Drawn, rng: np.random.Generator, folder: Path
) -> tuple[Any, Any, dict[str, Any]]:
    """Write every array of one dimension or more to a file."""

    def saved(name: str, array: Any) -> Any:
        if not isinstance(array, np.ndarray) or array.ndim == 0:
            return array
        if rng.random() < 0.3:
            np.savez(folder / f"{name}.npz", a=array, b=array[:0])
            return f"{folder}/{name}.npz:a"
        if array.ndim <= 2 and array.dtype.kind != "f" and array.shape[1:] != (1,):
            np.savetxt(folder / f"{name}.csv", array, delimiter=",", fmt="%d")
            return folder / f"{name}.csv"
        np.save(folder / f"{name}.npy", np.asfortranarray(array) if rng.random() < 0.5 else array)
        return folder / f"{name}.npy"

    options = {name: saved(name, value) for name, value in drawn.options.items()}
    return saved("labels", drawn.labels), saved("predictions", drawn.predictions), options


def merged(drawn: Drawn, want: float, rng: np.random.Generator) -> None:
    """Cut the rows anywhere, give the parts to several evaluators, and merge them in any order."""
    import crossent as ce

    rows = len(drawn.predictions)
    fixed = {name: value for name, value in drawn.options.items() if name not in BY_ROW}
    by_row = [name for name in BY_ROW if name in drawn.options]
    cuts = sorted({0, rows, *rng.integers(0, rows + 1, rng.integers(0, 4)).tolist()})
    pieces = list(pairwise(cuts))
    parts = [
        ce.Evaluator(drawn.loss, from_logits=drawn.from_logits, **fixed, worst=3, per_class=True)
        for _ in range(rng.integers(1, 4))
    ]
    for k in rng.permutation(len(pieces)):
        a, b = pieces[k]
        parts[rng.integers(0, len(parts))].update(
            drawn.labels[a:b], drawn.predictions[a:b], first_row=a,
            **{name: cut(drawn, name, a, b) for name in by_row},
        )  # fmt: skip
    first, *others = [parts[k] for k in rng.permutation(len(parts))]
    for other in others:
        first.merge(other)
    got = first.compute().loss
    if not same(got, float(want)):
        raise Fault(f"merged from rows {pieces}: {got!r}; whole: {want!r}")


def cut(drawn: Drawn, name: str, a: int, b: int) -> Any:
    """Return an option of the rows a to b, as the documentation says that it is repeated."""
    value, shape = drawn.options[name], drawn.predictions.shape
    if name == "target_prob":
        return value[a:b]
    if name == "class_mask":
        by_row = np.ndim(value) == len(shape) and len(value) > 1
        return value[a:b] if by_row else value
    if name == "pos_weight":
        return np.broadcast_to(value, shape)[a:b]
    axis = drawn.axis % len(shape)
    if drawn.loss != "binary":
        shape = shape[:axis] + shape[axis + 1 :]
    value = np.asarray(value)
    lying = value.reshape(value.shape + (1,) * (len(shape) - value.ndim))
    return np.broadcast_to(lying, shape)[a:b]

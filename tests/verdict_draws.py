"""Labels, targets and predictions drawn with something wrong, for errors and for the doctor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

import crossent as ce

MARKS = (-1, -100, -2, 255, 65535, 999, 9999, 99999, -3, -7)
CAST = (-(2**31), -(2**63), 2**32 - 1, 2**63 - 1)
CLASSES = (2, 3, 5, 10, 21, 150, 300)
NARROW = (np.int8, np.int8, np.uint8, np.int16, np.uint16, np.int32, np.float32, np.float16)
DRAWN = 1500
NO_ERROR = {"CE310", "CE311", "CE202"}  # labels that fit in their type by chance; none is kept


def drawn(rng: np.random.Generator) -> tuple[Any, int, dict[str, Any]]:
    """Labels with one thing wrong, or several; the number of classes, and options."""
    classes = int(rng.choice(CLASSES))
    count = int(rng.choice([1, 2, 3, 8, 40, 400]))
    y: Any = rng.integers(0, classes, count)
    options: dict[str, Any] = {}
    for _ in range(int(rng.choice([0, 1, 1, 1, 2, 3]))):
        y = CHANGES[int(rng.integers(len(CHANGES)))](rng, y, classes)
        if not isinstance(y, np.ndarray) or y.dtype.kind in "US":
            return y, classes, options
    if rng.integers(4) == 0:
        options["ignore_class"] = int(rng.choice([*MARKS, 0, classes, classes - 1]))
    return y, classes, options


def _some(rng: np.random.Generator, y: np.ndarray, values: Any) -> np.ndarray:
    out = np.array(y, np.float64 if y.dtype.kind == "f" else np.int64)
    chosen = rng.random(out.shape) < rng.choice([0.05, 0.3, 1.0])
    chosen[int(rng.integers(len(out)))] = True
    out[chosen] = rng.choice(values, int(chosen.sum()))
    return out


def _mark(rng: np.random.Generator, y: np.ndarray, classes: int) -> np.ndarray:
    return _some(rng, y, [int(rng.choice(MARKS))])


def _cast(rng: np.random.Generator, y: np.ndarray, classes: int) -> np.ndarray:
    return _some(rng, y, [int(rng.choice(CAST))])


def _from_one(rng: np.random.Generator, y: np.ndarray, classes: int) -> np.ndarray:
    return y + 1


def _huge(rng: np.random.Generator, y: np.ndarray, classes: int) -> np.ndarray:
    return _some(rng, y, [classes, classes + 1, 2 * classes, 10**6, 2**40])


def _negative(rng: np.random.Generator, y: np.ndarray, classes: int) -> np.ndarray:
    return _some(rng, y, [-1, -3, -classes])


def _grey(rng: np.random.Generator, y: np.ndarray, classes: int) -> np.ndarray:
    return _some(rng, y, np.linspace(0, 255, max(2, min(classes, 5))).astype(int))


def _missing(rng: np.random.Generator, y: np.ndarray, classes: int) -> np.ndarray:
    return _some(rng, y.astype(float), [np.nan])


def _fraction(rng: np.random.Generator, y: np.ndarray, classes: int) -> np.ndarray:
    return _some(rng, y.astype(float), [0.5, 1.25])


def _text(rng: np.random.Generator, y: np.ndarray, classes: int) -> Any:
    return np.array([f"name {v}" for v in y])


def _narrow(rng: np.random.Generator, y: np.ndarray, classes: int) -> np.ndarray:
    with np.errstate(all="ignore"):
        return y.astype(NARROW[int(rng.integers(len(NARROW)))])


CHANGES: tuple[Callable[[np.random.Generator, np.ndarray, int], Any], ...] = (
    _mark, _mark, _cast, _from_one, _from_one, _huge, _negative, _grey, _missing, _fraction, _text,
    _narrow,
)  # fmt: skip


def check(given: Callable[[Any], Any], *, torch: bool = False) -> None:
    """The code of each error is that of the first error reported of the same labels."""
    rng = np.random.default_rng(7)
    seen: Counter[str | None] = Counter()
    # PyTorch's own loss takes int64 alone, and leaves out -100.
    others = NO_ERROR | {"CE111"} if torch else NO_ERROR
    for number in range(DRAWN):
        y, classes, options = drawn(rng)
        if torch and y.dtype.kind in "if" and (y == -100).any():
            continue
        x = rng.normal(size=(len(y), classes)).astype(np.float32)
        code = None
        try:
            ce.sparse_categorical_crossentropy(given(y), given(x), from_logits=True, **options)
        except ce.CrossentError as error:
            code = error.code
        report = ce.diagnose(given(y), given(x), from_logits=True, loss="sparse", **options)
        codes = [finding.code for finding in report.errors]
        first = codes[0] if codes else None
        agree = first == code or (code is None and first in others)
        what = f"{options}: {y.dtype} {y[:20]}"
        assert agree, f"{number}: {code}, but {codes} of {classes} classes, {what}"
        seen[code] += 1
    wanted = {None, "CE101", "CE103", "CE104", "CE111", "CE210", "CE311", "CE312", "CE313"}
    assert set(seen) >= wanted


def drawn_targets(rng: np.random.Generator, n: int, classes: int) -> np.ndarray:
    """Distributions, or what is given in their place."""
    q = rng.dirichlet(np.ones(classes), n)
    one_hot = np.eye(classes)[rng.integers(0, classes, n)]
    row, column = int(rng.integers(n)), int(rng.integers(classes))
    turn = int(rng.integers(12))
    if turn == 0:
        return one_hot
    if turn == 1:  # several labels a row
        return (rng.random((n, classes)) < 0.4).astype(float)
    if turn == 2:  # votes
        return rng.integers(0, 5, (n, classes)).astype(float)
    if turn == 3:  # logits
        return rng.normal(size=(n, classes))
    if turn == 4:
        q[row] = np.nan
    elif turn == 5:
        q[row] = 0
    elif turn == 6:
        q *= rng.choice([0.5, 2, 100])
    elif turn == 7:
        q[row, column] += rng.choice([0.01, -0.3, 1.0])
    elif turn == 8:
        one_hot[row] = rng.choice([0, 1])
        return one_hot
    elif turn == 9:  # of several kinds
        q[row] = rng.choice([0, 1], classes)
        q[int(rng.integers(n))] = rng.choice([0, 3, 1], classes)
    elif turn == 10:
        q[row, column] = rng.choice([-1e-5, -1e-3, np.inf, 1.00005, 1.01])
    return q


def drawn_elements(rng: np.random.Generator, count: int) -> np.ndarray:
    """Targets of the binary loss with one thing wrong, or nothing."""
    t = rng.integers(0, 2, count).astype(float)
    turn = int(rng.integers(8))
    if turn == 0:
        return 2 * t - 1
    if turn == 1:
        return t + 1
    if turn == 2:
        return rng.integers(0, 5, count).astype(float)
    if turn == 3:
        return rng.random(count)
    where = int(rng.integers(count))
    if turn == 4:
        t = rng.random(count)
        t[where] = rng.choice([1.5, -0.25, 1e9])
    elif turn == 5:
        t[where] = rng.choice([np.nan, np.inf, -np.inf])
    elif turn == 6:
        t[where] = rng.choice([*MARKS, *CAST])
    return t


def drawn_predictions(rng: np.random.Generator, n: int, classes: int) -> tuple[np.ndarray, bool]:
    """Logits or probabilities, or what is given in their place; whether logits are said."""
    x = rng.normal(size=(n, classes))
    p = np.exp(x) / np.exp(x).sum(1, keepdims=True)
    turn = int(rng.integers(8))
    if turn <= 1:
        return x, True
    if turn == 2:
        return x, False
    if turn == 3:
        p *= rng.choice([0.5, 0.97, 1.2])
    elif turn == 4:
        p[int(rng.integers(n)), 0] = rng.choice([1.3, -0.2])
    elif turn == 5:  # sigmoids
        p = 1 / (1 + np.exp(-x))
    elif turn == 6:
        p[int(rng.integers(n))] = 0
    return p, False

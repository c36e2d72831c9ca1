"""Both ways to compute a call on NumPy, by kernels and by operations, see a fault wherever it is.

Arrays are walked in blocks of rows and rows in vectors; a fault may lie in any of them.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import crossent as ce

ROWS = 3
CLASSES = 100_000  # more than 2**17 elements in two rows, so that each is a block of its own
PLACES = (0, 6, 16, 20, 31, 33, 63, 69)  # of 70 classes: each end of whole vectors and of the tail


@pytest.fixture(params=["kernels", "operations"])
def path(request: pytest.FixtureRequest) -> Iterator[str]:
    """The path that the calls of a test take, where there is one for them."""
    ce.use_kernels(request.param == "kernels")
    yield "kernel" if request.param == "kernels" else "operations"
    ce.use_kernels(True)


def terms(loss: Any, y: Any, p: Any, **options: Any) -> np.ndarray:
    """The loss of every row."""
    return np.asarray(loss(y, p, reduction="none", **options))


def flat() -> np.ndarray:
    """Probabilities of three rows, each a block."""
    return np.full((ROWS, CLASSES), 1 / CLASSES, np.float32)


@pytest.mark.parametrize("row", range(ROWS))
def test_m10_nan_beside_the_label_in_any_block(path: str, row: int) -> None:
    p = flat()
    p[row, 7] = np.nan
    found = terms(ce.sparse_categorical_crossentropy, [5, 5, 5], p)
    assert np.flatnonzero(np.isnan(found)).tolist() == [row]
    _, gradient = ce.value_and_grad(ce.sparse_categorical_crossentropy)([5, 5, 5], p)
    assert np.flatnonzero(np.isnan(gradient).any(axis=1)).tolist() == [row]
    assert np.isnan(gradient[row]).all()


def one_hot() -> np.ndarray:
    """Targets of class 5."""
    q = np.zeros((ROWS, CLASSES), np.float32)
    q[:, 5] = 1
    return q


def mask() -> np.ndarray:
    """The last class does not exist."""
    return np.arange(CLASSES) < CLASSES - 1


def without_last(p: np.ndarray) -> np.ndarray:
    """No mass in the last class."""
    p[:, -1] = 0
    return p


def spoiled(array: np.ndarray, row: int, where: Any, value: float) -> np.ndarray:
    """The array with another value in a row."""
    array[row, where] = value
    return array


BAD_ROWS: dict[str, Any] = {
    "above-one": (ce.PredictionError, lambda i: ([5] * 3, spoiled(flat(), i, 9, 1.5), {})),
    "negative": (ce.PredictionError, lambda i: ([5] * 3, spoiled(flat(), i, 9, -0.5), {})),
    "far-from-one": (
        ce.PredictionError,
        lambda i: ([5] * 3, spoiled(flat(), i, slice(9), 0.1), {}),
    ),
    "probability-on-masked": (
        ce.PredictionError,
        lambda i: ([5] * 3, spoiled(without_last(flat()), i, -1, 1e-3), {"class_mask": mask()}),
    ),
    "targets": (ce.TargetError, lambda i: (spoiled(one_hot(), i, 9, 1.0), flat(), {})),
    "target-on-masked": (
        ce.CrossentError,
        lambda i: (
            spoiled(spoiled(one_hot(), i, 5, 0.0), i, -1, 1.0),
            without_last(flat()),
            {"class_mask": mask()},
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("weighs", [True, False], ids=["after-a-row-of-weight-0", "all-rows"])
@pytest.mark.parametrize("row", range(ROWS))
@pytest.mark.parametrize("kind", BAD_ROWS)
def test_a_bad_row_is_named_in_any_block(path: str, kind: str, row: int, weighs: bool) -> None:
    error, make = BAD_ROWS[kind]
    y, p, options = make(row)
    if weighs:
        # The first row that counts is the one after it, and the numbers are those of all rows.
        weight = np.ones(ROWS)
        weight[(row + 1) % ROWS] = 0
        options["sample_weight"] = weight
    loss = (
        ce.sparse_categorical_crossentropy if isinstance(y, list) else ce.categorical_crossentropy
    )
    with pytest.raises(error) as info:
        loss(y, p, **options)
    assert re.search(rf"\({row},", str(info.value)), info.value


SMALL_BAD: dict[str, Any] = {
    "probabilities": (None, [0.5, 1.5, 0.0], ce.PredictionError),
    "sums": (None, [0.5, 0.2, 0.0], ce.PredictionError),
    "targets": ([0.5, 0.2, 0.0], None, ce.TargetError),
}


@pytest.mark.parametrize("left_out", [(0,), (0, 1), (1, 3, 4)], ids=str)
@pytest.mark.parametrize("kind", SMALL_BAD)
def test_a_bad_row_behind_rows_left_out_has_its_own_number(
    path: str, kind: str, left_out: tuple[int, ...]
) -> None:
    target, prediction, error = SMALL_BAD[kind]
    q, p = np.eye(3)[[0, 1, 2, 1, 0]], np.full((5, 3), 1 / 3)
    weight = np.ones(5)
    weight[list(left_out)] = 0
    if target is not None:
        q[2] = target
    if prediction is not None:
        p[2] = prediction
    with pytest.raises(error, match=r"\(2,"):
        ce.categorical_crossentropy(q, p, sample_weight=weight)
    if prediction is not None:
        with pytest.raises(error, match=r"\(2,"):
            ce.sparse_categorical_crossentropy([0, 1, 2, 1, 0], p, sample_weight=weight)


@pytest.mark.parametrize("row", range(ROWS))
def test_m05_a_row_that_nearly_sums_is_named_in_any_block(path: str, row: int) -> None:
    p = flat()
    p[row] *= 0.97
    with pytest.warns(ce.ProbabilityWarning) as found:
        ce.sparse_categorical_crossentropy([5, 5, 5], p)
    assert len(found) == 1
    assert re.search(rf"\({row},", str(found[0].message)), found[0].message
    weight = np.ones(ROWS)
    weight[row - 1] = 0
    with pytest.warns(ce.ProbabilityWarning, match=rf"\({row},"):
        ce.sparse_categorical_crossentropy([5, 5, 5], p, sample_weight=weight)


@pytest.mark.parametrize("row", [0, 1, 2_621, 2_622, 3_900, 3_999])
@pytest.mark.parametrize("of", ["targets", "labels", "probabilities"])
def test_m04_unvalidated_rows_are_nan_in_any_block(path: str, of: str, row: int) -> None:
    rng = np.random.default_rng(row)
    p = rng.dirichlet(np.ones(100), 4_000).astype(np.float32)
    labels = rng.integers(0, 100, 4_000)
    q = np.eye(100, dtype=np.float32)[labels]
    if of == "probabilities":
        p[row, 3] = 1.5
    if of == "targets":
        q[row, (labels[row] + 1) % 100] = 0.5
    if of == "labels":
        labels[row] = 100
        found = terms(ce.sparse_categorical_crossentropy, labels, p, validate="off")
    else:
        found = terms(ce.categorical_crossentropy, q, p, validate="off")
    assert np.flatnonzero(np.isnan(found)).tolist() == [row]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("classes", [3, 17, 70])
@pytest.mark.parametrize("from_logits", [True, False], ids=["logits", "probabilities"])
def test_m04_a_negative_target_at_every_place(
    path: str, from_logits: bool, classes: int, dtype: str
) -> None:
    x = np.full((1, classes), 1 / classes, dtype)
    for place in range(classes):
        q = np.zeros((1, classes), dtype)
        q[0, [(place + 1) % classes, (place + 2) % classes]] = 0.6, 0.5
        q[0, place] = -0.1
        with pytest.raises(ce.TargetError, match="CE308"):
            ce.categorical_crossentropy(q, x, from_logits=from_logits)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("classes", [3, 17, 70])
@pytest.mark.parametrize("dense", [True, False], ids=["dense", "sparse"])
def test_m05_a_negative_probability_at_every_place(
    path: str, dense: bool, classes: int, dtype: str
) -> None:
    q = np.zeros((1, classes), dtype)
    q[0, 1] = 1
    for place in range(classes):
        p = np.zeros((1, classes), dtype)
        p[0, [(place + 1) % classes, (place + 2) % classes]] = 0.6, 0.5
        p[0, place] = -0.1
        loss = ce.categorical_crossentropy if dense else ce.sparse_categorical_crossentropy
        with pytest.raises(ce.PredictionError, match="CE106"):
            loss(q if dense else [1], p)


EPSILON = 2.0**-20


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("classes", [2, 70])
@pytest.mark.parametrize("of", ["sparse", "dense", "binary"])
def test_m16_the_clip_ends_beyond_epsilon(path: str, of: str, classes: int, dtype: Any) -> None:
    """At epsilon and at 1 - epsilon themselves the slope is -1/p; just outside it is 0."""
    low, high = dtype(EPSILON), dtype(1 - EPSILON)
    inside = [low, np.nextafter(low, dtype(1)), np.nextafter(high, dtype(0)), high]
    outside = [np.nextafter(low, dtype(0)), np.nextafter(high, dtype(1))]
    for value in inside + outside:
        p = np.zeros((1, classes), dtype)
        p[0, :2] = value, 1 - value
        y: Any = [0]
        loss: Any = ce.sparse_categorical_crossentropy
        if of == "dense":
            y, loss = np.eye(classes, dtype=dtype)[:1], ce.categorical_crossentropy
        if of == "binary":
            y, loss = np.ones((1, classes), dtype), ce.binary_crossentropy
        _, gradient = ce.value_and_grad(loss)(y, p, epsilon=EPSILON, reduction="sum")
        want = -1 / float(value) if value in inside else 0.0
        assert float(gradient[0, 0]) == pytest.approx(want, rel=2.0**-20)


@pytest.mark.parametrize("kind", ["uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32"])
@pytest.mark.parametrize("from_logits", [True, False], ids=["logits", "probabilities"])
def test_m01_a_label_of_any_integer_dtype_is_what_it_is(
    path: str, from_logits: bool, kind: str
) -> None:
    """The largest unsigned number has the bits of -1, and is not ignored for it."""
    x = np.full((3, 3), 1 / 3, np.float32)
    limits = np.iinfo(kind)
    for value in (limits.max, limits.min) if limits.min else (limits.max,):
        labels = np.array([0, value, 2], kind)
        with pytest.raises(ce.LabelRangeError, match=str(value)):
            ce.sparse_categorical_crossentropy(
                labels, x, from_logits=from_logits, ignore_class=(-1, -2)
            )
        kept = terms(
            ce.sparse_categorical_crossentropy, labels, x, from_logits=from_logits,
            ignore_class=int(value),
        )  # fmt: skip
        assert (kept == 0).tolist() == [False, True, False]


@pytest.mark.parametrize(
    "value",
    [1e-310, 5e-324, 2.2e-308, 2.3e-308, np.float32(1e-40), np.float32(1e-45), np.float16(6e-8)],
    ids=str,
)
@pytest.mark.parametrize("classes", [2, 70])
@pytest.mark.parametrize("of", ["sparse", "dense", "binary"])
def test_m16_subnormal_probabilities(path: str, of: str, classes: int, value: Any) -> None:
    p = np.zeros((1, classes), np.asarray(value).dtype)
    p[0, :2] = value, 1
    y: Any = [0]
    loss: Any = ce.sparse_categorical_crossentropy
    if of == "dense":
        y, loss = np.eye(classes, dtype=p.dtype)[:1], ce.categorical_crossentropy
    if of == "binary":
        y, p, loss = np.ones((1, 1), p.dtype), p[:, :1], ce.binary_crossentropy
    found = terms(loss, y, p, epsilon=0).reshape(-1)
    # log2 of a subnormal number is exact to the last place in math.log2's frexp form.
    fraction, exponent = math.frexp(float(value))
    want = -(math.log(fraction) + exponent * math.log(2))
    assert float(found[0]) == pytest.approx(want, rel=2.0**-20)


@pytest.mark.parametrize("classes", [10, 70])
@pytest.mark.parametrize("out", ["weight", "ignored"])
def test_m05_rows_left_out_hide_no_second_softmax(path: str, out: str, classes: int) -> None:
    p = np.random.default_rng(classes).dirichlet(np.ones(classes), 9)
    p[4] = np.linspace(-9, 9, classes)
    labels = np.arange(9) % classes
    options: dict[str, Any] = {"sample_weight": np.arange(9) != 4}
    if out == "ignored":
        labels[4] = -1
        options = {"ignore_class": -1}
    with pytest.warns(ce.DoubleSoftmaxWarning) as found:
        ce.sparse_categorical_crossentropy(labels, p, from_logits=True, **options)
    assert len(found) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ce.sparse_categorical_crossentropy(np.arange(9) % classes, p, from_logits=True)
        # Of seven rows that count nothing is told.
        ce.sparse_categorical_crossentropy(
            labels, p, from_logits=True, **{**options, "sample_weight": np.arange(9) < 7}
        )


@pytest.mark.parametrize(
    ("given", "text"),
    [([1.5, 0.0], r"1\.5"), ([-0.25, 0.5], r"-0\.25"), ([0.9, 0.75], r"1\.65")],
    ids=str,
)
@pytest.mark.parametrize("row", range(3))
def test_m04_probabilities_of_several_classes(
    path: str, row: int, given: list[float], text: str
) -> None:
    prob = np.full((3, 2), 0.5)
    prob[row] = given
    ids = np.array([[0, 1], [2, 1], [1, 0]])
    with pytest.raises(ce.CrossentError, match=text) as info:
        ce.sparse_categorical_crossentropy(
            ids, np.zeros((3, 3)), from_logits=True, target_prob=prob
        )
    assert "target_prob" in str(info.value)

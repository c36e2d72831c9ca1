"""M15: inputs are never written, unless in place was asked for; then only after all checks."""

from __future__ import annotations

import warnings
from typing import Any

import ml_dtypes
import numpy as np
import pytest

import crossent as ce
from contract.case import ONE_HOT, B, P, Q, T, X, Y, bits_of, f32, replaced

SPARSE, DENSE, BINARY = (
    ce.sparse_categorical_crossentropy,
    ce.categorical_crossentropy,
    ce.binary_crossentropy,
)
GOOD: dict[str, tuple[Any, Any, np.ndarray, dict[str, Any]]] = {
    "index": (SPARSE, Y, X, {"from_logits": True}),
    "index-options": (
        SPARSE, Y, X, {"from_logits": True, "label_smoothing": 0.1, "z_loss": 0.01,
                       "sample_weight": f32([1, 0, 2, 0.3])},
    ),
    "soft": (DENSE, Q, X, {"from_logits": True}),
    "one-hot": (DENSE, ONE_HOT, X, {"from_logits": True}),
    "probabilities": (SPARSE, Y, P, {}),
    "probabilities-soft": (DENSE, Q, P, {"normalize": True}),
    "binary": (BINARY, T, B, {"from_logits": True}),
    "float16": (SPARSE, Y, X.astype(np.float16), {"from_logits": True}),
    "bfloat16": (SPARSE, Y, X.astype(ml_dtypes.bfloat16), {"from_logits": True}),
    "float64": (SPARSE, Y, X.astype(np.float64), {"from_logits": True}),
    "axis-0": (SPARSE, Y[:3] % 2, X[:2], {"from_logits": True, "axis": 0}),
}  # fmt: skip
# Every fault that raises, whichever pass finds it: labels, weights, targets, predictions.
BAD: dict[str, tuple[Any, Any, np.ndarray, dict[str, Any]]] = {
    "label": (SPARSE, np.array([0, 1, 2, 3]), X, {"from_logits": True}),
    "label-probabilities": (SPARSE, np.array([0, 1, 2, 3]), P, {}),
    "weight": (SPARSE, Y, X, {"from_logits": True, "sample_weight": f32([1, 1, 1, -1])}),
    "target": (DENSE, replaced(Q, 3, 0.7), X, {"from_logits": True}),
    "logits-as-probabilities": (SPARSE, Y, X, {}),
    "last-probability": (SPARSE, Y, replaced(P, 3, [0.2, 0.1, 1.7]), {}),
    "last-row-sum": (SPARSE, Y, replaced(P, 3, [0.2, 0.1, 0.1]), {}),
    "last-row-sum-dense": (DENSE, Q, replaced(P, 3, [0.2, 0.1, 0.1]), {}),
    "binary": (BINARY, T, f32([[0.3, 0.2], [0.1, 0.9], [0.5, 3.1]]), {}),
    "empty": (SPARSE, np.full(4, -1), X, {"from_logits": True, "ignore_class": -1, "empty": "raise"}),
}  # fmt: skip


@pytest.mark.parametrize(("loss", "y", "x", "options"), GOOD.values(), ids=GOOD)
def test_m15_in_place_and_out_give_the_same_bits(
    loss: Any, y: Any, x: np.ndarray, options: dict[str, Any]
) -> None:
    labels = np.array(y)
    value, gradient = ce.value_and_grad(loss)(labels, x, **options)
    assert bits_of(labels) == bits_of(y)
    out = np.full_like(x, 7)
    value_out, returned = ce.value_and_grad(loss)(y, x, out=out, **options)
    assert returned is out
    own = x.copy()
    value_own, in_place = ce.value_and_grad(loss)(y, own, inplace=True, **options)
    assert np.shares_memory(in_place, own)
    assert bits_of(out) == bits_of(own) == bits_of(gradient)
    assert value == value_out == value_own


@pytest.mark.parametrize("how", ["inplace", "out"])
@pytest.mark.parametrize(("loss", "y", "x", "options"), BAD.values(), ids=BAD)
def test_m15_an_error_comes_before_the_first_write(
    loss: Any, y: Any, x: np.ndarray, options: dict[str, Any], how: str
) -> None:
    own, out = x.copy(), np.full_like(x, 7)
    where = {"inplace": True} if how == "inplace" else {"out": out}
    with pytest.raises(ce.CrossentError):
        ce.value_and_grad(loss)(y, own, **where, **options)
    assert bits_of(own) == bits_of(x)
    assert (out == 7).all()


def test_m15_a_warning_that_is_an_error_comes_before_the_first_write() -> None:
    x = f32(P * np.array([[1], [0.99], [1], [1]]))
    own = x.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ce.ProbabilityWarning):
            ce.value_and_grad(SPARSE)(Y, own, inplace=True)
    assert bits_of(own) == bits_of(x)


def read_only(x: np.ndarray) -> np.ndarray:
    """A copy that cannot be written."""
    own = x.copy()
    own.setflags(write=False)
    return own


WRONG_PLACES = {
    "other-shape": {"out": np.zeros((4, 4), np.float32)},
    "other-dtype": {"out": np.zeros((4, 3), np.float64)},
    "list": {"out": [[0.0] * 3] * 4},
    "read-only": {"out": read_only(X)},
    "both": {"out": np.zeros_like(X), "inplace": True},
}


@pytest.mark.parametrize("where", WRONG_PLACES.values(), ids=WRONG_PLACES)
def test_m15_a_place_that_does_not_fit_is_refused(where: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        ce.value_and_grad(SPARSE)(Y, X.copy(), from_logits=True, **where)


def test_m15_read_only_predictions_cannot_be_overwritten() -> None:
    x = read_only(X)
    with pytest.raises(ValueError, match=r"CE\d|read-only|writ"):
        ce.value_and_grad(SPARSE)(Y, x, from_logits=True, inplace=True)
    assert bits_of(x) == bits_of(X)


@pytest.mark.parametrize("overlap", ["same", "shifted", "targets"])
def test_m15_out_may_not_spoil_what_is_still_read(overlap: str) -> None:
    store = np.zeros((5, 3), np.float32)
    x, out = store[:4], {"same": store[:4], "shifted": store[1:], "targets": None}[overlap]
    x[...] = X
    q = Q.copy()
    out = q if out is None else out
    want = ce.value_and_grad(DENSE)(Q, X, from_logits=True)
    try:
        value, gradient = ce.value_and_grad(DENSE)(q, x, from_logits=True, out=out)
    except ce.CrossentError:
        assert bits_of(x) == bits_of(X)
        assert bits_of(q) == bits_of(Q)
        return
    assert value == want[0]
    assert bits_of(gradient) == bits_of(want[1])


@pytest.mark.parametrize("reduction", ["none", "parts"])
def test_only_numbers_have_a_gradient(reduction: str) -> None:
    with pytest.raises(ce.OptionError):
        ce.value_and_grad(SPARSE)(Y, X, from_logits=True, reduction=reduction)


@pytest.mark.parametrize(
    "loss", [np.mean, "sparse_categorical_crossentropy", None, lambda y, p: 0.0]
)
def test_only_our_own_losses_have_a_gradient(loss: Any) -> None:
    with pytest.raises(TypeError):
        ce.value_and_grad(loss)


def test_m15_in_place_keeps_the_layout() -> None:
    want = ce.value_and_grad(SPARSE)(Y, X, from_logits=True)[1]
    wide = np.zeros((4, 6), np.float32)
    for x in (np.asfortranarray(X), wide[:, ::2]):
        x[...] = X
        ce.value_and_grad(SPARSE)(Y, x, from_logits=True, inplace=True)
        assert bits_of(x) == bits_of(want)
    assert not wide[:, 1::2].any()


def strided(shape: tuple[int, ...], strides: tuple[int, ...], first: int = 0) -> np.ndarray:
    """An array over memory of its own, with steps given in elements."""
    store = np.full(64, 0.25)
    in_bytes = [8 * step for step in strides]
    return np.lib.stride_tricks.as_strided(store[first:], shape, in_bytes)


OVERLAPPING = {
    "one-row-repeated": strided((4, 3), (0, 1)),
    "one-column-repeated": strided((4, 3), (1, 0)),
    "sliding-window": strided((4, 3), (1, 1)),
    "rows-too-close": strided((4, 3), (2, 1)),
    "backwards": strided((4, 3), (-2, 1), 10),
    "steps-that-meet": strided((4, 3), (2, 3)),  # 3 * 2 = 2 * 3
    "half-an-element-apart": np.ndarray((4, 3), np.float64, np.zeros(400, np.uint8), 0, (4, 16)),
}
APART = {
    "steps-that-do-not-meet": strided((2, 3), (3, 2)),
    "transposed": strided((4, 3), (1, 4)),
    "every-second": strided((4, 3), (8, 2)),
    "backwards": strided((4, 3), (-3, -1), 20),
    "last-row-first": strided((4, 3), (-3, 1), 20),
    "one-row": strided((1, 3), (0, 1)),
}


@pytest.mark.parametrize("how", ["inplace", "out"])
@pytest.mark.parametrize("array", OVERLAPPING.values(), ids=OVERLAPPING)
def test_m15_a_place_whose_elements_share_memory_is_refused(array: np.ndarray, how: str) -> None:
    before = bits_of(array)
    x = array if how == "inplace" else np.full((4, 3), 0.25)
    where: dict[str, Any] = {"inplace": True} if how == "inplace" else {"out": array}
    name = "y_pred" if how == "inplace" else "out"
    with pytest.raises(ce.OptionError, match=rf"{name}.* own.* share"):
        ce.value_and_grad(SPARSE)(Y, x, from_logits=True, **where)
    assert bits_of(array) == before


def test_m15_a_writeable_broadcast_array_is_refused() -> None:
    x = np.broadcast_to(X[0], X.shape)
    x.flags.writeable = True
    with pytest.raises(ce.OptionError, match="share"):
        ce.value_and_grad(SPARSE)(Y, x, from_logits=True, inplace=True)
    q = np.lib.stride_tricks.as_strided(Q.copy(), (2, 2, 3), (0, 12, 4))
    with pytest.raises(ce.OptionError, match="share"):
        ce.value_and_grad(BINARY)(np.zeros((2, 2, 3)), np.zeros_like(q), from_logits=True, out=q)


@pytest.mark.parametrize("array", APART.values(), ids=APART)
def test_m15_unusual_strides_are_no_overlap(array: np.ndarray) -> None:
    x = np.arange(array.size, dtype=np.float64).reshape(array.shape)
    y = np.arange(len(x)) % 3
    want = ce.value_and_grad(SPARSE)(y, x, from_logits=True)[1]
    ce.value_and_grad(SPARSE)(y, x, from_logits=True, out=array)
    assert bits_of(array) == bits_of(want)
    array[...] = x
    ce.value_and_grad(SPARSE)(y, array, from_logits=True, inplace=True)
    assert bits_of(array) == bits_of(want)


@pytest.mark.parametrize("name", ["class_weight", "sample_weight", "class_mask", "y_true"])
def test_m15_out_is_no_part_of_another_argument(name: str) -> None:
    store = np.ones((5, 3))
    out = store[:4]
    given = {
        "class_weight": store[0],
        "sample_weight": store[:4, 0],
        "class_mask": np.lib.stride_tricks.as_strided(store.view(bool), (3,), (1,)),
        "y_true": store[:4, 1],
    }[name]
    options = {"y_true": Y, "from_logits": True, "out": out, name: given}
    if name == "class_mask":
        given[...] = True
    before = bits_of(store)
    with pytest.raises(ce.OptionError, match="shares memory"):
        ce.value_and_grad(SPARSE)(options.pop("y_true"), X.astype(float), **options)
    assert bits_of(store) == before


def test_m15_overlap_is_told_from_its_absence() -> None:
    rng = np.random.default_rng(11)
    seen = {True: 0, False: 0}
    for _ in range(400):
        rank = int(rng.integers(1, 4))
        shape = tuple(int(n) for n in rng.integers(1, 4, rank))
        steps = tuple(int(step) for step in rng.integers(-12, 13, rank) * rng.choice([1, 4, 8]))
        store = np.zeros(2000, np.uint8)
        array = np.ndarray(shape, np.float64, store, 1000, steps)
        touched = [
            1000 + sum(i * step for i, step in zip(index, steps, strict=True)) + byte
            for index in np.ndindex(shape)
            for byte in range(8)
        ]
        overlaps = len(set(touched)) < len(touched)
        seen[overlaps] += 1
        x = np.zeros(shape)
        try:
            ce.value_and_grad(BINARY)(np.ones(shape), x, from_logits=True, out=array)
        except ce.OptionError:
            assert overlaps, (shape, steps)
        else:
            assert not overlaps, (shape, steps)
    assert min(seen.values()) > 50

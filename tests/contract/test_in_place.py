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

"""Where the drop-in keeps to crossent's rules, and what optax refuses."""

from __future__ import annotations

import inspect
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads
from optax import losses

import crossent.compat.optax as drop_in
from crossent import ArrayKindError, LabelRangeError

X = jnp.array([[2.3, 1.1, 0.4], [0.7, 3.1, 1.2]])
Y = jnp.array([0, 2])
Q = jnp.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]])
integer = drop_in.softmax_cross_entropy_with_integer_labels
dense = drop_in.softmax_cross_entropy
INF = math.inf


@pytest.mark.parametrize("name", drop_in.__all__)
def test_signatures_are_optaxs(name: str) -> None:
    theirs = inspect.signature(getattr(losses, name)).parameters
    ours = inspect.signature(getattr(drop_in, name)).parameters
    assert list(ours) == list(theirs)
    assert [p.default for p in ours.values()] == [p.default for p in theirs.values()]


def refusal(function: Any, *arguments: Any, **options: Any) -> tuple[type, str]:
    with pytest.raises(Exception, match=r"\w") as caught:
        function(*arguments, **options)
    return caught.type, str(caught.value).split("[")[0]


@pytest.mark.parametrize(
    ("name", "arguments", "options"),
    [
        ("softmax_cross_entropy", (X.astype(int), Q), {}),
        ("softmax_cross_entropy", (X, Q[:, :2]), {}),
        ("softmax_cross_entropy", (X, Q), {"axis": 2}),
        ("softmax_cross_entropy", (X, Q), {"where": np.array([1, 0])}),
        ("softmax_cross_entropy", (X[0, 0], Q[0, 0]), {}),
        ("safe_softmax_cross_entropy", (X.astype(complex), Q), {}),
        ("softmax_cross_entropy_with_integer_labels", (X, Q[:, 0]), {}),
        ("softmax_cross_entropy_with_integer_labels", (X, np.array([True, False])), {}),
        ("softmax_cross_entropy_with_integer_labels", (X, Y[:, None]), {}),
        ("softmax_cross_entropy_with_integer_labels", (X, Y), {"axis": None}),
        ("softmax_cross_entropy_with_integer_labels", (X, Y), {"axis": (0, 0)}),
        ("softmax_cross_entropy_with_integer_labels", (X, jnp.array([0, 1, 1])), {}),
        ("softmax_cross_entropy_with_integer_labels", (X.tolist(), Y), {}),
        ("sigmoid_binary_cross_entropy", (X, Q[:, :2]), {}),
        ("sigmoid_binary_cross_entropy", (X.astype(int), Q), {}),
    ],
)
def test_what_optax_refuses(name: str, arguments: Any, options: Any) -> None:
    theirs = refusal(getattr(losses, name), *arguments, **options)
    assert refusal(getattr(drop_in, name), *arguments, **options) == theirs


def test_m01_labels_that_are_no_class() -> None:
    for labels in ([-1, 2], [3, 2], [2**32 + 1, 2]):
        with pytest.raises(LabelRangeError, match=r"`labels` must hold class indices 0\.\.2") as e:
            integer(X, np.array(labels))
        assert "y_true" not in str(e.value)
        assert "ignore_class" not in str(e.value)
    assert float(integer(X, np.array([-1, 2]), where=jnp.array([False, True]))[0]) == 0
    with pytest.raises(LabelRangeError, match="where=labels != -1"):
        jax.grad(lambda x: integer(x, np.array([-1, 2])).sum())(X)


def test_m01_traced_labels() -> None:
    def loss(x: Any, y: Any) -> Any:
        return integer(x, y)

    value, pull = jax.vjp(lambda x: jax.jit(loss)(x, jnp.array([3, 2])), X)
    slope = pull(jnp.ones(2))[0]
    assert np.isnan(value).tolist() == [True, False]
    assert np.isnan(slope).tolist() == [[True] * 3, [False] * 3]


def test_a_label_that_where_leaves_out_is_nan() -> None:
    where = jnp.array([[False, True, True], [True, True, True]])
    for loss in (integer, jax.jit(integer)):
        assert np.isnan(loss(X, Y, where=where)).tolist() == [True, False]


def test_m06_a_row_that_does_not_count_may_hold_anything() -> None:
    where = jnp.array([True, False])
    bad = X.at[1].set(jnp.nan)
    for loss in (
        lambda x: integer(x, Y, where=where),
        lambda x: dense(x, Q, where=where),
    ):
        value, pull = jax.vjp(loss, bad)
        good, of_good = jax.vjp(loss, X)
        np.testing.assert_array_equal(value, good)
        np.testing.assert_array_equal(pull(jnp.ones(2))[0], of_good(jnp.ones(2))[0])
        assert float(value[1]) == 0


def test_a_row_without_classes_is_0() -> None:
    where = jnp.array([[True, True, False], [False, False, False]])
    for loss in (lambda x: integer(x, jnp.array([0, 2]), where=where),
                 lambda x: dense(x, Q, where=where)):  # fmt: skip
        value, pull = jax.vjp(loss, X)
        assert float(value[1]) == 0
        assert np.isfinite(value[0])
        slope = np.asarray(pull(jnp.ones(2))[0])
        assert np.isfinite(slope).all()
        assert not slope[1].any()


def test_m09_impossible_classes() -> None:
    x, one_hot = jnp.array([[0.0, -INF, 0.0]]), jnp.array([[1.0, 0.0, 0.0]])
    for loss in (
        lambda x: dense(x, one_hot),
        lambda x: drop_in.safe_softmax_cross_entropy(x, one_hot),
        lambda x: integer(x, jnp.array([0])),
    ):
        value, pull = jax.vjp(loss, x)
        assert float(value[0]) == pytest.approx(math.log(2), rel=2**-23)
        assert pull(jnp.ones(1))[0].tolist() == [[-0.5, 0.0, 0.5]]
    assert float(integer(x, jnp.array([1]))[0]) == INF


def test_m12_confident_rows_keep_their_digits() -> None:
    x, truth = jnp.array([20.0, 0.0]), math.log1p(math.exp(-20))
    assert float(integer(x, jnp.array(0))) == pytest.approx(truth, rel=2**-20)
    assert float(dense(x, jnp.array([1.0, 0.0]))) == pytest.approx(truth, rel=2**-20)
    assert float(losses.softmax_cross_entropy(x, jnp.array([1.0, 0.0]))) == 0


def test_m17_infinite_logits_that_are_right() -> None:
    x, t = jnp.array([INF, -INF, INF, -INF]), jnp.array([1.0, 0.0, 0.0, 1.0])
    assert drop_in.sigmoid_binary_cross_entropy(x, t).tolist() == [0.0, 0.0, INF, INF]


@pytest.mark.parametrize(
    ("arguments", "axis"),
    [((X.astype(complex), Q), -1), ((X, Q + 0j), -1), ((X[:, :1], Q), -1), ((X[0], Q), 0)],
)
def test_what_has_no_meaning(arguments: Any, axis: int) -> None:
    with pytest.raises((ArrayKindError, TypeError)):
        dense(*arguments, axis=axis)


def test_m18_derivatives_of_every_order() -> None:
    # float32 differences: the default tolerances of check_grads for two orders
    for loss, given in (
        (jax.jit(lambda x, q: jnp.exp(dense(x, q)).sum()), (X, Q)),
        (jax.jit(lambda x: jnp.exp(integer(x, Y)).sum()), (X,)),
    ):
        check_grads(loss, given, order=2, modes=["rev"], rtol=2e-2, atol=2e-2)
    want = jax.hessian(lambda x: jnp.exp(losses.softmax_cross_entropy(x, Q)).sum())(X)
    got = jax.hessian(lambda x: jnp.exp(dense(x, Q)).sum())(X)
    np.testing.assert_allclose(got, want, rtol=1e-4, atol=2e-6)  # float32, by two formulae


def test_names_are_found_under_jit_vmap_and_remat() -> None:
    batch = jnp.stack([X, X / 2])
    want = jnp.stack([dense(X, Q), dense(X / 2, Q)])
    for loss in (jax.vmap(lambda x: dense(x, Q)), jax.jit(lambda x: dense(x, Q)),
                 jax.checkpoint(lambda x: dense(x, Q))):  # fmt: skip
        np.testing.assert_allclose(loss(batch), want, rtol=8 * 2**-23)


@pytest.mark.parametrize("kind", ["bfloat16", "float16"])
@pytest.mark.parametrize("name", ["sigmoid_binary_cross_entropy", "softmax_cross_entropy"])
def test_labels_keep_more_digits_than_the_logits_have(name: str, kind: str) -> None:
    """A label of 0.9999 is 1 in 16 bits, and a loss of 0.01 would be 0."""
    share = np.float32(0.9999)
    if name == "sigmoid_binary_cross_entropy":
        logits, labels = jnp.array([100.0], kind), jnp.array([share])
    else:
        logits, labels = jnp.array([100.0, 0.0], kind), jnp.array([share, 1 - share])
    want = 100 * (1 - float(share))
    found = np.asarray(getattr(drop_in, name)(logits, labels)).astype(np.float64)
    assert found.reshape(-1)[0] == pytest.approx(want, rel=2.0**-8)  # of a result of 8 bits

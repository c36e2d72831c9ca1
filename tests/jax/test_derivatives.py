"""M18 and M20: JAX's derivatives of every loss and option, to the second order and beyond."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads
from jax_calls import (
    CALLS,
    EVERYTHING,
    ID_PROB,
    IDS,
    LOGITS,
    B,
    Call,
    P,
    Q,
    S,
    T,
    W,
    X,
    Y,
    curve,
    softmax,
)  # fmt: skip
from mpmath import mpf

import crossent as ce
import oracle

STEP = mpf(10) ** -20
ALL = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


@pytest.fixture(autouse=True)
def _x64() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


def nonlinear(call: Call, x: Any, **changes: Any) -> Any:
    """A nonlinear function of the losses."""
    return curve(call.terms(x, validate="off", **changes), jnp.sin)


def by_differences(f: Any, *at: Any) -> None:
    """First and second derivatives in both modes: forward, reverse, and each over each.

    Without jit, whose programs would take minutes to compile: the Hessians below are compiled.
    """
    with jax.disable_jit():
        check_grads(f, tuple(map(jnp.asarray, at)), order=2, rtol=1e-4, atol=1e-4)


def test_m18_the_square_of_the_mean() -> None:
    call = CALLS["index-everything"]
    by_differences(lambda x: call.terms(x, "mean", validate="off") ** 2, X)


def exact_gradient(call: Call, x: np.ndarray) -> np.ndarray:
    """The gradient of sum_i k_i sin(3 t_i) in 60 digits."""
    truth = oracle.compute(call.function, call.y_true, x, **call.options)
    factors = [
        3 * oracle.mpmath.cos(3 * row.term) * (mpf(i) * mpf("0.37") + mpf("0.51"))
        for i, row in enumerate(truth.rows)
    ]
    return truth.per_element("gradient", factors)


@ALL
def test_m18_hessian_is_that_of_the_oracle(call: Call) -> None:
    x = np.asarray(call.y_pred)
    hessian = jax.jit(jax.hessian(lambda x: nonlinear(call, x)))(jnp.asarray(x))
    got = np.asarray(hessian).reshape(x.size, x.size)
    at, want = oracle.exact(x), np.empty((x.size, x.size))
    for i, index in enumerate(np.ndindex(x.shape)):
        ahead, behind = at.copy(), at.copy()
        ahead[index] += STEP
        behind[index] -= STEP
        slope = (exact_gradient(call, ahead) - exact_gradient(call, behind)) / (2 * STEP)
        want[i] = slope.reshape(-1).astype(float)
    # of the largest element: f'' g g' and f' H cancel
    np.testing.assert_allclose(got, want, rtol=0, atol=1e-12 * np.abs(want).max())


def second_derivatives(f: Any) -> Any:
    """Every way to a Hessian, in one program."""

    def ways(x: Any) -> Any:
        return {
            "forward over reverse": jax.hessian(f)(x),
            "reverse over reverse": jax.jacrev(jax.jacrev(f))(x),
            "forward over forward": jax.jacfwd(jax.jacfwd(f))(x),
            "reverse over forward": jax.jacrev(jax.jacfwd(f))(x),
            "of a checkpoint": jax.jacrev(jax.grad(jax.checkpoint(f)))(x),
        }

    return jax.jit(ways)


@pytest.mark.parametrize("name", ["index-z-loss", "soft", "probabilities-divided", "binary"])
def test_m18_all_compositions_agree(name: str) -> None:
    call = CALLS[name]
    x = jnp.asarray(call.y_pred)
    found = second_derivatives(lambda x: nonlinear(call, x))(x)
    want = jax.hessian(lambda x: nonlinear(call, x))(x)  # not jitted
    for got in found.values():
        np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-12 * abs(want).max())


@pytest.mark.parametrize("name", ["index", "soft", "top-k", "probabilities", "binary"])
def test_m18_third_derivative(name: str) -> None:
    call = CALLS[name]
    x = jnp.asarray(call.y_pred)
    along = jnp.asarray(np.random.default_rng(5).uniform(-1, 1, x.shape))

    @jax.jit
    def hessian_and_slope(x: Any) -> Any:
        return jax.jvp(jax.jacrev(jax.grad(lambda x: nonlinear(call, x))), (x,), (along,))

    h = 1e-5
    want = (hessian_and_slope(x + h * along)[0] - hessian_and_slope(x - h * along)[0]) / (2 * h)
    got = hessian_and_slope(x)[1]
    np.testing.assert_allclose(got, want, rtol=0, atol=1e-6 * abs(want).max())


@pytest.mark.parametrize("classes", [2, 7])
@pytest.mark.parametrize("function", ["sparse", "dense"])
def test_m18_hessian_of_ties(function: str, classes: int) -> None:
    """Logits of a zero-initialised head: H = diag(p) - p p', for each way of taking it."""
    want = np.eye(classes) / classes - 1 / classes**2
    target = 1 if function == "sparse" else np.eye(classes)[1]
    found = second_derivatives(Call(function, target, None, LOGITS).terms)(jnp.zeros(classes))
    for way, got in found.items():
        np.testing.assert_allclose(got, want, rtol=0, atol=1e-15, err_msg=way)


@pytest.mark.parametrize("at", [0.0, -0.0])
def test_m18_binary_at_zero(at: float) -> None:
    def loss(x: Any) -> Any:
        return ce.binary_crossentropy(np.array([0.25]), x, from_logits=True)

    x = jnp.array([at])
    np.testing.assert_allclose(jax.grad(loss)(x), [0.25], rtol=1e-15)
    np.testing.assert_allclose(jax.hessian(loss)(x), [[0.25]], rtol=1e-15)
    np.testing.assert_allclose(jax.jacrev(jax.jacrev(loss))(x), [[0.25]], rtol=1e-15)


def test_m18_binary_at_infinity() -> None:
    def loss(x: Any) -> Any:
        return ce.binary_crossentropy(np.array([1.0, 0.0]), x, from_logits=True)

    x = jnp.array([jnp.inf, -jnp.inf])
    assert loss(x) == 0
    assert (jax.grad(loss)(x) == 0).all()
    assert (jax.hessian(loss)(x) == 0).all()
    assert (jax.jacrev(jax.jacrev(loss))(x) == 0).all()


def test_m18_holes_have_second_derivatives_of_zero() -> None:
    x = jnp.asarray(X).at[1, 1].set(-jnp.inf)
    p = softmax(X[1, [0, 2]])
    want = np.diag(p) - np.outer(p, p)
    for target, function in ((2, "sparse"), (np.array([0.0, 0.0, 1.0]), "dense")):
        got = jax.hessian(Call(function, target, None, LOGITS).terms)(x[1])
        assert (np.asarray(got)[1] == 0).all()
        assert (np.asarray(got)[:, 1] == 0).all()
        kept = np.ix_([0, 2], [0, 2])
        np.testing.assert_allclose(np.asarray(got)[kept], want, rtol=1e-13)


@pytest.mark.parametrize("gap", [20.3, 60.7, 300.1])
def test_m18_confident_rows_keep_the_digits_of_their_second_derivative(gap: float) -> None:
    got = jax.hessian(lambda x: ce.sparse_categorical_crossentropy(0, x, from_logits=True))
    p = oracle.mpmath.exp(-mpf(gap)) / (1 + oracle.mpmath.exp(-mpf(gap)))
    want = float(p * (1 - p))
    np.testing.assert_allclose(
        got(jnp.array([gap, 0.0])), want * np.array([[1, -1], [-1, 1]]), rtol=1e-13
    )


def test_m18_probabilities_of_zero_without_a_clip() -> None:
    """Classes without mass at p = 0: no 0 * inf, in any order."""
    p, q = jnp.array([[1.0, 0.0, 0.0]]), np.array([[1.0, 0.0, 0.0]])
    dense = lambda p: ce.categorical_crossentropy(q, p, epsilon=0)  # noqa: E731
    np.testing.assert_array_equal(jax.grad(dense)(p), [[-1, 0, 0]])
    for second in (jax.hessian, lambda f: jax.jacrev(jax.jacrev(f))):
        np.testing.assert_array_equal(second(dense)(p)[0, :, 0, :], np.diag([1.0, 0, 0]))
    binary = lambda p: ce.binary_crossentropy(np.array([0.0, 1.0]), p, epsilon=0)  # noqa: E731
    at = jnp.array([0.0, 1.0])
    np.testing.assert_array_equal(jax.grad(binary)(at), [0.5, -0.5])
    for second in (jax.hessian, lambda f: jax.jacrev(jax.jacrev(f))):
        np.testing.assert_array_equal(second(binary)(at), np.diag([0.5, 0.5]))


INSIDE = 0.9 * Q + 0.1 / 3  # differences must not leave [0, 1]
WRT = {
    "sample-weight": (
        Call("sparse", Y, X, {**LOGITS, "sample_weight": S}), "sample_weight", "mean"
    ),
    "sample-weight-prefix": (
        Call("binary", T, B, {**LOGITS, "sample_weight": W}), "sample_weight", "none"
    ),
    "class-weight": (Call("sparse", Y, X, EVERYTHING), "class_weight", "mean"),
    "class-weight-dense": (
        Call("dense", Q, X, {**LOGITS, "class_weight": W}), "class_weight", "none"
    ),
    "class-weight-probabilities": (
        Call("dense", Q, P, {"class_weight": W, "normalize": False}), "class_weight", "mean"
    ),
    "target-prob": (
        Call("sparse", IDS, X, {**LOGITS, "target_prob": 0.9 * ID_PROB}), "target_prob", "mean"
    ),
    "y-true-dense": (Call("dense", INSIDE, X, {**LOGITS, "z_loss": 0.1}), "y_true", "mean"),
    "y-true-dense-probabilities": (
        Call("dense", INSIDE, P, {"normalize": False}), "y_true", "none"
    ),
    "y-true-binary": (
        Call("binary", 0.8 * T + 0.1, B, {**LOGITS, "pos_weight": 2.3}), "y_true", "none"
    ),
    "pos-weight": (
        Call("binary", T, B, {**LOGITS, "pos_weight": np.array([2.3, 0.7])}), "pos_weight", "mean"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("call", "argument", "reduction"), WRT.values(), ids=WRT)
def test_m20_weights_and_targets_with_the_predictions(
    call: Call, argument: str, reduction: str
) -> None:
    """Both together, so that the mixed derivatives are checked as well."""
    given = call.y_true if argument == "y_true" else call.options[argument]

    def f(x: Any, weight: Any) -> Any:
        if argument == "y_true" and call.function == "dense":
            weight = weight / weight.sum(axis=-1, keepdims=True)  # M05 judges what rows sum to
        terms = call.terms(x, reduction, validate="off", **{argument: weight})
        return curve(terms, jnp.sin)

    by_differences(f, call.y_pred, given)
    assert jnp.abs(jax.grad(f, argnums=1)(jnp.asarray(call.y_pred), jnp.asarray(given))).max() > 0


def test_a_normalizer_is_a_constant() -> None:
    loss = lambda x, n: ce.sparse_categorical_crossentropy(  # noqa: E731
        Y, x, from_logits=True, normalizer=n
    )
    x, n = jnp.asarray(X), jnp.asarray(7.0)
    want = jax.grad(lambda x: ce.sparse_categorical_crossentropy(Y, x, from_logits=True))(x) * 4 / 7
    for grad in (jax.grad(loss), jax.jit(jax.grad(loss))):
        np.testing.assert_allclose(grad(x, n), want, rtol=1e-14)
    stopped = jax.grad(lambda x: loss(x, jax.lax.stop_gradient(jnp.sum(x * 0) + 7.0)))(x)
    np.testing.assert_allclose(stopped, want, rtol=1e-14)
    for argnums in (1, (0, 1)):
        with pytest.raises(ce.OptionError, match="normalizer"):
            jax.grad(loss, argnums=argnums)(x, n)
        with pytest.raises(ce.OptionError, match="normalizer"):
            jax.jit(jax.grad(loss, argnums=argnums))(x, n)

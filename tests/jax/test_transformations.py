"""jit, vmap, scan, checkpoint and un-jitted transformations: the same numbers, the same rules."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax_calls import CALLS, LOGITS, B, T

import crossent as ce

RNG = np.random.default_rng(3)
X = RNG.standard_normal((6, 5, 4)).astype(np.float32)
Y = RNG.integers(0, 4, (6, 5)).astype(np.int32)
Q = jax.nn.softmax(RNG.standard_normal((6, 5, 4)).astype(np.float32))


def sparse(y: Any, x: Any, **options: Any) -> Any:
    return ce.sparse_categorical_crossentropy(y, x, **{**LOGITS, **options})


def dense(q: Any, x: Any, **options: Any) -> Any:
    return ce.categorical_crossentropy(q, x, **{**LOGITS, **options})


def plain(y: Any, x: Any) -> Any:
    """The rows as JAX's own operations give them, for labels or distributions."""
    logs = jax.nn.log_softmax(x)
    if jnp.ndim(y) == jnp.ndim(x):
        return -jnp.sum(y * logs, axis=-1)
    return -jnp.take_along_axis(logs, y[..., None], axis=-1)[..., 0]


def close(got: Any, want: Any) -> None:
    np.testing.assert_allclose(got, want, rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize("name", ["index-everything", "top-k", "probabilities-soft-divided"])
def test_eager_and_jit_agree_with_every_array_traced(name: str) -> None:
    call = CALLS[name]
    x = jnp.asarray(call.y_pred, jnp.float32)
    arrays = {k: v for k, v in call.options.items() if isinstance(v, np.ndarray)}

    def f(x: Any, y: Any, arrays: Any) -> Any:
        return call.terms(x, "mean", y_true=y, **arrays)

    value, gradient = jax.value_and_grad(f)(x, call.y_true, arrays)
    jit_value, jit_gradient = jax.jit(jax.value_and_grad(f))(x, call.y_true, arrays)
    close(value, jit_value)
    close(gradient, jit_gradient)
    assert value.dtype == gradient.dtype == jnp.float32


@pytest.mark.parametrize(("loss", "y"), [(sparse, Y), (dense, Q)], ids=["sparse", "dense"])
def test_vmap_over_the_batch(loss: Any, y: Any) -> None:
    y, x = jnp.asarray(y), jnp.asarray(X)
    rows = plain(y, x)
    close(jax.vmap(lambda y, x: loss(y, x, reduction="none"))(y, x), rows)
    close(jax.vmap(jax.vmap(loss))(y, x), rows)
    close(jax.jit(jax.vmap(loss))(y, x), rows.mean(axis=1))
    # predictions alone are mapped, with the batch in the middle
    close(jax.vmap(lambda x: loss(y[0], x), in_axes=1)(x[:1].repeat(3, 0).swapaxes(0, 1)),
          jnp.full(3, rows[0].mean()))  # fmt: skip
    grad = jax.grad(lambda x: jax.vmap(loss)(y, x).sum())(x)
    close(grad, jax.grad(lambda x: plain(y, x).sum() / 5)(x))
    close(jax.vmap(jax.grad(loss, argnums=1))(y, x), grad)


def test_vmap_over_weights_alone() -> None:
    weights = jnp.asarray(RNG.random((3, 6, 5)), jnp.float32)
    got = jax.vmap(lambda w: sparse(jnp.asarray(Y), jnp.asarray(X), sample_weight=w))(weights)
    rows = plain(jnp.asarray(Y), jnp.asarray(X))
    close(got, (weights * rows).sum(axis=(1, 2)) / weights.sum(axis=(1, 2)))


def test_vmap_of_the_hessian() -> None:
    x, y = jnp.asarray(X[0]), jnp.asarray(Y[0])
    got = jax.vmap(jax.hessian(sparse, argnums=1))(y, x)
    p = jax.nn.softmax(x)
    close(got, jax.vmap(jnp.diag)(p) - p[:, :, None] * p[:, None, :])


def test_scan_and_its_gradient() -> None:
    def total(x: Any) -> Any:
        def step(carry: Any, row: Any) -> tuple[Any, Any]:
            y, x = row
            value, weight = sparse(y, x, reduction="parts", ignore_class=3)
            return (carry[0] + value, carry[1] + weight), value

        (value, weight), _ = jax.lax.scan(step, (0.0, 0.0), (jnp.asarray(Y), x))
        return value / weight

    def whole(x: Any) -> Any:
        return plain(jnp.asarray(Y), x).mean(where=jnp.asarray(Y) != 3)

    x = jnp.asarray(X)
    close(jax.jit(total)(x), whole(x))
    close(jax.grad(total)(x), jax.grad(whole)(x))
    along = jnp.asarray(RNG.standard_normal(X.shape), jnp.float32)
    for got, want in zip(
        *(jax.jvp(jax.grad(f), (x,), (along,)) for f in (total, whole)), strict=True
    ):
        close(got, want)


def test_checkpoint() -> None:
    def f(x: Any) -> Any:
        return jnp.sum(jnp.sin(sparse(Y, 2 * x, reduction="none", z_loss=0.1)))

    def by_hand(x: Any) -> Any:
        lse = jax.nn.logsumexp(2 * x, axis=-1)
        return jnp.sum(jnp.sin(plain(jnp.asarray(Y), 2 * x) + 0.1 * lse**2))

    x = jnp.asarray(X)
    want = jax.grad(by_hand)(x)
    close(jax.grad(jax.checkpoint(f))(x), want)
    close(jax.jit(jax.grad(jax.checkpoint(f)))(x), want)


def test_linearize_and_vjp_are_each_others_transpose() -> None:
    def f(x: Any) -> Any:
        return dense(Q, x, reduction="none")

    x = jnp.asarray(X)
    along = jnp.asarray(RNG.standard_normal(X.shape), jnp.float32)
    up = jnp.asarray(RNG.standard_normal(Y.shape), jnp.float32)
    value, push = jax.linearize(f, x)
    again, pull = jax.vjp(f, x)
    close(value, again)
    np.testing.assert_allclose(jnp.vdot(push(along), up), jnp.vdot(pull(up)[0], along), rtol=1e-5)


def test_what_a_derivative_keeps_between_forward_and_backward() -> None:
    """The inputs and a few numbers a row; no array of the size of the logits is added."""
    x = jnp.asarray(RNG.standard_normal((256, 1024)), jnp.bfloat16)
    y = jnp.zeros(256, jnp.int32)
    _, pull = jax.vjp(lambda x: sparse(y, x, sample_weight=jnp.ones(256)), x)
    kept = sum(leaf.nbytes for leaf in jax.tree.leaves(pull))
    assert x.nbytes <= kept < 1.05 * x.nbytes


def test_concrete_labels_and_weights_are_checked_though_logits_are_traced() -> None:
    x = jnp.asarray(X)
    bad = Y.copy()
    bad[0, 0] = 4
    for labels in (bad, jnp.asarray(bad), bad.tolist()):
        for run in (
            jax.grad(lambda x: sparse(labels, x)),  # noqa: B023
            jax.jit(lambda x: sparse(labels, x)),  # noqa: B023
            lambda x: jax.vmap(lambda x: sparse(labels, x))(x[None]),  # noqa: B023
        ):
            with pytest.raises(ce.LabelRangeError, match="CE101"):
                run(x)
    with pytest.raises(ce.WeightError):
        jax.jit(lambda x: sparse(Y, x, sample_weight=-np.ones(6, np.float32)))(x)
    counts = 2 * Q
    with pytest.raises(ce.TargetError):
        jax.jit(lambda x: dense(counts, x))(x)


@pytest.mark.parametrize("transform", [jax.jit, lambda f: f], ids=["jit", "eager"])
def test_m01_a_traced_bad_label_is_nan_and_stays_alone(transform: Any) -> None:
    good = jnp.asarray(Y.reshape(-1))
    x = jnp.asarray(X.reshape(-1, 4))

    @transform
    def program(y: Any, x: Any) -> Any:
        terms = sparse(y, x, reduction="none", validate="off")
        mean, gradient = jax.value_and_grad(lambda x: sparse(y, x, validate="off"))(x)
        return terms, mean, gradient

    terms, mean, gradient = program(good, x)
    assert np.isfinite(mean)
    for label in (4, -1, -4, -100, 2**31 - 1, -(2**31)):
        bad_terms, bad_mean, bad_gradient = program(good.at[7].set(label), x)
        assert np.isnan(bad_terms[7])
        assert np.isnan(bad_mean)
        assert np.isnan(bad_gradient[7]).all()
        others = np.arange(30) != 7
        assert bad_terms[others].tobytes() == terms[others].tobytes()
        assert bad_gradient[others].tobytes() == gradient[others].tobytes()


@pytest.mark.parametrize("transform", [jax.jit, lambda f: f], ids=["jit", "eager"])
def test_m06_planted_in_ignored_rows(transform: Any) -> None:
    x = X.reshape(-1, 4).copy()
    x[2], x[5], x[9], x[11, 0] = np.nan, np.inf, -np.inf, np.nan
    x = jnp.asarray(x)
    y = jnp.asarray(Y.reshape(-1)).at[jnp.array([2, 5, 9, 11])].set(-1)
    q = jax.nn.one_hot(y, 4)
    weight = jnp.where(y == -1, 0.0, 1.0)
    for loss in (
        lambda x: sparse(y, x, ignore_class=-1),
        lambda x: sparse(y, x, ignore_class=-1, z_loss=0.1, label_smoothing=0.1),
        lambda x: sparse(jnp.where(y < 0, 0, y), x, sample_weight=weight),
        lambda x: dense(q, x, sample_weight=weight),
        lambda x: sparse(y, x, ignore_class=-1, reduction="sum"),
    ):
        mean, gradient = transform(jax.value_and_grad(loss))(x)
        assert np.isfinite(mean)
        kept = np.asarray(y) != -1
        assert (np.asarray(gradient)[~kept] == 0).all()
        assert np.isfinite(gradient).all()
        assert (np.abs(np.asarray(gradient)[kept]).sum(axis=1) > 0).all()


def test_m06_second_derivatives_beside_ignored_rows() -> None:
    x = jnp.asarray(X[0]).at[2].set(jnp.nan)
    y = jnp.asarray(Y[0]).at[2].set(-1)
    for second in (jax.hessian, lambda f: jax.jacrev(jax.jacrev(f))):
        got = second(lambda x: sparse(y, x, ignore_class=-1))(x)
        assert np.isfinite(got).all()
        assert (got[2] == 0).all()
        assert (got[:, :, 2] == 0).all()


def test_m08_nothing_kept_is_zero_and_differentiable() -> None:
    y = jnp.full(4, -1)
    x = jnp.asarray(X[0, :4])
    for transform in (jax.jit, lambda f: f):
        value, gradient = transform(jax.value_and_grad(lambda x: sparse(y, x, ignore_class=-1)))(x)
        assert value == 0
        assert (gradient == 0).all()
    with pytest.raises(ce.EmptyError):
        sparse(y, x, ignore_class=-1, empty="raise")
    assert np.isnan(jax.jit(lambda y: sparse(y, x, ignore_class=-1, empty="raise"))(y))


def test_m13_float16_loss_scaling() -> None:
    """Upstream times divisor is applied before the one rounding to float16."""
    n, classes, scale = 65536, 1000, 65536.0
    x = jnp.zeros((n, classes), jnp.float16)
    y = jnp.zeros(n, jnp.int32)
    gradient = jax.jit(jax.grad(lambda x: scale * sparse(y, x)))(x)
    assert gradient.dtype == jnp.float16
    np.testing.assert_array_equal(gradient[:3, 1:], np.full((3, classes - 1), np.float16(1e-3)))
    np.testing.assert_array_equal(gradient[:3, 0], np.full(3, np.float16(-0.999)))
    # Rounded before the scale, 1 / 65536000 would be below half of float16's smallest number.


@pytest.mark.parametrize("x64", [False, True], ids=["x64-off", "x64-on"])
@pytest.mark.parametrize("transform", [jax.jit, lambda f: f], ids=["jit", "eager"])
def test_m12_confident_rows(x64: bool, transform: Any) -> None:
    with jax.enable_x64(x64):
        x = jnp.array([[20.0, 0.0], [-3.25, 17.625], [0.0, 87.0]], jnp.float32)
        y = jnp.array([0, 1, 1])
        q = jax.nn.one_hot(y, 2)
        gap = np.array([20.0, 20.875, 87.0])
        p = np.exp(-gap) / (1 + np.exp(-gap))
        for loss in (
            lambda x: sparse(y, x, reduction="none"),
            lambda x: dense(q, x, reduction="none"),
        ):
            terms = transform(loss)(x)
            np.testing.assert_allclose(terms, np.log1p(np.exp(-gap)), rtol=1e-6)
            gradient = transform(jax.grad(lambda x: loss(x).sum()))(x)  # noqa: B023
            want = np.array([[-p[0], p[0]], [p[1], -p[1]], [p[2], -p[2]]])
            np.testing.assert_allclose(gradient, want, rtol=1e-6)
            along = jnp.array([[1.0, 0], [0, 1], [0, 1]], jnp.float32)
            _, slope = transform(lambda x: jax.jvp(loss, (x,), (along,)))(x)  # noqa: B023
            np.testing.assert_allclose(slope, -p, rtol=1e-6)


def test_binary_under_vmap_and_scan() -> None:
    t, b = jnp.asarray(T, jnp.float32), jnp.asarray(B, jnp.float32)
    whole = jnp.maximum(b, 0) - b * t + jnp.log1p(jnp.exp(-jnp.abs(b)))
    close(
        jax.vmap(lambda t, b: ce.binary_crossentropy(t, b, reduction="none", **LOGITS))(t, b), whole
    )
    _, scanned = jax.lax.scan(
        lambda carry, row: (carry, ce.binary_crossentropy(*row, **LOGITS)), 0, (t, b)
    )
    close(scanned, whole.mean(axis=1))

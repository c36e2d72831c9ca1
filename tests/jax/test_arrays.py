"""What goes in and out: kinds of arrays, labels of every dtype, 32 and 64 bits."""

from __future__ import annotations

import sys
from typing import Any

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pandas as pd
import pytest

import crossent as ce
from meta.source import run_python

X = np.array(
    [[2.03, 0.7, -1.1], [0.2, 1.7, -0.4], [-3.3, 0.1, 2.6], [0.37, 0.61, 0.59]], np.float32
)
Y = np.array([0, 2, 1, 1])
WHOLE = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool")


def sparse(y: Any, x: Any, **options: Any) -> Any:
    return ce.sparse_categorical_crossentropy(y, x, from_logits=True, **options)


def rows(y: Any, x: Any, **options: Any) -> np.ndarray:
    return np.asarray(sparse(y, x, reduction="none", **options))


@pytest.fixture(params=[False, True], ids=["x64-off", "x64-on"])
def x64(request: pytest.FixtureRequest) -> Any:
    with jax.enable_x64(request.param):
        yield request.param


def test_no_other_framework_is_imported() -> None:
    assert not {"torch", "tensorflow", "keras"} & set(sys.modules)


def test_jax_is_imported_for_jax_arrays_alone() -> None:
    script = (
        "import sys, numpy as np, crossent as ce\n"
        "x = np.zeros((2, 3), np.float32)\n"
        "ce.sparse_categorical_crossentropy([0, 1], x, from_logits=True)\n"
        "assert 'jax' not in sys.modules and 'jaxlib' not in sys.modules\n"
        "import jax.numpy as jnp\n"
        "assert 'crossent.frontends.jax.front_end' not in sys.modules\n"
        "ce.sparse_categorical_crossentropy([0, 1], jnp.asarray(x), from_logits=True)\n"
        "assert 'crossent.frontends.jax.front_end' in sys.modules\n"
        "assert not {'torch', 'tensorflow', 'keras'} & set(sys.modules)\n"
    )
    done = run_python("-c", script)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("kind", WHOLE)
def test_m02_every_integer_dtype(kind: str, x64: bool) -> None:
    y = (Y == 1 if kind == "bool" else Y).astype(kind)
    x = jnp.asarray(X)
    want = rows(y.astype(int), X)
    np.testing.assert_allclose(rows(y, x), want, rtol=1e-6)
    traced = jax.jit(lambda y, x: sparse(y, x, reduction="none"))
    np.testing.assert_allclose(traced(jnp.asarray(y), x), want, rtol=1e-6)


@pytest.mark.parametrize("kind", ["float16", "bfloat16", "float32", "float64"])
def test_m02_float_labels(kind: str, x64: bool) -> None:
    dtype = ml_dtypes.bfloat16 if kind == "bfloat16" else kind
    want = rows(Y, X)
    for given in (Y.astype(dtype), jnp.asarray(Y.astype(dtype))):
        np.testing.assert_allclose(rows(given, jnp.asarray(X)), want, rtol=1e-6)
    halves = jnp.asarray((Y + np.array([0, 0.5, 0, 0])).astype(dtype))
    bad = jax.jit(lambda y, x: sparse(y, x, reduction="none"))(halves, jnp.asarray(X))
    assert np.isnan(bad).tolist() == [False, True, False, False]


BEYOND = {
    "int64": [2**32 + 1, 2**32, 2**31 + 1, -(2**32) + 1, 2**63 - 1, -(2**63)],
    "uint64": [2**32 + 1, 2**63 + 1, 2**64 - 1, 2**64 - 2**32],
    "uint32": [2**32 - 1, 2**31 + 1],
    "int8": [-128, 127, -1],
    "float64": [2.0**32 + 1, 2.0**53, -(2.0**32) + 1, 1e300, np.nan, np.inf],
    "float32": [2.0**32, -1.0, 3e38, np.nan],
}


@pytest.mark.parametrize(
    ("kind", "label"), [(k, v) for k, values in BEYOND.items() for v in values], ids=str
)
def test_m01_nothing_wraps(kind: str, label: Any, x64: bool) -> None:
    y = Y.astype(kind)
    y[1] = label
    x = jnp.asarray(X)
    with pytest.raises(ce.CrossentError):
        sparse(y, x)
    # unchecked: the row is NaN, and no sentinel is met by wrapping
    for options in ({}, {"ignore_class": (-1, -2)}):
        if label in options.get("ignore_class", ()):
            continue
        terms = rows(y, x, validate="off", **options)
        assert np.isnan(terms).tolist() == [False, True, False, False], (terms, options)
        np.testing.assert_allclose(np.delete(terms, 1), np.delete(rows(Y, X), 1), rtol=1e-6)
    if x64 or kind not in ("int64", "uint64", "float64"):
        traced = jax.jit(lambda y, x: sparse(y, x, reduction="none"))(jnp.asarray(y), x)
        assert np.isnan(traced).tolist() == [False, True, False, False]


MANY = 2**24 + 3
"""Classes: float32 holds 2**24 and 2**24 + 2, and makes one of them of the label between."""


@pytest.fixture(scope="module")
def many_classes() -> tuple[jax.Array, np.ndarray]:
    """Logits of one row, and the loss of each of its last labels."""
    logits = np.zeros(MANY)
    logits[-4:] = [1, 2, 3, 4]
    loss = np.log(np.exp(logits).sum()) - logits
    return jnp.asarray(logits[None], jnp.float32), loss


@pytest.mark.parametrize("kind", ["int32", "uint32", "int64", "uint64", "float64"])
def test_m02_a_label_above_2_to_the_24_keeps_its_class(
    kind: str, x64: bool, many_classes: tuple[jax.Array, np.ndarray]
) -> None:
    x, loss = many_classes
    label = 2**24 + 1
    y = np.array([label], kind)
    ways = [lambda **options: rows(y, x, **options)]
    if x64 or kind in ("int32", "uint32"):
        traced = jax.jit(sparse, static_argnames=("reduction", "ignore_class"))
        ways.append(
            lambda **options: np.asarray(traced(jnp.asarray(y), x, reduction="none", **options))
        )
    for way in ways:
        np.testing.assert_allclose(way(), loss[[label]], rtol=1e-6)
        # Its neighbours are no other names of it.
        np.testing.assert_allclose(
            way(ignore_class=(label - 1, label + 1)), loss[[label]], rtol=1e-6
        )
        assert way(ignore_class=(label,)).tolist() == [0]


@pytest.mark.parametrize("kind", ["int64", "uint32"])
def test_m02_several_labels_above_2_to_the_24_keep_their_classes(
    kind: str, x64: bool, many_classes: tuple[jax.Array, np.ndarray]
) -> None:
    x, loss = many_classes
    y = np.array([[2**24 + 1, 2**24]], kind)
    got = rows(y, x, target_prob=np.array([[0.75, 0.25]]))
    np.testing.assert_allclose(got, 0.75 * loss[y[:, 0]] + 0.25 * loss[y[:, 1]], rtol=1e-6)


@pytest.mark.parametrize(
    ("kind", "sentinel"),
    [("int64", 2**40), ("int64", -(2**40)), ("uint64", 2**64 - 1), ("uint32", 2**32 - 1),
     ("uint8", 255), ("int8", -128), ("float64", 2**40), ("float32", -1)],
)  # fmt: skip
def test_m06_sentinels_of_any_size(kind: str, sentinel: int, x64: bool) -> None:
    y = Y.astype(kind)
    y[1] = sentinel
    x = jnp.asarray(X)
    want = rows(Y, X)
    want[1] = 0
    for options in ({}, {"validate": "off"}):
        got = rows(y, x, ignore_class=(sentinel, -7, 2**64 - 2), **options)
        np.testing.assert_allclose(got, want, rtol=1e-6)
    if x64 or kind not in ("int64", "uint64", "float64"):
        traced = jax.jit(lambda y, x: sparse(y, x, reduction="none", ignore_class=sentinel))
        np.testing.assert_allclose(traced(jnp.asarray(y), x), want, rtol=1e-6)


def test_a_real_class_can_be_ignored() -> None:
    got = rows(jnp.asarray(Y, jnp.int32), jnp.asarray(X), ignore_class=1)
    assert (got == 0).tolist() == [False, False, True, True]


def test_weights_and_binary_targets_do_not_wrap(x64: bool) -> None:
    t = np.array([0, 2**32 + 1, 1])
    b = jnp.array([0.3, -0.2, 1.1])
    got = ce.binary_crossentropy(t, b, from_logits=True, reduction="none", validate="off")
    assert np.isnan(got).tolist() == [False, True, False]
    weight = np.array([1, 2**32 + 1, 1, 1])
    got = rows(Y, jnp.asarray(X), sample_weight=weight)
    np.testing.assert_allclose(got, rows(Y, X) * weight, rtol=1e-6)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none", "parts"])
@pytest.mark.parametrize("kind", ["float16", "bfloat16", "float32", "float64"])
def test_m13_result_and_gradient(kind: str, reduction: str, x64: bool) -> None:
    if kind == "float64" and not x64:
        return
    x = jnp.asarray(X, kind)
    wide = kind == "float64" or (x64 and reduction == "parts")
    wanted = "float64" if wide else "float32"
    result = sparse(Y, x, reduction=reduction)
    assert {one.dtype.name for one in jax.tree.leaves(result)} == {wanted}
    assert all(isinstance(one, jax.Array) for one in jax.tree.leaves(result))

    def scalar(x: Any) -> Any:
        return sum(jnp.sum(one) for one in jax.tree.leaves(sparse(Y, x, reduction=reduction)))

    assert jax.grad(scalar)(x).dtype.name == kind
    # 16-bit input: the value of the same bits in float32
    np.testing.assert_allclose(
        jax.tree.leaves(result)[0],
        jax.tree.leaves(sparse(Y, x.astype(wanted), reduction=reduction))[0],
        rtol=1e-6,
    )


def test_arrays_of_64_bits_left_over_from_x64_are_refused() -> None:
    with jax.enable_x64(True):
        x, y = jnp.asarray(X, jnp.float64), jnp.asarray(Y)
    with jax.enable_x64(False):
        with pytest.raises(ce.ArrayKindError, match=r"y_pred.*jax_enable_x64"):
            sparse(Y, x)
        with pytest.raises(ce.ArrayKindError, match=r"y_true.*jax_enable_x64"):
            sparse(y, jnp.asarray(X))


def test_other_kinds_of_labels_are_converted() -> None:
    x = jnp.asarray(X)
    want = rows(Y, x)
    for given in (Y.tolist(), pd.Series(Y), Y.astype(">i4"), jnp.asarray(Y, jnp.int32), Y[:, None]):
        assert rows(given, x).tobytes() == want.tobytes()
    assert rows(2, x[1]).tobytes() == want[1].tobytes()


def test_what_is_refused() -> None:
    x = jnp.asarray(X)
    with pytest.raises(ce.ArrayKindError):
        sparse(Y, jax.random.key(0))
    with pytest.raises(ce.ArrayKindError):
        sparse(Y, x.astype(jnp.complex64))
    with pytest.raises(ce.ArrayKindError):
        sparse(Y, x.astype(jnp.float8_e4m3fn))
    with pytest.raises(ce.ArrayKindError):
        sparse(Y, jax.ShapeDtypeStruct((4, 3), jnp.float32))
    with pytest.raises(ce.PredictionError):
        sparse(Y, x.astype(jnp.int32))
    with pytest.raises(ce.ArrayKindError, match=r"y_true"):
        sparse(jnp.asarray(Y, jnp.int32), X)  # the predictions decide: NumPy


def test_inputs_are_never_written() -> None:
    x, y = X.copy(), Y.copy()
    jax.grad(lambda x: sparse(y, x, ignore_class=1))(jnp.asarray(x))
    assert x.tobytes() == X.tobytes()
    assert y.tobytes() == Y.tobytes()


def test_m05_warnings_and_errors_where_values_are_seen() -> None:
    p = jax.nn.softmax(jnp.asarray(np.random.default_rng(0).standard_normal((9, 3)), jnp.float32))
    y = np.arange(9) % 3
    with pytest.warns(ce.DoubleSoftmaxWarning):
        sparse(y, p)
    with pytest.raises(ce.PredictionError, match="from_logits"):
        ce.sparse_categorical_crossentropy(Y, jnp.asarray(X))
    with pytest.warns(ce.ProbabilityWarning):
        ce.sparse_categorical_crossentropy(y, p * 1.01)
    jax.jit(sparse)(y, p)  # traced: nothing to see, nothing said


def test_m16_clip_of_float64_without_x64(x64: bool) -> None:
    """1 - 1e-7 is no float32; the loss there is right all the same."""
    at = [0.0, 1.0, 1e-9, 0.5]
    p = jnp.array(at)
    want = -np.log(np.clip(np.float64(at), 1e-7, 1 - 1e-7))
    got = ce.binary_crossentropy(np.ones(4), p, reduction="none")
    np.testing.assert_allclose(got, want, rtol=3e-7)
    pairs = jnp.stack([p, 1 - p], axis=1)
    got = ce.sparse_categorical_crossentropy(np.zeros(4, int), pairs, reduction="none")
    np.testing.assert_allclose(got, want, rtol=3e-7)
    got = ce.categorical_crossentropy(np.eye(2)[[0] * 4], pairs, reduction="none")
    np.testing.assert_allclose(got, want, rtol=3e-7)


@pytest.mark.parametrize("n", [10, 2**16 + 3, 2**20])
def test_m14_the_mean_is_summed_pairwise_or_better(n: int) -> None:
    x = np.random.default_rng(n).standard_normal((n, 2)).astype(np.float32)
    y = np.zeros(n, np.int32)
    terms = rows(y, jnp.asarray(x))
    exact = terms.astype(np.float64).sum()
    for run in (sparse, jax.jit(sparse, static_argnames="reduction")):
        total = float(run(y, jnp.asarray(x), reduction="sum"))
        assert abs(total - exact) <= 32 * np.spacing(np.float32(exact))

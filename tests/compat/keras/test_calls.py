"""What calls of Keras's losses lead to: masks, weights, dtypes, shapes, extremes, errors."""

from __future__ import annotations

import math
import warnings
from typing import Any

import keras
import numpy as np
import pytest
from keras.src import backend as keras_backend

import crossent as ce
from compat.keras.backend import BACKEND, TRAINS, dtype_of, gradient, host
from crossent.compat import keras as ours

X = np.array([[2.3, 0.1, -1.7], [0.2, 1.1, 0.4], [0.3, 3.2, 0.9], [1.4, 0.2, -0.3]], np.float32)
P = np.exp(X) / np.exp(X).sum(axis=1, keepdims=True)
Y = np.array([0, 2, 1, 0])
ONE_HOT = np.eye(3, dtype=np.float32)[Y]
NAMES = ("SparseCategoricalCrossentropy", "CategoricalCrossentropy", "BinaryCrossentropy")
LABELS = dict(zip(NAMES, (Y, ONE_HOT, ONE_HOT), strict=True))
REDUCTIONS = ("sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", "none", None)
each_loss = pytest.mark.parametrize("name", NAMES)


def pair(kind: str, **options: Any) -> tuple[Any, Any]:
    return getattr(ours, kind)(**options), getattr(keras.losses, kind)(**options)


def check_equal(mine: Any, theirs: Any) -> None:
    """Equal but for rounding: 8 ulp of float32 next to numbers of at most 16."""
    assert dtype_of(mine) == dtype_of(theirs)
    np.testing.assert_allclose(host(mine), host(theirs), rtol=2**-20, atol=2**-20)


def masked(x: np.ndarray, mask: Any) -> Any:
    tensor = keras.ops.convert_to_tensor(x)
    keras_backend.set_keras_mask(tensor, keras.ops.convert_to_tensor(mask))
    return tensor


@each_loss
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weight", [None, [1.0, 0.0, 2.5, 1.0], [[1.0], [0.0], [2.5], [1.0]]])
def test_masks_and_weights(name: str, reduction: str | None, weight: Any) -> None:
    mine, theirs = pair(name, from_logits=True, reduction=reduction)
    x = masked(X, [True, True, False, True])
    weight = None if weight is None else np.array(weight, np.float32)
    check_equal(mine(LABELS[name], x, weight), theirs(LABELS[name], x, weight))


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_a_mask_and_ignored_rows_meet(reduction: str | None) -> None:
    mine, theirs = pair(NAMES[0], from_logits=True, ignore_class=2, reduction=reduction)
    x = masked(X, [True, True, False, True])
    check_equal(mine(Y, x), theirs(Y, x))


def test_ignored_pixels_leave_a_mask() -> None:
    images = np.random.default_rng(0).normal(size=(2, 4, 4, 3)).astype(np.float32)
    labels = np.random.default_rng(1).choice([0, 1, 2, 255], size=(2, 4, 4)).astype(np.uint8)
    mine = ours.sparse_categorical_crossentropy(labels, images, from_logits=True, ignore_class=255)
    mask = keras_backend.get_keras_mask(mine)
    np.testing.assert_array_equal(host(mask).astype(bool), labels != 255)
    np.testing.assert_array_equal(host(mine)[labels == 255], 0)
    loss, reference = pair(NAMES[0], from_logits=True, ignore_class=255)
    check_equal(loss(labels, images), reference(labels, images))


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int64, np.uint32, np.float32])
def test_a_sentinel_is_met_in_the_dtype_of_the_labels(dtype: Any) -> None:
    labels = keras.ops.convert_to_tensor(np.array([0, 2, 1, 0], dtype))
    loss = ours.SparseCategoricalCrossentropy(True, ignore_class=-1, reduction=None)
    plain = ours.SparseCategoricalCrossentropy(True, reduction=None)
    np.testing.assert_array_equal(host(loss(labels, X)), host(plain(labels, X)))
    assert host(keras_backend.get_keras_mask(loss.call(labels, keras.ops.array(X)))).all()


@each_loss
def test_rows_without_weight_may_hold_anything(name: str) -> None:
    loss = getattr(ours, name)(from_logits=True)
    labels, x = LABELS[name].copy(), X.copy()
    weight = np.array([1.0, 0.0, 2.0, 1.0], np.float32)
    want = host(loss(labels, x, weight))
    x[1], labels[1] = np.nan, -1 if name == NAMES[0] else np.nan
    assert host(loss(labels, x, weight)) == want
    if TRAINS:
        found = gradient(lambda x: loss(labels, x, weight), x)
        np.testing.assert_array_equal(found[1], 0)
        assert np.isfinite(found).all()


@each_loss
def test_masked_rows_may_hold_anything(name: str) -> None:
    loss = getattr(ours, name)()
    labels, p = LABELS[name].copy(), P.copy()
    mask = [True, False, True, True]
    want = host(loss(labels, masked(p, mask)))
    p[1], labels[1] = np.nan, 77 if name == NAMES[0] else np.nan
    assert host(loss(labels, masked(p, mask))) == want


@pytest.mark.parametrize("from_logits", [True, False])
@pytest.mark.parametrize("label", [3, -1, 77])
def test_a_label_that_is_no_class_raises(label: int, from_logits: bool) -> None:
    for loss in (ours.SparseCategoricalCrossentropy(from_logits), _function(from_logits)):
        with pytest.raises(ce.LabelRangeError, match=rf"outside: {label} "):
            loss(np.array([0, label, 1, 0]), X if from_logits else P)


def _function(from_logits: bool) -> Any:
    return lambda y, x: ours.sparse_categorical_crossentropy(y, x, from_logits)


def test_a_label_beyond_32_bits_does_not_wrap() -> None:
    with pytest.raises(ce.LabelRangeError, match="4294967297"):
        ours.SparseCategoricalCrossentropy(True)(np.array([2**32 + 1]), X[:1])
    with pytest.raises(ce.LabelRangeError, match="4294967297"):
        ours.sparse_categorical_crossentropy([2**32 + 1], X[:1])


def test_a_fraction_is_no_label() -> None:
    with pytest.raises(ce.LabelTypeError):
        ours.SparseCategoricalCrossentropy(True)(np.array([0, 1.7, 1, 0]), X)


@pytest.mark.parametrize("target", [2.0, -1.0])
def test_a_binary_target_outside_0_and_1_raises(target: float) -> None:
    with pytest.raises(ce.TargetError):
        ours.BinaryCrossentropy()(np.array([[1.0], [target]]), np.array([[0.5], [0.5]]))


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32"])
def test_labels_pass_through_no_float(dtype: str) -> None:
    # bfloat16 tells integers apart up to 256, float16 up to 2048, float32 up to 2**24.
    label = {"bfloat16": 257, "float16": 2049, "float32": 2**24 + 1}[dtype]
    x = np.zeros((1, label + 2), np.float32)
    x[0, label] = 8.0
    loss = ours.SparseCategoricalCrossentropy(from_logits=True, dtype=dtype)
    got = loss(np.array([label], np.int64), x)
    assert dtype_of(got) == dtype
    exact = math.log(math.exp(8) + label + 1) - 8
    # the loss in 8, 11 or 24 binary digits; a sum of 2**24 ones in float32 is off by less
    assert float(host(got)) == pytest.approx(exact, rel={"bfloat16": 2**-8}.get(dtype, 2**-10))


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.int64, np.float32, bool])
def test_dtypes_of_labels(dtype: Any) -> None:
    labels = np.array([0, 1, 1, 0], dtype)
    mine, theirs = pair(NAMES[0], from_logits=True)
    check_equal(mine(labels, X), theirs(labels.astype(np.int32), X))


@each_loss
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64", "mixed_bfloat16"])
def test_dtype_and_policies(name: str, dtype: str) -> None:
    if BACKEND == "jax" and dtype == "float64":
        dtype = "float32"  # what Keras makes of it without x64, with a warning
    policy = keras.DTypePolicy(dtype) if dtype.startswith("mixed") else dtype
    mine, theirs = pair(name, from_logits=True, dtype=policy)
    got, want = mine(LABELS[name], X), theirs(LABELS[name], X)
    # A mean in float64 is float32 to Keras on NumPy and on PyTorch.
    assert dtype_of(got) == dtype_of(want)
    assert "float64" in dtype or dtype_of(got) == dtype.removeprefix("mixed_")
    # 16 bits: both round, Keras at every step.
    assert float(host(got)) == pytest.approx(float(host(want)), rel=2**-6)
    assert mine.dtype == theirs.dtype


def test_the_default_dtype_is_floatx() -> None:
    keras.config.set_floatx("float16")
    try:
        assert dtype_of(ours.SparseCategoricalCrossentropy(True)(Y, X)) == "float16"
    finally:
        keras.config.set_floatx("float32")


@pytest.mark.parametrize("dtype", [np.int32, np.float16, np.float32, np.float64])
def test_functions_keep_the_dtype_of_the_predictions(dtype: Any) -> None:
    x = keras.ops.convert_to_tensor((X * 4).astype(dtype))
    for name in ("sparse_categorical_crossentropy", "categorical_crossentropy"):
        labels = Y if name.startswith("sparse") else ONE_HOT
        got = getattr(ours, name)(labels, x, from_logits=True)
        assert dtype_of(got) == ("float32" if dtype is np.int32 else dtype_of(x))


def test_sparse_labels_are_smoothed_as_one_hot_ones() -> None:
    for from_logits, x in ((True, X), (False, P)):
        mine = ours.SparseCategoricalCrossentropy(from_logits, label_smoothing=0.2)
        theirs = keras.losses.CategoricalCrossentropy(from_logits, label_smoothing=0.2)
        check_equal(mine(Y, x), theirs(ONE_HOT, x))
        rows = ours.sparse_categorical_crossentropy(Y, x, from_logits, None, -1, 0.2)
        check_equal(rows, keras.losses.categorical_crossentropy(ONE_HOT, x, from_logits, 0.2))


def test_smoothing_is_spread_over_the_classes_of_the_axis() -> None:
    x = np.stack([X.T, X.T * 0.5])  # two images of three classes on axis 1
    q = np.stack([ONE_HOT.T, ONE_HOT.T])
    got = ours.categorical_crossentropy(q, x, True, label_smoothing=0.3, axis=1)
    want = keras.losses.categorical_crossentropy(
        np.moveaxis(q, 1, -1), np.moveaxis(x, 1, -1), True, label_smoothing=0.3
    )
    check_equal(got, want)


def test_coefficients_are_no_distribution() -> None:
    # rows of zeros (padding), several ones, weighted ones
    q = np.array([[0, 0, 0], [1, 1, 0], [0, 0, -2.5], [0.3, 0.3, 0]], np.float32)
    for from_logits, x in ((True, X), (False, P)):
        mine, theirs = pair(NAMES[1], from_logits=from_logits, reduction=None)
        check_equal(mine(q, x), theirs(q, x))


def test_impossible_classes_contribute_nothing() -> None:
    x = X.copy()
    x[0, 2] = x[2, 0] = -np.inf
    rows = np.arange(4)
    exact = np.log(np.exp(x.astype(np.float64)).sum(axis=1)) - x[rows, Y]
    for loss, labels in ((ours.sparse_categorical_crossentropy, Y), (_dense, ONE_HOT)):
        np.testing.assert_allclose(host(loss(labels, x, True)), exact, rtol=2**-20)
        if TRAINS:
            assert np.isfinite(gradient(lambda x: loss(labels, x, True), x)).all()  # noqa: B023


_dense = ours.categorical_crossentropy


def test_infinite_logits_that_are_right_cost_nothing() -> None:
    x, t = np.array([[np.inf, -np.inf]], np.float32), np.array([[1.0, 0.0]])
    got = host(ours.BinaryCrossentropy(True)(t, x))
    # On NumPy Keras takes logits to probabilities and clips these.
    assert got == 0 if BACKEND != "numpy" else 0 < got < 2e-7


@each_loss
def test_nan_predictions_are_nan_not_an_error(name: str) -> None:
    x = P.copy()
    x[1, 0] = np.nan
    got = host(getattr(ours, name)(reduction=None)(LABELS[name], x))
    np.testing.assert_array_equal(np.isnan(got), [False, True, False, False])


def test_confident_rows_keep_their_digits() -> None:
    got = host(ours.SparseCategoricalCrossentropy(True)(np.array([0]), np.array([[20.0, 0.0]])))
    assert float(got) == pytest.approx(math.log1p(math.exp(-20)), rel=2**-20)


@pytest.mark.parametrize("shape", [(3,), (2, 3), (2, 2, 2, 3)])
def test_ranks(shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    y = np.random.default_rng(1).integers(0, 3, size=shape[:-1])
    for labels in (y, np.expand_dims(y, -1)):
        check_equal(
            ours.sparse_categorical_crossentropy(labels, x, True),
            keras.losses.sparse_categorical_crossentropy(labels, x, True),
        )


@each_loss
@pytest.mark.parametrize("reduction", ["sum", "sum_over_batch_size", None])
def test_no_rows(name: str, reduction: str | None) -> None:
    mine, theirs = pair(name, from_logits=True, reduction=reduction)
    got, want = mine(LABELS[name][:0], X[:0]), theirs(LABELS[name][:0], X[:0])
    assert tuple(got.shape) == tuple(want.shape) == (0,)


def test_a_trailing_1_is_added_or_dropped() -> None:
    t = np.array([1.0, 0.0, 0.25, 1.0], np.float32)
    mine, theirs = pair(NAMES[2], from_logits=True, reduction=None)
    for labels, x in ((t, X[:, :1]), (t[:, None], X[:, 0]), (t, X[:, 0])):
        got, want = mine(labels, x), theirs(labels, x)
        assert tuple(got.shape) == tuple(want.shape)
        check_equal(got, want)
    mine, theirs = pair(NAMES[0], from_logits=True)
    check_equal(mine(Y[:, None, None], X), theirs(Y[:, None, None], X))


@pytest.mark.parametrize("kind", [list, tuple])
def test_lists_are_arrays(kind: Any) -> None:
    y, q, x = kind(Y.tolist()), kind(ONE_HOT.tolist()), kind(X.tolist())
    check_equal(ours.SparseCategoricalCrossentropy(True)(y, x), pair(NAMES[0])[1](Y, P))
    check_equal(ours.CategoricalCrossentropy(True)(q, x), pair(NAMES[1])[1](ONE_HOT, P))


@pytest.mark.parametrize("name", NAMES[1:])
def test_shapes_that_differ_raise_in_kerass_words(name: str) -> None:
    mine, theirs = pair(name)
    for loss in (mine, theirs):
        with pytest.raises(ValueError, match="must have the same shape"):
            loss(np.array([[0], [1], [2], [0]]), P)


def test_sparse_shapes_that_differ_raise_in_kerass_words() -> None:
    for loss in pair(NAMES[0]):
        with pytest.raises(ValueError, match=r"target\.shape=.*output\.shape="):
            loss(np.zeros((3,), np.int32), P)
    with pytest.raises(ce.ShapeError, match="look one-hot"):
        ours.SparseCategoricalCrossentropy()(ONE_HOT, P)


def test_another_class_axis_is_kerass_business() -> None:
    x, y = np.moveaxis(np.stack([X, X]), -1, 1), np.stack([Y, Y])
    mine, theirs = pair(NAMES[0], from_logits=True, axis=1)
    if BACKEND == "torch":
        check_equal(mine(y, x), theirs(y, x))
        check_equal(mine(y[:, None], x), theirs(y[:, None], x))  # in the place of the classes
        for loss in (mine, theirs):
            with pytest.raises(ValueError, match="up until the last dimension"):
                loss(y[..., None], x)
        return
    text = r"Only axis=-1" if BACKEND == "tensorflow" else "up until the last dimension"
    for loss in (mine, theirs):
        with pytest.raises(ValueError, match=text):
            loss(y, x)
    if BACKEND == "tensorflow":  # which says so of an axis that there is not, too
        for loss in pair(NAMES[0], from_logits=True, axis=5):
            with pytest.raises(ValueError, match=text):
                loss(Y, X)
    wrapped = ours.Loss(ce.SparseCategoricalCrossentropy(from_logits=True, axis=1))
    check_equal(wrapped(y, keras.ops.array(x)), pair(NAMES[0], from_logits=True)[0](Y, X))


def test_one_class_is_refused() -> None:
    with pytest.raises(ce.ShapeError, match="CE302"):
        ours.SparseCategoricalCrossentropy()(np.array([0, 1]), np.array([[0.5], [0.5]]))


@each_loss
def test_bad_options_raise(name: str) -> None:
    kind = getattr(ours, name)
    with pytest.raises(ValueError, match="Invalid value for argument `reduction`"):
        kind(reduction="average")
    with pytest.raises(ce.OptionError, match="label_smoothing"):
        kind(label_smoothing=1.5)(LABELS[name], P)
    with pytest.raises(TypeError):
        kind(from_logit=True)


def test_epsilon_is_kerass_setting() -> None:
    p, y = np.array([[1.0, 0.0]], np.float32), np.array([1])
    before = keras.config.epsilon()
    keras.config.set_epsilon(1e-3)
    try:
        check_equal(*(loss(y, p) for loss in pair(NAMES[0])))
        check_equal(*(loss(1 - p, p) for loss in pair(NAMES[2])))
    finally:
        keras.config.set_epsilon(before)


def test_logits_behind_an_activation_are_found_where_keras_finds_them() -> None:
    x = keras.ops.convert_to_tensor(np.array([[200.0, 0.0, 0.0], [0.0, 200.0, 0.0]], np.float32))
    p = keras.activations.softmax(x)
    labels = np.array([0, 2])
    mine, theirs = pair(NAMES[0], reduction=None)
    check_equal(mine(labels, p), theirs(labels, p))
    if BACKEND == "tensorflow":
        np.testing.assert_array_equal(host(mine(labels, p)), [0, 200])
        for loss in pair(NAMES[0], from_logits=True):
            with pytest.warns(UserWarning, match="from_logits=True"):
                loss(labels, p)
    t = np.array([[0.0], [1.0]], np.float32)
    s = keras.activations.sigmoid(keras.ops.array([[80.0], [-80.0]]))
    check_equal(*(loss(t, s) for loss in pair(NAMES[2], reduction=None)))


@each_loss
def test_shapes_alone_can_be_asked_for(name: str) -> None:
    # Keras builds models so: with tensors of ones, of any memory, or on the meta device.
    loss = getattr(ours, name)(reduction=None)
    shape = (None,) if name == NAMES[0] else (None, 3)
    y = keras.KerasTensor(shape, "int32" if name == NAMES[0] else "float32")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of NumPy, about what memory held
        out = keras_backend.compute_output_spec(loss, y, keras.KerasTensor((None, 3)))
    assert tuple(out.shape) == (None,)


@each_loss
def test_they_are_kerass_losses(name: str) -> None:
    loss = getattr(ours, name)()
    assert isinstance(loss, getattr(keras.losses, name))
    assert loss.name == getattr(keras.losses, name)().name
    check_equal(loss.call(LABELS[name], keras.ops.array(P)), loss.fn(LABELS[name], P))


@each_loss
def test_a_subclass_may_compute_its_own_rows(name: str) -> None:
    class Twice(getattr(ours, name)):
        def call(self, y_true: Any, y_pred: Any) -> Any:
            return 2 * super().call(y_true, y_pred)

    weight = np.array([1.0, 0.0, 2.0, 1.0], np.float32)
    once = getattr(ours, name)()(LABELS[name], P, weight)
    check_equal(Twice()(LABELS[name], P, weight), 2 * once)

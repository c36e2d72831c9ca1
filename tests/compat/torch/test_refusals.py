"""What PyTorch refuses is refused, by the same error; what it takes is taken."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

import crossent as ce
import crossent.compat.torch as drop_in

X, Y = torch.tensor([[2.0, 1.0, 0.0], [0.0, 3.0, 1.0]]), torch.tensor([0, 2])
NAMES = (
    "cross_entropy", "nll_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits",
)  # fmt: skip
DTYPES = [torch.float32, torch.float64, torch.float16, torch.int64, torch.int32, torch.uint8,
          torch.bool, torch.complex64]  # fmt: skip


def outcome(function: Any, *arguments: Any, **words: Any) -> Any:
    """What a call gives: its value, or the exception and its text."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return function(*arguments, **words)
        except Exception as error:
            return error


def check_same(name: str, *arguments: Any, **words: Any) -> None:
    """Both raise the same, or both give a value of the same dtype and shape."""
    theirs = outcome(getattr(F, name), *arguments, **words)
    ours = outcome(getattr(drop_in, name), *arguments, **words)
    if isinstance(theirs, IndexError) and "out of bounds" in str(theirs):
        assert isinstance(ours, IndexError)
        assert str(theirs).rstrip(".") in str(ours)  # and what to do about it
    elif isinstance(theirs, Exception):
        assert type(ours) is type(theirs), (name, arguments, words, theirs, ours)
        assert str(ours) == str(theirs)
    elif theirs.is_complex():
        assert isinstance(ours, ce.ArrayKindError)
    else:
        assert isinstance(ours, torch.Tensor), (name, arguments, words, theirs, ours)
        assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)


sizes = st.lists(st.sampled_from([0, 1, 2, 2, 3]), max_size=4).map(tuple)
dtypes = st.sampled_from(DTYPES)


@st.composite
def related(draw: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape that may fit: the same, the rows, a part of it, or any."""
    kind = draw(st.integers(0, 5))
    if kind == 0:
        return draw(sizes)
    if kind == 1:
        return shape
    if kind == 2:
        return shape[1:]
    return shape[:1] + shape[2:]


@st.composite
def calls(draw: Any) -> tuple[str, list[Any], dict[str, Any]]:
    """Tensors of ones and zeros of any shapes and dtypes, most of them refused."""
    name = draw(st.sampled_from(NAMES))
    shape = draw(sizes)
    x = torch.full(shape, 0.5).to(draw(st.one_of(st.just(torch.float32), dtypes)))
    usual = torch.int64 if name in NAMES[:2] else x.dtype
    target = torch.zeros(draw(related(shape)), dtype=draw(st.one_of(st.just(usual), dtypes)))
    arguments: list[Any] = [x, target]
    if draw(st.booleans()):
        weight = shape[1:2] if len(shape) > 1 else shape
        weight = draw(st.one_of(st.just(weight), sizes))
        arguments.append(torch.ones(weight, dtype=draw(st.one_of(st.just(x.dtype), dtypes))))
    words: dict[str, Any] = {"reduction": draw(st.sampled_from(["mean", "sum", "none", "avg"]))}
    if name == "cross_entropy":
        words["label_smoothing"] = draw(st.sampled_from([0.0, 0.0, 0.5, 1.5]))
    if name in NAMES[:2]:
        words["ignore_index"] = draw(st.sampled_from([-100, -100, 0, 5, 1.5, None, True]))
    return name, arguments, words


def takes_more(arguments: list[Any]) -> bool:
    """Whether PyTorch takes in some cases only what is given (tested below).

    Those are labels that are bytes, and predictions that are integers where there are none.
    """
    x, target, *_ = arguments
    no_floats = not x.is_floating_point() and x.numel() == 0
    return bool(no_floats or (target.dtype == torch.uint8 and x.is_floating_point()))


def test_integers_are_refused_where_there_are_none_too() -> None:
    x, q = torch.zeros(2, 2, 0, 2, dtype=torch.uint8), torch.zeros(2, 2, 0, 2).double()
    assert F.cross_entropy(x, q).isnan()
    with pytest.raises(ce.ArrayKindError, match="but PyTorch does"):
        drop_in.cross_entropy(x, q)


@settings(max_examples=2000, deadline=None, database=None)
@given(calls())
def test_any_shapes_and_dtypes(call: Any) -> None:
    name, arguments, words = call
    if not takes_more(arguments):
        check_same(name, *arguments, **words)


def test_weights_of_two_dimensions_where_there_is_no_row() -> None:
    x, y = torch.zeros(0, 1, 0), torch.zeros(0, 0, dtype=torch.int64)
    for smoothing in (0.0, 0.5):
        check_same("cross_entropy", x, y, torch.ones(1, 1), label_smoothing=smoothing)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda x, y: ([*x.tolist()], y), id="list"),
        pytest.param(lambda x, y: (x, y.tolist()), id="list of labels"),
        pytest.param(lambda x, y: (x.numpy(), y), id="ndarray"),
        pytest.param(lambda x, y: (x, y.numpy()), id="ndarray of labels"),
        pytest.param(lambda x, y: (x, y, [1.0, 2.0, 3.0]), id="list of weights"),
        pytest.param(lambda x, y: (x.to("meta"), y), id="other device"),
        pytest.param(lambda x, y: (x, y, torch.ones(3, device="meta")), id="weights elsewhere"),
        pytest.param(lambda x, y: (x.to_sparse(), y), id="sparse"),
    ],
)
def test_other_kinds(name: str, change: Any) -> None:
    target = Y if name in NAMES[:2] else torch.softmax(X, 1)
    check_same(name, *change(torch.softmax(X, 1), target))


@pytest.mark.parametrize("value", [1.5, -0.5, math.nan, math.inf])
def test_probabilities_outside_the_unit_interval(value: float) -> None:
    p, t = torch.tensor([0.5, 0.25]), torch.tensor([1.0, 0.0])
    check_same("binary_cross_entropy", torch.tensor([0.5, value]), t)
    check_same("binary_cross_entropy", p, torch.tensor([0.5, value]))
    with pytest.raises(RuntimeError, match="between 0 and 1"):
        drop_in.BCELoss()(torch.tensor([0.5, value]), t)


@pytest.mark.parametrize("value", [-0.1, math.nan])
def test_smoothing_that_pytorch_ignores(value: float) -> None:
    for target in (Y, torch.softmax(X, 1)):
        with pytest.raises(ValueError, match=r"label_smoothing.* between 0\.0 and 1\.0"):
            drop_in.cross_entropy(X, target, label_smoothing=value)


def test_messages_speak_pytorchs_words() -> None:
    with pytest.raises(IndexError) as caught:
        drop_in.nll_loss(X, torch.tensor([-1, 2]))
    text = str(caught.value)
    assert "Target -1 is out of bounds" in text
    assert "ignore_index=-1" in text
    assert "y_true" not in text
    assert "ignore_class" not in text
    assert caught.value.code == "CE103"


def test_integers_of_numpy_are_indices() -> None:
    got = drop_in.cross_entropy(X, Y, ignore_index=np.int64(2))
    assert torch.equal(got, drop_in.cross_entropy(X, Y, ignore_index=2))
    with pytest.raises(IndexError, match="ignore_index"):  # ours, not PyTorch's
        drop_in.cross_entropy(X, torch.tensor([0, -1]), ignore_index=np.int64(2))


def test_byte_labels_are_taken_everywhere() -> None:
    w = torch.tensor([1.0, 2.0, 5.0])
    for x, y in ((X, Y), (X[..., None].expand(2, 3, 4), Y[:, None].expand(2, 4))):
        for words in ({}, {"weight": w, "label_smoothing": 0.25}):
            got = drop_in.cross_entropy(x, y.byte(), **words)
            assert torch.equal(got, drop_in.cross_entropy(x, y, **words))
    with pytest.raises(IndexError):
        drop_in.cross_entropy(X, torch.tensor([0, 255], dtype=torch.uint8))


@pytest.mark.parametrize("ignored", [-100, 7, 255])
@pytest.mark.parametrize("function", ["cross_entropy", "nll_loss"])
def test_the_label_that_is_named_is_not_an_ignored_one(function: str, ignored: int) -> None:
    x, y = torch.zeros(4, 3), torch.tensor([ignored, 5, 1, 9])
    for library in (F, drop_in):
        with pytest.raises(IndexError, match="Target 5 is out of bounds"):
            getattr(library, function)(x, y, ignore_index=ignored)

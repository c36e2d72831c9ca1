"""Whatever is given, a diagnosis ends in a report or an error of crossent, and changes nothing."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import crossent as ce

DTYPES = ("float16", "float32", "float64", "int64", "int8", "uint8", "uint64", "bool")
SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=6)
SPECIAL = (0.0, 1.0, -1.0, 0.5, 255.0, -100.0, np.nan, np.inf, -np.inf, 1e30, -1e9, 1e-9)


@st.composite
def arrays(draw: st.DrawFn, shape: st.SearchStrategy = SHAPES) -> np.ndarray:
    """An array of any shape and dtype, with numbers that mean something to a loss."""
    dtype, size = draw(st.sampled_from(DTYPES)), draw(shape)
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    values = rng.normal(scale=3, size=size)
    special = rng.uniform(size=size) < draw(st.sampled_from([0.0, 0.0, 0.3]))
    values = np.where(special, rng.choice(SPECIAL, size=size), values)
    if draw(st.booleans()) and values.ndim and values.shape[-1]:
        with np.errstate(all="ignore"):
            values = np.exp(values) / np.exp(values).sum(-1, keepdims=True)
    with np.errstate(all="ignore"):
        kind = np.dtype(dtype).kind
        return np.nan_to_num(values).astype(dtype) if kind in "iub" else values.astype(dtype)


OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "loss": st.sampled_from(["sparse", "dense", "binary", "torch.nn.NLLLoss", "auto"]),
        "from_logits": st.booleans(),
        "axis": st.integers(-3, 2),
        "ignore_class": st.sampled_from([-1, 0, 255, (-1, 2)]),
        "label_smoothing": st.sampled_from([0.0, 0.1]),
        "framework": st.sampled_from(["torch", "keras", "optax", "torch 1.9"]),
        "observed": st.floats(0, 20),
        "accuracy": st.floats(0, 1),
        "num_classes": st.integers(0, 5),
        "history": st.lists(st.floats(width=32), max_size=8),
        "class_weight": st.sampled_from([None, {0: 1.0}, [1.0, 2.0], "balanced"]),
        "class_names": st.sampled_from([["b", "a"], [1, 2, 3]]),
    },
)


@given(y=st.none() | arrays(), p=st.none() | arrays(), options=OPTIONS)
@settings(max_examples=400, deadline=None, derandomize=True)
def test_anything_ends_in_a_report(y: Any, p: Any, options: dict[str, Any]) -> None:
    before = [None if array is None else array.copy() for array in (y, p)]
    report = ce.diagnose(y, p, **options)
    assert json.loads(report.to_json())["healthy"] == report.healthy
    assert str(report)
    assert report._repr_html_()
    assert len(set(report.codes)) == len(report.codes)
    for array, kept in zip((y, p), before, strict=True):
        if array is not None:
            np.testing.assert_array_equal(array, kept)


@given(
    rows=st.integers(1, 12), classes=st.integers(1, 6), seed=st.integers(0, 10**6), data=st.data()
)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_shapes_that_fit_end_in_a_report(rows: int, classes: int, seed: int, data: Any) -> None:
    p = data.draw(arrays(st.just((rows, classes))))
    rng = np.random.default_rng(seed)
    y = rng.integers(
        -2, classes + 2, data.draw(st.sampled_from([rows, (rows, 1), (rows, classes)]))
    )
    weight = data.draw(st.none() | st.just(rng.uniform(-0.2, 1, rows)))
    report = ce.diagnose(y, p, sample_weight=weight, **data.draw(OPTIONS))
    assert report.looked_at


@pytest.mark.parametrize(
    "y",
    [
        [[1, 2], [3]], [None, 1], {"a": 1}, object(), [1 + 2j], np.array([b"a"]), "labels.txt",
        np.array([1, "a"], dtype=object), [[["a"]]], np.datetime64("2020-01-01"), [True, None],
        float("nan"), [float("inf")], 2**70, [2**70],
    ],
    ids=str,
)  # fmt: skip
def test_odd_labels_are_no_healthy_ones(y: object) -> None:
    found: list[str] = []
    with contextlib.suppress(ce.OptionError, ce.ArrayKindError, ce.ReaderError):
        report = ce.diagnose(y, num_classes=3)
        assert report.errors
        found = report.codes
    assert set(found) <= {"CE002", "CE101", "CE312", "CE313"}

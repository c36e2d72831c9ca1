"""Any call: the value, the dtype and the gradients that PyTorch gives."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import crossent.compat.torch as drop_in
from compat.torch.drawn import (
    ARRAYS,
    DTYPES,
    REDUCTIONS,
    Drawn,
    check,
    logits_and_shape,
    shape_of,
    values,
)

# 220 examples of 10 arrays each: more than 2000 calls of every function.
search = settings(
    max_examples=220, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)
seeds = st.integers(0, 2**31)
smoothings = st.sampled_from([0.0, 0.0, 0.1, 0.5, 1.0])
IGNORE = (-100, 0, 2, 7)


def class_weight(generator: Any, kind: str, classes: int, dtype: Any) -> dict[str, Any]:
    """No weight, positive ones with a zero, or any."""
    if kind == "none":
        return {}
    weight = torch.randn(classes, generator=generator, dtype=torch.float64)
    if kind == "positive":
        weight = weight.abs() + 0.1
        weight[0] = 0.0 if classes > 1 else 1.0
    return {"weight": weight.to(dtype)}


def indices(generator: Any, rows: Any, classes: int, ignore: int, byte: bool) -> Any:
    """Labels, some of them ignored."""
    labels = torch.randint(0, classes, rows, generator=generator)
    ignored = torch.rand(rows, generator=generator) < 0.2
    if not byte:
        return torch.where(ignored, ignore, labels)
    return torch.where(ignored, ignore % 256, labels).to(torch.uint8) if ignore >= 0 else labels


def test_cross_entropy_of_indices() -> None:
    _search_indices(F.cross_entropy, drop_in.cross_entropy, smooth=True)


def test_nll_loss() -> None:
    _search_indices(F.nll_loss, drop_in.nll_loss, smooth=False)


def _search_indices(theirs: Any, ours: Any, smooth: bool) -> None:
    @search
    @given(
        logits_and_shape(), seeds, st.sampled_from(REDUCTIONS), smoothings,
        st.sampled_from(["none", "positive", "any"]), st.sampled_from(IGNORE), st.booleans(),
    )  # fmt: skip
    def run(
        space: Any, seed: int, reduction: str, smoothing: float, kind: str, ignore: int, byte: bool
    ) -> None:
        classes, rows, at, like, dtype = space
        generator = torch.Generator().manual_seed(seed)
        # A sum of weights of both signs may be any small number, and the mean any large one.
        kind = "positive" if kind == "any" and reduction == "mean" else kind
        byte = byte and len(rows) < 2 and not (smooth and smoothing)  # all that PyTorch takes
        words = {"reduction": reduction, "ignore_index": ignore}
        if smooth:
            words["label_smoothing"] = smoothing
        for _ in range(ARRAYS):
            x = values(generator, shape_of(rows, at, classes), like).to(dtype)
            tensors = {"input": x, "target": indices(generator, rows, classes, ignore, byte)}
            tensors.update(class_weight(generator, kind, classes, dtype))
            check(theirs, ours, Drawn(tensors, words), generator)

    run()


@search
@given(
    logits_and_shape(), seeds, st.sampled_from(REDUCTIONS), smoothings,
    st.sampled_from(["none", "positive", "any"]), st.sampled_from(["one-hot", "soft", "any"]),
)  # fmt: skip
def test_cross_entropy_of_coefficients(
    space: Any, seed: int, reduction: str, smoothing: float, kind: str, target: str
) -> None:
    classes, rows, at, like, dtype = space
    generator = torch.Generator().manual_seed(seed)
    words = {"reduction": reduction, "ignore_index": -100, "label_smoothing": smoothing}
    for _ in range(ARRAYS):
        shape = shape_of(rows, at, classes)
        x = values(generator, shape, like).to(dtype)
        q = torch.randn(shape, generator=generator, dtype=torch.float64)
        if target != "any":
            q = torch.softmax(q * (1e4 if target == "one-hot" else 2), dim=at)
        tensors = {"input": x, "target": q.to(dtype)}
        tensors.update(class_weight(generator, kind, classes, dtype))
        check(F.cross_entropy, drop_in.cross_entropy, Drawn(tensors, words, ("input", "target")),
              generator)  # fmt: skip


binary_shapes = st.sampled_from([(), (1,), (5,), (3, 4), (2, 3, 2), (0,), (2, 0)])
weights = st.sampled_from(["none", "positive", "any", "last"])


def binary_weight(generator: Any, kind: str, shape: Any, dtype: Any) -> Any:
    """No weight, one for each element, or one that is repeated."""
    if kind == "none":
        return None
    shape = shape[-1:] if kind == "last" else shape
    weight = torch.randn(shape, generator=generator, dtype=torch.float64)
    return (weight.abs() if kind == "positive" else weight).to(dtype)


@search
@given(binary_shapes, seeds, st.sampled_from(REDUCTIONS), st.sampled_from(DTYPES), weights)
def test_binary_cross_entropy(shape: Any, seed: int, reduction: str, dtype: Any, kind: str) -> None:
    generator = torch.Generator().manual_seed(seed)
    for _ in range(ARRAYS):
        p = torch.rand(shape, generator=generator, dtype=torch.float64)
        t = torch.rand(shape, generator=generator, dtype=torch.float64)
        ends = torch.rand(shape, generator=generator) < 0.3
        t = torch.where(ends, t.round(), t)
        tensors = {"input": p.to(dtype), "target": t.to(dtype)}
        weight = binary_weight(generator, kind, shape, dtype)
        if weight is not None:
            tensors["weight"] = weight
        call = Drawn(tensors, {"reduction": reduction}, ("input", "target"))
        check(F.binary_cross_entropy, drop_in.binary_cross_entropy, call, generator)


@search
@given(binary_shapes, seeds, st.sampled_from(REDUCTIONS), st.sampled_from(DTYPES), weights, weights,
       st.sampled_from(["near", "wide", "confident"]))  # fmt: skip
def test_binary_cross_entropy_with_logits(
    shape: Any, seed: int, reduction: str, dtype: Any, kind: str, positive: str, like: str
) -> None:
    generator = torch.Generator().manual_seed(seed)
    for _ in range(ARRAYS):
        x = values(generator, shape, like)
        t = torch.randn(shape, generator=generator, dtype=torch.float64)
        tensors = {"input": x.to(dtype), "target": t.to(dtype)}
        for name, choice in (("weight", kind), ("pos_weight", positive)):
            weight = binary_weight(generator, choice, shape, dtype)
            if weight is not None:
                tensors[name] = weight
        call = Drawn(tensors, {"reduction": reduction}, ("input", "target"))
        check(F.binary_cross_entropy_with_logits, drop_in.binary_cross_entropy_with_logits, call,
              generator)  # fmt: skip

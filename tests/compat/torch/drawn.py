"""Calls of PyTorch's losses drawn by Hypothesis, and how far a result may be from the truth.

The truth is PyTorch's own function in float64 on the same bits. A result of the drop-in may differ
from it by the rounding of its dtype: that of the arithmetic, which is float32 at least, in units of
the terms' size, and once that of the result. PyTorch's result in that dtype is no nearer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from hypothesis import strategies as st

Tensor = torch.Tensor
DTYPES = (torch.float64, torch.float32, torch.float16, torch.bfloat16)
REDUCTIONS = ("mean", "sum", "none")
ARRAYS = 10
"""Arrays that are looked at for every shape and choice of options."""


@dataclass
class Drawn:
    """One call: tensors by name, and the other arguments."""

    tensors: dict[str, Tensor]
    words: dict[str, Any] = field(default_factory=dict)
    differentiable: tuple[str, ...] = ("input",)

    def of(self, function: Any, dtype: Any = None) -> Tensor:
        """Call a function, in another dtype of the floats if one is given."""
        tensors = {
            name: tensor.to(dtype) if dtype and tensor.is_floating_point() else tensor
            for name, tensor in self.tensors.items()
        }
        return function(**tensors, **self.words)

    def slopes(self, function: Any, bar: Tensor, dtype: Any = None) -> list[Tensor]:
        """Return the gradients to what is differentiated by."""
        leaves = {
            name: self.tensors[name].detach().to(dtype or self.tensors[name].dtype).requires_grad_()
            for name in self.differentiable
        }
        value = Drawn({**self.tensors, **leaves}, self.words).of(function, dtype)
        return list(torch.autograd.grad(value, list(leaves.values()), bar.to(value.dtype)))


@st.composite
def logits_and_shape(draw: Any) -> tuple[int, tuple[int, ...], int, str, Any]:
    """Classes, rows, where the classes lie, what the logits are like, and the dtype."""
    classes = draw(st.integers(1, 5))
    rows = draw(st.sampled_from([(), (1,), (4,), (3, 2), (2, 2, 3), (2, 1, 2, 1), (0,), (2, 0)]))
    kind = draw(st.sampled_from(["near", "wide", "offset", "tied", "confident"]))
    return classes, rows, min(1, len(rows)), kind, draw(st.sampled_from(DTYPES))


def values(generator: Any, shape: tuple[int, ...], kind: str) -> Tensor:
    """Logits in float64."""
    x = torch.randn(shape, generator=generator, dtype=torch.float64)
    if kind == "wide":
        return x * 40
    if kind == "offset":
        return x * 8 + 500
    if kind == "tied":
        return x.round()
    if kind == "confident":
        return x * 30 + 60 * (torch.rand(shape, generator=generator) > 0.7)
    return x


def shape_of(rows: tuple[int, ...], at: int, classes: int) -> tuple[int, ...]:
    return (*rows[:at], classes, *rows[at:])


def check(theirs: Any, ours: Any, call: Drawn, generator: Any) -> None:
    """Value, dtype, shape and gradients against PyTorch's."""
    want, own = call.of(theirs, torch.float64), call.of(theirs)
    got = call.of(ours)
    assert (got.dtype, got.shape) == (own.dtype, own.shape), call
    sizes = magnitudes(theirs, call)
    factor = share_of_a_row(call)
    size = sizes if call.words["reduction"] == "none" else sizes.sum() * factor
    compute = torch.promote_types(torch.float32, call.tensors["input"].dtype)
    # float64's own cancellation of logsumexp(x) - x, in the truth.
    cancelled = 2**-50 * (1 + largest(call)) * coefficients(call)
    cancelled = cancelled if call.words["reduction"] == "none" else cancelled.sum() * factor
    allowed = 16 * torch.finfo(compute).eps * size + cancelled
    near(got, want, allowed, call)
    if not torch.isfinite(want).all():
        return
    bar = torch.randn(want.shape, generator=generator, dtype=torch.float64)
    bar = bar.to(own.dtype)
    found, truth = call.slopes(ours, bar), call.slopes(theirs, bar.double(), torch.float64)
    for name, slope, exact in zip(call.differentiable, found, truth, strict=True):
        given = call.tensors[name]
        assert (slope.dtype, slope.shape) == (given.dtype, given.shape)
        # The slope to a logit is a difference of numbers of the coefficients' size; that to a
        # target is a loss, of the logits' size.
        reach = coefficients(call).max() if coefficients(call).numel() else torch.tensor(0.0)
        unit = (1 + 2 * largest(call)) * (
            reach if name == "input" else largest_weight(call) + reach
        )
        if name == "input" and theirs is F.binary_cross_entropy:
            unit = slope_parts(call)
        unit = unit * bar.double().abs().max() * factor if bar.numel() else unit
        near(slope, exact, (16 * torch.finfo(compute).eps + 2**-49) * unit, call)


def slope_parts(call: Drawn) -> Tensor:
    """Return the size of t/p and (1 - t)/(1 - p), whose difference is the slope to p.

    PyTorch divides by 1e-12 at least.
    """
    p, t = call.tensors["input"].double(), call.tensors["target"].double()
    parts = t / p.clamp(min=1e-12) + (1 - t) / (1 - p).clamp(min=1e-12)
    return parts * largest_weight(call)


def magnitudes(theirs: Any, call: Drawn) -> Tensor:
    """Return the size of what is added up in a row: the loss for coefficients without signs."""
    if "ignore_index" not in call.words:  # binary: both terms of an element
        return coefficients(call) * largest(call)
    tensors = {
        name: tensor if name == "input" or not tensor.is_floating_point() else tensor.abs()
        for name, tensor in call.tensors.items()
    }
    call = Drawn(tensors, {**call.words, "reduction": "none"})
    return call.of(theirs, torch.float64).abs()


def near(got: Tensor, want: Tensor, allowed: Tensor, call: Drawn) -> None:
    """Within what is allowed, and one rounding to the dtype of the result."""
    info = torch.finfo(got.dtype)
    rounding = want.abs() * info.eps + info.smallest_normal * info.eps
    over = want.abs() > info.max  # 16-bit results may overflow
    error = (got.double() - want).abs()
    same = (got.double() == want) | (got.isnan() & want.isnan()) | over
    assert bool((same | (error <= allowed + rounding)).all()), (call, got, want)


def largest(call: Drawn) -> Tensor:
    x = call.tensors["input"].double().abs()
    return x.max() + 2 if x.numel() else torch.tensor(0.0)


def largest_weight(call: Drawn) -> Tensor:
    found = torch.tensor(1.0, dtype=torch.float64)
    for name in ("weight", "pos_weight"):
        if name in call.tensors and call.tensors[name].numel():
            found = found * call.tensors[name].double().abs().max().clamp(min=1)
    return found


def coefficients(call: Drawn) -> Tensor:
    """Return at least the sum of the magnitudes of a row's coefficients, for every row."""
    target, x = call.tensors["target"], call.tensors["input"]
    most = torch.ones((), dtype=torch.float64)
    if target.is_floating_point() and target.numel():
        classes = x.shape[min(1, x.dim() - 1)] if x.dim() and "ignore_index" in call.words else 1
        most = (target.double().abs().max() + 1) * classes
    rows = Drawn(call.tensors, {**call.words, "reduction": "none"}).of(_rows_of)
    return torch.ones(rows, dtype=torch.float64) * most * largest_weight(call)


def _rows_of(**arguments: Any) -> Any:
    x = arguments["input"]
    if "ignore_index" not in arguments:
        return x.shape
    return x.shape[:1] + x.shape[2:] if x.dim() > 1 else ()


def share_of_a_row(call: Drawn) -> Any:
    """Return what a mean divides by, as a factor of at least 1 / D."""
    if call.words["reduction"] != "mean":
        return 1.0
    target, weight = call.tensors["target"], call.tensors.get("weight")
    if target.is_floating_point() or "ignore_index" not in call.words:
        count = Drawn(call.tensors, call.words).of(_rows_of)
        return 1.0 / max(1, torch.Size(count).numel())
    kept = target.reshape(-1).long()
    kept = kept[kept != call.words["ignore_index"]]
    total = float(kept.numel()) if weight is None else float(weight.double()[kept].sum())
    return 1.0 / total if total else 1.0

"""Where the drop-in keeps to crossent's rules, and where it keeps to PyTorch's edges."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F

import crossent.compat.torch as drop_in

INF, NAN = math.inf, math.nan
X, Y = torch.tensor([[2.0, 1.0, 0.0], [0.0, 3.0, 1.0]]), torch.tensor([0, 2])


def with_slope(function: Any, x: Any, *arguments: Any, **words: Any) -> tuple[Any, Any]:
    """Value, and gradient of its sum."""
    x = x.clone().requires_grad_()
    value = function(x, *arguments, **words)
    return value.detach(), torch.autograd.grad(value.sum(), x)[0]


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 5), (2, 3, 5, 7), (3,)])
@pytest.mark.parametrize("name", ["cross_entropy", "nll_loss"])
def test_m08_nothing_kept(name: str, shape: tuple[int, ...]) -> None:
    x = torch.full(shape, -1.0)
    y = torch.full((shape[0], *shape[2:]) if len(shape) > 1 else (), -100)
    for reduction in ("mean", "sum", "none"):
        want = with_slope(getattr(F, name), x, y, reduction=reduction)
        got = with_slope(getattr(drop_in, name), x, y, reduction=reduction)
        for ours, theirs in zip(got, want, strict=True):
            torch.testing.assert_close(ours, theirs, rtol=0, atol=0, equal_nan=True)
        assert math.isnan(got[0]) if reduction == "mean" else not got[0].any()


def test_m08_zero_weights() -> None:
    got = with_slope(drop_in.cross_entropy, X, Y, torch.zeros(3))
    assert math.isnan(got[0])
    assert torch.equal(got[1], torch.zeros(2, 3))


@pytest.mark.parametrize("bad", [NAN, INF, -INF])
def test_m06_an_ignored_row_may_hold_anything(bad: float) -> None:
    x = X.clone()
    x[1] = bad
    for function in (drop_in.cross_entropy, drop_in.nll_loss):
        value, slope = with_slope(function, x, torch.tensor([0, -100]))
        alone, of_one = with_slope(function, x[:1], torch.tensor([0]))
        assert torch.equal(value, alone)
        assert torch.equal(slope, torch.cat([of_one, torch.zeros(1, 3)]))


def test_m09_impossible_classes() -> None:
    x = torch.tensor([[0.0, -INF, 0.0]])
    for target in (torch.tensor([0]), torch.tensor([[1.0, 0.0, 0.0]])):
        value, slope = with_slope(drop_in.cross_entropy, x, target)
        # log 2, rounded once more by the mean
        assert value.item() == pytest.approx(math.log(2), rel=2**-23)
        assert slope.tolist() == [[-0.5, 0.0, 0.5]]
    assert drop_in.cross_entropy(x, torch.tensor([1])) == INF
    assert drop_in.cross_entropy(x, torch.tensor([0]), label_smoothing=0.1) == INF


@pytest.mark.parametrize("bad", [NAN, INF])
def test_m10_a_row_that_says_nothing(bad: float) -> None:
    x = X.clone()
    x[1, 0] = bad
    value, slope = with_slope(drop_in.cross_entropy, x, Y, reduction="none")
    good, slopes = with_slope(drop_in.cross_entropy, X, Y, reduction="none")
    assert math.isnan(value[1])
    assert slope[1].isnan().all()
    assert torch.equal(value[:1], good[:1])
    assert torch.equal(slope[:1], slopes[:1])


def test_m12_confident_rows_keep_their_digits() -> None:
    x, truth = torch.tensor([[20.0, 0.0]]), math.log1p(math.exp(-20))
    for target in (torch.tensor([0]), torch.tensor([[1.0, 0.0]])):
        value, slope = with_slope(drop_in.cross_entropy, x, target)
        assert value.item() == pytest.approx(truth, rel=2**-22)
        assert slope[0, 0].item() == pytest.approx(-truth, rel=2**-22)
        assert F.cross_entropy(x, target) == 0


def test_m17_infinite_logits_that_are_right() -> None:
    x, t = torch.tensor([INF, -INF, INF, -INF]), torch.tensor([1.0, 0.0, 0.0, 1.0])
    value, _ = with_slope(drop_in.binary_cross_entropy_with_logits, x, t, reduction="none")
    assert value.tolist() == [0.0, 0.0, INF, INF]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_binary_cross_entropy_at_its_ends(dtype: Any) -> None:
    tiny = torch.finfo(dtype).tiny
    p = torch.tensor([0, 1, 0, 1, tiny, 1e-13, 1 - 2**-24, 1e-12, 5e-13], dtype=dtype)
    for target in (0.0, 1.0, 0.25):
        t = torch.full_like(p, target)
        want = with_slope(F.binary_cross_entropy, p, t, reduction="none")
        got = with_slope(drop_in.binary_cross_entropy, p, t, reduction="none")
        # Both round: p (1 - p) and (p - t) to the dtype of p.
        for ours, theirs in zip(got, want, strict=True):
            torch.testing.assert_close(ours, theirs, rtol=4 * torch.finfo(dtype).eps, atol=0)
    assert drop_in.binary_cross_entropy(p[:1], torch.ones(1, dtype=dtype)) == 100


def test_16_bit_sums_do_not_overflow() -> None:
    x = torch.tensor([[0.0, 5.0]], dtype=torch.float16).repeat(20_000, 1)
    y = torch.zeros(20_000, dtype=torch.int64)
    assert torch.isinf(F.cross_entropy(x, y))
    value, slope = with_slope(drop_in.cross_entropy, x, y)
    assert value.dtype == torch.float16
    assert value.item() == pytest.approx(math.log1p(math.exp(5)), rel=2**-11)
    # Sum, then divided: the gradient is not lost in between.
    assert slope.dtype == torch.float16
    assert slope[0, 1].item() == pytest.approx(1 / (1 + math.exp(-5)) / 20_000, abs=2**-25)


def test_inputs_are_not_written() -> None:
    w = torch.tensor([1.0, 2.0, 5.0])
    before = [t.clone() for t in (X, Y, w)]
    with_slope(drop_in.cross_entropy, X, Y, w, label_smoothing=0.1)
    with_slope(drop_in.binary_cross_entropy_with_logits, X, torch.softmax(X, 1), w)
    assert all(torch.equal(a, b) for a, b in zip(before, (X, Y, w), strict=True))

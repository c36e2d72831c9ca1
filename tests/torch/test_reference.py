"""Where the definitions agree, crossent gives what PyTorch's own losses give."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F

import crossent as ce

G = torch.Generator().manual_seed(5)
X = 3 * torch.randn(40, 7, generator=G)
Y = torch.randint(0, 7, (40,), generator=G)
W = torch.rand(7, generator=G) + 0.1
Q = torch.softmax(torch.randn(40, 7, generator=G), -1)
T = torch.rand(40, 7, generator=G)
IMAGE, PIXELS = torch.randn(2, 7, 5, 4, generator=G), torch.randint(0, 7, (2, 5, 4), generator=G)


def sparse(x: Any, y: Any = Y, **options: Any) -> Any:
    return ce.sparse_categorical_crossentropy(y, x, from_logits=True, **options)


def dense(x: Any, **options: Any) -> Any:
    return ce.categorical_crossentropy(Q, x, from_logits=True, **options)


def binary(x: Any, **options: Any) -> Any:
    return ce.binary_crossentropy(T, x, from_logits=True, **options)


def ignoring(x: Any, **options: Any) -> Any:
    return sparse(x, torch.where(Y == 2, -100, Y), ignore_class=-100, **options)


# (ours, theirs) of the logits and a reduction
PAIRS: dict[str, tuple[Any, Any]] = {
    "index": (sparse, lambda x, **o: F.cross_entropy(x, Y, **o)),
    "smoothed": (
        lambda x, **o: sparse(x, label_smoothing=0.2, **o),
        lambda x, **o: F.cross_entropy(x, Y, label_smoothing=0.2, **o),
    ),
    "weighted": (
        lambda x, **o: sparse(x, class_weight=W, **o),
        lambda x, **o: F.cross_entropy(x, Y, weight=W, **o),
    ),
    "weighted and smoothed": (
        lambda x, **o: sparse(x, class_weight=W, label_smoothing=0.2, **o),
        lambda x, **o: F.cross_entropy(x, Y, weight=W, label_smoothing=0.2, **o),
    ),
    "ignored": (
        ignoring,
        lambda x, **o: F.cross_entropy(x, torch.where(Y == 2, -100, Y), **o),
    ),
    "soft": (dense, lambda x, **o: F.cross_entropy(x, Q, **o)),
    "binary": (binary, lambda x, **o: F.binary_cross_entropy_with_logits(x, T, **o)),
    "binary, pos_weight": (
        lambda x, **o: binary(x, pos_weight=W, **o),
        lambda x, **o: F.binary_cross_entropy_with_logits(x, T, pos_weight=W, **o),
    ),
}


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("ours", "theirs"), PAIRS.values(), ids=PAIRS)
def test_value_and_gradient(ours: Any, theirs: Any, dtype: Any, reduction: str) -> None:
    if dtype == torch.float64:
        x = X.double().requires_grad_()
        # torch's own loss takes targets and weights of the logits' dtype only
        reference = theirs(x.float(), reduction=reduction)
    else:
        x = X.clone().requires_grad_()
        reference = theirs(x, reduction=reduction)
    got = ours(x, reduction=reduction)
    # the reference is float32 and adds up in an order of its own
    torch.testing.assert_close(got.float(), reference, rtol=2e-5, atol=2e-6)
    bar = torch.linspace(-1, 1, max(1, got.numel())).reshape(got.shape)
    ours_gradient = torch.autograd.grad(got, x, bar.to(got.dtype))[0]
    reference_gradient = torch.autograd.grad(reference, x, bar)[0]
    torch.testing.assert_close(ours_gradient, reference_gradient, rtol=2e-5, atol=2e-6)


def test_images() -> None:
    got = ce.sparse_categorical_crossentropy(PIXELS, IMAGE, from_logits=True, axis=1)
    torch.testing.assert_close(got, F.cross_entropy(IMAGE, PIXELS))


def test_probabilities() -> None:
    p = torch.softmax(X, -1).requires_grad_()
    got = ce.sparse_categorical_crossentropy(Y, p)
    want = F.nll_loss(torch.log(p), Y)
    torch.testing.assert_close(got, want)
    pair = [torch.autograd.grad(loss, p)[0] for loss in (got, want)]
    torch.testing.assert_close(*pair)
    b = torch.sigmoid(X)
    torch.testing.assert_close(ce.binary_crossentropy(T, b), F.binary_cross_entropy(b, T))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_m13_16_bits_are_computed_in_float32(dtype: Any) -> None:
    x = X.to(dtype).requires_grad_()
    got = sparse(x)
    reference = x.detach().float().requires_grad_()
    want = F.cross_entropy(reference, Y)
    torch.testing.assert_close(got, want)
    gradient = torch.autograd.grad(got, x)[0]
    exact = torch.autograd.grad(want, reference)[0]
    # half a unit of the 16-bit type, and the reference's own rounding
    unit = torch.finfo(dtype).eps / 2 * 1.01
    torch.testing.assert_close(gradient.float(), exact, rtol=unit, atol=1e-7)


def test_m12_digits_that_torch_loses() -> None:
    x = torch.tensor([[20.0, 0.0]], requires_grad=True)
    loss = ce.sparse_categorical_crossentropy([0], x, from_logits=True)
    assert loss.item() == pytest.approx(2.0611536181902037e-09, rel=1e-6)
    assert F.cross_entropy(x, torch.tensor([0])).item() == 0
    gradient = torch.autograd.grad(loss, x)[0]
    assert gradient.tolist() == [
        [pytest.approx(-2.06115362e-09, rel=1e-6), pytest.approx(2.06115362e-09, rel=1e-6)]
    ]

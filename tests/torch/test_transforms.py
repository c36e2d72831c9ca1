"""torch.func, forward mode and vmap."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.autograd import forward_ad

import crossent as ce
from contract.runner_torch import split, value
from contract.test_derivatives import CALLS

G = torch.Generator().manual_seed(7)
X = 3 * torch.randn(6, 5, dtype=torch.float64, generator=G)
Y = torch.tensor([0, 4, 2, 1, 3, 0])
LOGITS: dict[str, Any] = {"from_logits": True}


def loss(x: Any, y: Any = Y, **options: Any) -> Any:
    return ce.sparse_categorical_crossentropy(y, x, **LOGITS, **options)


def test_grad_and_value() -> None:
    x = X.clone().requires_grad_()
    want = torch.autograd.grad(loss(x), x)[0]
    gradient, got = torch.func.grad_and_value(loss)(X)
    torch.testing.assert_close(gradient, want, rtol=1e-13, atol=1e-16)  # numbers up to 1
    torch.testing.assert_close(got, loss(X))


ROWS_FIRST = [name for name, call in CALLS.items() if call.options.get("axis", -1) == -1]


@pytest.mark.parametrize("name", ROWS_FIRST)
def test_vmap_over_the_rows_of_every_call(name: str) -> None:
    call = CALLS[name]
    tensors, _ = split(call)
    rows = {"y_pred", "y_true", "sample_weight", "target_prob"} & tensors.keys()
    in_dims = ({k: 0 if k in rows else None for k in tensors},)

    def terms(given: Any) -> Any:
        return value(call.function, given, {**call.options, "reduction": "none"})

    got, want = torch.vmap(terms, in_dims=in_dims)(tensors), terms(tensors)
    torch.testing.assert_close(got, want, rtol=1e-6, atol=0)


@pytest.mark.parametrize("x_dim", [0, 1])
@pytest.mark.parametrize("y_dim", [0, 1, None])
@pytest.mark.parametrize("mask_dim", [0, None, "classes"])
def test_vmap_over_any_axis_of_any_argument(x_dim: int, y_dim: Any, mask_dim: Any) -> None:
    x = torch.randn(4, 3, 6, 5, generator=G)
    y = torch.randint(0, 4, (4, 3, 6), generator=G)
    mask = torch.ones(4, 5, dtype=torch.bool)
    mask[:, 4] = False
    mask[2, 4] = True
    logits = x.movedim(0, x_dim)
    labels = y[0] if y_dim is None else y.movedim(0, y_dim)
    masks = {0: mask, None: mask[0], "classes": mask[0].expand(3, 6, 5)}[mask_dim]
    dims = (x_dim, y_dim, 0 if mask_dim == 0 else None)

    def terms(x: Any, y: Any, mask: Any) -> Any:
        return loss(x, y, class_mask=mask, reduction="none")

    got = torch.vmap(terms, in_dims=dims)(logits, labels, masks)
    want = torch.stack(
        [
            terms(x[i], y[0] if y_dim is None else y[i], mask[i] if mask_dim == 0 else masks)
            for i in range(4)
        ]
    )
    torch.testing.assert_close(got, want, rtol=1e-6, atol=0)


def test_gradients_of_every_sample() -> None:
    weight = torch.randn(5, 8, dtype=torch.float64, generator=G)
    hidden = torch.randn(6, 8, dtype=torch.float64, generator=G)

    def sample(weight: Any, h: Any, y: Any) -> Any:
        return loss((weight @ h)[None], y[None])

    got = torch.vmap(torch.func.grad(sample), in_dims=(None, 0, 0))(weight, hidden, Y)
    for i in range(6):
        w = weight.clone().requires_grad_()
        want = torch.autograd.grad(sample(w, hidden[i], Y[i]), w)[0]
        torch.testing.assert_close(got[i], want, rtol=1e-12, atol=1e-15)  # numbers near 1


def test_m01_labels_that_can_be_seen_are_checked_though_logits_are_traced() -> None:
    bad = torch.tensor([0, 5, 2, 1, 3, 0])
    with pytest.raises(ce.LabelRangeError):
        torch.func.grad(loss)(X, bad)
    torch.vmap(lambda x: loss(x, bad[:1]))(X[:, None])  # the first label alone is fine
    with pytest.raises(ce.LabelRangeError):
        torch.vmap(lambda x: loss(x, bad[1:2]))(X[:, None])


def test_m01_labels_in_a_batch_cannot_be_seen_and_give_nan() -> None:
    bad = torch.tensor([0, 5, 2, -1, 3, 0])
    terms = torch.vmap(lambda x, y: loss(x[None], y[None]))(X, bad)
    assert torch.isnan(terms).nonzero()[:, 0].tolist() == [1, 3]


def test_forward_mode_agrees_with_backward() -> None:
    v = torch.randn(6, 5, dtype=torch.float64, generator=G)
    x = X.clone().requires_grad_()
    want = (torch.autograd.grad(loss(x), x)[0] * v).sum()
    with forward_ad.dual_level():
        tangent = forward_ad.unpack_dual(loss(forward_ad.make_dual(X, v))).tangent
    torch.testing.assert_close(tangent, want, rtol=1e-12, atol=0)
    torch.testing.assert_close(torch.func.jvp(loss, (X,), (v,))[1], want, rtol=1e-12, atol=0)


def test_forward_mode_of_weights() -> None:
    s, v = torch.rand(6, generator=G).double(), torch.randn(6, generator=G).double()

    def f(s: Any) -> Any:
        return loss(X, sample_weight=s)

    want = (torch.func.grad(f)(s) * v).sum()
    torch.testing.assert_close(torch.func.jvp(f, (s,), (v,))[1], want, rtol=1e-12, atol=1e-16)


def test_batches_of_gradients() -> None:
    x = X.clone().requires_grad_()
    terms = loss(x, reduction="none")
    bars = torch.eye(6, dtype=torch.float64)
    got = torch.autograd.grad(terms, x, bars, is_grads_batched=True)[0]
    for i in range(6):
        want = torch.zeros_like(X)
        row = X[i : i + 1].clone().requires_grad_()
        want[i] = torch.autograd.grad(loss(row, Y[i : i + 1]), row)[0]
        torch.testing.assert_close(got[i], want, rtol=1e-12, atol=1e-15)  # numbers near 1


def test_ensembles_of_models() -> None:
    models = [torch.nn.Linear(8, 5).double() for _ in range(3)]
    parameters, buffers = torch.func.stack_module_state(models)
    hidden = torch.randn(6, 8, dtype=torch.float64, generator=G)

    def f(parameters: Any, buffers: Any) -> Any:
        return loss(torch.func.functional_call(models[0], (parameters, buffers), hidden))

    got = torch.vmap(f)(parameters, buffers)
    want = torch.stack([loss(model(hidden)) for model in models])
    torch.testing.assert_close(got, want)

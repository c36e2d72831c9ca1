"""torch.compile, torch.export, make_fx: one graph, the same numbers, NaN for bad labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch.fx.experimental.proxy_tensor import make_fx

import crossent as ce
from contract.runner_torch import array_of
from crossent.testing import assert_close
from meta.source import run_python

G = torch.Generator().manual_seed(3)
X = 3 * torch.randn(12, 7, generator=G)
Y = torch.randint(0, 7, (12,), generator=G)
Q = torch.softmax(torch.randn(12, 7, generator=G), -1)
S = torch.rand(12, generator=G)
W = torch.rand(7, generator=G)
LOGITS: dict[str, Any] = {"from_logits": True}


def everything(x: Any, y: Any, q: Any, s: Any, w: Any) -> tuple[Any, ...]:
    """Each function with options that add code of their own."""
    p = torch.softmax(x, -1)
    several = {"target_prob": torch.stack([s, 1 - s], -1)}
    options = {"label_smoothing": 0.1, "z_loss": 0.01, "sample_weight": s, "class_weight": w}
    return (
        ce.sparse_categorical_crossentropy(y, x, **LOGITS),
        ce.sparse_categorical_crossentropy(y, x, **LOGITS, **options, ignore_class=2),
        ce.sparse_categorical_crossentropy(
            torch.stack([y, (y + 1) % 7], -1), x, **LOGITS, **several
        ),
        ce.categorical_crossentropy(q, x, **LOGITS, reduction="sum"),
        ce.categorical_crossentropy(q, p, normalize=True, class_weight=w),
        ce.sparse_categorical_crossentropy(y, p, reduction="none", epsilon=0).sum(),
        ce.binary_crossentropy(q, x, **LOGITS, pos_weight=w),
        *ce.binary_crossentropy(q, p, reduction="parts"),
    )


def test_every_function_is_one_graph_with_the_values_of_eager() -> None:
    arguments = (Y, Q, S, W)
    eager_x, x = X.clone().requires_grad_(), X.clone().requires_grad_()
    want = everything(eager_x, *arguments)
    got = torch.compile(everything, fullgraph=True, backend="aot_eager")(x, *arguments)
    for a, b in zip(got, want, strict=True):
        assert a.dtype == b.dtype
        assert_close(array_of(a), array_of(b), ulps=64)
    pair = [torch.autograd.grad(sum(v), leaf)[0] for v, leaf in ((got, x), (want, eager_x))]
    # sums of several gradients that cancel: absolute, against numbers near 1
    torch.testing.assert_close(*pair, rtol=1e-5, atol=1e-6)


def test_m01_inductor_bad_labels_are_nan_rows_and_others_keep_their_bits() -> None:
    def terms(x: Any, y: Any) -> Any:
        return ce.sparse_categorical_crossentropy(y, x, **LOGITS, reduction="none")

    program = torch.compile(terms, fullgraph=True)

    def step(y: Any) -> tuple[Any, Any]:
        x = X.clone().requires_grad_()
        values = program(x, y)
        return values.detach(), torch.autograd.grad(values.sum(), x)[0]

    bad = Y.clone()
    bad[3], bad[8] = 7, -1
    values, gradient = step(bad)
    want_values, want_gradient = step(Y)
    others = torch.ones(12, dtype=torch.bool)
    others[[3, 8]] = False
    assert torch.isnan(values[~others]).all()
    assert torch.isnan(gradient[~others]).all()
    assert torch.equal(values[others], want_values[others])
    assert torch.equal(gradient[others], want_gradient[others])
    eager = ce.sparse_categorical_crossentropy(Y, X, **LOGITS, reduction="none")
    assert_close(array_of(want_values), array_of(eager), ulps=64)
    # M12: log(1 + 6 exp(-20)), and minus the sum of the other probabilities
    confident = torch.tensor([[20.0, 0, 0, 0, 0, 0, 0]]).repeat(12, 1).requires_grad_()
    terms_of_confident = program(confident, torch.zeros(12, dtype=torch.int64))
    slope = torch.autograd.grad(terms_of_confident.sum(), confident)[0]
    exact = 6 * np.exp(-20.0)
    assert terms_of_confident[0].item() == pytest.approx(exact, rel=1e-6)
    assert slope[0, 0].item() == pytest.approx(-exact, rel=1e-6)


def test_one_program_serves_every_batch_size() -> None:
    def loss(x: Any, y: Any) -> Any:
        return ce.sparse_categorical_crossentropy(y, x, **LOGITS)

    program = torch.compile(loss, fullgraph=True, backend="eager", dynamic=True)
    with torch._dynamo.config.patch(error_on_recompile=True):
        for n in (12, 5, 7, 3):
            want = loss(X[:n], Y[:n])
            torch.testing.assert_close(program(X[:n].clone(), Y[:n].clone()), want)


def test_the_first_call_of_a_process_may_be_compiled() -> None:
    code = """
import torch, crossent as ce
loss = torch.compile(
    lambda y, x: ce.sparse_categorical_crossentropy(y, x, from_logits=True),
    fullgraph=True, backend="eager",
)
print(loss(torch.tensor([0]), torch.zeros(1, 2)).item())
"""
    done = run_python("-W", "error", "-c", code)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(np.log(2), rel=1e-6)


OUTSIDE: dict[str, dict[str, Any]] = {
    "int64 labels": {"y_true": Y.numpy()},
    "int32 labels": {"y_true": Y.numpy().astype(np.int32)},
    "labels in a list": {"y_true": Y.tolist()},
    "labels in a tensor": {"y_true": Y},
    "weights": {"sample_weight": S.numpy(), "class_weight": W.tolist()},
    "a dict of weights": {"class_weight": {c: 0.3 + c for c in range(7)}},
    "numbers": {"sample_weight": 2.0, "normalizer": 7},
    "mask": {"class_mask": [True] * 7},
}


@pytest.mark.parametrize("given", OUTSIDE.values(), ids=OUTSIDE)
def test_arrays_from_outside_the_program(given: dict[str, Any]) -> None:
    options = {"y_true": Y, **given}

    def loss(x: Any) -> Any:
        return ce.sparse_categorical_crossentropy(y_pred=x, **LOGITS, **options)

    got = torch.compile(loss, fullgraph=True, backend="eager")(X)
    torch.testing.assert_close(got, loss(X))


class Module(torch.nn.Module):
    """A loss to be exported."""

    def forward(self, x: Any, y: Any, s: Any) -> Any:
        options = {"sample_weight": s, "label_smoothing": 0.1, "reduction": "none"}
        return ce.sparse_categorical_crossentropy(y, x, **LOGITS, **options)


class Mean(torch.nn.Module):
    """A mean to be exported."""

    def forward(self, x: Any, y: Any) -> Any:
        return ce.sparse_categorical_crossentropy(y, x, **LOGITS)


@pytest.mark.parametrize("strict", [False, True])
def test_export_with_a_batch_of_any_size(strict: bool) -> None:
    n = {0: torch.export.Dim("n")}
    shapes = {"x": n, "y": n, "s": n}
    exported = torch.export.export(Module(), (X, Y, S), dynamic_shapes=shapes, strict=strict)
    program = exported.module()
    for rows in (12, 5):
        got, want = (m(X[:rows], Y[:rows], S[:rows]) for m in (program, Module()))
        assert_close(array_of(got), array_of(want), ulps=64)
    bad = Y.clone()
    bad[4] = 7
    assert torch.isnan(program(X, bad, S)).nonzero().tolist() == [[4]]


def test_export_as_a_mean() -> None:
    n = {0: torch.export.Dim("n")}
    program = torch.export.export(Mean(), (X, Y), dynamic_shapes={"x": n, "y": n}).module()
    torch.testing.assert_close(program(X[:5], Y[:5]), Mean()(X[:5], Y[:5]))


@pytest.mark.parametrize("mode", ["real", "fake", "symbolic"])
def test_make_fx_records_operations_and_no_numbers(mode: str) -> None:
    recorded = make_fx(Mean(), tracing_mode=mode)(X, Y)
    other = X.flip(0) * 2
    torch.testing.assert_close(recorded(other, Y), Mean()(other, Y))


def test_errors_while_compiling() -> None:
    def loss(x: Any) -> Any:
        return ce.sparse_categorical_crossentropy(Y, x, epsilon=0.1, **LOGITS)

    with pytest.raises(ce.OptionError, match=r"^\[CE001\] `epsilon`"):
        torch.compile(loss, backend="eager")(X)
    torch._dynamo.reset()  # the function has been given up
    # of a whole graph PyTorch raises its own error, which repeats ours
    with pytest.raises(Exception, match=r"OptionError.*CE001.*`epsilon` has a meaning only"):
        torch.compile(loss, fullgraph=True, backend="eager")(X)


def test_a_compiled_loss_object() -> None:
    loss = ce.SparseCategoricalCrossentropy(from_logits=True, label_smoothing=0.1)
    got = torch.compile(lambda y, x: loss(y, x), fullgraph=True, backend="eager")(Y, X)
    torch.testing.assert_close(got, loss(Y, X))

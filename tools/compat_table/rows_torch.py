"""PyTorch: its losses, and what stands in for them."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional
from row import Row

import crossent.compat.torch

PEER = "`torch.nn.functional`"
PACKAGES = ("torch",)
THEIRS = torch.nn.functional
OURS = crossent.compat.torch

INF = float("inf")
X = torch.tensor([[2.0, 1.0, 0.0], [0.0, 3.0, 1.0]])
Y = torch.tensor([0, 2])
W = torch.tensor([1.0, 2.0, 5.0])
ONE_HOT = torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
IGNORED = torch.tensor([0, -100])
HOLED = torch.tensor([[0.0, -INF, 0.0]])


def slopes(loss: Any, x: Any) -> Any:
    """Return the gradient of a loss to what it is given."""
    x = x.clone().requires_grad_()
    return torch.autograd.grad(loss(x), x)[0]


def modules(functions: Any) -> Any:
    """Return where the classes are that go with the functions."""
    return torch.nn if functions is THEIRS else functions


def compiled(loss: Any) -> Any:
    return torch.compile(loss, backend="eager")()


ROWS = (
    Row(
        "`cross_entropy`, indices, class weights (1, 2, 5), mean",
        lambda f: f.cross_entropy(X, Y, W),
        True,
        "the divisor is the sum of the labels' weights; it is crossent's too (rule M07)",
    ),
    Row(
        "the same with one-hot targets",
        lambda f: f.cross_entropy(X, ONE_HOT, W),
        True,
        "the divisor is the number of rows, so that one-hot and index differ; code is tuned to it",
    ),
    Row(
        "`cross_entropy`, mean of rows that are all ignored",
        lambda f: f.cross_entropy(X, torch.tensor([-100, -100])),
        True,
        "PyTorch's decision; `ce.sparse_categorical_crossentropy` gives 0",
    ),
    Row(
        "the same, gradient",
        lambda f: slopes(lambda x: f.cross_entropy(x, torch.tensor([-100, -100])), X),
        True,
        "nothing is kept, nothing moves",
    ),
    Row(
        "`cross_entropy`, no rows, mean",
        lambda f: f.cross_entropy(X[:0], Y[:0]),
        True,
        "as above",
    ),
    Row(
        "`cross_entropy`, target (1, 1, 0): no distribution",
        lambda f: f.cross_entropy(X[:1], torch.tensor([[1.0, 1.0, 0.0]])),
        True,
        "PyTorch defines the loss for any coefficients, differentiates by them, and mixes and "
        "distils with them; `ce.categorical_crossentropy` raises `TargetError`",
    ),
    Row(
        "`cross_entropy`, target (−1, 2, 0): no distribution",
        lambda f: f.cross_entropy(X[:1], torch.tensor([[-1.0, 2.0, 0.0]])),
        True,
        "as above",
    ),
    Row(
        "`cross_entropy`, class weights (−1, 2, 5)",
        lambda f: f.cross_entropy(X, Y, torch.tensor([-1.0, 2.0, 5.0])),
        True,
        "a coefficient too; the core raises `WeightError`",
    ),
    Row(
        "`cross_entropy`, one class only",
        lambda f: f.cross_entropy(X[:, :1], torch.tensor([0, 0])),
        True,
        "0 whatever the model says; the core raises `ShapeError`",
    ),
    Row(
        "`cross_entropy`, labels of int32",
        lambda f: f.cross_entropy(X, Y.int()),
        True,
        "code may rely on the error; the core takes every integer type",
    ),
    Row(
        "`cross_entropy`, `size_average=False`",
        lambda f: f.cross_entropy(X, Y, size_average=False),
        True,
        "deprecated by PyTorch, with its warning",
    ),
    Row(
        "`cross_entropy`, `ignore_index=1` with probabilities",
        lambda f: f.cross_entropy(X, ONE_HOT, ignore_index=1),
        True,
        "rows of targets have no index",
    ),
    Row(
        "`binary_cross_entropy`, probability 0, target 1",
        lambda f: f.binary_cross_entropy(torch.tensor([0.0]), torch.tensor([1.0])),
        True,
        "logarithms stop at −100; the core clips probabilities at 1e-7, or not at all",
    ),
    Row(
        "the same, gradient",
        lambda f: slopes(lambda p: f.binary_cross_entropy(p, torch.ones(1)), torch.zeros(1)),
        True,
        "the divisor of the slope stops at 1e-12",
    ),
    Row(
        "`binary_cross_entropy_with_logits`, targets 1 and 0, `weight=(3, 1)`, mean",
        lambda f: f.binary_cross_entropy_with_logits(
            torch.tensor([1.0, 2.0]), torch.tensor([1.0, 0.0]), torch.tensor([3.0, 1.0])
        ),
        True,
        "the divisor is the number of elements, whatever their weights",
    ),
    Row(
        "`nll_loss` of (−0.1, 5), label 1: no log-probability",
        lambda f: f.nll_loss(torch.tensor([[-0.1, 5.0]]), torch.tensor([1])),
        True,
        "it is a choice of one number a row, and used as such",
    ),
    Row(
        "`cross_entropy`, labels 0 and 3 of 3 classes",
        lambda f: f.cross_entropy(X, torch.tensor([0, 3])),
        False,
        "an `IndexError` too, but it names the labels, where they are and what to do",
    ),
    Row(
        "the same in `torch.compile`, loss of each row",
        lambda f: compiled(lambda: f.cross_entropy(X, torch.tensor([0, 3]), reduction="none")),
        False,
        "values of compiled code are not looked at: the row and its gradient are NaN",
    ),
    Row(
        "`cross_entropy`, row 2 ignored and NaN, gradient",
        lambda f: slopes(
            lambda x: f.cross_entropy(x, IGNORED), torch.tensor([[2.0, 1.0, 0.0], [0.0, INF, 1.0]])
        ),
        False,
        "an ignored row may hold anything (rule M06)",
    ),
    Row(
        "`cross_entropy`, logits (0, −∞, 0), target (½, 0, ½); exactly 0.69315",
        lambda f: f.cross_entropy(HOLED, torch.tensor([[0.5, 0.0, 0.5]])),
        False,
        "a class to which the target gives nothing may be impossible (rule M09)",
    ),
    Row(
        "`cross_entropy`, logits (20, 0), label 0; exactly 2.0612e-09",
        lambda f: f.cross_entropy(torch.tensor([[20.0, 0.0]]), torch.tensor([0])),
        False,
        "confident rows keep their digits (rule M12)",
    ),
    Row(
        "`cross_entropy`, 20 000 float16 rows of logits (0, 5), label 0, mean; exactly 5.0067",
        lambda f: f.cross_entropy(
            torch.tensor([[0.0, 5.0]]).half().repeat(20000, 1), torch.zeros(20000).long()
        ),
        False,
        "16-bit rows are summed in more digits, so that the sum does not overflow (rule M13)",
    ),
    Row(
        "`cross_entropy`, `label_smoothing=-0.2`",
        lambda f: f.cross_entropy(X, Y, label_smoothing=-0.2),
        False,
        "PyTorch ignores it; nothing is accepted and ignored here",
    ),
    Row(
        "`nll_loss`, log-probability −∞ at the label, its class weight 0, no reduction",
        lambda f: f.nll_loss(
            torch.tensor([[0.0, -INF]]), torch.tensor([1]), torch.tensor([1.0, 0.0]),
            reduction="none",
        ),
        False,
        "a coefficient of 0 contributes 0 (rule M07)",
    ),
    Row(
        "`binary_cross_entropy_with_logits`, logits ∞ and −∞, targets 1 and 0",
        lambda f: f.binary_cross_entropy_with_logits(
            torch.tensor([INF, -INF]), torch.tensor([1.0, 0.0])
        ),
        False,
        "infinite logits that are right cost 0 (rule M17)",
    ),
    Row(
        "`binary_cross_entropy_with_logits`, logit 1, complex target ½",
        lambda f: f.binary_cross_entropy_with_logits(
            torch.tensor(1.0), torch.tensor(0.5 + 0j)
        ).real,
        False,
        "a loss of complex numbers has no meaning here",
    ),
    Row(
        "`cross_entropy`, logits of shape (1, 2, 1), the label a uint8",
        lambda f: f.cross_entropy(torch.tensor([[[0.0], [1.0]]]), torch.tensor([[1]]).byte()),
        False,
        "PyTorch takes uint8 labels of up to two dimensions of logits; here they are taken always",
    ),
    Row(
        "`torch.jit.script(CrossEntropyLoss())`",
        lambda f: torch.jit.script(modules(f).CrossEntropyLoss())(X, Y),
        False,
        "TorchScript does not read the core's Python; `torch.compile`, `torch.export` and "
        "`torch.jit.trace` do",
    ),
    Row(
        "`cross_entropy`, gradient to the class weights (1, 2, 5), indices",
        lambda f: slopes(lambda w: f.cross_entropy(X, Y, w), W),
        False,
        "weights have a gradient (rule M20)",
    ),
)  # fmt: skip

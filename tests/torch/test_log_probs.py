"""Log-probabilities in PyTorch: derivatives of every order and mode, graphs, memory, callers."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
import torch
from torch.autograd import forward_ad, gradcheck, gradgradcheck

import crossent as ce
from meta.source import run_python

FLOATS = ("log_prob", "entropy", "lse")
OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "temperature": {"temperature": 0.6},
    "ignored": {"ignore_class": 2},
    "mask": {"class_mask": torch.tensor([True, True, True, False, True])},
    "shift": {"shift": True},
}
EACH = pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)


def drawn() -> tuple[Any, Any]:
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(2, 3, 5, dtype=torch.float64, generator=generator) * 2
    return torch.tensor([[0, 2, 4], [1, 1, 2]]), x.requires_grad_()


def outputs(y: Any, x: Any, options: dict[str, Any], names: Any = FLOATS) -> Any:
    return ce.log_probs(y, x, outputs=names, **options)


@EACH
@pytest.mark.parametrize("kernels", [True, False])
def test_m18_derivatives(options: dict[str, Any], kernels: bool) -> None:
    y, x = drawn()
    ce.use_kernels(kernels)
    try:

        def function(x: Any) -> Any:
            return tuple(outputs(y, x, options))

        assert gradcheck(function, (x,), check_forward_ad=True)
        assert gradgradcheck(function, (x,))
    finally:
        ce.use_kernels(True)


def test_m18_derivatives_where_logits_tie() -> None:
    x = torch.tensor([[1.0, 1.0, 0.5], [2.0, 2.0, 2.0]], dtype=torch.float64, requires_grad=True)
    y = torch.tensor([0, 2])

    def function(x: Any) -> Any:
        return tuple(outputs(y, x, {}))

    # Ties are kinks of no output: a rule that counts them must still be smooth there.
    assert gradcheck(function, (x,))
    assert gradgradcheck(function, (x,))


@EACH
def test_transformations(options: dict[str, Any]) -> None:
    y, x = drawn()
    x = x.detach()
    jacobian = torch.autograd.functional.jacobian(lambda x: outputs(y, x, options)[1], x)
    for way in (torch.func.jacrev, torch.func.jacfwd):
        torch.testing.assert_close(way(lambda x: outputs(y, x, options)[1])(x), jacobian)
    batch = torch.stack([x, x + 1, 2 * x])
    names = (*FLOATS, "rank")
    each = torch.func.vmap(lambda x: tuple(outputs(y, x, options, names)))(batch)
    for k, name in enumerate(names):
        want = torch.stack([getattr(outputs(y, one, options, names), name) for one in batch])
        torch.testing.assert_close(each[k], want)


def test_forward_mode_of_one_direction() -> None:
    y, x = drawn()
    x = x.detach()
    direction = torch.ones_like(x)
    with forward_ad.dual_level():
        found = outputs(y, forward_ad.make_dual(x, direction), {})
        tangents = [forward_ad.unpack_dual(one).tangent for one in found]
    # One number more on every logit: only the logsumexp moves.
    torch.testing.assert_close(tangents[2], torch.ones(2, 3, dtype=torch.float64))
    for tangent in tangents[:2]:
        torch.testing.assert_close(tangent, torch.zeros(2, 3, dtype=torch.float64))


@EACH
def test_one_graph(options: dict[str, Any]) -> None:
    y, x = drawn()
    names = (*FLOATS, "rank", "correct")
    compiled = torch.compile(
        lambda y, x: outputs(y, x, options, names), fullgraph=True, backend="aot_eager"
    )
    found, want = compiled(y, x), outputs(y, x, options, names)
    assert found._fields == want._fields
    torch.testing.assert_close(tuple(found), tuple(want))
    slopes = [
        torch.autograd.grad(sum(one.sum() for one in result[:3]), x)[0] for result in (found, want)
    ]
    torch.testing.assert_close(*slopes)


def test_a_program_is_exported() -> None:
    y, x = drawn()

    class Module(torch.nn.Module):
        def forward(self, y: Any, x: Any) -> Any:
            return tuple(ce.log_probs(y, x, outputs=("log_prob", "rank"), shift=True))

    program = torch.export.export(Module(), (y, x.detach())).module()
    torch.testing.assert_close(program(y, x.detach()), Module()(y, x.detach()))


def test_parts_of_backward_may_be_missing() -> None:
    y, x = drawn()
    found = outputs(y, x, {})
    alone = [torch.autograd.grad(one.sum(), x, retain_graph=True)[0] for one in found]
    together = torch.autograd.grad(sum(one.sum() for one in found), x)[0]
    torch.testing.assert_close(sum(alone), together)


def test_logits_that_were_changed_are_an_error() -> None:
    y, x = drawn()
    hidden = x * 1
    found = outputs(y, hidden, {})
    hidden.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        found[0].sum().backward()


def test_only_floats_have_gradients() -> None:
    y, x = drawn()
    found = outputs(y, x, {}, ("rank", "log_prob", "correct"))
    assert [one.requires_grad for one in found] == [False, True, False]
    with torch.no_grad():
        assert not ce.log_probs(y, x).requires_grad


def test_a_named_tuple_is_copied_and_stored() -> None:
    y, x = drawn()
    found = outputs(y, x.detach(), {}, ("entropy", "rank"))
    for other in (pickle.loads(pickle.dumps(found)), copy.deepcopy(found)):
        assert type(other) is type(found)
        assert other._fields == ("entropy", "rank")
        torch.testing.assert_close(tuple(other), tuple(found))
    mapped = torch.utils._pytree.tree_map(lambda one: one + 1, found)
    assert mapped.rank.tolist() == (found.rank + 1).tolist()


def test_the_way_that_is_taken() -> None:
    y, x = drawn()
    ce.log_probs(y, x)
    assert ce.last_path() == "kernel"
    ce.use_kernels(False)
    try:
        ce.log_probs(y, x)
        assert ce.last_path() == "operations"
    finally:
        ce.use_kernels(True)


MEMORY = """
import re, sys
import numpy as np, torch
import crossent as ce
def status(field):
    text = open("/proc/self/status").read()
    return 1024 * int(re.search(field + r":\\s+(\\d+)", text)[1])
rows, classes, dtype = 256, 100_000, getattr(torch, sys.argv[1])
kind = sys.argv[2]
names = ("log_prob", "entropy", "lse", "rank")
small, y = torch.zeros(16, classes, dtype=dtype), torch.arange(rows)
ce.log_probs(y[:16], small, outputs=names)
small.requires_grad_()
sum(one.sum() for one in ce.log_probs(y[:16], small, outputs=names)[:3]).backward()
x = torch.randn(rows, classes).to(dtype)
if kind == "numpy":
    x, y = x.numpy(), y.numpy()
elif kind == "gradient":
    x.requires_grad_()
open("/proc/self/clear_refs", "w").write("5")
before = status("VmRSS")
found = ce.log_probs(y, x, outputs=names)
if kind == "gradient":
    sum(one.sum() for one in found[:3]).backward()
print((status("VmHWM") - before) / (rows * classes * dtype.itemsize))
"""


@pytest.mark.parametrize(
    ("dtype", "kind", "most"),
    [
        # In times of the logits. Rows that are copied take a megabyte or two a thread.
        ("float32", "forward", 0.02),
        ("float32", "numpy", 0.02),
        ("bfloat16", "forward", 0.15),
        ("float32", "gradient", 1.05),
        ("bfloat16", "gradient", 1.25),
    ],
)
def test_no_matrix_is_made_beside_the_logits(dtype: str, kind: str, most: float) -> None:
    done = run_python("-c", MEMORY, dtype, kind)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) <= most

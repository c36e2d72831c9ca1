"""M18 and M20 for PyTorch: derivatives of every order and mode, and gradients to weights.

The losses go through a nonlinear function first. gradcheck and gradgradcheck compare with
differences of the values; the oracle's own gradient, differentiated in 60 digits, is the truth
that shares no code.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch.autograd import forward_ad, gradcheck, gradgradcheck

import crossent as ce
import oracle
from contract.case import Call
from contract.runner_torch import array_of, split, value
from contract.test_derivatives import (
    CALLS,
    STEP,
    WRT,
    Curve,
    assert_rows_close,
    assert_vector_close,
    curve_gradient,
    differences,
    direction,
    in_dtype,
    terms_of,
)

EVERY_CALL = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


def losses(call: Call, x: Any, reduction: str = "none", **given: Any) -> Any:
    """The library's answer for these predictions and given tensors."""
    tensors, _ = split(call)
    return value(
        call.function, {**tensors, **given, "y_pred": x}, {**call.options, "reduction": reduction}
    )


def sine(terms: Any) -> Any:
    """The curve of the oracle's tests: a different factor for every row."""
    flat = terms.reshape(-1)
    k = torch.arange(flat.numel(), dtype=flat.dtype) * 0.37 + 0.51
    return (torch.sin(3 * flat) * k).sum()


def wide(call: Call) -> Any:
    """The predictions as a float64 tensor that asks for its gradient."""
    return torch.tensor(np.asarray(call.y_pred, np.float64), requires_grad=True)


# Not at -inf, nor where a step leaves the clip: there differences of values say nothing.
SMOOTH = [name for name in CALLS if name not in ("index-hole", "probabilities-clipped")]


@pytest.mark.parametrize("name", SMOOTH)
def test_m18_gradcheck_of_a_nonlinear_function(name: str) -> None:
    call = CALLS[name]
    for reduction in ("none", "mean", "sum"):

        def f(x: Any, reduction: str = reduction) -> Any:
            return sine(losses(call, x, reduction))

        x = wide(call)
        assert gradcheck(f, x, check_forward_ad=True)
        assert gradgradcheck(f, x)


@pytest.mark.parametrize("name", ["index", "soft-everything", "probabilities", "binary"])
def test_m18_gradcheck_of_batches_of_gradients(name: str) -> None:
    call = CALLS[name]

    def f(x: Any) -> Any:
        return sine(losses(call, x))

    assert gradcheck(
        f,
        wide(call),
        check_forward_ad=True,
        check_batched_grad=True,
        check_batched_forward_grad=True,
    )
    assert gradgradcheck(f, wide(call), check_batched_grad=True)


def by_backward(f: Any, x: Any, v: Any) -> Any:
    first = torch.autograd.grad(f(x), x, create_graph=True)[0]
    return first, torch.autograd.grad((first * v).sum(), x)[0]


def by_jvp_of_grad(f: Any, x: Any, v: Any) -> Any:
    return torch.func.jvp(torch.func.grad(f), (x.detach(),), (v,))


def by_grad_of_jvp(f: Any, x: Any, v: Any) -> Any:
    def slope(x: Any) -> Any:
        return torch.func.jvp(f, (x,), (v,))[1]

    return torch.func.grad(f)(x.detach()), torch.func.grad(slope)(x.detach())


def by_dual_numbers(f: Any, x: Any, v: Any) -> Any:
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(x, v)
        gradient = torch.autograd.grad(f(dual), dual, create_graph=True)[0]
        return tuple(part.detach().clone() for part in forward_ad.unpack_dual(gradient))


SECOND = {
    "backward": by_backward,
    "jvp of grad": by_jvp_of_grad,
    "grad of jvp": by_grad_of_jvp,
    "dual numbers": by_dual_numbers,
}


@pytest.mark.parametrize("second", SECOND.values(), ids=SECOND)
@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])
@EVERY_CALL
def test_m18_hessian_vector_product(call: Call, dtype: Any, second: Any) -> None:
    call, curve = in_dtype(call, dtype), Curve("sine")
    v = direction(np.asarray(call.y_pred))
    x = split(call)[0]["y_pred"].requires_grad_()
    got_first, got_second = second(lambda x: sine(losses(call, x)), x, torch.tensor(v))
    at, step = oracle.exact(call.y_pred), STEP * oracle.exact(v)
    assert_rows_close(array_of(got_first), curve_gradient(curve, call, at), call, curve, dtype)
    ahead, behind = (curve_gradient(curve, call, at + s) for s in (step, -step))
    assert_rows_close(array_of(got_second), (ahead - behind) / (2 * STEP), call, curve, dtype)


@pytest.mark.parametrize(
    "name", ["index", "soft-everything", "probabilities-divided", "binary-options"]
)
def test_m18_compiled_graphs_differentiate_twice(name: str) -> None:
    call, curve = in_dtype(CALLS[name], np.float64), Curve("sine")
    v = direction(np.asarray(call.y_pred))
    tensors, _ = split(call)
    options = {**call.options, "reduction": "none"}

    def f(x: Any) -> Any:
        return sine(value(call.function, {**tensors, "y_pred": x}, options))

    program = torch.compile(f, fullgraph=True, backend="eager")
    _, got = by_backward(program, tensors["y_pred"].requires_grad_(), torch.tensor(v))
    at, step = oracle.exact(call.y_pred), STEP * oracle.exact(v)
    ahead, behind = (curve_gradient(curve, call, at + s) for s in (step, -step))
    assert_rows_close(array_of(got), (ahead - behind) / (2 * STEP), call, curve, np.float64)


@pytest.mark.parametrize(
    "name", ["index", "soft", "top-k", "index-z-loss", "probabilities", "binary"]
)
def test_m18_third_derivative(name: str) -> None:
    call, curve = in_dtype(CALLS[name], np.float64), Curve("sine")
    v = direction(call.y_pred)
    along = torch.tensor(v)

    def slope(f: Any) -> Any:
        return lambda x: (torch.func.grad(f)(x) * along).sum()

    x = split(call)[0]["y_pred"]
    got = torch.func.grad(slope(slope(lambda x: sine(losses(call, x)))))(x)
    at, step = oracle.exact(call.y_pred), STEP * oracle.exact(v)
    ahead, here, behind = (curve_gradient(curve, call, at + s) for s in (step, 0 * step, -step))
    want = (ahead - 2 * here + behind) / STEP**2
    assert_rows_close(array_of(got), want, call, curve, np.float64)


MODES = {
    "hessian": torch.func.hessian,
    "reverse of reverse": lambda f: torch.func.jacrev(torch.func.jacrev(f)),
    "forward of forward": lambda f: torch.func.jacfwd(torch.func.jacfwd(f)),
    "reverse of forward": lambda f: torch.func.jacrev(torch.func.jacfwd(f)),
}
TIES = [[1.0, 1.0, -2.0], [0.5, 0.5, 0.5], [3.0, -1.0, 3.0], [20.0, 0.0, -3.0]]


@pytest.mark.parametrize("hessian", MODES.values(), ids=MODES)
@pytest.mark.parametrize("dense", [False, True], ids=["index", "one-hot"])
def test_m18_hessian_where_classes_tie(hessian: Any, dense: bool) -> None:
    labels = [0, 1, 1, 0]
    x = torch.tensor(TIES, dtype=torch.float64)
    p = torch.softmax(x, -1)
    want = torch.zeros(4, 3, 4, 3, dtype=torch.float64)
    for i in range(4):  # the textbook Hessian, diag(p) - p p'
        want[i, :, i, :] = torch.diag(p[i]) - torch.outer(p[i], p[i])

    def f(x: Any) -> Any:
        if dense:
            y = torch.eye(3)[labels]
            return ce.categorical_crossentropy(y, x, from_logits=True, reduction="sum")
        return ce.sparse_categorical_crossentropy(labels, x, from_logits=True, reduction="sum")

    # float64 leaves 1e-16 of numbers up to 1
    torch.testing.assert_close(hessian(f)(x), want, rtol=1e-12, atol=1e-15)


def test_m18_binary_at_zero() -> None:
    x = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    t = torch.tensor([0.0, 1.0, 0.25], dtype=torch.float64)

    def f(x: Any) -> Any:
        return ce.binary_crossentropy(t, x, from_logits=True, reduction="sum")

    first = torch.autograd.grad(f(x), x, create_graph=True)[0]
    assert first.tolist() == [0.5, -0.5, 0.25]
    assert torch.autograd.grad(first.sum(), x)[0].tolist() == [0.25, 0.25, 0.25]
    assert torch.func.jvp(f, (x.detach(),), (torch.ones(3).double(),))[1] == 0.25


@pytest.mark.parametrize("function", ["sparse", "dense", "binary"])
def test_m18_no_clip_and_a_probability_of_zero_without_mass(function: str) -> None:
    p = torch.tensor([[0.0, 0.25, 0.75]], dtype=torch.float64, requires_grad=True)
    q = torch.tensor([[0.0, 1.0, 0.0]], dtype=torch.float64)

    def f(p: Any) -> Any:
        if function == "sparse":
            return ce.sparse_categorical_crossentropy([1], p, epsilon=0)
        if function == "dense":
            return ce.categorical_crossentropy(q, p, epsilon=0)
        return ce.binary_crossentropy(
            torch.tensor([[0.0, 1.0, 1.0]]), p, epsilon=0, reduction="sum"
        )

    first = torch.autograd.grad(f(p), p, create_graph=True)[0]
    second = torch.autograd.grad(first.sum(), p)[0]
    if function == "binary":
        torch.testing.assert_close(first, torch.tensor([[1.0, -4.0, -4 / 3]]).double())
        torch.testing.assert_close(second, torch.tensor([[1.0, 16.0, 16 / 9]]).double())
    else:
        assert first.tolist() == [[0.0, -4.0, 0.0]]
        assert second.tolist() == [[0.0, 16.0, 0.0]]


def test_m18_a_class_of_no_weight_and_no_probability() -> None:
    p = torch.tensor([[0.0, 1.0], [0.5, 0.5]], dtype=torch.float64, requires_grad=True)
    weight = torch.tensor([0.0, 1.0])
    for create_graph in (False, True):
        f = ce.sparse_categorical_crossentropy([0, 1], p, epsilon=0, class_weight=weight)
        (gradient,) = torch.autograd.grad(f, p, create_graph=create_graph)
        assert gradient.tolist() == [[0.0, 0.0], [0.0, -2.0]]


@pytest.mark.parametrize("reduction", ["none", "mean"])
@pytest.mark.parametrize(("call", "argument"), WRT.values(), ids=WRT)
def test_m20_gradient_to_weights_and_targets(call: Call, argument: str, reduction: str) -> None:
    given = getattr(call, argument, None)
    given = call.options[argument] if given is None else given
    exact = given.astype(np.float64)
    if argument == "target_prob":  # rows that are whole in float64 as well
        exact = np.round(exact, 2)
    call, curve = in_dtype(call, np.float64).with_(**{argument: exact}), Curve("sine")
    x = split(call)[0]["y_pred"].requires_grad_()

    def f(x: Any, to: Any) -> Any:
        return sine(losses(call, x, reduction, **{argument: to}))

    to = torch.tensor(exact, requires_grad=True)
    got = torch.autograd.grad(f(x, to), to)[0]

    def scalar(at: np.ndarray) -> Any:
        truth = terms_of(call, **{argument: at})
        terms = [truth.mean()] if reduction == "mean" else list(truth.none().reshape(-1))
        return curve.value(terms)

    want = differences(scalar, oracle.exact(exact))
    assert_vector_close(array_of(got), want, np.float64)
    assert_vector_close(
        array_of(torch.func.grad(f, argnums=1)(x.detach(), to.detach())), want, np.float64
    )
    # with the gradient to the predictions beside it
    beside = torch.autograd.grad(f(x, to), (x, to))
    alone = torch.autograd.grad(f(x, to.detach()), x)[0]
    torch.testing.assert_close(beside[0], alone, rtol=1e-12, atol=1e-15)  # sums of numbers near 1
    assert torch.equal(beside[1], got)
    assert torch.equal(f(x, to), f(x, to.detach())), "a gradient asked for changes no value"


def test_m20_parts_carry_the_gradient_of_the_weights() -> None:
    x = torch.randn(5, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    y = torch.tensor([0, 1, 2, 1, 0])
    s = torch.tensor([0.5, 2.0, 1.0, 0.25, 3.0], dtype=torch.float64, requires_grad=True)

    def mean_of_parts(s: Any) -> Any:
        total, weight = ce.sparse_categorical_crossentropy(
            y, x, from_logits=True, sample_weight=s, reduction="parts"
        )
        return total / weight

    def mean(s: Any) -> Any:
        return ce.sparse_categorical_crossentropy(y, x, from_logits=True, sample_weight=s)

    got, want = (torch.autograd.grad(f(s), s)[0] for f in (mean_of_parts, mean))
    torch.testing.assert_close(got, want, rtol=1e-12, atol=0)
    assert gradcheck(mean_of_parts, s)


def test_m20_mixed_derivative_to_targets_and_logits() -> None:
    call = in_dtype(CALLS["soft"], np.float64)
    q = torch.tensor(np.asarray(call.y_true, np.float64), requires_grad=True)

    def f(x: Any, q: Any) -> Any:
        return sine(losses(call, x, y_true=q))

    assert gradgradcheck(f, (wide(call), q))

"""A normalizer divides in float64, in value and gradient, whatever else the call asks for."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch

import crossent as ce

# 1/3 and others whose nearest float32 is another number, by far more than a rounding of float64.
NUMBERS = [1 / 3, 0.1, 7.3, 2.0**24 + 1, 1e-3 + 1e-12]
X = torch.tensor([[0.3, -1.7, 2.9], [1.1, 0.2, -0.4]], dtype=torch.float64)
Y = torch.tensor([2, 0])

FORMS = {
    "number": float,
    "numpy": np.float64,
    "numpy array": np.asarray,
    "tensor": lambda n: torch.tensor(n, dtype=torch.float64),
}
ALSO: dict[str, dict[str, Any]] = {
    "nothing": {},
    "class_weight": {"class_weight": torch.ones(3, dtype=torch.float64)},
    "sample_weight": {"sample_weight": torch.ones(2, dtype=torch.float64)},
}


def loss(x: Any, **options: Any) -> Any:
    return ce.sparse_categorical_crossentropy(Y, x, from_logits=True, **options)


def eager(function: Any, x: Any) -> tuple[Any, Any]:
    leaf = x.clone().requires_grad_()
    value = function(leaf)
    return value.detach(), torch.autograd.grad(value, leaf)[0]


def with_graph(function: Any, x: Any) -> tuple[Any, Any]:
    leaf = x.clone().requires_grad_()
    value = function(leaf)
    return value.detach(), torch.autograd.grad(value, leaf, create_graph=True)[0].detach()


def func(function: Any, x: Any) -> tuple[Any, Any]:
    gradient, value = torch.func.grad_and_value(function)(x)
    return value, gradient


def compiled(function: Any, x: Any) -> tuple[Any, Any]:
    torch._dynamo.reset()
    return eager(torch.compile(function, fullgraph=True, backend="aot_eager"), x)


WAYS = {"eager": eager, "create_graph": with_graph, "torch.func": func}


def check(way: Any, form: Any, also: dict[str, Any], number: float) -> None:
    also = {name: one.clone().requires_grad_() for name, one in also.items()}
    total, slope = eager(lambda x: loss(x, reduction="sum", **also), X)
    given = form(number)
    value, gradient = way(lambda x: loss(x, normalizer=given, **also), X)
    # The sum is rounded before it is divided here, and the mean once after: two units at most,
    # of two ways to add up. A float32 number is off by 2**26 of them.
    for got, of_sum in zip([value, *gradient.flatten()], [total, *slope.flatten()], strict=True):
        exact = Fraction(of_sum.item()) / Fraction(number)
        off = abs(Fraction(got.item()) - exact)
        assert off <= 4 * Fraction(float(np.spacing(abs(float(exact))))), (got, float(exact))


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("also", ALSO.values(), ids=ALSO)
def test_the_mean_and_its_gradient_are_the_sum_over_the_number(
    also: Any, form: Any, way: Any
) -> None:
    for number in NUMBERS:
        check(way, form, also, number)


@pytest.mark.parametrize("form", ["number", "tensor"])
def test_a_compiled_loss_divides_so_too(form: str) -> None:
    check(compiled, FORMS[form], ALSO["class_weight"], NUMBERS[0])


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize("number", NUMBERS)
def test_the_gradient_to_weights_is_divided_so_too(number: float) -> None:
    weights = torch.tensor([0.3, 1.7, 2.9], dtype=torch.float64, requires_grad=True)
    (of_sum,) = torch.autograd.grad(loss(X, reduction="sum", class_weight=weights), weights)
    (of_mean,) = torch.autograd.grad(loss(X, normalizer=number, class_weight=weights), weights)
    for got, one in zip(of_mean.tolist(), of_sum.tolist(), strict=True):
        exact = Fraction(one) / Fraction(number)
        assert abs(Fraction(got) - exact) <= 2 * Fraction(float(np.spacing(abs(float(exact)))))

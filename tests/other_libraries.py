"""What our functions say to the names that another library gives to arguments of its losses."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest

import crossent as ce

Y, Z = np.array([0, 2]), np.array([[0.25, 0.25, 0.5], [0.5, 0.125, 0.375]])
ONE_HOT, SHARES = np.eye(3)[Y], np.array([0.25, 0.75])
VALUES: dict[str, Any] = {
    "weight": np.ones(3), "weights": np.ones(3), "alpha": 0.25, "labels": Y, "targets": Y,
    "target": Y, "input": Z, "inputs": Z, "logits": Z, "ignore_index": -100, "size_average": False,
    "reduce": False, "pos_weight": np.ones(3), "where": np.ones(3, bool), "name": "loss",
}  # fmt: skip

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "sparse": lambda **given: ce.sparse_categorical_crossentropy(Y, Z, **given),
    "dense": lambda **given: ce.categorical_crossentropy(ONE_HOT, Z, **given),
    "binary": lambda **given: ce.binary_crossentropy(ONE_HOT, Z, **given),
    "sparse object": lambda **given: ce.SparseCategoricalCrossentropy(**given),
    "dense object": lambda **given: ce.CategoricalCrossentropy(**given),
    "binary object": lambda **given: ce.BinaryCrossentropy(**given),
    "value_and_grad": lambda **given: ce.value_and_grad(ce.categorical_crossentropy)(
        ONE_HOT, Z, **given
    ),
    "diagnose": lambda **given: ce.diagnose(Y, Z, **given),
    "evaluate": lambda **given: ce.evaluate(Y, Z, **given),
    "conventions": lambda **given: ce.conventions(Y, Z, **given),
    "Evaluator": lambda **given: ce.Evaluator("sparse", **given),
}
KNOWN = {
    "sparse": ce.sparse_categorical_crossentropy, "dense": ce.categorical_crossentropy,
    "binary": ce.binary_crossentropy, "diagnose": ce.diagnose, "evaluate": ce.evaluate,
    "conventions": ce.conventions, "Evaluator": ce.Evaluator,
}  # fmt: skip


def parameters_of(losses: Iterable[Any]) -> list[str]:
    """Return the names of the parameters of losses, as their signatures have them."""
    kinds = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    return sorted({
        name
        for loss in losses
        for name, parameter in inspect.signature(loss).parameters.items()
        if parameter.kind not in kinds
    })  # fmt: skip


def options_of(function: str) -> set[str]:
    """Return the options that a call of `FUNCTIONS` takes."""
    first = function.partition(" ")[0]
    losses = ("sparse", "dense", "binary")
    own = {"value_and_grad": "dense"}.get(first, first)
    options = set(inspect.signature(KNOWN[own]).parameters)
    if own in ("evaluate", "Evaluator"):
        options |= {name for loss in losses for name in options_of(loss)}
    return options


def check_named(name: str, function: str) -> None:
    """Fail unless a foreign argument gets an error that names what to write, or why nothing."""
    if name in options_of(function):
        return  # it is a name of ours too
    with pytest.raises(ce.OptionNameError) as caught:
        FUNCTIONS[function](**{name: VALUES.get(name, 1)})
    text = caught.value.text
    assert f"`{name}`" in text
    assert "Its options are" not in text, text
    if "Leave it out." in text:
        assert re.search(rf"`{name}` is not an option of [\w()]+: .{{10,}}", text), text
        return
    found = re.search(
        r"Write (?:\w+\(.*?)?(\w+)=\S+\.$|pass it to the constructor, \w+\((\w+)=", text
    )
    assert found, text
    written = found[1] or found[2]
    assert written in options_of(function), text
    assert f"`{written}`" in text or found[2]

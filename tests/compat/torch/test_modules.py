"""The modules are PyTorch's own but for what they compute."""

from __future__ import annotations

import copy
import inspect
import io
import pickle
from typing import Any

import pytest
import torch
from torch import nn

import crossent.compat.torch as drop_in

W = torch.tensor([1.0, 2.0, 5.0])
X, Y = torch.tensor([[2.0, 1.0, 0.0], [0.0, 3.0, 1.0]]), torch.tensor([0, 2])
P, T = torch.tensor([0.9, 0.2, 0.4]), torch.tensor([1.0, 0.0, 0.5])

# Name, options, arguments of the call.
MODULES: list[tuple[str, dict[str, Any], tuple[Any, ...]]] = [
    ("CrossEntropyLoss", {}, (X, Y)),
    ("CrossEntropyLoss", {"weight": W, "label_smoothing": 0.25, "ignore_index": 0}, (X, Y)),
    ("CrossEntropyLoss", {"weight": W, "reduction": "none"}, (X, torch.softmax(X, 1))),
    ("NLLLoss", {"weight": W, "reduction": "sum", "ignore_index": 2}, (X.log_softmax(1), Y)),
    ("BCELoss", {"weight": W}, (P, T)),
    ("BCEWithLogitsLoss", {"weight": W, "pos_weight": 2 * W}, (P, T)),
]
each_module = pytest.mark.parametrize(("name", "options", "arguments"), MODULES)


def pair(name: str, options: dict[str, Any]) -> tuple[nn.Module, nn.Module]:
    return getattr(nn, name)(**options), getattr(drop_in, name)(**options)


@each_module
def test_value_is_pytorchs(name: str, options: Any, arguments: Any) -> None:
    theirs, ours = pair(name, options)
    # Two roundings to float32 of a sum, on either side.
    torch.testing.assert_close(ours(*arguments), theirs(*arguments), rtol=4 * 2**-24, atol=0)


@each_module
def test_it_is_pytorchs_module(name: str, options: Any, arguments: Any) -> None:
    theirs, ours = pair(name, options)
    assert isinstance(ours, type(theirs))
    assert repr(ours) == repr(theirs)
    assert inspect.signature(type(ours)) == inspect.signature(type(theirs))
    own = {k: v for k, v in vars(theirs).items() if not k.startswith("_")}
    assert {k: v for k, v in vars(ours).items() if not k.startswith("_")} == own
    assert list(ours.state_dict()) == list(theirs.state_dict())


@each_module
def test_state_is_interchangeable(name: str, options: Any, arguments: Any) -> None:
    theirs, ours = pair(name, options)
    halved = {key: value / 2 for key, value in theirs.state_dict().items()}
    ours.load_state_dict(halved)
    theirs.load_state_dict(ours.state_dict())
    for key, value in theirs.state_dict().items():
        assert torch.equal(value, halved[key])
    assert ours.double().state_dict().keys() == halved.keys()


@each_module
def test_it_can_be_copied_and_stored(name: str, options: Any, arguments: Any) -> None:
    _, ours = pair(name, options)
    value = ours(*arguments)
    stored = io.BytesIO()
    torch.save(ours, stored)
    stored.seek(0)
    for other in (
        pickle.loads(pickle.dumps(ours)),
        copy.deepcopy(ours),
        torch.load(stored, weights_only=False),
    ):
        assert type(other) is type(ours)
        assert torch.equal(other(*arguments), value)
    assert pickle.dumps(ours) == pickle.dumps(ours)


def test_bad_words_are_refused_when_they_are_used() -> None:
    module = drop_in.CrossEntropyLoss(reduction="avg")
    with pytest.raises(ValueError, match="avg is not a valid value for reduction"):
        module(X, Y)


def test_deprecated_arguments_warn_and_work() -> None:
    with pytest.warns(UserWarning, match="size_average and reduce args will be deprecated"):
        module = drop_in.CrossEntropyLoss(size_average=False)
    assert module.reduction == "sum"

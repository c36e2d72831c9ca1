"""A softmax before the loss that has one: a warning, once, where no one waits for it."""

from __future__ import annotations

import copy
import pickle
import warnings
from typing import Any

import pytest
import torch
from torch.overrides import TorchFunctionMode

import crossent as ce
import crossent.compat.torch as drop_in
from crossent.core.caches import WARNED


@pytest.fixture(autouse=True)
def _nothing_told() -> None:
    WARNED.clear()


def outputs(*shape: int, seed: int = 0, dtype: Any = torch.float32) -> Any:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64).softmax(1).to(dtype)


def targets(rows: Any, soft: bool) -> Any:
    labels = torch.arange(rows[:, 0].numel()).reshape(rows[:, 0].shape) % rows.shape[1]
    return rows.flip(1).contiguous() if soft else labels


def told(call: Any) -> list[Any]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return [one.message for one in caught]


@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("shape", [(9, 4), (3, 5, 7), (2, 3, 2, 4)])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
def test_it_warns_once_for_each_shape_and_each_object(
    shape: tuple[int, ...], soft: bool, dtype: Any
) -> None:
    p = outputs(*shape, dtype=dtype)
    y = targets(p, soft)
    first, *more = told(lambda: drop_in.cross_entropy(p, y))
    assert isinstance(first, ce.DoubleSoftmaxWarning)
    assert not more
    assert "`input`" in first.text
    assert "from_logits" not in first.text
    assert told(lambda: drop_in.cross_entropy(p, y)) == []
    assert (
        len(
            told(
                lambda: drop_in.cross_entropy(
                    p.repeat(2, *[1] * (p.dim() - 1)), y.repeat(2, *[1] * (y.dim() - 1))
                )
            )
        )
        == 1
    )
    further = y[:, :, None] if soft else y[:, None]
    for _ in range(2):
        loss = drop_in.CrossEntropyLoss(label_smoothing=0.1)
        assert len(told(lambda loss=loss: loss(p, y))) == 1
        assert told(lambda loss=loss: [loss(p, y), loss(p[:, :, None], further)]) == []


def test_the_line_that_calls_is_named() -> None:
    p = outputs(8, 3)
    with pytest.warns(ce.DoubleSoftmaxWarning) as caught:
        drop_in.CrossEntropyLoss()(p, targets(p, False))
    assert caught[0].filename == __file__


def test_what_it_says_to_do_is_right() -> None:
    p = outputs(8, 3)
    y = targets(p, False)
    (warning,) = told(lambda: drop_in.cross_entropy(p, y))
    assert "nll_loss" in warning.text
    torch.testing.assert_close(
        drop_in.nll_loss(p.log(), y),
        torch.as_tensor(ce.sparse_categorical_crossentropy(y, p), dtype=p.dtype),
    )


def test_ignored_rows_do_not_hide_it_nor_make_it() -> None:
    p = outputs(12, 3)
    y = targets(p, False)
    mixed, y[3] = p.clone(), -100
    mixed[3] = 7.0
    assert len(told(lambda: drop_in.cross_entropy(mixed, y))) == 1
    x = p * 9 - 4
    x[3] = p[3]
    assert told(lambda: drop_in.CrossEntropyLoss()(x, y)) == []


HEALTHY = {
    "logits": lambda p: p.log() + 1,
    "few rows": lambda p: p[:7],
    "sigmoid outputs": lambda p: (9 * p - 3).sigmoid(),
    "outputs of a ReLU": lambda p: (9 * p - 3).relu(),
    "one row of logits": lambda p: torch.cat([p, p[:1] * 40]),
    "log-probabilities": lambda p: p.log(),
    "no row": lambda p: p[:0],
}


@pytest.mark.parametrize("shape", [(2, 0, 2, 2), (0, 3), (9, 0), (9, 3, 0)])
def test_predictions_without_elements(shape: tuple[int, ...]) -> None:
    x, y = torch.zeros(shape), torch.full((shape[0], *shape[2:]), -100)
    for loss in (drop_in.cross_entropy, drop_in.CrossEntropyLoss()):
        assert told(lambda loss=loss: loss(x, y)) == []


@pytest.mark.parametrize("name", HEALTHY)
def test_nothing_is_said_of(name: str) -> None:
    x = HEALTHY[name](outputs(40, 5))
    y = targets(x, False)
    assert told(lambda: [drop_in.cross_entropy(x, y), drop_in.CrossEntropyLoss()(x, y)]) == []


class Operations(TorchFunctionMode):
    """The names of the functions that are called."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None):
        self.names.append(getattr(function, "__name__", str(function)))
        return function(*args, **(kwargs or {}))


def test_nothing_is_looked_at_while_it_is_traced_or_elsewhere() -> None:
    p = outputs(16, 3)
    y = targets(p, False)
    loss = drop_in.CrossEntropyLoss()

    def of_both(p: Any, y: Any) -> Any:
        return drop_in.cross_entropy(p, y) + loss(p, y)

    compiled = torch.compile(of_both, backend="eager", fullgraph=True)
    assert told(lambda: compiled(p, y)) == []
    assert told(lambda: torch.vmap(drop_in.cross_entropy)(p[None], y[None])) == []
    assert told(lambda: of_both(p.to("meta"), y.to("meta"))) == []
    # Nothing of these was noted as told.
    assert len(told(lambda: of_both(p, y))) == 2


def test_values_gradients_and_copies_are_those_without_a_warning() -> None:
    p = outputs(16, 3).requires_grad_()
    y = targets(p, False)
    loss = drop_in.CrossEntropyLoss()
    with pytest.warns(ce.DoubleSoftmaxWarning):
        first = loss(p, y)
    again = loss(p, y)
    assert torch.equal(first, again)
    slopes = [torch.autograd.grad(value, p)[0] for value in (first, again)]
    assert torch.equal(*slopes)
    assert vars(loss).keys() == vars(torch.nn.CrossEntropyLoss()).keys()
    for other in (copy.deepcopy(loss), pickle.loads(pickle.dumps(loss))):
        assert len(told(lambda other=other: other(p, y))) == 1

"""Log-probabilities and entropies of tokens against TRL's own functions."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import pytest
import torch

import crossent as ce
from crossent.compat import trl as ours

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what TRL's dependencies say of each other
    from trl.trainer import utils as theirs

SHAPES = [(1, 1), (4,), (3, 5), (2, 3, 4)]
# TRL rounds 16-bit results to the dtype of the logits: to 8 and 11 bits of what is as large as 20.
TOLERANCE = {torch.float64: 1e-13, torch.float32: 4e-6, torch.bfloat16: 0.13, torch.float16: 0.02}


def drawn(rows: tuple[int, ...], dtype: Any, several: int = 0) -> tuple[Any, Any]:
    generator = torch.Generator().manual_seed(sum(rows) + several)
    x = torch.randn(*rows, 11, generator=generator, dtype=torch.float64) * 3
    more = (several,) if several else ()
    return x.to(dtype).requires_grad_(), torch.randint(0, 11, (*rows, *more), generator=generator)


def agree(a: Any, b: Any, x: Any, dtype: Any) -> None:
    """Value and gradient of a result of TRL and of ours."""
    assert a.shape == b.shape
    torch.testing.assert_close(b.double(), a.double(), rtol=0, atol=TOLERANCE[dtype])
    bar = torch.linspace(-1, 1, a.numel(), dtype=torch.float64).reshape(a.shape)
    slopes = [
        torch.autograd.grad((one.double() * bar).sum(), x, retain_graph=True)[0].double()
        for one in (a, b)
    ]
    torch.testing.assert_close(slopes[1], slopes[0], rtol=0, atol=TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("several", [0, 1, 4])
@pytest.mark.parametrize("rows", SHAPES, ids=str)
def test_log_probabilities(rows: Any, several: int, dtype: Any) -> None:
    x, index = drawn(rows, dtype, several)
    agree(theirs.selective_log_softmax(x, index), ours.selective_log_softmax(x, index), x, dtype)


@pytest.mark.parametrize("several", [0, 3])
@pytest.mark.parametrize("temperature", [0.5, 1.7])
def test_temperature_and_mask(temperature: float, several: int) -> None:
    x, index = drawn((4, 6), torch.float64, several)
    mask = (torch.arange(index.numel()) % 3 > 0).reshape(index.shape)
    given = {"temperature": temperature, "row_mask": mask}
    a = theirs.selective_log_softmax(x, index, **given)
    b = ours.selective_log_softmax(x, index, **given)
    agree(a, b, x, torch.float64)
    assert not b[~mask].any()


def test_a_row_that_is_masked_may_hold_anything() -> None:
    x, index = drawn((3,), torch.float32)
    with torch.no_grad():
        x[1] = torch.nan
    index[1] = 99
    mask = torch.tensor([1, 0, 1])
    found = ours.selective_log_softmax(x, index, row_mask=mask)
    (slope,) = torch.autograd.grad(found.sum(), x)
    assert found[1] == 0
    assert not slope[1].any()
    assert torch.isfinite(slope).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("rows", SHAPES, ids=str)
def test_entropies(rows: Any, dtype: Any) -> None:
    x, _ = drawn(rows, dtype)
    agree(theirs.entropy_from_logits(x, 2), ours.entropy_from_logits(x, 2), x, dtype)


@pytest.mark.parametrize("moves", [False, True])
def test_both_in_one_pass(moves: bool) -> None:
    x, index = drawn((4, 6), torch.float64)
    mask = torch.arange(24).reshape(4, 6) % 4 > 0
    given = {"entropy_requires_grad": moves, "temperature": 0.8, "row_mask": mask}
    pairs = [m.selective_log_softmax_and_entropy(x, index, **given) for m in (theirs, ours)]
    agree(pairs[0][0], pairs[1][0], x, torch.float64)
    assert pairs[1][1].requires_grad == moves
    if moves:
        agree(pairs[0][1], pairs[1][1], x, torch.float64)


@pytest.mark.parametrize("name", ours.__all__)
def test_signatures(name: str) -> None:
    parameters = [inspect.signature(getattr(m, name)).parameters for m in (theirs, ours)]
    assert [*parameters[0]] == [*parameters[1]]
    for a, b in zip(parameters[0].values(), parameters[1].values(), strict=True):
        assert (a.kind, a.default) == (b.kind, b.default)


def test_what_is_wrong_is_said_in_trls_names() -> None:
    x, index = drawn((2, 3), torch.float32)
    with pytest.raises(
        IndexError, match=r"`index` must hold class indices 0..10, because `logits`"
    ):
        ours.selective_log_softmax(x, index + 11)
    with pytest.raises(ce.ShapeError, match="`index` has shape"):
        ours.selective_log_softmax(x, index[0])
    for module in (theirs, ours):
        with pytest.raises(ValueError, match="temperature"):
            module.selective_log_softmax(x, index, temperature=0)
    with pytest.raises(ce.OptionError, match="`chunk_size` must be an integer > 0"):
        ours.entropy_from_logits(x, 0)


def test_digits_that_trl_loses() -> None:
    x = torch.tensor([[20.0, 0.0]])
    index = torch.tensor([0])
    assert theirs.selective_log_softmax(x, index).item() == 0
    assert ours.selective_log_softmax(x, index).item() == pytest.approx(-2.0611536e-9)
    held = torch.tensor([[0.0, float("-inf")]])
    assert theirs.entropy_from_logits(held).isnan().all()
    assert ours.entropy_from_logits(held).item() == 0


def test_in_one_graph() -> None:
    x, index = drawn((3, 4), torch.float64, 2)
    compiled = torch.compile(ours.selective_log_softmax, fullgraph=True, backend="eager")
    agree(theirs.selective_log_softmax(x, index), compiled(x, index), x, torch.float64)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_rounded_to_16_bits_it_is_the_nearest_number(dtype: Any) -> None:
    x, index = drawn((8, 16), dtype)
    found = ours.selective_log_softmax(x, index)
    assert found.dtype == torch.float32  # as the kernel of TRL returns on a GPU
    exact = theirs.selective_log_softmax(x.double(), index)
    assert torch.equal(found.to(dtype), exact.to(dtype))
    # PyTorch's own log_softmax, of which TRL's is made on a CPU, is off in some places.
    assert not torch.equal(theirs.selective_log_softmax(x, index), exact.to(dtype))

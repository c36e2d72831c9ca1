"""Random calls on PyTorch: value and every gradient with and without the rows left out.

``gradients_tensorflow`` does the same on TensorFlow.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from attack import campaign
from attack.draws import Drawn, draw
from contract.case import Call

LIMITS = campaign.Limits(count=250, seconds=300)
FLOATS = ("y_pred", "y_true", "target_prob", "class_weight", "sample_weight", "pos_weight")
# Sums of the same numbers in another order: so much of the largest element; and, as the parts of a
# derivative of a mean to its weights may cancel altogether, so much of these, which reach 1000.
RELATIVE = {np.dtype(np.float64): 1e-11, np.dtype(np.float32): 1e-4}
OF_PARTS = {np.dtype(np.float64): 1e-15, np.dtype(np.float32): 1e-6}
PARTS = 1000.0

Values, Gradients = list[np.ndarray], dict[str, np.ndarray]
Differentiated = Callable[[Call, tuple[str, ...], str, np.ndarray], tuple[Values, Gradients]]
"""Values of a call, and gradients of their sum with upstream gradients, to some arguments."""


def attack(seed: int, count: int) -> dict[str, int]:
    """Compare `count` calls of PyTorch with their twins."""
    return compare_many(differentiated, seed, count)


def compare_many(differentiate: Differentiated, seed: int, count: int) -> dict[str, int]:
    """Compare `count` calls of a framework with their twins."""
    rng = np.random.default_rng([seed, 2])
    warnings.simplefilter("error")
    tally = {"kernel": 0, "operations": 0}
    for number in range(count):
        drawn = draw(rng, (np.float64, np.float32))
        names = differentiable(drawn.call)
        if rng.integers(3) == 0:
            names = ("y_pred",)
        reduction = str(rng.choice(["none", "mean", "sum", "parts"]))
        bars = rng.uniform(-1, 1, int(np.prod(drawn.shape, dtype=int)) + 2)
        try:
            path = compare(differentiate, drawn, names, reduction, bars)
        except Exception as error:
            raise campaign.Fault(
                f"seed {seed}, call {number}, {reduction}, gradients to {names}: {drawn.call}\n"
                f"{error!r}"
            ) from error
        tally[path] += 1
    return tally


def differentiable(call: Call) -> tuple[str, ...]:
    """The arguments that are arrays of floats."""
    arrays = {"y_true": call.y_true, "y_pred": call.y_pred, **call.options}
    return tuple(n for n in FLOATS if np.asarray(arrays.get(n, 0)).dtype.kind == "f")


def compare(
    differentiate: Differentiated,
    drawn: Drawn,
    names: tuple[str, ...],
    reduction: str,
    bars: np.ndarray,
) -> str:
    """Raise what differs between a call and its twin; return the way that the call took."""
    import crossent as ce

    values, gradients = differentiate(drawn.call, names, reduction, bars)
    path = str(ce.last_path())
    kept_bars = np.concatenate([bars[:-2][drawn.rows], bars[-2:]])
    wanted_values, wanted = differentiate(drawn.kept, names, reduction, kept_bars)
    dtype = drawn.call.y_pred.dtype
    left = np.setdiff1d(np.arange(len(bars) - 2), drawn.rows)
    if reduction == "none":
        if (values[0].reshape(-1)[left] != 0).any():
            raise AssertionError(f"terms of rows that are left out: {values[0]}")
        values = [values[0].reshape(-1)[drawn.rows]]
    for value, want in zip(values, wanted_values, strict=True):
        same("value", value, want, dtype)
    infinite = not all(np.isfinite(value).all() for value in values)
    for name in names:
        if name == "class_weight" and infinite and drawn.ignored is not None:
            # The divisor's share is infinite there, and NaN at the class of a label with no part:
            # an ignored label has none, so that another class stands for it than in the twin.
            continue
        got, want = gradients[name], wanted[name]
        if name in ("y_pred", "y_true", "target_prob"):
            rows = drawn.flat(name, got)
            if (rows[left] != 0).any():
                raise AssertionError(f"gradient to {name} of rows that are left out: {rows[left]}")
            got = rows[drawn.rows]
            if name == "target_prob" and drawn.ignored is not None:
                if (got[drawn.ignored] != 0).any():
                    raise AssertionError(f"gradient to {name} of ignored labels: {got}")
                want = np.where(drawn.ignored, 0.0, want)
        elif name != "class_weight":
            want = gathered(drawn, name, want, got.shape)
        same(f"gradient to {name}", got, want, dtype)
    return path


def gathered(drawn: Drawn, name: str, of_rows: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The gradient to a weight that was repeated, from those to its copies on the rows kept."""
    everywhere = np.zeros(int(np.prod(drawn.shape, dtype=int)))
    everywhere[drawn.rows] = of_rows
    everywhere = everywhere.reshape(drawn.shape)
    repeated = len(drawn.shape) - len(shape)
    axes = range(len(shape), len(drawn.shape)) if name == "sample_weight" else range(repeated)
    with np.errstate(invalid="ignore"):  # infinities of both signs
        return np.asarray(everywhere.sum(axis=tuple(axes)))


def differentiated(
    call: Call, names: tuple[str, ...], reduction: str, bars: np.ndarray
) -> tuple[Values, Gradients]:
    """The values of a call, and the gradients of their sum with the upstream gradients `bars`."""
    import torch

    from contract.runner import options_for
    from contract.runner_torch import split, value

    tensors, _ = split(call)
    moving = [tensors[name].requires_grad_() for name in names]
    result = value(call.function, tensors, options_for(call, reduction, None))
    if reduction == "parts":
        results, upstream = list(result), torch.tensor(bars[-2:])
        total = sum(one * bar for one, bar in zip(results, upstream, strict=True))
    elif reduction == "none":
        results = [result]
        total = (result.reshape(-1) * torch.tensor(bars[:-2], dtype=result.dtype)).sum()
    else:
        results, total = [result], result * float(bars[-1])
    found = torch.autograd.grad(total, moving, allow_unused=True, materialize_grads=True)
    arrays = {name: one.numpy() for name, one in zip(names, found, strict=True)}
    return [one.detach().numpy() for one in results], arrays


def same(what: str, got: Any, want: Any, dtype: np.dtype) -> None:
    """Raise unless numbers agree, NaN and infinities exactly."""
    got, want = np.asarray(got, np.float64), np.asarray(want, np.float64)
    finite = np.isfinite(want)
    odd = np.array_equal(np.where(finite, 0, got), np.where(finite, 0, want), equal_nan=True)
    size = np.abs(want[finite]).max(initial=0.0)
    allowed = RELATIVE[dtype] * size + OF_PARTS[dtype] * PARTS
    near = np.abs(got[finite] - want[finite]) <= allowed
    if got.shape != want.shape or not odd or not near.all():
        raise AssertionError(f"{what}: {got.tolist()}, want {want.tolist()}")

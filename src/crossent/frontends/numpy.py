"""NumPy: rows in blocks, value and gradient from the formulae, exact sums."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from crossent.blocks import flat_rows, row_blocks
from crossent.frontends import framework_of, front_end_for
from crossent.frontends._protocol import Check, HostKernels
from crossent.frontends.kernel_rows import (
    is_plain,
    kernel_rows,
    label_rows,
    run_kernel,
)
from crossent.frontends.known import Known
from crossent.frontends.route import Regime
from crossent.kernels.switch import note_path
from crossent.losses.reduce import (
    NUMBERS,
    check_kept,
    divisor_of,
    is_mean_of_kept,
    reduced_numbers,
    sums_of,
)
from crossent.losses.rows import of_block
from crossent.messages import options as messages
from crossent.messages.values import string_labels
from crossent.ops import Array, Forward, Smooth
from crossent.plan import FLOATS, INTEGERS, Plan, Spec
from crossent.reduction import SCALE_BITS, Partial, exact_sum, to_float
from crossent.targets import Inputs, prepare, row_weight

HostArray = npt.NDArray[Any]
ACCEPTED = frozenset({*FLOATS, *INTEGERS, "bool"})


class NumpyOps:
    """The operations of `losses/` on NumPy arrays: rows in one dimension, classes in another."""

    def cast(self, x: Array, dtype: str) -> Array:
        # One contiguous layout: NumPy's loops differ in their last bits between layouts.
        return np.ascontiguousarray(x, dtype).reshape(np.shape(x))

    def wide(self, x: Array) -> Array:
        return x if x.dtype == np.float64 else x.astype(np.float64)

    def dtype(self, x: Array) -> str:
        return dtype_name(x.dtype)

    def ndim(self, x: Array) -> int:
        return int(x.ndim)

    def length(self, x: Array) -> int:
        return int(x.shape[-1])

    def where(self, condition: Array, x: Array, y: Array) -> Array:
        return np.where(condition, x, y)

    def exp(self, x: Array) -> Array:
        return np.exp(x)

    def log(self, x: Array) -> Array:
        return np.log(x)

    def log1p(self, x: Array) -> Array:
        return np.log1p(x)

    def floor(self, x: Array) -> Array:
        return np.floor(x)

    def isfinite(self, x: Array) -> Array:
        return np.isfinite(x)

    def max(self, x: Array) -> Array:
        return np.maximum.reduce(x, axis=-1, keepdims=True)

    def sum(self, x: Array) -> Array:
        return np.add.reduce(x, axis=-1, keepdims=True)

    def total(self, x: Array) -> float:
        return Partial.of(x).round_total()

    def size(self, x: Array) -> float:
        return float(x.size)

    def is_zero(self, x: Array) -> bool:
        return bool(x == 0)

    def stop_gradient(self, x: Array) -> Array:
        return x

    def count(self, mask: Array, like: Array) -> Array:
        return np.add.reduce(mask, axis=-1, keepdims=True, dtype=like.dtype)

    def any(self, mask: Array) -> Array:
        return np.logical_or.reduce(mask, axis=-1, keepdims=True)

    def if_any(self, flags: Array, then: Callable[[], Array], otherwise: Array) -> Array:
        return then() if flags.any() else otherwise

    def rows(self, x: Array) -> Array:
        return x[..., 0]

    def classes(self, x: Array) -> Array:
        return x[..., None]

    def take(self, x: Array, labels: Array) -> Array:
        return x[np.arange(len(x)), labels]

    def put(self, x: Array, labels: Array, values: Array) -> Array:
        x[np.arange(len(x)), labels] = values
        return x

    def take_classes(self, per_class: Array, labels: Array) -> Array:
        return per_class[labels]

    def zeros(self, like: Array, dtype: str) -> Array:
        return np.zeros(like.shape, dtype)

    def column(self, x: Array, k: int) -> Array:
        return x[..., k]

    def softmax(self, x: Array) -> Array:
        exps = np.exp(x - x.max(axis=-1, keepdims=True))
        return exps / exps.sum(axis=-1, keepdims=True)

    def differentiable(self, forward: Forward, smooth: Smooth, x: Array) -> tuple[Array, ...]:
        return forward(x)[0]

    def move_last(self, x: Array, axis: int) -> Array:
        return np.moveaxis(x, axis, -1)

    def squeeze(self, x: Array, axis: int) -> Array:
        return np.squeeze(x, axis)

    def expand(self, x: Array, before: int, after: int) -> Array:
        return x.reshape((1,) * before + x.shape + (1,) * after)

    def broadcast(self, x: Array, like: Array, per_row: bool) -> Array:
        return np.broadcast_to(x, like.shape[:-1] if per_row else like.shape)


OPS = NumpyOps()


def host_array(name: str, given: object) -> HostArray:
    """Return anything that NumPy reads without loss as an array, or raise ArrayKindError."""
    if type(given) is np.ndarray and dtype_name(given.dtype) in ACCEPTED:
        return given
    if type(given) is not np.ndarray and framework_of(type(given)) != "numpy":
        kind = f"{type(given).__module__}.{type(given).__qualname__}"
        raise messages.other_framework(name, kind)
    # Imported by whoever made one: an import here could wait for ever in a forked child.
    masked = getattr(sys.modules.get("numpy.ma"), "MaskedArray", ())
    if isinstance(given, masked):
        raise messages.array_kind(
            name,
            "a masked array",
            "Its mask would be ignored: fill it with a sentinel and pass that as ignore_class, or "
            "turn the mask into sample_weight.",
        )
    if isinstance(given, Mapping):
        keys = ", ".join(map(repr, given))
        raise messages.array_kind(
            name, f"a {type(given).__name__} with the keys {keys}", "Pass the array in it."
        )
    given = _from_frameworks(name, given)
    try:
        array = np.asarray(given)
    except ValueError as error:
        if isinstance(given, tuple | list) and hasattr(given[0], "shape"):
            kind = f"a {type(given).__name__} of {len(given)} arrays of different shapes"
            raise messages.array_kind(name, kind, "Pass one of them.") from error
        raise messages.array_kind(name, "not an array", f"{str(error).rstrip('.')}.") from error
    kind = dtype_name(array.dtype)
    if kind in ACCEPTED:
        return array
    if array.dtype.kind in "OUS":
        if name == "y_true" and array.dtype.kind in "US":
            raise string_labels(str(array.dtype))
        if name == "y_true" and any(isinstance(v, str) for v in array.flat):
            raise string_labels("object")
        raise _no_numbers(name, given, array)
    raise messages.array_kind(
        name,
        f"an array of {kind}",
        f"crossent computes with {', '.join(FLOATS)}; convert it knowingly.",
    )


def _from_frameworks(name: str, given: object) -> object:
    """Return a list of a framework's arrays as their values; anything else as it is.

    NumPy would ask each for its memory, which a storage of PyTorch remembers for ever.
    """
    if not isinstance(given, list | tuple) or not given:
        return given
    if framework_of(type(given[0])) in (None, "numpy"):
        return given
    if any(getattr(item, "requires_grad", False) for item in given):
        kind = f"a {type(given).__name__} of tensors that require a gradient"
        raise messages.array_kind(name, kind, "Make one tensor of them: torch.stack(...).")
    values = [
        front_end_for(name, item).values(item) if hasattr(item, "shape") else item for item in given
    ]
    return given if any(value is None for value in values) else values


def _no_numbers(name: str, given: object, array: HostArray) -> Exception:
    """Return the error for objects and text, or for one object that NumPy wrapped."""
    if array.dtype.kind != "O":
        return messages.array_kind(name, "text", "Numbers only.")
    if array.shape == ():
        return messages.array_kind(
            name, f"a {type(given).__name__}", "Pass an array, or a list of numbers."
        )
    kinds = ", ".join(sorted({type(value).__name__ for value in array.flat})[:4])
    return messages.array_kind(
        name,
        f"an array of Python objects ({kinds})",
        "Rows of equal length and numbers only; if all are numbers: astype(float), astype(int).",
    )


@lru_cache(maxsize=64)
def dtype_name(dtype: np.dtype[Any]) -> str:
    """Return the name of a dtype, which NumPy puts together anew whenever it is asked."""
    return dtype.name


class NumpyFrontEnd:
    """NumPy arrays, and what NumPy reads: lists, pandas, Python numbers."""

    name = "numpy"
    ops = OPS
    compiling = False

    def __init__(self, kernels: HostKernels | None = None) -> None:
        # A front end that is built upon this one has a way of its own to them, or none.
        self.kernels = kernels

    def owns(self, array: object) -> bool:
        # Every argument is read by host_array, which refuses what NumPy would change silently.
        return False

    def prediction(self, array: object) -> Array:
        return host_array("y_pred", array)

    def spec(self, array: Array) -> Spec:
        return Spec(array.shape, dtype_name(array.dtype))

    def values(self, array: Array) -> HostArray | None:
        return array  # type: ignore[no-any-return]

    def on_host(self, array: Array) -> bool:
        return True

    def adopt(self, given: object, like: Array) -> object:
        return given

    def convert(self, host: HostArray, like: Array) -> Array:
        return host

    def check_memory(self, name: str, array: Array) -> None:
        """Whatever NumPy has read has its memory."""

    def run(
        self,
        plan: Plan,
        x: Array,
        inputs: Inputs,
        normalizer: Any,
        check: Check | None = None,
        out: HostArray | None = None,
        regime: Regime | None = None,
    ) -> Any:
        """Return the reduced value; with `out` (classes last) also write its gradient there.

        `check` raises what is wrong with labels and logits, if they were left to the kernels, and
        `regime` is what the kernels compute, if the call is like one before.
        """
        if regime is None or not (out is None or is_plain(out)):
            given = kernel_rows(plan, x, inputs, out)
        else:
            given = label_rows(regime, plan, x, inputs)
            given.settled = True
        if given is not None:
            value = run_kernel(plan, given, normalizer, out, check)
            if value is not None:
                return value
        if check is not None:
            check()
        note_path("operations")
        divisor = 1.0
        if out is not None:
            divisor = self._divisor(plan, x, inputs, normalizer)
        terms = np.empty(x.shape[:-1] if plan.classes else x.shape, plan.compute_dtype)
        weights: list[HostArray] = []
        with np.errstate(all="ignore"):
            for block in _blocks(plan, x):
                rows = of_block(OPS, plan, inputs, x, block)
                value, weight = rows.terms(OPS, plan)
                terms[block] = value.reshape(terms[block].shape)
                if weight is not None:
                    weights.append(weight)
                if out is not None:
                    gradient = rows.gradient(OPS, plan, np.float64(1.0), divisor)
                    out[block] = gradient.reshape(out[block].shape)
        if plan.options.reduction == "none":
            return terms
        total, weight = sums_of(OPS, terms, np.concatenate(weights) if weights else None)
        return reduced_numbers(plan, total, weight, normalizer, terms.size)

    def _divisor(self, plan: Plan, x: Array, inputs: Inputs, normalizer: Any) -> float:
        """Divide by this; found before a row is computed, so that nothing fails half-way."""
        options, total = plan.options, 0
        if is_mean_of_kept(options, normalizer):
            with np.errstate(all="ignore"):
                for block in _blocks(plan, x):
                    rows = flat_rows(x, block, 1 if plan.classes else 0)
                    targets = prepare(OPS, plan, inputs.of_block(plan, block), rows)
                    weight = row_weight(OPS, targets)
                    total += len(rows) << SCALE_BITS if weight is None else exact_sum(weight)
            check_kept(NUMBERS, options, total, normalizer, x.size // (plan.classes or 1))
        return float(divisor_of(options, to_float(total), normalizer))


def _blocks(plan: Plan, x: HostArray) -> Any:
    return row_blocks(x.shape[:-1], plan.classes) if plan.classes else row_blocks(x.shape, 1)


class NumpyKernels:
    """Arrays of NumPy, which the kernels read as they are or block by block."""

    def take(self, x: Array) -> bool:
        return True

    def layout(self, y: Any, x: Any) -> object | None:
        if type(y) is np.ndarray and type(x) is np.ndarray and is_plain(x):
            return y.shape, y.dtype, x.shape, x.dtype
        return None

    def run_known(self, known: Known, x: Array, inputs: Inputs, check: Check) -> Any:
        return FRONT_END.run(known.plan, x, inputs, None, check, regime=known.regime)


FRONT_END = NumpyFrontEnd(NumpyKernels())

"""NumPy: rows in blocks, value and gradient from the formulae, exact sums."""

from __future__ import annotations

from typing import Any

import numpy as np

from crossent.core.blocks import flat_rows, row_blocks
from crossent.core.exact_totals import SCALE_BITS, exact_sum, to_float
from crossent.core.plan import Plan, Spec
from crossent.frontends._protocol import Check, HostKernels
from crossent.frontends.kernel_rows import (
    is_plain,
    kernel_log_probs,
    kernel_rows,
    label_rows,
    run_kernel,
)
from crossent.frontends.numpy.arrays import HostArray, dtype_name, host_array
from crossent.frontends.numpy.linear import linear_facts, linear_loss
from crossent.frontends.numpy.ops import OPS
from crossent.frontends.repeated_calls import Known
from crossent.frontends.route import INTEGERS
from crossent.kernels.config import note_path
from crossent.losses.linear import Layer
from crossent.losses.log_probs import answers, facts_asked_for, of_rows
from crossent.losses.ops import Array
from crossent.losses.reduce import (
    NUMBERS,
    check_kept,
    divisor_of,
    is_mean_of_kept,
    reduced_numbers,
    sums_of,
)
from crossent.losses.rows import of_block
from crossent.losses.targets import Inputs, prepare, row_weight, shifted


class NumpyFrontEnd:
    """NumPy arrays, and what NumPy reads: lists, pandas, Python numbers."""

    name = "numpy"
    ops = OPS
    compiling = False

    def __init__(self, kernels: HostKernels | None = None) -> None:
        # A front end built on this one has its own way to the kernels, or none.
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
        known: Known | None = None,
    ) -> Any:
        """Return the reduced value; with `out` (classes last) also write its gradient there.

        `check` raises what is wrong with labels and logits, if they were left to the kernels, and
        `known` is what is known of a call like it.
        """
        if known is None or not (out is None or is_plain(out)):
            given = kernel_rows(plan, x, inputs, out)
        else:
            given = _known_rows(known, x, inputs)
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

    def linear(self, plan: Plan, layer: Layer, x: Array, inputs: Inputs, normalizer: Any) -> Any:
        """Compute the loss of the logits that a layer makes of `x`, which are not held whole."""
        return linear_loss(plan, layer, x, inputs, normalizer)[0]

    def linear_log_probs(
        self, plan: Plan, layer: Layer, x: Array, inputs: Inputs
    ) -> dict[str, Array]:
        """Return what :meth:`log_probs` does, of the logits that a layer makes of `x`."""
        return linear_facts(plan, layer, x, inputs)

    def log_probs(
        self, plan: Plan, x: Array, inputs: Inputs, check: Check | None = None
    ) -> dict[str, Array]:
        """Return log-probabilities of labels, and what belongs to them."""
        outputs = plan.options.outputs
        plan, inputs = shifted(OPS, plan, inputs)
        facts = facts_asked_for(outputs)
        found = kernel_log_probs(plan, x, inputs, facts, check)
        if found is None:
            if check is not None:
                check()
            note_path("operations")
            found = {
                name: np.empty(x.shape[:-1], np.int64 if name == "rank" else plan.compute_dtype)
                for name in facts
            }
            with np.errstate(all="ignore"):
                for block in _blocks(plan, x):
                    rows = flat_rows(x, block)
                    for name, one in of_rows(OPS, plan, inputs.of_block(plan, block), rows).items():
                        found[name][block] = one.reshape(found[name][block].shape)
        return answers(outputs, found)

    def _divisor(self, plan: Plan, x: Array, inputs: Inputs, normalizer: Any) -> float:
        """Return the divisor before a row is computed, so that nothing fails half-way."""
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


def _known_rows(known: Known, x: HostArray, inputs: Inputs) -> Any:
    """Return the rows of a call like one before."""
    y = inputs.y_true
    if not (x.flags.c_contiguous and y.flags.c_contiguous and y.dtype.kind in INTEGERS):
        rows: Any = label_rows(known.regime, known.plan, x, inputs)
        rows.settled = True
        return rows
    if known.rows is None:
        rows = label_rows(known.regime, known.plan, x, inputs)
        rows.settled = True
        if y.dtype.isnative:
            known.rows = rows.of(0, 0, ())
        return rows
    return known.rows.of_arrays(x, y)


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
        return FRONT_END.run(known.plan, x, inputs, None, check, known=known)


FRONT_END = NumpyFrontEnd(NumpyKernels())

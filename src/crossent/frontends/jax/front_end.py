"""JAX: eager, and under ``jit``, ``grad``, ``vmap``, ``jvp`` and their compositions.

An argument whose values are there is checked, whatever the others are; from there on one jitted
program computes the terms and reduces them.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from crossent.core.messages import options as messages
from crossent.core.plan import FLOATS, Plan, Spec, sentinels_in
from crossent.frontends._protocol import Check
from crossent.frontends.jax.linear import facts_over_layer, sums_over_layer, terms_over_layer
from crossent.frontends.jax.log_probs import outputs_of
from crossent.frontends.jax.ops import OPS, host_number, x64
from crossent.frontends.jax.terms import rows_terms
from crossent.kernels.config import note_path
from crossent.losses import log_probs
from crossent.losses.linear import Layer
from crossent.losses.ops import Array
from crossent.losses.reduce import check_kept, reduced, sums_of
from crossent.losses.targets import Inputs

HostArray = npt.NDArray[Any]

SKIP, BAD = -1, -2
"""What labels that are ignored, and labels that are out of range, are given on as."""


class JaxFrontEnd:
    """JAX arrays, and whatever stands for them inside a transformation."""

    name = "jax"
    ops = OPS
    compiling = False
    kernels = None

    def owns(self, array: object) -> bool:
        return isinstance(array, jax.Array)

    def prediction(self, array: object) -> Array:
        if not self.owns(array):
            raise messages.array_kind(
                "y_pred", f"a {type(array).__qualname__}", "Pass a jax.Array."
            )
        return array

    def spec(self, array: Array) -> Spec:
        kind = str(array.dtype.name)
        if kind in ("int64", "uint64", "float64") and not x64():
            # Left over from enable_x64: JAX's operations would silently make 32 bits of it.
            kind = f"{kind} where jax_enable_x64 is off"
        return Spec(array.shape, kind)

    def values(self, array: Array) -> HostArray | None:
        if isinstance(array, jax.core.Tracer) or not array.is_fully_addressable:
            return None
        return np.asarray(array)

    def on_host(self, array: Array) -> bool:
        if isinstance(array, jax.core.Tracer):
            return bool(jax.default_backend() == "cpu")
        return bool(all(device.platform == "cpu" for device in array.devices()))

    def adopt(self, given: object, like: Array) -> object:
        return given

    def convert(self, host: HostArray, like: Array) -> Array:
        # JAX takes it as it is, but only `run` knows what may be cut to 32 bits.
        return host.astype(host.dtype.newbyteorder("="), copy=False)

    def check_memory(self, name: str, array: Array) -> None:
        """Say nothing: JAX itself refuses arrays that were deleted."""

    def run(
        self, plan: Plan, x: Array, inputs: Inputs, normalizer: Any, check: Check | None = None
    ) -> Any:
        """Compute the terms and reduce them with JAX's own sums, in one program."""
        note_path("operations")
        plan, arrays = _coded(plan, inputs)
        value, weight = _compute(plan, inputs.checked, x, arrays, normalizer)
        check_kept(OPS, plan.options, weight, normalizer, x.size // (plan.classes or 1))
        return value

    def log_probs(
        self, plan: Plan, x: Array, inputs: Inputs, check: Check | None = None
    ) -> dict[str, Array]:
        """Return log-probabilities of labels, and what belongs to them, in one program."""
        note_path("operations")
        plan, arrays = _coded(plan, inputs)
        found: dict[str, Array] = outputs_of(plan, inputs.checked, x, arrays)
        # A program returns the entries of a dict in the order of their names.
        return {name: found[name] for name in plan.options.outputs}

    def linear(self, plan: Plan, layer: Layer, x: Array, inputs: Inputs, normalizer: Any) -> Any:
        """Compute the loss of the logits that a layer makes of `x`, which are not held whole."""
        note_path("operations")
        plan, arrays = _coded(plan, inputs)
        given = x, Layer(*layer), arrays, normalizer
        value, weight = _compute_over_layer(plan, inputs.checked, *given)
        check_kept(OPS, plan.options, weight, normalizer, math.prod(x.shape[:-1]))
        return value

    def linear_log_probs(
        self, plan: Plan, layer: Layer, x: Array, inputs: Inputs
    ) -> dict[str, Array]:
        """Return what :meth:`log_probs` does, of the logits that a layer makes of `x`."""
        note_path("operations")
        plan, arrays = _coded(plan, inputs)
        found = _facts_over_layer(plan, inputs.checked, x, layer, arrays)
        return {name: found[name] for name in plan.options.outputs}


FRONT_END = JaxFrontEnd()


def _coded(plan: Plan, inputs: Inputs) -> tuple[Plan, list[Array]]:
    """Return the arrays of a call as a program takes them, labels as codes, and its plan."""
    if plan.kind in ("index", "top_k"):
        y_true = _label_codes(plan, inputs.y_true)
        ignore: tuple[int | float, ...] = (SKIP,) if plan.options.ignore_class else ()
    else:
        y_true = host_number(inputs.y_true)
        ignore = tuple(float(value) for value in plan.options.ignore_class)
    plan = plan._replace(options=plan.options._replace(ignore_class=ignore))
    return plan, [y_true, *(host_number(array) for array in inputs[1:-1])]


def _label_codes(plan: Plan, y: Array) -> Array:
    """Return labels as int32, ignored ones as SKIP and those that are no class as BAD.

    Everything is compared in the dtype that was given, so that nothing wraps.
    """
    xp: Any = np if isinstance(y, np.ndarray) else jnp
    if y.dtype.name == "bool":
        y = y.astype(np.int8)
    whole = y.dtype.name not in FLOATS
    limits = np.iinfo(y.dtype) if whole else jnp.finfo(y.dtype)
    good = (y >= 0) & (y <= min(plan.classes - 1, limits.max))
    if not whole:
        good &= xp.floor(y) == y
    codes = xp.where(good, xp.where(good, y, 0).astype(np.int32), BAD)
    ignored = plan.options.ignore_class if whole else sentinels_in(plan.options, y.dtype.name)
    for value in ignored:
        # No label equals a sentinel that its dtype cannot hold.
        if limits.min <= value <= limits.max:
            codes = xp.where(y == y.dtype.type(value), SKIP, codes)
    return codes.astype(np.int32)


@partial(jax.jit, static_argnums=(0, 1))
def _compute(
    plan: Plan, checked: frozenset[str], x: Array, arrays: list[Array], normalizer: Any
) -> tuple[Any, Array]:
    """Return the reduced value, and the weight of what was kept."""
    # Without checkpoint a derivative would keep arrays of its own between forward and backward;
    # so it keeps the inputs alone. Inside one program XLA still computes nothing twice.
    rows = jax.checkpoint(partial(_rows, plan, checked), prevent_cse=False)
    terms, weight = rows(x, arrays)
    if plan.options.reduction == "none":
        return terms, 1.0
    total, of_kept = sums_of(OPS, terms, weight)
    number = None if normalizer is None else _constant(OPS.wide(normalizer))
    return reduced(OPS, plan, total, of_kept, number), of_kept


def _rows(
    plan: Plan, checked: frozenset[str], x: Array, arrays: list[Array]
) -> tuple[Array, Array | None]:
    """Return the terms of the rows, and what each adds to the divisor (None: 1)."""
    return rows_terms(plan, Inputs(*arrays)._replace(checked=checked), x)


@partial(jax.jit, static_argnums=(0, 1))
def _compute_over_layer(
    plan: Plan,
    checked: frozenset[str],
    x: Array,
    layer: Layer,
    arrays: list[Array],
    normalizer: Any,
) -> tuple[Any, Array]:
    """Return the reduced value over a layer, and the weight of what was kept."""
    if plan.options.reduction == "none":
        return terms_over_layer(plan, checked, x, layer, arrays), 1.0
    total, of_kept = sums_over_layer(plan, checked, x, layer, arrays)
    number = None if normalizer is None else _constant(OPS.wide(normalizer))
    return reduced(OPS, plan, total, of_kept, number), of_kept


@partial(jax.jit, static_argnums=(0, 1))
def _facts_over_layer(
    plan: Plan, checked: frozenset[str], x: Array, layer: Layer, arrays: list[Array]
) -> dict[str, Array]:
    found = facts_over_layer(plan, checked, x, layer, arrays)
    return log_probs.answers(plan.options.outputs, found)


@jax.custom_jvp  # type: ignore[untyped-decorator]
def _constant(x: Array) -> Array:
    return x


@_constant.defjvp  # type: ignore[untyped-decorator]
def _constant_jvp(primals: Any, tangents: Any) -> Any:
    raise messages.no_gradient_to("normalizer")

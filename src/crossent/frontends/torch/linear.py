"""The loss over a linear layer in PyTorch: tiles of rows, in the memory that is allowed.

With a mean or a sum forward computes the gradients too, and backward gives them away; a second
backward, "recompute" and the losses of rows make the logits again. What is traced, and a gradient
that is itself differentiated, is left to PyTorch with all logits at once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import torch

from crossent.core.plan import Plan
from crossent.frontends.kernel_rows import kernel_log_probs, kernel_log_probs_gradient, kernel_rows
from crossent.frontends.linear_walk import Gradients, Walk, Wanted
from crossent.frontends.torch import devices
from crossent.frontends.torch.distributed import given_tensors
from crossent.frontends.torch.eager import derivatives, rows_gradient, rows_terms
from crossent.frontends.torch.log_probs import traced_log_probs
from crossent.frontends.torch.memory import check_saved, host, host_inputs, marks, room
from crossent.frontends.torch.ops import DTYPES, OPS, ROW_OPS, plain
from crossent.frontends.torch.reduce import reduce_terms
from crossent.kernels.config import note_path
from crossent.losses import log_probs
from crossent.losses.linear import Layer, logits_of, of_sequence
from crossent.losses.ops import Array
from crossent.losses.plain import plain_terms
from crossent.losses.reduce import is_mean_of_kept, upstream
from crossent.losses.targets import Inputs

SAVED: Final = ("hidden", "linear_weight", "linear_bias", *Inputs._fields[:-1])
"""What is saved for backward, in this order."""


class TensorRows:
    """Rows of logits on a device, which belong to nobody else."""

    ops = ROW_OPS

    def __init__(self, device: Any) -> None:
        self.on_host = not devices.is_accelerator(torch.empty((), device=device))
        self.live = 1 if self.on_host else 2

    def logits(self, hidden: Array, layer: Layer, tile: Array | None) -> Array:
        if tile is None or len(tile) < len(hidden):
            shape = len(hidden), len(layer.weight)
            if self.on_host:
                tile, _ = room(shape, hidden.dtype)
            else:
                tile = torch.empty(shape, dtype=hidden.dtype, device=hidden.device)
        tile = tile[: len(hidden)]
        if layer.bias is None:
            return torch.mm(hidden, layer.weight.t(), out=tile)
        return torch.addmm(layer.bias, hidden, layer.weight.t(), out=tile)

    def chosen(self, keep: Array) -> Array | None:
        if not self.on_host or bool(keep.all()):
            return None  # no device is waited for
        return keep.nonzero()[:, 0]

    def before_the_last(self, rows: int, places: int, like: Array) -> Array:
        numbers = torch.arange(rows, device=like.device)
        return numbers.reshape(-1, places)[:, :-1].reshape(-1)

    def of_rows(self, array: Array, rows: Any, shape: tuple[int, ...]) -> Array:
        if isinstance(rows, slice):
            count = int(torch.Size(shape[:-1]).numel())
            rows = torch.arange(*rows.indices(count), device=array.device)
        return array.expand(shape)[torch.unravel_index(rows, shape[:-1])]

    def room(self, shape: tuple[int, ...], dtype: str, like: Array) -> Array:
        return torch.zeros(shape, dtype=DTYPES[dtype], device=like.device)

    def add_product(self, total: Array, g: Array, x: Array, elements: int) -> None:
        if g.dtype == total.dtype:
            total.addmm_(g.t(), x)
            return
        step = max(1, elements // max(1, x.shape[1]))
        for first in range(0, len(total), step):
            part = slice(first, first + step)
            total[part] += torch.mm(g[:, part].t(), x)

    def product(self, g: Array, weight: Array, out: Array | None) -> Array:
        return torch.mm(g, weight) if out is None else torch.mm(g, weight, out=out)

    def sum_of_rows(self, g: Array) -> Array:
        return g.sum(0, dtype=DTYPES["float64" if g.dtype == torch.float64 else "float32"])

    def _kernel_rows(self, plan: Plan, x: Array, inputs: Inputs, out: bool) -> Any:
        if not self.on_host or torch._C._len_torch_function_stack() > 0:
            return None
        logits = host(x, "logits")
        return kernel_rows(plan, logits, host_inputs(inputs), logits if out else None)

    def terms(self, plan: Plan, x: Array, inputs: Inputs) -> Array:
        rows = self._kernel_rows(plan, x, inputs, out=False)
        if rows is None:
            note_path("operations")
            return rows_terms(plan, x, inputs)
        terms = torch.empty(len(x), dtype=DTYPES[plan.compute_dtype])
        rows.values(host(terms, "terms"), total=False)
        note_path("kernel")
        return terms

    def mantissa(self, number: Any) -> Any:
        if not isinstance(number, torch.Tensor):
            return math.frexp(number)[0] or 1.0
        found = torch.frexp(number)[0]
        return torch.where(found == 0, 1.0, found)

    def terms_and_gradient(
        self, plan: Plan, x: Array, inputs: Inputs, divisor: Any
    ) -> tuple[Array, Array]:
        rows = self._kernel_rows(plan, x, inputs, out=True)
        if rows is None:
            note_path("operations")
            terms = rows_terms(plan, x, inputs)
            return terms, rows_gradient(plan, x, inputs, torch.ones_like(terms), divisor)
        terms = torch.empty(len(x), dtype=DTYPES[plan.compute_dtype])
        rows.gradient(host(x, "logits"), float(divisor), out=host(terms, "terms"))
        note_path("kernel")
        return terms, x

    def gradient(self, plan: Plan, x: Array, inputs: Inputs, bar: Array) -> Array:
        sample = ROW_OPS.wide(bar)
        if inputs.sample_weight is not None:
            sample = sample * inputs.sample_weight
        checked = inputs.checked | {"sample_weight"}
        weighted = inputs._replace(sample_weight=sample, checked=checked)
        rows = self._kernel_rows(plan, x, weighted, out=True)
        if rows is None:
            return rows_gradient(plan, x, inputs, bar)
        rows.gradient(host(x, "logits"), 1.0)
        return x

    def facts(
        self, plan: Plan, x: Array, inputs: Inputs, names: Sequence[str]
    ) -> Mapping[str, Array]:
        if self.on_host:
            found = kernel_log_probs(plan, host(x, "logits"), host_inputs(inputs), names, None)
            if found is not None:
                return {name: torch.from_numpy(one) for name, one in found.items()}
        note_path("operations")
        return log_probs.of_rows(ROW_OPS, plan, inputs, x)

    def facts_gradient(
        self, plan: Plan, x: Array, inputs: Inputs, bars: Mapping[str, Array]
    ) -> Array:
        if self.on_host:
            logits = host(x, "logits")
            given = {name: host(bar.contiguous(), "grad_output") for name, bar in bars.items()}
            if kernel_log_probs_gradient(plan, logits, host_inputs(inputs), given, logits):
                return x
        rows, targets = log_probs.rows_with_labels(ROW_OPS, plan, inputs, x)
        forward, _ = log_probs.functions_of(ROW_OPS, targets, tuple(bars))
        of_rows = [log_probs.bar_of(ROW_OPS, plan, targets, bar) for bar in bars.values()]
        return forward(rows)[1](*of_rows).to(x.dtype)


class Given(NamedTuple):
    """What a call is beside its tensors."""

    plan: Plan
    checked: frozenset[str]
    normalizer: Any
    differentiated: bool  # an autograd function is not told whether gradients are recorded


def linear_loss(plan: Plan, layer: Layer, x: Array, inputs: Inputs, normalizer: Any) -> Any:
    """Return the loss of the logits that a layer makes of `x`."""
    if _all_plain(x, layer, inputs):
        given = Given(plan, inputs.checked, normalizer, torch.is_grad_enabled())
        return LinearLoss.apply(given, x, *layer, *inputs[:-1])
    if not torch.compiler.is_compiling():
        note_path("operations")
    return loss_at_once(plan, layer, x, inputs, normalizer)[0]


def linear_facts(plan: Plan, layer: Layer, x: Array, inputs: Inputs) -> dict[str, Array]:
    """Return the outputs of the plan."""
    if not _all_plain(x, layer, inputs):
        if not torch.compiler.is_compiling():
            note_path("operations")
        return facts_at_once(plan, layer, x, inputs)
    with torch.no_grad():
        walk = Walk(TensorRows(x.device), plan, layer, x.detach(), _detached(inputs))
        found = {name: one.reshape(x.shape[:-1]) for name, one in walk.facts().items()}
    names = log_probs.differentiable(log_probs.facts_asked_for(plan.options.outputs))
    learned = any(one is not None and one.requires_grad for one in (x, *layer))
    if names and torch.is_grad_enabled() and learned:
        values = tuple([found[name] for name in names])
        known = plan, inputs, names
        values = LinearFacts.apply(known, values, x, *layer)
        found |= dict(zip(names, values, strict=True))
    return log_probs.answers(plan.options.outputs, found)


class LinearLoss(torch.autograd.Function):  # type: ignore[misc]
    """Hidden rows, weight and bias, and the arrays of :class:`Inputs`, to the reduced loss."""

    @staticmethod
    def forward(ctx: Any, given: Given, x: Array, weight: Array, bias: Any, *arrays: Array) -> Any:
        plan, checked, normalizer, differentiated = given
        options = plan.options
        wanted = Wanted(*ctx.needs_input_grad[1:4])
        at_once = differentiated and options.gradients == "forward" and options.reduction != "none"
        at_once = at_once and any(wanted)
        inputs = Inputs(*arrays)._replace(checked=checked)
        walk = walk_of(plan, x, weight, bias, inputs)
        ctx.mantissa = walk.mantissa() if is_mean_of_kept(options, normalizer) else 1.0
        terms, weights, ctx.made = walk.terms(wanted if at_once else None, ctx.mantissa)
        result, divisor = reduce_terms(
            ROW_OPS, plan, terms.reshape(x.shape[:-1]), weights, normalizer
        )
        ctx.given = given
        ctx.marks = marks((x, weight, bias, *arrays))
        ctx.save_for_backward(x, weight, bias, *arrays, divisor)
        if options.reduction == "parts" and not any(ctx.needs_input_grad[4:]):
            ctx.mark_non_differentiable(result[1])
        return result

    @staticmethod
    def backward(ctx: Any, *bars: Array) -> tuple[Any, ...]:
        plan, checked, normalizer, _ = ctx.given
        *saved, divisor = ctx.saved_tensors
        check_saved(saved, ctx.marks, bars, SAVED)
        x, weight, bias, *arrays = saved
        inputs = Inputs(*arrays)._replace(checked=checked)
        needed = ctx.needs_input_grad[1:]
        made, ctx.made = ctx.made, None  # given away once: autograd may add to it later
        if torch.is_grad_enabled() or any(needed[3:]) or not plain(bars[0]):
            number = None if normalizer is None else divisor
            found = _by_torch(plan, needed, saved, inputs, number, bars)
            return None, *found
        bar, wanted = ROW_OPS.wide(bars[0]), Wanted(*needed[:3])
        if plan.options.reduction == "none":
            made = walk_of(plan, x, weight, bias, inputs).gradients(bar.reshape(-1), wanted)
        else:
            if made is None:
                walk = walk_of(plan, x, weight, bias, inputs)
                _, _, made = walk.terms(wanted, ctx.mantissa)
            made = _scaled(made, upstream(ROW_OPS, bar * ctx.mantissa, divisor))
        return None, *_in_dtype(made, x), *(None for _ in arrays)


class LinearFacts(torch.autograd.Function):  # type: ignore[misc]
    """Outputs that have been computed, and how their gradients are."""

    @staticmethod
    def forward(ctx: Any, known: Any, values: Any, x: Array, weight: Array, bias: Any) -> Any:
        plan, inputs, names = known
        ctx.known = plan, inputs.checked, names
        ctx.set_materialize_grads(False)
        ctx.marks = marks((x, weight, bias, *inputs[:-1]))
        ctx.save_for_backward(x, weight, bias, *inputs[:-1])
        return values

    @staticmethod
    def backward(ctx: Any, *bars: Array | None) -> tuple[Any, ...]:
        plan, checked, names = ctx.known
        saved = ctx.saved_tensors
        check_saved(saved, ctx.marks, bars, SAVED)
        x, weight, bias, *arrays = saved
        inputs = Inputs(*arrays)._replace(checked=checked)
        bar = {name: one for name, one in zip(names, bars, strict=True) if one is not None}
        needed = ctx.needs_input_grad[2:]
        if not bar:
            return None, None, None, None, None
        if torch.is_grad_enabled() or not all([plain(one) for one in bar.values()]):
            with torch.enable_grad():
                outputs = plan._replace(options=plan.options._replace(outputs=tuple(bar)))
                layer = Layer(weight, bias)
                values = tuple(facts_at_once(outputs, layer, x, inputs).values())
            found = derivatives(values, tuple(bar.values()), saved[:3], needed)
            return None, None, *found
        flat = {name: one.reshape(-1) for name, one in bar.items()}
        walk = walk_of(plan, x, weight, bias, inputs)
        made = walk.facts_gradients(flat, Wanted(*needed))
        return None, None, *_in_dtype(made, x)


def walk_of(plan: Plan, x: Array, weight: Array, bias: Array | None, inputs: Inputs) -> Walk:
    """Return the walk over the rows of a call, which nothing records."""
    layer = Layer(weight.detach(), None if bias is None else bias.detach())
    return Walk(TensorRows(x.device), plan, layer, x.detach(), _detached(inputs))


def _detached(inputs: Inputs) -> Inputs:
    arrays: list[Any] = [None if one is None else one.detach() for one in inputs[:-1]]
    return Inputs(*arrays)._replace(checked=inputs.checked)


def cast(x: Array, layer: Layer) -> tuple[Array, Layer]:
    """Return the arrays of a product in the dtype that autocast has for it."""
    kind = x.device.type
    if not torch.amp.is_autocast_available(kind) or not torch.is_autocast_enabled(kind):
        return x, layer
    if x.dtype == torch.float64:
        return x, layer
    dtype = torch.get_autocast_dtype(kind)
    return x.to(dtype), Layer(*(None if one is None else one.to(dtype) for one in layer))


def _all_plain(x: Array, layer: Layer, inputs: Inputs) -> bool:
    tensors = [one for one in layer if one is not None]
    tensors += [tensor for _, tensor in given_tensors(inputs)]
    return plain(x) and all([plain(tensor) for tensor in tensors])


def _scaled(made: Gradients, factor: Array) -> Gradients:
    """Return gradients times a number, in their own memory: nobody else has them."""
    if devices.is_accelerator(factor) or factor.item() != 1:
        for one in made:
            if one is not None:
                one.mul_(factor)
    return made


def _in_dtype(made: Gradients, x: Array) -> list[Array | None]:
    return [None if one is None else one.to(x.dtype) for one in made]


def loss_at_once(
    plan: Plan, layer: Layer, x: Array, inputs: Inputs, normalizer: Any
) -> tuple[Any, Array]:
    """Return the loss with all logits, differentiable by PyTorch, and what it is divided by."""
    of_rows, inputs, logits = _at_once(plan, layer, x, inputs)
    terms, weight = plain_terms(OPS, of_rows, logits, inputs)
    if plan.options.reduction == "none":
        terms = _of_all_rows(plan, terms)
    return reduce_terms(OPS, of_rows, terms, weight, normalizer)


def facts_at_once(plan: Plan, layer: Layer, x: Array, inputs: Inputs) -> dict[str, Array]:
    """Return the outputs with all logits, differentiable by PyTorch."""
    of_rows, inputs, logits = _at_once(plan, layer, x, inputs)
    found = traced_log_probs(of_rows, logits, inputs)
    return {name: _of_all_rows(plan, one) for name, one in found.items()}


def _at_once(plan: Plan, layer: Layer, x: Array, inputs: Inputs) -> tuple[Plan, Inputs, Array]:
    """Return plan, inputs and logits of the rows that meet a label."""
    x, inputs = of_sequence(plan, x, inputs)
    logits = logits_of(OPS, plan.options, x, layer)
    if inputs.class_mask is not None and inputs.class_mask.dim() > 1:
        inputs = inputs._replace(class_mask=inputs.class_mask.expand(logits.shape))
    options = plan.options._replace(shift=False)
    return plan._replace(options=options, rows=tuple(logits.shape[:-1])), inputs, logits


def _of_all_rows(plan: Plan, of_rows: Array) -> Array:
    """Return numbers of the rows that meet a label with one more for the last of a sequence."""
    return torch.nn.functional.pad(of_rows, (0, 1)) if plan.options.shift else of_rows


def _by_torch(
    plan: Plan, needed: Any, saved: Sequence[Any], inputs: Inputs, normalizer: Any, bars: Any
) -> list[Array | None]:
    """Return gradients to everything that needs one, from the form with all logits."""
    x, weight, bias, *_ = saved
    with torch.enable_grad():
        result, _ = loss_at_once(plan, Layer(weight, bias), x, inputs, normalizer)
    outputs = result if plan.options.reduction == "parts" else (result,)
    return derivatives(outputs, bars, saved, needed)

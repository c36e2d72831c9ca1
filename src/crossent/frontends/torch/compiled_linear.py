"""The loss over a linear layer inside the graphs of ``torch.compile``, in tiles of rows.

Operators of our own, opaque to the compiler, walk the rows as an eager call does: the losses, with
the gradients beside them where the sum is asked for; the facts of the rows; and the gradients of
both, for which the logits are made again. The division of a mean is an operation of the graph. A
derivative of a gradient, and one to targets or weights, is left to PyTorch with all logits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import torch

from crossent.core.options import Function, Options
from crossent.core.plan import Plan, Spec, plan_of_rows
from crossent.frontends.linear_walk import Gradients, Walk, Wanted
from crossent.frontends.torch.compiled import unseen
from crossent.frontends.torch.devices import wide_dtype
from crossent.frontends.torch.distributed import given_tensors
from crossent.frontends.torch.eager import derivatives
from crossent.frontends.torch.linear import (
    facts_at_once,
    loss_at_once,
    walk_of,
)
from crossent.frontends.torch.ops import NAMES, OPS, exporting
from crossent.frontends.torch.reduce import reduce_sums, reduce_terms
from crossent.losses import log_probs
from crossent.losses.linear import Layer
from crossent.losses.ops import Array
from crossent.losses.reduce import is_mean_of_kept
from crossent.losses.targets import Inputs

GIVEN: Final = (
    "Tensor hidden, Tensor weight, Tensor? bias, Tensor y_true, Tensor? target_prob, "
    "Tensor? class_mask, Tensor? class_weight, Tensor? sample_weight, str kind, str function, "
    "int[] ignore_class, float label_smoothing, float z_loss, float logit_scale, float? softcap, "
    "bool shift, float temperature, int max_memory, str[] outputs, str[] checked"
)
"""What every operator is given of a call, last."""

TENSORS: Final = 8
"""How many of these may be tensors."""


FACTS: Final = (*log_probs.DIFFERENTIABLE, "rank")
"""What is computed of rows that have a label."""


class Given(NamedTuple):
    """The same in Python."""

    hidden: Array
    weight: Array
    bias: Array | None
    y_true: Array
    target_prob: Array | None
    class_mask: Array | None
    class_weight: Array | None
    sample_weight: Array | None
    kind: Any
    function: Function
    ignore_class: Sequence[int]
    label_smoothing: float
    z_loss: float
    logit_scale: float
    softcap: float | None
    shift: bool
    temperature: float
    max_memory: int
    outputs: Sequence[str]
    checked: Sequence[str]

    @classmethod
    def of(cls, plan: Plan, layer: Layer, x: Array, inputs: Inputs) -> Given:
        """Return what the operators are given of a call."""
        o = plan.options
        ignored, checked = [int(one) for one in o.ignore_class], sorted(inputs.checked)
        return cls(
            x, layer.weight, layer.bias, inputs.y_true, inputs.target_prob, inputs.class_mask,
            inputs.class_weight, inputs.sample_weight, plan.kind, o.function, ignored,
            o.label_smoothing, o.z_loss, o.logit_scale, o.softcap, o.shift, o.temperature,
            o.max_memory, list(o.outputs), checked,
        )  # fmt: skip

    def call(self, reduction: Any = "none") -> tuple[Plan, Layer, Array, Inputs]:
        """Return the call again, with the tensors that are here."""
        options = Options(
            self.function, True, ignore_class=tuple(self.ignore_class),
            label_smoothing=self.label_smoothing, z_loss=self.z_loss, reduction=reduction,
            shift=self.shift, temperature=self.temperature, outputs=tuple(self.outputs),
            logit_scale=self.logit_scale, softcap=self.softcap, max_memory=self.max_memory,
            validate="off",
        )  # fmt: skip
        logits = Spec((*self.hidden.shape[:-1], len(self.weight)), NAMES[self.hidden.dtype])
        inputs = Inputs(
            self.y_true, self.target_prob, self.class_mask, self.class_weight, self.sample_weight,
            checked=frozenset(self.checked),
        )  # fmt: skip
        layer = Layer(self.weight, self.bias)
        return plan_of_rows(options, self.kind, logits), layer, self.hidden, inputs

    def walk(self) -> Walk:
        plan, layer, x, inputs = self.call()
        return walk_of(plan, x, layer.weight, layer.bias, inputs)


def may_take(plan: Plan, layer: Layer, x: Array, inputs: Inputs) -> bool:
    """Whether a call that is being compiled is for the operators."""
    if not torch.compiler.is_dynamo_compiling() or exporting():
        return False
    if not all(isinstance(one, int) for one in plan.options.ignore_class):
        return False
    others = [tensor for _, tensor in given_tensors(inputs)]
    tensors = [one for one in (x, *layer, *others) if one is not None]
    if any(type(one) not in (torch.Tensor, torch.nn.Parameter) for one in tensors):
        return False
    if any(one.layout is not torch.strided for one in tensors):
        return False
    return not any(one.requires_grad for one in others) and bool(unseen())


def compiled_loss(plan: Plan, layer: Layer, x: Array, inputs: Inputs, normalizer: Any) -> Any:
    """Return the loss of the logits that a layer makes of `x`."""
    given, options = Given.of(plan, layer, x, inputs), plan.options
    summed = options.reduction != "none"
    at_once = summed and options.gradients == "forward" and torch.is_grad_enabled()
    wanted = [at_once and one is not None and one.requires_grad for one in (x, *layer)]
    if summed and any(wanted):
        total, of_kept, *_ = layer_sums(is_mean_of_kept(options, normalizer), wanted, *given)
        return reduce_sums(OPS, plan, total, of_kept, normalizer, given.y_true.numel())[0]
    terms, weights = layer_losses(*given)
    return reduce_terms(OPS, plan, terms, weights, normalizer)[0]


def compiled_facts(plan: Plan, layer: Layer, x: Array, inputs: Inputs) -> dict[str, Array]:
    """Return the outputs of the plan."""
    facts = log_probs.facts_asked_for(plan.options.outputs)
    found = layer_facts(*Given.of(plan, layer, x, inputs)._replace(outputs=list(facts)))
    return log_probs.answers(plan.options.outputs, dict(zip(FACTS, found, strict=True)))


def _of_rows(given: Given) -> tuple[Any, ...]:
    return tuple(given.hidden.shape[:-1])


def _dtype(given: Given) -> torch.dtype:
    return torch.float64 if given.hidden.dtype == torch.float64 else torch.float32


def _gradients(found: Gradients | None, x: Array) -> list[Array]:
    """Return gradients in the dtype of the inputs; an operator returns an empty one for none."""
    each = (None, None, None) if found is None else found
    return [x.new_empty(0) if one is None else one.to(x.dtype) for one in each]


def _empty_gradients(wanted: Sequence[bool], given: Given) -> list[Array]:
    layer = (given.hidden, given.weight, given.bias)
    return [
        torch.empty_like(one, memory_format=torch.contiguous_format)
        if want and one is not None
        else given.hidden.new_empty(0)
        for want, one in zip(wanted, layer, strict=True)
    ]


@torch.library.custom_op(  # type: ignore[untyped-decorator]
    "crossent::layer_losses", mutates_args=(), schema=f"({GIVEN}) -> (Tensor, Tensor)"
)
def layer_losses(*arguments: Any) -> Any:
    """Compute the losses of all rows, and what each adds to the divisor."""
    given = Given(*arguments)
    terms, weights, _ = given.walk().terms(None)
    return terms.reshape(_of_rows(given)), weights.reshape(_of_rows(given))


@layer_losses.register_fake  # type: ignore[untyped-decorator]
def _(*arguments: Any) -> Any:
    given = Given(*arguments)
    shape = _of_rows(given)
    new = given.hidden.new_empty
    return new(shape, dtype=_dtype(given)), new(shape, dtype=wide_dtype(given.hidden.device))


@torch.library.custom_op(  # type: ignore[untyped-decorator]
    "crossent::layer_sums",
    mutates_args=(),
    schema=f"(bool mean, bool[] wanted, {GIVEN}) -> "
    "(Tensor, Tensor, Tensor, Tensor, Tensor, Tensor)",
)
def layer_sums(mean: bool, wanted: Any, *arguments: Any) -> Any:
    """Compute the sums of both, and the gradients of the first that are wanted.

    Third comes what the gradients are divided by: for a `mean` the mantissa of the second sum.
    """
    given = Given(*arguments)
    walk = given.walk()
    divisor = walk.mantissa() if mean else 1.0
    terms, weights, found = walk.terms(Wanted(*wanted), divisor)
    total = OPS.total(terms)
    sums = total, OPS.total(weights), torch.ones_like(total) * divisor
    return *sums, *_gradients(found, given.hidden)


@layer_sums.register_fake  # type: ignore[untyped-decorator]
def _(mean: bool, wanted: Any, *arguments: Any) -> Any:
    given = Given(*arguments)
    wide = wide_dtype(given.hidden.device)
    sums = [given.hidden.new_empty((), dtype=wide) for _ in range(3)]
    return *sums, *_empty_gradients(wanted, given)


@torch.library.custom_op(  # type: ignore[untyped-decorator]
    "crossent::layer_gradient",
    mutates_args=(),
    schema=f"(Tensor bar, bool[] wanted, {GIVEN}) -> (Tensor, Tensor, Tensor)",
)
def layer_gradient(bar: Array, wanted: Any, *arguments: Any) -> Any:
    """Compute the gradients of ``sum(bar * layer_losses)``."""
    given = Given(*arguments)
    found = given.walk().gradients(bar.reshape(-1), Wanted(*wanted))
    return tuple(_gradients(found, given.hidden))


@layer_gradient.register_fake  # type: ignore[untyped-decorator]
def _(bar: Array, wanted: Any, *arguments: Any) -> Any:
    return tuple(_empty_gradients(wanted, Given(*arguments)))


@torch.library.custom_op(  # type: ignore[untyped-decorator]
    "crossent::layer_facts",
    mutates_args=(),
    schema=f"({GIVEN}) -> (Tensor, Tensor, Tensor, Tensor)",
)
def layer_facts(*arguments: Any) -> Any:
    """Compute facts of all rows; an empty tensor stands for one that is not asked for."""
    given = Given(*arguments)
    found = given.walk().facts()
    empty = given.hidden.new_empty
    return tuple(
        [found[name].reshape(_of_rows(given)) if name in found else empty(0) for name in FACTS]
    )


@layer_facts.register_fake  # type: ignore[untyped-decorator]
def _(*arguments: Any) -> Any:
    given = Given(*arguments)
    new, shape = given.hidden.new_empty, _of_rows(given)
    dtypes = [torch.int64 if name == "rank" else _dtype(given) for name in FACTS]
    return tuple(
        [
            new(shape, dtype=dtype) if name in given.outputs else new(0)
            for name, dtype in zip(FACTS, dtypes, strict=True)
        ]
    )


@torch.library.custom_op(  # type: ignore[untyped-decorator]
    "crossent::layer_facts_gradient",
    mutates_args=(),
    schema="(Tensor? log_prob_bar, Tensor? entropy_bar, Tensor? lse_bar, bool[] wanted, "
    f"{GIVEN}) -> (Tensor, Tensor, Tensor)",
)
def layer_facts_gradient(*arguments: Any) -> Any:
    """Compute the gradients of the sum of facts, each times its bar."""
    bars, wanted, given = arguments[:3], arguments[3], Given(*arguments[4:])
    names = log_probs.DIFFERENTIABLE
    named = {n: bar.reshape(-1) for n, bar in zip(names, bars, strict=True) if bar is not None}
    found = given.walk().facts_gradients(named, Wanted(*wanted))
    return tuple(_gradients(found, given.hidden))


@layer_facts_gradient.register_fake  # type: ignore[untyped-decorator]
def _(*arguments: Any) -> Any:
    return tuple(_empty_gradients(arguments[3], Given(*arguments[4:])))


def _keep(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
    ctx.save_for_backward(*inputs[:TENSORS])
    ctx.others = inputs[TENSORS:]


def _keep_sums(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
    ctx.save_for_backward(*inputs[2 : TENSORS + 2], *output[2:])
    ctx.others = inputs[TENSORS + 2 :]


def _returned(found: Sequence[Array | None]) -> tuple[Any, ...]:
    """Return gradients to hidden rows, weight and bias among all arguments."""
    return *found, *(None for _ in Given._fields[3:])


def _of_losses(ctx: Any, bar: Array, _: Array) -> tuple[Any, ...]:
    given, needed = Given(*ctx.saved_tensors, *ctx.others), ctx.needs_input_grad[:3]
    if torch.is_grad_enabled():
        return _returned(_by_torch(given, needed, "none", bar))
    found = layer_gradient(bar, list(needed), *given)
    return _returned([one if need else None for one, need in zip(found, needed, strict=True)])


def _of_sums(ctx: Any, bar: Array, *_: Array) -> tuple[Any, ...]:
    given = Given(*ctx.saved_tensors[:TENSORS], *ctx.others)
    needed = ctx.needs_input_grad[2:5]
    if torch.is_grad_enabled():
        return None, None, *_returned(_by_torch(given, needed, "sum", bar))
    divisor, *made = ctx.saved_tensors[TENSORS:]
    factor = bar * divisor
    found = [one * factor if need else None for one, need in zip(made, needed, strict=True)]
    return None, None, *_returned(found)


def _of_facts(ctx: Any, *bars: Array) -> tuple[Any, ...]:
    given, needed = Given(*ctx.saved_tensors, *ctx.others), ctx.needs_input_grad[:3]
    of_facts = dict(zip(log_probs.DIFFERENTIABLE, bars, strict=False))
    asked = {name: bar for name, bar in of_facts.items() if name in given.outputs}
    if torch.is_grad_enabled():
        plan, layer, x, inputs = given._replace(outputs=list(asked)).call()
        with torch.enable_grad():
            values = tuple(facts_at_once(plan, layer, x, inputs).values())
        return _returned(derivatives(values, tuple(asked.values()), given[:3], needed))
    own = [asked.get(name) for name in of_facts]
    found = layer_facts_gradient(*own, list(needed), *given)
    return _returned([one if need else None for one, need in zip(found, needed, strict=True)])


def _by_torch(given: Given, needed: Sequence[bool], reduction: str, bar: Array) -> list[Any]:
    """Return gradients that can be differentiated, from the form with all logits."""
    plan, layer, x, inputs = given.call(reduction)
    with torch.enable_grad():
        value, _ = loss_at_once(plan, layer, x, inputs, None)
    return derivatives((value,), (bar.to(value.dtype),), given[:3], needed)


layer_losses.register_autograd(_of_losses, setup_context=_keep)
layer_sums.register_autograd(_of_sums, setup_context=_keep_sums)
layer_facts.register_autograd(_of_facts, setup_context=_keep)

"""The kernels inside the graphs of ``torch.compile``, on CPUs and on GPUs.

Two operators of our own, opaque to the compiler: the losses of the rows, and their gradient, which
is computed where backward runs. Labels, targets and probabilities are judged by the kernels, and
what is bad is NaN in its row (rule M01). Weights and the reduction are operations of the graph, so
that they have gradients of every order. Everything that decides whether a call is for the
operators is known while the graph is traced.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import torch

from crossent.core.options import Options
from crossent.core.plan import Plan, Spec, plan_of_rows
from crossent.frontends.kernel_rows import kernel_rows
from crossent.frontends.route import is_for_operators
from crossent.frontends.torch import devices, gpu
from crossent.frontends.torch.eager import rows_gradient, rows_terms
from crossent.frontends.torch.memory import check_memory, host, host_inputs, room, room_like
from crossent.frontends.torch.ops import DTYPES, NAMES, OPS, exporting
from crossent.kernels import config
from crossent.losses.ops import Array
from crossent.losses.plain import plain_terms
from crossent.losses.rows import weighted
from crossent.losses.targets import Inputs, prepare
from crossent.losses.terms import term_of_losses

GIVEN: Final = frozenset({"target_prob", "class_mask", "class_weight", "pos_weight"})


@torch.compiler.assume_constant_result  # type: ignore[untyped-decorator]
def _here() -> bool:
    """Whether there are kernels for CPUs, and nothing that would look into them."""
    return config.enabled() and _is_unseen()


@torch.compiler.assume_constant_result  # type: ignore[untyped-decorator]
def _there(kind: str, index: int | None) -> bool:
    """The same of a GPU."""
    return gpu.kernels_for(torch.device(kind, index)) is not None and _is_unseen()


@torch.compiler.assume_constant_result  # type: ignore[untyped-decorator]
def unseen() -> bool:
    """Whether no transformation or mode would look into an operator."""
    return _is_unseen()


def _is_unseen() -> bool:
    """Whether no transformation or mode would look into an operator."""
    return (
        torch._C._functorch.peek_interpreter_stack() is None
        and not torch.autograd.forward_ad._current_level >= 0
    )


def may_take(plan: Plan, x: Array, inputs: Inputs) -> bool:
    """Whether a call that is being compiled is for the operators."""
    if not torch.compiler.is_dynamo_compiling() or exporting():
        return False
    tensors = [one for one in (x, *inputs[:-1]) if one is not None]
    if any(type(one) not in (torch.Tensor, torch.nn.Parameter) for one in tensors):
        return False
    if any(one.layout is not torch.strided for one in tensors):
        return False
    named = [pair for pair in zip(Inputs._fields, inputs[:-1], strict=False) if pair[1] is not None]
    taken = is_for_operators(
        plan,
        [name for name, _ in named],
        size=x.numel(),
        predictions=NAMES.get(x.dtype, ""),
        targets=NAMES.get(inputs.y_true.dtype, ""),
        differentiated=bool(x.requires_grad),
        learned=[name for name, one in named if one.requires_grad],
    )
    if not taken:
        return False
    if devices.is_accelerator(x):
        one_mark = len(plan.options.ignore_class) <= 1
        of_logits = plan.kind == "index" and plan.options.from_logits
        return of_logits and one_mark and bool(_there(x.device.type, x.device.index))
    return bool(_here())


def compiled_terms(plan: Plan, x: Array, inputs: Inputs) -> tuple[Array, Array | None]:
    """Return the terms of the rows, and what each adds to the divisor (None: 1)."""
    options = plan.options
    losses = row_losses(
        x, inputs.y_true, inputs.pos_weight, options.function, options.from_logits,
        list(options.ignore_class), options.label_smoothing, options.z_loss, options.epsilon,
        options.normalize,
    )  # fmt: skip
    # What the operator judges is looked at again only where the divisor depends on it.
    weighs = inputs.class_weight is not None or inputs.sample_weight is not None
    seen = {"y_pred"} if weighs else {"y_pred", "y_true"}
    targets = prepare(OPS, plan, inputs._replace(checked=inputs.checked | seen), x)
    # The operator knows nothing of weights, nor of rows that weigh 0.
    of_rows = OPS.wide(losses)
    if targets.keep is not None:
        of_rows = torch.where(targets.keep, of_rows, 0.0)
    terms = term_of_losses(OPS, targets, of_rows)
    if weighs and not options.from_logits:
        wrong = torch.isnan(losses)
        targets = targets._replace(bad=wrong if targets.bad is None else targets.bad | wrong)
    return weighted(OPS, plan, targets, terms)


def _plan(
    x: Array,
    function: Any,
    from_logits: bool,
    ignore_class: Sequence[int],
    label_smoothing: float,
    z_loss: float,
    epsilon: float,
    normalize: bool | None,
) -> Plan:
    """Return the plan for predictions with the classes last and labels that fit."""
    options = Options(
        function, from_logits, -1, tuple(ignore_class), label_smoothing, z_loss, epsilon,
        normalize, "none",
    )  # fmt: skip
    spec = Spec(tuple(x.shape), "float64" if x.dtype == torch.float64 else "float32")
    return plan_of_rows(options, "binary" if function == "binary" else "index", spec)


def _inputs(plan: Plan, x: Array, y: Array, pos_weight: Array | None) -> Inputs:
    """Return the arrays as inputs; what has another shape than its rows is an error of PyTorch."""
    positive = None if pos_weight is None else pos_weight.expand(x.shape)
    return Inputs(y.expand(plan.rows), pos_weight=positive, checked=GIVEN)


def _check_memory(**tensors: Array | None) -> None:
    """Check the input of an operator when its graph runs: no check of a call has seen it."""
    for name, tensor in tensors.items():
        if tensor is not None:
            check_memory(name, tensor)


@torch.library.custom_op("crossent::row_losses", mutates_args=(), device_types=("cpu", "cuda"))  # type: ignore[untyped-decorator]
def row_losses(
    x: torch.Tensor,
    y: torch.Tensor,
    pos_weight: torch.Tensor | None,
    function: str,
    from_logits: bool,
    ignore_class: Sequence[int],
    label_smoothing: float,
    z_loss: float,
    epsilon: float,
    normalize: bool | None,
) -> torch.Tensor:
    """Compute the loss of every row: NaN where its label is no class, 0 where it is ignored."""
    options = function, from_logits, ignore_class, label_smoothing, z_loss, epsilon, normalize
    _check_memory(y_pred=x, y_true=y, pos_weight=pos_weight)
    plan = _plan(x, *options)
    inputs = _inputs(plan, x, y, pos_weight)
    kernels = gpu.kernels_for(x.device)
    if kernels is not None and kernels.serves(plan, inputs):
        config.note_path("triton")
        found: torch.Tensor = kernels.label_rows(plan, x, inputs, slopes=False).terms
        return found.reshape(x.shape[:-1])
    if devices.is_accelerator(x):
        return rows_terms(plan, x, inputs)
    rows = kernel_rows(plan, host(x, "y_pred"), host_inputs(inputs))
    if rows is None:  # there are no kernels any more, or there is nothing to compute
        return rows_terms(plan, x, inputs)
    out, terms = room(plan.rows, DTYPES[plan.compute_dtype])
    rows.values(terms, total=False)
    config.note_path("kernel")
    return out


@row_losses.register_fake  # type: ignore[untyped-decorator]
def _(x: Array, y: Array, pos_weight: Array | None, function: str, *options: Any) -> Array:
    dtype = torch.float64 if x.dtype == torch.float64 else torch.float32
    return x.new_empty(x.shape if function == "binary" else x.shape[:-1], dtype=dtype)


@torch.library.custom_op("crossent::row_gradient", mutates_args=(), device_types=("cpu", "cuda"))  # type: ignore[untyped-decorator]
def row_gradient(
    bar: torch.Tensor,
    x: torch.Tensor,
    y: torch.Tensor,
    pos_weight: torch.Tensor | None,
    function: str,
    from_logits: bool,
    ignore_class: Sequence[int],
    label_smoothing: float,
    z_loss: float,
    epsilon: float,
    normalize: bool | None,
) -> torch.Tensor:
    """Compute the gradient of ``sum(bar * row_losses)`` to the predictions."""
    options = function, from_logits, ignore_class, label_smoothing, z_loss, epsilon, normalize
    _check_memory(grad_output=bar, y_pred=x, y_true=y, pos_weight=pos_weight)
    plan = _plan(x, *options)
    bar, given = bar.expand(plan.rows), _inputs(plan, x, y, pos_weight)
    kernels = gpu.kernels_for(x.device)
    if kernels is not None and kernels.serves(plan, given):
        slopes = kernels.label_rows(plan, x, given).slopes
        one = torch.ones((), dtype=torch.float64, device=x.device)
        found: torch.Tensor = kernels.rows_gradient(plan, x, given, slopes, bar, one)
        return found
    if devices.is_accelerator(x):
        return rows_gradient(plan, x, given, bar)
    inputs = given._replace(sample_weight=bar, checked=GIVEN | {"sample_weight"})
    out, there = room_like(x)
    rows = kernel_rows(plan, host(x, "y_pred"), host_inputs(inputs), there)
    if rows is None:
        return rows_gradient(plan, x, given, bar)
    rows.gradient(there, 1.0)
    return out


@row_gradient.register_fake  # type: ignore[untyped-decorator]
def _(bar: Array, x: Array, *others: Any) -> Array:
    return torch.empty_like(x)


def _keep_losses(ctx: Any, inputs: tuple[Any, ...], output: Array) -> None:
    ctx.save_for_backward(*inputs[:3])
    ctx.options = inputs[3:]


def _of_losses(ctx: Any, bar: Array) -> tuple[Any, ...]:
    x, y, pos_weight = ctx.saved_tensors
    if any(ctx.needs_input_grad[1:3]):
        found = _derivatives(_terms, ctx.needs_input_grad[:3], (x, y, pos_weight), ctx.options, bar)
        return *found, *(None for _ in ctx.options)
    gradient = row_gradient(bar, x, y, pos_weight, *ctx.options)
    return gradient, None, None, *(None for _ in ctx.options)


def _keep_gradient(ctx: Any, inputs: tuple[Any, ...], output: Array) -> None:
    ctx.save_for_backward(*inputs[:4])
    ctx.options = inputs[4:]


def _of_gradient(ctx: Any, bar: Array) -> tuple[Any, ...]:
    needed = ctx.needs_input_grad[:4]
    found = _derivatives(_terms_gradient, needed, ctx.saved_tensors, ctx.options, bar)
    return *found, *(None for _ in ctx.options)


row_losses.register_autograd(_of_losses, setup_context=_keep_losses)
row_gradient.register_autograd(_of_gradient, setup_context=_keep_gradient)


def _terms(x: Array, y: Array, pos_weight: Array | None, *options: Any) -> Array:
    """What :func:`row_losses` computes, in operations of PyTorch."""
    plan = _plan(x, *options)
    return plain_terms(OPS, plan, x, _inputs(plan, x, y, pos_weight))[0]


def _terms_gradient(bar: Array, x: Array, y: Array, pos_weight: Any, *options: Any) -> Array:
    """What :func:`row_gradient` computes, in operations of PyTorch."""
    x = x if x.requires_grad else x.detach().requires_grad_()
    terms = _terms(x, y, pos_weight, *options)
    (gradient,) = torch.autograd.grad(terms, x, bar, create_graph=True)
    return gradient


def _derivatives(
    function: Any, needed: Sequence[bool], tensors: Sequence[Any], options: Any, bar: Array
) -> list[Array | None]:
    """Return the derivatives of ``sum(bar * function)`` to those tensors that need them."""
    create_graph = torch.is_grad_enabled()
    with torch.enable_grad():
        # Views: one of the tensors may have been made from another one.
        tensors = [None if one is None else one.view_as(one) for one in tensors]
        value = function(*tensors, *options)
        wanted = [one for one, need in zip(tensors, needed, strict=True) if need]
        found = torch.autograd.grad(
            value, wanted, bar, create_graph=create_graph, allow_unused=True
        )
    each = iter(found)
    return [next(each) if need else None for need in needed]

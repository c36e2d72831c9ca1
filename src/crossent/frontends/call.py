"""One call of a loss, from what the user gave to what a front end computes.

The steps are those of the design: find the front end, make the plan, check the values that can be
seen, and lay every array out with the classes last.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping
from functools import partial
from typing import Any, Final, NamedTuple, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from crossent.core import checks
from crossent.core.caches import LOOKED_AT
from crossent.core.errors import CrossentError, ShapeError
from crossent.core.messages import options as option_messages
from crossent.core.messages import shapes as messages
from crossent.core.messages.values import string_labels
from crossent.core.named import named
from crossent.core.options import UNSET, Function, Options, beyond_defaults, make_options
from crossent.core.plan import FLOATS, INTEGERS, Plan, Spec, broadcasts, expand_shape, make_plan
from crossent.core.value_checks import (
    AT_ONCE,
    BY_KERNELS,
    CHECKS,
    Checks,
    Values,
    check_weights,
    due,
)
from crossent.core.verdicts import is_class
from crossent.core.wording import in_own_words
from crossent.frontends import front_end_for
from crossent.frontends._protocol import Check, FrontEnd
from crossent.frontends.keras_calls import is_made_up, refuse_keras_weights, watch_keras_fit
from crossent.frontends.kernel_rows import is_plain
from crossent.frontends.numpy.arrays import dtype_name, host_array
from crossent.frontends.numpy.ops import OPS as HOST_OPS
from crossent.frontends.repeated_calls import Known, keep_known, key_of, known_under
from crossent.frontends.route import judges_itself, kept_regime
from crossent.losses.ops import Array
from crossent.losses.targets import ARRAYS, Inputs, met

HostArray = npt.NDArray[Any]
F = TypeVar("F", bound=Callable[..., Any])

TARGETS: Final = frozenset({"y_true", *ARRAYS})
KINDS: Final = frozenset({*FLOATS, *INTEGERS, "bool"})


class Argument(NamedTuple):
    """An array argument: as given, and its values where they can be seen."""

    name: str
    native: Array | None  # of the front end, None if given in another form
    host: HostArray | None  # values, None where traced
    spec: Spec


class LayerShape(Protocol):
    """What a plan knows of a layer that is applied to the predictions of a call."""

    def logits(self, hidden: Spec) -> Spec:
        """Return what the layer makes of predictions."""
        ...

    def loss_of(self, options: Options, y_true: Spec, logits: Spec) -> Options:
        """Return the options of the function that is computed of the logits."""
        ...


class Call(NamedTuple):
    """Everything that a front end needs to compute a loss."""

    front: FrontEnd
    plan: Plan
    x: Array  # classes last
    inputs: Inputs
    normalizer: Any
    seen: dict[str, HostArray]
    check: Check | None = None  # of values that a kernel looks at in its own pass
    known: Known | None = None  # of calls like this one


def prepare_call(
    function: Function,
    y_true: object,
    y_pred: object,
    given: dict[str, object],
    *,
    leave_check: bool = False,
    unchecked: frozenset[str] = frozenset(),
    front: FrontEnd | None = None,
    key: Hashable | None = None,
    layer: LayerShape | None = None,
) -> Call:
    """Plan and check one call; everything that bad input can raise is raised here.

    With `leave_check` the check of labels and predictions may be left to whoever runs the call,
    as :attr:`Call.check`, where the kernels find out whether there is anything to raise. The
    values of arguments named in `unchecked` are taken as they are, by another library's rules.
    `front` is that of `y_pred`, if it is known, and `key` that under which the plan is kept.
    With a `layer` the predictions are what it is applied to, and the plan is that of its logits.
    """
    options = make_options(function, given)
    front = front_end_for("y_pred", y_pred) if front is None else front
    prediction = front.prediction(y_pred)
    y_spec = spec_of(front, "y_pred", prediction)
    if layer is not None:
        y_spec = layer.logits(y_spec)
    checks_values = options.validate != "off" and not is_made_up(front)
    look = checks_values and (
        options.validate == "always" or front.on_host(prediction) or _is_first(options, y_spec)
    )
    values = front.values(prediction) if look and "y_pred" not in unchecked else None
    arguments = {"y_true": _argument(front, "y_true", y_true, prediction, look)}
    if layer is not None:
        options = layer.loss_of(options, arguments["y_true"].spec, y_spec)
    missing = None
    for name in ARRAYS:
        value = given.get(name, UNSET)
        if value is None or value is UNSET:
            continue
        if name == "class_weight":
            value, missing = _class_weight(value, _class_count(options, y_spec))
        if look and isinstance(value, int | float):
            checks.check_weight(name, value)
        arguments[name] = _argument(front, name, value, prediction, look)
    prob = arguments.get("target_prob")
    label = arguments["y_true"]
    try:
        plan = make_plan(
            options, label.spec, y_spec, target_prob=None if prob is None else prob.spec
        )
    except ShapeError as error:
        # By shape alone, rows with several ones look one-hot; their argmax would be a wrong label.
        if error.code == "CE108" and label.host is not None and label.spec.shape == y_spec.shape:
            checks.check_not_multi_label(options, label.host)
        raise
    check_shapes(plan, y_spec, {name: argument.spec for name, argument in arguments.items()})
    seen = {
        name: _arrange(HOST_OPS, plan, name, argument.host)
        for name, argument in arguments.items()
        if argument.host is not None
    }
    x = _classes_last(front.ops, plan, prediction)
    checked = TARGETS.difference(arguments) | unchecked  # what is not there cannot be wrong
    left: Check | None = None
    keeps = False
    if look:
        if values is not None:
            seen["y_pred"] = _classes_last(HOST_OPS, plan, values)
        if len(arguments) > 1:
            checked |= check_weights(seen, missing)
        visible = {name: seen[name] for name in seen.keys() - unchecked} if unchecked else seen
        leave = leave_check and missing is None and _kernels_look(front, plan, x, seen)
        judged = Values(plan, visible, arguments, missing)
        if not leave:
            checked |= Checks(judged, CHECKS)()
        else:
            if now := due(judged, AT_ONCE):
                checked |= Checks(judged, now)()
            checked |= {"y_true"}
            left = Checks(judged, BY_KERNELS)
            keeps = len(arguments) == 1 and not now
    laid_out = {
        name: _lay_out(front, plan, argument, seen.get(name), x, whole=layer is None)
        for name, argument in arguments.items()
    }
    inputs = Inputs(**laid_out, checked=checked)
    normalizer = _normalizer(front, given.get("normalizer", UNSET), prediction, look)
    known = None
    if keeps and normalizer is None and key is not None:
        known = keep_known(front, key, plan, kept_regime(plan))
    return Call(front, plan, x, inputs, normalizer, seen, left, known)


def hidden_from_autograph(function: F) -> F:
    """Make TensorFlow call a function as it is, where it would rewrite its source.

    ``tf.function`` rewrites whatever it calls, unless it bears the mark that
    ``tf.autograph.experimental.do_not_convert`` leaves.
    """
    function.autograph_info__ = {}  # type: ignore[attr-defined]
    return function


@hidden_from_autograph
def run_call(
    function: Function,
    y_true: object,
    y_pred: object,
    given: dict[str, object],
    unchecked: frozenset[str] = frozenset(),
) -> Any:
    """Compute a loss as the public functions do."""
    given = beyond_defaults(function, given)
    front, key = (None, None) if unchecked else key_of(function, y_true, y_pred, given)
    known = known_under(key)
    check: Check | None
    if known is not None:  # nothing but the values is new, and the kernels look at these
        check = partial(prepare_call, function, y_true, y_pred, given)
    else:
        call = prepare_call(
            function, y_true, y_pred, given,
            leave_check=True, unchecked=unchecked, front=front, key=key,
        )  # fmt: skip
        known, check = call.known, call.check
    if known is not None and check is not None:
        refuse_keras_weights(known.front, known.plan)
        return known.kernels.run_known(known, y_pred, Inputs(y_true, checked=TARGETS), check)
    refuse_keras_weights(call.front, call.plan)
    traced = "y_true" not in call.seen
    watch_keras_fit(call.front, call.plan, unchecked, traced=traced)
    if check is None:
        return call.front.run(call.plan, call.x, call.inputs, call.normalizer)
    return call.front.run(call.plan, call.x, call.inputs, call.normalizer, check=check)


@hidden_from_autograph
def run_log_probs(y_true: object, logits: object, given: dict[str, object]) -> Any:
    """Compute log-probabilities of labels, and what belongs to them, as the public function does.

    One output that is named by itself comes alone, else they are a named tuple.
    """
    front = front_end_for("logits", logits)
    try:
        call = prepare_call("log_probs", y_true, logits, given, leave_check=True, front=front)
        options = call.plan.options
        found = front.log_probs(call.plan, call.x, call.inputs, call.check)
    except CrossentError as error:
        if front.compiling:  # a compiler would have to read how errors are worded
            raise
        raise in_own_words("log_probs", error) from None
    found = {name: met(options, one) for name, one in found.items()}
    return as_asked(given["outputs"], found, front)


def as_asked(outputs: object, found: Mapping[str, Array], front: FrontEnd) -> Any:
    """Return one output alone where it is named by itself, else a named tuple of all."""
    values = tuple(found.values())
    return values[0] if isinstance(outputs, str) else named(tuple(found), values, front.compiling)


def known_or_prepared(
    function: Function, y_true: Any, y_pred: Any, given: dict[str, object]
) -> Call:
    """Return a call whose check is left to the kernels, without a plan of its own if need be."""
    given = beyond_defaults(function, given)
    front, key = key_of(function, y_true, y_pred, given)
    known = known_under(key)
    if known is None:
        return prepare_call(function, y_true, y_pred, given, leave_check=True, front=front, key=key)
    inputs, seen = Inputs(y_true, checked=TARGETS), {"y_true": y_true, "y_pred": y_pred}
    check = partial(prepare_call, function, y_true, y_pred, given)
    return Call(known.front, known.plan, y_pred, inputs, None, seen, check, known)


def _kernels_look(front: FrontEnd, plan: Plan, x: Array, seen: dict[str, HostArray]) -> bool:
    """Whether labels and predictions can be left to the kernels to look at."""
    kernels, values, labels = front.kernels, seen.get("y_pred"), seen.get("y_true")
    if kernels is None or values is None or labels is None or not kernels.take(x):
        return False
    plain, targets = is_plain(values), labels.dtype.kind
    return judges_itself(plan, seen, size=values.size, plain=plain, targets=targets)


def _argument(front: FrontEnd, name: str, given: object, like: Array, look: bool) -> Argument:
    value = front.adopt(given, like)
    if front.owns(value):
        spec = spec_of(front, name, value)
        return Argument(name, value, front.values(value) if look else None, spec)
    host = host_array(name, value)
    return Argument(name, None, host, Spec(host.shape, dtype_name(host.dtype)))


def spec_of(front: FrontEnd, name: str, array: Array) -> Spec:
    """Return shape and dtype of an array that can be computed with, or raise."""
    spec = front.spec(array)
    if spec.dtype in KINDS:
        front.check_memory(name, array)
        return spec
    if name == "y_true" and spec.dtype in ("string", "object"):
        raise string_labels(spec.dtype)
    raise option_messages.array_kind(
        name, f"an array of {spec.dtype}", f"crossent computes with {', '.join(FLOATS)}."
    )


def _class_count(options: Options, y_pred: Spec) -> int | None:
    rank = len(y_pred.shape)
    return y_pred.shape[options.axis] if -rank <= options.axis < rank else None


def _class_weight(given: object, classes: int | None) -> tuple[object, HostArray | None]:
    """Return weights as an array; of a dict also which classes it leaves out."""
    if isinstance(given, str):
        raise messages.class_weight_word(given)
    if not isinstance(given, Mapping) or classes is None:
        return given, None
    weights, missing = np.full(classes, np.nan), np.ones(classes, dtype=bool)
    for key, value in given.items():
        if not is_class(key, classes):
            raise messages.class_weight_key(key, classes)
        weights[key], missing[key] = value, False
    return weights, missing


def check_shapes(plan: Plan, y_pred: Spec, arguments: Mapping[str, Spec]) -> None:
    """Check that the weights and the mask fit the predictions, or raise for the first one."""
    for name, (shape, dtype) in arguments.items():
        if name == "sample_weight":
            expand_shape(name, shape, plan.rows)
        elif name == "class_weight" and shape != (plan.classes,):
            raise messages.class_weight_shape(shape, plan.classes)
        elif name == "class_mask":
            if dtype != "bool":
                raise messages.class_mask_dtype(dtype)
            on_axis = len(shape) == 1 and shape[0] in (plan.classes, None)
            if not on_axis and (len(shape) == 1 or not broadcasts(shape, y_pred.shape)):
                raise messages.class_mask_shape(shape, y_pred.shape, plan.axis)
        elif name == "pos_weight" and not broadcasts(shape, y_pred.shape):
            raise messages.pos_weight_shape(shape, y_pred.shape)


def _classes_last(ops: Any, plan: Plan, array: Array) -> Array:
    there = plan.axis in (-1, plan.rank - 1)
    return array if there else ops.move_last(array, plan.axis)


def _arrange(ops: Any, plan: Plan, name: str, array: Array) -> Array:
    """Lay an argument out with the classes last; sizes of 1 stay to be broadcast."""
    if name == "y_true":
        if plan.kind in ("dense", "top_k"):
            return _classes_last(ops, plan, array)
        if plan.kind == "binary" and plan.label_axis == 1:
            return ops.expand(array, 0, 1)
        return array if plan.label_axis is None else ops.squeeze(array, plan.label_axis)
    if name == "target_prob":
        return _classes_last(ops, plan, array)
    rank = ops.ndim(array)
    if name == "class_mask" and rank != 1:
        return _classes_last(ops, plan, ops.expand(array, plan.rank - rank, 0))
    if name == "sample_weight":
        return ops.expand(array, 0, len(plan.rows) - rank)
    return array


def _lay_out(
    front: FrontEnd,
    plan: Plan,
    argument: Argument,
    arranged: HostArray | None,
    x: Array,
    *,
    whole: bool,
) -> Array:
    """Return an argument as an array beside predictions, repeated to their shape if `whole`."""
    if argument.native is not None:
        array = _arrange(front.ops, plan, argument.name, argument.native)
    else:
        host = arranged
        # NumPy's operations take them as they are; not every framework has both dtypes.
        if host is not None and argument.spec.dtype in ("float16", "bfloat16"):
            host = host if front.name == "numpy" else host.astype(np.float64)
        array = front.convert(host, x)  # type: ignore[arg-type]
    if argument.name == "sample_weight":
        return front.ops.broadcast(array, x, plan.classes > 0)
    own_masks = argument.name == "class_mask" and len(argument.spec.shape) != 1
    if argument.name == "pos_weight" or (own_masks and whole):
        return front.ops.broadcast(array, x, False)
    return array


def _is_first(options: Options, spec: Spec) -> bool:
    """Whether this is the first call of its kind: an accelerator is waited for only then."""
    key = (options, spec)
    first = key not in LOOKED_AT
    LOOKED_AT.keep(key, True)
    return first


def _normalizer(front: FrontEnd, given: object, prediction: Array, look: bool) -> Any:
    if given is None or given is UNSET:
        return None
    if isinstance(given, int | float):
        if not (given > 0 and math.isfinite(given)):
            raise option_messages.option_tensor("normalizer")
        return float(given)
    if isinstance(given, str):
        raise option_messages.option_tensor("normalizer")
    given = front.adopt(given, prediction)
    if front.owns(given):
        shape, host = (
            spec_of(front, "normalizer", given).shape,
            front.values(given) if look else None,
        )
        number: Array = given
    else:
        host = host_array("normalizer", given)
        shape, number = host.shape, float(host) if host.ndim == 0 else None
    if shape != () or (host is not None and not (host > 0 and np.isfinite(host))):
        raise option_messages.option_tensor("normalizer")
    return number

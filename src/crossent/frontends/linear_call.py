"""One call of a loss over a linear layer: its arrays are checked, and the plan is of its logits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from crossent.core.errors import CrossentError
from crossent.core.messages import linear as messages
from crossent.core.messages import options as option_messages
from crossent.core.options import UNSET, Function, Options
from crossent.core.plan import FLOATS, Spec, fits
from crossent.core.registry import OF_LOGITS
from crossent.core.wording import of_layer, reworded
from crossent.frontends import front_end_for
from crossent.frontends._protocol import FrontEnd
from crossent.frontends.call import Call, as_asked, hidden_from_autograph, prepare_call, spec_of
from crossent.losses.linear import Layer
from crossent.losses.ops import Array


class LayerOfClasses(NamedTuple):
    """What a plan knows of a layer."""

    classes: int
    several: bool  # whether rows have several labels, with a probability each

    def logits(self, hidden: Spec) -> Spec:
        return Spec((*hidden.shape[:-1], self.classes), hidden.dtype)

    def loss_of(self, options: Options, y_true: Spec, logits: Spec) -> Options:
        of_labels, of_distributions = OF_LOGITS[options.function]
        # Where the length of the last axis is not known these are labels: distributions have all
        # classes there.
        dense = fits(y_true.shape, logits.shape) and y_true.shape[-1:] == logits.shape[-1:]
        dense = dense and not self.several
        return options._replace(function=of_distributions if dense else of_labels)


@hidden_from_autograph
def run_linear(
    function: Function, y_true: object, hidden: object, weight: object, given: dict[str, Any]
) -> Any:
    """Compute a loss over a linear layer as the public function does."""

    def run(call: Call, layer: Layer) -> Any:
        return call.front.linear(call.plan, layer, call.x, call.inputs, call.normalizer)

    return prepared_linear(function, y_true, hidden, weight, given, run)


@hidden_from_autograph
def run_linear_log_probs(
    y_true: object, hidden: object, weight: object, given: dict[str, Any]
) -> Any:
    """Compute log-probabilities over a linear layer as the public function does."""

    def run(call: Call, layer: Layer) -> Any:
        found = call.front.linear_log_probs(call.plan, layer, call.x, call.inputs)
        return as_asked(given["outputs"], found, call.front)

    return prepared_linear("linear_log_probs", y_true, hidden, weight, given, run)


@hidden_from_autograph
def prepared_linear(
    function: Function,
    y_true: object,
    hidden: object,
    weight: object,
    given: dict[str, Any],
    run: Callable[[Call, Layer], Any],
) -> Any:
    """Prepare a call and run it; what either raises names the arguments of the public function."""
    front = front_end_for("hidden", hidden)
    bias = given.get("linear_bias", UNSET)
    try:
        x = _prediction(front, "hidden", hidden)
        layer, classes = _layer(front, x, weight, None if bias is UNSET else bias)
        shape = LayerOfClasses(classes, given.get("target_prob") is not None)
        call = prepare_call(
            function, y_true, x, {**given, "linear_bias": None},
            unchecked=frozenset({"y_pred"}), front=front, layer=shape,
        )  # fmt: skip
        return run(call, layer)
    except CrossentError as error:
        if front.compiling:  # a compiler would have to read how errors are worded
            raise
        raise of_layer(function, error) from None


def _layer(front: FrontEnd, x: Array, weight: object, bias: object) -> tuple[Layer, int]:
    """Return weight and bias as arrays of the front end, and the number of classes."""
    like = spec_of(front, "hidden", x)
    if like.dtype not in FLOATS:
        raise messages.no_floats(like.dtype)
    arrays: list[Array] = []
    for name, given in (("linear_weight", weight), ("linear_bias", bias)):
        if given is None and name == "linear_bias":
            continue
        array = _array(front, name, given, x)
        spec = spec_of(front, name, array)
        if spec.dtype != like.dtype:
            raise messages.layer_dtype(name, spec.dtype, like.dtype)
        if None in spec.shape:
            raise messages.unknown_features(name, spec.shape)
        arrays.append(array)
    if not like.shape:
        raise messages.no_features(like.shape)
    found = front.spec(arrays[0]).shape
    if len(found) != 2 or found[1] != like.shape[-1]:
        raise messages.weight_shape(like.shape, found)
    classes = int(found[0] or 0)
    if len(arrays) == 2 and front.spec(arrays[1]).shape != (classes,):
        raise messages.bias_shape(classes, front.spec(arrays[1]).shape)
    return Layer(arrays[0], arrays[1] if len(arrays) == 2 else None), classes


def _array(front: FrontEnd, name: str, given: object, like: Array) -> Array:
    """Return weight or bias as an array of the framework of `hidden`."""
    given = front.adopt(given, like)
    if front_end_for(name, given) is front or front.owns(given):
        return _prediction(front, name, given)
    kind = f"{type(given).__module__}.{type(given).__qualname__}"
    raise reworded(option_messages.other_framework(name, kind), {"y_pred": "hidden"})


def _prediction(front: FrontEnd, name: str, given: object) -> Array:
    try:
        return front.prediction(given)
    except CrossentError as error:
        if front.compiling:
            raise
        raise reworded(error, {"y_pred": name}) from None

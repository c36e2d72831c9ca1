"""Value and gradient in one pass, for NumPy, which has no autodiff of its own."""

from __future__ import annotations

from typing import Any, overload

import numpy as np
import numpy.typing as npt

from crossent import api
from crossent.core.messages import options as messages
from crossent.core.misuse import by_our_names
from crossent.core.options import Function, arrays_of
from crossent.core.registry import FUNCTIONS, LOSSES
from crossent.frontends.call import Call, known_or_prepared
from crossent.frontends.linear_call import prepared_linear
from crossent.frontends.linear_walk import Gradients, Wanted
from crossent.frontends.numpy.front_end import FRONT_END
from crossent.frontends.numpy.linear import linear_loss
from crossent.linear import LinearCrossentropy, linear_crossentropy
from crossent.losses.linear import Layer
from crossent.objects import Loss
from crossent.signatures import LayerLoss, LossFunction, One, WithGradient, WithLayer

HostArray = npt.NDArray[Any]

_FUNCTIONS: dict[Any, Function] = {
    getattr(api, entry.name): function for function, entry in LOSSES.items()
}


@overload
def value_and_grad(loss: LossFunction | Loss[One]) -> WithGradient: ...
@overload
def value_and_grad(loss: LayerLoss | LinearCrossentropy) -> WithLayer: ...
@by_our_names("value_and_grad", arrays={}, of_result=True)
def value_and_grad(loss: Any) -> Any:
    """Make a function that returns a loss and its gradient to the predictions.

    Parameters
    ----------
    loss : function or loss object
        One of crossent's loss functions, or an instance of a loss class.

    Returns
    -------
    callable
        ``f(y_true, y_pred, *, out=None, inplace=False, **options) -> (value, gradient)`` with the
        options of the loss; `reduction` is "mean" or "sum". The gradient has the shape and dtype
        of `y_pred`, and is rounded to it once. It is written to `out` (an array of that shape and
        dtype) if given, or over `y_pred` with ``inplace=True``; everything that can raise does so
        before the first write. No two elements of that array may share memory, as those of
        ``np.broadcast_to`` do. Of :func:`linear_crossentropy` it is
        ``f(y_true, hidden, linear_weight, **options) -> (value, gradients)`` with a named tuple of
        those to `hidden`, `weight` and `bias` (None without one).

    Raises
    ------
    TypeError
        If `loss` is not one of crossent's own.
    OptionError
        If `reduction` gives no single value, or `out` does not fit.
    ArrayKindError
        If `y_pred` is not a NumPy array: other frameworks differentiate the loss themselves.

    Notes
    -----
    For logits the gradient of a row is ``(p - q) * weight / divisor``; at the label of a confident
    row it is ``-sum of the other p``, which keeps its digits where ``p - 1`` cancels.

    An interrupt (Ctrl-C, or any exception of a signal handler) may come while the gradient is
    written: `out`, or `y_pred` with ``inplace=True``, may then hold a part of it. The call has
    ended when the exception reaches the caller, and writes no more.

    Examples
    --------
    >>> import numpy as np
    >>> import crossent as ce
    >>> f = ce.value_and_grad(ce.sparse_categorical_crossentropy)
    >>> value, gradient = f([0], np.array([[20.0, 0.0]]), from_logits=True)
    >>> print(f"{value:.9g}", gradient)
    2.06115362e-09 [[-2.06115362e-09  2.06115362e-09]]
    """
    if loss is linear_crossentropy or isinstance(loss, LinearCrossentropy):
        return _with_layer(loss.call_options() if isinstance(loss, Loss) else {})
    if isinstance(loss, Loss):
        function = loss.function
        stored = loss.call_options()
    elif callable(loss) and loss in _FUNCTIONS:
        function, stored = _FUNCTIONS[loss], {}
    else:
        raise messages.not_a_loss(loss)

    @by_our_names(f"value_and_grad({LOSSES[function].name})")
    def with_gradient(
        y_true: Any, y_pred: Any, *, out: Any = None, inplace: bool = False, **options: Any
    ) -> tuple[Any, HostArray]:
        given = {**stored, **options}
        call = known_or_prepared(function, y_true, y_pred, given)
        _check_call(call)
        gradient = _gradient_array(call, y_true, y_pred, out, inplace)
        laid_out = gradient
        if call.plan.axis >= 0:
            laid_out = np.moveaxis(gradient, call.plan.axis, -1)
        value = FRONT_END.run(
            call.plan,
            call.x,
            call.inputs,
            call.normalizer,
            call.check,
            laid_out,
            call.known,
        )
        return value, gradient

    return with_gradient


def _with_layer(stored: dict[str, Any]) -> Any:
    """Return what gives the loss over a linear layer and its gradients."""

    @by_our_names(f"value_and_grad({FUNCTIONS['linear'].name})", arrays_of("linear"), required=True)
    def with_gradients(y_true: Any, hidden: Any, linear_weight: Any, **options: Any) -> Any:
        def run(call: Call, layer: Layer) -> tuple[Any, Gradients | None]:
            _check_call(call)
            wanted = Wanted(hidden=True, weight=True, bias=layer.bias is not None)
            return linear_loss(call.plan, layer, call.x, call.inputs, call.normalizer, wanted)

        given = {**stored, **options}
        return prepared_linear("linear", y_true, hidden, linear_weight, given, run)

    return with_gradients


def _check_call(call: Call) -> None:
    if call.front.name != FRONT_END.name:
        raise messages.not_numpy(call.front.name)
    if call.plan.options.reduction not in ("mean", "sum"):
        raise messages.no_gradient_of(call.plan.options.reduction)


def _gradient_array(call: Call, y_true: Any, y_pred: Any, out: Any, inplace: bool) -> HostArray:
    given = np.asarray(y_pred)
    if inplace:
        if out is not None:
            raise messages.out_array("out", "left out when inplace=True", "both")
        if not isinstance(y_pred, np.ndarray) or not y_pred.flags.writeable:
            raise messages.out_array("y_pred", "a writeable NumPy array", _describe(y_pred))
        _check_own_elements("y_pred", y_pred)
        out = y_pred
    if out is None:
        return np.empty(given.shape, given.dtype.newbyteorder("="))
    wanted = f"a writeable NumPy array of shape {given.shape} and dtype {given.dtype}"
    fits = isinstance(out, np.ndarray) and out.shape == given.shape and out.dtype == given.dtype
    if not fits or not out.flags.writeable:
        raise messages.out_array("out", wanted, _describe(out))
    if not inplace:
        _check_own_elements("out", out)
    shared = [call.seen[name] for name in call.seen if name != "y_pred"]
    if any(np.may_share_memory(out, array) for array in shared) or (
        not inplace and np.may_share_memory(out, given)
    ):
        raise messages.out_array(
            "out", "an array of its own", "one that shares memory with an input"
        )
    gradient: HostArray = out
    return gradient


def _check_own_elements(name: str, array: HostArray) -> None:
    if _overlaps_itself(array):
        raise messages.out_array(
            name, "an array whose elements have memory of their own", "one in which they share it"
        )


def _overlaps_itself(array: HostArray) -> bool:
    """Whether two elements of an array share memory."""
    if array.flags.c_contiguous or array.flags.f_contiguous or array.size < 2:
        return False
    size = array.itemsize
    steps = sorted(
        (abs(stride), n) for stride, n in zip(array.strides, array.shape, strict=True) if n > 1
    )
    extent, nested = size, True  # bytes from the first to the last of the dimensions so far
    for stride, n in steps:
        nested = nested and stride >= extent
        extent += stride * (n - 1)
    if nested:
        return False  # views, transposed arrays and slices: each step is past all that is inside
    if array.size * size > extent:
        return True
    starts = np.zeros(1, np.int64)
    for stride, n in steps:
        starts = np.add.outer(starts, stride * np.arange(n)).reshape(-1)
    starts.sort()
    return bool((np.diff(starts) < size).any())


def _describe(array: object) -> str:
    if isinstance(array, np.ndarray):
        kind = "an" if array.flags.writeable else "a read-only"
        return f"{kind} array of shape {array.shape} and dtype {array.dtype}"
    return f"{type(array).__name__}"

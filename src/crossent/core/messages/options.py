"""Messages about options and about the kinds of objects given as arrays."""

from __future__ import annotations

from crossent.core.errors import ArrayKindError, EmptyError, OptionError


def option_value(name: str, wanted: str, got: object) -> OptionError:
    return OptionError("CE001", f"`{name}` must be {wanted}; got {got!r}.")


def option_unknown(name: str, function: str, known: list[str]) -> OptionError:
    return OptionError(
        "CE001",
        f"`{name}` is not an option of {function}. Its options are: {', '.join(known)}.",
    )


def option_meaningless(name: str, needs: str, why: str) -> OptionError:
    return OptionError(
        "CE001",
        f"`{name}` has a meaning only with {needs} ({why}). Leave it out, or pass {needs}.",
    )


def option_tensor(name: str) -> OptionError:
    return OptionError(
        "CE001",
        f"`{name}` must be a positive number or an array of no dimension, the same for all rows.",
    )


def no_gradient_of(reduction: str) -> OptionError:
    return OptionError(
        "CE001",
        f'value_and_grad needs one value: reduction="mean" or "sum", not {reduction!r}. '
        'The gradient of reduction="sum" holds the gradient of every row\'s own loss.',
    )


def out_array(name: str, wanted: str, got: str) -> OptionError:
    return OptionError("CE001", f"`{name}` must be {wanted}; got {got}.")


def not_a_loss(got: object) -> TypeError:
    return TypeError(
        "value_and_grad differentiates crossent's own losses only: pass "
        "crossent.sparse_categorical_crossentropy, categorical_crossentropy, binary_crossentropy "
        f"or an instance of a loss class; got {got!r}."
    )


def unknown_framework(name: str, kind: str, known: list[str]) -> ArrayKindError:
    return ArrayKindError(
        "CE002",
        f"`{name}` is a {kind}, which crossent has no front end for (it has: {', '.join(known)}). "
        "Convert it to a NumPy array first; gradients do not flow through that.",
    )


def array_kind(name: str, kind: str, advice: str) -> ArrayKindError:
    return ArrayKindError("CE002", f"`{name}` is {kind}. {advice}")


def other_framework(name: str, kind: str) -> ArrayKindError:
    return ArrayKindError(
        "CE002",
        f"`{name}` is a {kind}, which does not go with the kind of `y_pred`. Convert it to that, "
        "or to NumPy: crossent does not cut an array out of its framework silently.",
    )


def other_device(name: str, device: str, wanted: str) -> ArrayKindError:
    return ArrayKindError(
        "CE002",
        f"`{name}` is on {device}, but `y_pred` on {wanted}. Move it there knowingly: "
        f"crossent does not copy between devices.",
    )


def no_gradient_to(name: str) -> OptionError:
    return OptionError(
        "CE001",
        f"`{name}` is a constant to crossent, but the one given is to be differentiated. Detach "
        "it, or divide the sum yourself.",
    )


def freed_memory(name: str, held: int, needed: int) -> ArrayKindError:
    return ArrayKindError(
        "CE002",
        f"`{name}` is a tensor whose storage was freed or shrunk: it holds {held} of the {needed} "
        "bytes that are read. Call the loss, and its backward, before "
        "`untyped_storage().resize_(...)`, which FSDP calls too; or fill the storage again first; "
        "or pass a clone.",
    )


def other_data(name: str) -> RuntimeError:
    return RuntimeError(
        f"`{name}` was given another `.data` after the loss was computed, and its gradient would "
        "be that of other values. Assign `.data` after backward, or pass a clone."
    )


def unknown_rank() -> ArrayKindError:
    return ArrayKindError(
        "CE002",
        "A tensor has no known number of dimensions. Set it with `tf.ensure_shape` (unknown "
        "sizes may stay None).",
    )


def nothing_kept(rows: int) -> EmptyError:
    if rows == 0:
        return EmptyError("CE202", 'The batch has no rows, and empty="raise" was given.')
    return EmptyError(
        "CE202",
        f"Nothing is left of {rows} rows: every one is ignored or has no weight, so the mean "
        'would be 0/0. Pass empty="zero" or "nan" to get a value, or skip this batch.',
    )


def keras_weights() -> OptionError:
    return OptionError(
        "CE205",
        "Keras was given `sample_weight`, `class_weight` or a mask, but wraps this loss as a "
        "plain function: it would multiply the mean of the batch by the weights, which is not the "
        "weighted mean. Pass model.compile(loss=crossent.compat.keras.Loss(loss)), with `loss` "
        "one of crossent's loss objects: the weights then reach the rows.",
    )


def keras_wrapped(got: object) -> OptionError:
    return OptionError(
        "CE001",
        "`loss` must be an instance of crossent's SparseCategoricalCrossentropy, "
        f"CategoricalCrossentropy or BinaryCrossentropy; got {got!r}.",
    )


def option_per_call(name: str, loss: str) -> OptionError:
    return OptionError(
        "CE001",
        f"`{name}` belongs to one batch: pass it with the call, {loss}(...)(y_true, y_pred, "
        f"{name}=...), not to the constructor.",
    )


def not_numpy(front_end: str) -> ArrayKindError:
    return ArrayKindError(
        "CE002",
        f"value_and_grad is for NumPy arrays; `y_pred` belongs to {front_end}, which "
        "differentiates crossent's losses itself (tf.GradientTape).",
    )


def unknown_length(name: str) -> ArrayKindError:
    return ArrayKindError(
        "CE002",
        f"The number of classes that `{name}` names per row must be known when the graph is "
        "built. Set it with `tf.ensure_shape`.",
    )

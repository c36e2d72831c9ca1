"""Messages about options and about the kinds of objects given as arrays."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from crossent.core.errors import ArrayKindError, EmptyError, OptionError, OptionNameError
from crossent.core.other_names import (
    OF_LOGITS,
    PREDICTIONS,
    TARGETS,
    Meant,
    likely,
    meant,
    written,
)


def option_value(name: str, wanted: str, got: object) -> OptionError:
    return OptionError("CE001", f"`{name}` must be {wanted}; got {got!r}.")


OWN_ARRAYS: Final = {TARGETS: TARGETS, PREDICTIONS: PREDICTIONS}


def wrong_arguments(
    call: str,
    options: Collection[str],
    unknown: Mapping[str, object],
    nameless: Sequence[object] = (),
    absent: Collection[str] = (),
    arrays: Mapping[str, str] = OWN_ARRAYS,
    *,
    required: bool = True,
) -> OptionNameError:
    """An argument with a name that is not known, one without a name, or labels that are missing.

    `arrays` has what labels and predictions are called here under `TARGETS` and `PREDICTIONS`;
    those in `absent` were not given, which is wrong only if they are `required`.
    """
    renamed: list[tuple[str, str]] = []
    told: list[str] = []
    lines: dict[str, str] = {}
    found: dict[str, str] = {}
    for name, value in unknown.items():
        one = meant(name, value, {*options, *(set(absent) - found.keys())})
        if one is None or one.ours is None:
            told.append(_no_option(name, one, call, options))
            continue
        if one.ours in arrays:
            found[one.ours] = one.line
            if name in OF_LOGITS and "from_logits" in options:
                lines["from_logits"] = "from_logits=True"
        elif one.ours not in lines or "none" in one.line:  # reduce=False wins over size_average
            lines[one.ours] = one.line
        why = f" ({one.why})" if one.why else ""
        renamed.append((f"`{name}`", f"`{arrays.get(one.ours, one.ours)}`{why}"))
    if renamed:
        theirs, ours = (_listed(tuple(dict.fromkeys(n))) for n in zip(*renamed, strict=True))
        told.insert(0, f"For {theirs}, {call} has {ours}.")
    if nameless:
        shown = ", ".join(map(written, nameless))
        told.append(f"{call} takes its options by name; {shown} was given without one.")
        lines |= {str(n): likely(value, options) for n, value in enumerate(nameless)}
    missing = [key for key in absent if key not in found and required]
    if missing:
        told.append(f"{call} needs {' and '.join(f'`{arrays[key]}`' for key in missing)}.")
    written_lines = [line for line in lines.values() if line]
    if nameless or missing or found:
        before = [
            found.get(k, arrays[k]) for k in arrays if k in found or k not in absent or missing
        ]
        told.append(f"Write {call}({', '.join([*before, *written_lines])}).")
    elif written_lines:
        told.append(f"Write {', '.join(written_lines)}.")
    return OptionNameError("CE001", " ".join(told))


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _no_option(name: str, one: Meant | None, call: str, options: Collection[str]) -> str:
    """Say that there is nothing to write for an argument."""
    if one is not None:
        why = f": {one.why}" if one.why else ""
        return f"`{name}` is not an option of {call}{why}. Leave it out."
    from difflib import get_close_matches  # seldom needed, and slow to import

    if near := get_close_matches(name, options, 1, 0.8):
        return f"`{name}` is not an option of {call}; the nearest is `{near[0]}`."
    return f"`{name}` is not an option of {call}. Its options are: {', '.join(sorted(options))}."


def other_word(name: str, value: object, ours: str) -> OptionError:
    return OptionError(
        "CE001",
        f'`{name}`={value!r} is another library\'s word. Write {name}={ours!r}; "mean" divides by '
        "the sum of the weights.",
    )


def option_of_result(name: str) -> OptionNameError:
    return OptionNameError(
        "CE001",
        f"`{name}` is an option of the loss: pass it to the function that value_and_grad returns, "
        f"value_and_grad(loss)(y_true, y_pred, {name}=...).",
    )


def option_meaningless(name: str, needs: str, why: str) -> OptionError:
    return OptionError(
        "CE001",
        f"`{name}` has a meaning only with {needs} ({why}). Leave it out, or pass {needs}.",
    )


def option_tensor(name: str) -> OptionError:
    return OptionError(
        "CE001",
        f"`{name}` must be one positive number for all rows (an array must have no dimension).",
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
        f"`{name}` is a {kind}, which crossent has no front end for (it has: "
        f"{', '.join(known)}). Convert it to a NumPy array first; no gradient flows through that "
        "conversion.",
    )


def array_kind(name: str, kind: str, advice: str) -> ArrayKindError:
    return ArrayKindError("CE002", f"`{name}` is {kind}. {advice}")


def other_framework(name: str, kind: str) -> ArrayKindError:
    return ArrayKindError(
        "CE002",
        f"`{name}` is a {kind}, but `y_pred` belongs to another framework. Convert it to that "
        "framework or to NumPy: crossent does not convert it silently.",
    )


def other_device(name: str, device: str, wanted: str) -> ArrayKindError:
    return ArrayKindError(
        "CE002",
        f"`{name}` is on {device}, but `y_pred` is on {wanted}. Move it there yourself: crossent "
        "does not copy between devices.",
    )


def no_gradient_to(name: str) -> OptionError:
    return OptionError(
        "CE001",
        f"`{name}` requires a gradient, but crossent treats it as a constant. Detach it, or pass "
        'reduction="sum" and divide the loss yourself.',
    )


def freed_memory(name: str, held: int, needed: int) -> ArrayKindError:
    return ArrayKindError(
        "CE002",
        f"`{name}` is a tensor whose storage was freed or shrunk: it holds {held} of the {needed} "
        "bytes that are read. Call the loss, and its backward, before "
        "`untyped_storage().resize_(...)`, which FSDP calls too; or fill the storage again first; "
        "or pass a clone.",
    )


def divided_classes(classes: int, processes: int) -> ArrayKindError:
    return ArrayKindError(
        "CE002",
        f"`y_pred` is a DTensor whose {classes} classes are divided over {processes} "
        f"process{'es' if processes > 1 else ''}, so no process has a whole row. That needs a "
        "class-parallel loss, which crossent does not have. Pass `y_pred.full_tensor()`, where "
        "each process holds all classes; or call PyTorch's own cross_entropy inside "
        "`torch.distributed.tensor.parallel.loss_parallel()`.",
    )


def divided_beside_whole(name: str, predictions: bool) -> ArrayKindError:
    what = (
        f"`y_pred` is a DTensor, but `{name}` is a tensor of one process. Pass "
        f"`distribute_tensor({name}, y_pred.device_mesh, placements)` with the placements of its "
        "rows, or `y_pred.full_tensor()`"
        if predictions
        else f"`{name}` is a DTensor, but `y_pred` is a tensor of one process. Pass "
        f"`{name}.full_tensor()`"
    )
    return ArrayKindError("CE002", f"{what}.")


def divided_array(name: str) -> ArrayKindError:
    return ArrayKindError(
        "CE002",
        f"`{name}` is a DTensor, which is divided over processes. Pass `{name}.full_tensor()`.",
    )


def other_data(name: str) -> RuntimeError:
    return RuntimeError(
        f"`{name}` got another `.data` after the loss was computed, so its gradient would be "
        "wrong. Assign `.data` after backward, or pass a clone."
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


def option_per_call(name: str, loss: str, arrays: Iterable[str]) -> OptionError:
    return OptionError(
        "CE001",
        f"`{name}` belongs to one batch: pass it with the call, {loss}(...)({', '.join(arrays)}, "
        f"{name}=...), not to the constructor.",
    )


def option_at_once(name: str, line: str, loss: str) -> OptionNameError:
    return OptionNameError(
        "CE001",
        f"`{name}` belongs to the loss and not to one batch: pass it to the constructor, "
        f"{loss}({line}).",
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

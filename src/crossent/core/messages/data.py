"""Messages of the evaluation: what does not fit between whole arrays, and what cannot be told."""

from __future__ import annotations

from collections.abc import Sequence

from crossent.core.errors import (
    CrossentError,
    CrossentWarning,
    EmptyError,
    OptionError,
    PredictionError,
    ShapeError,
)
from crossent.core.messages.shapes import show

Shape = tuple[int, ...]


def option(text: str) -> OptionError:
    return OptionError("CE001", text)


def not_an_option(name: str, why: str) -> OptionError:
    return OptionError("CE001", f"`{name}` is not an option of an evaluation: {why}.")


def different_options() -> OptionError:
    return OptionError(
        "CE001",
        "The two evaluators were made with different options, so their numbers cannot be "
        "merged. Make both with the same options.",
    )


def other_classes(classes: int, others: int) -> ShapeError:
    return ShapeError(
        "CE112",
        f"These rows have {others} classes, but the rows before them have {classes}. Use one "
        "evaluator for each model.",
    )


def row_counts(
    labels: tuple[str, int], other: tuple[str, int], *, maybe_header: bool
) -> ShapeError:
    (first, rows), (second, others) = labels, other
    hint = ""
    if maybe_header and abs(rows - others) == 1:
        longer, shorter = (first, second) if rows > others else (second, first)
        hint = (
            f" {longer} has one row more. If its first line is a header of numbers, pass "
            f"header=True, or put a letter into it. If the first line of {shorter} is a row and "
            "not a header, pass header=False."
        )
    return ShapeError(
        "CE112",
        f"{first} has {rows} rows and {second} has {others}, but both need the same number: row "
        f"i of one belongs to row i of the other. Write both from the same run.{hint}",
    )


def not_of_a_row(name: str, shape: Shape, predictions: Shape) -> ShapeError:
    return ShapeError(
        "CE112",
        f"`{name}` has shape {show(shape)}, which is larger than one row of the predictions, "
        f"shape {show(predictions)}. It is the same for every row: pass one entry per class.",
    )


def no_rows(name: str, shape: Shape) -> EmptyError:
    return EmptyError("CE202", f"There is nothing to evaluate: {name} has shape {show(shape)}.")


def nothing_kept(rows: int) -> EmptyError:
    if rows == 0:
        return EmptyError("CE202", "There is nothing to evaluate: no row was given.")
    return EmptyError(
        "CE202",
        f"There is nothing to evaluate: every row ({rows} in all) is ignored or has no weight. "
        "Check ignore_class and sample_weight.",
    )


def nan_rows(count: int, kept: int, first: tuple[int, ...]) -> CrossentWarning:
    place = str(first[0]) if len(first) == 1 else str(first)
    return CrossentWarning(
        "CE217",
        f"The loss of {count} of {kept} rows is NaN (first in row {place}), because a prediction "
        "is NaN or a logit is infinite. The mean is NaN too. Find out where these values come "
        "from, or give the rows sample_weight 0 to leave them out.",
    )


def scalar(name: str) -> ShapeError:
    return ShapeError("CE112", f"{name} is a single number; it needs one entry per row.")


def one_row(name: str, shape: Shape) -> ShapeError:
    return ShapeError(
        "CE112",
        f"{name} has shape {show(shape)}, but rows lie along the first axis and classes along "
        f"another. Pass the scores of one row in shape (1, {shape[0]}).",
    )


def class_axis_first(name: str) -> OptionError:
    return OptionError(
        "CE001",
        f"`axis` names the first axis of {name}, but that axis must hold the rows. Move the "
        "classes to the end: numpy.moveaxis(y_pred, 0, -1).",
    )


def traced(name: str) -> OptionError:
    return OptionError(
        "CE001",
        f"{name} is traced, so it has no values here. Call this outside of jit or tf.function.",
    )


def swapped(labels: Shape, predictions: Shape) -> ShapeError:
    return ShapeError(
        "CE304",
        f"The arguments look swapped: the first, shape {show(labels)}, holds real numbers for "
        f"every class, and the second, shape {show(predictions)}, holds labels. Labels come "
        "first: evaluate(labels, predictions).",
    )


def double_softmax(rows: int) -> PredictionError:
    return PredictionError(
        "CE105",
        f"All of the first {rows} rows of `y_pred` are probabilities already, but "
        "from_logits=True would apply a softmax again. The loss of every row would be wrong. "
        "Pass from_logits=False.",
    )


def unsure(why: str) -> OptionError:
    return OptionError(
        "CE001",
        f"The predictions may be logits or probabilities: {why}. Pass from_logits=True if the "
        "model ends without a softmax or sigmoid, or from_logits=False if they are "
        "probabilities.",
    )


def contradicted(reading: str, why: str) -> OptionError:
    return OptionError(
        "CE001",
        f"The first rows were clear ({reading}), but later rows disagree: {why}. Nothing was "
        "evaluated. Look for rows of another kind. If all rows are of one kind, pass "
        "from_logits=True or from_logits=False.",
    )


def in_rows(error: CrossentError, first: int, last: int) -> CrossentError:
    """Return the error with the place of the piece that it speaks of."""
    return type(error)(
        error.code, f"In rows {first} to {last} (positions count from row {first}): {error.text}"
    )


def in_pieces(text: str, pieces: Sequence[tuple[int, int]], whole: bool) -> str:
    """Return the text of a warning with the rows that it speaks of; unchanged for a whole array."""
    if whole:
        return text
    first, last = pieces[0]
    later = len(pieces) - 1
    more = f"; the same in {later} later piece{'' if later == 1 else 's'}" if later else ""
    return f"In rows {first} to {last} (positions count from row {first}{more}): {text}"


def above_zero(count: int, row: int, value: float) -> PredictionError:
    are = "is 1 value" if count == 1 else f"are {count} values"
    return PredictionError(
        "CE106",
        f"There {are} above 0 among the log-probabilities of the labels (first in row {row}: "
        f"{value:.6g}), and a log-probability is at most 0. If these are losses, negate them; of "
        "probabilities take the logarithm.",
    )


def too_many_clusters(most: int) -> OptionError:
    return OptionError(
        "CE001",
        f"`cluster` has more than {most} different values, and the sums of each are kept. Pass a "
        "column of larger groups, or leave it out.",
    )


def too_many_slices(most: int) -> OptionError:
    return OptionError(
        "CE001",
        f"`by` has more than {most} different values. Pass a column of larger groups.",
    )


def not_bytes(got: object) -> OptionError:
    return OptionError(
        "CE001",
        "`bytes` must be a whole number of bytes above 0, or a column of such numbers; got "
        f"{got!r}.",
    )


def bytes_of_clusters(name: str) -> OptionError:
    return OptionError(
        "CE001",
        f"`bytes`: the numbers of {name!r} are the same in all rows of each cluster, so they look "
        "like those of whole clusters, and would be added once a row. Pass their total as a "
        "number.",
    )


def clusters_needed() -> OptionError:
    return OptionError(
        "CE001",
        "Some rows were given with `cluster` and others without. Pass it to every update, or to "
        "none.",
    )


def cluster_shape(name: str, got: Shape, rows: int) -> ShapeError:
    return ShapeError(
        "CE112",
        f"`{name}` has shape {show(got)}; it needs one name for each of the {rows} rows along the "
        "first axis.",
    )

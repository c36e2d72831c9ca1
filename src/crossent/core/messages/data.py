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
        "Two evaluators merge only if they were made with the same options: their numbers have "
        "different meanings otherwise.",
    )


def other_classes(classes: int, others: int) -> ShapeError:
    return ShapeError(
        "CE112",
        f"These rows have {others} classes, the rows before them {classes}: one evaluation is of "
        "one model.",
    )


def row_counts(
    labels: tuple[str, int], other: tuple[str, int], *, maybe_header: bool
) -> ShapeError:
    (first, rows), (second, others) = labels, other
    hint = ""
    if maybe_header and abs(rows - others) == 1:
        longer, shorter = (first, second) if rows > others else (second, first)
        hint = (
            f" {longer} has one row more: if its first line is a header of numbers, pass "
            f"header=True, or put a letter into it. If the first line of {shorter} is a row and no "
            "heading, pass header=False."
        )
    return ShapeError(
        "CE112",
        f"{first} has {rows} rows and {second} has {others}: row i of one belongs to row i of the "
        f"other, so both need the same number. Write both from the same run.{hint}",
    )


def not_of_a_row(name: str, shape: Shape, predictions: Shape) -> ShapeError:
    return ShapeError(
        "CE112",
        f"`{name}` has shape {show(shape)}, more than one row of predictions of shape "
        f"{show(predictions)} has; it holds for every row, so it needs one entry per class.",
    )


def no_rows(name: str, shape: Shape) -> EmptyError:
    return EmptyError("CE202", f"There is nothing to evaluate: {name} has shape {show(shape)}.")


def nothing_kept(rows: int) -> EmptyError:
    return EmptyError(
        "CE202",
        f"There is nothing to evaluate: of {rows} rows every one is ignored or has no weight.",
    )


def nan_rows(count: int, kept: int, first: tuple[int, ...]) -> CrossentWarning:
    place = str(first[0]) if len(first) == 1 else str(first)
    return CrossentWarning(
        "CE217",
        f"The loss of {count} of {kept} rows is NaN, first of row {place}, because a prediction "
        "there is NaN, or a logit is infinite; so is the mean. Find out what made it so, or give "
        "such rows sample_weight 0 to leave them out.",
    )


def scalar(name: str) -> ShapeError:
    return ShapeError("CE112", f"{name} is a single number; it needs one entry per row.")


def one_row(name: str, shape: Shape) -> ShapeError:
    return ShapeError(
        "CE112",
        f"{name} has shape {show(shape)}: rows lie along the first axis and classes along another, "
        f"so the scores of one row have shape (1, {shape[0]}).",
    )


def class_axis_first(name: str) -> OptionError:
    return OptionError(
        "CE001",
        f"`axis` names the first axis of {name}, which an evaluator walks along row by row. Move "
        "the classes to the end: numpy.moveaxis(y_pred, 0, -1).",
    )


def traced(name: str) -> OptionError:
    return OptionError("CE001", f"{name} has no values here (it is traced): evaluate eagerly.")


def swapped(labels: Shape, predictions: Shape) -> ShapeError:
    return ShapeError(
        "CE304",
        f"The two look swapped: what came first, shape {show(labels)}, holds real numbers for "
        f"every class, and what came second, shape {show(predictions)}, holds labels. Labels come "
        "first: evaluate(labels, predictions).",
    )


def double_softmax(rows: int) -> PredictionError:
    return PredictionError(
        "CE105",
        f"All of the first {rows} rows of `y_pred` are probabilities already, but from_logits=True "
        "would apply a softmax again, and the loss would be too high or too low for every row. "
        "Pass from_logits=False.",
    )


def unsure(why: str) -> OptionError:
    return OptionError(
        "CE001",
        f"It cannot be told whether the predictions are logits or probabilities: {why}. Pass "
        "from_logits=True if the model ends without a softmax or sigmoid, from_logits=False if "
        "they are probabilities.",
    )


def contradicted(reading: str, why: str) -> OptionError:
    return OptionError(
        "CE001",
        f"The first rows looked clear ({reading}), but the rest does not agree: {why}. Nothing "
        "was evaluated. Look for rows of another kind, or pass from_logits=True or "
        "from_logits=False if all rows are of one kind.",
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
    more = f", and {later} later piece{'' if later == 1 else 's'} alike" if later else ""
    return f"In rows {first} to {last} (positions count from row {first}{more}): {text}"

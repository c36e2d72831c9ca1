"""Models: their loss, last activation and width are read, and a few rows are run.

Which framework a model belongs to is told by its type; no framework is imported that is not
loaded already.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, Protocol, cast

import numpy as np

from crossent.core.errors import CrossentError, OptionError
from crossent.core.messages import data as messages
from crossent.doctor.arguments import Given, is_file
from crossent.doctor.case import ModelFacts
from crossent.doctor.check import shape_text
from crossent.doctor.known_losses import name_of, read_loss
from crossent.doctor.report.wording import plain
from crossent.stream.readers import open_array

ROWS: Final = 32
"""How many rows of `x` are run."""

FRAMEWORKS: Final = ("keras", "torch")

_WHERE: Final = "Exception encountered when calling"
"""Keras says first where an error came from."""

_COLOURS: Final = re.compile(r"\x1b\[[\d;]*m|\{\{[^}]*\}\}\s*")
"""What TensorFlow writes into a message for a terminal, and its names for operations."""


class ModelReader(Protocol):
    """What the file of a framework offers."""

    def run(self, model: Any, x: Any) -> tuple[Any, str | None]:
        """Return the outputs of a few rows, and the activation that gave them, if it shows.

        A tuple holds the inputs of the model, a dict its inputs by name.
        """
        ...

    def facts(self, model: Any, activation: str | None) -> ModelFacts:
        """Return what the model says about itself."""
        ...

    def loss_of(self, model: Any) -> object:
        """Return the loss that the model was compiled with, or None."""
        ...


def read_model(given: Given) -> tuple[Given, ModelFacts]:
    """Return the arguments with what the model adds to them, and what the model is."""
    model, reader = given.model, _reader_of(given.model)
    loss: object = given.loss
    if isinstance(loss, str) and loss == "auto":
        loss = reader.loss_of(model) or "auto"
    elif not callable(loss):
        read_loss(loss)  # a word that is no loss is a mistake of the call
    # Of a function of the user's own nothing is known.
    known = _is_known(loss)
    given = replace(given, loss=loss if known else "auto")
    activation = None
    if given.x is not None and given.y_pred is None:
        _check_lengths(given)
        if are_inputs(given.x, given.y_true):
            x: Any = tuple(first_rows("x", one, given.header) for one in cast(list[Any], given.x))
        else:
            x = first_rows("x", given.x, given.header)
        outputs, activation = _run(reader, model, x)
        given = replace(given, y_pred=outputs)
        if given.y_true is not None:
            labels = first_rows("y_true", given.y_true, given.header)
            given = replace(given, y_true=labels)
        if given.sample_weight is not None:
            weight = first_rows("sample_weight", given.sample_weight, given.header)
            given = replace(given, sample_weight=weight)
    facts = reader.facts(model, activation)
    if not known:
        facts = replace(facts, other_loss=name_of(loss))
    if given.y_pred is None and given.num_classes is None and facts.units:
        kind = read_loss(given.loss).kind
        # The outputs of a binary loss are no classes; one output alone is hardly another loss'.
        if kind != "binary" and (kind != "auto" or facts.units > 1):
            given = replace(given, num_classes=facts.units)
    if given.framework is None and given.loss == "auto":
        given = replace(given, framework=facts.framework)
    return given, facts


def _run(reader: ModelReader, model: Any, x: Any) -> tuple[Any, str | None]:
    try:
        return reader.run(model, x)
    except CrossentError:
        raise
    except Exception as error:
        shape = getattr(x, "shape", None)
        what = type(x).__name__
        if shape is not None:
            what = f"{shape_text(tuple(shape))} {getattr(x, 'dtype', what)}"
        raise messages.option(
            f"`model` cannot be run on the first rows of `x` ({what}): {type(error).__name__}: "
            f"{_said(error)}. Pass x as model(x) takes it, or pass y_pred instead."
        ) from error


def _said(error: Exception) -> str:
    """Return the first line of an error that says what is wrong."""
    lines = [line.strip() for line in str(error).splitlines()]
    told = [line for line in lines if line and not line.startswith(_WHERE)] or lines or [""]
    return plain(_COLOURS.sub("", told[0])).rstrip(".")


def _check_lengths(given: Given) -> None:
    """Raise if labels are not as many as inputs or weights: the first rows would hide it."""
    y = tuple(getattr(given.y_true, "shape", ()))
    for name, other in (("x", given.x), ("sample_weight", given.sample_weight)):
        shape = tuple(getattr(other, "shape", ()))
        if shape and y and shape[0] != y[0]:
            raise messages.row_counts(("y_true", y[0]), (name, shape[0]), maybe_header=False)


def are_inputs(x: object, y_true: object) -> bool:
    """Whether a list holds the inputs of a model, each with all rows, and not the rows.

    >>> import numpy as np
    >>> are_inputs([np.zeros((9, 5)), np.zeros((9, 2))], np.zeros(9))
    True
    >>> are_inputs([np.zeros(5), np.zeros(5)], np.zeros(2))
    False
    """
    if not isinstance(x, tuple | list) or not x:
        return False
    shapes = [tuple(getattr(one, "shape", ())) for one in x]
    if not all(shapes) or len({shape[0] for shape in shapes}) > 1:
        return False
    rows = tuple(getattr(y_true, "shape", ())) or (shapes[0][0],)
    return rows[0] == shapes[0][0] and (len(x) != rows[0] or all(len(s) > 1 for s in shapes))


def first_rows(argument: str, array: Any, header: bool | None = None) -> Any:
    """Return the first rows of an array, a list, a table, a file, or of each named input.

    Raises
    ------
    OptionError
        If it is none of these, such as a loader of batches.
    """
    if isinstance(array, Mapping):
        return {
            name: first_rows(f"{argument}[{name!r}]", value, header)
            for name, value in array.items()
        }
    if is_file(array):
        reader = open_array(array, header=header)
        return next(reader.chunks(ROWS), np.empty((0, *reader.shape[1:]), reader.dtype))
    if hasattr(array, "iloc"):
        return array.iloc[:ROWS]
    if getattr(array, "shape", None) == ():
        return array
    try:
        rows = array[:ROWS]
    except Exception as error:  # of any type: loaders, sparse tensors, sets
        raise _no_rows(argument, array) from error
    if isinstance(rows, tuple) and not isinstance(array, tuple):
        raise _no_rows(argument, array)  # a dataset of pairs
    return list(rows) if isinstance(rows, tuple) else rows


def _no_rows(argument: str, given: object) -> OptionError:
    return messages.option(
        f"`{argument}` must be an array, a list or a dict of arrays whose first rows can be "
        f"taken; got {type(given).__name__}. Of a loader or a dataset pass one batch: "
        "x, y = next(iter(loader)), ce.diagnose(y, model=model, x=x)."
    )


def _is_known(loss: object) -> bool:
    try:
        read_loss(loss)
    except OptionError:
        return False
    return True


def _reader_of(model: object) -> ModelReader:
    roots = {kind.__module__.partition(".")[0] for kind in type(model).__mro__}
    for name in FRAMEWORKS:
        # A Keras model on the PyTorch backend is a torch module too.
        if name in roots:
            module = importlib.import_module(f"crossent.doctor.models.{name}")
            return cast(ModelReader, module)
    raise messages.option(
        f"`model` must be a Keras model or a torch module; got {type(model).__name__}."
    )

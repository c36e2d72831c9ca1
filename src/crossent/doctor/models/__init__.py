"""Models: their loss, last activation and width are read, and a few rows are run.

Which framework a model belongs to is told by its type; no framework is imported that is not
loaded already.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, Protocol, cast

from crossent.doctor.case import ModelFacts
from crossent.doctor.given import Given
from crossent.doctor.losses import read_loss
from crossent.errors import OptionError
from crossent.evaluate import messages

ROWS: Final = 32
"""How many rows of `x` are run."""

FRAMEWORKS: Final = ("keras", "torch")


class ModelReader(Protocol):
    """What the file of a framework offers."""

    def run(self, model: Any, x: Any) -> tuple[Any, str | None]:
        """Return the outputs of a few rows, and the activation that gave them, if it shows."""
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
    own = not _is_known(loss)
    given = replace(given, loss="auto" if own else loss)
    activation = None
    if given.x is not None and given.y_pred is None:
        outputs, activation = reader.run(model, _first_rows(given.x))
        given = replace(given, y_pred=outputs)
        if given.y_true is not None and not isinstance(given.y_true, str):
            given = replace(given, y_true=given.y_true[:ROWS])  # type: ignore[index]
    facts = reader.facts(model, activation)
    if given.y_pred is None and given.num_classes is None and facts.units:
        given = replace(given, num_classes=facts.units)
    if given.framework is None and given.loss == "auto":
        given = replace(given, framework=facts.framework)
    return given, replace(facts, loss_is_own=own)


def _first_rows(x: Any) -> Any:
    """Return a few rows of an input, or of each of the named inputs of a model."""
    if isinstance(x, Mapping):
        return {name: value[:ROWS] for name, value in x.items()}
    return x[:ROWS]


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

"""The words and numbers of an evaluation, checked before a row is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

import numpy as np

from crossent.core.messages import data as messages
from crossent.losses.targets import ARRAYS
from crossent.stream.host import to_host

Loss = Literal["sparse", "dense", "binary"]
LOSSES: Final = ("sparse", "dense", "binary")

FOREIGN: Final = {
    "reduction": "it reports the mean",
    "normalizer": "it divides by the weight of the rows",
    "empty": "an evaluation without rows is an error",
    "validate": "every row is checked",
}
"""Options of the loss functions that mean nothing here, and why."""


def option_value(name: str, value: object) -> object:
    """Return arrays of any framework as ndarrays, and every other value as it is."""
    if name not in ARRAYS or value is None or isinstance(value, int | float | str | Mapping):
        return value
    return to_host(name, value)


def comparable(value: object) -> object:
    """Return an option in a form that == compares whole."""
    if isinstance(value, np.ndarray | list):
        array = np.asarray(value)
        return array.dtype.str, array.shape, array.tobytes()
    return value


def check_loss(loss: object, known: tuple[str, ...]) -> Loss:
    """Return the word for a loss, or raise OptionError."""
    if loss not in known:
        words = ", ".join(map(repr, known))
        raise messages.option(f"`loss` must be one of {words}; got {loss!r}.")
    return loss  # type: ignore[return-value]


def check_count(name: str, value: object, least: int) -> int:
    """Return a whole number of at least `least`, or raise OptionError."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise messages.option(f"`{name}` must be a whole number >= {least}; got {value!r}.")
    return int(value)


def check_confidence(value: Any) -> float:
    """Return a share between 0 and 1, or raise OptionError."""
    share = check_number("confidence", value)
    if share is None or not 0 < share < 1:
        raise messages.option(
            f"`confidence` must be a share between 0 and 1, such as 0.95; got {value!r}."
        )
    return share


def check_number(name: str, value: Any) -> float | None:
    """Return a number, None where there is none, or raise OptionError."""
    if value is None:
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        raise messages.option(f"`{name}` must be a number; got {value!r}.") from None


def check_alone(given: Mapping[str, Any]) -> None:
    """Refuse what goes with classes, where there are log-probabilities of labels alone."""
    for name in given:
        raise messages.not_an_option(
            name, "beside `label_logprob`, a column of one table, there are no labels and classes"
        )


def check_foreign(options: dict[str, Any]) -> None:
    """Refuse options of the loss functions that mean nothing in an evaluation."""
    for name, why in FOREIGN.items():
        if name in options:
            raise messages.not_an_option(name, why)

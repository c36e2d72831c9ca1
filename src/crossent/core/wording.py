"""Errors with the names that another signature, or another library, has for arguments."""

from __future__ import annotations

import re
from collections.abc import Mapping

from crossent.core.errors import CrossentError
from crossent.core.registry import FUNCTIONS, OF_LOGITS


def reworded(error: CrossentError, names: Mapping[str, str], lead: str = "") -> CrossentError:
    """Return the error with the library's names of arguments, after the words it begins with.

    Parameters
    ----------
    error : CrossentError
        As the core raised it.
    names : mapping
        The core's name of an argument or option to the library's; a longer one goes before.
    lead : str
        A sentence that comes first, with a space behind it.
    """
    longest_first = sorted(names, key=len, reverse=True)
    pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})")
    text = pattern.sub(lambda found: names[found.group()], error.text)
    return type(error)(error.code, lead + text)


def of_layer(function: str, error: CrossentError) -> CrossentError:
    """Return an error about logits as a function says it that makes them by a linear layer."""
    own = FUNCTIONS[function].name
    names = {FUNCTIONS[one].name: own for one in OF_LOGITS[function]}
    return reworded(error, {**names, "y_pred": "hidden @ linear_weight.T"})


def in_own_words(function: str, error: CrossentError) -> CrossentError:
    """Return the error with the name that a function of crossent has for its predictions."""
    name = FUNCTIONS[function].predictions
    return error if name == "y_pred" else reworded(error, {"y_pred": name})

"""What an error or a warning says, taken apart: its code, its names, its numbers.

A table pins these and not the prose, so that words may change, and a number that is off by one,
or the name of another argument, is seen.
"""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import numpy as np

import crossent as ce
from crossent.core.errors import CrossentError, CrossentWarning

NUMBER = re.compile(r"(?<![A-Za-z_\d])-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
CODE = re.compile(r"\[(CE\d{3})\] ")


class Said(NamedTuple):
    """One message: how it comes about, and what it has to tell."""

    call: Callable[[], object]
    kind: type[BaseException]
    code: str
    """Empty for a message about the machine, or a TypeError."""
    names: str
    """All that stands in backticks, in order and each once."""
    numbers: str
    """All of them, in order."""
    fix: tuple[str, ...] = ()
    """Options, calls and files that it says to use."""


def message_of(call: Callable[[], object]) -> BaseException:
    """The error that a call ends in, else its one warning."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = call()
        except Exception as error:
            return error
    found = [result] if isinstance(result, BaseException) else [w.message for w in caught]
    assert len(found) == 1, found
    assert isinstance(found[0], BaseException)
    return found[0]


def names_in(text: str) -> str:
    return " ".join(dict.fromkeys(re.findall(r"`([^`]+)`", text)))


def numbers_in(text: str) -> str:
    return " ".join(NUMBER.findall(text))


def faults(said: Said, message: BaseException) -> list[str]:
    """What a message does not tell as it should."""
    text = str(message)
    head = CODE.match(text)
    bare = text[head.end() :] if head else text
    found = {
        "class": (type(message), said.kind),
        "code": (head[1] if head else "", said.code),
        "attribute `code`": (getattr(message, "code", ""), said.code),
        "names": (names_in(bare), said.names),
        "numbers": (numbers_in(bare), said.numbers),
    }
    wrong = [f"{what}: {got!r}, not {want!r}" for what, (got, want) in found.items() if got != want]
    wrong += [f"it lacks {part!r}" for part in said.fix if part not in bare]
    return [f"{one}\n  in: {text}" for one in wrong]


Place = tuple[str, int]
PACKAGE = Path(ce.__file__).parent


@contextmanager
def places_seen(messages: tuple[str, ...]) -> Iterator[set[Place]]:
    """Note every line of the package that makes a message, by a builder or by itself.

    `messages` are the files of the builders.
    """
    seen: set[Place] = set()
    made = {CrossentError.__init__.__code__, CrossentWarning.__init__.__code__}
    files = {str(PACKAGE / name) for name in messages}

    def note(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event == "call" and (code in made or code.co_filename in files):
            caller = frame.f_back
            # The line that calls the constructor of the base class says nothing.
            while caller is not None and isinstance(caller.f_locals.get("self"), BaseException):
                caller = caller.f_back
            if caller is not None and caller.f_code.co_filename.startswith(str(PACKAGE)):
                name = str(Path(caller.f_code.co_filename).relative_to(PACKAGE))
                seen.add((name, caller.f_lineno))

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield seen
    finally:
        sys.setprofile(before)


def logits(*shape: int) -> Any:
    """Numbers that are no probabilities, the same for the same shape."""
    return np.random.default_rng(shape).normal(size=shape) * 3 + np.arange(shape[-1])


def shares(rows: int, classes: int) -> Any:
    """Rows of probabilities."""
    return np.random.default_rng((rows, classes)).dirichlet(np.ones(classes), rows)


def sparse(y_true: Any, y_pred: Any, **options: Any) -> Any:
    return ce.sparse_categorical_crossentropy(y_true, y_pred, from_logits=True, **options)


def dense(y_true: Any, y_pred: Any, **options: Any) -> Any:
    return ce.categorical_crossentropy(y_true, y_pred, from_logits=True, **options)


def binary(y_true: Any, y_pred: Any, **options: Any) -> Any:
    return ce.binary_crossentropy(y_true, y_pred, from_logits=True, **options)


def sparse_p(y_true: Any, y_pred: Any, **options: Any) -> Any:
    return ce.sparse_categorical_crossentropy(y_true, y_pred, **options)


def changed(array: Any, **rows: Any) -> Any:
    """A copy with other rows: ``r3=...`` is row 3."""
    array = np.array(array, float)
    for name, row in rows.items():
        array[int(name[1:])] = row
    return array

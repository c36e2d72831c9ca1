"""What software prints when a loss goes wrong: one table a framework."""

from __future__ import annotations

from functools import cache
from typing import Final

from crossent.doctor.printed import (
    crossent,
    hugging_face,
    jax,
    keras,
    lightgbm,
    numpy,
    optax,
    pytorch,
    scikit_learn,
    symptoms,
    tensorflow,
    xgboost,
)
from crossent.doctor.printed.message import Message

_TABLES: Final = (
    crossent.MESSAGES,
    hugging_face.MESSAGES,
    jax.MESSAGES,
    keras.MESSAGES,
    lightgbm.MESSAGES,
    numpy.MESSAGES,
    optax.MESSAGES,
    pytorch.MESSAGES,
    scikit_learn.MESSAGES,
    symptoms.MESSAGES,
    tensorflow.MESSAGES,
    xgboost.MESSAGES,
)


@cache
def messages_of(code: str) -> tuple[Message, ...]:
    """Return the messages that may show a cause."""
    return tuple(message for table in _TABLES for message in table if message.code == code)

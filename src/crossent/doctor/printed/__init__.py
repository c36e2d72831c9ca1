"""What software prints when a loss goes wrong: one table a framework."""

from __future__ import annotations

from functools import cache
from typing import Final

from crossent.doctor.printed import (
    catboost,
    crossent,
    cuda,
    detectron2,
    hugging_face,
    jax,
    keras,
    keras_2,
    keras_data,
    lightgbm,
    monai,
    numpy,
    optax,
    pytorch,
    pytorch_calls,
    pytorch_distributions,
    pytorch_indexing,
    pytorch_older,
    scikit_learn,
    scikit_learn_columns,
    scikit_learn_labels,
    symptoms,
    tensorflow,
    tensorflow_1,
    tensorflow_kernels,
    torchmetrics,
    ultralytics,
    unsloth,
    xgboost,
)
from crossent.doctor.printed.message import Message

_TABLES: Final = (
    catboost.MESSAGES,
    crossent.MESSAGES,
    cuda.MESSAGES,
    detectron2.MESSAGES,
    hugging_face.MESSAGES,
    jax.MESSAGES,
    keras.MESSAGES,
    keras_2.MESSAGES,
    keras_data.MESSAGES,
    lightgbm.MESSAGES,
    monai.MESSAGES,
    numpy.MESSAGES,
    optax.MESSAGES,
    pytorch.MESSAGES,
    pytorch_calls.MESSAGES,
    pytorch_distributions.MESSAGES,
    pytorch_indexing.MESSAGES,
    pytorch_older.MESSAGES,
    scikit_learn.MESSAGES,
    scikit_learn_columns.MESSAGES,
    scikit_learn_labels.MESSAGES,
    symptoms.MESSAGES,
    tensorflow.MESSAGES,
    tensorflow_1.MESSAGES,
    tensorflow_kernels.MESSAGES,
    torchmetrics.MESSAGES,
    ultralytics.MESSAGES,
    unsloth.MESSAGES,
    xgboost.MESSAGES,
)


@cache
def messages_of(code: str) -> tuple[Message, ...]:
    """Return the messages that may show a cause."""
    return tuple(message for table in _TABLES for message in table if message.code == code)

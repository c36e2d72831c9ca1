"""What Keras says of labels and predictions that do not fit is explained, on each backend."""

from __future__ import annotations

import keras

from doctor.misuse import unexplained

LOSSES = {
    "sparse": lambda y, p: keras.losses.sparse_categorical_crossentropy(y, p, from_logits=True),
    "dense": lambda y, p: keras.losses.categorical_crossentropy(y, p, from_logits=True),
    "binary": keras.losses.binary_crossentropy,
}


def test_every_error_is_explained() -> None:
    assert unexplained(LOSSES, keras.ops.convert_to_tensor) == []

"""What TensorFlow says of labels and predictions that do not fit is explained."""

from __future__ import annotations

import tensorflow as tf

from doctor.misuse import unexplained

LOSSES = {
    "sparse": tf.nn.sparse_softmax_cross_entropy_with_logits,
    "dense": tf.nn.softmax_cross_entropy_with_logits,
    "binary": tf.nn.sigmoid_cross_entropy_with_logits,
}


def test_every_error_is_explained() -> None:
    assert unexplained(LOSSES, tf.convert_to_tensor) == []

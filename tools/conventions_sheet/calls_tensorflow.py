"""The operations of TensorFlow."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from call import Call


def mean(function: Any) -> Any:
    return lambda labels, logits, **options: tf.reduce_mean(
        function(labels=labels, logits=logits, **options)
    )


CALLS = {
    "TensorFlow: reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits)": Call(
        "indices",
        mean(tf.nn.sparse_softmax_cross_entropy_with_logits),
        (tf.nn.sparse_softmax_cross_entropy_with_logits,),
    ),
    "TensorFlow: reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits)": Call(
        "binary",
        mean(tf.nn.sigmoid_cross_entropy_with_logits),
        (tf.nn.sigmoid_cross_entropy_with_logits,),
    ),
}

"""Uses of the public names that a type checker must accept or refuse; it is never run.

An ignored line that would be accepted is itself an error, so each one here is a mistake that the
type checker finds.
"""

from __future__ import annotations

import crossent as ce

labels, probabilities = [0, 1], [[0.5, 0.5], [0.25, 0.75]]

ce.sparse_categorical_crossentropy(labels, probabilities, reduction="none", ignore_class=(0, -1))
ce.categorical_crossentropy(probabilities, probabilities, class_weight=[1.0, 2.0])
ce.binary_crossentropy(labels, [0.5, 0.25], pos_weight=2.0)
value, gradient = ce.value_and_grad(ce.binary_crossentropy)(labels, [0.5, 0.25])

loss = ce.SparseCategoricalCrossentropy(from_logits=True, axis=0)
again: ce.SparseCategoricalCrossentropy = type(loss).from_config(loss.get_config())
again(labels, probabilities, sample_weight=[1.0, 2.0])

try:
    loss(labels, probabilities)
except ce.LabelRangeError as error:
    code: str = error.code
    a_value_error: ValueError = error
    an_index_error: IndexError = error

ce.sparse_categorical_crossentropy(labels, probabilities, from_logit=True)  # type: ignore[call-overload]
ce.binary_crossentropy(labels, probabilities, z_loss=0.1)  # type: ignore[call-overload]
ce.categorical_crossentropy(labels, probabilities, epsilon="tiny")  # type: ignore[call-overload]

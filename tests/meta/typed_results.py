"""What a type checker knows of the results: of the kind of the predictions; it is never run."""

from __future__ import annotations

from typing import Any, assert_type

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import torch

import crossent as ce

Scalar = np.floating[Any]
Terms = npt.NDArray[np.floating[Any]]

labels = [0, 1]
host = np.zeros((2, 3), np.float32)
tensor = torch.zeros(2, 3)
array = jnp.zeros((2, 3))
word = str(labels)  # no literal: any reduction
anything: Any = host

assert_type(ce.sparse_categorical_crossentropy(labels, host), Scalar)
assert_type(ce.sparse_categorical_crossentropy(labels, [[0.5, 0.5]], reduction="sum"), Scalar)
assert_type(ce.sparse_categorical_crossentropy(labels, host, reduction="none", axis=1), Terms)
assert_type(
    ce.sparse_categorical_crossentropy(labels, host, reduction="parts"), tuple[Scalar, Scalar]
)
assert_type(ce.sparse_categorical_crossentropy(labels, tensor, ignore_class=-1), torch.Tensor)
assert_type(ce.sparse_categorical_crossentropy(labels, tensor, reduction="none"), torch.Tensor)
total, weight = ce.sparse_categorical_crossentropy(labels, tensor, reduction="parts")
assert_type(total, torch.Tensor)
assert_type(ce.sparse_categorical_crossentropy(labels, array, from_logits=True), jax.Array)
assert_type(
    ce.sparse_categorical_crossentropy(labels, array, reduction="parts"),
    tuple[jax.Array, jax.Array],
)
assert_type(ce.sparse_categorical_crossentropy(labels, host, reduction=word), Any)
assert_type(ce.sparse_categorical_crossentropy(labels, anything), Any)

assert_type(ce.categorical_crossentropy(host, host), Scalar)
assert_type(ce.categorical_crossentropy(host, host, reduction="none"), Terms)
assert_type(ce.categorical_crossentropy(host, tensor, class_weight={0: 2.0}), torch.Tensor)
assert_type(ce.categorical_crossentropy(host, array, label_smoothing=0.1), jax.Array)

assert_type(ce.binary_crossentropy(labels, [0.5, 0.25]), Scalar)
assert_type(ce.binary_crossentropy(host, host, reduction="none"), Terms)
assert_type(ce.binary_crossentropy(host, tensor, pos_weight=2.0), torch.Tensor)
assert_type(ce.binary_crossentropy(host, array, ignore_class=-1), jax.Array)

ce.sparse_categorical_crossentropy(labels, tensor, pos_weight=2.0)  # type: ignore[call-overload]
ce.binary_crossentropy(labels, host, axis=1)  # type: ignore[call-overload]
ce.categorical_crossentropy(host, array, epsilon="tiny")  # type: ignore[call-overload]

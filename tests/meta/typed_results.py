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
ce.sparse_categorical_crossentropy(labels, host, reduction="avg")  # type: ignore[call-overload]
ce.categorical_crossentropy(host, tensor, reduction="batchmean")  # type: ignore[call-overload]
ce.binary_crossentropy(labels, anything, reduction="avg")  # type: ignore[call-overload]
ce.binary_crossentropy(labels, host, empty="skip")  # type: ignore[call-overload]
ce.categorical_crossentropy(host, host, validate="never")  # type: ignore[call-overload]

mean = ce.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1)
rows = ce.CategoricalCrossentropy(reduction="none", class_weight=[1.0, 2.0])
parts = ce.BinaryCrossentropy(reduction="parts", pos_weight=2.0)
assert_type(mean(labels, host), Scalar)
assert_type(mean(labels, tensor, sample_weight=host), torch.Tensor)
assert_type(mean(labels, array, target_prob=host), jax.Array)
assert_type(mean(labels, anything), Any)
assert_type(rows(host, host), Terms)
assert_type(rows(host, tensor), torch.Tensor)
assert_type(parts(labels, [0.5, 0.25]), tuple[Scalar, Scalar])
assert_type(parts(host, array), tuple[jax.Array, jax.Array])
ce.SparseCategoricalCrossentropy(reduction="avg")  # type: ignore[call-overload]
ce.SparseCategoricalCrossentropy(pos_weight=2.0)  # type: ignore[call-overload]
ce.CategoricalCrossentropy(ignore_class=0)  # type: ignore[call-overload]
ce.BinaryCrossentropy(axis=1)  # type: ignore[call-overload]

both = ce.value_and_grad(ce.sparse_categorical_crossentropy)
assert_type(both(labels, host, ignore_class=-1, out=host), tuple[Scalar, npt.NDArray[Any]])
assert_type(ce.value_and_grad(mean)(labels, host), tuple[Scalar, npt.NDArray[Any]])
ce.value_and_grad(ce.binary_crossentropy)(host, host, pos_weight=2.0, inplace=True)
ce.value_and_grad(ce.categorical_crossentropy)(host, host, class_weight={0: 1.0})
both(labels, host, reduction="avg")  # type: ignore[arg-type]
both(labels, host, weight=2.0)  # type: ignore[call-arg]
ce.value_and_grad(rows)  # type: ignore[arg-type]
ce.value_and_grad(len)  # type: ignore[call-overload]

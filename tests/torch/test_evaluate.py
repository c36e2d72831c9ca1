"""Tensors as data and options of an evaluation."""

from __future__ import annotations

import numpy as np
import torch

import crossent as ce


def test_options_of_an_evaluator_may_be_tensors() -> None:
    rng = np.random.default_rng(0)
    y, x = rng.integers(0, 3, 6), rng.normal(size=(6, 3))
    weight = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
    one, two = (ce.Evaluator("sparse", from_logits=True, class_weight=weight) for _ in range(2))
    one.update(torch.tensor(y[:2]), torch.tensor(x[:2]))
    two.update(y[2:], x[2:])
    one.merge(two)
    want = ce.sparse_categorical_crossentropy(y, x, from_logits=True, class_weight=weight.numpy())
    assert one.compute().loss == want

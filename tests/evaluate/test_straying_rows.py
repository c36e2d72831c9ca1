"""One row in a hundred may look like the other kind of prediction; more is mixed data."""

from __future__ import annotations

import numpy as np
import pytest

from crossent.core.errors import OptionError
from crossent.evaluate import evaluate


def logits_with(vectors: int, rows: int) -> np.ndarray:
    """Logits, some rows of which happen to be probability vectors."""
    x = np.random.default_rng(rows).normal(size=(rows, 4)) * 3
    x[:, 0] = 4  # none is a probability by chance
    x[:vectors] = 0.25
    return x


def probabilities_with(logits: int, rows: int) -> np.ndarray:
    """Elements in [0, 1], some of which are not."""
    p = np.random.default_rng(rows).random(rows)
    p[:logits] = 3.5
    return p


@pytest.mark.parametrize(("vectors", "told"), [(9, True), (10, False)])
def test_vectors_among_logits(vectors: int, told: bool) -> None:
    """A hundredth of 1 000 rows is 10."""
    x, y = logits_with(vectors, 1_000), np.arange(1_000) % 4
    if told:
        assert not evaluate(y, x).reading.startswith("reading as probabilities")
        return
    x = logits_with(vectors + 1, 1_000)
    with pytest.raises(OptionError, match="rows are probabilities"):
        evaluate(y, x)


@pytest.mark.parametrize(("outside", "told"), [(10, True), (9, False)])
def test_elements_outside_among_binary_predictions(outside: int, told: bool) -> None:
    p, y = probabilities_with(outside, 1_000), np.arange(1_000) % 2
    if told:
        assert "logits" in evaluate(y, p).reading
        return
    with pytest.raises(OptionError, match=r"lie in \[0, 1\]"):
        evaluate(y, p)

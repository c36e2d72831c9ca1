"""Rows that are left out of the numbers of every library: weight 0, ignored, shifted."""

from __future__ import annotations

import math

import numpy as np
import pytest

import crossent as ce

RNG = np.random.default_rng(5)


@pytest.mark.parametrize("from_logits", [True, False])
def test_an_infinite_loss_of_weight_0_is_no_part_of_a_weighted_number(from_logits: bool) -> None:
    x = RNG.normal(size=(12, 3)) * 2
    y = RNG.integers(0, 3, 12)
    weight = np.where(np.arange(12) == 4, 0.0, RNG.uniform(0.5, 2, 12))
    good = x if from_logits else np.exp(x) / np.exp(x).sum(1, keepdims=True)
    bad = good.copy()
    bad[4] = 0.5
    bad[4, y[4]] = -np.inf if from_logits else 0.0
    options = {"from_logits": from_logits, "sample_weight": weight}
    found, want = ce.conventions(y, bad, **options), ce.conventions(y, good, **options)
    weighted = [
        (value, other)
        for value, other in zip(found.values, want.values, strict=True)
        if value.whose in ("Keras", "crossent", "scikit-learn")
    ]
    assert len(weighted) >= 2
    for value, other in weighted:
        assert value.value == pytest.approx(other.value, rel=1e-12), value


def test_labels_shifted_over_ignored_places() -> None:
    x = RNG.normal(size=(3, 6, 5))
    y = RNG.integers(0, 5, (3, 6))
    y[0, 0] = y[0, 3] = y[1, 5] = y[2, 1] = y[2, 2] = -100
    terms = []
    for i in range(3):
        for t in range(5):
            label = y[i, t + 1]
            if label != -100:  # whatever the label of the place itself
                terms.append(math.log(sum(map(math.exp, x[i, t]))) - x[i, t, label])
    want = math.fsum(terms) / len(terms)
    found = ce.conventions(y, x, from_logits=True, ignore_class=-100, observed=want)
    assert "each place scored by the next label" in [value.how for value in found.matches]
    shifted = [v for v in found.others if v.how == "each place scored by the next label"]
    assert [v.value for v in shifted] == [pytest.approx(want, rel=1e-12)]


@pytest.mark.parametrize(("sure_rows", "apart"), [(6, False), (8, True)])
def test_units_are_listed_for_numbers_that_differ_by_more_than_rounding(
    sure_rows: int, apart: bool
) -> None:
    """A clip to 1 - 1e-7 raises each row of probability 1 from 0 to 1.0e-7 nats."""
    rows = np.vstack([[[0.5, 0.5]], np.tile([1.0, 0.0], (sure_rows, 1))])
    relative = sure_rows * -math.log1p(-1e-7) / math.log(2)
    assert (relative > 1e-6) == apart
    found = ce.conventions(np.zeros(len(rows), int), rows)
    in_bits = [value.how for value in found.others if "in bits" in value.how]
    assert (len(in_bits) > 1) == apart


@pytest.mark.parametrize("clip", ["1e-8", "1e-12", "1e-15"])
def test_every_clip_is_that_of_its_name(clip: str) -> None:
    p = np.array([[1.0, 0.0], [0.25, 0.75], [0.5, 0.5]])
    want = (-math.log(float(clip)) - math.log(0.75) - math.log(0.5)) / 3
    found = ce.conventions(np.array([1, 1, 0]), p, observed=want)
    assert [value.how.split(":")[0] for value in found.matches] == [f"clipped at {clip}"]

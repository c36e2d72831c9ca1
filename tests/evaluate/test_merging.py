"""Evaluators that are merged: row numbers, warnings and losses that are not finite."""

from __future__ import annotations

import math
import warnings
from fractions import Fraction

import numpy as np
import pytest

import crossent as ce
from crossent.core.exact_totals import SCALE_BITS
from crossent.evaluate import Evaluator
from crossent.evaluate.moments import PRODUCT_BITS, Moments

RNG = np.random.default_rng(8)
LOGITS = RNG.normal(size=(40, 4)) * 3
LABELS = RNG.integers(0, 4, 40)
VECTORS = RNG.dirichlet(np.ones(4), 40)


def evaluator() -> Evaluator:
    return Evaluator("sparse", from_logits=True, worst=3)


def test_rows_are_numbered_on_behind_what_was_merged() -> None:
    whole = evaluator()
    whole.update(LABELS, LOGITS)
    one, other = evaluator(), evaluator()
    one.update(LABELS[:8], LOGITS[:8])
    other.update(LABELS[8:20], LOGITS[8:20], first_row=8)
    one.merge(other)
    one.update(LABELS[20:], LOGITS[20:])
    assert one.compute().worst == whole.compute().worst
    # What was merged may come before what is there.
    late, early = evaluator(), evaluator()
    late.update(LABELS[8:20], LOGITS[8:20], first_row=8)
    early.update(LABELS[:8], LOGITS[:8])
    late.merge(early)
    late.update(LABELS[20:], LOGITS[20:])
    assert late.compute().worst == whole.compute().worst


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_warning_about_every_row_needs_every_piece(order: tuple[int, int]) -> None:
    """Rows that look like a second softmax beside rows that do not: nothing is wrong."""
    pieces = [VECTORS, LOGITS]
    parts = []
    for index in order:
        part = evaluator()
        part.update(LABELS, pieces[index])
        parts.append(part)
    parts[0].merge(parts[1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parts[0].compute()
    both = [evaluator(), evaluator()]
    for part in both:
        part.update(LABELS, VECTORS)
    both[0].merge(both[1])
    with pytest.warns(ce.DoubleSoftmaxWarning):
        both[0].compute()


@pytest.mark.parametrize("weighs", [True, False])
def test_an_infinite_loss_leaves_the_other_moments(weighs: bool) -> None:
    p = VECTORS.copy()
    p[7, LABELS[7]] = 0
    p[7] /= p[7].sum()
    weights = RNG.uniform(0.5, 2, 40) if weighs else None
    options = {} if weights is None else {"sample_weight": weights}
    result = ce.evaluate(LABELS, p, epsilon=0, **options)
    assert result.loss == math.inf
    assert math.isnan(result.standard_error) or result.standard_error == math.inf

    terms = -np.log(p[np.arange(40), LABELS], where=np.arange(40) != 7, out=np.full(40, np.inf))
    found = Moments.of(terms, weights)
    finite = np.flatnonzero(np.isfinite(terms))
    by = np.ones(40) if weights is None else weights
    unit = Fraction(1, 2**PRODUCT_BITS)
    pairs = [(Fraction(terms[i]), Fraction(by[i])) for i in finite]
    assert found.term_squares * unit == sum(t * t for t, _ in pairs)
    assert found.products * unit == sum(t * w for t, w in pairs)
    assert found.weight_squares * unit == sum(w * w for _, w in pairs)
    assert PRODUCT_BITS == 2 * SCALE_BITS

"""The state: the same integers for every way of cutting and merging."""

from __future__ import annotations

import pickle
import warnings
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossent.core.errors import DoubleSoftmaxWarning, OptionError, ProbabilityWarning, ShapeError
from crossent.core.exact_totals import SCALE_BITS
from crossent.evaluate import Evaluator, evaluate
from crossent.evaluate.moments import PRODUCT_BITS, exact_product_sum
from crossent.evaluate.sums import State

RNG = np.random.default_rng(3)
N, C = 300, 7
LOGITS = (RNG.normal(size=(N, C)) * 4).astype(np.float32)
LABELS = RNG.integers(0, C, N)
LABELS[::17] = -1
WEIGHTS = RNG.uniform(0, 3, N)
PROBABILITIES = np.exp(LOGITS) / np.exp(LOGITS).sum(1, keepdims=True)

KINDS = {
    "logits": ({"loss": "sparse", "from_logits": True, "ignore_class": -1}, LABELS, LOGITS),
    "probabilities": ({"loss": "sparse", "ignore_class": -1}, LABELS, PROBABILITIES),
    "smoothed": (
        {"loss": "sparse", "from_logits": True, "ignore_class": -1, "label_smoothing": 0.1,
         "class_weight": RNG.uniform(0, 2, C)},
        LABELS, LOGITS,
    ),
    "dense": ({"loss": "dense"}, np.eye(C, dtype=np.float32)[np.abs(LABELS)], PROBABILITIES),
    "binary": ({"loss": "binary"}, (LOGITS > 2).astype(np.int8), PROBABILITIES),
}  # fmt: skip
each_kind = pytest.mark.parametrize("kind", KINDS)


def filled(kind: str, cuts: list[int]) -> Evaluator:
    options, y_true, y_pred = KINDS[kind]
    evaluator = Evaluator(**options, per_class=True, worst=9)
    for a, b in zip([0, *cuts], [*cuts, N], strict=True):
        if a < b:
            evaluator.update(y_true[a:b], y_pred[a:b], WEIGHTS[a:b], first_row=a)
    return evaluator


@each_kind
@pytest.mark.parametrize("size", [1, 3, 64, 299])
def test_the_size_of_pieces_changes_no_bit(kind: str, size: int) -> None:
    assert filled(kind, list(range(size, N, size))).state == filled(kind, []).state


@each_kind
def test_the_order_of_merging_changes_no_bit(kind: str) -> None:
    options, y_true, y_pred = KINDS[kind]
    parts = []
    for a in range(0, N, 50):
        part = Evaluator(**options, per_class=True, worst=9)
        part.update(y_true[a : a + 50], y_pred[a : a + 50], WEIGHTS[a : a + 50], first_row=a)
        parts.append(part)
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(len(parts))
        merged = Evaluator(**options, per_class=True, worst=9)
        for i in order:
            merged.merge(parts[i])
        assert merged.state == filled(kind, []).state
        assert merged.compute() == filled(kind, []).compute()


@each_kind
def test_the_rows_of_memory_order_change_no_bit(kind: str) -> None:
    options, y_true, y_pred = KINDS[kind]
    odd = Evaluator(**options, per_class=True, worst=9)
    odd.update(np.asfortranarray(y_true), np.asfortranarray(y_pred), WEIGHTS)
    assert odd.state == filled(kind, []).state


def test_different_data_gives_a_different_state() -> None:
    options, y_true, y_pred = KINDS["logits"]
    other = y_pred.copy()
    other[1, LABELS[1]] += np.float32(0.01)
    changed = Evaluator(**options, per_class=True, worst=9)
    changed.update(y_true, other, WEIGHTS)
    assert changed.state != filled("logits", []).state


@each_kind
@pytest.mark.parametrize("rows", [1, 13, 4096])
def test_evaluate_is_the_evaluator(kind: str, rows: int) -> None:
    options, y_true, y_pred = KINDS[kind]
    got = evaluate(
        y_true, y_pred, sample_weight=WEIGHTS, per_class=True, worst=9, chunk_rows=rows,
        **{"from_logits": False, **options},
    )  # fmt: skip
    assert got == filled(kind, []).compute()


def test_an_evaluator_crosses_a_process_border() -> None:
    here, there = filled("logits", []), pickle.loads(pickle.dumps(filled("logits", [])))
    assert there.state == here.state
    assert pickle.loads(pickle.dumps(here.compute())) == here.compute()
    there.merge(here)  # twice the rows, the same mean
    assert there.compute().loss == here.compute().loss
    assert there.compute().rows == 2 * N


def test_rows_are_numbered_on_by_default() -> None:
    evaluator = Evaluator("sparse", from_logits=True, worst=1)
    for loss in (1.0, 5.0, 2.0):
        evaluator.update([0, 0], [[0.0, -9.0], [0.0, loss]])
    assert evaluator.state.worst[0].row == (3,)


def test_an_update_that_fails_changes_nothing() -> None:
    evaluator = filled("logits", [])
    before = evaluator.state
    with pytest.raises(IndexError):
        evaluator.update([99], [[0.0] * C])
    assert evaluator.state is before


def test_what_does_not_merge() -> None:
    one = Evaluator("sparse", from_logits=True, label_smoothing=0.1)
    with pytest.raises(OptionError, match="same options"):
        one.merge(Evaluator("sparse", from_logits=True))
    weights = [Evaluator("sparse", class_weight=np.array([1.0, w])) for w in (1.0, 1.0, 2.0)]
    weights[0].merge(weights[1])
    with pytest.raises(OptionError, match="same options"):
        weights[0].merge(weights[2])
    two, three = Evaluator("sparse"), Evaluator("sparse")
    two.update([0], [[0.5, 0.5]])
    three.update([0], [[0.5, 0.25, 0.25]])
    with pytest.raises(ShapeError, match="3 classes, but the rows before them have 2"):
        two.merge(three)
    with pytest.raises(ShapeError, match="3 classes, but the rows before them have 2"):
        two.update([0], [[0.5, 0.25, 0.25]])


BAD_OPTIONS = [
    ({"loss": "softmax"}, "`loss` must be one of"),
    ({"loss": "auto"}, "`loss` must be one of"),
    ({"loss": "sparse", "top_k": 0}, "`top_k`"),
    ({"loss": "sparse", "worst": -1}, "`worst`"),
    ({"loss": "sparse", "worst": True}, "`worst`"),
    ({"loss": "sparse", "reduction": "sum"}, "`reduction` is not an option of an evaluation"),
    ({"loss": "sparse", "empty": "nan"}, "an evaluation without rows is an error"),
    ({"loss": "sparse", "sample_weight": [1]}, "pass it to update"),
    ({"loss": "sparse", "z_loss": 0.1}, "z_loss"),
    ({"loss": "dense", "ignore_class": 1}, "ignore_class"),
    ({"loss": "sparse", "smoothing": 1}, "smoothing"),
]


@pytest.mark.parametrize(("options", "says"), BAD_OPTIONS)
def test_bad_options_raise_at_once(options: dict, says: str) -> None:
    with pytest.raises(OptionError, match=says):
        Evaluator(**options)


def test_a_class_axis_in_front_is_refused() -> None:
    for axis in (0, -2):
        with pytest.raises(OptionError, match="moveaxis"):
            Evaluator("sparse", axis=axis).update([0, 1], [[0.5, 0.5], [0.5, 0.5]])


def test_warnings_are_given_once_with_their_rows() -> None:
    p = np.full((100, 2), 0.5)
    p[60:] = 0.501234567
    evaluator = Evaluator("sparse")
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # updates only note them
        for a in range(0, 100, 20):
            evaluator.update(np.zeros(20, int), p[a : a + 20])
    with pytest.warns(ProbabilityWarning, match=r"In rows 60 to 79.*1 later") as caught:
        result = evaluator.compute()
    assert len(caught) == 1
    assert result.warnings == (caught[0].message.text,)


def test_double_softmax_needs_every_piece() -> None:
    evaluator = Evaluator("sparse", from_logits=True)
    evaluator.update(np.zeros(20, int), np.full((20, 2), 0.5))
    with pytest.warns(DoubleSoftmaxWarning):
        evaluator.compute()
    evaluator.update(np.zeros(20, int), np.full((20, 2), 5.0))
    evaluator.update(np.zeros(20, int), np.full((20, 2), 5.0))
    assert evaluator.compute().warnings == ()


floats = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.tuples(floats, floats), max_size=30))
def test_products_are_summed_exactly(pairs: list[tuple[float, float]]) -> None:
    a, b = np.array(pairs, float).reshape(-1, 2).T
    want = sum((Fraction(x) * Fraction(y) for x, y in pairs), Fraction(0))
    assert Fraction(exact_product_sum(a, b), 1 << PRODUCT_BITS) == want


def test_products_over_all_magnitudes() -> None:
    a = np.ldexp(RNG.normal(size=3000), RNG.integers(-1070, 1000, 3000))
    b = np.ldexp(RNG.normal(size=3000), RNG.integers(-600, 600, 3000))
    want = sum((Fraction(x) * Fraction(y) for x, y in zip(a.tolist(), b.tolist(), strict=True)))
    assert Fraction(exact_product_sum(a, b), 1 << PRODUCT_BITS) == want
    assert PRODUCT_BITS == 2 * SCALE_BITS


def test_ten_million_losses_have_one_state() -> None:
    rows = 10_000_000
    rng = np.random.default_rng(0)
    logits = rng.standard_normal((rows, 2), dtype=np.float32) * 8
    labels = rng.integers(0, 2, rows, dtype=np.int8)

    def total(size: int, seed: int) -> State:
        order = np.random.default_rng(seed)
        parts = [Evaluator("sparse", from_logits=True, worst=3) for _ in range(4)]
        starts = order.permutation(np.arange(0, rows, size))
        for number, a in enumerate(starts.tolist()):
            parts[number % 4].update(labels[a : a + size], logits[a : a + size], first_row=a)
        merged = Evaluator("sparse", from_logits=True, worst=3)
        for number in order.permutation(4):
            merged.merge(parts[number])
        return merged.state

    state = total(1_000, seed=1)
    assert state == total(999_983, seed=2)
    assert state.sums.rows == rows

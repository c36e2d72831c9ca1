"""Numbers that rules name: a case just below each, and one just above."""

from __future__ import annotations

import math

import numpy as np
import pytest

import crossent as ce
from doctor.found import finding


@pytest.mark.parametrize(("share", "severity"), [(0.49, "note"), (0.51, "warning")])
@pytest.mark.parametrize(("code", "value"), [("CE214", 0.0), ("CE215", 1e-9)])
def test_the_share_of_the_loss_that_the_clip_makes(
    code: str, value: float, share: float, severity: str
) -> None:
    """8 clipped rows of 16.118 nats, beside rows whose loss makes the rest."""
    clipped, others = 8, 92
    rest = clipped * -math.log(1e-7) * (1 / share - 1)
    p_label = math.exp(-rest / others)
    p = np.tile([p_label, 1 - p_label], (clipped + others, 1))
    p[:clipped] = value, 1 - value
    found = finding(code, np.zeros(len(p), int), p)
    assert found is not None
    assert found.severity == severity


@pytest.mark.parametrize(("rows", "severity"), [(7, "note"), (8, "warning")])
def test_the_number_of_clipped_rows(rows: int, severity: str) -> None:
    p = np.tile([0.9, 0.1], (10, 1))
    p[:rows] = 0, 1
    found = finding("CE214", np.zeros(10, int), p)
    assert found is not None
    assert found.severity == severity


@pytest.mark.parametrize(("largest", "seen"), [(59_968, False), (60_032, True)])
def test_the_largest_logit_of_float16(largest: float, seen: bool) -> None:
    """float16 has steps of 32 there: these are the neighbours of 60 000."""
    x = np.random.default_rng(3).normal(size=(60, 5)).astype(np.float16)
    x[7, 2] = largest
    y = np.arange(60) % 5
    y[7] = 2
    found = finding("CE216", y, x, from_logits=True, framework="torch")
    assert (found is not None and "65 504" in found.seen) == seen


@pytest.mark.parametrize(("off", "seen"), [(0.019, False), (0.021, True)])
@pytest.mark.parametrize("sign", [-1, 1])
def test_the_accuracy_that_was_reported(sign: int, off: float, seen: bool) -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(1_000, 4)) * 2
    y = np.where(rng.random(1_000) < 0.6, x.argmax(1), rng.integers(0, 4, 1_000))
    accuracy = float((x.argmax(1) == y).mean())
    given = {"from_logits": True, "accuracy": accuracy + sign * off}
    assert (finding("CE201", y, x, **given) is not None) == seen


@pytest.mark.parametrize(("rows", "seen"), [(49, False), (50, True)])
def test_the_rows_that_an_accuracy_takes(rows: int, seen: bool) -> None:
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(rows, 4)), rng.integers(0, 4, rows)
    assert (finding("CE201", y, x, from_logits=True, accuracy=0.9) is not None) == seen


@pytest.mark.parametrize(("spread", "seen"), [(0.0099, True), (0.0101, False)])
def test_how_far_a_stuck_loss_moves(spread: float, seen: bool) -> None:
    """The later half lies between ends that are so far apart, relative to their mean, ln 10."""
    middle = math.log(10)
    ends = [middle * (1 - spread / 2), middle * (1 + spread / 2)]
    history = [2.4, 2.38, 2.36, 2.34, *ends, *ends]
    y = np.arange(100) % 10
    assert (finding("CE218", y, num_classes=10, history=history) is not None) == seen


@pytest.mark.parametrize(("off", "seen"), [(0.0099, True), (0.0101, False)])
@pytest.mark.parametrize("sign", [-1, 1])
def test_how_near_to_ln_c_a_stuck_loss_is(sign: int, off: float, seen: bool) -> None:
    at = math.log(10) * (1 + sign * off)
    y = np.repeat(np.arange(10), [55, 5, 5, 5, 5, 5, 5, 5, 5, 5])  # of a much smaller entropy
    history = [at + 0.3, at + 0.2, at + 0.1, at, at, at]
    assert (finding("CE218", y, num_classes=10, history=history) is not None) == seen


@pytest.mark.parametrize(("off", "seen"), [(0.0099, True), (0.0101, False)])
@pytest.mark.parametrize("sign", [-1, 1])
def test_how_near_to_the_label_entropy_a_stuck_loss_is(sign: int, off: float, seen: bool) -> None:
    counts = np.array([55, 5, 5, 5, 5, 5, 5, 5, 5, 5])
    share = counts / counts.sum()
    at = float(-(share * np.log(share)).sum()) + sign * off
    history = [at + 0.3, at + 0.2, at + 0.1, at, at, at]
    y = np.repeat(np.arange(10), counts)
    assert (finding("CE218", y, num_classes=10, history=history) is not None) == seen


@pytest.mark.parametrize(("length", "seen"), [(4, False), (5, True)])
def test_how_long_a_stuck_history_is(length: int, seen: bool) -> None:
    history = [math.log(10) * (1 + 1e-6 * i) for i in range(length)]
    found = finding("CE218", np.arange(100) % 10, num_classes=10, history=history)
    assert (found is not None) == seen


@pytest.mark.parametrize(("length", "same"), [(49, False), (50, True)])
def test_how_often_a_loss_is_the_same_number(length: int, same: bool) -> None:
    found = finding("CE218", np.arange(100) % 10, num_classes=10, history=[1.234567] * length)
    assert (found is not None) == same


@pytest.mark.parametrize("allowed", [2**64 - 1, -(2**63)])
def test_the_labels_that_64_bits_hold(allowed: int) -> None:
    y = np.arange(12) % 3
    assert ce.diagnose(y, num_classes=3, ignore_class=allowed).healthy
    for beyond in (allowed + (1 if allowed > 0 else -1), 10**400, (-1, -(10**400))):
        with pytest.raises(ce.OptionError, match="64 bits"):
            ce.diagnose(y, num_classes=3, ignore_class=beyond)

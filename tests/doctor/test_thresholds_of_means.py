"""Numbers in the rules about means and observed losses: a case just below each, one just above."""

from __future__ import annotations

import math

import numpy as np
import pytest

from doctor.found import finding, severity


@pytest.mark.parametrize(("ignored", "seen"), [(950, False), (951, True)])
def test_the_share_of_the_labels_that_is_ignored(ignored: int, seen: bool) -> None:
    y = np.arange(1_000) % 3
    y[:ignored] = -1
    assert (finding("CE202", y, num_classes=3, ignore_class=-1) is not None) == seen


@pytest.mark.parametrize(("more", "seen"), [(105, False), (106, True)])
def test_how_unequal_micro_batches_are(more: int, seen: bool) -> None:
    y = np.arange(100 + more) % 3
    assert (finding("CE203", y, num_classes=3, micro_batches=[100, more]) is not None) == seen


@pytest.mark.parametrize(("batches", "seen"), [([8], False), ([8, 0], True)])
def test_the_number_of_micro_batches(batches: list[int], seen: bool) -> None:
    """The second one keeps no label, which is told wherever there are two."""
    y = [0, 1, 2, 0, 1, 2, 0, 1] + [-1] * 4 * (len(batches) - 1)
    sizes = [8, 4][: len(batches)]
    found = finding("CE203", y, num_classes=3, ignore_class=-1, micro_batches=sizes)
    assert (found is not None) == seen


@pytest.mark.parametrize(("off", "seen"), [(0.0099, False), (0.0101, True)])
@pytest.mark.parametrize("sign", [-1, 1])
def test_how_far_class_weights_are_from_a_mean_of_1(sign: int, off: float, seen: bool) -> None:
    weight = np.full(2, 1 / (1 + sign * off))
    found = finding("CE204", np.arange(100) % 2, num_classes=2, class_weight=weight)
    assert (found is not None) == seen


@pytest.mark.parametrize(("rows", "seen"), [(1, False), (2, True)])
def test_the_labels_of_one_class_whose_weight_cancels(rows: int, seen: bool) -> None:
    found = finding("CE204", [1] * rows, num_classes=2, class_weight=np.ones(2))
    assert (found is not None) == seen


@pytest.mark.parametrize(("masked", "seen"), [(9, False), (10, True)])
def test_the_share_of_the_rows_that_a_mask_takes(masked: int, seen: bool) -> None:
    """1000 rows are 1.0091 or 1.0101 times as many as are left."""
    weight = np.ones(1_000)
    weight[:masked] = 0
    given = {"num_classes": 3, "framework": "keras", "sample_weight": weight}
    assert (finding("CE205", np.arange(1_000) % 3, **given) is not None) == seen


# What was observed: CE319 and CE402.


def rows_of_mean(mean: float) -> tuple[list[int], np.ndarray]:
    """Two rows, each of which has this loss."""
    return [0, 0], np.tile([0.0, math.log(math.expm1(mean))], (2, 1))


@pytest.mark.parametrize(("parts", "seen"), [(0.9, False), (1.1, True)])
@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("mean", [0.5, 10.0])
def test_how_far_an_observed_loss_is_off(mean: float, sign: int, parts: float, seen: bool) -> None:
    """So many of 10 000 parts of the mean; of 1, where it is less."""
    observed = mean + sign * parts * 1e-4 * max(1.0, mean)
    found = finding("CE319", *rows_of_mean(mean), from_logits=True, observed=observed)
    assert (found is not None) == seen


@pytest.mark.parametrize(("parts", "grave"), [(0.9, "note"), (1.1, "warning")])
@pytest.mark.parametrize("sign", [-1, 1])
def test_how_near_an_observed_loss_is_to_bits(sign: int, parts: float, grave: str) -> None:
    bits = 10 / math.log(2)
    observed = bits * (1 + sign * parts * 1e-4)
    assert severity("CE319", *rows_of_mean(10.0), from_logits=True, observed=observed) == grave


@pytest.mark.parametrize(("mean", "grave"), [(690, "note"), (1_000, "warning")])
def test_the_largest_mean_whose_perplexity_is_a_number(mean: int, grave: str) -> None:
    """Beyond 700 the exponential would overflow."""
    x = np.tile([0.0, mean], (2, 1))
    observed = math.exp(min(mean, 690))
    assert severity("CE319", [0, 0], x, from_logits=True, observed=observed) == grave


@pytest.mark.parametrize(("off", "seen"), [(0.0009, True), (0.0011, False)])
@pytest.mark.parametrize("sign", [-1, 1])
def test_how_near_a_gap_is_to_the_logarithm_of_the_ranks(sign: int, off: float, seen: bool) -> None:
    observed = 0.5 + math.log(8) + sign * off
    found = finding("CE402", *rows_of_mean(0.5), from_logits=True, observed=observed)
    assert (found is not None) == seen


@pytest.mark.parametrize("ranks", [1, 2, 3, 4, 8, 16, 32, 64, 128])
def test_the_ranks_that_a_gap_is_held_against(ranks: int) -> None:
    observed = 0.5 + math.log(ranks)
    found = finding("CE402", *rows_of_mean(0.5), from_logits=True, observed=observed)
    assert (found is not None) == (ranks in (2, 4, 8, 16, 32, 64))
    assert found is None or f"ln {ranks} " in found.seen

"""Numbers in the rules about texts, padding and axes: a case just below each, one just above."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import crossent as ce
from doctor.found import finding

Array = npt.NDArray[Any]
TOKENS = 20


def text(rows: int, length: int) -> Array:
    """Tokens that differ from their neighbours."""
    return (np.arange(length) + 3 * np.arange(rows)[:, None]) % TOKENS


def next_token(tokens: Array, gain: float = 5.0) -> Array:
    """Logits of the next token: moving the labels to it makes the loss smaller by the gain."""
    return gain * np.eye(TOKENS)[np.roll(tokens, -1, axis=1)]


@pytest.mark.parametrize(("places", "seen"), [(255, False), (256, True)])
def test_the_places_that_a_shift_takes(places: int, seen: bool) -> None:
    """The first place of a row has no neighbour, the last two none two places on."""
    y = text(1, places + 3)
    assert (finding("CE208", y, next_token(y), from_logits=True) is not None) == seen


@pytest.mark.parametrize("rows", [256, 257])
def test_the_predictions_in_which_a_shift_is_looked_for(rows: int) -> None:
    """The first 2**22 of them: 256 rows of 16 places and 1024 classes."""
    y = text(rows, 16)
    x = np.zeros((rows, 16, 1_024), np.float32)
    x[..., :TOKENS] = next_token(y)
    found = finding("CE208", y, x, from_logits=True)
    assert found is not None
    assert f"Over {256 * 13} places" in found.seen


@pytest.mark.parametrize(("gain", "seen"), [(0.499, False), (0.501, True)])
def test_what_a_shift_gains(gain: float, seen: bool) -> None:
    y = text(4, 100)
    assert (finding("CE208", y, next_token(y, gain), from_logits=True) is not None) == seen


@pytest.mark.parametrize(("length", "seen"), [(4, False), (5, True)])
def test_the_length_of_rows_that_may_be_shifted(length: int, seen: bool) -> None:
    y = text(600, length)
    assert (finding("CE208", y, next_token(y), from_logits=True) is not None) == seen


@pytest.mark.parametrize("classes", [2, 3, 5, 11])
@pytest.mark.parametrize(
    "options", [{}, {"framework": "transformers"}, {"loss": "ForCausalLMLoss"}]
)
@pytest.mark.parametrize("seed", range(3))
def test_a_model_of_tags_that_is_wrong_in_one_way(
    classes: int, options: dict[str, str], seed: int
) -> None:
    """Any other tag fits better than the tag itself, and none stands out."""
    rng = np.random.default_rng(seed)
    tags = rng.integers(0, classes, (16, 48))
    noise = rng.normal(size=(16, 48, classes))
    always = np.full((16, 48, classes), 9.0 * np.eye(classes)[0])
    for x in (8 * np.eye(classes)[(tags + 1) % classes] + noise, always + noise):
        assert finding("CE208", tags, x, from_logits=True, **options) is None


@pytest.mark.parametrize(("right", "seen"), [(0.88, True), (0.93, False)])
def test_predictions_that_copy_the_input(right: float, seen: bool) -> None:
    """Moved by -1 they are the labels: an untrained model, unless some are wrong."""
    y = text(16, 40)
    copied = np.roll(y, 1, axis=1)
    wrong = np.random.default_rng(1).uniform(size=y.shape) >= right
    x = 5 * np.eye(TOKENS)[np.where(wrong, (copied + 7) % TOKENS, copied)]
    assert (finding("CE208", y, x, from_logits=True) is not None) == seen


@pytest.mark.parametrize("scale", [0.5, 1.0, 3.0])
def test_an_untrained_model_with_tied_embeddings(scale: float) -> None:
    rng = np.random.default_rng(4)
    table = scale * rng.normal(size=(60, 24))
    ids = rng.integers(0, 60, (12, 41))
    copies = table[ids] @ table.T
    assert ce.diagnose(ids[:, 1:], copies[:, :-1], from_logits=True).healthy
    for known in ({}, {"input_ids": ids}):
        for whose in ({"framework": "transformers"}, {"loss": "ForCausalLMLoss"}):
            given = {"from_logits": True, **known, **whose}
            assert "CE208" not in ce.diagnose(ids, copies, **given).codes, given
            twice = np.roll(ids, -1, axis=1)
            if known or "loss" in whose:
                assert "CE208" in ce.diagnose(twice, copies, **given).codes, given


@pytest.mark.parametrize(("places", "seen"), [(15, False), (16, True)])
def test_the_places_of_labels_that_are_the_input(places: int, seen: bool) -> None:
    y = text(1, places + 1)
    assert (finding("CE208", y, num_classes=TOKENS, input_ids=y) is not None) == seen


@pytest.mark.parametrize(("repeated", "seen"), [(50, True), (51, False)])
def test_the_share_of_tokens_that_are_repeated(repeated: int, seen: bool) -> None:
    """Of 101 tokens 100 have one after them."""
    y = np.concatenate([np.zeros(repeated, int), text(1, 101 - repeated)[0]])[None]
    assert int((y[:, 1:] == y[:, :-1]).sum()) == repeated
    assert (finding("CE208", y, num_classes=TOKENS, input_ids=y) is not None) == seen


# Padding: CE209. The token 0 is padding, the others are 1, 2, 3, ...


def padded(length: int, *ends: int) -> Array:
    """Rows with so many pads at their ends."""
    y = text(len(ends), length) % (TOKENS - 1) + 1
    for row, end in zip(y, ends, strict=True):
        row[length - end :] = 0
    return y


BROKEN = np.array([[1, 0, 0, 0, 0, 0, 0, 0, 0, 1]])
"""A row of pads whose last place is none."""


PADDED: dict[str, tuple[Array, bool]] = {
    "7 rows": (padded(10, *[7] * 7), False),
    "8 rows": (padded(10, *[7] * 8), True),
    "half of the places": (padded(10, *[5] * 20), False),
    "one place more": (padded(10, *[5] * 19, 6), True),
    "at the end of 8 rows of 10": (np.concatenate([padded(10, *[7] * 8), BROKEN, BROKEN]), False),
    "at the end of 9 rows of 10": (np.concatenate([padded(10, *[7] * 9), BROKEN]), True),
    "a run of 1": (np.concatenate([padded(10, *[7] * 8, 1), BROKEN]), False),
    "a run of 2": (np.concatenate([padded(10, *[7] * 8, 2), BROKEN]), True),
    "rows of 3": (padded(3, *[2] * 9), False),
    "rows of 4": (padded(4, *[3] * 9), True),
}  # fmt: skip


@pytest.mark.parametrize(("y", "seen"), PADDED.values(), ids=PADDED)
def test_padding(y: Array, seen: bool) -> None:
    assert (finding("CE209", y, num_classes=TOKENS) is not None) == seen


def test_rows_of_two_whose_end_is_masked() -> None:
    """They are the shortest: a row of one has nothing before its end."""
    y, ids = np.full((9, 2), [3, -100]), np.full((9, 2), [3, 2])
    given = {"num_classes": TOKENS, "ignore_class": -100, "input_ids": ids, "eos_id": 2}
    assert finding("CE209", y, **given) is not None


# The axis of the classes: CE110. Both axes of 4 fit the labels by shape.

ROWS, SIZE = 50, 4


def on_axis_1(wrong: int, gain: float, rows: int = ROWS) -> tuple[Array, Array]:
    """Labels (N, L), and logits (N, C, L) which are right on axis 1, or just not in some places."""
    rng = np.random.default_rng(6)
    y = rng.integers(0, SIZE, (rows, SIZE))
    x = gain * np.eye(SIZE)[y] + 0.01 * rng.random((rows, SIZE, SIZE))
    other = (gain + 0.05) * np.eye(SIZE)[(y + 1) % SIZE]
    x.reshape(-1, SIZE)[:wrong] += other.reshape(-1, SIZE)[:wrong]
    return y, np.moveaxis(x, -1, 1)


def better(y: Array, x: Array) -> tuple[float, float]:
    """By how much the loss is smaller, and the accuracy larger, on axis 1 than on the last."""
    seen = []
    for axis in (1, 2):
        rows = np.moveaxis(x, axis, -1).reshape(-1, SIZE)
        at = rows[np.arange(y.size), y.reshape(-1)]
        losses = np.log(np.exp(rows).sum(-1)) - at
        seen.append((losses.mean(), (at == rows.max(-1)).mean()))
    (loss, right), (other_loss, other_right) = seen
    return other_loss - loss, right - other_right


@pytest.mark.parametrize(("labels", "seen"), [(49, False), (50, True)])
def test_the_labels_that_tell_an_axis(labels: int, seen: bool) -> None:
    y, x = on_axis_1(0, 5.0, rows=13)
    y.reshape(-1)[labels:] = -1
    assert (finding("CE110", y, x, from_logits=True, ignore_class=-1) is not None) == seen


@pytest.mark.parametrize(("bound", "seen"), [(0.199, False), (0.201, True)])
def test_how_much_smaller_the_loss_is_on_another_axis(bound: float, seen: bool) -> None:
    gains = np.arange(0.05, 2, 0.0005)
    y, _ = on_axis_1(0, 0.0)
    gain = next(gain for gain in gains if better(*on_axis_1(0, gain))[0] > bound)
    x = on_axis_1(0, gain)[1]
    loss, right = better(y, x)
    assert abs(loss - bound) < 0.001
    assert right > 0.3
    assert (finding("CE110", y, x, from_logits=True) is not None) == seen


@pytest.mark.parametrize("seen", [False, True])
def test_how_much_higher_the_accuracy_is_on_another_axis(seen: bool) -> None:
    """One place more that is wrong makes the difference."""
    wrong = next(n for n in range(ROWS * SIZE) if better(*on_axis_1(n, 5.0))[1] <= 0.2)
    y, x = on_axis_1(wrong - seen, 5.0)
    loss, right = better(y, x)
    assert loss > 0.25
    assert 0.185 < right < 0.215
    assert (finding("CE110", y, x, from_logits=True) is not None) == seen


@pytest.mark.parametrize(
    ("rows", "labels", "told"),
    [(99, 92, True), (100, 93, False), (96, 89, True), (97, 89, False)],
)
def test_the_classes_of_a_reshape_that_a_message_may_tell(
    rows: int, labels: int, told: bool
) -> None:
    """Fewer than 100 classes, and fewer than 8 apart."""
    text = str(
        ce.explain(
            f"ValueError: Expected input batch_size ({7 * rows}) to match target batch_size "
            f"({7 * labels})."
        )
    )
    assert (f"a reshape with {labels} in place of {rows} classes" in " ".join(text.split())) == told

"""What messages say: the argument, what was found, and the option or line that helps."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest

import crossent as ce
from contract.case import B, Call, P, Q, T, X, Y, draw, f32, replaced, softmax
from contract.runner import Runner

LOGITS: dict[str, Any] = {"from_logits": True}
VOLUME = draw(21, 2, 3, 4)


def message(runner: Runner, call: Call) -> str:
    """The text of the error that a call ends in."""
    with pytest.raises(ce.CrossentError) as info:
        runner.attempt(call)
    return str(info.value)


SEEN_IN_VALUES = {
    "count": (Call("sparse", np.array([0, 7, 1, 9]), X, LOGITS), ["y_true", r"\b2\b", r"\b7\b", r"\b9\b"]),
    "first-position": (Call("sparse", np.array([0, 1, 1, 17]), X, LOGITS), [r"\b3\b", r"\b17\b"]),
    "classes": (Call("sparse", np.array([0, 17, 1, 1]), X, LOGITS), [r"3 classes|\[0, 3\)"]),
    "sentinel": (Call("sparse", np.array([0, -1, 1, -1]), X, LOGITS), [r"ignore_class=-1", r"\b2\b"]),
    "sentinel-255": (Call("sparse", np.array([0, 255, 1, 1]), X, LOGITS), [r"ignore_class=255"]),
    "one-based": (Call("sparse", np.array([1, 2, 3, 1]), X, LOGITS), [r"- ?1\b", r"start at 0|from 0|one-based|1-based"]),
    "head-too-small": (Call("sparse", np.array([0, 7, 1, 9]), X, LOGITS), [r"\b10\b"]),
    "fraction": (Call("sparse", f32([0, 1.7, 1, 1]), X, LOGITS), [r"1\.7", "y_true"]),
    "several-ones": (Call("dense", f32([[1, 1, 0]] * 4), X, LOGITS), ["binary_crossentropy"]),
    "counts": (Call("dense", f32([[3, 1, 0]] * 4), X, LOGITS), ["divide|sum"]),
    "teacher-logits": (Call("dense", draw(1, 4, 3), X, LOGITS), ["softmax"]),
    "logits": (Call("sparse", Y, X, {}), ["y_pred", r"from_logits=True"]),
    "sums": (Call("sparse", Y, f32(0.7 * P), {}), [r"0\.[67]", "normalize|softmax|from_logits|sigmoid|binary"]),
    "weights": (Call("sparse", Y, X, {**LOGITS, "sample_weight": f32([1, -2, 1, 1])}), ["sample_weight", "-2"]),
    "missing-class": (Call("sparse", Y, X, {**LOGITS, "class_weight": {0: 1.0, 1: 2.0}}), ["class_weight", r"\b2\b"]),
    "empty": (Call("sparse", Y[:0], X[:0], {**LOGITS, "empty": "raise"}), ["empty"]),
}  # fmt: skip

SEEN_IN_SHAPES = {
    "one-hot": (Call("sparse", Q, X, LOGITS), ["categorical_crossentropy|argmax"]),
    "integers": (Call("dense", Y, X, LOGITS), ["sparse_categorical_crossentropy"]),
    "class-axis": (Call("sparse", np.array([[0, 2, 1, 1]] * 2), VOLUME, LOGITS), [r"axis=1"]),
    "one-class": (Call("sparse", np.zeros(4, int), X[:, :1], LOGITS), ["binary_crossentropy"]),
    "swapped": (Call("sparse", X, Y, LOGITS), ["swap", "y_true.*y_pred"]),
    "rows": (Call("sparse", np.zeros(7, int), X, LOGITS), [r"\b7\b", r"\b4\b"]),
    "several-labels": (Call("sparse", np.array([[0, 1]] * 4), X, LOGITS), ["target_prob|binary_crossentropy"]),
    "binary-shapes": (Call("binary", T[:, 0], B, LOGITS), [r"\(3,\)", r"\(3, 2\)"]),
    "balanced": (Call("sparse", Y, X, {**LOGITS, "class_weight": "balanced"}), ["compute_class_weight"]),
    "bad-word": (Call("sparse", Y, X, {**LOGITS, "empty": "ignore"}), ["empty", "'ignore'", "zero"]),
    "meaningless": (Call("sparse", Y, P, {"z_loss": 0.1}), ["z_loss", "from_logits"]),
    "integer-predictions": (Call("sparse", Y, np.arange(12).reshape(4, 3), LOGITS), ["y_pred", "int64"]),
    "complex": (Call("sparse", Y, X.astype(np.complex64), LOGITS), ["y_pred", "complex64"]),
}  # fmt: skip


@pytest.mark.needs("sees values")
@pytest.mark.parametrize(("call", "patterns"), SEEN_IN_VALUES.values(), ids=SEEN_IN_VALUES)
def test_message_about_values(runner: Runner, call: Call, patterns: list[str]) -> None:
    text = message(runner, call)
    assert [p for p in patterns if not re.search(p, text, re.DOTALL)] == [], text


@pytest.mark.parametrize(("call", "patterns"), SEEN_IN_SHAPES.values(), ids=SEEN_IN_SHAPES)
def test_message_about_shapes(runner: Runner, call: Call, patterns: list[str]) -> None:
    text = message(runner, call)
    assert [p for p in patterns if not re.search(p, text, re.DOTALL)] == [], text


@pytest.mark.parametrize("reduction", ["avg", "MEAN", None, "sum_over_batch_size"])
def test_reduction_is_one_of_the_words(runner: Runner, reduction: Any) -> None:
    with pytest.raises(ce.OptionError, match="CE001") as info:
        runner.attempt(Call("sparse", Y, X, LOGITS), reduction)
    assert "reduction" in str(info.value)


@pytest.mark.parametrize("reduction", ["sum", "none", "parts"])
@pytest.mark.parametrize("option", [{"normalizer": 3.0}, {"empty": "nan"}], ids=str)
def test_options_of_the_mean_mean_nothing_elsewhere(
    runner: Runner, option: dict[str, Any], reduction: str
) -> None:
    with pytest.raises(ce.OptionError, match="CE001"):
        runner.attempt(Call("sparse", Y, X, {**LOGITS, **option}), reduction)


@pytest.mark.needs("sees values")
def test_m01_lists_at_most_ten_values(runner: Runner) -> None:
    labels = np.arange(100, 160)
    text = message(runner, Call("sparse", labels, draw(2, 60, 3), LOGITS))
    assert re.search(r"\b60\b", text)
    assert len(set(re.findall(r"\b1[0-5]\d\b", text)) - {"160"}) <= 11, text  # ten and the largest


@pytest.mark.needs("sees values")
def test_m01_is_an_index_error_and_a_value_error(runner: Runner) -> None:
    call = Call("sparse", np.array([0, 1, 2, 3]), X, LOGITS)
    for kind in (IndexError, ValueError, ce.LabelRangeError, ce.CrossentError):
        with pytest.raises(kind):
            runner.attempt(call)


@pytest.mark.needs("sees values")
def test_m05_warns_once_with_count_and_worst_row(runner: Runner) -> None:
    p = f32(softmax(draw(3, 40, 3)))
    p[[5, 17, 23]] *= f32([[0.99], [0.97], [1.01]])
    with pytest.warns(ce.ProbabilityWarning) as found:
        runner.attempt(Call("sparse", np.arange(40) % 3, p, {}))
    assert len(found) == 1
    text = str(found[0].message)
    assert text.startswith("[CE406] ")
    assert re.search(r"\b3\b", text), text
    assert re.search(r"\b17\b", text), text


@pytest.mark.needs("sees values")
@pytest.mark.parametrize("n", [3, 10])
def test_m05_double_softmax_names_the_floor(runner: Runner, n: int) -> None:
    p = f32(softmax(draw(4, 12, n)))
    with pytest.warns(ce.DoubleSoftmaxWarning) as found:
        runner.attempt(Call("sparse", np.arange(12) % n, p, LOGITS))
    assert len(found) == 1
    text = str(found[0].message)
    assert text.startswith("[CE105] ")
    assert f"{math.log(math.e + n - 1) - 1:.3f}"[:-1] in text, text


@pytest.mark.needs("sees values")
def test_a_masked_label_is_told_as_such(runner: Runner) -> None:
    mask = np.array([True, True, False])
    text = message(
        runner, Call("sparse", np.array([0, 2, 1, 1]), X, {**LOGITS, "class_mask": mask})
    )
    assert "class_mask" in text


@pytest.mark.needs("sees values")
def test_ignored_rows_are_not_counted_as_wrong(runner: Runner) -> None:
    call = Call(
        "sparse", np.array([-1, 7, -1, 1]), replaced(X, 0, np.nan), {**LOGITS, "ignore_class": -1}
    )
    text = message(runner, call)
    assert re.search(r"\b7\b", text)
    assert not re.search(r"ignore_class=-1", text)

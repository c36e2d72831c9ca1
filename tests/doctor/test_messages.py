"""Messages are recognised as they are printed, with the likeliest cause first."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

import crossent as ce
from crossent.doctor.catalogue import all_checks, check_named
from crossent.doctor.pasted import plain
from crossent.doctor.printed import messages_of
from doctor.collected_texts import collected_texts
from doctor.message_texts import TEXTS
from doctor.printed_texts import FIXES

WRITTEN = [plain(text) for text, _ in TEXTS]
PRINTED = [plain(text) for text in collected_texts()]
SEEN = WRITTEN + PRINTED
OWN = "crossent"


@pytest.mark.parametrize(("text", "codes"), TEXTS, ids=[text[:50] for text, _ in TEXTS])
def test_message_is_recognised(text: str, codes: list[str]) -> None:
    explanation = ce.explain(text)
    assert explanation.kind == "message"
    assert explanation.codes[0] == codes[0]
    assert set(codes) <= set(explanation.codes)
    assert explanation.readings[0].fix


@pytest.mark.parametrize(
    "wrap", ["Traceback (most recent call last):\n  File 'a.py'\n{}\n\n", "  {} "]
)
def test_what_stands_around_a_message_does_not_matter(wrap: str) -> None:
    for text, codes in TEXTS[:20]:
        assert ce.explain(wrap.format(text)).codes[0] == codes[0]
        assert ce.explain(text.replace(" ", "\n", 3)).codes[0] == codes[0]


def test_every_pattern_is_shown_by_a_text() -> None:
    read: dict[str, bool] = {}
    for check in all_checks():
        for message in messages_of(check.code):
            if message.framework != OWN and not read.get(message.pattern):
                read[message.pattern] = any(message.read(text) for text in SEEN)
    unseen = [pattern for pattern, seen in read.items() if not seen]
    # Rare ones stand beside others of the same framework.
    assert len(unseen) <= 8, unseen


def test_how_sure_a_cause_is_lies_between_0_and_1() -> None:
    for check in all_checks():
        for message in messages_of(check.code):
            said = [message.read(text) for text in SEEN]
            scores = [message.score, *(one.score for one in said if one is not None)]
            assert all(0 < score < 1 for score in scores), f"{check.code}: {message.pattern}"


def test_every_framework_of_a_check_has_two_texts() -> None:
    """One is enough if the framework itself printed it when it was called wrongly."""
    shown: Counter[tuple[str, str]] = Counter()
    wanted = set()
    for check in all_checks():
        for message in messages_of(check.code):
            pair = check.code, message.framework
            wanted.add(pair)
            shown[pair] += sum(message.read(text) is not None for text in WRITTEN)
            shown[pair] += 2 * any(message.read(text) for text in PRINTED)
    assert sorted(pair for pair in wanted if shown[pair] < 2 and pair[1] != OWN) == []


def test_numbers_of_a_message_are_used() -> None:
    tensorflow = ce.explain(
        "Received a label value of 10 which is outside the valid range of [0, 10)."
    )
    assert "10 outputs stand for the classes 0..9; the label 10" in tensorflow.readings[0].text
    torch = ce.explain("IndexError: Target 24 is out of bounds.")
    assert "at least 25 outputs" in torch.readings[0].text
    ratio = ce.explain("Expected input batch_size (1280) to match target batch_size (1024).")
    assert "5 for 4" in ratio.readings[0].text
    steps = ce.explain("Expected input batch_size (324) to match target batch_size (4).")
    assert "81 predictions for every label" in steps.readings[0].text
    flat = ce.explain(
        "logits and labels must have the same first dimension, got logits shape [250,10] and "
        "labels shape [2500]"
    )
    assert "2500 = 250 × 10" in flat.readings[0].text


@pytest.mark.parametrize(("text", "fix"), FIXES)
def test_what_to_do_fits_the_message(text: str, fix: str) -> None:
    assert fix in ce.explain(text).readings[0].fix


def test_widths_that_differ_are_no_class_indices() -> None:
    explanation = ce.explain(
        "must have the same shape. Received: target.shape=(None, 11), output.shape=(None, 10)"
    )
    assert explanation.codes == ["CE101"]
    assert "11 columns, and the model has 10 outputs" in explanation.readings[0].text


def test_a_loss_in_a_log_does_not_hide_the_error_below_it() -> None:
    text = "step 1 loss: 2.3026\nIndexError: Target 10 is out of bounds."
    assert ce.explain(text).codes[0] == "CE101"


def test_several_causes_say_what_tells_them_apart() -> None:
    explanation = ce.explain("IndexError: Target 255 is out of bounds.")
    assert len(explanation.readings) >= 2
    for reading in explanation.readings:
        check = check_named(reading.code)
        assert check is not None
        assert reading.decided_by == check.rule
        assert reading.decided_by.split(".")[0][:40] in str(explanation).replace("\n       ", " ")
    assert "tells which it is" in str(explanation)


RAISED = [
    ("CE104", lambda: ce.sparse_categorical_crossentropy([3], [[0.2, 0.3, 0.5]])),
    ("CE103", lambda: ce.sparse_categorical_crossentropy([-1, 1], [[0.2, 0.8]] * 2)),
    ("CE106", lambda: ce.sparse_categorical_crossentropy([1], [[2.0, 0.8]])),
    ("CE108", lambda: ce.sparse_categorical_crossentropy([[0.0, 1.0]], [[0.2, 0.8]])),
    ("CE109", lambda: ce.categorical_crossentropy([0, 1, 2], [[0.2, 0.3, 0.5]] * 3)),
    ("CE301", lambda: ce.categorical_crossentropy([[1, 1, 0]], [[0.2, 0.3, 0.5]])),
    ("CE302", lambda: ce.sparse_categorical_crossentropy([0], [[1.0]])),
    ("CE305", lambda: ce.sparse_categorical_crossentropy([0, 1], [0, 1])),
    ("CE308", lambda: ce.categorical_crossentropy([[3, 1, 0]], [[0.2, 0.3, 0.5]])),
    ("CE312", lambda: ce.sparse_categorical_crossentropy([float("nan")], [[0.2, 0.8]])),
    ("CE314", lambda: ce.sparse_categorical_crossentropy([0], [[0.2, 0.8]], class_weight=[1.0])),
    ("CE406", lambda: ce.sparse_categorical_crossentropy([0], [[0.2, 0.9]])),
    ("CE001", lambda: ce.sparse_categorical_crossentropy([0], [[0.2, 0.8]], reduction="avg")),
    ("CE202", lambda: ce.sparse_categorical_crossentropy([], np.zeros((0, 2)), empty="raise")),
    ("CE002", lambda: ce.sparse_categorical_crossentropy([0], [[0.2 + 1j, 0.8]])),
]  # fmt: skip


@pytest.mark.parametrize(("code", "call"), RAISED, ids=[code for code, _ in RAISED])
def test_errors_of_crossent_are_explained_by_their_code(code: str, call) -> None:
    with pytest.raises(ce.CrossentError) as caught:
        call()
    assert caught.value.code == code
    for thing in (caught.value, str(caught.value)):
        assert ce.explain(thing).codes[0] == code


def test_a_code_is_explained() -> None:
    for check in all_checks():
        for written in (check.code, check.code.lower(), f" {check.code} "):
            explanation = ce.explain(written)
            assert explanation.kind == "code"
            assert explanation.codes == [check.code]
            assert explanation.readings[0].fix == check.fix


@pytest.mark.parametrize("thing", ["87.3", 0.4512])
def test_a_value_that_is_unknown_gets_three_near_causes(thing: object) -> None:
    explanation = ce.explain(thing)
    assert not explanation.known
    assert len(explanation.readings) == 3
    assert all(0 < reading.score < 1 for reading in explanation.readings)
    assert "ce.diagnose(" in str(explanation)


@pytest.mark.parametrize(
    "text",
    ["what is the weather like", "xyzzy", "KeyError: 'label'", "No rule to make target 'all'"],
)
def test_a_text_that_no_cause_is_near_to_is_asked_for_more(text: str) -> None:
    explanation = ce.explain(text)
    assert not explanation.known
    assert explanation.readings == ()
    said = " ".join(str(explanation).split())
    assert "no known cause is near" in said
    assert "Send the last line of the error" in said
    assert "ce.diagnose(" in said


def test_a_code_that_is_none_gets_the_nearest_codes() -> None:
    assert ce.explain("CE411").codes == ["CE410", "CE409", "CE408"]
    assert ce.explain("CE999").codes[0] == "CE501"
    assert all(code.startswith("CE1") for code in ce.explain("CE1").codes)
    assert "There is no such code" in str(ce.explain("CE999"))
    assert ce.explain("CE 104").codes == ["CE104"]


def test_words_near_a_cause_are_found_without_a_pattern() -> None:
    assert "CE309" in ce.explain("I applied softmax along dim 0, the batch axis").codes
    assert "CE209" in ce.explain("padding tokens were counted as labels in my text model").codes


@pytest.mark.parametrize("thing", ["", "   ", None, True, [1, 2]])
def test_what_is_nothing_is_refused(thing: object) -> None:
    with pytest.raises(ce.OptionError, match="`thing`"):
        ce.explain(thing)


def test_a_long_text_is_read_in_bounded_time() -> None:
    text = "loss " * 200_000
    assert ce.explain(text) is not None
    log = "step 1 of many, all is well\n" * 40_000
    assert ce.explain(f"{log}IndexError: Target 3 is out of bounds").codes[0] == "CE101"
    assert ce.explain(f"IndexError: Target 3 is out of bounds\n{log}").codes[0] == "CE101"
    assert not ce.explain(f"{log}IndexError: Target 3 is out of bounds\n{log}").known

"""Messages that people report are read as what they are, and what is about else is not."""

from __future__ import annotations

import pytest

import crossent as ce
from crossent.doctor.explanation import SURE
from doctor.library_texts import ELSEWHERE_IN_LIBRARIES
from doctor.reported_texts import ELSEWHERE, PRINTED_LOSSES, REPORTED, UNRELATED, Reported
from doctor.source_texts import ELSEWHERE_IN_SOURCES

UNSURE = "Code other than a loss also prints this message."


def said(explanation: ce.doctor.Explanation) -> str:
    return " ".join(str(explanation).lower().split())


@pytest.mark.parametrize("case", REPORTED, ids=[case.text[:60] for case in REPORTED])
def test_reported_message(case: Reported) -> None:
    explanation = ce.explain(case.text)
    assert explanation.kind == "message"
    assert explanation.codes[0] in case.codes.split()
    answer = said(explanation)
    assert [words for words in case.says if words not in answer] == []
    assert [words for words in case.not_says if words in answer] == []


@pytest.mark.parametrize("case", PRINTED_LOSSES, ids=[case.text[-60:] for case in PRINTED_LOSSES])
def test_printed_loss(case: Reported) -> None:
    explanation = ce.explain(case.text)
    assert explanation.known
    assert explanation.codes[0] in case.codes.split()
    answer = said(explanation)
    assert [words for words in case.says if words not in answer] == []
    assert [words for words in case.not_says if words in answer] == []


NO_CODE = UNRELATED + ELSEWHERE_IN_SOURCES + ELSEWHERE_IN_LIBRARIES


@pytest.mark.parametrize("text", NO_CODE, ids=[text[:60] for text in NO_CODE])
def test_what_is_about_something_else_gets_no_code(text: str) -> None:
    explanation = ce.explain(text)
    assert not explanation.known, explanation.codes
    assert "not recognised" in said(explanation)


@pytest.mark.parametrize("text", ELSEWHERE, ids=[text[:60] for text in ELSEWHERE])
def test_what_other_code_prints_too_is_not_said_as_if_sure(text: str) -> None:
    explanation = ce.explain(text)
    if explanation.known:
        assert explanation.readings[0].score < SURE
        assert UNSURE.lower() in said(explanation)


def test_what_a_loss_alone_prints_is_said_as_sure() -> None:
    assert UNSURE not in str(ce.explain("IndexError: Target 9 is out of bounds."))


@pytest.mark.parametrize("accuracy", [0.9, 0.2])
def test_a_loss_that_is_no_share_of_a_ceiling_is_not_taken_for_one(accuracy: float) -> None:
    for loss in (7.9712, 1.7118, 0.3012):
        assert "rows are wrong" not in str(ce.explain(f"loss: {loss} - acc: {accuracy}"))

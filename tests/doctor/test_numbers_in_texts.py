"""Numbers in what the doctor says are those of the message, or of the data, that it read.

Sizes differ from each other wherever a message has several, so that one taken for another is seen.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

import crossent as ce

MESSAGES: dict[str, tuple[str, list[str], list[str]]] = {
    # the message, what the explanation must have, and what it must not
    "target size": (
        "RuntimeError: Expected target size [32, 12778], got [32, 100]",
        [r"\b100 places"], [r"12778 places", r"\b32 places"],
    ),
    "gather": (
        "InvalidArgumentError: indices[3] = 12 is not in [0, 10)",
        [r"index is 12\b", r"0\.\.9\b", r"\b13 rows", r"instead of 10\b"], [r"0\.\.10\b"],
    ),
    "gather, negative": (
        "InvalidArgumentError: indices[0] = -4 is not in [0, 7)",
        [r"index is -4\b", r"0\.\.6\b"], [r"0\.\.7\b"],
    ),
    "label range": (
        "InvalidArgumentError: Received a label value of 12 which is outside the valid range of "
        "[0, 10).  Label values: 3 12 4",
        [r"\b12\b", r"0\.\.9\b|\b10\b"], [r"0\.\.10\b"],
    ),
    "target": (
        "IndexError: Target 17 is out of bounds.", [r"\b17\b"], [],
    ),
    "batch": (
        "ValueError: Expected input batch_size (64) to match target batch_size (640).",
        [r"\b64\b", r"\b640\b"], [],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("message", "has", "lacks"), MESSAGES.values(), ids=MESSAGES)
def test_numbers_of_a_message(message: str, has: list[str], lacks: list[str]) -> None:
    text = " ".join(str(ce.explain(message)).split())
    assert [pattern for pattern in has if not re.search(pattern, text)] == [], text
    assert [pattern for pattern in lacks if re.search(pattern, text)] == [], text


@pytest.mark.parametrize("classes", [3, 7])
@pytest.mark.parametrize("label", [-1, -2, -3])
def test_the_class_that_a_negative_label_is_taken_for(label: int, classes: int) -> None:
    x = np.random.default_rng(1).normal(size=(9, classes))
    y = np.arange(9) % classes
    y[4] = label
    report = ce.diagnose(y, x, from_logits=True, framework="optax")
    text = " ".join(str(report).split())
    assert f"it silently reads {label} as class {classes + label}." in text


def test_the_keys_of_a_report() -> None:
    """Their words are read by programs: `reading` says how the predictions were read."""
    p = np.random.default_rng(2).dirichlet(np.ones(4), 12)
    found = ce.diagnose(np.arange(12) % 4, p).to_dict()
    assert list(found) == ["healthy", "looked_at", "reading", "findings"]
    assert "probabilities" in str(found["reading"])
    bad: Any = ce.diagnose(np.arange(12) % 4 + 1, p).to_dict()
    assert list(bad["findings"][0]) == [
        "code", "severity", "title", "seen", "why", "fix", "page",
    ]  # fmt: skip
    assert all(isinstance(value, str) and value for value in bad["findings"][0].values())


class Texts(HTMLParser):
    """The text of a page, and that of its header."""

    def __init__(self) -> None:
        super().__init__()
        self.inside: list[str] = []
        self.all: list[str] = []
        self.header: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.inside and self.inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "style" not in self.inside:
            self.all.append(data)
            if "header" in self.inside:
                self.header.append(data)


def texts(page: str) -> tuple[str, str]:
    """Everything that a reader of a page sees, and what stands at its head."""
    parser = Texts()
    parser.feed(page)
    return tuple(" ".join(" ".join(part).split()) for part in (parser.all, parser.header))  # type: ignore[return-value]


def test_the_page_says_why_and_begins_with_what_is_grave() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(80, 4))
    y = np.arange(80) % 4
    y[::9] = -1
    report = ce.diagnose(y, x, from_logits=True, accuracy=0.9)
    grave = [one for one in report.findings if one.severity != "note"]
    assert grave
    shown, head = texts(report.to_html())

    def words(text: str) -> str:
        return re.sub(r"\W+", " ", text).strip()

    for finding in report.findings:
        for part in (finding.title, finding.seen, finding.why, finding.fix):
            assert words(part) in words(shown), part
    assert words(grave[0].title) in words(head)


def test_a_note_is_not_what_a_page_begins_with() -> None:
    p = np.tile([0.9, 0.1], (40, 1))
    p[:2] = 0, 1  # two rows of probability 0: a note
    report = ce.diagnose(np.zeros(40, int), p)
    notes = [one for one in report.findings if one.severity == "note"]
    assert notes
    assert len(notes) == len(report.findings)
    _, head = texts(report.to_html())
    assert notes[0].title not in head

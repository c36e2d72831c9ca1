"""The page of a report: what stands on it, that it is whole, that data cannot become markup."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pytest

import crossent as ce
from crossent.doctor.report.wording import plain, with_code
from doctor.reports import CASES, HOSTILE, LABELS, LOGITS, C, page, report
from meta.source import run_python

each_case = pytest.mark.parametrize("name", CASES)
VOID = {"meta", "link", "img", "br"}
NEVER = {"script", "iframe", "object", "embed", "link", "base", "form", "img", "b"}
CHANGING = {"href", "src", "srcset", "xlink:href", "action", "data"}


class Page(HTMLParser):
    """Reads a page and insists that what is opened is closed, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        assert len(dict(attrs)) == len(attrs), f"an attribute twice in {tag}"
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style",):
            self.text.append(data)


@each_case
def test_a_page_is_well_formed(name: str) -> None:
    parsed = Page(page(name))
    ids = [attributes["id"] for _, attributes in parsed.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    values = [
        str(value)
        for _, attributes in parsed.tags
        for key, value in attributes.items()
        if key in ("href", "aria-labelledby", "clip-path")
    ]
    used = {re.sub(r"^(?:url\()?#?|\)$", "", value) for value in values}
    assert used <= set(ids)


@each_case
def test_a_page_asks_for_nothing_and_runs_nothing(name: str) -> None:
    text = page(name)
    parsed = Page(text)
    assert {tag for tag, _ in parsed.tags} & NEVER == set()
    for tag, attributes in parsed.tags:
        assert not any(key.startswith("on") for key in attributes), tag
        for key in CHANGING & set(attributes):
            assert str(attributes[key]).startswith("#"), (tag, key)
    assert "default-src 'none'" in text
    style = re.findall(r"<style>.*?</style>", text, re.DOTALL)
    assert len(style) == 1
    assert "url(" not in style[0]
    assert "@import" not in style[0]
    assert "\x00" not in text


@each_case
def test_every_finding_is_on_the_page_and_in_the_short_form(name: str) -> None:
    found = report(name)
    for text in (page(name), found._repr_html_()):
        shown = "".join(Page(text).text)
        assert found.verdict.lower() in shown.lower()
        for finding in found.findings:
            assert f"{finding.severity} {finding.code}" in shown
            seen = with_code(finding.seen)
            assert seen in text


def titles(name: str) -> list[str]:
    return re.findall(r"<figure.*?<h3[^>]*>(.*?)</h3>", page(name), re.DOTALL)


BALANCE, LOSSES, COST = "Class balance", "Losses", "What a probability costs"
TRUST, CONFUSED, SUMS = "Can the probabilities be trusted?", "Worst confusions", "Sums of the rows"


@pytest.mark.parametrize(
    ("name", "want"),
    [
        ("probabilities", [BALANCE, LOSSES, COST, TRUST, CONFUSED, SUMS]),
        ("logits", [BALANCE, LOSSES, COST, TRUST, CONFUSED]),
        ("one_hot", [BALANCE, LOSSES, COST, TRUST, CONFUSED]),
        ("binary", [BALANCE, LOSSES, COST, TRUST, CONFUSED]),
        ("from_1", [BALANCE, LOSSES, COST, TRUST, CONFUSED]),
        ("many_classes", [BALANCE, LOSSES, COST, TRUST, CONFUSED]),
        ("labels_alone", [BALANCE]),
        ("mismatch", [BALANCE]),
        ("spread_sums", [BALANCE, SUMS]),
        ("predictions_alone", [SUMS]),
        ("nan", [BALANCE]),
        ("text", []),
        ("history", []),
    ],
)
def test_what_is_known_is_drawn(name: str, want: list[str]) -> None:
    assert titles(name) == want


def test_the_marks_of_the_losses() -> None:
    assert "ln 10 = 2.303" in page("logits")
    assert "clip ceiling" not in page("logits")
    assert "clip ceiling 16.12" in page("probabilities")
    assert "1 row at the ceiling 16.12" in page("probabilities")


def test_it_is_said_why_no_loss_is_drawn() -> None:
    assert "shapes of labels and predictions do not fit, so no loss is drawn" in page("mismatch")
    assert "may be logits or probabilities, so no loss is drawn" in page("spread_sums")
    assert "No row has a finite loss" in page("logits_as_probabilities")
    for name in ("logits", "labels_alone", "predictions_alone", "history"):
        assert "is drawn" not in page(name)


def test_the_numbers_on_the_page_are_those_of_the_data() -> None:
    text = page("logits")
    right = np.count_nonzero(LOGITS.argmax(axis=1) == LABELS)
    assert f"Of 400 rows {400 - right} are predicted wrongly" in text
    hardest = ce.evaluate(LABELS, LOGITS, from_logits=True, worst=1).worst[0]
    cells = [hardest.row[0], hardest.label, hardest.predicted, f"{hardest.loss:.5g}"]
    first = re.findall(r"Rows with the largest losses.*?<tbody>\s*<tr>(.*?)</tr>", text, re.DOTALL)
    # The label of the region stands there too, before the caption.
    assert re.findall(r"<bdi>(.*?)</bdi>", first[0])[:4] == [str(cell) for cell in cells]


def test_one_row_far_off_does_not_squeeze_the_others() -> None:
    text = page("far_off")
    assert "Not drawn, because far to the right: 1 row." in text
    table = re.findall(r"<caption>Losses</caption>.*?<tbody>(.*?)</tbody>", text, re.DOTALL)[0]
    counts = [int(count) for count in re.findall(r"<bdi>(.*?)</bdi>", table)[2::3]]
    assert sum(counts) == len(LABELS) - 1
    assert len(counts) > 10


def test_every_picture_says_what_it_shows() -> None:
    for name in CASES:
        for tag, attributes in Page(page(name)).tags:
            if tag == "svg":
                assert attributes["role"] == "img"
                assert len(str(attributes["aria-label"])) > 60


def test_names_from_the_data_stay_text() -> None:
    plain_names = tuple(f"name {k}" for k in range(C))
    arrays, _ = CASES["hostile"]
    tame = Page(ce.diagnose(*arrays, class_names=plain_names).to_html())
    wild = Page(page("hostile"))
    # Longer names leave less room in a picture, and so other numbers on its axes.
    assert {tag for tag, _ in wild.tags} == {tag for tag, _ in tame.tags}
    drawn = {"g", "use", "path", "text", "defs", "rect", "clippath"}
    outside = [[tag for tag, _ in parsed.tags if tag not in drawn] for parsed in (wild, tame)]
    assert outside[0] == outside[1]
    shown = "".join(wild.text)
    for name in HOSTILE:
        assert plain(name, 40) in shown


def test_file_names_from_the_data_stay_text(tmp_path: pytest.TempPathFactory) -> None:
    path = f"{tmp_path}/<img src=x onerror=alert(1)>&\u202e.npy"
    np.save(path, LABELS)
    found = ce.diagnose(path, num_classes=C)
    for text in (found.to_html(), found._repr_html_()):
        assert {tag for tag, _ in Page(text).tags} & NEVER == set()
        assert "&lt;img src=x onerror=alert(1)&gt;&amp;\\u202e.npy" in text


def test_the_same_data_gives_the_same_page() -> None:
    arrays, options = CASES["probabilities"]
    assert ce.diagnose(*arrays, **options).to_html() == page("probabilities")


def test_only_a_page_with_pictures_needs_matplotlib() -> None:
    code = """
import sys
import crossent as ce
sys.modules["matplotlib"] = None  # as if it were not installed
report = ce.diagnose([0, 1, 2], num_classes=3)
assert "healthy" in report._repr_html_()
assert "history" in ce.diagnose(history=[2.0, 1.0]).to_html()
try:
    report.to_html()
except ce.OptionError as error:
    print(error)
"""
    done = run_python("-c", code)
    assert done.returncode == 0, done.stderr
    assert "pip install 'crossent[plots]'" in done.stdout


def test_matplotlib_is_loaded_when_a_page_is_made_and_not_before() -> None:
    code = """
import sys
import crossent as ce
report = ce.diagnose([0, 1, 2], num_classes=3)
report._repr_html_()
print("matplotlib" in sys.modules)
report.to_html()
print("matplotlib" in sys.modules, "matplotlib.pyplot" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.stdout.split() == ["False", "True", "False"]


def test_a_notebook_shows_pictures_that_were_asked_for() -> None:
    rng = np.random.default_rng(0)
    labels, logits = rng.integers(0, 4, 60), rng.normal(size=(60, 4))
    plain = ce.diagnose(labels, logits, from_logits=True)._repr_html_()
    drawn = ce.diagnose(labels, logits, from_logits=True, pictures=True)._repr_html_()
    assert "<figure" not in plain
    assert drawn.count("<figure") == drawn.count("<svg ") > 3
    assert {tag for tag, _ in Page(drawn).tags} & NEVER == set()


def test_a_notebook_without_matplotlib_says_how_to_have_pictures() -> None:
    code = """
import sys
import crossent as ce
sys.modules["matplotlib"] = None  # as if it were not installed
print(ce.diagnose([0, 1, 2], num_classes=3, pictures=True)._repr_html_())
"""
    done = run_python("-c", code)
    assert done.returncode == 0, done.stderr
    assert "pip install &#x27;crossent[plots]&#x27;" in done.stdout
    assert "healthy" in done.stdout

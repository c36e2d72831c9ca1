"""A stranger finds it: by a word in the search, or by following links from the first page."""

from __future__ import annotations

import json
import time

import pytest

from browser import Browser

SECONDS = 30
FOUND = """
[...document.querySelectorAll('.md-search-result__item')].map(item => {
  const at = new URL(item.querySelector('a').href);
  return at.pathname.slice(1);
})
"""
SEARCHES = [
    # What is typed, the first page that is shown, and the sentence there that answers.
    ("quickstart", "start/", "pip install ."),
    ("get started", "start/", "pip install ."),
    ("install", "start/", "This works with Python 3.11 or newer"),
    ("Target 10 is out of bounds", "errors/CE104/", "The labels count from 1"),
    ("multi-label", "which_loss/", "ce.binary_crossentropy(tags, logits, from_logits=True)"),
    ("csv", "guides/names_and_masks/", "crossent evaluate labels.csv predictions.csv"),
    ("class names", "guides/names_and_masks/", "crossent evaluate labels.csv predictions.csv"),
    ("parquet", "guides/files/", ".npy, .npz, .parquet, .arrow"),
    ("tutorial", "tutorials/command_line/", "crossent evaluate examples/digits/labels.npy"),
    ("perplexity", "guides/language_models/", "Perplexity is e to the loss in nats"),
    ("gpu", "start/", "The loss is computed on the device that they are on"),
    ("distributed", "guides/ranks_and_accumulation/", "torchrun --standalone"),
    ("ddp", "guides/ranks_and_accumulation/", "average the gradients of the ranks"),
    ("gradient accumulation", "guides/ranks_and_accumulation/", "Call backward on each total"),
    ("nan", "guides/stuck_or_nan/", "The loss becomes NaN"),
    ("focal", "glossary/", "keras.losses.CategoricalFocalCrossentropy"),
    ("dice", "glossary/", "keras.losses.Dice"),
    ("ctc", "glossary/", "torch.nn.CTCLoss"),
    ("kl divergence", "glossary/", "subtract the entropy of the targets"),
    ("calibration", "guides/evaluate/", "The calibration error is the mean distance"),
]
WALKS = [
    # What a stranger asks, the links that are clicked from the first page, the sentence there.
    ("how do I start", ["Get started"], "python3 -m venv .venv && .venv/bin/pip install ."),
    ("Target 10 is out of bounds", [], "which needs at least 11 outputs"),
    ("Target 10 is out of bounds", ["Messages"], "Target 10 is out of bounds"),
    ("several labels a row", ["Which loss do I need?"], "several labels at once (multi-label)"),
    ("a CSV of class names", ["Guides", "Class names and masks"], "crossent evaluate labels.csv"),
    ("PyTorch's loss by another name", ["Guides", "Coming from …"], "CrossEntropyLoss"),
    (
        "why Keras gives another number",
        ["Reference", "Conventions by framework"],
        "clipped at 1e-7",
    ),
]


SHOWN = """
[...document.querySelectorAll('a')]
  .filter(link => link.innerText.trim() == %s && link.getClientRects().length)
  .map(link => link.href)[0]
"""


def text(browser: Browser) -> str:
    """What the article says, with blanks and line breaks as they come."""
    said: str = browser.run("document.querySelector('article').innerText")
    return " ".join(said.split())


def search(browser: Browser, words: str) -> list[str]:
    """Type words into the search of the page that is open and return the pages that it shows."""
    browser.run(
        "document.querySelector('[data-md-toggle=search]').checked = true;"
        "const field = document.querySelector('.md-search__input');"
        "document.querySelector('.md-search-result__list').replaceChildren();"
        f"field.focus(); field.value = {json.dumps(words)};"
        "field.dispatchEvent(new KeyboardEvent('keyup', {bubbles: true})); 0"
    )
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        found: list[str] = browser.run(FOUND)
        if found:
            return found
        time.sleep(0.05)
    return []


@pytest.mark.parametrize(("words", "page", "sentence"), SEARCHES, ids=[s[0] for s in SEARCHES])
def test_the_first_page_that_a_search_shows_answers(
    browser: Browser, address: str, words: str, page: str, sentence: str
) -> None:
    browser.open(f"{address}/404.html", width=1280)  # a short page with the same search
    assert search(browser, words)[:1] == [page]
    browser.open(f"{address}/{page}", width=1280)
    assert sentence in text(browser)


@pytest.mark.parametrize(("question", "links", "sentence"), WALKS)
def test_a_stranger_walks_there(
    browser: Browser, address: str, question: str, links: list[str], sentence: str
) -> None:
    assert len(links) <= 2, question
    browser.open(f"{address}/", width=1280)
    for link in links:
        href = browser.run(SHOWN % json.dumps(link))
        assert href, f"no link {link!r} is shown"
        browser.open(href, width=1280)
    assert sentence in text(browser)

"""The site as people see it: on a phone and on a screen, in light and dark, read out, searched."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest

from browser import Browser

PAGES = (
    "", "start/", "which_loss/", "why/", "tutorials/notebook/", "tutorials/pytorch/",
    "guides/stuck_or_nan/", "guides/ranks_and_accumulation/", "migrate/", "doctor/",
    "api/functions/", "api/command/", "errors/", "errors/CE104/", "semantics/", "conventions/",
    "glossary/",
)  # fmt: skip
AXE = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
SCHEMES = pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_missing_or_complained_of(browser: Browser, address: str, page: str) -> None:
    browser.open(f"{address}/{page}", width=1280)
    assert browser.complaints == []
    assert [url for url in browser.requests if not url.startswith((address, "data:"))] == []
    broken = browser.run(
        "[...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src)"
    )
    assert broken == []
    assert browser.run("[...document.images].filter(i => !i.alt).map(i => i.src)") == []


@pytest.mark.parametrize("page", PAGES)
def test_nothing_sticks_out_on_a_phone(browser: Browser, address: str, page: str) -> None:
    browser.open(f"{address}/{page}", width=390)
    assert browser.run("document.documentElement.scrollWidth") <= 390


def look(browser: Browser, address: str, dark: bool) -> None:
    """Open a page as if for the first time: it keeps the colours that it was seen in."""
    browser.open(address, width=1280, dark=dark)
    browser.run("localStorage.clear()")
    browser.open(address, width=1280, dark=dark)
    scheme = browser.run("document.body.getAttribute('data-md-color-scheme')")
    assert scheme == ("slate" if dark else "default")


@SCHEMES
@pytest.mark.parametrize("page", PAGES)
def test_people_who_cannot_see_are_told_everything(
    browser: Browser, address: str, page: str, dark: bool
) -> None:
    look(browser, f"{address}/{page}", dark)
    browser.run(AXE + "; 0")
    # What stands in the article is ours; the frame around it is the theme's.
    found = browser.run(
        "axe.run(document.querySelector('article'), {resultTypes: ['violations']}).then(r => "
        "r.violations.map(v => [v.id, v.impact, v.nodes.map(n => n.html.slice(0, 120))]))"
    )
    assert [one for one in found if one[1] in ("serious", "critical")] == []


def test_the_first_screen_says_what_it_is(browser: Browser, address: str) -> None:
    browser.open(f"{address}/", width=1280)
    seen = browser.run(
        "[...document.querySelectorAll('article h1, article p, .asked, article a')]"
        ".filter(e => e.getBoundingClientRect().bottom < 800 && e.offsetParent)"
        ".map(e => e.innerText).join('\\n')"
    )
    for words in ("Cross-entropy you can trust", "this number, this error, or NaN",
                  "Target 10 is out of bounds", "11 outputs", "Get started"):  # fmt: skip
        assert words in seen


OBJECT = re.compile(r'<h[23] id="(crossent\.[\w.]+)"(.*?)(?=<h[123] id|</article>)', re.DOTALL)
SIGNATURE = re.compile(r'<div class="[^"]*doc-signature highlight">(.*?)</div>', re.DOTALL)


def objects(site: Path) -> list[tuple[str, str]]:
    """Every object of the pages of the API: its name and what stands below its heading."""
    pages = [page.read_text(encoding="utf-8") for page in sorted((site / "api").rglob("*.html"))]
    return [(found[1], found[2]) for page in pages for found in OBJECT.finditer(page)]


def test_each_object_has_its_sentence_and_then_its_own_signature(site: Path) -> None:
    found = objects(site)
    assert len(found) > 100
    for name, below in found:
        signature = SIGNATURE.search(below)
        if signature is None:
            assert name.endswith(("Error", "Warning")), f"{name} shows no signature"
            continue
        shown = re.sub("<[^>]+>", "", signature[1]).strip()
        assert shown.startswith(name.rpartition(".")[2]), f"{name} shows {shown[:40]!r}"
        assert "<p>" in below[: signature.start()], f"{name} has no sentence above its signature"


@pytest.mark.parametrize("leak", [
    ">UNSET<", "Unpack[", ":func:", ":class:", "``", "*nameless", "Reduced",
    "<code>(&#39;", "<code>(<a",
])  # fmt: skip
def test_nothing_of_the_builder_leaks(site: Path, leak: str) -> None:
    for path in (site / "api").rglob("*.html"):
        assert leak not in path.read_text(encoding="utf-8"), path

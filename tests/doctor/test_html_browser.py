"""Reports in a browser, as people see them and as assistive technology is told of them."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from browser import Browser
from doctor.reports import page

SHOWN = ("probabilities", "from_1", "many_classes", "hostile", "spread_sums", "labels_alone")
SCHEMES = pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("reports")
    for name in SHOWN:
        (path / f"{name}.html").write_text(page(name), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", SHOWN)
def test_nothing_is_asked_for_and_nothing_complained_of(
    browser: Browser, folder: Path, name: str
) -> None:
    path = folder / f"{name}.html"
    browser.open(path, width=1200)
    assert browser.requests == [path.as_uri()]
    assert browser.complaints == []
    assert browser.run("document.scripts.length + document.images.length") == 0


@pytest.mark.parametrize("width", [320, 390, 768, 1400])
@pytest.mark.parametrize("name", SHOWN)
def test_nothing_sticks_out(browser: Browser, folder: Path, name: str, width: int) -> None:
    browser.open(folder / f"{name}.html", width=width)
    assert browser.run("document.documentElement.scrollWidth") <= width
    # Tables alone may be wider than the page; they scroll in a frame of their own.
    wide = browser.run(
        "[...document.querySelectorAll('main *')].filter(e => !e.closest('.scroll, svg') && "
        f"e.getBoundingClientRect().right > {width}).map(e => e.outerHTML.slice(0, 80))"
    )
    assert wide == []


def test_letters_are_readable_on_a_phone(browser: Browser, folder: Path) -> None:
    browser.open(folder / "probabilities.html", width=390)
    # The height of letters on the screen, in pictures too.
    sizes = browser.run(
        "[...document.querySelectorAll('svg text')].map(e => parseFloat(getComputedStyle(e)"
        ".fontSize) * Math.hypot(e.getScreenCTM().a, e.getScreenCTM().b))"
    )
    assert len(sizes) > 50
    assert min(sizes) >= 9
    text = browser.run(
        "[...document.querySelectorAll('p, dd, dt, td, th, figcaption, summary')].map(e => "
        "parseFloat(getComputedStyle(e).fontSize))"
    )
    assert min(text) >= 14


CONTRASTS = """
(() => {
  const rgb = colour => (colour.match(/[\\d.]+/g) || []).map(Number);
  const light = colour => rgb(colour).slice(0, 3).map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, k) => sum + v * [0.2126, 0.7152, 0.0722][k], 0);
  const behind = e => {
    for (; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor, parts = rgb(colour);
      if (parts.length == 3 || parts[3] > 0) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const of = (e, property) => ratio(light(getComputedStyle(e)[property]), light(behind(e)));
  const all = [...document.querySelectorAll('body *')];
  const own = e => [...e.childNodes].some(n => n.nodeType == 3 && n.textContent.trim());
  const text = all.filter(e => own(e) && !e.closest('.skip')).map(
    e => [of(e, e.closest('svg') ? 'fill' : 'color'), e.textContent.slice(0, 40)]);
  const drawn = all.filter(e => e.matches('svg path, svg use') &&
    /blue|orange|red/.test(e.getAttribute('style') || '')).map(
    e => [of(e, getComputedStyle(e).fill == 'none' ? 'stroke' : 'fill'), e.outerHTML.slice(0, 80)]);
  return [text, drawn];
})()
"""


@SCHEMES
def test_contrast(browser: Browser, folder: Path, dark: bool) -> None:
    browser.open(folder / "probabilities.html", width=1200, dark=dark)
    text, drawn = browser.run(CONTRASTS)
    assert len(text) > 200
    assert len(drawn) > 50
    # WCAG 2.2: 4.5 for text, 3 for what a picture says.
    assert [pair for pair in text if pair[0] < 4.5] == []
    assert [pair for pair in drawn if pair[0] < 3] == []


@SCHEMES
def test_a_page_is_painted(browser: Browser, folder: Path, dark: bool) -> None:
    browser.open(folder / "probabilities.html", width=1200, dark=dark)
    picture = imread(io.BytesIO(browser.screenshot()))[..., :3]
    assert picture.shape[0] > 1500
    paper = np.median(picture.reshape(-1, 3), axis=0)
    assert (paper.max() < 0.2) if dark else (paper.min() > 0.9)
    blue = (picture[..., 2] > picture[..., 0] + 0.3).mean()
    assert 0.01 < blue < 0.3, "bars"


@pytest.mark.parametrize("name", SHOWN)
def test_what_assistive_technology_is_told(browser: Browser, folder: Path, name: str) -> None:
    browser.open(folder / f"{name}.html", width=1200)
    roles = browser.roles()
    names = [role for role, _ in roles]
    for landmark in ("banner", "main", "contentinfo"):
        assert names.count(landmark) == 1
    pictures = [name for role, name in roles if role in ("image", "img", "graphics-document")]
    figures = [name for role, name in roles if role == "figure"]
    assert len(pictures) == len(figures) >= 1
    assert all(len(name) > 60 for name in pictures)
    assert all(figures)
    assert browser.run("document.title") != ""
    assert browser.run("document.documentElement.lang") == "en"
    levels = browser.run("[...document.querySelectorAll('h1,h2,h3,h4')].map(e => +e.tagName[1])")
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_tables_open_and_can_be_reached_by_keyboard(browser: Browser, folder: Path) -> None:
    browser.open(folder / "probabilities.html", width=390)
    browser.run("document.querySelectorAll('details').forEach(e => e.open = true)")
    assert browser.run("document.documentElement.scrollWidth") <= 390
    tables = browser.run(
        "[...document.querySelectorAll('table')].map(e => [e.parentElement.tabIndex, "
        "e.caption.textContent.length, e.querySelectorAll('th[scope=col]').length])"
    )
    assert len(tables) == 7
    for tab, caption, columns in tables:
        assert tab == 0
        assert caption > 5
        assert columns >= 2

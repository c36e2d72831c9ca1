"""Every link leads somewhere: on the site, in the files a code host shows, and to other sites."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from meta.source import DOCS, ROOT, loaded

HOOKS = loaded(DOCS / "hooks.py")
EXTERNAL = loaded(ROOT / "tools" / "external_links.py")
ON_A_CODE_HOST = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "examples").rglob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"]+)\"")
NAMED = re.compile(r"(?<![\w/.])docs/[\w/.-]+\.(?:md|ipynb|svg|json|txt|css|py)\b")


class Reader(HTMLParser):
    """What a page links to, and the places in it that can be linked to."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.places.update(value for name in ("id", "name") if (value := given.get(name)))
        if (value := given.get("href") or given.get("src")) is not None:
            self.links.append(value)


@cache
def read(path: Path) -> Reader:
    reader = Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    return reader


def page_at(path: Path) -> Path:
    return path / "index.html" if path.is_dir() else path


def dead(site: Path, page: Path) -> Iterator[str]:
    """Yield the links of a page of the site that lead nowhere on it."""
    for link in read(page).links:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        base = site if parts.path.startswith("/") else page.parent
        target = page_at((base / unquote(parts.path).lstrip("/")).resolve()) if parts.path else page
        if not target.is_file():
            yield link
        elif parts.fragment and target.suffix == ".html":
            places = read(target).places | {"", "__skip", "__comments"}
            if unquote(parts.fragment) not in places:
                yield link


def test_every_link_of_the_site_leads_somewhere(site: Path) -> None:
    pages = [page for page in sorted(site.rglob("*.html")) if page.name != "404.html"]
    assert len(pages) > 100
    found = {str(page.relative_to(site)): list(dead(site, page)) for page in pages}
    assert {name: links for name, links in found.items() if links} == {}


def test_a_dead_link_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text('<a href="#here">a</a><a href="gone/">b</a><p id="there">c</p>')
    assert list(dead(tmp_path, page)) == ["#here", "gone/"]


def slugs(path: Path) -> set[str]:
    """The anchors that a code host gives to the headings of a file."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", ON_A_CODE_HOST, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_work_on_a_code_host(page: Path) -> None:
    for found in LINK.findall(page.read_text(encoding="utf-8")):
        path, _, anchor = "".join(found).partition("#")
        if path.startswith(("http:", "https:", "mailto:")):
            continue
        target = page.parent / path if path else page
        assert target.exists(), f"{page.name}: {path}"
        assert not anchor or anchor in slugs(target), f"{page.name}: {path}#{anchor}"


def texts() -> Iterator[Path]:
    """Everything of the project that may name a page."""
    yield from (ROOT / name for name in ("mkdocs.yml", "pyproject.toml"))
    yield from ROOT.glob("*.md")
    for folder in ("docs", "src", "tests", "tools", "examples", "benchmarks"):
        for ending in ("md", "py", "toml", "txt", "ipynb"):
            yield from (ROOT / folder).rglob(f"*.{ending}")


def test_pages_that_texts_name_exist() -> None:
    named = {
        (str(path.relative_to(ROOT)), name)
        for path in texts()
        for name in NAMED.findall(path.read_text(encoding="utf-8"))
    }
    assert len(named) > 20
    assert {pair for pair in named if not (ROOT / pair[1]).exists()} == set()


@pytest.mark.parametrize("old", HOOKS.MOVED)
def test_an_old_address_leads_on(site: Path, old: str) -> None:
    assert not (DOCS / f"{old}.md").exists()
    page = site / old / "index.html"
    assert list(dead(site, page)) == []
    (link,) = {link for link in read(page).links if link}
    target, _, anchor = link.partition("#")
    assert anchor in read(page_at((page.parent / target).resolve())).places


def test_addresses_of_other_sites_are_well_formed_and_listed_once() -> None:
    listed = list(EXTERNAL.addresses())
    assert len(listed) > 20
    for address in listed:
        parts = urlsplit(address)
        assert parts.scheme == "https", address
        assert re.fullmatch(r"([a-z0-9-]+\.)+[a-z]{2,}", parts.netloc), address
    same = [address.partition("#")[0].rstrip("/").lower() for address in listed]
    assert sorted({one for one in same if same.count(one) > 1}) == []


def test_an_address_ends_before_the_stop_of_its_sentence() -> None:
    text = "See https://a.org/b. Or (https://c.org/d), or [e](https://f.org/g)."
    assert EXTERNAL.addresses_of(text) == ["https://a.org/b", "https://c.org/d", "https://f.org/g"]

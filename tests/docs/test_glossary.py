"""What the glossary says is elsewhere is there, in the libraries that tests install."""

from __future__ import annotations

import importlib
import re

import pytest

from docs.pages import section_of
from meta.source import DOCS

GLOSSARY = DOCS / "glossary.md"
ELSEWHERE = section_of(GLOSSARY, "Not here, but there")
INSTALLED = ("keras", "optax", "scipy", "sklearn", "tensorflow", "torch")
NAMES = [
    name
    for name in re.findall(r"`([a-z_]+(?:\.\w+)+)`", ELSEWHERE)
    if name.startswith(tuple(f"{library}." for library in INSTALLED))
]


def there(name: str) -> bool:
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            thing = importlib.import_module(".".join(parts[:cut]))
        except ImportError:
            continue
        for part in parts[cut:]:
            thing = getattr(thing, part, None)
        return thing is not None
    return False


def test_names_are_found_in_the_glossary() -> None:
    assert len(NAMES) > 15
    assert not there("torch.nn.FocalLoss")


@pytest.mark.parametrize("name", NAMES)
def test_what_is_elsewhere_is_there(name: str) -> None:
    assert there(name)


@pytest.mark.parametrize("table", [0, 1], ids=["words", "elsewhere"])
def test_rows_are_in_the_order_of_the_alphabet(table: int) -> None:
    text = (GLOSSARY.read_text(encoding="utf-8").partition("## Not here")[0], ELSEWHERE)[table]
    rows = [line for line in text.splitlines() if line.startswith("| ")][2:]
    words = [re.sub(r"^\| (a |an |the )?", "", row).lower() for row in rows]
    assert words == sorted(words)

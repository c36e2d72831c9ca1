"""What the documentation says of the Keras drop-ins holds on this backend."""

from __future__ import annotations

import importlib
import re

import pytest

from compat.keras.backend import BACKEND
from docs.pages import MIGRATION, blocks_of, compare, run_blocks, section_of
from meta.source import DOCS, ROOT

KNOWN = "tensorflow|jax|torch|numpy"


def test_migration_page_prints_what_it_shows() -> None:
    blocks = blocks_of(section_of(MIGRATION, "Keras"))
    assert blocks
    for block, outcome in zip(blocks, run_blocks(blocks, "migrate.md"), strict=True):
        compare(block, outcome)


def of_backend(cell: str) -> str:
    """Return this backend's answer among those of a cell."""
    for answer in cell.split("; "):
        found = re.fullmatch(rf"(.*) \(((?:{KNOWN})(?:, (?:{KNOWN}))*)\)", answer)
        if found is None:
            return cell
        if BACKEND in found[2].split(", "):
            return found[1]
    raise AssertionError(cell)


def test_the_table_shows_what_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("tools", "tools/compat_table"):
        monkeypatch.syspath_prepend(ROOT / folder)
    rows = importlib.import_module("rows_keras")
    page = section_of(DOCS / "compat.md", "crossent.compat.keras")
    lines = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| ")]
    shown = {line[0]: line[1:3] for line in lines if line[0] not in ("Given", "---")}
    assert list(shown) == [
        line.given for kept in (True, False) for line in rows.LINES if line.kept is kept
    ]
    written_with = re.search(r"keras ([\d.]+)", page)
    assert written_with is not None
    same_keras = importlib.import_module("keras").__version__.startswith(written_with[1])
    for line, found in zip(rows.LINES, rows.answers(), strict=True):
        theirs, ours = map(of_backend, shown[line.given])
        assert found[rows.OURS] == ours, line.given
        if same_keras:
            assert found[rows.THEIRS] == theirs, line.given

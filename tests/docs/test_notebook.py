"""The notebook of the tutorials runs, and shows what it shows."""

from __future__ import annotations

from typing import Any

import nbformat
from nbclient import NotebookClient

from meta.source import DOCS, SRC

NOTEBOOK = DOCS / "tutorials" / "notebook.ipynb"


def shown(cell: Any) -> list[tuple[str, ...]]:
    """The text of each output, and the kinds of those that are pictures."""
    found = []
    for output in cell.outputs:
        data = output.get("data", {})
        text = output.get("text", data.get("text/plain", ""))
        found.append((output.output_type, text if "image/png" not in data else "", *sorted(data)))
    return found


def test_cells_show_what_is_kept(monkeypatch: Any) -> None:
    monkeypatch.setenv("PYTHONPATH", str(SRC))
    kept = nbformat.read(NOTEBOOK, 4)
    run = nbformat.read(NOTEBOOK, 4)
    NotebookClient(run, timeout=300, kernel_name="python3").execute()
    pairs = [(a, b) for a, b in zip(kept.cells, run.cells, strict=True) if a.cell_type == "code"]
    assert len(pairs) > 4
    for before, now in pairs:
        assert shown(now) == shown(before)

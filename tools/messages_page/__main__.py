"""Write docs/messages.md: what frameworks print of labels and predictions, and what it means.

    python tools/messages_page            write it
    python tools/messages_page --check    exit with 1 if it would change

The messages were collected by `collect.py`, which calls the installed frameworks wrongly, and noted
in `data/`. What it cannot provoke was found by `from_sources.py` and stands in
tests/doctor/source_texts.py, or by `from_libraries.py`, in tests/doctor/library_texts.py; messages
of older versions and of other tools stand in tests/doctor/reported_texts.py.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("src", "tests")]

from crossent import explain  # noqa: E402
from doctor import reported_texts  # noqa: E402
from doctor.collected_texts import collected  # noqa: E402
from doctor.library_texts import FROM_LIBRARIES  # noqa: E402
from doctor.source_texts import FROM_SOURCES  # noqa: E402

PAGE = ROOT / "docs" / "messages.md"
LONGEST = 220
SECTIONS = {
    "PyTorch": ("PyTorch",),
    "torchmetrics and transformers": ("torchmetrics", "transformers"),
    "TensorFlow": ("TensorFlow",),
    "Keras 3": ("Keras",),
    "JAX and optax": ("optax",),
    "NumPy": ("NumPy",),
    "scikit-learn": ("scikit-learn",),
    "XGBoost, LightGBM and CatBoost": ("XGBoost",),
}
"""Headings, and how the names of their frameworks begin."""

OLDER = {
    "Asserts of PyTorch on CUDA": reported_texts.ASSERTS,
    "Older versions of PyTorch": (*reported_texts.OLDER_TYPES, *reported_texts.HOLDERS),
    "Keras 2": reported_texts.KERAS_2,
    "TensorFlow 1 and its estimators": reported_texts.TENSORFLOW_1,
    "Logs, and other tools": (*reported_texts.LOGS, *reported_texts.PRINTED_LOSSES),
}
"""Headings, and messages that public reports show."""

INTRODUCTION = """\
# Messages

<!-- written by tools/messages_page; do not edit -->

What frameworks print when labels or predictions are wrong, with the code of the likeliest cause and
what `crossent explain` reads in the numbers. Paste a message of your own:

```sh
crossent explain "IndexError: Target 10 is out of bounds."
```

`ce.explain(message)` does the same in Python, and names what to do; with the data at hand
`ce.diagnose(y_true, y_pred)` is sure. {count} messages stand here. Those of the installed versions
were collected by calling each of them wrongly ({versions}). Sections "from its source" and "from
its library" hold messages that were found in the source or the compiled library of the same version
and filled in as it would print them; the last sections hold messages of older versions and of other
tools, as public reports show them. Long messages are cut.
"""


class Row(NamedTuple):
    """A line of a table."""

    message: str
    code: str
    title: str
    text: str

    def line(self) -> str:
        """Write it."""
        return (
            f"| {cell(self.message)} | [{self.code}](errors/{self.code}.md) {self.title} "
            f"| {escaped(self.text)} |"
        )


def shortened(text: str) -> str:
    """Cut what says nothing out of a message, and put it on one line."""
    text = re.sub(r"\{\{function_node [^}]*\}\} ?|; NodeDef: .*|\[Op:\w+\].*| ?name: *$", "", text)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST].rstrip()} …"


def cell(text: str) -> str:
    """Write code in a cell of a table."""
    return f"`` {text.replace('|', chr(92) + '|')} ``" if "`" in text else f"`{pipes(text)}`"


def pipes(text: str) -> str:
    """Keep a bar from ending a cell."""
    return text.replace("|", "\\|")


def escaped(text: str) -> str:
    """Write text in a cell of a table."""
    return re.sub(r"([*_<\[\]`])", r"\\\1", pipes(text))


def rows_of(texts: list[str]) -> list[Row]:
    """Explain messages; of those that differ in numbers alone and mean the same the first stays."""
    found: dict[tuple[str, str], Row] = {}
    for text in texts:
        reading = explain(text).readings[0]
        shown = shortened(text)
        key = re.sub(r"-?\d[\d.]*", "#", shown), reading.code
        found.setdefault(key, Row(shown, reading.code, reading.title, reading.text))
    return sorted(found.values(), key=lambda row: (row.code, row.message))


def page() -> str:
    """Write the page."""
    messages = collected()
    parts, count = [], 0
    for heading, names in SECTIONS.items():
        own = [one.text for one in messages if one.framework.startswith(names)]
        count += len(rows := rows_of(own))
        parts.append(section(heading, rows))
    sources = {f"{name}, from its source": texts for name, texts in FROM_SOURCES.items()}
    libraries = {f"{name}, from its library": texts for name, texts in FROM_LIBRARIES.items()}
    for heading, reported in (sources | libraries | OLDER).items():
        count += len(rows := rows_of([case.text for case in reported]))
        parts.append(section(heading, rows))
    versions = {one.framework.partition(" on ")[0]: one.version for one in messages}
    told = ", ".join(f"{name} {version}" for name, version in versions.items())
    return INTRODUCTION.format(count=count, versions=told) + "\n" + "\n".join(parts)


def section(heading: str, rows: list[Row]) -> str:
    """Write a heading and its table."""
    head = "| Message | Cause | What it tells |\n| --- | --- | --- |"
    return f"## {heading}\n\n{head}\n" + "\n".join(row.line() for row in rows) + "\n"


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    given = parser.parse_args(argv)
    text = page()
    if given.check:
        if text != PAGE.read_text(encoding="utf-8"):
            print("docs/messages.md is out of date: run tools/messages_page")
            return 1
        return 0
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Write the tables of docs/formats.md: what each format holds, and what is said of broken files.

python tools/formats_page.py            write them
python tools/formats_page.py --check    exit with 1 if they would change
"""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / folder) for folder in ("src", "tests", "tools")]

import crossent as ce  # noqa: E402
from crossent.stream.readers import READERS  # noqa: E402
from evaluate.broken_files import Case, arguments, cases  # noqa: E402
from tables_in_pages import write_or_check  # noqa: E402

PAGE = ROOT / "docs" / "formats.md"
BEGIN = "<!-- tables: begin (written by tools/formats_page.py) -->\n"
END = "<!-- tables: end -->\n"
HOLDS = {
    ".npy": "one array",
    ".npz": "arrays by name",
    ".csv": "columns of numbers and names, parted by commas, semicolons or tabs",
    ".tsv": "the same, parted by tabs",
    ".jsonl": "an object a line; nested keys and places in lists with dots, `out.0.logprob`; lists",
    ".parquet": "columns of numbers, names and lists",
    ".arrow": "the same; read a record batch at a time",
    ".feather": "the same",
    ".safetensors": "arrays by name, bfloat16 too",
    ".pt": "tensors by name that `torch.save` wrote, bfloat16 too; nothing else in it is run",
}


def formats() -> list[str]:
    """Write a line for each format."""
    lines = ["| Ending | Holds | Needs |", "| --- | --- | --- |"]
    for ending, holds in HOLDS.items():
        zipped = f"`{ending}`" + (f", `{ending}.gz`" if f"{ending}.gz" in READERS else "")
        library = READERS[ending].library
        needs = f"{library}: `pip install 'crossent[data]'`" if library else "nothing"
        lines.append(f"| {zipped} | {holds} | {needs} |")
    return lines


def broken() -> list[str]:
    """Write what is said of each broken file."""
    lines = ["| File | What is wrong | What is said |", "| --- | --- | --- |"]
    for case in cases():
        lines.append(f"| `{case.ending}` | {case.fault} | {said(case)} |")
    return lines


def said(case: Case) -> str:
    """Return the error, or the warning, that a file ends in."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as name, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        given = [os.path.basename(path) for path in arguments(case, Path(name))]
        os.chdir(name)
        try:
            ce.evaluate(*given, from_logits=True)
            text = f"a warning, {caught[0].message}"
        except ce.CrossentError as error:
            text = str(error)
        finally:
            os.chdir(before)
    return text.replace("|", "\\|").replace("<", "&lt;").replace("`", "")


def tables() -> str:
    """Write both tables."""
    return "\n".join(["", *formats(), "", "## Broken files", "", *broken(), "", ""])


def main(argv: list[str]) -> int:
    return write_or_check(argv, __doc__, "formats_page.py", PAGE, (BEGIN, END), tables)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

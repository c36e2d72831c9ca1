"""Run the blocks of documentation pages and write what they print below them.

    python tools/page_outputs.py docs/start.md docs/tutorials/*.md
    python tools/page_outputs.py --check docs/start.md    exit 1 if a page shows something else

A Python block that prints, or a `sh` block that calls crossent, is followed by a `text` block: its
output. Python blocks of a page share their names; commands share a folder that has `examples/`, and
each block with a title, as in ```python title="ranks.py", as a file of that name.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHOWN = re.compile(
    r"^```(?P<language>python|sh)\n(?P<code>(?:(?!```).*\n)*)```\n\n```text\n(?P<text>(?:(?!```).*\n)*)```$",
    re.MULTILINE,
)
ANY = re.compile(SHOWN.pattern + r"|^```python\n(?P<alone>(?:(?!```).*\n)*)```$", re.MULTILINE)
FILE = re.compile(r'^```\w+ title="(?P<name>[\w.]+)"\n(?P<body>(?:(?!```).*\n)*)```$', re.MULTILINE)


def filled(page: Path) -> str:
    """Return the text of a page with the outputs that its blocks have now."""
    text = page.read_text(encoding="utf-8")
    names: dict[str, object] = {"__name__": "__page__"}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "examples").symlink_to(ROOT / "examples")
        for file in FILE.finditer(text):
            (folder / file["name"]).write_text(file["body"], encoding="utf-8")
        before = Path.cwd()
        os.chdir(folder)
        try:
            return _filled(text, str(page), folder, names)
        finally:
            os.chdir(before)


def _filled(text: str, page: str, folder: Path, names: dict[str, object]) -> str:
    parts, at = [], 0
    for match in ANY.finditer(text):
        code = match["code"] if match["code"] is not None else match["alone"]
        if match["language"] == "sh":
            printed = of_command(code, folder)
        else:
            printed = of_python(code, page, names)
        if match["code"] is None:
            continue
        parts += [text[at : match.start("text")], printed]
        at = match.end("text")
    return "".join([*parts, text[at:]])


def of_python(code: str, page: str, names: dict[str, object]) -> str:
    """Return what a block prints."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(code, page, "exec"), names)
    return printed.getvalue()


def of_command(code: str, folder: Path) -> str:
    """Return what commands print, in a terminal of 80 columns; `crossent` is this checkout's.

    `python` and `torchrun` are those of this interpreter.
    """
    program = folder / "crossent"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m crossent "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    places = (folder, Path(sys.executable).parent, os.environ["PATH"])
    environment = {
        **os.environ, "PATH": os.pathsep.join(map(str, places)), "COLUMNS": "80",
        "PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1",  # else torchrun says so
    }  # fmt: skip
    done = subprocess.run(
        ["bash", "-c", code], cwd=folder, env=environment, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    said = re.sub(rf"({re.escape(sys.executable)}|\bpython) -m crossent", "crossent", done.stdout)
    return said.replace(sys.executable, "python")


def main(argv: list[str]) -> int:
    """Run the command."""
    status = 0
    for name in argv:
        if name == "--check":
            continue
        page = Path(name).resolve()
        text = filled(page)
        if text == page.read_text(encoding="utf-8"):
            continue
        if "--check" in argv:
            print(f"{name} shows something else than its blocks print")
            status = 1
        else:
            page.write_text(text, encoding="utf-8")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

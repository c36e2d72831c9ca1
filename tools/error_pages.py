"""Fill in docs/errors: what the checks say, and what the examples of the pages print.

python tools/error_pages.py            write it
python tools/error_pages.py --check    exit with 1 if a page would change

A page is begun by hand with the sections "What it is not", "An example", "The same, fixed" and,
where there are links, "Where people met it". They stay as they are.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / folder) for folder in ("src", "tests")]

from crossent import explain  # noqa: E402
from crossent.doctor.catalogue import all_checks  # noqa: E402
from crossent.doctor.check import Check  # noqa: E402
from crossent.doctor.findings import Stage  # noqa: E402
from doctor.message_texts import TEXTS  # noqa: E402
from doctor.written_pages import IMPORTS, PAGES, Words, words_of  # noqa: E402

STAGES = {
    Stage.SHAPE: "Shapes",
    Stage.DTYPE: "Types",
    Stage.RANGE: "Ranges and marks",
    Stage.TARGETS: "Targets",
    Stage.PREDICTIONS: "Predictions",
    Stage.NUMERICS: "Numerics",
    Stage.REDUCTION: "Means and memory",
    Stage.TRAINING: "Training",
}
INTRODUCTION = """\
# Errors, one by one

Every fault that the [doctor](../api/doctor.md) can name, with the message that people paste as the
title of its page, how the data decides it, what looks like it and is not reported, and an example
that runs. The errors and warnings of crossent carry the same codes.

```sh
crossent explain "Target 10 is out of bounds"    # a message, a loss value or a code
crossent doctor LABELS PREDICTIONS               # files: what is wrong with them
```

The order is that of a report: what stands first may be the cause of what stands later.
"""


def page(check: Check) -> str:
    """Write the page of a check."""
    words = words_of(check.code)
    shown, fixed = printed(check.code, words)
    parts = [
        f"# {title(check)}",
        f"**{check.code}** `{check.slug}`: {check.title} ({check.severity}).",
        check.why,
        f"## What to do\n\n{check.fix}",
        *told(check),
    ]
    parts += [
        f"## How it is decided\n\n{check.rule}",
        f"## What it is not\n\n{words.guards}",
        f"## An example\n\n{block(IMPORTS + chr(10) + words.example, shown)}",
        f"## The same, fixed\n\n{block(words.fixed, fixed)}",
    ]
    if words.sources:
        parts.append(f"## Where people met it\n\n{words.sources}")
    return "\n\n".join(parts) + "\n"


def told(check: Check) -> list[str]:
    """Show messages, those that ask for the same together, and what to do where it is special."""
    asked: dict[str, list[str]] = {}
    for text in [text for text, codes in TEXTS if codes[0] == check.code][:12]:
        fix = next(reading.fix for reading in explain(text).readings if reading.code == check.code)
        asked.setdefault(fix, []).append(text)
    parts = ["## As it is printed, or told"] if asked else []
    for fix in sorted(asked, key=lambda fix: fix != check.fix):
        texts = "\n\n".join(asked[fix])
        parts.append(f"```text\n{texts}\n```")
        if fix != check.fix:
            parts.append(fix)
    return parts


def title(check: Check) -> str:
    """Write the message that people paste as a heading."""
    text = check.pasted.replace("`", "'")
    return f"`{text}`" if set(text) & set("[]<>_*\\") else text


def printed(code: str, words: Words) -> tuple[str, str]:
    """Run the example and its fixed form in one namespace; return what each prints."""
    namespace: dict[str, object] = {"__name__": "__page__"}
    exec(IMPORTS, namespace)
    outputs = []
    for example in (words.example, words.fixed):
        with contextlib.redirect_stdout(io.StringIO()) as output:
            exec(compile(example, code, "exec"), namespace)
        outputs.append(output.getvalue())
    return outputs[0], outputs[1]


def block(code: str, output: str) -> str:
    """Write code and what it prints."""
    return f"```python\n{code.rstrip()}\n```\n\n```text\n{output.rstrip()}\n```"


def index() -> str:
    """Write the page that lists all."""
    parts = [INTRODUCTION]
    for stage, name in STAGES.items():
        rows = [
            f"| [{check.code}]({check.code}.md) | {check.title} | {title(check)} |"
            for check in all_checks()
            if check.stage == stage
        ]
        head = "| Code | Cause | As people meet it |\n| --- | --- | --- |"
        parts.append(f"## {name}\n\n{head}\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def pages() -> dict[str, str]:
    """Return every page by its file name."""
    return {"index.md": index(), **{f"{check.code}.md": page(check) for check in all_checks()}}


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    given = parser.parse_args(argv)
    try:
        wanted = pages()
    except (OSError, ValueError) as error:
        print(error)
        return 1
    there = {path.name: path.read_text(encoding="utf-8") for path in PAGES.glob("*.md")}
    stray = sorted(there.keys() - wanted.keys())
    if stray:
        print(f"docs/errors has pages of no check: {', '.join(stray)}")
    if given.check:
        changed = sorted(name for name in wanted if wanted[name] != there.get(name))
        if changed:
            print(f"docs/errors is out of date ({', '.join(changed)}): run tools/error_pages.py")
        return 1 if changed or stray else 0
    for name, text in wanted.items():
        (PAGES / name).write_text(text, encoding="utf-8")
    return 1 if stray else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

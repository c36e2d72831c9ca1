"""Look for error texts about labels and predictions in the compiled libraries of frameworks.

    python tools/messages_page/from_libraries.py [PACKAGE ...]     list them with their codes
    python tools/messages_page/from_libraries.py --without-code    those alone that get none
    python tools/messages_page/from_libraries.py --check           look for the texts of the page

A library holds a text in the parts between its numbers, so those of the list are parts. Whole
messages stand in tests/doctor/library_texts.py, chosen by hand of this list and filled in.
`--check` names the ones of which the installed library has no part, as after an update; messages of
a few words are not looked for.
"""

from __future__ import annotations

import argparse
import importlib.util
import mmap
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests"), str(Path(__file__).parent)]

from from_sources import ABOUT  # noqa: E402

from crossent import explain  # noqa: E402
from doctor.library_texts import FROM_LIBRARIES  # noqa: E402

LIBRARIES: Final = {
    "torch": ("PyTorch", "lib/libtorch_cpu.so"),
    "tensorflow": ("TensorFlow", "libtensorflow_cc.so.2"),
    "xgboost": ("XGBoost", "lib/libxgboost.so"),
    "lightgbm": ("LightGBM", "lib/lib_lightgbm.so"),
    "catboost": ("CatBoost", "_catboost.so"),
}
"""By package: the framework as it is named in FROM_LIBRARIES, and the library that holds texts."""

_PRINTED: Final = re.compile(rb"[\t\n -~]{4,}")
_CODE: Final = re.compile(r"::|_Z|->|[{}<>;]|Tensor\(|Tensor [a-z]|%[a-z]\d|^[ /#*]|\w=\"|\$")
"""What texts about labels do not have, and names, programs and web pages do."""

WORDS: Final = 3
SHORTEST: Final = 14
"""So many words in a row, of so many letters, show that a message stands in a library."""


def library(package: str) -> Path | None:
    """Return where the library of a package is installed."""
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        return None
    path = Path(found.submodule_search_locations[0]) / LIBRARIES[package][1]
    return path if path.exists() else None


def strings(path: Path) -> Iterator[str]:
    """Yield the texts of a library."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for found in _PRINTED.finditer(data):
            yield found[0].decode("ascii")


def texts(path: Path) -> list[str]:
    """Return the different texts of a library that may be about the inputs of a loss."""
    seen = (" ".join(text.split()) for text in strings(path) if " " in text)
    return sorted({one for one in seen if ABOUT.search(one) and not _CODE.search(one)})


def parts(message: str) -> list[str]:
    """Return words that stand in a row in a message, without numbers and shapes, longest first.

    >>> parts("CatBoostError: a/b.cpp:3: Value in target (7) is not expected class")
    ['not expected class', 'Value in target', 'is not expected']
    """
    words = re.sub(r"^[\w.]*(?:Error|Warning): ", "", message).split()
    rows = [words[start : start + WORDS] for start in range(len(words) - WORDS + 1)]
    whole = [" ".join(row) for row in rows if not re.search(r"[\d\[\]()/=]|\.\w", "".join(row))]
    return sorted((text for text in whole if len(text) >= SHORTEST), key=len, reverse=True)


def missing(path: Path, messages: list[str]) -> list[str]:
    """Return the messages of which a library holds no part."""
    held = "\n".join(" ".join(text.split()) for text in strings(path) if " " in text)
    looked_for = {one: parts(one) for one in messages}
    return [one for one, some in looked_for.items() if some and not any(x in held for x in some)]


def main(argv: list[str]) -> int:
    """List the texts, or look for those of the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("packages", nargs="*", metavar="PACKAGE", help=", ".join(LIBRARIES))
    parser.add_argument("--without-code", action="store_true")
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args(argv)
    gone = 0
    for package in given.packages or LIBRARIES:
        path = library(package)
        if path is None:
            print(f"{package}: no library is installed", file=sys.stderr)
            continue
        if given.check:
            written = [case.text for case in FROM_LIBRARIES[LIBRARIES[package][0]]]
            for text in missing(path, written):
                gone += 1
                print(f"{package}: {text}")
            continue
        for text in texts(path):
            found = explain(text)
            if not (found.known and given.without_code):
                print(f"{' '.join(found.codes) if found.known else '-'}\t{package}\t{text}")
    return 1 if gone else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""List the addresses of other sites that pages and docstrings name, each once.

    python tools/external_links.py          every address and the files that name it
    python tools/external_links.py --ask    ask for each one; exit with 1 if one is gone

`--ask` needs a network, so no test runs it. A site that cannot be reached, or that refuses
programs, is named and is no failure; an address that does not exist any more (404, 410) is one.
"""

from __future__ import annotations

import argparse
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILES = ("*.md", "docs/**/*.md", "examples/**/*.md", "src/**/*.py")
ADDRESS = re.compile(r"https?://[^\s<>\"'`\\)\]}]+")
SECONDS = 20
GONE = (404, 410)


def files() -> Iterator[Path]:
    """Yield what is searched."""
    for pattern in FILES:
        yield from sorted(ROOT.glob(pattern))


def addresses() -> dict[str, list[str]]:
    """Return the files that name each address, by the address in alphabetical order."""
    found: dict[str, list[str]] = {}
    for path in files():
        for address in addresses_of(path.read_text(encoding="utf-8")):
            names = found.setdefault(address, [])
            if (name := str(path.relative_to(ROOT))) not in names:
                names.append(name)
    return dict(sorted(found.items()))


def addresses_of(text: str) -> list[str]:
    """Return the addresses in a text, without the stop of the sentence that they end."""
    return [found.rstrip(".,;:") for found in ADDRESS.findall(text)]


def ask(address: str) -> str:
    """Return what is wrong with an address; empty if it is there."""
    request = urllib.request.Request(address, headers={"User-Agent": "link check"})
    try:
        with urllib.request.urlopen(request, timeout=SECONDS):
            return ""
    except urllib.error.HTTPError as error:
        return f"{'gone' if error.code in GONE else 'refused'}: {error.code}"
    except OSError as error:
        return f"not reached: {error}"


def main(argv: list[str]) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--ask", action="store_true", help="ask for each address")
    found = addresses()
    if not parser.parse_args(argv).ask:
        for address, names in found.items():
            print(address, *names)
        return 0
    with ThreadPoolExecutor(8) as pool:
        answers = dict(zip(found, pool.map(ask, found), strict=True))
    for address, answer in answers.items():
        if answer:
            print(f"{address} {answer} ({', '.join(found[address])})")
    kinds = [answer.partition(":")[0] for answer in answers.values()]
    print(f"{len(kinds)} addresses, {kinds.count('')} there, {kinds.count('gone')} gone")
    return 1 if "gone" in kinds else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

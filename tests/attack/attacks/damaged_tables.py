"""Damaged tables of every format: evaluated, or refused by one clear error that names the file."""

from __future__ import annotations

import random
import tempfile
import warnings
from collections import Counter
from pathlib import Path

from attack.attacks.files import WORDS
from attack.campaign import Fault, Limits
from evaluate.broken_files import WRITERS, labels_of, npy, whole

LIMITS = Limits(count=1500, seconds=180, memory=4 * 10**9)

ENDINGS = tuple(WRITERS)


def attack(seed: int, count: int) -> dict[str, int]:
    """Damage `count` tables, a few bytes each, and evaluate them."""
    draw, tally = random.Random(seed), Counter[str]()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        labels = Path(folder) / "y.npy"
        labels.write_bytes(npy(labels_of(12)))
        for number in range(count):
            ending = ENDINGS[number % len(ENDINGS)]
            path = Path(folder) / f"a{ending}"
            sound = whole(ending)
            # The first of each kind stays whole: it has to be read.
            path.write_bytes(sound if number < len(ENDINGS) else _damaged(draw, sound))
            given = (str(labels), str(path)) if ending == ".npy" else (str(path),)
            try:
                what = _evaluated(given, path)
                if number < len(ENDINGS) and what != "read":
                    raise Fault("a whole table was refused")
            except Exception as error:
                shown = f"\n{path.read_bytes()[:400]!r}"
                raise Fault(f"seed {seed}, table {number} ({ending}): {error!r}{shown}") from error
            tally[f"{ending[1:]} {what}"] += 1
    return dict(tally)


def _damaged(draw: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(draw.choice((1, 1, 2, 4))):
        at = draw.randrange(len(changed) + 1)
        what = draw.randrange(5)
        if what == 0 and changed:
            changed[min(at, len(changed) - 1)] ^= 1 << draw.randrange(8)
        elif what == 1:
            del changed[at:]
        elif what == 2:
            word = draw.choice(WORDS)
            changed[at : at + len(word)] = word
        elif what == 3:
            del changed[at : at + draw.randrange(1, 9)]
        else:
            changed[at:at] = changed[at : at + draw.randrange(1, 50)]
    return bytes(changed)


def _evaluated(given: tuple[str, ...], path: Path) -> str:
    import crossent as ce

    try:
        ce.evaluate(*given, from_logits=True)
    except ce.CrossentError as error:
        if "\n" in error.text:
            raise Fault(f"an error of several lines: {error}") from None
        return "refused"
    return "read"

"""Attack the package for a while: hostile files, interrupts, forks, caches, random calls.

    python tools/attack.py --minutes 30              every attack in turn, with new seeds
    python tools/attack.py --minutes 5 interrupts    these attacks
    python tools/attack.py --list                    the attacks

Each round of an attack is a process of its own with limits on time and memory. What goes wrong is
printed with the seed that repeats it (``python -m attack.child NAME SEED COUNT`` in tests/). The
last lines count what was tried; the exit status is 1 if anything went wrong.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import count, cycle
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from attack import campaign


def parse(argv: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = campaign.names()
    parser.add_argument("attacks", nargs="*", metavar="ATTACK", help=f"of: {', '.join(names)}")
    parser.add_argument("--minutes", type=float, default=30.0, help="how long (30)")
    parser.add_argument("--seed", type=int, default=1, help="the seed of the first round (1)")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time (2)")
    parser.add_argument("--list", action="store_true", help="show the attacks and stop")
    given = parser.parse_args(argv)
    for name in given.attacks:
        if name not in names:
            parser.error(f"no attack {name!r}; there are {', '.join(names)}")
    if not given.minutes > 0:
        parser.error("--minutes must be above 0")
    return given


def main(argv: list[str]) -> int:
    """Run rounds until the time is up and print what was tried."""
    given = parse(argv)
    names = given.attacks or campaign.names()
    if given.list:
        for name in names:
            print(f"{name:<20}{campaign.limits_of(name).count:>7} a round")
        return 0
    end = time.monotonic() + 60 * given.minutes
    turns = zip(cycle(names), count(given.seed), strict=False)
    tried: dict[str, Counter[str]] = {name: Counter() for name in names}
    rounds: Counter[str] = Counter()
    faults: list[str] = []

    def work() -> None:
        while time.monotonic() < end:
            name, seed = next(turns)
            try:
                tally = campaign.run(name, seed)
            except campaign.Fault as fault:
                faults.append(str(fault))
                print(f"FAULT {fault}", flush=True)
                continue
            rounds[name] += 1
            tried[name].update(tally)

    with ThreadPoolExecutor(given.jobs) as pool:
        for done in [pool.submit(work) for _ in range(given.jobs)]:
            done.result()
    for name in names:
        what = ", ".join(f"{number} {key}" for key, number in sorted(tried[name].items()))
        print(f"{name:<20}{rounds[name]:>5} rounds: {what}")
    print(f"{sum(rounds.values())} rounds, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

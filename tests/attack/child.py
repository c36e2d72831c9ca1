"""The process of one attack: ``python -m attack.child NAME SEED COUNT``."""

from __future__ import annotations

import importlib
import json
import resource
import signal
import sys

from attack.campaign import limits_of


def main(name: str, seed: int, count: int) -> None:
    """Run the attack within its limits and print its tally as a line of JSON."""
    limits = limits_of(name)
    # What a shell starts in the background ignores Ctrl-C, and so would this process.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if limits.memory is not None:
        resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    tally = importlib.import_module(f"attack.attacks.{name}").attack(seed, count)
    sys.stdout.write(json.dumps(tally) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))

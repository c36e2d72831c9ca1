"""Time log-probabilities of labels, and write docs/log-probabilities.md.

    python benchmarks/log_probs.py                  some minutes
    python benchmarks/log_probs.py --page           the page again, from what was measured
    python benchmarks/log_probs.py --check          exit with 1 if the page is not that
    python benchmarks/log_probs.py --quick --to DIR seconds; the numbers mean nothing

A contender runs in a process of its own, and all take turns in rounds. What was measured stands in
benchmarks/results/log_probs.json.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import record
from log_probs_page import BUSY, TASKS, page
from turns import ERROR, LET_GO, finish, is_served, measure, parsed, parser_of

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "log_probs.json"
PAGE = ROOT / "docs" / "log-probabilities.md"
SHAPE, QUICK = (1_024, 32_000), (16, 300)
ROUNDS = 7
BOTH = ("log_prob", "entropy")


def tasks_of(name: str, dtype: str, rows: str, classes: str) -> dict[str, Callable[[], Any]]:
    """Return what a contender computes, by task; arrays are made here."""
    shape = int(rows), int(classes)
    import torch

    import crossent as ce

    torch.set_num_threads(2)
    rng = np.random.default_rng(0)
    x = torch.from_numpy(3 * rng.standard_normal(shape, dtype=np.float32)).to(getattr(torch, dtype))
    y = torch.from_numpy(rng.integers(0, shape[1], shape[0]))
    bar = torch.from_numpy(rng.standard_normal(shape[0], dtype=np.float32))
    moving = x.clone().requires_grad_()

    def gather(x: Any) -> Any:
        return x.log_softmax(-1).gather(-1, y[:, None]).squeeze(-1)

    def gather_with_entropy(x: Any) -> Any:
        logs = x.log_softmax(-1)
        return logs.gather(-1, y[:, None]).squeeze(-1), -(logs.exp() * logs).sum(-1)

    def rows(x: Any) -> Any:
        """As code of reinforcement learning has it: a row at a time, to save memory."""
        if dtype == "float32":
            of_label = x.gather(-1, y[:, None]).squeeze(-1)
            return of_label - torch.stack([torch.logsumexp(row, -1) for row in x])
        return torch.stack([row.log_softmax(-1)[label] for row, label in zip(x, y, strict=True)])

    def ours(x: Any) -> Any:
        return ce.log_probs(y, x)

    def ours_with_entropy(x: Any) -> Any:
        return ce.log_probs(y, x, outputs=BOTH)

    forward, with_entropy = {
        "crossent": (ours, ours_with_entropy),
        "log_softmax().gather()": (gather, gather_with_entropy),
        "the same, torch.compile": (torch.compile(gather), torch.compile(gather_with_entropy)),
        "a loop over rows": (rows, None),
    }[name]

    def with_gradient(function: Callable[[Any], Any]) -> Callable[[], Any]:
        def call() -> Any:
            moving.grad = None
            result = function(moving)
            values = result if isinstance(result, tuple) else (result,)
            torch.autograd.backward(values, [bar.to(value.dtype) for value in values])
            return moving.grad

        return call

    found = {"forward": lambda: forward(x), "gradient": with_gradient(forward)}
    if with_entropy is not None:
        found["entropy"] = lambda: with_entropy(x)
        found["entropy, gradient"] = with_gradient(with_entropy)
    found[ERROR] = lambda: _error(forward(x), x, y)
    found[LET_GO] = lambda: setattr(moving, "grad", None)
    return found


def _error(found: Any, x: Any, y: Any) -> float:
    """Return the largest absolute error against float64."""
    wide = x.double()
    truth = wide.gather(-1, y[:, None]).squeeze(-1) - wide.logsumexp(-1)
    return float((found.double() - truth).abs().max())


CONTENDERS = {
    "crossent": [*TASKS],
    "log_softmax().gather()": [*TASKS],
    "the same, torch.compile": [*TASKS],
    "a loop over rows": ["forward", "gradient"],
}


def main(argv: list[str]) -> int:
    if is_served(argv, tasks_of):
        return 0
    given = parsed(parser_of(__doc__), argv)
    results = given.to / RESULTS.name if given.to else RESULTS
    written = given.to / PAGE.name if given.to else PAGE
    if not (given.page or given.check):
        shape, rounds = (QUICK, 2) if given.quick else (SHAPE, ROUNDS)
        for dtype in ("float32", "bfloat16"):
            most_busy = 1.0 if given.busy or given.quick else BUSY
            found = measure(__file__, CONTENDERS, (dtype, *shape), rounds, most_busy)
            found |= {"rows": shape[0], "classes": shape[1]}
            record.merge(results, "dtypes", dtype, found)
    return finish(__file__, given, page(record.read(results)), results, written)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

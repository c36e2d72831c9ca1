"""Write docs/large-vocabulary.md from what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any, Final

from speed_rounds import BUSY as BUSY
from tables import NOTHING, digits, machine_line, table, times, version_line, whole

Result = dict[str, Any]

OURS: Final = "crossent"
PEER: Final = "PyTorch, all logits"
TILE: Final = 512
AT_ONCE: Final = "the three products alone"
IN_TILES: Final = f"the three products, {TILE} rows at a time"
TASKS: Final = {
    "forward": "loss", "gradient": "loss and gradients", "half": "half of the rows without a label",
}  # fmt: skip
BARS: Final = (
    # what is divided by what, in which task; at most, or at least
    ("gradient", OURS, IN_TILES, "≤", 1.10),
    ("gradient", OURS, AT_ONCE, "≤", 1.15),
    ("gradient", PEER, OURS, "≥", 1.15),
    ("gradient", OURS, f"{PEER}, memory kept", "≤", 1.10),
    ("gradient", "linear_cross_entropy(options=…)", OURS, "≥", 2.0),
    ("forward", OURS, AT_ONCE, "≤", 1.10),
)
MOST_OF_HALF: Final = 0.55
SHOWN: Final = {AT_ONCE, IN_TILES}


def page(stored: Result) -> str:
    """Write the page."""
    cases = sorted(
        stored.get("cases", {}).values(), key=lambda found: (found["shape"], found["dtype"])
    )
    parts = [_HEAD]
    for found in cases:
        parts += [f"### {_name(found)}\n", _table(found)]
    if cases:
        parts += ["## Appendix: what is asked for\n", _bars(cases), _conditions(cases)]
    return "\n".join(parts)


def _name(found: Result) -> str:
    rows, features, classes = map(whole, found["shape"])
    return f"{rows} rows, {features} features, {classes} classes, {found['dtype']}"


def _table(found: Result) -> str:
    body = []
    names = list(found["seconds"]["gradient"])
    first = {OURS: 0, PEER: 1}
    for name in sorted(names, key=lambda name: (first.get(name, 2), name in SHOWN)):
        line = [f"**{name}**" if name == OURS else name]
        for task in TASKS:
            taken = found["seconds"][task].get(name)
            line.append(NOTHING if taken is None else times(median(taken)))
        peak = None if name in SHOWN else found["bytes"]["gradient"].get(name)
        line.append(NOTHING if peak is None else f"{whole(round(peak / 2**20))} MiB")
        line.append(NOTHING if name in SHOWN else digits(found["errors"][name], 2))
        body.append(line)
    return table(["", *TASKS.values(), "memory of gradients", "error"], body)


def _bars(cases: Sequence[Result]) -> str:
    body = []
    for found in cases:
        for task, slow, fast, sign, wanted in BARS:
            seconds = found["seconds"][task]
            if not {slow, fast} <= seconds.keys():
                continue
            asked = f"{slow} {sign} {wanted:g} × {fast}, {TASKS[task]}"
            body.append([_name(found), asked, *_judged(seconds[slow], seconds[fast], sign, wanted)])
        seconds = found["seconds"]
        asked = f"{TASKS['half']} ≤ {MOST_OF_HALF:g} × the time with all labels"
        judged = _judged(seconds["half"][OURS], seconds["gradient"][OURS], "≤", MOST_OF_HALF)
        body.append([_name(found), asked, *judged])
    return table(["", "asked for", "measured", ""], body)


def _judged(
    over: Sequence[float], under: Sequence[float], sign: str, wanted: float
) -> tuple[str, str]:
    """Return a ratio with its spread over the rounds, and whether it is what is asked for."""
    of_rounds = [a / b for a, b in zip(over, under, strict=True)]
    middle = median(of_rounds)
    shown = f"{digits(middle)} ({digits(min(of_rounds))} to {digits(max(of_rounds))})"
    met = middle <= wanted if sign == "≤" else middle >= wanted
    return shown, "met" if met else "missed"


def _conditions(cases: Sequence[Result]) -> str:
    lines = []
    for found in cases:
        busy = max(found["busy"])
        beside = f" Beside other work, which took {busy:.0%} of the CPUs." if busy > BUSY else ""
        lines.append(f"{_name(found)}: {found['date']}, {machine_line(found)}.{beside}")
    return "\n\n".join([*lines, version_line(cases[-1])]) + "\n"


_HEAD = """# Large vocabularies

<!-- Written by benchmarks/linear.py; do not edit. -->

The last layer of a language model makes a number for every token of the vocabulary at every place.
8 192 places and a vocabulary of 128 256 tokens are 4.2 GB of logits in float32, and twice that with
their gradient: the largest array of the training, used once. `ce.linear_crossentropy` takes what
the layer is applied to, and its weight, and holds the logits of a few rows at a time.

```python
import numpy as np
import crossent as ce

rng = np.random.default_rng(0)
hidden = rng.normal(size=(2, 6, 8)).astype(np.float32)  # what the last layer is applied to
weight = rng.normal(size=(100, 8)).astype(np.float32)  # a row for each token
tokens = rng.integers(0, 100, (2, 6))
loss = ce.linear_crossentropy(tokens, hidden, weight, shift=True)
print(f"{loss:.4f}")
```

```text
7.9350
```

`max_memory` says how many bytes the logits, and what is made of them, may take: 128 MiB if it is
not said, whatever the number of rows is. One row of logits is held in any case. Beside it there are
the gradients that are asked for, those to a weight of 16 bits in float32 until they are complete.

| you have | use |
| --- | --- |
| a causal model of Hugging Face | `crossent.compat.transformers.linear_loss(model)` |
| a model of your own | `ce.linear_crossentropy(tokens, hidden, weight, shift=True)` |
| a cap, a scale, a bias | `softcap`, `logit_scale`, `linear_bias` |
| a teacher's likeliest tokens | K tokens a place, with `target_prob` |
| log-probabilities, entropy, rank of tokens | `ce.linear_log_probs` |
| NumPy, and gradients | `ce.value_and_grad(ce.linear_crossentropy)` |

Places without a label are left out before the product where their labels can be seen, which is on
the CPU. Inside a compiled program (`jax.jit`, `tf.function`) they are sorted behind the others, and
tiles of them alone are skipped. With a mean or a sum the gradients are computed beside the loss,
three products in all; `gradients="recompute"`, and the losses of rows, make the logits again on the
way back, four products.

## How fast, how lean, how exact

A step on the CPU with two threads: loss, and gradients to what the layer is applied to and to its
weight. Memory is what a step adds at its highest point, its gradients among it. The error is the
largest one of a gradient to the weight against float64, over the largest entry. The three products
of matrices alone are what no way of computing it can do without. Medians of rounds in which all
take turns, each in a process of its own.
"""

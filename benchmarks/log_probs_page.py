"""Write docs/log-probabilities.md from what was measured."""

from __future__ import annotations

from statistics import median
from typing import Any

from speed_rounds import BUSY as BUSY
from tables import NOTHING, digits, machine_line, table, times, version_line, whole

Result = dict[str, Any]

TASKS = {
    "forward": "log-probabilities",
    "entropy": "with entropy",
    "gradient": "and gradient",
    "entropy, gradient": "with entropy, and gradient",
}
OURS, PEER = "crossent", "log_softmax().gather()"
BARS = {
    # (dtype, task): how many times as fast as the peer it is asked to be
    ("float32", "forward"): 3.0,
    ("bfloat16", "forward"): 2.0,
    ("float32", "gradient"): 2.0,
    ("bfloat16", "gradient"): 2.0,
}
MOST_WITH_ENTROPY = 1.25
MOST_ERROR = 1e-6


def page(stored: Result) -> str:
    """Write the page."""
    parts = [_HEAD]
    for dtype, found in sorted(stored.get("dtypes", {}).items(), reverse=True):
        rows = f"{whole(found['rows'])} × {whole(found['classes'])}"
        parts += [f"### {dtype}, {rows}\n", _table(found)]
    if stored.get("dtypes"):
        parts += ["## Appendix: what is asked for\n", _bars(stored), _conditions(stored)]
    return "\n".join(parts)


def ratios(found: Result, task: str, slow: str, fast: str) -> tuple[float, float, float]:
    """Return how many times as long one contender took: median, smallest, largest of the rounds."""
    seconds = found["seconds"][task]
    of_rounds = [a / b for a, b in zip(seconds[slow], seconds[fast], strict=True)]
    return median(of_rounds), min(of_rounds), max(of_rounds)


def _table(found: Result) -> str:
    body = []
    for name in sorted(found["seconds"]["forward"], key=lambda name: name != OURS):
        line = [f"**{name}**" if name == OURS else name]
        for task in TASKS:
            taken = found["seconds"][task].get(name)
            line.append(NOTHING if taken is None else times(median(taken)))
        peak = found["bytes"]["gradient"].get(name)
        line.append(NOTHING if peak is None else f"{whole(round(peak / 2**20))} MiB")
        line.append(digits(found["errors"][name], 2))
        body.append(line)
    return table(["", *TASKS.values(), "memory of a gradient", "largest error"], body)


def _bars(stored: Result) -> str:
    body = []
    for (dtype, task), wanted in BARS.items():
        found = stored["dtypes"].get(dtype)
        if found is None:
            continue
        middle, low, high = ratios(found, task, PEER, OURS)
        shown = f"{digits(middle)} ({digits(low)} to {digits(high)})"
        met = "met" if middle >= wanted else "missed"
        body.append([f"{dtype}, {TASKS[task]}", f"≥ {wanted:g} × as fast as `{PEER}`", shown, met])
    for dtype, found in sorted(stored["dtypes"].items(), reverse=True):
        seconds = found["seconds"]
        of_rounds = [
            a / b for a, b in zip(seconds["entropy"][OURS], seconds["forward"][OURS], strict=True)
        ]
        middle = median(of_rounds)
        shown = f"{digits(middle)} ({digits(min(of_rounds))} to {digits(max(of_rounds))})"
        met = "met" if middle <= MOST_WITH_ENTROPY else "missed"
        wanted_text = f"≤ {MOST_WITH_ENTROPY:g} × the time without"
        body.append([f"{dtype}, with entropy", wanted_text, shown, met])
        error = found["errors"][OURS]
        met = "met" if error <= MOST_ERROR or dtype != "bfloat16" else "missed"
        if dtype == "bfloat16":
            body.append([f"{dtype}, largest error", f"≤ {MOST_ERROR:g}", digits(error, 2), met])
    return table(["", "asked for", "measured", ""], body)


def _conditions(stored: Result) -> str:
    lines = []
    for dtype, found in sorted(stored["dtypes"].items(), reverse=True):
        busy = max(found["busy"])
        beside = f" Beside other work, which took {busy:.0%} of the CPUs." if busy > BUSY else ""
        lines.append(f"{dtype}: {found['date']}, {machine_line(found)}.{beside}")
    return "\n\n".join([*lines, version_line(found)]) + "\n"


_HEAD = """# Log-probabilities of labels

<!-- Written by benchmarks/log_probs.py; do not edit. -->

What a language model gave to the tokens that are there: the number that preference training (DPO,
KTO), policy training (GRPO, PPO) and scoring need. `ce.log_probs` computes it, and the entropy of
each place, without the matrix of all log-probabilities, exact in confident places and in bfloat16,
with gradients.

## DPO in a few lines

```python
import numpy as np
import crossent as ce

rng = np.random.default_rng(0)
tokens = rng.integers(0, 50, (2, 12))  # a preferred answer, and a rejected one
tokens[:, :4] = -100  # the prompt does not count
policy = rng.normal(size=(2, 12, 50)).astype(np.float32)
reference = rng.normal(size=(2, 12, 50)).astype(np.float32)


def of_answers(logits):
    found = ce.log_probs(tokens, logits, shift=True, ignore_class=-100)
    return found.sum(axis=-1)


margin = of_answers(policy) - of_answers(reference)
loss = ce.binary_crossentropy(1, 0.1 * (margin[0] - margin[1]), from_logits=True)
print(f"{loss:.4f}")
```

```text
0.3835
```

The place at t predicts the token at t + 1: `shift=True` meets them, and the last place, which
predicts nothing, is left out. Places of an ignored label give 0, so that a sum over an answer needs
no mask. In PyTorch, TensorFlow and JAX the same lines have gradients.

## Entropy, rank, temperature

```python
found = ce.log_probs(
    tokens,
    policy,
    shift=True,
    ignore_class=-100,
    temperature=0.7,
    outputs=("log_prob", "entropy", "correct"),
)
print(found.entropy.shape, f"{found.entropy[found.entropy > 0].mean():.3f}", found.correct.sum())
```

```text
(2, 11) 2.998 0
```

`outputs` names what is asked for; a tuple of names gives a named tuple in that order. `temperature`
divides the logits. `class_mask` leaves classes out: where sampling was cut to the likeliest tokens
(top-k, top-p), their mask gives the log-probabilities of what was really sampled from.

| you have | use |
| --- | --- |
| TRL's `selective_log_softmax`, `entropy_from_logits` | `crossent.compat.trl` |
| verl's `logprobs_from_logits` | `crossent.compat.verl` |
| `logits.log_softmax(-1).gather(-1, labels)` | `ce.log_probs(labels, logits)` |

A place has the same bits in any batch on the CPU, so that the log-probabilities of a rollout and of
the training step agree where the logits do.

## How fast, how exact

Time and memory of a call in PyTorch on the CPU with two threads; memory is what forward and
backward add at the highest point, and the error the largest difference from float64. Medians of
rounds in which all take turns, each in a process of its own.
"""

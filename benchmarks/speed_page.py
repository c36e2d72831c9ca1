"""Write docs/performance.md from what was measured."""

from __future__ import annotations

from typing import Any

from baselines import SPEED
from charts import COLOURS, grouped_bars, shown
from speed_bars import (
    EAGER,
    FEW,
    NUMPY,
    TORCH,
    TORCH_KEPT,
    Bar,
    bars_of,
    bars_of_memory,
    median,
    ratio,
)
from speed_cases import MODES, SHAPES
from speed_rounds import BUSY
from tables import NOTHING, digits, machine_line, table, times, version_line, whole

Result = dict[str, Any]


def page(stored: dict[str, Any]) -> str:
    """Write the page."""
    shapes = _in_order(stored.get("shapes", {}))
    memory = _in_order(stored.get("memory", {}))
    bars = [bar for found in shapes for bar in bars_of(found)]
    bars += [bar for found in memory for bar in bars_of_memory(found)]
    parts = [_HEAD]
    if _steps(shapes):
        parts += [_first(shapes)]
    parts += [_HOW]
    if shapes:
        parts += [_conditions(shapes), _paths(shapes)]
    for found in shapes:
        parts += [f"## {_shape(found)}\n", _reading(found), _times_table(found)]
    if memory:
        parts += ["## Memory\n", _MEMORY]
        for found in memory:
            parts += [f"### {_shape(found)}\n", _memory_table(found)]
    if bars:
        met = sum(bar.met for bar in bars)
        parts += [
            "## Appendix: what is asked for\n",
            f"{met} of {len(bars)} are met. A ratio is that of crossent to the fastest peer of the "
            "same kind: the median over the rounds, in brackets the smallest and the largest.\n",
            _bar_table(bars),
            _TRIED,
        ]
    return "\n".join(parts)


def charts(stored: dict[str, Any]) -> dict[str, str]:
    """Return the pictures of the page, by the name of the file."""
    steps = _steps(_in_order(stored.get("shapes", {})))
    if not steps:
        return {}
    series: dict[str, list[float | None]] = {
        name: [1e3 * seconds[name] for seconds in steps.values()] for name in (TORCH, EAGER)
    }
    label = "milliseconds for the loss and its gradient; less is better"
    return {
        f"speed-{scheme}.svg": grouped_bars([*steps], series, label, scheme) for scheme in COLOURS
    }


def _steps(shapes: list[Result]) -> dict[str, dict[str, float]]:
    """Return how long a step takes with crossent and with PyTorch's loss, for the large shapes."""
    found = {}
    for one in shapes:
        seconds = {name: median(one, "fresh", name) for name in (TORCH, EAGER)}
        if all(seconds.values()) and one["rows"] > FEW:
            found[_shape(one)] = {name: float(value or 0) for name, value in seconds.items()}
    return dict(sorted(found.items(), key=lambda item: item[1][EAGER])[-5:])


def _first(shapes: list[Result]) -> str:
    """Say the result in a sentence, with the chart."""
    steps = _steps(shapes)
    times_as_fast = [seconds[EAGER] / seconds[TORCH] for seconds in steps.values()]
    sentence = (
        "A training step in PyTorch, the loss and its gradient, takes PyTorch's own loss "
        f"{digits(min(times_as_fast), 2)} to {digits(max(times_as_fast), 2)} times as long as "
        "crossent on these shapes (rows × classes), on the CPU."
    )
    return f"{sentence}\n\n{shown('speed', sentence)}\n"


_HEAD = """# Performance

<!-- Written by benchmarks/speed.py; do not edit. -->
"""

_HOW = """## How it was measured

The mean loss of float32 logits and int64 labels, and its gradient, by crossent and by its peers on
the CPU with two threads, every option at its default: crossent's times include the checks of labels
and predictions.

Every contender runs in a process of its own. The processes take turns in rounds; in a round each is
timed once (the median of the calls that fit in 0.1 s, at least one), in an order that starts
elsewhere every time. A time is the median of the rounds. Who is slower than 0.5 s takes part in
three rounds only.

Large arrays that are made anew in each call cost page faults, more than all the arithmetic. “memory
kept” is a process whose malloc keeps what was freed (`MALLOC_MMAP_THRESHOLD_`,
`MALLOC_TRIM_THRESHOLD_` raised); a “kept buffer” is such a process, or an array that the caller
gives for the gradient. Both settings are shown, because the default is what people run.
"""

_TRIED = """What was tried for the forward pass of many classes. A vector of 16 logits takes nine
fused multiply-adds, a multiplication, a comparison and, before these, the maximum: with its data
in the cache a thread is bound by them, and from memory by little else. Kept: one loop over the
groups of a row, where two around the label ended where no CPU foresees; fetching the next block
while this one is summed. Slower or the same: blocks of half, twice or four times the size, no
fetching, fetching at another distance, while the maximum is looked for, or in whole blocks only;
the maximum of the next block in the loop of this one's exps. Not done: a polynomial of one degree
less, which is not within the 1.15 ulp that exp is tested for; a maximum that is raised while exps
are summed, since what was summed before would be summed again.

What was tried for 32 classes: rows as vectors of their own, where now the lanes of a vector are
rows, take twice as long, forward and with the gradient.

What was tried for calls on a few rows. Kept: the plan of a call like one before, the sums rounded
by the kernel that added them, addresses asked of the buffers. What is left of a step in PyTorch
is an `autograd.Function` of its own, which alone takes about as long as PyTorch's whole loss.
"""

_MEMORY = """By how much a call raises the memory of its process at the highest point, over what the
process holds before: the peak of the resident set in a fresh process, which has done the same with
16 rows, so that its code is loaded and compiled. With the default allocator.
"""


def _in_order(results: dict[str, Result]) -> list[Result]:
    names = [name for name in SHAPES if name in results]
    names += [name for name in results if name not in SHAPES]
    return [{"name": name, **results[name]} for name in names]


def _shape(found: Result) -> str:
    return f"{whole(found['rows'])} × {whole(found['classes'])}"


def _conditions(shapes: list[Result]) -> str:
    """Say on what it was measured; once, where it is the same for all shapes."""
    lines: dict[str, list[str]] = {}
    for found in shapes:
        line = f"{machine_line(found)}. {version_line(found)}. {found['date']}."
        lines.setdefault(line, []).append(_shape(found))
    if len(lines) == 1:
        return f"Measured on {next(iter(lines))}\n"
    return "\n".join(
        f"Measured for {', '.join(names)} on {line}\n" for line, names in lines.items()
    )


def _paths(shapes: list[Result]) -> str:
    taken = {path for found in shapes for path in found["paths"].values()}
    if taken == {"operations"}:
        return "crossent took its operations path in every shape: it had no kernels here.\n"
    lines = [
        f"{_shape(found)}: {', '.join(f'{k} by {v}' for k, v in found['paths'].items())}"
        for found in shapes
        if set(found["paths"].values()) != {"kernel"}
    ]
    if not lines:
        return "crossent took its kernel path in every shape.\n"
    return "crossent took its kernel path, except at " + "; ".join(lines) + ".\n"


def _bar_table(bars: list[Bar]) -> str:
    body = []
    for bar in bars:
        sign = "≥" if bar.at_least else "≤"
        got = digits(bar.got.median) + bar.unit
        if bar.got.low != bar.got.high:
            got += f" ({digits(bar.got.low)}–{digits(bar.got.high)})"
        shape = bar.where.replace("x", " × ")
        verdict = bar.verdict if bar.met else f"**{bar.verdict}**"
        wanted = f"{sign} {digits(bar.wanted)}{bar.unit}"
        body.append([bar.what, shape, bar.against or NOTHING, wanted, got, verdict])
    return table(["What", "Shape", "Against", "Wanted", "Got", ""], body)


def _reading(found: Result) -> str:
    read, copy = (median(found, mode, "memory") for mode in ("read", "copy"))
    if read is None or copy is None:
        return ""
    size = 4 * found["rows"] * found["classes"]
    return (
        f"{digits(size / 1e6)} MB. Reading them with two threads takes {times(read)} "
        f"({digits(size / read / 1e9)} GB/s), copying them into a kept array {times(copy)}.\n"
        + _beside(found)
    )


def _beside(found: Result) -> str:
    """Tell whether other work ran beside the benchmark."""
    if "busy" not in found:
        return "\nIt was not recorded what else the machine did.\n"
    most = max(found["busy"])
    if most <= BUSY:
        return ""
    return f"\n**Other work kept up to {most:.0%} of the CPUs busy: these times say little.**\n"


def _times_table(found: Result) -> str:
    modes = [mode for mode in MODES if mode in found["seconds"]]
    head = ["", *(text for mode in modes for text in (MODES[mode], "×"))]
    body = []
    for name in SPEED:
        line = [name if not SPEED[name].ours else f"**{name}**"]
        for mode in modes:
            line += [times(median(found, mode, name)), _against(found, mode, name)]
        if set(line[1:]) != {NOTHING}:
            body.append(line)
    note = (
        "× is the time in units of crossent's, from NumPy (from PyTorch for the upstream "
        "gradient), with the smallest and the largest of the rounds.\n"
    )
    return table(head, body) + "\n" + note


def _against(found: Result, mode: str, name: str) -> str:
    ours = NUMPY if mode != "upstream" else TORCH_KEPT if SPEED[name].kept else TORCH
    if mode == "upstream" and ours not in found["seconds"].get(mode, {}):
        ours = TORCH
    got = ratio(found, mode, ours, name)
    if got is None or name == ours:
        return NOTHING
    return f"{digits(got.median, 2)} ({digits(got.low, 2)}–{digits(got.high, 2)})"


def _memory_table(found: Result) -> str:
    modes = ("forward", "fresh")
    array = 4 * found["rows"] * found["classes"]
    body = [
        [f"**{name}**" if SPEED[name].ours else name]
        + [f"{digits(found['bytes'][name][mode] / 1e6)} MB" for mode in modes]
        for name in SPEED
        if name in found["bytes"]
    ]
    text = f"The array has {digits(array / 1e6)} MB.\n\n"
    return text + table(["", *(MODES[mode] for mode in modes)], body)

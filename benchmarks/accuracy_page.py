"""Write docs/accuracy.md from what was measured."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from accuracy_cases import CLASSES, DTYPES, FAMILIES
from baselines import ACCURACY
from charts import COLOURS, grouped_bars, shown
from tables import NOTHING, digits, machine_line, table, version_line, whole

Result = dict[str, Any]
KERNELS = "crossent, kernels"
LOSS = {"float64": 8.0, "float32": 4.0, "float16": 4.0, "bfloat16": 4.0}
"""Largest error of a row's loss on the kernel path, in ulp of its dtype (float32 for 16 bits)."""

OPERATIONS = 64.0
"""Largest error of a row's loss on the operations path, in ulp."""

LABEL = {"float64": 4.0, "float32": 4.0, "float16": 0.51, "bfloat16": 0.51}
"""Largest error of the gradient at the label on the kernel path; in 16 bits one rounding."""

_HEAD = """# Accuracy

<!-- Written by benchmarks/accuracy.py; do not edit. -->
"""

_HOW = f"""## How it was measured

The loss of every row and the gradient of their sum, by crossent on its paths and by its peers,
compared with the truth of the same bits. Errors are in units in the last place (ulp) of the true
value; each number is the worst over all rows with
{", ".join(whole(c) for c in CLASSES[:-1])} and {whole(CLASSES[-1])} classes (2 000 rows, and fewer
from 1 000 classes on, so that an array has about 500 000 elements, with two rows at least).

The truth is computed in 80-bit arithmetic from exact differences of the logits, in which nothing
cancels, to about 2⁻⁶⁰; a test compares it with 60-digit arithmetic.

The loss of 16-bit logits is judged as float32, which is what crossent returns: a peer that returns
16 bits loses that much by its rounding alone. Losses and gradients below 1e-37 (1e-290 in float64)
are not judged, and an infinity is right where the dtype has no number so large (1/p in float16).
“∞” is a NaN or an infinity where there is a number; an error of 1e7 ulp of a float32 is a value of
which nothing is right, such as 0 for 1e-9. “{NOTHING}”: the peer does not take the dtype or has no
such loss.

The rows:

"""


_WHY = """Why float64 comes last: of its steps (exp, for which a test allows 1.15 ulp; a sum that
rounds once for every term of a lane; a division and two products) each rounds to the digits of the
result, where for float32 all but exp and its sum are computed in float64.
"""


def page(stored: dict[str, Any]) -> str:
    """Write the page."""
    found = {n: stored["contenders"][n] for n in ACCURACY if n in stored.get("contenders", {})}
    if KERNELS in found and found[KERNELS]["path"] != "kernel":
        del found[KERNELS]  # what was measured is the operations path once more
    how = _HOW + "".join(f"- {name}: {what}\n" for name, what in FAMILIES.items())
    if not found:
        return f"{_HEAD}\n{how}"
    parts = [_HEAD, *_first(found), how]
    parts += [f"{line}\n" for line in _conditions(found)]
    if KERNELS not in found:
        parts += ["There were no kernels here: crossent took its operations path.\n"]
    for dtype in DTYPES:
        parts += [
            f"## {dtype}\n",
            f"Loss, in ulp of {'float64' if dtype == 'float64' else 'float32'}:\n",
            _families(found, dtype, "loss"),
            f"Gradient at the label, in ulp of {dtype}:\n",
            _families(found, dtype, "label"),
            "Gradient elsewhere, as a share of what is allowed: "
            f"{_allowance(dtype)}; at most 1 is asked for.\n",
            _families(found, dtype, "others"),
        ]
    parts += ["## By the number of classes\n", "Loss of random float32 rows, in ulp:\n"]
    parts += [_by_classes(found, "float32", "random")]
    parts += ["## Appendix: what is asked for\n", _targets(found), _WHY]
    return "\n".join(parts)


def charts(stored: dict[str, Any]) -> dict[str, str]:
    """Return the pictures of the page, by the name of the file."""
    found = stored.get("contenders", {})
    if not all(name in found for name in CHARTED):
        return {}
    series: dict[str, list[float | None]] = {
        name: [_right_digits(_worst(found[name], "float32", "loss", f)) for f in CHARTED_FAMILIES]
        for name in CHARTED
    }
    label = "right decimal digits of the worst loss, float32; more is better"
    groups = [f"{name} rows" for name in CHARTED_FAMILIES]
    return {
        f"accuracy-{scheme}.svg": grouped_bars(groups, series, label, scheme) for scheme in COLOURS
    }


CHARTED = (KERNELS, "PyTorch", "Keras", "tf.nn")
CHARTED_FAMILIES = ("random", "confident", "wrong", "offset", "one-hot")


def _right_digits(ulp: float | None) -> float | None:
    """Return how many decimal digits of a float32 are right; None if it was not measured."""
    if ulp is None:
        return None
    if not math.isfinite(ulp):
        return 0.0
    return max(0.0, round(24 * math.log10(2) - math.log10(max(ulp, 1.0)), 1))


def _first(found: dict[str, Result]) -> list[str]:
    """Say the result in a sentence, with the chart."""
    if not all(name in found for name in CHARTED):
        return []
    ours, theirs = (
        _right_digits(_worst(found[name], "float32", "loss", "confident"))
        for name in (KERNELS, "PyTorch")
    )
    sentence = (
        "Where a model is sure and right, its loss is small: crossent gives "
        f"{ours:.0f} right digits of it in float32 at the worst row, PyTorch {theirs:.0f}."
    )
    return [f"{sentence}\n\n{shown('accuracy', sentence)}\n"]


def _allowance(dtype: str) -> str:
    if dtype in ("float64", "float32"):
        return "8 + |x − max x| ulp"
    return f"8 + |x − max x| ulp of float32, and half an ulp of {dtype}"


def _conditions(found: dict[str, Result]) -> list[str]:
    lines: dict[str, list[str]] = {}
    for name, one in found.items():
        line = f"{machine_line(one)}. {version_line(one)}. {one['date']}."
        lines.setdefault(line, []).append(name)
    if len(lines) == 1:
        return [f"Measured on {next(iter(lines))}"]
    return [f"Measured for {', '.join(names)} on {line}" for line, names in lines.items()]


def _worst(one: Result, dtype: str, kind: str, family: str | None = None) -> float | None:
    """Return the worst error over the classes (and the families), None if it was not taken."""
    by_family = one["worst"].get(dtype, {"error": ""})
    if "error" in by_family or (family is not None and family not in by_family):
        return None
    families = by_family.values() if family is None else [by_family[family]]
    return max(at[kind] for family_ in families for at in family_.values())


def _families(found: dict[str, Result], dtype: str, kind: str) -> str:
    body = [
        [_name(name), *(digits(_worst(one, dtype, kind, family)) for family in FAMILIES)]
        for name, one in found.items()
    ]
    return table(["", *FAMILIES], body)


def _name(name: str) -> str:
    return f"**{name}**" if ACCURACY[name].ours else name


def _by_classes(found: dict[str, Result], dtype: str, family: str) -> str:
    sizes = sorted(next(iter(found.values()))["worst"][dtype][family], key=int)
    body = []
    for name, one in found.items():
        errors = one["worst"][dtype].get(family, {})
        body.append([_name(name), *(digits(errors.get(c, {}).get("loss")) for c in sizes)])
    return table(["C", *(whole(int(c)) for c in sizes)], body)


def _targets(found: dict[str, Result]) -> str:
    body = []
    for name, one in found.items():
        if not ACCURACY[name].ours:
            continue
        kernels = one["path"] == "kernel"
        wanted: list[tuple[str, str, Callable[[str], float]]] = [
            ("loss", "loss", lambda dtype, k=kernels: LOSS[dtype] if k else OPERATIONS)
        ]
        if kernels:
            wanted += [
                ("label", "gradient at the label", lambda dtype: LABEL[dtype]),
                ("others", "gradient elsewhere, of what is allowed", lambda dtype: 1.0),
            ]
        for kind, what, limit in wanted:
            for dtype in DTYPES:
                got = _worst(one, dtype, kind)
                if got is None:
                    continue
                at_most = limit(dtype)
                verdict = "met" if got <= at_most else f"**missed: {_where(one, dtype, kind)}**"
                body.append([name, dtype, what, f"≤ {digits(at_most)}", digits(got), verdict])
    return table(["Path", "Logits", "What", "Wanted", "Worst", ""], body)


def _where(one: Result, dtype: str, kind: str) -> str:
    errors = [
        (at[kind], family, classes)
        for family, by_classes in one["worst"][dtype].items()
        for classes, at in by_classes.items()
    ]
    _, family, classes = max(errors)
    return f"{family}, {whole(int(classes))} classes"

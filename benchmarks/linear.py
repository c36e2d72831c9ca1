"""Time the loss over a linear layer, and write docs/large-vocabulary.md.

    python benchmarks/linear.py                  a quarter of an hour
    python benchmarks/linear.py --shape 2048x512x32000 --dtype bfloat16    one of them
    python benchmarks/linear.py --page           the page again, from what was measured
    python benchmarks/linear.py --check          exit with 1 if the page is not that
    python benchmarks/linear.py --quick --to DIR seconds; the numbers mean nothing

A contender runs in a process of its own, and all take turns in rounds. What was measured stands in
benchmarks/results/linear.json.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import record
from baselines import KEPT
from linear_page import AT_ONCE, BUSY, IN_TILES, OURS, PEER, TILE, page
from turns import ERROR, LET_GO, finish, is_served, measure, parsed, parser_of

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "linear.json"
PAGE = ROOT / "docs" / "large-vocabulary.md"
ALL = ("forward", "gradient", "half")
CONTENDERS: dict[str, tuple[str, ...]] = {
    OURS: ALL,
    "crossent, recompute": ("gradient",),
    "crossent, torch.compile": ("gradient",),
    PEER: ALL,
    f"{PEER}, memory kept": ("gradient",),
    f"{PEER}, torch.compile": ("gradient",),
    "linear_cross_entropy(options=…)": ("gradient",),
    f"linear_cross_entropy, {TILE} rows": ("gradient",),
    "crossent, JAX": ("gradient",),
    "JAX, all logits": ("gradient",),
    "JAX, all logits, remat": ("gradient",),
    AT_ONCE: ("forward", "gradient"),
    IN_TILES: ("gradient",),
}
"""The tasks of each; `half`: half of the rows have no label."""

FEW = (OURS, PEER, f"linear_cross_entropy, {TILE} rows", AT_ONCE, IN_TILES)
"""Those that have room beside each other where logits or a weight take half a gigabyte and more."""

SHAPES: dict[tuple[int, int, int], dict[str, tuple[int, Sequence[str]]]] = {
    # rows, features, classes: by dtype how many rounds, and of whom
    (2_048, 512, 32_000): {"float32": (5, [*CONTENDERS]), "bfloat16": (3, [*CONTENDERS])},
    (4_096, 768, 50_257): {"float32": (3, FEW)},
    (1_024, 1_024, 128_256): {"float32": (3, FEW)},
}
QUICK = (64, 16, 300)


def arrays(shape: tuple[int, int, int]) -> tuple[Any, Any, Any]:
    """Return hidden rows, the weight of a layer, and labels."""
    rows, features, classes = shape
    rng = np.random.default_rng(0)
    hidden = rng.standard_normal((rows, features), dtype=np.float32)
    weight = rng.standard_normal((classes, features), dtype=np.float32) * features**-0.5
    return hidden, weight, rng.integers(0, classes, rows)


def tasks_of(name: str, dtype: str, *shape: str) -> dict[str, Callable[[], Any]]:
    """Return what a contender computes, by task; arrays are made here."""
    rows, features, classes = map(int, shape)
    given = arrays((rows, features, classes))
    make = _of_jax if "JAX" in name else _of_torch
    return make(name, dtype, *given)


def _of_torch(name: str, dtype: str, hidden: Any, weight: Any, labels: Any) -> dict[str, Any]:
    import torch
    import torch.nn.functional as F

    import crossent as ce

    torch.set_num_threads(2)
    h, w = (torch.from_numpy(one).to(getattr(torch, dtype)) for one in (hidden, weight))
    y = torch.from_numpy(labels)
    half = torch.where(torch.arange(len(y)) % 2 == 0, -100, y)
    options = torch.nn.LinearCrossEntropyOptions
    of_name: dict[str, Callable[..., Any]] = {
        OURS: lambda h, w, y: ce.linear_crossentropy(y, h, w, ignore_class=-100),
        "crossent, recompute": lambda h, w, y: ce.linear_crossentropy(
            y, h, w, gradients="recompute", ignore_class=-100
        ),
        PEER: lambda h, w, y: F.cross_entropy(F.linear(h, w), y),
        "linear_cross_entropy(options=…)": lambda h, w, y: F.linear_cross_entropy(
            h, w, y, options=options()
        ),
        f"linear_cross_entropy, {TILE} rows": lambda h, w, y: F.linear_cross_entropy(
            h, w, y, options=options(batch_chunk_size=TILE, chunking_method=None)
        ),
    }
    of_name[f"{PEER}, memory kept"] = of_name[PEER]
    of_name["crossent, torch.compile"] = torch.compile(of_name[OURS])
    of_name[f"{PEER}, torch.compile"] = torch.compile(of_name[PEER])
    if name in (AT_ONCE, IN_TILES):
        return _products(torch, h, w, len(h) if name == AT_ONCE else TILE)
    loss, moving = of_name[name], (h.requires_grad_(), w.requires_grad_())

    def forward() -> Any:
        with torch.no_grad():
            return loss(h, w, y)

    def gradient(y: Any) -> Any:
        let_go()
        loss(*moving, y).backward()
        return moving

    def let_go() -> None:
        for one in moving:
            one.grad = None

    def error() -> float:
        """Return the largest error of a gradient to the weight, over the largest entry."""
        gradient(y)
        with torch.no_grad():
            p = torch.softmax(h.double() @ w.double().T, -1)
            p[torch.arange(len(y)), y] -= 1
            want = p.T @ (h.double() / len(y))
        return float((moving[1].grad.double() - want).abs().max() / want.abs().max())

    return {
        "forward": forward, "gradient": lambda: gradient(y), "half": lambda: gradient(half),
        ERROR: error, LET_GO: let_go,
    }  # fmt: skip


def _products(torch: Any, h: Any, w: Any, step: int) -> dict[str, Any]:
    """The three products alone: what no loss over a layer can do without."""
    logits = torch.empty(step, len(w), dtype=h.dtype)
    of_hidden, of_weight = torch.empty_like(h), torch.empty_like(w)

    def forward() -> None:
        for first in range(0, len(h), step):
            part = h[first : first + step]
            torch.mm(part, w.T, out=logits[: len(part)])

    def gradient() -> None:
        for first in range(0, len(h), step):
            part = h[first : first + step]
            tile = logits[: len(part)]
            torch.mm(part, w.T, out=tile)
            torch.mm(tile, w, out=of_hidden[first : first + step])
            if first:
                of_weight.addmm_(tile.T, part)
            else:
                torch.mm(tile.T, part, out=of_weight)

    return {"forward": forward, "gradient": gradient, ERROR: lambda: 0.0, LET_GO: lambda: None}


def _of_jax(name: str, dtype: str, hidden: Any, weight: Any, labels: Any) -> dict[str, Any]:
    import jax
    import jax.numpy as jnp
    import optax

    import crossent as ce

    h, w, y = jnp.asarray(hidden, dtype), jnp.asarray(weight, dtype), jnp.asarray(labels)

    def whole(h: Any, w: Any, y: Any) -> Any:
        x = (h @ w.T).astype(jnp.float32)
        return optax.softmax_cross_entropy_with_integer_labels(x, y).mean()

    def ours(h: Any, w: Any, y: Any) -> Any:
        return ce.linear_crossentropy(y, h, w)

    loss = {"crossent, JAX": ours, "JAX, all logits": whole}.get(name, jax.checkpoint(whole))
    slopes = jax.jit(jax.value_and_grad(loss, (0, 1)))

    def error() -> float:
        x = hidden.astype(np.float64) @ weight.astype(np.float64).T
        p = np.exp(x - x.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        p[np.arange(len(labels)), labels] -= 1
        want = (p / len(labels)).T @ hidden.astype(np.float64)
        found = np.asarray(slopes(h, w, y)[1][1], np.float64)
        return float(np.abs(found - want).max() / np.abs(want).max())

    return {
        "gradient": lambda: jax.block_until_ready(slopes(h, w, y)),
        ERROR: error, LET_GO: lambda: None,
    }  # fmt: skip


def parse(argv: list[str]) -> argparse.Namespace:
    parser = parser_of(__doc__)
    names = ["x".join(map(str, shape)) for shape in SHAPES]
    parser.add_argument("--shape", choices=names, help="this one alone")
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), help="this one alone")
    return parsed(parser, argv)


def main(argv: list[str]) -> int:
    if is_served(argv, tasks_of):
        return 0
    given = parse(argv)
    results = given.to / RESULTS.name if given.to else RESULTS
    written = given.to / PAGE.name if given.to else PAGE
    if not (given.page or given.check):
        quick = {QUICK: dict.fromkeys(("float32", "bfloat16"), (2, [*CONTENDERS]))}
        for shape, dtypes in (quick if given.quick else SHAPES).items():
            name = "x".join(map(str, shape))
            for dtype, (rounds, names) in dtypes.items():
                if given.shape in (None, name) and given.dtype in (None, dtype):
                    most_busy = 1.0 if given.busy or given.quick else BUSY
                    more = {one: KEPT for one in CONTENDERS if one.endswith("memory kept")}
                    part = {one: CONTENDERS[one] for one in names}
                    found = measure(__file__, part, (dtype, *shape), rounds, most_busy, more)
                    found |= {"shape": list(shape), "dtype": dtype}
                    record.merge(results, "cases", f"{name} {dtype}", found)
    return finish(__file__, given, page(record.read(results)), results, written)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Run by test_sharding.py with eight host devices: compile, read the program, compare, print."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

import jax
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

import crossent as ce

N, C = 64, 1024
RNG = np.random.default_rng(0)
X = RNG.standard_normal((N, C)).astype(np.float32)
Y = RNG.integers(0, C, N).astype(np.int32)
Q = np.asarray(jax.nn.softmax(RNG.standard_normal((N, C)).astype(np.float32)))
W = RNG.random(C).astype(np.float32)
S = RNG.random(N).astype(np.float32)
MASK = np.ones(C, bool)
MASK[np.setdiff1d(np.arange(0, C, 3), Y)] = False

LOSSES: dict[str, Any] = {
    "index": lambda x, y: ce.sparse_categorical_crossentropy(y, x, from_logits=True),
    "weights": lambda x, y: ce.sparse_categorical_crossentropy(
        y, x, from_logits=True, class_weight=W, sample_weight=S, z_loss=0.01, label_smoothing=0.1
    ),
    "ignored": lambda x, y: ce.sparse_categorical_crossentropy(
        y, x, from_logits=True, ignore_class=(3, 4), class_mask=MASK
    ),
    "numpy-labels": lambda x, y: ce.sparse_categorical_crossentropy(Y, x, from_logits=True),
    "probabilities": lambda x, y: ce.sparse_categorical_crossentropy(y, jax.nn.softmax(x)),
    "soft": lambda x, q: ce.categorical_crossentropy(q, x, from_logits=True),
    "binary": lambda x, q: ce.binary_crossentropy(q, x, from_logits=True),
}
BATCH, CLASSES, BOTH = (P("a", None), P("a")), (P(None, "b"), P(None)), (P("a", "b"), P("a"))
SPLITS = {
    AxisType.Auto: dict.fromkeys(LOSSES, (BATCH, CLASSES, BOTH)),
    AxisType.Explicit: {"weights": (BATCH, BOTH), "numpy-labels": (CLASSES, BOTH), "soft": (BOTH,)},
}
EXCHANGES = "all-gather|all-reduce|all-to-all|collective-permute|reduce-scatter"


def exchanged(program: str) -> Iterator[tuple[str, int]]:
    """Each operation between devices in a compiled program, and the elements that it gives."""
    for shapes, operation in re.findall(rf"= (\(.*?\)|\S+) ({EXCHANGES})(?:-start)?\(", program):
        for sizes in re.findall(r"\w+\[([\d,]*)\]", shapes):
            yield operation, int(np.prod([int(n) for n in sizes.split(",") if n], dtype=int))


@cache
def on_one_device(loss: str) -> Any:
    """Value and gradient without a mesh."""
    target = Q if loss in ("soft", "binary") else Y
    f = LOSSES["index" if loss in ("gathers", "shard_map") else loss]
    return jax.jit(jax.value_and_grad(f))(X, target)


def record(loss: str, mesh: Mesh, kind: str, split: P, rows: P) -> dict[str, Any]:
    f, target, target_split = LOSSES[loss], Y, rows
    if loss in ("soft", "binary"):
        target, target_split = Q, split
    x = jax.device_put(X, NamedSharding(mesh, split))
    y = jax.device_put(target, NamedSharding(mesh, target_split))
    program = jax.jit(jax.value_and_grad(f)).lower(x, y).compile()
    value, gradient = program(x, y)
    want, want_gradient = on_one_device(loss)
    return {
        "loss": loss,
        "mesh": kind,
        "split": str(split),
        "devices": len(gradient.devices()),
        "classes": C,
        "most": 8 * N,
        "exchanged": list(exchanged(program.as_text())),
        "value_error": abs(float(value) / float(want) - 1),
        "gradient_error": float(
            abs(np.asarray(gradient) - np.asarray(want_gradient)).max() / abs(want_gradient).max()
        ),
        "gradient_split": gradient.sharding.is_equivalent_to(x.sharding, 2),
    }


def show(record: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(record) + "\n")


def main() -> None:
    for loss in LOSSES:
        on_one_device(loss)
    for kind, losses in SPLITS.items():
        mesh = jax.make_mesh((2, 4), ("a", "b"), axis_types=(kind, kind))
        for loss, splits in losses.items():
            for split, rows in splits:
                with jax.set_mesh(mesh):
                    show(record(loss, mesh, kind.name, split, rows))
    mesh = jax.make_mesh((8,), ("a",), axis_types=(AxisType.Auto,))
    whole = NamedSharding(mesh, P())
    LOSSES["gathers"] = lambda x, y: LOSSES["index"](jax.lax.with_sharding_constraint(x, whole), y)
    show(record("gathers", mesh, "Auto", P(None, "a"), P(None)))

    @jax.shard_map(mesh=mesh, in_specs=(P("a"), P("a")), out_specs=P())
    def mean(x: Any, y: Any) -> Any:
        total, weight = ce.sparse_categorical_crossentropy(
            y, x, from_logits=True, reduction="parts"
        )
        return jax.lax.psum(total, "a") / jax.lax.psum(weight, "a")

    LOSSES["shard_map"] = mean
    show(record("shard_map", mesh, "Auto", P("a", None), P("a")))


if __name__ == "__main__":
    main()

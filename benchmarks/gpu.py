"""Measure the losses on the GPU of this machine, beside those of the frameworks.

    python benchmarks/gpu.py                    every shape and contender; writes results/gpu.json
    python benchmarks/gpu.py --to FILE.json     the same, elsewhere
    python benchmarks/gpu.py --shape vocabulary_f32 --contender torch crossent
    python benchmarks/gpu.py --list             what there is to measure

A step is forward and backward of the mean. Contenders take turns in one process for each framework,
and a round gives one time of each; what is noted are medians, and medians of the ratios of one
round to F.cross_entropy's. What could not be run is noted with the reason.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).resolve().parent / "results" / "gpu.json"
ROUNDS, CALLS = 15, 10


class Shape(NamedTuple):
    """Predictions of a training step."""

    rows: int
    classes: int
    dtype: str


SHAPES = {
    "vocabulary_f32": Shape(8_192, 32_000, "float32"),
    "vocabulary_bf16": Shape(8_192, 32_000, "bfloat16"),
    "large_vocabulary_bf16": Shape(8_192, 128_256, "bfloat16"),
    "few_classes_f32": Shape(1_000_000, 10, "float32"),
    "images_f32": Shape(65_536, 1_000, "float32"),
}
CONTENDERS = {
    "torch": ("torch", "torch.compile", "liger", "crossent", "crossent, operations",
              "crossent, torch.compile"),
    "jax": ("optax", "crossent in jax"),
    "tensorflow": ("tf.nn", "crossent in tensorflow"),
}  # fmt: skip
Step = Callable[[], Any]


def torch_steps(shape: Shape) -> tuple[dict[str, Step | str], Callable[[Step], dict[str, Any]]]:
    """Return the steps of PyTorch's contenders, or why one cannot be run, and the clock."""
    import torch
    import torch.nn.functional as F

    import crossent as ce

    if not torch.cuda.is_available():
        raise RuntimeError("PyTorch sees no GPU")
    x = torch.randn(shape.rows, shape.classes, device="cuda", dtype=getattr(torch, shape.dtype))
    x.requires_grad_()
    y = torch.randint(0, shape.classes, (shape.rows,), device="cuda")

    def step(loss: Callable[..., Any], before: Step = lambda: None) -> Step:
        def run() -> Any:
            before()
            value = loss(x, y)
            value.backward()
            x.grad = None
            return value

        return run

    def ours(x: Any, y: Any) -> Any:
        return ce.sparse_categorical_crossentropy(y, x, from_logits=True)

    steps: dict[str, Step | str] = {
        "torch": step(F.cross_entropy),
        "torch.compile": step(torch.compile(F.cross_entropy)),
        "crossent": step(ours, lambda: ce.use_kernels(True)),
        "crossent, operations": step(ours, lambda: ce.use_kernels(False)),
        "crossent, torch.compile": step(torch.compile(ours), lambda: ce.use_kernels(True)),
    }
    try:
        from liger_kernel.transformers.functional import liger_cross_entropy
    except ImportError as error:
        steps["liger"] = f"not installed: {error}"
    else:
        # It writes the gradient where the logits are: each step needs logits of its own.
        steps["liger"] = step(lambda x, y: liger_cross_entropy(x.clone(), y))

    def clock(run: Step) -> dict[str, Any]:
        torch.cuda.reset_peak_memory_stats()
        held = torch.cuda.memory_allocated()
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        for _ in range(CALLS):
            run()
        end.record()
        torch.cuda.synchronize()
        return {
            "ms": start.elapsed_time(end) / CALLS,
            "peak_bytes": torch.cuda.max_memory_allocated() - held,
            "path": ce.last_path(),
        }

    return steps, clock


def waits_of(run: Step) -> int:
    """Count how often a step waits for the device, by PyTorch's profiler."""
    from torch.profiler import ProfilerActivity, profile

    run()
    with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as seen:
        run()
    waiting = ("cudaStreamSynchronize", "cudaDeviceSynchronize", "cudaEventSynchronize")
    return sum(one.count for one in seen.key_averages() if one.key in waiting)


def jax_steps(shape: Shape) -> tuple[dict[str, Step | str], Callable[[Step], dict[str, Any]]]:
    """The same of JAX."""
    import jax
    import optax

    import crossent as ce

    if jax.default_backend() != "gpu":
        raise RuntimeError("JAX sees no GPU")
    keys = jax.random.split(jax.random.key(0))
    x = jax.random.normal(keys[0], shape[:2], dtype=shape.dtype)
    y = jax.random.randint(keys[1], (shape.rows,), 0, shape.classes)

    def theirs(x: Any) -> Any:
        return optax.softmax_cross_entropy_with_integer_labels(x, y).mean()

    def ours(x: Any) -> Any:
        return ce.sparse_categorical_crossentropy(y, x, from_logits=True)

    steps = {
        name: (lambda both: lambda: both(x))(jax.jit(jax.value_and_grad(loss)))
        for name, loss in (("optax", theirs), ("crossent in jax", ours))
    }
    return dict(steps), lambda run: timed(run, jax.block_until_ready)


def tensorflow_steps(
    shape: Shape,
) -> tuple[dict[str, Step | str], Callable[[Step], dict[str, Any]]]:
    """The same of TensorFlow."""
    import tensorflow as tf

    import crossent as ce

    if not tf.config.list_physical_devices("GPU"):
        raise RuntimeError("TensorFlow sees no GPU")
    x = tf.cast(tf.random.normal(shape[:2]), shape.dtype)
    y = tf.random.uniform((shape.rows,), 0, shape.classes, tf.int64)

    def step(loss: Callable[[Any], Any]) -> Step:
        @tf.function(jit_compile=True)
        def both() -> Any:
            with tf.GradientTape() as tape:
                tape.watch(x)
                value = loss(x)
            return value, tape.gradient(value, x)

        return lambda: both()

    def theirs(x: Any) -> Any:
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(y, tf.cast(x, tf.float32))
        return tf.reduce_mean(losses)

    def ours(x: Any) -> Any:
        return ce.sparse_categorical_crossentropy(y, x, from_logits=True)

    steps: dict[str, Step | str] = {"tf.nn": step(theirs), "crossent in tensorflow": step(ours)}
    return steps, lambda run: timed(run, lambda found: found[0].numpy())


def timed(run: Step, wait: Callable[[Any], Any]) -> dict[str, Any]:
    """Time a step by the clock of the host, over calls of which the last one is waited for."""
    import time

    start = time.perf_counter()
    for _ in range(CALLS):
        found = run()
    wait(found)
    return {"ms": (time.perf_counter() - start) * 1e3 / CALLS}


STEPS = {"torch": torch_steps, "jax": jax_steps, "tensorflow": tensorflow_steps}


def measured(framework: str, shape: Shape, names: list[str]) -> dict[str, Any]:
    """Measure the contenders of a framework in rounds; to be run in a process of its own."""
    try:
        steps, clock = STEPS[framework](shape)
    except Exception as error:
        return not_run(names, f"{type(error).__name__}: {error}")
    found: dict[str, Any] = {}
    running: dict[str, Step] = {}
    for name in names:
        step = steps[name]
        if isinstance(step, str):
            found[name] = {"not_run": step}
            continue
        try:
            for _ in range(3):
                clock(step)
            running[name] = step
        except Exception as error:  # a contender that fails is a result
            found[name] = {"not_run": f"{type(error).__name__}: {error}"}
    rounds: dict[str, list[dict[str, Any]]] = {name: [] for name in running}
    for _ in range(ROUNDS):
        for name, step in running.items():
            rounds[name].append(clock(step))
    first = next(iter(rounds), "")
    moved = shape.rows * shape.classes * (4 if shape.dtype == "float32" else 2)
    for name, times in rounds.items():
        ms = [one["ms"] for one in times]
        ratios = [a["ms"] / b["ms"] for a, b in zip(times, rounds[first], strict=True)]
        median = statistics.median(ms)
        found[name] = {
            **times[-1], "ms": median, "spread_ms": [min(ms), max(ms)],
            "ratio_to": first, "ratio": statistics.median(ratios),
            "gigabytes_a_second_of_3_passes": 3 * moved / median / 1e6,
        }  # fmt: skip
        if framework == "torch":
            found[name]["waits"] = waits_of(running[name])
    return found


def not_run(names: list[str], why: str) -> dict[str, Any]:
    """Note why contenders were not measured."""
    return {name: {"not_run": why} for name in names}


def machine() -> dict[str, Any]:
    """What is measured on; the driver's own answer, or why there is none."""
    query = ["nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]
    try:
        told = subprocess.run(query, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError) as error:
        told = f"not known: {error}"
    return {"gpu": told, "python": sys.version.split()[0]}


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    every = [name for names in CONTENDERS.values() for name in names]
    parser.add_argument("--shape", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--contender", nargs="+", choices=every, default=every)
    parser.add_argument("--to", type=Path, default=RESULTS, help="the file of the results")
    parser.add_argument("--list", action="store_true", help="show what there is and stop")
    parser.add_argument("--worker", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args(argv)
    if given.list:
        print("\n".join([*(f"{name}: {shape}" for name, shape in SHAPES.items()), *every]))
        return 0
    if given.worker:
        framework, shape = given.worker
        print(json.dumps(measured(framework, SHAPES[shape], given.contender)))
        return 0
    results: dict[str, Any] = {"machine": machine(), "shapes": {}}
    for shape in given.shape:
        found: dict[str, Any] = {}
        for framework, names in CONTENDERS.items():
            wanted = [name for name in names if name in given.contender]
            if wanted:
                found |= in_a_process(framework, shape, wanted)
        results["shapes"][shape] = {"shape": SHAPES[shape]._asdict(), "contenders": found}
        for name, one in found.items():
            print(shape, name, one.get("not_run") or f"{one['ms']:.3f} ms", flush=True)
    given.to.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    ran = [
        one for shape in results["shapes"].values() for one in shape["contenders"].values()
        if "ms" in one
    ]  # fmt: skip
    return 0 if ran else 1


def in_a_process(framework: str, shape: str, names: list[str]) -> dict[str, Any]:
    """Measure one framework: its memory is its own, and triton ends a process of TensorFlow's."""
    command = [sys.executable, __file__, "--worker", framework, shape, "--contender", *names]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        return not_run(names, done.stderr.strip()[-400:])
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

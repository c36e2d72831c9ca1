"""Write docs/guards.md's table: what a guard adds to a step of training on this machine's CPU.

python tools/guard_cost.py            measure each framework in a process of its own, and write
python tools/guard_cost.py torch      measure one, and print it

A step is that of the network of examples/digits: 64 inputs, 64 hidden, 10 classes, batches of 128,
AdamW. Guarded and plain steps take turns in short rounds; the fastest round of each counts, since
whatever else runs on the machine only makes a round slower.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "guards.md"
BEGIN = "<!-- table: begin (written by tools/guard_cost.py) -->\n"
END = "<!-- table: end -->\n"
PARTS = ("torch", "lightning", "hf", "jax", "keras-tensorflow", "keras-torch", "keras-jax")
ROUNDS, STEPS = 60, 25
BATCH, FEATURES, HIDDEN, CLASSES = 128, 64, 64, 10
NEVER = 10**9  # no step is looked into while it is timed

Run = Callable[[], None]


def fastest(plain: Run, guarded: Run, steps: int, rounds: int = ROUNDS) -> tuple[float, float]:
    """Return the seconds of a step, plain and guarded, in the fastest round of each."""
    plain(), guarded()
    best = [float("inf")] * 2
    for _ in range(rounds):
        for place, run in enumerate((plain, guarded)):
            start = time.perf_counter()
            run()
            best[place] = min(best[place], time.perf_counter() - start)
    return best[0] / steps, best[1] / steps


def torch_net() -> Any:
    import torch

    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Linear(FEATURES, HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, CLASSES)
    )


def measure_torch() -> tuple[float, float]:
    import torch

    from crossent.doctor import guards

    x, y = torch.randn(BATCH, FEATURES), torch.arange(BATCH) % CLASSES

    def runner(loss: Any) -> Run:
        net = torch_net()
        optimizer = torch.optim.AdamW(net.parameters(), 1e-2)

        def run() -> None:
            for _ in range(STEPS):
                optimizer.zero_grad()
                loss(net(x), y).backward()
                optimizer.step()

        return run

    loss = torch.nn.CrossEntropyLoss()
    return fastest(runner(loss), runner(guards.TorchLoss(loss, patience=NEVER)), STEPS)


def measure_lightning() -> tuple[float, float]:
    import lightning
    import torch

    from crossent.doctor import guards

    x, y = torch.randn(STEPS * BATCH, FEATURES), torch.arange(STEPS * BATCH) % CLASSES
    batches = torch.utils.data.DataLoader(
        list(zip(x.split(BATCH), y.split(BATCH), strict=True)), batch_size=None
    )

    class Module(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.net, self.criterion = torch_net(), torch.nn.CrossEntropyLoss()

        def forward(self, x: Any) -> Any:
            return self.net(x)

        def training_step(self, batch: Any, index: int) -> Any:
            return self.criterion(self(batch[0]), batch[1])

        def configure_optimizers(self) -> Any:
            return torch.optim.AdamW(self.parameters(), 1e-2)

    class Clock(lightning.Callback):
        """Times an epoch without what the Trainer does around it."""

        def __init__(self) -> None:
            self.best = float("inf")

        def on_train_batch_start(self, trainer: Any, module: Any, batch: Any, index: int) -> None:
            if index == 1:
                self.start = time.perf_counter()

        def on_train_epoch_end(self, *arguments: Any) -> None:
            self.best = min(self.best, (time.perf_counter() - self.start) / (STEPS - 1))

    best = []
    for callbacks in ([], [guards.LightningGuard(patience=NEVER)]):
        clock = Clock()
        trainer = lightning.Trainer(
            max_epochs=ROUNDS, callbacks=[*callbacks, clock], accelerator="cpu", logger=False,
            enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
        )  # fmt: skip
        trainer.fit(Module(), batches)
        best.append(clock.best)
    return best[0], best[1]


def measure_hf() -> tuple[float, float]:
    """Time the loss that the Trainer calls, in the step of a very small language model."""
    import torch
    import transformers

    from crossent.doctor import guards

    config = transformers.LlamaConfig(
        vocab_size=1000, hidden_size=64, intermediate_size=128, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=4,
    )  # fmt: skip
    ids = torch.arange(8 * 64).reshape(8, 64) % 1000

    def runner(guarded: bool) -> Run:
        torch.manual_seed(0)
        model = transformers.LlamaForCausalLM(config)
        optimizer = torch.optim.AdamW(model.parameters(), 1e-3)
        loss = guards.hf(model, patience=NEVER) if guarded else None

        def run() -> None:
            optimizer.zero_grad()
            if loss is None:
                value = model(input_ids=ids, labels=ids, num_items_in_batch=504).loss
            else:
                value = loss(model(input_ids=ids), ids, num_items_in_batch=504)
            value.backward()
            optimizer.step()

        return run

    return fastest(runner(False), runner(True), 1, 300)


def measure_jax() -> tuple[float, float]:
    import jax
    import jax.numpy as jnp
    import optax

    from crossent.doctor import guards

    optimizer = optax.adamw(1e-2)
    keys = jax.random.split(jax.random.key(0), 3)
    x, y = jax.random.normal(keys[0], (BATCH, FEATURES)), jnp.arange(BATCH) % CLASSES
    start = {
        "w": 0.1 * jax.random.normal(keys[1], (FEATURES, HIDDEN)),
        "v": 0.1 * jax.random.normal(keys[2], (HIDDEN, CLASSES)),
    }

    def logits(params: Any, x: Any) -> Any:
        return jax.nn.relu(x @ params["w"]) @ params["v"]

    @jax.jit
    def step(params: Any, state: Any, x: Any, y: Any) -> Any:
        def loss(params: Any) -> Any:
            terms = optax.softmax_cross_entropy_with_integer_labels(logits(params, x), y)
            return terms.mean()

        value, gradient = jax.value_and_grad(loss)(params)
        updates, state = optimizer.update(gradient, state, params)
        return optax.apply_updates(params, updates), state, value

    def runner(step: Any) -> Run:
        def run() -> None:
            params, state = start, optimizer.init(start)
            for _ in range(STEPS):
                params, state, loss = step(params, state, x, y)
            float(loss)

        return run

    guarded = guards.JaxStep(
        step,
        labels=lambda params, state, x, y: y,
        predictions=lambda params, state, x, y: logits(params, x),
        loss=optax.softmax_cross_entropy_with_integer_labels,
        patience=NEVER,
    )
    return fastest(runner(step), runner(guarded), STEPS)


def measure_keras() -> tuple[float, float]:
    import keras
    import numpy as np

    from crossent.doctor import guards

    x = np.random.default_rng(0).normal(size=(8 * STEPS * BATCH, FEATURES)).astype(np.float32)
    y = np.arange(len(x)) % CLASSES
    options = {"jit_compile": False} if keras.config.backend() == "tensorflow" else {}

    class Clock(keras.callbacks.Callback):
        """Times whole epochs: some backends return from a step before it is done."""

        best = float("inf")

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self.start = time.perf_counter()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.best = min(self.best, (time.perf_counter() - self.start) / (8 * STEPS))

    def fitted(loss: Any) -> float:
        layers = [keras.layers.Dense(HIDDEN, activation="relu"), keras.layers.Dense(CLASSES)]
        model = keras.Sequential([keras.Input((FEATURES,)), *layers])
        model.compile(keras.optimizers.AdamW(1e-2), loss=loss, **options)
        clock = Clock()
        model.fit(x, y, batch_size=BATCH, epochs=12, verbose=0, callbacks=[clock])
        return clock.best

    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    plain, guarded = fitted(loss), fitted(guards.KerasLoss(loss, patience=NEVER_IN_A_GRAPH))
    return min(plain, fitted(loss)), guarded


NEVER_IN_A_GRAPH = 10_000  # the losses are kept in a variable of this length


def measured(part: str) -> tuple[float, float]:
    """Measure one part in this process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of the frameworks
        name = "keras" if part.startswith("keras") else part
        seconds: tuple[float, float] = globals()[f"measure_{name}"]()
    return seconds


NAMES = {
    "torch": "`TorchLoss`",
    "lightning": "`LightningGuard`",
    "hf": "`hf`, a language model of 2 layers",
    "jax": "`JaxStep`",
    "keras-tensorflow": "`KerasLoss`, TensorFlow",
    "keras-torch": "`KerasLoss`, PyTorch",
    "keras-jax": "`KerasLoss`, JAX",
}


def table() -> str:
    """Measure every part in its own process, and write the rows."""
    lines = [
        "",
        "| Guard | Plain step, µs | Added, µs | Of the step | Under 1 % from steps of |",
        "| --- | --- | --- | --- | --- |",
    ]
    for part in PARTS:
        environment = {
            **os.environ,
            "KERAS_BACKEND": part.partition("-")[2] or "torch",
            "OMP_NUM_THREADS": "1",
            "TF_CPP_MIN_LOG_LEVEL": "3",
        }
        done = subprocess.run(
            [sys.executable, __file__, part],
            env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        plain, guarded = json.loads(done.stdout.splitlines()[-1])
        added = max(0.0, guarded - plain)
        lines.append(
            f"| {NAMES[part]} | {1e6 * plain:.0f} | {1e6 * added:.1f} | "
            f"{100 * added / plain:.1f} % | {1e5 * added:.1g} ms |"
        )
        print(lines[-1], flush=True)
    return "\n".join([*lines, "", ""])


def main(argv: list[str]) -> int:
    if argv:
        print(json.dumps(measured(argv[0])))
        return 0
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}{table()}{END}{rest.split(END)[1]}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

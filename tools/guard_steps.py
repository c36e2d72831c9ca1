"""Steps of training, plain and guarded, that guard_cost.py times: a pair for each framework.

The network has 256 inputs, two layers of 1024 and 10 classes; batches of 256, AdamW. The large one,
for a GPU, has two layers of 4096 and batches of 4096. Labels can be learned, so that no guard has
anything to say.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

BATCH, FEATURES, HIDDEN, CLASSES = 256, 256, 1024, 10
LARGE = 4096
STEPS = 4
GPU_STEPS = 20  # those of a GPU are short, and it may run behind the loop for some of them
EPOCH = 8  # steps that a trainer with a loop of its own takes between two looks at the clock
NEVER = 10**9  # no loss is looked into while it is timed

Run = Callable[[], float]
"""Takes some steps and returns the seconds of one."""


def timed(steps: int, take: Callable[[], None], finish: Callable[[], None] | None = None) -> Run:
    def run() -> float:
        start = time.perf_counter()
        for _ in range(steps):
            take()
        if finish:
            finish()
        return (time.perf_counter() - start) / steps

    return run


def data(rows: int = BATCH) -> tuple[Any, Any]:
    """Points, and as the label of each the place of its largest number among the first ten."""
    import numpy as np

    x = np.random.default_rng(0).normal(size=(rows, FEATURES)).astype(np.float32)
    return x, x[:, :CLASSES].argmax(1).astype(np.int64)


def torch_net(hidden: int = HIDDEN) -> Any:
    from torch import manual_seed, nn

    manual_seed(0)
    return nn.Sequential(
        nn.Linear(FEATURES, hidden), nn.ReLU(),
        nn.Linear(hidden, hidden), nn.ReLU(),
        nn.Linear(hidden, CLASSES),
    )  # fmt: skip


def torch_steps(device: str = "cpu", rows: int = BATCH, hidden: int = HIDDEN) -> tuple[Run, Run]:
    import torch

    from crossent.doctor import guards

    x, y = (torch.from_numpy(one).to(device) for one in data(rows))

    def runner(loss: Any) -> Run:
        net = torch_net(hidden).to(device)
        optimizer = torch.optim.AdamW(net.parameters(), 1e-3)

        def take() -> None:
            optimizer.zero_grad()
            loss(net(x), y).backward()
            optimizer.step()

        if device != "cpu":
            return timed(GPU_STEPS, take, torch.cuda.synchronize)
        return timed(STEPS, take)

    loss = torch.nn.CrossEntropyLoss()
    return runner(loss), runner(guards.TorchLoss(loss, patience=NEVER))


def lightning_steps(device: str = "cpu") -> tuple[Run, Run]:
    import lightning
    import torch

    from crossent.doctor import guards

    x, y = map(torch.from_numpy, data(EPOCH * BATCH))
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
            return torch.optim.AdamW(self.parameters(), 1e-3)

    class Clock(lightning.Callback):
        """Times an epoch without its first step and what the Trainer does around it."""

        def on_train_batch_start(self, trainer: Any, module: Any, batch: Any, index: int) -> None:
            if index == 1:
                self.start = time.perf_counter()

        def on_train_epoch_end(self, *arguments: Any) -> None:
            if device != "cpu":
                torch.cuda.synchronize()
            self.seconds = (time.perf_counter() - self.start) / (EPOCH - 1)

    def runner(callbacks: list[Any]) -> Run:
        module, clock = Module(), Clock()

        def run() -> float:
            trainer = lightning.Trainer(
                max_epochs=1, callbacks=[*callbacks, clock], accelerator=device, devices=1,
                logger=False, enable_checkpointing=False, enable_progress_bar=False,
                enable_model_summary=False,
            )  # fmt: skip
            trainer.fit(module, batches)
            return clock.seconds

        return run

    return runner([]), runner([guards.LightningGuard(patience=NEVER)])


def hf_steps(device: str = "cpu") -> tuple[Run, Run]:
    """The loss that the Trainer calls, in the step of a very small language model."""
    import torch
    import transformers

    from crossent.doctor import guards

    config = transformers.LlamaConfig(
        vocab_size=1000, hidden_size=64, intermediate_size=128, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=4,
    )  # fmt: skip
    ids = torch.arange(8 * 64, device=device).reshape(8, 64) % 1000

    def runner(guarded: bool) -> Run:
        torch.manual_seed(0)
        model = transformers.LlamaForCausalLM(config).to(device)
        optimizer = torch.optim.AdamW(model.parameters(), 1e-3)
        loss = guards.hf(model, patience=NEVER) if guarded else None

        def take() -> None:
            optimizer.zero_grad()
            if loss is None:
                value = model(input_ids=ids, labels=ids, num_items_in_batch=504).loss
            else:
                value = loss(model(input_ids=ids), ids, num_items_in_batch=504)
            value.backward()
            optimizer.step()

        if device != "cpu":
            return timed(GPU_STEPS, take, torch.cuda.synchronize)
        return timed(2, take)

    return runner(False), runner(True)


def jax_steps(device: str = "cpu", rows: int = BATCH, hidden: int = HIDDEN) -> tuple[Run, Run]:
    import jax
    import jax.numpy as jnp
    import optax

    from crossent.doctor import guards

    optimizer = optax.adamw(1e-3)
    jax.config.update("jax_default_device", jax.devices(device)[0])
    steps = STEPS if device == "cpu" else GPU_STEPS
    x, y = map(jnp.asarray, data(rows))
    sizes = (FEATURES, hidden, hidden, CLASSES)
    keys = jax.random.split(jax.random.key(0), 3)
    start = [
        jax.random.normal(key, (sizes[i], sizes[i + 1])) / sizes[i] ** 0.5
        for i, key in enumerate(keys)
    ]
    loss_of = optax.softmax_cross_entropy_with_integer_labels

    def logits(params: Any, x: Any) -> Any:
        for matrix in params[:-1]:
            x = jax.nn.relu(x @ matrix)
        return x @ params[-1]

    @jax.jit
    def step(params: Any, state: Any, x: Any, y: Any) -> Any:
        value, gradient = jax.value_and_grad(lambda p: loss_of(logits(p, x), y).mean())(params)
        updates, state = optimizer.update(gradient, state, params)
        return optax.apply_updates(params, updates), state, value

    def runner(step: Any) -> Run:
        def run() -> float:
            params, state = start, optimizer.init(start)
            begin = time.perf_counter()
            for _ in range(steps):
                params, state, loss = step(params, state, x, y)
            jax.block_until_ready(loss)
            return (time.perf_counter() - begin) / steps

        return run

    guarded = guards.JaxStep(
        step,
        labels=lambda params, state, x, y: y,
        predictions=lambda params, state, x, y: logits(params, x),
        loss=loss_of,
        patience=NEVER,
    )
    return runner(step), runner(guarded)


def keras_steps() -> tuple[Run, Run]:
    import keras

    from crossent.doctor import guards

    x, y = data(EPOCH * BATCH)
    backend = keras.config.backend()
    # With the patience that everyone has: on TensorFlow it decides how often the graph is left.
    patience = {"patience": NEVER} if backend == "torch" else {}

    class Clock(keras.callbacks.Callback):
        """Times whole epochs: some backends return from a step before it is done."""

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self.start = time.perf_counter()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.seconds = (time.perf_counter() - self.start) / EPOCH

    def runner(loss: Any) -> Run:
        hidden = [keras.layers.Dense(HIDDEN, activation="relu") for _ in range(2)]
        model = keras.Sequential([keras.Input((FEATURES,)), *hidden, keras.layers.Dense(CLASSES)])
        options = {"jit_compile": False} if backend == "tensorflow" else {}
        model.compile(keras.optimizers.AdamW(1e-3), loss=loss, **options)
        guards.fit_check(model, x, y)
        clock = Clock()

        def run() -> float:
            model.fit(x, y, batch_size=BATCH, verbose=0, callbacks=[clock])
            return clock.seconds

        return run

    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return runner(loss), runner(guards.KerasLoss(loss, **patience))


PAIRS = {
    "torch": torch_steps,
    "torch_gpu": partial(torch_steps, "cuda"),
    "torch_gpu_large": partial(torch_steps, "cuda", LARGE, LARGE),
    "lightning": lightning_steps,
    "lightning_gpu": partial(lightning_steps, "cuda"),
    "hf": hf_steps,
    "hf_gpu": partial(hf_steps, "cuda"),
    "jax": jax_steps,
    "jax_gpu": partial(jax_steps, "gpu"),
    "jax_gpu_large": partial(jax_steps, "gpu", LARGE, LARGE),
    "keras": keras_steps,
}

"""Train a small network on handwritten digits in JAX, with crossent and with optax's own loss.

    python examples/digits/train_jax.py

The same network is trained four times for each optimizer of optax: with integer labels and with
one-hot labels, each with crossent and with optax's loss. The curves agree within rounding, the
accuracy on held-out images is the same.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
from sklearn.datasets import load_digits

import crossent as ce

CLASSES = 10
BATCH = 128
EPOCHS = 15

Parameters = dict[str, jax.Array]

LOSSES: dict[str, Callable[[jax.Array, jax.Array], jax.Array]] = {
    "crossent, integers": ce.SparseCategoricalCrossentropy(from_logits=True),
    "crossent, one-hot": ce.CategoricalCrossentropy(from_logits=True),
    "optax, integers": lambda labels, logits: jnp.mean(
        optax.softmax_cross_entropy_with_integer_labels(logits, labels)
    ),
    "optax, one-hot": lambda targets, logits: jnp.mean(
        optax.softmax_cross_entropy(logits, targets)
    ),
}

OPTIMIZERS: dict[str, optax.GradientTransformation] = {
    "SGD": optax.sgd(0.3, momentum=0.9),
    "AdamW": optax.adamw(3e-3),
}


def load_split() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return images and labels to train on, then those held out: every fourth image."""
    digits = load_digits()
    images, labels = (digits.data / 16).astype(np.float32), digits.target.astype(np.int32)
    held_out = np.arange(len(labels)) % 4 == 3
    return images[~held_out], labels[~held_out], images[held_out], labels[held_out]


def start() -> Parameters:
    """Return the weights to start from; the same at every call."""
    first, second = jax.random.split(jax.random.key(0))
    return {
        "hidden": jax.random.normal(first, (64, 64)) / 8,
        "hidden_bias": jnp.zeros(64),
        "output": jax.random.normal(second, (64, CLASSES)) / 8,
        "output_bias": jnp.zeros(CLASSES),
    }


def logits_of(parameters: Parameters, images: jax.Array) -> jax.Array:
    """Return one row of ten numbers for each image."""
    hidden = jax.nn.relu(images @ parameters["hidden"] + parameters["hidden_bias"])
    return hidden @ parameters["output"] + parameters["output_bias"]


def train(loss_name: str, optimizer_name: str, epochs: int = EPOCHS) -> tuple[list[float], float]:
    """Return the loss of every step, and the accuracy on the images held out."""
    images, labels, held_images, held_labels = load_split()
    one_hot = loss_name.endswith("one-hot")
    targets = np.eye(CLASSES, dtype=np.float32)[labels] if one_hot else labels
    optimizer, loss_of = OPTIMIZERS[optimizer_name], LOSSES[loss_name]
    parameters = start()
    state = optimizer.init(parameters)

    @partial(jax.jit, donate_argnums=(0, 1))
    def step(
        parameters: Parameters, state: optax.OptState, images: jax.Array, targets: jax.Array
    ) -> tuple[Parameters, optax.OptState, jax.Array]:
        loss, gradient = jax.value_and_grad(
            lambda parameters: loss_of(targets, logits_of(parameters, images))
        )(parameters)
        updates, state = optimizer.update(gradient, state, parameters)
        return optax.apply_updates(parameters, updates), state, loss

    curve = []
    for epoch in range(epochs):
        order = np.random.default_rng(epoch).permutation(len(images))
        for at in range(0, len(order), BATCH):
            batch = order[at : at + BATCH]
            parameters, state, loss = step(parameters, state, images[batch], targets[batch])
            curve.append(float(loss))
    right = logits_of(parameters, held_images).argmax(axis=1) == held_labels
    return curve, float(right.mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    epochs: int = parser.parse_args().epochs

    for optimizer in OPTIMIZERS:
        for loss in LOSSES:
            curve, accuracy = train(loss, optimizer, epochs)
            print(
                f"{optimizer:<6} {loss:<19} first loss {curve[0]:.6f}  last {curve[-1]:.6f}  "
                f"held-out accuracy {accuracy:.4f}"
            )


if __name__ == "__main__":
    main()

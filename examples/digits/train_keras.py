"""Train a small network on handwritten digits in Keras, with crossent's losses and with Keras's.

    KERAS_BACKEND=jax python examples/digits/train_keras.py

The same network is trained with each loss, on integer labels and on one-hot labels. What changes is
where the loss is imported from; the curve is the same.
"""

from __future__ import annotations

import argparse

import keras
import numpy as np
from sklearn.datasets import load_digits

from crossent.compat import keras as drop_in

CLASSES = 10
BATCH = 128
EPOCHS = 3

LOSSES = {
    "crossent, integers": drop_in.SparseCategoricalCrossentropy(from_logits=True),
    "crossent, one-hot": drop_in.CategoricalCrossentropy(from_logits=True),
    "keras, integers": keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    "keras, one-hot": keras.losses.CategoricalCrossentropy(from_logits=True),
}


def load_split() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return images and labels to train on, then those held out: every fourth image."""
    digits = load_digits()
    images, labels = (digits.data / 16).astype(np.float32), digits.target
    held_out = np.arange(len(labels)) % 4 == 3
    return images[~held_out], labels[~held_out], images[held_out], labels[held_out]


def make_model() -> keras.Model:
    """Return the network; the same weights at every call."""
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((64,)),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dense(CLASSES),
        ]
    )


class Curve(keras.callbacks.Callback):
    """Keeps the loss that Keras shows after every batch."""

    def __init__(self) -> None:
        super().__init__()
        self.losses: list[float] = []

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self.losses.append(float((logs or {})["loss"]))


def train(loss_name: str, epochs: int = EPOCHS) -> tuple[list[float], float]:
    """Return the loss after every batch, and the accuracy on the images held out."""
    images, labels, held_images, held_labels = load_split()
    targets = np.eye(CLASSES)[labels] if loss_name.endswith("one-hot") else labels
    model, curve = make_model(), Curve()
    model.compile(keras.optimizers.SGD(0.3, momentum=0.9), loss=LOSSES[loss_name])
    model.fit(
        images, targets, batch_size=BATCH, epochs=epochs, shuffle=False, verbose=0,
        callbacks=[curve],
    )  # fmt: skip
    right = model.predict(held_images, verbose=0).argmax(axis=1) == held_labels
    return curve.losses, float(right.mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    epochs: int = parser.parse_args().epochs

    print(f"Keras {keras.version()} on {keras.config.backend()}")
    for loss in LOSSES:
        curve, accuracy = train(loss, epochs)
        print(
            f"{loss:<19} first loss {curve[0]:.6f}  last {curve[-1]:.6f}  "
            f"held-out accuracy {accuracy:.4f}"
        )


if __name__ == "__main__":
    main()

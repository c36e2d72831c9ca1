"""Train multinomial logistic regression on handwritten digits: crossent, NumPy and SciPy.

    python examples/digits/train.py

crossent gives the loss and its gradient to the logits, the chain rule carries that gradient to
the weights, and SciPy's L-BFGS takes the steps. The held-out labels, logits and probabilities are
written next to this file (or to --out), where `crossent evaluate` reads them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.special import softmax
from sklearn.datasets import load_digits

import crossent as ce

HERE = Path(__file__).resolve().parent
CLASSES = 10
L2 = 1e-3
"""Penalty: L2 / 2 times the sum of the squared weights, not of the biases, on the mean loss."""

loss_and_grad = ce.value_and_grad(ce.SparseCategoricalCrossentropy(from_logits=True))


def load_split() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return images and labels to train on, then those held out: every fourth image.

    No random numbers, so that the split is the same with every version of every library.
    """
    digits = load_digits()
    images, labels = digits.data / 16, digits.target  # pixels are whole numbers from 0 to 16
    held_out = np.arange(len(labels)) % 4 == 3
    return images[~held_out], labels[~held_out], images[held_out], labels[held_out]


def objective(
    parameters: np.ndarray, images: np.ndarray, labels: np.ndarray
) -> tuple[float, np.ndarray]:
    """Return the penalised mean loss and its gradient to weights and biases, laid out flat."""
    weights, biases = unpack(parameters)
    value, grad_logits = loss_and_grad(labels, images @ weights + biases)
    grad_weights = images.T @ grad_logits + L2 * weights
    grad_biases = grad_logits.sum(axis=0)
    penalty = L2 / 2 * np.sum(weights**2)
    return float(value + penalty), np.concatenate([grad_weights.ravel(), grad_biases])


def unpack(parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return weights, shape (pixels, 10), and biases, shape (10,)."""
    return parameters[:-CLASSES].reshape(-1, CLASSES), parameters[-CLASSES:]


def fit(images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Minimise the objective from zero; it is convex, so there is one optimum to find."""
    start = np.zeros((images.shape[1] + 1) * CLASSES)
    options = {"maxiter": 1000, "gtol": 1e-7, "ftol": 1e-15}
    found = minimize(
        objective, start, args=(images, labels), jac=True, method="L-BFGS-B", options=options
    )
    if not found.success:
        message = f"L-BFGS stopped early: {found.message}"
        raise RuntimeError(message)
    return unpack(found.x)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=HERE, help="folder for the three files")
    out: Path = parser.parse_args().out

    train_images, train_labels, images, labels = load_split()
    print(f"{len(train_labels)} images to train on, {len(labels)} held out")
    weights, biases = fit(train_images, train_labels)

    # float32, as most models give; the probabilities are those of the logits as they are stored.
    logits = (images @ weights + biases).astype(np.float32)
    probabilities = softmax(logits.astype(np.float64), axis=1).astype(np.float32)
    loss = ce.sparse_categorical_crossentropy(labels, logits, from_logits=True)
    print(f"held-out loss      {loss:.4f} nats")
    print(f"held-out accuracy  {np.mean(logits.argmax(axis=1) == labels):.4f}")

    np.save(out / "labels.npy", labels.astype(np.int64))
    np.save(out / "logits.npy", logits)
    np.save(out / "probabilities.npy", probabilities)
    print("wrote labels.npy, logits.npy, probabilities.npy")


if __name__ == "__main__":
    main()

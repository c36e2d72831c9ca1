"""Train a small network on handwritten digits in PyTorch, with crossent and with torch's own loss.

    python examples/digits/train_torch.py

The same network is trained four times for each optimizer: with integer labels and with one-hot
labels, each with crossent and with torch.nn.functional.cross_entropy. The curves agree within
rounding, the accuracy on held-out images is the same.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import Tensor, nn

import crossent as ce

CLASSES = 10
BATCH = 128
EPOCHS = 8

LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "crossent, integers": ce.SparseCategoricalCrossentropy(from_logits=True),
    "crossent, one-hot": ce.CategoricalCrossentropy(from_logits=True),
    "torch, integers": lambda labels, logits: F.cross_entropy(logits, labels),
    "torch, one-hot": lambda targets, logits: F.cross_entropy(logits, targets),
}

OPTIMIZERS: dict[str, Callable[[nn.Module], torch.optim.Optimizer]] = {
    "SGD": lambda model: torch.optim.SGD(model.parameters(), lr=0.3, momentum=0.9),
    "AdamW": lambda model: torch.optim.AdamW(model.parameters(), lr=1e-2),
}


def load_split() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return images and labels to train on, then those held out: every fourth image."""
    digits = load_digits()
    images = torch.tensor(digits.data / 16, dtype=torch.float32)
    labels = torch.tensor(digits.target)
    held_out = torch.arange(len(labels)) % 4 == 3
    return images[~held_out], labels[~held_out], images[held_out], labels[held_out]


def make_model() -> nn.Module:
    """Return the network; the same weights at every call."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, CLASSES))


def train(loss_name: str, optimizer_name: str, epochs: int = EPOCHS) -> tuple[list[float], float]:
    """Return the loss of every step, and the accuracy on the images held out."""
    images, labels, held_images, held_labels = load_split()
    one_hot = loss_name.endswith("one-hot")
    targets = F.one_hot(labels, CLASSES).float() if one_hot else labels
    model = make_model()
    optimizer = OPTIMIZERS[optimizer_name](model)
    loss_of = LOSSES[loss_name]
    curve = []
    for epoch in range(epochs):
        order = torch.randperm(len(images), generator=torch.Generator().manual_seed(epoch))
        for batch in order.split(BATCH):
            loss = loss_of(targets[batch], model(images[batch]))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            curve.append(loss.item())
    with torch.no_grad():
        right = model(held_images).argmax(dim=1) == held_labels
    return curve, right.float().mean().item()


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

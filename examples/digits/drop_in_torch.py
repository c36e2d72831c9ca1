"""Train a network on handwritten digits with torch.nn's loss, and with crossent's in its place.

    python examples/digits/drop_in_torch.py

Nothing but the import differs, and the curves are the same.
"""

from __future__ import annotations

import argparse

import torch
from sklearn.datasets import load_digits
from torch import nn

from crossent.compat import torch as drop_in

BATCH = 128
EPOCHS = 3
LOSSES = {"torch": nn.CrossEntropyLoss, "crossent": drop_in.CrossEntropyLoss}


def train(name: str, epochs: int = EPOCHS) -> list[float]:
    """Return the loss of every step."""
    digits = load_digits()
    images = torch.tensor(digits.data / 16, dtype=torch.float32)
    labels = torch.tensor(digits.target)
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    loss_of = LOSSES[name](label_smoothing=0.1)
    curve = []
    for epoch in range(epochs):
        order = torch.randperm(len(images), generator=torch.Generator().manual_seed(epoch))
        for batch in order.split(BATCH):
            loss = loss_of(model(images[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            curve.append(loss.item())
    return curve


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    epochs: int = parser.parse_args().epochs
    curves = {name: train(name, epochs) for name in LOSSES}
    for name, curve in curves.items():
        print(f"{name:<9} first loss {curve[0]:.6f}  last {curve[-1]:.6f}")
    apart = max(abs(a - b) for a, b in zip(*curves.values(), strict=True))
    print(f"furthest apart: {apart:.1e}")


if __name__ == "__main__":
    main()

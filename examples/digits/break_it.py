"""Break the digits files in the ways that happen to people: every file of broken/ comes from here.

    python examples/digits/break_it.py

broken/cases.toml says how each file is used, which error that ends in and what mends it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
CLASSES = 10


def from_1(labels: np.ndarray) -> np.ndarray:
    """Return labels numbered from 1 to 10, as people count."""
    return labels + 1


def one_hot(labels: np.ndarray) -> np.ndarray:
    """Return a 1 in the column of the class and 0 elsewhere: another layout of the same labels."""
    return np.eye(CLASSES, dtype=np.float32)[labels]


def multi_label(labels: np.ndarray) -> np.ndarray:
    """Return the labels of pictures that show two digits: a row's own and that of the next row."""
    here = one_hot(labels)
    return np.maximum(here, np.roll(here, -1, axis=0))


def with_minus_1(labels: np.ndarray) -> np.ndarray:
    """Return labels of which every 20th is -1, for "nobody could read this one"."""
    return np.where(np.arange(len(labels)) % 20 == 19, -1, labels)


def scaled(labels: np.ndarray) -> np.ndarray:
    """Return labels from 0 to 1: every column of a table was scaled, the label column too."""
    return labels / (CLASSES - 1)


def broken_files(
    labels: np.ndarray, logits: np.ndarray, probabilities: np.ndarray
) -> dict[str, np.ndarray]:
    """Return what goes into each file of broken/."""
    return {
        "labels_from_1.npy": from_1(labels),
        "labels_one_hot.npy": one_hot(labels),
        "labels_multi_label.npy": multi_label(labels),
        "labels_with_minus_1.npy": with_minus_1(labels),
        "labels_scaled.npy": scaled(labels),
        # The name says one thing, the numbers another.
        "logits_after_softmax.npy": probabilities,
        "probabilities_without_softmax.npy": logits,
        "swapped_labels.npy": logits,
        "swapped_logits.npy": labels,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=HERE / "broken", help="folder for the files")
    out: Path = parser.parse_args().out

    good = [np.load(HERE / f"{name}.npy") for name in ("labels", "logits", "probabilities")]
    for name, array in broken_files(*good).items():
        np.save(out / name, array)
        print(f"{name:<34}{array.dtype!s:<9}{array.shape}")


if __name__ == "__main__":
    main()

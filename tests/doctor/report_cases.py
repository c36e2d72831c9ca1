"""Inputs as people report them: what must be found first, and the advice, applied to the letter.

`applied` is the line of code that the finding gives, run on the input; what comes of it must be
healthy. It is None where the advice is no line of code (a learning rate, a look at the data).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit, softmax

Given = dict[str, Any]


@dataclass(frozen=True)
class Reported:
    """An input with a fault."""

    name: str
    code: str
    given: Given
    says: tuple[str, ...] = ()  # stands in what was seen or in the advice
    applied: Callable[[Given], Given] | None = None
    alone: bool = True
    severity: str = "error"


RNG = np.random.default_rng(21)
N, C = 80, 5
Y = RNG.integers(0, C, N)
X = RNG.normal(size=(N, C)) + 3 * np.eye(C)[Y]
P = softmax(X, axis=1)
TWO = Y % 2
ONE = expit(RNG.normal(size=N) + 3 * (TWO - 0.5))
SEVERAL = (RNG.uniform(size=(N, C)) < 0.4) * 1.0
RAW = RNG.normal(size=(N, C)) + 3 * (SEVERAL - 0.5)
NOISE = RNG.normal(size=(N, C))
SIGNS = RNG.choice([-1, 0, 1], N)
IMAGE = (RNG.uniform(size=(3, 12, 12)) < 0.4) * 1
IMAGE_P = expit(RNG.normal(size=IMAGE.shape) + 4 * (IMAGE - 0.5))


def given(y: Any = None, p: Any = None, **options: Any) -> Given:
    return {"y_true": y, "y_pred": p, **options}


def replaced(**what: Any) -> Callable[[Given], Given]:
    """Change arguments; a function is given the old value."""

    def change(old: Given) -> Given:
        return {
            **old, **{k: v(old[k]) if callable(v) else v for k, v in what.items()},
        }  # fmt: skip

    return change


DIVERGED = (
    Reported("logits of a learning rate that is too high", "CE217",
             given(Y, NOISE * 3e4, from_logits=True), ("learning rate", "mean loss")),
    Reported("after a ReLU", "CE217", given(Y, np.maximum(NOISE, 0) * 1e6, from_logits=True)),
    Reported("all below 0", "CE217", given(Y, -np.abs(NOISE) * 1e5, from_logits=True)),
    Reported("not said to be logits", "CE217", given(Y, NOISE * 1e5)),
    Reported("float32 of 1e30", "CE217",
             given(Y, (NOISE * 1e30).astype("f"), loss="torch.nn.CrossEntropyLoss")),
    Reported("of a sequence", "CE217",
             given(Y.reshape(8, 10), NOISE.reshape(8, 10, C) * 1e5, from_logits=True)),
    Reported("log-probabilities of it", "CE217",
             given(Y, NOISE * 1e6 - (NOISE * 1e6).max(1, keepdims=True),
                   loss="torch.nn.NLLLoss")),
    Reported("of a binary loss", "CE217",
             given(TWO, NOISE[:, 0] * 1e5, loss="torch.nn.BCEWithLogitsLoss")),
    Reported("a history that grows", "CE217",
             {"num_classes": 10, "history": [2.4, 2.2, 7.0, 90.0, 2100.0, 8e4]}, ("grows",)),
    Reported("a mask at the label is no such run", "CE212",
             given(Y, np.where(RNG.uniform(size=(N, C)) < 0.3, -1e9, X), from_logits=True)),
    Reported("nor are two masks, one on the other", "CE212",
             given(Y, np.where(RNG.uniform(size=(N, C)) < 0.3, -1e9, X)
                   + np.where(RNG.uniform(size=(N, C)) < 0.2, -1e9, 0), from_logits=True)),
    Reported("nor is the lowest number of float32", "CE212",
             given(Y, np.where(RNG.uniform(size=(N, C)) < 0.3, np.finfo("f").min, X),
                   from_logits=True)),
)  # fmt: skip

LABELS = (
    Reported("-1 is half of the labels of two columns", "CE103",
             given(np.where(SIGNS == 0, -1, Y % 2), num_classes=2),
             ("ignore_class=-1", "y_true + 1", "3 outputs"),
             replaced(y_true=lambda y: y + 1, num_classes=3)),
    Reported("and is left out", "CE103", given(np.where(SIGNS == 0, -1, Y % 2), num_classes=2),
             (), replaced(ignore_class=-1)),
    Reported("-1 and 1 for two classes", "CE103", given(np.where(TWO, 1, -1), num_classes=2),
             ("(y_true + 1) // 2",), replaced(y_true=lambda y: (y + 1) // 2)),
    Reported("-1, 0 and 1 of three classes", "CE103", given(SIGNS, num_classes=3),
             ("y_true + 1",), replaced(y_true=lambda y: y + 1)),
    Reported("outside on both sides", "CE101", given(np.r_[Y, -4, 11], num_classes=C),
             ("-4", "12 outputs", "ignore_class=-4"), replaced(ignore_class=-4, num_classes=12)),
    Reported("several on both sides", "CE101", given(np.r_[Y, -4, -9, 11, 8], num_classes=C),
             ("ignore_class=(-9, -4)",), replaced(ignore_class=(-9, -4), num_classes=12)),
    Reported("the device hides a mark", "CE103",
             given(np.r_[Y, -1], num_classes=C, framework="jax"), ("-1",), alone=False),
    Reported("the device hides labels that count from 1", "CE104",
             given(Y + 1, X, from_logits=True, device="cuda:0"), ("y_true - 1",), alone=False),
    Reported("the device hides grey levels", "CE210",
             given(RNG.choice([0, 128, 255], N), NOISE[:, :3], from_logits=True, device="mps"),
             alone=False),
)  # fmt: skip

ACTIVATIONS = (
    Reported("multi-hot labels, softmax, BCELoss", "CE301",
             given(SEVERAL, softmax(RAW, axis=1), loss="torch.nn.BCELoss"), ("sigmoid",),
             replaced(y_pred=expit(RAW))),
    Reported("the same in Keras", "CE301",
             given(SEVERAL, softmax(RAW, axis=1).astype("f"),
                   loss="keras.losses.BinaryCrossentropy"), ("sigmoid",),
             replaced(y_pred=expit(RAW))),
    Reported("multi-label masks with the classes on axis 1", "CE301",
             given(np.stack([IMAGE] * 3, 1), softmax(RNG.normal(size=(3, 3, 12, 12)), axis=1),
                   loss="torch.nn.BCELoss"), ("axis 1",)),
    Reported("multi-hot labels, softmax, BCEWithLogitsLoss", "CE105",
             given(SEVERAL, softmax(RAW, axis=1), loss="torch.nn.BCEWithLogitsLoss"),
             ("Remove the softmax",), replaced(y_pred=RAW)),
    Reported("one-hot labels, softmax, binary loss", "CE301",
             given(np.eye(C)[Y], P, loss="binary"), ("one 1", "loss='dense'"),
             replaced(loss="dense", from_logits=False), severity="warning"),
    Reported("class labels, sigmoid outputs", "CE406",
             given(Y, expit(X), loss="keras.losses.SparseCategoricalCrossentropy"),
             ("softmax instead of a sigmoid",), replaced(y_pred=P)),
    Reported("one-hot labels, sigmoid outputs", "CE406",
             given(np.eye(C)[Y], expit(X), loss="keras.losses.CategoricalCrossentropy"),
             ("softmax instead of a sigmoid",), replaced(y_pred=P)),
    Reported("one sigmoid output, one-hot labels", "CE112",
             given(np.eye(2)[TWO], ONE[:, None], loss="keras.losses.BinaryCrossentropy"),
             ("y_true[:, 1:]", "2 outputs with a softmax"),
             replaced(y_true=lambda y: y[:, 1:])),
    Reported("one flat sigmoid output, one-hot labels", "CE112",
             given(np.eye(2)[TWO], ONE, loss="torch.nn.BCELoss"), ("y_true[:, 1]",),
             replaced(y_true=lambda y: y[:, 1])),
    Reported("one output, one-hot labels, dense loss", "CE302",
             given(np.eye(2)[TWO], ONE[:, None], loss="keras.losses.CategoricalCrossentropy"),
             ("y_true[:, 1:]",), replaced(y_true=lambda y: y[:, 1:], loss="binary")),
    Reported("one output, five classes", "CE112",
             given(np.eye(C)[Y], ONE[:, None], loss="binary"), ("5 outputs with a softmax",)),
    Reported("cosines without a scale", "CE105",
             given(Y, np.clip(0.15 * NOISE + 0.6 * np.eye(C)[Y], -1, 1), from_logits=True),
             ("20 * y_pred", "0.43"), replaced(y_pred=lambda x: 20 * x), severity="note"),
    Reported("sigmoids into a softmax cross-entropy", "CE105",
             given(Y, expit(X), loss="torch.nn.CrossEntropyLoss"), ("sigmoid",),
             replaced(y_pred=X), severity="note"),
    Reported("integer one-hot rows to PyTorch", "CE111",
             given(np.eye(C, dtype=int)[Y], X, loss="torch.nn.CrossEntropyLoss"),
             ("y_true.float()", "argmax(1)"), replaced(y_true=lambda y: y.astype(np.float32))),
    Reported("and their argmax", "CE111",
             given(np.eye(C, dtype=int)[Y], X, loss="torch.nn.CrossEntropyLoss"), (),
             replaced(y_true=lambda y: y.argmax(1))),
    Reported("a mask of 0 and 255", "CE308",
             given(255 * IMAGE, IMAGE_P, loss="torch.nn.BCELoss"), ("y_true / 255",),
             replaced(y_true=lambda y: y / 255)),
    Reported("a mask with soft edges", "CE308",
             given((IMAGE_P * 255).astype(np.uint8), IMAGE_P, loss="binary"), ("y_true / 255",),
             replaced(y_true=lambda y: y / 255)),
    Reported("0 and 127", "CE308", given(127 * TWO, ONE, loss="binary"), ("y_true / 127",),
             replaced(y_true=lambda y: y / 127)),
)  # fmt: skip

SHAPES = (
    Reported("flat scores, class by class", "CE112", given(Y, X.T.reshape(-1), from_logits=True),
             ("y_pred.reshape(5, 80).T",), replaced(y_pred=lambda p: p.reshape(C, N).T)),
    Reported("flat probabilities, class by class", "CE112", given(Y[:9], P[:9].T.reshape(-1)),
             ("y_pred.reshape(5, 9).T",), replaced(y_pred=lambda p: p.reshape(C, 9).T)),
    Reported("flat scores, row by row", "CE112", given(Y, X.reshape(-1), from_logits=True),
             ("y_pred.reshape(80, 5).",), replaced(y_pred=lambda p: p.reshape(N, C))),
    Reported("flat scores in no clear order", "CE112", given(Y, NOISE.reshape(-1)),
             ("5 predictions for every label", "reshape(5, 80).T", "reshape(80, 5)")),
    Reported("flat scores, a column of labels", "CE112",
             given(Y[:, None], X.T.reshape(-1), from_logits=True), ("reshape(5, 80).T",)),
    Reported("places of an image not pooled", "CE112",
             given(Y, np.broadcast_to(X[:, None, None], (N, 7, 7, C)), from_logits=True),
             ("y_pred.mean(axis=(1, 2))",), replaced(y_pred=lambda p: p.mean(axis=(1, 2)))),
    Reported("the same with the classes on axis 1", "CE112",
             given(Y, np.broadcast_to(X[:, :, None, None], (N, C, 4, 6)),
                   loss="torch.nn.CrossEntropyLoss"),
             ("y_pred.mean(axis=(2, 3))",), replaced(y_pred=lambda p: p.mean(axis=(2, 3)))),
    Reported("a leading axis of 1", "CE112", given(Y, X[None], from_logits=True),
             ("y_true.reshape(1, 80)",), replaced(y_true=lambda y: y.reshape(1, N))),
    Reported("a leading axis of 1, one-hot", "CE112",
             given(np.eye(C)[Y], X[None], from_logits=True), ("y_true.reshape(1, 80, 5)",),
             replaced(y_true=lambda y: y.reshape(1, N, C))),
    Reported("a leading axis of 1 of the labels", "CE112",
             given(np.eye(C)[Y][None], X, from_logits=True), ("y_true.reshape(80, 5)",),
             replaced(y_true=lambda y: y.reshape(N, C))),
    Reported("a scalar label", "CE112",
             given(np.array(3), X[:1], loss="torch.nn.CrossEntropyLoss"), ("y_true.reshape(1)",),
             replaced(y_true=lambda y: y.reshape(1))),
    Reported("a scalar label for many rows", "CE112", given(np.array(3), X, from_logits=True),
             ("one label for 80 rows",)),
    Reported("wide labels and two columns", "CE301", given(Y.reshape(16, 5), X[:16, :2],
                                                           from_logits=True)),
    Reported("labels of another reshape", "CE112", given(Y, X.reshape(200, 2), from_logits=True)),
)  # fmt: skip

COUNTED = (
    Reported("softmax along axis 0 of three", "CE309",
             given(Y.reshape(8, 10), softmax(X.reshape(8, 10, C), axis=0), from_logits=False),
             ("axis 0",),
             replaced(y_pred=softmax(X.reshape(8, 10, C), axis=-1))),
    Reported("softmax along axis 1 of three", "CE309",
             given(Y.reshape(8, 10), softmax(X.reshape(8, 10, C), axis=1), from_logits=False)),
    Reported("softmax along the rows, some ignored", "CE309",
             given(np.where(np.arange(N) % 4 == 1, -1, Y), softmax(X, axis=0), from_logits=False,
                   ignore_class=-1)),
    Reported("softmax along the rows, some of weight 0", "CE309",
             given(Y, softmax(X, axis=0), from_logits=False,
                   sample_weight=(np.arange(N) % 3 > 0) * 1.0)),
    Reported("a softmax twice, and one damaged row", "CE105",
             given(np.tile(Y, 50), np.tile(P, (50, 1)) * np.where(np.arange(50 * N) == 7, 0.5, 1)[
                 :, None], from_logits=True), ("3 999 of 4 000",)),
    Reported("a sigmoid twice, and one damaged element", "CE105",
             given(np.tile(TWO, 50), np.where(np.arange(50 * N) == 7, -3, np.tile(ONE, 50)),
                   loss="torch.nn.BCEWithLogitsLoss"), ("3 999 of 4 000",)),
    Reported("a loss that has stopped after few steps", "CE218",
             {"num_classes": 7, "history": [2.1, 1.95, 1.9459, 1.9459, 1.9459]},
             severity="warning"),
)  # fmt: skip

REPORTED = (*DIVERGED, *LABELS, *ACTIVATIONS, *SHAPES, *COUNTED)


def rounded(p: np.ndarray, digits: int) -> np.ndarray:
    """Numbers as they are printed with so many significant digits."""
    return np.array([[float(f"{v:.{digits}g}") for v in row] for row in p])


WIDE = softmax(RNG.normal(size=(4, 60, 30)) * 2, axis=-1)
LABELS_OF_WIDE = RNG.integers(0, 30, 60)
SPARSE = np.zeros((1, 48, 48), int)
SPARSE[0, :7] = 4
TEXTS = RNG.integers(0, 40, (4, 600))

HEALTHY: dict[str, Given] = {
    f"mean of {count} softmaxes in {dtype}": given(
        LABELS_OF_WIDE, sum(WIDE[:count].astype(dtype).astype("f")) / np.float32(count),
        from_logits=False,
    )
    for count in (2, 3, 4)
    for dtype in ("float16",)
} | {
    f"{digits} significant digits, {dtype}": given(
        LABELS_OF_WIDE, rounded(WIDE[0], digits).astype(dtype), from_logits=False
    )
    for digits in (2, 3, 4)
    for dtype in ("float32", "float64")
} | {
    f"steps of 1/{steps}": given(
        Y, (np.rint(P * steps) / steps).astype("f"), from_logits=False
    )
    for steps in (255, 256, 127)
} | {
    "one image of a batch": given(SPARSE, num_classes=21),
    "three images of a batch": given(np.repeat(SPARSE, 3, axis=0), num_classes=60),
    "tokens of one batch": given(TEXTS, num_classes=32000),
    "five slow steps": given(num_classes=100, history=[4.6052 - 0.001 * k for k in range(5)]),
    "nine steps of noise": given(
        num_classes=10,
        history=[2.3026, 2.3041, 2.3012, 2.3033, 2.3019, 2.3024, 2.3031, 2.3008, 2.3021]),
    "very slow steps": given(num_classes=100, history=[4.6052 - 0.0001 * k for k in range(6)]),
    "large logits that are right": given(Y, 1e5 * np.eye(C)[Y], from_logits=True),
    "logits with an offset of 1e6": given(Y, X + 1e6, from_logits=True),
    "masks away from the labels": given(
        Y, np.where((RNG.uniform(size=(N, C)) < 0.3) & (np.eye(C)[Y] == 0), -1e9, X),
        from_logits=True),
    "a loss that jumps once": given(num_classes=10, history=[2.3, 1.9, 44.0, 1.8, 1.5, 1.3]),
    "a sum that falls": given(num_classes=10, history=[2300.0, 1900.0, 1500.0]),
    "several labels, sigmoids": given(SEVERAL, expit(RAW), loss="torch.nn.BCELoss"),
    "one-hot rows of two, softmax, binary loss": given(
        np.eye(2)[TWO], np.stack([1 - ONE, ONE], 1), loss="torch.nn.BCELoss"),
    "a soft mask": given(IMAGE_P, IMAGE_P, loss="torch.nn.BCELoss"),
    "floats of one-hot rows to PyTorch": given(
        np.eye(C)[Y].astype("f"), X, loss="torch.nn.CrossEntropyLoss"),
    "integers of one-hot rows to crossent": given(np.eye(C, dtype=int)[Y], X, from_logits=True),
    "a few -1 that are ignored": given(np.where(np.arange(N) % 9 == 0, -1, Y), num_classes=C,
                                       ignore_class=-1),
    "one label for one row": given(np.array([3]), X[:1], from_logits=True),
}  # fmt: skip
"""Sound inputs that look like one of these."""

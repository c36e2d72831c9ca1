"""Families of sound inputs, each drawn anew for every seed: none of them may raise an alarm.

The cases of `healthy.py` are chosen by hand; these have other sizes, numbers of classes and numbers
every time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import ml_dtypes
import numpy as np
from scipy.special import expit, log_softmax, softmax

from doctor.healthy import Healthy

Rng = np.random.Generator
Family = Callable[[Rng], tuple[Any, Any, dict[str, Any]]]

FAMILIES: Final[dict[str, Family]] = {}
SEEDS: Final = 10

LOGITS: Final = {"from_logits": True}
SHARES: Final = {"from_logits": False}


def family(function: Family) -> Family:
    FAMILIES[function.__name__.replace("_", " ")] = function
    return function


def cases(seeds: int = SEEDS) -> Iterator[Healthy]:
    """All cases of all families."""
    for number, (name, make) in enumerate(FAMILIES.items()):
        for seed in range(seeds):
            y, p, options = make(np.random.default_rng([number, seed]))
            yield Healthy(f"{name} {seed}", y, p, options)


def rows(rng: Rng, margin: float = 3.0, most: int = 12) -> tuple[np.ndarray, np.ndarray, int]:
    """Labels, and logits of a model that mostly knows them."""
    classes, count = int(rng.integers(3, most)), int(rng.integers(60, 400))
    y = rng.integers(0, classes, count)
    return y, scored(rng, y, classes, margin), classes


def scored(rng: Rng, y: np.ndarray, classes: int, margin: float = 3.0) -> np.ndarray:
    return (rng.normal(size=(*y.shape, classes)) + margin * np.eye(classes)[y]).astype(np.float32)


def shared(x: np.ndarray) -> np.ndarray:
    return softmax(x.astype(np.float64), axis=-1)


@family
def logits_of_float32(rng):
    y, x, _ = rows(rng)
    return y, x, LOGITS


@family
def logits_of_float64(rng):
    y, x, _ = rows(rng, 1.5)
    return y.astype(np.int32), x.astype(np.float64), LOGITS


@family
def logits_of_float16(rng):
    y, x, _ = rows(rng)
    return y, x.astype(np.float16), LOGITS


@family
def logits_of_bfloat16(rng):
    y, x, _ = rows(rng)
    return y, x.astype(ml_dtypes.bfloat16), LOGITS


@family
def logits_not_said(rng):
    y, x, _ = rows(rng)
    return y, x, {}


@family
def probabilities_of_float32(rng):
    y, x, _ = rows(rng)
    return y, shared(x).astype(np.float32), SHARES


@family
def probabilities_of_float64(rng):
    y, x, _ = rows(rng, 1.0, 40)
    return y, shared(x), SHARES


@family
def probabilities_not_said(rng):
    y, x, _ = rows(rng)
    return y, shared(x), {}


@family
def softmax_of_float16_kept_as_float32(rng):
    y, x, _ = rows(rng, most=60)
    return y, shared(x).astype(np.float16).astype(np.float32), SHARES


@family
def softmax_of_bfloat16_kept_as_float32(rng):
    y, x, _ = rows(rng, most=60)
    return y, shared(x).astype(ml_dtypes.bfloat16).astype(np.float32), SHARES


@family
def printed_with_decimals(rng):
    y, x, _ = rows(rng)
    return y, np.round(shared(x), int(rng.integers(3, 6))), SHARES


@family
def printed_with_significant_digits(rng):
    y, x, _ = rows(rng, most=40)
    digits = int(rng.integers(2, 6))
    p = np.array([[float(f"{v:.{digits}g}") for v in row] for row in shared(x)])
    return y, p, SHARES


@family
def stored_as_bytes(rng):
    y, x, _ = rows(rng, most=10)
    steps = int(rng.choice([255, 256, 127, 65535]))
    return y, (np.rint(shared(x) * steps) / steps).astype(np.float32), SHARES


def averaged(rng: Rng, dtype: Any) -> tuple[np.ndarray, np.ndarray]:
    y, x, _ = rows(rng, most=40)
    count = int(rng.integers(2, 9))
    total = np.zeros(x.shape, np.float32)
    for _ in range(count):
        other = x + 0.5 * rng.normal(size=x.shape)
        total += shared(other).astype(dtype).astype(np.float32)
    return y, total / np.float32(count)


@family
def mean_of_float16_softmaxes(rng):
    return *averaged(rng, np.float16), SHARES


@family
def mean_of_bfloat16_softmaxes(rng):
    return *averaged(rng, ml_dtypes.bfloat16), SHARES


@family
def votes_of_trees(rng):
    y, x, classes = rows(rng)
    trees = int(rng.integers(5, 120))
    votes = np.stack([rng.multinomial(trees, row) for row in 0.9 * shared(x) + 0.1 / classes])
    return y, votes / trees, SHARES


@family
def smoothed_ensemble(rng):
    y, x, classes = rows(rng)
    return y, 0.9 * shared(x) + 0.1 / classes, SHARES


@family
def other_temperature(rng):
    y, x, _ = rows(rng)
    return y, x * np.float32(rng.uniform(0.3, 4)), LOGITS


@family
def untrained_network(rng):
    y, x, _ = rows(rng)
    return y, (0.2 * rng.normal(size=x.shape)).astype(np.float32), LOGITS


@family
def untrained_wide_network(rng):
    y, x, _ = rows(rng)
    return y, rng.normal(size=x.shape).astype(np.float32), LOGITS


@family
def head_of_zeros(rng):
    y, x, _ = rows(rng)
    return y, np.zeros_like(x), LOGITS


@family
def untrained_shares(rng):
    y, x, _ = rows(rng)
    return y, shared(0.1 * rng.normal(size=x.shape)), SHARES


@family
def weak_model(rng):
    y, x, _ = rows(rng, 0.7)
    return y, x, LOGITS


@family
def noisy_labels(rng):
    y, x, classes = rows(rng, 5.0)
    flipped = rng.uniform(size=len(y)) < 0.3
    return np.where(flipped, rng.integers(0, classes, len(y)), y), x, LOGITS


@family
def perfect_model(rng):
    y, x, _ = rows(rng, 30.0)
    return y, x, LOGITS


@family
def imbalanced_labels(rng):
    classes, count = int(rng.integers(3, 8)), 400
    y = np.minimum(rng.geometric(0.5, count) - 1, classes - 1)
    return y, scored(rng, y, classes), LOGITS


@family
def absent_class(rng):
    y, x, classes = rows(rng)
    some = y != rng.integers(1, classes)
    return y[some], x[some], LOGITS


@family
def few_rows(rng):
    y, x, _ = rows(rng)
    count = int(rng.integers(1, 8))
    return y[:count], x[:count], LOGITS


@family
def thousand_classes(rng):
    y = rng.integers(0, 1000, 50)
    return y, scored(rng, y, 1000, 8.0), LOGITS


@family
def padded_vocabulary(rng):
    y, x, _ = rows(rng)
    padding = np.full((len(y), int(rng.integers(1, 30))), -np.inf, np.float32)
    return y, np.concatenate([x, padding], axis=1), LOGITS


@family
def masked_classes(rng):
    y, x, classes = rows(rng)
    hidden = (rng.uniform(size=x.shape) < 0.3) & (np.eye(classes)[y] == 0)
    lowest = rng.choice([-1e9, -1e4 * 1.5, -np.inf, np.finfo(np.float32).min])
    return y, np.where(hidden, lowest, x).astype(np.float32), LOGITS


@family
def offset_logits(rng):
    y, x, _ = rows(rng)
    return y, x.astype(np.float64) + rng.uniform(-1e6, 1e6, (len(y), 1)), LOGITS


@family
def sure_logits_of_thousands(rng):
    y, x, classes = rows(rng)
    return y, (x + 5000 * np.eye(classes)[y]).astype(np.float32), LOGITS


@family
def log_probabilities(rng):
    y, x, _ = rows(rng)
    return y, log_softmax(x, axis=1), LOGITS


@family
def log_probabilities_to_nll_loss(rng):
    y, x, _ = rows(rng)
    return y, log_softmax(x, axis=1), {"loss": "torch.nn.NLLLoss"}


@family
def cosines(rng):
    y, x, classes = rows(rng)
    near = np.clip(0.15 * rng.normal(size=x.shape) + 0.6 * np.eye(classes)[y], -1, 1)
    return y, near, LOGITS


@family
def scaled_cosines(rng):
    y, x, classes = rows(rng)
    near = np.clip(0.15 * rng.normal(size=x.shape) + 0.6 * np.eye(classes)[y], -1, 1)
    return y, 30 * near, LOGITS


@family
def losses_of_libraries(rng):
    y, x, _ = rows(rng)
    name, takes = [
        ("torch.nn.CrossEntropyLoss", "logits"),
        ("optax.softmax_cross_entropy_with_integer_labels", "logits"),
        ("tf.nn.sparse_softmax_cross_entropy_with_logits", "logits"),
        ("keras.losses.SparseCategoricalCrossentropy", "shares"),
        ("sklearn.metrics.log_loss", "shares"),
    ][int(rng.integers(5))]
    return y, x if takes == "logits" else shared(x), {"loss": name}


@family
def named_classes(rng):
    y, x, classes = rows(rng)
    names = [f"{rng.choice(list('xyzabc'))}{c}" for c in range(classes)]
    return np.array(names)[y], x, {**LOGITS, "class_names": names}


@family
def one_hot_labels(rng):
    y, x, classes = rows(rng)
    return np.eye(classes, dtype=rng.choice([np.float32, np.int64]))[y], x, LOGITS


@family
def one_hot_labels_to_libraries(rng):
    y, x, classes = rows(rng)
    name, takes = [
        ("torch.nn.CrossEntropyLoss", "logits"),
        ("optax.softmax_cross_entropy", "logits"),
        ("keras.losses.CategoricalCrossentropy", "shares"),
    ][int(rng.integers(3))]
    return np.eye(classes)[y], x if takes == "logits" else shared(x), {"loss": name}


@family
def smoothed_labels(rng):
    y, x, classes = rows(rng)
    smoothing = rng.uniform(0.02, 0.3)
    return (1 - smoothing) * np.eye(classes)[y] + smoothing / classes, x, LOGITS


@family
def mixed_labels(rng):
    y, x, classes = rows(rng)
    share = rng.beta(0.4, 0.4, (len(y), 1))
    one_hot = np.eye(classes)[y]
    return share * one_hot + (1 - share) * one_hot[rng.permutation(len(y))], x, LOGITS


@family
def labels_of_a_teacher(rng):
    _, x, _ = rows(rng)
    teacher = x + 0.5 * rng.normal(size=x.shape)
    return softmax(teacher, axis=1).astype(np.float16), x, LOGITS


@family
def labels_of_annotators(rng):
    _, x, _ = rows(rng)
    votes = np.stack([rng.multinomial(5, row) for row in shared(x)])
    return votes / votes.sum(axis=1, keepdims=True), x, LOGITS


@family
def ignored_rows(rng):
    y, x, _ = rows(rng)
    mark = int(rng.choice([-1, 255, -100, 99]))
    return np.where(rng.uniform(size=len(y)) < 0.3, mark, y), x, {**LOGITS, "ignore_class": mark}


@family
def rows_that_pytorch_ignores(rng):
    y, x, _ = rows(rng)
    y = np.where(rng.uniform(size=len(y)) < 0.2, -100, y)
    return y, x, {"loss": "torch.nn.CrossEntropyLoss"}


@family
def weighted_rows(rng):
    y, x, _ = rows(rng)
    return y, x, {**LOGITS, "sample_weight": rng.uniform(0.1, 3, len(y))}


@family
def rows_of_weight_0_hold_anything(rng):
    y, x, classes = rows(rng)
    out = rng.uniform(size=len(y)) < 0.2
    y, x = np.where(out, classes + 40, y), np.where(out[:, None], np.nan, x)
    return y, x, {**LOGITS, "sample_weight": (~out).astype(float)}


@family
def weighted_classes(rng):
    y, x, classes = rows(rng)
    weight = len(y) / (classes * np.maximum(1, np.bincount(y, minlength=classes)))
    return y, x, {**LOGITS, "class_weight": weight}


@family
def label_smoothing(rng):
    y, x, _ = rows(rng)
    return y, x, {**LOGITS, "label_smoothing": float(rng.uniform(0.01, 0.3))}


@family
def observed_and_accuracy(rng):
    y, x, _ = rows(rng)
    mean = -log_softmax(x.astype(np.float64), axis=1)[np.arange(len(y)), y].mean()
    right = round(float((x.argmax(1) == y).mean()), 3)
    return y, x, {**LOGITS, "observed": float(mean), "accuracy": right}


def blobs(rng: Rng, shape: tuple[int, ...], classes: int) -> np.ndarray:
    """Labels of images: patches of one class each."""
    *most, height, width = shape
    small = rng.integers(0, classes, (*most, height // 4, width // 4))
    return np.repeat(np.repeat(small, 4, axis=-2), 4, axis=-1)


def images(rng: Rng) -> tuple[np.ndarray, np.ndarray, int]:
    classes = int(rng.integers(3, 7))
    y = blobs(rng, (int(rng.integers(2, 5)), 16, 24), classes)
    return y, scored(rng, y, classes), classes


@family
def images_with_the_classes_last(rng):
    y, x, _ = images(rng)
    return y, x, LOGITS


@family
def images_with_the_classes_on_axis_1(rng):
    y, x, _ = images(rng)
    return y, np.moveaxis(x, -1, 1), {**LOGITS, "axis": 1}


@family
def images_of_pytorch(rng):
    y, x, _ = images(rng)
    return y, np.moveaxis(x, -1, 1), {"loss": "torch.nn.CrossEntropyLoss"}


@family
def images_with_a_void(rng):
    y, x, _ = images(rng)
    void = blobs(rng, y.shape, 5) == 0
    return np.where(void, 255, y).astype(np.uint8), x, {**LOGITS, "ignore_class": 255}


@family
def probabilities_of_images(rng):
    y, x, _ = images(rng)
    return y, shared(x).astype(np.float32), SHARES


@family
def mostly_background(rng):
    y, _, classes = images(rng)
    y = np.where(blobs(rng, y.shape, 8) == 1, y, 0)
    return y, scored(rng, y, classes), LOGITS


@family
def volumes(rng):
    classes = int(rng.integers(3, 6))
    y = blobs(rng, (2, 4, 8, 12), classes)
    return y, scored(rng, y, classes), LOGITS


@family
def tags_of_texts(rng):
    classes = int(rng.integers(3, 12))
    y = rng.integers(0, classes, (int(rng.integers(4, 12)), int(rng.integers(13, 50))))
    return y, scored(rng, y, classes), LOGITS


@family
def padded_texts(rng):
    y, x, _ = tags_of_texts(rng)
    length = rng.integers(5, y.shape[1], (len(y), 1))
    y = np.where(np.arange(y.shape[1]) < length, y, -100)
    return y, x, {**LOGITS, "ignore_class": -100}


@family
def next_tokens(rng):
    ids = rng.integers(0, 40, (12, 34))
    return ids[:, 1:], scored(rng, ids[:, 1:], 40, 6.0), LOGITS


@family
def next_tokens_of_transformers(rng):
    ids = rng.integers(0, 40, (6, 33))
    return ids, scored(rng, np.roll(ids, -1, axis=1), 40, 6.0), {
        "loss": "ForCausalLMLoss", "input_ids": ids}  # fmt: skip


@family
def untrained_language_model(rng):
    ids = rng.integers(0, 60, (6, 32))
    return ids, (0.3 * rng.normal(size=(6, 32, 60))).astype(np.float32), LOGITS


def yes_or_no(rng: Rng, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    y = (rng.uniform(size=shape) < rng.uniform(0.1, 0.6)).astype(np.int64)
    y.reshape(-1)[:2] = 0, 1
    return y, (rng.normal(size=shape) + 4 * (y - 0.5)).astype(np.float32)


@family
def binary_logits(rng):
    y, x = yes_or_no(rng, (int(rng.integers(70, 300)),))
    return y, x, {**LOGITS, "loss": "binary"}


@family
def binary_logits_of_pytorch(rng):
    y, x = yes_or_no(rng, (int(rng.integers(70, 300)), 1))
    return y.astype(np.float32), x, {"loss": "torch.nn.BCEWithLogitsLoss"}


@family
def binary_probabilities(rng):
    y, x = yes_or_no(rng, (int(rng.integers(70, 300)),))
    return y, expit(x), {**SHARES, "loss": "binary"}


@family
def binary_soft_labels(rng):
    y, x = yes_or_no(rng, (int(rng.integers(70, 300)),))
    return 0.9 * y + 0.05, x, {**LOGITS, "loss": "binary"}


@family
def several_labels(rng):
    y, x = yes_or_no(rng, (int(rng.integers(40, 200)), int(rng.integers(3, 9))))
    return y, x, {**LOGITS, "loss": "binary"}


@family
def probabilities_of_several_labels(rng):
    y, x = yes_or_no(rng, (int(rng.integers(40, 200)), int(rng.integers(3, 9))))
    return y.astype(np.float32), expit(x), {"loss": "torch.nn.BCELoss"}


@family
def one_yes_of_two(rng):
    y, x = yes_or_no(rng, (int(rng.integers(40, 200)),))
    p = expit(x)
    return np.eye(2)[y], np.stack([1 - p, p], axis=1), {"loss": "keras.losses.BinaryCrossentropy"}


@family
def masks_of_images(rng):
    y = blobs(rng, (3, 16, 24), 2)
    x = rng.normal(size=y.shape) + 4 * (y - 0.5)
    return y, x, {**LOGITS, "loss": "binary"}


@family
def probabilities_of_masks(rng):
    y = blobs(rng, (3, 1, 16, 24), 2)
    p = expit(rng.normal(size=y.shape) + 4 * (y - 0.5))
    return y.astype(np.float32), p, {"loss": "torch.nn.BCELoss"}


@family
def labels_alone(rng):
    y, _, classes = rows(rng)
    return y, None, {"num_classes": classes}


@family
def sorted_labels_alone(rng):
    y, _, classes = rows(rng)
    return np.sort(y).astype(np.uint8), None, {"num_classes": classes}


@family
def pixels_of_a_batch_alone(rng):
    y = blobs(rng, (2, 64, 64), int(rng.integers(2, 6)))
    return y, None, {"num_classes": int(rng.integers(12, 30))}


@family
def tokens_of_a_batch_alone(rng):
    return rng.integers(0, 40, (4, 900)), None, {"num_classes": int(rng.integers(100, 1000))}


@family
def one_hot_rows_alone(rng):
    y, _, classes = rows(rng)
    return np.eye(classes)[y], None, {"num_classes": classes}


@family
def equal_micro_batches(rng):
    classes, parts = int(rng.integers(3, 9)), int(rng.integers(2, 5))
    return rng.integers(0, classes, 40 * parts), None, {
        "num_classes": classes, "micro_batches": [40] * parts}  # fmt: skip


@family
def history_that_falls(rng):
    classes, steps = int(rng.integers(3, 50)), int(rng.integers(6, 40))
    fall = np.exp(-np.arange(steps) / rng.uniform(3, 15))
    return (
        None,
        None,
        {
            "num_classes": classes,
            "history": (np.log(classes) * (0.2 + 0.8 * fall) * rng.uniform(0.98, 1.02, steps)),
        },
    )


@family
def history_of_a_few_slow_steps(rng):
    classes, steps = int(rng.integers(3, 2000)), int(rng.integers(3, 9))
    fall = rng.uniform(1e-4, 1e-3) * np.arange(steps)
    return None, None, {"num_classes": classes, "history": np.log(classes) * (1 - fall)}


@family
def history_of_a_few_noisy_steps(rng):
    classes, steps = int(rng.integers(3, 2000)), int(rng.integers(3, 9))
    noise = 0.004 * rng.normal(size=steps)
    noise[-1], noise[-2] = 0.002, -0.002
    return None, None, {"num_classes": classes, "history": np.log(classes) * (1 + noise)}


@family
def history_that_has_converged(rng):
    classes = int(rng.integers(3, 50))
    tail = 0.1 * np.log(classes) * rng.uniform(0.999, 1.001, 12)
    return None, None, {"num_classes": classes, "history": np.r_[np.log(classes), 0.8, tail]}

"""Sound labels and predictions of real models on real data: none of them may raise an alarm."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import ml_dtypes
import numpy as np
from scipy.special import log_softmax, softmax
from sklearn import datasets
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

SETS = ("iris", "wine", "breast_cancer", "digits")
MODELS = {
    "logistic": lambda: LogisticRegression(max_iter=2000),
    "lda": lambda: LinearDiscriminantAnalysis(),
    "forest": lambda: RandomForestClassifier(60, max_depth=6, min_samples_leaf=3, random_state=0),
    "neighbours": lambda: KNeighborsClassifier(15),
    "network": lambda: MLPClassifier((32,), alpha=0.1, max_iter=300, random_state=0),
}
ALARMS = ("error", "warning")


@dataclass(frozen=True)
class Healthy:
    """Arguments of a diagnosis that must find nothing above a note."""

    name: str
    y_true: Any
    y_pred: Any
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """What the predictions are."""
        return "logits" if self.options.get("from_logits") else "probabilities"


@cache
def fitted(data: str, model: str) -> tuple[np.ndarray, np.ndarray]:
    """Labels and probabilities of the held-out third."""
    x, y = getattr(datasets, f"load_{data}")(return_X_y=True)
    x, x_test, y, y_test = train_test_split(x, y, test_size=1 / 3, random_state=0, stratify=y)
    pipeline = make_pipeline(StandardScaler(), MODELS[model]())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a network that has not converged is a sound one
        pipeline.fit(x, y)
    return y_test, pipeline.predict_proba(x_test)


@cache
def digits() -> tuple[np.ndarray, np.ndarray]:
    """Labels and logits of the network on the digits."""
    y, p = fitted("digits", "network")
    return y, np.log(np.maximum(p, 1e-12)).astype(np.float32) + np.float32(1.7)


def logits_of(p: np.ndarray) -> np.ndarray:
    """Logits with these probabilities, moved by something else in every row."""
    offset = np.linspace(-3, 3, len(p))[:, None]
    return np.log(np.maximum(p, 1e-9)) + offset


def real_models() -> list[Healthy]:
    """Four data sets, five models, logits and probabilities, and the dtypes."""
    found = []
    for data in SETS:
        for model in MODELS:
            y, p = fitted(data, model)
            x = logits_of(p)
            for dtype in ("float32", "float64", "float16"):
                name = f"{data} {model} {dtype}"
                found += [
                    Healthy(f"{name} logits", y, x.astype(dtype), {"from_logits": True}),
                    Healthy(f"{name} probabilities", y, p.astype(dtype), {"from_logits": False}),
                ]
            found.append(Healthy(f"{data} {model} not said", y, x))
    return found


def stored_otherwise() -> list[Healthy]:
    """Probabilities that lost digits on their way."""
    y, x = digits()
    p = softmax(x, axis=1)
    short = softmax(x.astype(ml_dtypes.bfloat16).astype(np.float32), axis=1)
    asked = {"from_logits": False}
    return [
        Healthy("bfloat16 softmax as float32", y,
                short.astype(ml_dtypes.bfloat16).astype(np.float32), asked),
        Healthy("float16 softmax as float32", y, p.astype(np.float16).astype(np.float32), asked),
        Healthy("csv, 3 decimals", y, np.round(p, 3), asked),
        Healthy("csv, 4 decimals", y, np.round(p.astype(np.float64), 4), asked),
        Healthy("csv, 4 decimals, not said", y, np.round(p.astype(np.float64), 4)),
        Healthy("bfloat16 logits", y, x.astype(ml_dtypes.bfloat16), {"from_logits": True}),
        Healthy("int32 labels", y.astype(np.int32), x, {"from_logits": True}),
        Healthy("uint8 labels", y.astype(np.uint8), x, {"from_logits": True}),
        Healthy("float labels that are whole", y.astype(np.float32), x, {"from_logits": True}),
        Healthy("a list of labels", y.tolist(), x, {"from_logits": True}),
        Healthy("a column of labels", y[:, None], x, {"from_logits": True}),
    ]  # fmt: skip


def options() -> list[Healthy]:
    """Ignored rows, weights, soft and one-hot labels."""
    y, x = digits()
    n = len(y)
    p = softmax(x, axis=1)
    rng = np.random.default_rng(0)
    ignored = np.where(np.arange(n) % 9 == 4, -1, y)
    poisoned = np.where((ignored == -1)[:, None], np.nan, x)
    one_hot = np.eye(10)[y]
    smooth = 0.9 * one_hot + 0.01
    mixed = 0.7 * one_hot + 0.3 * one_hot[rng.permutation(n)]
    balanced = n / (10 * np.bincount(y, minlength=10))
    asked = {"from_logits": True}
    return [
        Healthy("ignored rows", ignored, x, {**asked, "ignore_class": -1}),
        Healthy("two ignored values", np.where(np.arange(n) % 50 == 1, 255, ignored), x,
                {**asked, "ignore_class": (-1, 255)}),
        Healthy("ignored rows hold NaN", ignored, poisoned, {**asked, "ignore_class": -1}),
        Healthy("torch ignores -100", np.where(ignored == -1, -100, ignored), x,
                {"loss": "torch.nn.CrossEntropyLoss"}),
        Healthy("sample weights", y, x, {**asked, "sample_weight": rng.uniform(0.5, 2, n)}),
        Healthy("a mask as weights", y, x, {**asked, "sample_weight": (ignored >= 0) * 1.0}),
        Healthy("rows of weight 0 hold NaN", y, poisoned,
                {**asked, "sample_weight": (ignored >= 0) * 1.0}),
        Healthy("balanced class weights", y, x, {**asked, "class_weight": balanced}),
        Healthy("class weights of a dict", y, x,
                {**asked, "class_weight": dict(enumerate(balanced))}),
        Healthy("one-hot labels", one_hot, x, asked),
        Healthy("one-hot integers, dense loss", one_hot.astype(int), p,
                {"from_logits": False, "loss": "dense"}),
        Healthy("smoothed labels", smooth, x, asked),
        Healthy("mixed labels", mixed, x, {**asked, "loss": "dense"}),
        Healthy("soft labels in float16", mixed.astype(np.float16), x, asked),
        Healthy("a teacher's probabilities", p, x, asked),
        Healthy("label smoothing", y, x, {**asked, "label_smoothing": 0.1}),
        Healthy("log-probabilities as logits", y, log_softmax(x, axis=1), asked),
        Healthy("log-probabilities to nll_loss", y, log_softmax(x, axis=1),
                {"loss": "torch.nn.functional.nll_loss"}),
        Healthy("the observed loss agrees", y, x,
                {**asked, "observed": float(-log_softmax(x.astype(np.float64), axis=1)[
                    np.arange(n), y].mean())}),
        Healthy("the accuracy agrees", y, x,
                {**asked, "accuracy": round(float((x.argmax(1) == y).mean()), 2)}),
        Healthy("equal micro-batches", y[:400], x[:400], {**asked, "micro_batches": [100] * 4}),
    ]  # fmt: skip


def odd_but_sound() -> list[Healthy]:
    """Padded vocabularies, tiny batches, missing classes, perfect and untrained models."""
    y, x = digits()
    n = len(y)
    p = softmax(x, axis=1)
    rng = np.random.default_rng(1)
    asked, prob = {"from_logits": True}, {"from_logits": False}
    perfect = np.full((n, 10), 1e-6, np.float32)
    perfect[np.arange(n), y] = 1 - 9e-6
    sure = (x + 40 * np.eye(10)[y]).astype(np.float32)
    cosine = np.tanh(x / 8)
    padded = np.concatenate([x, np.full((n, 54), -np.inf, np.float32)], axis=1)
    few = np.concatenate([x, rng.normal(size=(n, 6)).astype(np.float32) - 9], axis=1)
    some = y != 3
    majority = np.where(rng.uniform(size=n) < 0.97, 0, y)
    one_wrong = np.where(np.arange(n) == 7, (y + 1) % 10, y)
    found = [
        Healthy("a padded vocabulary of -inf", y, padded, asked),
        Healthy("unused outputs", y, few, asked),
        Healthy("an absent class", y[some], x[some], asked),
        Healthy("class 0 is absent", y[y > 0][:60], x[y > 0][:60], asked),
        Healthy("the last class is absent", y[y < 9], x[y < 9], asked),
        Healthy("one class alone", y[y == 4], x[y == 4], asked),
        Healthy("a perfect model", y, perfect, prob),
        Healthy("a perfect model, exactly", y, np.eye(10, dtype=np.float32)[y], prob),
        Healthy("a perfect model, logits", y, sure, asked),
        Healthy("an untrained model", y, (0.1 * rng.normal(size=(n, 10))).astype("f"), asked),
        Healthy("an untrained model, zeros", y, np.zeros((n, 10), np.float32), asked),
        Healthy("an untrained model, one bias", y,
                np.tile(rng.normal(size=10).astype("f") * 0.2, (n, 1)), asked),
        Healthy("uniform probabilities", y, np.full((n, 10), 0.1), prob),
        Healthy("cosine logits", y, cosine, asked),
        Healthy("a constant class is nearly always right", majority,
                3 * np.eye(10)[np.zeros(n, int)] + 0.01 * x, asked),
        Healthy("offset logits", y, x + np.float32(1000), asked),
        Healthy("labels in order", np.sort(y), x[np.argsort(y)], asked),
        Healthy("one wrong and sure row", one_wrong, sure, asked),
        Healthy("one wrong and clipped row", one_wrong, softmax(sure, axis=1), prob),
    ]  # fmt: skip
    for rows in (1, 2, 3, 7, 8):
        found += [
            Healthy(f"{rows} rows of logits", y[:rows], x[:rows], asked),
            Healthy(f"{rows} rows of probabilities", y[:rows], p[:rows], prob),
        ]
    return found


def other_shapes() -> list[Healthy]:
    """Two classes, several labels, images, sequences, other axes."""
    y, x = digits()
    rng = np.random.default_rng(2)
    two, p_two = fitted("breast_cancer", "logistic")
    score = logits_of(p_two)[:, 1] - logits_of(p_two)[:, 0]
    several = (rng.uniform(size=(300, 6)) < 0.3).astype(np.float32)
    raw = (rng.normal(size=(300, 6)) + 3 * (several - 0.5)).astype(np.float32)
    image_y = y[:384].reshape(6, 8, 8)
    image_x = x[:384].reshape(6, 8, 8, 10)
    tokens = rng.integers(0, 10, (8, 48))
    after = np.roll(tokens, -1, axis=1)
    lm = (4 * np.eye(10)[after] + rng.normal(size=(8, 48, 10))).astype(np.float32)
    table = rng.normal(size=(10, 24))
    copies = table[tokens] @ table.T
    square = (4 * np.eye(10)[y[:400].reshape(40, 10)] + rng.normal(size=(40, 10, 10))).astype("f")
    asked = {"from_logits": True}
    return [
        Healthy("binary logits", two, score, {"from_logits": True, "loss": "binary"}),
        Healthy("binary logits, told by the shapes", two, score),
        Healthy("binary probabilities", two, p_two[:, 1], {"from_logits": False, "loss": "binary"}),
        Healthy("a column of binary logits", two, score[:, None], {**asked, "loss": "binary"}),
        Healthy("binary soft targets", 0.9 * two + 0.05, score, {**asked, "loss": "binary"}),
        Healthy("several labels", several, raw, {**asked, "loss": "binary"}),
        Healthy("images, classes last", image_y, image_x, asked),
        Healthy("images, classes on axis 1", image_y, np.moveaxis(image_x, -1, 1),
                {**asked, "axis": 1}),
        Healthy("classes first", y, x.T, {**asked, "axis": 0}),
        Healthy("an image with a void of 255", np.where(image_y == 3, 255, image_y), image_x,
                {**asked, "ignore_class": 255}),
        Healthy("a language model, shifted", tokens[:, 1:], lm[:, :-1], asked),
        Healthy("transformers shifts itself", tokens, lm, {"loss": "ForCausalLMLoss"}),
        Healthy("transformers gets its input as labels", tokens, lm,
                {"loss": "ForCausalLMLoss", "input_ids": tokens}),
        Healthy("transformers shifts, though its loss is not named", tokens, lm,
                {"framework": "transformers", "input_ids": tokens}),
        Healthy("untrained, with tied embeddings", tokens[:, 1:], copies[:, :-1], asked),
        Healthy("untrained, with tied embeddings, shifted by transformers", tokens, copies,
                {"framework": "transformers", **asked}),
        Healthy("as many places as classes", y[:400].reshape(40, 10), square, asked),
        Healthy("Fortran order", y, np.asfortranarray(x), asked),
        Healthy("every other row", y[::2], x[::2], asked),
    ]  # fmt: skip


def labels_alone() -> list[Healthy]:
    """Labels without predictions."""
    y, _ = digits()
    rng = np.random.default_rng(3)
    background = np.where(rng.uniform(size=(12, 32)) < 0.7, 0, rng.integers(0, 6, (12, 32)))
    ten = {"num_classes": 10}
    return [
        Healthy("labels", y, None, ten),
        Healthy("labels of a padded vocabulary", rng.integers(0, 50257, 3000), None,
                {"num_classes": 50304}),
        Healthy("label 255 of 1000 classes", rng.integers(0, 1000, 500), None,
                {"num_classes": 1000}),
        Healthy("labels 0 and 1 of two classes", y % 2, None, {"num_classes": 2}),
        Healthy("uint8 labels of 256 classes", rng.integers(0, 256, 900).astype(np.uint8), None,
                {"num_classes": 256}),
        Healthy("even labels alone", 2 * (y // 2), None, ten),
        Healthy("mostly background", background, None, {"num_classes": 6}),
        Healthy("one-hot rows alone", np.eye(10)[y], None, ten),
        Healthy("soft rows alone", 0.9 * np.eye(10)[y] + 0.01, None, {**ten, "loss": "dense"}),
        Healthy("a history that falls", y, None,
                {**ten, "history": [2.31, 1.9, 1.5, 1.2, 1.0, 0.9, 0.85]}),
        Healthy("a history that has converged", y, None,
                {**ten, "history": [2.31, 0.9, 0.5, 0.41, 0.4, 0.4, 0.4, 0.4]}),
        Healthy("the first losses", y, None, {**ten, "history": [2.3026, 2.3026, 2.3025]}),
        Healthy("no number of classes", y, None),
        Healthy("equal micro-batches of labels", y[:400], None,
                {**ten, "micro_batches": [200, 200]}),
    ]  # fmt: skip


@cache
def all_healthy() -> tuple[Healthy, ...]:
    """Every healthy case that is chosen by hand."""
    groups = (real_models, stored_otherwise, options, odd_but_sound, other_shapes, labels_alone)
    return tuple(case for group in groups for case in group())

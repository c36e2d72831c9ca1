"""The keys of every result, and the type of what stands under each.

A shape is written as the result is: a dict has these keys and no others, a list with one entry is a
list of such, a type stands for a value of that very type, a tuple for any of its entries, and
everything else for itself. Numbers that JSON cannot hold are words: "nan", "inf", "-inf".
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import numpy as np

RNG = np.random.default_rng(33)
ROWS, CLASSES = 24, 4
LABELS = np.arange(ROWS) % CLASSES
LOGITS = RNG.normal(size=(ROWS, CLASSES)) * 2 + 3 * np.eye(CLASSES)[LABELS] - 1
P = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)


def with_rows(array: np.ndarray, rows: list[int], value: Any) -> np.ndarray:
    array = array.copy()
    array[rows] = value
    return array


DATA: dict[str, np.ndarray] = {
    "labels": LABELS,
    "logits": LOGITS,
    "p": P,
    "nearly": with_rows(P, [3, 5], [0.25, 0.25, 0.25, 0.234375]),
    "unlike": np.full((ROWS, CLASSES), 0.75),
    "with_nan": with_rows(LOGITS, [4, 8], np.nan),  # of class 0
    "wrong": with_rows(P, [6], [1, 0, 0, 0]),  # of class 2
    "huge": with_rows(LOGITS, [7], [1e6, 0, 0, 0]),
    "one_label": LABELS[:1],
    "one_row": LOGITS[:1],
    "places": LABELS.reshape(6, 4),
    "places_logits": LOGITS.reshape(6, 4, CLASSES),
    "seven": np.arange(28) % 7,
    "seven_logits": RNG.normal(size=(28, 7)) * 4,
    "one_hot": np.eye(CLASSES)[LABELS],
    "bits": (RNG.random((ROWS, 3)) < 0.5).astype(np.int8),
    "scores": RNG.normal(size=(ROWS, 3)) * 4,
    "marked": with_rows(LABELS, [1, 9], -1),
    "from_1": LABELS + 1,
    "weights": RNG.uniform(1, 2, ROWS),
}


class Situation(NamedTuple):
    """A command, the same call in Python, and how its result differs from the usual one."""

    files: tuple[str, ...]
    words: str
    options: dict[str, Any]
    changes: dict[str, Any]
    status: int = 0


NONE_LOST = {"loss": "nan", "standard_error": "nan", "bits": "nan", "bits_standard_error": "nan"}
NUMBER = (float, "nan", "inf", "-inf", None)
CLASS = {
    "label": int, "rows": int, "loss": float, "accuracy": float, "precision": NUMBER,
    "recall": NUMBER, "f1": NUMBER,
}  # fmt: skip
CONFUSION = {"label": int, "predicted": int, "rows": int}
WORST = {"row": int, "label": int, "predicted": int, "loss": float}
CLIP = {"from_logits": False, "epsilon": float, "clipped": int, "exact_loss": float}
SAID = {"reading": None}
EVALUATION: dict[str, Any] = {
    "schema": 1, "confidence": float, "units": int, "unit": ("rows", "sequences"),
    "loss_interval": [NUMBER], "perplexity_interval": [NUMBER], "accuracy_interval": [NUMBER],
    "baseline_loss": NUMBER, "baseline_accuracy": NUMBER, "skill": NUMBER, "entropy": NUMBER,
    "overconfidence": NUMBER, "overconfidence_error": NUMBER, "brier": NUMBER,
    "calibration_error": float, "label_rank": NUMBER, "macro_precision": NUMBER,
    "macro_recall": NUMBER, "macro_f1": NUMBER, "auc": NUMBER, "auc_error": NUMBER,
    "average_precision": NUMBER, "average_precision_error": NUMBER, "confusions": ([CONFUSION], []),
    "notes": [], "slices": [], "bits_per_byte": None,
    "function": "sparse", "from_logits": True, "reading": str, "rows": int, "ignored": int,
    "nan_rows": int, "weight": float, "loss": float, "standard_error": float, "bits": float,
    "bits_standard_error": float, "perplexity": float, "accuracy": float, "correct": int,
    "top_k": None, "top_k_accuracy": None, "epsilon": None, "clipped": None, "exact_loss": None,
    "per_class": ([CLASS], None), "worst": [], "warnings": [], "class_names": None, "columns": None,
}  # fmt: skip
EVALUATIONS = {
    "logits": Situation(("labels", "logits"), "", {}, {}),
    "logits that are said": Situation(
        ("labels", "logits"), "--logits", {"from_logits": True}, SAID
    ),
    "probabilities": Situation(("labels", "p"), "", {}, CLIP),
    "probabilities that are said": Situation(
        ("labels", "p"), "--probabilities", {"from_logits": False}, {**CLIP, **SAID}
    ),
    "probabilities unclipped": Situation(
        ("labels", "p"), "--epsilon 0", {"epsilon": 0}, {**CLIP, "epsilon": 0.0, "clipped": 0}
    ),
    "a warning": Situation(
        ("labels", "nearly"), "--probabilities", {"from_logits": False},
        {**CLIP, **SAID, "warnings": [str]},
    ),
    "more classes than k": Situation(
        ("seven", "seven_logits"), "", {}, {"top_k": 5, "top_k_accuracy": float}
    ),
    "another k": Situation(
        ("labels", "logits"), "--top-k 2", {"top_k": 2}, {"top_k": 2, "top_k_accuracy": float}
    ),
    "every class": Situation(
        ("labels", "logits"), "--per-class", {"per_class": True}, {"per_class": [CLASS]}
    ),
    "every class, one of no weight": Situation(
        ("labels", "logits"), "--per-class --class-weight 0=1,1=0,2=1,3=1",
        {"per_class": True, "class_weight": {0: 1.0, 1: 0.0, 2: 1.0, 3: 1.0}},
        {"per_class": [(CLASS, {**CLASS, "label": 1, "loss": "nan"})]},
    ),
    "every column": Situation(
        ("bits", "scores"), "--loss binary --per-class", {"loss": "binary", "per_class": True},
        {"function": "binary", "per_class": [CLASS]},
    ),
    "worst rows": Situation(("labels", "logits"), "--worst 3", {"worst": 3}, {"worst": [WORST]}),
    "worst places": Situation(
        ("places", "places_logits"), "--worst 3", {"worst": 3},
        {"worst": [{**WORST, "row": [int]}]},
    ),
    "NaN": Situation(
        ("labels", "with_nan"), "", {},
        {
            **NONE_LOST, "perplexity": "nan", "warnings": [str],
            "per_class": [(CLASS, {**CLASS, "label": 0, "loss": "nan"})],
        },
    ),
    "NaN, by class and worst": Situation(
        ("labels", "with_nan"), "--per-class --worst 3", {"per_class": True, "worst": 3},
        {
            **NONE_LOST, "perplexity": "nan", "warnings": [str],
            "per_class": [(CLASS, {**CLASS, "label": 0, "loss": "nan"})],
            "worst": [(WORST, {**WORST, "predicted": -1, "loss": "nan"})],
        },
    ),
    "infinite": Situation(
        ("labels", "wrong"), "--epsilon 0 --worst 1 --per-class",
        {"epsilon": 0, "worst": 1, "per_class": True},
        {
            **CLIP, **NONE_LOST, "loss": "inf", "bits": "inf", "perplexity": "inf",
            "exact_loss": "inf", "worst": [{**WORST, "loss": "inf"}],
            "per_class": [(CLASS, {**CLASS, "label": 2, "loss": "inf"})],
        },
    ),
    "infinite but for the clip": Situation(
        ("labels", "wrong"), "", {}, {**CLIP, "exact_loss": "inf"}
    ),
    "a perplexity beyond all numbers": Situation(
        ("labels", "huge"), "", {}, {"perplexity": "inf"}
    ),
    "one row": Situation(
        ("one_label", "one_row"), "", {}, {"standard_error": "nan", "bits_standard_error": "nan"}
    ),
    "one-hot": Situation(("one_hot", "logits"), "", {}, {"function": "dense"}),
    "ignored and weighted": Situation(
        ("marked", "logits"), "--ignore-class -1 --sample-weight weights.npy",
        {"ignore_class": (-1,), "sample_weight": "weights"}, {"ignored": 2},
    ),
}  # fmt: skip

COMPARISON: dict[str, Any] = {
    "schema": 1, "tie": bool, "first": str, "second": str, "rows": int, "loss_first": float,
    "loss_second": float, "difference": float, "standard_error": float, "interval": [float],
    "accuracy_first": float, "accuracy_second": float, "accuracy_difference": float,
    "accuracy_interval": [float], "only_first": int, "only_second": int, "mcnemar": float,
    "confidence": float, "units": int, "unit": "rows", "notes": [],
}  # fmt: skip

FINDING = {
    "code": str, "severity": ("error", "warning", "note"), "title": str, "seen": str, "why": str,
    "fix": str, "page": str,
}  # fmt: skip
ERROR, WARNING, NOTE = ({**FINDING, "severity": word} for word in ("error", "warning", "note"))
REPORT: dict[str, Any] = {"healthy": True, "looked_at": str, "reading": str, "findings": []}
REPORTS = {
    "healthy": Situation(("labels", "logits"), "", {}, {}),
    "healthy, said": Situation(
        ("labels", "logits"), "--logits", {"from_logits": True}, {"reading": ""}
    ),
    "labels alone": Situation(("labels",), "--classes 4", {"num_classes": 4}, {"reading": ""}),
    "errors of labels alone": Situation(
        ("from_1",), "--classes 4", {"num_classes": 4},
        {"healthy": False, "reading": "", "findings": [ERROR]}, 1,
    ),
    "errors": Situation(
        ("from_1", "logits"), "", {}, {"healthy": False, "findings": [ERROR]}, 1
    ),
    "an error chosen": Situation(
        ("from_1", "logits"), "--select CE104", {"select": "CE104"},
        {"healthy": False, "findings": [{**ERROR, "code": "CE104", "page": "errors/CE104.md"}]}, 1,
    ),
    "warnings": Situation(
        ("labels", "logits"), "--observed 9.75", {"observed": 9.75},
        {"healthy": False, "findings": [WARNING]},
    ),
    "warnings, strictly": Situation(
        ("labels", "logits"), "--observed 9.75 --strict", {"observed": 9.75},
        {"healthy": False, "findings": [WARNING]}, 1,
    ),
    "notes": Situation(("labels", "wrong"), "", {}, {"findings": [NOTE]}),
    "not to be told": Situation(
        ("labels", "unlike"), "", {}, {"healthy": False, "findings": [WARNING]}
    ),
}  # fmt: skip

READING = {
    "code": str, "title": str, "score": float, "text": str, "fix": str, "decided_by": str,
}  # fmt: skip
EXPLANATION: dict[str, Any] = {"thing": str, "kind": str, "readings": ([READING], [])}
EXPLANATIONS: dict[str, tuple[dict[str, Any], int]] = {
    "CE104": (
        {"kind": "code", "readings": [{**READING, "code": "CE104", "score": 1.0}]}, 0
    ),
    "CE999": ({"kind": "unknown"}, 1),
    "Target 17 is out of bounds.": ({"kind": "message"}, 0),
    "the cat sat on the mat": ({"kind": "unknown"}, 1),
    "1.0986": ({"kind": "value", "readings": [{**READING, "code": "CE218"}]}, 0),
    "-0.5": ({"kind": "value"}, 0),
    "nan": ({"kind": "value"}, 0),
    "inf": ({"kind": "value"}, 0),
}  # fmt: skip

FOOTPRINT = {
    "parts": {
        "integer labels": int, "one-hot labels": int, "logits": int, "softmax": int,
        "gradient of softmax": int, "gradient of logits": int,
    },
    "whole": int, "dense": int, "chunked": int, "chunk_rows": int, "over_layer": None,
}  # fmt: skip

VALUE = {"whose": str, "how": str, "value": float}
CONVENTIONS: dict[str, Any] = {
    "rows": int, "reading": str, "conventions": [VALUE], "others": [{**VALUE, "whose": ""}],
    "observed": None, "matches": [],
}  # fmt: skip
NAN = {**VALUE, "value": "nan"}
INFINITE = {**VALUE, "value": ("inf", float)}
SEVERAL = {
    "logits": Situation(("labels", "logits"), "", {}, {}),
    "said": Situation(("labels", "p"), "--probabilities", {"from_logits": False}, {}),
    "one-hot": Situation(("one_hot", "logits"), "", {}, {}),
    "columns": Situation(("bits", "scores"), "--loss binary", {"loss": "binary"}, {}),
    "weighted": Situation(
        ("labels", "logits"), "--sample-weight weights.npy", {"sample_weight": "weights"}, {}
    ),
    "found nowhere": Situation(
        ("labels", "logits"), "--observed 97.5", {"observed": 97.5}, {"observed": 97.5}, 1
    ),
    "infinite": Situation(
        ("labels", "wrong"), "--observed inf", {"observed": np.inf},
        {"conventions": [INFINITE], "others": [INFINITE], "observed": "inf", "matches": [str]},
    ),
    "NaN": Situation(
        ("labels", "with_nan"), "--observed nan", {"observed": np.nan},
        {
            "conventions": [NAN], "others": [{**NAN, "value": ("nan", float)}], "observed": "nan",
            "matches": [str],
        },
    ),
}  # fmt: skip


def unlike(found: Any, shape: Any, path: str = "$") -> list[str]:
    """Where a result has not this shape: keys too many or too few, values of another type."""
    if isinstance(shape, tuple):
        tries = [unlike(found, one, path) for one in shape]
        return [] if [] in tries else min(tries, key=len)
    if isinstance(shape, type):
        return [] if type(found) is shape else [f"{path} is {found!r}, not a {shape.__name__}"]
    if type(found) is not type(shape):
        return [f"{path} is {found!r}, not {shape!r}"]
    if isinstance(shape, dict):
        wrong = [f"{path} lacks {key!r}" for key in shape.keys() - found.keys()]
        wrong += [f"{path} has {key!r} besides" for key in found.keys() - shape.keys()]
        both = shape.keys() & found.keys()
        return wrong + [w for key in both for w in unlike(found[key], shape[key], f"{path}.{key}")]
    if isinstance(shape, list) and shape and found:
        return [w for i, one in enumerate(found) for w in unlike(one, shape[0], f"{path}[{i}]")]
    return [] if found == shape else [f"{path} is {found!r}, not {shape!r}"]


def strict(text: str) -> Any:
    """Read JSON as the standard has it, without NaN and the infinities, each key once."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len(dict(pairs)) == len(pairs), pairs
        return dict(pairs)

    return json.loads(text, parse_constant=refuse, object_pairs_hook=once)

"""Faults that are put into healthy cases, and the code that must be found first."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
from scipy.special import log_softmax, softmax

import crossent as ce
from doctor.faults_kinds import Change, Fault
from doctor.faults_of_places import OF_ELEMENTS, OF_PLACES, of_elements, of_places
from doctor.healthy import Healthy, all_healthy
from doctor.healthy_families import cases


def _index(case: Healthy) -> bool:
    """Whether a case has class indices and scores of three classes or more, one row each."""
    y, p = np.asarray(case.y_true), case.y_pred
    plain = p is not None and y.ndim == 1 and p.ndim == 2 and p.shape[0] == len(y)
    named = case.options.keys() <= {"from_logits"}
    return plain and named and y.dtype.kind in "iu" and p.shape[1] > 2 and len(y) >= 8


def _labels(case: Healthy, y: np.ndarray) -> Healthy:
    return replace(case, y_true=y)


def _scores(case: Healthy, p: np.ndarray, **options: Any) -> Healthy:
    return replace(case, y_pred=p, options={**case.options, **options})


def _y(case: Healthy) -> np.ndarray:
    return np.asarray(case.y_true).astype(np.int64)


def _shares(case: Healthy) -> np.ndarray:
    p = np.asarray(case.y_pred, np.float64)
    asked = case.options.get("from_logits")
    outside = p.min() < 0 or p.max() > 1
    return softmax(p, axis=-1) if asked or (asked is None and outside) else p


def from_1(case: Healthy) -> Healthy | None:
    y = _y(case)
    all_there = len(np.unique(y)) == case.y_pred.shape[1]
    return _labels(case, y + 1) if all_there else None


def too_large(case: Healthy) -> Healthy | None:
    y = _y(case).copy()
    classes = case.y_pred.shape[1]
    y[1], y[4] = classes + 1, classes + 7
    return _labels(case, y)


def marked(value: int) -> Change:
    def change(case: Healthy) -> Healthy | None:
        y = _y(case).copy()
        y[::6] = value
        return _labels(case, y)

    return change


def nan_labels(case: Healthy) -> Healthy | None:
    y = _y(case).astype(np.float64)
    y[3] = np.nan
    return _labels(case, y)


def cast_nan(case: Healthy) -> Healthy | None:
    y = _y(case).copy()
    y[3] = np.iinfo(np.int64).min
    return _labels(case, y)


def scaled(case: Healthy) -> Healthy | None:
    return _labels(case, _y(case) / (case.y_pred.shape[1] - 1) * 0.9)


def text(case: Healthy) -> Healthy | None:
    return _labels(case, np.array([f"class {v}" for v in _y(case)]))


def one_hot_sparse(case: Healthy) -> Healthy | None:
    rows = np.eye(case.y_pred.shape[1])[_y(case)]
    return replace(case, y_true=rows, options={**case.options, "loss": "sparse"})


def flat_one_hot(case: Healthy) -> Healthy | None:
    return _labels(case, np.eye(case.y_pred.shape[1], dtype=int)[_y(case)].reshape(-1))


def index_dense(case: Healthy) -> Healthy | None:
    return replace(case, options={**case.options, "loss": "dense"})


def shorter(case: Healthy) -> Healthy | None:
    return _labels(case, _y(case)[:-3])


def doubled_rows(case: Healthy) -> Healthy | None:
    return _scores(case, np.repeat(case.y_pred, 2, axis=0))


def softmax_twice(case: Healthy) -> Healthy | None:
    return _scores(case, _shares(case).astype(np.float32), from_logits=True)


def logits_as_shares(case: Healthy) -> Healthy | None:
    p = np.asarray(case.y_pred, np.float32)
    # Log-probabilities have a code of their own, and zeros are no logits of a trained model.
    if not case.options.get("from_logits") or p.max() <= 0:
        return None
    return _scores(case, case.y_pred, from_logits=False)


def log_as_shares(case: Healthy) -> Healthy | None:
    with np.errstate(divide="ignore"):
        logs = np.log(np.maximum(_shares(case), 1e-20)).astype(np.float64)
    return _scores(case, log_softmax(logs, axis=-1), from_logits=False)


def other_axis(case: Healthy) -> Healthy | None:
    logs = np.log(np.maximum(_shares(case), 1e-9))
    return _scores(case, softmax(logs, axis=0), from_logits=False)


def sigmoids(case: Healthy) -> Healthy | None:
    logs = np.log(np.maximum(_shares(case), 1e-6))
    return _scores(case, 1 / (1 + np.exp(-logs - 3)), from_logits=False)


def swapped(case: Healthy) -> Healthy | None:
    return replace(case, y_true=np.asarray(case.y_pred, np.float32), y_pred=_y(case))


def argmaxed(case: Healthy) -> Healthy | None:
    return _scores(case, np.asarray(case.y_pred, np.float32).argmax(axis=1))


def one_hot_predictions(case: Healthy) -> Healthy | None:
    chosen = np.asarray(case.y_pred, np.float32).argmax(axis=1)
    if (chosen == _y(case)).all():
        return None
    return _scores(case, np.eye(case.y_pred.shape[1])[chosen])


def nan_logits(case: Healthy) -> Healthy | None:
    p = np.array(case.y_pred, np.float32)
    p[5, 1] = np.nan
    return _scores(case, p)


def moved_columns(case: Healthy) -> Healthy | None:
    p = np.asarray(case.y_pred, np.float32)
    right = (p.argmax(1) == _y(case)).mean()
    frequent = np.bincount(_y(case)).max()
    if right < 0.75 or len(p) < 50 or frequent > 0.8 * len(p):
        return None
    return _scores(case, np.roll(case.y_pred, 1, axis=1))


def _frequent(case: Healthy) -> np.ndarray | None:
    """The three most frequent classes of a model that knows them."""
    p, y = np.asarray(case.y_pred, np.float32), _y(case)
    counts = np.bincount(y, minlength=p.shape[1])
    if (p.argmax(1) == y).mean() < 0.75 or len(p) < 50 or counts.max() > 0.8 * len(p):
        return None
    order = np.argsort(-counts)[:3]
    return order if counts[order[2]] else None


def _in_a_circle(case: Healthy, classes: np.ndarray | None) -> Healthy | None:
    if classes is None:
        return None
    p = np.array(case.y_pred)
    p[:, classes] = p[:, np.roll(classes, 1)]
    return _scores(case, p)


def swapped_columns(case: Healthy) -> Healthy | None:
    three = _frequent(case)
    return _in_a_circle(case, None if three is None else three[:2])


def circled_columns(case: Healthy) -> Healthy | None:
    return _in_a_circle(case, _frequent(case))


def named_labels(case: Healthy, names: list[str]) -> Healthy:
    options = {**case.options, "class_names": names}
    return replace(case, y_true=np.array(named_classes(case))[_y(case)], options=options)


def named_classes(case: Healthy) -> list[str]:
    """Names in no order of the alphabet."""
    return [
        f"{['zebra', 'fox', 'ant', 'owl', 'cat'][c % 5]} {c}" for c in range(case.y_pred.shape[1])
    ]


def other_names(case: Healthy) -> Healthy | None:
    three, names = _frequent(case), np.array(named_classes(case))
    if three is None:
        return None
    names[three] = names[np.roll(three, 1)]
    return named_labels(case, names.tolist())


def unknown_name(case: Healthy) -> Healthy | None:
    broken = named_labels(case, named_classes(case))
    broken.y_true[3] = "horse"
    return broken


def several_ones(case: Healthy) -> Healthy | None:
    rows = np.eye(case.y_pred.shape[1])[_y(case)]
    return _labels(
        case, np.maximum(rows, np.roll(rows, 1, axis=1) * (np.arange(len(rows)) % 2)[:, None])
    )


def counts(case: Healthy) -> Healthy | None:
    return _labels(case, 3 * np.eye(case.y_pred.shape[1])[_y(case)] + 1)


def all_ignored(case: Healthy) -> Healthy | None:
    y = np.full(len(_y(case)), -1)
    return replace(case, y_true=y, options={**case.options, "ignore_class": -1})


def short_weights(case: Healthy) -> Healthy | None:
    weight = np.ones(case.y_pred.shape[1] - 1)
    return replace(case, options={**case.options, "class_weight": weight})


def smoothing_over_masked(case: Healthy) -> Healthy | None:
    if not case.options.get("from_logits"):
        return None
    p = np.array(case.y_pred, np.float32)
    p = np.concatenate([p, np.full((len(p), 2), -np.inf, np.float32)], axis=1)
    return _scores(case, p, label_smoothing=0.1)


def transposed(case: Healthy) -> Healthy | None:
    n, classes = case.y_pred.shape
    return None if n == classes else _scores(case, np.asarray(case.y_pred).T)


def wrong_accuracy(case: Healthy) -> Healthy | None:
    p = np.asarray(case.y_pred, np.float32)
    right = float((p.argmax(1) == _y(case)).mean())
    zero = float((p.argmax(1) == 0).mean())
    if len(p) < 50 or abs(right - zero) < 0.05:
        return None
    return replace(case, options={**case.options, "accuracy": zero})


def both_sides(case: Healthy) -> Healthy | None:
    y = _y(case).copy()
    y[1], y[4] = case.y_pred.shape[1] + 7, -3
    return _labels(case, y)


def diverged(case: Healthy) -> Healthy | None:
    if not case.options.get("from_logits"):
        return None
    noise = np.random.default_rng(4).normal(size=case.y_pred.shape)
    return _scores(case, (1e5 * noise).astype(np.float32))


def flat(order: str) -> Change:
    def change(case: Healthy) -> Healthy | None:
        p = np.asarray(case.y_pred, np.float64)
        if case.options.get("from_logits") is False or len(p) < 20:
            return None
        return _scores(case, p.reshape(-1, order=order))  # type: ignore[call-overload]

    return change


def places_not_pooled(case: Healthy) -> Healthy | None:
    p = np.asarray(case.y_pred)
    return _scores(case, np.broadcast_to(p[:, None, None], (len(p), 2, 3, p.shape[1])))


def sigmoids_of_classes(case: Healthy) -> Healthy | None:
    logs = np.log(np.maximum(_shares(case), 1e-6))
    p = 1 / (1 + np.exp(-logs - 3))
    rows = np.eye(p.shape[1])[_y(case)]
    return replace(case, y_true=rows, y_pred=p, options={"from_logits": False})


def binary_of_softmax(case: Healthy) -> Healthy | None:
    rows = np.eye(case.y_pred.shape[1])[_y(case)]
    p = _shares(case).astype(np.float32)
    return replace(case, y_true=rows, y_pred=p, options={"loss": "binary"})


def several_of_softmax(case: Healthy) -> Healthy | None:
    broken = several_ones(case)
    options = {"loss": "torch.nn.BCELoss"}
    return (
        None
        if broken is None
        else replace(broken, y_pred=_shares(case).astype(np.float32), options=options)
    )


def integer_rows(case: Healthy) -> Healthy | None:
    rows = np.eye(case.y_pred.shape[1], dtype=np.int64)[_y(case)]
    if not case.options.get("from_logits"):
        return None
    return replace(case, y_true=rows, options={"loss": "torch.nn.CrossEntropyLoss"})


FAULTS = (
    Fault("labels outside on both sides", "CE101", both_sides),
    Fault("a run that diverged", "CE217", diverged),
    Fault("flat scores, class by class", "CE112", flat("F")),
    Fault("flat scores, row by row", "CE112", flat("C")),
    Fault("places of an image are not pooled", "CE112", places_not_pooled),
    Fault("sigmoids, one-hot labels", "CE406", sigmoids_of_classes),
    Fault("a binary loss of a softmax, one-hot labels", "CE301", binary_of_softmax),
    Fault("a binary loss of a softmax, several ones a row", "CE301", several_of_softmax),
    Fault("integer one-hot rows to PyTorch", "CE111", integer_rows, ("CE212",)),
    Fault("labels count from 1", "CE104", from_1),
    Fault("labels beyond the classes", "CE101", too_large),
    Fault("-1 marks no label", "CE103", marked(-1)),
    Fault("255 marks no label", "CE103", marked(255)),
    Fault("-100 marks no label", "CE103", marked(-100)),
    Fault("a label is NaN", "CE312", nan_labels),
    Fault("NaN was cast to int64", "CE312", cast_nan),
    Fault("labels were scaled", "CE111", scaled),
    Fault("labels are text", "CE313", text),
    Fault("one-hot labels, sparse loss", "CE108", one_hot_sparse),
    Fault("flattened one-hot labels", "CE108", flat_one_hot),
    Fault("class indices, dense loss", "CE109", index_dense),
    Fault("three labels are lost", "CE112", shorter),
    Fault("two predictions for a label", "CE112", doubled_rows),
    Fault("classes on the other axis", "CE110", transposed),
    Fault("a softmax twice", "CE105", softmax_twice),
    Fault("logits as probabilities", "CE106", logits_as_shares),
    Fault("log-probabilities as probabilities", "CE307", log_as_shares),
    Fault("softmax along the rows", "CE309", other_axis),
    Fault("sigmoids for a softmax", "CE406", sigmoids),
    Fault("swapped arguments", "CE304", swapped),
    Fault("predictions after argmax", "CE305", argmaxed),
    Fault("predictions made one-hot", "CE305", one_hot_predictions),
    Fault("a NaN logit", "CE217", nan_logits),
    Fault("columns in another order", "CE318", moved_columns),
    Fault("two columns in the place of each other", "CE318", swapped_columns),
    Fault("three columns in a circle", "CE318", circled_columns),
    Fault("names of classes in another order", "CE318", other_names),
    Fault("a name that no class has", "CE313", unknown_name),
    Fault("several ones a row", "CE301", several_ones),
    Fault("counts as targets", "CE308", counts),
    Fault("every row is ignored", "CE202", all_ignored),
    Fault("a class weight is missing", "CE314", short_weights),
    Fault("smoothing over masked classes", "CE212", smoothing_over_masked),
    Fault("accuracy of class 0", "CE201", wrong_accuracy),
)

PAIRS = (
    ("labels count from 1", "a softmax twice"),
    ("-1 marks no label", "logits as probabilities"),
    ("labels beyond the classes", "a NaN logit"),
    ("several ones a row", "a softmax twice"),
    ("logits as probabilities", "a NaN logit"),
    ("counts as targets", "a NaN logit"),
    ("a label is NaN", "a softmax twice"),
    ("labels beyond the classes", "a class weight is missing"),
    ("255 marks no label", "softmax along the rows"),
    ("class indices, dense loss", "logits as probabilities"),
)
"""Two faults that may be there together; both codes must be found."""


EVERY = (*FAULTS, *OF_PLACES, *OF_ELEMENTS)


@cache
def bases(kind: str = "rows") -> list[Healthy]:
    """Healthy cases that the faults of a kind can be put into."""
    if kind == "rows":
        return [case for case in all_healthy() if _index(case)]
    fits = of_places if kind == "places" else of_elements
    return [case for case in (*all_healthy(), *cases()) if fits(case)]


def kind_of(fault: Fault) -> str:
    """What a fault is put into."""
    return "places" if fault in OF_PLACES else "elements" if fault in OF_ELEMENTS else "rows"


def named(name: str) -> Fault:
    """The fault of a name."""
    return next(fault for fault in FAULTS if fault.name == name)


def alarms(case: Healthy) -> list[str]:
    """Codes of the errors and warnings of a case, in order."""
    report = ce.diagnose(case.y_true, case.y_pred, **case.options)
    return [finding.code for finding in report.findings if finding.severity != "note"]


@dataclass
class Result:
    """What came of one fault in every healthy case that it can be put into."""

    fault: Fault
    cases: int = 0
    first: int = 0
    others: Counter[str] = field(default_factory=Counter)
    misses: list[str] = field(default_factory=list)


@cache
def inject(fault: Fault) -> Result:
    """Put a fault into every base case and count what is found."""
    result = Result(fault)
    for base in bases(kind_of(fault)):
        broken = fault.change(base)
        if broken is None:
            continue
        found = alarms(broken)
        right = bool(found) and found[0] == fault.code
        wrong = [code for code in found if code != fault.code and code not in fault.beside]
        result.cases += 1
        result.first += right
        result.others.update(wrong)
        if not right or wrong:
            result.misses.append(f"{base.name}: {found}")
    return result


@dataclass
class Pair:
    """What came of two faults at once."""

    first: Fault
    second: Fault
    cases: int = 0
    both: int = 0
    misses: list[str] = field(default_factory=list)


@cache
def inject_pair(names: tuple[str, str]) -> Pair:
    """Put two faults into every base case that takes both."""
    result = Pair(*map(named, names))
    for base in bases():
        broken = result.first.change(base)
        broken = result.second.change(broken) if broken is not None else None
        if broken is None:
            continue
        found = alarms(broken)
        right = sorted(found) == sorted({result.first.code, result.second.code})
        result.cases += 1
        result.both += right
        if not right:
            result.misses.append(f"{base.name}: {found}")
    return result

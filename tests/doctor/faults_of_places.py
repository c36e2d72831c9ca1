"""Faults that are put into sequences, images, masks and several labels a row."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from scipy.special import expit, log_softmax, softmax

from doctor.faults_kinds import Fault
from doctor.healthy import Healthy

Y = np.ndarray


def _with(case: Healthy, y: Any = None, p: Any = None, **options: Any) -> Healthy:
    return replace(
        case,
        y_true=case.y_true if y is None else y,
        y_pred=case.y_pred if p is None else p,
        options={**case.options, **options},
    )


def _axis(case: Healthy) -> int:
    named = int(case.options.get("axis", -1))
    torch = str(case.options.get("loss", "")).startswith("torch.nn.Cross")
    return 1 if torch else named


def _classes(case: Healthy) -> int:
    return int(case.y_pred.shape[_axis(case)])


def _shares(case: Healthy) -> np.ndarray:
    x = np.asarray(case.y_pred, np.float64)
    return x if case.options.get("from_logits") is False else softmax(x, axis=_axis(case))


def _library(case: Healthy) -> bool:
    return "." in str(case.options.get("loss", ""))


def _plain(case: Healthy) -> dict[str, Any]:
    return {k: v for k, v in case.options.items() if k in ("axis", "from_logits")}


# Images and texts: a class for every place.


def from_1(case: Healthy) -> Healthy | None:
    whole = len(np.unique(case.y_true)) == _classes(case)
    return _with(case, case.y_true + 1) if whole else None


def beyond(case: Healthy) -> Healthy:
    y = case.y_true.copy()
    y[0, 0], y[-1, -1] = _classes(case) + 2, _classes(case) + 9
    return _with(case, y)


def both_sides(case: Healthy) -> Healthy:
    y = case.y_true.copy()
    y[0, 0], y[-1, -1] = _classes(case) + 2, -3
    return _with(case, y)


def void(value: int):
    def change(case: Healthy) -> Healthy:
        y = case.y_true.copy()
        y[:, :2] = value
        return _with(case, y)

    return change


def mark_100(case: Healthy) -> Healthy | None:
    return None if _library(case) else void(-100)(case)  # PyTorch leaves it out


def cast_nan(case: Healthy) -> Healthy:
    y = case.y_true.copy()
    y[0, 1] = np.iinfo(np.int64).min
    return _with(case, y)


def nan_labels(case: Healthy) -> Healthy | None:
    y = case.y_true.astype(np.float64)
    y[0, 1] = np.nan
    return _with(case, y)


def grey(case: Healthy) -> Healthy | None:
    if _classes(case) > 12:
        return None
    levels = 255 // (_classes(case) - 1)
    return _with(case, case.y_true * levels) if len(np.unique(case.y_true)) > 2 else None


def colours(case: Healthy) -> Healthy | None:
    if case.y_true.ndim != 3 or _classes(case) == 3:
        return None
    return _with(case, np.stack([case.y_true * 40] * 3, axis=-1).astype(np.uint8))


def one_hot_sparse(case: Healthy) -> Healthy | None:
    rows = np.moveaxis(np.eye(_classes(case))[case.y_true], -1, _axis(case))
    return None if _library(case) else _with(case, rows, loss="sparse")


def index_dense(case: Healthy) -> Healthy | None:
    return None if _library(case) else _with(case, loss="dense")


def softmax_twice(case: Healthy) -> Healthy:
    p = _shares(case).astype(np.float32)
    return _with(case, p=p) if _library(case) else _with(case, p=p, from_logits=True)


def logits_as_shares(case: Healthy) -> Healthy | None:
    return _with(case, from_logits=False) if case.options.get("from_logits") else None


def logs_as_shares(case: Healthy) -> Healthy | None:
    logs = log_softmax(np.log(_shares(case)), axis=_axis(case))
    return None if _library(case) else _with(case, p=logs, from_logits=False)


def softmax_over(axis: int):
    def change(case: Healthy) -> Healthy | None:
        own, rank = _axis(case), case.y_pred.ndim
        if _library(case) or (axis - own) % rank == 0:
            return None
        return _with(case, p=softmax(np.log(_shares(case)), axis=axis), from_logits=False)

    return change


def sigmoids(case: Healthy) -> Healthy | None:
    if _library(case):
        return None
    return _with(case, p=expit(np.log(_shares(case)) + 3), from_logits=False)


def swapped(case: Healthy) -> Healthy | None:
    if _library(case) or _axis(case) != -1:
        return None
    p = np.asarray(case.y_pred, np.float32)
    return replace(case, y_true=p, y_pred=np.array(case.y_true))


def chosen(case: Healthy) -> Healthy:
    return _with(case, p=np.asarray(case.y_pred).argmax(axis=_axis(case)))


def nan_logits(case: Healthy) -> Healthy:
    p = np.array(case.y_pred, np.float32)
    p[0, 1, 1] = np.nan
    return _with(case, p=p)


def diverged(case: Healthy) -> Healthy | None:
    if case.options.get("from_logits") is False:
        return None
    noise = np.random.default_rng(1).normal(size=case.y_pred.shape)
    return _with(case, p=(1e5 * noise).astype(np.float32))


def masked_label(case: Healthy) -> Healthy | None:
    if case.options.get("from_logits") is False:
        return None
    p = np.moveaxis(np.array(case.y_pred, np.float32), _axis(case), -1)
    hidden = np.random.default_rng(1).uniform(size=p.shape) < 0.3
    return _with(case, p=np.moveaxis(np.where(hidden, -1e9, p), -1, _axis(case)))


def other_axis(case: Healthy) -> Healthy | None:
    if _library(case) or len(set(case.y_pred.shape)) < case.y_pred.ndim:
        return None
    first = _axis(case) == 1
    p = np.moveaxis(case.y_pred, 1, -1) if first else np.moveaxis(case.y_pred, -1, 1)
    return _with(case, p=p)


def smaller(case: Healthy) -> Healthy | None:
    if case.y_true.ndim != 3:
        return None
    return _with(case, case.y_true[:, ::2, ::2])


def shorter(case: Healthy) -> Healthy | None:
    return _with(case, case.y_true[:, :-3]) if case.y_true.ndim == 2 else None


def all_ignored(case: Healthy) -> Healthy | None:
    if _library(case):
        return None
    return _with(case, np.full_like(case.y_true, -1), ignore_class=-1)


def short_weights(case: Healthy) -> Healthy | None:
    weight = np.ones(_classes(case) - 1)
    return None if _library(case) else _with(case, class_weight=weight)


def one_step_late(case: Healthy) -> Healthy | None:
    if case.y_true.ndim != 2 or case.y_pred.shape[-1] < 30 or case.y_pred.max() < 3:
        return None
    return _with(case, np.roll(case.y_true, 1, axis=1))


OF_PLACES = (
    Fault("places: labels count from 1", "CE104", from_1),
    Fault("places: labels beyond the classes", "CE101", beyond),
    Fault("places: labels outside on both sides", "CE101", both_sides),
    Fault("places: a void of 255", "CE103", void(255)),
    Fault("places: a void of -1", "CE103", void(-1)),
    Fault("places: -100 marks no label", "CE103", mark_100),
    Fault("places: a label is NaN", "CE312", nan_labels),
    Fault("places: NaN was cast to int64", "CE312", cast_nan),
    Fault("places: grey levels", "CE210", grey),
    Fault("places: colours", "CE210", colours),
    Fault("places: one-hot labels, sparse loss", "CE108", one_hot_sparse),
    Fault("places: class indices, dense loss", "CE109", index_dense),
    Fault("places: a softmax twice", "CE105", softmax_twice),
    Fault("places: logits as probabilities", "CE106", logits_as_shares),
    Fault("places: log-probabilities as probabilities", "CE307", logs_as_shares),
    Fault("places: softmax along axis 0", "CE309", softmax_over(0)),
    Fault("places: softmax along axis 1", "CE309", softmax_over(1)),
    Fault("places: sigmoids for a softmax", "CE406", sigmoids, beside=("CE215",)),
    Fault("places: swapped arguments", "CE304", swapped),
    Fault("places: predictions after argmax", "CE305", chosen),
    Fault("places: a NaN logit", "CE217", nan_logits),
    Fault("places: a run that diverged", "CE217", diverged),
    Fault("places: a mask at the label", "CE212", masked_label),
    Fault("places: classes on the other axis", "CE110", other_axis),
    Fault("images: labels of another size", "CE112", smaller),
    Fault("texts: labels of another length", "CE112", shorter),
    Fault("texts: labels one step late", "CE208", one_step_late),
    Fault("places: every place is ignored", "CE202", all_ignored),
    Fault("places: a class weight is missing", "CE314", short_weights),
)


# Yes or no for every element.


def _takes_logits(case: Healthy) -> bool:
    return bool(case.options.get("from_logits")) or "Logits" in str(case.options["loss"])


def signs(case: Healthy) -> Healthy:
    return _with(case, 2 * case.y_true - 1)


def one_and_two(case: Healthy) -> Healthy:
    return _with(case, case.y_true + 1)


def bytes_(case: Healthy) -> Healthy:
    return _with(case, (255 * case.y_true).astype(np.uint8))


def nan_elements(case: Healthy) -> Healthy:
    y = case.y_true.astype(np.float64)
    y.reshape(-1)[3] = np.nan
    return _with(case, y)


def five_classes(case: Healthy) -> Healthy:
    y = np.random.default_rng(2).integers(0, 5, case.y_true.shape)
    return _with(case, y)


def sigmoid_twice(case: Healthy) -> Healthy | None:
    if case.y_true.size < 64 or not _takes_logits(case):
        return None
    return _with(case, p=expit(case.y_pred.astype(np.float64)))


def logits_for_sigmoids(case: Healthy) -> Healthy | None:
    if not _takes_logits(case):
        return None
    loss = case.options["loss"]
    if loss == "binary":
        return _with(case, from_logits=False)
    return _with(case, loss="torch.nn.BCELoss")


def nan_element(case: Healthy) -> Healthy:
    p = np.array(case.y_pred, np.float64)
    p.reshape(-1)[5] = np.nan
    return _with(case, p=p)


def huge_elements(case: Healthy) -> Healthy | None:
    if not _takes_logits(case):
        return None
    return _with(case, p=1e5 * np.random.default_rng(3).normal(size=case.y_pred.shape))


def softmax_for_sigmoid(case: Healthy) -> Healthy | None:
    if case.y_true.ndim != 2 or case.y_true.shape[1] < 3:
        return None
    x = case.y_pred.astype(np.float64)
    x = x if _takes_logits(case) else np.log(x / (1 - x))
    options = {"loss": "torch.nn.BCELoss"} if _takes_logits(case) else {}
    broken = _with(case, p=softmax(x, axis=1), **options)
    broken.options.pop("from_logits", None)
    return broken


def lost_rows(case: Healthy) -> Healthy:
    return _with(case, case.y_true[:-1])


OF_ELEMENTS = (
    Fault("elements: labels -1 and 1", "CE308", signs),
    Fault("elements: labels 1 and 2", "CE308", one_and_two),
    Fault("elements: labels 0 and 255", "CE308", bytes_),
    Fault("elements: a label is NaN", "CE312", nan_elements),
    Fault("elements: class indices", "CE308", five_classes),
    Fault("elements: a sigmoid twice", "CE105", sigmoid_twice),
    Fault("elements: logits as probabilities", "CE106", logits_for_sigmoids),
    Fault("elements: a NaN logit", "CE217", nan_element),
    Fault("elements: a run that diverged", "CE217", huge_elements),
    Fault("elements: softmax for a sigmoid", "CE301", softmax_for_sigmoid),
    Fault("elements: a row of labels is lost", "CE112", lost_rows),
)


def of_places(case: Healthy) -> bool:
    """Whether a case has class indices for the places of images or texts."""
    y, p = case.y_true, case.y_pred
    plain = isinstance(y, np.ndarray) and isinstance(p, np.ndarray) and y.dtype == np.int64
    named = case.options.keys() <= {"from_logits", "axis", "loss"}
    known = case.options.get("loss", "torch.nn.CrossEntropyLoss") == "torch.nn.CrossEntropyLoss"
    trained = plain and y.ndim >= 2 and p.ndim == y.ndim + 1 and np.abs(p).max() > 0.9
    return bool(trained and named and known)


def of_elements(case: Healthy) -> bool:
    """Whether a case is of a binary loss with labels 0 and 1."""
    y, p = case.y_true, case.y_pred
    binary = case.options.get("loss") in ("binary", "torch.nn.BCELoss",
                                          "torch.nn.BCEWithLogitsLoss")  # fmt: skip
    if not binary or not isinstance(y, np.ndarray) or p is None or y.shape != p.shape:
        return False
    return bool(np.isin(y, (0, 1)).all()) and y.size >= 30

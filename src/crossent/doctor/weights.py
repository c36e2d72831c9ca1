"""Facts about class weights and sample weights, which are read whole."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from crossent.doctor.case import Case, WeightFacts
from crossent.errors import CrossentError
from crossent.evaluate.state import to_host
from crossent.messages.options import array_kind

HostArray = npt.NDArray[Any]


def sample_weight_facts(weight: HostArray) -> WeightFacts:
    """Collect the facts about weights of rows."""
    if weight.dtype.kind in "USO":
        raise array_kind(
            "sample_weight", f"an array of {weight.dtype.name}", "Weights are numbers."
        )
    wide = weight.astype(np.float64)
    bad = ~((wide >= 0) & np.isfinite(wide))
    return WeightFacts(
        shape=weight.shape,
        dtype=weight.dtype.name,
        low=float(np.min(wide, initial=np.inf)),
        high=float(np.max(wide, initial=-np.inf)),
        bad=int(np.count_nonzero(bad)),
        zeros=int(np.count_nonzero(wide == 0)),
        only01=bool(np.isin(wide, (0.0, 1.0)).all()),
        total=float(wide[~bad].sum()),
    )


def class_weight_facts(case: Case) -> WeightFacts | None:
    """Collect the facts about weights of classes, with the labels' counts."""
    weight = case.loss.class_weight
    if weight is None or isinstance(weight, str):
        return None
    classes = case.classes or 0
    present = [] if case.labels is None else case.labels.inside_values
    if case.targets is not None:
        present = [int(c) for c in np.flatnonzero(case.targets.counts)]
    try:
        if isinstance(weight, Mapping):
            return _of_mapping(weight, case, present)
        host = to_host("class_weight", weight)
    except CrossentError as error:
        case.raised.append(error)
        return None
    facts = sample_weight_facts(host)
    total = math.nan
    if host.shape == (classes,):
        total = _label_total(case, host.astype(np.float64), classes)
    return WeightFacts(**{**facts.__dict__, "label_total": total})


def _of_mapping(weight: Mapping[Any, Any], case: Case, present: list[int]) -> WeightFacts:
    named = [key for key in weight if isinstance(key, int | np.integer) and key >= 0]
    classes = case.classes or (max(named, default=-1) + 1)
    values = np.ones(classes)
    unknown = []
    for key, value in weight.items():
        whole = isinstance(key, int | np.integer) and not isinstance(key, bool)
        if whole and 0 <= key < classes:
            values[key] = to_host("class_weight", [value])[0]
        else:
            unknown.append(key)
    facts = sample_weight_facts(values)
    return WeightFacts(
        **{
            **facts.__dict__,
            "missing": tuple(c for c in present if c not in weight),
            "unknown": tuple(unknown),
            "label_total": _label_total(case, values, classes),
        }
    )


def _label_total(case: Case, weight: HostArray, classes: int) -> float:
    if case.targets is not None:
        counts = case.targets.counts
        return float((counts * weight).sum()) if len(counts) == len(weight) else math.nan
    if case.labels is None:
        return math.nan
    return float((case.labels.counts(classes) * weight).sum())

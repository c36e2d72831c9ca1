"""Facts about class weights, which are read whole, and sample weights, which are walked."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from crossent.core import verdicts
from crossent.core.errors import CrossentError
from crossent.doctor.arguments import Given, is_file, opened
from crossent.doctor.case import Case, WeightFacts
from crossent.frontends.numpy.arrays import host_array
from crossent.stream.host import to_host
from crossent.stream.readers import Reader
from crossent.stream.readers.arrays import ArrayReader
from crossent.stream.walk import read_whole

HostArray = npt.NDArray[Any]

BLOCK: Final = 2**18
"""Weights that are looked at at once."""


def open_weight(case: Case, given: Given) -> Reader | None:
    """Open the sample weights and note what they are."""
    weight = given.sample_weight
    if weight is None:
        return None
    if is_file(weight):
        reader = opened(given, weight)
        if reader.dtype.kind in "US":
            host_array("sample_weight", np.empty(0, reader.dtype))  # refuses text
    else:
        reader = ArrayReader(to_host("sample_weight", weight), "the sample weights")
    if reader.shape:
        rows = max(1, BLOCK // max(1, math.prod(reader.shape[1:])))
        parts = [_facts(piece) for piece in reader.chunks(rows)] or [_facts(np.zeros(0))]
    else:
        parts = [_facts(read_whole(reader))]
    case.sample_weight = WeightFacts(
        shape=reader.shape,
        dtype=reader.dtype.name,
        low=min(part.low for part in parts),
        high=max(part.high for part in parts),
        bad=sum(part.bad for part in parts),
        zeros=sum(part.zeros for part in parts),
        only01=all(part.only01 for part in parts),
        total=math.fsum(part.total for part in parts),
    )
    return reader


def flat_weights(case: Case, weight: Reader) -> Iterator[HostArray]:
    """Give a weight for each row of predictions; 1 if the shapes do not fit."""
    elements = case.layout == "elements" and case.p is not None
    rows = case.p.shape if elements and case.p is not None else case.row_shape
    shape = weight.shape
    shape += (1,) * (len(rows) - len(shape))
    fits = len(shape) == len(rows) and all(a in (1, b) for a, b in zip(shape, rows, strict=True))
    if not fits or not weight.shape:
        one = read_whole(weight) if fits else np.ones(())
        for start in range(0, math.prod(rows), BLOCK):
            yield np.broadcast_to(one.reshape(()), min(BLOCK, math.prod(rows) - start))
        return
    step = max(1, BLOCK // max(1, math.prod(rows[1:])))
    pieces = weight.chunks(step)
    if shape[0] < rows[0]:
        first = next(pieces)
        pieces = (
            np.broadcast_to(first, (min(step, rows[0] - start), *first.shape[1:]))
            for start in range(0, rows[0], step)
        )
    for piece in pieces:
        wide = piece.reshape(len(piece), *shape[1:])
        yield np.broadcast_to(wide, (len(piece), *rows[1:])).reshape(-1)


def _facts(weight: HostArray) -> WeightFacts:
    """Collect the facts about weights."""
    wide = weight.astype(np.float64)
    bad = verdicts.bad_weights(weight)
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
    facts = _facts(host)
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
        if verdicts.is_class(key, classes):
            values[key] = to_host("class_weight", [value])[0]
        else:
            unknown.append(key)
    facts = _facts(values)
    occurs = np.isin(np.arange(classes), present)
    needed = np.flatnonzero(verdicts.weighed_classes(occurs, case.loss.label_smoothing))
    return WeightFacts(
        **{
            **facts.__dict__,
            "missing": tuple(int(c) for c in needed if c not in weight),
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

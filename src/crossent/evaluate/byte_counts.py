"""Bits per byte: the number that does not depend on how a text was cut into tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from crossent.core.messages import data as messages
from crossent.evaluate.evaluation import Evaluation
from crossent.stream.readers import Reader


def bytes_of(given: Any, beside: Mapping[str, Reader], cluster: Any) -> int | None:
    """Return how many bytes the rows stand for: a number, or the sum of a column.

    Raises
    ------
    OptionError
        If it is no number above 0, or those of clusters stand in each of their rows.
    """
    if given is None:
        return None
    reader = beside.get("bytes")
    total: Any = given
    if reader is not None:
        values = np.concatenate([np.asarray(piece) for piece in reader.chunks(2**16)])
        if values.dtype.kind not in "iuf" or not (np.floor(values) == values).all():
            raise messages.not_bytes(given)
        if cluster is not None and _are_of_clusters(values, cluster):
            raise messages.bytes_of_clusters(str(given))
        total = int(values.sum())
    if isinstance(total, bool) or not isinstance(total, int | np.integer) or total <= 0:
        raise messages.not_bytes(given)
    return int(total)


def _are_of_clusters(values: Any, cluster: Reader) -> bool:
    """Whether a number is the same in all rows of each cluster, and not in all rows."""
    names = np.concatenate([np.asarray(piece) for piece in cluster.chunks(2**16)])
    order = np.argsort(names, kind="stable")
    names, values = names[order], values[order]
    same = names[1:] == names[:-1]
    return bool(same.any()) and bool((values[1:] == values[:-1])[same].all())


def per_byte(result: Evaluation, count: int | None) -> float | None:
    """Return the bits of all kept rows, divided by the bytes."""
    return None if count is None else result.bits * result.weight / count

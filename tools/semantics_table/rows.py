"""The rows that every contender is given: labels, predictions and weights, and what is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
INF = np.inf


@dataclass(frozen=True)
class Case:
    """One line of the table."""

    key: str  # begins with the number of the rule
    given: str
    shown: str
    y: Array
    x: Array
    w: Array | None = None

    @property
    def rule(self) -> str:
        return self.key[:3].upper()


def floats(*rows: object, dtype: str = "float32") -> Array:
    return np.array(rows, dtype)


def labels(*values: int) -> Array:
    return np.array(values, "int32")


THREE = floats((2, 1, 0), (0, 1, 2), (1, 1, 1))
BATCHES = (64, 999, 20_000)
MANY = np.random.default_rng(0).normal(scale=10, size=(20_000, 10)).astype("float32")
WIDE = np.zeros((1, 4096), "float32")
WIDE[0, 2049] = 10

CASES = (
    Case("m01_eager", "labels −1 and 0 of 3 classes", "loss of each row", labels(-1, 0), THREE[:2]),
    Case(
        "m01_traced",
        "the same, compiled with `jit_compile=True`",
        "loss of each row; gradient of row 1",
        *(labels(-1, 0), THREE[:2]),
    ),
    Case("m02_fraction", "label 1.7", "loss", floats(1.7), THREE[:1]),
    Case(
        "m02_float16",
        "label 2049 of 4096, kept as float16; its logit is 10, the others 0",
        "loss",
        *(floats(2049, dtype="float16"), WIDE),
    ),
    Case(
        "m03_index_to_dense",
        "labels 0, 1, 2 given to the dense loss with 3×3 logits",
        "loss of each row",
        *(labels(0, 1, 2), THREE),
    ),
    Case(
        "m03_one_hot_to_sparse",
        "one-hot labels given to the sparse loss with 3×3 logits",
        "mean",
        *(np.eye(3, dtype="int32"), THREE),
    ),
    Case("m04", "target (1, 1, 0), two labels in one row", "loss", floats((1, 1, 0)), THREE[:1]),
    Case(
        "m05_logits",
        "logits (2, −1, 0.5) given as probabilities, label 0",
        "loss",
        *(labels(0), floats((2, -1, 0.5))),
    ),
    Case(
        "m05_half",
        "probabilities (0.2, 0.3), which do not sum to 1, label 0",
        "loss",
        *(labels(0), floats((0.2, 0.3))),
    ),
    Case(
        "m05_softmax_twice",
        "9 perfect rows of probabilities given as logits, 3 classes",
        "mean",
        *(np.arange(9, dtype="int32") % 3, np.eye(3, dtype="float32")[np.arange(9) % 3]),
    ),
    Case(
        "m06",
        "row 2 is NaN and has weight 0",
        "mean; gradient of row 2",
        *(labels(0, 0), floats((2, 1, 0), (np.nan,) * 3), floats(1, 0)),
    ),
    Case(
        "m07",
        "losses 0.40761 and 2.4076 with weights 3 and 1",
        "mean",
        *(labels(0, 0), THREE[:2], floats(3, 1)),
    ),
    Case("m08_kept", "two rows, both with weight 0", "mean", labels(0, 0), THREE[:2], floats(0, 0)),
    Case("m08_rows", "no rows at all", "mean", labels(), THREE[:0]),
    Case(
        "m09",
        "logits (0, −∞, 0), one-hot target (1, 0, 0); exactly 0.69315",
        "loss; gradient",
        *(floats((1, 0, 0)), floats((0, -INF, 0))),
    ),
    Case(
        "m10",
        "row 1 has logits (−∞, −∞, −∞), row 2 is sound",
        "loss of each row; gradient of row 2",
        *(labels(0, 0), floats((-INF,) * 3, (2, 1, 0))),
    ),
    Case(
        "m11",
        "logits (1e6, 1e6 + 1), label 0; exactly 1.3133",
        "loss",
        *(labels(0), floats((1e6, 1e6 + 1))),
    ),
    Case(
        "m12",
        "logits (20, 0), label 0; exactly 2.0612e−09",
        "loss; gradient at the label",
        *(labels(0), floats((20, 0))),
    ),
    Case(
        "m13_row",
        "float16 logits (9, 0), label 0; exactly 0.0001234",
        "loss; its dtype",
        *(labels(0), floats((9, 0), dtype="float16")),
    ),
    Case(
        "m13_sum",
        "20 000 rows of float16 logits (0, 5), label 0; exactly 1.0013e+05",
        "sum",
        *(np.zeros(20_000, "int32"), np.tile(floats((0, 5), dtype="float16"), (20_000, 1))),
    ),
    Case(
        "m14",
        "20 000 rows, read in batches of 64, of 999 and all at once",
        "different means",
        *(np.arange(20_000, dtype="int32") % 10, MANY),
    ),
    Case(
        "m15",
        "value and gradient in place, labels 0 and 7 of 3 classes",
        "the predictions afterwards",
        *(labels(0, 7), THREE[:2]),
    ),
    Case(
        "m16",
        "probabilities (1, 0), label 1",
        "loss; gradient at the label",
        *(labels(1), floats((1, 0))),
    ),
    Case(
        "m17",
        "binary, logits ∞ and −10 000, both targets 1",
        "loss of each",
        *(floats(1, 1), floats(INF, -1e4)),
    ),
    Case(
        "m18",
        "logits (2, 1, 0), label 0; exactly 0.40567",
        "second derivative of the squared loss by the first logit",
        *(labels(0), THREE[:1]),
    ),
    Case(
        "m18_confident",
        "logits (20, 0), label 0; exactly 1.6993e−17",
        "second derivative of the squared loss by the first logit",
        *(labels(0), floats((20, 0))),
    ),
    Case(
        "m19",
        "logits of shape (1, 3, 2), classes on axis 1, labels 0 and 2",
        "loss of each row",
        *(labels(0, 2).reshape(1, 2), THREE[:2].T.reshape(1, 3, 2)),
    ),
    Case(
        "m20",
        "losses 0.40761 and 2.4076 with weights 3 and 1",
        "gradient of the weighted mean by the weights",
        *(labels(0, 0), THREE[:2], floats(3, 1)),
    ),
)

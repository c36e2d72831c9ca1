"""Inputs whose reports the tests look at."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from scipy.special import softmax

import crossent as ce

RNG = np.random.default_rng(8)
N, C = 400, 10
LABELS = np.concatenate([np.arange(C), RNG.integers(0, C, N - C)])
LOGITS = (RNG.normal(size=(N, C)) * 2.3 + 4 * np.eye(C)[LABELS]).astype(np.float32)
PROBABILITIES = softmax(LOGITS, axis=1)
FAR_OFF = LOGITS.copy()
FAR_OFF[3] = 1e4 * np.eye(C)[(LABELS[3] + 1) % C]
CERTAIN = PROBABILITIES.copy()
CERTAIN[7] = np.eye(C)[(LABELS[7] + 1) % C]  # a certain mistake

HOSTILE = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "$\\frac{$", "</svg></style>",
    "url(#x) #000001 id=\"q\"", "&amp;&lt;", "\x00\u202e\ud800", "名前の長いクラス", "a" * 3000,
    "`code` ``",
)  # fmt: skip
"""Names of ten classes by somebody who means no good."""

CASES: dict[str, tuple[tuple[object, ...], dict[str, Any]]] = {
    "probabilities": ((LABELS, CERTAIN), {}),
    "logits": ((LABELS, LOGITS), {}),
    "from_1": ((LABELS + 1, LOGITS), {}),
    "labels_alone": ((LABELS,), {"num_classes": C}),
    "predictions_alone": ((None, PROBABILITIES), {}),
    "one_hot": ((np.eye(C)[LABELS], LOGITS), {}),
    "binary": ((LABELS % 2, PROBABILITIES[:, 1]), {"loss": "binary"}),
    "logits_as_probabilities": ((LABELS, LOGITS), {"from_logits": False}),
    "double_softmax": ((LABELS, PROBABILITIES), {"from_logits": True}),
    "nan": ((LABELS, np.full((N, C), np.nan)), {}),
    "many_classes": (
        (RNG.integers(0, 700, 300) ** 2 // 700, RNG.normal(size=(300, 700)).astype(np.float32)),
        {},
    ),
    "hostile": ((LABELS, CERTAIN), {"class_names": HOSTILE}),
    "mismatch": ((LABELS[:7], LOGITS), {}),
    "text": ((np.array(["<b>cat</b>", "dog"]), LOGITS[:2]), {}),
    "history": ((), {"history": [2.3, 2.3, 2.3]}),
    "far_off": ((LABELS, FAR_OFF), {}),
    "spread_sums": ((LABELS, PROBABILITIES * RNG.uniform(0.97, 1.02, (N, 1))), {}),
}


@cache
def report(name: str) -> ce.Report:
    """Diagnose a case."""
    arrays, options = CASES[name]
    return ce.diagnose(*arrays, **options)


@cache
def page(name: str) -> str:
    """Return the page of a case."""
    return report(name).to_html()

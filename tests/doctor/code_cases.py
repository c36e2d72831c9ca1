"""For each code inputs that have the fault, and sound ones that look alike.

An input is the arguments of `diagnose`. Codes that no data shows (CE401, CE403) have
messages alone, and CE001 and CE501 are errors of the call.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import log_softmax, softmax

Given = dict[str, Any]

RNG = np.random.default_rng(7)
N, C = 90, 6
Y = np.arange(N) % C
X = (RNG.normal(size=(N, C)) + 3 * np.eye(C)[Y]).astype(np.float32)
P = softmax(X.astype(np.float64), axis=1)
ONE_HOT = np.eye(C)[Y]
SMALL = X[:3]
LOGITS: Given = {"y_true": Y, "y_pred": X, "from_logits": True}
SHARES: Given = {"y_true": Y, "y_pred": P, "from_logits": False}
IMAGES = X.reshape(2, 5, 9, C)
TOKENS = RNG.integers(0, 20, (8, 64))
NEXT = np.roll(TOKENS, -1, axis=1)
LM = 5 * np.eye(20, dtype=np.float32)[NEXT]
TEXTS = np.random.default_rng(77)
GUESSES = (
    5
    * np.eye(20, dtype=np.float32)[
        np.where(TEXTS.uniform(size=NEXT.shape) < 0.8, NEXT, TEXTS.integers(0, 20, NEXT.shape))
    ]
)
AFTER = float(-(GUESSES[:, :-1] * np.eye(20)[TOKENS[:, 1:]]).sum(-1).mean() + np.log(np.e**5 + 19))
TABLE = TEXTS.normal(size=(20, 24))
COPY = TABLE[TOKENS] @ TABLE.T  # of an untrained model whose embeddings are tied
SQUARE = RNG.integers(0, C, (15, C))
MEAN = float(-log_softmax(X.astype(float), 1)[np.arange(N), Y].mean())
PADDED = np.where(np.arange(12) < RNG.integers(2, 6, (20, 1)), RNG.integers(1, 6, (20, 12)), 0)


def labels(y: Any, classes: int | None = C, **more: Any) -> Given:
    return {"y_true": np.asarray(y), "num_classes": classes, **more}


def logits(y: Any = Y, x: Any = X, **more: Any) -> Given:
    return {"y_true": y, "y_pred": x, "from_logits": True, **more}


def shares(y: Any = Y, p: Any = P, **more: Any) -> Given:
    return {"y_true": y, "y_pred": p, "from_logits": False, **more}


def changed(array: np.ndarray, at: Any, value: Any) -> np.ndarray:
    new = np.array(array)
    new[at] = value
    return new


FAILING: dict[str, list[Given]] = {
    "CE002": [
        labels([0, 1], y_true=np.ma.array([0, 1], mask=[0, 1])),
        {**LOGITS, "y_pred": X.astype(complex)},
        {**LOGITS, "y_pred": np.ma.array(X)},
    ],
    "CE101": [
        labels([0, 7, 3, 9]), logits(changed(Y, 4, 40)), labels([-3, 1, -7]),
        logits(changed(Y, slice(3, 5), [6, 7])), labels(changed(Y.reshape(9, 10), (2, 3), 11)),
    ],
    "CE102": [
        labels([0, 9, 1], framework="optax"), labels([0, -1, 1], framework="jax"),
        logits(changed(Y, 1, 8), device="cuda:0"), logits(changed(Y, 1, 8), device="mps"),
    ],
    "CE103": [
        labels([0, -1, 2, -1]), labels([3, 255, 255, 1]), logits(changed(Y, 5, -100)),
        labels(np.array([1, 65535, 0], np.uint16)), labels([0, 1, 999]),
        labels(changed(Y.astype(float), 2, -1.0)),
    ],
    "CE104": [
        labels(Y + 1), logits(Y + 1), labels([1, 3, 2, 1], 3), labels([1.0, 2.0, 3.0], 3),
        labels(np.array([[1, 2], [3, 3]]), 3),
    ],
    "CE105": [
        logits(x=P), logits(x=P.astype(np.float32)), logits(ONE_HOT, P),
        logits(Y[:8], P[:8]), {"y_true": Y % 2, "y_pred": P[:, 0], "loss": "binary",
                               "from_logits": True},
        {"y_true": Y, "y_pred": P, "loss": "torch.nn.CrossEntropyLoss"},
    ],
    "CE106": [
        shares(p=X), shares(Y[:2], X[:2]), shares(ONE_HOT, X),
        {"y_true": Y, "y_pred": X, "loss": "keras.losses.SparseCategoricalCrossentropy"},
        {"y_true": Y % 2, "y_pred": X[:, 0], "from_logits": False, "loss": "binary"},
    ],
    "CE107": [
        logits(Y[:, None], framework="torch"), logits(Y[:, None], framework="optax"),
        logits(Y.reshape(2, 5, 9, 1), IMAGES, framework="torch"),
        logits(Y.reshape(2, 1, 5, 9), np.moveaxis(IMAGES, -1, 1), axis=1, framework="torch"),
    ],
    "CE108": [
        logits(ONE_HOT, loss="sparse"), logits(ONE_HOT.astype(int).reshape(-1)),
        logits(0.9 * ONE_HOT + 0.1 / C, loss="sparse"), labels(ONE_HOT[:5], loss="sparse"),
    ],
    "CE109": [
        logits(loss="dense"), logits(Y[:, None], loss="dense"), labels(Y, loss="dense"),
        {"y_true": Y[:C], "y_pred": X[:C], "loss": "optax.softmax_cross_entropy"},
    ],
    "CE110": [
        logits(Y.reshape(2, 5, 9), np.moveaxis(IMAGES, -1, 1)), logits(x=X.T),
        logits(Y.reshape(2, 45), X.reshape(2, 45, C), axis=1),
        logits(SQUARE, np.moveaxis(4 * np.eye(C)[SQUARE], -1, 1)),
        logits(ONE_HOT, X.T, loss="dense"),
    ],
    "CE111": [
        labels([0.0, 1.7, 2.0]), labels(Y / 5), logits(Y + 0.5),
        logits(np.float32([0.1, 2.2, 1.0]), SMALL),
    ],
    "CE112": [
        logits(Y[:-1]), logits(Y, X[:45]), logits(Y, X[:80]), logits(Y[:72]),
        {"y_true": Y, "y_pred": X, "loss": "binary"}, logits(np.zeros((N, 2, 2), int)),
    ],
    "CE201": [
        logits(accuracy=1 / C), shares(accuracy=0.5), logits(accuracy=0.0),
    ],
    "CE202": [
        labels(np.full(5, -1), ignore_class=-1), labels([]), logits(sample_weight=np.zeros(N)),
        labels([0, 0, 1], class_weight={0: 0.0, 1: 0.0}), logits(np.full(N, -100),
                                                                loss="torch.nn.CrossEntropyLoss"),
    ],
    "CE203": [
        labels(changed(Y, slice(0, 20), -1), ignore_class=-1, micro_batches=[45, 45]),
        labels(Y, micro_batches=[60, 30]),
        labels(changed(Y, slice(0, 45), -1), ignore_class=-1, micro_batches=[45, 45]),
    ],
    "CE204": [
        labels(Y, class_weight=np.arange(1.0, 7)), labels(Y, class_weight=np.full(C, 2.0)),
        labels([3, 3, 3], class_weight=np.arange(1.0, 7)),
        logits(ONE_HOT, class_weight=np.arange(1.0, 7), framework="torch"),
    ],
    "CE205": [
        logits(sample_weight=(Y > 1) * 1.0, framework="keras"),
        labels(Y, sample_weight=(Y > 0).astype(int), framework="tensorflow"),
        labels(Y, sample_weight=Y < 3, loss="keras.losses.SparseCategoricalCrossentropy"),
    ],
    "CE206": [
        {"shape": (8, 2048, 128256), "dtype": "bfloat16"}, {"shape": (16384, 50257)},
        {"shape": (512, 32000), "memory": 2**28},
    ],
    "CE207": [
        labels(np.eye(1000)[np.arange(400)], 1000), logits(np.eye(500)[np.arange(300)],
                                                           np.zeros((300, 500))),
        labels(np.eye(200, dtype=np.float32)[np.arange(2000) % 200], 200),
    ],
    "CE208": [
        logits(TOKENS, LM), logits(np.roll(NEXT, -1, axis=1), GUESSES),
        labels(TOKENS, 20, input_ids=TOKENS),
        labels(NEXT, 20, input_ids=TOKENS, loss="ForCausalLMLoss"),
        {"y_true": NEXT, "y_pred": GUESSES, "loss": "ForCausalLMLoss"},
        {"y_true": NEXT, "y_pred": GUESSES, "framework": "transformers", "input_ids": TOKENS},
        labels(NEXT, 20, input_ids=TOKENS, framework="transformers"),
        {"y_true": NEXT, "y_pred": COPY, "loss": "ForCausalLMLoss"},
        {"y_true": np.roll(TOKENS, 1, axis=1), "y_pred": LM, "framework": "transformers"},
    ],
    "CE209": [
        labels(PADDED), labels(np.where(PADDED == 0, 5, np.minimum(PADDED, 4)), 6),
        labels(np.where(PADDED == 0, -100, PADDED), input_ids=PADDED, eos_id=0,
               loss="ForCausalLMLoss"),
    ],
    "CE210": [
        labels([[0, 64], [128, 64]], 3), labels([0, 255, 255, 0, 255], 2),
        labels(np.zeros((2, 5, 9, 3), np.uint8), y_pred=IMAGES),
        labels(np.array([0] * 60 + [120] * 60 + [17, 40, 61, 90]), 3),
    ],
    "CE211": [
        labels(np.arange(3000) % 3, 21), labels(np.zeros(600, int), 10),
        labels(np.arange(90_000) % 400, 1700),
    ],
    "CE212": [
        logits(x=changed(X, (slice(None), 5), -np.inf), label_smoothing=0.1),
        logits(x=changed(X, (3, 3), -np.inf)), logits(x=changed(X, (3, 3), -1e9)),
        logits(ONE_HOT, changed(X, (2, 5), -np.inf), framework="torch"),
        logits(x=changed(X, (slice(None), 5), -1e9), label_smoothing=0.1),
    ],
    "CE213": [
        logits(changed(Y, 3, -1), changed(X, 3, np.nan), ignore_class=-1, framework="torch"),
        logits(x=changed(X, 3, np.inf), sample_weight=changed(np.ones(N), 3, 0),
               framework="jax"),
        logits(changed(Y, 3, -1), changed(X, (3, 2), np.nan), ignore_class=-1),
    ],
    "CE214": [
        shares(p=changed(P, 4, 0.0)), shares(p=changed(P, (slice(0, 3), slice(None)), 0.0)),
        shares([0] * 9 + [1], np.array([[0.0, 1.0]] * 9 + [[0.4, 0.6]])),
    ],
    "CE215": [
        shares([0] * 10, np.array([[1e-9, 1 - 1e-9]] * 9 + [[0.7, 0.3]])),
        shares([0] * 20, np.array([[1e-8, 1 - 1e-8]] * 20)),
        {"num_classes": 10, "history": [16.1, 16.118, 16.118, 16.118, 16.118]},
    ],
    "CE216": [
        logits([3] * 8, changed(np.zeros((8, 50), np.float16), (slice(None), 0), 30),
               framework="optax"),
        logits(x=changed(X.astype(np.float16), (2, 1), 6.2e4), framework="torch"),
        logits([3] * 8, changed(np.zeros((8, 9000), np.float16), (slice(None), 0), 20),
               framework="torch", label_smoothing=0.1),
    ],
    "CE217": [
        logits(x=changed(X, (3, 2), np.nan)), logits(x=changed(X, (3, 2), np.inf)),
        logits(x=changed(X, 3, -np.inf)), {"num_classes": 3, "history": [1.0, 0.9, np.nan]},
        shares(p=changed(P, (0, 0), np.nan)),
    ],
    "CE218": [
        labels(Y, history=[1.9, 1.8, 1.792, 1.7918, 1.7917, 1.7918]),
        {"num_classes": 2, "history": [0.7, 0.6932, 0.6931, 0.6931, 0.6931]},
        labels([0] * 80 + [1] * 20, 2, history=[0.69, 0.52, 0.5005, 0.5004, 0.5004]),
    ],
    "CE219": [
        logits(x=4 * RNG.normal(size=(N, C))), logits(RNG.permutation(Y)),
        logits(np.where(RNG.random(N) < 0.8, 0, Y), 6 * np.eye(C)[RNG.integers(0, C, N)]),
    ],
    "CE301": [
        logits(np.maximum(ONE_HOT, np.roll(ONE_HOT, 1, 1))), logits(changed(ONE_HOT, 3, 1.0)),
        logits(np.stack([Y, (Y + 1) % C], 1)), logits(changed(ONE_HOT.astype(bool), 3, True)),
    ],
    "CE302": [
        {"y_true": Y % 2, "y_pred": X[:, :1], "loss": "sparse"}, labels([0, 0], 1),
        {"y_true": Y[:, None] % 2, "y_pred": X[:, :1], "loss": "dense", "from_logits": True},
        {"num_classes": 2, "history": [0.0, 0.0, 0.0]},
    ],
    "CE303": [
        {"y_true": (Y % 2).astype(float), "y_pred": X[:, 0], "loss": "torch.nn.CrossEntropyLoss"},
        {"y_true": Y % 2, "y_pred": X[:, 0], "loss": "torch.nn.CrossEntropyLoss"},
        {"y_true": (Y % 2).astype(float), "y_pred": X[:, 0], "loss": "dense"},
    ],
    "CE304": [
        {"y_true": X, "y_pred": Y}, {"y_true": X, "y_pred": Y.astype(float)},
        {"y_true": P, "y_pred": ONE_HOT, "from_logits": False},
        {"y_true": IMAGES, "y_pred": Y.reshape(2, 5, 9)},
    ],
    "CE305": [
        {"y_true": Y, "y_pred": Y[::-1].copy(), "num_classes": C},
        shares(p=np.eye(C)[(Y + (np.arange(N) % 4 == 0)) % C]),
        {"y_true": Y, "y_pred": (Y[::-1] * 1.0)}, logits(x=X.astype(np.int64)),
    ],
    "CE306": [
        {"y_true": Y, "y_pred": P, "loss": "torch.nn.NLLLoss"},
        {"y_true": Y, "y_pred": X, "loss": "nll_loss"},
        {"y_true": Y, "y_pred": X - X.max() - 1, "loss": "torch.nn.functional.nll_loss"},
    ],
    "CE307": [
        shares(p=log_softmax(X, axis=1)), shares(ONE_HOT, log_softmax(X.astype(float), axis=1)),
        shares(Y[:3], np.log(P[:3])),
    ],
    "CE308": [
        logits(3 * ONE_HOT + 1), logits(changed(ONE_HOT, (2, 2), -1)), logits(ONE_HOT * 100),
        logits(changed(ONE_HOT, (2, 2), np.nan)), logits(X[::-1].copy()),
        {"y_true": 2 * (Y % 2) - 1, "y_pred": X[:, 0], "loss": "binary", "from_logits": True},
        logits(changed(ONE_HOT * 0.9 + 0.1 / C, 4, 0.0)),
    ],
    "CE309": [
        shares(p=softmax(X, axis=0)), logits(x=softmax(X, axis=0)),
        shares(Y.reshape(2, 5, 9), softmax(IMAGES, axis=2)),
    ],
    "CE310": [
        labels(np.float16([7, 3001]), 5000), labels(np.float32([1.0, 2.0]), 2**25),
        labels((np.arange(900) // 4 * 4 * (np.arange(900) > 256) + np.arange(900) * (
            np.arange(900) <= 256)).astype(int), 1000),
    ],
    "CE311": [
        labels(np.array([3, 200], np.uint8), 300), labels(np.array([3, 100], np.int8), 200),
        labels(np.array([3, 255, 1], np.uint8), 10, ignore_class=-1),
        labels(np.array([3, 156, 1], np.uint8), 10, ignore_class=-100),
    ],
    "CE312": [
        labels([0.0, np.nan, 2.0]), labels([1, -(2**63), 2]), logits(changed(Y, 3, -(2**31))),
        labels([0.0, np.inf]), labels(np.array([1, 2**32 - 1], np.uint64)),
        {"y_true": ["a", "", "b"], "num_classes": 2}, labels([1, None, 2]),
        {"y_true": ["a", None, "b", "N/A"], "class_names": ["a", "b"]},
        {"y_true": np.array(["nan", "b"]), "num_classes": 2},
    ],
    "CE313": [
        {"y_true": ["a", "b", "a"], "num_classes": 2},
        {"y_true": np.array(["1", "2"]), "num_classes": 3},
        {"y_true": np.array(["a", "b"], dtype=object), "num_classes": 2},
    ],
    "CE314": [
        labels(Y, class_weight=np.ones(4)), labels(Y, class_weight=changed(np.ones(C), 2, -1)),
        labels(Y, class_weight={0: 1.0}), labels(Y, class_weight="balanced"),
        logits(sample_weight=np.ones(N - 1)), logits(sample_weight=changed(np.ones(N), 1, np.nan)),
        labels([0, 1], 2, class_weight={0: 1.0, 1: 1.0, 7: 2.0}),
    ],
    "CE315": [
        labels([0, 1, -100], 2, framework="torch 1.10", label_smoothing=0.1, ignore_class=-100,
               class_weight=np.ones(2)),
        labels(Y, framework="torch 1.10.2", label_smoothing=0.2, ignore_class=0,
               class_weight=np.ones(C)),
        logits(framework="torch 1.10.0", label_smoothing=0.1, ignore_class=-1,
               class_weight=np.ones(C)),
    ],
    "CE316": [
        logits(ONE_HOT, ignore_class=-1), logits(0.5 * ONE_HOT + 0.5 / C, ignore_class=2),
        labels(Y, ignore_class=3),
    ],
    "CE318": [
        logits(x=np.roll(X, 1, axis=1)), logits(x=X[:, [1, 2, 0, 4, 5, 3]]),
        shares(p=P[:, ::-1]),
        {**labels(Y), "class_names": list("badcfe"), "framework": "sklearn"},
    ],
    "CE319": [
        logits(observed=MEAN / np.log(2)), logits(observed=MEAN * N), shares(observed=MEAN * N / 2),
        logits(observed=3.21), logits(observed=MEAN / C), logits(observed=-MEAN),
        logits(observed=-MEAN * N), shares(observed=-MEAN),
        logits(TOKENS, GUESSES, observed=AFTER, ignore=("CE208",)),
        {"y_true": TOKENS, "y_pred": GUESSES, "loss": "ForCausalLMLoss", "observed": AFTER + 0.01},
    ],
    "CE402": [
        logits(observed=MEAN + np.log(2)), logits(observed=MEAN + np.log(4)),
        shares(observed=MEAN + np.log(8)),
    ],
    "CE404": [
        {"shape": (70_000, 32_000), "device": "cuda:0", "memory": 2**44},
        {"shape": (190, 250_002, 50), "device": "cuda", "memory": 2**44, "axis": 1},
        {"shape": (2**16, 2**15), "device": "cuda:1", "memory": 2**44},
    ],
    "CE406": [
        shares(p=1 / (1 + np.exp(-X.astype(float)))), shares(p=P * 0.97), shares(p=P * 1.5 / 2),
        {"y_true": Y, "y_pred": RNG.uniform(size=(N, C))},
    ],
    "CE407": [
        labels(Y, loss="keras.metrics.SparseCategoricalCrossentropy"),
        labels(ONE_HOT, loss="tf.keras.metrics.CategoricalCrossentropy"),
        labels(Y, framework="keras 2.15", ignore_class=-1),
    ],
    "CE408": [
        logits([0] * 80 + [1] * 15 + [2] * 5, np.tile([1.6, 0.0, -1.1], (100, 1))),
        shares([1] * 70 + [0] * 30, np.tile([0.3, 0.7], (100, 1))),
        logits([2] * 60 + [0] * 20 + [1] * 20, np.tile([0.0, 0.1, 1.0], (100, 1))),
    ],
    "CE410": [
        logits(0.9 * ONE_HOT + 0.1 / C, framework="torch 1.9"),
        logits(ONE_HOT, framework="torch 1.8.1"),
        logits(0.5 * ONE_HOT + 0.5 / C, framework="torch 0.4"),
    ],
}  # fmt: skip

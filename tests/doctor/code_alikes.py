"""For each code sound inputs that look as if they had the fault: nothing above a note is found."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, log_softmax, softmax

from doctor.code_cases import (
    AFTER,
    COPY,
    GUESSES,
    IMAGES,
    LM,
    LOGITS,
    MEAN,
    NEXT,
    ONE_HOT,
    PADDED,
    RNG,
    SHARES,
    SQUARE,
    TOKENS,
    C,
    Given,
    N,
    P,
    X,
    Y,
    changed,
    labels,
    logits,
    shares,
)

SOFT = 0.9 * ONE_HOT + 0.1 / C
MASKED = np.concatenate([X, np.full((N, 3), -np.inf, np.float32)], axis=1)
SEVERAL = (RNG.uniform(size=(N, C)) < 0.4) * 1.0
WEAK = np.tile(np.log([0.4, 0.3, 0.3]), (100, 1)) + 0.3 * RNG.normal(size=(100, 3))
BALANCED = N / (C * np.bincount(Y))

ALIKE: dict[str, list[Given]] = {
    "CE001": [labels(Y, select=["CE1"]), logits(framework="keras 3.3"), logits(loss="auto")],
    "CE002": [
        {**LOGITS, "y_true": list(Y)}, {**LOGITS, "y_true": Y.astype(">i4")},
        {**LOGITS, "y_pred": X.astype(">f4")}, {**LOGITS, "y_true": Y % 2 == 1},
    ],
    "CE101": [
        labels(Y[Y < 4]), labels(RNG.integers(0, 90, 60), 100), logits(Y, MASKED),
        labels(changed(Y, 3, 77), ignore_class=77), labels([5] * 9),
    ],
    "CE102": [
        labels(Y, framework="optax"), logits(device="cuda:0"),
        labels(changed(Y, 1, -1), ignore_class=-1, framework="jax"),
    ],
    "CE103": [
        labels([3, 255, 7], 256), labels(np.array([255, 0], np.uint16), 300),
        labels(changed(Y, 1, -1), ignore_class=-1),
        logits(changed(Y, 1, -100), loss="torch.nn.CrossEntropyLoss"),
        labels(changed(Y, [1, 2], [-1, 255]), ignore_class=(-1, 255)),
    ],
    "CE104": [
        labels([1, 2, 3], 6), labels([1, 2, 3, 4, 5]), labels(changed(Y + 1, 0, 0), 7),
        labels(Y[Y > 0]), labels(1 + Y % 5, ignore_class=0),
    ],
    "CE105": [
        SHARES, logits(Y[:7], P[:7]), logits(x=np.zeros((N, C))), logits(x=expit(X)),
        logits(x=np.tanh(X)), {"y_true": Y % 2, "y_pred": X[:, 0], "loss": "binary"},
        logits(x=P * 8), logits(x=log_softmax(X, 1)),
    ],
    "CE106": [
        shares(p=P + 2e-5 * (np.arange(C) - 2.5)), shares(p=P.astype(np.float16)), SHARES,
        shares(p=changed(P, (slice(None), slice(None)), np.eye(C)[Y])),
        {"y_true": SEVERAL, "y_pred": expit(X), "from_logits": False, "loss": "binary"},
    ],
    "CE107": [
        logits(Y[:, None]), logits(Y[:, None], framework="keras"), logits(framework="torch"),
        {"y_true": Y[:, None] % 2, "y_pred": X[:, :1], "loss": "binary", "framework": "torch"},
    ],
    "CE108": [
        logits(ONE_HOT), logits(ONE_HOT, loss="dense"), logits(SOFT, loss="dense"),
        labels(np.zeros((5, 6), int), loss="sparse"), labels(SQUARE % 2, 6, loss="sparse"),
    ],
    "CE109": [
        logits(ONE_HOT.astype(int), loss="dense"), logits(loss="sparse"), labels(Y, loss="sparse"),
        logits(np.eye(C)[SQUARE[:, :1]], X[:15, None, :], loss="dense"),
    ],
    "CE110": [
        logits(SQUARE, 4 * np.eye(C)[SQUARE]), logits(SQUARE, RNG.normal(size=(15, C, C))),
        logits(SQUARE, np.moveaxis(4 * np.eye(C)[SQUARE], -1, 1), axis=1),
        logits(Y.reshape(2, 5, 9), IMAGES), logits(x=X.T, axis=0),
    ],
    "CE111": [
        labels(Y.astype(float)), logits(SOFT), labels(np.float16(Y)),
        {"y_true": 0.8 * (Y % 2) + 0.1, "y_pred": X[:, 0], "loss": "binary", "from_logits": True},
    ],
    "CE112": [
        LOGITS, logits(Y.reshape(2, 5, 9), IMAGES), logits(Y[:, None]),
        {"y_true": Y % 2, "y_pred": X[:, :1], "loss": "binary", "from_logits": True},
    ],
    "CE201": [
        logits(accuracy=round(float((X.argmax(1) == Y).mean()), 2)),
        logits(accuracy=float((X.argmax(1) == Y).mean())), logits(Y[:9], X[:9], accuracy=0.2),
    ],
    "CE202": [
        labels(changed(Y, slice(0, 80), -1), ignore_class=-1),
        labels(changed(np.full(N, -1), 3, 2), ignore_class=-1),
        logits(sample_weight=changed(np.zeros(N), 4, 1.0)),
        labels(Y, class_weight=changed(np.ones(C), 2, 0.0)),
    ],
    "CE203": [
        labels(Y, micro_batches=[45, 45]), labels(Y, micro_batches=[44, 46]),
        labels(Y, micro_batches=[60, 30], reduction="sum"), labels(Y, micro_batches=[90]),
    ],
    "CE204": [
        labels(Y, class_weight=BALANCED),
        labels(Y, class_weight=[1.0, 2, 3, 4, 5, 6], reduction="sum"),
        labels(Y, class_weight=np.ones(C)),
        labels(Y, class_weight=dict(enumerate(BALANCED.tolist()))),
    ],
    "CE205": [
        logits(sample_weight=(Y > 1) * 1.0),
        logits(sample_weight=(Y > 1) * 1.0, framework="keras", reduction="sum"),
        logits(sample_weight=np.ones(N), framework="keras"),
        logits(sample_weight=RNG.uniform(0.5, 1.5, N), framework="keras"),
    ],
    "CE206": [
        {"shape": (8, 2048, 10)}, {"shape": (4096, 32000)}, {"shape": (64, 128256)},
        {"shape": (512, 32000), "memory": 2**40}, {"shape": (10**9, 10)},
    ],
    "CE207": [
        labels(np.eye(10)[np.arange(400) % 10], 10), labels(np.arange(400), 1000), logits(ONE_HOT),
        labels(softmax(RNG.normal(size=(20, 200)), axis=1), 200, loss="dense"),
    ],
    "CE208": [
        logits(NEXT, LM), logits(TOKENS[:, 1:], LM[:, :-1]),
        logits(np.full((8, 64), 3), 5 * np.eye(20)[np.full((8, 64), 3)]),
        logits(TOKENS, RNG.normal(size=(8, 64, 20))),
        {"y_true": TOKENS, "y_pred": LM, "loss": "ForCausalLMLoss", "input_ids": TOKENS},
        labels(NEXT, 20, input_ids=TOKENS),
        # Untrained models with tied embeddings copy their input.
        logits(NEXT, COPY), {"y_true": TOKENS, "y_pred": COPY, "loss": "ForCausalLMLoss"},
        {"y_true": TOKENS, "y_pred": COPY, "framework": "transformers", "input_ids": TOKENS},
        # Without the name of the loss transformers may shift the labels, or not: tags.
        {"y_true": TOKENS, "y_pred": GUESSES, "framework": "transformers", "input_ids": TOKENS},
        {"y_true": TOKENS, "y_pred": GUESSES, "framework": "transformers"},
        {"y_true": NEXT, "y_pred": GUESSES, "framework": "transformers"},
        labels(TOKENS, 20, input_ids=TOKENS, framework="transformers"),
    ],
    "CE209": [
        labels(PADDED, ignore_class=0), labels(np.where(RNG.uniform(size=(20, 12)) < 0.7, 0, 3)),
        labels(np.zeros((20, 12), int)), labels(np.sort(SQUARE, axis=1)), labels(PADDED[:5]),
        labels(np.fliplr(PADDED)),
    ],
    "CE210": [
        labels([0, 64, 128], 200), labels(np.array([[0, 2], [4, 2]])),
        labels(np.where(Y == 3, 255, Y), ignore_class=255),
        labels(np.array([0, 255, 255], np.uint8), 256),
    ],
    "CE211": [
        labels(np.arange(3000) % 3, 5), labels([0, 1, 2], 50),
        labels(RNG.integers(0, 50257, 9000), 50304), labels(np.arange(90_000) % 1500, 1900),
    ],
    "CE212": [
        logits(x=MASKED), logits(x=MASKED, framework="torch"), logits(label_smoothing=0.1),
        logits(ONE_HOT, framework="torch"), logits(x=np.maximum(MASKED, -1e9)),
        logits(x=X - 9000, label_smoothing=0.1),
    ],
    "CE213": [
        logits(changed(Y, 3, -1), ignore_class=-1, framework="torch"), LOGITS,
        logits(changed(Y, 3, -1), changed(X, 3, 0.0), ignore_class=-1, framework="jax"),
    ],
    "CE214": [
        shares(p=np.eye(C)[Y]), shares(changed(Y, 0, 1), 0.999 * np.eye(C)[Y] + 0.001 / C),
        shares(p=softmax(X * 3, axis=1).astype(np.float16)),
        shares(p=np.maximum(P - 1e-5, 0) / np.maximum(P - 1e-5, 0).sum(1, keepdims=True)),
    ],
    "CE215": [
        shares(p=softmax(X.astype(float) * 2, axis=1)), shares(p=0.9999999 * np.eye(C)[Y] + 1e-8),
        {"num_classes": 10, "history": [16.118, 9.0, 4.0, 2.0, 1.0]},
    ],
    "CE216": [
        logits(x=X.astype(np.float16)), logits(x=X.astype(np.float16), framework="keras"),
        logits(x=X.astype(np.float16) / 4, framework="optax"), logits(framework="optax"),
    ],
    "CE217": [
        logits(x=MASKED), logits(changed(Y, 3, -1), changed(X, 3, np.nan), ignore_class=-1),
        logits(x=X * 1e30), logits(x=changed(X, (3, 4), -np.inf)),
    ],
    "CE218": [
        labels(Y, history=[1.7918, 1.7918]), labels(Y, history=[1.79, 1.7, 1.6, 1.5, 1.4, 1.3]),
        labels(Y, history=[1.9, 1.2, 0.9, 0.7, 0.7, 0.7, 0.7]),
        labels([0] * 80 + [1] * 20, 2, history=[0.7, 0.5, 0.4, 0.3, 0.3, 0.3]),
    ],
    "CE219": [
        LOGITS, SHARES, logits(x=np.zeros((N, C))),
        logits(Y[:40], 4 * RNG.normal(size=(40, C))), logits(x=0.2 * X),
    ],
    "CE301": [
        logits(SEVERAL, loss="binary"), logits(ONE_HOT), logits(SOFT), logits(0.5 * (
            ONE_HOT + np.roll(ONE_HOT, 1, 1))), logits(Y[:, None]),
    ],
    "CE302": [
        {"y_true": Y % 2, "y_pred": X[:, :1], "loss": "binary", "from_logits": True},
        {"y_true": Y % 2, "y_pred": X[:, :1]}, labels([0, 1], 2),
        {"y_true": Y[:, None] % 2, "y_pred": expit(X[:, :1])},
    ],
    "CE303": [
        {"y_true": Y % 2, "y_pred": X[:, 0], "loss": "torch.nn.BCEWithLogitsLoss"},
        {"y_true": Y % 2, "y_pred": X[:, 0]},
        {"y_true": np.array([0.2, 0.5, 0.3]), "y_pred": X[0, :3], "loss": "dense",
         "from_logits": True},
        {"y_true": np.array(2), "y_pred": X[0], "loss": "torch.nn.CrossEntropyLoss"},
    ],
    "CE304": [
        LOGITS, shares(ONE_HOT, P), shares(ONE_HOT, np.eye(C)[Y]), logits(SOFT), logits(P),
        shares(P, P),
    ],
    "CE305": [
        shares(p=np.eye(C)[Y]), logits(x=np.rint(X)), logits(x=10.0 * np.eye(C)[Y]),
        shares(p=P.astype(np.float16)), shares(Y[:4], np.eye(C)[(Y[:4])]),
    ],
    "CE306": [
        {"y_true": Y, "y_pred": log_softmax(X, axis=1), "loss": "torch.nn.NLLLoss"},
        {"y_true": Y, "y_pred": np.log(P), "loss": "nll_loss"},
        {"y_true": Y[:2], "y_pred": log_softmax(X[:2], axis=1), "loss": "F.nll_loss"},
    ],
    "CE307": [
        logits(x=log_softmax(X, axis=1)), logits(x=X - 30), shares(),
        {"y_true": Y, "y_pred": log_softmax(X, axis=1)},
    ],
    "CE308": [
        logits(SOFT), logits(SOFT.astype(np.float16)), logits(np.round(SOFT, 3)), logits(ONE_HOT),
        {"y_true": 0.5 * SEVERAL, "y_pred": X, "loss": "binary", "from_logits": True},
    ],
    "CE309": [
        SHARES, shares(np.arange(C), np.full((C, C), 1 / C)), shares(np.arange(C), np.eye(C)),
        shares(Y.reshape(2, 5, 9), softmax(IMAGES, axis=-1)),
    ],
    "CE310": [
        labels(np.float16(Y)), labels(np.float32([3001.0, 7]), 5000),
        labels(2 * np.arange(400), 800),
        labels(np.arange(3000), 3000),
    ],
    "CE311": [
        labels(np.array([3, 255], np.uint8), 256), labels(np.array([3, 100], np.int8), 101),
        labels(Y.astype(np.uint8), ignore_class=255), labels(Y.astype(np.uint16)),
    ],
    "CE312": [
        labels(changed(Y, 3, -(2**63)), ignore_class=-(2**63)), labels(Y.astype(float)),
        logits(SOFT), labels(np.arange(9, dtype=np.uint64), 9),
        {"y_true": ["NA", "EU"], "class_names": ["EU", "NA"]},
    ],
    "CE313": [labels(Y), labels(Y.astype(object).tolist()), labels(Y % 2 == 1, 2)],
    "CE314": [
        labels(Y, class_weight=np.ones(C)), labels(Y, class_weight=changed(np.ones(C), 0, 0.0)),
        logits(sample_weight=2.0), logits(Y.reshape(2, 5, 9), IMAGES, sample_weight=np.ones(2)),
        labels(Y[Y < 2], class_weight={0: 1.0, 1: 1.0}), logits(sample_weight=np.ones(N)),
    ],
    "CE315": [
        labels(Y, framework="torch 1.11", label_smoothing=0.1, ignore_class=-100,
               class_weight=np.ones(C)),
        labels(Y, framework="torch 1.10", label_smoothing=0.1, ignore_class=-100),
        labels(Y, framework="torch 1.10", ignore_class=-100, class_weight=np.ones(C)),
    ],
    "CE316": [
        labels(Y, ignore_class=-1), labels(Y, ignore_class=255),
        logits(SOFT, loss="torch.nn.CrossEntropyLoss"),
    ],
    "CE317": [LOGITS, SHARES, logits(framework="keras"), shares(framework="keras")],
    "CE318": [
        LOGITS, logits(x=RNG.normal(size=(N, C))), logits(RNG.permutation(Y)),
        {**labels(Y), "class_names": list("abcdef"), "framework": "sklearn"},
        logits(x=X + 6 * np.eye(C)[0]), logits(Y % 2, X[:, :2] * 0.1),
    ],
    "CE319": [
        logits(observed=MEAN), shares(observed=MEAN), logits(observed=MEAN + 4e-5),
        logits(observed=0.5, label_smoothing=0.1),
        {"y_true": TOKENS, "y_pred": GUESSES, "loss": "ForCausalLMLoss", "observed": AFTER},
        {"y_true": TOKENS, "y_pred": GUESSES, "framework": "transformers", "observed": AFTER},
    ],
    "CE402": [logits(observed=MEAN), shares(observed=MEAN), logits(observed=MEAN, framework="jax")],
    "CE404": [
        {"shape": (70_000, 32_000), "memory": 2**44}, {"shape": (9, 9), "device": "cuda:0"},
        {"shape": (35_000, 32_000), "device": "cuda:0", "memory": 2**44},
    ],
    # Nobody has asked PyTorch for what is deterministic: tests/torch/test_doctor.py does.
    "CE405": [
        logits(Y.reshape(2, 5, 9), np.moveaxis(IMAGES, -1, 1), loss="torch.nn.CrossEntropyLoss",
               device="cuda:0"),
        logits(Y.reshape(2, 45), np.moveaxis(X.reshape(2, 45, C), -1, 1), framework="torch",
               axis=1, device="cuda"),
        logits(device="cuda:0", loss="torch.nn.CrossEntropyLoss"),
    ],
    "CE406": [
        shares(p=P.astype(np.float16)), shares(p=np.round(P, 3)), shares(p=np.round(P, 4)),
        logits(x=expit(X)), {"y_true": SEVERAL, "y_pred": expit(X), "loss": "binary"},
    ],
    "CE407": [
        labels(Y, loss="keras.losses.SparseCategoricalCrossentropy"),
        labels(Y, framework="keras 3.3", ignore_class=-1),
        labels(Y, framework="keras 2.15", ignore_class=255),
    ],
    "CE408": [
        logits([0] * 97 + [1] * 3, np.tile([3.0, 0.0, -1], (100, 1))), logits(x=np.zeros((N, C))),
        logits([0] * 40 + [1] * 30 + [2] * 30, WEAK), logits([0] * 20, np.tile([2.0, 0], (20, 1))),
    ],
    "CE409": [LOGITS, logits(list(Y)), shares(framework="torch")],
    "CE410": [
        logits(framework="torch 1.9"), logits(SOFT, framework="torch 1.10"),
        logits(SOFT, framework="torch 2.6"),
    ],
}  # fmt: skip

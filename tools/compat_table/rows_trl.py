"""TRL: log-probabilities and entropies of tokens, and what stands in for them."""

from __future__ import annotations

import warnings
from typing import Any

import torch
from row import Row

import crossent.compat.trl

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from trl.trainer import utils

PEER = "`trl.trainer.utils`"
PACKAGES = ("trl", "torch")
THEIRS = utils
OURS = crossent.compat.trl

X = torch.tensor([[2.0, 1.0, 0.0], [0.0, 3.0, 1.0]])
Y = torch.tensor([0, 2])
SURE = torch.tensor([[20.0, 0.0, 0.0]])
HOLED = torch.tensor([[0.0, float("-inf"), 0.0]])


def numbers(result: Any) -> Any:
    return result.double().tolist()


ROWS = (
    Row(
        "`selective_log_softmax`, two tokens a row",
        lambda f: numbers(f.selective_log_softmax(X, torch.tensor([[0, 1], [2, 2]]))[0]),
        True,
        "a last axis of K tokens; here each takes a pass over the logits",
    ),
    Row(
        "`selective_log_softmax`, `row_mask=(0, 1)`",
        lambda f: numbers(f.selective_log_softmax(X, Y, row_mask=torch.tensor([0, 1]))),
        True,
        "a row that is skipped is 0, whatever its token",
    ),
    Row(
        "`selective_log_softmax`, `temperature=0.5`",
        lambda f: numbers(f.selective_log_softmax(X, Y, temperature=0.5)),
        True,
        "it divides the logits",
    ),
    Row(
        "`selective_log_softmax`, bfloat16 logits (2, 1, 0) and (0, 3, 1), tokens (0, 2)",
        lambda f: numbers(f.selective_log_softmax(X.bfloat16(), Y)),
        False,
        "TRL rounds to bfloat16; here the result is float32",
    ),
    Row(
        "`selective_log_softmax`, logits (20, 0, 0), token 0",
        lambda f: numbers(f.selective_log_softmax(SURE, Y[:1])),
        False,
        "logit less logsumexp loses the digits of a confident row (M12)",
    ),
    Row(
        "`entropy_from_logits`, logits (0, −∞, 0)",
        lambda f: numbers(f.entropy_from_logits(HOLED)),
        False,
        "a token with no probability adds 0 (M09)",
    ),
    Row(
        "`entropy_from_logits`, `chunk_size=0`",
        lambda f: numbers(f.entropy_from_logits(X, 0)),
        False,
        "an option that means nothing is an error",
    ),
)

"""Losses of transformers' models, called wrongly."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import torch
from transformers import BertConfig, BertForSequenceClassification, BertForTokenClassification
from transformers.loss.loss_utils import ForCausalLMLoss, ForTokenClassification

IGNORED = re.compile(r"deprecat|not writable|unauthenticated", re.IGNORECASE)


class Output:
    """What a model may return in place of logits."""

    def __init__(self, logits: object) -> None:
        self.logits = logits


def named() -> tuple[str, str]:
    """Return the framework as people call it, and its package."""
    return "transformers", "transformers"


def model(kind: Any, labels: Any, **options: Any) -> object:
    """Call a small model with labels."""
    config = BertConfig(vocab_size=20, hidden_size=8, num_hidden_layers=1, num_attention_heads=1,
                        intermediate_size=8, max_position_embeddings=8, **options)  # fmt: skip
    ids = options.pop("ids", torch.ones(6, 5, dtype=torch.long))
    return kind(config)(input_ids=ids, labels=labels)


def given() -> dict[str, Any]:
    """Return the names of the calls."""
    return {
        "torch": torch, "t": torch.as_tensor, "Output": Output, "model": model,
        "Rows": BertForSequenceClassification, "Tokens": BertForTokenClassification,
        "ForCausalLMLoss": ForCausalLMLoss, "ForTokenClassification": ForTokenClassification,
        "config": SimpleNamespace(num_labels=4),
    }  # fmt: skip


GRID: dict[str, list[str]] = {}
MORE = [
    ("model(Rows, t(Y), num_labels=2)", "labels 0..3 of 2 classes", "CE101"),
    ("model(Rows, t(Y + 1), num_labels=4)", "labels count from 1", "CE104 CE101"),
    ("model(Rows, t(np.where(Y == 3, -1, Y)), num_labels=4)", "a label -1", "CE103"),
    ("model(Rows, t(Y.astype('f4')), num_labels=4)", "float labels", "CE111 CE109"),
    ("model(Rows, t(H), num_labels=4, problem_type='single_label_classification')",
     "one-hot rows", "CE108 CE112"),
    ("model(Rows, t(H.astype('i8')), num_labels=4)", "one-hot rows", "CE108"),
    ("model(Rows, t(Y), num_labels=4, problem_type='multi_label_classification')",
     "class indices", "CE109"),
    ("model(Rows, t(H.astype('i8')), num_labels=4, problem_type='multi_label_classification')",
     "rows of int64", "CE111"),
    ("model(Rows, t(Y[:5]), num_labels=4)", "a row too few", "CE112"),
    ("model(Rows, Y, num_labels=4)", "NumPy labels", "CE002"),
    ("model(Rows, Y.tolist(), num_labels=4)", "a list as labels", "CE002"),
    ("model(Tokens, t(np.full((6, 7), 1)), num_labels=4)", "another length", "CE112"),
    ("model(Tokens, t(np.full((6, 5), 9)), num_labels=4)", "a label 9", "CE101"),
    ("ForCausalLMLoss(t(L), t(np.full((6, 5), 9)), 4)", "a label 9", "CE101"),
    ("ForCausalLMLoss(t(L), t(np.full((6, 7), 1)), 4)", "another length", "CE112"),
    ("ForCausalLMLoss(t(L), t(np.full((6, 5), 1)), 5)", "another vocabulary", "CE112 CE211"),
    ("ForCausalLMLoss(t(L), None, 4)", "no labels", "CE002"),
    ("ForTokenClassification(t(L), t(np.full((6, 5), 1.0)), config)", "float labels", "CE111"),
]  # fmt: skip

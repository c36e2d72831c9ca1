"""The guarded loss in real runs of the Trainer of Hugging Face, with models made on the spot."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
import transformers
from torch.nn import functional as F

import crossent as ce
from crossent.doctor import guards

pytestmark = pytest.mark.filterwarnings(
    # The Trainer's own, about pinned memory and deprecated calls.
    "ignore:.*pin_memory.*",
    "ignore::DeprecationWarning",
    "ignore::FutureWarning",
)
WORDS, LENGTH, ROWS = 50, 12, 48
TINY = {
    "vocab_size": WORDS, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 1,
    "num_attention_heads": 2, "num_key_value_heads": 2, "pad_token_id": 0,
    "max_position_embeddings": 32,
}  # fmt: skip


def language_model():
    torch.manual_seed(0)
    return transformers.LlamaForCausalLM(transformers.LlamaConfig(**TINY))


def classifier(labels=4, **options):
    torch.manual_seed(0)
    config = transformers.LlamaConfig(**TINY, num_labels=labels, **options)
    return transformers.LlamaForSequenceClassification(config)


def texts():
    """Sentences that count upwards: each token tells the next."""
    rng = np.random.default_rng(1)
    rows = (rng.integers(1, 20, (ROWS, 1)) + np.arange(LENGTH)) % (WORDS - 1) + 1
    labels = rows.copy()
    labels[::3, -3:] = -100
    return [{"input_ids": torch.tensor(a), "labels": torch.tensor(b)}
            for a, b in zip(rows, labels, strict=True)]  # fmt: skip


def classes(labels=4):
    rows = [entry["input_ids"] for entry in texts()]
    return [{"input_ids": row, "labels": row[0] % labels} for row in rows]


class Losses(transformers.TrainerCallback):
    def __init__(self):
        self.losses = []

    def on_log(self, args, state, control, logs=None, **others):
        if "loss" in logs:
            self.losses.append(logs["loss"])


def train(model, data, folder, loss=None, **options):
    """Train for one epoch; return the losses and the parameters."""
    seen = Losses()
    arguments = transformers.TrainingArguments(
        str(folder), per_device_train_batch_size=8, num_train_epochs=2, logging_steps=1,
        report_to=[], use_cpu=True, save_strategy="no", disable_tqdm=True, seed=3,
        learning_rate=1e-2, **options,
    )  # fmt: skip
    trainer = transformers.Trainer(
        model, arguments, train_dataset=data, compute_loss_func=loss, callbacks=[seen]
    )
    trainer.remove_callback(transformers.PrinterCallback)
    trainer.train()
    return seen.losses, [p.detach().clone() for p in model.parameters()]


def same(first, second):
    return first[0] == second[0] and all(map(torch.equal, first[1], second[1]))


@pytest.mark.parametrize("steps", [1, 2])
def test_a_language_model_trains_the_same(tmp_path, steps):
    options = {"gradient_accumulation_steps": steps}
    model = language_model()
    loss = guards.hf(model)
    guarded = train(model, texts(), tmp_path, loss, **options)
    assert same(guarded, train(language_model(), texts(), tmp_path, **options))
    # How many tokens are left out, -100, is a note.
    assert [report.verdict for report in loss.reports] == ["healthy, 1 note"]
    assert guarded[0][-1] < guarded[0][0]


def test_a_classifier_trains_the_same(tmp_path):
    model = classifier()
    loss = guards.hf(model)
    guarded = train(model, classes(), tmp_path, loss)
    assert same(guarded, train(classifier(), classes(), tmp_path))
    assert [report.codes for report in loss.reports] == [[]]


def test_a_function_of_the_users_own(tmp_path):
    def own(outputs, labels, num_items_in_batch=None):
        return F.cross_entropy(outputs.logits, labels)

    loss = guards.hf(own)
    assert same(train(classifier(), classes(), tmp_path, loss),
                train(classifier(), classes(), tmp_path, own))  # fmt: skip
    assert [report.codes for report in loss.reports] == [[]]


def test_labels_beyond_the_head_are_found_in_the_first_batch(tmp_path):
    model = classifier(3)
    with pytest.raises(guards.DiagnosisError, match=r"\[CE10[14]\] The first batch"):
        train(model, classes(4), tmp_path, guards.hf(model))


def test_the_batch_of_a_nan_is_diagnosed(tmp_path):
    model = classifier()

    def own(outputs, labels, num_items_in_batch=None):
        own.calls += 1
        if own.calls == 3:
            outputs.logits = torch.where(torch.arange(8)[:, None] == 5, torch.nan, outputs.logits)
        return F.cross_entropy(outputs.logits, labels)

    own.calls = 0
    loss = guards.hf(own, loss="cross_entropy")
    with pytest.raises(guards.DiagnosisError, match="The loss is nan at step 3") as caught:
        train(model, classes(), tmp_path, loss)
    assert "1 row holds NaN (first: row 5)" in caught.value.report.findings[0].seen


def test_a_batch_without_labels_left_is_named(tmp_path):
    data = texts()
    for entry in data:
        entry["labels"][:] = -100
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(guards.DiagnosisError, match="CE202"):
            train(language_model(), data, tmp_path, guards.hf(language_model()))


def test_several_labels_a_row_are_healthy(tmp_path):
    model = classifier(4, problem_type="multi_label_classification")
    data = [
        {"input_ids": entry["input_ids"], "labels": torch.tensor([1.0, 0.0, 1.0, 0.0])}
        for entry in texts()
    ]
    loss = guards.hf(model)
    train(model, data, tmp_path, loss)
    assert [report.codes for report in loss.reports] == [[]]


def test_what_is_no_cross_entropy_is_refused():
    config = transformers.BertConfig(
        vocab_size=WORDS, hidden_size=16, intermediate_size=24, num_hidden_layers=1,
        num_attention_heads=2,
    )  # fmt: skip
    with pytest.raises(ce.OptionError, match="ForQuestionAnswering"):
        guards.hf(transformers.BertForQuestionAnswering(config))
    with pytest.raises(ce.OptionError, match="`source` must be"):
        guards.hf("cross_entropy")

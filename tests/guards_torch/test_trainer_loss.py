"""crossent's loss in the Trainer of Hugging Face: the model's own numbers, and its divisor."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import torch

import crossent as ce
from crossent.compat.transformers import compute_loss_func

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments

VOCABULARY = 17


def model() -> Any:
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=VOCABULARY, n_positions=12, n_embd=16, n_layer=1, n_head=2,
        resid_pdrop=0, embd_pdrop=0, attn_pdrop=0,
    )  # fmt: skip
    return GPT2LMHeadModel(config)


def texts(count: int) -> list[dict[str, torch.Tensor]]:
    generator = torch.Generator().manual_seed(1)
    found = []
    for k in range(count):
        ids = torch.randint(0, VOCABULARY, (12,), generator=generator)
        labels = ids.clone()
        labels[3 + k % 8 :] = -100  # texts of very different length
        found.append({"input_ids": ids, "labels": labels})
    return found


def trained(tmp_path: Any, loss: Any, batch: int, accumulated: int) -> list[torch.Tensor]:
    arguments = TrainingArguments(
        output_dir=str(tmp_path), per_device_train_batch_size=batch,
        gradient_accumulation_steps=accumulated, max_steps=3, learning_rate=0.01,
        report_to=[], use_cpu=True, save_strategy="no", logging_strategy="no", seed=0,
        data_seed=0, disable_tqdm=True, lr_scheduler_type="constant", optim="adamw_torch",
    )  # fmt: skip
    net = model()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer = Trainer(
            model=net, args=arguments, train_dataset=texts(24), compute_loss_func=loss
        )
        trainer.train()
    return [parameter.detach().clone() for parameter in net.parameters()]


def test_the_trainer_trains_the_models_own_weights(tmp_path: Any) -> None:
    own = trained(tmp_path, None, 4, 2)
    ours = trained(tmp_path, compute_loss_func(), 4, 2)
    # Float32 sums in another order, through three steps of AdamW.
    for a, b in zip(own, ours, strict=True):
        torch.testing.assert_close(b, a, rtol=1e-3, atol=2e-5)


def test_accumulated_batches_are_one_large_batch(tmp_path: Any) -> None:
    loss = compute_loss_func(label_smoothing=0.1)
    for a, b in zip(trained(tmp_path, loss, 8, 1), trained(tmp_path, loss, 2, 4), strict=True):
        torch.testing.assert_close(b, a, rtol=1e-3, atol=2e-5)


def test_the_loss_is_that_of_the_next_token() -> None:
    net, batch = model().double(), texts(4)
    ids, labels = (torch.stack([one[name] for one in batch]) for name in ("input_ids", "labels"))
    outputs = net(input_ids=ids, labels=labels)
    found = compute_loss_func()(outputs, labels)
    torch.testing.assert_close(found, outputs.loss.double(), rtol=1e-6, atol=0)
    shifted = compute_loss_func(shift=False)(outputs, torch.roll(labels, -1, 1))
    assert shifted != found
    half = compute_loss_func()(outputs, labels, num_items_in_batch=2 * (labels[:, 1:] >= 0).sum())
    torch.testing.assert_close(2 * half, found)


def test_no_label_at_all_is_0() -> None:
    outputs = {"logits": torch.randn(2, 3, 5, requires_grad=True)}
    labels = torch.full((2, 3), -100)
    for number in (0, torch.tensor(0), None):
        assert compute_loss_func()(outputs, labels, num_items_in_batch=number) == 0


def test_what_means_nothing_is_refused_at_once() -> None:
    for option in ({"reduction": "sum"}, {"normalizer": 3}, {"from_logits": True}, {"axis": 1}):
        with pytest.raises(ce.OptionError, match=f"`{next(iter(option))}` must be left out"):
            compute_loss_func(**option)
    with pytest.raises(ce.OptionNameError, match="ignore_class=-1"):
        compute_loss_func(ignore_index=-1)
    with pytest.raises(ce.OptionError, match="label for the last place"):
        compute_loss_func(ignore_class=())
    with pytest.raises(ce.OptionError, match="`shift` must be True or False"):
        compute_loss_func(shift=1)  # type: ignore[arg-type]
    with pytest.raises(ce.LabelRangeError):
        compute_loss_func()({"logits": torch.zeros(1, 3, 4)}, torch.tensor([[0, 4, 1]]))

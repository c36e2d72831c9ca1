"""linear_loss: models of Hugging Face that return their loss in training without their logits."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import peft
import pytest
import torch
import transformers

import crossent as ce
from crossent.compat.transformers import linear_loss

SIZES = {
    "vocab_size": 61, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 1,
    "num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 32,
}  # fmt: skip
GPT2 = {
    "vocab_size": 61, "n_embd": 16, "n_layer": 1, "n_head": 2, "n_positions": 32, "resid_pdrop": 0,
    "embd_pdrop": 0, "attn_pdrop": 0, "bos_token_id": 0, "eos_token_id": 0,
}  # fmt: skip
FAMILIES: dict[str, tuple[str, dict[str, Any]]] = {
    "Llama": ("LlamaForCausalLM", SIZES),
    "Qwen3": ("Qwen3ForCausalLM", {**SIZES, "head_dim": 8}),
    "Gemma2, capped": (
        "Gemma2ForCausalLM", {**SIZES, "head_dim": 8, "final_logit_softcapping": 0.5},
    ),
    "GPT-2, tied": ("GPT2LMHeadModel", GPT2),
    "Granite, divided": ("GraniteForCausalLM", {**SIZES, "logits_scaling": 3.0}),
    "Mixtral, with the loss of its router": (
        "MixtralForCausalLM", {**SIZES, "num_local_experts": 2, "output_router_logits": True},
    ),
}  # fmt: skip
OLD_NAME = pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning")
"""PEFT asks transformers for something by the name that it had."""
TOKENS = torch.randint(0, 61, (3, 9), generator=torch.Generator().manual_seed(1))
LABELS = TOKENS.clone()
LABELS[0, :4] = LABELS[2, 7] = -100


def model_of(family: str) -> Any:
    name, sizes = FAMILIES[family]
    kind = getattr(transformers, name)
    torch.manual_seed(0)
    return kind(kind.config_class(**sizes)).train()


def same(own: Any, ours: Any) -> None:
    """Two losses and the gradients of their models are equal to rounding."""
    torch.testing.assert_close(ours[0], own[0], rtol=1e-6, atol=1e-6)
    own[0].backward()
    ours[0].backward()


def same_gradients(own: Any, ours: Any) -> None:
    for one, other in zip(own.parameters(), ours.parameters(), strict=True):
        if one.grad is not None:
            torch.testing.assert_close(other.grad, one.grad, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    "given", [{}, {"num_items_in_batch": torch.tensor(31)}, {"return_dict": False}],
    ids=["mean", "a Trainer's number", "a tuple"],
)  # fmt: skip
def test_loss_and_gradients_are_the_model_s_own(family: str, given: dict[str, Any]) -> None:
    own = model_of(family)
    ours = linear_loss(model_of(family), max_memory=4_000)
    output = ours(input_ids=TOKENS, labels=LABELS, **given)
    if not given.get("return_dict", True):
        assert isinstance(output, tuple)
    else:
        assert output.logits is None
        assert "logits" not in output
    same(own(input_ids=TOKENS, labels=LABELS, **given), output)
    same_gradients(own, ours)


def test_evaluation_and_generation_keep_their_logits() -> None:
    own, ours = model_of("Llama").eval(), linear_loss(model_of("Llama")).eval()
    want, found = (one(input_ids=TOKENS, labels=LABELS) for one in (own, ours))
    assert torch.equal(found.logits, want.logits)
    assert torch.equal(found.loss, want.loss)
    words = {"max_new_tokens": 3, "do_sample": False}
    assert torch.equal(ours.generate(TOKENS, **words), own.generate(TOKENS, **words))
    assert ours.train()(input_ids=TOKENS).logits.shape == (3, 9, 61)


def test_labels_that_are_shifted_already() -> None:
    own, ours = model_of("Llama"), linear_loss(model_of("Llama"))
    moved = torch.cat([LABELS[:, 1:], torch.full((3, 1), -100)], 1)
    given = {"input_ids": TOKENS, "labels": LABELS, "shift_labels": moved}
    same(own(**given), ours(**given))


def test_a_copy_has_the_loss_of_its_own_weights() -> None:
    first = linear_loss(model_of("Llama"))
    second = copy.deepcopy(first)
    with torch.no_grad():
        for one in second.parameters():
            one.mul_(2)
    values = [one(input_ids=TOKENS, labels=LABELS).loss.item() for one in (first, second)]
    assert values[0] != values[1]
    assert linear_loss(second) is second  # again: the same
    assert second(input_ids=TOKENS, labels=LABELS).loss.item() == values[1]


def test_what_others_ask_of_the_model(tmp_path: Path) -> None:
    model = linear_loss(model_of("Llama"))
    assert isinstance(model, transformers.LlamaForCausalLM)
    assert "labels" in inspect.signature(model.forward).parameters  # a Trainer keeps this column
    model.save_pretrained(tmp_path)
    assert transformers.AutoConfig.from_pretrained(tmp_path).architectures == ["LlamaForCausalLM"]
    again = transformers.AutoModelForCausalLM.from_pretrained(tmp_path)
    assert type(again) is transformers.LlamaForCausalLM


def trained(change: Callable[[Any], Any], folder: Path) -> Any:
    """A model after steps of a Trainer that adds up the gradients of three batches."""
    model = change(model_of("Llama"))
    rows = [
        {"input_ids": TOKENS[k % 3], "labels": LABELS[k % 3], "attention_mask": torch.ones(9)}
        for k in range(12)
    ]
    words = transformers.TrainingArguments(
        folder, max_steps=3, per_device_train_batch_size=1, gradient_accumulation_steps=3,
        learning_rate=0.01, optim="sgd", report_to=[], save_strategy="no", use_cpu=True,
        disable_tqdm=True,
    )  # fmt: skip
    trainer = transformers.Trainer(model=model, args=words, train_dataset=rows)
    trainer.train()
    return model


def test_a_trainer_that_accumulates(tmp_path: Path) -> None:
    own, ours = trained(lambda model: model, tmp_path), trained(linear_loss, tmp_path)
    start = model_of("Llama")
    for one, other, before in zip(
        own.parameters(), ours.parameters(), start.parameters(), strict=True
    ):
        torch.testing.assert_close(other, one, rtol=1e-5, atol=1e-6)
        assert not torch.equal(one, before)


@OLD_NAME
def test_adapters() -> None:
    words = peft.LoraConfig(target_modules=["q_proj"], init_lora_weights=False, lora_dropout=0)
    own = peft.get_peft_model(model_of("Llama"), words)
    ours = linear_loss(copy.deepcopy(own), max_memory=4_000)
    output = ours(input_ids=TOKENS, labels=LABELS)
    assert output.logits is None
    same(own(input_ids=TOKENS, labels=LABELS), output)
    same_gradients(own, ours)


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf:UserWarning")
def test_compiled() -> None:
    """Dynamo looks at the gradient of an inner tensor where it continues after a break."""
    torch._dynamo.reset()
    model = linear_loss(model_of("Llama"))
    value = torch.compile(model, backend="aot_eager")(input_ids=TOKENS, labels=LABELS).loss
    torch.testing.assert_close(value, model(input_ids=TOKENS, labels=LABELS).loss)


def test_options_reach_the_loss() -> None:
    own, ours = model_of("Llama"), linear_loss(model_of("Llama"), label_smoothing=0.2)
    logits = own(input_ids=TOKENS).logits
    want = ce.sparse_categorical_crossentropy(
        LABELS[:, 1:], logits[:, :-1], from_logits=True, ignore_class=-100, label_smoothing=0.2
    )
    torch.testing.assert_close(ours(input_ids=TOKENS, labels=LABELS).loss, want)


@OLD_NAME
def test_models_that_it_does_not_take() -> None:
    with pytest.raises(
        ce.ArrayKindError, match=r"last layer is a torch\.nn\.Linear; that of Linear"
    ):
        linear_loss(torch.nn.Linear(2, 2))
    words = peft.LoraConfig(target_modules=["lm_head"])
    with pytest.raises(ce.ArrayKindError, match=r"is peft\..*\.Linear"):
        linear_loss(peft.get_peft_model(model_of("Llama"), words))
    masked = transformers.BertForMaskedLM(transformers.BertConfig(
        vocab_size=9, hidden_size=8, num_hidden_layers=1, num_attention_heads=1,
        intermediate_size=8,
    ))  # fmt: skip
    with pytest.raises(ce.ArrayKindError, match="BertForMaskedLM is ForMaskedLMLoss"):
        linear_loss(masked)
    with pytest.raises(ce.OptionError, match="the model decides it"):
        linear_loss(model_of("Llama"), shift=False)


class Softened(transformers.LlamaForCausalLM):
    """A model that takes a softmax of its logits before its loss."""

    use: Callable[[Any], Any]

    def forward(self, input_ids: Any, labels: Any = None) -> Any:
        logits = self.use(self.lm_head(self.model(input_ids).last_hidden_state))
        return (self.loss_function(logits, labels, vocab_size=61),)


@pytest.mark.parametrize(
    ("use", "told"),
    [
        (lambda x: torch.softmax(x, -1), "calls softmax of them"),
        (lambda x: x.softmax(-1), "asks for their `softmax`"),
        (lambda x: x[:, 1:], "takes a part of them"),
        (lambda x: x + 1, "adds to them"),
        (lambda x: x * torch.ones(61), "multiplies them by a tensor"),
        (lambda x: torch.ones(61) * x, "them"),
        (lambda x: torch.tanh(torch.tanh(x)), "calls tanh of them"),
    ],
)
def test_a_model_that_does_more_with_its_logits(use: Any, told: str) -> None:
    model = Softened(transformers.LlamaConfig(**SIZES)).train()
    model.use = use
    with pytest.raises(ce.ArrayKindError, match=told):
        linear_loss(model)(TOKENS, labels=LABELS)
    assert not model.lm_head.unmade  # an error leaves the model as it was

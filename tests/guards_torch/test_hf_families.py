"""Families of models of transformers, tiny and untrained: right data, and what goes wrong."""

from __future__ import annotations

import copy
import pickle
import warnings

import pytest
import torch
import transformers

import crossent as ce
from crossent.doctor import guards

WORDS, LENGTH, ROWS = 60, 24, 16
SMALL = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
         "num_attention_heads": 4, "vocab_size": WORDS, "pad_token_id": 0}  # fmt: skip


def gpt2(**options):
    config = {"n_layer": 2, "n_head": 2, "n_embd": 32, "vocab_size": WORDS, "n_positions": LENGTH,
              "bos_token_id": 1, "eos_token_id": 1, **options}  # fmt: skip
    return transformers.GPT2LMHeadModel(transformers.GPT2Config(**config))


def llama(**options):
    config = {**SMALL, "num_key_value_heads": 2, "max_position_embeddings": LENGTH, **options}
    return transformers.LlamaForCausalLM(transformers.LlamaConfig(**config))


def bert(kind, **options):
    config = transformers.BertConfig(**SMALL, max_position_embeddings=LENGTH, **options)
    return getattr(transformers, f"BertFor{kind}")(config)


def t5():
    config = transformers.T5Config(
        vocab_size=WORDS, d_model=32, d_kv=8, d_ff=48, num_layers=2, num_heads=4,
        decoder_start_token_id=0, pad_token_id=0,
    )  # fmt: skip
    return transformers.T5ForConditionalGeneration(config)


def vit(classes=5):
    config = transformers.ViTConfig(
        hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
        image_size=16, patch_size=8, num_labels=classes,
    )  # fmt: skip
    return transformers.ViTForImageClassification(config)


def ids(seed=0, low=2):
    return torch.randint(low, WORDS, (ROWS, LENGTH), generator=torch.Generator().manual_seed(seed))


def causal():
    tokens = ids()
    labels = tokens.clone()
    labels[::4, -5:] = -100
    return {"input_ids": tokens}, labels


def masked():
    tokens = ids()
    hidden = torch.rand(tokens.shape, generator=torch.Generator().manual_seed(1)) < 0.3
    labels = tokens.where(hidden, torch.tensor(-100))
    return {"input_ids": tokens.where(~hidden, torch.tensor(1))}, labels


def tags(classes=4):
    labels = ids() % classes
    labels[:, 0] = -100
    return {"input_ids": ids()}, labels


def sentences(classes=3):
    return {"input_ids": ids()}, torch.arange(ROWS) % classes


def translation():
    labels = ids(seed=7)
    begun = labels.roll(1, 1)
    begun[:, 0] = 0
    return {"input_ids": ids(), "decoder_input_ids": begun}, labels


def images(classes=5):
    pixels = torch.randn(ROWS, 3, 16, 16, generator=torch.Generator().manual_seed(3))
    return {"pixel_values": pixels}, torch.arange(ROWS) % classes


FAMILIES = {
    "GPT-2": (gpt2, causal),
    "GPT-2, embeddings that copy": (lambda: gpt2(initializer_range=0.5), causal),
    "Llama": (llama, causal),
    "Llama, tied": (lambda: llama(tie_word_embeddings=True, initializer_range=0.5), causal),
    "BERT, masked": (lambda: bert("MaskedLM"), masked),
    "BERT, tags": (lambda: bert("TokenClassification", num_labels=4), tags),
    "BERT, sentences": (lambda: bert("SequenceClassification", num_labels=3), sentences),
    "T5": (t5, translation),
    "ViT": (vit, images),
}


def built(name):
    torch.manual_seed(0)
    make, data = FAMILIES[name]
    return make().eval(), *data()


def called(model, batch, labels, loss=None, change=None, items=None, **options):
    """Call a guarded loss as the Trainer does, for two batches; the last value and the guard."""
    guard = guards.hf(model if loss is None else loss, **options)
    for _ in range(2):
        with torch.no_grad():
            outputs = model(**batch)
        if change is not None:
            outputs["logits"] = change(outputs["logits"])
        value = guard(outputs, labels, num_items_in_batch=items)
    return value, guard


@pytest.mark.parametrize("name", FAMILIES)
def test_right_data_is_healthy_and_its_loss_the_models_own(name):
    model, batch, labels = built(name)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value, guard = called(model, batch, labels)
    assert [report.healthy for report in guard.reports] == [True]
    assert not {"CE208", "CE318"} & set(guard.reports[0].codes)
    with torch.no_grad():
        torch.testing.assert_close(value, model(**batch, labels=labels).loss)
    kept = (labels != -100).sum()
    if labels.dim() == 2:
        shifted = (labels[:, 1:] != -100).sum() if name.startswith(("GPT", "Llama")) else kept
        summed = called(model, batch, labels, items=1)[0]
        torch.testing.assert_close(summed, value * shifted)


def faults():
    """Name of the fault, family, what becomes of the labels, what of the logits, the codes."""
    for name, (_, data) in FAMILIES.items():
        sequence = data in (causal, masked, tags, translation)
        yield "all ignored", name, lambda y: torch.full_like(y, -100), None, {"CE202"}
        yield "beyond the head", name, lambda y: y + 1000 * (y > 1), None, {"CE101", "CE104"}
        if data is causal:
            yield "shifted twice", name, lambda y: y.roll(-1, 1), None, {"CE208"}
        if sequence:
            yield "NaN", name, None, lambda x: x / 0 * 0, {"CE217"}
        if data is not causal or name == "Llama":
            yield "a softmax first", name, None, lambda x: x.softmax(-1), {"CE105"}


FAULTS = list(faults())


@pytest.mark.parametrize(
    ("name", "labels_of", "logits_of", "codes"),
    [fault[1:] for fault in FAULTS],
    ids=[f"{fault[1]}: {fault[0]}" for fault in FAULTS],
)
def test_wrong_data_is_named(name, labels_of, logits_of, codes):
    model, batch, labels = built(name)
    labels = labels if labels_of is None else labels_of(labels)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            _, guard = called(model, batch, labels, change=logits_of)
            found = set(guard.reports[0].codes)
        except guards.DiagnosisError as error:
            found = set(error.report.codes)
    assert found & codes, found


def test_padding_that_is_not_ignored():
    model, batch, labels = built("GPT-2")
    labels[:, 6:] = 0
    batch["input_ids"][:, 6:] = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, guard = called(model, batch, labels)
    assert "CE209" in guard.reports[0].codes


def test_a_model_keeps_working_beside_its_guard():
    model, batch, labels = built("GPT-2")
    called(model, batch, labels)
    other = pickle.loads(pickle.dumps(copy.deepcopy(model)))
    with torch.no_grad():
        assert torch.equal(other(**batch).logits, model(**batch).logits)
    assert model.state_dict().keys() == gpt2().state_dict().keys()


def test_what_a_model_computes_itself_is_refused_by_name():
    for kind in ("NextSentencePrediction", "MultipleChoice", "QuestionAnswering"):
        with pytest.raises(ce.OptionError, match=f"BertFor{kind}"):
            guards.hf(bert(kind))


def test_large_predictions_keep_the_input_of_their_rows(monkeypatch):
    monkeypatch.setattr("crossent.doctor.guards.sample.sample.__defaults__", (4000,))
    model, batch, labels = built("Llama")
    _, guard = called(model, batch, labels)
    assert guard.reports[0].healthy
    with pytest.raises(guards.DiagnosisError, match="CE208"):
        called(model, batch, labels.roll(-1, 1))

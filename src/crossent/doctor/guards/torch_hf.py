"""The guard for the Trainer of Hugging Face: which loss a model computes, and of which labels."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Final

import torch

from crossent.core.messages import data as messages
from crossent.doctor.guards.sample import Batch
from crossent.doctor.guards.torch import read, torch_batch, unreadable
from crossent.doctor.guards.watch import PATIENCE, OnError, Watch, follow
from crossent.doctor.report import Report

CROSS_ENTROPY: Final = "torch.nn.functional.cross_entropy"
HF_LOSSES: Final = {
    "ForCausalLM": "ForCausalLMLoss",
    "ForConditionalGeneration": "ForCausalLMLoss",
    "ForMaskedLM": CROSS_ENTROPY,
    "ForTokenClassification": CROSS_ENTROPY,
    "ForSequenceClassification": CROSS_ENTROPY,
    "ForImageClassification": CROSS_ENTROPY,
    "ForVideoClassification": CROSS_ENTROPY,
    "ForAudioClassification": CROSS_ENTROPY,
}
"""The losses of transformers that are cross-entropies, by the ``loss_type`` of a model."""


class LastInput:
    """The tokens that a decoder was called with last: they tell whether labels are moved.

    It is a hook of the model, and goes with it where that is copied or stored, without the tokens.
    """

    def __init__(self, name: str = "input_ids") -> None:
        self.name = name
        self.ids: Any = None

    def __call__(self, model: Any, args: tuple[Any, ...], named: Mapping[str, Any]) -> None:
        first = args[0] if args and self.name == "input_ids" else None
        given = named.get(self.name, first)
        self.ids = given.detach() if isinstance(given, torch.Tensor) else None

    def __reduce__(self) -> tuple[type[LastInput], tuple[str]]:
        return type(self), (self.name,)


def loss_name(model: Any) -> str | None:
    """Return the cross-entropy that a model of transformers computes; None if it is none."""
    if computes_itself(model):
        return CROSS_ENTROPY
    kind = getattr(model, "loss_type", None)
    if kind in HF_LOSSES:
        return HF_LOSSES[kind]
    # For names that it does not know transformers takes the loss of causal models.
    fallen = getattr(getattr(model, "loss_function", None), "__name__", "") == "ForCausalLMLoss"
    forward = inspect.unwrap(getattr(type(model), "forward", loss_name))
    asked = "loss_function" in getattr(forward, "__code__", loss_name.__code__).co_names
    return "ForCausalLMLoss" if fallen and asked else None


def computes_itself(model: Any) -> bool:
    """Whether a model has an encoder and a decoder: its labels are not moved, as by T5 and BART."""
    both = getattr(getattr(model, "config", None), "is_encoder_decoder", False)
    return bool(both) and HF_LOSSES.get(getattr(model, "loss_type", "")) == "ForCausalLMLoss"


def unshifted(outputs: Any, labels: Any, num_items_in_batch: Any = None) -> Any:
    """Compute the loss of an encoder and decoder, as T5 and BART have it."""
    logits = outputs["logits"]
    total = torch.nn.functional.cross_entropy(
        logits.reshape(-1, logits.shape[-1]).float(),
        labels.reshape(-1).to(logits.device),
        reduction="mean" if num_items_in_batch is None else "sum",
    )
    return total if num_items_in_batch is None else total / num_items_in_batch


class _HfLoss:
    """What the Trainer calls with the outputs of the model and the labels."""

    def __init__(self, loss: Any, on_error: OnError, patience: int, options: Any) -> None:
        self._watch = Watch(on_error, patience, options)
        self._config = getattr(loss, "config", None)
        if self._config is None and not callable(loss):
            raise messages.option(
                "`source` must be a model of transformers, or a function of (outputs, labels, "
                f"num_items_in_batch); got {loss!r}."
            )
        self._type = getattr(loss, "loss_type", None)
        self._name = None if self._config is None else loss_name(loss)
        self._loss = loss if self._config is None else self._own_loss(loss)
        itself = self._config is not None and computes_itself(loss)
        self._last = LastInput("decoder_input_ids" if itself else "input_ids")
        causal = itself or self._name == "ForCausalLMLoss"
        if causal and isinstance(loss, torch.nn.Module):
            loss.register_forward_pre_hook(self._last, with_kwargs=True)

    @property
    def reports(self) -> list[Report]:
        """The diagnoses that were made: the first, and the last 99."""
        return self._watch.reports

    @property
    def reports_left_out(self) -> int:
        """How many diagnoses are no longer in `reports`."""
        return self._watch.reports_left_out

    def _own_loss(self, model: Any) -> Callable[..., Any]:
        if self._name is None:
            raise messages.option(
                f"`source` must be a model whose loss is a cross-entropy ({', '.join(HF_LOSSES)}), "
                f"or a function of (outputs, labels, num_items_in_batch); got a "
                f"{type(model).__name__}, whose loss is {getattr(model, 'loss_type', None)}."
            )
        config = self._config
        if computes_itself(model):
            return unshifted

        def loss(outputs: Any, labels: Any, num_items_in_batch: Any = None) -> Any:
            logits = outputs["logits"]
            return model.loss_function(
                logits=logits, pooled_logits=logits, labels=labels, config=config,
                vocab_size=logits.shape[-1], num_items_in_batch=num_items_in_batch,
            )  # fmt: skip

        return loss

    def __call__(self, outputs: Any, labels: Any, num_items_in_batch: Any = None) -> Any:
        def compute() -> Any:
            return self._loss(outputs, labels, num_items_in_batch=num_items_in_batch)

        logits = outputs["logits"] if isinstance(outputs, Mapping) else outputs[0]
        if unreadable((logits, labels)):
            return compute()
        return follow(
            self._watch,
            compute,
            lambda: self._batch(outputs, labels),
            read,
        )

    def _batch(self, outputs: Any, labels: Any) -> Batch | None:
        logits = outputs["logits"] if isinstance(outputs, Mapping) else outputs[0]
        told: dict[str, Any] = {"axis": logits.ndim - 1}  # -1 stands for PyTorch's own axis
        if self._config is not None:
            told["loss"] = self._name
            ids = self._last.ids
            if ids is not None and ids.shape == labels.shape and not unreadable((ids,)):
                told["input_ids"] = ids
            kind = getattr(self._config, "problem_type", None)
            one = self._type == "ForSequenceClassification" and logits.shape[-1] == 1
            if kind == "regression" or (kind is None and one):
                return None
            if kind == "multi_label_classification":
                told["loss"] = "torch.nn.functional.binary_cross_entropy_with_logits"
        return torch_batch(labels, logits, {**told, **self._watch.options})


def hf(
    source: Any, /, *, on_error: OnError = "raise", patience: int = PATIENCE, **options: Any
) -> Callable[..., Any]:
    """Return a guarded loss for the Trainer of Hugging Face, as its ``compute_loss_func``.

    Parameters
    ----------
    source : PreTrainedModel or callable
        The model, whose own loss is computed with the options that its configuration gives; or a
        function of ``(outputs, labels, num_items_in_batch)``, as the Trainer calls it.
    on_error, patience, **options
        As in `TorchLoss`.

    Returns
    -------
    callable
        It returns what the loss returns. Its ``reports`` and
        ``reports_left_out`` are those of `TorchLoss`.

    Raises
    ------
    OptionError
        If an option has a bad value, or the model's own loss is no cross-entropy.
    DiagnosisError
        When called, if a batch has an error.

    Notes
    -----
    The Trainer computes the outputs without the labels and calls this with both, in evaluation too.
    The shift of a causal language model is that of its own loss, also where transformers falls back
    to it (GPT-2), and the tokens that the model is called with tell whether the labels are moved
    already. Models with an encoder and a decoder (T5, BART) do not shift, and need
    ``decoder_input_ids`` in the batch, since they do not see the labels. Labels of -100 are left
    out. Nothing of transformers is imported.

    Examples
    --------
    >>> from crossent.doctor import guards
    >>> trainer = transformers.Trainer(  # doctest: +SKIP
    ...     model, arguments, train_dataset=data, compute_loss_func=guards.hf(model)
    ... )
    """
    return _HfLoss(source, on_error, patience, options)

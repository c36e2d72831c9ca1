"""PyTorch modules: the last module that runs, its kind, its width."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch

from crossent.doctor.case import ModelFacts
from crossent.doctor.models.predictions import predictions_in

_KINDS = {
    "Softmax": "softmax", "Softmax2d": "softmax", "LogSoftmax": "log_softmax",
    "Sigmoid": "sigmoid", "LogSigmoid": "log_sigmoid", "ReLU": "relu", "Tanh": "tanh",
    "Linear": "linear", "Conv1d": "linear", "Conv2d": "linear", "Conv3d": "linear",
}  # fmt: skip


def run(model: Any, x: Any) -> tuple[Any, str | None]:
    """Return the outputs of a few rows, and the kind of the module that made them.

    The mode of the model is as before afterwards, and nothing is recorded for gradients.
    """
    last: list[tuple[str, Any]] = []

    def note(module: Any, args: Any, output: Any) -> None:
        last[:] = [(type(module).__name__, output)]

    leaves = [module for module in model.modules() if not list(module.children())]
    hooks = [module.register_forward_hook(note) for module in leaves]
    try:
        with looking_at(model):
            if isinstance(x, Mapping):
                outputs = model(**{name: _on_device_of(model, value) for name, value in x.items()})
            elif isinstance(x, tuple):
                outputs = model(*(_on_device_of(model, one) for one in x))
            else:
                outputs = model(_on_device_of(model, x))
    finally:
        for hook in hooks:
            hook.remove()
    logits = predictions_in(outputs)
    # What a function made of it, such as F.softmax, is another tensor.
    shown = bool(last) and last[0][1] is logits
    return logits, _KINDS.get(last[0][0]) if shown else None


@contextmanager
def looking_at(model: Any) -> Iterator[None]:
    """Run a model in evaluation, without gradients, and leave no trace of it.

    The mode of each module, and what random numbers come next, are as before afterwards.
    """
    modes = [(module, module.training) for module in model.modules()]
    generator = torch.random.get_rng_state()
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        torch.random.set_rng_state(generator)
        for module, training in modes:
            module.training = training


def _on_device_of(model: Any, x: Any) -> Any:
    first = next(model.parameters(), None)
    if hasattr(x, "iloc"):  # a table of pandas
        x = x.to_numpy(copy=True)
    tensor = torch.as_tensor(x)
    if first is None:
        return tensor
    # Numbers of NumPy are float64 where nothing else was said.
    floats = tensor.is_floating_point() and first.is_floating_point()
    return tensor.to(first.device, first.dtype if floats else None)


def loss_of(model: Any) -> object:
    """Return the loss of a decoder of Hugging Face, which moves the labels; else None.

    Other modules do not know their loss.
    """
    loss = getattr(model, "loss_function", None)
    if getattr(getattr(model, "config", None), "is_encoder_decoder", False):
        return None  # its labels stand where its outputs do, whatever is written there
    return loss if getattr(loss, "__name__", "") == "ForCausalLMLoss" else None


def _last_of(model: Any) -> Any:
    """Return the module that runs last, where a plain sequence shows it."""
    while type(model).forward is torch.nn.Sequential.forward and len(model):
        model = model[-1]
    return model


def facts(model: Any, activation: str | None) -> ModelFacts:
    """Return what the model says about itself."""
    leaves = [module for module in model.modules() if not list(module.children())]
    names = [type(module).__name__ for module in leaves]
    name = names[-1] if names else type(model).__name__
    if activation is None:
        activation = _KINDS.get(type(_last_of(model)).__name__)
    units = None
    for module in reversed(leaves):
        units = getattr(module, "out_features", getattr(module, "out_channels", None))
        if isinstance(units, int):
            break
    return ModelFacts("torch", activation, units, name)

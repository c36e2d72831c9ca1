"""PyTorch: F.cross_entropy, eager and compiled."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

Array = Any
torch.set_num_threads(2)


def tensor_of(array: Array) -> Any:
    """Return a tensor over the memory of an array; PyTorch reads no bfloat16 of NumPy's."""
    if array.dtype.name == "bfloat16":
        return torch.from_numpy(array.view(np.uint16)).view(torch.bfloat16)
    return torch.from_numpy(array)


def array_of(tensor: Any) -> Array:
    tensor = tensor.detach()
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()


class Torch:
    """`loss(y, x, reduction)` is what a subclass has."""

    loss: Any

    def losses(self, y: Array, x: Array) -> Array:
        return array_of(self.loss(tensor_of(y), tensor_of(x), reduction="none"))

    def gradient(self, y: Array, x: Array) -> Array:
        leaf = tensor_of(x).requires_grad_()
        self.loss(tensor_of(y), leaf, reduction="sum").backward()
        return array_of(leaf.grad)

    def of_probabilities(self, y: Array, p: Array) -> tuple[Array, Array]:
        leaf = tensor_of(p).requires_grad_()
        losses = self.loss_of_probabilities(tensor_of(y), leaf)
        losses.sum().backward()
        return array_of(losses), array_of(leaf.grad)

    def of_targets(self, q: Array, x: Array) -> tuple[Array, Array]:
        leaf = tensor_of(x).requires_grad_()
        losses = self.loss_of_targets(tensor_of(q), leaf)
        losses.sum().backward()
        return array_of(losses), array_of(leaf.grad)

    def loss_of_targets(self, q: Any, x: Any) -> Any:
        return self.loss(q, x, reduction="none")

    def loss_of_probabilities(self, y: Any, p: Any) -> Any:
        return F.nll_loss(torch.log(p), y, reduction="none")

    def load(self, y: Array, x: Array) -> None:
        self.y, self.constant = tensor_of(y), tensor_of(x)
        self.x = tensor_of(x).requires_grad_()

    def forward(self) -> Any:
        with torch.no_grad():
            return self.loss(self.y, self.constant, reduction="mean")

    def value_and_gradient(self, upstream: float) -> Any:
        value = self.loss(self.y, self.x, reduction="mean")
        (value if upstream == 1 else value * upstream).backward()
        gradient, self.x.grad = self.x.grad, None
        return value, gradient


def cross_entropy(y: Any, x: Any, reduction: str) -> Any:
    return F.cross_entropy(x, y, reduction=reduction)


class Eager(Torch):
    loss = staticmethod(cross_entropy)


class Compiled(Torch):
    def __init__(self) -> None:
        torch._dynamo.reset()  # a program of its own for every shape that is timed
        torch._dynamo.config.recompile_limit = 64  # and for every dtype
        self.programs: dict[str, Any] = {}

    def loss(self, y: Any, x: Any, reduction: str) -> Any:
        if reduction not in self.programs:
            function = partial(cross_entropy, reduction=reduction)
            self.programs[reduction] = torch.compile(function, fullgraph=True)
        return self.programs[reduction](y, x)


FORMS = {"eager": Eager, "compile": Compiled}

"""PyTorch: eager, on the CPU and on a GPU, and compiled into one graph."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import ml_dtypes
import numpy as np
import torch

import crossent as ce
from contract.case import FUNCTION_NAMES, Call
from contract.paths import check_path, path_on_a_gpu
from contract.policy import TENSORFLOW, TORCH
from contract.runner import QUICK, Outcome, Reductions, cotangent_for, mixture, options_for
from crossent.frontends.torch import devices, gpu

Tensors = dict[str, Any]


def tensor_of(array: Any) -> Any:
    """A tensor of its own memory, of the dtype of an array."""
    native = np.array(array, dtype=np.asarray(array).dtype.newbyteorder("="), order="C")
    if native.dtype == ml_dtypes.bfloat16:
        return torch.from_numpy(native.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(native)


def array_of(tensor: Any) -> np.ndarray:
    """The values of a tensor, in its dtype."""
    tensor = tensor.detach().cpu()
    if tensor.dtype == torch.bfloat16:
        return tensor.view(torch.int16).numpy().view(ml_dtypes.bfloat16)
    return tensor.numpy()


def split(call: Call, device: str = "cpu") -> tuple[Tensors, dict[str, Any]]:
    """The arrays of a call as tensors, and its options that are words and numbers.

    Strings, of which PyTorch has no tensors, stay with NumPy.
    """
    arrays = {"y_true": call.y_true, "y_pred": call.y_pred}
    arrays |= {k: v for k, v in call.options.items() if isinstance(v, np.ndarray | np.generic)}
    words = {k: v for k, v in call.options.items() if k not in arrays}
    tensors = {
        k: v if np.asarray(v).dtype.kind in "UO" else tensor_of(v).to(device)
        for k, v in arrays.items()
    }
    return tensors, words


def value(function: str, tensors: Tensors, options: dict[str, Any]) -> Any:
    """The library's answer."""
    arguments = {**options, **{k: v for k, v in tensors.items() if k in options}}
    loss = getattr(ce, FUNCTION_NAMES[function])
    return loss(tensors["y_true"], tensors["y_pred"], **arguments)


def watched(call: Call, tensors: Tensors, options: dict[str, Any]) -> Any:
    """The library's answer, eager, and the way that it took."""
    result = value(call.function, tensors, options)
    if devices.is_accelerator(result):
        assert ce.last_path() == path_on_a_gpu(call, options, gpu.has_kernels(result.device))
    else:
        check_path(call, options)
    return result


class TorchRunner:
    """PyTorch, eager, on a GPU or compiled."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.traced = self.compiles = name == "torch.compile"
        self.stops = False
        self.device = "cuda" if name == "torch.cuda" else "cpu"
        waits = name in ("torch.cuda", "torch.elsewhere", "torch.no_float64", "torch.triton")
        # By default values on a GPU are looked at in the first call of its shape alone.
        self.checked = {"validate": "always"} if waits else {}
        # Each is traced; the sum has its own test.
        self.reductions = ("none", "mean") if self.traced else ("none", "mean", "sum")
        self.policy = TENSORFLOW if self.traced else TORCH
        self.lacks = {
            "autodiff": "derivatives of PyTorch are tested in tests/torch",
            "tensors": "tensors of PyTorch are tested in tests/torch",
        }
        if self.traced:
            self.lacks["quick calls"] = QUICK
            self.lacks["sees values"] = "the values of traced arguments cannot be seen"
            self.lacks["fixed bits"] = "the compiler decides the order of a row's sum"
        if waits:
            self.lacks["fixed bits"] = "the GPU's kernels decide the order of a row's sum"
            self.lacks["looks each time"] = "a GPU is waited for once for every shape"
        self._programs: dict[str, Any] = {}

    def split(self, call: Call) -> tuple[Tensors, dict[str, Any]]:
        """The arrays of a call on this device, and its other options."""
        return split(call, self.device)

    def traceable(self, function: Callable[..., Any], whole: bool = True) -> Callable[..., Any]:
        """A function of tensors as this runner runs it; `whole`: in one graph."""
        if not self.traced:
            return function
        torch._dynamo.reset()  # or the programs of all cases would be variants of one
        torch._dynamo.config.recompile_limit = 10_000  # and those kept are compiled anew
        # The graph as it is caught; tests/torch has it differentiated ahead of time and compiled.
        return torch.compile(function, fullgraph=whole, dynamic=False, backend="eager")

    def outcome(
        self, call: Call, validate: str | None = None, *, rows_only: bool = False
    ) -> Outcome:
        """Every reduction and gradient of a call, in one program."""
        reductions = ("none",) if rows_only and self.traced else self.reductions
        if validate is None and "validate" not in call.options:
            validate = self.checked.get("validate")
        tensors, words = self.split(call)
        cotangent = tensor_of(cotangent_for(call)).to(self.device)
        x = tensors["y_pred"].requires_grad_()
        results = self._program(call, tensors, words, validate, reductions)(tensors)
        for name in reductions:
            bar = cotangent.reshape(results[name].shape) if name == "none" else None
            gradient = torch.autograd.grad(results[name], x, bar, retain_graph=True)[0]
            results[f"gradient_of_{name}"] = gradient
        arrays = {k: array_of(v) for k, v in results.items()}
        return Outcome(**arrays, cotangent=array_of(cotangent))

    def rows(self, call: Call) -> tuple[np.ndarray, np.ndarray]:
        """The losses of the rows, and the gradient of their sum."""
        tensors, words = self.split(call)
        x = tensors["y_pred"].requires_grad_()
        results = self._program(call, tensors, words, None, ("none", "sum"))(tensors)
        gradient = torch.autograd.grad(results["sum"], x)[0]
        return array_of(results["none"]), array_of(gradient)

    def _program(
        self,
        call: Call,
        tensors: Tensors,
        words: dict[str, Any],
        validate: str | None,
        reductions: tuple[str, ...],
    ) -> Callable[[Tensors], Tensors]:
        """The program of a call; a repaired twin of a call runs the very same one."""
        known = {k: (str(t.dtype), tuple(t.shape)) for k, t in tensors.items()}
        key = json.dumps([call.function, words, validate, reductions, known], default=repr)
        if key not in self._programs:

            def program(given: Tensors) -> Tensors:
                compute = partial(value, call.function) if self.traced else partial(watched, call)
                return {
                    reduction: compute(given, options_for(call, reduction, validate))
                    for reduction in reductions
                }

            self._programs[key] = self.traceable(program)
        return self._programs[key]

    def gradients(
        self, call: Call, names: tuple[str, ...], reductions: Reductions
    ) -> dict[str, np.ndarray]:
        """Gradients to some arguments."""
        tensors, _ = self.split(call)
        cotangent = tensor_of(cotangent_for(call)).to(self.device)
        moving = [tensors[name].requires_grad_() for name in names]

        def program(given: Tensors) -> Any:
            results = {
                name: value(call.function, given, {**self.checked, **options_for(call, name, None)})
                for name in reductions
            }
            return mixture(results, lambda terms: (terms * cotangent).sum())

        number = self.traceable(program)(tensors)
        found = torch.autograd.grad(number, moving, materialize_grads=True)
        return {name: array_of(one) for name, one in zip(names, found, strict=True)}

    def attempt(self, call: Call, reduction: str = "mean") -> np.ndarray:
        """One value alone; of one whole graph PyTorch would replace the error by its own."""
        return array_of(self._value_alone(call, reduction, whole=False))

    def loss(self, call: Call, reduction: str) -> Any:
        """One value alone."""
        result = self._value_alone(call, reduction, whole=True)
        return tuple(one.cpu() for one in result) if reduction == "parts" else result.cpu()

    def _value_alone(self, call: Call, reduction: str, whole: bool) -> Any:
        tensors, _ = self.split(call)
        options = {"reduction": reduction, **self.checked, **call.options}

        def program(given: Tensors) -> Any:
            return value(call.function, given, options)

        return self.traceable(program, whole)(tensors)

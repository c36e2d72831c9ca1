"""PyTorch: eager, compiled, exported, and inside the transformations of ``torch.func``.

Plain tensors outside of any tracing take :mod:`eager`; everything else the form
of :mod:`crossent.losses.plain`, which PyTorch differentiates.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from crossent.core.messages import options as messages
from crossent.core.plan import Plan, Spec
from crossent.frontends._protocol import Check, HostKernels
from crossent.frontends.repeated_calls import Known
from crossent.frontends.torch import compiled as torch_compiled
from crossent.frontends.torch import compiled_linear, devices
from crossent.frontends.torch.distributed import check_placements, given_tensors
from crossent.frontends.torch.eager import eager_loss
from crossent.frontends.torch.kernel import kernel_loss, may_take
from crossent.frontends.torch.linear import cast, linear_facts, linear_loss
from crossent.frontends.torch.log_probs import eager_log_probs, traced_log_probs
from crossent.frontends.torch.memory import check_memory, host, shortage
from crossent.frontends.torch.ops import NAMES, OPS, plain, visible
from crossent.frontends.torch.reduce import reduce_terms
from crossent.kernels.config import note_path
from crossent.losses.linear import Layer
from crossent.losses.ops import Array, Ops
from crossent.losses.plain import plain_terms
from crossent.losses.targets import Inputs, met

HostArray = npt.NDArray[Any]
READ_BY_NUMPY = (np.ndarray, np.generic, list, tuple, int, float)


class TorchFrontEnd:
    """PyTorch tensors and their subclasses."""

    name = "torch"
    ops: Ops = OPS

    def __init__(self, kernels: HostKernels | None = None) -> None:
        self.kernels = kernels

    @property
    def compiling(self) -> bool:
        return bool(torch.compiler.is_compiling())

    def owns(self, array: object) -> bool:
        return isinstance(array, torch.Tensor)

    def prediction(self, array: object) -> Array:
        if not self.owns(array):
            kind = f"a {type(array).__module__}.{type(array).__qualname__}"
            raise messages.array_kind("y_pred", kind, "Pass a dense torch.Tensor.")
        return array

    def spec(self, array: Array) -> Spec:
        if array.is_nested:
            return Spec((), "nested tensors")
        if array.layout is not torch.strided:
            return Spec(tuple(array.shape), f"layout {array.layout}")
        return Spec(tuple(array.shape), NAMES.get(array.dtype) or str(array.dtype))

    def values(self, array: Array) -> HostArray | None:
        array = visible(array)
        if array is None:
            return None
        # Reading is no operation for a subclass, a mode or a transformation to see.
        with torch._C.DisableTorchFunction(), torch._C._DisableFuncTorch():
            return (
                _bfloat16_values(array) if array.dtype == torch.bfloat16 else host(array, "array")
            )

    def check_memory(self, name: str, array: Array) -> None:
        """Raise ArrayKindError if the storage of a tensor was freed or shrunk."""
        array = visible(array)
        if array is None or array.is_nested or array.layout is not torch.strided:
            return
        with torch._C.DisableTorchFunction(), torch._C._DisableFuncTorch():
            check_memory(name, array)

    def on_host(self, array: Array) -> bool:
        return not devices.is_accelerator(array) or visible(array) is None

    def adopt(self, given: object, like: Array) -> object:
        # torch.compile turns NumPy's calls into operations, but has no dtypes to look at.
        if torch.compiler.is_dynamo_compiling() and isinstance(given, READ_BY_NUMPY):
            return torch.as_tensor(np.asarray(given), device=like.device)
        return given

    def convert(self, host: HostArray, like: Array) -> Array:
        dtype = host.dtype.newbyteorder("=")
        if host.dtype.name == "float64" and not devices.has_float64(like.device):
            dtype = np.dtype(np.float32)
        native = np.ascontiguousarray(host, dtype).reshape(host.shape)
        return _beside(torch.tensor(native, device=like.device), like)

    def run(
        self,
        plan: Plan,
        x: Array,
        inputs: Inputs,
        normalizer: Any,
        check: Check | None = None,
    ) -> Any:
        """Compute the rows and reduce them as the plan says.

        `check` raises what is wrong with labels and logits, if they were left to the kernels.
        """
        tensors = given_tensors(inputs)
        number = isinstance(normalizer, torch.Tensor)
        if number:
            tensors.append(("normalizer", normalizer))
        _check_devices(x, tensors)
        if number and normalizer.requires_grad:
            raise messages.no_gradient_to("normalizer")
        if plain(x) and all([plain(tensor) for _, tensor in tensors]):
            value = kernel_loss(plan, x, inputs, normalizer, check)
            if value is not None:
                return value
            if check is not None:
                check()
            note_path("operations")
            return eager_loss(plan, x, inputs, normalizer)
        check_placements(plan, x, tensors)
        if check is not None:
            check()
        if not torch.compiler.is_compiling():
            note_path("operations")
        if torch_compiled.may_take(plan, x, inputs):
            terms, weight = torch_compiled.compiled_terms(plan, x, inputs)
        else:
            terms, weight = plain_terms(OPS, plan, x, inputs)
        return reduce_terms(OPS, plan, terms, weight, normalizer)[0]

    def log_probs(
        self,
        plan: Plan,
        x: Array,
        inputs: Inputs,
        check: Check | None = None,
        *,
        in_place: bool = False,
    ) -> dict[str, Array]:
        """Return log-probabilities of labels, and what belongs to them.

        With `in_place` the gradient of plain tensors is written where the logits are.
        """
        tensors = given_tensors(inputs)
        _check_devices(x, tensors)
        if plain(x) and all([plain(tensor) for _, tensor in tensors]):
            return eager_log_probs(plan, x, inputs, check, in_place=in_place)
        check_placements(plan, x, tensors)
        if check is not None:
            check()
        if not torch.compiler.is_compiling():
            note_path("operations")
        return traced_log_probs(plan, x, inputs)

    def linear(self, plan: Plan, layer: Layer, x: Array, inputs: Inputs, normalizer: Any) -> Any:
        """Compute the loss of the logits that a layer makes of `x`, which are not held whole."""
        self._check_layer(plan, layer, x, inputs)
        if isinstance(normalizer, torch.Tensor):
            _check_devices(x, [("normalizer", normalizer)])
            if normalizer.requires_grad:
                raise messages.no_gradient_to("normalizer")
        x, layer = cast(x, layer)
        if compiled_linear.may_take(plan, layer, x, inputs):
            value = compiled_linear.compiled_loss(plan, layer, x, inputs, normalizer)
        else:
            value = linear_loss(plan, layer, x, inputs, normalizer)
        return met(plan.options, value) if plan.options.reduction == "none" else value

    def linear_log_probs(
        self, plan: Plan, layer: Layer, x: Array, inputs: Inputs
    ) -> dict[str, Array]:
        """Return what :meth:`log_probs` does, of the logits that a layer makes of `x`."""
        self._check_layer(plan, layer, x, inputs)
        x, layer = cast(x, layer)
        if compiled_linear.may_take(plan, layer, x, inputs):
            found = compiled_linear.compiled_facts(plan, layer, x, inputs)
        else:
            found = linear_facts(plan, layer, x, inputs)
        return {name: met(plan.options, one) for name, one in found.items()}

    def _check_layer(self, plan: Plan, layer: Layer, x: Array, inputs: Inputs) -> None:
        tensors = given_tensors(inputs)
        for name, one in (("linear_weight", layer.weight), ("linear_bias", layer.bias)):
            if one is not None:
                tensors.append((name, one))
        _check_devices(x, tensors)
        check_placements(plan, x, tensors)


class TorchKernels:
    """Tensors in the memory of this machine."""

    def take(self, x: Array) -> bool:
        return may_take(x)

    def layout(self, y: Array, x: Array) -> object | None:
        if type(y) is not torch.Tensor or not plain(x) or not plain(y):
            return None
        for tensor in (x, y):
            if (
                devices.is_accelerator(tensor)
                or tensor.is_nested
                or tensor.layout is not torch.strided
            ):
                return None
            if not tensor.is_contiguous() or shortage(tensor) is not None:
                return None
        return y.shape, y.dtype, x.shape, x.dtype

    def run_known(self, known: Known, x: Array, inputs: Inputs, check: Check) -> Any:
        value = kernel_loss(known.plan, x, inputs, None, check, known)
        if value is not None:
            return value
        return known.front.run(known.plan, x, inputs, None, check)


FRONT_END = TorchFrontEnd(TorchKernels())


def _check_devices(x: Array, tensors: list[tuple[str, Array]]) -> None:
    for name, tensor in tensors:
        if tensor.device != x.device:
            raise messages.other_device(name, str(tensor.device), str(x.device))


def _bfloat16_values(array: Array) -> HostArray:
    """Return values as they are where NumPy has been taught the type, else as float32."""
    try:
        from ml_dtypes import bfloat16
    except ImportError:
        return host(array.detach().float(), "array")
    return host(array, "array").view(bfloat16)


def _beside(tensor: Array, like: Array) -> Array:
    """Put a whole tensor on every device of a distributed one."""
    mesh = getattr(like, "device_mesh", None)
    if mesh is None:
        return tensor
    from torch.distributed.tensor import DTensor, Replicate

    return DTensor.from_local(tensor, mesh, [Replicate()] * mesh.ndim, run_check=False)

"""PyTorch on a CPU that is taken for an accelerator: with float64, without, with Triton's kernels.

Triton's interpreter then computes what a GPU would.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from contract.case import Call
from contract.policy import TRITON
from contract.runner_torch import Tensors, TorchRunner
from launches import NoFloat64, pretended


class ElsewhereRunner(TorchRunner):
    """Every call, and what is asked of its result, as on that device."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.float64 = name != "torch.no_float64"
        self.triton = name == "torch.triton"
        if self.triton:
            os.environ["TRITON_INTERPRET"] = "1"  # before a kernel is imported
            self.policy = TRITON

    @contextlib.contextmanager
    def there(self) -> Iterator[None]:
        """The device, for as long as it lasts."""
        refused = contextlib.nullcontext() if self.float64 else NoFloat64()
        # NumPy, in which the interpreter computes, would warn of NaN and infinity.
        quiet = np.errstate(all="ignore")
        with pretended(float64=self.float64, triton=self.triton), refused, quiet:
            yield

    def split(self, call: Call) -> tuple[Tensors, dict[str, Any]]:
        """The tensors of a call; where there is no float64 such arrays stay NumPy's."""
        if self.float64:
            return super().split(call)
        given = {"y_true": call.y_true, **call.options}
        arrays = {k: v for k, v in given.items() if isinstance(v, np.ndarray | np.generic)}
        wide = {k: v for k, v in arrays.items() if v.dtype == np.float64}
        tensors, words = super().split(call.with_(**dict.fromkeys(wide, np.float32(0))))
        return {**tensors, **wide}, words

    def outcome(self, *arguments: Any, **words: Any) -> Any:
        with self.there():
            return super().outcome(*arguments, **words)

    def rows(self, *arguments: Any) -> Any:
        with self.there():
            return super().rows(*arguments)

    def gradients(self, *arguments: Any) -> Any:
        with self.there():
            return super().gradients(*arguments)

    def attempt(self, *arguments: Any) -> Any:
        with self.there():
            return super().attempt(*arguments)

    def loss(self, *arguments: Any) -> Any:
        with self.there():
            return super().loss(*arguments)

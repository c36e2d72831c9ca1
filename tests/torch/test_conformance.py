"""The public conformance suite on PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from crossent.testing import TERM_ULP, check_front_end


def tensor(value: Any) -> Any:
    return torch.from_numpy(np.array(value)) if isinstance(value, np.ndarray) else value


def run(loss: Any, y_true: Any, y_pred: Any, options: dict[str, Any]) -> Any:
    x = tensor(y_pred).requires_grad_()
    result = loss(tensor(y_true), x, **{k: tensor(v) for k, v in options.items()})
    result.sum().backward()
    return result.detach().numpy(), x.grad.numpy()


def compiled(loss: Any, y_true: Any, y_pred: Any, options: dict[str, Any]) -> Any:
    def program(y_true: Any, y_pred: Any, arrays: Any) -> Any:
        return loss(y_true, y_pred, **{**options, **arrays})

    torch._dynamo.reset()
    whole = torch.compile(program, fullgraph=True, backend="aot_eager")
    arrays = {k: tensor(v) for k, v in options.items() if isinstance(v, np.ndarray)}
    x = tensor(y_pred).requires_grad_()
    result = whole(tensor(y_true), x, arrays)
    result.sum().backward()
    return result.detach().numpy(), x.grad.numpy()


def test_eager() -> None:
    assert check_front_end(run, ulps=TERM_ULP["torch"])


# One dtype: each program takes seconds to compile.
@pytest.mark.parametrize("dtype", ["float32"])
def test_compiled(dtype: str) -> None:
    assert check_front_end(compiled, dtypes=(dtype,), traced=True)

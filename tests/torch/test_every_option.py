"""M18: every loss × option against differences of its own values, to the second order.

gradcheck compares the first derivatives of a nonlinear function of the losses, backward and
forward, gradgradcheck the second ones.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck

from contract.case import Call
from contract.every_option import calls, classes_to_step_in
from contract.runner_torch import split, value

CALLS = calls()


def nonlinear(result: Any) -> Any:
    """A function whose slope differs from row to row: the sum alone hides a fault."""
    flat = torch.stack(result) if isinstance(result, tuple) else result.reshape(-1)
    k = torch.arange(flat.numel(), dtype=flat.dtype) * 0.37 + 0.51
    return (torch.sin(3 * flat) * k).sum()


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_m18_every_option(call: Call) -> None:
    tensors, _ = split(call)
    options = {"reduction": "none", **call.options}
    if {"normalizer", "empty"} & options.keys():
        options["reduction"] = "mean"

    x, fixed = tensors["y_pred"].tensor_split([classes_to_step_in(call)], dim=-1)

    def f(x: Any) -> Any:
        whole = torch.cat([x, fixed], dim=-1)
        return nonlinear(value(call.function, {**tensors, "y_pred": whole}, options))

    x = x.clone().requires_grad_()
    assert gradcheck(f, x, check_forward_ad=True)
    assert gradgradcheck(f, x)

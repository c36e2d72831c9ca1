"""The blocks of the operations path on an accelerator: few, and in no more memory than PyTorch.

What a block holds is counted here on the CPU, operation by operation: the bytes of every storage
that an operation makes, for as long as it lives. An operation's own scratch memory is not seen.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from crossent.frontends.call import prepare_call
from crossent.frontends.torch import eager as torch_eager

CLASSES, ROWS = 300, 1000


class Live(TorchDispatchMode):
    """Counts the bytes of storages that operations have made and that are still there."""

    def __init__(self) -> None:
        super().__init__()
        self.live: list[tuple[int, StorageWeakRef]] = []
        self.peak = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = {
            one.untyped_storage()._cdata
            for one in tree_leaves((args, kwargs))
            if isinstance(one, torch.Tensor)
        }
        result = func(*args, **(kwargs or {}))
        self.live = [(size, one) for size, one in self.live if not one.expired()]
        known = given | {one.cdata for _, one in self.live}
        for tensor in tree_leaves(result):
            if isinstance(tensor, torch.Tensor):
                storage = tensor.untyped_storage()
                if storage._cdata not in known:
                    known.add(storage._cdata)
                    self.live.append((storage.nbytes(), StorageWeakRef(storage)))
        self.peak = max(self.peak, sum(size for size, _ in self.live))
        return result


class Elsewhere:
    """A tensor as it looks on an accelerator to what decides about blocks."""

    device = torch.device("cuda")

    def __init__(self, tensor: Any) -> None:
        self._tensor = tensor

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tensor, name)


def draw(*shape: int) -> Any:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(3))


def options_of() -> dict[str, tuple[str, Any, dict[str, Any]]]:
    """Every form of targets with no option, and with all that fit together."""
    y = torch.arange(ROWS) % CLASSES
    several = torch.stack([y, (y + 1) % CLASSES], 1)
    one = {"class_weight": draw(CLASSES), "sample_weight": draw(ROWS)}
    mask, row_mask = torch.ones(CLASSES, dtype=torch.bool), torch.ones(ROWS, CLASSES).bool()
    top = {"target_prob": draw(ROWS, 2) / 2}
    cases = {
        "index": ("sparse", y, {}),
        "weighted": ("sparse", y, {**one, "ignore_class": 1}),
        "masked": ("sparse", y, {**one, "class_mask": mask, "ignore_class": 1}),
        "rows masked": ("sparse", y, {**one, "class_mask": row_mask}),
        "smoothed": ("sparse", y, {"label_smoothing": 0.1}),
        "all": ("sparse", y, {**one, "class_mask": row_mask, "label_smoothing": 0.1}),
        "several": ("sparse", several, top),
        "several, all": (
            "sparse",
            several,
            {**one, **top, "class_mask": row_mask, "label_smoothing": 0.1, "ignore_class": 1},
        ),
        "dense": ("dense", torch.softmax(draw(ROWS, CLASSES), -1), {}),
        "dense, all": (
            "dense",
            torch.softmax(draw(ROWS, CLASSES), -1),
            {**one, "class_mask": row_mask, "label_smoothing": 0.1},
        ),
        "binary": ("binary", draw(ROWS, CLASSES), {}),
        "binary, all": (
            "binary",
            draw(ROWS, CLASSES),
            {
                "sample_weight": draw(ROWS, CLASSES), "pos_weight": draw(CLASSES),
                "label_smoothing": 0.1, "ignore_class": 3,
            },
        ),
    }  # fmt: skip
    found = {}
    for name, (function, y_true, options) in cases.items():
        found[f"{name}, logits"] = function, y_true, {**options, "from_logits": True}
        if name.endswith("all") and function != "binary":
            z = {**options, "from_logits": True, "z_loss": 0.1}
            found[f"{name}, logits, z"] = function, y_true, z
            normal = {**options, "from_logits": False, "normalize": True}
            found[f"{name}, normalized"] = function, y_true, normal
        found[f"{name}, probabilities"] = function, y_true, {**options, "from_logits": False}
    return found


CASES = options_of()


def peaks(case: tuple[str, Any, dict[str, Any]], x: Any, split: bool) -> tuple[float, float, int]:
    """Bytes beside predictions and gradient in forward and backward over those of `x`; blocks."""
    function, y, options = case
    y = y.to(x.dtype) if y.is_floating_point() else y
    # Nothing is looked at before, as in every call but the first on an accelerator.
    call = prepare_call(function, y, x, {**options, "validate": "off"})
    made: list[int] = []
    real = torch_eager.blocks_of

    def blocks(plan: Any, x: Any) -> Any:
        found = list(real(plan, Elsewhere(x)))
        made.append(len(found))
        return found

    with pytest.MonkeyPatch.context() as patch, torch.no_grad():
        patch.setattr(torch_eager, "blocks_of", blocks)
        for name in ("WHOLE", "SLOPED_WHOLE"):
            patch.setattr(torch_eager, name, 1 if split else 2**62)
        with Live() as forward:
            (_, divisor), slopes = torch_eager._computed(call.plan, call.x, call.inputs, None, True)
        bar = torch.ones((), dtype=x.dtype)
        with Live() as backward:
            torch_eager._gradient(call.plan, call.x, call.inputs, bar, divisor, slopes)
    return forward.peak / x.nbytes, backward.peak / x.nbytes - 1, made[0]


def predictions(case: tuple[str, Any, dict[str, Any]], dtype: Any) -> Any:
    function, _, options = case
    x = draw(ROWS, CLASSES)
    if not options["from_logits"] and function != "binary":
        x = torch.softmax(x, -1)
    return x.to(dtype)


def test_the_count_sees_what_is_held() -> None:
    with Live() as live:
        a = torch.ones(1000)
        b = a + a
        view = b[:10]
        del a
        c = torch.exp(b)
    assert live.peak == 8000
    assert c.shape == b.shape
    assert view.shape == (10,)


@pytest.mark.parametrize(
    ("case", "dtype"),
    [
        pytest.param(case, dtype, id=f"{name}, {dtype}")
        for name, case in CASES.items()
        for dtype in (torch.float32, torch.bfloat16, torch.float64)
        if dtype != torch.float64 or "all" in name
    ],
)
def test_a_block_holds_no_more_than_the_log_probabilities_of_pytorch(case: Any, dtype: Any) -> None:
    # One row is the smallest step of a block, and the terms of the rows and their weights stay.
    forward, backward, blocks = peaks(case, predictions(case, dtype), split=True)
    rows_that_stay = ROWS * (4 + 8 + 8) / (ROWS * CLASSES * dtype.itemsize)
    if case[0] == "binary":
        rows_that_stay *= CLASSES  # every element is a row
    assert backward <= 1.0
    assert forward <= 1.0 + rows_that_stay
    # And the blocks are few: with two thirds of them it would be more.
    held = max(peaks(case, predictions(case, dtype), split=False)[:2])
    assert blocks <= 1.6 * held + 2


def test_an_order_of_its_own_is_counted_too() -> None:
    x = draw(CLASSES, ROWS).t()
    forward, backward, _ = peaks(CASES["index, logits"], x, split=True)
    assert max(forward, backward) <= 1.0 + 20 / (4 * CLASSES)


@pytest.mark.parametrize(
    ("rows", "classes", "dtype", "smoothing", "number"),
    [
        (8192, 8191, torch.float32, 0.1, 1),  # just below 256 MiB
        (8192, 16384, torch.float32, 0.1, 2),
        (8192, 32000, torch.float32, 0.1, 3),
        (8192, 151936, torch.float32, 0.1, 9),
        (8192, 32000, torch.float32, 0.0, 1),  # just below 1 GiB
        (8192, 151936, torch.bfloat16, 0.0, 2),
    ],
)
def test_the_number_of_blocks(
    rows: int, classes: int, dtype: Any, smoothing: float, number: int
) -> None:
    case = prepare_call("sparse", torch.zeros(2).long(), torch.zeros(2, classes, dtype=dtype), {
        "from_logits": True, "validate": "off", "label_smoothing": smoothing,
    })  # fmt: skip
    blocks = list(
        torch_eager.blocks_of(
            case.plan, Elsewhere(torch.empty(rows, classes, dtype=dtype, device="meta"))
        )
    )
    assert len(blocks) == number

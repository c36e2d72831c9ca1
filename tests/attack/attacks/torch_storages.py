"""PyTorch storages that are resized around a loss: before it, before its backward, and after.

Whatever is read must be whole, and whatever was read must stay the caller's to resize.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from attack.campaign import Fault, Limits

LIMITS = Limits(count=250, seconds=180)

FUNCTIONS = ("sparse", "categorical", "binary")


def attack(seed: int, count: int) -> dict[str, int]:
    import torch

    torch.set_num_threads(1)
    tally: Counter[str] = Counter()
    for number in range(count):
        rng = random.Random(f"{seed}-{number}")
        call = Call(rng)
        try:
            call.check_sound(tally)
            call.check_resized(tally)
            call.check_before_backward(tally)
        except Fault:
            raise
        except Exception as error:
            raise Fault(f"{call} [{seed}-{number}]: {type(error).__name__}: {error}") from error
    return dict(tally)


class Call:
    """A random call of a loss with tensors of random layouts."""

    def __init__(self, rng: random.Random) -> None:
        import torch

        self.rng = rng
        self.function = rng.choice(FUNCTIONS)
        rows, classes = rng.choice([1, 3, 8, 40]), rng.choice([2, 5, 10, 33])
        dtype = rng.choice([torch.float16, torch.bfloat16, torch.float32, torch.float64])
        torch.manual_seed(rng.randrange(2**31))
        self.options: dict[str, Any] = {"reduction": rng.choice(["mean", "sum", "none", "parts"])}
        self.options["from_logits"] = True
        x = 3 * torch.randn(rows, classes)
        if self.function == "sparse":
            y = torch.randint(0, classes, (rows,), dtype=rng.choice([torch.int64, torch.int32]))
        elif self.function == "categorical":
            y = torch.softmax(torch.randn(rows, classes), -1).to(rng.choice([dtype, torch.float32]))
        else:
            y = torch.randint(0, 2, (rows, classes)).to(rng.choice([dtype, torch.bool]))
        self.tensors = {"y_pred": x.to(dtype), "y_true": y}
        self._add_weights(rows, classes, dtype)
        self.tensors = {name: laid_out(one, rng) for name, one in self.tensors.items()}
        self.upstream = rng.choice([1.0, 0.5])

    def _add_weights(self, rows: int, classes: int, dtype: Any) -> None:
        import torch

        rng, given = self.rng, self.tensors
        kind = rng.choice([torch.float32, torch.float64, dtype])
        if rng.random() < 0.4:
            shape = (rows, classes) if self.function == "binary" else (rows,)
            given["sample_weight"] = (torch.rand(shape) + 0.1).to(kind)
        if self.function == "binary":
            if rng.random() < 0.4:
                given["pos_weight"] = (torch.rand(classes) + 0.1).to(kind)
        elif rng.random() < 0.4:
            given["class_weight"] = (torch.rand(classes) + 0.1).to(kind)
        elif self.function == "sparse" and rng.random() < 0.3:
            given["class_mask"] = torch.ones(classes, dtype=torch.bool)
        elif self.function == "sparse" and rng.random() < 0.3:
            given["y_true"] = torch.stack([torch.randperm(classes)[:2] for _ in range(rows)])
            given["target_prob"] = torch.rand(rows, 2) / 2
        if self.options["reduction"] == "mean" and rng.random() < 0.4:
            given["normalizer"] = torch.tensor(rng.uniform(1, 9), dtype=torch.float64)

    def __str__(self) -> str:
        shapes = {
            name: (str(one.dtype), tuple(one.shape), one.stride(), one.storage_offset())
            for name, one in self.tensors.items()
        }
        return f"{self.function} {self.options} upstream {self.upstream} {shapes}"

    def loss(self, tensors: dict[str, Any]) -> tuple[Any, ...]:
        import crossent as ce

        named = dict(tensors)
        y, x = named.pop("y_true"), named.pop("y_pred")
        function = {
            "sparse": ce.sparse_categorical_crossentropy,
            "categorical": ce.categorical_crossentropy,
            "binary": ce.binary_crossentropy,
        }[self.function]
        value = function(y, x, **self.options, **named)
        return value if isinstance(value, tuple) else (value,)

    def run(self, tensors: dict[str, Any], between: Any = None) -> tuple[Any, ...]:
        """Return the values and the gradient to the predictions."""
        import torch

        leaf = tensors["y_pred"].detach().requires_grad_()
        values = self.loss({**tensors, "y_pred": leaf})
        if between is not None:
            between()
        bar = torch.full_like(values[0].detach(), self.upstream)
        (gradient,) = torch.autograd.grad(values[0], leaf, bar)
        return (*(one.detach() for one in values), gradient)

    def check_sound(self, tally: Counter[str]) -> None:
        """Nothing is pinned, whichever way the call goes, and layouts do not change the result."""
        import crossent as ce

        expected = self.run({name: one.clone() for name, one in self.tensors.items()})
        for _ in range(2):
            found = self.run(self.tensors)
            self.compare(found, expected, "the same call")
            self.free(found, "a result")
        if "normalizer" not in self.tensors and self.function == "sparse":
            ce.diagnose(self.tensors["y_true"], self.tensors["y_pred"], from_logits=True)
        for name, one in self.tensors.items():
            if not one.untyped_storage().resizable():
                raise Fault(f"{self}: `{name}` can no more be resized")
        self.expected = expected
        tally["sound"] += 1

    def free(self, tensors: tuple[Any, ...], what: str) -> None:
        for one in tensors:
            if not one.untyped_storage().resizable():
                raise Fault(f"{self}: {what} of shape {tuple(one.shape)} cannot be resized")
            one.untyped_storage().resize_(0)

    def shrink(self) -> tuple[str, Any]:
        """Choose a tensor and make its storage too small; return what fills it again."""
        name = self.rng.choice(sorted(self.tensors))
        one = self.tensors[name]
        storage = one.untyped_storage()
        whole, saved = storage.nbytes(), storage.clone()
        last = sum((size - 1) * step for size, step in zip(one.shape, one.stride(), strict=True))
        needed = (one.storage_offset() + last + 1) * one.element_size()
        storage.resize_(self.rng.choice([0, needed - 1, self.rng.randrange(needed)]))

        def fill() -> None:
            storage.resize_(whole)
            storage.copy_(saved)

        return name, fill

    def check_resized(self, tally: Counter[str]) -> None:
        """A storage that is too small is an error that names the argument."""
        name, fill = self.shrink()
        try:
            values = self.loss(self.tensors)
        except ValueError as error:
            if f"`{name}`" not in str(error) or "storage" not in str(error):
                raise Fault(f"{self}: `{name}` is freed, and the error is {error}") from error
        else:
            raise Fault(f"{self}: `{name}` is freed, and the value is {values}")
        fill()
        self.compare(self.run(self.tensors), self.expected, f"`{name}` filled again")
        tally["resized"] += 1

    def check_before_backward(self, tally: Counter[str]) -> None:
        """Backward needs nothing that was freed, or says what it is."""
        found: list[Any] = []
        try:
            result = self.run(self.tensors, lambda: found.append(self.shrink()))
        except ValueError as error:
            name, fill = found[0]
            if f"`{name}`" not in str(error) or "storage" not in str(error):
                raise Fault(f"{self}: `{name}` freed before backward: {error}") from error
            tally["backward raised"] += 1
        else:
            name, fill = found[0]
            self.compare(result, self.expected, f"`{name}` freed before backward")
            tally["backward did without"] += 1
        fill()
        # What is whole again by the time of backward is as good as what never changed.
        self.compare(
            self.run(self.tensors, lambda: self.shrink()[1]()), self.expected, "filled again"
        )

    def compare(self, found: Any, expected: Any, what: str) -> None:
        import torch

        for one, other in zip(found, expected, strict=True):
            if not torch.equal(one, other):
                raise Fault(f"{self}: {what} gives {one}, not {other}")


def laid_out(tensor: Any, rng: random.Random) -> Any:
    """Return the same values in a storage of another order, with gaps, or further in."""
    import torch

    kind = rng.choice(["plain", "plain", "offset", "gaps", "transposed", "expanded"])
    if kind == "offset":
        room = torch.zeros(tensor.numel() + 7, dtype=tensor.dtype)
        part = room[7:].view(tensor.shape)
    elif kind == "gaps" and tensor.dim():
        part = torch.zeros(*tensor.shape, 2, dtype=tensor.dtype)[..., 1]
    elif kind == "transposed" and tensor.dim() == 2:
        part = torch.zeros(*tensor.shape[::-1], dtype=tensor.dtype).t()
    elif kind == "expanded" and tensor.dim() and (tensor == tensor[:1]).all():
        return tensor[:1].clone().expand(tensor.shape)
    else:
        return tensor.clone()
    part.copy_(tensor)
    return part

"""Kinds of tensors: what is read, what is converted, what is refused and what is left alone."""

from __future__ import annotations

import copy
import pickle
import sys
from typing import Any

import numpy as np
import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

import crossent as ce

G = torch.Generator().manual_seed(13)
X = 3 * torch.randn(6, 5, generator=G)
Y = torch.tensor([0, 4, 2, 1, 3, 0])
LOGITS: dict[str, Any] = {"from_logits": True}


def loss(x: Any, y: Any = Y, **options: Any) -> Any:
    return ce.sparse_categorical_crossentropy(y, x, **LOGITS, **options)


INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]


@pytest.mark.parametrize("validate", ["first", "off"])
@pytest.mark.parametrize("dtype", INTEGERS)
def test_m02_every_integer_type(dtype: str, validate: str) -> None:
    got = loss(X, Y.to(getattr(torch, dtype)), reduction="none", validate=validate)
    assert torch.equal(got, loss(X, reduction="none"))


def test_m02_bool_labels() -> None:
    y = torch.tensor([True, False, True])
    assert torch.equal(loss(X[:3, :2], y), loss(X[:3, :2], y.long()))


@pytest.mark.parametrize("validate", ["first", "off"])
def test_m01_uint64_labels_do_not_wrap(validate: str) -> None:
    y = torch.tensor(np.array([0, 2**64 - 1, 2**63, 1, 3, 0], np.uint64))
    if validate == "off":
        terms = loss(X, y, ignore_class=-1, reduction="none", validate="off")
        assert torch.isnan(terms).nonzero()[:, 0].tolist() == [1, 2]
        return
    with pytest.raises(ce.LabelRangeError) as caught:
        loss(X, y, ignore_class=-1)
    assert "18446744073709551615" in str(caught.value)


OTHERS = {"list": Y.tolist(), "numpy": Y.numpy(), "int8": Y.numpy().astype(np.int8),
          "byte-swapped": Y.numpy().astype(">i8"), "backwards": Y.flip(0).numpy()[::-1],
          "float": Y.numpy().astype(float), "uint16": Y.numpy().astype(np.uint16)}  # fmt: skip


@pytest.mark.parametrize("labels", OTHERS.values(), ids=OTHERS)
def test_labels_of_another_kind_are_converted(labels: Any) -> None:
    got = loss(X, labels, reduction="none")
    assert isinstance(got, torch.Tensor)
    assert torch.equal(got, loss(X, reduction="none"))


def test_pandas_and_read_only_arrays_are_converted() -> None:
    import pandas as pd

    frozen = Y.numpy().copy()
    frozen.flags.writeable = False
    weights = pd.Series([1.0, 2.0, 0.0, 4.0, 0.5, 1.0])
    got = loss(X, frozen, sample_weight=weights)
    assert got == loss(X, sample_weight=torch.tensor(weights.to_numpy()))
    assert got == loss(
        X, pd.Series(Y.numpy(), index=list("abcdef")), sample_weight=weights.tolist()
    )


def test_what_is_converted_is_copied() -> None:
    labels = Y.numpy().copy()
    x = X.clone().requires_grad_()
    value = loss(x, labels)
    labels[:] = 0  # before backward
    assert torch.equal(torch.autograd.grad(value, x)[0], torch.autograd.grad(loss(x), x)[0])


WRONG = {
    "before it is narrowed": np.array([0, 2**32 + 1, 1, 1, 0, 0]),
    "tensor": torch.tensor([0, 5, 1, 1, 0, 0]),
    "list": [0, -7, 1, 1, 0, 0],
}


@pytest.mark.parametrize("labels", WRONG.values(), ids=WRONG)
def test_m01_labels_out_of_range(labels: Any) -> None:
    with pytest.raises(ce.LabelRangeError):
        loss(X.clone().requires_grad_(), labels)


REFUSED = {
    "sparse": lambda: X.to_sparse(),
    "quantized": lambda: torch.quantize_per_tensor(X, 0.1, 0, torch.qint8),
    "complex": lambda: X.to(torch.complex64),
    "float8": lambda: X.to(torch.float8_e4m3fn),
    "nested": lambda: torch.nested.as_nested_tensor([X[:2], X[2:]], layout=torch.jagged),
    "nested, strided": lambda: torch.nested.as_nested_tensor([X[:2], X[2:]]),
    "int": lambda: X.long(),
    "module": lambda: torch.nn.Linear(2, 2),
    "size": lambda: X.shape,
}


@pytest.mark.filterwarnings("ignore:.*quantize", "ignore:.*nested tensors")  # torch's own
@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED)
def test_predictions_that_are_refused(make: Any) -> None:
    x = make()
    kind = ce.PredictionError if getattr(x, "dtype", None) == torch.int64 else ce.ArrayKindError
    with pytest.raises(kind) as caught:
        loss(x)
    assert "y_pred" in str(caught.value)


def test_labels_that_are_refused() -> None:
    for labels in (Y.to_sparse(), Y.to(torch.complex64), np.ma.masked_array(Y.numpy())):
        with pytest.raises(ce.ArrayKindError, match="y_true"):
            loss(X, labels)


def test_a_tensor_beside_numpy_predictions_is_refused() -> None:
    with pytest.raises(ce.ArrayKindError, match="CE002"):
        ce.sparse_categorical_crossentropy(Y, X.numpy(), from_logits=True)


def test_devices_must_agree() -> None:
    with pytest.raises(ce.ArrayKindError, match=r"`y_true` is on cpu, but `y_pred` is on meta"):
        loss(X.to("meta"))
    with pytest.raises(
        ce.ArrayKindError, match=r"`sample_weight` is on meta, but `y_pred` is on cpu"
    ):
        loss(X, sample_weight=torch.ones(6, device="meta"))


def test_a_normalizer_is_a_constant() -> None:
    n = torch.tensor(6.0, requires_grad=True)
    with pytest.raises(ce.OptionError, match="normalizer"):
        loss(X, normalizer=n)
    assert loss(X, normalizer=n.detach()) == loss(X, normalizer=6)
    with pytest.raises(ce.OptionError, match="normalizer"):
        torch.func.grad(lambda n: loss(X, normalizer=n))(n.detach())


def test_empty_raise() -> None:
    with pytest.raises(ce.EmptyError):
        loss(X, torch.full((6,), -1), ignore_class=-1, empty="raise")
    s = torch.zeros(6, requires_grad=True)
    with pytest.raises(ce.EmptyError):
        loss(X, sample_weight=s, empty="raise")


def test_meta_tensors_have_shapes_and_gradients() -> None:
    x = X.to("meta").requires_grad_()
    for reduction, shape in (("none", (6,)), ("mean", ()), ("sum", ())):
        value = loss(x, Y.to("meta"), reduction=reduction)
        assert (value.device.type, value.shape, value.dtype) == ("meta", shape, torch.float32)
        assert torch.autograd.grad(value.sum(), x)[0].shape == (6, 5)


def test_fake_tensors() -> None:
    with FakeTensorMode() as mode:
        x = mode.from_tensor(X).requires_grad_()
        value = loss(x, mode.from_tensor(Y))
        assert (type(value).__name__, value.shape, value.dtype) == ("FakeTensor", (), torch.float32)
        assert torch.autograd.grad(value, x)[0].shape == (6, 5)


class Tagged(torch.Tensor):
    """A subclass that changes nothing."""


def test_a_subclass_keeps_its_type_and_its_checks() -> None:
    x = X.clone().as_subclass(Tagged).requires_grad_()
    value = loss(x)
    assert type(value) is Tagged
    torch.testing.assert_close(value.as_subclass(torch.Tensor), loss(X))
    gradient = torch.autograd.grad(value, x)[0]
    plain = X.clone().requires_grad_()
    torch.testing.assert_close(
        gradient.as_subclass(torch.Tensor), torch.autograd.grad(loss(plain), plain)[0]
    )
    with pytest.raises(ce.LabelRangeError):
        loss(x, torch.tensor([0, 5, 2, 1, 3, 0]))


class Doubling(torch.Tensor):
    """A subclass that gives an operation another meaning: exp is 2 to the power of x."""

    @classmethod
    def __torch_function__(
        cls, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        if function is torch.exp:
            function = torch.exp2
        return super().__torch_function__(function, types, args, kwargs or {})


def test_a_subclass_is_given_every_operation() -> None:
    x = torch.zeros(1, 3)
    x[0, 0] = 1
    got = loss(x.as_subclass(Doubling), torch.tensor([1]))
    assert got.item() == pytest.approx(float(np.log(2 + 1 + 1) / 1 - np.log(2) + 1), abs=1e-6)


class Counting(TorchFunctionMode):
    """A mode that sees every call."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        self.seen.append(getattr(function, "__name__", str(function)))
        return function(*args, **(kwargs or {}))


class Recording(TorchDispatchMode):
    """A mode that sees every operation."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def __torch_dispatch__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        self.seen.append(str(function))
        return function(*args, **(kwargs or {}))


@pytest.mark.parametrize("kind", [Counting, Recording])
def test_modes_see_the_operations_and_change_no_value(kind: Any) -> None:
    x = X.clone().requires_grad_()
    with kind() as mode:
        value = loss(x)
        gradient = torch.autograd.grad(value, x)[0]
    assert any("exp" in name for name in mode.seen)
    torch.testing.assert_close(value, loss(X))
    plain = X.clone().requires_grad_()
    torch.testing.assert_close(gradient, torch.autograd.grad(loss(plain), plain)[0])


def test_a_default_device_is_not_used() -> None:
    with torch.device("meta"):
        value = loss(X, [0, 4, 2, 1, 3, 0], sample_weight=2.0)
    assert value.device.type == "cpu"
    assert value == loss(X, sample_weight=2.0)


@pytest.mark.parametrize("default", [torch.float64, torch.float16])
def test_a_default_dtype_is_not_used(default: Any) -> None:
    y = torch.tensor([0, 5, 2, 1, 3, 0])
    want = loss(X, y, validate="off", reduction="none")
    before = torch.get_default_dtype()
    try:
        torch.set_default_dtype(default)
        got = loss(X, y, validate="off", reduction="none")
    finally:
        torch.set_default_dtype(before)
    assert got.dtype == torch.float32
    assert torch.equal(got[[0, 2, 3, 4, 5]], want[[0, 2, 3, 4, 5]])
    assert torch.isnan(got[1])


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_autocast_computes_the_loss_in_float32(dtype: Any) -> None:
    layer = torch.nn.Linear(8, 5)
    hidden = torch.randn(6, 8, generator=G)
    with torch.autocast("cpu", dtype=dtype):
        logits = layer(hidden)
        assert logits.dtype == dtype
        value = loss(logits)
        weighted = loss(logits, sample_weight=torch.rand(6, generator=G).requires_grad_())
    assert value.dtype == weighted.dtype == torch.float32
    assert value == loss(logits)
    value.backward()
    assert layer.weight.grad is not None
    assert torch.isfinite(layer.weight.grad).all()


def test_autocast_does_not_narrow_the_plain_operations() -> None:
    x = X.clone().requires_grad_()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        got = torch.func.grad(loss)(X)
        second = torch.autograd.grad(loss(x), x, create_graph=True)[0]
    want = torch.autograd.grad(loss(x), x)[0]
    torch.testing.assert_close(got, want, rtol=1e-5, atol=1e-7)  # numbers up to 1/6
    torch.testing.assert_close(second.detach(), want, rtol=1e-5, atol=1e-7)


def test_parts_add_up_over_micro_batches() -> None:
    x, s = X.clone().requires_grad_(), torch.tensor([0.5, 2.0, 1.0, 0.25, 3.0, 1.0])
    want = torch.autograd.grad(loss(x, sample_weight=s), x)[0]
    weight = loss(X, sample_weight=s, reduction="parts")[1]
    for part in (slice(0, 2), slice(2, 6)):
        total, own = loss(x[part], Y[part], sample_weight=s[part], reduction="parts")
        assert total.dtype == own.dtype == torch.float64
        assert total.requires_grad
        assert not own.requires_grad
        (total / weight).backward()
    torch.testing.assert_close(x.grad, want)


def test_dtensors() -> None:
    import torch.distributed as dist
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.tensor import DTensor, Replicate, Shard, distribute_tensor

    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    try:
        mesh = init_device_mesh("cpu", (1,))
        for placement in (Shard(0), Replicate()):
            x = distribute_tensor(X, mesh, [placement]).requires_grad_()
            for y in (distribute_tensor(Y, mesh, [placement]), Y.tolist()):
                for options in ({}, {"label_smoothing": 0.1}, {"ignore_class": 2}):
                    value = loss(x, y, **options)
                    assert isinstance(value, DTensor)
                    torch.testing.assert_close(value.full_tensor(), loss(X, **options))
                    gradient = torch.autograd.grad(value, x)[0].full_tensor()
                    plain = X.clone().requires_grad_()
                    want = torch.autograd.grad(loss(plain, **options), plain)[0]
                    torch.testing.assert_close(gradient, want)
    finally:
        dist.destroy_process_group()


def test_loss_objects_hold_tensors() -> None:
    weight = torch.rand(5, generator=G)
    first = ce.SparseCategoricalCrossentropy(from_logits=True, class_weight=weight)
    assert first(Y, X) == loss(X, class_weight=weight)
    for twin in (copy.deepcopy(first), pickle.loads(pickle.dumps(first))):
        assert twin(Y, X) == first(Y, X)
        assert twin == first
    assert ce.SparseCategoricalCrossentropy.from_config(first.get_config()) == first


def test_neg_views_and_expanded_logits() -> None:
    imaginary = torch.complex(torch.zeros(6, 5), X).conj().imag  # a view with the neg bit
    assert imaginary.is_neg()
    assert torch.equal(loss(imaginary), loss(-X))
    row = X[:1].clone().requires_grad_()
    value = loss(row.expand(6, 5))
    assert torch.autograd.grad(value, row)[0].shape == (1, 5)


@pytest.mark.parametrize("numpy_knows", [True, False])
def test_bfloat16_targets_and_probabilities_are_checked(
    numpy_knows: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not numpy_knows:
        monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    p = torch.softmax(X, -1).bfloat16()
    assert torch.isfinite(ce.sparse_categorical_crossentropy(Y, p))
    with pytest.raises(ce.PredictionError):
        ce.sparse_categorical_crossentropy(Y, X.bfloat16())
    q = torch.softmax(X, -1).bfloat16()
    assert torch.isfinite(ce.categorical_crossentropy(q, X, from_logits=True))
    with pytest.raises(ce.TargetError):
        ce.categorical_crossentropy(2 * q, X, from_logits=True)

"""The memory of tensors: read only where it is whole, and never pinned.

PyTorch resizes storages under its tensors (FSDP frees parameters so), and ``torch.mm(..., out=)``
and others resize those of the caller.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import crossent as ce
from crossent.compat import torch as drop_ins
from crossent.frontends.torch.memory import host, shortage

DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
SPARSE, DENSE, BINARY = (
    ce.sparse_categorical_crossentropy,
    ce.categorical_crossentropy,
    ce.binary_crossentropy,
)


def tensors_of(kind: str, dtype: Any = torch.float32) -> tuple[Callable[..., Any], dict[str, Any]]:
    """A loss of logits (4, 6), and every tensor that it takes."""
    generator = torch.Generator().manual_seed(5)

    def draw(*shape: int, to: Any = torch.float32) -> Any:
        return torch.rand(*shape, generator=generator).to(to)

    given = {"y_pred": (5 * draw(4, 6)).to(dtype), "sample_weight": draw(4) + 0.5}
    given["normalizer"] = torch.tensor(3.3, dtype=torch.float64)
    if kind == "sparse":
        given.update(y_true=torch.tensor([0, 5, 2, 2]), class_weight=draw(6) + 0.5)
        return SPARSE, given
    if kind == "masked":
        mask = torch.tensor([True, False, True, True, True, True])
        return SPARSE, {**given, "y_true": torch.tensor([0, 5, 2, 2]), "class_mask": mask}
    if kind == "top-k":
        labels = torch.tensor([[0, 1], [2, 3], [4, 5], [0, 5]])
        return SPARSE, {**given, "y_true": labels, "target_prob": draw(4, 2) / 2}
    if kind == "dense":
        return DENSE, {**given, "y_true": torch.softmax(draw(4, 6), -1).to(dtype)}
    weight = draw(4, 6) + 0.5
    binary = {"y_true": draw(4, 6, to=dtype), "pos_weight": draw(6) + 0.5, "sample_weight": weight}
    return BINARY, {**given, **binary}


ARGUMENTS = [
    *(("sparse", name) for name in ("y_pred", "y_true", "sample_weight", "class_weight")),
    ("sparse", "normalizer"),
    ("masked", "class_mask"),
    ("top-k", "target_prob"),
    ("top-k", "y_true"),
    ("dense", "y_true"),
    ("binary", "y_true"),
    ("binary", "pos_weight"),
    ("binary", "sample_weight"),
]
each_argument = pytest.mark.parametrize(("kind", "name"), ARGUMENTS)


def call(function: Any, given: dict[str, Any], **options: Any) -> Any:
    named = dict(given)
    return function(named.pop("y_true"), named.pop("y_pred"), from_logits=True, **named, **options)


def resize(tensor: Any, size: int) -> None:
    tensor.detach().untyped_storage().resize_(size)


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
@each_argument
def test_a_freed_or_shrunk_storage_is_an_error_that_names_the_argument(
    kind: str, name: str, share: float
) -> None:
    function, given = tensors_of(kind)
    call(function, given)
    resize(given[name], int(share * given[name].nbytes))
    for options in ({}, {"validate": "off"}):
        with pytest.raises(ce.ArrayKindError, match=f"`{name}` is a tensor whose storage was"):
            call(function, given, **options)


@pytest.mark.parametrize("name", ["y_pred", "y_true"])
def test_a_freed_storage_is_an_error_in_a_call_like_one_before(name: str) -> None:
    given = {"y_true": torch.tensor([0, 5, 2, 2]), "y_pred": torch.rand(4, 6)}
    for _ in range(2):
        call(SPARSE, given)
    resize(given[name], 0)
    with pytest.raises(ce.ArrayKindError, match=f"`{name}` is a tensor whose storage was"):
        call(SPARSE, given)


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize("dtype", DTYPES)
@each_argument
def test_a_storage_freed_before_backward_is_an_error_there(
    kind: str, name: str, dtype: Any
) -> None:
    function, given = tensors_of(kind, dtype)
    given["y_pred"].requires_grad_()
    value = 0.5 * call(function, given)
    resize(given[name], 0)
    if name == "normalizer":  # a number, which was read
        value.backward()
        return
    with pytest.raises(ce.ArrayKindError, match=f"`{name}` is a tensor whose storage was"):
        value.backward()


@pytest.mark.usefixtures("path")
def test_a_storage_freed_before_backward_to_weights_is_an_error_there() -> None:
    function, given = tensors_of("sparse")
    given["class_weight"].requires_grad_()
    value = call(function, given)
    resize(given["y_pred"], 8)
    with pytest.raises(ce.ArrayKindError, match="`y_pred` is a tensor whose storage was"):
        value.backward()


@pytest.mark.usefixtures("path")
def test_an_upstream_gradient_that_was_freed_is_an_error() -> None:
    function, given = tensors_of("sparse")
    given["y_pred"].requires_grad_()
    del given["normalizer"]
    value = call(function, given, reduction="none")
    bar = torch.ones(4)
    resize(bar, 12)
    with pytest.raises(ce.ArrayKindError, match="`grad_output` is a tensor whose storage was"):
        value.backward(bar)


@pytest.mark.usefixtures("path")
@each_argument
def test_a_storage_filled_again_before_backward_is_as_good_as_before(kind: str, name: str) -> None:
    function, given = tensors_of(kind)
    given["y_pred"].requires_grad_()
    (0.5 * call(function, given)).backward()
    expected, given["y_pred"].grad = given["y_pred"].grad, None
    value = 0.5 * call(function, given)
    saved, size = given[name].detach().clone(), given[name].nbytes
    resize(given[name], 0)
    resize(given[name], size)
    with torch.no_grad():
        given[name].untyped_storage().copy_(saved.untyped_storage())
    value.backward()
    assert torch.equal(given["y_pred"].grad, expected)


VIEWS = {
    "rows": lambda x: x[2:],
    "steps": lambda x: x[::2],
    "columns": lambda x: x[:, 1:4],
    "turned": lambda x: x.t(),
    "expanded": lambda x: x[0].expand(3, 6),
    "last row": lambda x: x[3],
    "as_strided": lambda x: x.as_strided((3, 2), (2, 7), 3),
    "nothing": lambda x: x[:0],
}


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_exactly_the_bytes_that_a_view_needs_are_asked_for(view: Any, dtype: Any) -> None:
    x = torch.arange(24.0).to(dtype).reshape(4, 6)
    part = view(x)
    # The last byte in use: found by numbering the elements, not by the strides.
    number = view(torch.arange(24).reshape(4, 6))
    needed = 0 if not part.numel() else (int(number.max()) + 1) * x.element_size()
    resize(x, needed)
    assert shortage(part) is None
    read = host(part, "x")
    bits = torch.int16 if dtype == torch.bfloat16 else dtype
    assert read.tolist() == part.view(bits).tolist()
    if needed:
        resize(x, needed - 1)
        assert shortage(part) == (needed - 1, needed)


def test_an_array_keeps_its_tensor_as_long_as_there_is_a_view_of_it() -> None:
    x = torch.rand(3, 4)
    held = weakref.ref(x)
    view = host(x, "x")[1:].T.view(np.int32)
    del x
    assert held() is not None
    del view
    assert held() is None


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("upstream", [1.0, 0.5])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none", "parts"])
@pytest.mark.parametrize("kind", ["sparse", "masked", "top-k", "dense", "binary", "alone"])
def test_every_tensor_stays_its_owners_to_resize(
    kind: str, reduction: str, upstream: float, dtype: Any
) -> None:
    function, given = tensors_of("sparse" if kind == "alone" else kind, dtype)
    if reduction != "mean":
        del given["normalizer"]
    if kind == "alone":  # the second call is known
        given = {name: given[name] for name in ("y_true", "y_pred")}
    for _ in range(2 if kind == "alone" else 1):
        leaf = given["y_pred"].clone().requires_grad_()
        values = call(function, {**given, "y_pred": leaf}, reduction=reduction)
        values = values if isinstance(values, tuple) else (values,)
        (upstream * values[0]).sum().backward()
        for tensor in (*given.values(), *values, leaf, leaf.grad):
            assert tensor.untyped_storage().resizable()


def test_what_a_loss_has_read_can_be_the_output_of_another_size() -> None:
    x = torch.rand(4, 6)
    SPARSE(torch.tensor([0, 5, 2, 2]), x, from_logits=True)
    x.resize_(0)
    torch.mm(torch.ones(9, 2), torch.ones(2, 9), out=x)
    assert torch.equal(x, torch.full((9, 9), 2.0))


def test_the_readers_of_whole_data_pin_nothing() -> None:
    for dtype in DTYPES:
        _, given = tensors_of("sparse", dtype)
        y, x, w = given["y_true"], given["y_pred"], given["sample_weight"]
        ce.diagnose(y, x, from_logits=True, sample_weight=w, class_weight=given["class_weight"])
        ce.evaluate(y, x, from_logits=True, sample_weight=w)
        drop_ins.cross_entropy(x, y, weight=given["class_weight"].to(dtype))
        repr(ce.SparseCategoricalCrossentropy(class_weight=given["class_weight"]))
        for tensor in given.values():
            assert tensor.untyped_storage().resizable()


def test_the_readers_of_whole_data_read_nothing_that_was_freed() -> None:
    for name in ("y_true", "y_pred", "sample_weight"):
        _, given = tensors_of("sparse")
        resize(given[name], 8)
        y, x, w = given["y_true"], given["y_pred"], given["sample_weight"]
        with pytest.raises(ce.ArrayKindError, match=f"`{name}` is a tensor whose storage was"):
            ce.evaluate(y, x, from_logits=True, sample_weight=w)
        if name != "sample_weight":
            (finding,) = ce.diagnose(y, x, from_logits=True).errors
            assert f"`{name}` is a tensor whose storage was" in finding.seen
    x = torch.rand(4, 6)
    resize(x, 0)
    for drop_in in (drop_ins.cross_entropy, drop_ins.nll_loss):
        with pytest.raises(ce.ArrayKindError, match="`input` is a tensor whose storage was"):
            drop_in(x, torch.tensor([0, 1, 2, 3]))
    for drop_in in (drop_ins.binary_cross_entropy, drop_ins.binary_cross_entropy_with_logits):
        with pytest.raises(ce.ArrayKindError, match="`target` is a tensor whose storage was"):
            drop_in(torch.rand(4, 6), x)


@pytest.mark.parametrize("backend", ["aot_eager"])
def test_a_compiled_loss_pins_nothing_and_reads_nothing_that_was_freed(backend: str) -> None:
    x, y = torch.randn(2**9, 2**8, requires_grad=True), torch.randint(0, 2**8, (2**9,))
    compiled = torch.compile(lambda y, x: SPARSE(y, x, from_logits=True), backend=backend)
    value = compiled(y, x)
    assert ce.last_path() == "kernel"
    value.backward()
    for tensor in (x, y, value, x.grad):
        assert tensor.untyped_storage().resizable()
    value = compiled(y, x)
    saved = y.clone()
    resize(y, 8)
    with pytest.raises(ce.ArrayKindError, match="`y_true` is a tensor whose storage was"):
        value.backward()
    with pytest.raises(ce.ArrayKindError, match="`y_true` is a tensor whose storage was"):
        compiled(y, x)
    resize(y, saved.nbytes)
    y.copy_(saved)
    assert torch.equal(compiled(y, x), value)
    resize(x, 0)
    with pytest.raises(ce.ArrayKindError, match="`y_pred` is a tensor whose storage was"):
        compiled(y, x)


OTHER_DATA: dict[str, Callable[[Any], Any]] = {
    "other values": lambda x: x.clone(),
    "other shape": lambda x: x[:1].clone(),
    "other dtype": lambda x: x.double() if x.is_floating_point() else x.int(),
    "a part of itself": lambda x: x.detach()[1:],
}


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize("other", OTHER_DATA.values(), ids=OTHER_DATA)
@pytest.mark.parametrize("name", ["y_pred", "y_true"])
def test_data_that_was_replaced_before_backward_is_an_error(name: str, other: Any) -> None:
    _, given = tensors_of("sparse")
    given = {one: given[one] for one in ("y_true", "y_pred")}
    given["y_pred"].requires_grad_()
    value = 0.5 * call(SPARSE, given)
    given[name].data = other(given[name].detach())
    with pytest.raises(RuntimeError, match=rf"`{name}` got another `\.data`"):
        value.backward()


@pytest.mark.usefixtures("path")
def test_hooks_for_saved_tensors_may_put_others_in_their_place() -> None:
    function, given = tensors_of("sparse")
    given["y_pred"].requires_grad_()
    (0.5 * call(function, given)).backward()
    expected, given["y_pred"].grad = given["y_pred"].grad, None
    with torch.autograd.graph.saved_tensors_hooks(lambda x: x.detach().clone(), lambda x: x):
        value = 0.5 * call(function, given)
    value.backward()
    assert torch.equal(given["y_pred"].grad, expected)


def test_lists_of_tensors_are_read_without_pinning_them() -> None:
    labels = [torch.tensor(1), torch.tensor(0)]
    rows = [torch.zeros(3), torch.zeros(3)]
    want = float(np.log(np.float32(3)))
    for y, x in (
        (labels, np.zeros((2, 3), np.float32)),
        (labels, torch.zeros(2, 3)),
        ([1, 0], rows),
    ):
        assert float(ce.sparse_categorical_crossentropy(y, x, from_logits=True)) == pytest.approx(
            want
        )
    assert all(one.untyped_storage().resizable() for one in [*labels, *rows])
    with pytest.raises(ce.ArrayKindError, match=r"torch\.stack"):
        ce.sparse_categorical_crossentropy([1], [torch.zeros(3, requires_grad=True)])

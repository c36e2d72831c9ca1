"""DTensors: what is divided over processes and cannot be computed is told, with what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import Replicate, Shard, distribute_tensor

import crossent as ce
import crossent.compat.torch as drop_in

G = torch.Generator().manual_seed(5)
X = torch.randn(6, 4, generator=G)
Y = torch.randint(4, (6,), generator=G)
SOFT = torch.rand(6, 4, generator=G).softmax(1)

CALLS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "sparse": lambda x, y, q: ce.sparse_categorical_crossentropy(y, x, from_logits=True),
    "object": lambda x, y, q: ce.SparseCategoricalCrossentropy(from_logits=True)(y, x),
    "dense": lambda x, y, q: ce.categorical_crossentropy(q, x, from_logits=True),
    "probabilities": lambda x, y, q: ce.sparse_categorical_crossentropy(y, x, normalize=False),
    "drop-in": lambda x, y, q: drop_in.cross_entropy(x, y),
    "drop-in, soft": lambda x, y, q: drop_in.cross_entropy(x, q),
    "drop-in, module": lambda x, y, q: drop_in.CrossEntropyLoss()(x, y),
    "drop-in, log-probabilities": lambda x, y, q: drop_in.nll_loss(x, y),
}
ELEMENTS: dict[str, Callable[[Any, Any], Any]] = {
    "binary": lambda x, q: ce.binary_crossentropy(q, x, from_logits=True),
    "drop-in": drop_in.binary_cross_entropy_with_logits,
}


@pytest.fixture
def mesh() -> Iterator[Any]:
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    yield init_device_mesh("cpu", (1,))
    dist.destroy_process_group()


def divided(mesh: Any, tensor: Any, place: Any) -> Any:
    return distribute_tensor(tensor, mesh, [place])


def refused(call: Callable[[], Any]) -> str:
    with pytest.raises(ce.ArrayKindError) as caught:
        call()
    assert caught.value.code == "CE002"
    return caught.value.text


def check_divided_classes(mesh: Any, processes: int) -> None:
    x, last = divided(mesh, X, Shard(1)), divided(mesh, X, Shard(-1))
    y, q = divided(mesh, Y, Replicate()), divided(mesh, SOFT, Replicate())
    for name, call in CALLS.items():
        predictions = "input" if "drop-in" in name else "y_pred"
        for labels, soft in ((y, q), (Y, SOFT)):
            text = refused(lambda call=call, y=labels, q=soft: call(x, y, q))
            assert f"4 classes are divided over {processes} process" in text, name
            assert f"`{predictions}.full_tensor()`" in text, name
            assert "loss_parallel" in text
    assert "divided over" in refused(lambda: CALLS["sparse"](last, y, q))
    # What the message says to do gives the loss.
    want = CALLS["sparse"](X, Y, SOFT)
    torch.testing.assert_close(CALLS["sparse"](x.full_tensor(), Y, SOFT), want)
    whole = x.redistribute(placements=[Replicate()])
    torch.testing.assert_close(CALLS["sparse"](whole, y, q).full_tensor(), want)


def test_divided_classes(mesh: Any) -> None:
    check_divided_classes(mesh, 1)
    axis_1 = divided(mesh, X.reshape(2, 4, 3), Shard(1))
    y = divided(mesh, Y.reshape(2, 3), Replicate())
    assert "4 classes" in refused(
        lambda: ce.sparse_categorical_crossentropy(y, axis_1, from_logits=True, axis=1)
    )
    assert "4 classes" in refused(lambda: drop_in.cross_entropy(axis_1, y))


def _of_two(rank: int, folder: str) -> None:
    store = dist.FileStore(f"{folder}/store", 2)
    dist.init_process_group("gloo", store=store, rank=rank, world_size=2)
    try:
        mesh = init_device_mesh("cpu", (2,))
        check_divided_classes(mesh, 2)
        x, y = divided(mesh, X, Shard(0)), divided(mesh, Y, Shard(0))
        value = CALLS["sparse"](x, y, None)
        torch.testing.assert_close(value.full_tensor(), CALLS["sparse"](X, Y, None))
    finally:
        dist.destroy_process_group()


def test_divided_classes_of_two_processes(tmp_path: Any) -> None:
    mp.spawn(_of_two, args=(str(tmp_path),), nprocs=2)


@pytest.mark.parametrize("place", [Shard(0), Replicate()])
def test_a_tensor_of_one_process_beside_a_dtensor(mesh: Any, place: Any) -> None:
    x, y, q = (divided(mesh, one, place) for one in (X, Y, SOFT))
    assert "distribute_tensor(y_true, y_pred.device_mesh, placements)" in refused(
        lambda: CALLS["sparse"](x, Y, q)
    )
    assert "`y_true.full_tensor()`" in refused(lambda: CALLS["sparse"](X, y, q))
    assert "distribute_tensor(target, input.device_mesh, placements)" in refused(
        lambda: CALLS["drop-in"](x, Y, q)
    )
    assert "`target.full_tensor()`" in refused(lambda: CALLS["drop-in"](X, y, q))
    for call in ELEMENTS.values():
        refused(lambda call=call: call(x, SOFT))
    value = CALLS["drop-in"](x, y, q)
    torch.testing.assert_close(value.full_tensor(), CALLS["drop-in"](X, Y, SOFT))


def test_elements_have_no_row_to_divide(mesh: Any) -> None:
    x, q = divided(mesh, X, Shard(1)), divided(mesh, SOFT, Shard(1))
    for call in ELEMENTS.values():
        torch.testing.assert_close(call(x, q).full_tensor(), call(X, SOFT))


def test_what_reads_values_says_so(mesh: Any) -> None:
    x = divided(mesh, X, Shard(0))
    for call in (
        lambda: ce.evaluate(Y, x, from_logits=True),
        lambda: ce.conventions(Y, x, from_logits=True),
    ):
        assert "`y_pred.full_tensor()`" in refused(call) or "`predictions.full" in refused(call)

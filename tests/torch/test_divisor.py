"""The divisor of a step over micro-batches and ranks: the same weights as of one batch."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch

import crossent as ce
from crossent.distributed.torch import divisor
from meta.source import run_python

Y = torch.tensor([[0, 2, -100], [1, 1, 2]])
SAMPLE = torch.tensor([1.0, 0.0])
WEIGHT = [0.5, 2.0, 1.5]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("sampled", [False, True])
def test_it_is_what_the_mean_of_one_batch_divides_by(weighted: bool, sampled: bool) -> None:
    options: dict[str, Any] = {"ignore_class": -100}
    options |= {"class_weight": WEIGHT} if weighted else {}
    options |= {"sample_weight": SAMPLE} if sampled else {}
    x = torch.randn(2, 3, 3, dtype=torch.float64)
    loss = ce.sparse_categorical_crossentropy
    _, weight = loss(Y, x, from_logits=True, reduction="parts", **options)
    found = divisor(Y, **options)
    assert found.shape == ()
    assert found.dtype == torch.float64
    assert found == weight
    mean = loss(Y, x, from_logits=True, normalizer=found, **options)
    torch.testing.assert_close(mean, loss(Y, x, from_logits=True, **options), rtol=1e-15, atol=0)


def test_nothing_left_is_0() -> None:
    assert divisor(torch.tensor([-1, -1]), ignore_class=-1) == 0
    assert divisor(torch.empty(0, dtype=torch.int64)) == 0


def test_weights_of_classes_as_a_dict() -> None:
    assert divisor(torch.tensor([0, 1, 1]), class_weight={0: 2.0, 1: 3.0}) == 8


def test_what_is_wrong_is_said() -> None:
    with pytest.raises(ce.LabelRangeError, match=r"class indices 0\.\.1"):
        divisor(torch.tensor([0, 7]), class_weight=[1.0, 2.0])
    with pytest.raises(ce.ArrayKindError, match="`y_true` is a list"):
        divisor([0, 1])
    with pytest.raises(ce.WeightError, match="'red'"):
        divisor(torch.tensor([0, 1]), class_weight={0: 1.0, "red": 2.0})
    with pytest.raises(ce.WeightError, match="sample_weight"):
        divisor(Y, sample_weight=torch.tensor([1.0, -1.0]))
    with pytest.raises(ce.OptionError, match="ignore_class"):
        divisor(Y, ignore_class=0.5)


TRAINING = """
import json, os, sys, tempfile
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import nn
from torch.nn.parallel import DistributedDataParallel
import crossent as ce
from crossent.distributed.torch import divisor

OPTIONS = {"ignore_class": -100, "class_weight": [0.5, 2.0, 1.5]}
PARTS = [slice(0, 3), slice(3, 14), slice(14, 30), slice(30, 32)]  # of uneven size
HALVES = [slice(0, 20), slice(20, 32)]

def data(step):
    generator = torch.Generator().manual_seed(step)
    x = torch.randn(32, 4, generator=generator, dtype=torch.float64)
    y = torch.randint(0, 3, (32,), generator=generator)
    y[::3] = -100
    y[14:28] = -100  # a micro-batch of which little is left
    return x, y

def train(parts, rank=0, ranks=1):
    torch.manual_seed(0)
    model = nn.Linear(4, 3).double()
    called = DistributedDataParallel(model) if ranks > 1 else model
    optimizer = torch.optim.SGD(model.parameters(), lr=0.3, momentum=0.9)
    for step in range(4):
        x, y = data(step)
        mine = HALVES[rank] if ranks > 1 else slice(None)
        whole = divisor(y[mine], **OPTIONS)
        optimizer.zero_grad()
        for k, part in enumerate(parts):
            xs, ys = x[mine][part], y[mine][part]
            loss = ce.sparse_categorical_crossentropy(
                ys, called(xs), from_logits=True, normalizer=whole, **OPTIONS
            )
            (ranks * loss).backward()
        optimizer.step()
    return [p.tolist() for p in model.parameters()]

def on_a_rank(rank, file, out):
    dist.init_process_group("gloo", init_method="file://" + file, rank=rank, world_size=2)
    found = train([slice(None)], rank, 2)
    if rank == 0:
        json.dump(found, open(out, "w"))
    dist.destroy_process_group()

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        out = folder + "/out"
        mp.spawn(on_a_rank, (folder + "/file", out), nprocs=2)
        ranks = json.load(open(out))
    print(json.dumps([train([slice(None)]), train(PARTS), ranks]))
"""


def test_one_batch_micro_batches_and_ranks_train_the_same_weights(tmp_path: Any) -> None:
    script = tmp_path / "training.py"
    script.write_text(TRAINING, encoding="utf-8")
    done = run_python(str(script), warnings="ignore")
    assert done.returncode == 0, done.stderr
    whole, parts, ranks = json.loads(done.stdout.splitlines()[-1])
    for other in (parts, ranks):
        for a, b in zip(whole, other, strict=True):
            torch.testing.assert_close(torch.tensor(b), torch.tensor(a), rtol=1e-12, atol=1e-14)

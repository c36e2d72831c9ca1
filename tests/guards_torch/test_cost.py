"""What the guard adds to a step whose batch it does not look into."""

from __future__ import annotations

import time

import torch

from crossent.doctor import guards


def fastest(run, calls, rounds=7):
    """Seconds of a call in the fastest round: what else runs only makes a round slower."""
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(calls):
            run()
        best = min(best, time.perf_counter() - start)
    return best / calls


def test_it_is_below_one_percent_of_a_step():
    torch.manual_seed(0)
    net = torch.nn.Sequential(
        torch.nn.Linear(64, 1024), torch.nn.ReLU(), torch.nn.Linear(1024, 1024), torch.nn.ReLU(),
        torch.nn.Linear(1024, 10),
    )  # fmt: skip
    optimizer = torch.optim.SGD(net.parameters(), 0.1)
    x, y = torch.randn(64, 64), torch.arange(64) % 10
    plain = torch.nn.CrossEntropyLoss()
    guarded = guards.TorchLoss(plain, patience=10**9)

    def step():
        optimizer.zero_grad()
        plain(net(x), y).backward()
        optimizer.step()

    p = net(x)
    guarded(p, y)
    added = fastest(lambda: guarded(p, y), 500) - fastest(lambda: plain(p, y), 500)
    assert added < 0.01 * fastest(step, 10)
    assert len(guarded.reports) == 1

"""What the guard adds to a step whose batch it does not look into."""

from __future__ import annotations

import time

import jax
import jax.numpy as jnp

from crossent.doctor import guards


def fastest(run, calls, rounds=7):
    """Seconds of a call in the fastest round: what else runs only makes a round slower."""
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(calls):
            last = run()
        jax.block_until_ready(last)
        best = min(best, time.perf_counter() - start)
    return best / calls


@jax.default_device(jax.devices("cpu")[0])
def test_it_is_below_one_percent_of_a_step():
    keys = jax.random.split(jax.random.key(0), 2)
    params = (jax.random.normal(keys[0], (64, 1024)), jax.random.normal(keys[1], (1024, 1024)))
    x, y = jnp.ones((256, 64)), jnp.arange(256) % 10

    def logits(params, x):
        return (jnp.tanh(x @ params[0]) @ params[1])[:, :10] / 32

    @jax.jit
    def step(params, x, y):
        def loss(params):
            return -jnp.take_along_axis(jax.nn.log_softmax(logits(params, x)), y[:, None], 1).mean()

        value, gradient = jax.value_and_grad(loss)(params)
        return jax.tree.map(lambda a, b: a - 1e-3 * b, params, gradient), value

    tiny = jax.jit(lambda x, y: x.sum())
    guarded = guards.JaxStep(
        tiny, labels=lambda x, y: y, predictions=lambda x, y: x, loss="sparse", patience=10**9
    )
    guarded(x, y)
    added = fastest(lambda: guarded(x, y), 500) - fastest(lambda: tiny(x, y), 500)
    assert added < 0.01 * fastest(lambda: step(params, x, y), 10)
    assert len(guarded.reports) == 1

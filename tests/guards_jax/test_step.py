"""The guard of a JAX training step, in real runs with optax."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import crossent as ce
from crossent.doctor import guards
from guard_data import BAD_BATCH, BATCH, CLASSES, FEATURES, bad_labels, bad_rows, task

ON_CPU = jax.default_backend() == "cpu"
OPTIMIZER = optax.sgd(0.1)
LOSS = optax.softmax_cross_entropy_with_integer_labels


def logits(params, x, *, softmax=False):
    p = jnp.tanh(x @ params["w"]) @ params["v"]
    return jax.nn.softmax(p) if softmax else p


def init():
    keys = jax.random.split(jax.random.key(0))
    return {
        "w": 0.3 * jax.random.normal(keys[0], (FEATURES, 16)),
        "v": 0.3 * jax.random.normal(keys[1], (16, CLASSES)),
    }


def step_of(*, softmax=False, rate=1.0, form=tuple, **options):
    def step(params, state, x, y):
        def loss(params):
            return LOSS(logits(params, x, softmax=softmax), y).mean()

        value, gradient = jax.value_and_grad(loss)(params)
        updates, state = OPTIMIZER.update(gradient, state)
        params = optax.apply_updates(params, jax.tree.map(lambda u: rate * u, updates))
        if form is dict:
            return params, state, {"loss": value}
        return params, state, value

    return jax.jit(step, **options)


def guard(step, *, softmax=False, **options):
    return guards.JaxStep(
        step,
        labels=lambda params, state, x, y: y,
        predictions=lambda params, state, x, y: logits(params, x, softmax=softmax),
        **{"loss": LOSS, **options},
    )


def train(step, data=None, *, epochs=1):
    points, labels = data or task()
    params, losses = init(), []
    state = OPTIMIZER.init(params)
    for _ in range(epochs):
        for start in range(0, len(points), BATCH):
            x, y = points[start : start + BATCH], labels[start : start + BATCH]
            params, state, loss = step(params, state, jnp.asarray(x), jnp.asarray(y))
            losses.append(loss)
    if isinstance(step, guards.JaxStep):
        step.check()
    return [float(loss["loss"] if isinstance(loss, dict) else loss) for loss in losses]


@pytest.mark.parametrize("form", [tuple, dict])
@pytest.mark.parametrize("options", [{}, {"donate_argnums": (0, 1)}], ids=["kept", "donated"])
def test_healthy_training_is_the_same_and_silent(form, options):
    guarded = guard(step_of(form=form, **options), patience=20)
    assert train(guarded, epochs=5) == train(step_of(form=form), epochs=5)
    assert [report.codes for report in guarded.reports] == [[]]


def test_the_first_batch_is_diagnosed_before_its_step():
    points, labels = task()
    with pytest.raises(guards.DiagnosisError, match=r"\[CE104\] The first batch"):
        train(guard(step_of()), (points, labels + 1))


def test_labels_that_count_from_the_end_silently_are_found():
    points, labels = task()
    labels[3] = -1
    # optax takes -1 for the last class, without an error.
    assert np.isfinite(train(step_of(), (points, labels))).all()
    with pytest.raises(guards.DiagnosisError, match="CE103"):
        train(guard(step_of()), (points, labels))


def test_a_softmax_too_many_is_found():
    with pytest.raises(guards.DiagnosisError, match="CE105"):
        train(guard(step_of(softmax=True), softmax=True))


def test_the_batch_of_a_nan_is_diagnosed_with_the_parameters_it_met():
    guarded = guard(step_of())
    with pytest.raises(guards.DiagnosisError, match=f"nan at step {BAD_BATCH + 1}") as caught:
        train(guarded, bad_rows())
    # The parameters after that step would give NaN in every row.
    assert "1 row holds NaN (first: row 5)" in caught.value.report.findings[0].seen


def test_a_label_out_of_range_is_found_behind_its_nan():
    with pytest.raises(guards.DiagnosisError, match=f"nan at step {BAD_BATCH + 1}") as caught:
        train(guard(step_of()), bad_labels())
    assert caught.value.code == "CE101"


def test_of_donated_arguments_the_labels_are_diagnosed():
    donated = {"donate_argnums": (0, 1)}
    with pytest.raises(guards.DiagnosisError) as caught:
        train(guard(step_of(**donated)), bad_labels())
    assert caught.value.report.codes[0] == "CE101"
    with pytest.raises(guards.DiagnosisError) as caught:
        train(guard(step_of(**donated)), bad_rows())
    assert caught.value.report.codes == ["CE217"]


@pytest.mark.parametrize("labels", [lambda y: y, lambda y: y[:]], ids=["given", "made"])
def test_of_labels_that_are_donated_too_nan_is_told(labels):
    step = jax.jit(lambda x, y: (x + 1, y + 1, x.sum()), donate_argnums=(0, 1))
    guarded = guards.JaxStep(step, labels=lambda x, y: labels(y), predictions=lambda x, y: x)
    y = np.arange(CLASSES)
    guarded(jnp.eye(CLASSES), jnp.asarray(y))
    guarded(jnp.eye(CLASSES) * jnp.nan, jnp.asarray(y))
    with pytest.raises(guards.DiagnosisError, match="The loss is nan at step 2"):
        guarded.check()


@pytest.mark.parametrize("shape", [(1,), (CLASSES,)])
def test_a_loss_of_many_numbers_is_refused(shape):
    guarded = guards.JaxStep(lambda x: (x, jnp.zeros(shape)), labels=lambda x: jnp.arange(CLASSES),
                             predictions=lambda x: x, result=lambda r: r[1])  # fmt: skip
    with pytest.raises(ce.OptionError, match="`result` must return a loss that is one number"):
        guarded(jnp.eye(CLASSES))


@pytest.mark.parametrize("on_cpu", [True, False])
def test_a_loss_that_the_next_step_donates_is_refused(monkeypatch, on_cpu):
    monkeypatch.setattr("crossent.doctor.guards.jax._on_cpu", lambda loss: on_cpu)
    step = jax.jit(lambda mean, x: 0.9 * mean + x.sum(), donate_argnums=0)
    guarded = guards.JaxStep(step, labels=lambda mean, x: jnp.arange(CLASSES),
                             predictions=lambda mean, x: x)  # fmt: skip
    mean = guarded(jnp.zeros(()), jnp.eye(CLASSES))
    with pytest.raises(ce.OptionError, match="the next step does not donate"):
        guarded(mean, jnp.eye(CLASSES))


def test_a_first_step_that_is_interrupted_changes_nothing():
    whole, calls = step_of(), iter([KeyboardInterrupt])

    def step(*arrays):
        for error in calls:
            raise error
        return whole(*arrays)

    guarded, plain = guard(step), guard(whole)
    with pytest.raises(KeyboardInterrupt):
        train(guarded)
    train(guarded)
    train(plain)
    assert guarded._polls == plain._polls


def test_the_last_step_is_seen_by_check():
    points, labels = bad_rows()
    guarded = guard(step_of())
    last = (BAD_BATCH + 1) * BATCH
    with pytest.raises(guards.DiagnosisError, match=f"nan at step {BAD_BATCH + 1}"):
        train(guarded, (points[:last], labels[:last]))


def told_of(guarded, bad, calls=12):
    """The calls, counted from 0, that raise, if the parameters are then those of the start."""
    points, labels = (jnp.asarray(array[:BATCH]) for array in task())
    params = start = init()
    state, told = OPTIMIZER.init(params), []
    for call in range(calls):
        x = points.at[3, 1].set(jnp.nan) if call in bad else points
        try:
            params, state, loss = guarded(params, state, x, labels)
            loss.block_until_ready()
        except guards.DiagnosisError:
            params = start
            told.append(call)
    return told


def test_after_an_error_the_next_nan_has_a_cause_of_its_own(monkeypatch):
    # A loss of a GPU would be read 32 steps later.
    monkeypatch.setattr("crossent.doctor.guards.jax._on_cpu", lambda loss: True)
    guarded = guard(step_of())
    assert told_of(guarded, {3, 5, 8}) == [4, 6, 9]


def test_after_an_error_the_next_batch_is_the_first_again():
    points, labels = task()
    guarded = guard(step_of())
    for _ in range(2):
        with pytest.raises(guards.DiagnosisError, match=r"\[CE104\] The first batch"):
            train(guarded, (points, labels + 1))
    train(guarded)
    assert guarded.reports[-1].healthy


def test_an_error_of_a_step_does_not_hide_what_came_before():
    step, calls = step_of(), []

    def failing(*arrays):
        calls.append(arrays)
        if len(calls) == BAD_BATCH + 2:
            raise RuntimeError("the next batch cannot be read")
        return step(*arrays)

    with pytest.raises(guards.DiagnosisError, match=f"nan at step {BAD_BATCH + 1}"):
        train(guard(failing), bad_rows())


def test_a_loss_that_stays_is_warned_of():
    points, labels = task()
    guarded = guard(step_of(rate=0.0), patience=50)
    with pytest.warns(guards.DiagnosisWarning, match="to the last digit"):
        train(guarded, (points[:BATCH], labels[:BATCH]), epochs=50)


def test_warn_leaves_the_training_alone():
    guarded = guard(step_of(softmax=True), softmax=True, on_error="warn")
    with pytest.warns(guards.DiagnosisWarning, match="CE105") as caught:
        assert train(guarded) == train(step_of(softmax=True))
    assert caught[0].filename == __file__


def test_nothing_is_kept_after_check():
    guarded = guard(step_of())
    train(guarded)
    assert not guarded._waiting


SIDE, ROUNDS = (300, 400) if ON_CPU else (4096, 50)


def slow(rounds=ROUNDS):
    """A step that takes the device much longer than it takes to start it."""

    @jax.jit
    def step(x, y):
        # A loop would be run by the host on a GPU.
        turned = jax.lax.fori_loop(0, rounds, lambda _, m: jnp.tanh(m @ m), x, unroll=not ON_CPU)
        return turned.sum() + jnp.where(y[0] == 1, jnp.nan, 0.0)

    return guards.JaxStep(step, labels=lambda x, y: y, predictions=lambda x, y: x, on_error="warn",
                          select=["CE217"])  # fmt: skip


def test_a_loop_that_runs_ahead_is_not_held_up():
    guarded = slow()
    x, y = jnp.eye(SIDE), jnp.zeros(SIDE, int)
    losses = [guarded(x, label) for label in (y, y + 1, y)]
    assert not losses[0].is_ready()
    assert len(guarded._waiting) == 3
    jax.block_until_ready(losses)
    look = (lambda: guarded(x, y)) if ON_CPU else guarded.check
    with pytest.warns(guards.DiagnosisWarning, match="nan at step 2"):
        look()
    assert len(guarded._waiting) == ON_CPU
    guarded.check()


def test_losses_of_a_gpu_are_read_together(monkeypatch):
    monkeypatch.setattr("crossent.doctor.guards.jax._on_cpu", lambda loss: False)
    guarded = guard(step_of(), on_error="warn")
    with pytest.warns(guards.DiagnosisWarning, match=f"nan at step {BAD_BATCH + 1}:"):
        train(guarded, bad_rows(), epochs=4)
    assert guarded._watch.steps == 40
    guarded = guard(step_of())
    guarded._result = lambda result: read.append(len(guarded._waiting)) or result[-1]
    read = []
    assert train(guarded, epochs=4) == train(step_of(), epochs=4)
    assert read == [*range(32), *range(8)]


def test_no_more_is_kept_than_fits(monkeypatch):
    monkeypatch.setattr("crossent.doctor.guards.jax.KEPT", 700_000)
    guarded = slow(10)
    for _ in range(4):
        guarded(jnp.eye(300), jnp.zeros(300, int))
        assert len(guarded._waiting) <= 1
    guarded.check()


def test_a_guarded_step_that_is_jitted_is_refused():
    guarded = guard(step_of(), on_error="warn")
    params = init()
    state = OPTIMIZER.init(params)
    x, y = jnp.zeros((4, FEATURES)), jnp.zeros(4, int)
    with pytest.raises(ce.OptionError, match=r"JaxStep\(jax.jit\(step\)\)"):
        jax.jit(guarded)(params, state, x, y)


def test_a_step_without_a_loss_is_refused():
    guarded = guards.JaxStep(lambda x: {"x": x}, labels=lambda x: jnp.arange(3),
                             predictions=lambda x: x)  # fmt: skip
    with pytest.raises(ce.OptionError, match="`result` must be given"):
        guarded(jnp.eye(3))
    found = guards.JaxStep(lambda x: {"x": jnp.sum(x)}, labels=lambda x: jnp.arange(3),
                           predictions=lambda x: x, result=lambda r: r["x"])  # fmt: skip
    assert float(found(jnp.eye(3))["x"]) == 3


def test_its_parts_must_be_functions():
    with pytest.raises(ce.OptionError, match="`labels` must be a function"):
        guards.JaxStep(step_of(), labels=3, predictions=logits)


def test_an_own_loss_needs_no_name():
    step = step_of()
    guarded = guards.JaxStep(
        step, labels=lambda p, s, x, y: y, predictions=lambda p, s, x, y: logits(p, x)
    )
    assert train(guarded) == train(step)
    assert guarded.reports[0].healthy


def test_the_name_of_the_step_is_kept():
    def mine(x):
        """Mine."""

    assert guards.JaxStep(mine, labels=mine, predictions=partial(mine)).__doc__ == "Mine."

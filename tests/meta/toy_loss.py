"""The Brier score, as somebody would add it: what is written where, and what it must do."""

from __future__ import annotations

from pathlib import Path

FORMULA = '''
"""The Brier score: the squared distance of two distributions."""

from crossent.losses.ops import Array, Ops


class Brier:
    def losses(self, ops, options, targets):
        def forward(x):
            p = ops.softmax(x) if options.from_logits else x
            off = p - targets.dense

            def backward(bar):
                slope = 2 * off * ops.cast(ops.classes(bar), ops.dtype(x))
                return p * (slope - ops.sum(slope * p)) if options.from_logits else slope

            return (ops.rows(ops.wide(ops.sum(off * off))),), backward

        return forward, lambda x, bar: forward(x)[1](bar)

    def term(self, ops, options, targets, values):
        return values[0]

    def slopes(self, ops, options, targets, values, upstream):
        return (upstream,)

    def plain(self, ops, options, targets, x):
        return self.losses(ops, options, targets)[0](x)[0]


BRIER = Brier()
'''

ROW = """
    "brier": Entry("brier_score", "distributions", _ALL | {"axis"} - {"label_smoothing"},
                   "brier:BRIER"),
"""

FUNCTION = '''

def brier_score(y_true, y_pred, **options):
    """Brier score."""
    return run_call("brier", y_true, y_pred, options)
'''

CLASS = '''

class BrierScore(Loss):
    """Brier score."""

    function = "brier"
'''


def add(package: Path) -> None:
    """Add the loss to a copy of the package, in the four places that the recipe names."""
    (package / "losses/brier.py").write_text(FORMULA)
    registry = package / "core/registry.py"
    text = registry.read_text()
    start = "LOSSES: Final = Losses({"
    assert text.count(start) == 1
    registry.write_text(text.replace(start, start + ROW))
    for name, added in (("api.py", FUNCTION), ("objects.py", CLASS)):
        file = package / name
        file.write_text(file.read_text() + added)


CHECK = """
import sys
import numpy as np
import crossent as ce
from crossent import api, objects

kind, traced = sys.argv[1], sys.argv[2] == "traced"
rng = np.random.default_rng(0)
x = rng.normal(size=(6, 5))
q = rng.dirichlet(np.ones(5), 6)
w = np.array([0.5, 2.0, 0.0, 1.0, 3.0, 0.25])
left = np.where(w[:, None] == 0, np.nan, x)  # what a row left out holds does not matter
p = np.exp(x) / np.exp(x).sum(1, keepdims=True)
rows = ((p - q) ** 2).sum(1)
slope = 2 * (p - q)
slope = p * (slope - (slope * p).sum(1, keepdims=True))  # of each row


def close(got, want):
    np.testing.assert_allclose(np.asarray(got), want, rtol=1e-12, atol=1e-15)


def value(y, x, **options):
    return api.brier_score(y, x, from_logits=True, **options)


if kind == "numpy":
    def run(x, **options):
        weights = options.get("sample_weight")
        both = ce.value_and_grad(api.brier_score)
        if options["reduction"] in ("mean", "sum"):
            return both(q, x, from_logits=True, **options)
        return value(q, x, **options), None
elif kind == "torch":
    import torch

    def run(x, **options):
        x = torch.tensor(x, requires_grad=True)
        options = {k: torch.tensor(v) if k == "sample_weight" else v for k, v in options.items()}
        result = value(torch.tensor(q), x, **options)
        if options["reduction"] == "parts":
            return tuple(part.detach().numpy() for part in result), None
        result.sum().backward()
        return result.detach().numpy(), x.grad.numpy()
elif kind == "jax":
    import jax
    jax.config.update("jax_enable_x64", True)

    def run(x, **options):
        def of(x):
            return value(q, x, **options)
        of_x = jax.jit(of) if traced else of
        x = jax.numpy.asarray(x)
        if options["reduction"] == "parts":
            return of_x(x), None
        return of_x(x), jax.grad(lambda x: of_x(x).sum())(x)
elif kind == "tensorflow":
    import tensorflow as tf

    def run(x, **options):
        def of(x):
            with tf.GradientTape() as tape:
                tape.watch(x)
                result = value(tf.constant(q), x, **options)
                number = tf.reduce_sum(result[0] if isinstance(result, tuple) else result)
            return result, tape.gradient(number, x)
        return (tf.function(of) if traced else of)(tf.constant(x))

total, weight = (w * rows).sum(), w.sum()
result, gradient = run(x, reduction="mean")
close(result, rows.mean())
close(gradient, slope / 6)
result, gradient = run(left, reduction="mean", sample_weight=w)
close(result, total / weight)
close(gradient, w[:, None] * slope / weight)
result, gradient = run(left, reduction="sum", sample_weight=w)
close(result, total)
close(gradient, w[:, None] * slope)
close(run(left, reduction="none", sample_weight=w)[0], w * rows)
close(run(left, reduction="parts", sample_weight=w)[0], (total, weight))
result, gradient = run(x, reduction="mean", normalizer=4.0)
close(result, rows.sum() / 4)
close(gradient, slope / 4)
close(run(x, reduction="mean", sample_weight=0 * w)[0], 0.0)
if not traced:
    close(api.brier_score(q, p), rows.mean())
    for wrong in (lambda: value(2 * q, x), lambda: value(q, x, z_loss=0.1),
                  lambda: value(q[:, :4], x), lambda: api.brier_score(q, x)):
        try:
            wrong()
        except ce.CrossentError:
            continue
        raise AssertionError("no error")
    loss = objects.BrierScore(from_logits=True, reduction="none")
    close(loss(q, x), rows)
    assert ce.last_path() == "operations"
print("right")
"""

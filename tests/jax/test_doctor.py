"""The doctor on JAX and optax: the messages they really print, and arrays."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import crossent as ce

Y = np.arange(12) % 3
X = (np.random.default_rng(0).normal(size=(12, 3)) + 3 * np.eye(3)[Y]).astype(np.float32)
integer = optax.softmax_cross_entropy_with_integer_labels

RAISED = [
    ("CE107", lambda: integer(jnp.array(X), jnp.array(Y)[:, None, None])),
    ("CE111", lambda: integer(jnp.array(X), jnp.array(Y, jnp.float32))),
    ("CE305", lambda: jax.grad(lambda x: x.sum())(jnp.array(X).argmax(1))),
]


@pytest.mark.parametrize(("code", "call"), RAISED)
def test_real_errors_are_explained(code: str, call) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - of any type, told by its message
        call()
    explanation = ce.explain(caught.value)
    assert explanation.kind == "message", caught.value
    assert explanation.codes[0] == code, (caught.value, explanation.codes)


@pytest.mark.parametrize(
    ("codes", "given"),
    [
        ([], {"y_true": jnp.array(Y), "y_pred": jnp.array(X)}),
        ([], {"y_true": Y, "y_pred": jnp.array(X), "loss": integer}),
        ([], {"y_true": Y, "y_pred": jnp.array(X, jnp.bfloat16)}),
        (["CE101", "CE102"], {"y_true": np.where(Y == 0, 7, Y), "y_pred": jnp.array(X)}),
        (["CE103", "CE102"], {"y_true": np.where(Y == 0, -1, Y), "y_pred": jnp.array(X)}),
        (["CE109"], {"y_true": Y[:3], "y_pred": jnp.array(X[:3]),
                     "loss": optax.softmax_cross_entropy}),
        (["CE105"], {"y_true": Y, "y_pred": jax.nn.softmax(X), "loss": integer}),
        (["CE107"], {"y_true": Y[:, None], "y_pred": jnp.array(X), "loss": integer}),
        (["CE111"], {"y_true": np.float32(Y), "y_pred": jnp.array(X), "loss": integer}),
        (["CE107"], {"y_true": np.float32(Y > 0), "y_pred": jnp.array(X[:, :1]),
                     "loss": optax.sigmoid_binary_cross_entropy}),
        (["CE216"], {"y_true": np.full(12, 1), "loss": integer,
                     "y_pred": jnp.full((12, 3), 0, jnp.bfloat16).at[:, 0].set(30)}),
    ],
)  # fmt: skip
def test_arrays(codes: list[str], given: dict) -> None:
    report = ce.diagnose(**given)
    found = [finding.code for finding in report.findings if finding.severity != "note"]
    assert found == codes


def test_what_is_traced_is_refused() -> None:
    with pytest.raises(ce.OptionError, match="outside of jit"):
        jax.jit(lambda y, x: ce.diagnose(y, x))(jnp.array(Y), jnp.array(X))


def test_what_optax_does_silently_is_said() -> None:
    report = ce.diagnose(np.where(Y == 0, -1, Y), jnp.array(X), loss=integer)
    hidden = next(finding for finding in report.findings if finding.code == "CE102")
    assert "as class 2." in hidden.seen
    # It is so: the loss is that of class 2.
    wrapped = integer(jnp.array(X[:1]), jnp.array([-1]))
    assert float(wrapped[0]) == pytest.approx(float(integer(jnp.array(X[:1]), jnp.array([2]))[0]))

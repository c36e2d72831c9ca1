"""The loss over a linear layer in float64, by the definitions; it imports nothing from crossent.

Beside every number stands how far a result of `eps` may be from it, from the errors of the three
products: a sum of n terms in any order errs by n eps times the sum of their sizes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class Truth(NamedTuple):
    """Losses of rows, and what they are divided by; the gradients of sum(bar * losses)."""

    terms: np.ndarray
    weights: np.ndarray
    gradients: dict[str, np.ndarray]
    term_slack: np.ndarray
    slack: dict[str, np.ndarray]


def truth(
    y: np.ndarray, hidden: np.ndarray, weight: np.ndarray, *, linear_bias: Any = None,
    ignore_class: Any = (), target_prob: Any = None, class_mask: Any = None,
    class_weight: Any = None, sample_weight: Any = None, label_smoothing: float = 0.0,
    z_loss: float = 0.0, logit_scale: float = 1.0, softcap: float | None = None,
    shift: bool = False, bar: Any = 1.0, eps: float = 2.0**-23,
) -> Truth:  # fmt: skip
    """Return the losses of rows, 0 where there is none, and the gradients to the three inputs."""
    rows, wide = hidden.shape[:-1], np.float64
    h, w = hidden.reshape(-1, hidden.shape[-1]).astype(wide), weight.astype(wide)
    n, classes, depth = len(h), len(w), h.shape[1]
    b = np.zeros(classes) if linear_bias is None else np.asarray(linear_bias, wide)
    z = (h @ w.T + b) * logit_scale
    z_slack = (depth + 2) * eps * (np.abs(h) @ np.abs(w).T + np.abs(b)) * abs(logit_scale)
    x = z if softcap is None else softcap * np.tanh(z / softcap)
    cap = np.ones_like(z) if softcap is None else 1 - np.tanh(z / softcap) ** 2
    exists = np.ones((n, classes), bool)
    if class_mask is not None:
        exists = np.broadcast_to(class_mask, (*rows, classes)).reshape(n, classes)
    s = np.asarray(1.0 if sample_weight is None else sample_weight, wide)
    s = np.broadcast_to(s.reshape(s.shape + (1,) * (len(rows) - s.ndim)), rows).reshape(-1)
    q, kept = _targets(y, rows, classes, target_prob, np.atleast_1d(ignore_class), shift)
    s = np.where(kept, s, 0.0)
    c = np.ones(classes) if class_weight is None else np.asarray(class_weight, wide)

    masked = np.where(exists, x, -np.inf)
    top = masked.max(1, keepdims=True)
    lse = top[:, 0] + np.log(np.exp(masked - top).sum(1))
    p = np.exp(masked - lse[:, None])
    mass = (q * c).sum(1)
    smooth = (1 - label_smoothing) * q + label_smoothing * exists / exists.sum(1, keepdims=True)
    a = smooth * c
    losses = np.where(exists, lse[:, None] - x, 0.0)
    terms = s * ((a * losses).sum(1) + z_loss * lse**2 * mass)
    factor = s * np.broadcast_to(np.asarray(bar, wide), rows).reshape(-1)
    total = a.sum(1) + 2 * z_loss * lse * mass
    g = factor[:, None] * (p * total[:, None] - a) * cap * logit_scale

    # Of logits that are off by d the loss is off by 2 d, and a share of p by 2 d p.
    d = z_slack.max(1) + 16 * eps * (1 + np.abs(x).max(1))
    size = np.abs(factor)[:, None] * abs(logit_scale)
    g_slack = size * (p * np.abs(total)[:, None] + a) * (2 * d[:, None] + 64 * eps)
    if softcap is not None:
        g_slack = g_slack + size * (p * np.abs(total)[:, None] + a) * (
            2 * d[:, None] / softcap + 8 * eps
        )
    grown = g_slack + (n + classes + 4) * eps * np.abs(g)
    slack = {
        "hidden": (grown @ np.abs(w)).reshape(hidden.shape),
        "weight": grown.T @ np.abs(h),
        "bias": grown.sum(0),
    }
    gradients = {"hidden": (g @ w).reshape(hidden.shape), "weight": g.T @ h, "bias": g.sum(0)}
    row_slack = np.abs(s) * (a.sum(1) + 2 * z_loss * np.abs(lse) * mass) * (2 * d + 4 * eps)
    row_slack += 64 * eps * np.abs(terms)
    keep = (slice(None),) * (len(rows) - 1) + (slice(None, -1),) if shift else ()
    return Truth(
        terms.reshape(rows)[keep], (s * mass).reshape(rows)[keep], gradients,
        row_slack.reshape(rows)[keep], slack,
    )  # fmt: skip


def _targets(
    y: np.ndarray, rows: tuple[int, ...], classes: int, prob: Any, ignored: np.ndarray, shift: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return the distribution of every row, and whether it has a loss."""
    n = int(np.prod(rows))
    kept = np.ones(n, bool)
    q = np.zeros((n, classes))
    if y.ndim == len(rows) + 1 and prob is None:
        q = y.reshape(n, classes).astype(np.float64)
    else:
        labels = y.reshape(n, -1)
        shares = np.ones((n, 1)) if prob is None else np.asarray(prob, np.float64).reshape(n, -1)
        left_out = np.isin(labels, ignored)
        kept = ~left_out.all(1)
        for i in range(n):
            for k in range(labels.shape[1]):
                if not left_out[i, k]:
                    q[i, labels[i, k]] += shares[i, k]
    if shift:
        q = np.roll(q.reshape(*rows, classes), -1, axis=-2)
        kept = np.roll(kept.reshape(rows), -1, axis=-1)
        kept[..., -1] = False
        q, kept = q.reshape(n, classes), kept.reshape(n)
    return np.where(kept[:, None], q, 0.0), kept

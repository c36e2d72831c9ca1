"""The mean loss of optax, called as its users call it."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax


def own(name: str, y: Any, x: Any, options: dict[str, Any]) -> Any:
    """Return the mean, or None where there is nothing of the kind."""
    with jax.enable_x64(np.asarray(x).dtype == np.float64):
        y, x = jnp.asarray(y), jnp.asarray(x)
        if name.startswith("binary"):
            return np.asarray(optax.sigmoid_binary_cross_entropy(x, y).mean())
        if name == "probabilities" or set(options) - {"from_logits", "ignore_class", "empty"}:
            return None
        if y.ndim == 2:
            return np.asarray(optax.softmax_cross_entropy(x, y).mean())
        losses = optax.softmax_cross_entropy_with_integer_labels(x, y)
        if "ignore_class" in options:  # as optax's page says: mask the losses
            kept = y != options["ignore_class"]
            return np.asarray((losses * kept).sum() / kept.sum())
        return np.asarray(losses.mean())

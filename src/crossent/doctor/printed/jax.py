"""What JAX prints, and which cause it shows."""

from __future__ import annotations

from typing import Final

from crossent.doctor.printed.message import Message, Says

MESSAGES: Final = (
    Message(
        "CE206",
        "JAX",
        r"RESOURCE_EXHAUSTED: Out of memory",
        "If the program holds logits (batch, length, vocabulary), they are what fills it.",
        0.55,
        "Compute the loss in chunks: jax.lax.map over tokens with jax.checkpoint.",
    ),
    Message(
        "CE217",
        "JAX",
        r"invalid value \(nan\) encountered in",
        "A function gave NaN: the traceback names the first one.",
        0.85,
    ),
    Message(
        "CE305",
        "JAX",
        r"grad requires real- or complex-valued (?:inputs|outputs).*?got (?P<t>u?int\d+)",
        lambda m: Says(0.85, f"The loss was made of {m['t']}: an argmax stands before the loss."),
    ),
    Message(
        "CE313",
        "JAX",
        r"Error interpreting argument to .{0,60} as a JAX value.*?type <class "
        r"'numpy\.ndarray'>",
        "An array of a type that JAX does not have was passed: labels that are strings or objects.",
        0.7,
    ),
)

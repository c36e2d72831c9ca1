"""What NumPy prints, and which cause it shows."""

from __future__ import annotations

from typing import Final

from crossent.doctor.printed import label_values
from crossent.doctor.printed.message import Message, Says

MESSAGES: Final = (
    *label_values.out_of_range(
        "NumPy, Keras on NumPy",
        r"index (?P<value>-?\d+) is out of bounds for axis \d+ with size (?P<classes>\d+)",
    ),
    Message(
        "CE202",
        "NumPy",
        r"Mean of empty slice",
        "There are no rows to average.",
        0.8,
    ),
    Message(
        "CE202",
        "NumPy",
        r"Weights sum to zero, can't be normalized",
        "All weights are 0.",
        0.95,
    ),
    Message(
        "CE207",
        "NumPy",
        r"Unable to allocate (?P<n>[\d.]+) (?P<u>[KMGTPE]iB) for an array with shape "
        r"\((?P<s>[\d, ]+)\)",
        lambda m: Says(
            0.6,
            f"An array ({m['s']}) of {m['n']} {m['u']}: one-hot labels may be the cause.",
            "Keep the labels as integers, and use the sparse loss.",
        ),
    ),
    Message(
        "CE214",
        "NumPy",
        r"divide by zero encountered in log\b",
        "A probability is exactly 0.",
        0.95,
        "Compute the loss from the logits, with log-softmax "
        "(scipy.special.log_softmax, or from_logits=True).",
    ),
    Message(
        "CE214",
        "NumPy",
        r"invalid value encountered in (?:multiply|log\b|scalar multiply)",
        "0 * -inf is NaN: a hand-written -(y * log(p)).sum() meets p = 0.",
        0.8,
    ),
    Message(
        "CE311",
        "NumPy",
        r"Python integer (?P<v>-?\d+) out of bounds for (?P<t>u?int(?:8|16))",
        lambda m: Says(0.95, f"{m['t']} cannot hold {m['v']}."),
    ),
    Message(
        "CE312",
        "NumPy",
        r"invalid value encountered in cast",
        "A NaN or an infinity was cast to an integer; of labels that makes a class that is none.",
        0.8,
    ),
    Message(
        "CE501",
        "NumPy",
        r"Object arrays cannot be loaded when allow_pickle=False",
        "The file holds pickled objects.",
        0.9,
        "Save the numbers alone: np.save(file, array.astype(float)).",
    ),
)

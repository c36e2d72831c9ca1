"""What MONAI prints, and which cause it shows."""

from __future__ import annotations

from typing import Final

from crossent.doctor.printed import element_shapes
from crossent.doctor.printed.element_shapes import P, Y
from crossent.doctor.printed.message import Message, Says

MESSAGES: Final = (
    Message(
        "CE302",
        "MONAI",
        r"single channel prediction, `?(?P<o>softmax|to_onehot_y|include_background)=(?P<v>\w+)`? "
        r"ignored",
        lambda m: Says(
            0.95,
            f"The model has one channel, for which {m['o']}={m['v']} has no effect: a softmax "
            "over one channel is always 1.",
            "For one class and background use sigmoid=True and out_channels=1, or softmax=True and "
            "to_onehot_y=True with out_channels=2.",
        ),
    ),
    Message(
        "CE109",
        "MONAI",
        rf"ground truth has differ(?:ing|ent) shape \({Y}\) from input \({P}\)",
        lambda m: (
            Says(
                0.93,
                f"The masks ({m['y']}) hold class indices, and the predictions ({m['p']}) a "
                f"channel "
                "for each class.",
                "Pass to_onehot_y=True to the loss.",
            )
            if _one_channel(m["y"], m["p"])
            else None
        ),
    ),
    Message(
        "CE112",
        "MONAI",
        rf"ground truth has differ(?:ing|ent) shape \({Y}\) from input \({P}\)",
        lambda m: (
            None
            if _one_channel(m["y"], m["p"])
            else Says(
                0.85,
                f"The masks have shape ({m['y']}), the predictions ({m['p']}).",
                "Resize the masks with nearest neighbour to the size of the predictions.",
            )
        ),
    ),
    Message(
        "CE108",
        "MONAI",
        r"labels should have a channel with length equal to one",
        "The masks are one-hot already, and to_onehot_y=True needs one channel of class indices.",
        0.93,
        "Leave to_onehot_y=True out, or pass masks.argmax(1, keepdim=True).",
    ),
)


def _one_channel(y: str, p: str) -> bool:
    labels, predictions = element_shapes.shape(y), element_shapes.shape(p)
    return (
        len(labels) == len(predictions) > 1
        and labels[1] == 1 < predictions[1]
        and labels[2:] == predictions[2:]
    )

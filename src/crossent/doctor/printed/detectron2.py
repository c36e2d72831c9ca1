"""What detectron2 prints, and which cause it shows."""

from __future__ import annotations

from typing import Final

from crossent.doctor.printed.message import Message

LOWER: Final = (
    "Lower the learning rate (SOLVER.BASE_LR, whose default is for 16 images per step) or warm up "
    "longer, and clip gradients: SOLVER.CLIP_GRADIENTS.ENABLED True."
)

MESSAGES: Final = (
    Message(
        "CE217",
        "detectron2",
        r"Loss became infinite or NaN at iteration ?= ?\d+",
        "The training diverged. Usually the learning rate is too high for the batch size; also "
        "look for boxes without an area.",
        0.95,
        LOWER,
    ),
    Message(
        "CE217",
        "detectron2",
        r"Predicted boxes or scores contain Inf/NaN\. Training has diverged",
        "The training diverged. Usually the learning rate is too high for the batch size.",
        0.95,
        LOWER,
    ),
    Message(
        "CE101",
        "detectron2",
        r"Attribute 'thing_classes' in the metadata of '[^']*' cannot be set to a different value|"
        r"category_id.{0,60}(?:out of range|not in)",
        "The list of classes and the category ids of the annotations do not match.",
        0.75,
        "Set MODEL.ROI_HEADS.NUM_CLASSES to the number of classes, with category_id from 0.",
    ),
)

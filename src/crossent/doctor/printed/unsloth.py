"""What Unsloth prints, and which cause it shows."""

from __future__ import annotations

from typing import Final

from crossent.doctor.printed.message import Message

MESSAGES: Final = (
    Message(
        "CE202",
        "Unsloth",
        r"All labels in your dataset are -100\. Training losses will be all 0",
        "Every token is ignored: train_on_responses_only did not find its markers, or the "
        "texts are "
        "cut before the answer.",
        0.97,
        "Compare instruction_part and response_part with the chat template, character by "
        "character, "
        "and look at the labels of one row; raise max_seq_length if answers are cut off.",
    ),
    Message(
        "CE202",
        "TRL",
        r"Could not find (?:response|instruction) key .{0,400}? in the following instance.{0,4000}?"
        r"This instance will be ignored in loss calculation",
        "No token of this row has a label: the marker of the answer does not occur in it.",
        0.95,
        "Compare response_template with the tokens of the text, and raise max_length if "
        "answers are "
        "cut off.",
    ),
    Message(
        "CE202",
        "TRL",
        r"This instance will be ignored in loss calculation",
        "No token of this row has a label.",
        0.9,
        "Compare response_template with the tokens of the text, and raise max_length if "
        "answers are "
        "cut off.",
    ),
)

"""What the libraries of Hugging Face prints, and which cause it shows."""

from __future__ import annotations

from typing import Final

from crossent.doctor.printed.message import Message

MESSAGES: Final = (
    Message(
        "CE203",
        "Hugging Face",
        r"num_items_in_batch",
        "This is the divisor of all micro-batches together: divide the sum of the losses by "
        "it, and by nothing else.",
        0.6,
    ),
    Message(
        "CE209",
        "Hugging Face",
        r"Setting `?pad_token_id`? to `?eos_token_id`?",
        "Padding is the end token: mask labels by the attention mask, or the model never "
        "learns to stop.",
        0.85,
    ),
    Message(
        "CE209",
        "Hugging Face",
        r"Asking to pad but the tokenizer does not have a padding token",
        "If you set pad_token = eos_token, mask labels by the attention mask, not by the id.",
        0.85,
    ),
    Message(
        "CE211",
        "Hugging Face",
        r"ignore_mismatched_sizes",
        "The checkpoint's head has another number of classes than num_labels.",
        0.7,
        "Pass ignore_mismatched_sizes=True to begin with a new head.",
    ),
    Message(
        "CE409",
        "Hugging Face",
        r"num_items_in_batch.*?device|device.*?num_items_in_batch",
        "num_items_in_batch is on another device than the loss.",
        0.9,
        "Divide by num_items_in_batch.to(loss.device).",
    ),
)

"""What the libraries of Hugging Face prints, and which cause it shows."""

from __future__ import annotations

from typing import Final

from crossent.doctor.printed.message import Message

MESSAGES: Final = (
    Message(
        "CE217",
        "Hugging Face",
        r"'?grad_norm'?\s*[:=]\s*'?(?:nan|inf)\b",
        "The norm of the gradient is NaN or infinite. A loss of 0.0 beside it is not a real zero: "
        "Trainer logs a NaN loss as 0 (logging_nan_inf_filter).",
        0.95,
        "Pass logging_nan_inf_filter=False to see it, and look at the first batch: "
        "ce.diagnose(labels, logits). The usual causes are float16 (use bf16), a learning rate "
        "that is too high, and rows whose labels are all ignored.",
    ),
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
        "The padding token is the end token: mask labels by the attention mask, or the model "
        "never learns to stop.",
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
        "Pass ignore_mismatched_sizes=True to start with a new head.",
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

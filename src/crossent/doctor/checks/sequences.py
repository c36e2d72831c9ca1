"""Checks of language models and other sequences: shifts and padding."""

from __future__ import annotations

from crossent.doctor.case import Case
from crossent.doctor.check import Check, percent
from crossent.doctor.findings import Finding, Stage

TOKENS = 256
NATS = 0.5


class LanguageModelShift(Check):
    code = "CE208"
    slug = "lm-shift"
    title = "Labels of a language model are shifted twice, or not at all"
    pasted = "The language model predicts the token after the next, or its loss goes to 0"
    stage = Stage.TARGETS
    why = (
        "A causal language model predicts the next token. Hugging Face models shift the labels "
        "themselves; a loss of your own does not. Twice, and it learns the token after the next; "
        "never, and it copies the current one."
    )
    fix = "Hugging Face models: labels = input_ids. A loss of your own: labels = input_ids[:, 1:]."
    rule = (
        "Logits (B, L, C) and labels (B, L): moving the labels by -1, 1 or 2 places makes the loss "
        "smaller by more than 0.5 nat, over 256 places or more whose token differs from its "
        "neighbours. Or labels and input_ids: equal where the loss does not shift, or moved where "
        "it does."
    )
    silent_after = (
        "CE110",
        "CE304",
        "CE106",
        "CE105",
        "CE406",
        "CE309",
    )

    def find(self, case: Case) -> Finding | None:
        if case.tokens is not None:
            found = self._by_tokens(case)
            if found is not None:
                return found
        shift = case.shift
        if shift is None or shift.count < TOKENS:
            return None
        own = case.loss.shifts
        gain = shift.mean(own) - shift.mean(shift.best)
        if shift.best == own or not gain > NATS:
            return None
        move = shift.best - own
        return self.finding(
            f"Over {shift.count} places the mean loss is {shift.mean(own):.4g}; with the labels "
            f"moved by {move} it is {shift.mean(shift.best):.4g}.",
            fix=self._advice(move, own),
        )

    def _advice(self, move: int, own: int) -> str:
        if own == 0 and move == 1:
            return "Compare logits[:, :-1] with labels[:, 1:]."
        if move == -1:
            return "The labels are moved once too often: pass input_ids as labels."
        return f"Move the labels by {move}: the predictions belong to another place."

    def _by_tokens(self, case: Case) -> Finding | None:
        tokens = case.tokens
        if tokens is None or tokens.count < 16 or tokens.repeated > 0.5 * tokens.count:
            return None
        if case.loss.shifts and tokens.previous == tokens.count:
            return self.finding(
                "labels[:, :-1] equals input_ids[:, 1:], and the loss shifts once more.",
                fix="Pass labels = input_ids: the model shifts them itself.",
            )
        if not case.loss.shifts and tokens.same == tokens.count:
            return self.finding(
                "The labels equal input_ids, and the loss does not shift them.",
                fix="Compare logits[:, :-1] with input_ids[:, 1:].",
            )
        return None


class PadLabelsNotMasked(Check):
    code = "CE209"
    slug = "pad-labels-not-masked"
    title = "Padding counts as labels, or hides the end of the text"
    pasted = "The loss is low, but the model writes nothing but padding (or never stops)"
    stage = Stage.TARGETS
    severity = "warning"
    why = (
        "Padding that is not masked makes most of the loss 'predict padding'. Where the padding is "
        "the end token, masking it by its number hides the true end too, and the model never stops."
    )
    fix = "Mask padding by position (the attention mask), not by the number of the token."
    rule = (
        "A matrix of labels: one value stands in more than half of the places, and in more than "
        "80 % of the rows it is a run of 2 or more at the end and occurs nowhere else. Or with "
        "eos_id: it is masked in every row, and never kept."
    )
    silent_after = ("CE103", "CE101", "CE110", "CE304")

    def find(self, case: Case) -> Finding | None:
        tokens = case.tokens
        lost = tokens is not None and tokens.masked_eos > 0 and not tokens.kept_eos
        if tokens is not None and lost and tokens.suffix_masked == tokens.rows:
            return self.finding(
                f"All {tokens.masked_eos} end tokens are masked, in every row at the end, and "
                "none is kept."
            )
        suffix = case.suffix
        if suffix is None or suffix.rows < 8 or suffix.value in case.loss.ignore:
            return None
        places = suffix.rows * (case.y.shape[1] if case.y is not None else 1)
        if suffix.places * 2 <= places or suffix.suffix <= 0.8 * suffix.rows:
            return None
        return self.finding(
            f"The label {suffix.value} stands in {percent(suffix.places, places)} of the places, "
            f"at the end of {percent(suffix.suffix, suffix.rows)} of the rows and nowhere else.",
            fix=f"Pass ignore_class={suffix.value} if it is padding alone; if it is the end token "
            "too, mask by the attention mask.",
        )


CHECKS = (LanguageModelShift, PadLabelsNotMasked)

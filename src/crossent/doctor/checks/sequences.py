"""Checks of language models and other sequences: shifts and padding."""

from __future__ import annotations

from crossent.doctor.case import Case
from crossent.doctor.check import Check, percent
from crossent.doctor.findings import Finding, Stage
from crossent.doctor.sequence_facts import TokenFacts

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
        "themselves; a custom loss does not. Shifted twice, the model learns the token after "
        "the next; never shifted, it copies the current token."
    )
    fix = (
        "For Hugging Face models pass labels = input_ids; for a custom loss labels = "
        "input_ids[:, 1:]."
    )
    rule = (
        "Logits (B, L, C) and labels (B, L): moving the labels by -1, 1 or 2 places makes the loss "
        "smaller by more than 0.5 nat, and smaller than the other moves do by half of that, over "
        "256 places or more whose token differs from its neighbours. Not a move by -1 with which "
        "90 % of the predictions are right: an untrained model copies its input so. Or labels and "
        "input_ids: equal where the loss does not shift, or moved where it does. With "
        'framework="transformers" labels may be shifted by the loss, or be tags that are not.'
    )
    silent_after = (
        "CE110",
        "CE304",
        "CE106",
        "CE105",
        "CE406",
        "CE309",
        "CE212",
        "CE217",
    )

    def find(self, case: Case) -> Finding | None:
        tokens, shift, own = case.tokens, case.shift, case.loss.shifts
        if tokens is not None:
            found = self._by_tokens(case, tokens)
            if found is not None:
                return found
        if shift is None or shift.count < TOKENS:
            return None
        mine = {own}
        if case.loss.shift_is_default and not (tokens is not None and tokens.are_input):
            mine.add(0)  # of a model that tags its tokens the labels stay where they are
            own = min(mine, key=shift.mean)
        gain, move = shift.mean(own) - shift.mean(shift.best), shift.best - own
        if not move or not gain > NATS or not shift.stands_out(mine):
            return None
        right = tokens is not None and (tokens.are_input if own else tokens.are_next)
        if move == -1 and (right or shift.is_copy(shift.best)):
            return None  # it copies its input, whose next token the label is
        return self.finding(
            f"Over {shift.count} places the mean loss is {shift.mean(own):.4g}; with the labels "
            f"moved by {move} it is {shift.mean(shift.best):.4g}.",
            fix=self._advice(move, own),
        )

    def _advice(self, move: int, own: int) -> str:
        if own == 0 and move == 1:
            return "Compare logits[:, :-1] with labels[:, 1:]."
        if own and move < 0:
            return "The labels are shifted once too often: pass input_ids as labels."
        return f"The predictions belong to another place: move the labels by {move}."

    def _by_tokens(self, case: Case, tokens: TokenFacts) -> Finding | None:
        if tokens.count < 16 or tokens.repeated > 0.5 * tokens.count:
            return None
        if case.loss.shifts and tokens.are_next:
            return self.finding(
                "labels[:, :-1] equals input_ids[:, 1:], but the loss shifts them again.",
                fix="Pass labels = input_ids: the model shifts them itself.",
            )
        if not case.loss.shifts and tokens.are_input:
            return self.finding(
                "The labels equal input_ids, but the loss does not shift them.",
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
        "Padding that is not masked makes the model learn mostly to predict padding. If the "
        "padding is the end token, a mask by its number hides the true end too, and the model "
        "never stops."
    )
    fix = "Mask padding by position (the attention mask), not by the number of the token."
    rule = (
        "In a matrix of labels one value fills more than half of the places; in more than 80 % "
        "of the rows it is a run of 2 or more at the end and occurs nowhere else. Or with "
        "eos_id: it is masked in every row, and never kept."
    )
    silent_after = ("CE103", "CE101", "CE110", "CE304")

    def find(self, case: Case) -> Finding | None:
        tokens = case.tokens
        lost = tokens is not None and tokens.masked_eos > 0 and not tokens.kept_eos
        if tokens is not None and lost and tokens.suffix_masked == tokens.rows:
            return self.finding(
                f"All {tokens.masked_eos} end tokens are masked: every row ends with a masked "
                "one, and none is kept."
            )
        suffix = case.suffix
        if suffix is None or suffix.rows < 8 or suffix.value in case.loss.ignore:
            return None
        places = suffix.rows * (case.y.shape[1] if case.y is not None else 1)
        if suffix.places * 2 <= places or suffix.suffix <= 0.8 * suffix.rows:
            return None
        return self.finding(
            f"The label {suffix.value} fills {percent(suffix.places, places)} of the places. In "
            f"{percent(suffix.suffix, suffix.rows)} of the rows it is at the end and nowhere "
            "else.",
            fix=f"If it is only padding, pass ignore_class={suffix.value}. If it is also the end "
            "token, mask by the attention mask.",
        )


CHECKS = (LanguageModelShift, PadLabelsNotMasked)

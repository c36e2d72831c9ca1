"""PyTorch's names of arguments, given to crossent's own functions."""

from __future__ import annotations

import pytest
from torch import nn
from torch.nn import functional as F
from transformers.loss import loss_utils

from other_libraries import FUNCTIONS, check_named, parameters_of

LOSSES = (
    nn.CrossEntropyLoss, nn.NLLLoss, nn.BCELoss, nn.BCEWithLogitsLoss, nn.KLDivLoss,
    nn.MultiLabelSoftMarginLoss, nn.SoftMarginLoss, nn.PoissonNLLLoss, nn.GaussianNLLLoss,
    F.cross_entropy, F.nll_loss, F.binary_cross_entropy, F.binary_cross_entropy_with_logits,
    loss_utils.ForCausalLMLoss, loss_utils.ForMaskedLMLoss, loss_utils.fixed_cross_entropy,
    loss_utils.ForSequenceClassificationLoss, loss_utils.ForTokenClassification,
)  # fmt: skip
NOT_OF_THE_LOSS = {"config", "var"}


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("name", sorted({*parameters_of(LOSSES)} - NOT_OF_THE_LOSS))
def test_an_error_names_ours(name: str, function: str) -> None:
    check_named(name, function)

"""Losses and counts of PyTorch, called wrongly."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

IGNORED = re.compile(r"deterministic_algorithms|lazily|not a leaf|NumPy array is not writable")


@dataclass
class Output:
    """What a model may return in place of logits."""

    logits: object


def named() -> tuple[str, str]:
    """Return the framework as people call it, and its package."""
    return "PyTorch", "torch"


def given() -> dict[str, Any]:
    """Return the names of the calls."""
    return {
        "torch": torch, "F": F, "nn": nn, "Output": Output, "OrderedDict": OrderedDict,
        "t": torch.as_tensor,
        "Z": torch.randn(6, 4), "T": torch.tensor([0, 1, 2, 3, 1, 2]), "anomaly": anomaly,
        "traced": traced,
        "grown": grown,
    }  # fmt: skip


def anomaly(values: torch.Tensor, loss: Any) -> None:
    """Go back through a loss and look for NaN on the way."""
    with torch.autograd.detect_anomaly():
        x = values.clone().requires_grad_()
        loss(x).backward()


def traced(loss: Any) -> None:
    """Go back through a loss."""
    loss(torch.randn(6, 4, requires_grad=True)).backward()


def grown(x: torch.Tensor) -> torch.Tensor:
    """Write over what the graph needs."""
    p = x.exp()
    loss = -(p.log() * p).sum()
    p.mul_(2)
    return loss


GRID = {
    "indices": [
        "F.cross_entropy({p}, {y})",
        "F.nll_loss({p}, {y})",
        "F.cross_entropy({p}, {y}, weight=torch.ones(4))",
        "F.cross_entropy({p}, {y}, label_smoothing=0.1)",
        "F.multi_margin_loss({p}, {y})",
        "{p}.log_softmax(-1).gather(1, {y}[:, None])",
        "{p}[range(6), {y}]",
        "F.one_hot({y}, 4) * {p}",
        "torch.distributions.Categorical(logits={p}).log_prob({y})",
        "nn.AdaptiveLogSoftmaxWithLoss(4, 4, [2])({p}, {y})",
        "F.log_softmax({p}, 1)",
        "({p}.argmax(1) == {y}).float().mean()",
    ],
    "rows": [
        "F.cross_entropy({p}, {y})",
        "F.kl_div({p}, {y})",
        "F.multilabel_soft_margin_loss({p}, {y})",
        "-({p}.log_softmax(1) * {y}).sum(1).mean()",
        "torch.distributions.OneHotCategorical(logits={p}).log_prob({y})",
    ],
    "yes_no": [
        "F.binary_cross_entropy({p}, {y})",
        "F.binary_cross_entropy_with_logits({p}, {y})",
        "F.soft_margin_loss({p}, {y})",
        "torch.distributions.Bernoulli(probs={p}).log_prob({y})",
    ],
}
MORE = [
    ("F.cross_entropy(Z, T, weight=torch.ones(3))", "weights of 3 classes", "CE314"),
    ("F.cross_entropy(Z, T, weight=torch.ones(4).double())", "weights of float64", "CE314"),
    ("F.cross_entropy(Z, T, weight=torch.ones(4, dtype=torch.long))", "whole weights", "CE314"),
    ("F.cross_entropy(Z, T, weight=torch.ones(4, 1))", "weights of two dimensions", "CE314"),
    ("F.cross_entropy(Z, T, weight=[1.0] * 4)", "weights in a list", "CE314 CE002"),
    ("F.nll_loss(Z, T, weight=torch.ones(3))", "weights of 3 classes", "CE314"),
    ("F.multi_margin_loss(Z, T, weight=torch.ones(3))", "weights of 3 classes", "CE314"),
    ("F.binary_cross_entropy(Z.sigmoid(), Z.sigmoid(), weight=torch.ones(3))", "3 weights",
     "CE314"),
    ("F.binary_cross_entropy_with_logits(Z, Z, pos_weight=torch.ones(3))", "3 weights", "CE314"),
    ("F.binary_cross_entropy_with_logits(Z, Z, weight=torch.ones(3))", "3 weights", "CE314"),
    ("F.cross_entropy(Z, Z.softmax(1), ignore_index=1)", "probabilities and an ignored class",
     "CE316"),
    ("F.cross_entropy(Z, T, reduction='avg')", "a reduction that there is not", "CE001"),
    ("F.cross_entropy(Z, T, label_smoothing=2.0)", "too much smoothing", "CE001"),
    ("F.cross_entropy(Z, T, from_logits=True)", "an option of Keras", "CE001"),
    ("F.cross_entropy(Z, T, size_average=False)", "an option of the past", "CE001"),
    ("nn.CrossEntropyLoss(Z, T)", "the loss is not made first", "CE001"),
    ("nn.CrossEntropyLoss(Z[:1, 0], T[:1])", "the loss is not made first", "CE001"),
    ("nn.BCELoss(Z, T)", "the loss is not made first", "CE001"),
    ("nn.CrossEntropyLoss()(Z)", "no labels", "CE001 CE002"),
    ("nn.CrossEntropyLoss(ignore_index=None)(Z, T)", "no ignored class", "CE001 CE316"),
    ("nn.CrossEntropyLoss(ignore_index='pad')(Z, T)", "a text as ignored class", "CE001 CE316"),
    ("F.cross_entropy(Z, T.to('meta'))", "labels on another device", "CE409"),
    ("F.cross_entropy(Z.to('meta'), T)", "predictions on another device", "CE409"),
    ("F.cross_entropy(Z, T, weight=torch.ones(4, device='meta'))", "weights on another device",
     "CE409"),
    ("F.binary_cross_entropy(Z.sigmoid(), Z.to('meta'))", "labels on another device", "CE409"),
    ("F.binary_cross_entropy_with_logits(Z, Z.to('meta'))", "labels on another device", "CE409"),
    ("torch.multinomial(torch.full((2, 4), float('nan')), 1)", "NaN probabilities", "CE217"),
    ("torch.multinomial(Z - 9, 1)", "logits as probabilities", "CE217 CE106"),
    ("torch.multinomial(torch.zeros(2, 4), 1)", "probabilities that are all 0", "CE406 CE217"),
    ("torch.distributions.Categorical(probs=Z * float('nan'))", "NaN probabilities", "CE217"),
    ("torch.distributions.Categorical(logits=Z * float('nan'))", "NaN logits", "CE217"),
    ("torch.distributions.Categorical(probs=Z - 5)", "logits as probabilities", "CE106 CE406"),
    ("torch.distributions.Bernoulli(probs=Z * 9)", "logits as probabilities", "CE106"),
    ("torch.distributions.Bernoulli(logits=Z * float('nan'))", "NaN logits", "CE217"),
    ("torch.distributions.Categorical(probs=Z[0, 0])", "one number as probabilities", "CE303"),
    ("F.softmax(Z)", "no axis", "CE309"),
    ("F.log_softmax(Z)", "no axis", "CE309"),
    ("nn.Softmax()(Z)", "no axis", "CE309"),
    ("torch.softmax(Z)", "no axis", "CE309"),
    ("torch.log_softmax(Z)", "no axis", "CE309"),
    ("F.softmax(Z, dim=2)", "an axis that there is not", "CE309 CE303"),
    ("F.cross_entropy(Z.half(), T)", "float16 on the CPU", "CE216"),
    ("Z.half().masked_fill(Z > 0, -1e9)", "a mask too large for float16", "CE216"),
    ("anomaly(torch.zeros(6, 4), lambda x: (x / x).log_softmax(1).sum())", "NaN in the gradient",
     "CE213 CE217"),
    ("anomaly(torch.full((6, 4), float('inf')), lambda x: F.cross_entropy(x, T))",
     "infinite logits", "CE213 CE217"),
    ("anomaly(torch.zeros(6, 4), lambda x: (0 * x.log()).sum())", "log(0)", "CE214"),
    ("traced(lambda x: F.cross_entropy(x.detach(), T))", "cut from the graph", "CE305"),
    ("traced(lambda x: F.binary_cross_entropy((x > 0).float(), Z.sigmoid()))", "a threshold",
     "CE305"),
    ("traced(lambda x: F.cross_entropy(x, T, reduction='none'))", "no mean", "CE001"),
    ("traced(grown)", "an operation in place", "CE403"),
    ("F.one_hot(torch.tensor([0, 4]), 4)", "labels count from 1", "CE104 CE101"),
    ("F.one_hot(torch.tensor([0, -1]), 4)", "a label -1", "CE103"),
    ("F.one_hot(torch.tensor([0, 1], dtype=torch.int32), 4)", "int32 labels", "CE111"),
    ("F.one_hot(torch.tensor([0.0, 1.0]), 4)", "float labels", "CE111"),
    ("F.embedding(torch.tensor([0, 9]), Z)", "an id outside of the table", "CE101"),
    ("F.embedding(torch.tensor([0.0, 1.0]), Z)", "ids that are floats", "CE111"),
    ("nn.Embedding(6, 4)(torch.tensor([0, -1]))", "an id -1", "CE101 CE103"),
    ("nn.EmbeddingBag(6, 4)(torch.tensor([[0, 9]]))", "an id outside of the table", "CE101"),
    ("torch.zeros(6, 4).scatter_(1, torch.tensor([[4]]), 1.0)", "one-hot by hand, a label 4",
     "CE104 CE101"),
    ("torch.zeros(6, 4).scatter_(1, torch.tensor([[-1]]), 1.0)", "one-hot by hand, a label -1",
     "CE103"),
    ("torch.zeros(6, 4).scatter_(1, torch.tensor([[1]], dtype=torch.int32), 1.0)",
     "one-hot by hand, int32", "CE111"),
    ("torch.eye(4)[torch.tensor([0, 4])]", "a label 4", "CE104 CE101"),
    ("torch.eye(4)[torch.tensor([0., 1.])]", "float labels", "CE111"),
    ("torch.bincount(torch.tensor([0, -1]))", "counts with a label -1", "CE103"),
    ("torch.bincount(torch.tensor([0., 1.]))", "counts of float labels", "CE111"),
    ("torch.tensor(['cat', 'dog'])", "text as labels", "CE313"),
    ("torch.tensor(np.array(['cat', 'dog']))", "text as labels", "CE313"),
    ("torch.tensor(np.array([1, None], object))", "objects as labels", "CE313"),
    ("torch.tensor([1, None])", "None as a label", "CE312 CE313"),
    ("torch.tensor([[0, 1], [2]])", "rows of different length", "CE112"),
    ("torch.LongTensor(['0', '1'])", "text as labels", "CE313"),
    ("torch.tensor(300, dtype=torch.uint8)", "a class too large for the type", "CE311"),
    ("torch.tensor([-100], dtype=torch.uint8)", "a mark in an unsigned type", "CE311"),
    ("nn.ModuleDict({'fc': nn.Linear(3, 4)}).load_state_dict("
     "nn.ModuleDict({'fc': nn.Linear(3, 1000)}).state_dict())", "a head of 1000 classes", "CE211"),
    ("nn.BCELoss()(Z.sigmoid(), T)", "class indices", "CE109"),
    ("F.multilabel_margin_loss(Z, torch.full((6, 4), 4))", "a label 4", "CE104 CE101"),
    ("F.multilabel_margin_loss(Z, T)", "class indices", "CE109"),
    ("F.gaussian_nll_loss(Z, T, Z.exp())", "a loss for numbers", "CE112 CE109"),
    ("F.mse_loss(Z.softmax(1), T)", "a loss for numbers, class indices", "CE109"),
    ("F.mse_loss(Z[:, :1], T)", "a loss for numbers, another shape", "CE107"),
    ("traced(lambda x: F.mse_loss(x[:, 0], T))", "a loss for numbers, whole labels", "CE111"),
    ("F.kl_div(Z.log_softmax(1), Z.softmax(1))", "the mean over all elements", "CE319"),
    ("F.ctc_loss(Z[:, None], torch.tensor([[1, 9]]), torch.tensor([6]), torch.tensor([2]))",
     "CTC, a label 9", "CE101"),
    ("F.ctc_loss(Z[:, None], torch.tensor([[1, 2]]), torch.tensor([9]), torch.tensor([2]))",
     "CTC, too many steps", "CE112"),
    ("F.cross_entropy(torch.randn(2, 4, 8, 8, dtype=torch.float32), "
     "torch.zeros(2, 8, 8, dtype=torch.int32))", "int32 masks", "CE111"),
    ("{'logits': Z}.log_softmax(1)", "a dict as predictions", "CE002"),
    ("OrderedDict(out=Z).size(0)", "the dict of a segmentation model as predictions", "CE002"),
    ("(Z, Z).log_softmax(1)", "a tuple as predictions", "CE002"),
    ("[Z].argmax(1)", "a list as predictions", "CE002"),
    ("Output(Z).argmax(1)", "an output object as predictions", "CE002"),
    ("F.softmax([0.1, 0.2], dim=0)", "a list as predictions", "CE002"),
    ("F.sigmoid((Z, Z))", "a tuple as predictions", "CE002"),
    ("F.cross_entropy(Z.numpy(), T.numpy())", "NumPy arrays", "CE002"),
    ("F.cross_entropy(Z, 3)", "a number as labels", "CE002"),
    ("Z - torch.randn(6, 5)", "another number of classes", "CE112 CE211 CE101"),
    ("torch.randn(2, 7, 50257) - torch.randn(2, 7, 50262)", "two vocabularies", "CE211 CE101"),
    ("torch.cat([torch.randn(2, 7, 10), torch.randn(2, 7, 12)])", "two numbers of classes",
     "CE211 CE112"),
    ("Z.view(-1, 5)", "a reshape with another number of classes", "CE112"),
    ("float(F.cross_entropy(Z, T, reduction='none'))", "no mean", "CE001"),
    ("F.cross_entropy(Z, T, reduction='none').backward()", "no mean", "CE001 CE305"),
    ("F.cross_entropy(Z, T).backward()", "nothing to learn from", "CE305"),
    ("bool(Z == Z)", "an array as a condition", "CE001"),
    ("Z.argmax(1).numpy() == T.requires_grad_()", "a gradient of labels", "CE111"),
    ("T.requires_grad_()", "a gradient of labels", "CE305 CE111"),
]  # fmt: skip

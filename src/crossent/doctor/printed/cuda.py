"""What PyTorch prints on a GPU: asserts of kernels, which name no label, and full memory."""

from __future__ import annotations

from typing import Final

from crossent.doctor.printed.message import Message, Says

BINARY_LOGITS: Final = "Use BCEWithLogitsLoss, or put a sigmoid before BCELoss."
ON_CPU: Final = (
    "Check the labels on the CPU: y_true.min(), y_true.max(), or ce.diagnose(y_true, "
    "num_classes=C). Then start the process again."
)
_BOUNDS: Final = r"(?: && ['\"]?index out of bounds['\"]*)?"

MESSAGES: Final = (
    Message(
        "CE102",
        "PyTorch on CUDA",
        r"Spatial\w*ClassNLL\w*.{0,160}Assertion `\*?\w+ >= 0 && \*?\w+ < n_classes` failed"
        r"|NLLLoss2d.{0,160}Assertion `\*?\w+ >= 0 && \*?\w+ < n_classes` failed",
        "A label of an image mask is outside 0..C-1; usually it is 255 or -1.",
        0.98,
        ON_CPU,
    ),
    Message(
        "CE102",
        "PyTorch on CUDA",
        r"Assertion `\*?(?:t|cur_target|target|label|y)(?:\[\w+\])? >= 0 && "
        r"\*?(?:t|cur_target|target|label|y)(?:\[\w+\])? < \w+` failed",
        "A label is below 0 or at least the number of outputs. The line that Python names is "
        "not the one that failed. Check the labels on the CPU, then start the process again.",
        0.97,
        ON_CPU,
    ),
    Message(
        "CE102",
        "PyTorch on CUDA",
        r"Assertion `srcIndex < srcSelectDimSize` failed",
        "An id is outside an embedding table: the vocabulary or the list of classes is larger "
        "than the layer.",
        0.85,
        "On the CPU compare ids.max() with embedding.num_embeddings, and call "
        "resize_token_embeddings after adding tokens. Then start the process again.",
    ),
    Message(
        "CE102",
        "PyTorch on CUDA",
        r"Assertion `(?:idx_dim|indexValue|index_value) >= 0 && (?:idx_dim|indexValue|index_value)"
        rf" < [\w.\[\]]+{_BOUNDS}` failed",
        "An index of gather or scatter_ is out of range, such as a label that picks a "
        "log-probability or sets the 1 of a one-hot row.",
        0.85,
        ON_CPU,
    ),
    Message(
        "CE102",
        "PyTorch on CUDA",
        rf"Assertion `-\w+\[\w+\] <= index && index < \w+\[\w+\]{_BOUNDS}` failed"
        rf"|Assertion `(?:ind|index) >= 0 && (?:ind|index) < [\w.\[\]]+{_BOUNDS}` failed"
        r"|Assertion `dstIndex < dstAddDimSize` failed",
        "An index in square brackets is out of range: a label, as in logits[range(N), y] or "
        "weight[y], or an id.",
        0.85,
        ON_CPU,
    ),
    Message(
        "CE102",
        "PyTorch on CUDA",
        r"device-side assert triggered",
        "In a model with a cross-entropy this is nearly always a label outside 0..C-1 (or an id "
        "outside an embedding table). The named line is not the one that failed.",
        0.85,
    ),
    Message(
        "CE106",
        "PyTorch on CUDA",
        r"Assertion `\*?input(?:_val)? >= (?:zero|0\.?) && \*?input(?:_val)? <= "
        r"(?:one|1\.?)` failed",
        "BCELoss was given a logit or a NaN.",
        0.97,
        BINARY_LOGITS,
    ),
    Message(
        "CE217",
        "PyTorch on CUDA",
        r"Assertion `\*?input(?:_val)? >= (?:zero|0\.?) && \*?input(?:_val)? <= "
        r"(?:one|1\.?)` failed",
        "If the model ends in a sigmoid, its output is NaN, which is not between 0 and 1.",
        0.6,
    ),
    Message(
        "CE308",
        "PyTorch on CUDA",
        r"Assertion `\*?target(?:_val)? >= (?:zero|0\.?) && \*?target(?:_val)? <= (?:one|1\.?)` "
        r"failed",
        "A target of BCELoss is outside [0, 1].",
        0.97,
        "Labels 1 and 2 need y_true - 1, labels -1 and 1 need (y_true + 1) / 2, masks of 0 and 255 "
        "need mask / 255.",
    ),
    Message(
        "CE308",
        "PyTorch on CUDA",
        r"Assertion `\*?input(?:_val)? >= (?:zero|0\.?) && \*?input(?:_val)? <= "
        r"(?:one|1\.?)` failed",
        "BCELoss got a number outside [0, 1]; it may be a target.",
        0.6,
        "Labels 1 and 2 need y_true - 1, labels -1 and 1 need (y_true + 1) / 2.",
    ),
    Message(
        "CE217",
        "PyTorch on CUDA",
        r"Assertion `(?:cumdist\[\w+ - 1\] > |!::?isnan\(|val >= "
        r"zero|THCNumerics<T>::ge\(val, zero|"
        r"\(?::*isfinite).{0,60}failed",
        "torch.multinomial was given probabilities that are NaN, infinite or negative: the logits "
        "hold NaN or infinity.",
        0.85,
    ),
    Message(
        "CE102",
        "PyTorch on CUDA",
        r"CUBLAS_STATUS_(?:ALLOC_FAILED|NOT_INITIALIZED|EXECUTION_FAILED)",
        "The GPU memory may be full. If some of it is free, an index was out of range in an "
        "embedding or a loss, and the next cuBLAS call reports the failure.",
        0.6,
        "Run the batch on the CPU, which names the index, or "
        "ce.diagnose(y_true, num_classes=C); then start the process again.",
    ),
    Message(
        "CE206",
        "PyTorch on CUDA",
        r"CUDA out of memory\.? Tried to allocate (?P<n>[\d.]+) (?P<u>[GM]i?B)",
        lambda m: Says(
            0.6,
            f"If {m['n']} {m['u']} is batch × length × vocabulary × 4 bytes, the loss asked for "
            "it.",
        ),
    ),
    Message(
        "CE404",
        "PyTorch on CUDA",
        r"an illegal memory access was encountered",
        "With 2**31 logits or more a kernel may overflow its index: split the rows. Otherwise a "
        "label may be out of range.",
        0.6,
    ),
    Message(
        "CE404",
        "PyTorch on CUDA",
        r"(?:canUse32BitIndexMath|integer out of range|nll_loss.*?too large)",
        "The logits have more elements than a 32-bit index can count: split the rows.",
        0.85,
    ),
    Message(
        "CE405",
        "PyTorch on CUDA",
        r"nll_loss2d_\w+ does not have a deterministic implementation",
        "Flatten logits and labels to two dimensions first; that kernel is deterministic.",
        0.98,
    ),
    Message(
        "CE405",
        "PyTorch on CUDA",
        r"NLLLoss2d\w* does not have a deterministic implementation",
        "Flatten logits and labels to two dimensions first.",
        0.95,
    ),
)

"""What people say that they see, where no software printed it."""

from __future__ import annotations

from typing import Final

from crossent.doctor.printed.message import SYMPTOM, Message

MESSAGES: Final = (
    Message(
        "CE105",
        SYMPTOM,
        r"loss (?:is |stays? |stuck |does not |doesn't |not ).{0,40}(?:decreas|stuck|go down)",
        "If the loss stays between L = ln(e + C - 1) - 1 and L + 1, a softmax is applied twice; "
        "if it stays at ln C, the model has learned nothing.",
        0.5,
    ),
    Message(
        "CE201",
        SYMPTOM,
        r"accuracy (?:stays?|stuck|remains?|is stuck|does(?: no|n')t "
        r"(?:change|increase|improve))"
        r"|loss (?:decreas|fall|drop|goes down)\w*.{0,60}accuracy",
        "With class indices and a custom loss, Keras may choose the wrong accuracy for "
        "'accuracy': pass metrics=['sparse_categorical_accuracy'].",
        0.75,
    ),
    Message(
        "CE202",
        SYMPTOM,
        r"(?:all|every|only).{0,40}(?:-100|ignore\w*|masked).*?nan|nan.*?(?:all|every).{0,40}"
        r"(?:-100|ignored?|masked)",
        "The mean of no rows is NaN in PyTorch and optax: skip such batches, or divide the sum "
        "by max(count, 1).",
        0.9,
    ),
    Message(
        "CE203",
        SYMPTOM,
        r"gradient[_ -]accumulation.*?(?:loss|different|differs|higher|large|incorrect|wrong)",
        "Dividing by the tokens of each micro-batch gives short micro-batches too much weight: "
        "add up the sums, and divide once by one number for all (num_items_in_batch in "
        "transformers).",
        0.85,
    ),
    Message(
        "CE204",
        SYMPTOM,
        r"weight\w*.*?(?:reduction=?['\"]?none|\.mean\(\)|divis|denominator|normaliz)",
        "With class weights PyTorch's mean divides by the sum of the weights of the labels, "
        "not by the number of rows.",
        0.75,
    ),
    Message(
        "CE204",
        SYMPTOM,
        r"class[_ ]weights? (?:are |is |have |has )?(?:ignored|no effect)",
        "In a batch of one class the weight cancels, because PyTorch divides by the sum of the "
        "weights.",
        0.8,
    ),
    Message(
        "CE205",
        SYMPTOM,
        r"sample_weight.*?(?:sum_over_batch_size|masked|padding|divid|too small|half)",
        "Keras divides by all rows: reduction='mean_with_sample_weight' divides by the weights.",
        0.8,
    ),
    Message(
        "CE208",
        SYMPTOM,
        r"next[- ]next[- ]token|shift(?:ed|s|ing)? (?:the )?(?:labels?|twice|tokens?)|"
        r"labels? (?:are |is )?(?:already )?shifted",
        "Hugging Face's causal models shift labels themselves: pass labels = input_ids. With a "
        "loss of your own compare logits[:, :-1] with input_ids[:, 1:].",
        0.85,
    ),
    Message(
        "CE209",
        SYMPTOM,
        r"(?:never|does ?n[o']t|won't) (?:stop|stops|end|generate eos|emit eos)",
        "All end tokens were masked as padding: mask padding by its position, not by its token.",
        0.7,
    ),
    Message(
        "CE212",
        SYMPTOM,
        r"label[_ ]?smoothing.*?(?:nan|inf\b)|(?:nan|inf\b).*?label[_ ]?smoothing",
        "Label smoothing gives probability to masked classes (logits of -inf or -1e9): smooth "
        "only over the classes that are not masked. In float16 the sum over all classes may "
        "overflow as well.",
        0.85,
    ),
    Message(
        "CE212",
        SYMPTOM,
        r"safe_softmax_cross_entropy",
        "optax.softmax_cross_entropy multiplies 0 by -inf; safe_softmax_cross_entropy does not.",
        0.8,
    ),
    Message(
        "CE213",
        SYMPTOM,
        r"(?:grad\w* (?:is|are|becomes?|of) (?:all )?nan).*?(?:loss is (?:fine|finite))|"
        r"loss is (?:fine|finite).*?grad\w* (?:is|are) nan",
        "Ignored or masked rows that hold NaN or infinity cause this: clean the input before the "
        "loss.",
        0.85,
    ),
    Message(
        "CE215",
        SYMPTOM,
        r"\b1[56]\.(?:118|1181|424|4249|333)\d*\b",
        "16.118 = -ln 1e-7, the loss of a row whose probability was clipped. 15.42 and 15.33 "
        "are the same with other clips.",
        0.8,
    ),
    Message(
        "CE216",
        SYMPTOM,
        r"(?:bf16|bfloat16|fp16|float16|half).*?loss.*?(?:nan|inf\b|overflow|steps?|quanti)",
        "A loss in 16 bits moves in steps, and float16 overflows: convert logits to float32 "
        "before the loss.",
        0.7,
    ),
    Message(
        "CE217",
        SYMPTOM,
        r"\bloss\b\W{0,4}(?:is |was |becomes |=|:)? ?nan\b",
        "First look at the labels: a label out of range gives NaN on GPUs, in XLA and in optax. "
        "Then at the logits: ce.diagnose(y_true, y_pred) names the rows.",
        0.7,
    ),
    Message(
        "CE218",
        SYMPTOM,
        r"loss.{0,40}(?:stuck|stays?\b|constant|plateau|(?:is |not |doesn't |won't |never )"
        r"(?:not )?(?:decreas|converg|chang|improv|drop|(?:go|going|goes) down))",
        "Compare the number with ln C and with the entropy of the label frequencies: "
        "ce.diagnose(y_true, num_classes=C, history=losses).",
        0.6,
    ),
    Message(
        "CE306",
        SYMPTOM,
        r"(?:nll|negative log likelihood|loss)\S* (?:is |are |was |becomes |goes )?negative",
        "Cross-entropy of class indices is never negative. nll_loss without log_softmax gives -p; "
        "swapped arguments, or targets that are not a distribution, also make the loss negative.",
        0.75,
    ),
    Message(
        "CE307",
        SYMPTOM,
        r"log_?softmax.{0,60}cross_?entropy|cross_?entropy.{0,60}log_?softmax",
        "A log_softmax before a loss on logits does not change the loss; it only takes time.",
        0.6,
    ),
    Message(
        "CE310",
        SYMPTOM,
        r"(?:mixed_float16|mixed_bfloat16|float16|bf16|fp16).*(?:labels?|classes).*(?:nan|wrong)",
        "With a 16-bit policy labels may be cast to 16 bits: keep them integers.",
        0.5,
    ),
    Message(
        "CE319",
        SYMPTOM,
        r"(?:same|identical) (?:inputs?|data|logits).{0,60}different (?:loss|values?|results?)|"
        r"(?:loss|values?|results?).{0,40}(?:differs?|different) (?:between|in|from)",
        "Compare divisor, base of the logarithm, clipping and row sums: "
        "ce.diagnose(y_true, y_pred, observed=value) names the one that fits.",
        0.8,
    ),
    Message(
        "CE402",
        SYMPTOM,
        r"(?:tensor|vocab\w*|model)[- ]parallel.{0,80}(?:loss|cross_?entropy)|"
        r"vocab_parallel_cross_entropy",
        "If the loss is ln(TP) too high, the parallel loss gets gathered logits. Also look at "
        "padded vocabulary columns: they must be -inf.",
        0.8,
    ),
    Message(
        "CE403",
        SYMPTOM,
        r"(?:liger|unsloth|fused).{0,60}(?:logits|in-?place|overw|second loss|modif)",
        "The fused kernel overwrites the logits with their gradients.",
        0.85,
    ),
    Message(
        "CE407",
        SYMPTOM,
        r"ignore_class=-1.*?nan|nan.*?ignore_class=-1",
        "Keras 2 uses -1 as an index before it masks it.",
        0.9,
        "Mark missing labels with another number, or upgrade to Keras 3.",
    ),
    Message(
        "CE408",
        SYMPTOM,
        r"(?:predict|output)\w* (?:only |always |just |the same )+(?:one|a single|the same|"
        r"class|0|1|background)",
        "If the labels are imbalanced, weight the classes. Also look for dead outputs, and for "
        "labels that do not belong to the inputs.",
        0.8,
    ),
)

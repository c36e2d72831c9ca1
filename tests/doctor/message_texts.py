"""Error messages as frameworks print them, and what people write; with the code that they show.

The first code is the likeliest. Where a message has several causes, all that must be named stand
there.
"""

from __future__ import annotations

from doctor.library_texts import FROM_LIBRARIES
from doctor.printed_texts import PRINTED
from doctor.reported_texts import REPORTED
from doctor.source_texts import FROM_SOURCES
from doctor.symptom_texts import SYMPTOMS

PYTORCH = (
    ("  rows = F.one_hot(labels[labels >= 0])\nRuntimeError: Can not infer total number of classes "
     "from empty tensor.", "CE202"),
    ("IndexError: Target 10 is out of bounds.", "CE101 CE104"),
    ("IndexError: Target 24 is out of bounds.", "CE101"),
    ("IndexError: Target 12 is out of bounds. (ultralytics, classes of my dataset)", "CE101 CE104"),
    ("IndexError: Target -1 is out of bounds.", "CE103"),
    ("IndexError: Target -100 is out of bounds.", "CE103"),
    ("IndexError: Target 255 is out of bounds.", "CE103 CE210"),
    ("IndexError: Target 192 is out of bounds.", "CE101 CE210"),
    ("IndexError: Target 128 is out of bounds.", "CE101 CE210"),
    ("IndexError: Target -9223372036854775808 is out of bounds.", "CE312"),
    ("IndexError: Target 4294967295 is out of bounds.", "CE312"),
    ("IndexError: Target 1 is out of bounds.", "CE101 CE302"),
    ("Target 1 is out of bounds. My last layer has one unit.", "CE101 CE302"),
    ("index 10 is out of bounds for dimension 1 with size 10", "CE104 CE101 CE211"),
    ("index 31 is out of bounds for dimension 0 with size 11", "CE101 CE211"),
    ("RuntimeError: 0D or 1D target tensor expected, multi-target not supported", "CE107 CE301"),
    ("0D or 1D target tensor expected, multi-target not supported\n  at loss.py:12", "CE107 CE301"),
    ("RuntimeError: 1D target tensor expected, multi-target not supported", "CE107 CE301 CE410"),
    ("RuntimeError: multi-target not supported at /pytorch/aten/src/THNN/generic/"
     "ClassNLLCriterion.c:21", "CE107 CE108 CE301 CE410"),
    ("RuntimeError: multi-target not supported at ../ClassNLLCriterion.cu:15", "CE107 CE108 CE301"),
    ("RuntimeError: only batches of spatial targets supported (3D tensors) but got targets of "
     "dimension: 4", "CE107"),
    ("only batches of spatial targets supported (3D tensors) but got targets of size: : "
     "[8, 1, 224, 224]", "CE107"),
    ("only batches of spatial targets supported (3D tensors) but got targets of size: : "
     "[16, 513, 513, 4]", "CE210 CE107"),
    ("only batches of spatial targets supported (3D tensors) but got targets of size: : "
     "[2, 256, 256, 3]", "CE210 CE107"),
    ("RuntimeError: Expected floating point type for target with class probabilities, got Long",
     "CE108"),
    ("RuntimeError: Expected floating point type for target with class probabilities, got Int",
     "CE108"),
    ("ValueError: Expected input batch_size (8) to match target batch_size (32).", "CE112 CE108"),
    ("ValueError: Expected input batch_size (1280) to match target batch_size (1024).", "CE112"),
    ("ValueError: Expected input batch_size (324) to match target batch_size (4).", "CE112"),
    ("RuntimeError: Expected target size [32, 12778], got [32, 100]", "CE110"),
    ("RuntimeError: Expected target size [16, 5], got [16, 20]", "CE110"),
    ("RuntimeError: size mismatch (got input: [2, 4, 6, 3], target: [2, 4, 6]", "CE110"),
    ("RuntimeError: size mismatch (got input: [2, 3, 8, 8] , target: [2, 7, 8]", "CE112"),
    ("RuntimeError: expected scalar type Long but found Float", "CE111"),
    ("RuntimeError: expected scalar type Long but found Int", "CE111"),
    ("RuntimeError: Expected object of scalar type Long but got scalar type Int for argument #2 "
     "'target' in call to _thnn_nll_loss_forward", "CE111"),
    ("RuntimeError: expected target dtype to be Long or Byte, but got Int", "CE111"),
    ('RuntimeError: "nll_loss_forward_reduce_cuda_kernel_2d_index" not implemented for \'Int\'',
     "CE111"),
    ('RuntimeError: "nll_loss_out_frame" not implemented for \'Half\'', "CE216"),
    ('RuntimeError: "log_softmax_lastdim_kernel_impl" not implemented for \'Half\'', "CE216"),
    ('RuntimeError: "log_softmax_lastdim_kernel_impl" not implemented for \'Long\'', "CE304"),
    ('RuntimeError: "host_softmax" not implemented for \'Int\'', "CE304"),
    ("RuntimeError: value cannot be converted to type at::Half without overflow", "CE216"),
    ("RuntimeError: value cannot be converted to type uint8_t without overflow", "CE311"),
    ("RuntimeError: value cannot be converted to type int8_t without overflow", "CE311"),
    ("ValueError: For 1D input, 1D target must have size 1, but got target size: [32]", "CE303"),
    ("For 1D input, 1D target must have size 1, but got target size: [7]", "CE303"),
    ("IndexError: Dimension out of range (expected to be in range of [-1, 0], but got 1)", "CE303"),
    ("RuntimeError: element 0 of tensors does not require grad and does not have a grad_fn",
     "CE305"),
    ("element 0 of variables does not require grad and does not have a grad_fn", "CE305"),
    ("torch nll_loss not returning negative log likelihood", "CE306"),
    ("nll_loss is not returning negative log-likelihood of the target", "CE306"),
    ("RuntimeError: all elements of input should be between 0 and 1", "CE106"),
    ("all elements of input should be between 0 and 1 (BCELoss)", "CE106"),
    ("RuntimeError: all elements of target should be between 0 and 1", "CE308"),
    ("all elements of target should be between 0 and 1, labels are 1 and 2", "CE308"),
    ("UserWarning: Implicit dimension choice for softmax has been deprecated. Change the call to "
     "include dim=X as an argument.", "CE309"),
    ("UserWarning: Implicit dimension choice for log_softmax has been deprecated.", "CE309"),
    ("RuntimeError: weight tensor should be defined either for all 3 classes or no classes but got "
     "weight tensor of shape: [2]", "CE314"),
    ("weight tensor should be defined either for all or no classes", "CE314"),
    ("RuntimeError: expected scalar type Float but found Double", "CE314"),
    ("TypeError: can't convert np.ndarray of type numpy.str_. The only supported types are: "
     "float64, float32", "CE313"),
    ("TypeError: can't convert np.ndarray of type numpy.object_.", "CE313"),
    ("ValueError: too many dimensions 'str'", "CE313"),
    ("RuntimeError: ignore_index is not supported for floating point target", "CE316"),
    ("ignore_index is not supported for floating point target (mixup)", "CE316"),
    ("Function 'LogSoftmaxBackward0' returned nan values in its 0th output.", "CE213"),
    ("RuntimeError: Function 'NllLossBackward0' returned nan values in its 0th output.", "CE213"),
    ("RuntimeError: Function 'LogBackward0' returned nan values in its 0th output.", "CE214"),
    ("Function LogBackward returned nan values in its 0th output.", "CE214"),
    ("RuntimeError: probability tensor contains either `inf`, `nan` or element < 0", "CE217"),
    ("probability tensor contains either `inf`, `nan` or element < 0 (torch.multinomial)", "CE217"),
    ("RuntimeError: one of the variables needed for gradient computation has been modified by an "
     "inplace operation: [torch.FloatTensor [8, 50257]]", "CE403"),
    ("one of the variables needed for gradient computation has been modified by an inplace "
     "operation", "CE403"),
    ("RuntimeError: Expected all tensors to be on the same device, but found at least two devices, "
     "cuda:0 and cpu! (when checking argument for argument target in method "
     "wrapper_CUDA_nll_loss_forward)", "CE409"),
    ("Expected all tensors to be on the same device, but got weight is on cpu", "CE409"),
    ("RuntimeError: Tensor on device cpu is not on the expected device meta!", "CE409"),
    ("size mismatch for classifier.weight: copying a param with shape torch.Size([2, 768]) from "
     "checkpoint, the shape in current model is torch.Size([5, 768]).", "CE211"),
    ("size mismatch for fc.bias: copying a param with shape torch.Size([1000]) from checkpoint, "
     "the shape in current model is torch.Size([10]).", "CE211"),
    ("IndexError: index -100 is out of bounds for dimension 0 with size 2", "CE315 CE103"),
    ("index -100 is out of bounds for dimension 0 with size 10 (label_smoothing=0.1)",
     "CE315 CE103"),
    ("ValueError: Target size (torch.Size([4])) must be the same as input size "
     "(torch.Size([4, 1]))", "CE107"),
    ("ValueError: Target size (torch.Size([4])) must be the same as input size "
     "(torch.Size([4, 9]))", "CE109"),
    ("ValueError: Target size (torch.Size([5])) must be the same as input size (torch.Size([4]))",
     "CE112"),
    ("Using a target size (torch.Size([4, 1])) that is different to the input size "
     "(torch.Size([4]))", "CE107"),
    ("RuntimeError: result type Float can't be cast to the desired output type Long", "CE111"),
    ("RuntimeError: Found dtype Long but expected Float", "CE111"),
    ("IndexError: index out of range in self", "CE101"),
    ("RuntimeError: Class values must be smaller than num_classes.", "CE101"),
    ("RuntimeError: Class values must be non-negative.", "CE103"),
    ("RuntimeError: Boolean value of Tensor with more than one value is ambiguous", "CE001"),
    ("argument 'target' (position 2) must be Tensor, not numpy.ndarray", "CE002"),
    ("a target size (torch.Size([8])) that is different to the input size (torch.Size([8, 3]))",
     "CE109"),
    ("Boolean value of Tensor with more than one value is ambiguous (CrossEntropyLoss(x, y))",
     "CE001"),
    ("nll_loss_nd(): argument 'target' (position 2) must be Tensor, not list",
     "CE002"),
)  # fmt: skip

CUDA = (
    ("RuntimeError: CUDA error: device-side assert triggered", "CE102"),
    ("../aten/src/ATen/native/cuda/Loss.cu:250: nll_loss_forward_reduce_cuda_kernel_2d: block: "
     "[0,0,0], thread: [3,0,0] Assertion `t >= 0 && t < n_classes` failed.", "CE102"),
    ("NLLLoss2d.cu:103: Assertion `cur_target >= 0 && cur_target < n_classes` failed.", "CE102"),
    ("Indexing.cu:699: indexSelectLargeIndex: Assertion `srcIndex < srcSelectDimSize` failed.",
     "CE102"),
    ("Loss.cu:92: operator(): block: [0,0,0] Assertion `input_val >= zero && input_val <= one` "
     "failed.", "CE106 CE308"),
    ("Assertion `input_val >= zero && input_val <= one` failed. binary_cross_entropy",
     "CE106 CE308"),
    ("torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 12.27 GiB", "CE206"),
    ("RuntimeError: CUDA out of memory. Tried to allocate 734.00 MiB (GPU 0)", "CE206"),
    ("RuntimeError: CUDA error: an illegal memory access was encountered", "CE404"),
    ("CUDA error: an illegal memory access was encountered in cross_entropy", "CE404"),
    ("RuntimeError: nll_loss2d_forward_out_cuda_template does not have a deterministic "
     "implementation", "CE405"),
    ("nll_loss2d_backward_out_cuda_template does not have a deterministic implementation",
     "CE405"),
)  # fmt: skip

TENSORFLOW = (
    ("InvalidArgumentError: Received a label value of 66908 which is outside the valid range of "
     "[0, 66908).  Label values: 66908", "CE104 CE101 CE211"),
    ("Received a label value of 32 which is outside the valid range of [0, 11).", "CE101 CE211"),
    ("Received a label value of 10 which is outside the valid range of [0, 10).  Label values: "
     "3 10 1", "CE104 CE101"),
    ("Received a label value of -1 which is outside the valid range of [0, 80).", "CE103"),
    ("Received a label value of 255 which is outside the valid range of [0, 10).", "CE103 CE210"),
    ("Received a label value of 128 which is outside the valid range of [0, 3).", "CE101 CE210"),
    ("Received a label value of -2147483648 which is outside the valid range of [0, 5).", "CE312"),
    ("Received a label value of -9223372036854775808 which is outside the valid range of [0, 2).",
     "CE312"),
    ("logits and labels must have the same first dimension, got logits shape [250,10] and labels "
     "shape [2500]", "CE108"),
    ("logits and labels must have the same first dimension, got logits shape [32,5] and labels "
     "shape [160]", "CE108"),
    ("logits and labels must have the same first dimension, got logits shape [32,271573] and "
     "labels shape [960]", "CE112"),
    ("logits and labels must have the same first dimension, got logits shape [400,10000] and "
     "labels shape [420]", "CE112"),
    ("ValueError: `labels.shape` must equal `logits.shape` except for the last dimension. "
     "Received: labels.shape=(5,) and logits.shape=(12, 3)", "CE112"),
    ("ValueError: Shapes (None, 1) and (None, 10) are incompatible", "CE109"),
    ("ValueError: Shapes (32, 1) and (32, 3) are incompatible", "CE109"),
    ("TypeError: Value for attr 'Tlabels' of float is not in the list of allowed values: int32, "
     "int64", "CE111"),
    ("Value for attr 'Tlabels' of uint8 is not in the list of allowed values: int32, int64",
     "CE111"),
    ("UnimplementedError: Cast string to float is not supported", "CE313"),
    ("tensorflow.python.framework.errors_impl.UnimplementedError: Cast string to int64 is not "
     "supported", "CE313"),
    ("ValueError: No gradients provided for any variable: ['dense/kernel:0', 'dense/bias:0'].",
     "CE304 CE305 CE407"),
    ("No gradients provided for any variable.", "CE304 CE305 CE407"),
    ("InvalidArgumentError: Tensor had NaN values [Op:CheckNumerics]", "CE217"),
    ("InvalidArgumentError: loss : Tensor had Inf and NaN values", "CE217"),
    ("ResourceExhaustedError: OOM when allocating tensor with shape[64,512,30522] and type float",
     "CE206"),
    ("OOM when allocating tensor with shape [128,50257]", "CE206"),
    ("ValueError: Please use `tf.keras.losses.Reduction.SUM` or `tf.keras.losses.Reduction.NONE` "
     "for loss reduction when losses are used with `tf.distribute.Strategy` outside of the "
     "built-in training loops.", "CE401"),
    ("Please use tf.keras.losses.Reduction.SUM or tf.keras.losses.Reduction.NONE", "CE401"),
    ("logits and labels must be broadcastable: logits_size=[16,10] labels_size=[16,11]", "CE101"),
    ("logits and labels must be broadcastable: logits_size=[16,10] labels_size=[1,16]", "CE109"),
    ("`labels.shape.rank` must equal `logits.shape.rank - 1`. Received: labels.shape=(16, 1)",
     "CE107"),
    ("`logits` and `labels` must have the same shape, received ((16, 1) vs (16,)).", "CE107"),
    ("indices[0] = 10 is not in [0, 10)", "CE101"),
    ("logits and labels must be broadcastable: logits_size=[8,3] labels_size=[8,4]",
     "CE101"),
    ("`logits` and `labels` must have the same shape, received ((16, 10) vs (16,)).",
     "CE109"),
)  # fmt: skip

KERAS = (
    ("ValueError: You are passing a target array of shape (32, 1) while using as loss "
     "`categorical_crossentropy`.", "CE109"),
    ("ValueError: Error when checking target: expected activation_2 to have shape (None, 10) but "
     "got array with shape (3, 1)", "CE109"),
    ("ValueError: Arguments `target` and `output` must have the same rank (ndim). Received: "
     "target.shape=(8,), output.shape=(8, 3)", "CE109"),
    ("ValueError: Argument `output` must have rank (ndim) `target.ndim - 1`. Received: "
     "target.shape=(12, 3), output.shape=(12, 3)", "CE108"),
    ("Arguments `target` and `output` must have the same shape up until the last dimension: "
     "target.shape=(8, 3), output.shape=(8, 3)", "CE108"),
    ("ValueError: A target array with shape (6682, 2) was passed for an output of shape "
     "(None, 15, 2) while using as loss `binary_crossentropy`.", "CE112"),
    ("A target array with shape (100, 1) was passed for an output of shape (None, 28, 10)",
     "CE112"),
    ("ValueError: Only axis=-1 is currently supported", "CE110"),
    ("Only `axis=-1` is supported with the TensorFlow backend", "CE110"),
    ("ValueError: invalid literal for int() with base 10: 'Participant1'", "CE313"),
    ("invalid literal for int() with base 10: 'cat'", "CE313"),
    ("ValueError: Invalid dtype: str32", "CE313"),
    ("Invalid dtype: str96 (torch backend)", "CE313"),
    ("ValueError: `class_weight` not supported for 3+ dimensional targets.", "CE314"),
    ("TypeError: only 0-dimensional arrays can be converted to Python scalars", "CE314"),
    ("ValueError: `class_weight` must contain all classes in the data. The classes {2} exist in "
     "the data but not in `class_weight`.", "CE314"),
    ('UserWarning: "`sparse_categorical_crossentropy` received `from_logits=True`, but the '
     '`output` argument was produced by a Softmax activation and thus does not represent logits. '
     'Was this intended?"', "CE317"),
    ('"`binary_crossentropy` received `from_logits=True`, but the `output` argument was produced '
     'by a Sigmoid activation and thus does not represent logits. Was this intended?"', "CE317"),
    ("SyntaxWarning: In loss categorical_crossentropy, expected y_pred.shape to be (batch_size, "
     "num_classes) with num_classes > 1. Received: y_pred.shape=(None, 1).", "CE302"),
    ("expected y_pred.shape to be (batch_size, num_classes) with num_classes > 1", "CE302"),
    ("MemoryError in keras.utils.to_categorical(y, 200000)", "CE207"),
    ("to_categorical: numpy.core._exceptions.MemoryError", "CE207"),
    ("Make sure: Data cardinality is ambiguous. 'x' sizes: 16 'y' sizes: 12", "CE112"),
    ("must have the same shape. Received: target.shape=(None, 11), output.shape=(None, 10)",
     "CE101"),
    ("must have the same shape. Received: target.shape=(None, 3), output.shape=(None, 10)",
     "CE211"),
    ("must have the same shape. Received: target.shape=(None, 1), output.shape=(None, 10)",
     "CE109"),
    ("ValueError: Data cardinality is ambiguous. 'x' sizes: 100 'y' sizes: 99",
     "CE112"),
    ("must have the same shape. Received: target.shape=(32, 12), output.shape=(32, 10)",
     "CE101"),
    ("must have the same shape. Received: target.shape=(32, 4), output.shape=(32, 5)",
     "CE211"),
)  # fmt: skip

NUMPY = (
    ("IndexError: index 10 is out of bounds for axis 1 with size 10", "CE104 CE101 CE211"),
    ("index 3 is out of bounds for axis 0 with size 3", "CE104 CE101 CE211"),
    ("IndexError: index 200 is out of bounds for axis 0 with size 21", "CE101 CE210 CE211"),
    ("index 255 is out of bounds for axis 0 with size 21", "CE103 CE210"),
    ("index -100 is out of bounds for axis 1 with size 10", "CE103"),
    ("index -9223372036854775808 is out of bounds for axis 0 with size 10", "CE312"),
    ("index -2147483648 is out of bounds for axis 1 with size 10", "CE312"),
    ("OverflowError: Python integer 300 out of bounds for uint8", "CE311"),
    ("OverflowError: Python integer -100 out of bounds for uint8", "CE311"),
    ("RuntimeWarning: divide by zero encountered in log", "CE214"),
    ("RuntimeWarning: invalid value encountered in multiply", "CE214"),
    ("RuntimeWarning: Mean of empty slice.", "CE202"),
    ("ZeroDivisionError: Weights sum to zero, can't be normalized", "CE202"),
    ("numpy._core._exceptions._ArrayMemoryError: Unable to allocate 22.4 GiB for an array with "
     "shape (3000000, 1000) and data type float64", "CE207"),
    ("Unable to allocate 58.0 GiB for an array with shape (10000, 256, 256, 16)", "CE207"),
    ("ValueError: Object arrays cannot be loaded when allow_pickle=False", "CE501"),
    ("Object arrays cannot be loaded when allow_pickle=False (labels.npy)", "CE501"),
)  # fmt: skip

JAX = (
    ("ValueError: indices and arr must have the same number of dimensions; 2 vs. 1", "CE303"),
    ("take_along_axis indices and arr must have the same number of dimensions, got 3 and 2",
     "CE107"),
    ("AssertionError: [Chex] Assertion assert_type failed: input 0 has type float32 but expected "
     "subdtype of <class 'numpy.integer'>", "CE111"),
    ("labels must be a subdtype of numpy.integer", "CE111"),
    ("TypeError: grad requires real- or complex-valued inputs (input dtype that is a sub-dtype of "
     "np.inexact), but got int32.", "CE305"),
    ("grad requires real- or complex-valued outputs (output dtype that is a sub-dtype of "
     "np.floating), but got int64.", "CE305"),
    ("FloatingPointError: invalid value (nan) encountered in jit(log_softmax)", "CE217"),
    ("invalid value (nan) encountered in log", "CE217"),
    ("XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory allocating 13421772800 bytes.", "CE206"),
    ("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 12884901888 bytes", "CE206"),
    ("ValueError: Incompatible shapes for broadcasting: shapes=[(16,), (16, 10)]", "CE109"),
    ("TypeError: mul got incompatible shapes for broadcasting: (16, 11), (16, 10).", "CE101"),
    ("expected subdtype of <class 'jax.numpy.floating'> numpy.floating, got int32", "CE304"),
    ("indices and arr must have the same number of dimensions; 1 vs. 2", "CE107"),
    ("sub got incompatible shapes for broadcasting: (8,), (8, 3).",
     "CE109"),
    ("Incompatible shapes for broadcasting: shapes=[(8, 5), (8, 3)]",
     "CE101"),
    ("expected subdtype of <class 'jax.numpy.floating'> numpy.floating, got int64",
     "CE304"),
)  # fmt: skip

SKLEARN = (
    ("Multi-label binary indicator input with different numbers of labels", "CE211"),
    ("ValueError: y_true and y_prob contain different number of classes: 2 vs 3. Please provide "
     "the true labels explicitly through the labels argument.", "CE318 CE101"),
    ("y_true and y_pred contain different number of classes 4, 5.", "CE318 CE101"),
    ("ValueError: y_true contains only one label (0). Please provide the true labels explicitly "
     "through the labels argument.", "CE318"),
    ("UserWarning: Labels passed were ['b', 'a']. But this function assumes labels are ordered "
     "lexicographically.", "CE318"),
    ("UserWarning: The y_prob values do not sum to one. Make sure to pass probabilities.", "CE406"),
    ("UserWarning: The y_pred values do not sum to one. Starting from 1.5 this will result in an "
     "error.", "CE406"),
    ("ValueError: y_prob contains values less than 0.", "CE106"),
    ("ValueError: y_prob contains values greater than 1.", "CE106"),
    ("ValueError: Input y_prob contains NaN.", "CE217"),
    ("ValueError: Input contains infinity or a value too large for dtype('float64').", "CE217"),
    ("ValueError: Classification metrics can't handle a mix of continuous and multiclass targets",
     "CE304"),
    ("Classification metrics can't handle a mix of continuous-multioutput and multiclass targets",
     "CE304"),
    ("ValueError: Found input variables with inconsistent numbers of samples: [100, 80]", "CE112"),
    ("Found input variables with inconsistent numbers of samples: [300, 900]", "CE112"),
    ("ValueError: multilabel-indicator format is not supported", "CE301"),
    ("Multioutput target data is not supported with label binarization", "CE301"),
    ("ValueError: y_true contains values {2} not belonging to the passed labels [0, 1]", "CE101"),
    ("ValueError: Input y contains NaN.", "CE312"),
    ("ValueError: y_true contains values {'c'} not belonging to the passed labels ['a' 'b']",
     "CE101"),
    ("Input y contains NaN.",
     "CE312"),
)  # fmt: skip

HUGGING_FACE = (
    ("RuntimeError: num_items_in_batch is on another device than the loss", "CE409 CE203"),
    ("loss / num_items_in_batch: tensors on device cuda:1 and device cuda:0", "CE409 CE203"),
    ("You passed num_items_in_batch to a loss that averages", "CE203"),
    ("Setting `pad_token_id` to `eos_token_id`:50256 for open-end generation.", "CE209"),
    ("ValueError: Asking to pad but the tokenizer does not have a padding token.", "CE209"),
    ("You should pass ignore_mismatched_sizes=True to load the head", "CE211"),
    ("use ignore_mismatched_sizes=True, the classifier has 3 labels instead of 2", "CE211"),
)  # fmt: skip

_FOUND = (
    "xgboost.core.XGBoostError: [12:00:00] /src/metric/multiclass_metric.cu:34: "
    "MultiClassEvaluation: label must be in [0, num_class), num_class=3 but found {} in label"
)
XGBOOST = (
    (_FOUND.format(255), "CE103 CE210"),
    (_FOUND.format(128), "CE101 CE210"),
    (_FOUND.format(4), "CE101"),
)

TEXTS = tuple(
    (text, codes.split())
    for group in (
        PYTORCH, CUDA, TENSORFLOW, KERAS, NUMPY, JAX, SKLEARN, HUGGING_FACE,
        XGBOOST, SYMPTOMS, PRINTED,
        [(case.text, case.codes.split()[0]) for case in REPORTED],
        [(case.text, case.codes) for group in FROM_SOURCES.values() for case in group],
        [(case.text, case.codes) for group in FROM_LIBRARIES.values() for case in group],
    )
    for text, codes in group
    if codes
)  # fmt: skip
"""Every text with its codes, the likeliest first."""

"""Messages as people report them: of older versions, in logs, with the codes that they show.

`says` are words that the answer holds, `not_says` words that it must not hold, in lower case.
"""

from __future__ import annotations

from typing import NamedTuple


class Reported(NamedTuple):
    """A message, the codes of which one stands first, and words of the answer."""

    text: str
    codes: str
    says: tuple[str, ...] = ()
    not_says: tuple[str, ...] = ()


_A, _Z = "/pytorch/aten/src", "/opt/conda/conda-bld/pytorch_1/work/aten/src"
ASSERTS = (
    Reported(f"{_A}/THCUNN/ClassNLLCriterion.cu:105: void "
             f"cunn_ClassNLLCriterion_updateOutput_kernel"
             "(Dtype *, long): block: [0,0,0], thread: [7,0,0] Assertion `t >= 0 && t < n_classes` "
             "failed.", "CE102 CE101", ("outputs",), ("mask",)),
    Reported(".../THCUNN/ClassNLLCriterion.cu:59: block: [0,0,0], thread: [0,0,0] Assertion "
             "`cur_target >= 0 && cur_target < n_classes` failed.", "CE102", (), ("image mask",)),
    Reported(f"{_A}/THCUNN/SpatialClassNLLCriterion.cu:104: block: [4,0,0], thread: [3,0,0] "
             f"Assertion"
             " `t >= 0 && t < n_classes` failed.", "CE102", ("image mask", "255")),
    Reported("Assertion `cur_target >= 0 && cur_target < n_classes' failed.  at "
             f"{_A}/THNN/generic/ClassNLLCriterion.c:97", "CE101", ("y_true.max()",)),
    Reported(f"{_A}/THCUNN/BCECriterion.cu:30: Acctype bce_functor<Dtype, Acctype>: block: [0,0,0] "
             "Assertion `input >= 0. && input <= 1.` failed.", "CE106", ("bcewithlogitsloss",)),
    Reported(f"{_Z}/ATen/native/cuda/Loss.cu:94: operator(): block: [1,0,0], thread: [2,0,0] "
             f"Assertion"
             " `target_val >= zero && target_val <= one` failed.", "CE308", ("255",)),
    Reported(f"{_A}/ATen/native/cuda/ScatterGatherKernel.cu:144: operator(): block: [0,0,0] "
             f"Assertion "
             '`idx_dim >= 0 && idx_dim < index_size && "index out of bounds"` failed.', "CE102",
             ("gather",)),
    Reported(f"{_A}/THC/THCTensorScatterGather.cu:188: void THCudaTensor_scatterFillKernel: block: "
             "[0,0,0] Assertion `indexValue >= 0 && indexValue < tensor.sizes[dim]` "
             "failed.", "CE102",
             ("one-hot",)),
    Reported(f"{_A}/ATen/native/cuda/IndexKernel.cu:92: operator(): block: [0,0,0], thread: "
             f"[5,0,0] "
             'Assertion `-sizes[i] <= index && index < sizes[i] && "index out of bounds"` failed.',
             "CE102", ("square brackets",)),
    Reported(f"{_A}/THC/THCTensorIndex.cu:307: indexSelectSmallIndex: Assertion `srcIndex < "
             "srcSelectDimSize` failed.", "CE102", ("embedding",)),
    Reported("MultinomialKernel.cu:112: Assertion `cumdist[size - 1] > static_cast<scalar_t>(0)` "
             "failed.", "CE217"),
    Reported("TensorCompare.cu:106: _assert_async_cuda_kernel: block: [0,0,0]\n"
             "Assertion `!::isnan(val)` failed.", "CE217"),
)  # fmt: skip

OLDER_TYPES = (
    Reported("RuntimeError: Assertion `cur_target >= 0 && cur_target < n_classes' failed.  at "
             "/opt/conda/work/aten/src/THNN/generic/SpatialClassNLLCriterion.c:111", "CE101"),
    Reported("RuntimeError: Expected object of type torch.FloatTensor but found type "
             "torch.LongTensor for argument #1 'self'", "CE304"),
    Reported("RuntimeError: Expected object of type torch.FloatTensor but found type "
             "torch.DoubleTensor for argument #3 'weight'", "CE314", ("double",)),
    Reported("RuntimeError: Expected object of type torch.cuda.LongTensor but found type "
             "torch.cuda.IntTensor for argument #2 'target'", "CE111", (".long()",)),
    Reported("RuntimeError: Expected object of type torch.LongTensor but found type "
             "torch.FloatTensor for argument #2 'target'", "CE111", (".long()", "float")),
    Reported("RuntimeError: Expected object of scalar type Float but got scalar type Long for "
             "argument #2 'target' in call to _thnn_binary_cross_entropy_forward", "CE111",
             ("y_true.float()",)),
    Reported("RuntimeError: expected type torch.FloatTensor: Expected object of scalar type Double "
             "but got scalar type Float for argument #2 'weight'", "CE314", ("weight",)),
    Reported("RuntimeError: Expected object of scalar type Float but got scalar type Long for "
             "argument #1 'self' in call to _thnn_nll_loss_forward", "CE304"),
    Reported("RuntimeError: Expected object of backend CUDA but got backend CPU for argument #2 "
             "'target'", "CE409", ("target", "cpu")),
    Reported("RuntimeError: Expected object of device type cuda but got device type cpu for "
             "argument"
             " #3 'weight' in call to _thnn_nll_loss_forward", "CE409", ("weight",)),
    Reported("RuntimeError: Expected object of type torch.cuda.LongTensor but found type "
             "torch.LongTensor for argument #2 'target'", "CE409", (".to(",)),
    Reported("RuntimeError: Expected tensor for argument #1 'indices' to have scalar type Long; "
             "but "
             "got torch.IntTensor instead (while checking arguments for embedding)", "CE111"),
    Reported("RuntimeError: multi-target not supported at /pytorch/aten/src/THCUNN/generic/"
             "ClassNLLCriterion.cu:18", "CE107 CE108 CE301", ("squeeze(1)",)),
    Reported("RuntimeError: size mismatch (got input: [7], target: [1])", "CE303"),
    Reported("RuntimeError: size mismatch (got input: [12], target: [32])", "CE303"),
)  # fmt: skip

HOLDERS = (
    *(
        Reported(f"AttributeError: '{kind}' object has no attribute '{what}'", "CE002", (way,))
        for kind, what, way in (
            ("list", "log_softmax", "outputs[0]"),
            ("tuple", "softmax", "outputs[0]"),
            ("collections.OrderedDict", "log_softmax", "outputs['out']"),
            ("OrderedDict", "size", "outputs['out']"),
            ("dict", "log_softmax", "outputs['logits']"),
            ("SequenceClassifierOutput", "log_softmax", "outputs.logits"),
            ("CausalLMOutputWithPast", "view", "outputs.logits"),
            ("ModelOutput", "softmax", "outputs.logits"),
            ("InceptionOutputs", "log_softmax", "outputs.logits"),
        )
    ),
    Reported("TypeError: cross_entropy_loss(): argument 'input' (position 1) must be Tensor, not "
             "collections.OrderedDict", "CE002", ("outputs['out']",)),
    Reported("    loss = nn.CrossEntropyLoss(y_hat, y)\nRuntimeError: bool value of Tensor with "
             "more"
             " than one value is ambiguous", "CE001", ("nn.crossentropyloss()(y_hat, y)",)),
    Reported("  l = torch.nn.BCEWithLogitsLoss(scores, wanted)\nRuntimeError: Boolean value of "
             "Tensor"
             " with more than one value is ambiguous", "CE001",
             ("torch.nn.bcewithlogitsloss()(scores, wanted)",)),
    Reported("torch.nn.functional.binary_cross_entropy and torch.nn.BCELoss are unsafe to "
             "autocast.\n"
             "Many models use a sigmoid layer right before the binary cross entropy layer.",
             "CE216",
             ("bcewithlogitsloss", "sigmoid")),
    Reported("Using a target size (torch.Size([300])) that is different to the input size "
             "(torch.Size([1, 300])) is deprecated.", "CE107", ("unsqueeze(0)",)),
    Reported("Target size (torch.Size([1, 7])) must be the same as input size (torch.Size([7]))",
             "CE107", ("squeeze(0)",)),
)  # fmt: skip

OTHER_WORDS = (
    Reported("ValueError: logits and labels must have the same shape ((?, 64, 64) vs (?, ?))",
             "CE112"),
    Reported("ValueError: Shapes (?, 1) and (?, 10) are incompatible", "CE109", ("(none, 1)",)),
    Reported("ValueError: Shapes (?, 1) and (?,) must have the same rank", "CE107"),
    Reported("ValueError: Shapes (8,) and (8, 1) must have the same rank", "CE107"),
    Reported("ValueError: 'logits' and 'labels' must have the same shape, received "
             "((None, 4) vs (None,)).", "CE109"),
    Reported("ValueError: \u2018logits\u2019 and \u2018labels\u2019 must have the same shape, "
             "received ((None, 1) vs (None, 3)).", "CE101"),
    Reported("ValueError: `logits` and `labels` must have the same shape, received ((None, 1) vs "
             "()).", "CE112", ("list", "np.array")),
    Reported("\x1b[31mIndexError\x1b[0m: Target 9 is out of bounds.", "CE101", ("10 outputs",)),
    Reported("[rank1]: IndexError: Target 9 is out of bounds.", "CE101"),
    Reported("2026-03-01 10:11:12,131 - root - ERROR - IndexError: Target 9 is\nout of bounds.",
             "CE101"),
    Reported("│ ValueError: Expected input batch_size (8) to match target      │\n"
             "│ batch_size (32).                                               │", "CE112 CE108"),
    Reported("E   IndexError: Target 9 is out of bounds.", "CE101"),
    Reported("InvalidArgumentError: logits and labels must be broadcastable: logits_size=[?,10] "
             "labels_size=[?,7]", "CE211"),
)  # fmt: skip

KERAS_2 = (
    Reported("A target array with shape (90, 3, 1) was passed for an output of shape (None, 3) "
             "while "
             "using as loss `binary_crossentropy`.", "CE107", ("squeeze(2)",)),
    Reported("A target array with shape (90,) was passed for an output of shape (None, 1) while "
             "using as loss `mean_squared_error`.", "CE107"),
    Reported("A target array with shape (90, 3) was passed for an output of shape (None, 7) while "
             "using as loss `categorical_crossentropy`.", "CE101"),
    Reported("ValueError: Error when checking target: expected dense_2 to have shape (9,) but got "
             "array with shape (4,)", "CE101 CE211", ("4 outputs", "to_categorical(y, 9)")),
    Reported("A target array with shape (64, 5) was passed for an output of shape (None, 6) while "
             "using as loss `categorical_crossentropy`. This loss expects targets to have the same "
             "shape as the output.", "CE101", ("5", "6")),
    Reported("A target array with shape (10, 9) was passed for an output of shape (None, 7) while "
             "using as loss `categorical_crossentropy`.", "CE101", ("9 outputs",)),
    Reported("A target array with shape (90, 1) was passed for an output of shape (None, 4) while "
             "using as loss `binary_crossentropy`.", "CE109", ("class ind",)),
    Reported("ValueError: Error when checking target: expected dense_3 to have shape (4,) but got "
             "array with shape (1,)", "CE109", ("sparse_categorical_crossentropy",)),
    Reported("Exception: Error when checking model target: expected activation_1 to have shape "
             "(None, 3) but got array with shape (120, 1)", "CE109"),
    Reported("ValueError: Error when checking target: expected dense_2 to have shape (1,) but got "
             "array with shape (6,)", "CE108 CE101", ("argmax",)),
    Reported("ValueError: Error when checking target: expected dense_2 to have shape (5,) but got "
             "array with shape (6,)", "CE101", ("6 outputs",)),
    Reported("ValueError: Error when checking target: expected conv2d_9 to have 4 dimensions, but "
             "got array with shape (32, 64, 64)", "CE109"),
    Reported("ValueError: Error when checking target: expected softmax to have 4 dimensions, "
             "but got"
             " array with shape (100, 12)", "CE112", ("flatten",)),
    Reported("ValueError: Error when checking target: expected dense_1 to have 2 dimensions, "
             "but got"
             " array with shape (600, 1, 10)", "CE107", ("squeeze(1)",)),
    Reported("ValueError: Error when checking target: expected dense_1 to have 2 dimensions, "
             "but got"
             " array with shape (600, 10, 2)", "CE112", ("to_categorical",)),
    Reported("ValueError: Input arrays should have the same number of samples as target arrays. "
             "Found 80 input samples and 79 target samples.", "CE112", ("80", "79")),
    Reported("InvalidArgumentError: Can not squeeze dim[1], expected a dimension of 1, got 10 for "
             "'metrics/acc/Squeeze'", "CE108"),
    Reported("the list of Numpy arrays that you are passing to your model is not the size the "
             "model "
             "expected. Expected to see 1 array(s), but instead got the following list of 32 "
             "arrays",
             "CE002", ("np.array",)),
    Reported("ValueError: Please provide as model inputs either a single array or a list of "
             "arrays.",
             "CE002"),
)  # fmt: skip

TENSORFLOW_1 = (
    Reported("ValueError: Cannot feed value of shape (64,) for Tensor 'y:0', which has shape "
             "'(?, 1)'",
             "CE107"),
    Reported("ValueError: Cannot feed value of shape (64, 4) for Tensor 'y:0', which has shape "
             "'(?, 10)'", "CE211"),
    Reported("ValueError: Rank mismatch: Rank of labels (received 2) should equal rank of logits "
             "minus 1 (received 1).", "CE304"),
    Reported("ValueError: Rank mismatch: Rank of labels (received 2) should equal rank of logits "
             "minus 1 (received 2).", "CE108 CE107", ("argmax",)),
    Reported("ValueError: Rank mismatch: Rank of labels (received 1) should equal rank of logits "
             "minus 1 (received 3).", "CE112"),
    Reported("ValueError: Rank mismatch: Labels rank (received 1) should equal logits rank - 1 "
             "(received 1).", "CE303"),
    Reported("ValueError: Shape mismatch: The shape of labels (received (320,)) should equal the "
             "shape of logits except for the last dimension (received (32, 10)).", "CE108",
             ("320 = 32 × 10",)),
    Reported("ValueError: Shape mismatch: The shape of labels (received (32, 1)) should equal the "
             "shape of logits except for the last dimension (received (32, 10)).", "CE107"),
    Reported("ValueError: Shape mismatch: The shape of labels (received (16,)) should equal the "
             "shape of logits except for the last dimension (received (160, 10)).", "CE112",
             ("10 predictions",)),
    Reported("ValueError: Only call `sparse_softmax_cross_entropy_with_logits` with named "
             "arguments "
             "(labels=..., logits=..., ...)", "CE304",
             ("sparse_softmax_cross_entropy_with_logits(labels=",)),
    Reported("InvalidArgumentError: logits and labels must be same size: logits_size=[128,10] "
             "labels_size=[1,128]", "CE109"),
    Reported("ValueError: Cannot feed value of shape (64,) for Tensor 'Placeholder_1:0', which has "
             "shape '(?, 10)'", "CE109"),
    Reported("ValueError: Cannot feed value of shape (64, 12) for Tensor u'labels:0', which has "
             "shape '(?, 10)'", "CE101"),
    Reported("ValueError: Mismatched label shape. Classifier configured with n_classes=1.  "
             "Received "
             "12. Suggested Fix: check your n_classes argument to the estimator and/or the "
             "shape of "
             "your label.", "CE108 CE101", ("n_classes=12",)),
    Reported("ValueError: Mismatched label shape. Expected labels dimension=1. Classifier "
             "configured "
             "with n_classes=4.  Received 3.", "CE108 CE101"),
    Reported("InvalidArgumentError: assertion failed: [Labels must be <= n_classes - 1] "
             "[Condition x "
             "<= y did not hold element-wise:]", "CE101"),
    Reported("InvalidArgumentError: assertion failed: [Label must be <= n_classes - 1]", "CE101"),
    Reported("InvalidArgumentError: assertion failed: [Labels must be >= 0]", "CE103"),
    Reported("assertion failed: [Label must be >= 0] [Condition x >= 0 did not hold]", "CE103"),
    Reported("ValueError: Labels dtype should be integer. Instead got <dtype: 'float32'>.", "CE111",
             ("float32",)),
    Reported("ValueError: Labels dtype should be integer Instead got float64.", "CE111"),
    Reported("InvalidArgumentError: Incompatible shapes: [19,400] vs. [7600]\n\t [[{{node "
             "metrics/acc"
             "/Equal}}]]", "CE201", ("sparse_categorical_accuracy", "7600 = 19 × 400")),
    Reported("Incompatible shapes: [32,50] vs. [1600] [[node Equal]]", "CE201"),
)  # fmt: skip

NUMBERS = (
    Reported("LightGBMError: Label must be in [0, 1), but found 3 in label", "CE302", ("4 "
                                                                                       "outputs",)),
    Reported("[LightGBM] [Fatal] Label must be in [0, 1), but found 1 in label", "CE302"),
    Reported("[LightGBM] [Fatal] Label must be in [0, 4), but found -1 in label", "CE103"),
    Reported("Received a label value of 41 which is outside the valid range of [0, 1).  Label "
             "values: 0 0 41 0", "CE302 CE101", ("42 outputs",), ("binary_crossentropy",)),
    Reported("Received a label value of 67 which is outside the valid range of [0, 1).",
             "CE302 CE101", ("68 outputs",), ("binary_crossentropy",)),
    Reported("Received a label value of 1 which is outside the valid range of [0, 1).", "CE302",
             ("binary_crossentropy",)),
    Reported("Received a label value of 17 which is outside the valid range of [0, 2).", "CE101",
             ("18 outputs",)),
    Reported("ValueError: Invalid classes inferred from unique values of `y`.  Expected: [0 1 2 "
             "3], "
             "got [ 0.  1.  2. nan]", "CE312", ("isnan",)),
    Reported("Invalid classes inferred from unique values of `y`.  Expected: [0 1], got [-1  1]",
             "CE101", ("np.unique",)),
    Reported("Invalid classes inferred from unique values of `y`.  Expected: [0 1 2], got [-1  "
             "0  1]",
             "CE103 CE101", ("np.unique", )),
    Reported("Invalid classes inferred from unique values of `y`.  Expected: [0 1 2], got [1. "
             "2. 3.]",
             "CE104"),
    Reported("Invalid classes inferred from unique values of `y`.  Expected: [0 1], got ['no' "
             "'yes']",
             "CE313", ("np.unique",)),
    Reported("y_true and y_pred contain different number of classes 3, 2. Please provide the true "
             "labels explicitly through the labels argument. Classes found in y_true: [-1  0  1]",
             "CE318", ("fold", "labels="), ("ignore_class",)),
    Reported("y_true and y_prob contain different number of classes: 6 vs 5. Classes found in "
             "y_true: [-1  0  1  2  3  4]", "CE103"),
    Reported("RuntimeError: The size of tensor a (50257) must match the size of tensor b "
             "(50262) at "
             "non-singleton dimension 2", "CE211", ("vocabular", "5 tokens")),
    Reported("The size of tensor a (32000) must match the size of tensor b (32064) at "
             "non-singleton "
             "dimension 1", "CE211", ("64 tokens",)),
)  # fmt: skip

LOGS = (
    Reported("{'loss': 0.0, 'grad_norm': nan, 'learning_rate': 4.9e-05, 'epoch': 0.02}", "CE217",
             ("logging_nan_inf_filter",)),
    Reported("{'loss': '0.0', 'grad_norm': 'nan', 'learning_rate': '1e-04'}", "CE217"),
    Reported("{'loss': 1.9, 'grad_norm': 3.1}\n{'loss': 0.0, 'grad_norm': nan}", "CE217"),
    Reported("step 5 loss=0.0 grad_norm=inf", "CE217"),
    Reported("FloatingPointError: Loss became infinite or NaN at iteration=120!\nloss_dict = "
             "{'loss_cls': nan, 'loss_box_reg': nan}", "CE217", ("learning rate",)),
    Reported("FloatingPointError: Predicted boxes or scores contain Inf/NaN. Training has "
             "diverged.",
             "CE217", ("learning rate",)),
    Reported("Unsloth: All labels in your dataset are -100. Training losses will be all 0.",
             "CE202",
             ("template",)),
    Reported("[Unsloth]: All labels in your dataset are -100. Training losses will be all 0.\nFor "
             "example, are you sure you used `train_on_responses_only` correctly?", "CE202"),
    Reported("UserWarning: Could not find response key `### Response:` in the following instance: "
             "### Question: a\n This instance will be ignored in loss calculation.", "CE202",
             ("response_template",)),
    Reported("This instance will be ignored in loss calculation. Note, if this happens often, "
             "consider increasing the `max_seq_length`.", "CE202"),
    Reported("UserWarning: single channel prediction, `softmax=True` ignored.", "CE302",
             ("out_channels=2",)),
    Reported("single channel prediction, `include_background=False` ignored.", "CE302"),
    Reported("AssertionError: ground truth has differing shape (torch.Size([2, 1, 96, 96])) from "
             "input (torch.Size([2, 3, 96, 96]))", "CE109", ("to_onehot_y=true",)),
    Reported("ground truth has different shape (torch.Size([1, 1, 8, 8])) from input "
             "(torch.Size([1, 2, 8, 8]))", "CE109"),
    Reported("AssertionError: ground truth has different shape (torch.Size([2, 1, 90, 96])) from "
             "input (torch.Size([2, 1, 96, 96]))", "CE112"),
    Reported("ground truth has differing shape ((2, 3, 8, 8)) from input ((2, 3, 4, 4))", "CE112"),
    Reported("AssertionError: labels should have a channel with length equal to one.", "CE108",
             ("to_onehot_y",)),
    Reported("monai.losses: labels should have a channel with length equal to one", "CE108"),
    Reported('CatboostError: target_converter.cpp:53: Target value "not working" cannot be '
             'parsed as '
             "float", "CE313", ("not working",)),
    Reported('Target value "yes" cannot be parsed as float', "CE313"),
    Reported('CatBoostError: Target value "nan" cannot be parsed as float', "CE312"),
    Reported('Target value "None" cannot be parsed as float', "CE312"),
    Reported("AssertionError: Label class 80 exceeds nc=80 in data.yaml. Possible class labels are "
             "0-79", "CE104 CE101", ("81 classes",)),
    Reported("WARNING ignoring corrupt image/label: Label class 2 exceeds dataset class count 2. "
             "Possible class labels are 0-1", "CE104 CE101"),
    Reported("ignoring corrupt image/label: Label class 17 exceeds dataset class count 2. Possible "
             "class labels are 0-1", "CE101", ("18 classes",)),
    Reported("WARNING: Training Loss NaN/Inf detected, recovering from last.pt", "CE217"),
    Reported("RuntimeError: NaN or Inf found in loss, lr0=0.01", "CE217"),
    Reported("AttributeError: Attribute 'thing_classes' in the metadata of 'my_train' cannot be "
             "set "
             "to a different value!", "CE101"),
    Reported("AssertionError: category_id 5 of the annotation is out of range", "CE101"),
)  # fmt: skip

REPORTED = (
    *ASSERTS, *OLDER_TYPES, *HOLDERS, *OTHER_WORDS, *KERAS_2, *TENSORFLOW_1, *NUMBERS, *LOGS,
)  # fmt: skip

PRINTED_LOSSES = (
    Reported("100/100 [====] - 11s 110ms/step - loss: 7.9712 - acc: 0.5000 - val_loss: 7.9712 - "
             "val_acc: 0.5000", "CE302", ("half", "15.94")),
    Reported("Epoch 3/10 - loss: 7.97 - accuracy: 0.5000", "CE302", ("half", "15.94")),
    Reported("loss: 5.9784 - acc: 0.6250", "CE302", ("3/8",)),
    Reported("loss: 14.5063 - acc: 0.1000", "CE215", ("9/10", "16.118")),
    Reported("loss: 8.0590 - acc: 0.5000", "CE215", ("half", "16.118")),
    Reported("Epoch 2: loss = 10.7454, accuracy = 33.33 %", "CE215", ("2/3",)),
    Reported("loss: 14.5063", "CE215", ("9/10",)),
    Reported("7.9712", "CE302", ("half",)),
    Reported("8.0590", "CE215", ("half",)),
    Reported("10.7454", "CE215", ("2/3",)),
    Reported("12.0886", "CE215", ("3/4",)),
    Reported("loss: -986.12\nloss: -2514.77", "CE308", ("255",), ("y.sum(-1)",)),
    Reported("Epoch 2/5: 100%|##########| 80/80 [00:10<00:00,  7.1img/s, loss (batch)=-8.15e+5]",
             "CE308", ("255",)),
    Reported("train_loss: 2.9\ntrain_loss: nan\ntrain_loss: 0.0", "CE102 CE217", ("labels",)),
    Reported("epoch 1 loss: 1.1\nepoch 2 loss: 2.3026", "CE218", ("ln 10",)),
)  # fmt: skip
"""Losses in logs and alone, by what they are."""

UNRELATED = (
    "FileNotFoundError: [Errno 2] No such file or directory: 'data/train/labels.csv'",
    "RuntimeError: mat1 and mat2 shapes cannot be multiplied (32x512 and 256x10)",
    "RuntimeError: Given groups=1, weight of size [64, 3, 7, 7], expected input[8, 1, 224, 224] to "
    "have 3 channels, but got 1 channels instead",
    "RuntimeError: Calculated padded input size per channel: (1 x 1). Kernel size: (3 x 3). Kernel "
    "size can't be greater than actual input size",
    "ValueError: optimizer got an empty parameter list",
    "TypeError: Adam.__init__() got an unexpected keyword argument 'learning_rates'",
    "ValueError: Invalid learning rate: -0.1",
    "ModuleNotFoundError: No module named 'torchvision'",
    "ImportError: cannot import name 'Adam' from 'keras.optimizers'",
    "KeyError: 'label'",
    "KeyError: 'targets'",
    "NameError: name 'loss_fn' is not defined",
    "RuntimeError: DataLoader worker (pid 1234) exited unexpectedly with exit code 1",
    "RuntimeError: DataLoader worker (pid(s) 77) exited unexpectedly",
    "OSError: [Errno 28] No space left on device",
    "PermissionError: [Errno 13] Permission denied: '/root/.cache/huggingface'",
    "ConnectionError: HTTPSConnectionPool(host='huggingface.co', port=443): Max retries exceeded",
    "RuntimeError: CUDA driver version is insufficient for CUDA runtime version",
    "RuntimeError: No CUDA GPUs are available",
    "AssertionError: Torch not compiled with CUDA enabled",
    "RuntimeError: NCCL error in: ProcessGroupNCCL.cpp:1275, unhandled system error",
    "torch.distributed.DistBackendError: NCCL error: remote process exited",
    "UnpicklingError: Weights only load failed. This file can still be loaded",
    "json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)",
    "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff in position 0",
    "ZeroDivisionError: division by zero",
    "RecursionError: maximum recursion depth exceeded",
    "IndentationError: unexpected indent",
    "SyntaxError: invalid syntax",
    "ValueError: not enough values to unpack (expected 3, got 2)",
    "AttributeError: 'NoneType' object has no attribute 'shape'",
    "AttributeError: module 'tensorflow' has no attribute 'placeholder'",
    "PIL.UnidentifiedImageError: cannot identify image file 'cat.jpg'",
    'ValueError: Input 0 of layer "dense" is incompatible with the layer: expected axis -1 of '
    "input shape to have value 784, but received input with shape (32, 28, 28)",
    "ValueError: Dimension 0 in both shapes must be equal for 'MatMul'",
    "InvalidArgumentError: Matrix size-incompatible: In[0]: [32,512], In[1]: [256,10] [Op:MatMul]",
    "ValueError: Exception encountered when calling layer 'conv2d': Negative dimension size caused "
    "by subtracting 3 from 1",
    "TypeError: dot_general requires contracting dimensions to have the same shape, got (512,) and "
    "(256,).",
    "ValueError: matmul: Input operand 1 has a mismatch in its core dimension 0",
    "ValueError: X has 10 features, but LogisticRegression is expecting 12 features as input.",
    "NotFittedError: This LogisticRegression instance is not fitted yet.",
    "ConvergenceWarning: lbfgs failed to converge (status=1)",
    "RuntimeError: Trying to backward through the graph a second time",
    "UserWarning: Detected call of `lr_scheduler.step()` before `optimizer.step()`",
    "make: *** No rule to make target 'all'.  Stop.",
    "fatal: not a git repository",
    "Killed",
    "Segmentation fault (core dumped)",
    "The class starts at nine, and the teacher is never late.",
    "We regret the loss of your parcel and will look for it.",
    "How do I install CUDA on Windows?",
    "Can somebody recommend a good book on machine learning?",
    "accuracy of the new sensor is 0.5 degrees",
    "Thank you for your message, I will answer on Monday.",
)
"""Errors and sentences that say nothing about labels, predictions or a loss."""

ELSEWHERE = (
    "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB",
    'File "model.py", line 3, in forward\n    x = self.conv1(x)\ntorch.OutOfMemoryError: CUDA '
    "out of "
    "memory. Tried to allocate 2.00 GiB",
    "The size of tensor a (768) must match the size of tensor b (512) at non-singleton dimension 2",
    "RuntimeError: CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm`",
    "ValueError: operands could not be broadcast together with shapes (3,) (4,)",
    "RuntimeError: one of the variables needed for gradient computation has been modified by an "
    "inplace operation",
    "ResourceExhaustedError: OOM when allocating tensor with shape[8,64,224,224]",
    "RESOURCE_EXHAUSTED: Out of memory allocating 1024 bytes.",
    "Input to reshape is a tensor with 4096 values, but the requested shape has 2048",
    "RuntimeError: CUDA error: an illegal memory access was encountered",
)
"""Errors that a loss may print and much else too: read, but not as if sure."""

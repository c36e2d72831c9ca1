"""Messages in full, as the installed frameworks print them; with the codes that they show."""

from __future__ import annotations

PRINTED = (
    ("ValueError: Target size (torch.Size([4, 11])) must be the same as input "
     "size (torch.Size([4, 10]))", "CE101"),
    ("ValueError: Target size (torch.Size([8, 4])) must be the same as input "
     "size (torch.Size([8, 3]))", "CE101"),
    ("ValueError: Target size (torch.Size([4, 9])) must be the same as input "
     "size (torch.Size([4, 10]))", "CE211"),
    ("ValueError: Target size (torch.Size([8, 2])) must be the same as input "
     "size (torch.Size([8, 3]))", "CE211"),
    ("ValueError: Using a target size (torch.Size([4])) that is different to "
     "the input size (torch.Size([4, 1])) is deprecated. Please ensure they "
     "have the same size.", "CE107"),
    ("UserWarning: Using a target size (torch.Size([4])) that is different to "
     "the input size (torch.Size([4, 10])). This will likely lead to "
     "incorrect results due to broadcasting.", "CE109"),
    ("RuntimeError: result type Double can't be cast to the desired output "
     "type Long", "CE111"),
    ("RuntimeError: target out of range", "CE101"),
    ("TypeError: cross_entropy_loss(): argument 'target' (position 2) must be "
     "Tensor, not numpy.ndarray", "CE002"),
    ("TypeError: cross_entropy_loss(): argument 'input' (position 1) must be "
     "Tensor, not numpy.ndarray", "CE002"),
    ("InvalidArgumentError: {{function_node "
     "__wrapped__SoftmaxCrossEntropyWithLogits}} logits and labels must be "
     "broadcastable: logits_size=[16,10] labels_size=[16,9] "
     "[Op:SoftmaxCrossEntropyWithLogits] name: ", "CE211"),
    ("logits and labels must be broadcastable: logits_size=[8,3] "
     "labels_size=[8,2]", "CE211"),
    ("logits and labels must be broadcastable: logits_size=[16,10] "
     "labels_size=[12,10]", "CE112"),
    ("ValueError: `logits` and `labels` must have the same shape, received "
     "((16,) vs (12,)).", "CE112"),
    ("ValueError: `labels.shape.rank` must equal `logits.shape.rank - 1`. "
     "Received: labels.shape=(16, 1) of rank 2 and logits.shape=(16, 10) of "
     "rank 2", "CE107"),
    ("ValueError: `labels.shape.rank` must equal `logits.shape.rank - 1`. "
     "Received: labels.shape=(16, 10) of rank 2 and logits.shape=(16, 10) of "
     "rank 2", "CE108"),
    ("`labels.shape.rank` must equal `logits.shape.rank - 1`. Received: "
     "labels.shape=(8, 3) of rank 2 and logits.shape=(8, 3) of rank 2", "CE108"),
    ("InvalidArgumentError: {{function_node __wrapped__GatherV2}} indices[1] "
     "= -1 is not in [0, 10) [Op:GatherV2]", "CE101"),
    ("ValueError: Data cardinality is ambiguous. Make sure all arrays contain "
     "the same number of samples.'x' sizes: 16\n'y' sizes: 12\n", "CE112"),
    ("ValueError: Arguments `target` and `output` must have the same shape. "
     "Received: target.shape=(None, 11), output.shape=(None, 10)", "CE101"),
    ("ValueError: Arguments `target` and `output` must have the same rank "
     "(ndim). Received: target.shape=(None,), output.shape=(None, 10)", "CE109"),
    ("`target` and `output` must have the same rank (ndim)", "CE109"),
    ("ValueError: Arguments `target` and `output` must have the same rank "
     "(ndim). Received: target.shape=(16,), output.shape=(16, 1)", "CE107"),
    ("ValueError: Arguments `target` and `output` must have the same rank "
     "(ndim). Received: target.shape=(None,), output.shape=(None, 1)", "CE107"),
    ("ValueError: Arguments `target` and `output` must have the same shape. "
     "Received: target.shape=(12, 10), output.shape=(16, 10)", "CE112"),
    ("ValueError: Arguments `target` and `output` must have the same shape. "
     "Received: target.shape=(12,), output.shape=(16,)", "CE112"),
    ("ValueError: Incompatible shapes for broadcasting: shapes=[(12, 1), (16, "
     "1)]", "CE112"),
    ("TypeError: mul got incompatible shapes for broadcasting: (12,), (16,).", "CE112"),
    ("TypeError: mul got incompatible shapes for broadcasting: (16, 9), (16, "
     "10).", "CE211"),
    ("TypeError: mul got incompatible shapes for broadcasting: (8, 2), (8, 3).", "CE211"),
    ("ValueError: indices and arr must have the same number of dimensions; 3 vs. 2", "CE107 CE108"),
    ("take_along_axis indices and arr must have the same number of dimensions; 3 vs. 2",
     "CE107 CE108"),
    ("TypeError: Expected the input to have a dtype that is a subdtype of "
     "<class 'numpy.floating'>, got int32 instead", "CE304"),
    ("ValueError: y_true contains values {2} not belonging to the passed "
     "labels [0, 1].", "CE101"),
    ("ValueError: Unknown label type: continuous. Maybe you are trying to fit a "
     "classifier, which expects discrete classes on a regression target with "
     "continuous values.", "CE111"),
    ("ValueError: Unknown label type: 'continuous-multioutput'", "CE111"),
    ("ValueError: Classification metrics can't handle a mix of multiclass and "
     "continuous-multioutput targets", "CE201"),
    ("Classification metrics can't handle a mix of binary and continuous targets", "CE201"),
    ("Classification metrics can't handle a mix of multilabel-indicator and "
     "multiclass targets", "CE108"),
    ("ValueError: y should be a 1d array, got an array of shape (6, 4) instead.", "CE108"),
    ("DataConversionWarning: A column-vector y was passed when a 1d array was "
     "expected. Please change the shape of y to (n_samples, ), for example using "
     "ravel().", "CE107"),
    ("y should be a 1d array, got an array of shape (6, 1) instead.", "CE107"),
    ("ValueError: The number of classes in labels is different from that in y_prob. "
     "Classes found in labels: [0 1 2 3]", "CE318"),
    ("ValueError: y_true contains values {np.int64(4)} not belonging to the passed "
     "labels [0, 1, 2, 3].", "CE101"),
    ("y_true contains values {np.float32(nan)} not belonging to the passed labels "
     "[0, 1, 2, 3].", "CE312"),
    ("ValueError: y_true and y_prob contain different number of classes: 5 vs 4. "
     "Please provide the true labels explicitly through the labels argument. "
     "Classes found in y_true: [-1  0  1  2  3]", "CE103 CE318"),
    ("contain different number of classes: 5 vs 4. Classes found in y_true: "
     "[  0   1   2   3 255]", "CE103"),
    ("ValueError: Mix of label input types (string and number); Got ['a' 'b'] and "
     "[1 2 3].", "CE313"),
    ("Mix of label input types (string and number)", "CE313"),
    ("ValueError: Found array with dim 3, while dim <= 2 is required.", "CE112"),
    ("RuntimeError: Expected target size [6, 4], got [6]", "CE112"),
    ("RuntimeError: Found dtype Double but expected Float", "CE111"),
    ("RuntimeError: Found dtype Float but expected Long", "CE304 CE305"),
    ('NotImplementedError: "log_sigmoid_cpu" not implemented for \'Long\'', "CE304 CE305"),
    ('NotImplementedError: "nll_loss_out_frame" not implemented for \'Long\'', "CE304 CE305"),
    ("RuntimeError: Subtraction, the `-` operator, with two bool tensors is not "
     "supported. Use the `^` or `logical_xor()` operator instead.", "CE111"),
    ("RuntimeError: one_hot is only applicable to index tensor of type "
     "LongTensor.", "CE111"),
    ("InvalidArgumentError: Value for attr 'T' of int64 is not in the list of "
     "allowed values: half, bfloat16, float, double\n\t; NodeDef: {{node "
     "SoftmaxCrossEntropyWithLogits}}", "CE304 CE305"),
    ("InvalidArgumentError: cannot compute Mul as input #1(zero-based) was expected "
     "to be a int64 tensor but is a float tensor [Op:Mul] name: ", "CE304 CE305"),
    ("InvalidArgumentError: cannot compute Mul as input #1(zero-based) was expected "
     "to be a float tensor but is a int64 tensor [Op:Mul] name: ", "CE111"),
    ("cannot compute Mul as input #1(zero-based) was expected to be a float tensor "
     "but is a string tensor", "CE313"),
    ("TypeError: Cannot convert 0.9999999 to EagerTensor of dtype int64", "CE304 CE305"),
    ("InvalidArgumentError: Input to reshape is a tensor with 6 values, but the "
     "requested shape has 1 [Op:Reshape] name: ", "CE112"),
    ("ValueError: `labels.shape.rank` must equal `logits.shape.rank - 1`. Received: "
     "labels.shape=(6,) of rank 1 and logits.shape=(6,) of rank 1", "CE303"),
    ("`labels.shape.rank` must equal `logits.shape.rank - 1`. Received: "
     "labels.shape=(5,) of rank 1 and logits.shape=(6,) of rank 1", "CE303"),
    ("`labels.shape.rank` must equal `logits.shape.rank - 1`. Received: "
     "labels.shape=(6, 1) of rank 2 and logits.shape=(6, 1) of rank 2", "CE302"),
    ("Received a label value of 3 which is outside the valid range of [0, 1).", "CE302"),
    ("`labels.shape.rank` must equal `logits.shape.rank - 1`. Received: "
     "labels.shape=(6,) of rank 1 and logits.shape=(6, 3, 4) of rank 3", "CE112"),
    ("`labels.shape.rank` must equal `logits.shape.rank - 1`.", "CE107"),
    ("ValueError: Arguments `target` and `output` must have the same shape up until "
     "the last dimension: target.shape=(5,), output.shape=(6, 4)", "CE112"),
    ("Arguments `target` and `output` must have the same shape up until the last "
     "dimension: target.shape=(8, 64, 64), output.shape=(8, 32, 32, 21)", "CE112"),
    ("Arguments `target` and `output` must have the same shape up until the last "
     "dimension: target.shape=(6,), output.shape=(6,)", "CE303"),
    ("Arguments `target` and `output` must have the same shape up until the last "
     "dimension: target.shape=(7,), output.shape=(6,)", "CE303"),
    ("ValueError: Arguments `target` and `output` must be at least rank 1. "
     "Received: target.shape=(), output.shape=(6, 4)", "CE112"),
    ("ValueError: Arguments `target` and `output` must have the same shape. "
     "Received: target.shape=torch.Size([6]), output.shape=torch.Size([6, 4])", "CE109"),
    ("IndexError: index 3 is out of bounds for axis 1 with size 1", "CE302"),
    ("index 1 is out of bounds for axis 1 with size 1", "CE302"),
    ("index 1 is out of bounds for dimension 1 with size 1", "CE302"),
    ("Received a label value of 1 which is outside the valid range of [0, 1).", "CE302"),
    ("take_along_axis: indices and arr must have the same number of dimensions; 2 "
     "vs. 1", "CE303"),
    ("ValueError: axis 2 is out of bounds for array of dimension 2", "CE112"),
    ("TypeError: Expected the input to have a dtype that is a subdtype of <class "
     "'numpy.floating'>, got bool instead", "CE304 CE305"),
    ("TypeError: Expected the input to have a dtype that is a subdtype of <class "
     "'numpy.integer'>, got float32 instead", "CE111 CE108"),
    ("TypeError: Error interpreting argument to stage as a JAX value. The "
     "problematic value is of type <class 'numpy.ndarray'> and was passed to stage "
     "at position 0.", "CE313"),
    ("Error interpreting argument to <function loss> as a JAX value. The problematic "
     "value is of type <class 'numpy.ndarray'>", "CE313"),
    ("RuntimeWarning: invalid value encountered in cast", "CE312"),
    ("labels.astype(int): RuntimeWarning: invalid value encountered in cast", "CE312"),
    ("`labels.shape.rank` must equal `logits.shape.rank - 1`. Received: labels.shape=(32, "
     "1) of rank 2 and logits.shape=(32, 1) of rank 2", "CE302"),
    ("InvalidArgumentError:  Incompatible shapes: [32,10] vs. [32]", "CE109"),
    ("Incompatible shapes: [16] vs. [12]", "CE112"),
    ("Incompatible shapes: [8,4] vs. [8,3]", "CE112"),
    ("InvalidArgumentError: Incompatible shapes: [8] vs. [8,1] [Op:SquaredDifference]", "CE107"),
    ("ValueError: Shapes (None,) and (None, 1) are incompatible", "CE107"),
    ("ValueError: Shapes (None, 3) and (None, 10) are incompatible", "CE211"),
    ("Incompatible shapes: [8,3] vs. [8,1,1]", "CE112"),
    ("ValueError: logits and labels must have the same shape ((None, 1) vs (None, 10))", "CE101"),
    ("ValueError: Shapes (None, 10) and (None, 3) are incompatible", "CE101"),
    ("ValueError: Shapes (None,) and (None, 10) are incompatible", "CE109"),
    ("ValueError: Shapes (32, 4, 4, 10) and (32, 10) are incompatible", "CE112"),
    ("TypeError: Input 'y' of 'Mul' Op has type float32 that does not match type int64 "
     "of argument 'x'.", "CE111"),
    ("IndexError: tensors used as indices must be long, byte or bool tensors", "CE111"),
    ("SoftmaxMultiClassObj: label must be in [0, num_class).", "CE104 CE101"),
    ("ValueError: Invalid classes inferred from unique values of `y`.  Expected: [0 1 2], "
     "got [1 2 3]", "CE104 CE101"),
    ("Invalid classes inferred from unique values of `y`.  Expected: [0 1 2], got [0 2 5]",
     "CE101"),
    ("LightGBMError: Label must be in [0, 3), but found 3 in label", "CE104 CE101"),
    ("[LightGBM] [Fatal] Label must be in [0, 3), but found 7 in label", "CE101"),
    ("[LightGBM] [Fatal] Label must be in [0, 10), but found 10 in label", "CE104 CE101"),
    ("RuntimeError: CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling "
     "`cublasCreate(handle)`", "CE102"),
    ("CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`", "CE102"),
    ("TypeError: cross_entropy_loss(): argument 'input' (position 1) must be Tensor, "
     "not tuple", "CE002"),
    ("cross_entropy_loss(): argument 'input' (position 1) must be Tensor, not "
     "SequenceClassifierOutput", "CE002"),
    ("AttributeError: 'ImageClassifierOutput' object has no attribute 'log_softmax'", "CE002"),
    ("AttributeError: 'tuple' object has no attribute 'log_softmax'", "CE002"),
    ("ValueError: Unknown loss function: sparse_crossentropy", "CE001"),
    ("ValueError: Could not interpret loss identifier: crossentropy", "CE001"),
    ("loss: nan - acc: 0.0000", "CE217"),
    ("my loss is 2.3026 and doesn't go down", "CE218"),
    ("my loss is 2.3026 and does not go down", "CE218"),
    ("validation loss plateaus at 1.4612 after one epoch", "CE105"),
    ("the loss won't go down, it is 5.13 since yesterday", "CE218"),
)  # fmt: skip

FIXES = (
    (
        "Target size (torch.Size([4])) must be the same as input size (torch.Size([4, 1]))",
        "y_true.unsqueeze(1), or y_pred.squeeze(1)",
    ),
    (
        "Target size (torch.Size([4, 1])) must be the same as input size (torch.Size([4]))",
        "y_true.squeeze(1)",
    ),
    (
        "Target size (torch.Size([4])) must be the same as input size (torch.Size([4, 10]))",
        "torch.nn.CrossEntropyLoss()(y_pred, y_true.long())",
    ),
    ("result type Float can't be cast to the desired output type Long", "y_true.float()"),
    ("Found dtype Long but expected Float", "y_true.float()"),
    ("Found dtype Long but expected Double", "y_true.double()"),
    ("Target 255 is out of bounds.", "ignore_index=255"),
    ("Target 255 is out of bounds.", "ignore_class=255"),
    (
        "must have the same shape. Received: target.shape=(None, 11), output.shape=(None, 10)",
        "Make both widths equal: give the last layer 11 outputs",
    ),
    ("indices and arr must have the same number of dimensions; 1 vs. 2", "labels[..., None]"),
    ("indices and arr must have the same number of dimensions; 3 vs. 2", "labels.squeeze(-1)"),
    (
        "`logits` and `labels` must have the same shape, received ((16, 1) vs (16,)).",
        "tf.expand_dims(labels, 1), or tf.squeeze(logits, 1)",
    ),
    (
        "Incompatible shapes for broadcasting: shapes=[(16,), (16, 10)]",
        "optax.softmax_cross_entropy_with_integer_labels(logits, labels)",
    ),
    ("subdtype of <class 'numpy.floating'>, got int32 instead", "(logits, labels), in this order"),
    ("indices[0] = 10 is not in [0, 10)", "11 rows instead of 10"),
    ("indices[0] = -1 is not in [0, 10)", "Replace -1"),
    ("Class values must be non-negative.", "keep = y_true >= 0"),
    ("argument 'target' (position 2) must be Tensor, not list", "torch.as_tensor(y_true)"),
    ("Boolean value of Tensor with more than one value is ambiguous", "loss(y_pred, y_true)"),
    ("Input y contains NaN.", "~np.isnan(y)"),
    ("argument 'input' (position 1) must be Tensor, not tuple", "outputs.logits"),
    ("argument 'input' (position 1) must be Tensor, not list", "torch.as_tensor(y_pred)"),
)
"""Messages, and a part of what their first reading says to do."""

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
)
"""Messages, and a part of what their first reading says to do."""

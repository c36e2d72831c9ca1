"""Messages that stand in the sources of frameworks, filled in as they are printed.

They were chosen from the list of tools/messages_page/from_sources.py. Of `FROM_SOURCES` one code
stands first; what is about something else, `ELSEWHERE_IN_SOURCES`, gets none.
"""

from __future__ import annotations

from doctor.reported_texts import Reported

FROM_SOURCES = {
    'PyTorch': (
        Reported('RuntimeError: ignore_index cannot be specified when target contains '
                 'probabilities', 'CE316'),
    ),
    'torchmetrics': (
        Reported('RuntimeError: Detected more unique values in `target` than expected. '
                 'Expected only 5 but found 6 in `target`. Found values: tensor([0, 1, '
                 '2, 3, 4, 5]).', 'CE101'),
        Reported('ValueError: Expected argument `target` to be an int or long tensor '
                 'with ground truth labels but got tensor with dtype torch.float32', 'CE111'),
        Reported('ValueError: Expected argument `target` to be an int or long tensor, '
                 'but got tensor with dtype torch.float32', 'CE111'),
        Reported('ValueError: Expected argument `preds` to be an floating tensor with '
                 'probability/logit scores, but got tensor with dtype torch.int64', 'CE304'),
        Reported('ValueError: Expected `preds` to be a float tensor, but got '
                 'torch.int64', 'CE304'),
        Reported('ValueError: Expected argument `preds` to be floating tensor with '
                 'probabilities/logits but got tensor with dtype torch.int64', 'CE304'),
        Reported('ValueError: Expected preds tensor to be floating point, but received '
                 'input with dtype torch.int64', 'CE304'),
        Reported('ValueError: Expected `preds.shape[1]` to be equal to the number of '
                 'classes but got 5 and 4.', 'CE211'),
        Reported('ValueError: Expected both `target.shape[1]` and `preds.shape[1]` to '
                 'be equal to the number of labels but got 5 and expected 4', 'CE211'),
        Reported('ValueError: Expected argument `num_classes` to be an integer larger '
                 'than 1, but got 1', 'CE302'),
        Reported('ValueError: Expected both `target.shape[1]` and `preds.shape[1]` to '
                 'be equal to the number of labels but got 3 and expected 6', 'CE211'),
    ),
    'Keras 3': (
        Reported('ValueError: `y_true` must have rank=2 when `multi_label` is True. '
                 'Found rank 1.', 'CE107'),
        Reported('ValueError: `y_pred` must have rank 2 when `multi_label=True`. Found '
                 'rank 1. Full shape received for `y_pred`: (32,)', 'CE107'),
        Reported('ValueError: FBetaScore expects 2D inputs with shape (batch_size, '
                 'output_dim). Received input shapes: y_pred.shape=(32, 5) and '
                 'y_true.shape=(32,).', 'CE109'),
        Reported('KeyError: "The path: (\'age\',) in the `loss` argument, can\'t be '
                 'found in the model\'s output (`y_pred`)."', 'CE001'),
        Reported('ValueError: `loss_weights` must match the number of losses, got 2 '
                 'losses and 3 weights.', 'CE001'),
        Reported('ValueError: No loss to compute. Provide a `loss` argument in '
                 '`compile()`.', 'CE001'),
        Reported("ValueError: Expected keys ['a', 'b'] in loss dict, but found "
                 "loss.keys()=['a', 'c']", 'CE001'),
        Reported('ValueError: For a model with multiple outputs, when providing a '
                 'single `sample_weight` array, it should only have one scalar score '
                 'per sample (i.e. shape `(num_samples,)`).', 'CE314'),
        Reported('ValueError: You should provide one `sample_weight` array per output '
                 'in `y`. The two structures did not match: - y: [1, 2] - '
                 'sample_weight: 3', 'CE314'),
        Reported('ValueError: You cannot specify `class_weight` and `sample_weight` at '
                 'the same time.', 'CE314'),
        Reported('ValueError: Arguments `sample_weight` and `class_weight` cannot be '
                 'specified at the same time. Received: sample_weight=[1.0, 2.0], '
                 'class_weight={0: 1.0}', 'CE314'),
        Reported('ValueError: Argument `class_weight` is not supported for torch '
                 'DataLoader inputs. You can modify your `__getitem__ ` method to '
                 'return input tensor, label and class_weight.', 'CE314'),
        Reported('ValueError: Argument `class_weight` is not supported for Python '
                 'generator inputs. Received: class_weight={0: 1.0, 1: 2.0}', 'CE314'),
        Reported('ValueError: `class_weight` is only supported for Models with a single '
                 'output.', 'CE314'),
        Reported('ValueError: When providing `x` as a tf.data.Dataset, `y` should not '
                 'be passed. Instead, the targets should be included as part of the '
                 'tf.data.Dataset.', 'CE001'),
        Reported('ValueError: Expected the lengths of `labels` to match the number of '
                 'files in the target directory. len(labels) is 90 while we found 100 '
                 'files in directory data/train.', 'CE112'),
        Reported('ValueError: `loss_weights` must match the number of losses, got 3 '
                 'losses and 1 weights.', 'CE001'),
    ),
    'TensorFlow': (
        Reported('ValueError: Unexpected labels shape (32, 1, 1) for predictions shape '
                 '(32, 5). Predictions rank should be the same rank as labels rank or '
                 'labels rank plus one .', 'CE107'),
        Reported('ValueError: Unexpected labels shape (8, 4, 4, 1) for predictions '
                 'shape (8, 4). Predictions rank should be the same rank as labels rank '
                 'or labels rank plus one .', 'CE107'),
    ),
    'optax': (
        Reported('ValueError: Expected `labels` to have batch size (32,), got (31,).', 'CE112'),
        Reported('ValueError: When apply_softmax=False, predictions must be valid '
                 'probability distributions that sum to 1 along the class axis. Found '
                 'sum range: [-3.25, 6.75]', 'CE106'),
        Reported('ValueError: When apply_softmax=False, predictions must be valid '
                 'probability distributions that sum to 1 along the class axis. Found '
                 'sum range: [0.98, 1.02]', 'CE406'),
        Reported('ValueError: Labels and embeddings must have the same leading '
                 'dimension, found (31,) for labels and (32, 64) for embeddings.', 'CE112'),
        Reported('ValueError: When apply_softmax=False, predictions must be valid '
                 'probability distributions that sum to 1 along the class axis. Found '
                 'sum range: [0.997, 1.0]', 'CE406'),
        Reported('ValueError: When apply_softmax=False, predictions must be valid '
                 'probability distributions that sum to 1 along the class axis. Found '
                 'sum range: [2.5, 11.0]', 'CE106'),
    ),
    'scikit-learn': (
        Reported('ValueError: The type of the target inferred from y_true is multiclass '
                 'but should be binary according to the shape of y_prob.', 'CE101'),
        Reported('ValueError: The shape of pred_decision cannot be 1d arraywith a '
                 'multiclass target. pred_decision shape must be (n_samples, '
                 'n_classes), that is (4, 3). Got: (4,)', 'CE305'),
        Reported('ValueError: The shape of pred_decision is not consistent with the '
                 'number of classes. With a multiclass target, pred_decision shape must '
                 'be (n_samples, n_classes), that is (4, 3). Got: (4, 2)', 'CE101'),
        Reported('ValueError: All labels must be in [0, n labels) for multilabel '
                 'targets. Got 5 > 4', 'CE101'),
        Reported('ValueError: All labels must be in [0, n labels) for multilabel '
                 'targets. Got -1 < 0', 'CE101'),
        Reported('ValueError: pos_label=1 is not a valid label. It should be one of '
                 "['no' 'yes']", 'CE313'),
        Reported('ValueError: Number of given labels, 3, not equal to the number of '
                 "columns in 'y_score', 4", 'CE101'),
        Reported("ValueError: 'y_true' contains labels not in parameter 'labels'", 'CE101'),
        Reported('ValueError: Number of classes in y_true not equal to the number of '
                 "columns in 'y_score'", 'CE101'),
        Reported("ValueError: Number of classes in 'y_true' (3) not equal to the number "
                 "of classes in 'y_score' (4).You can provide a list of all known "
                 'classes by assigning it to the `labels` parameter.', 'CE318'),
        Reported("ValueError: Parameter 'labels' must be ordered", 'CE318'),
        Reported('ValueError: y_true and y_score have different shape', 'CE112'),
        Reported('ValueError: y_true and y_pred have different number of output (1!=5)', 'CE109'),
        Reported('ValueError: `y` has classes not in `self.classes_`. `self.classes_` '
                 "has [0 1]. 'y' has [0 1 2].", 'CE101'),
        Reported('ValueError: warm_start can only be used where `y` has the same '
                 'classes as in the previous call to fit. Previously got [0 1 2], `y` '
                 'has [0 1]', 'CE101'),
        Reported('ValueError: classes [0 1 2] mismatch with the labels [0 1 3] found in '
                 'the data', 'CE101'),
        Reported('ValueError: y contains 1 class after sample_weight trimmed classes '
                 'with zero weights, while a minimum of 2 classes are required.', 'CE408'),
        Reported("ValueError: class_weight 'balanced' is not supported for partial_fit. "
                 "In order to use 'balanced' weights, use "
                 "compute_class_weight('balanced', classes=classes, y=y).", 'CE314'),
        Reported('ValueError: Valid presets for class_weight include "balanced" and '
                 '"balanced_subsample".Given "auto".', 'CE314'),
        Reported('ValueError: Multi-label binary indicator input with different numbers '
                 'of labels', 'CE211'),
        Reported('ValueError: The labels array needs to contain at least two labels, '
                 'got 1.', 'CE318'),
        Reported("ValueError: Classification metrics can't handle a mix of multiclass "
                 'and continuous-multioutput targets', 'CE201'),
        Reported("ValueError: Target is multiclass but average='binary'. Please choose "
                 "another average setting, one of [None, 'micro', 'macro', 'weighted'].", 'CE001'),
        Reported('ValueError: y_true and y_pred have different number of output (1!=3)', 'CE109'),
        Reported("ValueError: Parameter 'labels' must be unique", 'CE318'),
    ),
    'LightGBM and CatBoost': (
        Reported('ValueError: Label should not be None', 'CE002'),
        Reported("_catboost.CatBoostError: Invalid loss_function='RMSE': for classifier use "
                 'Logloss, CrossEntropy, MultiClass, MultiClassOneVsAll or a custom '
                 'objective object', 'CE001'),
    ),
}  # fmt: skip
"""By framework."""

ELSEWHERE_IN_SOURCES = (
    'ValueError: dropout probability has to be between 0 and 1, but got 1.5',
    'ValueError: TripletMarginLoss: expected margin to be greater than 0, got -1.0 '
    'instead',
    'NotImplementedError: Subclass Normal of Distribution that defines a custom '
    '__init__ method must also define a custom .expand() method.',
    'ValueError: `log_input` and `targets` must have the same shape, received ((32, 1) '
    'vs (32,)).',
    "ValueError: Invalid Reduction Key mean. Key should be one of ('none', 'sum').",
    'ValueError: Session keyword arguments are not supported during eager execution. '
    "You passed: {'options': None}",
    'ValueError: Invalid AUC curve value: "roc". Expected values are ["PR", "ROC", '
    '"PRGAIN"]',
    'ValueError: Invalid AUC summation method value: "mean". Expected values are '
    '["interpolation", "majoring", "minoring"]',
    'ValueError: Missing required argument in `call`: `rng`',
    'TypeError: Unexpected keyword arguments passed to '
    '`scale_by_backtracking_linesearch.update`. These arguments were not consumed by '
    '`value_fn`: batch. Ensure that all extra keyword arguments are accepted by '
    '`value_fn`.',
    'ValueError: Mean Squared Logarithmic Error cannot be used when targets contain '
    'values less than or equal to -1.',
    'ValueError: Number of labels is 1. Valid values are 2 to n_samples - 1 (inclusive)',
    'TypeError: Sparse arrays are only accepted (and passed through) when the target '
    'namespace is Numpy',
    'NotImplementedError: Resampling with sample_weight is only implemented for '
    'replace=True.',
    "InvalidParameterError: The 'penalty' parameter of LogisticRegression must be a str "
    "among {'l1', 'l2'}. Got 'l3' instead.",
    'ImportError: plot_confusion_matrix requires matplotlib. You can install matplotlib '
    'with `pip install matplotlib`',
    "ValueError: Estimator names must not contain __: got ['a__b']",
    "ValueError: Categorical feature 'city' is expected to have a cardinality <= 255 "
    'but actually has a cardinality of 300.',
    "ValueError: loss='gamma' requires strictly positive y.",
    "ValueError: loss='poisson' requires non-negative y and sum(y) > 0.",
    'ValueError: Underlying estimator svc does not implement the method predict_proba.',
    'ValueError: The classes argument contains duplicate classes. Remove these '
    'duplicates before passing them to MultiLabelBinarizer.',
    'RuntimeError: The preds and target should have the shape (..., spk, time), but '
    'torch.Size([8]) found',
    'ValueError: Expected `preds` and `target` to have BxCxHxW shape. But got '
    'torch.Size([8, 3]).',
    'TypeError: Expected `preds` and `ms` to have the same data type. Got preds: '
    'torch.float32 and ms: torch.float64.',
    'ValueError: Expected height of `preds` to be multiple of height of `ms`. Got '
    'preds: 31 and ms: 16.',
    'ValueError: Expected preds to be of shape (N, 4) but got torch.Size([8, 5])',
    'ValueError: Attempting to compute IoU on segments with different category ID: pred '
    '3, target 1',
    'ValueError: `kernel_size` has dimension 3, but expected to be two less that target '
    'dimensionality, which is: 4',
    "ValueError: For power=1.5, 'preds' has to be strictly positive and 'targets' "
    'cannot be negative.',
    'ValueError: Invalid model_name_or_path clip. Not supported by `clip_score` metric.',
    'ValueError: Device not found: cuda:7',
    'ValueError: The shape of the target variable and the shape of the target value in '
    '`variable.assign(value)` must match. variable.shape=(3, 4), Received: '
    'value.shape=(4, 3). Target variable: kernel',
    'ValueError: Argument `name` must be a string and cannot contain character `/`. '
    'Received: name=a/b',
    'ValueError: When `labels=None` (no labels), argument `class_names` cannot be '
    'specified.',
    "ValueError: Endpoint name 'serve' is already taken.",
)  # fmt: skip

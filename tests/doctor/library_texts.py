"""Messages that stand in the compiled libraries of frameworks, filled in as they are printed.

They were chosen from the list of tools/messages_page/from_libraries.py. Of `FROM_LIBRARIES` one
code stands first; what is about something else, `ELSEWHERE_IN_LIBRARIES`, gets none.
"""

from __future__ import annotations

from doctor.reported_texts import Reported

FROM_LIBRARIES = {
    'PyTorch': (
        Reported('RuntimeError: cross_entropy: weight tensor should be defined '
                 'either for all 5 classes or no classes but got weight tensor of '
                 'shape: [4]', 'CE314'),
        Reported('RuntimeError: weight tensor should be defined either for all 5 '
                 'classes or no classes but got weight tensor of shape: [4]', 'CE314'),
        Reported('RuntimeError: weight tensor should be defined either for all or '
                 'no classes', 'CE314'),
        Reported('RuntimeError: ignore_index is not supported for floating point '
                 'target', 'CE316'),
        Reported('RuntimeError: all elements of target should be between 0 and 1', 'CE308'),
        Reported('RuntimeError: multi_margin_loss: target tensor should be 1-D '
                 'with size equal to the number of input samples (batch size). '
                 'Expected target size [32], but got [8]. Input has shape [32, 5].', 'CE112'),
        Reported('RuntimeError: multi_margin_loss: target tensor should be 1-D '
                 'with size equal to the number of input samples (batch size). '
                 'Expected target size [32], but got [32, 5]. Input has shape [32, '
                 '5].', 'CE108'),
        Reported('RuntimeError: multi_margin_loss: target tensor should be 1-D '
                 'with size equal to the number of input samples (batch size). '
                 'Expected target size [32], but got [32, 1]. Input has shape [32, '
                 '5].', 'CE107'),
        Reported('RuntimeError: inconsistent target size: [8] for input of size: '
                 '[8, 5]', 'CE109'),
        Reported('RuntimeError: num_classes should be positive', 'CE001'),
        Reported('RuntimeError: Can not infer total number of classes from empty '
                 'tensor.', 'CE202'),
        Reported('RuntimeError: one_hot is only applicable to index tensor of type '
                 'LongTensor.', 'CE111'),
        Reported('RuntimeError: When vmap-ing torch.nn.functional.one_hot, please '
                 'provide an explicit positive num_classes argument.', 'CE001'),
        Reported('RuntimeError: size mismatch (got input: [8, 5, 4, 4], target: '
                 '[8, 6, 4]', 'CE112'),
        Reported('RuntimeError: size mismatch (got input: [2, 5, 8, 8] , target: '
                 '[2, 4, 8]', 'CE112'),
        Reported('RuntimeError: invalid multinomial distribution (encountering '
                 'probability entry < 0)', 'CE106'),
        Reported('RuntimeError: invalid multinomial distribution (encountering '
                 'probability entry = infinity or NaN)', 'CE217'),
        Reported('RuntimeError: multinomial only supports floating-point dtypes '
                 'for input, got: Long', 'CE304'),
        Reported('RuntimeError: index_select(): Expected dtype int32 or int64 for '
                 'index', 'CE111'),
        Reported('RuntimeError: index_select(): Index is supposed to be a vector', 'CE107'),
        Reported('RuntimeError: index_select(): index contains 7 that is out of '
                 'range for tensor of size 5', 'CE101'),
        Reported('RuntimeError: torch.take_along_dim(): dtype of indices should be '
                 'Long but got Float', 'CE111'),
        Reported('RuntimeError: torch.take_along_dim(): input and indices should '
                 'have the same number of dimensions, but got 2 dimensions for '
                 'input, and 1 dimensions for indices', 'CE107'),
        Reported('RuntimeError: scatter(): Expected dtype int32/int64 for index', 'CE111'),
        Reported('RuntimeError: scatter_(): Expected dtype int32/int64 for index '
                 'but got: Float', 'CE111'),
        Reported('RuntimeError: index_fill_(): Expected dtype int64 for index.', 'CE111'),
        Reported('RuntimeError: index 5 is out of bounds for dimension 0 with size '
                 '5', 'CE104'),
        Reported('RuntimeError: scatter(): Expected self.dtype to be equal to '
                 'src.dtype', 'CE111'),
        Reported('RuntimeError: Index tensor must have the same number of '
                 'dimensions as src tensor', 'CE107'),
        Reported('RuntimeError: Index tensor must have the same number of '
                 'dimensions as self tensor', 'CE107'),
        Reported('RuntimeError: Expected index [8, 1] to be no larger than self '
                 '[6, 5] apart from dimension 1 and to be no larger size than src '
                 '[8, 1]', 'CE112'),
        Reported('RuntimeError: Expected index [8, 1] to be no larger than self '
                 '[6, 5] apart from dimension 1', 'CE112'),
        Reported('RuntimeError: target_lengths must be integral', 'CE111'),
        Reported('RuntimeError: input_lengths must be integral', 'CE111'),
        Reported('RuntimeError: input_lengths must be of size batch_size', 'CE112'),
        Reported('RuntimeError: Expected target_lengths to have value at least 0, '
                 'but got value -1 (while checking arguments for ctc_loss_cpu)', 'CE112'),
        Reported('RuntimeError: Expected input_lengths to have value at least 0, '
                 'but got value -3 (while checking arguments for ctc_loss_cpu)', 'CE112'),
        Reported('RuntimeError: log_probs tensor must not be empty', 'CE112'),
        Reported('RuntimeError: Expected tensor to have size at least 7 at '
                 "dimension 1, but got size 5 for argument #2 'targets' (while "
                 'checking arguments for ctc_loss_cpu)', 'CE112'),
        Reported('RuntimeError: Index put requires the source and destination '
                 'dtypes match, got Float for the destination and Long for the '
                 'source.', 'CE111'),
        Reported('RuntimeError: label_smoothing must be between 0.0 and 1.0. Got: '
                 '-0.1', 'CE001'),
        Reported('RuntimeError: Expected target size [32], got [8]', 'CE112'),
        Reported('RuntimeError: target out of range', 'CE101'),
        Reported('RuntimeError: INDICES element is out of DATA bounds, id=7 '
                 'axis_dim=5', 'CE101'),
        Reported('RuntimeError: Target values should be in [0, 9], but values in '
                 'range [12, 12] were found.', 'CE101'),
    ),
    'TensorFlow': (
        Reported('InvalidArgumentError: Must have at least one class, but got '
                 'logits shape [32,0]', 'CE302'),
        Reported('InvalidArgumentError: logits should be a matrix, got shape [32]', 'CE303'),
        Reported('InvalidArgumentError: logits must be 2-D, but got shape [8,4,5]', 'CE112'),
        Reported('InvalidArgumentError: logits must be 2-D, but got shape [32]', 'CE303'),
        Reported('InvalidArgumentError: labels must be 1-D, but got shape [32,1]', 'CE107'),
        Reported('InvalidArgumentError: labels must be 1-D, but got shape [32,5]', 'CE108'),
        Reported('InvalidArgumentError: logits and labels must be either '
                 '2-dimensional, or broadcasted to be 2-dimensional', 'CE112'),
        Reported('InvalidArgumentError: logits and labels must be broadcastable: '
                 'logits_size=[32,5] labels_size=[32,4]', 'CE211'),
        Reported('InvalidArgumentError: predictions must be == 2-D, got shape [32]', 'CE303'),
        Reported('InvalidArgumentError: targets must be == 1-D, got shape [32,1]', 'CE107'),
        Reported('InvalidArgumentError: targets must be == 1-D, got shape [32,5]', 'CE108'),
        Reported('InvalidArgumentError: targets must have same elements as '
                 'predictions rows. Had 8, needed 32', 'CE112'),
        Reported('InvalidArgumentError: First dimension of predictions 32 must '
                 'match length of targets 8', 'CE112'),
        Reported('InvalidArgumentError: Only labels of 0.0 or 1.0 are supported '
                 'right now. Found example with label: 2', 'CE308'),
        Reported('InvalidArgumentError: Only labels of 0.0 or 1.0 are supported '
                 'right now. Found example with label: -1', 'CE308'),
        Reported('InvalidArgumentError: No label may be greater than num_classes. '
                 'num_classes: 5, batch: 0 labels: 1,7', 'CE101'),
        Reported('InvalidArgumentError: All labels must be nonnegative integers, '
                 'batch: 3 labels: 1,-1,2', 'CE103'),
        Reported('InvalidArgumentError: Labels length is zero in batch 3', 'CE112'),
        Reported('InvalidArgumentError: Saw a non-null label (index >= num_classes '
                 '- 1) following a null label, batch: 0 num_classes: 5 labels: '
                 '1,4,2 labels seen so far: 1', 'CE101'),
        Reported('InvalidArgumentError: The sequence length is either zero or '
                 'shorter than the target output (CTC works only with shorter '
                 'target sequence than input sequence). You can turn this into a '
                 'warning by using the flag ignore_longer_outputs_than_inputs', 'CE112'),
        Reported('InvalidArgumentError: num_classes should be positive, got 0', 'CE302'),
        Reported('InvalidArgumentError: depth must be non-negative, got: -1', 'CE001'),
        Reported('InvalidArgumentError: depth must be a scalar, but got: [2]', 'CE001'),
        Reported('InvalidArgumentError: true_classes must be a matrix', 'CE107'),
        Reported('InvalidArgumentError: true_classes must have num_true columns, '
                 'expected: 1 was: 5', 'CE108'),
        Reported('InvalidArgumentError: Input arr must be non-negative!', 'CE103'),
        Reported("InvalidArgumentError: Input 'in' must be non-negative! Negative "
                 'input value found: -1', 'CE103'),
        Reported('InvalidArgumentError: Expected 32 example labels but got 8', 'CE112'),
        Reported('InvalidArgumentError: indices[3] = 7 is not in [0, 5)', 'CE101'),
        Reported('InvalidArgumentError: indices[3] = [3, 7] does not index into '
                 'param shape [32,5]', 'CE101'),
        Reported('InvalidArgumentError: indices[3] = [7] does not index into shape '
                 '[5]', 'CE101'),
        Reported('InvalidArgumentError: params.shape[0]: 32 should be equal to '
                 'indices.shape[0]: 8', 'CE112'),
        Reported('InvalidArgumentError: logits must have >= 1 dimension, got []', 'CE303'),
        Reported('InvalidArgumentError: Received a label value of -1 which is '
                 'outside the valid range of [0, 5).  Label values: 0 -1 2', 'CE103'),
        Reported('InvalidArgumentError: Not enough time for target transition '
                 'sequence (required: 3, available: 2)0You can turn this error '
                 'into a warning by using the flag '
                 'ignore_longer_outputs_than_inputs [Op:CTCLoss]', 'CE112'),
        Reported('InvalidArgumentError: sequence_length(0) <= 6 [Op:CTCLoss]', 'CE112'),
        Reported('InvalidArgumentError: len(sequence_length) != batch_size.  '
                 'len(sequence_length):  2 batch_size: 1 [Op:CTCLoss]', 'CE112'),
        Reported('InvalidArgumentError: true_classes must have num_true columns, '
                 'expected: 2 was: 1 [Op:LogUniformCandidateSampler]', 'CE001'),
    ),
    'XGBoost': (
        Reported('xgboost.core.XGBoostError: MultiClassEvaluation: label must be '
                 'in [0, num_class), num_class=3 but found 5 in label', 'CE101'),
        Reported('xgboost.core.XGBoostError: Check failed: label_error >= 0 && '
                 'label_error < static_cast<int32_t>(n_class): '
                 'MultiClassEvaluation: label must be in [0, num_class), '
                 'num_class=3 but found -1 in label', 'CE103'),
        Reported('xgboost.core.XGBoostError: Check failed: label_error >= 0 && '
                 'label_error < static_cast<int32_t>(n_class): '
                 'MultiClassEvaluation: label must be in [0, num_class), '
                 'num_class=3 but found 3 in label', 'CE104'),
        Reported('xgboost.core.XGBoostError: SoftmaxMultiClassObj: label must be '
                 'discrete values in the range of [0, num_class).', 'CE104'),
        Reported('xgboost.core.XGBoostError: Check failed: preds.Size() == '
                 '(static_cast<size_t>(param_.num_class) * info.labels.Size()) (96 '
                 'vs. 160) : SoftmaxMultiClassObj: label size and pred size does '
                 'not match.\nlabel.Size() * num_class: 160\nnum_class: 5\n'
                 'preds.Size(): 96', 'CE112'),
        Reported('xgboost.core.XGBoostError: Check failed: preds.Size() == '
                 'info.labels.Size() (96 vs. 32) : label and prediction size not '
                 'match, hint: use merror or mlogloss for multi-class '
                 'classification', 'CE109'),
        Reported('xgboost.core.XGBoostError: Check failed: nclass >= 1U (0 vs. 1) '
                 ': mlogloss and merror are only used for multi-class '
                 'classification, use logloss for binary classification', 'CE302'),
        Reported('xgboost.core.XGBoostError: Check failed: preds.Size() % '
                 'info.labels.Size() == 0 (97 vs. 0) : label and prediction size '
                 'not match', 'CE112'),
        Reported('xgboost.core.XGBoostError: Check failed: labels.Shape(0) == '
                 'num_row_ (8 vs. 32) : Size of labels must equal to number of '
                 'rows.', 'CE112'),
        Reported('xgboost.core.XGBoostError: Meta info like label or weight can '
                 'not have missing value.', 'CE312'),
        Reported("xgboost.core.XGBoostError: The size of label doesn't match the "
                 'size of prediction.', 'CE112'),
        Reported('xgboost.core.XGBoostError: Check failed: label.Shape(1) <= 1 (5 '
                 'vs. 1) : multi-class-multi-label is not yet supported.', 'CE108'),
        Reported('xgboost.core.XGBoostError: multi-target-multi-class is not yet '
                 'supported. Output classes:3, output targets:5', 'CE108'),
        Reported('xgboost.core.XGBoostError: Check failed: info.labels.Size() != '
                 '0U (0 vs. 0) : label set cannot be empty', 'CE002'),
        Reported('xgboost.core.XGBoostError: Check failed: preds.Size() == '
                 'info.labels.Size() (96 vs. 32) : labels are not correctly '
                 'provided preds.size=96, label.size=32', 'CE112'),
        Reported('xgboost.core.XGBoostError: Invalid `base_score`, it should match '
                 'the number of outputs for multi-class/target , `n_classes`: 3, '
                 '`n_targets`: 1', 'CE001'),
        Reported('xgboost.core.XGBoostError: label must be in [0, 1] for logistic '
                 'regression', 'CE308'),
        Reported('xgboost.core.XGBoostError: label must be in (0, 1) for logistic '
                 'regression', 'CE308'),
        Reported('xgboost.core.XGBoostError: Check failed: valid: Label contains '
                 'NaN, infinity or a value too large.', 'CE312'),
        Reported('xgboost.core.XGBoostError: Check failed: label_error >= 0 && '
                 'label_error < static_cast<int32_t>(n_class): '
                 'MultiClassEvaluation: label must be in [0, num_class), '
                 'num_class=1 but found 1 in label', 'CE302'),
        Reported('xgboost.core.XGBoostError: Check failed: preds.Size() == '
                 'info.labels.Size() (160 vs. 32) : label and prediction size not '
                 'match, hint: use merror or mlogloss for multi-class '
                 'classification', 'CE109'),
        Reported('xgboost.core.XGBoostError: Check failed: info.labels.Shape(0) == '
                 'info.num_row_ (0 vs. 32) : Invalid shape of labels.', 'CE002'),
        Reported('xgboost.core.XGBoostError: Check failed: valid: Weights must be '
                 'positive values.', 'CE314'),
        Reported('xgboost.core.XGBoostError: Size of weights must equal to number '
                 'of rows.', 'CE314'),
    ),
    'LightGBM': (
        Reported('lightgbm.basic.LightGBMError: Label must be in [0, 3), but found '
                 '5 in label', 'CE101'),
        Reported('lightgbm.basic.LightGBMError: Label must be in [0, 3), but found '
                 '-1 in label', 'CE103'),
        Reported('lightgbm.basic.LightGBMError: Multiclass objective and metrics '
                 "don't match", 'CE001'),
        Reported('lightgbm.basic.LightGBMError: Objective should contain num_class '
                 'field', 'CE001'),
        Reported('lightgbm.basic.LightGBMError: label cannot be nullptr', 'CE002'),
        Reported('lightgbm.basic.LightGBMError: Length of labels differs from the '
                 'length of #data', 'CE112'),
        Reported('lightgbm.basic.LightGBMError: Length of weights differs from the '
                 'length of #data', 'CE314'),
        Reported("lightgbm.basic.LightGBMError: Weights size doesn't match data "
                 'size', 'CE314'),
        Reported('lightgbm.basic.LightGBMError: [cross_entropy]: sum of weights is '
                 'zero', 'CE314'),
        Reported('lightgbm.basic.LightGBMError: [cross_entropy]: at least one '
                 'weight is negative', 'CE314'),
        Reported('lightgbm.basic.LightGBMError: [cross_entropy_lambda]: at least '
                 'one weight is non-positive', 'CE314'),
        Reported('lightgbm.basic.LightGBMError: [cross_entropy:GetObjectiveInit]: '
                 '(metric) weights not allowed to be negative', 'CE314'),
        Reported('lightgbm.basic.LightGBMError: [cross_entropy_lambda:Init]: '
                 '(metric) all weights must be positive', 'CE314'),
        Reported('lightgbm.basic.LightGBMError: [kullback_leibler:Init]: '
                 'sum-of-weights = 0.000000 is non-positive', 'CE314'),
        Reported('lightgbm.basic.LightGBMError: [kullback_leibler:Init]: (metric) '
                 'at least one weight is negative', 'CE314'),
        Reported('lightgbm.basic.LightGBMError: [cross_entropy]: does not tolerate '
                 'element [#3 = 2.000000] outside [0, 1]', 'CE308'),
        Reported('lightgbm.basic.LightGBMError: Check failed: (num_class) > (0) at '
                 'config_auto.cpp, line 350 .', 'CE001'),
        Reported('lightgbm.basic.LightGBMError: Number of class for initial score '
                 'error', 'CE112'),
        Reported("lightgbm.basic.LightGBMError: Initial score size doesn't match "
                 'data size', 'CE112'),
        Reported('lightgbm.basic.LightGBMError: Cannot set is_unbalance and '
                 'scale_pos_weight at the same time', 'CE001'),
        Reported('[LightGBM] [Warning] Contains only one class\n[LightGBM] [Info] '
                 'Number of positive: 0, number of negative: 32', 'CE408'),
        Reported('[LightGBM] [Warning] Contains only one class', 'CE408'),
    ),
    'CatBoost': (
        Reported('_catboost.CatBoostError: Multiclass metric/loss specified but '
                 'target data does not have more than one different labels', 'CE408'),
        Reported("_catboost.CatBoostError: Only one class found, can't learn "
                 'multiclass objective', 'CE408'),
        Reported('_catboost.CatBoostError: If classes count is specified each '
                 'target label should be nonnegative integer in '
                 '[0,..,classes_count - 1].', 'CE101'),
        Reported('_catboost.CatBoostError: metric/loss-function MultiClass is a '
                 'Multiclassification metric,  each target label should be a '
                 'nonnegative integer', 'CE101'),
        Reported('_catboost.CatBoostError: Target Labels for MultiLogloss must be '
                 '0 or 1', 'CE308'),
        Reported('_catboost.CatBoostError: Logloss loss function does not support '
                 'NaNs in target data', 'CE312'),
        Reported('_catboost.CatBoostError: TargetType is specified as Boolean but '
                 'labels contain non-{0,1} data', 'CE308'),
        Reported('_catboost.CatBoostError: TargetType is specified as Boolean but '
                 'labels contain NaNs', 'CE312'),
        Reported('_catboost.CatBoostError: TargetType is specified as Integer but '
                 'labels contain non-integer data', 'CE111'),
        Reported('_catboost.CatBoostError: targetType is Boolean but target values '
                 'contain non-{0,1} data', 'CE308'),
        Reported('_catboost.CatBoostError: targetType is Integer but target values '
                 'contain non-integer data', 'CE111'),
        Reported('_catboost.CatBoostError: Class count is not 2 for binary '
                 'classification', 'CE101'),
        Reported('_catboost.CatBoostError: Number of classes (3) should be >= '
                 'number of unique labels (5)', 'CE101'),
        Reported('_catboost.CatBoostError: Number of classes and class weights '
                 'mismatch', 'CE314'),
        Reported('_catboost.CatBoostError: Prediction and label size do not match', 'CE112'),
        Reported('_catboost.CatBoostError: Inconsistent approx and target size', 'CE112'),
        Reported('_catboost.CatBoostError: Approx and target must have same sizes', 'CE112'),
        Reported('_catboost.CatBoostError: Inconsistent approx and target dimension', 'CE112'),
        Reported('_catboost.CatBoostError: Multi classification loss/metrics '
                 'require label data', 'CE002'),
        Reported('_catboost.CatBoostError: Binary classification loss/metrics '
                 'require label data', 'CE002'),
        Reported('_catboost.CatBoostError: Multi label classification loss/metrics '
                 'require label data', 'CE002'),
        Reported('_catboost.CatBoostError: Logloss loss function requires target '
                 'data', 'CE002'),
        Reported('_catboost.CatBoostError: MultiClass loss function requires '
                 'single-dimensional target data', 'CE108'),
        Reported('_catboost.CatBoostError: Attempt to use multi-dimensional target '
                 'as one-dimensional', 'CE108'),
        Reported('_catboost.CatBoostError: Multidimensional targets are not '
                 'currently supported', 'CE108'),
        Reported('_catboost.CatBoostError: Balanced accuracy is used only for '
                 'binary classification problems.', 'CE101'),
        Reported('_catboost.CatBoostError: Brier Score is used only for binary '
                 'classification problems.', 'CE101'),
        Reported('_catboost.CatBoostError: Both binary classification-only and '
                 'multiclassification-only loss function or metrics specified', 'CE001'),
        Reported('_catboost.CatBoostError: Multiclassification-only metrics '
                 'specified for a single-dimensional model', 'CE001'),
        Reported('_catboost.CatBoostError: Not all class names are numeric, but '
                 'specified target data is', 'CE101'),
        Reported('_catboost.CatBoostError: classes-count should be at least 2', 'CE001'),
        Reported('_catboost.CatBoostError: All target values should be in the '
                 'segment [0, 1], for Ranking AUC please use type=Ranking.', 'CE308'),
        Reported('_catboost.CatBoostError: String target type is not currently '
                 'supported', 'CE313'),
        Reported('_catboost.CatBoostError: Specifying target border is '
                 'incompatible with class count not equal to 2', 'CE001'),
        Reported('_catboost.CatBoostError: targetBorder should be specified only '
                 'for binary classification problems', 'CE001'),
        Reported('_catboost.CatBoostError: classes-count 3 must be equal to size '
                 'of class-names 2 if both are specified.', 'CE001'),
        Reported('_catboost.CatBoostError: Unknown class label: "3"', 'CE101'),
        Reported('_catboost.CatBoostError: NaN values are not supported for target', 'CE312'),
        Reported('_catboost.CatBoostError: All train targets are equal', 'CE408'),
        Reported('_catboost.CatBoostError: Min target less than 0: -1', 'CE308'),
        Reported('_catboost.CatBoostError: Max target greater than 1: 3', 'CE308'),
        Reported('_catboost.CatBoostError: Param focal_gamma is mandatory for '
                 'Focal loss', 'CE001'),
        Reported('_catboost.CatBoostError: Label and approx should have same sizes.', 'CE112'),
        Reported('_catboost.CatBoostError: Label and weight should have same sizes.', 'CE314'),
        Reported('_catboost.CatBoostError: if loss-function is Logloss, then class '
                 'weights should be given for 0 and 1 classes', 'CE314'),
        Reported('_catboost.CatBoostError: if loss-function is Logloss, then class '
                 'labels should be given for 0 and 1 classes', 'CE001'),
        Reported('_catboost.CatBoostError: Target Labels for MultiCrossEntropy '
                 'must be in range [0, 1]', 'CE308'),
        Reported('_catboost.CatBoostError: Converted real target is incompatible '
                 'with specifying class names', 'CE001'),
        Reported('_catboost.CatBoostError: binary classification problem, but '
                 'class labels count is not equal to 2', 'CE001'),
        Reported('_catboost.CatBoostError: Label must be provided', 'CE002'),
        Reported('_catboost.CatBoostError: empty values not supported for Label', 'CE312'),
        Reported('_catboost.CatBoostError: Max target greater than 1: nan', 'CE312'),
        Reported('_catboost.CatBoostError: Weights[0] is negative', 'CE314'),
        Reported('_catboost.CatBoostError: class weights takes effect only with '
                 'Logloss, MultiClass, MultiClassOneVsAll and user-defined loss '
                 'functions', 'CE314'),
        Reported('_catboost.CatBoostError: class labels should be specified for '
                 'each class in range 0, ... , classes_count - 1', 'CE001'),
        Reported('_catboost.CatBoostError: Specifying target border is '
                 'incompatible with specifying class labels', 'CE001'),
        Reported('_catboost.CatBoostError: metric [RMSE] is incompatible with loss '
                 '[MultiClass] (no multiclass support)', 'CE001'),
        Reported('_catboost.CatBoostError: Eval metric should have a single value. '
                 'Metric F1 provides a value for each class, thus it cannot be '
                 'used as a single value to select the best iteration or to detect '
                 'overfitting.', 'CE001'),
        Reported('_catboost.CatBoostError: Param focal_alpha is mandatory for '
                 'Focal loss', 'CE001'),
        Reported('_catboost.CatBoostError: Target with classes must contain only 2 '
                 'unique values for binary classification', 'CE101'),
    ),
}  # fmt: skip
"""By framework."""

ELSEWHERE_IN_LIBRARIES = (
    'RuntimeError: bernoulli_ expects p to be in [0, 1], but got p=1.5',
    'RuntimeError: huber_loss does not support non-positive values for delta.',
    'RuntimeError: smooth_l1_loss does not support negative values for beta.',
    'RuntimeError: torch.histc: max must be larger than min',
    'RuntimeError: kthvalue(): selected number k out of range for dimension 1',
    'RuntimeError: index_copy_(): Index should have dimension 1 or 0 (got 2)',
    'RuntimeError: masked_scatter: expected self and source to have same dtypes but gotFloat '
    'and Long',
    'RuntimeError: cdist only supports floating-point dtypes, X1 got: Long',
    'RuntimeError: torch.searchsorted(): sorter index out of range',
    'IndexError: max(): Expected reduction dim to be specified for input.numel() == 0. Specify '
    "the reduction dim with the 'dim' argument.",
    'RuntimeError: elements in indices should be type int64 but got: Int',
    'RuntimeError: Expected to have finished reduction in the prior iteration before starting a '
    'new one. This error indicates that your module has parameters that were not used in '
    'producing loss.',
    'InvalidArgumentError: Only non-negative labels can be used with the Poisson log loss. '
    'Found example with label: -1',
    'InvalidArgumentError: input depth must be evenly divisible by filter depth: 3 vs 2',
    'InvalidArgumentError: segment ids are not increasing [Op:SegmentSum]',
    'InvalidArgumentError: segment_ids should be the same size as dimension 0 of input. '
    '[Op:SegmentSum]',
    'InvalidArgumentError: third dimension of boxes must be either 1 or num classes',
    'InvalidArgumentError: max_output_size_per_class must be > 0 if pad_per_class is set to true',
    'InvalidArgumentError: batch_size must be non-negative but got -1',
    'InvalidArgumentError: All explicit_padding elems must be >= 0, Given -1',
    'NotFoundError: PruneForTargets: Some target nodes not found: dense/BiasAdd',
    'InvalidArgumentError: TensorArray size must be >= 0',
    'xgboost.core.XGBoostError: label must be non-negative for Poisson/Tweedie regression.',
    'xgboost.core.XGBoostError: label must be positive for gamma regression.',
    'xgboost.core.XGBoostError: label must be greater than -1 for rmsle so that log(label + 1) '
    'can be valid.',
    'xgboost.core.XGBoostError: Check failed: label_is_integer: When using relevance degree as '
    'target, label must be either 0 or positive integer.',
    'xgboost.core.XGBoostError: Check failed: is_binary: map can only be used with binary '
    'labels.',
    'xgboost.core.XGBoostError: Multi-target for quantile regression is not yet supported.',
    'xgboost.core.XGBoostError: quantile alpha must be in the range [0.0, 1.0].',
    'xgboost.core.XGBoostError: CoxRegression: labels must be in sorted order, '
    'MetaInfo::LabelArgsort failed!',
    'lightgbm.basic.LightGBMError: [poisson]: at least one target label is negative',
    'lightgbm.basic.LightGBMError: [poisson]: sum of labels is zero',
    'lightgbm.basic.LightGBMError: Ranking tasks require query information',
    'lightgbm.basic.LightGBMError: Label 40 is not less than the number of label mappings (31)',
    '[LightGBM] [Warning] Some label values are < 1 in absolute value. MAPE is unstable with '
    'such values, so LightGBM rounds them to 1.0 when calculating MAPE.',
    'lightgbm.basic.LightGBMError: Could not find label column price in data file train.csv',
    'lightgbm.basic.LightGBMError: Label should be the first column in a LibSVM file',
    '_catboost.CatBoostError: Alpha parameter should not be used for MAE loss',
    '_catboost.CatBoostError: Groupwise loss/metrics require nontrivial groups',
    '_catboost.CatBoostError: Monotone constraints is unsupported for multiclass.',
    '_catboost.CatBoostError: Survival regression objective/metrics require 2-dimensional target',
    '_catboost.CatBoostError: Param variance_power is mandatory for Tweedie loss',
    '_catboost.CatBoostError: PredictionDiff requires 2 documents for compare',
    '_catboost.CatBoostError: Fair loss is not defined for negative smoothness',
    '_catboost.CatBoostError: ONNX format does not support floating-point labels',
)  # fmt: skip

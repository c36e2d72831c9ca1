"""What CatBoost prints, and which cause it shows."""

from __future__ import annotations

from typing import Final

from crossent.doctor.printed import label_values
from crossent.doctor.printed.message import Message, Says

MESSAGES: Final = (
    Message(
        "CE313",
        "CatBoost",
        r"Target value ['\"]+(?P<v>[^'\"]*)['\"]+ cannot be parsed as float",
        lambda m: (
            None
            if m["v"].lower() in ("nan", "none", "")
            else Says(
                0.95,
                f"A label is the text {m['v']!r}, and this loss takes numbers.",
                "Use CatBoostClassifier with loss_function='Logloss' or 'MultiClass', which map "
                "classes themselves, or map the labels: np.unique(y, return_inverse=True)[1].",
            )
        ),
    ),
    Message(
        "CE312",
        "CatBoost",
        r"Target value ['\"]+(?:nan|none|)['\"]+ cannot be parsed as float",
        "A label is missing.",
        0.95,
        "Leave out the rows without a label before fit.",
    ),
    Message(
        "CE101",
        "CatBoost",
        r"Value in target \((?P<value>\d+)\) is greater than specified class count",
        label_values.too_large,
    ),
    Message(
        "CE104",
        "CatBoost",
        r"Value in target \((?P<value>\d+)\) is greater than specified class count",
        label_values.one_based,
    ),
    Message(
        "CE103",
        "CatBoost",
        r"Value in target \((?P<value>-?\d+)\) is (?:not expected class index|greater than "
        r"specified class "
        r"count)",
        label_values.sentinel,
    ),
    Message(
        "CE101",
        "CatBoost",
        r"Value in target \((?P<value>-\d+)\) is not expected class index",
        label_values.too_large,
    ),
    Message(
        "CE312",
        "CatBoost",
        r"empty values not supported for Label|Value in target \((?:nan|inf)\) is|NaN values "
        r"are not supported for target|JSON "
        r"writer: invalid float value: (?:nan|inf)|(?:Max target greater than 1|Min target "
        r"less than "
        r"0): -?(?:nan|inf)|does not (?:support|allow) NaNs? (?:values )?in target "
        r"data|TargetType is "
        r"specified as \w+ but labels contain NaNs",
        "At least one label is missing or infinite.",
        0.95,
        "Leave out the rows without a label: keep = np.isfinite(y).",
    ),
    Message(
        "CE312",
        "CatBoost",
        r"must be real number, not NoneType",
        "At least one label is None.",
        0.65,
        "Leave out the rows without a label.",
    ),
    Message(
        "CE111",
        "CatBoost",
        r"Value in target \(\d*\.\d+\) is not expected class index",
        "At least one label is not a whole number.",
        0.93,
        "Pass y.astype(int), if only rounding errors make them fractions.",
    ),
    Message(
        "CE112",
        "CatBoost",
        r"Length of label ?= ?\d+ and length of data ?= ?\d+ (?:is|are) different",
        "There are not as many labels as rows.",
        0.97,
    ),
    Message(
        "CE314",
        "CatBoost",
        r"Length of weight ?= ?\d+ and length of data ?= ?\d+ (?:is|are) different",
        "There are not as many weights as rows.",
        0.97,
        "Pass one weight for each row.",
    ),
    Message(
        "CE314",
        "CatBoost",
        r"class weights size data size \(\d+\) is not equal to class count",
        "CatBoost needs one weight for each class.",
        0.97,
        "Pass class_weights with a number for every class.",
    ),
    Message(
        "CE408",
        "CatBoost",
        r"Target contains only one unique value|All train targets are equal|target data does not "
        r"have more than one different labels|Only one class found, can't learn multiclass",
        "Every label is the same: a model trained on them predicts only one class.",
        0.9,
        "Train on rows of at least two classes: split with stratify=y.",
    ),
    Message(
        "CE002",
        "CatBoost",
        r"y may be None only when X is an instance of catboost\.Pool",
        "The labels are None.",
        0.95,
        "Pass fit(X, y).",
    ),
    Message(
        "CE108",
        "CatBoost",
        r"objectives work with multidimensional target|requires single-dimensional target data|"
        r"multi-dimensional target as one-dimensional|Multidimensional targets are not currently",
        "The labels are one-hot rows.",
        0.9,
        "Pass y.argmax(1).",
    ),
    Message(
        "CE101",
        "CatBoost",
        r"Target with classes must contain only 2 unique values for binary classification|Class "
        r"count is not 2 for binary classification|is used only for binary classification problems",
        "A binary loss or metric got more than two classes.",
        0.9,
        "Pass loss_function='MultiClass'.",
    ),
    Message(
        "CE308",
        "CatBoost",
        r"(?:Max target greater than 1|Min target less than 0): (?!-?(?:nan|inf))|target values "
        r"should be in the segment \[0, 1\]",
        "A label of CrossEntropy is not in [0, 1].",
        0.95,
        "For class indices pass loss_function='MultiClass'; for labels -1 and 1 pass (y + 1) / 2.",
    ),
    Message(
        "CE001",
        "CatBoost",
        r"\w+ loss is not supported",
        "CatBoost has no loss of that name.",
        0.75,
        "The names are 'Logloss' and 'CrossEntropy' (two classes) and 'MultiClass'.",
    ),
    Message(
        "CE101",
        "CatBoost",
        r"Unknown class label: |Not all class names are numeric, but specified target data is",
        "A label is not among class_names.",
        0.95,
        "Pass class_names with every class.",
    ),
    Message(
        "CE101",
        "CatBoost",
        r"each target label should be a? ?nonnegative integer|Number of classes \(\d+\) should "
        r"be >= "
        r"number of unique labels",
        "A label is not one of the classes 0..classes_count - 1.",
        0.85,
        "Leave classes_count out, or map the labels: np.unique(y, return_inverse=True)[1].",
    ),
    Message(
        "CE308",
        "CatBoost",
        r"Target Labels for Multi(?:Logloss|CrossEntropy) must be|(?:labels|target values) contain "
        r"non-\{0,1\} "
        r"data",
        "A label is not 0 or 1, or not in [0, 1].",
        0.93,
        "For class indices pass loss_function='MultiClass'; for labels -1 and 1 pass (y + 1) / 2.",
    ),
    Message(
        "CE111",
        "CatBoost",
        r"(?:labels|target values) contain non-integer data",
        "A label is not a whole number.",
        0.93,
        "Pass y.astype(int), if only rounding errors make them fractions.",
    ),
    Message(
        "CE313",
        "CatBoost",
        r"String target type is not currently supported",
        "The labels are text.",
        0.93,
        "Map them: classes, y = np.unique(y, return_inverse=True).",
    ),
    Message(
        "CE002",
        "CatBoost",
        r"Label must be provided|(?:loss/metrics require|loss function requires) "
        r"(?:label|target) data",
        "The pool has no labels.",
        0.95,
        "Pass Pool(X, label=y), or fit(X, y).",
    ),
    Message(
        "CE112",
        "CatBoost",
        r"Prediction and label size do not match|Label and approx should have same sizes|"
        r"Inconsistent approx and target|Approx and target "
        r"must have same sizes",
        "Labels and predictions have different numbers of rows.",
        0.9,
    ),
    Message(
        "CE314",
        "CatBoost",
        r"Number of classes and class weights mismatch|Label and weight should have same sizes|"
        r"class weights should be given for 0 and 1|is missing in class weights|"
        r"Weights\[\d+\] is negative|class weights takes effect only with",
        "The class weights do not fit the classes or the loss, or a weight is negative.",
        0.93,
        "Pass class_weights with a number of at least 0 for every class, to Logloss or MultiClass.",
    ),
    Message(
        "CE001",
        "CatBoost",
        r"Both binary classification-only and multiclassification-only|Multiclassification-only "
        r"metrics specified|is incompatible with (?:loss|metric) \[\w+\] \(no|provides a value for "
        r"each class, thus it cannot",
        "The loss and a metric are for different numbers of classes.",
        0.93,
        "Use Logloss with Logloss, AUC or Accuracy, and MultiClass with MultiClass, Accuracy or "
        "TotalF1.",
    ),
    Message(
        "CE001",
        "CatBoost",
        r"(?:Specifying target border|Converted real target) is incompatible|targetBorder "
        r"should be specified only for "
        r"binary",
        "target_border makes two classes of numbers, and other classes were named.",
        0.93,
        "Leave out target_border, or class_names and classes_count.",
    ),
    Message(
        "CE001",
        "CatBoost",
        r"class labels should be given for 0 and 1|class labels count is not equal to 2|"
        r"classes-count should be at least 2|class labels should be specified for each class in "
        r"range|must be equal to size of class-names",
        "classes_count does not fit class_names or the loss, or is below 2.",
        0.93,
        "Pass one of them, with every class of the labels.",
    ),
    Message(
        "CE001",
        "CatBoost",
        r"Param focal_\w+ is mandatory for Focal loss",
        "The loss Focal needs both of its parameters.",
        0.95,
        "Pass loss_function='Focal:focal_alpha=0.25;focal_gamma=2.0'.",
    ),
    Message(
        "CE001",
        "CatBoost",
        r"for classifier use Logloss, CrossEntropy, MultiClass",
        "The loss is not one for classes.",
        0.9,
        "Pass loss_function='Logloss' or 'MultiClass', or use CatBoostRegressor.",
    ),
)

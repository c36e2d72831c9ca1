"""What scikit-learn prints of the kind of labels and of options, and which cause it shows."""

from __future__ import annotations

from typing import Final

from crossent.doctor.printed.message import Message, Says

MESSAGES: Final = (
    Message(
        "CE302",
        "scikit-learn",
        r"Number of classes in 'y_true' \((?P<a>\d+)\) not equal to the number of classes in "
        r"'y_score' \(1\)",
        "The scores have one column.",
        0.95,
        "Pass a column for every class: predict_proba(X).",
    ),
    Message(
        "CE101",
        "scikit-learn",
        r"Number of classes in 'y_true' \((?P<a>\d+)\) not equal to the number of classes in "
        r"'y_score' "
        r"\((?P<b>\d+)\)",
        lambda m: (
            Says(
                0.9,
                f"The labels name {m['a']} classes, and the scores have {m['b']} columns.",
                "Pass a column for every class, and labels= all classes.",
            )
            if int(m["a"]) > int(m["b"]) > 1
            else None
        ),
    ),
    Message(
        "CE318",
        "scikit-learn",
        r"Number of classes in 'y_true' \((?P<a>\d+)\) not equal to the number of classes in "
        r"'y_score' "
        r"\((?P<b>\d+)\)",
        lambda m: (
            Says(
                0.9,
                f"This split has {m['a']} classes, and the scores {m['b']} columns.",
                "Pass labels= the list of all classes, sorted.",
            )
            if int(m["a"]) < int(m["b"])
            else None
        ),
    ),
    Message(
        "CE002",
        "scikit-learn",
        r"The 'y\w*' parameter of \w+ must be an array-like",
        "Labels or predictions are not an array, but None or another object.",
        0.93,
        "Pass np.asarray(labels) and np.asarray(predictions).",
    ),
    Message(
        "CE002",
        "scikit-learn",
        r"estimator requires y to be passed, but the target y is None|got None$",
        "The labels are None.",
        0.9,
        "Pass fit(X, y).",
    ),
    Message(
        "CE002",
        "scikit-learn",
        r"Complex data not supported",
        "Labels or predictions are complex numbers.",
        0.93,
        "Pass their real part, y.real.",
    ),
    Message(
        "CE112",
        "scikit-learn",
        r"Input should have at least 1 dimension|y should be a 1d array, got an array of shape "
        r"\(\)|got scalar array instead",
        "An array with a row for each sample is needed, but one number was passed.",
        0.85,
        "Pass an array with a label for each row.",
    ),
    Message(
        "CE202",
        "scikit-learn",
        r"Found array with 0 sample\(s\)|Found empty input array",
        "There are no rows.",
        0.93,
    ),
    Message(
        "CE112",
        "scikit-learn",
        r"a mix of (?:unknown and [\w-]+|[\w-]+ and unknown) targets|\bunknown is not supported",
        "Labels or predictions have three axes or more.",
        0.8,
        "Flatten both: y_true.ravel(), y_prob.reshape(-1, C).",
    ),
    Message(
        "CE313",
        "scikit-learn",
        r"Unknown label type: '?unknown|unknown format is not supported|got 'unknown' instead",
        "The labels are objects: text among numbers, or None.",
        0.85,
        "Map them with one table: np.unique(y.astype(str), return_inverse=True)[1].",
    ),
    Message(
        "CE312",
        "scikit-learn",
        r"Unknown label type: '?unknown|unknown format is not supported|got 'unknown' instead",
        "A label may be None.",
        0.7,
        "Leave out the rows without a label.",
    ),
    Message(
        "CE111",
        "scikit-learn",
        r"Unknown label type: \(|y type must be 'binary' or 'multiclass', got 'continuous",
        "Some labels are not whole numbers.",
        0.88,
        "Pass y.astype(int), if only rounding errors make them fractions; for measured numbers "
        "use a regressor.",
    ),
    Message(
        "CE304",
        "scikit-learn",
        r"Unknown label type: \(array\(|continuous(?:-multioutput)? format is not supported|y "
        r"type must be 'binary' or 'multiclass', got 'continuous|inferred from y_true is "
        r"continuous",
        "The first argument holds numbers that are not labels.",
        0.8,
        "Labels come first: log_loss(y_true, y_prob).",
    ),
    Message(
        "CE111",
        "scikit-learn",
        r"continuous(?:-multioutput)? format is not supported|can't handle a mix of "
        r"continuous(?:-multioutput)? and",
        "Some labels are not whole numbers.",
        0.7,
        "Pass y.astype(int), if only rounding errors make them fractions.",
    ),
    Message(
        "CE101",
        "scikit-learn",
        r"inferred from y_true is multiclass but should be binary",
        "There are more than two classes, but the score is for two.",
        0.9,
        "Pass a column of probabilities for every class, or the labels of one class: y_true == 2.",
    ),
    Message(
        "CE406",
        "scikit-learn",
        r"Target scores need to be probabilities for multiclass roc_auc",
        "The rows do not sum to 1: they are logits or sigmoid outputs.",
        0.95,
        "Pass predict_proba(X), or scipy.special.softmax(logits, axis=1).",
    ),
    Message(
        "CE305",
        "scikit-learn",
        r"'y_score' needs to be of shape '?\(n_samples, n_classes\)",
        "The predictions are one number per row: chosen classes, or the scores of one class.",
        0.88,
        "Pass predict_proba(X), with a column for every class.",
    ),
    Message(
        "CE318",
        "scikit-learn",
        r"Only one class is present in y_true|y_true' is binary while y_score is 2d",
        "This split does not hold every class.",
        0.88,
        "Pass labels= the list of all classes, or split with stratify=y.",
    ),
    Message(
        "CE313",
        "scikit-learn",
        r"dtype='numeric' is not compatible with arrays of bytes/strings|y_true takes value in "
        r"\{.{0,80}\} and pos_label is not specified|is not a valid label\. It should be one of "
        r"\['",
        "The labels are text.",
        0.9,
        "Pass pos_label= the text of the class that counts as yes, or y == that text.",
    ),
    Message(
        "CE308",
        "scikit-learn",
        r"pos_label=\S+ is not a valid label\. It should be one of \[(?!')",
        "The labels are not 0 and 1.",
        0.9,
        "Pass pos_label= the larger label, or y == that label.",
    ),
    Message(
        "CE001",
        "scikit-learn",
        r"multi_class must be in \('ovo', 'ovr'\)|Target is multiclass but average='binary'",
        "This score needs to be told what to do with more than two classes.",
        0.93,
        "Pass multi_class='ovr' (roc_auc_score) or average='macro'.",
    ),
    Message(
        "CE001",
        "scikit-learn",
        r"The '(?:loss|normalize|average|zero_division|multi_class|criterion|scoring)' "
        r"parameter of \w+ must be .{0,400}? Got ",
        "The message lists what the option may be.",
        0.95,
        "For a cross-entropy the name is loss='log_loss'.",
    ),
    Message(
        "CE314",
        "scikit-learn",
        r"The '(?:class_weight|classes)' parameter of \w+ must be .{0,200}? Got ",
        "class_weight is a dict from classes to numbers, or 'balanced'.",
        0.95,
        "Pass class_weight={0: 1.0, 1: 2.0}.",
    ),
    Message(
        "CE314",
        "scikit-learn",
        r"The classes, .{0,80}, are not in class_weight|classes should have valid labels that "
        r"are in y|classes should include all valid labels that can be in y$",
        "The weights and the labels do not name the same classes.",
        0.9,
        "Name every class that occurs: np.unique(y).",
    ),
    Message(
        "CE101",
        "scikit-learn",
        r"classes should include all valid labels that can be in y",
        "A label is not among classes=.",
        0.93,
        "Pass classes=np.unique(all_labels).",
    ),
    Message(
        "CE318",
        "scikit-learn",
        r"classes must be passed on the first call to partial_fit",
        "A first batch may not hold every class.",
        0.85,
        "Pass classes=np.unique(all_labels).",
    ),
    Message(
        "CE314",
        "scikit-learn",
        r"sample_weight\.shape ?== ?\([\d, ]*\), expected \([\d, ]*\)",
        "There are not as many weights as rows.",
        0.95,
        "Pass one weight for each row: class_weight[y].",
    ),
    Message(
        "CE408",
        "scikit-learn",
        r"is ill-defined and being set to 0\.0 .{0,40}no predicted samples",
        "Some class is never predicted.",
        0.9,
        "Compare np.bincount(y_pred) with np.bincount(y_true); weight the classes if they are "
        "imbalanced.",
    ),
    Message(
        "CE408",
        "scikit-learn",
        r"needs samples of at least 2 classes in the data, but the data contains only one "
        r"class|The number of classes has to be greater than one",
        "Every label is the same: a model trained on them predicts only one class.",
        0.9,
        "Train on rows of at least two classes: split with stratify=y.",
    ),
    Message(
        "CE101",
        "scikit-learn",
        r"y contains previously unseen labels|unknown class\(es\) .{0,80} will be ignored|Found "
        r"unknown categories .{0,80} in column",
        "A label did not occur when the classes were fitted.",
        0.93,
        "Fit the encoder on all labels, or leave those rows out.",
    ),
    Message(
        "CE318",
        "scikit-learn",
        r"The least populated class(?:es)? in y ha(?:s|ve) only \d+ members?|cannot be greater "
        r"than the number of members in each class",
        "A class has fewer rows than there are splits, so some split will not hold it.",
        0.75,
        "Use fewer splits, or join or leave out the rarest classes; pass labels= to log_loss.",
    ),
    Message(
        "CE106",
        "scikit-learn",
        r"has no attribute 'predict_proba'|none of the following attributes: predict_proba",
        "The model gives scores, not probabilities.",
        0.88,
        "Use CalibratedClassifierCV, a loss that gives probabilities (log_loss), or a score of "
        "decision_function.",
    ),
    Message(
        "CE001",
        "scikit-learn",
        r"is not a valid scoring value",
        "scikit-learn has no score of that name: the scores made of losses begin with neg_.",
        0.95,
        "For the cross-entropy pass scoring='neg_log_loss'.",
    ),
    Message(
        "CE313",
        "scikit-learn",
        r"Expected array-like \(array or non-string sequence\), got '",
        "The loss needs an array of labels and got text.",
        0.9,
        "Pass a list or an array of labels.",
    ),
    Message(
        "CE002",
        "scikit-learn",
        r"Expected array-like \(array or non-string sequence\), got None",
        "The labels are None.",
        0.93,
        "Pass fit(X, y).",
    ),
    Message(
        "CE101",
        "scikit-learn",
        r"At least one label specified must be in y_true",
        "None of the classes in labels= occurs in y_true.",
        0.93,
        "Pass labels=np.unique(y_true).",
    ),
    Message(
        "CE318",
        "scikit-learn",
        r"Please include all labels in y_true or pass labels as third argument|Number of "
        r"classes, \d+, does not match size of target_names",
        "This split does not hold every class.",
        0.93,
        "Pass labels= the list of all classes, sorted.",
    ),
    Message(
        "CE312",
        "scikit-learn",
        r"^\W*(?:ValueError: )?Input contains (?:NaN|infinity)",
        "If these are the labels, some are missing.",
        0.7,
        "Leave out the rows without a label.",
    ),
)

"""What scikit-learn prints, and which cause it shows."""

from __future__ import annotations

from typing import Final

from crossent.doctor.printed import label_values
from crossent.doctor.printed.message import Message, Says

MESSAGES: Final = (
    Message(
        "CE101",
        "scikit-learn",
        r"y_true contains values (?P<v>\S.*?) not belonging to the passed labels (?P<l>.*)",
        label_values.not_listed,
    ),
    Message(
        "CE101",
        "scikit-learn",
        r"y_true and y_(?:prob|pred) contain different number of classes:? (?P<a>\d+),? "
        r"(?:vs )?(?P<b>\d+)",
        lambda m: Says(
            0.5,
            f"The labels name {m['a']} classes and the predictions have {m['b']} columns.",
            "Pass a column for every class, in sorted order, and labels= all classes.",
        ),
    ),
    Message(
        "CE103",
        "scikit-learn",
        # Of -1, 0 and 1 the first is a class.
        r"Classes found in y_true: \[(?! ?-1 +(?:0 +)?1\])(?:[\d ]* )?(?P<v>-\d+|255\b)",
        lambda m: Says(
            0.93,
            f"One of the classes is {m['v']}, the usual mark for a place without a label.",
            f"Leave those rows out: keep = y_true != {m['v']}, then y_true[keep] and y_prob[keep].",
        ),
    ),
    Message(
        "CE106",
        "scikit-learn",
        r"y_(?:prob|pred) contains values (?:less than 0|lower than 0|greater than 1)",
        "log_loss takes probabilities, and these are not probabilities.",
        0.95,
        "Pass predict_proba(X) instead of decision_function(X).",
    ),
    Message(
        "CE107",
        "scikit-learn",
        r"A column-vector y was passed|y should be a 1d array, got an array of shape "
        r"(?:\(\d+, 1\)|\(1, \d+\))",
        "The labels have shape (N, 1).",
        0.9,
        "Pass y.ravel().",
    ),
    Message(
        "CE108",
        "scikit-learn",
        r"y should be a 1d array, got an array of shape \((?!1,)\d+, (?!1\))|"
        r"a mix of multilabel-indicator and (?:multiclass|binary) targets|"
        r"a mix of (?:multiclass|binary) and multilabel-indicator targets|"
        r"object was not fitted with multilabel input",
        "The labels are one-hot rows.",
        0.85,
        "Pass y.argmax(axis=1).",
    ),
    Message(
        "CE111",
        "scikit-learn",
        r"Unknown label type: '?(?P<t>continuous(?:-multioutput)?)",
        lambda m: Says(0.9, f"Some labels are not whole numbers ({m['t']})."),
        fix="Pass y.astype(int), if only rounding errors make them fractions. If they are "
        "probabilities, use crossent.categorical_crossentropy; for measured numbers use a "
        "regressor.",
    ),
    Message(
        "CE112",
        "scikit-learn",
        r"Found array with dim (?P<d>[3-9])(?:\.|, while dim <= 2)",
        lambda m: Says(
            0.6,
            f"The predictions have {m['d']} dimensions; scikit-learn's losses take (N, C).",
            "Pass y_prob.reshape(-1, C) and y_true.ravel(), with the classes on the last axis.",
        ),
    ),
    Message(
        "CE112",
        "scikit-learn",
        r"Found input variables with inconsistent numbers of samples: \[(?P<a>\d+), "
        r"(?P<b>\d+)(?:, \d+)*\]",
        lambda m: Says(
            0.9,
            f"{m['a']} and {m['b']} samples: labels and predictions of different runs, or rows "
            "that were dropped from only one of them.",
        ),
    ),
    Message(
        "CE201",
        "scikit-learn",
        r"Classification metrics can't handle a mix of (?:multiclass|binary|"
        r"multilabel-indicator) and continuous",
        "An accuracy needs classes, but the predictions are probabilities or scores.",
        0.85,
        "Pass y_prob.argmax(axis=1) (binary: y_prob > 0.5); the cross-entropy of them is "
        "log_loss(y_true, y_prob).",
    ),
    Message(
        "CE217",
        "scikit-learn",
        r"Input (?:y_(?:prob|pred) )?contains (?:NaN|infinity)",
        "A prediction is NaN or infinite: look at the model's outputs before the loss.",
        0.9,
    ),
    Message(
        "CE301",
        "scikit-learn",
        r"multilabel-indicator (?:format )?is not supported",
        "The labels are an indicator matrix with several ones per row.",
        0.9,
        "Sum the log_loss of each column, or use crossent.binary_crossentropy.",
    ),
    Message(
        "CE301",
        "scikit-learn",
        r"(?:Multioutput|multilabel).*?target.*?not supported|multiclass-multioutput",
        "There are several labels per row.",
        0.7,
        "Make one binary problem per class (OneVsRestClassifier, MultiOutputClassifier).",
    ),
    Message(
        "CE304",
        "scikit-learn",
        r"Classification metrics can't handle a mix of (?:continuous|continuous-multioutput) "
        r"and [\w-]+ targets",
        "The first argument holds numbers that are not labels.",
        0.75,
        "Labels come first: log_loss(y_true, y_prob). Other metrics need classes, "
        "y_prob.argmax(axis=1).",
    ),
    Message(
        "CE312",
        "scikit-learn",
        r"Input y(?:_true)? contains NaN|y_true contains values \{(?:np\.float\d+\()?nan",
        "Some labels are NaN.",
        0.9,
        "Leave those rows out: keep = ~np.isnan(y), then X[keep] and y[keep].",
    ),
    Message(
        "CE313",
        "scikit-learn",
        r"Mix of label input types \(string and number\)",
        "The labels of one argument are text, and those of the other are numbers.",
        0.95,
        "Map the numbers to names in the order of the model: model.classes_[y_pred].",
    ),
    Message(
        "CE318",
        "scikit-learn",
        r"y_true contains only one label \((?P<l>[^)]*)\)",
        lambda m: Says(
            0.95, f"Only the label {m['l']} occurs here.", "Pass labels= the list of all classes."
        ),
    ),
    Message(
        "CE318",
        "scikit-learn",
        r"y_true and y_(?:prob|pred) contain different number of classes:? ?(?P<a>\d+),? "
        r"(?:vs )?(?P<b>\d+)",
        lambda m: Says(
            0.9,
            f"This split has {m['a']} classes, the model {m['b']} columns.",
            "Pass labels= the list of all classes, sorted."
            if int(m["a"]) < int(m["b"])
            else "The model was trained without some of them, as in a fold that lacks them: split "
            "with StratifiedKFold, train on all classes, or leave those rows out; labels= "
            "must name the classes of the columns.",
        ),
    ),
    Message(
        "CE318",
        "scikit-learn",
        r"assumes labels are ordered lexicographically",
        "scikit-learn takes the columns in sorted order of the labels, even if labels= has "
        "another order.",
        0.97,
    ),
    Message(
        "CE318",
        "scikit-learn",
        r"The number of classes in labels is different from that in y_(?:pred|prob)",
        "labels= and the columns of the predictions do not have the same classes.",
        0.95,
    ),
    Message(
        "CE406",
        "scikit-learn",
        r"y_(?:prob|pred) values do not sum to (?:one|1)",
        "The rows are not probabilities: sigmoid outputs, a subset of the classes, or logits. "
        "scikit-learn takes them as they are.",
        0.97,
        "For sigmoid outputs use one binary log_loss per column; for logits "
        "scipy.special.softmax(y, axis=1); otherwise divide every row by its sum.",
    ),
    Message(
        "CE406",
        "scikit-learn",
        r"(?:probabilities|predict_proba).{0,40}do(?:es)? not sum to 1",
        "Something after predict_proba changed the rows, or they are not probabilities.",
        0.8,
        "Divide every row by its sum: y_prob / y_prob.sum(axis=1, keepdims=True).",
    ),
)

"""Spellings of older Keras and TensorFlow, and today's. A new one is one line of SPELLINGS."""

import re

# (pattern in the error's message or in the line of the script, how it was spelled, today)
SPELLINGS = (
    (r"\bnb_epoch\b", "nb_epoch", "epochs"),
    (r"['\"(, ]lr['\"]?\s*[=:]", "lr", "learning_rate"),
    (r"\bnb_val_samples\b", "nb_val_samples", "validation_steps"),
    (r"\bsamples_per_epoch\b", "samples_per_epoch", "steps_per_epoch"),
    (r"\boutput_dim\b", "output_dim", "units"),
    (r"['\"(, ]init['\"]?\s*[=:]", "init", "kernel_initializer"),
    (r"\bW_regularizer\b", "W_regularizer", "kernel_regularizer"),
    (r"\bb_regularizer\b", "b_regularizer", "bias_regularizer"),
    (r"\bW_constraint\b", "W_constraint", "kernel_constraint"),
    (r"['\"(, ]bias['\"]?\s*[=:]", "bias", "use_bias"),
    (r"Dropout\(\s*p\s*=", "Dropout(p=...)", "Dropout(rate=...)"),
    (r"\bborder_mode\b", "border_mode", "padding"),
    (r"['\"(, ]decay['\"]?\s*[=:]|`decay`", "decay", "a schedule, keras.optimizers.schedules"),
    (r"\bfit_generator\b", "fit_generator", "fit"),
    (r"\bpredict_classes\b", "predict_classes", "predict(...).argmax(axis=1), or > 0.5"),
    (r"\bpredict_proba\b", "predict_proba", "predict"),
    (r"keras\.layers\.core\b", "keras.layers.core", "keras.layers"),
    (r"keras\.layers\.advanced_activations\b", "keras.layers.advanced_activations", "keras.layers"),
    (r"keras\.layers\.normalization\b", "keras.layers.normalization", "keras.layers"),
    (r"\bnp_utils\b", "keras.utils.np_utils", "keras.utils, as keras.utils.to_categorical"),
    (r"keras\.wrappers\.scikit_learn\b", "keras.wrappers.scikit_learn", "the package scikeras"),
    (r"optimizers\.legacy\b", "keras.optimizers.legacy", "keras.optimizers"),
    (r"\bMaxoutDense\b", "MaxoutDense", "a layer of your own"),
    (r"layers\.experimental\b|preprocessing\.Normalization", "layers.experimental.preprocessing",
     "keras.layers"),
    (r"(?:tensorflow|tf)\.contrib\b|tensorflow' has no attribute 'contrib",
     "tensorflow.contrib", "tensorflow and keras (it is gone since TensorFlow 2)"),
    (r"\b(?:placeholder|tf\.Session|'Session')", "tf.placeholder and tf.Session",
     "keras.Model.fit (they are gone since TensorFlow 2)"),
    (r"\bAdamOptimizer\b|\bGradientDescentOptimizer\b", "tf.train's optimizers",
     "keras.optimizers"),
    (r"cross_validation\b", "sklearn.cross_validation", "sklearn.model_selection"),
    (r"initializers' has no attribute 'normal|\binitializations\b", "keras.initializations",
     "keras.initializers, as RandomNormal"),
    (r"Missing parentheses in call to 'print'", "print without parentheses", "print(...)"),
)  # fmt: skip


def current_spelling(message: str, line: str) -> str:
    """'nb_epoch is spelled epochs today', by the first entry that the error's message shows, else
    the line of the script that raised it; '' if none does."""
    for text in (message, line):
        for pattern, old, new in SPELLINGS:
            if re.search(pattern, text):
                return f"{old} is spelled {new} today"
    return ""

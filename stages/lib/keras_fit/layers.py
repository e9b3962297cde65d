"""Keras' classes that a model of `train.model.file` may be made of. Another one is one row.

A class that is not here is refused by name: a configuration is data of a stranger, and Keras can
build anything from one. Left out on purpose is what holds code (Lambda, TFSMLayer), reads a file
(a vocabulary), takes text, or changes in training what only `adapt` or a dataset would set.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from stages.lib.vocabulary.activations import ACTIVATIONS
from stages.lib.vocabulary.initializers import INITIALIZERS
from stages.lib.vocabulary.regularizers import REGULARIZERS
from stages.lib.vocabulary.rows import by_name


@dataclass(frozen=True)
class KerasLayer:
    """A class of keras.layers.

    Attributes:
        name: of the class.
        width: the argument that says how many numbers it makes of each place, or ''.
        activation: its argument `activation` is a hidden activation that an edit may change.
            Recurrent layers have one of their own kind.
        kernel: it has the arguments `kernel_initializer` and `kernel_regularizer`.
        rate: the argument that is a rate of dropout, or ''.
        wraps: the arguments that hold another layer.
        looks_up: it takes whole numbers for names, so that its inputs cannot be scaled.
        is_activation: it is an activation and nothing else.
        recurrent: it takes one step a place of its input.
    """

    name: str
    width: str = ""
    activation: bool = False
    kernel: bool = False
    rate: str = ""
    wraps: tuple[str, ...] = ()
    looks_up: bool = False
    is_activation: bool = False
    recurrent: bool = False


def _plain(*names: str) -> list[KerasLayer]:
    return [KerasLayer(name) for name in names]


def _of_dimensions(pattern: str, dimensions: str = "123") -> list[str]:
    return [pattern.replace("*", dimension) for dimension in dimensions]


LAYERS: Mapping[str, KerasLayer] = by_name(
    KerasLayer("InputLayer"),
    KerasLayer("Dense", "units", activation=True, kernel=True),
    KerasLayer("EinsumDense", activation=True, kernel=True),
    KerasLayer("Embedding", "output_dim", looks_up=True),
    *(
        KerasLayer(name, "filters", activation=True, kernel=True)
        for name in [*_of_dimensions("Conv*D"), *_of_dimensions("Conv*DTranspose"),
                     *_of_dimensions("SeparableConv*D", "12")]
    ),
    *(
        KerasLayer(name, activation=True)
        for name in _of_dimensions("DepthwiseConv*D", "12")
    ),
    *(
        KerasLayer(name, "units", kernel=True, rate="dropout", recurrent=True)
        for name in ("LSTM", "GRU", "SimpleRNN")
    ),
    KerasLayer("Bidirectional", wraps=("layer", "backward_layer")),
    KerasLayer("TimeDistributed", wraps=("layer",)),
    *(
        KerasLayer(name, rate="rate")
        for name in ("Dropout", "AlphaDropout", "GaussianDropout",
                     *_of_dimensions("SpatialDropout*D"))
    ),
    KerasLayer("GaussianNoise"),
    *(
        KerasLayer(name, is_activation=True)
        for name in ("Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax")
    ),
    *_plain("BatchNormalization", "LayerNormalization", "GroupNormalization", "UnitNormalization"),
    *_plain("Flatten", "Reshape", "Permute", "RepeatVector", "Identity", "Masking"),
    *_plain(*_of_dimensions("Cropping*D"), *_of_dimensions("ZeroPadding*D"),
            *_of_dimensions("UpSampling*D")),
    *_plain(*_of_dimensions("MaxPooling*D"), *_of_dimensions("AveragePooling*D"),
            *_of_dimensions("GlobalMaxPooling*D"), *_of_dimensions("GlobalAveragePooling*D")),
    *_plain("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot"),
    *_plain("Attention", "AdditiveAttention", "MultiHeadAttention"),
    *_plain("Rescaling", "Normalization", "ActivityRegularization"),
    *(
        KerasLayer(name, looks_up=True)
        for name in ("CategoryEncoding", "Discretization", "Hashing", "HashedCrossing")
    ),
)  # fmt: skip

# Classes of models that are layers of others.
MODELS = ("Functional", "Model", "Sequential")
# Keras' operations that a functional model keeps as layers, where a script writes h + g.
OPERATIONS: Mapping[str, str] = {
    name: "keras.src.ops.numpy"
    for name in ("Add", "Subtract", "Multiply", "TrueDivide", "Divide", "Negative", "Concatenate",
                 "Mean", "Sum", "Max", "Min", "Square", "Sqrt", "Absolute", "Exp", "Log",
                 "Reshape", "Squeeze", "ExpandDims", "Transpose", "Stack", "GetItem", "Tanh",
                 # Of masks, which Keras makes of an Embedding's zeros.
                 "NotEqual", "LogicalAnd", "Any")
} | {
    name: "keras.src.ops.nn"
    for name in ("Relu", "Sigmoid", "Softmax", "Elu", "Gelu", "Silu", "Softplus")
}  # fmt: skip
# What gives on the numbers of its input as they are, in prediction: layers and operations.
PASSES = ("Flatten", "Reshape", "Permute", "RepeatVector", "Identity", "Masking", "Dropout",
          "AlphaDropout", "GaussianDropout", "GaussianNoise", *_of_dimensions("SpatialDropout*D"),
          "ActivityRegularization", "Squeeze", "ExpandDims", "Transpose", "GetItem")  # fmt: skip
# What goes beyond every bound if one of its inputs does.
MIXES = ("Add", "Subtract", "Average")
# Layers with a vocabulary, which take text or codes for others.
LOOKUPS = ("StringLookup", "IntegerLookup", "TextVectorization")
CONSTRAINTS = ("MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm")

# Keras' activations that the vocabulary has no row for: a layer may have them, and no edit.
_OTHER_ACTIVATIONS = ("celu", "glu", "hard_shrink", "hard_silu", "hard_swish", "hard_tanh",
                      "log_sigmoid", "log_softmax", "soft_shrink", "sparse_plus", "sparse_sigmoid",
                      "sparsemax", "squareplus", "tanh_shrink", "threshold")  # fmt: skip
# What a layer may have by its name alone: the last word of the argument, and Keras' names.
NAMED: Mapping[str, frozenset[str]] = {
    "activation": frozenset(
        [name for name, row in ACTIVATIONS.items() if not row.trained] + [*_OTHER_ACTIVATIONS]
    ),
    "initializer": frozenset(
        name for row in INITIALIZERS.values() for name in (row.name, row.keras_class)
    ),
    "regularizer": frozenset((*REGULARIZERS, *(name.lower() for name in REGULARIZERS))),
    "constraint": frozenset((*CONSTRAINTS, "max_norm", "min_max_norm", "non_neg", "unit_norm")),
}

# Where Keras has each of these classes: what a file says of it is checked, and not used.
MODULES: Mapping[str, str] = {
    **dict.fromkeys(LAYERS, "keras.layers"),
    **dict.fromkeys(MODELS, "keras"),
    **{row.keras_class: "keras.initializers" for row in INITIALIZERS.values()},
    **dict.fromkeys(REGULARIZERS, "keras.regularizers"),
    **dict.fromkeys(CONSTRAINTS, "keras.constraints"),
    "DTypePolicy": "keras",
}

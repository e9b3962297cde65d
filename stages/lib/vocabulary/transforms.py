"""Transforms of columns and rules for gaps. A new transform is one row here, and one entry of the
same name in lib/transforms/columns.py."""

from dataclasses import dataclass

from stages.lib.vocabulary.rows import by_name

# Inputs that one column of numbers may become (`one_hot`): more of them are no codes, but measured.
MAX_CODES = 100
# Numbers that params.yaml may give in place of fitted ones: far beyond what a table holds.
GIVEN_FROM, GIVEN_TO = 1e-30, 1e30
_SIGNED_LOG = "lambda v: np.sign(v) * np.log1p(np.abs(v))"
_SIGNED_EXP = "lambda v: np.sign(v) * np.expm1(np.abs(v))"


@dataclass(frozen=True)
class Transform:
    """A transform of a numeric column.

    Attributes:
        name: in params.yaml.
        sklearn: the scikit-learn object of a script, or '' for none; "drop" is a name that
            scikit-learn's ColumnTransformer knows.
        sklearn_target: the same for a target, which has to be invertible; '' where it is not.
        one_input: a column becomes one input, and not none, two or as many as it has levels.
        invertible: a target can be transformed by it, for predictions are transformed back.
        arguments: keys of its state that params.yaml may give, each a number above 0; where it does
            not they are fitted. They stand in braces in `sklearn`.
    """

    name: str
    sklearn: str = ""
    sklearn_target: str = ""
    invertible: bool = True
    one_input: bool = True
    arguments: tuple[str, ...] = ()


TRANSFORMS = by_name(
    Transform("none"),
    Transform("standard", "StandardScaler()", "StandardScaler()"),
    Transform("minmax", "MinMaxScaler()", "MinMaxScaler()"),
    Transform("robust", "RobustScaler()", "RobustScaler()"),
    Transform(
        "quantile",
        'QuantileTransformer(n_quantiles=100, output_distribution="normal")',
        invertible=False,
    ),
    Transform(
        "log1p_standard",
        f"make_pipeline(FunctionTransformer({_SIGNED_LOG}), StandardScaler())",
        f"make_pipeline(FunctionTransformer({_SIGNED_LOG}, {_SIGNED_EXP}), StandardScaler())",
    ),
    Transform(
        "one_hot",
        'OneHotEncoder(handle_unknown="ignore", sparse_output=False)',
        invertible=False,
        one_input=False,
    ),
    Transform(
        "cyclic",
        "FunctionTransformer(lambda v: np.hstack([np.sin(2 * np.pi * v / {period}), "
        "np.cos(2 * np.pi * v / {period})]))",
        invertible=False,
        one_input=False,
        arguments=("period",),
    ),
    Transform("drop", '"drop"', invertible=False, one_input=False),
)


@dataclass(frozen=True)
class GapRule:
    """What a gap in a numeric column becomes.

    Attributes:
        name: in params.yaml (`normalize.missing`).
        imputer: the arguments of scikit-learn's SimpleImputer, or '' where gaps are left.
    """

    name: str
    imputer: str = ""


GAP_RULES = by_name(
    GapRule("mean", 'strategy="mean"'),
    GapRule("median", 'strategy="median"'),
    GapRule("zero", 'strategy="constant", fill_value=0.0'),
    GapRule("keep"),
)

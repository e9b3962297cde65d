"""Transforms of columns and rules for gaps. A new transform is one row here, and one entry of the
same name in lib/transforms/columns.py."""

from dataclasses import dataclass

from stages.lib.vocabulary.rows import by_name

# Inputs that one column of numbers may become (`one_hot`): more of them are no codes, but measured.
MAX_CODES = 100
# The shortest and the longest period that params.yaml may give: far beyond what a table holds.
GIVEN_FROM, GIVEN_TO = 1e-30, 1e30
# Bins of `piecewise_linear`: Gorishniy, Rubachev, Babenko (On Embeddings for Numerical Features in
# Tabular Deep Learning, NeurIPS 2022, arXiv:2203.05556) search from 2 to 256. The default is ours:
# of a thousand rows some sixty a bin.
LEAST_BINS, MOST_BINS, USUAL_BINS = 2, 256, 16
# Where `robust_clipped` levels off, in interquartile ranges from the median: the robust scale and
# smooth clipping of Holzmüller, Grinsztajn, Steinwart (Better by Default, NeurIPS 2024,
# arXiv:2407.04491).
CLIP_AT = 3.0
_SIGNED_LOG = "lambda v: np.sign(v) * np.log1p(np.abs(v))"
_SIGNED_EXP = "lambda v: np.sign(v) * np.expm1(np.abs(v))"


@dataclass(frozen=True)
class Argument:
    """A number that params.yaml may give a transform.

    Attributes:
        name: its key beside `name`.
        low, high: its limits, both allowed.
        default: what it is where it is not given; None where it is fitted then.
        whole: it counts something.
    """

    name: str
    low: float
    high: float
    default: int | None = None
    whole: bool = False


@dataclass(frozen=True)
class Transform:
    """A transform of a numeric column.

    Attributes:
        name: in params.yaml.
        sklearn: the scikit-learn object of a script, or '' for none; "drop" is a name that
            scikit-learn's ColumnTransformer knows.
        sklearn_target: the same for a target, which has to be invertible; '' where it is not.
        one_input: a column becomes one input, and not none, two or as many as it has levels.
        for_all: it may be said of all columns of numbers at once, and not only by name.
        invertible: a target can be transformed by it, for predictions are transformed back.
        arguments: what params.yaml may give beside the name. They stand in braces in `sklearn`.
    """

    name: str
    sklearn: str = ""
    sklearn_target: str = ""
    invertible: bool = True
    one_input: bool = True
    for_all: bool = True
    arguments: tuple[Argument, ...] = ()

    @property
    def defaults(self) -> dict[str, int]:
        """The arguments that have a default, by name."""
        return {a.name: a.default for a in self.arguments if a.default is not None}


TRANSFORMS = by_name(
    Transform("none"),
    Transform("standard", "StandardScaler()", "StandardScaler()"),
    Transform("minmax", "MinMaxScaler()", "MinMaxScaler()"),
    Transform("robust", "RobustScaler()", "RobustScaler()"),
    Transform(
        "robust_clipped",
        "make_pipeline(RobustScaler(), "
        f"FunctionTransformer(lambda v: v / np.sqrt(1 + (v / {CLIP_AT:g}) ** 2)))",
        invertible=False,
    ),
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
        "piecewise_linear",
        # A linear spline has hats; those from a knot on add up to the share of the bin before it.
        'make_pipeline(SplineTransformer(n_knots={bins} + 1, degree=1, knots="quantile", '
        'extrapolation="continue"), FunctionTransformer(lambda v: '
        "v.reshape(len(v), -1, {bins} + 1)[..., :0:-1].cumsum(2)[..., ::-1].reshape(len(v), -1)))",
        invertible=False,
        one_input=False,
        arguments=(Argument("bins", LEAST_BINS, MOST_BINS, USUAL_BINS, whole=True),),
    ),
    Transform(
        "one_hot",
        'OneHotEncoder(handle_unknown="ignore", sparse_output=False)',
        invertible=False,
        one_input=False,
        for_all=False,
    ),
    Transform(
        "cyclic",
        "FunctionTransformer(lambda v: np.hstack([np.sin(2 * np.pi * v / {period}), "
        "np.cos(2 * np.pi * v / {period})]))",
        invertible=False,
        one_input=False,
        for_all=False,
        arguments=(Argument("period", GIVEN_FROM, GIVEN_TO),),
    ),
    Transform("drop", '"drop"', invertible=False, one_input=False, for_all=False),
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

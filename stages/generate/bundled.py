"""Real data sets that scikit-learn carries. A new one is one entry of BUNDLED."""

from stages.lib.params import choose
from stages.lib.params.data import Bundled
from stages.lib.tables.dataset import Dataset
from stages.lib.vocabulary.tasks import REGRESSION, kind_of_classes

# sklearn.datasets has a loader of each name.
BUNDLED = (
    "breast_cancer",  # 569 x 30, 2 classes
    "wine",  # 178 x 13, 3 classes
    "iris",  # 150 x 4, 3 classes
    "digits",  # 1797 x 64, 10 classes
    "diabetes",  # 442 x 10, regression
)


def load(params: Bundled) -> Dataset:
    """A bundled data set as a table. Raises UserError when its name is unknown."""
    from sklearn import datasets  # a second that other sources do not need

    name = choose("data.bundled.dataset", params.dataset, BUNDLED)
    # The unscaled diabetes table: scikit-learn's default is already standardised over all rows,
    # held-out ones included.
    options = {"scaled": False} if name == "diabetes" else {}
    bunch = getattr(datasets, f"load_{name}")(as_frame=True, **options)
    features = bunch.data.astype("float64")
    if "target_names" not in bunch:
        target = bunch.target.astype("float64").rename("target")
        return Dataset(name, features, target.to_frame(), kind=REGRESSION)
    classes = tuple(str(label) for label in bunch.target_names)
    target = bunch.target.map(lambda code: classes[code]).astype("str").rename("label")
    return Dataset(
        name, features, target.to_frame(), kind=kind_of_classes(len(classes)), classes=classes
    )

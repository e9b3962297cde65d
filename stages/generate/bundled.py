"""Real data sets that come with a package. A new one is one entry of BUNDLED."""

from collections.abc import Callable

from stages.lib.params import choose
from stages.lib.params.data import Bundled
from stages.lib.tables.dataset import Dataset
from stages.lib.vocabulary.tasks import REGRESSION, kind_of_classes


def load(params: Bundled) -> Dataset:
    """A bundled data set as a table.

    Args:
        params: the section data.bundled of params.yaml.

    Raises:
        UserError: its name is unknown.
    """
    return BUNDLED[choose("data.bundled.dataset", params.dataset, BUNDLED)]()


def _sklearn(name: str, **options: bool) -> Dataset:
    """A table of scikit-learn's.

    Args:
        name: sklearn.datasets has a loader of it.
        options: the loader's arguments.
    """
    from sklearn import datasets  # a second that other sources do not need

    bunch = getattr(datasets, f"load_{name}")(as_frame=True, **options)
    features = bunch.data.astype("float64")
    if "target_names" not in bunch:
        target = bunch.target.astype("float64").rename("target")
        return Dataset(name, features, target.to_frame(), kind=REGRESSION)
    classes = tuple(str(label) for label in bunch.target_names)
    target = bunch.target.map(lambda code: classes[code]).astype("str").rename("label")
    kind = kind_of_classes(len(classes))
    return Dataset(name, features, target.to_frame(), kind=kind, classes=classes)


# By name, a function that loads the table.
BUNDLED: dict[str, Callable[[], Dataset]] = {
    "breast_cancer": lambda: _sklearn("breast_cancer"),  # 569 x 30, 2 classes
    "wine": lambda: _sklearn("wine"),  # 178 x 13, 3 classes
    "iris": lambda: _sklearn("iris"),  # 150 x 4, 3 classes
    "digits": lambda: _sklearn("digits"),  # 1797 x 64, 10 classes
    # Unscaled: scikit-learn's default is standardised over all rows, held-out ones included.
    "diabetes": lambda: _sklearn("diabetes", scaled=False),  # 442 x 10, regression
}

"""Real tables that scikit-learn ships as ARFF files, beside those of stages/generate/bundled.py.

They are copies of OpenML's, each under its number there (openml.org/d/40945, say), and stand with
scikit-learn's own tests, at the version that requirements.txt pins.
"""

import gzip
import io
import re
from functools import lru_cache
from importlib import resources

import numpy as np
import pandas as pd

from stages.generate.bundled import BUNDLED
from stages.lib.tables.dataset import Dataset
from stages.lib.vocabulary.tasks import REGRESSION, kind_of_classes

_ATTRIBUTE = re.compile(r"@attribute\s+(?:'([^']+)'|(\S+))", re.IGNORECASE)


@lru_cache
def arff(number: int) -> pd.DataFrame:
    """The table of this number at OpenML, a column an attribute; a gap is missing.

    Raises:
        FileNotFoundError: this scikit-learn ships no such table.
    """
    folder = resources.files("sklearn.datasets.tests.data.openml") / f"id_{number}"
    found = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".arff.gz"))
    if not found:
        raise FileNotFoundError(f"scikit-learn ships no table {number} of OpenML")
    text = gzip.decompress((folder / found[0]).read_bytes()).decode("utf-8")
    head, _, rows = re.split(r"(^@data\s*$)", text, maxsplit=1, flags=re.IGNORECASE | re.MULTILINE)
    names = [quoted or plain for quoted, plain in _ATTRIBUTE.findall(head)]
    table = pd.read_csv(
        io.StringIO(rows), names=names, na_values=["?", "_"], comment="%", skipinitialspace=True
    )
    # Double quotes are read as such; the format knows single ones, too.
    texts = [name for name in names if not pd.api.types.is_numeric_dtype(table[name])]
    return table.assign(**{name: table[name].str.strip("'") for name in texts})


def titanic() -> Dataset:
    """1,309 passengers (OpenML 40945): class, sex, age, relatives aboard and fare; survived."""
    table = arff(40945)
    numbers = table[["pclass", "age", "sibsp", "parch", "fare"]].astype("float64")
    numbers.insert(1, "is_female", (table["sex"] == "female").astype("float64"))
    return labelled("titanic", numbers, table["survived"].astype("str"))


def glass() -> Dataset:
    """163 window glasses (OpenML 40675): refraction and eight oxides; float-processed or not."""
    table = arff(40675)
    return labelled(
        "glass", table.drop(columns="class").astype("float64"), table["class"].astype("str")
    )


def penguins() -> Dataset:
    """342 penguins (OpenML 42585): four measures; the species. Two without measures are left
    out."""
    table = _measured_penguins()
    return labelled("penguins", table[list(_MEASURES)].astype("float64"), table["species"])


def penguins_sex() -> Dataset:
    """333 of them, by their sex."""
    table = _measured_penguins().dropna(subset=["sex"])
    return labelled("penguins_sex", table[list(_MEASURES)].astype("float64"), table["sex"])


def cpu() -> Dataset:
    """209 computers of the eighties (OpenML 561): cycle, memory, cache and channels; the
    performance."""
    table = arff(561)
    features = table.drop(columns=["vendor", "class"]).astype("float64")
    target = table["class"].astype("float64").rename("performance").to_frame()
    return Dataset("cpu", features, target, REGRESSION)


def chess() -> Dataset:
    """3,196 end games, king and rook against king and pawn (OpenML 3): 36 facts of the board; white
    can win."""
    table = arff(3)
    codes = {name: pd.factorize(table[name], sort=True)[0] for name in table.columns[:-1]}
    return labelled("chess", pd.DataFrame(codes).astype("float64"), table["class"])


@lru_cache
def bundled(name: str) -> Dataset:
    """A table of stages/generate/bundled.py."""
    return BUNDLED[name]()


def labelled(name: str, features: pd.DataFrame, target: pd.Series) -> Dataset:
    """A table of classes, in alphabetical order, without gaps in its target."""
    labels = target.reset_index(drop=True).astype("str").rename("label")
    classes = tuple(map(str, np.unique(labels.to_numpy(dtype=str))))
    features = features.reset_index(drop=True)
    return Dataset(name, features, labels.to_frame(), kind_of_classes(len(classes)), classes)


_MEASURES = ("culmen_length_mm", "culmen_depth_mm", "flipper_length_mm", "body_mass_g")


def _measured_penguins() -> pd.DataFrame:
    return arff(42585).dropna(subset=list(_MEASURES))

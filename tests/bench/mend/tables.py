"""The tables, each under the committed program as it is. A new one is one entry of TABLES."""

from dataclasses import dataclass, field

from tests.bench.mend.made import Make, adult, bike_sharing, credit_default, diamonds, houses

# Of a made table, below the clone.
FILE = "data/inputs/mend.csv"


@dataclass(frozen=True)
class Table:
    """changes: of the committed params, dotted keys. make: the rows of FILE, for a made one."""

    changes: dict
    make: Make | None = field(default=None, repr=False)


def _made(target: str, make: Make) -> Table:
    file = {"data.source": "file", "data.file.path": FILE, "data.file.target": target}
    return Table(file, make)


def _bundled(dataset: str) -> Table:
    return Table({"data.source": "bundled", "data.bundled.dataset": dataset})


TABLES = {
    "adult-like": _made("income", adult),
    "credit-default-like": _made("default", credit_default),
    "bike-sharing-like": _made("cnt", bike_sharing),
    "houses-like": _made("value", houses),
    "diamonds-like": _made("price", diamonds),
    "breast_cancer": _bundled("breast_cancer"),
    "wine": _bundled("wine"),
    "digits": _bundled("digits"),
    "diabetes": _bundled("diabetes"),
}

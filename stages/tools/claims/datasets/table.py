"""All data sets, and which of them a part of a claim is measured on. A new one is one entry."""

from collections.abc import Callable

from stages.lib.tables.dataset import Dataset
from stages.tools.claims.datasets import changes, shipped
from stages.tools.claims.datasets.dataset import DataSet, Sizes
from stages.tools.claims.datasets.drawn import scenario
from stages.tools.claims.datasets.shipped import bundled

Make = Callable[[Dataset], Dataset]
Table = Callable[[int, int], Dataset]


def _real(
    name: str, about: str, sizes: tuple[int, int, int], load: Callable[[], Dataset]
) -> DataSet:
    return DataSet(name, about, Sizes(*sizes), lambda rows, seed: load(), is_drawn=False)


def _drawn(name: str, about: str, sizes: tuple[int, int, int], table: Table) -> DataSet:
    return DataSet(name, about, Sizes(*sizes), table, is_drawn=True)


_EVERY = (
    # ---- on these every part is measured that is not of some kind of table only ----
    _real("iris", "flowers, 3 species", (84, 30, 36), lambda: bundled("iris")),
    _drawn("moons", "half circles, 2 columns", (128, 100, 600), scenario("moons", 2)),
    _real("diabetes", "disease after a year, a number", (240, 80, 120),
          lambda: bundled("diabetes")),
    _drawn("income", "credit, label noise", (320, 150, 800),
           scenario("income", 6, label_noise=0.1)),
    _real("wine", "cultivars, 3 classes", (100, 36, 40), lambda: bundled("wine")),
    _drawn("friedman", "a smooth number, noise columns", (240, 120, 600), scenario("friedman", 8)),
    _real("titanic", "survivors, gaps", (360, 180, 400), shipped.titanic),
    _drawn("gaussian", "5 classes, 10 columns", (240, 120, 600),
           scenario("gaussian_classes", 10, classes=5)),
    _real("cpu", "computers, a number", (120, 40, 48), shipped.cpu),
    _drawn("tags", "3 labels", (320, 120, 600), scenario("tags", 6)),
    _real("breast_cancer", "tumours, 30 columns", (260, 100, 160),
          lambda: bundled("breast_cancer")),
    _drawn("heavy_tail", "a log-normal number", (160, 100, 600),
           scenario("heavy_tail", 4, noise_sd=0.5)),
    _real("penguins", "3 species", (180, 70, 90), shipped.penguins),
    _real("digits", "10 digits, 64 pixels", (400, 200, 400), lambda: bundled("digits")),
    _real("glass", "window glass, 2 kinds", (96, 32, 34), shipped.glass),
)  # fmt: skip
_TWO_CLASSES = (
    _real("wine_first", "one cultivar or not", (100, 36, 40),
          lambda: changes.one_against_rest(bundled("wine"), "class_0")),
    _real("iris_middle", "versicolor or not", (84, 30, 36),
          lambda: changes.one_against_rest(bundled("iris"), "versicolor")),
    _real("penguins_sex", "sex of penguins", (180, 70, 80), shipped.penguins_sex),
    _real("diabetes_high", "upper half or not", (240, 80, 120),
          lambda: changes.in_parts(bundled("diabetes"), 2)),
    _real("chess", "end games", (400, 200, 600), shipped.chess),
)  # fmt: skip
_SEVERAL_CLASSES = (
    _real("diabetes_thirds", "a third of three", (240, 80, 120),
          lambda: changes.in_parts(bundled("diabetes"), 3)),
    _real("cpu_thirds", "a third of three", (120, 40, 48),
          lambda: changes.in_parts(shipped.cpu(), 3)),
    _real("titanic_class", "passenger class", (360, 180, 400),
          lambda: changes.column_as_class(shipped.titanic(), "pclass")),
    _drawn("gaussian_many", "8 classes, 4 columns", (320, 160, 600),
           scenario("gaussian_classes", 4, classes=8)),
    _drawn("friedman_fifths", "a fifth of five", (300, 150, 600),
           lambda rows, seed: changes.in_parts(scenario("friedman", 5)(rows, seed), 5)),
)  # fmt: skip
_NUMBERS = (
    _real("iris_petal", "petal width", (84, 30, 36),
          lambda: changes.column_as_target(bundled("iris"), "petal width (cm)")),
    _real("wine_alcohol", "alcohol", (100, 36, 40),
          lambda: changes.column_as_target(bundled("wine"), "alcohol")),
    _real("penguins_mass", "body mass", (180, 70, 90),
          lambda: changes.column_as_target(shipped.penguins(), "body_mass_g")),
    _real("titanic_age", "age", (360, 180, 300),
          lambda: changes.column_as_target(shipped.titanic(), "age")),
    _drawn("responses", "3 numbers in 3 units", (240, 120, 600), scenario("responses", 5)),
    _drawn("friedman_noisy", "mostly noise", (200, 100, 600),
           scenario("friedman", 5, noise_sd=4.0)),
)  # fmt: skip


def _made(of: str, ending: str, about: str, make: Make) -> DataSet:
    """A data set of _EVERY, changed."""
    [source] = [data_set for data_set in _EVERY if data_set.name == of]

    def table(rows: int, seed: int) -> Dataset:
        return make(source.table(rows, seed))

    return DataSet(f"{of}_{ending}", about, source.sizes, table, source.is_drawn)


_UNITS = tuple(
    _made(of, "units", f"{of}, columns in other units", changes.in_units)
    for of in ("moons", "friedman", "gaussian")
)
_HEAVY = tuple(
    _made(of, "tails", f"{of}, heavy-tailed columns", changes.heavy_tailed)
    for of in ("moons", "gaussian", "tags", "diabetes", "wine", "penguins")
)

DATA_SETS: dict[str, DataSet] = {
    data_set.name: data_set
    for group in (_EVERY, _TWO_CLASSES, _SEVERAL_CLASSES, _NUMBERS, _UNITS, _HEAVY)
    for data_set in group
}


def _names(*groups: tuple[DataSet, ...] | tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        entry if isinstance(entry, str) else entry.name for group in groups for entry in group
    )


# The kinds of tables that parts of claims are about, each with at least ten data sets.
KINDS: dict[str, tuple[str, ...]] = {
    "every table": _names(_EVERY),
    "two classes": _names(
        ("moons", "income", "titanic", "breast_cancer", "glass"), _TWO_CLASSES
    ),
    "several classes": _names(
        ("iris", "wine", "gaussian", "penguins", "digits"), _SEVERAL_CLASSES
    ),
    "numbers": _names(("diabetes", "friedman", "cpu", "heavy_tail"), _NUMBERS),
    # The deviations of the columns lie at least ten times apart.
    "unequal ranges": _names(
        ("diabetes", "income", "wine", "titanic", "cpu", "breast_cancer", "penguins", "glass"),
        _UNITS,
    ),
    # No number is beyond 8, and few are beyond 3.
    "small ranges": _names(
        ("iris", "moons", "friedman", "gaussian", "tags", "heavy_tail", "responses",
         "friedman_noisy", "gaussian_many", "chess")
    ),
    # At least one column with an excess kurtosis above 6, that of an exponential distribution.
    "heavy tails": _names(
        ("income", "titanic", "cpu", "breast_cancer", "glass"), _HEAVY
    ),
}  # fmt: skip

"""The held-out rows that have a twin among the training rows, where that is no chance."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from stages.diagnose.twins.gaps import decides_distances, gap_p_values
from stages.diagnose.twins.repeats import log_e_value
from stages.lib.trials.subject import Data

# Of calling independent rows twins, for the two tests together: a leak withholds the floor, so a
# false one costs the diagnosis most of what it has to say.
ALPHA = 0.001
# A row this unusual among independent ones is a near twin ...
ROW_ALPHA = 1e-4
# ... and a leak is what so many are that a hundredth of them would be unusual: a hundred times
# what the spacings give. Densities that change within the reach of the neighbours gave up to 70
# times (tables of 100 rows on scales that differ a hundredfold), most tables less than twice.
RARE = 0.01
MAX_TRAIN_ROWS = 20_000
MAX_HELD_OUT_ROWS = 2_000

HELD_OUT = ("validation", "test")


@dataclass(frozen=True)
class Twins:
    """Held-out rows that have a twin among the training rows.

    kind: 'equal', in every column, the target among them, or 'near'. rows: how many have one.
    looked_at: of how many; both by split. evidence: why that is no chance, in words.
    """

    kind: str
    rows: dict[str, int]
    looked_at: dict[str, int]
    evidence: str

    @property
    def sentence(self) -> str:
        """What was found."""
        parts = [
            f"{self.rows[split]:,} of {self.looked_at[split]:,} {split} rows"
            for split in self.rows
            if self.rows[split]
        ]
        alike = {
            "equal": "are equal to a training row in every column, target included",
            "near": "lie all but on a training row",
        }[self.kind]
        return f"{' and '.join(parts)} {alike}; {self.evidence}"


def held_out_twins(subject: Data) -> Twins | None:
    """The held-out rows that have a twin in training, if there are more than chance gives.

    Equal rows are usual where values are few, and near ones where rows are many: neither is a leak.
    Two tests, each at half of ALPHA for independent rows of whatever distribution:

    - equal rows come in more regular numbers than independent draws give (`log_e_value`);
    - more than one in a hundred held-out rows has a gap behind its nearest training rows
      (`gap_p_values`) as one row in 10,000 has, with a neighbour before it that agrees in all
      columns of few values, the class among them.

    Rows of weight 0 are none, and equal rows of one group are one.

    What they do not see: in a table with fewer than two columns of many values, near twins, and
    equal ones in irregular numbers; twins of fewer than a hundredth of the held-out rows; near
    twins of which there are more than a fortieth of the training rows.
    """
    tables = subject.counting(subject.tables)
    return _equal_twins(subject, tables) or _near_twins(subject, tables)


def _equal_twins(subject: Data, tables: dict[str, pd.DataFrame]) -> Twins | None:
    hashes = {split: _hashes(subject, tables[split]) for split in ("train", *HELD_OUT)}
    rows = {split: int(np.isin(hashes[split], hashes["train"]).sum()) for split in HELD_OUT}
    if not any(rows.values()):
        return None
    every = pd.DataFrame({"row": np.concatenate(list(hashes.values()))})
    if subject.groups is not None:
        parts = [tables[split][subject.groups].to_numpy() for split in hashes]
        every = every.assign(group=np.concatenate(parts)).drop_duplicates()
    copies = every["row"].value_counts(sort=False).to_numpy()
    log_e = log_e_value(copies)
    if log_e <= np.log(2 / ALPHA):
        return None
    return Twins(
        "equal",
        rows,
        {split: len(tables[split]) for split in HELD_OUT},
        "equal rows come in more regular numbers than independent draws give "
        f"(e-value {_power_of_ten(log_e)})",
    )


def _near_twins(subject: Data, tables: dict[str, pd.DataFrame]) -> Twins | None:
    rng = np.random.default_rng(0)
    train = _sample(tables["train"], MAX_TRAIN_ROWS, rng)
    held_out = [_sample(tables[split], MAX_HELD_OUT_ROWS // 2, rng) for split in HELD_OUT]
    split_of = np.repeat(np.arange(len(HELD_OUT)), [len(table) for table in held_out])
    judged = pd.concat(held_out, ignore_index=True)
    if not len(judged) or not len(train):
        return None
    numbers, others = _columns(subject, pd.concat([train, judged], ignore_index=True))
    measured = gap_p_values(numbers[: len(train)], numbers[len(train) :], rng)
    if measured is None:
        return None
    p_values, before, neighbours = measured
    of_held_out, of_train = others[len(train) :], others[: len(train)]
    agrees = (of_train[neighbours] == of_held_out[:, None]).all(axis=2)
    is_before = np.arange(neighbours.shape[1]) < before[:, None]
    twin = (p_values < ROW_ALPHA) & (agrees & is_before).any(axis=1)
    p_value = float(stats.binom.sf(twin.sum() - 1, len(twin), RARE))
    if p_value >= ALPHA / 2:
        return None
    counts = np.bincount(split_of[twin], minlength=len(HELD_OUT))
    return Twins(
        "near",
        dict(zip(HELD_OUT, counts.tolist(), strict=True)),
        {split: len(table) for split, table in zip(HELD_OUT, held_out, strict=True)},
        "the next ones are farther off than with one in 10,000 independent rows",
    )


def _columns(subject: Data, table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Numbers that decide distances, float64 [rows, columns], and codes of all else, int64 [rows,
    columns]; the targets among them."""
    numbers, codes = [], []
    for name in [*(column.name for column in subject.card.columns), *subject.targets]:
        column = table[name]
        if pd.api.types.is_numeric_dtype(column.dtype):
            values = column.to_numpy("float64")
            if decides_distances(values):
                numbers.append(values)
                continue
        codes.append(pd.factorize(column)[0])
    empty = np.empty((len(table), 0))
    return (
        np.column_stack([empty, *numbers]),
        np.column_stack([empty.astype("int64"), *codes]),
    )


def _hashes(subject: Data, table: pd.DataFrame) -> np.ndarray:
    """A hash of each row's features and targets, uint64 [rows]; equal for equal rows."""
    names = [*(column.name for column in subject.card.columns), *subject.targets]
    plain = {
        name: table[name].to_numpy("float64") + 0.0  # -0 and 0 are equal
        if pd.api.types.is_numeric_dtype(table[name].dtype)
        else table[name].astype("str")
        for name in names
    }
    return pd.util.hash_pandas_object(pd.DataFrame(plain), index=False).to_numpy()


def _sample(table: pd.DataFrame, rows: int, rng: np.random.Generator) -> pd.DataFrame:
    if len(table) <= rows:
        return table
    return table.iloc[np.sort(rng.choice(len(table), rows, replace=False))]


def _power_of_ten(logarithm: float) -> str:
    """e to this power, as a power of ten: the number itself may be beyond any float."""
    return f"10^{int(logarithm / np.log(10))}"

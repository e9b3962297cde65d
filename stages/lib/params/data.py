"""The `data` section of params.yaml: where the rows come from, and how they are split."""

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from stages.lib.core.errors import shown
from stages.lib.params.messages import Mistake
from stages.lib.params.section import Name, Section, Seed, Share, each_once

DatePart = Literal["year", "month", "day", "day_of_year", "weekday", "hour", "minute", "days"]
HeldOutShare = Annotated[float, Field(ge=0, lt=1)]


class Synthetic(Section):
    """A scenario whose exact conditional distribution is known."""

    scenario: Name = Field(
        description="coin_flips, income, moons, gaussian_classes, friedman, heavy_tail, tags, "
        "responses, ...; stages/generate/scenarios.py"
    )
    rows: int = Field(ge=10, le=100_000_000, description="rows in all, before the split")
    features: int = Field(
        ge=1,
        le=10_000,
        description="number of columns; those beyond the scenario's own are pure noise",
    )
    classes: int = Field(ge=2, le=1000, description="number of classes, for gaussian_classes alone")
    class_shares: list[Share] | None = Field(
        description="classification: share of each class, e.g. [0.9, 0.1]; null: equal"
    )
    label_noise: float = Field(
        ge=0, le=1, description="classes and labels: share drawn again uniformly, 0 to 1"
    )
    noise_sd: float = Field(
        ge=0,
        description="friedman: deviation of the noise, target units; heavy_tail: of its logarithm; "
        "responses: in shares of each target's unit",
    )
    targets: int = Field(
        ge=2,
        le=100,
        description="target columns, for tags (labels) and responses (numbers) alone",
    )


class Bundled(Section):
    """A data set that comes with a package."""

    dataset: Name = Field(
        description="breast_cancer, wine, iris, digits, diabetes, ...; stages/generate/bundled.py"
    )


class File(Section):
    """The user's own table."""

    path: Name | None = Field(
        description="a .csv, .tsv, .parquet or .xlsx below data/inputs/, or one of them in a .gz "
        "or .zip"
    )
    sheet: Name | None = Field(
        description="of an .xlsx: the sheet to read; null: the first that is not hidden"
    )
    delimiter: Literal["auto", "comma", "semicolon", "tab", "pipe", "blank"] = Field(
        description="of text: auto, comma, semicolon, tab, pipe, blank (one or more)"
    )
    encoding: Literal[
        "auto", "utf-8", "utf-16", "cp1250", "cp1251", "cp1252", "iso-8859-1", "iso-8859-15"
    ] = Field(
        description="of text: auto (byte order mark, else utf-8, else cp1252), utf-8, utf-16, "
        "cp1250, cp1251, cp1252, iso-8859-1, iso-8859-15"
    )
    decimal: Literal["point", "comma"] = Field(
        description="of text: point or comma before a number's decimals"
    )
    thousands: Literal["auto", "comma", "point", "space", "apostrophe", "none"] = Field(
        description="of text: what lies between a number's thousands: comma, point, space, "
        "apostrophe or none; auto: recognised where no other reading is possible, else an error"
    )
    skip_rows: int = Field(
        ge=0,
        le=1000,
        description="of text and sheets: lines above the names, such as titles and notes",
    )
    header: Literal["auto"] | bool = Field(
        description="of text and sheets: true: the first line has the names; false: it has cells, "
        "and the names are column_1, column_2, ...; auto: true, and an error where that looks wrong"
    )
    target: Name | Annotated[list[Name], Field(max_length=100)] | None = Field(
        description="the column to predict, or a list of columns: labels, or several numbers"
    )
    task: Literal["auto", "binary", "multiclass", "multilabel", "regression"] = Field(
        description="auto, binary, multiclass, multilabel or regression"
    )
    categorical: list[Name] = Field(
        description="columns to take for categories, cells as written, although they look like "
        "numbers"
    )
    ignore: list[Name] = Field(
        description="columns to leave out, beside the identifiers and dates that are noticed"
    )
    missing: list[float | Name] = Field(
        description="numbers and words that stand for a gap, wherever they are, e.g. [-999, "
        "unknown]"
    )
    spellings: Literal["distinct", "joined"] = Field(
        description="of text: joined takes texts that differ by case, blanks or a full stop at the "
        "end only for one, in small letters"
    )
    dates: dict[Name, list[DatePart]] = Field(
        description="columns of dates to take in parts: year, month, day, day_of_year, weekday (0: "
        "Monday), hour, minute, days (since 1970), e.g. {date: [month, hour]}, which become date "
        "month and date hour; normalize.columns makes them cyclic"
    )
    day_first: Literal["auto"] | bool = Field(
        description="whether 01/02/2024 is in February; auto: by the other dates, and an error "
        "where they leave it open"
    )
    keep: Literal["all"] | list[Name] = Field(
        description="columns of numbers to keep although they look like identifiers, or all; "
        "those that are named may give the target away, too"
    )
    split: Name | None = Field(
        description="a column that says train, validation or test of each row, in place of the "
        "split below"
    )
    groups: Name | None = Field(
        description="a column (patient, household, machine) whose rows of one value all land in "
        "the same split"
    )
    time: Name | None = Field(
        description="a column of numbers or dates: the oldest rows train, the next validate, the "
        "newest test"
    )
    weights: Name | None = Field(
        description="a column of numbers >= 0: how many rows a row stands for, in training and in "
        "every score"
    )

    @field_validator("target", mode="before")
    @classmethod
    def names_columns(cls, value: Any) -> Any:
        """Refuse what is neither a name nor names, in one sentence for both kinds."""
        names = value if isinstance(value, list) else [value]
        if value is not None and not (
            names and all(isinstance(name, str) and name for name in names)
        ):
            raise Mistake("a column's name, or a list of names", shown(value))
        return value

    _different = field_validator("categorical", "ignore", "missing", "keep")(each_once)

    @field_validator("dates")
    @classmethod
    def has_parts(cls, value: dict[str, list[DatePart]]) -> dict[str, list[DatePart]]:
        """Refuse a date without parts, or with one that stands twice."""
        for name, parts in value.items():
            each_once(parts)
            if not parts:
                raise Mistake("some of year, month, day, ...", "an empty list", part=name)
        return value

    @model_validator(mode="after")
    def parts_thousands_and_decimals(self) -> "File":
        """Refuse one mark for both."""
        if self.thousands == self.decimal:
            raise Mistake("different marks for decimal and thousands", f"{self.decimal} for both")
        return self

    @model_validator(mode="after")
    def divides_in_one_way(self) -> "File":
        """Refuse two columns that each say which split a row belongs to."""
        named = [key for key in ("split", "groups", "time") if getattr(self, key) is not None]
        if len(named) > 1:
            raise Mistake(
                "one of split, groups and time at most, to divide the rows by", " and ".join(named)
            )
        return self

    @property
    def targets(self) -> list[str]:
        """The target's name or names as a list."""
        return [self.target] if isinstance(self.target, str) else list(self.target or [])


class Split(Section):
    """Shares of the rows; the rest is the training split."""

    validation: HeldOutShare = Field(description="share of the rows, 0 to 1; 0: no validation rows")
    test: HeldOutShare = Field(description="share of the rows, 0 to 1; 0: no test rows")
    min_rows: int = Field(
        ge=0,
        le=10**9,
        description="with fewer rows all of them train, and the diagnosis is of the fit; 0: never",
    )

    @model_validator(mode="after")
    def leaves_training_rows(self) -> "Split":
        """Refuse shares that leave no row to train on."""
        if self.validation + self.test >= 1:
            raise Mistake(
                "validation + test < 1, so that training rows remain",
                f"{self.validation} + {self.test}",
            )
        return self


class Data(Section):
    """The rows: drawn, bundled or read, and split in three."""

    source: Literal["synthetic", "bundled", "file"] = Field(
        description="synthetic (below), bundled or file"
    )
    synthetic: Synthetic = Field(
        description="scenarios whose exact conditional distribution, and so floor, is known"
    )
    bundled: Bundled = Field(description="real data that scikit-learn carries")
    file: File = Field(description="your own table")
    split: Split = Field(
        description="stratified by class or combination of labels, shuffled; the rest is the "
        "training split"
    )
    seed: Seed = Field(description="of the scenario's draw and of the split")

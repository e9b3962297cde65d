"""The schema of params.yaml: types, ranges, units, and one clear error.

`load("train")` reads the file, checks the *whole* of it, and returns that section alone: a stage
sees no other knob, and a mistake anywhere is told before the first stage does its work. Names that
are entries of a table (a scenario, a transform, an optimizer, ...) are strings here and are looked
up with `choose` where the table stands, so that a new entry is written in one place.

The values stand in params.yaml alone, each with its comment: no key has a default here.
"""

import difflib
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, overload

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from stages.lib.core.files import UserError

FILE = "params.yaml"
# A params file is a page of text; a megabyte of YAML can take minutes to parse.
MAX_BYTES = 64 * 1024
# Of lists and mappings in each other. PyYAML's time for a level grows with their number.
MAX_DEPTH = 20

# params.yaml and dvc.lock go to git, which forgets nothing: no place for a password. What a key
# that holds one is called, and what one looks like: of AWS, of GitHub, a private key, in a URL.
_SECRET_KEY = re.compile(
    r"password|passwd|passphrase|secret|credential|(?:^|_)token$|api_?key|access_?key|private_?key",
    re.IGNORECASE,
)
SECRET = re.compile(
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_\w{30}|-----BEGIN [A-Z ]*KEY|://[^\s/:@]*:[^\s/@]+@"
)
_ELSEWHERE = "expected no password or key here, where git keeps it; give it by the environment"

# The network computes in float32; what is infinite there is no setting.
FLOAT32_MAX = 3.4e38

Seed = Annotated[int, Field(ge=0, lt=2**32)]
Share = Annotated[float, Field(gt=0, lt=1)]
Units = Annotated[int, Field(ge=1, le=65536)]
Limit = Annotated[float, Field(gt=0, le=FLOAT32_MAX)]
Weight = Annotated[float, Field(ge=0, le=1e9)]
Name = Annotated[str, Field(min_length=1, max_length=1000)]


class Section(BaseModel):
    """A mapping whose keys are all known, all present and strictly typed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


# ---------------------------------------------------------------------------------------- data


class Split(Section):
    """Shares of the rows; the rest is the training split."""

    validation: Share
    test: Share

    @model_validator(mode="after")
    def leaves_training_rows(self) -> "Split":
        if self.validation + self.test >= 1:
            raise ValueError(
                "expected validation + test < 1, so that training rows remain. "
                f"Received: {self.validation} + {self.test}"
            )
        return self


class Synthetic(Section):
    scenario: Name  # an entry of stages/generate/scenarios.py
    rows: int = Field(ge=10, le=100_000_000)
    features: int = Field(ge=1, le=10_000)  # columns
    classes: int = Field(ge=2, le=1000)  # gaussian_classes alone
    class_shares: list[Share] | None  # null: the scenario's own
    label_noise: float = Field(ge=0, le=1)  # share of labels drawn again, uniformly
    noise_sd: float = Field(ge=0)  # regression: of the target (heavy_tail: of its logarithm)
    targets: int = Field(ge=2, le=100)  # columns: labels of tags, numbers of responses


class Bundled(Section):
    dataset: Name  # an entry of stages/generate/bundled.py


class File(Section):
    path: Name | None
    delimiter: Literal["auto", "comma", "semicolon", "tab", "pipe"]
    encoding: Literal[
        "auto", "utf-8", "utf-16", "cp1250", "cp1251", "cp1252", "iso-8859-1", "iso-8859-15"
    ]
    decimal: Literal["point", "comma"]
    target: Name | Annotated[list[Name], Field(max_length=100)] | None
    task: Literal["auto", "binary", "multiclass", "multilabel", "regression"]
    categorical: list[Name]
    ignore: list[Name]
    keep: Literal["all"] | list[Name]  # features although they look like identifiers
    split: Name | None  # a column that names each row's split; null: as `split` says
    groups: Name | None  # a column whose rows of one value stay together; null: rows are alone
    time: Name | None  # a column of numbers or dates; null: rows have no order
    weights: Name | None  # a column: how many rows each row stands for

    @field_validator("target", mode="before")
    @classmethod
    def names_columns(cls, given: Any) -> Any:
        names = given if isinstance(given, list) else [given]
        if given is not None and not (names and all(isinstance(one, str) and one for one in names)):
            raise ValueError(
                f"expected a column's name, or a list of names. Received: {_shown(given)}"
            )
        return given

    @model_validator(mode="after")
    def divides_in_one_way(self) -> "File":
        named = [key for key in ("split", "groups", "time") if getattr(self, key) is not None]
        if len(named) > 1:
            raise ValueError(
                "expected one of split, groups and time at most, to divide the rows by. "
                f"Received: {' and '.join(named)}"
            )
        return self

    @property
    def targets(self) -> list[str]:
        """The target's name or names as a list."""
        return [self.target] if isinstance(self.target, str) else list(self.target or [])


class Data(Section):
    source: Literal["synthetic", "bundled", "file"]
    synthetic: Synthetic
    bundled: Bundled
    file: File
    split: Split
    seed: Seed


# ----------------------------------------------------------------------------------- normalize


class Normalize(Section):
    features: Name  # an entry of stages/lib/transforms/columns.py, as are binary, columns, target
    binary: Name
    categorical: Literal["one_hot", "ordinal"]
    min_frequency: Annotated[int, Field(ge=1)] | Share | None  # rows, or share of them
    max_categories: Annotated[int, Field(ge=1)] | None
    columns: dict[Name, Name]
    missing: Literal["mean", "median", "zero", "keep"]
    missing_indicator: bool
    target: Name


# --------------------------------------------------------------------------------------- train


class Initializer(Section):
    """A Keras initializer: its name, or a mapping of its name and arguments."""

    name: Name
    arguments: dict[str, float | str]

    @model_validator(mode="before")
    @classmethod
    def split(cls, given: Any) -> Any:
        if isinstance(given, str):
            return {"name": given, "arguments": {}}
        if isinstance(given, dict) and isinstance(given.get("name"), str):
            return {
                "name": given["name"],
                "arguments": {key: value for key, value in given.items() if key != "name"},
            }
        raise ValueError(
            "expected an initializer's name, or a mapping such as "
            "{name: random_uniform, minval: -0.05, maxval: 0.05}. "
            f"Received: {_shown(given)}"
        )


class Schedule(Section):
    name: Name  # an entry of stages/lib/mlp/schedules.py
    warmup_epochs: float = Field(ge=0)
    decay_epochs: float = Field(gt=0)  # exponential alone
    decay_rate: float = Field(gt=0, le=1)  # exponential alone
    final_fraction: float = Field(ge=0, le=1)  # cosine alone


class Clip(Section):
    value: Limit | None
    norm: Limit | None
    global_norm: Limit | None

    @model_validator(mode="after")
    def is_one(self) -> "Clip":
        if sum(limit is not None for limit in (self.value, self.norm, self.global_norm)) > 1:
            raise ValueError("expected one of value, norm and global_norm at most, as in Keras")
        return self


class EarlyStopping(Section):
    patience: Annotated[int, Field(ge=0)] | None  # epochs; null: off
    min_delta: float = Field(ge=0)  # in units of the trained loss
    restore_best: bool


class Train(Section):
    layers: list[Units] = Field(max_length=200)
    activation: Name
    kernel_initializer: Initializer
    bias_initializer: Initializer
    initial_weights: Name | None  # an .npz below data/initial_weights/; null: the initializers'
    batch_normalization: Literal["none", "before_activation", "after_activation"]
    dropout: float = Field(ge=0, lt=1)
    l2: float = Field(ge=0, le=FLOAT32_MAX)
    loss: Name
    from_logits: bool
    label_smoothing: float = Field(ge=0, lt=1)  # the cross-entropies of classes alone
    class_weight: Literal["balanced"] | dict[Name, Weight] | None  # see stages/lib/mlp/weights.py
    output_activation: Name
    output_units: Literal["auto"] | Units
    target_encoding: Name
    optimizer: Name
    learning_rate: float = Field(gt=0, le=FLOAT32_MAX)
    momentum: float = Field(ge=0, lt=1)
    rho: float = Field(ge=0, lt=1)
    beta_1: float = Field(ge=0, lt=1)
    beta_2: float = Field(ge=0, lt=1)
    epsilon: float = Field(gt=0, le=FLOAT32_MAX)
    weight_decay: Literal["auto"] | Annotated[float, Field(ge=0, le=FLOAT32_MAX)]
    schedule: Schedule
    clip: Clip
    batch_size: int = Field(ge=1, le=10_000_000)  # rows
    shuffle: bool  # false: the rows in the order of the table in each epoch
    shuffle_buffer: int = Field(ge=1, le=2**30)  # MiB of inputs
    epochs: int = Field(ge=1, le=1_000_000)
    early_stopping: EarlyStopping
    seed: Seed
    threads: int = Field(ge=1, le=1024)
    device: Literal["auto", "cpu", "gpu"]


# ------------------------------------------------------------------------------------ evaluate


class Evaluate(Section):
    calibration_bins: int = Field(ge=2, le=1000)
    decimals: int = Field(ge=1, le=12)


# ------------------------------------------------------------------------------------ diagnose


class Diagnose(Section):
    seeds: int = Field(ge=2, le=100)  # fresh fits on which each line is judged
    screening_seeds: int = Field(ge=2, le=100)  # fits by which edits are chosen
    seconds: float = Field(gt=0)  # planned work, at a nominal speed
    families: Literal["all"] | list[Name]  # of stages/diagnose/interventions.py
    min_gain: float = Field(gt=0, lt=1)  # share of the chance loss: the smallest gain that matters


class Compute(Section):
    backend: Name  # an entry of stages/lib/mlp/backends.py


class Gate(Section):
    excess: Annotated[float, Field(ge=0)] | None  # nats or squared target units; null: no limit


class Params(Section):
    data: Data
    normalize: Normalize
    train: Train
    evaluate: Evaluate
    diagnose: Diagnose
    compute: Compute
    gate: Gate


# --------------------------------------------------------------------------- reading the file


# PyYAML's names of the plain kinds; the entry None is what refuses all others.
_PLAIN = ("str", "int", "float", "bool", "null", "seq", "map")


class _Loader(yaml.SafeLoader):
    """YAML 1.2's core schema, as DVC reads it: `1e-3` is a number, `no` and `1:30` are text.

    It builds text, numbers, booleans, null, lists and mappings, whatever tags a file asks for.
    Aliases are refused (a few lines of them can expand to gigabytes), and so are deep nesting and
    keys that stand twice in a mapping, of which PyYAML would silently keep the last.
    """

    depth = 0
    yaml_implicit_resolvers: ClassVar[dict] = {}
    yaml_constructors: ClassVar[dict] = {
        tag: constructor
        for tag, constructor in yaml.SafeLoader.yaml_constructors.items()
        if tag is None or tag.removeprefix("tag:yaml.org,2002:") in _PLAIN
    }

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            mark = self.peek_event().start_mark
            raise UserError(f"{FILE}, line {mark.line + 1}: expected no YAML aliases")
        self.depth += 1
        if self.depth > MAX_DEPTH:
            line = self.peek_event().start_mark.line + 1
            raise UserError(f"{FILE}, line {line}: expected at most {MAX_DEPTH} levels")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> dict:
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise UserError(
                    f"{FILE}, line {key_node.start_mark.line + 1}: expected text as a key. "
                    f"Received: {_shown(key)}; put it in quotes"
                )
            if key in seen:
                raise UserError(
                    f"{FILE}, line {key_node.start_mark.line + 1}: the key {key!r} stands twice"
                )
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?[0-9][0-9_]*", "-+0123456789"),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+0123456789.",
    ),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), list(_first)
    )
# PyYAML's own integer constructor takes 010 for octal, which YAML 1.2 does not.
_Loader.add_constructor(
    "tag:yaml.org,2002:int", lambda loader, node: int(node.value.replace("_", ""))
)


def read(path: Path | None = None) -> dict[str, Any]:
    """The file as plain values. Raises UserError for anything but a mapping of some 64 KiB."""
    path = path or Path(FILE)
    if not path.is_file():
        raise UserError(f"expected {path.name} in the working directory: run from the repository")
    with path.open("rb") as stream:
        return parse(stream.read(MAX_BYTES + 1), path.name)


def parse(data: bytes, name: str) -> dict[str, Any]:
    """The bytes of a params file as plain values. Raises UserError with this name."""
    if len(data) > MAX_BYTES:
        raise UserError(f"{name}: expected at most {MAX_BYTES} bytes")
    try:
        text = data.decode("utf-8")
        secret = SECRET.search(text)
        if secret:
            line = text.count("\n", 0, secret.start()) + 1
            raise UserError(f"{name}, line {line}: {_ELSEWHERE}")
        content = _Loader(text).get_single_data()
    # Explicit tags (`!!bool abc`) make PyYAML raise KeyError, TypeError and AttributeError too.
    except (
        yaml.YAMLError,
        ValueError,
        RecursionError,
        LookupError,
        TypeError,
        AttributeError,
    ) as error:
        raise UserError(f"{name}: expected YAML. Received: {error}") from None
    if not isinstance(content, dict):
        raise UserError(f"{name}: expected a mapping of sections. Received: {_shown(content)}")
    return content


@overload
def load(section: Literal["data"]) -> Data: ...
@overload
def load(section: Literal["normalize"]) -> Normalize: ...
@overload
def load(section: Literal["train"]) -> Train: ...
@overload
def load(section: Literal["evaluate"]) -> Evaluate: ...
@overload
def load(section: Literal["diagnose"]) -> Diagnose: ...
@overload
def load(section: Literal["compute"]) -> Compute: ...
@overload
def load(section: Literal["gate"]) -> Gate: ...
def load(section: str) -> Section:
    """One section of params.yaml, after a check of the whole file.

    Raises UserError naming the key, what was expected and what came.
    """
    return getattr(check(read()), section)


def sections(*names: str) -> dict[str, dict]:
    """Sections of params.yaml as plain values, in the user's own words, after a check of the
    whole file. Raises UserError as `load` does."""
    content = read()
    check(content)
    return {name: content[name] for name in names}


def check(content: Mapping[str, Any]) -> Params:
    """Plain values as the schema's object. Raises UserError for the first mistake."""
    return validated(Params, content, FILE)


def validated(schema: type[Section], content: Mapping[str, Any], file: str) -> Any:
    """Plain values as an object of this schema. Raises UserError, naming the file and the key,
    for the first mistake."""
    try:
        return schema.model_validate(content)
    except ValidationError as error:
        raise UserError(f"{file}: {_explained(error, schema)}") from None


def choose(key: str, name: str, table: Collection[str], file: str = FILE) -> str:
    """`name`, when the table has it. Raises UserError with the nearest entry and all of them."""
    if name in table:
        return name
    raise UserError(
        f"{file}: {key}: expected one of {', '.join(table)}. "
        f"Received: {_shown(name)}{nearest(name, table)}"
    )


def nearest(name: str, known: Collection[str]) -> str:
    """'; did you mean ...?' with the nearest of the known names, or nothing."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {found[0]!r}?" if found else ""


def _shown(value: Any) -> str:
    """A value as a message shows it: one line, cut at 80 characters."""
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


_EXPECTED = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "string_type": "text",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "finite_number": "a finite number",
    "greater_than": "a number > {gt}",
    "greater_than_equal": "a number >= {ge}",
    "less_than": "a number < {lt}",
    "less_than_equal": "a number <= {le}",
    "string_too_short": "text that is not empty",
    "string_too_long": "text of at most {max_length} characters",
    "too_long": "at most {max_length} entries",
    "literal_error": "one of {expected}",
}


def _explained(error: ValidationError, schema: type[Section]) -> str:
    """The first mistake as `key: expected X. Received: y`."""
    errors = error.errors(include_url=False)
    # A misspelt key gives two errors, of which the unknown one is the one to mend.
    first = next((e for e in errors if e["type"] == "extra_forbidden"), errors[0])
    key = _key(first["loc"], schema)
    if first["type"] == "extra_forbidden":
        if _SECRET_KEY.search(str(first["loc"][-1])):
            return f"{key}: {_ELSEWHERE}"
        parent: Any = schema
        for part in first["loc"][:-1]:
            parent = parent.model_fields[part].annotation
        known = list(parent.model_fields)
        where = nearest(str(first["loc"][-1]), known) or f"; known here: {', '.join(known)}"
        return f"{key}: unknown key{where}"
    if first["type"] == "missing":
        return f"{key}: expected this key, which is missing"
    if first["type"] == "value_error":
        return f"{key}: {first['ctx']['error']}"
    # The branches of a union (a number or null, `auto` or a number) fail together: name them all.
    together = [e for e in errors if _key(e["loc"], schema) == key and e["type"] in _EXPECTED]
    wanted = dict.fromkeys(_EXPECTED[e["type"]].format(**e.get("ctx", {})) for e in together)
    expected = " or ".join(wanted) or first["msg"]
    return f"{key}: expected {expected}. Received: {_shown(first['input'])}"


def _key(location: tuple[str | int, ...], schema: type[Section]) -> str:
    """The dotted key that the user wrote: union branches are pydantic's words, not the file's."""
    node: Any = schema
    parts = []
    for part in location:
        fields = getattr(node, "model_fields", None)
        if fields is None:
            # Inside a leaf only list positions and the keys of free mappings are the user's.
            if isinstance(part, int):
                parts.append(str(part))
            continue
        parts.append(str(part))
        node = fields[part].annotation if part in fields else None
    return ".".join(parts)

"""params.yaml and its schema: the same keys, the same words, the same families."""

import re

import pytest

from stages.lib import params
from stages.lib.params.families import families, family_of, not_tried
from stages.lib.vocabulary.backends import BACKENDS
from stages.lib.vocabulary.optimizers import OPTIMIZERS
from stages.lib.vocabulary.schedules import SCHEDULES
from stages.lib.vocabulary.transforms import TRANSFORMS
from tests.conftest import ROOT, settings
from tests.lib.params.keys import fields, is_section, leaves

TEXT = (ROOT / "params.yaml").read_text()
FIELDS = fields()


def comments() -> dict[str, str]:
    """Each key's comment in params.yaml; a section's may stand in the heading above it."""
    found = {}
    path: list[tuple[int, str]] = []
    heading = ""
    for line in TEXT.splitlines():
        if line.startswith("# ---- "):
            heading = line.split(": ", 1)[1].rstrip("- ")
        match = re.match(r"^( *)(\w+):(?:.*? # (.*))?", line)
        if match:
            path = [one for one in path if one[0] < len(match[1])] + [(len(match[1]), match[2])]
            found[".".join(name for _, name in path)] = match[3] or heading
    return found


def test_params_yaml_has_exactly_the_keys_of_the_schema():
    content = params.read(ROOT / "params.yaml")
    params.check(content)
    assert list(comments()) == list(FIELDS)


@pytest.mark.parametrize("key", FIELDS)
def test_a_description_is_the_comment_in_params_yaml(key):
    assert FIELDS[key].description
    assert FIELDS[key].description == comments()[key]


def test_comments_name_every_entry_of_the_tables():
    for table in (TRANSFORMS, OPTIMIZERS, SCHEDULES, BACKENDS):
        for name in table:
            assert re.search(rf"#.*\b{name}\b", TEXT), name


def test_committed_params_are_valid_and_the_stated_default():
    given_params = settings()
    assert given_params.data.synthetic.scenario == "income"
    assert given_params.normalize.features == "none"
    assert given_params.train.optimizer == "adam"
    assert given_params.train.learning_rate == 0.001


def test_every_key_of_normalize_and_train_has_a_family_or_a_reason():
    for key in leaves():
        if key.startswith(("normalize.", "train.")):
            if key in not_tried():
                assert not_tried()[key]
                with pytest.raises(KeyError):
                    family_of(key)
            else:
                assert family_of(key) in families()
    assert set(not_tried()) < set(leaves())


def test_every_family_has_a_key():
    tried = [key for key in leaves() if key.startswith(("normalize.", "train."))]
    assert {family_of(key) for key in tried if key not in not_tried()} == set(families())


@pytest.mark.parametrize(
    ("key", "family"),
    [
        ("train.dropout", "regularization"),
        ("train.schedule.name", "schedule"),
        ("train.clip.norm", "optimizer"),
        ("normalize.columns", "input_normalization"),
        ("normalize.missing", "data"),
    ],
)
def test_family_of(key, family):
    assert family_of(key) == family


def test_sections_have_no_family():
    for key, field in FIELDS.items():
        if is_section(field):
            with pytest.raises(KeyError):
                family_of(key)

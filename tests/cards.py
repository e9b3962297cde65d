"""Cards and tasks from the few facts that a test is about."""

from typing import Any

from stages.lib.artifacts.card import Card
from stages.lib.core.splits import SPLITS
from stages.lib.vocabulary.tasks import KINDS, Task


def card_of(**facts: Any) -> Card:
    """A card with these keys of card.json, and with plain values for the others."""
    task = facts.get("task", "binary")
    plain = {"schema": 1, "source": "file", "name": "table", "task": task, "targets": ["y"]}
    classes = {"binary": ["no", "yes"], "multiclass": ["a", "b", "c"], "regression": []}
    plain["classes"] = classes.get(task, facts.get("targets"))
    plain |= {"columns": [{"name": "x", "kind": "numeric"}], "unit": "nats", "floor": None}
    plain |= {"rows": dict.fromkeys(SPLITS, 1), "chance": dict.fromkeys(SPLITS, 0.7)}
    return Card.model_validate(plain | facts)


def task_of(kind: str = "binary", classes: int = 2, targets: int = 1) -> Task:
    """A task with so many classes and targets; labels are their own targets."""
    row = KINDS[kind]
    names = tuple(f"y{k}" for k in range(classes if row.has_labels else targets))
    if row.is_regression:
        return Task(row, (), names)
    of_rows = names if row.has_labels else tuple(f"class {k}" for k in range(classes))
    return Task(row, of_rows, names)


def changed_card(card: Card, **facts: Any) -> Card:
    """The same card with these keys of card.json; None takes a key away that need not be there."""
    plain = card.plain() | facts
    gone = [key for key in ("groups", "time", "weights") if plain.get(key, "") is None]
    return Card.model_validate({key: value for key, value in plain.items() if key not in gone})

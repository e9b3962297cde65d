"""Cards from the few facts that a test is about."""

from typing import Any

from stages.lib.artifacts.card import Card
from stages.lib.core.splits import SPLITS


def card_of(**facts: Any) -> Card:
    """A card with these keys of card.json, and with plain values for the others."""
    task = facts.get("task", "binary")
    plain = {"schema": 1, "source": "file", "name": "table", "task": task, "targets": ["y"]}
    classes = {"binary": ["no", "yes"], "multiclass": ["a", "b", "c"], "regression": []}
    plain["classes"] = classes.get(task, facts.get("targets"))
    plain |= {"columns": [{"name": "x", "kind": "numeric"}], "unit": "nats", "floor": None}
    plain |= {"rows": dict.fromkeys(SPLITS, 1), "chance": dict.fromkeys(SPLITS, 0.7)}
    return Card.model_validate(plain | facts)


def changed_card(card: Card, **facts: Any) -> Card:
    """The same card with these keys of card.json; None takes a key away that need not be there."""
    plain = card.plain() | facts
    gone = [key for key in ("groups", "time", "weights") if plain.get(key, "") is None]
    return Card.model_validate({key: value for key, value in plain.items() if key not in gone})

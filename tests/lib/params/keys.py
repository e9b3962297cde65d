"""The keys of params.yaml, as its schema has them."""

from pydantic.fields import FieldInfo

from stages.lib.params.schema import Params
from stages.lib.params.section import Section


def fields(section: type[Section] = Params, prefix: str = "") -> dict[str, FieldInfo]:
    """Every key with its field, sections before what is in them."""
    found = {}
    for name, field in section.model_fields.items():
        found[prefix + name] = field
        if is_section(field):
            found |= fields(field.annotation, f"{prefix}{name}.")
    return found


def is_section(field: FieldInfo) -> bool:
    """The field holds keys of its own."""
    return isinstance(field.annotation, type) and issubclass(field.annotation, Section)


def leaves() -> list[str]:
    """The keys that have a value."""
    return [key for key, field in fields().items() if not is_section(field)]

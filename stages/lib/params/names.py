"""Text that has to be a name: of a row of the vocabulary, or of a family of the diagnosis."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from stages.lib.params.messages import unknown_name
from stages.lib.params.section import FAMILIES
from stages.lib.vocabulary.activations import ACTIVATIONS
from stages.lib.vocabulary.backends import BACKENDS
from stages.lib.vocabulary.encodings import ENCODINGS
from stages.lib.vocabulary.losses import LOSSES
from stages.lib.vocabulary.optimizers import OPTIMIZERS
from stages.lib.vocabulary.schedules import SCHEDULES
from stages.lib.vocabulary.transforms import TRANSFORMS


@dataclass(frozen=True)
class OneOf:
    """Beside `str` in an annotation: the text is one of these names.

    Attributes:
        names: asked at each check, so that a row which is added to a table counts at once.
    """

    names: Callable[[], Collection[str]]

    def check(self, name: str) -> str:
        """The name. Raises Mistake, with all names and the nearest, where it is none of them."""
        if name not in self.names():
            raise unknown_name(name, self.names())
        return name

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(schema) | {"enum": list(self.names())}


TransformName = Annotated[
    str, OneOf(lambda: [row.name for row in TRANSFORMS.values() if row.for_all])
]
TargetTransformName = Annotated[
    str, OneOf(lambda: [row.name for row in TRANSFORMS.values() if row.invertible])
]
OutputActivationName = Annotated[
    str,
    OneOf(lambda: ["auto", *(row.name for row in ACTIVATIONS.values() if not row.trained)]),
]
HiddenActivationName = Annotated[
    str, OneOf(lambda: [row.name for row in ACTIVATIONS.values() if not row.trained])
]
LossName = Annotated[str, OneOf(lambda: ["auto", *LOSSES])]
EncodingName = Annotated[
    str,
    OneOf(
        lambda: [
            "auto",
            *(row.name for row in ENCODINGS.values() if row.for_classes or row.for_labels),
        ]
    ),
]
OptimizerName = Annotated[str, OneOf(lambda: OPTIMIZERS)]
ScheduleName = Annotated[str, OneOf(lambda: SCHEDULES)]
BackendName = Annotated[str, OneOf(lambda: BACKENDS)]
FamilyName = Annotated[str, OneOf(lambda: FAMILIES)]

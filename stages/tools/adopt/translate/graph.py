"""A model that is no chain of layers: taken as Keras has it, as data, with a column of the table
for each number of its inputs."""

from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

import numpy as np

from stages.lib.core.errors import UserError, shown
from stages.lib.keras_fit.configuration import Config, checked_configuration
from stages.lib.keras_fit.graph import input_names, layers_of
from stages.lib.keras_fit.layers import LOOKUPS
from stages.lib.keras_fit.model import FOLDER, ModelFile, parse_model
from stages.lib.params.model import ModelEdits
from stages.tools.adopt.translate import table
from stages.tools.adopt.translate.captured import Captured, Content, Input, Output

FILE = f"{FOLDER}/adopted.json"
# What says that there is none, and no edit of one.
NO_MODEL: dict[str, Any] = {f"train.model.{key}": None for key in ModelEdits.model_fields}
# Layers that learn what they know from `adapt`, and the arguments that say it.
_ADAPTED = {"Normalization": ("mean", "variance")}


@dataclass
class Graph:
    """A model in the words of params.yaml.

    Attributes:
        file: the content of FILE.
        units: of all outputs together.
        edits, unsupported: as of a Translation.
        left_out: the layers whose weights the file has as arguments.
    """

    file: ModelFile
    units: int
    edits: dict[str, Any] = field(default_factory=dict)
    unsupported: list[str] = field(default_factory=list)
    left_out: tuple[str, ...] = ()

    def arrays(self, weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The weights as `train.initial_weights` takes them, by the paths that Keras gives them
        when it builds the model here: of a layer that wraps another one these are not the script's,
        but their order is.

        Args:
            weights: of the script, as `Content.weights` has their names.

        Raises:
            UserError: where those of a layer are not as many or of other shapes.
        """
        # TensorFlow takes seconds to load, and few adoptions keep the weights of a model.
        from stages.lib.keras_fit.build import weights_by_layer

        kept: dict[str, list[np.ndarray]] = {}
        for name, array in weights.items():
            kept.setdefault(name.split("/")[0], []).append(array)
        found: dict[str, np.ndarray] = {}
        for layer, shapes in weights_by_layer(self.file.model).items():
            arrays = [] if layer in self.left_out else kept.pop(layer, [])
            if [array.shape for array in arrays] != [*shapes.values()]:
                raise UserError(
                    f"--keep-weights: layer {shown(layer, 60)}",
                    f"weights of the shapes {shown([*shapes.values()])}",
                    shown([array.shape for array in arrays]),
                )
            found |= dict(zip(shapes, arrays, strict=True))
        more = [layer for layer in kept if layer not in self.left_out]
        if more:
            raise UserError("--keep-weights", "weights of the model's layers", f"{shown(more)} too")
        return found


def flattened(captured: Captured) -> Captured:
    """The same with one array of x, float64 [rows, columns], whose columns have names, and one of
    y, float64 [rows, ...].

    Raises:
        UserError: an input that holds no numbers, or outputs that are no one regression.
    """
    content = captured.content
    for taken, array in zip(content.inputs, captured.xs, strict=True):
        if array.dtype.kind not in "biuf":
            raise UserError(
                f"input {shown(taken.name, 60)}",
                "numbers",
                f"{array.dtype}",
                _text_hint(content),
            )
    _check_outputs(content.outputs)
    pairs = zip(content.inputs, captured.xs, strict=True)
    wanted = [name for pair in pairs for name in _names(*pair)]
    names, _ = table.usable_names(wanted, len(wanted))
    targets = content.targets if len(content.outputs) == 1 else _target_names(captured)
    held_out = captured.xs_validation, captured.ys_validation
    return replace(
        captured,
        content=content.model_copy(update={"columns": names, "targets": targets}),
        xs=(_beside(captured.xs),),
        ys=(_together(captured.ys),),
        xs_validation=None if held_out[0] is None else (_beside(held_out[0]),),
        ys_validation=None if held_out[1] is None else (_together(held_out[1]),),
    )


def translate_graph(captured: Captured, columns: list[str]) -> Graph:
    """The model of a script.

    Args:
        captured: as it came, before `flattened`.
        columns: of the table, for all numbers of all inputs in their order.

    Raises:
        UserError: naming every layer that is not one of Keras' own.
    """
    content = captured.content
    assert content.model is not None
    # Checked before anything of it is looked at; what is changed then is checked again.
    model = checked_configuration(content.model.model_dump(), "the model")
    adapted = _fill_adapted(model, captured.weights)
    shapes = [list(array.shape[1:]) or [1] for array in captured.xs]
    inputs, start = [], 0
    layers = {layer["config"].get("name"): layer["config"] for layer in layers_of(model)}
    for name, taken, shape in zip(_ordered(model, content), content.inputs, shapes, strict=True):
        config = layers.get(name, {})
        shape = _shape_of(config, shape)
        width = prod(shape)
        inputs.append(
            {
                "name": name,
                "columns": columns[start : start + width],
                "shape": shape,
                "dtype": _dtype_of(config, taken),
            }
        )
        start += width
    file = parse_model({"schema": 1, "model": model, "inputs": inputs}, "the model")
    units = sum(prod(size or 1 for size in output.shape) for output in content.outputs)
    return Graph(file, units, NO_MODEL | {"train.model.file": FILE}, _frozen(model), tuple(adapted))


def _text_hint(content: Content) -> str:
    """What to do with text: by the names of the layers that read it, if these are at hand."""
    layers = content.model.config.get("layers") if content.model is not None else None
    names = [
        f"{layer['class_name']} ({shown(layer.get('name'), 40)})"
        for layer in (layers if isinstance(layers, list) else [])
        if isinstance(layer, dict) and layer.get("class_name") in LOOKUPS
    ]
    if not names:
        return "encode the text before the model, or leave the input out"
    return f"apply {', '.join(names[:5])} to x before fit, and give the model the numbers"


def _check_outputs(outputs: list[Output]) -> None:
    """Refuse several outputs unless one loss is of all alike: these are one target of several
    columns."""
    if len(outputs) < 2:
        return
    losses = {output.loss.model_dump_json() if output.loss else "" for output in outputs}
    weights = {output.loss_weight for output in outputs}
    if len(losses) > 1 or weights != {1.0}:
        names = ", ".join(shown(output.name, 40) for output in outputs)
        raise UserError(
            "outputs",
            "one, or several with the same loss and no weights of their own",
            names,
            "fit one of them at a time",
        )


def _ordered(model: Config, content: Content) -> list[str]:
    """The names of the model's inputs, which are captured in the model's order."""
    names = input_names(model)
    if len(names) != len(content.inputs):
        raise UserError("inputs", f"an array for each of {shown(names)}", len(content.inputs))
    return names


def _names(taken: Input, array: np.ndarray) -> list[str]:
    """Of an input's columns: those of its frame, its own name, or that with a number."""
    width = prod(array.shape[1:])
    if taken.columns is not None and len(taken.columns) == width:
        return taken.columns
    return [taken.name] if width == 1 else [f"{taken.name}_{i + 1}" for i in range(width)]


def _target_names(captured: Captured) -> list[str]:
    return [
        name if prod(array.shape[1:]) == 1 else f"{name}_{i + 1}"
        for name, array in zip(
            [output.name for output in captured.content.outputs], captured.ys, strict=True
        )
        for i in range(prod(array.shape[1:]))
    ]


def _beside(arrays: tuple[np.ndarray, ...]) -> np.ndarray:
    """float64 [rows, columns] of all of them."""
    return np.concatenate([a.reshape(len(a), -1).astype("float64") for a in arrays], axis=1)


def _together(arrays: tuple[np.ndarray, ...]) -> np.ndarray:
    """The only one as it is, or all of them beside each other."""
    return arrays[0] if len(arrays) == 1 else _beside(arrays)


def _shape_of(config: Config, shape: list[int]) -> list[int]:
    """The shape of a row: that of the input layer where it is stated, else of the array. The layer
    is given it, so that the sizes of all layers are known."""
    stated = config.pop("batch_input_shape", None) or config.get("batch_shape") or []
    known = [size for size in stated[1:] if isinstance(size, int)]
    if stated and len(known) == len(stated) - 1 and prod(known) == prod(shape):
        shape = known
    config["batch_shape"] = [None, *shape]
    return shape or [1]


def _dtype_of(config: Config, taken: Input) -> str:
    """What the input layer casts its numbers to; without one float32, as Keras does."""
    stated = config.get("dtype")
    if isinstance(stated, dict):
        stated = stated.get("config", {}).get("name")
    return stated if isinstance(stated, str) else "float32"


def _fill_adapted(model: Config, weights: dict[str, np.ndarray]) -> list[str]:
    """Write what `adapt` taught a layer into its configuration; the names of these layers."""
    filled = []
    for layer in layers_of(model):
        config = layer["config"]
        for key in _ADAPTED.get(layer["class_name"], ()):
            found = weights.get(f"{config.get('name')}/{key}")
            if config.get(key) is None and found is not None:
                config[key] = found.ravel().astype("float64").tolist()
                filled.append(str(config.get("name")))
    return filled


def _frozen(model: Config) -> list[str]:
    """A line for the layers that the script does not train."""
    names = [
        str(layer["config"].get("name", ""))
        for layer in layers_of(model)
        if layer["config"].get("trainable") is False and layer["class_name"] not in _ADAPTED
    ]
    if not names:
        return []
    return [
        f"layers that are not trained ({', '.join(shown(name, 40) for name in names[:5])}): their "
        "weights are drawn anew at each seed, unless --keep-weights takes the script's"
    ]

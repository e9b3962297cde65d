"""A .keras file's configuration, read as JSON, never loaded: layers, loss and optimizer."""

import zipfile
import zlib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from stages.generate.split import split_rows
from stages.lib.core.errors import UserError
from stages.lib.core.json_files import parse_json
from stages.lib.core.paths import resolve_within
from stages.lib.core.text import printable
from stages.lib.params.data import File
from stages.lib.params.schema import Params
from stages.lib.tables import table
from stages.lib.tables.dataset import Dataset
from stages.tools.adopt.translate.adopted import AS_IT_COMES, Adopted
from stages.tools.adopt.translate.captured import MAX_LAYERS
from stages.tools.adopt.translate.chain import translate_chain
from stages.tools.adopt.translate.graph import NO_MODEL
from stages.tools.adopt.translate.keras_object import KerasObject
from stages.tools.adopt.translate.loss import translate_loss
from stages.tools.adopt.translate.optimizer import translate_optimizer

# A configuration of a thousand layers has some hundred kilobytes.
MAX_CONFIG = 8 * 2**20
CONFIG = "config.json"


def translate_model(file: str, data: str, target: str, settings: Params) -> Adopted:
    """The adopted program of a saved model on a table below data/inputs/. Raises UserError."""
    content = _config(file)
    network = translate_chain(_layers(content))
    adopted = Adopted()
    adopted.add(
        {
            "data.source": "file",
            "data.file.path": data,
            "data.file.target": target,
            "data.file.task": "auto",
            "data.file.categorical": [],
            "data.file.ignore": [],
            "data.file.missing": [],
            "data.file.dates": {},
            "data.file.keep": "all",
            "data.file.split": None,
            "data.file.groups": None,
            "data.file.time": None,
            "data.file.weights": None,
        },
        "--data and --target",
    )
    dataset = _dataset(data, target, settings.data.file)
    _check_inputs(content, dataset)
    parts = split_rows(dataset, settings.data.split, settings.data.seed)
    adopted.add(AS_IT_COMES, "the table as it comes")
    adopted.add(NO_MODEL, "the model's layers")
    adopted.add_translation(network, "the model's layers")
    adopted.add(
        {"train.target_encoding": "auto", "train.initial_weights": None, "train.members": 1},
        "the initializers",
    )
    adopted.add({"train.class_weight": None}, "a model, which has none")
    compiled = content.get("compile_config")
    compiled = compiled if isinstance(compiled, dict) else {}
    if compiled.get("loss") is None:
        adopted.unsupported.append("a loss: the model was saved without one; train.loss stays")
    else:
        loss = translate_loss(_keras_object(compiled["loss"], "compile_config.loss"))
        adopted.add_translation(loss, "compile(loss)")
    if compiled.get("optimizer") is None:
        adopted.unsupported.append(
            "an optimizer: the model was saved without one; train.optimizer stays"
        )
    else:
        described = _keras_object(compiled["optimizer"], "compile_config.optimizer")
        steps = -(-len(parts["train"]) // settings.train.batch_size)
        optimizer = translate_optimizer(described, settings.train.epochs, steps)
        adopted.add_translation(optimizer, "compile(optimizer)")
    adopted.unsupported.append("the trained weights: training starts anew")
    adopted.notes.append(
        "train.batch_size, train.epochs, train.shuffle: as they were; a model has none"
    )
    return adopted


def _config(file: str) -> dict[str, Any]:
    """config.json of the archive, at most MAX_CONFIG bytes of it. Raises UserError."""
    name = printable(Path(file).name)
    if not Path(file).is_file():
        raise UserError("--model", "a .keras file", f"{file!r:.200}, which is none")
    try:
        with zipfile.ZipFile(file) as archive, archive.open(CONFIG) as stream:
            # Read no more than the cap: the size that the archive states may be a lie.
            data = stream.read(MAX_CONFIG + 1)
    except (
        zipfile.BadZipFile, zlib.error, KeyError, OSError, RuntimeError, EOFError, ValueError,
    ) as error:  # fmt: skip
        raise UserError(name, f"a .keras file of Keras 3, with {CONFIG}", f"{error}") from None
    if len(data) > MAX_CONFIG:
        raise UserError(f"{name}: {CONFIG}", f"at most {MAX_CONFIG} bytes")
    content = parse_json(data, f"{name}: {CONFIG}")
    if not isinstance(content, dict):
        raise UserError(f"{name}: {CONFIG}", "a model's configuration")
    return content


def _keras_object(value: Any, where: str) -> KerasObject:
    """A serialized Keras object, or the bare name of one."""
    if isinstance(value, list) and len(value) == 1:
        [value] = value
    if isinstance(value, str):
        return KerasObject.model_validate({"class": value, "module": "keras", "config": {}})
    try:
        registered = value.get("registered_name")
        known = registered in (None, value.get("class_name"))
        module = value.get("module") or "keras"
        if value["class_name"] == "function":
            return KerasObject.model_validate(
                {"class": value["config"], "module": module, "config": {}}
            )
        return KerasObject.model_validate(
            {
                "class": value["class_name"],
                "module": module if known else f"custom {registered}",
                "config": value.get("config") or {},
            }
        )
    except (ValidationError, AttributeError, TypeError, KeyError):
        raise UserError(where, "a Keras object's configuration", f"{value!r:.80}") from None


def _layers(content: dict[str, Any]) -> list[KerasObject]:
    """The layers from input to output. Raises UserError for what is no chain of them."""
    kind = content.get("class_name")
    config = content.get("config")
    layers = config.get("layers") if isinstance(config, dict) else None
    if kind not in ("Sequential", "Functional") or not isinstance(layers, list):
        raise UserError(
            "--model",
            "a Sequential or functional model, whose layers its configuration names",
            f"{printable(str(kind))[:60]!r}",
            "adopt the script that builds it",
        )
    if not all(isinstance(layer, dict) for layer in layers):
        raise UserError("--model: layers", "a list of configurations")
    if len(layers) > MAX_LAYERS:
        raise UserError("--model", f"at most {MAX_LAYERS} layers", f"{len(layers)}")
    objects = [_keras_object(layer, f"layers.{i}") for i, layer in enumerate(layers)]
    if kind == "Functional":
        objects = _order_layers(objects, layers, content["config"])
    return objects


def _order_layers(
    objects: list[KerasObject], layers: list[dict[str, Any]], config: dict[str, Any]
) -> list[KerasObject]:
    """A functional model's layers, followed back from its output."""
    for what in ("input_layers", "output_layers"):
        ends = config.get(what)
        nested = isinstance(ends, list) and ends and isinstance(ends[0], list)
        if not isinstance(ends, list) or (nested and len(ends) != 1):
            raise UserError(f"--model: {what}", "one", f"{ends!r:.80}")
    by_name = {
        str(layer.get("name")): (entry, _sources(layer))
        for entry, layer in zip(objects, layers, strict=True)
    }
    end = config["output_layers"]
    name = str(end[0][0] if end and isinstance(end[0], list) else (end or [None])[0])
    ordered: list[KerasObject] = []
    while True:
        if name not in by_name or len(ordered) > len(objects):
            raise UserError(
                "--model", "a chain of layers", f"layer {name!r:.60} that no layer leads to"
            )
        layer, sources = by_name[name]
        ordered.insert(0, layer)
        if layer.name == "InputLayer":
            return ordered
        if len(sources) != 1:
            raise UserError(
                f"layer {name!r:.60} ({printable(layer.name)[:60]})",
                "a chain of layers",
                f"{len(sources)} inputs",
            )
        name = sources[0]


def _sources(layer: dict[str, Any]) -> list[str]:
    """The names of the layers whose outputs a layer takes, at all places where it is used."""
    order: list[str] = []
    todo = [layer.get("inbound_nodes")]
    while todo:
        node = todo.pop()
        if isinstance(node, dict):
            history = node.get("keras_history")
            if isinstance(history, list) and history:
                order.append(str(history[0]))
            todo += node.values()
        elif isinstance(node, list):
            todo += node
    return order


def _dataset(data: str, target: str, settings: File) -> Dataset:
    """The table as generate reads it. given: how params.yaml says that text is to be read."""
    try:
        resolve_within(data, table.INPUTS)
    except UserError as error:
        raise error.at("--data").with_hint("copy it there") from None
    whole = {"task": "auto", "categorical": [], "ignore": [], "keep": "all"}
    columns = dict.fromkeys(("split", "groups", "time", "weights"))
    return table.load(
        settings.model_copy(update={"path": data, "target": target, **whole, **columns})
    )


def _input_shape(layers: list[dict[str, Any]]) -> Any:
    """As the first layer that states it has it: [None, inputs], or None."""
    for layer in layers:
        built = layer.get("build_config")
        shape = (
            layer["config"].get("batch_shape") if isinstance(layer.get("config"), dict) else None
        )
        shape = shape or (built.get("input_shape") if isinstance(built, dict) else None)
        if shape is not None:
            return shape
    return None


def _check_inputs(content: dict[str, Any], dataset: Dataset) -> None:
    """The model takes as many inputs as the table has columns, where all of them are numbers."""
    shape = _input_shape(content["config"]["layers"])
    numeric = dataset.features.select_dtypes("number").shape[1] == dataset.features.shape[1]
    if not (isinstance(shape, list) and len(shape) == 2 and isinstance(shape[1], int) and numeric):
        return
    if shape[1] != dataset.features.shape[1]:
        raise UserError(
            "--data",
            f"{shape[1]} columns beside the target, as the model takes",
            f"{dataset.features.shape[1]}",
        )

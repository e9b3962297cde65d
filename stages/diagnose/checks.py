"""Contract checks: what data and program say of each other before anything is trained.

A finding is a dict: `check`, `family`, `severity`, `expected`, `received` and `keys`, the dotted
keys of params.yaml that it is about. Severities: 'error' for what cannot train what is asked,
'warning' for what is known to hurt, 'note' for what a reader should know. A new check is one
function, which takes the subject and yields findings, and one entry of CHECKS.

A check of the data that needs more than a look at each column takes a seeded sample of 20,000
rows of a split that has more.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from stages.lib.core.distances import kolmogorov_smirnov
from stages.lib.transforms.frame import input_names
from stages.lib.trials.subject import Subject

MAX_ROWS = 20_000
MAX_FINDINGS = 5  # of one check; the last one counts the others

CROSS_ENTROPIES = (
    "binary_crossentropy",
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
    "kl_divergence",
)
HINGES = ("hinge", "squared_hinge")
# As stages/lib/mlp/losses.py has it: their inputs, not their outputs, go to a loss with a form for
# logits. That module is not imported here, for it loads TensorFlow.
LOGIT_ACTIVATIONS = ("sigmoid", "softmax")
LOGIT_LOSSES = CROSS_ENTROPIES[:3]
# The number that each encoding writes for class 0 and for class 1, or for a label that is not and
# one that is there (stages/lib/mlp/contract.py).
SCALAR_ENCODINGS = {
    "integer": (0, 1),
    "integer_from_one": (1, 2),
    "plus_minus_one": (-1, 1),
    "multi_hot": (0, 1),
}

# The lowest and the highest output of each activation; one that is not here is unbounded. The
# lowest of gelu, silu and mish are minima of their formulas; selu's is -1.0507 * 1.6733.
RANGES = {
    "relu": (0.0, np.inf),
    "relu6": (0.0, 6.0),
    "elu": (-1.0, np.inf),
    "selu": (-1.7581, np.inf),
    "gelu": (-0.1700, np.inf),
    "silu": (-0.2785, np.inf),
    "swish": (-0.2785, np.inf),
    "mish": (-0.3089, np.inf),
    "softplus": (0.0, np.inf),
    "softsign": (-1.0, 1.0),
    "tanh": (-1.0, 1.0),
    "sigmoid": (0.0, 1.0),
    "hard_sigmoid": (0.0, 1.0),
    "exponential": (0.0, np.inf),
    "softmax": (0.0, 1.0),
}


def check(subject: Subject) -> list[dict]:
    """All findings, in the order of CHECKS; at most five of each check."""
    return [finding for one in CHECKS for finding in _first(one(subject))]


def _first(findings: Iterable[dict]) -> list[dict]:
    """At most five findings of each name; the last one says how many more there are."""
    kept: dict[str, list[dict]] = {}
    more: Counter = Counter()
    for finding in findings:
        same = kept.setdefault(finding["check"], [])
        if len(same) < MAX_FINDINGS:
            same.append(finding)
        else:
            more[finding["check"]] += 1
    for name, count in more.items():
        kept[name][-1] = kept[name][-1] | {
            "received": f"{kept[name][-1]['received']}; and {count} more"
        }
    return [finding for same in kept.values() for finding in same]


def _finding(
    check: str, family: str, severity: str, expected: str, received: str, *keys: str
) -> dict:
    return {
        "check": check,
        "family": family,
        "severity": severity,
        "expected": expected,
        "received": received,
        "keys": list(keys),
    }


def _quoted(name: str) -> str:
    """A name as a message shows it: quoted, at most 60 characters."""
    text = repr(name)
    return text if len(text) <= 60 else text[:57] + "..."


def _sample(rows):
    """An array or a table, or a seeded sample of its rows: of equally many rows the same ones, so
    that inputs, targets and raw rows of a split stay beside each other."""
    if len(rows) <= MAX_ROWS:
        return rows
    chosen = np.sort(np.random.default_rng(0).choice(len(rows), MAX_ROWS, replace=False))
    return rows.iloc[chosen] if isinstance(rows, pd.DataFrame) else np.asarray(rows[chosen])


def _contract(subject: Subject) -> dict:
    return subject.network["contract"]


def _takes_logits(contract: dict) -> bool:
    """Whether the loss is computed from the inputs of the output activation."""
    declared = contract["from_logits"] or contract["activation"] in LOGIT_ACTIVATIONS
    return contract["loss"] in LOGIT_LOSSES and declared


def _matched(contract: dict) -> str:
    """The output activation that this task's cross-entropy asks for."""
    alone = contract["units"] == 1 or contract["task"] == "multilabel"
    return "sigmoid" if alone else "softmax"


def _labels(contract: dict) -> np.ndarray:
    """The numbers that the encoding writes for the classes, float64."""
    if contract["encoding"] == "one_hot":
        return np.array([0.0, 1.0])
    low, high = SCALAR_ENCODINGS[contract["encoding"]]
    if contract["task"] == "multilabel":
        return np.array([low, high], dtype="float64")
    return low + (high - low) * np.arange(contract["classes"], dtype="float64")


def _span(values: np.ndarray) -> str:
    return f"{values.min():g} to {values.max():g}"


# ------------------------------------------------------------------------------------- program


def _loss_of_task(subject: Subject) -> Iterator[dict]:
    """The loss against the task: what minimises it, and whether that is what is asked."""
    contract = _contract(subject)
    loss, activation = contract["loss"], contract["activation"]

    def finding(severity: str, expected: str, received: str) -> dict:
        return _finding("loss_of_task", "loss", severity, expected, received, "train.loss")

    if contract["task"] == "regression":
        expected = "a loss of numbers, such as mean_squared_error"
        if loss in CROSS_ENTROPIES:
            yield finding("error", expected, f"{loss}, which takes the target for a probability")
        elif loss in HINGES:
            yield finding("error", expected, f"{loss}, which takes the target for a class")
        elif loss in ("poisson", "mean_squared_logarithmic_error"):
            share = float((_sample(subject.y["train"]) < 0).mean())
            if share:
                received = f"{loss}, and {share:.1%} of the scaled training targets are negative"
                yield finding("error", "targets of 0 and above", received)
            elif loss != "poisson":
                received = f"{loss}, which is least at the mean of the logarithm, below the mean"
                yield finding("note", "a loss that is least at the mean", received)
        elif loss in ("mean_absolute_error", "huber", "log_cosh"):
            received = f"{loss}, which is least at the median, or between median and mean"
            yield finding("note", "a loss that is least at the mean", received)
        return
    if contract["task"] == "multilabel" and loss in CROSS_ENTROPIES[1:]:
        expected = "binary_crossentropy, each label by itself"
        yield finding("error", expected, f"{loss}, which takes a row's labels for shares of one")
        return
    what = "label" if contract["task"] == "multilabel" else "class"
    expected = f"cross-entropy, which is least at the {what} probabilities"
    if loss in ("mean_squared_error", "huber", "log_cosh", "poisson"):
        # Errors of probabilities are at most 1, where Huber's loss is half the squared one.
        received = f"{loss}: its gradient is weak where a prediction is sure and wrong"
        yield finding("warning", expected, received)
    elif loss in (*HINGES, "mean_absolute_error", "mean_squared_logarithmic_error"):
        received = f"{loss}, which is not least at the {what} probabilities"
        yield finding("warning", expected, received)
    elif loss == "kl_divergence" and (contract["units"] == 1 or activation != "softmax"):
        # Alone of the cross-entropies it does not divide the outputs by their sum.
        received = f"kl_divergence of {activation} outputs, which is least where all of them are 1"
        yield finding("error", "softmax over one output a class", received)


def _single_output(subject: Subject) -> Iterator[dict]:
    """One output that is normalised by itself: nothing is left of it."""
    contract = _contract(subject)
    if contract["units"] != 1:
        return
    each = "label" if contract["task"] == "multilabel" else "class"
    if contract["activation"] == "softmax":
        yield _finding(
            "single_softmax",
            "output_activation",
            "error",
            "sigmoid, one output a label"
            if each == "label"
            else "sigmoid for one output, or softmax over one output a class",
            "softmax over one output, which is 1.0 for every row",
            "train.output_activation",
            "train.output_units",
        )
    if contract["loss"] == "categorical_crossentropy":
        yield _finding(
            "single_output_categorical",
            "loss",
            "error",
            f"binary_crossentropy for one output, or one output a {each}",
            "categorical_crossentropy over one output: it is divided by itself, so nothing trains",
            "train.loss",
            "train.output_units",
        )


def _probabilities(subject: Subject) -> Iterator[dict]:
    """The outputs under a cross-entropy: probabilities, or logits that are declared to be so."""
    contract = _contract(subject)
    loss, activation = contract["loss"], contract["activation"]
    keys = ("train.output_activation", "train.from_logits")
    if loss not in CROSS_ENTROPIES:
        return
    low, high = RANGES.get(activation, (-np.inf, np.inf))
    binary = loss == "binary_crossentropy"

    def finding(check: str, severity: str, expected: str, received: str) -> dict:
        return _finding(check, "output_activation", severity, expected, received, *keys)

    if _takes_logits(contract):
        if activation in LOGIT_ACTIVATIONS or (low, high) == (-np.inf, np.inf):
            return
        # Several logits mean something by their differences, so a one-sided range still reaches
        # every probability; a single one means something by its sign.
        bounded = binary or np.isfinite([low, high]).all()
        received = f"{activation}, whose outputs go from {low:g} to {high:g}"
        yield finding("bounded_logits", "error" if bounded else "warning", "linear", received)
    elif low < 0 or (high > 1 and loss != "categorical_crossentropy"):  # which divides them first
        yield finding(
            "outputs_are_no_probabilities",
            "error",
            f"{_matched(contract)}, or from_logits: true, under {loss}",
            f"{activation}, whose outputs go from {low:g} to {high:g} and are clipped to "
            "probabilities, without a gradient beyond them",
        )
    elif activation in ("relu", "relu6"):
        yield finding(
            "outputs_may_die",
            "warning",
            f"{_matched(contract)}, or from_logits: true, under {loss}",
            f"{activation}: an output at 0 has no gradient",
        )


def _exclusive_classes(subject: Subject) -> Iterator[dict]:
    """Several outputs for exclusive classes: softmax under a categorical cross-entropy."""
    contract = _contract(subject)
    loss, activation, units = contract["loss"], contract["activation"], contract["units"]
    if contract["task"] in ("regression", "multilabel") or units < 2 or loss not in CROSS_ENTROPIES:
        return
    expected = "softmax with categorical_crossentropy: the classes exclude each other"
    keys = ("train.output_activation", "train.loss")
    if loss == "binary_crossentropy":
        if activation == "softmax":
            received = (
                f"{units} softmax outputs that binary_crossentropy trains as {units} sigmoids"
            )
        else:
            received = f"{units} outputs trained each by itself; their sum need not be 1"
        yield _finding("exclusive_classes", "loss", "warning", expected, received, *keys)
    elif activation in ("sigmoid", "hard_sigmoid") and loss != "kl_divergence":
        trained = ", which the loss trains as softmax" * _takes_logits(contract)
        received = f"{units} {activation} outputs{trained}; their sum need not be 1"
        yield _finding(
            "exclusive_classes", "output_activation", "warning", expected, received, *keys
        )


def _independent_labels(subject: Subject) -> Iterator[dict]:
    """Several outputs for labels of which a row may have any number: each by itself."""
    contract = _contract(subject)
    units = contract["units"]
    if contract["task"] == "multilabel" and units > 1 and contract["activation"] == "softmax":
        yield _finding(
            "independent_labels",
            "output_activation",
            "error",
            "sigmoid: a row can have several labels, or none",
            f"{units} softmax outputs, which sum to 1",
            "train.output_activation",
            "train.loss",
        )


def _logits(subject: Subject) -> Iterator[dict]:
    """from_logits where it says nothing, or contradicts the activation."""
    contract = _contract(subject)
    if not contract["from_logits"]:
        return
    if contract["loss"] not in LOGIT_LOSSES:
        received = f"from_logits: true with {contract['loss']}, which takes no logits"
    elif contract["activation"] in LOGIT_ACTIVATIONS:
        # Keras warns, and takes the activation's inputs for the logits, so it trains.
        received = f"from_logits: true with {contract['activation']}, whose outputs are no logits"
    else:
        return
    yield _finding(
        "needless_from_logits",
        "loss",
        "note",
        "from_logits: false, or a linear output under a cross-entropy",
        received,
        "train.from_logits",
        "train.output_activation",
    )


def _relu_output(subject: Subject) -> Iterator[dict]:
    """relu on an output that is read as a number."""
    contract = _contract(subject)
    if contract["activation"] in ("relu", "relu6") and contract["loss"] not in CROSS_ENTROPIES:
        yield _finding(
            "relu_output",
            "output_activation",
            "warning",
            "linear",
            f"{contract['activation']}: an output at 0 has no gradient, and may stay there",
            "train.output_activation",
        )


def _output_units(subject: Subject) -> Iterator[dict]:
    """The number of outputs against the task and the encoding."""
    contract = _contract(subject)
    units, classes, encoding = contract["units"], contract["classes"], contract["encoding"]
    keys = ("train.output_units", "train.target_encoding")

    def finding(severity: str, expected: str, received: str) -> dict:
        return _finding("output_units", "output_activation", severity, expected, received, *keys)

    targets = contract["targets"]
    if contract["task"] == "regression":
        if targets > 1 and units == 1:
            received = "1, which says the same of each target"
            yield finding("error", f"{targets} outputs for {targets} numbers", received)
        elif targets == 1 and units > 1:
            received = f"{units}, all trained on the same target and averaged"
            yield finding("note", "1 output for one number", received)
        return
    if contract["task"] == "multilabel":
        if units == 1:
            received = "1, which says the same of each label"
            yield finding("error", f"{targets} outputs for {targets} labels", received)
        return
    if contract["loss"] == "sparse_categorical_crossentropy":
        if units > classes:
            received = f"{units}: {units - classes} outputs stand for no class"
            yield finding("note", f"{classes} outputs for {classes} classes", received)
    elif encoding == "one_hot":
        if units == 1:
            received = "1, which says the same of each class"
            yield finding("error", f"{classes} outputs for {classes} classes", received)
    elif units > 1 and contract["activation"] == "softmax":
        received = f"{units} softmax outputs for one number: their mean is 1/{units} in every row"
        yield finding("error", "target_encoding: one_hot", received)
    elif classes > 2:
        received = f"one number for the code of {classes} classes, as if they were amounts"
        yield finding("error", f"{classes} outputs and target_encoding: one_hot", received)
    elif units > 1:
        received = f"{units}, all trained on the same number and averaged"
        yield finding("note", "1 output for one number", received)


def _target_encoding(subject: Subject) -> Iterator[dict]:
    """The numbers written for the classes against what the loss and the outputs can reach."""
    contract = _contract(subject)
    loss, encoding = contract["loss"], contract["encoding"]
    if contract["task"] == "regression" or loss == "sparse_categorical_crossentropy":
        return
    labels = _labels(contract)
    keys = ("train.target_encoding", "train.loss", "train.output_activation")

    def finding(check: str, expected: str, received: str) -> dict:
        return _finding(check, "loss", "error", expected, received, *keys)

    written = f"target_encoding {encoding}, which writes {_span(labels)}"
    if loss in CROSS_ENTROPIES:
        if labels.min() < 0 or labels.max() > 1:
            yield finding("labels_of_loss", f"labels from 0 to 1 for {loss}", written)
        return
    if loss in HINGES:
        # Keras takes a batch of labels 0 and 1 for -1 and 1.
        if labels.min() not in (-1, 0) or labels.max() != 1:
            yield finding("labels_of_loss", f"labels -1 and 1, or 0 and 1, for {loss}", written)
            return
        labels = np.array([-1.0, 1.0])
    if loss in ("poisson", "mean_squared_logarithmic_error") and labels.min() < 0:
        yield finding("labels_of_loss", f"labels of 0 and above for {loss}", written)
    low, high = RANGES.get(contract["activation"], (-np.inf, np.inf))
    if labels.min() < low or labels.max() > high:
        received = f"{contract['activation']}, from {low:g} to {high:g}"
        yield finding("labels_beyond_outputs", f"outputs that reach {_span(labels)}", received)


def _target_beyond_outputs(subject: Subject) -> Iterator[dict]:
    """A regression's scaled target against the range of the output activation."""
    contract = _contract(subject)
    low, high = RANGES.get(contract["activation"], (-np.inf, np.inf))
    if contract["task"] != "regression" or (low, high) == (-np.inf, np.inf):
        return
    y = _sample(subject.y["train"])
    share = float(((y < low) | (y > high)).mean())
    if share:
        yield _finding(
            "target_beyond_outputs",
            "output_activation",
            # A few rows beyond cost their own errors; a tenth of them is what the loss is made of.
            "error" if share > 0.1 else "warning",
            f"outputs that reach the scaled target, {_span(y)}: linear",
            f"{contract['activation']}, from {low:g} to {high:g}: {share:.1%} of the training "
            "targets lie beyond",
            "train.output_activation",
            "normalize.target",
        )


def _batch_size(subject: Subject) -> Iterator[dict]:
    """Full-batch training: one step an epoch."""
    rows, size = len(subject.x["train"]), subject.sections["train"]["batch_size"]
    if size >= rows:
        epochs = subject.sections["train"]["epochs"]
        yield _finding(
            "batch_size",
            "batch_size",
            "note",
            f"less than the {rows} training rows, so that an epoch has several steps",
            f"{size}: one step an epoch, {epochs} in all",
            "train.batch_size",
            "train.epochs",
        )


# ---------------------------------------------------------------------------------------- data


def _owners(state: dict) -> list[dict]:
    """The entry of the table's column that each input of the matrix comes from."""
    return [column for column in state["columns"] for _ in input_names(column)]


def _non_finite(subject: Subject) -> Iterator[dict]:
    """NaN or infinite cells among the inputs, of all rows: one of them is enough to make the
    loss and, a step later, every weight NaN; behind relu it may instead stay unseen."""
    bad = {name: _bad_cells(x) for name, x in subject.x.items()}
    total = np.sum([counts for counts in bad.values()], axis=0)
    for j in np.argsort(-total, kind="stable")[: (total > 0).sum()]:
        where = ", ".join(
            f"{counts[j]} of {len(subject.x[name])} {name} rows"
            for name, counts in bad.items()
            if counts[j]
        )
        yield _finding(
            "non_finite_inputs",
            "input_normalization",
            "error",
            "finite inputs, e.g. normalize.missing: median",
            f"NaN or infinity in {_quoted(subject.state['inputs'][j])}: {where}",
            "normalize.missing",
        )


def _bad_cells(x: np.ndarray) -> np.ndarray:
    """The number of non-finite cells of each column, int64 [inputs]."""
    counts = np.zeros(x.shape[1], dtype="int64")
    for start in range(0, len(x), MAX_ROWS):
        counts += (~np.isfinite(x[start : start + MAX_ROWS])).sum(axis=0)
    return counts


def _moments(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of the finite cells of each column, float64 [inputs]."""
    finite = np.isfinite(x)
    count = np.maximum(finite.sum(axis=0), 1)
    # The largest float32 squared is within float64.
    values = np.where(finite, x, 0).astype("float64")
    mean = values.sum(axis=0) / count
    squared = np.where(finite, values - mean, 0.0) ** 2
    return mean, np.sqrt(squared.sum(axis=0) / count)


def _input_scale(subject: Subject) -> Iterator[dict]:
    """Inputs far from unit scale, and far from each other's.

    Initializers keep the scale of activations from layer to layer for inputs of variance about 1
    (Glorot and Bengio 2010; He et al. 2015), and the curvature of the loss grows with the square
    of an input's scale, so that no learning rate suits inputs of different scales (LeCun et al.,
    Efficient BackProp, 1998, section 4.3). Ten and a hundred are well beyond what a healthy
    scaling leaves. The ratio looks at numeric columns: a rare category is rare, not badly scaled.
    """
    mean, deviation = _moments(_sample(subject.x["train"]))
    owners, names = _owners(subject.state), subject.state["inputs"]
    size = np.abs(mean) + deviation
    keys = ("normalize.features", "normalize.columns")
    if size.max(initial=0.0) > 10:
        j = int(size.argmax())
        kind = {"binary": "normalize.binary", "categorical": "normalize.categorical"}
        yield _finding(
            "input_scale",
            "input_normalization",
            "warning",
            "inputs of mean about 0 and standard deviation about 1",
            f"{int((size > 10).sum())} of {len(size)} inputs with |mean| + standard deviation "
            f"beyond 10, most of all {_quoted(names[j])}: mean {mean[j]:.3g}, "
            f"standard deviation {deviation[j]:.3g}",
            *(keys if owners[j]["kind"] == "numeric" else (kind[owners[j]["kind"]],)),
        )
    numeric = [
        j for j, owner in enumerate(owners) if owner["kind"] == "numeric" and deviation[j] > 0
    ]
    if not numeric:
        return
    low, high = min(numeric, key=deviation.__getitem__), max(numeric, key=deviation.__getitem__)
    if deviation[high] > 100 * deviation[low]:
        yield _finding(
            "input_scale_ratio",
            "input_normalization",
            "warning",
            "numeric inputs of about the same standard deviation",
            f"{deviation[high]:.3g} in {_quoted(names[high])} against {deviation[low]:.3g} in "
            f"{_quoted(names[low])}",
            *keys,
        )


def _target_scale(subject: Subject) -> Iterator[dict]:
    """A regression's target far from unit scale, with a long tail, or drowned by another one."""
    if subject.task != "regression":
        return
    y = np.asarray(_sample(subject.y["train"]), dtype="float64")
    raw = _sample(subject.tables["train"])[subject.targets]
    for k, name in enumerate(subject.targets):
        yield from _scale_of(y[:, k], raw[name], f"{_quoted(name)}: " if y.shape[1] > 1 else "")
    spread = y.std(axis=0)
    if spread.max() > 10 * spread.min():
        high, low = (subject.targets[k] for k in (spread.argmax(), spread.argmin()))
        yield _finding(
            "target_scale_ratio",
            "target_normalization",
            "warning",
            "scaled targets of about the same standard deviation",
            f"{spread.max():.3g} in {_quoted(high)} against {spread.min():.3g} in {_quoted(low)}, "
            "which the trained loss hardly hears",
            "normalize.target",
        )


def _scale_of(y: np.ndarray, raw: pd.Series, of: str) -> Iterator[dict]:
    """One scaled target, float64 [rows], beside its own values."""
    mean, deviation = y.mean(), y.std()

    def finding(check: str, severity: str, expected: str, received: str) -> dict:
        return _finding(
            check, "target_normalization", severity, expected, of + received, "normalize.target"
        )

    # Outputs start near 0 with a deviation near 1: at Adam's 0.001 a step, a target of 100 is
    # thousands of steps away, and its squared error makes gradients of that size.
    if max(abs(mean), deviation) > 100:
        yield finding(
            "target_scale",
            "warning",
            "a scaled target of mean about 0 and standard deviation about 1",
            f"mean {mean:.3g}, standard deviation {deviation:.3g}",
        )
    skewness = ((y - mean) ** 3).mean() / deviation**3 if deviation > 0 else 0.0
    if skewness > 5 and raw.min() > 0:
        yield finding(
            "skewed_target",
            "note",
            "a target without a long tail, e.g. normalize.target: log1p_standard",
            f"skewness {skewness:.3g}, from {raw.min():.3g} over a median of {raw.median():.3g} "
            f"to {raw.max():.3g}: a few rows make most of the squared error",
        )


def _ignore(subject: Subject) -> tuple[str, ...]:
    """The key that leaves a column out, where there is one."""
    return ("data.file.ignore",) if subject.card["source"] == "file" else ()


def _constant(column: np.ndarray) -> bool:
    return len(column) > 0 and bool((column == column[0]).all())


def _constant_columns(subject: Subject) -> Iterator[dict]:
    """Inputs of one value in the training split: nothing can be learnt from them."""
    x, names = subject.x["train"], subject.state["inputs"]
    small = _sample(x)
    for j in np.flatnonzero((small == small[0]).all(axis=0)):
        # A rare category may miss the sample.
        if small is x or _constant(x[:, j]):
            yield _finding(
                "constant_column",
                "data",
                "note",
                "inputs that differ from row to row",
                f"{_quoted(names[j])} is {x[0, j]:g} in every training row",
                *_ignore(subject),
            )


def _duplicate_columns(subject: Subject) -> Iterator[dict]:
    """Inputs equal to an earlier one in every training row."""
    x, names = subject.x["train"], subject.state["inputs"]
    columns = np.ascontiguousarray(_sample(x).T) + np.float32(0)  # -0 and 0 are equal
    first: dict[bytes, int] = {}
    for j, column in enumerate(columns):
        if _constant(column):
            continue
        i = first.setdefault(column.tobytes(), j)
        if i != j and np.array_equal(x[:, i], x[:, j], equal_nan=True):
            yield _finding(
                "duplicate_column",
                "data",
                "note",
                "inputs that differ from each other",
                f"{_quoted(names[j])} equals {_quoted(names[i])} in every training row",
                *_ignore(subject),
            )


def _leaks(subject: Subject) -> Iterator[dict]:
    """Single columns that give the target away: a feature may be so good, but most are leaks."""
    table = _sample(subject.tables["train"])
    for name in subject.targets:
        target = table[name]
        if subject.task != "regression":
            target = pd.Series(pd.factorize(target)[0], index=target.index)
        of = f" {_quoted(name)}" if len(subject.targets) > 1 else ""
        yield from _leaks_of(subject, table, target, of)


def _leaks_of(subject: Subject, table: pd.DataFrame, target: pd.Series, of: str) -> Iterator[dict]:
    """The columns that give one target away. of: its name, where there are several."""
    for column in subject.card["columns"]:
        values = table[column["name"]]
        known = values.notna().to_numpy()
        # Among fewer rows a column without meaning orders the target by luck.
        if known.sum() < 20:
            continue
        pair = values[known], target[known]
        if subject.task == "regression":
            how = _determines(*pair) if column["kind"] != "categorical" else ""
        else:
            how = _separates(*pair, column["kind"])
        if how:
            yield _finding(
                "leaking_column",
                "data",
                "note",
                "no single column that determines the target, unless it is known beforehand",
                f"{_quoted(column['name'])} {how}{of and f', of{of}'}",
                *_ignore(subject),
            )


def _determines(values: pd.Series, target: pd.Series) -> str:
    """How a numeric column determines a numeric target, or nothing."""
    x, y = values.to_numpy("float64"), target.to_numpy("float64")
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return ""
    correlation = np.corrcoef(x / np.abs(x).max(), y / np.abs(y).max())[0, 1]
    if not abs(correlation) > 0.9999:
        return ""
    # One far outlier in both gives such a correlation too; ranks do not see how far it is.
    if abs(values.rank().corr(target.rank())) < 0.99:
        return ""
    return f"has the correlation {correlation:.6f} with the target"


def _separates(values: pd.Series, target: pd.Series, kind: str) -> str:
    """How a column alone separates all classes, or nothing. Luck does not part ten rows a class."""
    if kind == "categorical":
        groups = target.groupby(values.to_numpy())
        pure = groups.nunique().max() == 1 and groups.size().mean() >= 10
        return "has categories that each belong to one class" if pure else ""
    # In the order of the values each class is one run, and no value stands in two of them.
    x, code = values.to_numpy("float64"), pd.factorize(target)[0]
    order = np.argsort(x, kind="stable")
    x, code = x[order], code[order]
    turns = np.flatnonzero(np.diff(code))
    counts = np.bincount(code)
    apart = len(turns) == len(counts) - 1 > 0 and (x[turns] < x[turns + 1]).all()
    return "has ranges of the classes that do not overlap" if apart and counts.min() >= 10 else ""


def _conflicting_rows(subject: Subject) -> Iterator[dict]:
    """Rows of equal inputs and different targets: no function of the inputs fits them all.

    The loss that they leave on the training rows is at least the entropy of the classes, or the
    variance of the target, within each group of equal rows.
    """
    x, card = _sample(subject.x["train"]), subject.card
    if not len(x) or not x.shape[1]:
        return
    cells = np.ascontiguousarray(x) + np.float32(0)
    group = pd.factorize(np.array([row.tobytes() for row in cells], dtype=object))[0]
    table = _sample(subject.tables["train"]).reset_index(drop=True)
    targets = table[subject.targets]
    conflicting = (targets.groupby(group).transform("nunique") > 1).any(axis=1)
    share = float(conflicting.mean())
    # Of 20,000 different float32 numbers some are equal by chance; below 1 % of the rows the loss
    # that is left is below 0.007 nats for two classes.
    if share < 0.01:
        return
    weights = table[card["weights"]] if "weights" in card else pd.Series(1.0, table.index)
    least = float(
        np.mean([_least_loss(card["task"], targets[name], group, weights) for name in targets])
    )
    yield _finding(
        "conflicting_rows",
        "data",
        "note",
        "rows of equal inputs to have equal targets",
        f"{share:.1%} of the training rows have a twin of another target, so that the training "
        f"loss of no function of these inputs is below {least:.3g} {card['unit']}",
    )


def _least_loss(task: str, target: pd.Series, group: np.ndarray, weights: pd.Series) -> float:
    """The weighted loss of the best function of the group alone, in the task's unit."""
    # Rows of weight 0 are none, and a group of them has no mean.
    counts = (weights > 0).to_numpy()
    if not counts.any():
        return 0.0
    target, group, weights = target[counts], group[counts], weights[counts]
    whole = weights.groupby(group).transform("sum")
    if task == "regression":
        mean = (target * weights).groupby(group).transform("sum") / whole
        return float(np.average((target - mean) ** 2, weights=weights))
    together = weights.groupby([group, target]).transform("sum")
    return float(np.average(-np.log(together / whole), weights=weights))


def _class_imbalance(subject: Subject) -> Iterator[dict]:
    """A class ten times as rare as among equal shares: chance is then low (0.20 nats for 5 % of
    two classes), so that a low loss means little, and few batches hold the class."""
    card = subject.card
    if subject.task == "regression":
        return
    if subject.task == "multilabel":
        yield from _label_imbalance(subject)
        return
    [name] = subject.targets
    target, weights = subject.tables["train"][name], _train_weights(subject)
    shares = target.value_counts(normalize=True)
    if weights is not None:
        shares = weights.groupby(target).sum() / weights.sum()
    if shares.min() < 0.1 / len(card["classes"]):
        key = ("data.synthetic.class_shares",) if card["source"] == "synthetic" else ()
        yield _finding(
            "class_imbalance",
            "data",
            "note",
            f"a loss that is read beside chance, {card['chance']['train']:.3g} nats",
            f"the class {_quoted(shares.idxmin())} is {shares.min():.2%} of the training rows, of "
            f"{len(card['classes'])} classes",
            *key,
        )


def _train_weights(subject: Subject) -> pd.Series | None:
    """How many rows each training row stands for; None for one each."""
    name = subject.card.get("weights")
    return None if name is None else subject.tables["train"][name]


def _label_imbalance(subject: Subject) -> Iterator[dict]:
    """Labels that hardly any row has, or lacks: the same of each by itself."""
    chance = subject.card["chance"]["train"]
    for name in subject.targets:
        share = np.average(subject.tables["train"][name], weights=_train_weights(subject))
        if min(share, 1 - share) < 0.05:
            yield _finding(
                "class_imbalance",
                "data",
                "note",
                f"a loss that is read beside chance, {chance:.3g} {subject.card['unit']}",
                f"the label {_quoted(name)} is on {share:.2%} of the training rows",
            )


def _shift(subject: Subject) -> Iterator[dict]:
    """Columns distributed otherwise in the test split than in the training split.

    The two-sample Kolmogorov-Smirnov test, and for categories and two-valued columns the
    chi-squared test of homogeneity, at 0.001 after Bonferroni over the columns. Both are of
    independent rows, so a group has one.
    """
    tables = [subject.tables[name] for name in ("train", "test")]
    if subject.groups:
        tables = [table.drop_duplicates(subject.groups) for table in tables]
    train, test = (_sample(table) for table in tables)
    columns = subject.card["columns"]
    found = []
    for column in columns:
        pair = train[column["name"]].dropna(), test[column["name"]].dropna()
        if min(map(len, pair)) < 5:
            continue
        numeric = column["kind"] == "numeric"
        p_value, how = (_kolmogorov_smirnov if numeric else _chi_squared)(*pair)
        if p_value * len(columns) < 0.001:
            found.append((p_value, column["name"], how))
    for p_value, name, how in sorted(found):
        yield _finding(
            "train_test_shift",
            "data",
            "warning",
            "training and test rows of one distribution",
            f"{_quoted(name)}: {how}, p = {p_value:.1e}",
            *(f"data.split.{part}" for part in ("validation", "test")),
        )


def _kolmogorov_smirnov(train: pd.Series, test: pd.Series) -> tuple[float, str]:
    """The limiting distribution of the distance, as scipy.stats.ks_2samp has it to a few percent,
    which takes milliseconds a column."""
    from scipy.special import kolmogorov

    first, second = train.to_numpy("float64"), test.to_numpy("float64")
    distance = kolmogorov_smirnov(first, second)
    rows = len(first) * len(second) / (len(first) + len(second))
    how = (
        f"Kolmogorov-Smirnov distance {distance:.3f}, "
        f"median {np.median(first):.3g} in training and {np.median(second):.3g} in test"
    )
    return float(kolmogorov(np.sqrt(rows) * distance)), how


def _chi_squared(train: pd.Series, test: pd.Series) -> tuple[float, str]:
    """Levels of fewer than ten rows in all are pooled: expected counts below about five make the
    statistic's distribution another one."""
    from scipy.stats import chi2_contingency

    counts = pd.DataFrame({"train": train.value_counts(), "test": test.value_counts()}).fillna(0)
    # The smaller split's expected count of a level is its share of the rows times that level's.
    share = min(len(train), len(test)) / (len(train) + len(test))
    rare = counts.sum(axis=1) * share < 5
    table = pd.concat([counts[~rare], counts[rare].sum().to_frame().T])
    table = table[table.sum(axis=1) > 0]
    if len(table) < 2:
        return 1.0, ""
    result = chi2_contingency(table.to_numpy())
    how = f"chi-squared {result.statistic:.1f} with {result.dof} degrees of freedom"
    return float(result.pvalue), how


CHECKS = (
    _loss_of_task,
    _single_output,
    _probabilities,
    _exclusive_classes,
    _independent_labels,
    _logits,
    _relu_output,
    _output_units,
    _target_encoding,
    _target_beyond_outputs,
    _non_finite,
    _input_scale,
    _target_scale,
    _constant_columns,
    _duplicate_columns,
    _leaks,
    _conflicting_rows,
    _class_imbalance,
    _shift,
    _batch_size,
)

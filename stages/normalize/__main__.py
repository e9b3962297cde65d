"""python -m stages.normalize: data/normalized/{split}.{x,y}.npy and normalization.json.

x: float32 [rows, inputs]. y: int32 class codes [rows, 1] or labels [rows, labels], or the float64
scaled targets [rows, targets].
"""

from stages import params
from stages.files import (
    SPLITS,
    read_json,
    read_table,
    replaced_folder,
    run_stage,
    write_array,
    write_json,
)
from stages.transforms import frame


def main() -> None:
    normalize = params.load("normalize")
    card = read_json("data/raw/card.json")
    tables = {name: read_table(f"data/raw/{name}.parquet") for name in SPLITS}
    state = frame.fit(tables["train"], card, normalize)
    arrays = {}
    for name, table in tables.items():
        arrays[f"{name}.x"] = frame.apply(state, table)
        arrays[f"{name}.y"] = frame.apply_target(state, table)
    with replaced_folder("data/normalized") as folder:
        for name, array in arrays.items():
            write_array(folder / f"{name}.npy", array)
        write_json(folder / "normalization.json", state)


if __name__ == "__main__":
    run_stage(main)

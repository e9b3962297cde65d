"""A table written in parts has the bytes of one written at once; it is read in blocks."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.lib.core import parquet_files
from stages.lib.core.errors import UserError
from stages.lib.core.parquet_files import TableFile, read_table, write_table, write_tables

TABLE = pd.DataFrame(
    {"income": [1.5, np.nan, 3.0, 4.0, 5.0], "city": ["b", None, "ä", "", "b"], "code": range(5)}
)
CUTS = st.lists(st.integers(0, len(TABLE)), max_size=3).map(sorted)


def parts(cuts: list[int]) -> list[pd.DataFrame]:
    edges = [0, *cuts, len(TABLE)]
    return [TABLE.iloc[low:high] for low, high in itertools.pairwise(edges)]


@given(cuts=CUTS)
def test_a_table_in_parts(cuts, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    write_table(folder / "whole.parquet", TABLE)
    write_tables(folder / "parted.parquet", iter(parts(cuts)))
    assert (folder / "parted.parquet").read_bytes() == (folder / "whole.parquet").read_bytes()


@pytest.mark.parametrize(("block_bytes", "rows"), [(1, 1), (48, 2), (100, 4), (2**20, 5)])
def test_a_table_is_read_in_blocks(block_bytes, rows, tmp_path, monkeypatch):
    monkeypatch.setattr(parquet_files, "BLOCK_BYTES", block_bytes)
    write_tables(tmp_path / "t.parquet", iter(parts([1, 3])))
    table = TableFile(tmp_path / "t.parquet")
    assert table.rows == 5
    blocks = list(table.blocks())
    assert [len(block) for block in blocks[:-1]] == [rows] * ((5 - 1) // rows)
    pd.testing.assert_frame_equal(
        pd.concat(blocks, ignore_index=True), read_table(tmp_path / "t.parquet")
    )
    assert pd.concat(table.column("code")).tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(UserError, match=r"expected the column 'town'"):
        table.column("town")


def test_a_broken_table_is_one_line(tmp_path):
    (tmp_path / "t.parquet").write_bytes(b"PAR1 nothing PAR1")
    with pytest.raises(UserError, match="expected a Parquet file"):
        TableFile(tmp_path / "t.parquet")
    with pytest.raises(UserError, match="run `dvc repro` first"):
        TableFile(tmp_path / "absent.parquet")

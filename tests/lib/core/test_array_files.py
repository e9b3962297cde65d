"""An array written block by block has the bytes of one written at once; a wrong one is refused."""

import io
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.lib.core.array_files import (
    read_array,
    read_arrays,
    write_array,
    write_arrays,
    write_blocks,
)
from stages.lib.core.errors import UserError

ARRAY = np.array([[1.5, 0], [np.nan, 1], [3, 2], [4, 3], [5, 4]], "float32")
CUTS = st.lists(st.integers(0, len(ARRAY)), max_size=3).map(sorted)


@given(cuts=CUTS)
def test_an_array_in_parts(cuts, tmp_path_factory):
    file = tmp_path_factory.mktemp("arrays") / "parted.npy"
    edges = [0, *cuts, len(ARRAY)]
    parts = (ARRAY[low:high] for low, high in itertools.pairwise(edges))
    write_blocks(file, parts, len(ARRAY))
    expected = io.BytesIO()
    np.save(expected, ARRAY)
    assert file.read_bytes() == expected.getvalue()


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (3, "expected float32 of [rows, 3]. Received: float32 of [5, 2]"),
        (None, "expected float32 of [rows]. Received: float32 of [5, 2]"),
    ],
)
def test_an_array_of_another_shape(columns, words, tmp_path):
    write_array(tmp_path / "x.npy", ARRAY)
    with pytest.raises(UserError) as caught:
        read_array(tmp_path / "x.npy", "float32", columns)
    assert str(caught.value) == f"{tmp_path / 'x.npy'}: {words}"


def test_an_archive_is_no_array(tmp_path):
    write_arrays(tmp_path / "x.npz", {"kernel": ARRAY})
    with pytest.raises(UserError, match="Received: an archive"):
        read_array(tmp_path / "x.npz", "float32", 2)
    with pytest.raises(UserError, match=r"expected the arrays \['bias'\]. Received: \['kernel'\]"):
        read_arrays(tmp_path / "x.npz", {"bias": (2,)})
    with pytest.raises(UserError, match=r"kernel: expected finite float32 of shape \(5, 2\)"):
        read_arrays(tmp_path / "x.npz", {"kernel": (5, 2)})

"""What stands where a file or folder is to be written is one line, and stays."""

import pytest

from stages.lib.core.atomic import replaced_folder, write_text
from stages.lib.core.errors import UserError
from tests.conftest import digests


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/kept").write_text("kept")
    (tmp_path / "file").write_text("kept")
    return tmp_path


@pytest.mark.parametrize(
    ("path", "received"),
    [
        ("folder", "a folder"),
        ("file/page.html", "one below a file"),
        ("file/a/page.html", "a file, or one below it"),
    ],
)
def test_no_file_can_be_written_there(path, received, workplace):
    before = digests(workplace)
    with pytest.raises(UserError) as caught:
        write_text(path, "new")
    assert str(caught.value) == (
        f"{path}: expected a path at which a file can be written. Received: {received}"
    )
    assert digests(workplace) == before
    assert not list(workplace.rglob(".partial-*"))


@pytest.mark.parametrize("path", ["file", "file/a"])
def test_no_folder_can_be_written_there(path, workplace):
    before = digests(workplace)
    words = f"^{path}: expected a path at which a folder can be written"
    with pytest.raises(UserError, match=words), replaced_folder(path) as folder:
        (folder / "new").write_text("new")
    assert digests(workplace) == before
    assert not list(workplace.rglob(".partial-*"))


def test_a_folder_in_the_way_of_the_partial_file_is_one_line(workplace):
    (workplace / ".partial-page.html").mkdir()
    with pytest.raises(UserError, match=r"^page\.html: expected a path at which a file can be"):
        write_text("page.html", "new")

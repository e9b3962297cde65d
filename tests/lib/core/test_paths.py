"""Where a command may write."""

import pytest

from stages.lib.core.errors import UserError
from stages.lib.core.paths import check_destination


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def test_a_file_below_the_repository_may_be_written(workplace):
    check_destination("data/export/sweep.csv")
    (workplace / "data/export").mkdir(parents=True)
    check_destination("data/export/sweep.csv")


@pytest.mark.parametrize("target", ["..", "/etc", "data"])
def test_a_link_that_leads_elsewhere_is_refused(workplace, target):
    (workplace / "data").symlink_to(target)
    with pytest.raises(UserError, match="inside the repository"):
        check_destination("data/sweep.csv")


def test_a_folder_in_the_files_place_is_refused_and_so_is_a_file_in_the_folders(workplace):
    (workplace / "data/export/sweep.csv").mkdir(parents=True)
    with pytest.raises(UserError, match="a file can be written"):
        check_destination("data/export/sweep.csv")
    (workplace / "other").write_text("")
    with pytest.raises(UserError, match="a file can be written"):
        check_destination("other/sweep.csv")

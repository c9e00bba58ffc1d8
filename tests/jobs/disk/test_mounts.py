from pathlib import Path

import pytest

from jobs.disk.mounts import file_system, mounted_below, mounts

TABLE = """\
21 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
22 21 0:40 / /net rw shared:2 - nfs4 server:/x rw
23 22 0:41 / /net/local\\040disk rw - xfs /dev/vdb rw
a line of something else
"""


@pytest.fixture
def table(tmp_path):
    (tmp_path / "mounts").write_text(TABLE)
    return tmp_path / "mounts"


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("/home/x", "ext4"),
        ("/net", "nfs4"),
        ("/net/a/b", "nfs4"),
        ("/network", "ext4"),
        ("/net/local disk/s", "xfs"),
    ],
)
def test_the_file_system_of_a_place(table, place, kind):
    assert file_system(Path(place), table) == kind


def test_blanks_are_blanks(table):
    assert mounts(table)[2] == (Path("/net/local disk"), "xfs")


@pytest.mark.parametrize(
    ("place", "found"),
    [("/net", "/net"), ("/net/local disk", "/net/local disk"), ("/net/other", None)],
)
def test_what_is_mounted_in_a_folder(table, place, found):
    assert mounted_below(Path(place), table) == (found and Path(found))


def test_where_the_system_does_not_tell(tmp_path):
    assert mounts(tmp_path / "absent") == []
    assert file_system(tmp_path, tmp_path / "absent") == ""
    assert mounted_below(tmp_path, tmp_path / "absent") is None

from pathlib import Path

import pytest

from dq.errors import ConfigError
from dq.settings import Settings
from dq.warehouse import Warehouse
from dq.warehouse.address import place_of
from dq.warehouse.folder import Folder
from dq.warehouse.folder_files import FolderFiles
from dq.warehouse.object_files import ObjectFiles
from dq.warehouse.postgres import Postgres

URL = "postgresql://ann@db.example:5433/lake?files=/srv/lake&schema=team&sslmode=require"


def test_a_folder_is_one_whatever_it_is_called() -> None:
    """A path or its text, resolved; equal addresses are equal places."""
    assert place_of("/srv/x/../lake") == place_of(Path("/srv/lake")) == Folder(Path("/srv/lake").resolve())
    assert Warehouse("/srv/lake") == Warehouse(Path("/srv/lake"))


def test_a_url_names_database_schema_and_files() -> None:
    """What is not ours is left to PostgreSQL; the place's text is its address again; settings keep it as it is."""
    place = place_of(URL)
    assert place == Postgres(
        "postgresql://ann@db.example:5433/lake?sslmode=require",
        "team",
        FolderFiles(Path("/srv/lake").resolve()),
    )
    assert place_of(str(place)) == place
    socket = place_of("postgresql://ann@/lake?host=/run/postgresql&files=/srv/lake")
    assert isinstance(socket, Postgres)
    assert (socket.database, socket.schema) == ("postgresql://ann@/lake?host=/run/postgresql", "dq")
    assert Settings.of({"DQ_WAREHOUSE": URL}, Path("/elsewhere")).warehouse == URL


def test_files_may_be_objects() -> None:
    """Under a prefix of a bucket; with a slash at its end or not it is one place, and its text is its address again."""
    place = place_of("postgresql://ann@db/lake?files=s3://my-bucket/lakes/one/")
    assert (
        place == place_of("postgresql://ann@db/lake?files=s3://my-bucket/lakes/one") == place_of(str(place))
    )
    assert place.files == ObjectFiles("my-bucket", "lakes/one")


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("postgresql://ann:hunter2@db/lake?files=/srv/lake", "holds a password"),
        ("postgresql://ann@db/lake?files=/srv/lake&password=hunter2", "holds a password"),
        ("postgresql://ann@db/lake", "says not where the files are"),
        ("postgresql://ann@db/lake?files=relative", "cannot be at 'relative'"),
        ("postgresql://ann@db/lake?files=s3://bucket/la*ke", r"cannot be at 's3://bucket/la\*ke'"),
        ("postgresql://ann@db/lake?files=s3://bucket", "cannot be at 's3://bucket'"),
        ("mysql://ann:hunter2@db/lake", "cannot be at mysql://"),
    ],
)
def test_what_cannot_be_is_named_without_a_secret(address: str, says: str) -> None:
    """A wrong address is a wrong setting; a password that was in it is in no message."""
    with pytest.raises(ConfigError, match=says) as error:
        place_of(address)
    assert "hunter2" not in str(error.value)


def test_a_database_that_does_not_answer_is_named(tmp_path: Path) -> None:
    """A reader and a writer are told so, in one message, and nothing is made."""
    wh = Warehouse(f"postgresql://ann@127.0.0.1:1/lake?files={tmp_path}/files")
    with pytest.raises(ConfigError, match="does not answer"):
        wh.connect()
    assert not (tmp_path / "files").exists()

"""Keys by a profile: from the files, and from a program, as long as they hold."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dq.aws_profile import profile
from dq.errors import ConfigError
from dq.s3_access import S3Access
from dq.s3_uploads import unfinished_uploads
from tests.s3_server import BUCKET, KEY, SECRET, S3Server, serving

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[S3Server]:
    with serving() as server:
        yield server


def home(folder: Path, config: str, credentials: str) -> dict[str, str]:
    """Write the files of a home; give the environment of one who lives there."""
    (folder / ".aws").mkdir()
    (folder / ".aws" / "config").write_text(config)
    (folder / ".aws" / "credentials").write_text(credentials)
    return {"HOME": str(folder), "AWS_PROFILE": "team"}


def test_a_profile_opens_the_store(tmp_path: Path, server: S3Server) -> None:
    """Its keys, region and endpoint; the environment goes before, but half of its keys does not."""
    endpoint = server.environment["AWS_ENDPOINT_URL"]
    config = f"[profile team]\nregion = eu-west-1\nendpoint_url = {endpoint}\ns3 =\n  max_queue_size = 9\n"
    keys = f"[team]\naws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n"
    environment = home(tmp_path, config, f"[default]\naws_access_key_id = nobody\n{keys}")
    access = S3Access.of(environment)
    assert (access.endpoint, access.region) == (endpoint, "eu-west-1")
    assert list(unfinished_uploads(access, BUCKET, "")) == []
    assert S3Access.of(environment | {"AWS_ACCESS_KEY_ID": "half"}) == access
    named = {"AWS_DEFAULT_REGION": "us-east-2", "AWS_ENDPOINT_URL_S3": "http://x"}
    assert (S3Access.of(environment | named).region, S3Access.of(environment | named).endpoint) == (
        "us-east-2",
        "http://x",
    )
    own = S3Access.of(environment | {"AWS_ACCESS_KEY_ID": "own", "AWS_SECRET_ACCESS_KEY": "own"})
    assert (own.key_id, own.secret) == ("own", "own")
    assert S3Access.of({"HOME": str(tmp_path)}).key_id == ""  # unasked, nobody's keys are taken


def test_a_program_is_asked_again_before_keys_expire(tmp_path: Path) -> None:
    """Until then it is asked once."""
    said = {"Version": 1, "AccessKeyId": "a", "SecretAccessKey": "s", "SessionToken": "t"}
    said["Expiration"] = (NOW + timedelta(hours=1)).isoformat()
    script, asked = tmp_path / "keys.py", tmp_path / "asked"
    script.write_text(f"open({str(asked)!r}, 'a').write('x')\nprint({json.dumps(said)!r})")
    environment = home(tmp_path, f"[profile team]\ncredential_process = {sys.executable} {script}\n", "")
    for minutes, times in ((0, 1), (54, 1), (56, 2)):
        given = profile("team", environment, NOW + timedelta(minutes=minutes))
        assert given == {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"}
        assert len(asked.read_text()) == times


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("", "no AWS profile 'team'"),
        ("[profile team]\nsso_session = x\n", "neither keys nor"),
        (f"[profile team]\ncredential_process = {sys.executable} -c print('secret')\n", "gave no keys"),
        ("[profile team]\naws_access_key_id = half\n", "neither keys nor"),
        ("[profile team]\ncredential_process = /not/there\n", "gave no keys"),
        ("region = x\n", "cannot be read"),
    ],
)
def test_what_leads_to_no_keys_is_refused(tmp_path: Path, config: str, words: str) -> None:
    """In words, and without what a program printed."""
    with pytest.raises(ConfigError, match=words) as error:
        S3Access.of(home(tmp_path, config, ""))
    assert "secret" not in error.value.args[0]

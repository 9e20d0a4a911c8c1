"""A profile of the AWS tools: keys, region and endpoint from `~/.aws`, or keys from the program that it names."""

from __future__ import annotations

import configparser
import json
import shlex
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock

from dq.errors import ConfigError

SETTINGS = {
    "aws_access_key_id": "AWS_ACCESS_KEY_ID",
    "aws_secret_access_key": "AWS_SECRET_ACCESS_KEY",
    "aws_session_token": "AWS_SESSION_TOKEN",
    "region": "AWS_REGION",
    "endpoint_url": "AWS_ENDPOINT_URL",
}
"""What of a profile is taken, and the variable that says the same."""
EARLY = timedelta(minutes=5)
"""So long before keys expire they are asked for anew."""
PATIENCE_SECONDS = 60

_ASKING = Lock()
_KEPT: dict[str, tuple[datetime, dict[str, str]]] = {}


def profile(name: str, environment: Mapping[str, str], now: datetime) -> dict[str, str]:
    """Give what the profile says, as the variables that would say it.

    Where it has a `credential_process`, that gives the keys, and again when they expire. `AWS_SHARED_CREDENTIALS_FILE`
    and `AWS_CONFIG_FILE` name other files than those in `~/.aws`.

    Raises:
        ConfigError: there is no such profile, or it leads to no keys.

    """
    read = configparser.RawConfigParser(strict=False)
    home = Path(environment.get("HOME", "~")).expanduser() / ".aws"
    config = environment.get("AWS_CONFIG_FILE") or home / "config"
    secret = environment.get("AWS_SHARED_CREDENTIALS_FILE") or home / "credentials"
    try:
        read.read([Path(config).expanduser(), Path(secret).expanduser()], encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError) as error:
        raise ConfigError("the files of AWS profiles cannot be read", where=f"{config}, {secret}") from error
    found: dict[str, str] = {}
    for section in (f"profile {name}", name):
        found |= dict(read[section]) if read.has_section(section) else {}
    if not found:
        raise ConfigError(f"there is no AWS profile {name!r}", where=f"{config}, {secret}")
    said = {variable: found[setting] for setting, variable in SETTINGS.items() if found.get(setting)}
    if not {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} <= said.keys():
        if "credential_process" not in found:
            raise ConfigError(
                f"the AWS profile {name!r} has neither keys nor a credential_process",
                where=str(config),
                hint="for single sign-on and roles: credential_process = aws configure export-credentials "
                f"--profile {name} --format process, in a profile of its own",
            )
        said |= _from_program(found["credential_process"], now)
    return said


def _from_program(command: str, now: datetime) -> dict[str, str]:
    """Run a program that says keys as JSON; what it said holds until shortly before it expires."""
    with _ASKING:
        until, keys = _KEPT.get(command, (now, {}))
        if keys and now < until - EARLY:
            return keys
        try:
            done = subprocess.run(  # noqa: S603 - its owner's own configuration names it, as for the AWS tools
                shlex.split(command), capture_output=True, check=True, timeout=PATIENCE_SECONDS
            )
            told = json.loads(done.stdout)
            keys = {
                "AWS_ACCESS_KEY_ID": told["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": told["SecretAccessKey"],
                "AWS_SESSION_TOKEN": told.get("SessionToken", ""),
            }
            ends = told.get("Expiration")
            until = datetime.fromisoformat(ends).astimezone(UTC) if ends else datetime.max.replace(tzinfo=UTC)
        except (OSError, subprocess.SubprocessError, ValueError, TypeError, LookupError) as error:
            # What it was told or printed may hold keys.
            raise ConfigError(
                "the credential_process of an AWS profile gave no keys", where=command.split(maxsplit=1)[0]
            ) from error
        _KEPT[command] = until, keys
        return keys

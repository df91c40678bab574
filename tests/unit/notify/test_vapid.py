"""The key by which push services know us: made by the command, read in both forms, and never told when it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError
from typer.testing import CliRunner

from dossier_local.cli import app
from dossier_notify.push.vapid import Vapid, read_private_key, usable
from dossier_notify.settings import Settings

from .push_service import coded, plain

RAW = coded(bytes(range(1, 33)))
WRONG = [
    "", "x", RAW[:-1], RAW + "AA", coded(bytes(32)), coded(b"\xff" * 32),
    "-----BEGIN {0} KEY-----\nAAAA\n-----END {0} KEY-----".format("PRIVATE"),
]  # fmt: skip


def test_the_command_makes_what_the_setting_takes(tmp_path: Path) -> None:
    path = tmp_path / "vapid.pem"
    made = CliRunner().invoke(app, ["keys", "new-vapid", str(path)])
    assert made.exit_code == 0, made.output
    public = made.output.split()[-1]
    assert path.stat().st_mode & 0o077 == 0
    settings = Settings(vapid_private_key=SecretStr(path.read_text()), vapid_subject="mailto:it@example.vn")
    assert settings.vapid is not None
    assert settings.vapid.public == public
    assert (len(plain(public)), plain(public)[0]) == (65, 4)
    again = CliRunner().invoke(app, ["keys", "new-vapid", str(path)])
    assert again.exit_code != 0, "one that is there is not written over"


def test_a_key_of_other_tools_is_taken_too() -> None:
    assert read_private_key(RAW).private_numbers().private_value == int.from_bytes(bytes(range(1, 33)))
    assert Vapid(RAW, "mailto:it@example.vn").public == Vapid(RAW + "=", "mailto:it@example.vn").public


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_key_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="needed: an ECDSA") as refused:
        read_private_key(text)
    assert not text or text not in str(refused.value)


def test_empty_is_none() -> None:
    assert usable(SecretStr("")) is None
    assert Settings(vapid_private_key=SecretStr("")).vapid is None


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"vapid_private_key": RAW}, "go together"),
        ({"vapid_subject": "mailto:it@example.vn"}, "go together"),
        ({"push_services": "http://127.0.0.1:9000"}, "for development only"),
    ],
)
def test_halves_and_ways_inside_are_refused(given: dict[str, str], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Settings(**given)  # type: ignore[arg-type]
    assert RAW not in repr(Settings(vapid_private_key=SecretStr(RAW), vapid_subject="https://example.vn"))

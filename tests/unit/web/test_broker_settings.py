"""How Kafka is reached, from the environment; what does not fit together is refused in one clear line."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from dossier_intake.settings import Settings
from dossier_shared.settings import reading as configuration
from dossier_shared.settings.broker import Broker
from dossier_shared.settings.service import BrokerSettings

PASSWORD = "not to be shown"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRETS_DIR", raising=False)
    for name in BrokerSettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_without_more_it_is_plain() -> None:
    assert BrokerSettings().broker == Broker("127.0.0.1:19092")
    assert Broker("a:1,b:2").client() == {
        "bootstrap_servers": "a:1,b:2",
        "security_protocol": "PLAINTEXT",
        "ssl_context": None,
    }


def test_a_name_and_a_password_from_a_file_reach_the_client(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "KAFKA_PASSWORD").write_text(PASSWORD + "\n")
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT")
    monkeypatch.setenv("KAFKA_USERNAME", "review")
    monkeypatch.setenv("KAFKA_CA_FILE", "")  # as Compose hands on what is not set
    settings = BrokerSettings()
    client = settings.broker.client()
    assert (client["sasl_mechanism"], client["sasl_plain_username"]) == ("SCRAM-SHA-512", "review")
    assert client["sasl_plain_password"] == PASSWORD
    assert PASSWORD not in repr(settings) + repr(settings.broker)


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"PROTOCOL": "TLS"}, "Input should be 'PLAINTEXT', 'SSL', 'SASL_PLAINTEXT' or 'SASL_SSL'"),
        ({"PROTOCOL": "SASL_SSL", "USERNAME": "u"}, "SASL_SSL needs KAFKA_USERNAME and KAFKA_PASSWORD"),
        ({"PROTOCOL": "SASL_PLAINTEXT", "PASSWORD": PASSWORD}, "needs KAFKA_USERNAME and KAFKA_PASSWORD"),
        ({"USERNAME": "u", "PASSWORD": PASSWORD}, "are not used with KAFKA_SECURITY_PROTOCOL=PLAINTEXT"),
        ({"CA_FILE": "{good}"}, "KAFKA_CA_FILE is not used with KAFKA_SECURITY_PROTOCOL=PLAINTEXT"),
        ({"PROTOCOL": "SSL", "CA_FILE": "/nowhere/ca.pem"}, "KAFKA_CA_FILE: there is no file /nowhere/ca.pem"),
        ({"PROTOCOL": "SSL", "KEY_FILE": "{good}"}, "KAFKA_KEY_FILE needs KAFKA_CERTIFICATE_FILE"),
        ({"PROTOCOL": "SSL", "CA_FILE": "{good}"}, "KAFKA_CA_FILE cannot be used: "),
        (
            {"PROTOCOL": "SASL_SSL", "USERNAME": "u", "PASSWORD": PASSWORD, "MECHANISM": "GSSAPI"},
            "Input should be 'SCRAM-SHA-512', 'SCRAM-SHA-256' or 'PLAIN'",
        ),
    ],
)
def test_what_does_not_fit_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, environ: dict[str, str], words: str
) -> None:
    names = {"PROTOCOL": "KAFKA_SECURITY_PROTOCOL", "MECHANISM": "KAFKA_SASL_MECHANISM"}
    (tmp_path / "good.pem").write_text("no certificate at all")
    for name, value in environ.items():
        monkeypatch.setenv(names.get(name, f"KAFKA_{name}"), value.format(good=tmp_path / "good.pem"))
    with pytest.raises(ValidationError) as told:
        BrokerSettings()
    (error,) = told.value.errors()
    assert words in error["msg"]
    assert "\n" not in error["msg"]
    assert PASSWORD not in str(told.value)


def test_a_service_does_not_start_with_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DEVELOPMENT", "true")
    monkeypatch.setenv("KAFKA_SECURITY_PROTOCOL", "SASL_SSL")
    monkeypatch.setenv("KAFKA_PASSWORD", PASSWORD)
    with pytest.raises(SystemExit) as ended:
        configuration.read(Settings)
    assert ended.value.code == configuration.EXIT
    assert capsys.readouterr().err == (
        "intake: KAFKA_SECURITY_PROTOCOL=SASL_SSL needs KAFKA_USERNAME and KAFKA_PASSWORD\n"
    )


async def test_trouble_names_the_server_that_does_not_answer() -> None:
    told = await Broker("127.0.0.1:1, nonsense").trouble()
    assert told is not None
    assert "127.0.0.1:1 cannot be reached over PLAINTEXT" in told
    assert "nonsense" in told

"""Attack 12 and its siblings: whatever setting could make production what only a developer's machine may be is refused, or said
aloud. Every setting of every process is in this table; a new one has to be put into it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.unit.web.test_risks import RIGHT
from tests.unit.web.test_settings import KINDS, key

from dossier_shared.settings import reading
from dossier_shared.settings.event_key import of_development
from dossier_shared.settings.service import DEVELOPMENT_KEY, ServiceSettings
from dossier_shared.settings.wrapping_key import of_development as of_development_wrapping
from dossier_shared.settings.wrapping_key import written

SAID_ALOUD = "in INSECURE"  # the end of a line that a name in INSECURE takes back
NEVER = "known to everybody"
# What is tried of each, and what the line says.
REFUSED: dict[str, tuple[tuple[str, ...], str]] = {
    "KAFKA_SECURITY_PROTOCOL": (("SASL_PLAINTEXT",), SAID_ALOUD),
    "KAFKA_PASSWORD": (("development-x", "changeme"), SAID_ALOUD),
    "MONGODB_URL": (
        (
            "mongodb://db.example.vn/?tls=true",
            "mongodb://u:s3Zq@db.example.vn/",
            "mongodb://u:changeme@db.example.vn/?tls=true",
        ),
        SAID_ALOUD,
    ),
    "OIDC_ISSUER": (("http://login.example.vn",), SAID_ALOUD),
    "PERSON_KEY": (("", "development, for all of us"), SAID_ALOUD),
    "EVENT_SIGNATURES": (("off", "warn"), SAID_ALOUD),
    "PERSONAL_DATA": (("clear",), SAID_ALOUD),
    "CRASH_AT": (("write.before",), "for development only"),
    "_PROXIES": (("0.0.0.0/0", "::/0"), SAID_ALOUD),
    "_CLIENT_SECRET": (("development-x", "changeme"), SAID_ALOUD),
    "NOTIFY_PROVIDER_URL": (("http://messages.example.vn",), SAID_ALOUD),
    "INTAKE_POPULATION_URL": (("http://population.example.vn",), SAID_ALOUD),
    "INTAKE_RESULTS_URL": (("http://results.example.vn",), SAID_ALOUD),
    "INTAKE_POPULATION_TOKEN": (("development", "secret"), SAID_ALOUD),
    "INTAKE_RESULTS_TOKEN": (("development", "secret"), SAID_ALOUD),
    "NOTIFY_PUSH_SERVICES": (("http://127.0.0.1:9000",), "for development only"),
    "NOTIFY_PROVIDER_TOKEN": (("development", "secret"), SAID_ALOUD),
    "SIGNING_DATA": ((".dossier/signing-keys",), SAID_ALOUD),  # whatever it is: only the development authority has one
    "EVENT_KEY": (("",), SAID_ALOUD),
}
KNOWN_KEYS = ("EVENT_KEY", "PERSON_KEY", "_WRAPPING_KEY")
WITHOUT: dict[str, str] = {  # where a process has the setting and does nothing by it
    "monitor-worker": "MONGODB_URL OIDC_ISSUER PERSON_KEY EVENT_KEY _WRAPPING_KEY PERSONAL_DATA",
    **dict.fromkeys(("review", "signing", "notify", "monitor"), "PERSONAL_DATA"),
}
HARMLESS: dict[str, str] = {
    "where it listens; a proxy, or the network's rules, stand before it": "_HOST _PORT _PATH",
    "names of what it has: rights to them are given by broker and database": "_DATABASE _DEPLOYMENT _INSTANCE KAFKA_USERNAME",
    "where from: the protocol says whether it is sure": "KAFKA_BOOTSTRAP_SERVERS KAFKA_SASL_MECHANISM",
    "files that make a connection surer": "KAFKA_CA_FILE KAFKA_CERTIFICATE_FILE KAFKA_KEY_FILE",
    "names that the issuer gives; every token is verified": "OIDC_AUDIENCE OIDC_PERSON_CLAIM OIDC_ROLES_CLAIM OIDC_AGENCY_CLAIM "
    "OIDC_NAME_CLAIM OIDC_LEVEL_CLAIM OIDC_SCOPE _CLIENT_ID",
    "how long, how much, how often: bounded": "OIDC_TOKEN_MAX_SECONDS SESSION_IDLE_SECONDS SESSION_SECONDS "
    "KAFKA_SESSION_TIMEOUT_MS SWEEP_AFTER_SECONDS RESEND_AFTER_SECONDS QUOTAS REVIEW_WARN_DAYS INTAKE_LINGER "
    "INTAKE_DOCUMENT_LIMIT INTAKE_RESUMABLE_LIMIT INTAKE_PROVED_WITHIN_SECONDS "
    "INTAKE_EMERGENCY_SECONDS INTAKE_EMERGENCY_PER_DAY INTAKE_DRAFT_DAYS INTAKE_ASK_AGAIN_SECONDS INTAKE_ASK_AGAIN_DAYS "
    "SIGNING_WORKERS SIGNING_CLAIM_SECONDS SIGNING_ATTEMPTS NOTIFY_ATTEMPTS NOTIFY_PROVIDER_TIMEOUT_SECONDS "
    "NOTIFY_CLAIM_SECONDS NOTIFY_SWEEP_SECONDS NOTIFY_MAX_PARTS NOTIFY_ALARM_EXPIRES_HOURS MONITOR_LINGER MONITOR_AUDIT_DAYS "
    "MONITOR_RECOUNT_HOUR MONITOR_FROZEN_AFTER MONITOR_ALARM_SECONDS",
    "closed where nothing is named": "ALLOWED_HOSTS NEIGHBOURS",
    "what is said, not who may": "LOG_LEVEL INSECURE DEVELOPMENT NOTIFY_RESULT_TEXT NOTIFY_REFUSED_TEXT NOTIFY_ALARM_RECIPIENTS "
    "MONITOR_TARGETS MONITOR_ALARM_RULES MONITOR_CLOCK",
    "the surer choice is the default, and each is one": "INTAKE_ACTIVE_CONTENT INTAKE_HELPER_CONSENT INTAKE_CLAMD",
    "public halves of keys": "INTAKE_KEY_READERS",
    "a pair made for here; nothing is sent without": "NOTIFY_VAPID_PRIVATE_KEY NOTIFY_VAPID_SUBJECT",
    "inside, beside the services": "MONITOR_SERVICES MONITOR_WORKER_DATA MONITOR_WORKER_DATABASE",
}
SAFE = frozenset(" ".join(HARMLESS.values()).split())


def settings(name: str) -> Iterator[tuple[str, str]]:
    """Each variable, and what it is called in the tables."""
    for field, variable in reading.names(KINDS[name]).items():
        if field != "service":
            yield variable, "_CLIENT_SECRET" if field == "client_secret" else key(field, variable)


@pytest.fixture(autouse=True)
def right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRETS_DIR", raising=False)
    for name, value in RIGHT.items():
        monkeypatch.setenv(name, value)


def said(name: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Empty where it would start."""
    kind: type[ServiceSettings] = KINDS[name]
    demanded = ("KAFKA_BOOTSTRAP_SERVERS",) if name == "monitor-worker" else reading.DEMANDED
    with suppress(SystemExit):
        reading.read(kind, demanded)
    return capsys.readouterr().err


@pytest.mark.parametrize("name", KINDS)
def test_every_setting_is_in_the_table(name: str) -> None:
    known = {called for _, called in settings(name)}
    assert known <= {*REFUSED, *KNOWN_KEYS, *SAFE}
    assert not SAFE & {*REFUSED, *KNOWN_KEYS}


@pytest.mark.parametrize("name", KINDS)
def test_what_is_for_development_is_refused_or_said_aloud(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    without, own = WITHOUT.get(name, "").split(), {"signing": "self-made-signatures", "intake": "readable-persons"}
    tried = 0
    for variable, called in settings(name):
        values, words = REFUSED.get(called, ((), ""))
        for value in () if called in without else values:
            always = own.get(name, "") if called not in ("SIGNING_DATA", "PERSONAL_DATA") else ""
            with monkeypatch.context() as wrong:
                wrong.setenv("INSECURE", always)
                assert called in ("SIGNING_DATA", "PERSONAL_DATA") or said(name, capsys) == "", (
                    "with all right it starts"
                )
                wrong.setenv(variable, value)
                assert words in said(name, capsys), f"{variable}={value}"
                tried += 1
    assert tried >= 6


@pytest.mark.parametrize("name", KINDS)
def test_a_key_of_development_is_refused_whatever_is_said(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    known = {
        "EVENT_KEY": pem(of_development(name)),
        "PERSON_KEY": DEVELOPMENT_KEY,
        "_WRAPPING_KEY": written(of_development_wrapping(name)),
    }
    for variable, called in settings(name):
        if called in known and called not in WITHOUT.get(name, "").split():
            with monkeypatch.context() as wrong:
                wrong.setenv(
                    "INSECURE", ",".join(("self-made-signatures", "readable-persons", "known-secrets", "no-person-key"))
                )
                assert said(name, capsys) == ""
                wrong.setenv(variable, known[called])
                assert NEVER in said(name, capsys), variable


def pem(raw: bytes) -> str:
    private = Ed25519PrivateKey.from_private_bytes(raw)
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

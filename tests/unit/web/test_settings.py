"""Each setting of each process: what cannot be is refused in one line and with status 78, what is meant is taken."""

from __future__ import annotations

import json
import os
import socket
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dossier_local import charts
from dossier_local.services import PRODUCT
from dossier_shared.settings import reading as configuration
from dossier_shared.settings.service import ServiceSettings

KINDS = {service.name: charts.settings_of(service) for service in PRODUCT}
SECONDS = ["0", "-1", "nan", "inf", "86401", "soon", ""]
LINGER = ["-1", "61", "nan", "inf", "1s"]
ADDRESS = [
    "login.example", "//login.example", "https://", "https:///path", "ftp://login.example", "http://login.example:port",
    "http://login.example:99999", "http://login.example:0", "http://[::1", "https://login .example", "https://login.example ",
    "https://login.example/?a=b", "https://login.example/#a", "",
]  # fmt: skip
ADDRESSES = ["{", "[]", '"x"', '{"payments": "https://a.vn"}', '{"signing": "signing.vn"}', '{"signing": 1}', ""]
FILES = ["/nowhere/file", "/"]
FOLDER = ["/etc/passwd", "/etc/passwd/below", ""]
# What is not right, by the variable's name without the service's prefix.
COMMON = {
    "_HOST": ["", "0.0.0.0:8001", "a b", "10.0.0.256", "http://a"],
    "_PORT": ["0", "65536", "-1", "high", "8001.5", ""],
    "_PATH": ["intake", "/intake/", "/a b", "/../x"],
    "_DATABASE": ["", "a.b", "a/b", "a b", "$a", "x" * 64, "đ" * 32],
    "_DEPLOYMENT": ["a", "Long-Khanh", "long_khanh", "long.khanh", "1a", "a-", "khánh", "a" * 33],
    "_INSTANCE": ["", "a@b", "a b", "a/b", "x" * 201],
    "KAFKA_BOOTSTRAP_SERVERS": ["", "kafka://a:9092", "a:0", "a:65536", "a:b", "a:1,", "a:1;b:1", "a b:1"],
    "KAFKA_SECURITY_PROTOCOL": ["", "TLS", "ssl"], "KAFKA_SASL_MECHANISM": ["", "GSSAPI"],
    "KAFKA_SESSION_TIMEOUT_MS": ["999", "1800001", "10s", ""],
    "MONGODB_URL": [
        "", "mongo", "mongo:27017", "http://mongo", "mongodb://", "mongodb://a,,b/", "mongodb://a:99999/", "mongodb://a:b/",
        "mongodb://a,b/?directConnection=true", "mongodb://a/?replicaSet", "mongodb+srv://a:27017/", "mongodb+srv://a,b/",
        "mongodb://a/?tls=true&tlsCAFile=/nowhere/ca.pem", "mongodb://a/?tls=true&tlsCAFile=/etc/passwd",
    ],
    "OIDC_ISSUER": ADDRESS,
    "OIDC_AUDIENCE": [""],
    "OIDC_TOKEN_MAX_SECONDS": ["59", "31536001", "", "a day", "1.5"],
    "OIDC_PERSON_CLAIM": [""],
    "OIDC_ROLES_CLAIM": [""],
    "OIDC_AGENCY_CLAIM": [""],
    "OIDC_NAME_CLAIM": [""],
    "OIDC_LEVEL_CLAIM": [""],
    "OIDC_SCOPE": ["", "profile", "openid,profile", "openidx"],
    "_CLIENT_ID": ["a b", "từ", "x" * 201],
    "SESSION_IDLE_SECONDS": SECONDS,
    "SESSION_SECONDS": SECONDS,
    "PERSON_KEY": ["short", "x" * 201],
    "DEVELOPMENT": ["perhaps", ""],
    "INSECURE": ["everything", "plain-kafka,http", "plain-kafka plain-mongodb", "true"],
    "ALLOWED_HOSTS": ["https://a.vn", "a.vn:443", "a.vn b.vn", "*", "a.vn,-"],
    "CRASH_AT": ["write.before:x", "write.before:0", "write.before:1:kill", "write before", ":1"],
    "LOG_LEVEL": ["loud", "", "20", "INFO "],
    "EVENT_KEY": ["/etc/key.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"],
    "EVENT_SIGNATURES": ["", "Demand", "on"],
    "PERSONAL_DATA": ["", "Encrypted", "on"],
    "_WRAPPING_KEY": ["/etc/key.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"],
    "SWEEP_AFTER_SECONDS": SECONDS,
    "RESEND_AFTER_SECONDS": SECONDS,
    "NEIGHBOURS": ADDRESSES,
    "_PROXIES": ["proxy", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/8;::1"],
    "QUOTAS": [
        "", "{", "[]", '{"filing": "1/minute"}', '{"search": "0/minute"}', '{"search": "off"}', '{"search": "60"}',
        '{"search": 60}', '{"streams": "5/minute"}', '{"exports": "1/day"}',
    ],
}  # fmt: skip
OWN = {
    "REVIEW_WARN_DAYS": ["-1", "31", "2.5", "two"],
    "INTAKE_LINGER": LINGER,
    "INTAKE_DOCUMENT_LIMIT": ["0", "-1", "1073741825", "10MB"],
    "INTAKE_RESUMABLE_LIMIT": ["0", "-1", "1073741825", "30MB"],
    "INTAKE_ACTIVE_CONTENT": ["", "allow", "Clean"],
    "INTAKE_ASK_AGAIN_SECONDS": ["-1", "86401", "", "later"],
    "INTAKE_ASK_AGAIN_DAYS": ["0", "31", "1.5", "", "a week"],
    "INTAKE_DRAFT_DAYS": ["0", "366", "1.5", "", "a month"],
    "INTAKE_EMERGENCY_SECONDS": ["59", "86401", "1.5", "", "an hour"],
    "INTAKE_EMERGENCY_PER_DAY": ["-1", "1001", "", "often"],
    "INTAKE_HELPER_CONSENT": ["", "optional", "Demanded"],
    "INTAKE_PROVED_WITHIN_SECONDS": ["-1", "86401", "soon", "1.5"],
    "INTAKE_KEY_READERS": [
        "review", "review AAAA", "review " + "A" * 44,
        *(f"{name} {'A' * 43}=" for name in ("revue", "notify.long-khanh", "review.", "review.X")),
    ],
    "INTAKE_CLAMD": ["clamd", "http://clamd:3310", "clamd:0", "clamd:99999", "clamd:x", "a b:3310"],
    **{f"INTAKE_{name}_URL": [one for one in ADDRESS if one] for name in ("POPULATION", "RESULTS")},
    **{f"INTAKE_{name}_TOKEN": ["two words", "từ", "line\nbreak"] for name in ("POPULATION", "RESULTS")},
    "SIGNING_DATA": FOLDER,
    "SIGNING_WORKERS": ["0", "-1", "257", "two", "1.5"],
    "SIGNING_CLAIM_SECONDS": SECONDS,
    "SIGNING_ATTEMPTS": ["0", "-1", "101", "many", "1.5"],
    "NOTIFY_ATTEMPTS": ["0", "-1", "101", "many", "1.5"],
    "NOTIFY_PROVIDER_URL": ADDRESS,
    "NOTIFY_PROVIDER_TOKEN": ["two words", "từ", "line\nbreak"],
    "NOTIFY_PROVIDER_TIMEOUT_SECONDS": SECONDS,
    "NOTIFY_CLAIM_SECONDS": SECONDS,
    "NOTIFY_SWEEP_SECONDS": SECONDS,
    "NOTIFY_RESULT_TEXT": ["fancy", ""],
    "NOTIFY_REFUSED_TEXT": ["fancy", ""],
    "NOTIFY_MAX_PARTS": ["0", "11", "x"],
    "NOTIFY_ALARM_RECIPIENTS": [
        "", "{", "[]", '"x"', '{"H19": "+84900000001"}', '{"H19": ["0251 3822 501"]}', '{"H 19": []}', '{"": []}',
        '{"H\\n19": []}',
    ],
    "NOTIFY_VAPID_PRIVATE_KEY": ["short", "/etc/key.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"],
    "NOTIFY_VAPID_SUBJECT": ["it@example.vn", "mailto:it", "http://example.vn", "https://"],
    "NOTIFY_PUSH_SERVICES": ["https://fcm.googleapis.com", "localhost", "*", "http://127.0.0.1:9000/path", "a b.vn"],
    "NOTIFY_ALARM_EXPIRES_HOURS": ["0", "-1", "inf", "8785"],
    "MONITOR_LINGER": LINGER,
    "MONITOR_TARGETS": FILES,
    "MONITOR_AUDIT_DAYS": ["0", "-1", "36501", "two", "1.5"],
    "MONITOR_RECOUNT_HOUR": ["-2", "24", "2.5", "noon"],
    "MONITOR_FROZEN_AFTER": SECONDS,
    "MONITOR_ALARM_RULES": FILES,
    "MONITOR_ALARM_SECONDS": SECONDS,
    "MONITOR_SERVICES": ADDRESSES,
    "MONITOR_WORKER_DATA": FOLDER,
    "MONITOR_CLOCK": ["", "sun"],
}  # fmt: skip
# Any text may be right; certificates are tried in test_broker_settings.py; the worker has no database.
FREE = {
    "KAFKA_USERNAME", "KAFKA_PASSWORD", "KAFKA_CA_FILE", "KAFKA_CERTIFICATE_FILE", "KAFKA_KEY_FILE", "INTAKE_CLIENT_SECRET",
    "REVIEW_CLIENT_SECRET", "SIGNING_CLIENT_SECRET", "NOTIFY_CLIENT_SECRET", "MONITOR_CLIENT_SECRET", "MONITOR_WORKER_DATABASE",
}  # fmt: skip
RIGHT = {
    "_HOST": ["0.0.0.0", "::", "::1", "localhost", "intake.example.vn", "under_score"],
    "_PORT": ["1", "65535"], "_PATH": ["", "/intake", "/a/b~c.d"],
    "_DATABASE": ["dossier_intake", "bad_monitor-worker", "hồ_sơ"],
    "_DEPLOYMENT": ["", "h1", "long-khanh", "a" * 32],
    "_INSTANCE": ["1", "intake-0", "node.a_1"],
    "KAFKA_BOOTSTRAP_SERVERS": ["kafka", "kafka:9092", "a.vn:9092, b.vn:9093", "[::1]:9092", "x:1"],
    "KAFKA_SESSION_TIMEOUT_MS": ["1000", "1800000"],
    "MONGODB_URL": [
        "mongodb://127.0.0.1:27117/?replicaSet=dossier",
        "mongodb://intake:p%40ss@a:27017,b:27018,c/?replicaSet=dossier&authSource=admin",
        "mongodb+srv://u:p@cluster.example.net/?w=majority",
        "mongodb://u:p@dossier-mongodb-0.svc.cluster.local:27017/dossier_intake?replicaSet=dossier&ssl=false",
        "mongodb://[::1]:27017/?directConnection=true",
        "mongodb://x",
    ],
    "OIDC_ISSUER": ["http://127.0.0.1:8010", "https://login.example/realms/dossier", "https://login.example/", "http://[::1]:1"],
    "OIDC_TOKEN_MAX_SECONDS": ["60", "31536000"],
    "INSECURE": ["", "plain-kafka", "plain-kafka, known-secrets,"],
    "ALLOWED_HOSTS": ["", "intake.example.vn", "a.vn, b.vn", "10.0.0.1,[::1]"],
    "OIDC_ROLES_CLAIM": ["roles", "realm_access.roles", "https://login.example/roles"],
    "OIDC_SCOPE": ["openid", "profile openid email"],
    "_CLIENT_ID": ["", "dossier-intake"],
    "CRASH_AT": ["", "effect.done", "write.before:2", "after-write:3:stop"],
    "LOG_LEVEL": ["DEBUG", "info", "Warning", "WARN", "ERROR", "critical"],
    "RESEND_AFTER_SECONDS": ["0.1", "86400"],
    "NEIGHBOURS": ["{}", '{"intake": "http://localhost:8080/intake"}'],
    "REVIEW_WARN_DAYS": ["0", "30"],
    "INTAKE_LINGER": ["0", "0.25", "60"],
    "INTAKE_DOCUMENT_LIMIT": ["20971520"],
    "INTAKE_POPULATION_URL": ["", "https://population.example.vn/api"],
    "INTAKE_RESULTS_TOKEN": ["", "eyJ.a_b-c="],
    "SIGNING_DATA": ["/data", ".dossier/signing-keys", "/tmp"],
    "SIGNING_WORKERS": ["1", "2"],
    "NOTIFY_PROVIDER_TOKEN": ["", "eyJ.a_b-c="],
    "NOTIFY_VAPID_PRIVATE_KEY": [""],
    "NOTIFY_PUSH_SERVICES": ["fcm.googleapis.com", "push.example.vn, *.push.apple.com", "http://127.0.0.1:9000", ""],
    "NOTIFY_ALARM_RECIPIENTS": ['{"H19.1": ["+84900000019"], "operators": ["+84900000001"]}'],
    "MONITOR_RECOUNT_HOUR": ["-1", "0", "23"],
    "MONITOR_TARGETS": [""],
    "MONITOR_ALARM_RULES": [""],
    "MONITOR_SERVICES": ['{"intake": "http://elsewhere:8001/"}'],
    "MONITOR_CLOCK": ["events", "wall"],
}  # fmt: skip


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in variables_of_all() & set(os.environ) | {"SECRETS_DIR"}:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DEVELOPMENT", "true")


def variables_of_all() -> set[str]:
    return {name for kind in KINDS.values() for name in configuration.names(kind).values()}


def key(field: str, variable: str) -> str:
    """In the tables above."""
    return f"_{field.upper()}" if f"_{field.upper()}" in COMMON and variable not in FREE else variable


def cases(table: dict[str, list[str]]) -> list[tuple[str, str, list[str]]]:
    return [
        (name, variable, table[key(field, variable)])
        for name, kind in KINDS.items()
        for field, variable in configuration.names(kind).items()
        if key(field, variable) in table
    ]


def refused(kind: type[ServiceSettings], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        configuration.read(kind)
    assert ended.value.code == 78
    said = capsys.readouterr()
    (line,) = said.err.splitlines()
    assert said.out == ""
    return line


@pytest.mark.parametrize("name", KINDS)
def test_every_setting_is_tried_below(name: str) -> None:
    kind = KINDS[name]
    tried = {key(field, variable) for field, variable in configuration.names(kind).items() if field != "service"}
    assert tried <= {*COMMON, *OWN, *FREE}


@pytest.mark.parametrize(("name", "variable", "values"), cases(COMMON | OWN))
def test_what_cannot_be_is_refused_in_one_line(
    name: str, variable: str, values: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for value in values:
        monkeypatch.setenv(variable, value)
        line = refused(KINDS[name], capsys)
        assert line.startswith((f"{name}: {variable}: ", f"{name}: {variable}.", f"{name}: {variable} is missing: "))


@pytest.mark.parametrize(("name", "variable", "values"), cases(RIGHT))
def test_what_is_meant_is_taken_from_the_environment_or_a_file(
    name: str, variable: str, values: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kind = KINDS[name]
    field = {v: f for f, v in configuration.names(kind).items()}[variable]
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path))
    for value in values:
        monkeypatch.setenv(variable, value)
        taken = getattr(configuration.read(kind), field)
        monkeypatch.delenv(variable)
        for written in (variable.lower(), variable):
            (tmp_path / written).write_text(f"{value}\n", "utf-8")
            assert getattr(configuration.read(kind), field) == taken
            (tmp_path / written).unlink()
        if isinstance(taken, str):
            assert taken == value  # to the letter: an issuer's name is compared


@pytest.mark.parametrize("name", KINDS)
def test_each_setting_may_be_a_file_and_the_environment_wins(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kind = KINDS[name]
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path))
    for field, variable in configuration.names(kind).items():
        for value in (COMMON | OWN).get(key(field, variable), ())[-1:]:
            file = tmp_path / variable.lower()
            file.write_text(value)
            if value and value == value.strip():
                assert refused(kind, capsys).startswith(f"{name}: {variable} (file {file})")
            file.unlink()
    (tmp_path / "log_level").write_text("loud")
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    assert configuration.read(kind).log_level == "DEBUG"


def test_a_file_that_cannot_be_read_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path))
    file = tmp_path / "mongodb_url"
    file.write_bytes(b"mongodb://\xff")
    assert refused(KINDS["review"], capsys) == f"review: MONGODB_URL (file {file}): no text in UTF-8"

    def denied(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied", str(file))

    monkeypatch.setattr(Path, "read_text", denied)
    said = refused(KINDS["review"], capsys)
    assert said == f"review: MONGODB_URL (file {file}): {file} cannot be read: Permission denied"


def test_an_empty_variable_hides_a_file_and_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("MONGODB_URL", "")
    missing = f"review: MONGODB_URL is missing: set it, or put a file mongodb_url in {tmp_path}"
    assert refused(KINDS["review"], capsys) == missing
    (tmp_path / "mongodb_url").write_text("mongodb://x")
    assert refused(KINDS["review"], capsys) == f"review: MONGODB_URL is empty, and goes before {tmp_path}/mongodb_url"


@pytest.mark.parametrize("name", KINDS)
def test_which_service_it_is_cannot_be_set(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    variable = configuration.names(KINDS[name])["service"]
    monkeypatch.setenv(variable, "review")
    assert refused(KINDS[name], capsys).startswith(f"{name}: {variable} is no setting")


def test_several_are_told_together(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name, value in {"REVIEW_PROT": "1", "LOG_LEVEL": "loud", "OIDC_ISSUER": "login.example"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit):
        configuration.read(KINDS["review"])
    assert sorted(line.split()[1] for line in capsys.readouterr().err.splitlines()) == [
        "LOG_LEVEL:", "OIDC_ISSUER:", "REVIEW_PROT",
    ]  # fmt: skip


def test_an_address_that_is_not_this_machine_s_is_refused_and_one_in_use_is_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        configuration.check_address(KINDS["review"](host="127.0.0.1", port=port))  # type: ignore[call-arg]
        with pytest.raises(SystemExit) as ended:
            configuration.check_address(KINDS["review"](host="203.0.113.5", port=port))  # type: ignore[call-arg]
    assert ended.value.code == 78
    assert capsys.readouterr().err.startswith(
        f"review: REVIEW_HOST, REVIEW_PORT: cannot listen at 203.0.113.5, {port}: "
    )


SECRET = "ЖЩЮ"  # letters that no line of ours has


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("MONGODB_URL", f"mongodb://u:{SECRET}@{SECRET}@mongo"),
        ("MONGODB_URL", f"mongodb://u:{SECRET}/{SECRET}@mongo"),
        ("MONGODB_URL", f"mongodb://u:1/{SECRET}@mongo"),
        ("MONGODB_URL", f"mongodb://u:{SECRET}?{SECRET}@mongo"),
        ("MONGODB_URL", f"mongodb://u:{SECRET}:{SECRET}@mongo"),
        ("MONGODB_URL", f"mongodb://u:{SECRET}%{SECRET}@mongo"),
        ("MONGODB_URL", f"mongo://u:{SECRET}@mongo"),
        ("MONGODB_URL", f"mongodb://u:{SECRET}@mongo/a b"),
        ("MONGODB_URL", f"mongodb://a/{SECRET} .x"),
        ("MONGODB_URL", f"mongodb://a/?tls=true&tlsCAFile=/nowhere&tlsCertificateKeyFilePassword={SECRET}"),
        ("OIDC_ISSUER", f"u:{SECRET}@login.example"),
        ("OIDC_ISSUER", f"https://u:{SECRET}@login.example?"),
        ("KAFKA_BOOTSTRAP_SERVERS", f"u:{SECRET}@kafka:9092"),
        ("NEIGHBOURS", json.dumps({"signing": f"u:{SECRET}@host"}, ensure_ascii=False)),
        ("NEIGHBOURS", f'"{SECRET}'),
        ("NOTIFY_PROVIDER_URL", f"u:{SECRET}@messages.example"),
        ("NOTIFY_PROVIDER_TOKEN", SECRET),
        ("NOTIFY_ALARM_RECIPIENTS", f'"{SECRET}"'),
        ("NOTIFY_ALARM_RECIPIENTS", f'{{"H19": ["{SECRET}"]}}'),
    ],
)
@pytest.mark.parametrize("as_file", [False, True], ids=["variable", "file"])
def test_no_secret_is_ever_told(
    variable: str,
    value: str,
    as_file: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    if as_file:
        (tmp_path / variable).write_text(value, "utf-8")
        monkeypatch.setenv("SECRETS_DIR", str(tmp_path))
    else:
        monkeypatch.setenv(variable, value)
    line = refused(KINDS["notify"], capsys)
    assert line.startswith(f"notify: {variable}")
    assert not set(SECRET) & set(line)


@given(st.text(alphabet=f"{SECRET}@:/?#%[]&= .,", max_size=12), st.sampled_from(["/", "/?replicaSet=r", "", ":1,b"]))
def test_no_password_is_told_however_it_is_written(password: str, rest: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        told: list[str] = []
        patch.setattr(configuration.sys.stderr, "write", told.append)  # type: ignore[attr-defined]
        patch.setenv("MONGODB_URL", f"mongodb://u:{password}@mongo{rest}")
        with suppress(SystemExit):
            configuration.read(KINDS["review"])
        assert len(told) <= 1
        assert not set(SECRET) & set("".join(told))


def test_what_is_wrong_with_the_database_s_address_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for value, says in {
        "mongodb://u:p@ss@mongo": "user name and password must be percent-encoded (@ is %40, ",
        "mongodb://u:12/ss@mongo": "user name and password must be percent-encoded (@ is %40, ",
        "mongodb://u:p?ss@mongo": "user name and password must be percent-encoded (@ is %40, ",
        "mongodb://a,b/?directConnection=true": "Cannot specify multiple hosts with directConnection=true",
        "mongodb://a/?tls=true&tlsCAFile=/nowhere/ca": "/nowhere/ca cannot be used: No such file or directory",
    }.items():
        monkeypatch.setenv("MONGODB_URL", value)
        assert refused(KINDS["review"], capsys).startswith(f"review: MONGODB_URL: {says}")

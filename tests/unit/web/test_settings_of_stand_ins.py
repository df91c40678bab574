"""Settings of what stands in for production: the development issuer, the provider of text messages."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dossier_local import provider, serving, state
from dossier_local.identity import __main__ as issuer
from dossier_local.identity import settings as identity
from dossier_local.identity.keys import Keys
from dossier_local.provider_ledger import ProviderLedger
from dossier_local.registers import app as registers
from dossier_shared.settings import reading as configuration


@pytest.mark.parametrize(
    ("read", "variable", "value"),
    [
        (lambda: configuration.read_plain(identity.Settings, "identity"), "IDENTITY_PORT", "0"),
        (lambda: configuration.read_plain(identity.Settings, "identity"), "IDENTITY_HOST", "a:1"),
        (lambda: configuration.read_plain(identity.Settings, "identity"), "IDENTITY_DATA", "/etc/passwd"),
        (lambda: configuration.read_plain(identity.Settings, "identity"), "IDENTITY_PUBLIC_URL", "localhost:8080"),
        (lambda: configuration.read_plain(identity.Settings, "identity"), "IDENTITY_ALLOWED_HOSTS", "identity"),
        (lambda: configuration.read_plain(identity.Settings, "identity"), "IDENTITY_CLIENTS", '{"monitor": {}}'),
        (lambda: configuration.read_plain(identity.Settings, "identity"), "OIDC_ISSUER", "login.example"),
        (lambda: configuration.read_plain(identity.Settings, "identity"), "OIDC_AUDIENCE", ""),
        (lambda: configuration.read_plain(provider.Settings, "provider"), "PROVIDER_PORT", "65536"),
        (lambda: configuration.read_plain(provider.Settings, "provider"), "PROVIDER_HOST", ""),
    ],
)
def test_what_stands_in_for_production_says_so_too(
    read: Callable[[], object],
    variable: str,
    value: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SystemExit) as ended:
        read()
    assert ended.value.code == 78
    (line,) = capsys.readouterr().err.splitlines()
    assert variable in line


@pytest.mark.parametrize("main", [issuer.main, provider.main, registers.main])
def test_neither_starts_outside_development(
    main: Callable[[], None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for module in (issuer, serving):
        monkeypatch.setattr(module, "serve", lambda *_: None)
    for value in ("false", None):
        monkeypatch.setenv("DEVELOPMENT", value) if value else monkeypatch.delenv("DEVELOPMENT")
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 78
        (line,) = capsys.readouterr().err.splitlines()
        assert "only with DEVELOPMENT=true" in line
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def open_to_all() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_to_all")
def test_what_they_keep_is_for_nobody_else(tmp_path: Path) -> None:
    before = tmp_path / "before.jsonl"
    before.touch(0o644)
    ProviderLedger(before).close()
    ProviderLedger(tmp_path / "provider/ledger.jsonl").close()
    Keys(tmp_path / "identity")
    state.lock(tmp_path / "stack").close()
    modes = {str(path.relative_to(tmp_path)): oct(path.stat().st_mode & 0o777) for path in tmp_path.rglob("*")}
    del modes["stack/lock"]  # it is empty, and in a folder of ours
    assert modes == {
        "before.jsonl": "0o600", "provider": "0o700", "provider/ledger.jsonl": "0o600",
        "identity": "0o700", "identity/key.pem": "0o600", "stack": "0o700",
    }  # fmt: skip

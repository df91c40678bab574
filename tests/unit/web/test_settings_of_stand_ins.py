"""Settings of what stands in for production: the development issuer, the provider of text messages."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dossier_local import provider
from dossier_local.identity import settings as identity
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

from __future__ import annotations

import pytest

from dossier_notify.settings import Settings


def test_defaults_leave_room_between_a_call_and_the_end_of_its_claim() -> None:
    settings = Settings()
    assert (settings.call_timeout, settings.margin.total_seconds()) == (5.0, 7.5)


@pytest.mark.parametrize("seconds", [0.4, 2.0, 30.0, 600.0])
def test_a_call_fits_into_any_claim(seconds: float) -> None:
    settings = Settings(claim_seconds=seconds)
    assert settings.call_timeout < settings.margin.total_seconds() < settings.claim_for.total_seconds() / 2


def test_the_environment_names_provider_and_policies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "PROVIDER_URL": "http://sms.test",
        "PROVIDER_TOKEN": "for-us-alone",
        "CLAIM_SECONDS": "3",
        "SWEEP_SECONDS": "0.5",
        "RESULT_TEXT": "diacritics",
        "MAX_PARTS": "4",
    }.items():
        monkeypatch.setenv(f"NOTIFY_{name}", value)
    settings = Settings()
    assert (settings.provider_url, settings.claim_seconds, settings.sweep_seconds) == ("http://sms.test", 3.0, 0.5)
    assert settings.texts.policies == {"result": "diacritics", "refused": "plain"}
    assert settings.texts.max_parts == 4
    assert "for-us-alone" not in repr(settings)

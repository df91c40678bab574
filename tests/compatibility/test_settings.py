"""What a service was configured with yesterday configures it today.

Cannot see: a variable whose meaning changes, and the few that are read elsewhere than in a service's settings.py.
"""

from __future__ import annotations

from pathlib import Path

from . import baseline

SETTINGS = Path(__file__).with_name("settings.py")


def test_no_variable_is_gone_and_none_is_newly_demanded() -> None:
    old = baseline.ask(baseline.checkout(), SETTINGS)
    new = baseline.ask(baseline.ROOT, SETTINGS)
    assert {"MONGODB_URL", "INTAKE_PORT"} <= old["intake"].keys()
    for service, variables in old.items():
        assert variables.keys() - new[service].keys() == set(), service
        demanded = {name for name, about in new[service].items() if about["required"]}
        assert demanded <= {name for name, about in variables.items() if about["required"]}, service

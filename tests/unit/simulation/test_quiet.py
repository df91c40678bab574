"""When a run is over: what waits for somebody to come does not keep anybody waiting."""

from __future__ import annotations

from typing import Any

import pytest

from dossier_local.simulation.quiet import at_rest


@pytest.mark.parametrize(
    ("state", "over"),
    [
        ({"status": "delivered"}, True),
        ({"status": "signed", "wished": "counter"}, True),
        ({"status": "signed", "wished": "post"}, True),
        ({"status": "signed", "wished": "online"}, False),
        ({"status": "signed"}, False),
        ({"status": "submitted", "wished": "counter"}, False),
        ({}, False),
    ],
)
def test_a_result_to_be_fetched_rests_once_it_is_signed(state: dict[str, Any], over: bool) -> None:
    assert at_rest(state) is over

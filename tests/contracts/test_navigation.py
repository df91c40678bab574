"""Every service with pages shows the way to the others': its app hands its name and neighbours to what renders the pages."""

from __future__ import annotations

import pytest

from dossier_intake.policy import POLICY
from dossier_local.openapi import app_of
from dossier_shared.pages import rendering
from dossier_shared.pages.navigation import PAGES


@pytest.mark.parametrize("service", sorted({place.service for place in PAGES} - {""}))
def test_a_service_with_pages_knows_its_own_place(service: str) -> None:
    try:
        app_of(service)
        assert rendering.navigation().own == service
    finally:
        rendering.set_navigation("", {})


@pytest.mark.parametrize(
    ("path", "rule"),
    [("/", "list-own"), ("/papers", "see-vault"), ("/helping", "help"), ("/helpers", "see-helpers"), ("/work", "queue"),
     ("/counter", "receive"), ("/emergency", "open-in-emergency")],
)  # fmt: skip
def test_a_tab_is_offered_to_whose_page_it_is(path: str, rule: str) -> None:
    """To nobody who is refused there, and to everybody who is not."""
    (place,) = [place for place in PAGES if (place.service, place.path) == ("intake", path)]
    assert set(place.roles) == set(POLICY.roles(rule))

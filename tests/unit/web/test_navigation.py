"""From one service's pages to the others': what the reader may use, where addresses are known, and nothing else."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from pydantic import ValidationError

from dossier_shared.http.tokens import Principal
from dossier_shared.pages.navigation import Navigation
from dossier_shared.pages.rendering import page, set_navigation
from dossier_shared.settings.service import ServiceSettings

NEIGHBOURS = {"intake": "http://one.test", "review": "http://two.test", "signing": "http://three.test/x"}


def reader(*roles: str) -> Principal:
    return Principal("a", frozenset(roles))


def shown(navigation: Navigation, *roles: str) -> list[tuple[str, bool]]:
    return [(link.href, link.here) for link in navigation.links(reader(*roles), "en")]


def test_only_pages_of_the_reader_s_roles_and_of_known_addresses() -> None:
    navigation = Navigation("review", NEIGHBOURS)
    assert shown(navigation, "leader") == [("/work?lang=en", True), ("http://three.test/x/work?lang=en", False)]
    assert shown(navigation, "leader", "counter")[0] == ("http://one.test/work?lang=en", False)
    assert shown(navigation, "specialist") == []  # only the page one is on
    assert shown(navigation, "citizen") == [("http://one.test/?lang=en", False)]
    assert shown(Navigation("review"), "leader", "counter", "admin") == []


def test_a_page_shows_it_and_the_own_place_in_it() -> None:
    try:
        set_navigation("review", NEIGHBOURS)
        context: Any = {"title": "T", "heading": "H", "hint": "", "code": "c", "request_id": ""}
        html = bytes(page("notice.html", "vi", **context, principal=reader("leader")).body).decode()
        assert re.findall(r'<a href="([^"]+)"( aria-current="true")?>([^<]+)</a>', html) == [
            ("/work?lang=vi", ' aria-current="true"', "Thẩm định, phê duyệt"),
            ("http://three.test/x/work?lang=vi", "", "Ký số"),
        ]
        assert "<nav" not in bytes(page("notice.html", "vi", **context).body).decode()  # nobody known, nowhere to go
    finally:
        set_navigation("", {})


def test_the_setting_names_services_and_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEIGHBOURS", json.dumps({"signing": "https://ky-so.example.vn/"}))
    assert ServiceSettings(service="intake", port=1, database="d").neighbours == {"signing": "https://ky-so.example.vn"}
    for wrong in ({"signing": "javascript:alert(1)"}, {"signing": "https:"}, {"payments": "https://a.vn"}):
        with pytest.raises(ValidationError, match="http"):
            ServiceSettings(service="intake", port=1, database="d", neighbours=wrong)

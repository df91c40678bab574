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
    return [(link.href, link.here) for link in navigation.links(reader(*roles), "en", "/work")]


def test_only_pages_of_the_reader_s_roles_and_of_known_addresses() -> None:
    navigation = Navigation("review", NEIGHBOURS)
    home, mine = ("/home?lang=en", False), ("/work?lang=en", True)
    given_out = ("/workload?lang=en", False)
    signing, emergency = ("http://three.test/x/work?lang=en", False), ("http://one.test/emergency?lang=en", False)
    assert shown(navigation, "leader") == [home, mine, given_out, signing, emergency]
    assert shown(navigation, "leader", "counter")[1] == ("http://one.test/work?lang=en", False)
    assert shown(navigation, "specialist") == [home, mine]
    assert shown(navigation, "citizen") == [
        ("http://one.test/?lang=en", False),
        ("http://one.test/papers?lang=en", False),
    ]
    assert shown(Navigation("signing"), "citizen") == []  # none of theirs is known
    assert shown(Navigation("signing"), "counter") == []


@pytest.mark.parametrize(
    ("own", "path", "here"),
    [
        ("review", "/home", "Home"),
        ("review", "/work", "Review"),
        ("review", "/cases/one", "Review"),
        ("review", "/homework", "Review"),
        ("review", "/workload", "Assigning"),
        ("monitor", "/", "Monitor"),
        ("monitor", "/search", "Find a dossier"),
        ("monitor", "/agencies/H19", "Monitor"),
        ("intake", "/signed-out", None),
        ("intake", "/emergency", "Emergency"),
        ("intake", "/helpers", None),  # no tab of a leader's
    ],
)
def test_the_tab_of_the_page_one_reads_is_marked(own: str, path: str, here: str | None) -> None:
    links = Navigation(own, NEIGHBOURS).links(reader("leader"), "en", path)
    assert [link.label for link in links if link.here] == ([here] if here else [])


@pytest.mark.parametrize(
    ("role", "path", "here"),
    [
        ("citizen", "/", "My dossiers"),
        ("citizen", "/papers", "My papers"),
        ("citizen", "/filing/one", "My dossiers"),
        ("agent", "/helping", "Filing for others"),
        ("superior", "/helpers", "Filed for others"),
        ("superior", "/signed-out", None),
    ],
)
def test_who_files_who_helps_and_who_is_above_have_tabs_in_intake(role: str, path: str, here: str | None) -> None:
    links = Navigation("intake", {"monitor": "http://four.test"}).links(reader(role), "en", path)
    assert [link.label for link in links if link.here] == ([here] if here else [])


def test_the_search_is_for_who_may_search_where_it_is_known() -> None:
    navigation = Navigation("review", {"monitor": "http://four.test"})
    assert navigation.search(reader("counter")) == "http://four.test/search"
    assert navigation.search(reader("citizen")) is None
    assert Navigation("review", NEIGHBOURS).search(reader("counter")) is None


def test_desks_count_and_the_board_is_a_link() -> None:
    desks = Navigation("review", {**NEIGHBOURS, "monitor": "http://four.test"}).desks(reader("leader"), "en")
    assert [(desk.label, desk.counts) for desk in desks] == [
        ("Review", "/api/v1/counts"),
        ("Assigning", None),
        ("Signing", "http://three.test/x/api/v1/counts"),
        ("Find a dossier", None),
        ("Monitor", None),
    ]


def test_a_page_shows_it_and_the_own_place_in_it() -> None:
    try:
        set_navigation("review", NEIGHBOURS)
        context: Any = {
            "title": "T",
            "heading": "H",
            "hint": "",
            "code": "c",
            "request_id": "",
            "again": True,
            "expired": False,
        }
        html = bytes(page("notice.html", "vi", **context, principal=reader("leader")).body).decode()
        assert re.findall(r'<a href="([^"]+)"( aria-current="true")?>([^<]+)</a>', html) == [
            ("/home?lang=vi", "", "Trang chủ"),
            ("/work?lang=vi", ' aria-current="true"', "Thẩm định, phê duyệt"),
            ("/workload?lang=vi", "", "Phân công"),
            ("http://three.test/x/work?lang=vi", "", "Ký số"),
            ("http://one.test/emergency?lang=vi", "", "Khẩn cấp"),
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

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from html.parser import HTMLParser

import httpx
import pytest
from fastapi import FastAPI
from pymongo.errors import ServerSelectionTimeoutError

from dossier_shared.http.tokens import Principal
from dossier_shared.http.verbs import Button
from dossier_shared.pages.work_list import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    Choices,
    Wish,
    WorkItem,
    WorkPage,
    work_router,
)
from dossier_shared.problems import ServiceUnavailable

from .support import token, verb

ITEMS = [
    WorkItem("one", "H44-0001", "Đăng ký khai sinh", datetime(2025, 7, 3, 8, tzinfo=UTC), late=True, version=4),
    WorkItem("two", "H44-0002", "<script>alert(1)</script>", actions=("accept",)),
]
ACTIONS = [
    verb("accept", Button(vi="Tiếp nhận", en="Accept", tone="primary")),
    verb("refuse", Button(vi="Từ chối", en="Refuse", reason="reason", tone="danger")),
    verb("sign", Button(vi="Ký", en="Sign", many=True), roles=("leader",), many=True),
]


class Desk:
    """What the page's loader answers, and what it was asked."""

    def __init__(self) -> None:
        self.items: list[WorkItem] = list(ITEMS)
        self.error: Exception | None = None
        self.next: str | None = None
        self.asked: list[tuple[Principal, int, str | None]] = []

    async def load(self, principal: Principal, limit: int, cursor: str | None) -> WorkPage:
        self.asked.append((principal, limit, cursor))
        if self.error:
            raise self.error
        return WorkPage(self.items, self.next)


class Outline(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str, **attributes: str) -> list[dict[str, str | None]]:
        wanted = {name.replace("_", "-"): value for name, value in attributes.items()}
        return [found for name, found in self.tags if name == tag and wanted.items() <= found.items()]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def officer(app: FastAPI, desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    app.include_router(work_router("intake", lambda t: t("place.intake"), desk.load, ACTIONS))
    cookie = {"dossier_session": token()}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", cookies=cookie) as made:
        yield made


async def test_the_list_in_both_languages(officer: httpx.AsyncClient) -> None:
    page = await officer.get("/work")
    assert page.status_code == 200
    assert page.headers["content-language"] == "vi"
    assert '<html lang="vi">' in page.text
    assert "<h1>Tiếp nhận</h1>" in page.text
    assert "Quá hạn" in page.text
    assert "15:00 03/07/2025" in page.text  # 08:00 UTC
    english = await officer.get("/work?lang=en")
    assert '<html lang="en">' in english.text
    assert "3 Jul 2025, 15:00" in english.text
    assert "Late" in english.text
    assert not re.search(r"built-in|Undefined|None", page.text + english.text)


async def test_the_other_language_keeps_what_was_asked_for(officer: httpx.AsyncClient) -> None:
    outline = Outline((await officer.get("/work?limit=7&lang=en")).text)
    assert outline.all("a", hreflang="vi")[0]["href"] == "?limit=7&lang=vi"


async def test_only_the_actions_of_the_role_and_of_the_row(officer: httpx.AsyncClient) -> None:
    outline = Outline((await officer.get("/work")).text)
    assert len(outline.all("button", data_action="accept")) == 2
    assert len(outline.all("button", data_action="refuse")) == 1
    assert not outline.all("button", data_action="sign")
    assert not outline.all("input", type="checkbox")
    assert outline.all("tr", data_id="one")[0]["data-version"] == "4"


async def test_bulk_controls_for_who_may_sign(officer: httpx.AsyncClient) -> None:
    leader = {"authorization": f"Bearer {token(roles=['leader'])}"}
    outline = Outline((await officer.get("/work", headers=leader)).text)
    assert ["disabled" in found for found in outline.all("button", data_bulk="sign")] == [
        True
    ]  # until something is ticked
    assert len(outline.all("input", type="checkbox")) == 3


async def test_nothing_a_dossier_says_is_run(officer: httpx.AsyncClient, desk: Desk) -> None:
    desk.items = [WorkItem('"><img src=x>', "</script><b>", "<script>alert(1)</script>")]
    text = (await officer.get("/work")).text
    assert "<script>alert" not in text
    assert "<img src=x>" not in text
    assert "</script><b>" not in text
    scripts = Outline(text).all("script")
    assert all(script.get("src") or script.get("type") == "application/json" for script in scripts)
    assert " style=" not in text
    assert not re.search(r"\son\w+=", text)


async def test_every_control_has_a_name_and_the_page_its_landmarks(officer: httpx.AsyncClient) -> None:
    outline = Outline((await officer.get("/work")).text)
    assert outline.all("main")
    assert outline.all("header")
    assert outline.all("h1")
    assert outline.all("caption")
    assert outline.all("p", role="alert")
    assert outline.all("p", aria_live="polite")
    names = [found["aria-label"] for found in outline.all("button") if "data-action" in found]
    assert len(names) == len(set(names))


async def test_the_script_s_configuration_holds_both_paths_and_texts(officer: httpx.AsyncClient) -> None:
    text = (await officer.get("/work?lang=en")).text
    found = re.search(r'<script type="application/json" id="config">(.*?)</script>', text, re.DOTALL)
    assert found
    config = json.loads(found[1])
    assert config["actions"]["refuse"]["path"] == "/api/v1/dossiers/{id}/refuse"
    assert config["actions"]["refuse"]["reason"] == "reason"
    assert config["actions"]["accept"]["reason"] is None
    script = await officer.get("/static/shared/work.js")
    asked = set(re.findall(r'\b(?:t|plural)\("([\w.]+)"', script.text))
    assert {"shared.network", "shared.confirm_bulk"} <= asked <= config["texts"].keys()


async def test_empty_and_more_than_fits(officer: httpx.AsyncClient, desk: Desk) -> None:
    desk.items = []
    assert "Không có hồ sơ nào đang chờ" in (await officer.get("/work")).text
    desk.items, desk.next = [WorkItem(str(n), f"C{n}", "x") for n in range(3)], "a-b_c"
    text = (await officer.get("/work?limit=3&utm_source=x")).text
    assert len(Outline(text).all("tr", role="row")) == 1 + 3
    assert "Đang hiện 3 hồ sơ" in text
    assert "3+" in text
    [onward] = Outline(text).all("a", rel="next")
    assert onward["href"] == "?cursor=a-b_c&lang=vi&limit=3"
    desk.next = None
    last = (await officer.get(f"/work{onward['href']}")).text
    assert desk.asked[-1][1:] == (3, "a-b_c")
    assert not Outline(last).all("a", rel="next")
    assert Outline(last).all("a", href="?lang=vi&limit=3")
    for asked, limit in (
        ("9999999999", MAX_LIMIT),
        ("0", 1),
        ("x", DEFAULT_LIMIT),
        ("-1", DEFAULT_LIMIT),
        ("²", DEFAULT_LIMIT),
    ):
        await officer.get("/work", params={"limit": asked})
        assert desk.asked[-1][1] == limit


@pytest.mark.parametrize(
    ("bearer", "status", "vi", "en"),
    [
        (None, 401, "Bạn chưa đăng nhập", "You are not signed in"),
        (token(exp=1), 401, "Phiên làm việc đã hết, hãy đăng nhập lại", "Your session has ended"),
        ("rubbish", 401, "Bạn chưa đăng nhập", "You are not signed in"),
        (token(roles=["citizen"]), 403, "Tài khoản này không dùng được trang này", "This account may not use"),
    ],
)
async def test_who_may_not_is_told_what_to_do(
    officer: httpx.AsyncClient, bearer: str | None, status: int, vi: str, en: str
) -> None:
    officer.cookies.clear()
    headers = {"authorization": f"Bearer {bearer}"} if bearer else {}
    for lang, words in (("vi", vi), ("en", en)):
        answer = await officer.get(f"/work?lang={lang}", headers=headers)
        assert answer.status_code == status
        assert answer.headers["content-type"].startswith("text/html")
        assert words in answer.text
        assert ("www-authenticate" in answer.headers) == (status == 401)
        assert answer.headers["x-request-id"] in answer.text


async def test_a_row_opens_its_case_where_there_is_one(officer: httpx.AsyncClient, desk: Desk) -> None:
    desk.items = [WorkItem("one", "C1", "x", page="/cases/one", applicant="N.V.A."), WorkItem("two", "C2", "x")]
    text = (await officer.get("/work")).text
    assert [found["href"] for found in Outline(text).all("a") if "cases" in str(found.get("href"))] == [
        "/cases/one?lang=vi"
    ]
    assert "<kbd>o</kbd>" in text
    assert "N.V.A." in text
    desk.items = [WorkItem("two", "C2", "x")]
    assert "<kbd>o</kbd>" not in (await officer.get("/work")).text


async def test_a_list_is_narrowed_and_ordered_by_links(app: FastAPI) -> None:
    asked: list[Wish] = []

    async def load(who: Principal, wish: Wish) -> WorkPage:
        asked.append(wish)
        return WorkPage(ITEMS, "c")

    async def counts(who: Principal) -> dict[str, int]:
        return {"late": 3}  # nothing is said of "theirs": it is not this reader's

    titles = {"late": lambda t: "quá hạn", "theirs": lambda t: "của họ"}
    sorts = {"latest": lambda t: "mới nhất"}
    app.include_router(work_router("intake", lambda t: "T", Choices(load, titles, counts, sorts), ACTIONS))
    transport = httpx.ASGITransport(app)
    cookie = {"dossier_session": token()}
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", cookies=cookie) as reader:
        text = (await reader.get("/work?filter=late&sort=no-such")).text
    assert asked == [Wish(DEFAULT_LIMIT, None, "late", None)]
    links = {found["href"]: found.get("aria-current") for found in Outline(text).all("a") if "lang=vi" in str(found)}
    assert links["?lang=vi&filter=late"] == "true"
    assert "?lang=vi&filter=late&sort=latest" in links
    assert "?cursor=c&lang=vi&filter=late" in links  # the next page is of the same list
    assert "quá hạn <strong>3</strong>" in text
    assert "của họ" not in text


async def test_an_outage_is_a_page_too(officer: httpx.AsyncClient, desk: Desk) -> None:
    for error in (ServerSelectionTimeoutError("127.0.0.1:1"), ServiceUnavailable()):
        desk.error = error
        answer = await officer.get("/work")
        assert answer.status_code == 503
        assert "Tạm thời gián đoạn" in answer.text
        assert answer.headers["retry-after"]
        assert "127.0.0.1" not in answer.text


async def test_static_files_are_kept_by_their_hash(officer: httpx.AsyncClient) -> None:
    outline = Outline((await officer.get("/work")).text)
    address = outline.all("link", rel="stylesheet")[0]["href"]
    assert address
    assert "immutable" in (await officer.get(address)).headers["cache-control"]
    assert (await officer.get("/static/shared/work.css?v=old")).headers["cache-control"] == "no-cache"
    for name in ("nothing.css", "..%2fpages.py", "work.html"):
        assert (await officer.get(f"/static/shared/{name}")).status_code == 404

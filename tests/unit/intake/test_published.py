"""The procedures, published: what is found, what a page says, what is kept of it and what search engines read."""

from __future__ import annotations

import json
import re
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from tests.unit.intake.published import ADDRESS, DAY, VERSIONS, Shown, published

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.pages.procedures import view as views
from dossier_intake.pages.procedures.life_events import LifeEvents, life_events
from dossier_intake.pages.procedures.search import PER_PAGE, Index, Wanted
from dossier_shared.settings.quotas import DEFAULTS

PACKAGED = Catalogue.load_packaged()
OWN = Catalogue.parse(VERSIONS)
INDEX = Index(PACKAGED, DAY, life_events())
SCHEMA_ORG: dict[str, Any] = json.loads((Path(__file__).parent / "schema_org.json").read_text("utf-8"))


def client(catalogue: Catalogue = PACKAGED, address: str | None = ADDRESS, **settings: Any) -> httpx.AsyncClient:
    app = published(Shown(catalogue), address, **settings)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")


def found(index: Index = INDEX, **asked: str) -> list[str]:
    return [one.procedure.code for one in index.search(index.wanted(asked)).rows]


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("Đăng ký khai sinh", "1.001193"),
        ("dang ky khai sinh", "1.001193"),
        ("KHAI  SINH đăng ký", "1.001193"),
        ("Ðăng ký kết hôn", "1.000894"),  # the Icelandic letter, as old keyboards have it
        ("ket hon", "1.000894"),
        ("ke ho", "1.000894"),  # as it is being typed
        ("bang lai xe", "3.000347"),  # no word of its name
        ("sổ đỏ", "1.115241"),
        ("Birth registration", "1.001193"),
        ("1.004222", "1.004222"),
        ("chuyển nhượng", "1.115241"),  # behind a bracket
    ],
)
def test_it_is_found_by_words_with_or_without_their_marks(words: str, first: str) -> None:
    assert found(q=words)[:1] == [first]


def test_words_that_nothing_has_find_nothing() -> None:
    assert found(q="khai sinh xyz") == []
    assert found(agency="Hà Nội") == []


def test_it_is_narrowed_by_everything_that_is_known_of_it() -> None:
    assert set(found(event="driving")) == {"3.000347"}
    assert set(found(field="Chứng thực")) == {"2.000815"}
    assert set(found(level="province")) == {"3.000347", "3.000333", "1.115241"}
    assert "1.001612" in found(audience="organisation")
    assert "1.001193" not in found(audience="organisation")
    assert found(agency="Van phong dang ky dat dai") == ["1.115241"]
    assert "2.000815" not in [one.procedure.code for one in INDEX.search(Wanted(online=True)).rows]
    assert INDEX.search(Wanted(online=True)).total == sum(one.procedure.offers("online") for one in INDEX.entries)
    assert found(q="khai", event="death") == ["1.000656"]


def test_a_centre_has_what_it_receives_for() -> None:
    here, own = (
        found(agency="trung tam phuc vu hanh chinh cong phuoc binh"),
        found(agency="uy ban nhan dan phuong phuoc binh"),
    )
    assert here
    assert set(own) <= set(here) | {one.procedure.code for one in INDEX.entries[PER_PAGE:]}


def test_what_is_no_choice_is_not_asked_for() -> None:
    asked = {
        "event": "?",
        "field": "x",
        "level": "planet",
        "audience": "cats",
        "online": "yes",
        "page": "-3",
        "q": " \t",
    }
    assert INDEX.wanted(asked) == Wanted()
    assert INDEX.wanted({"page": "٣"}).page == 1
    assert len(INDEX.wanted({"q": "a" * 5000}).q) == 200


def test_pages_follow_one_another_and_the_last_is_the_last() -> None:
    first, second, far = (INDEX.search(Wanted(page=page)) for page in (1, 2, 9000))
    assert len(first.rows) == PER_PAGE
    assert len(first.rows) + len(second.rows) == first.total == len(PACKAGED.procedures)
    assert far == second
    assert not {one.procedure.code for one in first.rows} & {one.procedure.code for one in second.rows}


def test_the_file_of_life_events_names_procedures_of_the_catalogue() -> None:
    known = life_events()
    assert known.procedures.keys() == PACKAGED.procedures.keys()
    assert INDEX.events.keys() == {event.id for event in known.events}  # none is empty


def test_a_life_event_nobody_knows_is_refused() -> None:
    written = life_events().model_dump()
    written["procedures"]["1.001193"] = {"events": ["wedding"]}
    with pytest.raises(ValueError, match="wedding"):
        LifeEvents.model_validate(written)


async def test_a_page_says_what_one_needs_to_know() -> None:
    async with client() as http:
        page = unescape((await http.get("/procedures/1.001193")).text)
    for said in (
        "Tờ khai đăng ký khai sinh",
        "bản chính; 1 bản; chỉ khi nộp tại quầy hoặc gửi qua bưu điện",
        "chỉ cho xem, không phải nộp; nơi làm tự tra trong dữ liệu dân cư",
        "nếu Nhà nước đã cấp bản điện tử thì không phải nộp lại",
        "Thời hạn 1 ngày làm việc, trả trong ngày.",
        "Nhận sau 15:00 thì tính từ ngày làm việc tiếp theo.",
        "Không mất tiền",
        "Được, nhưng có bước phải đến nơi",
        "60/2014/QH13",
        "Ủy ban nhân dân phường Phước Long",
        "Trung tâm Phục vụ hành chính công thành phố Đồng Nai",
        "Người trực quầy của Ủy ban nhân dân xã, phường, đặc khu, hoặc của trung tâm nhận thay",
        "Trả cho bạn",
    ):
        assert said in page, said


async def test_steps_follow_from_what_the_catalogue_says() -> None:
    t = {code: views.view(PACKAGED, PACKAGED.procedure(code), DAY, "en") for code in PACKAGED.procedures}
    assert [step.name for step in t["1.001193"].steps][-1] == "You get it"
    asked = next(step for step in t["1.004873"].steps if step.name == "Another office is asked")
    assert asked.who == "Ủy ban nhân dân cấp xã, which answers within 3 working days"
    register = t["2.001159"]  # an entry of a register
    assert "It is signed" not in [step.name for step in register.steps]
    assert [step.name for step in t["1.001193"].steps].count("It is signed") == 1
    assert t["3.000347"].kind_of_office == "the police of the commune or ward or the police of the province or city"
    assert t["1.115241"].kind_of_office == "Văn phòng Đăng ký Đất đai thành phố Đồng Nai"


def test_papers_are_in_the_group_of_what_a_person_does() -> None:
    for versions in PACKAGED.procedures.values():
        shown = dict(views.view(PACKAGED, versions[0], DAY, "vi").papers)
        for paper in versions[0].documents:
            demanded = any(paper.demanded(channel) for channel in versions[0].channels)
            assert (views.group_of(paper) == "hand_in") == demanded, paper.code
            assert any(line.name == paper.name_vi for line in shown[views.group_of(paper)])


async def test_versions_in_force_and_to_come_are_told_and_can_be_read() -> None:
    async with client(OWN) as http:
        now, before, later, never = [
            await http.get("/procedures/9.000001", params={"on": on} if on else {})
            for on in ("", "2026-06-30", "2027-05-01", "nonsense")
        ]
    assert '<h1 id="name" lang="vi">Thủ tục nay</h1>' in now.text
    assert "Thủ tục cũ</h1>" in before.text
    assert "Không còn áp dụng" in before.text
    assert "Thủ tục sau</h1>" in later.text
    assert "on=2027-01-01" in now.text
    assert "01/01/2027" in now.text
    assert f'<link rel="canonical" href="{ADDRESS}/procedures/9.000001">' in before.text
    assert never.status_code == 404
    assert "/procedures/9.000001?on=2026-07-01" in never.text


async def test_what_nobody_knows_is_said_in_words_with_a_way_back() -> None:
    async with client() as http:
        vi, en = await http.get("/procedures/9.9<b>"), await http.get("/procedures/x", params={"lang": "en"})
    assert (vi.status_code, en.status_code) == (404, 404)
    assert "Không tìm thấy thủ tục" in vi.text
    assert "<b>" not in vi.text
    assert 'action="/procedures"' in vi.text
    assert "No such procedure" in en.text
    assert vi.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["/procedures", "/procedures?q=khai", "/procedures/1.001193", "/sitemap.xml", "/robots.txt"]
)
async def test_it_is_kept_by_whoever_asks_and_asked_for_again_by_its_mark(path: str) -> None:
    async with client() as http:
        first = await http.get(path)
        assert (first.status_code, first.headers["cache-control"]) == (200, "public, max-age=300")
        assert "set-cookie" not in first.headers
        assert {one.strip().lower() for one in first.headers["vary"].split(",")} == {"accept-encoding"}
        mark = first.headers["etag"]
        for given in (mark, mark.removeprefix("W/"), f'"x", {mark}', "*"):
            again = await http.get(path, headers={"if-none-match": given, "cookie": "dossier_session=of-somebody"})
            assert (again.status_code, again.content) == (304, b"")
            assert (again.headers["etag"], again.headers["cache-control"]) == (mark, "public, max-age=300")
        assert (await http.get(path, headers={"if-none-match": '"another"'})).status_code == 200
        head = await http.head(path)
        assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", mark)


async def test_its_mark_changes_with_the_catalogue_the_language_and_the_day() -> None:
    shown = Shown(PACKAGED)
    app = published(shown)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as http:

        async def mark(**asked: str) -> str:
            return str((await http.get("/procedures/1.001193", params=asked)).headers["etag"])

        vi, en = await mark(), await mark(lang="en")
        assert PACKAGED.version in vi
        assert vi != en
        assert vi == await mark(utm_source="somewhere")
        shown.day = date(2026, 12, 2)
        tomorrow = await mark()
        assert tomorrow != vi
        document = PACKAGED.document()
        for procedure in document["procedures"]:
            procedure["name_en"] = "Another"
        shown.current = Catalogue.parse(document)
        changed = await http.get("/procedures/1.001193", headers={"if-none-match": tomorrow})
        assert (changed.status_code, changed.headers["etag"] != tomorrow) == (200, True)
        assert "Another" in (await http.get("/procedures/1.001193", params={"lang": "en"})).text


async def test_what_is_drawn_once_is_not_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async with client() as http:
        await http.get("/procedures/1.001193")
        monkeypatch.setattr("dossier_intake.pages.procedures.routes.view", None)  # would be called
        assert (await http.get("/procedures/1.001193")).status_code == 200


async def test_what_is_asked_too_often_is_refused_by_address() -> None:
    async with client(quotas={"published": "2/hour"}) as http:
        for path in ("/procedures", "/procedures/1.001193"):
            assert (await http.get(path)).status_code == 200
        assert (await http.get("/sitemap.xml")).status_code == 429
    assert "published" in DEFAULTS


async def test_the_filing_is_offered_only_where_it_is_possible() -> None:
    async def offered(code: str, catalogue: Catalogue = PACKAGED, **asked: str) -> bool:
        async with client(catalogue) as http:
            answer = await http.get(f"/procedures/{code}", params=asked)
            assert answer.status_code == 200
            return f'href="/file/{code}?lang=vi"' in answer.text

    assert await offered("1.001193")
    assert not await offered("2.000815")  # only at a counter
    assert await offered("9.000001", OWN)
    assert not await offered("9.000001", OWN, on="2026-06-30")
    assert not await offered("9.000001", OWN, on="2027-05-01")


def described(page: str) -> dict[str, Any]:
    inside = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert inside is not None
    made: dict[str, Any] = json.loads(inside[1])
    return made


def misfits(node: dict[str, Any]) -> list[str]:
    """Where a node is not what schema.org says of its type's properties, and of what these are."""
    wrong, kinds = [], set(SCHEMA_ORG["types"][node["@type"]])
    for name, given in node.items():
        if name.startswith("@"):
            continue
        about = SCHEMA_ORG["properties"].get(name)
        if about is None or kinds.isdisjoint(about["of"]):
            wrong.append(f"{node['@type']} has no {name}")
            continue
        for value in given if isinstance(given, list) else [given]:
            if isinstance(value, dict):
                if set(SCHEMA_ORG["types"][value["@type"]]).isdisjoint(about["expects"]):
                    wrong.append(f"{name} is no {value['@type']}")
                wrong += misfits(value)
            elif isinstance(value, int):
                wrong += [] if "Number" in about["expects"] else [f"{name} is no number"]
            elif "URL" in about["expects"] and not {"Text"} & set(about["expects"]):
                wrong += [] if value.startswith("https://") else [f"{name} is no address"]
            elif "Duration" in about["expects"]:
                wrong += [] if re.fullmatch(r"P\d+D", value) else [f"{name} is no duration"]
            elif "Text" not in about["expects"]:
                wrong.append(f"{name} is no text")
    return wrong


async def test_each_is_described_as_schema_org_has_it() -> None:
    async with client() as http:
        for code, versions in PACKAGED.procedures.items():
            made = described((await http.get(f"/procedures/{code}")).text)
            assert misfits(made) == [], code
            assert (made["@context"], made["@type"]) == ("https://schema.org", "GovernmentService")
            assert (made["identifier"], made["url"]) == (code, f"{ADDRESS}/procedures/{code}")
            assert len(made["availableChannel"]) == sum(versions[0].offers(one) for one in versions[0].channels)
            assert ("offers" in made) == (versions[0].fee_vnd is not None)
    assert misfits({"@type": "GovernmentService", "price": 1, "provider": {"@type": "Offer"}}) == [
        "GovernmentService has no price",
        "provider is no Offer",
    ]


async def test_a_name_closes_no_script() -> None:
    document = {
        **VERSIONS,
        "procedures": [{**VERSIONS["procedures"][1], "name_vi": "Thủ tục </script><script>alert(1)"}],
    }
    async with client(Catalogue.parse(document)) as http:
        page = (await http.get("/procedures/9.000001")).text
    assert described(page)["name"] == "Thủ tục </script><script>alert(1)"
    assert "<script>alert" not in page


async def test_search_engines_are_led_to_every_procedure_in_both_languages() -> None:
    async with client() as http:
        answer, robots = await http.get("/sitemap.xml"), (await http.get("/robots.txt")).text
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    addresses = [node.text for node in ElementTree.fromstring(answer.text).iter(f"{space}loc")]
    assert len(addresses) == len(set(addresses)) == 2 * (1 + len(PACKAGED.procedures))
    assert f"{ADDRESS}/procedures/1.001193" in addresses
    assert f"{ADDRESS}/procedures/1.001193?lang=en" in addresses
    assert f"Sitemap: {ADDRESS}/sitemap.xml" in robots
    assert "Allow: /procedures\n" in robots
    assert "Disallow: /\n" in robots


async def test_without_a_public_address_it_is_where_it_was_asked_for() -> None:
    async with client(address=None) as http:
        page = (await http.get("/procedures/1.001193")).text
    assert '<link rel="canonical" href="http://127.0.0.1/procedures/1.001193">' in page


def test_a_search_in_a_large_catalogue_is_one_short_pass() -> None:
    """Two thousand procedures: nothing of a search grows with what was asked."""
    procedures = [
        {**VERSIONS["procedures"][1], "code": f"9.{number:06}", "name_vi": f"Thủ tục số {number} về việc này"}
        for number in range(2000)
    ]
    index = Index(Catalogue.parse({**VERSIONS, "procedures": procedures}), DAY, life_events())
    wanted = index.wanted({"q": " ".join(["thu"] * 60), "agency": "x" * 200})
    assert len(wanted.q) <= 200
    assert index.search(index.wanted({"q": "thu tuc so 1999"})).total == 1

"""Somebody who files from home, and all they have there: drafts, dossiers at every turn, papers; a post office that helps."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from playwright.async_api import Page, expect
from tests.component.desks import Desk, officer
from tests.component.intake.papers import filing
from tests.component.intake.test_file_for_another import HELPER, THEIRS
from tests.component.intake.test_file_online import (
    AGENCY,
    CODE,
    DEMANDED,
    MOTHER,
    NUMBER,
    begun,
    files,
    posted,
    sheet,
)

from dossier_intake.tracking import tracking
from dossier_local.memory import Author
from dossier_local.simulation.papers import scan
from dossier_shared.clock import instant
from dossier_shared.contracts.events import SupplementRequested, SupplementRequestedSealed

Who = dict[str, str]
NOBODY = officer("Trần Văn Dũng", "citizen", agency=None)  # has filed nothing
SUPERIOR = officer("Hoàng Văn Giang", "superior", agency="H19")
COUNTER = officer("c-1", "counter", agency=AGENCY)
WHOSE = {"name": "Nguyễn Thị Mai", "citizen_id": NUMBER, "phone": "0912345678"}
PAPER = "G15-KQ003208"


@dataclass(frozen=True, slots=True)
class Shown:
    """A page for everybody or for who files. `path` has the places of `Seeded`. `there`: what must be seen; `press`: a button
    that leads where the page is; `status`: what it is answered with."""

    name: str
    path: str
    there: str
    who: Who | None = field(default_factory=lambda: MOTHER)
    press: str = ""
    status: int = 200


PAGES = (
    Shown("procedures", "/procedures?", ".moments a", None),
    Shown("found", "/procedures?q=dang+ky&online=1&", ".found a", None),
    Shown("none-found", "/procedures?q=khong+co+gi&", "main .none", None),
    Shown("procedure", "/procedures/1.001193?", ".doing li", None),
    Shown("no-procedure", "/procedures/9.999999?", "#q", None, status=404),
    Shown("start", f"/file/{CODE}?", "form.sheet select"),
    Shown("sheet", "{sheet}", "#sheet"),
    Shown("sheet-wrong", "{sheet}", "#wrong a", press="#file"),
    Shown("check", "{check}", "#declared"),
    Shown("check-undeclared", "{check}", "#declared-wrong", press="#send .primary"),
    Shown("consent", "{consent}", "#consent", HELPER),
    Shown("filed", "{filed}", ".filed h1"),
    Shown("offline", "/filing-offline?", "main .button", None),
    Shown("home", "/?", ".mine .story li"),
    Shown("home-empty", "/?", ".empty", NOBODY),
    Shown("sent-nothing", "/?", "form.supplement [name=text]", press="native:form[enctype]"),
    Shown("track", "/track?", "#secret", None),
    Shown("tracked", "{track}", ".dossier-code", None),
    Shown("not-tracked", "/track?code=H19&secret=AAAAA-AAAAA&", "[role=alert]", None, status=404),
    Shown("vault", "/papers?", "#v-given"),
    Shown("vault-empty", "/papers?", "#v-papers", NOBODY),
    Shown("documents", "{documents}", ".sheets, .paper, article"),
    Shown("helping", "/helping?procedure=1.004873&", "#filed ~ .scroll td", HELPER),
    Shown("helped-home", "/?", ".mine .consent", HELPER),
    Shown("helpers", "/helpers?", "#counts ~ .scroll td", SUPERIOR),
    Shown("refused", "/papers?", "main h1", HELPER, status=403),
)


@dataclass(slots=True)
class Seeded:
    desk: Desk
    base: str
    at: dict[str, str] = field(default_factory=dict)

    def path(self, shown: Shown, lang: str) -> str:
        path = shown.path.format(**self.at)
        return f"{path}{'' if path[-1] in '?&' else '&' if '?' in path else '?'}lang={lang}"


async def seeded(desk: Desk, base: str) -> Seeded:
    found = Seeded(desk, base)
    found.at["sheet"] = _plain(await begun(desk))
    found.at["check"] = _plain(await _ready(desk, MOTHER, "second", sheet("1")))
    found.at["consent"] = _plain(await _ready(desk, HELPER, "third", sheet("1", **THEIRS)))
    plain = await _file(desk, MOTHER, CODE, documents=[await _paper(desk, code) for code in (*DEMANDED, PAPER)])
    refused, waits = await _file(desk, MOTHER), await _file(desk, MOTHER, CODE, documents=[await _paper(desk, PAPER)])
    helped = await _file(desk, HELPER, applicant=WHOSE, consent={"kind": "paper"})
    await _done(desk, refused, "refuse", {"reason": "Ảnh chụp mờ, không đọc được số."})
    await _done(desk, waits, "accept")
    asked = SupplementRequestedSealed(text="Gửi thêm giấy chứng sinh, trang có dấu.")
    await desk.hears(Author("review", waits["id"], at=instant(datetime.now(UTC))).says(SupplementRequested(), asked))
    found.at["filed"], found.at["documents"] = f"/filed/{plain['id']}", f"/dossiers/{plain['id']}/documents"
    secret = tracking(helped["id"], b"of these tests alone")
    found.at["track"] = f"/track?code={helped['code']}&secret={secret}&"
    given = {"key": "share-of-these-tests", "source": plain["id"], "n": str(len(DEMANDED) + 1), "dossier": waits["id"]}
    answer = await desk.http.post("/papers/share", data=given, headers=MOTHER)
    assert answer.status_code == 303, answer.text
    return found


async def settled(page: Page, shown: Shown) -> None:
    """The page is as it is meant: what leads there is pressed."""
    if shown.press.startswith("native:"):  # as a browser sends it without a script
        await page.locator(shown.press.removeprefix("native:")).first.evaluate("form => form.submit()")
        await page.wait_for_url("**/bring/**")
    elif shown.press:
        await page.locator(shown.press).first.click()
    await expect(page.locator(shown.there).first).to_be_visible()


def _plain(path: str) -> str:
    return path.partition("?")[0]


async def _ready(desk: Desk, who: Who, key: str, typed: dict[str, Any]) -> str:
    where = await begun(desk, who, f"{key}-key-of-a-form")
    answer = await posted(desk, where, typed, files(*DEMANDED), who)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def _paper(desk: Desk, code: str) -> dict[str, str]:
    sent = {**MOTHER, "content-type": "application/pdf"}
    upload = await desk.http.post(f"/api/v1/documents?name=giay-{code}.pdf", content=scan(code, 1), headers=sent)
    assert upload.status_code == 201, upload.text
    return {"code": code, "id": upload.json()["id"]}


async def _file(desk: Desk, who: Who, procedure: str = CODE, **changes: Any) -> dict[str, Any]:
    reused = {"reused": ["G15-KQ004389"]} if "documents" not in changes or len(changes["documents"]) == 1 else {}
    answer = await desk.post("/api/v1/dossiers", who, filing(procedure, **{"applicant": WHOSE, **reused, **changes}))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def _done(desk: Desk, dossier: dict[str, Any], verb: str, body: dict[str, Any] | None = None) -> None:
    answer = await desk.post(f"/api/v1/dossiers/{dossier['id']}/{verb}", COUNTER, body)
    assert answer.status_code == 200, answer.text

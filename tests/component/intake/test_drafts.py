"""What a draft owes: sealed and erased with the person, gone by itself, its papers kept, carried to a form of another day."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from copy import deepcopy
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from tests.component.desks import Desk, desk, officer
from tests.component.intake.test_file_online import (
    AGENCY,
    CODE,
    DEMANDED,
    EXAMPLE,
    MOTHER,
    NUMBER,
    PERSON,
    begun,
    files,
    hidden,
    posted,
    ready,
    sheet,
)

from dossier_intake.app import build
from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.drafts.draft import LARGEST, Content
from dossier_intake.drafts.store import Drafts
from dossier_intake.inspection.inspectors import Inspectors
from dossier_intake.settings import Settings
from dossier_intake.store import Uses
from dossier_intake.uploads.orphans import GRACE, KEPT, Orphans
from dossier_local.simulation.papers import scan
from dossier_local.stack import Stack
from dossier_shared.clock import FixedClock, SystemClock
from dossier_shared.http.tokens import Principal
from dossier_shared.problems import Invalid

Change = Callable[[dict[str, Any]], Any]
MONTH = timedelta(days=30)
WHO = Principal("Nguyễn Thị Mai", frozenset({"citizen"}), person=PERSON)
ADMIN = officer("a", "admin", agency=None)


@pytest.fixture
async def sealing(stack: Stack, inspectors: Inspectors) -> AsyncIterator[Desk]:
    """An intake that encrypts."""
    settings = Settings(
        mongodb_url=stack.mongodb, kafka_bootstrap_servers=stack.kafka, database=f"intake-{uuid4().hex}",
        development=True, person_key="of these tests alone", personal_data="encrypted",
    )  # fmt: skip
    async with desk(build(settings, inspectors)) as made:
        yield made


async def stored(intake: Desk) -> dict[str, Any]:
    (found,) = [one async for one in intake.runtime.db["drafts"].find({})]
    return dict(found)


async def test_nothing_personal_of_it_stands_in_clear_and_it_goes_with_the_person(sealing: Desk) -> None:
    where = await begun(sealing)
    await ready(sealing, where)
    kept = await stored(sealing)
    assert bytes(kept["content"]).startswith(b"~1.p-")
    for said in ("Nguyễn Thị Mai", "0912345678", NUMBER, EXAMPLE["child"]["full_name"], "Bản quét"):
        in_clear = {name: value for name, value in kept.items() if name != "owner"}  # an account's name, here the same
        assert said not in str(in_clear), said
        assert said.encode() not in bytes(kept["content"])
    assert 'value="0912345678"' in await sealing.page(where, MOTHER), "and who began it reads it"
    told = (await sealing.http.get(f"/internal/privacy/beside?person={PERSON}", headers=ADMIN)).json()["drafts"]
    assert [one["content"]["typed"]["applicant.phone"] for one in told] == [["0912345678"]]
    assert (await sealing.http.get("/internal/privacy/beside?person=p-" + "a" * 26, headers=ADMIN)).json()[
        "drafts"
    ] == []
    purging = sealing.runtime.purging
    await purging.purge("p-" + "a" * 26)
    assert await sealing.runtime.db["drafts"].count_documents({}) == 1, "of another"
    await purging.purge(PERSON)
    assert await sealing.runtime.db["drafts"].count_documents({}) == 0


async def test_what_was_kept_in_clear_goes_with_the_person_too(intake: Desk) -> None:
    await begun(intake)
    assert "holder" not in await stored(intake)
    await intake.runtime.purging.purge(PERSON)
    assert await intake.runtime.db["drafts"].count_documents({}) == 0


def drafts_at(intake: Desk, clock: FixedClock) -> Drafts:
    return Drafts(intake.runtime.db, clock, MONTH, b"k" * 16, intake.runtime.persons.keys, None)


async def test_it_runs_out_by_an_index_and_each_saving_puts_that_off(intake: Desk) -> None:
    clock = FixedClock(SystemClock().now())
    drafts = drafts_at(intake, clock)
    indexes = await intake.runtime.db["drafts"].index_information()
    assert (indexes["run_out"]["key"], indexes["run_out"]["expireAfterSeconds"]) == ([("expires", 1)], 0)
    draft = await drafts.begin(WHO, "d", CODE, AGENCY, "v", Content({"agency": [AGENCY]}))
    clock.advance(timedelta(days=20))
    saved = await drafts.save(WHO, draft, AGENCY, "v", Content({"agency": [AGENCY], "applicant.name": ["A"]}), ())
    assert saved is not None
    clock.advance(timedelta(days=20))
    assert [one.id for one in await drafts.of(WHO)] == ["d"]
    clock.advance(timedelta(days=11))
    assert (await drafts.of(WHO), await drafts.find(WHO, "d")) == ([], None)
    assert await drafts.save(WHO, saved, AGENCY, "v", Content({}), ()) is None, "what has run out is not brought back"


async def test_of_two_who_save_at_once_one_is_told(intake: Desk) -> None:
    drafts = drafts_at(intake, FixedClock(SystemClock().now()))
    draft = await drafts.begin(WHO, "d", CODE, AGENCY, "v", Content({}))
    wishes = [Content({"applicant.phone": [str(n)]}) for n in range(8)]
    done = await asyncio.gather(*(drafts.save(WHO, draft, AGENCY, "v", wish, ()) for wish in wishes))
    (won,) = [one for one in done if one is not None]
    assert (await drafts.find(WHO, "d")) == won
    assert won.revision == 2
    with pytest.raises(Invalid):
        await drafts.save(WHO, won, AGENCY, "v", Content({"form.x": ["a" * LARGEST]}), ())


async def test_its_papers_stay_as_long_as_it_does(intake: Desk) -> None:
    where = await begun(intake)
    await ready(intake, where)
    (left,) = [
        (await intake.http.post("/api/v1/documents?name=a.pdf", headers=MOTHER, content=scan("x", 9))).json()["id"]
    ]
    mine = set((await stored(intake))["files"])
    clock = FixedClock(SystemClock().now())
    runtime = intake.runtime
    naming = drafts_at(intake, clock).naming
    orphans = Orphans(runtime.dossiers, Uses(runtime.db), runtime.files, runtime.ledger, clock, naming)

    async def there() -> set[str]:
        return {one["file"] async for one in runtime.db["uploads"].find({})}

    for _ in range(2):
        clock.advance(KEPT + timedelta(hours=1))
        await orphans.once()
        if mine == {one["file"] async for one in runtime.db["uploads"].find({"leaving": None})}:
            going = {"file": min(mine)}  # as if it had been on its way out when the draft was saved
            await runtime.db["uploads"].update_many(going, {"$set": {"leaving": clock.now()}})
        clock.advance(GRACE + timedelta(seconds=1))
        await orphans.once()
    assert await there() == mine
    assert await runtime.db["uploads"].count_documents({"leaving": None}) == len(mine), "and can be attached"
    assert left not in mine
    check = where.replace("/filing/", "/drafts/").replace("?", "/check?")
    page = await intake.page(check, MOTHER)
    assert f"/papers/{min(mine)}" in page
    await runtime.db["drafts"].delete_many({})
    clock.advance(KEPT + timedelta(hours=1))
    await orphans.once()
    clock.advance(GRACE + timedelta(seconds=1))
    await orphans.once()
    assert await there() == set(), "and no longer"


async def test_a_draft_of_yesterday_meets_the_form_of_today(intake: Desk) -> None:
    where = await begun(intake)
    first = await posted(intake, where, sheet("1", "save"), files(*DEMANDED))
    assert first.status_code == 303

    def newer(procedure: dict[str, Any]) -> None:
        procedure["documents"] = [one for one in procedure["documents"] if one["code"] != DEMANDED[0]]
        child = procedure["form"]["properties"]["child"]
        del child["properties"]["birth_place"]
        child["required"] = [name for name in child["required"] if name != "birth_place"]
        for example in procedure["form"]["examples"]:
            del example["child"]["birth_place"]

    await in_force(intake, newer)
    page = await intake.page(where, MOTHER)
    assert "Mẫu khai đã thay đổi" in page
    assert EXAMPLE["child"]["birth_place"] in page, "what is no longer asked is shown"
    assert 'name="form.child.birth_place"' not in page
    assert f'value="{EXAMPLE["child"]["full_name"]}"' in page, "the rest is carried over"
    assert "Bản quét 0.pdf" in page.partition('id="sheet"')[0], "a paper that is no longer asked for, too"
    # a page that was drawn by the form of yesterday is posted: nothing is refused for that
    posted_late = await posted(intake, where, sheet("2", "save"))
    assert posted_late.status_code == 303, posted_late.text
    page = await intake.page(where, MOTHER)
    assert page.partition('id="sheet"')[0].count(EXAMPLE["child"]["birth_place"]) == 1
    gone = await posted(
        intake, where, {**sheet(hidden(page, "revision")[0], "forget-left"), "form.child.birth_place": ""}
    )
    assert gone.status_code == 200
    assert "Mẫu khai đã thay đổi" not in gone.text


async def in_force(intake: Desk, change: Change) -> None:
    """From now on the catalogue with that procedure changed."""
    document = deepcopy(Catalogue.load_packaged().document())
    change(next(one for one in document["procedures"] if one["code"] == CODE))
    await intake.app.state.catalogues.publish(Catalogue.parse(document))


async def test_what_needs_a_surer_account_says_so_before_one_types(intake: Desk) -> None:
    await in_force(intake, lambda procedure: procedure.update(assurance=2))
    page = await intake.page(f"/file/{CODE}", MOTHER)
    assert "mức 2" in page
    assert "acr=2" in page, "and leads on"
    assert 'name="agency"' not in page
    answer = await intake.http.post(f"/file/{CODE}", data={"key": "k", "agency": AGENCY}, headers=MOTHER)
    assert answer.status_code == 401
    assert await intake.runtime.db["drafts"].count_documents({}) == 0


async def test_forty_papers_and_two_hundred_fields(intake: Desk) -> None:
    fields = {f"f{n}": {"type": "string", "title": f"Mục {n}", "maxLength": 100} for n in range(200)}
    form = {"type": "object", "title": "Tờ khai dài", "properties": fields, "required": ["f0"]}
    await in_force(intake, lambda procedure: procedure.update(form=form))
    where = await begun(intake)
    base = {name: value for name, value in sheet("1").items() if not name.startswith("form")}
    typed = {**base, **{f"form.f{n}": f"trả lời {n}" for n in range(200)}}
    brought = [
        (f"file.{DEMANDED[n % len(DEMANDED)]}", (f"{n}.pdf", scan("many", n), "application/pdf")) for n in range(40)
    ]
    empty = [("file.G15-KQ003208", ("", b"", "application/octet-stream"))] * 16  # of inputs left alone
    answer = await posted(intake, where, typed, [*brought, *empty])
    assert answer.status_code == 303, answer.text
    page = await intake.page(answer.headers["location"], MOTHER)
    assert all(f"trả lời {n}<" in page for n in range(200))
    assert len((await stored(intake))["files"]) == 40
    done = await intake.http.post(
        answer.headers["location"],
        data={"key": hidden(page, "key")[0], "revision": hidden(page, "revision")[0], "declared": "yes"}, headers=MOTHER,
    )  # fmt: skip
    assert done.status_code == 303, done.text
    (filed,) = [one async for one in intake.runtime.dossiers.table.find({})]
    assert len(filed["state"]["documents"]) == 40


async def test_a_form_nobody_can_fill_in_begins_nothing(intake: Desk) -> None:
    nowhere = await intake.http.get("/file/9.999999", headers=MOTHER)
    assert nowhere.status_code == 422
    await in_force(intake, lambda procedure: procedure.update(online="info"))
    page = await intake.http.get(f"/file/{CODE}", headers=MOTHER)
    assert page.status_code == 422
    assert "không nhận hồ sơ trực tuyến" in page.text


async def test_a_keyword_that_json_schema_does_not_know_changes_nothing(intake: Desk) -> None:
    def strange(procedure: dict[str, Any]) -> None:
        procedure["form"]["requird"] = ["nobody"]
        procedure["form"]["properties"]["child"]["x-looks"] = {"colour": "red"}

    await in_force(intake, strange)
    check = await ready(intake, await begun(intake))
    assert EXAMPLE["child"]["full_name"] in await intake.page(check, MOTHER)


async def test_of_an_answer_that_was_lost_the_same_page_goes_on_and_another_is_told(intake: Desk) -> None:
    where = await begun(intake)
    path, page = where.replace("/filing/", "/drafts/"), "0f1e2d3c-0000-4000-8000-000000000001"

    async def saved(number: int, revision: str, phone: str, of: str = page) -> int:
        typed = sheet(revision, **{"page": f"{of}.{number}", "applicant.phone": phone})
        answer = await intake.http.post(path, data=typed, headers=MOTHER)
        return answer.status_code

    assert await saved(1, "1", "0911111111") == 200, "its answer is lost"
    assert await saved(2, "1", "0922222222") == 200
    assert await saved(1, "1", "0911111111") == 409, "what was sent before, and arrives after"
    assert await saved(1, "1", "0933333333", page.replace("1", "2")) == 409, "another tab"
    shown = await intake.page(where, MOTHER)
    assert 'value="0922222222"' in shown
    assert f'data-saved-by="{page}" data-saved-since="1"' in shown
    assert await saved(1, "3", "0933333333", page.replace("1", "2")) == 200, "it has seen what the first wrote"
    assert await saved(3, "1", "0944444444") == 409


async def test_without_a_script_what_is_posted_after_the_session_ended_is_posted_again(intake: Desk) -> None:
    where = await begun(intake)
    typed = sheet("1", "check", **{"applicant.address": 'Khu "phố" <3>'})
    browser = {"sec-fetch-site": "same-origin", "referer": f"http://127.0.0.1{where}"}
    answer = await intake.http.post(where, data=typed, files=files(DEMANDED[0]), headers=browser)
    assert answer.status_code == 401
    assert 'value="Khu &#34;phố&#34; &lt;3&gt;"' in answer.text
    assert "hãy chọn lại tệp" in answer.text, "files are nobody's yet"
    assert 'href="/sign-in?next=/filing/' in answer.text
    assert 'name="do" value="check"' in answer.text
    assert not hidden(answer.text, "do")
    again = {name: hidden(answer.text, name) for name in typed if name != "do"}
    answer = await intake.http.post(where, data=again | {"do": "save"}, files=[("file.", ("", b""))], headers=MOTHER)
    assert answer.status_code == 303
    assert 'value="Khu &#34;phố&#34; &lt;3&gt;"' in await intake.page(where, MOTHER)
    foreign = {"sec-fetch-site": "cross-site"}
    answer = await intake.http.post(where, data=typed, files=[("file.", ("", b""))], headers=foreign)
    assert answer.status_code == 401
    assert "phố" not in answer.text, "what another site posts is not shown"

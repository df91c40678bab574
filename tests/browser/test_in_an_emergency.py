"""A leader of another commune opens one dossier by saying why, in every service; the person, the agency and others see it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from pymongo import MongoClient

from dossier_local.loopback import http

from .province import AUDITOR, LEADER, SUPERIOR, Province, Role
from .visitor import DESK, PHONE, Theme, Visitor, Visitors

pytestmark = pytest.mark.long
REASON = "Người bệnh cấp cứu không có giấy tờ, cần tìm người thân trong hồ sơ."
HELD = "aside.emergency-held"


async def seen(visitor: Visitor, name: str, theme: Theme, width: int) -> None:
    await visitor.screenshot(f"{name}-{width}-{theme}-vi")
    assert await visitor.too_wide() == []
    assert await visitor.axe() == []
    assert visitor.wrong == []


def dossier_of(province: Province, id_: str) -> Mapping[str, Any]:
    with MongoClient[dict[str, Any]](province.stack.mongodb) as client:
        found = client["dossier_intake"]["dossiers"].find_one({"_id": id_})
        assert found is not None
        return dict(found["state"])


async def read_in(province: Province, service: str, path: str, role: Role) -> int:
    async with http(province.stack.url(service)) as client:
        headers = {"authorization": f"Bearer {await province.token(role)}"}
        return (await client.get(path, headers=headers)).status_code


@pytest.mark.parametrize(("theme", "width"), [("light", DESK), ("dark", PHONE), ("dark", DESK), ("light", PHONE)])
async def test_one_dossier_is_opened_by_saying_why_and_everybody_whom_it_concerns_sees_it(
    visitors: Visitors, province: Province, theme: Theme, width: int
) -> None:
    id_ = province.with_papers()
    state = dossier_of(province, id_)
    strange = Role("Vũ Văn Nam", ("leader",), "X-H19-25220", sub=f"strange-{theme}-{width}")
    shape: dict[str, Any] = {"theme": theme, "width": width}
    assert await read_in(province, "review", f"/cases/{id_}", strange) == 404, "there is nothing of it for them"
    async with visitors.visit(strange, "/emergency?lang=vi", service="intake", **shape) as visitor:
        await seen(visitor, "emergency", theme, width)
        await visitor.page.fill("#code", state["code"])
        await visitor.page.fill("#reason", REASON)
        await visitor.page.locator("form.emergency button.danger").click()
        await visitor.page.locator("#thread").wait_for()
        await visitor.says(HELD, re.compile(re.escape(state["code"])))
        await visitor.says(HELD, re.compile("cấp cứu"))
        assert await visitor.page.locator("form[data-action]").count() == 0, "it is for reading"
        await seen(visitor, "emergency-case-intake", theme, width)
        await visitor.open(f"/dossiers/{id_}/documents?lang=vi")
        await visitor.page.locator(".sheets img").first.wait_for()
        await visitor.says(HELD, re.compile(re.escape(state["code"])))
        await seen(visitor, "emergency-papers", theme, width)
        await visitor.open("/emergency?lang=vi")
        await visitor.page.locator(".accesses li").first.wait_for()
        await seen(visitor, "emergency-taken", theme, width)
    async with visitors.visit(strange, f"/cases/{id_}?lang=vi", service="review", **shape) as visitor:
        await visitor.page.locator("#thread").wait_for()
        await visitor.says(HELD, re.compile(re.escape(state["code"])))
        await seen(visitor, "emergency-case-review", theme, width)
    owner = Role("Người nộp hồ sơ", ("citizen",), None, sub=state["owner"])
    async with visitors.visit(owner, "/?lang=vi", service="intake", **shape) as visitor:
        await visitor.says(".in-emergency", re.compile("cấp cứu"))
        await seen(visitor, "emergency-person", theme, width)
    async with visitors.visit(owner, f"/timelines/{state['code']}?lang=vi", **shape) as visitor:
        await visitor.says(".taken", re.compile("cấp cứu"))
        await seen(visitor, "emergency-timeline", theme, width)
    for role in (SUPERIOR, AUDITOR, LEADER):
        async with visitors.visit(role, "/emergencies?lang=vi", **shape) as visitor:
            await visitor.says(".lent", re.compile(re.escape(state["code"])))
            await seen(visitor, f"emergencies-{role.roles[0]}", theme, width)
    async with visitors.visit(LEADER, "/emergency?lang=vi", service="intake", **shape) as visitor:
        await visitor.says("section[aria-labelledby=here]", re.compile(re.escape(state["code"])))
        await seen(visitor, "emergency-agency", theme, width)

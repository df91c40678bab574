"""Somebody at a desk of their office: what they do on a page, said as they would say it.

Buttons, links and fields are found by the words that stand on them; and every page somebody looks at owes them what any page owes
anybody: nothing refused, nothing wrong in the console, readable by all.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import orjson
import pypdfium2
from playwright.async_api import FilePayload, Locator, Page, async_playwright, expect
from tests.origin import origin

from dossier_local.reconciliation.world import Ack
from dossier_local.simulation.acks import AckFile
from dossier_local.simulation.client import Client
from dossier_local.stack import Stack
from dossier_local.waiting import eventually, patience

from .province import Province, Role
from .visitor import SCREENSHOTS, Visitor, Visitors, launch

HEARD = 60.0  # seconds until the others have heard what one service recorded


@dataclass(slots=True)
class Day:
    """`front`: the one origin of all services. `acks`: what each was told was done, for the reconciliation."""

    province: Province
    visitors: Visitors
    front: str
    acks: AckFile
    shots: int = 0
    told: int = 0

    @asynccontextmanager
    async def at(self, role: Role | None, path: str) -> AsyncIterator[Desk]:
        """`path` begins with the service's."""
        async with self.visitors.visit(role, path, base=self.front) as visitor:
            desk = Desk(visitor, self)
            yield desk
            assert (desk.refused, visitor.wrong) == ([], []), path

    async def did(self, action: str, dossier: str, code: str | None = None, times: int = 1) -> None:
        self.told += 1
        await self.acks.write([Ack(action, f"day:{self.told}", "done", dossier, code, times=times)])


@dataclass(slots=True)
class Desk:
    """`refused`: what was answered 4xx or 5xx since it was opened."""

    visitor: Visitor
    day: Day
    refused: list[str] = field(default_factory=list)

    @property
    def page(self) -> Page:
        return self.visitor.page

    def __post_init__(self) -> None:
        self.page.context.on(
            "response", lambda got: self.refused.append(f"{got.status} {got.url}") if got.status >= 400 else None
        )

    async def look(self, name: str) -> None:
        """Its picture for people, in the order of the day; and everybody can read it."""
        self.day.shots += 1
        await self.visitor.screenshot(f"day/{self.day.shots:02d}-{name}")
        assert await self.visitor.axe() == [], name
        assert await self.visitor.too_wide() == [], name

    async def reads(self, *words: str, within: float = 15) -> None:
        for said in words:
            await expect(self.page.locator("main")).to_contain_text(said, timeout=patience(within) * 1000)

    async def until(self, words: str) -> None:
        """Opens the page anew until it says so: the service has yet to hear what another recorded."""

        async def there() -> bool:
            await self.page.reload()
            return words in await self.page.locator("main").inner_text()

        await eventually(there, within=HEARD)

    async def press(self, words: str) -> None:
        found = self.page.get_by_role("button", name=words, exact=True)
        await found.or_(self.page.get_by_role("link", name=words, exact=True)).first.click()

    async def write(self, *where: str) -> None:
        """The last of it into the field that the rest names: the groups it is in, then its label."""
        *groups, label, words = where
        within = self.page.locator("main")
        for group in groups:
            within = within.get_by_role("group", name=group).first
        await fill(within, label, words)

    async def choose(self, *where: str) -> None:
        """One of those that are offered in a group."""
        *groups, choice = where
        within = self.page.locator("main")
        for group in groups:
            named = within.get_by_role("group", name=group)
            within = named.or_(within.get_by_role("radiogroup", name=group)).first
        await within.get_by_label(choice, exact=True).check()

    async def attach(self, label: str, *files: FilePayload) -> None:
        field = self.page.locator("input[type=file]").and_(self.page.get_by_label(label))
        await field.set_input_files(files)

    async def act(self, label: str, fields: Mapping[str, str | Sequence[str]] | None = None) -> None:
        """An action of a case's page: opened, filled in, confirmed, and told that it was done."""
        box = self.action(label)
        await box.locator("summary").click()
        for name, words in (fields or {}).items():
            await fill(box, name, words)
        await box.get_by_role("button", name=f"Xác nhận: {label}", exact=True).click()
        await self.reads(f"Đã thực hiện: {label}")

    def action(self, label: str) -> Locator:
        named = self.page.locator("summary").filter(has_text=re.compile(rf"^\s*\d+\s+{re.escape(label)}\s*$"))
        return self.page.locator("details.action").filter(has=named)

    async def takes(self, link: str | Locator) -> bytes:
        """A file that opens beside the page when its link is clicked, and its bytes as they come to this person."""
        found = self.page.get_by_role("link", name=link, exact=True).first if isinstance(link, str) else link
        address = urljoin(self.page.url, await found.get_attribute("href") or "")
        async with (
            self.page.context.expect_page() as opened,
            self.page.context.expect_event("response", lambda got: got.url == address) as came,
        ):
            await found.click()
        assert (await came.value).status == 200, address
        await (await opened.value).close()
        return await self.gets(address)

    async def gets(self, address: str) -> bytes:
        answer = await self.page.context.request.get(address)
        assert answer.ok, f"{answer.status} {address}"
        return await answer.body()

    async def sign(self, pad: str) -> None:
        """With the pen, on the screen."""
        sheet = self.page.get_by_role("img", name=pad)
        await sheet.scroll_into_view_if_needed()
        box, mouse = await sheet.bounding_box(), self.page.mouse
        assert box is not None
        await mouse.move(box["x"] + 40, box["y"] + 60)
        await mouse.down()
        for n in range(1, 9):
            await mouse.move(box["x"] + 40 + 20 * n, box["y"] + 60 + 30 * (n % 2))
        await mouse.up()

    async def json(self, address: str) -> Any:
        return orjson.loads(await self.gets(address))


async def fill(within: Locator, label: str, words: str | Sequence[str]) -> None:
    control = within.get_by_label(label).first
    if await control.evaluate("e => e.tagName") == "SELECT":
        await control.select_option(label=words)
    else:
        assert isinstance(words, str)
        await control.fill(words)


@asynccontextmanager
async def first_day(folder: Path) -> AsyncIterator[Day]:
    """Nobody has filed anything yet; all services are under one origin, as people have them."""
    async with AsyncExitStack() as closing:
        front = await closing.enter_async_context(origin(lambda name: stack.url(name)))
        stack = await closing.enter_async_context(Stack(folder, free_ports=True, env=front.env))
        await stack.start_all()
        acks = AckFile(folder / "clients.jsonl")
        closing.push_async_callback(acks.close)
        client = Client({}, acks)
        closing.push_async_callback(client.close)
        browser = await launch(await closing.enter_async_context(async_playwright()))
        closing.push_async_callback(browser.close)
        province = Province(stack, client, acks.path)
        yield Day(province, Visitors(browser, province), front.url, acks)


def paper(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "application/pdf", "buffer": content}


def printed(day: Day, name: str, pdf: bytes) -> list[str]:
    """The words of each of its pages; and their pictures among those of the day."""
    with pypdfium2.PdfDocument(pdf) as document:
        day.shots += 1
        for number, page in enumerate(document, 1):
            picture = page.render(scale=1.5).to_pil()
            picture.save(SCREENSHOTS / "day" / f"{day.shots:02d}-{name}-{number}.png")
        return [" ".join(page.get_textpage().get_text_range().split()) for page in document]

"""Somebody with a phone who files a birth, whatever the line does: they look at what the page shows and do what it asks for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from time import monotonic

from playwright.async_api import Error, FilePayload, Page
from tests.component.intake.test_file_online import AGENCY, CODE

LOOKS = 0.3  # seconds until somebody looks again
BRIEF = 3000  # milliseconds for what is on the page already
LONG_LOAD = 40_000  # milliseconds after which somebody loads a page again
KEYS_A_WORD, WORDS_A_MINUTE = 5, 30  # as typing is measured
SHOWN = """(form) => [...new FormData(form)].filter(([, one]) => typeof one === "string")"""
STATE = """() => {
  const seen = (id) => document.getElementById(id)?.checkVisibility() ?? false;
  const box = document.getElementById("waiting");
  return {
    said: [...document.querySelectorAll(".field-wrong, #saving, .coming")]
      .map((one) => one.textContent.trim()).filter(Boolean).join(" / "),
    ours: document.body?.hasAttribute("data-who") ?? false,
    waits: seen("waiting"),
    goes: seen("waiting") && [...box.querySelectorAll(".waits")].every((one) => one.textContent.includes(box.dataset.waits)),
    moved: seen("moved"), before: seen("before"), unsent: seen("unsent-check"),
    check: seen("send") && seen("declared"), sheet: seen("sheet") && seen("file"), // what was cut off has no button
  };
}"""


@dataclass(slots=True)
class Patient:
    """`answers`: by name of the field. `papers`: which photograph for which paper. `keys`: pressed so far, typed again included;
    a choice counts as a word. `did`: what was done, and when."""

    page: Page
    answers: Mapping[str, str]
    papers: Mapping[str, FilePayload]
    rng: Random
    keys: int = 0
    did: list[str] = field(default_factory=list)
    _began: float = field(default_factory=monotonic)

    @property
    def minutes_of_typing(self) -> float:
        return self.keys / KEYS_A_WORD / WORDS_A_MINUTE

    def __post_init__(self) -> None:
        self.page.on("framenavigated", lambda frame: self._do(f"is at {frame.url}"))
        self.page.on("pageerror", lambda error: self._do(f"breaks: {error}"))

    async def file(self) -> str:
        """Until the receipt is there: the code on it."""
        where = await self._begun()
        while True:
            with suppress(Error):  # the page went on meanwhile
                if "/filed/" in self.page.url and (
                    code := await self.page.locator(".filed h1").inner_text(timeout=BRIEF)
                ):
                    return code
                await self._look(where)
            await asyncio.sleep(LOOKS)

    def _do(self, what: str) -> None:
        if self.did and self.did[-1].endswith(what):
            return
        self.did.append(f"{monotonic() - self._began:6.1f} s {what}")

    async def _begun(self) -> str:
        """However often it takes: where the sheet is."""
        while "/filing/" not in self.page.url:
            self._do("begins")
            with suppress(Error):
                await self._load(f"/file/{CODE}?agency={AGENCY}&lang=vi")
                await self.page.locator("form.sheet button.primary").click(timeout=BRIEF)
                await self.page.wait_for_url("**/filing/*", timeout=LONG_LOAD, wait_until="domcontentloaded")
            await asyncio.sleep(LOOKS)
        return self.page.url

    async def _load(self, where: str) -> None:
        await self.page.goto(where, wait_until="domcontentloaded", timeout=LONG_LOAD)

    async def _look(self, where: str) -> None:
        """The next thing that somebody would do who sees this page."""
        state = await self.page.evaluate(STATE)
        if state["said"] and not self.did[-1].endswith(state["said"]):
            self._do(f"reads: {state['said']}")
        if not state["ours"]:
            self._do(f"loads again: {self.page.url}")
            await self._load(where)
        elif state["waits"]:
            if not state["goes"]:  # it says what is wrong; else that it goes by itself
                self._do(f"goes on by hand: {await self.page.locator('#waiting').inner_text()}")
                await self.page.locator("#waiting button").first.click(timeout=BRIEF)
        elif state["unsent"]:
            self._do("declares without a line")
            await self.page.locator("#unsent-declared").check(timeout=BRIEF)
            await self.page.locator("#unsent-send").click(timeout=BRIEF)
        elif state["moved"]:
            self._do(f"keeps what is here: {await self.page.locator('#moved').inner_text()}")
            await self.page.locator('#moved button[value="save"]').click(timeout=BRIEF)
        elif state["before"]:
            self._do("takes back what the device kept")
            await self.page.locator("#before-back").click(timeout=BRIEF)
        elif state["check"]:
            self._do("declares and sends")
            await self.page.locator("#declared").check(timeout=BRIEF)
            await self.page.locator("#send button.primary").click(timeout=BRIEF)
        elif state["sheet"]:
            await self._fill_in()
        else:
            self._do(f"goes back to the form from {self.page.url}")
            await self._load(where)

    async def _fill_in(self) -> None:
        """What is not there yet; then on."""
        shown = await self.page.locator("#sheet").evaluate(SHOWN)
        missing = [name for name, value in self.answers.items() if [name, value] not in shown]
        if missing:
            self._do(f"types {len(missing)} fields")
        for name in missing:
            await self._type(name, self.answers[name])
            await asyncio.sleep(self.rng.uniform(0, 0.2))
        for code, photo in self.papers.items():
            paper = self.page.locator(f'li:has(> .bring input[data-code="{code}"])')
            picture = paper.locator("input[type=file]").last
            if not await paper.locator(".taken li").count() and not await picture.evaluate("(one) => one.files.length"):
                self._do(f"photographs {code}")
                await picture.set_input_files([photo])
        if not missing:
            self._do("presses on")
            await self.page.locator("#file").click(timeout=BRIEF)

    async def _type(self, name: str, value: str) -> None:
        field = self.page.locator(f'#sheet [name="{name}"]').first
        kind = await field.evaluate("(one) => one.type", timeout=BRIEF)
        if kind == "radio":
            self.keys += KEYS_A_WORD
            await self.page.locator(f'#sheet [name="{name}"][value="{value}"]').check(timeout=BRIEF)
        elif kind == "select-one":
            self.keys += KEYS_A_WORD
            await field.select_option(value, timeout=BRIEF)
        else:
            self.keys += len(value)
            await field.fill(value, timeout=BRIEF)

"""Somebody in front of a real Chromium, and what a page owes them."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from playwright.async_api import Browser, BrowserContext, Error, Page, Playwright, expect
from tests.missing import missing

from dossier_local.waiting import patience

from .province import Province, Role

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "build" / "screenshots"
Theme = Literal["light", "dark"]
Json = dict[str, Any]
PHONE, DESK, WALL = 390, 1280, 1920
HEIGHTS = {PHONE: 844, DESK: 800, WALL: 1080}
NAMES = ("chromium", "chromium-browser", "google-chrome")


def executable() -> str:
    return next((path for name in NAMES if (path := shutil.which(name))), None) or missing("Chromium", "system-deps")


def _arguments() -> list[str]:
    return [*(["--no-sandbox"] if os.geteuid() == 0 else []), "--disable-dev-shm-usage"]


async def launch(playwright: Playwright) -> Browser:
    """The one from the system: Playwright downloads none."""
    return await playwright.chromium.launch(executable_path=executable(), args=_arguments())


@asynccontextmanager
async def launch_kept(playwright: Playwright, folder: Path, base: str) -> AsyncIterator[BrowserContext]:
    """A small phone whose browser can be closed and opened again: what it keeps is in `folder`."""
    context = await playwright.chromium.launch_persistent_context(
        folder, executable_path=executable(), args=_arguments(), base_url=base, viewport={"width": 360, "height": 640},
        is_mobile=True, has_touch=True, reduced_motion="reduce", locale="vi-VN",
    )  # fmt: skip
    try:
        yield context
    finally:
        await context.close()


@dataclass(slots=True)
class Visitor:
    """`wrong`: what the browser's console complained of since the page was opened."""

    page: Page
    base: str
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on(
            "console", lambda said: self.wrong.append(said.text) if said.type in ("error", "warning") else None
        )

    async def open(self, path: str) -> None:
        answer = await self.page.goto(self.base + path, wait_until="load")
        assert answer is not None
        assert answer.ok, f"{path}: {answer.status}"

    async def says(self, selector: str, words: str | re.Pattern[str], within: float = 15) -> None:
        await expect(self.page.locator(selector).first).to_have_text(words, timeout=patience(within) * 1000)

    async def text(self, selector: str) -> str:
        return (await self.page.locator(selector).first.inner_text()).strip()

    async def number(self, selector: str) -> int:
        return int(re.sub(r"\D", "", await self.text(selector)))

    async def remember(self, selector: str) -> None:
        """From now on every text this element shows is kept; a reload would forget them."""
        await self.page.evaluate(REMEMBER, selector)

    async def remembered(self) -> list[str]:
        """In order, the first included."""
        shown: list[str] = await self.page.evaluate("window.shown")
        return shown

    async def axe(self) -> list[str]:
        """What accessibility rules are broken, and where."""
        if not await self.page.evaluate("'axe' in window"):
            await self.page.evaluate(_axe())
        found = await self.page.evaluate(
            "async () => (await axe.run({ resultTypes: ['violations'], preload: false })).violations"
        )
        return [f"{rule['id']}: {node['target']} {node['failureSummary']}" for rule in found for node in rule["nodes"]]

    async def too_wide(self) -> list[str]:
        """What sticks out of the window to the right, unless it scrolls inside a box of its own."""
        found: list[str] = await self.page.evaluate(TOO_WIDE)
        return found

    async def walk(self) -> Json:
        """Tab from the top until the page is left: `missed` elements, those reached without a `dim` sign of focus."""
        await self.page.evaluate(WALK_BEGINS)
        for _ in range(600):
            await self.page.keyboard.press("Tab")
            if await self.page.evaluate("document.activeElement === document.body"):
                break
        walked: Json = await self.page.evaluate(WALK_ENDS)
        return walked

    async def screenshot(self, name: str) -> None:
        """For people to look at. On a busy machine Chromium now and then cannot: it is asked again, twice."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        for attempt in (1, 2, 3):
            try:
                await self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
                return
            except Error as error:
                if attempt == 3 or "Unable to capture screenshot" not in str(error):
                    raise


class Visitors:
    """Opens windows; each role signs in once, by a link of one use, and gets its session of every service."""

    def __init__(self, browser: Browser, province: Province) -> None:
        self.browser, self.province = browser, province
        self._signed_in: dict[Role, Any] = {}

    @asynccontextmanager
    async def visit(
        self,
        role: Role | None,
        path: str,
        *,
        theme: Theme = "light",
        width: int = DESK,
        service: str = "monitor",
        base: str | None = None,
        scripts: bool = True,
        moving: bool = False,
        alone: bool = False,
    ) -> AsyncIterator[Visitor]:
        """`role` None: nobody who is signed in. `base`: where the service is found; None: at its own port. `alone`: signed in
        for this window, at the issuer only."""
        base = base or self.province.stack.url(service)
        if role is not None and role not in self._signed_in and not alone:
            self._signed_in[role] = await self._sign_in(role)
        context = await self.browser.new_context(
            storage_state=self._signed_in[role] if role is not None and not alone else None,
            color_scheme=theme,
            viewport={"width": width, "height": HEIGHTS[width]},
            reduced_motion="no-preference" if moving else "reduce",
            java_script_enabled=scripts,
            is_mobile=width == PHONE,
            has_touch=width == PHONE,
            locale="vi-VN",
        )
        context.set_default_timeout(patience(15) * 1000)
        try:
            visitor = Visitor(await context.new_page(), base)
            if role is not None and alone:
                await visitor.page.goto(await self.province.link(role, f"{base}/health/live"))
            await visitor.open(path)
            yield visitor
        finally:
            await context.close()

    async def _sign_in(self, role: Role) -> Any:
        stack = self.province.stack
        context: BrowserContext = await self.browser.new_context()
        try:
            page = await context.new_page()
            await page.goto(await self.province.link(role, f"{stack.url('monitor')}/health/live"))
            for address in json.loads(stack.env("monitor")["NEIGHBOURS"]).values():  # behind a proxy, by its address
                await page.goto(f"{address}/sign-in?next={address}/signed-out")
                assert page.url == f"{address}/signed-out"
            return await context.storage_state()
        finally:
            await context.close()


@cache
def _axe() -> str:
    return (ROOT / "node_modules/axe-core/axe.min.js").read_text()


REMEMBER = """(selector) => {
  const element = document.querySelector(selector), shown = (window.shown = [element.textContent.trim()]);
  new MutationObserver(() => shown.push(element.textContent.trim()))
    .observe(element, { childList: true, characterData: true, subtree: true });
}"""

TOO_WIDE = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const boxed = (element) => {
    for (let up = element.parentElement; up; up = up.parentElement) {
      if (["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(up).overflowX)) return true;
    }
    return false;
  };
  const out = [...document.body.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > width + 1 && !boxed(e));
  return [`${document.documentElement.scrollWidth} > ${width}`, ...out.slice(0, 5).map((e) => e.outerHTML.slice(0, 120))];
}"""

WALK_BEGINS = """() => {
  window.walked = [];
  document.body.tabIndex = -1; // a page that focuses a field by itself is walked from its top all the same
  document.body.focus();
  document.body.removeAttribute("tabindex");
  window.getSelection().removeAllRanges();
  window.scrollTo(0, 0);
  document.addEventListener("focusin", (event) => {
    const style = getComputedStyle(event.target);
    const outline = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    window.walked.push({ element: event.target, seen: outline || style.boxShadow !== "none" });
  });
}"""

WALK_ENDS = """() => {
  const say = (element) => element.outerHTML.replace(/\\s+/g, " ").slice(0, 140);
  const wanted = [...document.querySelectorAll(
    "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']"
  )].filter((e) => !e.disabled && e.tabIndex >= 0 && e.checkVisibility({ visibilityProperty: true })
    && !(e.type === "radio" && !e.checked && document.querySelector(`input[name="${e.name}"]:checked`)));
  const reached = new Set(window.walked.map((step) => step.element));
  for (const e of [...reached]) { // arrows go on within a group of which nothing is chosen yet
    if (e.type === "radio") document.querySelectorAll(`input[name="${e.name}"]`).forEach((other) => reached.add(other));
  }
  return {
    reached: reached.size,
    missed: wanted.filter((e) => !reached.has(e)).map(say),
    dim: window.walked.filter((step) => !step.seen).map((step) => say(step.element)),
  };
}"""

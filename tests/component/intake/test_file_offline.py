"""What a device without a line relies on: what waited is sent once, photographs become one PDF, the worker's addresses."""

from __future__ import annotations

import asyncio
import json
import re
from io import BytesIO
from random import Random

import pikepdf
import pytest
from PIL import Image, ImageDraw
from tests.component.desks import Desk
from tests.component.intake.test_file_online import (
    DEMANDED,
    MOTHER,
    STRANGER,
    Files,
    begun,
    hidden,
    posted,
    ready,
    sheet,
)

CODE = DEMANDED[0]


def photo(n: int, across: int = 300, down: int = 400, orientation: int = 1) -> bytes:
    out, exif = BytesIO(), Image.Exif()
    exif[0x0112] = orientation
    told = {"exif": exif} if orientation != 1 else {}
    Image.frombytes("L", (across, down), Random(n).randbytes(across * down)).save(out, "JPEG", **told)
    return out.getvalue()


def photos(*contents: bytes) -> Files:
    return [(f"file.{CODE}", (f"trang {n}.jpg", content, "image/jpeg")) for n, content in enumerate(contents, 1)]


COLOURS = {"red": (220, 30, 30), "green": (30, 170, 30), "blue": (40, 40, 220), "yellow": (235, 215, 30)}
SEEN = [(260, 180), (820, 250), (900, 1150), (150, 1040)]  # corners of a paper as a phone held askew sees it


def on_a_table() -> bytes:
    """A white paper with writing and a mark of another colour inside each corner, from the upper left on."""
    picture = Image.new("RGB", (1080, 1350), (70, 52, 40))
    drawing = ImageDraw.Draw(picture)
    drawing.polygon(SEEN, fill=(242, 240, 235))
    for line in range(6):
        drawing.line([(320, 420 + 90 * line), (740, 440 + 95 * line)], fill=(40, 40, 40), width=8)
    middle = (sum(x for x, _ in SEEN) / 4, sum(y for _, y in SEEN) / 4)
    for (x, y), colour in zip(SEEN, COLOURS.values(), strict=True):
        across, down = x + 0.12 * (middle[0] - x), y + 0.12 * (middle[1] - y)
        drawing.ellipse([across - 22, down - 22, across + 22, down + 22], fill=colour)
    out = BytesIO()
    picture.save(out, "JPEG", quality=90)
    return out.getvalue()


def corners_of(content: bytes) -> list[str]:
    """The marks' colours from the upper left on, in a picture that has nothing but the paper: no table at its edge."""
    picture = Image.open(BytesIO(content)).convert("RGB")
    width, height = picture.size
    edges = [_pixel(picture, x, y) for x in (6, width // 2, width - 7) for y in (6, height // 2, height - 7)]
    assert all(min(colour) > 200 for colour in edges[:4] + edges[5:]), f"the table is seen: {edges}"
    found = []
    for box in ((0, 0), (1, 0), (1, 1), (0, 1)):
        left, top = box[0] * width * 3 // 4, box[1] * height * 3 // 4
        part = picture.crop((left, top, left + width // 4, top + height // 4)).resize(
            (40, 40), Image.Resampling.NEAREST
        )
        pixels = [_pixel(part, x, y) for x in range(40) for y in range(40)]
        near = {name: sum(_far(pixel, colour) < 60 for pixel in pixels) for name, colour in COLOURS.items()}
        found.append(max(near, key=lambda name: near[name]))
    return found


def _pixel(picture: Image.Image, across: int, down: int) -> tuple[int, ...]:
    colour = picture.getpixel((across, down))
    assert isinstance(colour, tuple)
    return colour


def _far(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


def draft_of(where: str) -> str:
    found = re.search(r"/(?:filing|drafts)/([^/?]+)", where)
    assert found
    return found[1]


async def test_a_filing_that_waited_is_sent_once_however_often_it_is_asked(intake: Desk) -> None:
    check = await ready(intake, await begun(intake))
    path, revision = f"/drafts/{draft_of(check)}/send", hidden(await intake.page(check, MOTHER), "revision")[0]
    given = {"key": draft_of(check), "revision": revision, "declared": "yes"}
    answers = await asyncio.gather(*(intake.http.post(path, data=given, headers=MOTHER) for _ in range(3)))
    answers.append(
        await intake.http.post(path, data={**given, "revision": "1"}, headers=MOTHER)
    )  # whatever was typed since
    assert {answer.status_code for answer in answers} == {200}
    (place,) = {answer.json()["filed"] for answer in answers}
    assert "Đã nộp hồ sơ" in await intake.page(place, MOTHER)
    assert await intake.runtime.dossiers.table.count_documents({}) == 1
    assert await intake.runtime.db["drafts"].count_documents({}) == 0


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"revision": "1"}, 409, "draft-moved-on"),
        ({"declared": ""}, 422, "draft-incomplete"),
        ({"key": ""}, 400, "idempotency-key-missing"),
    ],
)
async def test_what_was_not_checked_or_declared_is_not_sent(
    intake: Desk, changes: dict[str, str], status: int, code: str
) -> None:
    check = await ready(intake, await begun(intake))
    given = {
        "key": draft_of(check),
        "revision": hidden(await intake.page(check, MOTHER), "revision")[0],
        "declared": "yes",
    }
    answer = await intake.http.post(f"/drafts/{draft_of(check)}/send", data=given | changes, headers=MOTHER)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await intake.runtime.dossiers.table.count_documents({}) == 0


async def test_an_unfinished_or_anothers_draft_is_not_sent(intake: Desk) -> None:
    where = await begun(intake)
    given = {"key": draft_of(where), "revision": "1", "declared": "yes"}
    path = f"/drafts/{draft_of(where)}/send"
    mine = await intake.http.post(path, data=given, headers=MOTHER)
    assert (mine.status_code, mine.json()["code"]) == (422, "draft-incomplete")
    assert (await intake.http.post(path, data=given, headers=STRANGER)).status_code == 404


async def test_photographs_become_one_pdf_in_their_order(intake: Desk) -> None:
    where = await begun(intake)
    upright, lying = photo(1), photo(2, 400, 300, orientation=6)
    answer = await posted(intake, where, sheet("1", "save"), photos(upright, lying))
    page = await intake.page(answer.headers["location"], MOTHER)
    assert f'value="join:{CODE}"' in page
    given = sheet(hidden(page, "revision")[0], f"join:{CODE}", kept=hidden(page, "kept"))
    answer = await posted(intake, where, given)
    assert answer.status_code == 200, answer.text
    (kept,) = hidden(answer.text, "kept")
    code, file, _, kind, *_, name = kept.split("|")
    assert (code, kind, name) == (CODE, "application/pdf", "trang 1.pdf")
    content = await intake.runtime.files.get(file)
    assert content is not None
    with pikepdf.Pdf.open(BytesIO(content)) as made:
        pictures = [next(iter(page.resources.XObject.values())).read_raw_bytes() for page in made.pages]
        assert [Image.open(BytesIO(one)).size for one in pictures] == [(300, 400), (400, 300)]
        assert pictures[0] == upright, "nothing is compressed again"
        assert [int(page.get("/Rotate", 0)) for page in made.pages] == [0, 90]
    again = await intake.page(where, MOTHER)
    assert hidden(again, "kept") == [kept], "kept in the draft"


async def test_what_is_too_large_together_stays_as_it_was(intake: Desk) -> None:
    where = await begun(intake)
    large = [photo(n, 3200, 3200) for n in (1, 2)]
    assert 10 << 20 > len(large[0]) > 5 << 20
    answer = await posted(intake, where, sheet("1", "save"), photos(*large))
    page = await intake.page(answer.headers["location"], MOTHER)
    answer = await posted(intake, where, sheet(hidden(page, "revision")[0], f"join:{CODE}", kept=hidden(page, "kept")))
    assert len(hidden(answer.text, "kept")) == 2
    assert "lớn quá 10 MB" in answer.text


async def test_a_photograph_becomes_straight_in_its_place(intake: Desk) -> None:
    where = await begun(intake)
    answer = await posted(intake, where, sheet("1", "save"), photos(photo(1), on_a_table(), photo(2)))
    page = await intake.page(answer.headers["location"], MOTHER)
    crooked = hidden(page, "kept")[1].split("|")[1]
    deed = f"straighten:{CODE}:{crooked}"
    assert f'value="{deed}"' in page
    answer = await posted(intake, where, sheet(hidden(page, "revision")[0], deed, kept=hidden(page, "kept")))
    assert answer.status_code == 200, answer.text
    before, kept, after = hidden(answer.text, "kept")
    assert [before, after] == hidden(page, "kept")[::2], "the others are as they were"
    _, file, _, kind, changes, _, name = kept.split("|")
    assert (kind, changes, name) == ("image/jpeg", "straightened", "trang 2.jpg")
    assert f"straighten:{CODE}:{file}" not in answer.text, "it is straight now"
    assert "đã nắn thẳng" in answer.text
    content = await intake.runtime.files.get(file)
    assert content is not None
    assert corners_of(content) == ["red", "green", "blue", "yellow"]


async def test_what_shows_no_edges_stays_and_it_is_said_why(intake: Desk) -> None:
    where = await begun(intake)
    answer = await posted(intake, where, sheet("1", "save"), photos(photo(1)))
    page = await intake.page(answer.headers["location"], MOTHER)
    (kept,) = hidden(page, "kept")
    deed = f"straighten:{CODE}:{kept.split('|')[1]}"
    answer = await posted(intake, where, sheet(hidden(page, "revision")[0], deed, kept=[kept]))
    assert hidden(answer.text, "kept") == [kept]
    assert "Không thấy rõ bốn cạnh" in answer.text


async def test_the_worker_knows_the_addresses_of_its_service(intake: Desk) -> None:
    answer = await intake.http.get("/filing-worker.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-cache"
    shell = json.loads(answer.text.partition("self.SHELL = ")[2].partition(";\n")[0])
    for path in (*shell["files"], shell["offline"]):
        assert (await intake.http.get(path)).status_code == 200, path
    where = await begun(intake)
    page = await intake.page(where, MOTHER)
    used = set(re.findall(r'(?:src|href)="([^"]*/static/[^"]*)"', page))
    assert used <= set(shell["files"]), "what the page needs is there without a line"
    nobodys = await intake.http.get(shell["offline"])
    assert "default-src 'self'" in nobodys.headers["content-security-policy"], (
        "the pages that are kept are served with it"
    )

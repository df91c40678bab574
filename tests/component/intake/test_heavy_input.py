"""What weighs much: photographs of 60 megapixels, and a form of two hundred fields as it travels."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from io import BytesIO
from time import perf_counter

import pillow_heif
import pytest
from PIL import Image
from tests.component.desks import Desk
from tests.component.intake.test_drafts import in_force
from tests.component.intake.test_file_online import DEMANDED, MOTHER, begun, hidden, posted, sheet

ACROSS, DOWN = 8960, 6720  # 60.2 megapixels
PAGE = 30_000  # bytes of a page as it travels: with its styles and scripts it stays below 100 kB
SHORT = 0.25  # seconds for which others may wait whatever happens


def _picture(across: int = ACROSS, down: int = DOWN) -> Image.Image:
    return Image.linear_gradient("L").resize((across, down)).convert("RGB")


def jpeg() -> bytes:
    out = BytesIO()
    _picture().save(out, "JPEG", quality=60)
    return out.getvalue()


def progressive() -> bytes:
    """Which no decoder makes smaller while it reads."""
    out = BytesIO()
    _picture().save(out, "JPEG", quality=60, progressive=True)
    return out.getvalue()


def png() -> bytes:
    out = BytesIO()
    _picture().save(out, "PNG", compress_level=1)
    return out.getvalue()


def heic() -> bytes:
    out = BytesIO()
    pillow_heif.from_pillow(_picture()).save(out, quality=20, enc_params={"preset": "ultrafast"})
    return out.getvalue()


async def longest_wait(done: asyncio.Event) -> float:
    """Seconds for which nothing else was served."""
    longest, last = 0.0, perf_counter()
    while not done.is_set():
        await asyncio.sleep(0.01)
        longest, last = max(longest, perf_counter() - last), perf_counter()
    return longest


@pytest.mark.long
@pytest.mark.parametrize("made", [jpeg, progressive, png, heic], ids=lambda made: made.__name__)
async def test_a_photo_of_60_megapixels_is_taken_or_refused_in_words_and_nobody_waits_for_it(
    intake: Desk, made: Callable[[], bytes]
) -> None:
    content, where, done = await asyncio.to_thread(made), await begun(intake), asyncio.Event()
    waiting, since = asyncio.create_task(longest_wait(done)), perf_counter()
    file = (f"file.{DEMANDED[0]}", (f"ảnh.{made.__name__}", content, "application/octet-stream"))
    answer = await posted(intake, where, sheet("1", "save"), [file])
    took = perf_counter() - since
    done.set()
    assert await waiting < max(SHORT, took / 2), "decoded elsewhere"
    page = await intake.page(where, MOTHER)
    assert 'value="0912345678"' in page, "what was typed is kept"
    if made is heic and answer.status_code == 422:  # each copy of it is 180 MB: a small or busy machine says so
        assert any(words in answer.text for words in ("quá nhiều điểm ảnh", "quá phức tạp"))
        return
    assert answer.status_code == 303, answer.text
    (kept,) = hidden(page, "kept")
    _, _, size, kind, *_ = kept.split("|")
    assert kind == ("image/png" if made is png else "image/jpeg")
    assert int(size) <= 10 << 20


async def test_more_megapixels_than_a_scan_of_a3_are_refused_in_words(intake: Desk) -> None:
    where, out = await begun(intake), BytesIO()
    Image.new("1", (10_000, 8_001)).save(out, "PNG")
    file = (f"file.{DEMANDED[0]}", ("ảnh.png", out.getvalue(), "image/png"))
    answer = await posted(intake, where, sheet("1", "save"), [file])
    assert answer.status_code == 422
    assert "ảnh.png: Ảnh có quá nhiều điểm ảnh" in answer.text
    assert 'value="0912345678"' in await intake.page(where, MOTHER)


async def test_a_sheet_of_two_hundred_fields_travels_light(intake: Desk) -> None:
    fields = {f"f{n}": {"type": "string", "title": f"Mục số {n}", "maxLength": 100} for n in range(200)}
    form = {"type": "object", "title": "Tờ khai dài", "properties": fields}
    await in_force(intake, lambda procedure: procedure.update(form=form))
    where = await begun(intake)
    async with intake.http.stream("GET", where, headers={**MOTHER, "accept-encoding": "gzip"}) as answer:
        travelled = sum([len(piece) async for piece in answer.aiter_raw()])
        assert answer.headers["content-encoding"] == "gzip"
    assert (await intake.page(where, MOTHER)).count('name="form.f') == 200
    assert travelled <= PAGE

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
from tests.component.intake.test_file_online import DEMANDED, MOTHER, begun, hidden, posted, sheet

ACROSS, DOWN = 8960, 6720  # 60.2 megapixels
PAGE = 40_000  # bytes of a page as it travels: with its styles and scripts it stays below 100 kB
LONGEST = 0.5  # seconds for which others may wait


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
    pillow_heif.from_pillow(_picture()).save(out, quality=20)
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
    waiting = asyncio.create_task(longest_wait(done))
    file = (f"file.{DEMANDED[0]}", (f"ảnh.{made.__name__}", content, "application/octet-stream"))
    answer = await posted(intake, where, sheet("1", "save"), [file])
    done.set()
    assert await waiting < LONGEST
    page = await intake.page(where, MOTHER)
    assert 'value="0912345678"' in page, "what was typed is kept"
    if answer.status_code == 303:
        (kept,) = hidden(page, "kept")
        assert kept.split("|")[3] in ("image/jpeg", "image/png")
        assert int(kept.split("|")[2]) <= 10 << 20
    else:
        assert answer.status_code == 422
        assert any(words in answer.text for words in ("quá nhiều điểm ảnh", "quá phức tạp", "vượt quá"))
    assert (answer.status_code == 303) is (made is not png) or made is png

"""What is dear to count is kept for some times as long as it took, and renewed behind those who ask."""

from __future__ import annotations

import asyncio

import pytest

from dossier_shared.runtime.kept import LEAST, TIMES, Kept


class Counting:
    """Answers with how often it was asked; each answer takes a second of its clock."""

    def __init__(self) -> None:
        self.now, self.asked, self.fails = 0.0, 0, False

    async def __call__(self) -> int:
        await asyncio.sleep(0)
        if self.fails:
            raise ConnectionError
        self.now += 1
        self.asked += 1
        return self.asked


@pytest.fixture
def counting() -> Counting:
    return Counting()


def kept(counting: Counting, *, dear: bool = True) -> Kept[str, int]:
    return Kept(lambda _: dear, lambda: counting.now)


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_what_is_not_dear_is_as_of_now(counting: Counting) -> None:
    answers = kept(counting, dear=False)
    assert [await answers.get("a", counting) for _ in range(3)] == [1, 2, 3]


async def test_it_is_given_again_for_some_times_as_long_as_it_took_then_renewed_once_behind_all(
    counting: Counting,
) -> None:
    answers = kept(counting)
    assert await answers.get("a", counting) == 1
    counting.now = TIMES - 0.1
    assert await answers.get("a", counting) == 1
    await turns()
    assert counting.asked == 1
    counting.now = TIMES + 0.1
    assert await asyncio.gather(*(answers.get("a", counting) for _ in range(5))) == [1] * 5
    await turns()
    assert counting.asked == 2
    assert await answers.get("a", counting) == 2


async def test_what_nobody_asked_for_that_long_is_asked_for(counting: Counting) -> None:
    answers = kept(counting)
    await answers.get("a", counting)
    counting.now = 2 * TIMES + 0.1
    assert await answers.get("a", counting) == 2


async def test_what_took_next_to_nothing_is_kept_for_a_while_all_the_same(counting: Counting) -> None:
    answers, first = kept(counting), counting.now

    async def at_once() -> int:
        return counting.asked

    assert await answers.get("a", at_once) == 0
    counting.asked, counting.now = 7, first + LEAST - 0.1
    assert await answers.get("a", at_once) == 0
    counting.now = first + 2 * LEAST + 0.1
    assert await answers.get("a", at_once) == 7


async def test_each_key_has_its_own(counting: Counting) -> None:
    answers = kept(counting)
    assert [await answers.get(key, counting) for key in "abab"] == [1, 2, 1, 2]


async def test_a_renewal_that_fails_is_tried_again_and_at_last_told(counting: Counting) -> None:
    answers = kept(counting)
    await answers.get("a", counting)
    counting.now, counting.fails = TIMES + 0.1, True
    for _ in range(2):
        assert await answers.get("a", counting) == 1
        await turns()
    counting.now = 2 * TIMES + 0.1
    with pytest.raises(ConnectionError):
        await answers.get("a", counting)
    counting.fails = False
    assert await answers.get("a", counting) == 2

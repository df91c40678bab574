"""`eventually` returns what became true, and says what did not."""

from __future__ import annotations

import pytest

from dossier_local.waiting import CORES, eventually, patience


async def test_it_returns_the_first_true_value() -> None:
    values = iter([0, None, "", "here", "too late"])
    assert await eventually(lambda: next(values), every=0) == "here"


async def test_an_async_check_and_a_failing_assert_mean_not_yet() -> None:
    calls = 0

    async def check() -> int:
        nonlocal calls
        calls += 1
        assert calls > 2, f"only {calls}"
        return calls

    assert await eventually(check, every=0) == 3


async def test_it_says_what_it_last_saw() -> None:
    with pytest.raises(AssertionError, match="the last value was 0"):
        await eventually(lambda: 0, within=0.01, every=0)

    def check() -> bool:
        raise AssertionError("three of four")

    with pytest.raises(AssertionError, match="three of four"):
        await eventually(check, within=0.01, every=0)


async def test_it_waits_longer_where_the_machine_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    for load, times in ((0.0, 1), (CORES, 1), (3 * CORES, 3), (50 * CORES, 4)):
        monkeypatch.setattr("os.getloadavg", lambda load=load: (load, 0.0, 0.0))
        assert patience(10) == 10 * times


async def test_any_other_error_is_raised_at_once() -> None:
    def check() -> bool:
        raise KeyError("x")

    with pytest.raises(KeyError):
        await eventually(check)

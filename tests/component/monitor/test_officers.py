"""What officers did in the last 5 minutes, hour and day: in the API, as files, on the page; and after a kill."""

from __future__ import annotations

import csv
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.component.monitor.conftest import Watch
from tests.unit.monitor.stories import START, Chain

from dossier_shared.clock import instant
from dossier_shared.contracts.envelope import Event, chain_hash

pytestmark = pytest.mark.long

Eventually = Callable[..., Awaitable[Any]]
COMMUNE = "X-H19-25217"
FILED = {"code": "c", "procedure": "p", "catalogue": "1", "channel": "online", "owner": "o", "overseers": ["H19"]}


def event(chain: Chain, dossier: str, kind: str, minutes: int, who: str) -> Event:
    source = "intake" if kind in ("submitted", "accepted") else "review"
    data: dict[str, dict[str, Any]] = {
        "submitted": {**FILED, "code": dossier},
        "accepted": {"appointment": instant(START + timedelta(days=3)), "lines": []},
        "appraised": {"proposal": "approve"},
    }
    made = chain.event(dossier, source, kind, START + timedelta(minutes=minutes), COMMUNE, data[kind], {})
    made.actor = who
    made.hash = chain_hash(made)
    return made


async def shows(watch: Watch, now: str, expected: dict[str, dict[str, Any]]) -> bool:
    """`expected`: officer → window → deed → how many."""
    board = await watch.board("superior", agency="H19", detail=True)
    assert (board["now"], board["lag"], board["frozen"], board["skipped"]) == (now, 0, False, 0)
    assert {one["subject"]: one["throughput"] for one in board["officers"]} == expected
    return True


async def test_windows_slide_and_outlive_the_worker(watch: Watch, eventually: Eventually) -> None:
    chain = Chain()
    events = [event(chain, f"d{n}", "submitted", 0, "citizen:o") for n in range(3)]
    events += [event(chain, f"d{n}", "accepted", 10 + 30 * n, "counter:c1") for n in range(3)]
    events += [event(chain, "d0", "appraised", 71, "specialist:s1"), event(chain, "d1", "appraised", 71, "rule:review")]
    await watch.feed(events)
    await watch.feed(events[::2])  # again
    expected = {
        "c1": {"5m": {"accepted": 1}, "1h": {"accepted": 2}, "1d": {"accepted": 3}},
        "s1": {"5m": {"appraised": 1}, "1h": {"appraised": 1}, "1d": {"appraised": 1}},
    }
    await eventually(lambda: shows(watch, events[-1].time, expected), within=30)
    await watch.stack.kill("monitor-worker")
    await watch.feed([late := event(chain, "d3", "submitted", 76, "citizen:o")])
    await watch.stack.start("monitor-worker")
    expected["c1"]["5m"] = expected["s1"]["5m"] = {}
    await eventually(lambda: shows(watch, late.time, expected), within=60)


async def test_the_page_and_the_files_say_the_same(watch: Watch, eventually: Eventually) -> None:
    headers = await watch.headers("superior", agency="H19")
    page = (await watch.client.get(f"/agencies/{COMMUNE}", headers=headers)).text
    for window, words, number in (("5m", "5 phút", 0), ("1h", "1 giờ", 2), ("1d", "24 giờ", 3)):
        assert f'<th scope="col" class="n">Đã làm {words}</th>' in page
        cell = page.partition(f'data-v="o:c1/done{window}"')[2]
        assert cell.partition(">")[2].startswith(f"{number}<")
    assert (
        '<th scope="col" class="n">Done 5 min</th>'
        in (await watch.client.get(f"/agencies/{COMMUNE}?lang=en", headers=headers)).text
    )
    assert f'href="/api/v1/officers.csv?agency={COMMUNE}"' in page
    answer = await watch.client.get("/api/v1/officers.csv", headers=headers, params={"agency": COMMUNE})
    rows = list(csv.DictReader(answer.text.lstrip("\ufeff").splitlines()))
    names = ("Mã cơ quan", "Cán bộ", "Tiếp nhận", "Thẩm định", "Đã làm 5 phút", "Đã làm 1 giờ", "Đã làm 24 giờ")
    assert [[row[name] for name in names] for row in rows] == [
        [COMMUNE, "c1", "3", "0", "0", "2", "3"],
        [COMMUNE, "s1", "0", "1", "0", "1", "1"],
    ]
    whole = (await watch.client.get("/api/v1/officers.json", headers=headers)).json()
    detail = await watch.board("superior", agency="H19", detail=True)
    assert (whole["scope"], whole["officers"]) == ("H19", detail["officers"])
    assert [one["counts"]["took:intake:1"] for one in whole["officers"] if one["subject"] == "c1"] == [1]
    assert "officers" not in await watch.board("superior", agency="H19")


async def test_officers_of_others_are_not_shown(watch: Watch) -> None:
    for name in ("officers.csv", "officers.xlsx", "officers.json"):
        path = f"/api/v1/{name}"
        stranger = await watch.headers("superior", agency="G01")
        assert COMMUNE not in (await watch.client.get(path, headers=stranger)).text
        refused = await watch.client.get(path, headers=stranger, params={"agency": COMMUNE})
        assert refused.status_code == 403
        assert (await watch.client.get(path, headers=await watch.headers("citizen"))).status_code == 403
        assert (await watch.client.get(path)).status_code == 401

"""`python -m tests.bench.sealing`: CPU that encryption costs a dossier, by itself: the golden story of one dossier, its events
encrypted once and opened by who opens them, with a person's key of its own (the dearest case: everybody files once).

CPU time of this process, the least of several rounds. The broker, the database and the client libraries' part in carrying one
small record and one small document more for each new person are not in it.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from dossier_local.contracts.stories import story
from dossier_shared.contracts.person_keys import PersonKey
from dossier_shared.contracts.topics import SERVICES, heard_by
from dossier_shared.journal.dead_letters import StoredRecord
from dossier_shared.journal.persons import PersonKeys
from dossier_shared.journal.wrapping import PrivateKeys, Wrapper
from dossier_shared.settings.wrapping_key import of_development

ROUNDS, TIMES = 7, 2000
OPENED = {"submitted": 3, "approved": 1}  # by how many other services: review, notify and monitor; signing
AT = "2026-01-01T00:00:00.000000Z"


def wrapper(name: str) -> Wrapper:
    return Wrapper(PrivateKeys([of_development(name)]))


def least(work: Callable[[int], object]) -> float:
    """µs of one call."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        for number in range(TIMES):
            work(number)
        best = min(best, (time.process_time() - began) / TIMES)
    return best * 1e6


def main() -> Mapping[str, float]:
    first = story()[0].dossier
    sealed = [(event, event.sealed) for event in story() if event.dossier == first and event.sealed is not None]
    readers = {name: wrapper(name).public for name in SERVICES}
    intake = PersonKeys("intake", wrapper("intake"))
    made = [intake.wrapper.wrap(f"p-{n}", os.urandom(32), readers, AT) for n in range(TIMES)]  # type: ignore[union-attr]
    records = [
        [StoredRecord("privacy.keys", 0, n, one.holder.encode(), one.model_dump_json().encode(), [])]
        for n, one in enumerate(made)
    ]
    keys = {name: PersonKeys(name, wrapper(name)) for name in SERVICES}
    for ring in keys.values():
        for record in records:
            ring.take(record)
    boxes = [(event, keys["intake"].seal("p-0", plain, event.place)) for event, plain in sealed]

    def wrap(n: int) -> PersonKey:
        return intake.wrapper.wrap(f"p-{n}", os.urandom(32), readers, AT)  # type: ignore[union-attr]

    def take(n: int) -> None:
        if n == 0:
            keys["review"]._reached = 0
        keys["review"].take(records[n])

    def unwrap(n: int) -> Any:
        if n == 0:
            keys["review"]._ready.clear()
        return keys["review"].cipher(f"p-{n}")

    wrapping, telling, taking, unwrapping = (
        least(wrap),
        least(lambda n: made[n].model_dump_json()),
        least(take),
        least(unwrap),
    )
    sealing = sum(least(lambda _, e=event, p=plain: keys["intake"].seal("p-0", p, e.place)) for event, plain in sealed)  # type: ignore[misc]
    opening = sum(
        OPENED.get(event.type, 0) * least(lambda _, e=event, b=box: keys["review"].open(b, e.place))  # type: ignore[misc]
        for event, box in boxes
    )
    opened = len({name for name in SERVICES if heard_by(name)})
    return {
        "key made and wrapped for five": wrapping + telling,
        "key taken by five": taking * len(SERVICES),
        "key unwrapped by five": unwrapping * opened,
        f"{len(sealed)} events encrypted": sealing,
        f"{sum(OPENED.values())} times opened": opening,
    }


if __name__ == "__main__":
    found = main()
    for name, cost in found.items():
        sys.stdout.write(f"{cost:8.1f} µs  {name}\n")
    sys.stdout.write(f"{sum(found.values()):8.1f} µs  a dossier of a new person\n")
    known = sum(cost for name, cost in found.items() if not name.startswith("key"))
    sys.stdout.write(f"{known:8.1f} µs  a dossier of a person who has filed before\n")

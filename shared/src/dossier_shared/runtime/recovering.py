"""`repair/recovery.py` as a program: `python -m dossier_<service> recover [--since INSTANT]`, with the service's environment."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from aiokafka.errors import KafkaError

from dossier_shared.adapters.compacted import Follower
from dossier_shared.adapters.mongo import DriverError
from dossier_shared.clock import parse_instant
from dossier_shared.repair.recovery import Recovery
from dossier_shared.repair.topics import StillRunning

if TYPE_CHECKING:
    from dossier_shared.runtime.service import Runtime


async def learn(runtime: Runtime) -> None:
    """What is followed and decides what is believed, once: for a program that ends by itself. Raises KafkaError where the broker
    is away."""
    followed = (runtime.keys.followed, runtime.deployments.followed, runtime.persons.followed)
    await Follower(runtime.settings.broker, *followed).once()
    runtime.keys.ring.whole()
    runtime.registry.whole()
    runtime.persons.keys.whole()


async def _recover(runtime: Runtime, since: datetime | None) -> int:
    try:
        await learn(runtime)
        outcome = await Recovery(runtime, since=since).run()
    except StillRunning as why:
        return _told(str(why), 1)
    except (DriverError, KafkaError, OSError) as error:
        return _told(f"not recovered, run it again: database or broker away ({error!r:.300})", 1)
    finally:
        await runtime.stop()
    sys.stdout.write(json.dumps(outcome.view(), ensure_ascii=False) + "\n")
    return 0 if outcome.whole else 1


def command(runtime: Runtime, arguments: Sequence[str]) -> int:
    """Runs the recovery; the exit status is 0 when the service is whole and may be started."""
    match list(arguments):
        case []:
            since = None
        case ["--since", text]:
            try:
                since = parse_instant(text)
            except ValueError as why:
                return _told(str(why), 2)
        case _:
            return _told("usage: recover [--since INSTANT]", 2)
    return asyncio.run(_recover(runtime, since))


def _told(why: str, status: int) -> int:
    sys.stderr.write(f"{why}\n")
    return status

"""The sample of docs/examples, as an integrator would run it, on the golden story."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from dossier_local.memory import Author
from dossier_local.stack import Stack
from dossier_shared.adapters.kafka import KafkaSender
from dossier_shared.contracts.envelope import encode
from dossier_shared.contracts.events import Accepted, Applicant, Submitted, SubmittedSealed

SAMPLE = Path(__file__).parents[3] / "docs/examples/integrator.py"


async def test_the_sample_tells_each_event_once(stack: Stack, eventually: Callable[..., Awaitable[Any]]) -> None:
    intake, code = Author("intake", str(uuid4())), f"H19.1-{uuid4().hex}"
    filing = Submitted(code=code, procedure="1.004222", catalogue="1", channel="online", owner="u-1")
    first = encode(intake.says(filing, SubmittedSealed(applicant=Applicant(name="Nguyễn Văn Bình"))))
    second = encode(intake.says(Accepted(appointment="2025-07-10T10:00:00.000000Z")))
    sender = KafkaSender(stack.broker, client_id="integrator-test")
    assert all(await sender.send("dossier.submitted", [first._replace(value=b"not JSON"), first, first, second, first]))
    await sender.stop()
    sample = await asyncio.create_subprocess_exec(
        sys.executable,
        str(SAMPLE),
        stack.kafka,
        f"integrator-{uuid4().hex}",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    told: list[str] = []
    assert sample.stdout is not None

    async def listen(lines: asyncio.StreamReader) -> None:
        async for line in lines:
            if code in line.decode():
                told.append(line.decode().split(maxsplit=1)[1].strip())

    listening = asyncio.create_task(listen(sample.stdout))
    try:
        await eventually(lambda: len(told) >= 2, within=30)
    finally:
        sample.terminate()
        await sample.wait()
        await listening
    assert Counter(told) == {f"submitted {code} 1": 1, f"accepted {code} 2": 1}


def test_the_sample_is_short() -> None:
    assert len(SAMPLE.read_text("utf-8").splitlines()) <= 40

"""Follow every dossier from your own system: `python integrator.py localhost:19092 my-system`.

Needs `pip install aiokafka`. Everything it reads is described in docs/asyncapi.json.
"""

import asyncio
import json
import sys

from aiokafka import AIOKafkaConsumer

TOPICS = ("dossier.submitted", "dossier.reviewed", "dossier.signed", "dossier.delivered")


async def follow(servers: str, group: str) -> None:
    consumer = AIOKafkaConsumer(*TOPICS, bootstrap_servers=servers, group_id=group, auto_offset_reset="earliest")
    seen: dict[tuple[str, str], int] = {}  # keep this, and the codes, in your own database
    codes: dict[str, str] = {}
    async with consumer:
        async for record in consumer:
            try:
                headers = {name: value.decode() for name, value in record.headers}
                dossier, source, sequence = headers["ce_id"].rsplit(":", 2)
                event = json.loads(record.value)
            except (KeyError, ValueError) as error:
                print(f"{record.topic}/{record.partition}/{record.offset}: {error!r}", file=sys.stderr)  # noqa: T201
                continue
            if int(sequence) <= seen.get((dossier, source), 0):
                continue  # told again: every event may come more than once
            seen[dossier, source] = int(sequence)
            codes[dossier] = event["data"].get("code") or codes.get(dossier, "?")
            kind = headers["ce_type"].split(".")[2]
            print(headers["ce_time"], kind, codes[dossier], event["portal"], flush=True)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(follow(sys.argv[1], sys.argv[2]))

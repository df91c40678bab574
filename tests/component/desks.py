"""One service in this process on the real database: its own HTTP, ledger and files; nothing consumed, nothing published."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, unquote

import httpx
from fastapi import FastAPI

from dossier_shared.contracts.envelope import Event
from dossier_shared.http.tokens import Principal
from dossier_shared.journal import dossier as journal
from dossier_shared.journal.dossier import Dossier
from dossier_shared.journal.steps import Moment, Work
from dossier_shared.problems import Unauthorised
from dossier_shared.runtime.emergencies import Emergency
from dossier_shared.runtime.service import Runtime


class TrustingVerifier:
    """The token says who it is; what a verifier refuses is tested elsewhere."""

    async def principal(self, token: str) -> Principal:
        sub, _, rest = token.partition("|")
        roles, _, rest = rest.partition("|")
        agency, _, rest = rest.partition("|")
        person, _, rest = rest.partition("|")
        emergency, _, number = rest.partition("|")
        if not roles:
            raise Unauthorised()
        opened = (Emergency("e-1", "", emergency, datetime(2099, 1, 1, tzinfo=UTC), ""),) if emergency else ()
        return Principal(
            unquote(sub), frozenset(roles.split("+")), agency or None, unquote(sub), person or None, emergencies=opened,
            asked=datetime.now(UTC), number=number,
        )  # fmt: skip


def officer(
    sub: str, *roles: str, agency: str | None = "H19.1", person: str = "", emergency: str = "", number: str = ""
) -> dict[str, str]:
    """`emergency`: code of a dossier of others that the account has opened. `number`: the citizen's, as their token says it."""
    return {"authorization": f"Bearer {quote(sub)}|{'+'.join(roles)}|{agency or ''}|{person}|{emergency}|{number}"}


class Desk:
    def __init__(self, app: FastAPI, http: httpx.AsyncClient) -> None:
        self.app, self.http = app, http
        self.runtime: Runtime = app.state.runtime
        self._keys = 0

    async def put(self, *dossiers: Dossier) -> None:
        """As if it had come to this state by itself."""
        assert not await self.runtime.dossiers.write(dossiers, datetime.now(UTC))

    async def hears(self, event: Event) -> None:
        """As the consumer would."""

        def step(dossier: Dossier, moment: Moment) -> None:
            assert journal.hear(self.runtime.rules, dossier, event, moment.now, moment.recorded)

        written = await self.runtime.ledger.write({event.dossier: Work([step])})
        assert written[event.dossier].refused == [None]

    async def stored(self, dossier: str) -> dict[str, Any]:
        found = await self.runtime.dossiers.table.find_one({"_id": dossier})
        assert found is not None
        return dict(found)

    async def post(
        self, path: str, who: dict[str, str], body: Any = None, key: str | None = None, **headers: str
    ) -> httpx.Response:
        self._keys += 1
        given = {f"{name.replace('_', '-')}": value for name, value in headers.items()}
        return await self.http.post(
            path, json=body or {}, headers={**who, "idempotency-key": key or f"key-{self._keys}", **given}
        )

    async def page(self, path: str, who: dict[str, str]) -> str:
        answer = await self.http.get(path, headers=who)
        assert answer.status_code == 200, answer.text
        return answer.text


@asynccontextmanager
async def desk(app: FastAPI) -> AsyncIterator[Desk]:
    runtime: Runtime = app.state.runtime
    app.state.verifier = TrustingVerifier()
    await runtime.dossiers.ensure_indexes()
    await runtime.files.ensure_indexes()
    await runtime.lease.take()
    await runtime.prepare_own()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as http:
        yield Desk(app, http)
    await runtime.ledger.close()
    await runtime.client.drop_database(runtime.settings.database)
    runtime.client.close()


def codes(page: str, among: Sequence[str]) -> list[str]:
    """Those of `among` that the page shows, in the page's order."""
    return sorted((code for code in among if f">{code}<" in page), key=lambda code: page.index(f">{code}<"))

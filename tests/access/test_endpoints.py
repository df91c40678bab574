"""Which role gets into which endpoint, as it is read (endpoints.txt) and as it is."""

from __future__ import annotations

import pytest

from . import endpoints


@pytest.fixture(scope="module")
async def found() -> list[endpoints.Row]:
    return await endpoints.rows()


async def test_every_endpoint_lets_in_whom_the_table_says(found: list[endpoints.Row]) -> None:
    told = endpoints.table(found).splitlines()
    wanted = endpoints.EXPECTED.read_text("utf-8").splitlines()
    assert [line for line in told if line not in wanted] == []
    assert [line for line in wanted if line not in told] == []


async def test_what_is_public_is_named_here(found: list[endpoints.Row]) -> None:
    """A new route that asks nobody is noticed, not only written into the table."""
    public = {row.path for row in found if row.cells == ("public",)}
    assert public == {
        "/health/live", "/health/ready", "/metrics", "/openapi.json", "/static/shared/{name}", "/track",
        "/sign-in", "/signed-in", "/signed-out", "/sign-out", "/back-channel-logout",
        "/api/v1/agencies", "/api/v1/procedures", "/timelines",
        "/open-data", "/open-data/dossiers.csv", "/open-data/dossiers.json", "/open-data/dossiers.xlsx",
    }  # fmt: skip

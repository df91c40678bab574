"""Two processes with one instance name: the second is refused, in every service."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from tests.cases.test_e6_one_process_per_instance import again, told_in_one_line

from dossier_local.openapi import app_of
from dossier_local.stack import Stack
from dossier_shared.contracts.topics import SERVICES
from dossier_shared.runtime.service import Runtime


@pytest.mark.long
async def test_a_second_process_of_the_same_name_is_refused(new_stack: Callable[..., Awaitable[Stack]]) -> None:
    """The monitor's worker, which has no database, is in tests/cases/test_e6_one_process_per_instance.py."""
    stack = await new_stack()
    await stack.start("identity", "provider", *SERVICES)
    for name in SERVICES:
        async with again(stack, name) as second:
            assert await asyncio.wait_for(second.wait(60), 60) == 78, name
            told_in_one_line(second.spec.log, name, stack.pid(name))
        assert await stack.is_ready(name)


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_runs_by_a_lease_on_its_name(service: str) -> None:
    runtime = app_of(service).state.runtime
    assert isinstance(runtime, Runtime)
    assert (runtime.lease.service, runtime.lease.instance) == (service, "1")
    assert runtime.ledger.holds == runtime.lease.holds

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from dossier_local import access
from dossier_local.stack import Stack

from .secured_broker import PASSWORDS, ROOT, WAYS, SecuredBroker, as_itself, environment, secured_broker


@pytest.fixture(scope="module")
async def kafka(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SecuredBroker]:
    """Every user of the table is there, with its password and its rights."""
    async with secured_broker(tmp_path_factory.mktemp("secured")) as made:
        await access.provision(made.seen_by(ROOT), PASSWORDS)
        yield made


@pytest.fixture(scope="module")
async def house(kafka: SecuredBroker, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """Its broker is given, as in production; topics and keys are made by `admin`. No service is started."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(kafka.seen_by("admin")).items():
            patch.setenv(name, value)
        async with Stack(tmp_path_factory.mktemp("house"), free_ports=True, signed=True) as stack:
            yield stack


@pytest.fixture(scope="module")
async def office(house: Stack, kafka: SecuredBroker) -> Stack:
    """Every service, each as its own user."""
    await house.start("identity", "provider")
    for name in WAYS:
        await house.start(name, env=as_itself(kafka, name), ready=False)
    await house.start(*WAYS)
    return house

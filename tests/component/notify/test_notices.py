"""Notices to devices, on broker and database in memory: at most once, whatever is heard again and wherever a process dies.

Text messages go out as if there were none."""

from __future__ import annotations

from datetime import timedelta

import pytest
from prometheus_client import REGISTRY
from tests.unit.notify.told import ID, Told

from dossier_notify.push.noticing import EXPIRES
from dossier_notify.push.sending import ATTEMPTS, PAUSE
from dossier_shared.contracts.events import Completed, CompletionRequested, ConsentWithdrawn
from dossier_shared.journal import crash

from .notices_rig import HOME, Noticed
from .rig import AFTER_CLAIM, Killed, kill_at

CODE = "H19.1-20250701-0000001"
FILED = timedelta(days=-2, hours=-1)  # from the clock of the rig to the filing of `Told`


@pytest.fixture
def world() -> Noticed:
    made = Noticed()
    made.clock.advance(FILED)
    return made


def given_up() -> float | None:
    return REGISTRY.get_sample_value("dossier_effects_total", {"outcome": "given-up"})


def tell(world: Noticed, *, result: bool = True) -> Told:
    told = Told()
    world.tell(told.submitted(), told.accepted(), *([told.signed()] if result else ()))
    return told


async def test_every_device_of_the_person_is_told_each_thing_once(world: Noticed) -> None:
    phone, tablet = world.device("phone"), world.device("tablet", lang="en")
    world.device("another's", owner="citizen-9")
    tell(world)
    await world.living().run()
    world.broker.committed["notify"].clear()  # everything is heard again
    await world.living().run()
    assert sorted((path, said["body"][:24]) for path, said in world.service.taken) == sorted([
        (phone, "Hồ sơ đã được tiếp nhận."), (phone, "Hồ sơ đã có kết quả. Mở "), (tablet, "It has been accepted. Op"),
        (tablet, "The result is there. Ope"),
    ])  # fmt: skip
    assert world.outcomes == [("sent", None)] * 4
    said = next(said for path, said in world.service.taken if path == tablet)
    assert said["title"] == f"Dossier {CODE}"
    assert said["url"] == HOME.format(lang="en", code=CODE)
    assert world.provider.sent == {f"{ID}:result": 1}, "the text message goes out as ever"
    assert set(world.devices.reached_ones) == {"phone", "tablet"}


@pytest.mark.parametrize("point", ["write.before", "write.after", "consume.written", "effect.intent", "effect.done"])
async def test_nobody_is_told_twice_though_the_process_dies(world: Noticed, point: str) -> None:
    world.device("phone")
    tell(world)
    crash.set_hook(kill_at(point))
    with pytest.raises(Killed):
        await world.living().run()
    crash.set_hook(None)
    for _ in range(3):
        world.clock.advance(AFTER_CLAIM)
        await world.living().run()
    assert world.provider.sent == {f"{ID}:result": 1}
    assert len(world.service.taken) == 2, "one of the acceptance, one of the result"
    assert len(set(world.service.topics)) == 2


async def test_killed_between_the_call_and_its_outcome_it_is_not_sent_again(world: Noticed) -> None:
    world.device("phone")
    tell(world)
    first = world.living()
    await first.process.run()
    crash.set_hook(kill_at("effect.done"))
    with pytest.raises(Killed):
        await first.push()
    crash.set_hook(None)
    assert len(world.service.taken) == 2
    for _ in range(3):
        world.clock.advance(AFTER_CLAIM)
        await world.living().run()
    assert len(world.service.taken) == 2, "nobody knows, so it is left"
    assert world.outcomes == [("failed", "outcome-unknown")] * 2


async def test_a_device_that_is_gone_is_dropped_and_asked_for_no_more(world: Noticed) -> None:
    path = world.device("phone")
    world.service.status[path] = [410]
    tell(world, result=False)
    living = world.living()
    await living.run()
    assert world.devices.kept == {}
    assert world.outcomes == [("failed", "device-gone-410")]


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_push_service_that_is_busy_is_tried_again_later_and_in_the_end_left(
    world: Noticed, status: int
) -> None:
    path = world.device("phone")
    world.service.status[path] = [status, status]
    tell(world, result=False)
    living = world.living()
    await living.run()
    assert (world.service.calls, world.outcomes) == (1, [("requested", None)]), "not at once"
    for n in range(2):
        world.clock.advance(PAUSE * 2**n + timedelta(seconds=1))
        await living.push()
    assert world.outcomes == [("sent", None)]
    assert [said["title"] for _, said in world.service.taken] == [f"Hồ sơ {CODE}"]


async def test_nothing_is_tried_for_ever(world: Noticed) -> None:
    path, before = world.device("phone"), given_up()
    world.service.status[path] = [500] * 100
    tell(world, result=False)
    living = world.living()
    await living.run()
    for n in range(ATTEMPTS):
        world.clock.advance(PAUSE * 2**n + timedelta(seconds=1))
        await living.push()
    assert (world.service.calls, world.outcomes) == (ATTEMPTS, [("failed", "push-service-500")])
    assert given_up() == before, "an alarm watches that number, and nobody has to look after a notice"


async def test_while_push_services_are_away_text_messages_go_out(world: Noticed) -> None:
    world.device("phone")
    world.down = True
    tell(world)
    living = world.living()
    await living.run()
    assert world.provider.sent == {f"{ID}:result": 1}
    assert world.stories() == {ID: ["message-requested", "message-sent", "delivered"]}
    assert world.outcomes == [("requested", None)] * 2
    world.down = False
    world.clock.advance(PAUSE + timedelta(seconds=1))
    await living.push()
    assert world.outcomes == [("sent", None)] * 2


async def test_what_is_older_than_a_day_is_no_news(world: Noticed) -> None:
    world.device("phone")
    tell(world, result=False)
    world.clock.advance(EXPIRES + timedelta(hours=2))
    await world.living().run()
    assert (world.service.calls, world.states) == (0, [])


async def test_one_that_could_not_be_sent_within_the_day_is_left(world: Noticed) -> None:
    world.device("phone")
    world.down = True
    tell(world, result=False)
    living = world.living()
    await living.run()
    world.down = False
    world.clock.advance(EXPIRES + timedelta(hours=2))
    await living.push()
    assert (world.service.calls, world.outcomes) == (0, [("failed", "run-out")])


async def test_a_device_turned_off_meanwhile_gets_nothing(world: Noticed) -> None:
    world.device("phone")
    world.down = True
    tell(world, result=False)
    living = world.living()
    await living.run()
    world.devices.kept.clear()
    world.down = False
    world.clock.advance(PAUSE + timedelta(seconds=1))
    await living.push()
    assert (world.service.calls, world.outcomes) == (0, [("failed", "device-ended")])


async def test_each_is_told_of_their_own_though_all_comes_at_once(world: Noticed) -> None:
    an, binh, chi = (
        world.device("an"),
        world.device("binh", owner="citizen-9"),
        world.device("chi", person="p-chi", owner="c-3"),
    )
    world.device("nobody", owner="citizen-8")
    for number, about in enumerate(({}, {"owner": "citizen-9"}, {"owner": "helper", "person": "p-chi"}), 1):
        told = Told(ID[:-1] + str(number))
        world.tell(told.submitted(code=f"H19.1-{number}", **about), told.accepted())  # type: ignore[arg-type]
    await world.living().run()
    heard = sorted((path, said["title"]) for path, said in world.service.taken)
    assert heard == [(an, "Hồ sơ H19.1-1"), (binh, "Hồ sơ H19.1-2"), (chi, "Hồ sơ H19.1-3")]


async def test_each_request_to_complete_is_told(world: Noticed) -> None:
    path, told = world.device("phone"), Told()
    world.tell(told.submitted())
    world.tell(told.intake.says(CompletionRequested(), None, at="2025-07-01T02:00:00.000000Z"))
    world.tell(told.intake.says(Completed(), None, at="2025-07-01T03:00:00.000000Z"))
    world.tell(told.intake.says(CompletionRequested(), None, at="2025-07-01T04:00:00.000000Z"))
    await world.living().run()
    assert [where for where, _ in world.service.taken] == [path, path]
    assert len(set(world.service.topics)) == 2


async def test_the_helper_hears_that_the_consent_has_ended_and_the_person_who_filed(world: Noticed) -> None:
    person = world.device("person's", person="p-anh", owner="citizen-3")
    helper = world.device("helper's", owner="helper-1")
    told = Told()
    told.filed_by = "Đoàn xã"
    world.tell(
        told.submitted(wants=("helped", "result"), owner="helper-1", person="p-anh"),
        told.accepted(),
        told.intake.says(ConsentWithdrawn(), None, at="2025-07-01T03:00:00.000000Z"),
    )
    await world.living().run()
    heard = sorted((path, said["body"][:20]) for path, said in world.service.taken)
    assert heard == [
        (helper, "Người được bạn nộp t"), (person, "Có người nộp thay bạ"), (person, "Hồ sơ đã được tiếp n"),
    ]  # fmt: skip


async def test_what_cannot_be_applied_yet_is_told_once_it_is(world: Noticed) -> None:
    world.device("phone")
    told = Told()
    filed = told.submitted()
    missing = told.intake.says(CompletionRequested(), None, at="2025-07-01T02:00:00.000000Z")
    completed = told.intake.says(Completed(), None, at="2025-07-01T03:00:00.000000Z")
    world.tell(filed, completed, told.accepted())
    living = world.living()
    await living.run()
    assert world.states == [], "one between is missing"
    world.tell(missing)
    await living.run()
    assert [state["notice"]["moment"] for state in world.states] == ["completion", "accepted"]

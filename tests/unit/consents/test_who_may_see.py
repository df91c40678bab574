"""Who filed for somebody else sees it in every service while the consent lives at the time they ask, and no longer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from tests.unit.intake.case import AT, Case, who
from tests.unit.signing_rules.support import MADE

from dossier_intake import consenting
from dossier_intake.policy import POLICY as INTAKE
from dossier_intake.policy import reader_of
from dossier_local.contracts.desk_stories import helped_story
from dossier_monitor.board.board import Board
from dossier_monitor.policy import POLICY as MONITOR
from dossier_monitor.timelines.handlers import RULES as WATCHED
from dossier_notify.handlers import rules as notify_rules
from dossier_notify.policy import POLICY as NOTIFY
from dossier_notify.rules.messages import Texts
from dossier_shared.clock import instant, parse_instant
from dossier_shared.contracts.envelope import Event
from dossier_shared.contracts.topics import heard_by
from dossier_shared.http.policy import Context, Policy
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.consumer import Fold
from dossier_shared.journal.dossier import Dossier, Rules
from dossier_shared.journal.effects import Intent
from dossier_shared.journal.steps import Moment
from dossier_shared.runtime.directory import Directory
from dossier_signing.handlers import RULES as SIGNED
from dossier_signing.handlers import signature_made
from dossier_signing.policy import POLICY as SIGNING

STORY = helped_story()
SIGNED_AT = next(number for number, event in enumerate(STORY) if event.type == "signed")
UNTIL = parse_instant(STORY[0].data["consent"]["until"])
OWNER, PERSON = STORY[0].data["owner"], STORY[0].data["person"]
BEFORE = UNTIL - timedelta(microseconds=1)
SECOND = timedelta(seconds=1)
ELSEWHERE: Mapping[str, tuple[Rules[Any], Policy, Sequence[str], Any]] = {
    "signing": (SIGNED, SIGNING, ("read", "read-result"), SimpleNamespace(directory=Directory())),
    "notify": (notify_rules(Texts()), NOTIFY, ("read", "see-receiver"), Directory()),
    "monitor": (WATCHED, MONITOR, ("read-story", "see-result"), Board(lambda: BEFORE, 5, 6)),
}
IN_INTAKE = (
    "read", "see-words", "see-filed", "print", "read-papers", "read-openings", "complete", "withdraw", "supplement",
)  # fmt: skip


def told(service: str, story: Sequence[Event]) -> Mapping[str, Any]:
    """The state of a service that has heard what it subscribes to."""
    heard = {topic.source for topic in heard_by(service)}
    dossier = Dossier[Any](STORY[0].dossier)
    fold = Fold([event for event in story if event.source in heard], ELSEWHERE[service][0])
    fold(dossier, Moment(BEFORE))
    assert fold.left == [], "nothing of it is parked"
    state: Mapping[str, Any] = dossier.state
    return state


def helper(asked: datetime | None) -> Principal:
    return Principal(OWNER, frozenset({"citizen"}), asked=asked)


def sees(service: str, subject: Principal, state: Mapping[str, Any]) -> bool:
    _, policy, actions, world = ELSEWHERE[service]
    (seen,) = {policy.may(subject, action, state, Context(world)) for action in actions}
    return seen


@pytest.mark.parametrize("service", ELSEWHERE)
def test_elsewhere_they_see_it_until_the_consent_is_over_or_withdrawn(service: str) -> None:
    person = Principal("another", frozenset({"citizen"}), person=PERSON, asked=UNTIL)
    for story, lives in ((STORY[: SIGNED_AT + 1], True), (STORY, False)):
        state = told(service, story)
        assert sees(service, helper(BEFORE), state) is lives
        assert not sees(service, helper(UNTIL), state), "it is over"
        assert not sees(service, helper(None), state), "nobody says when it is asked"
        assert sees(service, person, state), "whose it is sees it all the same"


@pytest.mark.parametrize("service", ELSEWHERE)
def test_what_was_filed_before_a_consent_could_end_is_seen_as_ever(service: str) -> None:
    old = []
    for event in STORY[: SIGNED_AT + 1]:
        data = {name: value for name, value in event.data.items() if not name.startswith("consent")}
        old += [event] if event.data == data else []
        if event.data != data:
            event = Event(**{**{name: getattr(event, name) for name in FIELDS}, "data": data})
            old.append(event)
    state = told(service, old)
    assert sees(service, helper(UNTIL + timedelta(days=9999)), state)
    assert sees(service, helper(None), state)


FIELDS = (
    "dossier", "source", "seq", "type", "time", "recorded", "agency", "actor", "portal", "heard", "data", "sealed",
    "sealed_hash", "previous", "hash", "command",
)  # fmt: skip


def test_what_is_withdrawn_before_the_decision_is_known_when_that_comes() -> None:
    *early, decision, _request, _signed, withdrawn, passed_on, _downloaded = STORY
    filed = [event for event in early if event.source == "intake"]
    state: Any = {}
    for event in (passed_on, decision):  # as review would have said it
        state = SIGNED.evolve(state, event)
    assert not sees("signing", helper(BEFORE), state)
    for order in ([*filed, withdrawn, decision], [decision, passed_on, *filed], [passed_on, decision, *filed]):
        state = {}
        for event in order:
            state = WATCHED.evolve(state, event)
        assert not sees("monitor", helper(BEFORE), {"agency": "", **state}), "whatever is heard first"
    state = {"agency": "", **WATCHED.evolve({}, decision)}
    assert sees("monitor", helper(BEFORE), state)
    assert not sees("monitor", helper(UNTIL), state), "the decision has told it, before the filing is heard"
    state = {"agency": "", **WATCHED.evolve({}, filed[0])}
    assert [sees("monitor", helper(at), state) for at in (BEFORE, UNTIL)] == [True, False], "and so has the filing"
    said: Any = SIGNED.evolve(SIGNED.evolve({}, passed_on), decision)
    said["intent"] = {"number": "1"}
    (made,) = signature_made(Intent(STORY[0].dossier, "r", said, UNTIL), MADE)
    result = made.data.model_dump()
    assert (result["consent_until"], result["consent_withdrawn"]) == (instant(UNTIL), passed_on.time)


def test_a_result_says_what_is_known_of_the_consent() -> None:
    """Notify may hear it before the filing."""
    said = next(event for event in STORY if event.type == "signed")
    rules = ELSEWHERE["notify"][0]
    assert rules.evolve({}, said)["consent_until"] == instant(UNTIL)
    said = Event(**{name: getattr(said, name) for name in FIELDS})
    said.data = {**said.data, "consent_withdrawn": instant(BEFORE)}
    state = rules.evolve({}, said)
    assert not sees("notify", helper(BEFORE), state)
    for event in STORY:
        if event.type == "submitted":
            assert not sees("notify", helper(BEFORE), rules.evolve(state, event))


def filed(**consent: Any) -> Case:
    given = {"kind": "paper", "at": instant(AT - timedelta(hours=1)), **consent}
    return Case(who("agent", "helper"), consent=given)


def asking(at: datetime | None) -> Principal:
    return Principal("helper", frozenset({"agent"}), asked=at)


def test_in_intake_they_see_it_and_act_until_the_consent_is_over_or_withdrawn() -> None:
    until = AT + timedelta(days=1)
    case = filed(until=instant(until))
    person = Principal("p", frozenset({"citizen"}), person=case.state["person"], asked=until)
    assert [action for action in IN_INTAKE if not INTAKE.may(asking(until - SECOND), action, case.state)] == []
    for late in (asking(until), asking(None)):
        assert [action for action in IN_INTAKE if INTAKE.may(late, action, case.state)] == []
        assert reader_of(late, "read-papers", case.state) is None
    case.does(consenting.withdraw_consent(case.state))
    assert [action for action in IN_INTAKE if INTAKE.may(asking(until - SECOND), action, case.state)] == []
    assert [action for action in IN_INTAKE if not INTAKE.may(person, action, case.state)] == []


def test_a_consent_without_an_end_holds_until_it_is_withdrawn() -> None:
    case = filed()
    assert "consent_until" not in case.state
    assert INTAKE.may(asking(AT + timedelta(days=9999)), "read", case.state)

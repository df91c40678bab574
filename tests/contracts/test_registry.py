"""Registry = events = lifecycle = services: each thing is declared once and nothing is declared for nobody."""

from __future__ import annotations

from importlib import import_module

from dossier_shared.contracts.events import MODELS
from dossier_shared.contracts.lifecycle import AWAITING, ENDED, MOVES, OPEN, PAUSED, STATES, TABLE, UNDER_REVIEW
from dossier_shared.contracts.topics import (
    DOSSIER_TOPICS,
    EVENT_TOPICS,
    PARTITIONS,
    SERVICES,
    TOPICS,
    dead_letter,
    heard_by,
)
from dossier_shared.journal.dossier import Rules
from dossier_shared.settings.service import ServiceSettings


def settings_of(service: str) -> ServiceSettings:
    settings: ServiceSettings = import_module(f"dossier_{service}.settings").Settings()
    return settings


def test_every_event_belongs_to_one_topic_and_one_move() -> None:
    on_topics = [name for topic in EVENT_TOPICS for name in topic.events]
    assert sorted(on_topics) == sorted(MODELS)
    of_dossiers = [name for topic in DOSSIER_TOPICS for name in topic.events]
    assert sorted(move.event for move in TABLE) == sorted(of_dossiers)


def test_a_move_is_made_by_the_topics_writer() -> None:
    for topic in DOSSIER_TOPICS:
        assert topic.source == topic.writer
        assert {MOVES[name].source for name in topic.events} == {topic.source}


def test_every_state_is_reached_from_the_draft() -> None:
    reached = {"draft"}
    for _ in TABLE:
        reached |= {move.to for move in TABLE if move.to and move.before & reached}
    assert reached == set(STATES)
    assert all(move.before <= reached for move in TABLE)


def test_an_ended_dossier_stays_as_it_ended() -> None:
    assert ENDED | OPEN | {"draft"} == set(STATES)
    for move in TABLE:
        if move.before & ENDED:
            assert move.to is None, move


def test_the_clock_stands_still_while_something_is_awaited_of_the_citizen() -> None:
    assert PAUSED < AWAITING < UNDER_REVIEW <= OPEN
    for move in TABLE:
        if move.to in UNDER_REVIEW:
            assert move.clock is (move.to not in PAUSED), move
        if move.to in AWAITING:
            asked_already = move.before & AWAITING
            assert asked_already <= {"awaiting_consultation"} & {move.to}, (
                "one thing is awaited at a time, but opinions"
            )
            assert any(answer.before == {move.to} and answer.to == "in_review" for answer in TABLE)


def test_the_portal_codes_are_the_national_portals() -> None:
    assert {move.portal for move in TABLE} <= {None, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}


def test_topics_are_partitioned_alike_and_kept_for_ever() -> None:
    for topic in EVENT_TOPICS:
        assert topic.partitions == PARTITIONS
        assert (topic.config["cleanup.policy"], topic.config["retention.ms"]) == ("delete", "-1")
    assert len({topic.name for topic in TOPICS}) == len(TOPICS)


def test_a_service_hears_what_its_rules_know() -> None:
    for service in SERVICES:
        assert dead_letter(service) in {topic.name for topic in TOPICS}
        rules = rules_of(service)
        heard = heard_by(service)
        assert rules.source == service
        assert rules.causal_sources <= {topic.source for topic in heard}, service
        understood = {name for topic in heard for name in topic.events}
        assert set(rules.hear) <= understood, service
        assert rules.publishes == (service in {topic.source for topic in DOSSIER_TOPICS}), service


def test_no_service_hears_itself() -> None:
    for topic in TOPICS:
        if topic.source:
            assert topic.writer not in topic.readers


def test_services_share_neither_port_nor_database() -> None:
    all_of_them = [settings_of(service) for service in SERVICES]
    assert [settings.service for settings in all_of_them] == list(SERVICES)
    assert len({settings.port for settings in all_of_them}) == len(SERVICES)
    assert len({settings.database for settings in all_of_them}) == len(SERVICES)


def rules_of(service: str) -> Rules:
    app = import_module(f"dossier_{service}.app").build(settings_of(service))
    rules: Rules = app.state.runtime.rules
    return rules

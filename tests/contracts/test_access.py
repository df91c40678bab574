"""The table of rights: one writer per topic, and nobody is denied what its own code does."""

from __future__ import annotations

import re
from pathlib import Path

from dossier_local.rights import ADMIN, GROUPS, USERS
from dossier_monitor.alarms.offsets import READERS
from dossier_shared.contracts.topics import (
    BY_NAME,
    EVENT_TOPICS,
    SERVICES,
    TOPICS,
    asked_of,
    dead_letter,
    heard_by,
    resend_request,
)


def test_every_topic_has_one_user_who_may_write_it() -> None:
    for topic in TOPICS:
        assert [user.user for user in USERS.values() if topic.name in user.writes] == [topic.writer]


def test_a_service_may_read_what_it_hears() -> None:
    for service in SERVICES:
        user = USERS[service]
        assert {topic.name for topic in (*heard_by(service), *asked_of(service))} <= set(user.reads)
        assert {dead_letter(service), resend_request(service)} <= set(user.writes)
        assert dead_letter(service) in user.reads
        readers = {topic.name for topic in TOPICS if service in topic.readers}
        own = {
            topic.name for topic in EVENT_TOPICS if topic.writer == service
        }  # a database put back is read up from it
        assert set(user.reads) == readers | own


def test_a_group_belongs_to_one_user() -> None:
    joined = [group for user in USERS.values() for group in user.joins]
    assert len(joined) == len(set(joined))
    assert {group: service for service, groups in GROUPS.items() for group in groups} == {
        group: service for service in SERVICES for group in USERS[service].joins
    }


def test_the_alarms_may_see_how_far_everybody_has_read() -> None:
    monitor = USERS["monitor"]
    assert {group for group, _ in READERS.values()} == set(monitor.watches)
    seen = {*monitor.describes, *monitor.reads, *monitor.writes}
    assert {topic.name for _, topics in READERS.values() for topic in topics} <= seen
    assert set(map(dead_letter, SERVICES)) <= seen


def test_only_the_administrator_changes_the_broker() -> None:
    assert [user.user for user in USERS.values() if user.provisions] == ["admin"]
    assert set(ADMIN.writes) == {topic.name for topic in BY_NAME.values() if topic.writer == "admin"}
    assert not set(ADMIN.writes) & {name for service in SERVICES for name in USERS[service].writes}
    assert set(ADMIN.reads) == set(BY_NAME)


def test_the_page_on_the_broker_says_the_same() -> None:
    page = (Path(__file__).parents[2] / "docs/reference/broker.md").read_text()
    section = page.split("## Users")[1].split("\n## ")[0]
    lines = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| ")][1:]
    told = {cells[0].split()[0]: [set(re.findall("`([^`]+)`", cell)) for cell in cells[1:3]] for cells in lines}
    assert set(told) == set(USERS)
    for service in SERVICES:
        besides = {dead_letter(service), resend_request(service)}
        assert told[service] == [set(USERS[service].writes) - besides, set(USERS[service].joins)]

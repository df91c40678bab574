"""The referee itself: an object that a cluster would refuse, or drop half of, is not let through."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from . import chart
from .schemas import problems

KINDS = (
    *("HTTPRoute", "HorizontalPodAutoscaler", "Ingress", "Kafka", "KafkaNodePool", "KafkaTopic", "KafkaUser"),
    *("MongoDBCommunity", "NetworkPolicy", "PersistentVolumeClaim", "PodDisruptionBudget", "PrometheusRule"),
    *("Service", "ServiceMonitor", "StatefulSet"),
)


def _everything() -> dict[str, Any]:
    more = {
        "services": {"signing": {"files": {"a": "b"}, "ingress": {"enabled": True, "host": "a", "tlsElsewhere": True}}}
    }
    alerts = "groups: [{name: a, rules: [{alert: A, expr: up}]}]"
    objects = [*chart.service("signing", "agency-large", **more), *chart.platform(alerts=alerts)]
    return {found["kind"]: found for found in objects}


def test_every_kind_of_object_is_among_them() -> None:
    assert set(_everything()) == {*KINDS, "ConfigMap"}


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_field_is_seen_in_each(kind: str) -> None:
    found = deepcopy(_everything()[kind])
    assert problems(found) == []
    found["spec"]["misspelt"] = 1
    assert problems(found)


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("KafkaTopic", ("spec", "partitions"), "6"),
        ("KafkaUser", ("spec", "authentication", "type"), "scram"),
        ("StatefulSet", ("spec", "replicas"), "2"),
        ("MongoDBCommunity", ("spec", "users", 0, "roles"), None),
        ("HTTPRoute", ("spec", "rules", 0, "matches", 0, "path", "type"), "Prefix"),
    ],
)
def test_a_wrong_value_is_seen(kind: str, path: tuple[str | int, ...], value: object) -> None:
    found = deepcopy(_everything()[kind])
    place: Any = found
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert problems(found)


def test_an_object_of_an_unknown_kind_is_not_let_through() -> None:
    assert problems({"apiVersion": "example.org/v1", "kind": "Thing", "metadata": {"name": "a"}})

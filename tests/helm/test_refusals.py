"""What is wrong in the values is refused before anything reaches a cluster, in words that name it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from . import chart


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("revue", {}, "/service"),
        ("review", {"replica": 2}, "'replica' not allowed"),
        ("review", {"services": {"reviews": {}}}, "'reviews' not allowed"),
        ("review", {"services": {"review": {"service": "intake"}}}, "'service' not allowed"),
        ("review", {"replicas": "two"}, "/replicas"),
        ("review", {"image": {"digest": "sha256:short"}}, "/image/digest"),
        ("review", {"autoscaling": {"maxReplicas": 7}}, "/autoscaling/maxReplicas"),
        ("review", {"autoscaling": {"enabled": True, "minReplicas": 4, "maxReplicas": 3}}, "minReplicas is more"),
        ("review", {"env": {"REVIEW_LINGER": 1}}, "env.REVIEW_LINGER: review has no such setting"),
        ("review", {"services": {"notify": {"env": {"REVIEW_PORT": 1}}}}, "notify has no such setting"),
        ("review", {"env": {"MONGODB_URL": "mongodb://u:p@h"}}, "env.MONGODB_URL is a secret"),
        ("review", {"env": {"REVIEW_INSTANCE": "1"}}, "env.REVIEW_INSTANCE is set by the chart"),
        ("review", {"env": {"KAFKA_BOOTSTRAP_SERVERS": ""}}, "env.KAFKA_BOOTSTRAP_SERVERS is needed"),
        ("review", {"env": {"OIDC_ISSUER": ""}}, "env.OIDC_ISSUER is needed"),
        ("review", {"secrets": []}, "review needs MONGODB_URL"),
        ("review", {"secrets": [{"name": "x", "items": {"a": "MONGO_URL"}}]}, "review has no setting MONGO_URL"),
        ("review", {"secrets": [{"name": "x", "items": {"a": "{SERVICE}_KEY"}}]}, "review has no setting REVIEW_KEY"),
        ("review", {"networkPolicy": {"kafka": {"port": 9093}}}, "'port' not allowed"),
        ("review", {"path": "review/"}, "/path"),
        ("review", {"path": "/review"}, "no setting REVIEW_PATH|cannot take the path off"),
        ("monitor-worker", {"ingress": {"enabled": True, "host": "a"}}, "monitor-worker answers no browser"),
        ("review", {"services": {"review": {"ingress": {"host": ""}}}}, "/ingress/host|/services/review/ingress"),
        ("review", {"services": {"review": {"ingress": {"tlsSecret": ""}}}}, "ingress: tlsSecret is needed"),
        ("review", {"deployment": "Long Khánh"}, "/deployment"),
        ("review", {"env": {"REVIEW_DEPLOYMENT": "long-khanh"}}, "env.REVIEW_DEPLOYMENT is set by the chart"),
        ("notify", {"deployment": "long-khanh"}, "deployment: notify serves everybody"),
        ("signing", {"replicas": 2}, "accessMode must be ReadWriteMany"),
    ],
)
def test_of_one_service(name: str, given: dict[str, Any], said: str) -> None:
    with pytest.raises(chart.Refused, match=said):
        chart.service(name, **given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kafka": {"topics": {}}}, "'topics' not allowed"),
        ({"kafka": {"replication": 4}}, "kafka.replication is more than kafka.nodes"),
        ({"kafka": {"replication": 1, "minInSync": 2}}, "kafka.minInSync is more than kafka.replication"),
        ({"kafka": {"passwords": {"revue": "x"}}}, "there is no user revue"),
        ({"deployments": [{"service": "intake", "name": "long-khanh"}]}, "/deployments/0/service"),
        ({"deployments": [{"service": "review", "name": "x."}]}, "/deployments/0/name"),
        ({"mongodb": {"version": "4.4.0"}}, "/mongodb/version"),
        ({"mongodb": {"tls": {"enabled": True, "certificate": ""}}}, "/mongodb/tls/certificate"),
        ({"mongodb": {"passwordSecret": "one-for-all"}}, "/mongodb/passwordSecret"),
    ],
)
def test_of_the_platform(given: dict[str, Any], said: str) -> None:
    with pytest.raises(chart.Refused, match=said):
        chart.platform(**given)


def test_the_page_quotes_what_is_said() -> None:
    page = (chart.CHARTS / "README.md").read_text("utf-8")
    quoted = page.split("```\n")[-2].splitlines()
    wrong: list[dict[str, Any]] = [
        {"env": {"REVIEW_LINGER": 1}},
        {"env": {"MONGODB_URL": "mongodb://u:p@h"}},
        {"autoscaling": {"maxReplicas": 7}},
    ]
    for line, given in zip(quoted, wrong, strict=True):
        with pytest.raises(chart.Refused, match=re.escape(line)):
            chart.service("review", **given)

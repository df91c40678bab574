"""Alert rules, dashboard and scrape configuration name only what the registry of metrics has, and say what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from dossier_local.services import PRODUCT
from dossier_shared.telemetry.metrics_registry import PROCESSES

from .queries import complaints, result_labels

ROOT = Path(__file__).parents[2]
PROMETHEUS, GRAFANA = ROOT / "deploy/prometheus", ROOT / "deploy/grafana"
RUNBOOK = "docs/runbook.md"


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


RULES: list[dict[str, Any]] = [rule for group in read(PROMETHEUS / "alerts.yaml")["groups"] for rule in group["rules"]]
BOARD: dict[str, Any] = json.loads((GRAFANA / "dashboard.json").read_text("utf-8"))
PANELS = [panel for panel in BOARD["panels"] if panel["type"] != "row"]


def board_queries() -> Iterator[tuple[str, str]]:
    for panel in PANELS:
        for target in panel["targets"]:
            yield f"{panel['title']} {target['refId']}", target["expr"]
    for annotation in BOARD["annotations"]["list"]:
        yield annotation["name"], annotation["expr"]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_asks_for_what_there_is(rule: dict[str, Any]) -> None:
    assert complaints(rule["expr"]) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_says_how_bad_it_is_what_it_is_and_what_to_do(rule: dict[str, Any]) -> None:
    assert re.fullmatch(r"Dossier([A-Z][a-z]+)+", rule["alert"])
    assert rule["labels"]["severity"] in ("critical", "warning", "info")
    vietnamese, english = rule["annotations"]["summary"].split(" / ")
    assert not vietnamese.isascii(), "Vietnamese first"
    assert english.isascii(), "English second"
    named = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
    assert named <= result_labels(rule["expr"]), "a label that the result does not have"
    assert rule["annotations"]["runbook_url"] == f"{RUNBOOK}#alert-{rule['alert'].lower()}"


def test_every_alert_has_its_paragraph_in_the_runbook_and_every_paragraph_its_alert() -> None:
    text = (ROOT / RUNBOOK).read_text("utf-8")
    headings = re.findall(r"^### Alert (\w+)$", text, re.MULTILINE)
    assert headings == [rule["alert"] for rule in RULES]
    for name, body in re.findall(r"^### Alert (\w+)\n(.*?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL):
        assert len(body.split()) > 20, name


@pytest.mark.parametrize(("name", "query"), list(board_queries()), ids=lambda value: str(value)[:40])
def test_a_panel_asks_for_what_there_is(name: str, query: str) -> None:
    assert complaints(query) == [], name


def test_the_dashboard_is_whole() -> None:
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])
    places: set[tuple[int, int]] = set()
    for panel in BOARD["panels"]:
        at = panel["gridPos"]
        own = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not own & places, panel["title"]
        places |= own
    for panel in PANELS:
        assert panel["description"], panel["title"]
        assert panel["datasource"]["uid"] == "${datasource}"
    assert [variable["name"] for variable in BOARD["templating"]["list"]] == ["datasource", "job"]
    [job] = re.findall(r"label_values\((\w+), job\)", json.dumps(BOARD["templating"]))
    assert complaints(job) == []


def test_every_process_is_scraped_where_it_listens() -> None:
    config = read(PROMETHEUS / "prometheus.yaml")
    targets = {job["job_name"]: job["static_configs"][0]["targets"] for job in config["scrape_configs"]}
    assert targets == {service.name: [f"{service.name}:{service.port}"] for service in PRODUCT}
    assert set(targets) == set(PROCESSES)
    assert all((PROMETHEUS / name).is_file() for name in config["rule_files"])


def test_what_is_provisioned_is_there() -> None:
    [provider] = read(GRAFANA / "provisioning/dashboards/dossier.yaml")["providers"]
    [source] = read(GRAFANA / "provisioning/datasources/prometheus.yaml")["datasources"]
    assert (provider["type"], source["type"]) == ("file", "prometheus")


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("dossier_redy == 0", "no metric dossier_redy"),
        ("dossier_http_request_seconds > 1", "no metric dossier_http_request_seconds"),
        ("dossier_ready_bucket", "no metric dossier_ready_bucket"),
        ('dossier_ready{group="review"}', "dossier_ready has no label group"),
        ('dossier_ready{job="archive"}', "dossier_ready: job is never archive"),
        ('rate(dossier_dead_letters_total{reason="gap"}[5m])', "dossier_dead_letters_total: reason is never gap"),
        ("sum by (topic) (dossier_ready)", "grouped by topic, which none of it has"),
        ("dossier_ready / on (group) dossier_broker_up", "grouped by group, which none of it has"),
        ("rate(dossier_pending_age_seconds[5m])", "rate() of dossier_pending_age_seconds"),
        ("max_over_time(dossier_dead_letters_total[5m])", "max_over_time() of dossier_dead_letters_total"),
        ("sum by (le) (rate(dossier_ready[5m]))", "grouped by le, which none of it has"),
        ("topk(3, -(dossier_redy))", "no metric dossier_redy"),
    ],
)
def test_what_is_wrong_with_a_query_is_seen(query: str, complaint: str) -> None:
    assert complaint in complaints(query)


def test_what_is_no_query_is_refused() -> None:
    with pytest.raises(ValueError, match="unclosed"):
        complaints("sum by (job (dossier_ready)")

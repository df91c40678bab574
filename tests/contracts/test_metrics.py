"""A metric that is not in the registry cannot exist; what the registry says is on the page, for people too."""

from __future__ import annotations

import ast
import gc
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from dossier_local import metrics_reference
from dossier_local.metrics_reference import gathered
from dossier_local.reconciliation import counters
from dossier_monitor.alarms import parked
from dossier_shared.contracts.topics import SERVICES
from dossier_shared.telemetry import metrics_registry as registry
from dossier_shared.telemetry.metrics_registry import DECLARED, PROCESSES, Metric, page

ROOT = Path(__file__).parents[2]
MAKERS = {"Counter", "Gauge", "Histogram", "Summary", "Info", "Enum", "GaugeMetricFamily", "CounterMetricFamily"}
MAKES = Path("shared/src/dossier_shared/telemetry/metrics_registry.py")
DECLARING = {"counter", "gauge", "histogram", "sampled"}


def sources() -> Iterator[tuple[Path, ast.Module]]:
    """Of the files that name the client or the registry."""
    for folder in ("shared/src", "services", "deploy/local/src"):
        for path in (ROOT / folder).rglob("*.py"):
            text = path.read_text("utf-8")
            if "prometheus_client" in text or "metrics_registry" in text:
                yield path.relative_to(ROOT), ast.parse(text)


def made_in(tree: ast.Module) -> list[str]:
    """Names of the client's classes that are called, however they were imported."""
    client: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("prometheus_client"):
            client |= {alias.asname or alias.name: alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            client |= {alias.asname or alias.name: "" for alias in node.names if alias.name == "prometheus_client"}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            match node.func:
                case ast.Name(id=name) if client.get(name) in MAKERS:
                    found.append(client[name])
                case ast.Attribute(value=ast.Name(id=module), attr=name) if module in client and name in MAKERS:
                    found.append(name)
    return found


def test_only_the_registry_makes_metrics() -> None:
    made = {path: made_in(tree) for path, tree in sources()}
    assert made[MAKES], "the test sees none, where there are some"
    assert {path: names for path, names in made.items() if names and path != MAKES} == {}


def test_metrics_are_declared_in_the_packages_metrics_module_only() -> None:
    found = set()
    for path, tree in sources():
        imported = {
            alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == "dossier_shared.telemetry.metrics_registry"
            for alias in node.names
        }
        if imported & DECLARING:
            found.add(path.as_posix().partition("/src/")[2])
    assert found == {
        f"{package}/metrics.py"
        for package in ("dossier_shared/telemetry", "dossier_intake", "dossier_notify", "dossier_monitor")
    }


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_declares_only_what_its_own_processes_show(service: str) -> None:
    name = f"dossier_{service}.metrics"
    if find_spec(name) is None:
        return
    gathered()
    module = import_module(name)
    own = [m for m, collector in DECLARED.values() if any(value is collector for value in vars(module).values())]
    processes = {service, "monitor-worker"} if service == "monitor" else {service}
    assert own
    assert [m.name for m in own if not set(m.of) <= processes] == []


@pytest.mark.parametrize("process", PROCESSES)
def test_the_page_of_a_process_has_its_own_metrics_and_no_other(process: str) -> None:
    own = {metric.name.removesuffix("_total") for metric in gathered().values() if process in metric.of}
    shown = {family.name for family in text_string_to_metric_families(page(process).decode())}
    assert {name for name in shown if not name.startswith(("python_", "process_"))} == own


def test_a_series_whose_labels_are_known_begins_at_zero() -> None:
    """Else the first dead letter would be no increase."""
    text = page("review").decode()
    assert 'dossier_dead_letters_total{reason="undecodable"} ' in text
    assert 'dossier_events_parked_total{reason="gap"} ' in text
    assert "_created" not in text


def test_the_reference_is_what_is_generated() -> None:
    committed = (ROOT / metrics_reference.PAGE).read_text("utf-8")
    assert committed == metrics_reference.reference(), "run `make contracts`"


def test_every_metric_says_what_it_is() -> None:
    for metric in gathered().values():
        assert len(metric.meaning) > 15, metric.name
        assert not metric.meaning.endswith("."), metric.name
        assert "|" not in metric.meaning, metric.name
        assert all(low < high for low, high in pairwise(metric.buckets)), metric.name


@pytest.mark.parametrize(
    ("name", "kind", "unit", "labels", "buckets"),
    [
        ("events_total", "counter", "events", (), ()),
        ("dossier_events", "counter", "events", (), ()),
        ("dossier_events_total", "gauge", "events", (), ()),
        ("dossier_wait_ms", "gauge", "milliseconds", (), ()),
        ("dossier_wait", "gauge", "seconds", (), ()),
        ("dossier_wait_seconds", "gauge", "events", (), ()),
        ("dossier_Wait_seconds", "gauge", "seconds", (), ()),
        ("dossier_events_count", "gauge", "events", (), ()),
        ("dossier_events", "gauge", "events", ("instance",), ()),
        ("dossier_events", "gauge", "events", ("le",), ()),
        ("dossier_wait_seconds", "histogram", "seconds", (), ()),
        ("dossier_wait_seconds", "gauge", "seconds", (), (1.0,)),
    ],
)
def test_a_name_against_the_conventions_is_refused(
    name: str, kind: registry.Kind, unit: str, labels: tuple[str, ...], buckets: tuple[float, ...]
) -> None:
    with pytest.raises(ValueError, match=f"metric {name}: "):
        Metric(name, kind, unit, "Something that is measured", ("review",), dict.fromkeys(labels, ()), buckets)


def test_a_metric_of_an_unknown_process_or_with_a_name_that_is_taken_is_refused() -> None:
    with pytest.raises(ValueError, match="known processes"):
        registry.gauge("dossier_nobodys", "Of a process that is none", unit="", of=["archive"])
    gathered()
    with pytest.raises(ValueError, match="Duplicated"):
        registry.gauge("dossier_ready", "A second one", unit="", of=["review"])
    assert DECLARED["dossier_ready"][0].meaning != "A second one"


def test_names_used_elsewhere_are_declared() -> None:
    assert {*counters.WATCHED, parked.METRIC, parked.STOPPED} <= set(gathered())
    [waiting] = [metric for metric in gathered().values() if metric.name == parked.METRIC]
    assert not waiting.labels, "the monitor reads it as a line without labels"


def test_what_is_sampled_goes_with_who_told_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class Owner:
        known = True

        def read(self) -> list[registry.Sample]:
            return [(("a",), 3.0)] if self.known else []

    metric = Metric("dossier_things", "gauge", "things", "Things", ("review",), {"kind": ()})
    sampled, owner = registry.Sampled(metric), Owner()
    monkeypatch.setattr(registry, "DECLARED", {metric.name: (metric, sampled)})
    sampled.reads(owner, Owner.read)
    assert b'dossier_things{kind="a"} 3.0' in page("review")
    owner.known = False
    assert b"dossier_things{" not in page("review")
    owner.known = True
    del owner
    gc.collect()
    assert b"dossier_things{" not in page("review")

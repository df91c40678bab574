"""The registry of metrics: every metric of a `/metrics` page is declared, and made, with the functions below.

PUBLISHED = counter(
    "dossier_events_published_total", "Events acknowledged by Kafka", unit="events", of=SERVICES, labels={"topic": ()}
)

`of` names the processes that show it; another process that imports the module does not. The names follow Prometheus: base
units as suffix, `_total` for counters. `docs/metrics.md`, the alerts and the dashboard are compared with what is declared.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from re import fullmatch
from typing import Any, Literal, TypeVar
from weakref import WeakKeyDictionary

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    GC_COLLECTOR,
    PLATFORM_COLLECTOR,
    PROCESS_COLLECTOR,
    REGISTRY,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from dossier_shared.contracts.topics import SERVICES

CONTENT_TYPE = CONTENT_TYPE_LATEST
PROCESSES = (*SERVICES, "monitor-worker")
BASE_UNITS = ("seconds", "bytes", "ratio")  # these are suffixes too; any other unit says what is counted
DEFAULTS: tuple[Collector, ...] = (PROCESS_COLLECTOR, PLATFORM_COLLECTOR, GC_COLLECTOR)
Kind = Literal["counter", "gauge", "histogram"]
Labels = Mapping[str, Sequence[str]]
Owner = TypeVar("Owner")
Kept = TypeVar("Kept", bound=Collector)
Sample = tuple[Sequence[str], float]  # the labels' values in order, and the number

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series per counter, which nobody reads


@dataclass(frozen=True, slots=True)
class Metric:
    """`labels`: name → every value it can have, or none named where that is open."""

    name: str
    kind: Kind
    unit: str
    meaning: str
    of: tuple[str, ...]
    labels: Labels
    buckets: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Raises ValueError where the name is not as Prometheus wants names."""
        stem = self.name.removesuffix("_total")
        wrong = {
            "starts with dossier_, in lower case": not fullmatch(r"dossier(_[a-z0-9]+)+", self.name),
            "_total for counters, and only for them": self.name.endswith("_total") != (self.kind == "counter"),
            "no suffix that a histogram adds": stem.endswith(("_count", "_sum", "_bucket", "_created")),
            "the base unit as suffix": any(stem.endswith(f"_{unit}") != (unit == self.unit) for unit in BASE_UNITS),
            "only base units": stem.endswith(("_ms", "_milliseconds", "_minutes", "_kb", "_megabytes", "_percent")),
            "known processes": not self.of or not set(self.of) <= set(PROCESSES),
            "labels in lower case": any(not fullmatch(r"[a-z_]+", label) for label in self.labels),
            "labels that Prometheus does not use itself": bool(self.labels.keys() & {"job", "instance", "le"}),
            "buckets for histograms, and only for them": bool(self.buckets) != (self.kind == "histogram"),
        }
        if rules := [rule for rule, broken in wrong.items() if broken]:
            raise ValueError(f"metric {self.name}: {', '.join(rules)}")

    @property
    def series(self) -> tuple[str, ...]:
        """Names of its time series as queries name them."""
        suffixes = ("_bucket", "_sum", "_count") if self.kind == "histogram" else ("",)
        return tuple(self.name + suffix for suffix in suffixes)


class Sampled(Collector):
    """A gauge that is read when it is asked for: what is not known any more is not on the page, instead of standing still.

    Who answers is held weakly: its series go with it.
    """

    def __init__(self, metric: Metric) -> None:
        self.metric = metric
        self._readers: WeakKeyDictionary[Any, Callable[[Any], Iterable[Sample]]] = WeakKeyDictionary()

    def reads(self, owner: Owner, read: Callable[[Owner], Iterable[Sample]]) -> None:
        self._readers[owner] = read

    def describe(self) -> Iterable[Family]:
        return [GaugeMetricFamily(self.metric.name, self.metric.meaning, labels=list(self.metric.labels))]

    def collect(self) -> Iterator[Family]:
        [family] = self.describe()
        assert isinstance(family, GaugeMetricFamily)
        for owner, read in list(self._readers.items()):
            for labels, value in read(owner):
                family.add_metric(list(labels), value)
        yield family


DECLARED: dict[str, tuple[Metric, Collector]] = {}


def counter(name: str, meaning: str, *, unit: str, of: Collection[str], labels: Labels | None = None) -> Counter:
    metric = _metric(name, "counter", unit, meaning, of, labels)
    return _declare(metric, Counter(name, meaning, tuple(metric.labels)))


def gauge(name: str, meaning: str, *, unit: str, of: Collection[str], labels: Labels | None = None) -> Gauge:
    metric = _metric(name, "gauge", unit, meaning, of, labels)
    return _declare(metric, Gauge(name, meaning, tuple(metric.labels)))


def histogram(
    name: str,
    meaning: str,
    *,
    unit: str,
    of: Collection[str],
    buckets: Sequence[float],
    labels: Labels | None = None,
) -> Histogram:
    metric = _metric(name, "histogram", unit, meaning, of, labels, buckets)
    return _declare(metric, Histogram(name, meaning, tuple(metric.labels), buckets=buckets))


def sampled(name: str, meaning: str, *, unit: str, of: Collection[str], labels: Labels | None = None) -> Sampled:
    metric = _metric(name, "gauge", unit, meaning, of, labels)
    collector = Sampled(metric)
    REGISTRY.register(collector)
    return _declare(metric, collector)


def _metric(
    name: str,
    kind: Kind,
    unit: str,
    meaning: str,
    of: Collection[str],
    labels: Labels | None,
    buckets: Sequence[float] = (),
) -> Metric:
    in_order = tuple(process for process in PROCESSES if process in of)
    known = in_order if len(in_order) == len(of) else tuple(of)
    return Metric(name, kind, unit, meaning, known, dict(labels or {}), tuple(buckets))


def _declare(metric: Metric, collector: Kept) -> Kept:
    """The client has refused a name that is taken. Series whose labels are known begin at 0: an increase from nothing to the
    first 1 would not be seen."""
    DECLARED[metric.name] = (metric, collector)
    if metric.labels and all(metric.labels.values()) and isinstance(collector, Counter | Gauge | Histogram):
        for values in product(*metric.labels.values()):
            collector.labels(*values)
    return collector


class _Page(Collector):
    def __init__(self, process: str) -> None:
        self.process = process

    def collect(self) -> Iterator[Family]:
        for metric, collector in list(DECLARED.values()):
            if self.process in metric.of:
                yield from collector.collect()
        for collector in DEFAULTS:
            yield from collector.collect()


def page(process: str) -> bytes:
    """What `/metrics` of this process answers: its own metrics, and the client's about CPU, memory and Python."""
    return generate_latest(_Page(process))

"""PromQL read by a real parser, and compared with the registry of metrics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import promql_parser as p

from dossier_local.metrics_reference import gathered
from dossier_shared.telemetry.metrics_registry import DEFAULTS, PROCESSES, Metric

TARGET = {"job", "instance"}  # what Prometheus puts on every series
OVER_COUNTERS = {"rate", "irate", "increase"}
OVER_GAUGES = {"deriv", "delta", "predict_linear", "min_over_time", "max_over_time", "avg_over_time"}
DASHBOARD = {"$__rate_interval": "5m", "$__interval": "1m", "$__range": "6h", "$job": ".*"}  # Grafana's variables


@cache
def families() -> dict[str, Metric]:
    """By the name of a time series."""
    return {series: metric for metric in gathered().values() for series in metric.series}


@cache
def defaults() -> dict[str, set[str]]:
    """Series → labels of what the client tells by itself, and Prometheus of its targets."""
    told = {
        sample.name: set(sample.labels) for found in DEFAULTS for family in found.collect() for sample in family.samples
    }
    return {**told, "up": set()}


def complaints(query: str) -> list[str]:
    """What of it is not in the registry; raises ValueError where it is no PromQL."""
    for name, value in DASHBOARD.items():
        query = query.replace(name, value)
    found: list[str] = []
    _look(p.parse(query), found)
    return found


def _look(expr: Any, found: list[str]) -> None:
    match expr:
        case p.VectorSelector():
            found += _selector(expr)
        case p.AggregateExpr() if expr.modifier is not None and expr.modifier.type == p.AggModifierType.By:
            found += _grouping(expr.modifier.labels, [expr.expr])
        case p.BinaryExpr() if expr.modifier is not None and expr.modifier.matching is not None:
            found += _grouping(expr.modifier.matching.labels, [expr.lhs, expr.rhs])
        case p.Call():
            found += _call(expr)
    for child in _children(expr):
        _look(child, found)


def _children(expr: Any) -> Iterator[Any]:
    match expr:
        case p.AggregateExpr():
            yield expr.expr
            if expr.param is not None:
                yield expr.param
        case p.BinaryExpr():
            yield from (expr.lhs, expr.rhs)
        case p.ParenExpr() | p.UnaryExpr() | p.SubqueryExpr():
            yield expr.expr
        case p.MatrixSelector():
            yield expr.vector_selector
        case p.Call():
            yield from expr.args
        case p.VectorSelector() | p.NumberLiteral() | p.StringLiteral():
            return
        case _:
            raise AssertionError(f"a kind of expression not looked into: {type(expr).__name__}")


def selectors(expr: Any) -> Iterator[Any]:
    if isinstance(expr, p.VectorSelector):
        yield expr
    for child in _children(expr):
        yield from selectors(child)


def labels_of(name: str) -> set[str]:
    metric = families().get(name)
    if metric is None:
        return defaults().get(name, set()) | TARGET
    return set(metric.labels) | TARGET | ({"le"} if name.endswith("_bucket") and metric.kind == "histogram" else set())


def _selector(selector: Any) -> Iterator[str]:
    name, metrics = selector.name, families()
    if name not in metrics and name not in defaults():
        yield f"no metric {name}"
        return
    known = labels_of(name)
    for matcher in selector.matchers.matchers:
        if matcher.name not in known:
            yield f"{name} has no label {matcher.name}"
        elif matcher.op in (p.MatchOp.Equal, p.MatchOp.Re):
            allowed = (
                PROCESSES
                if matcher.name == "job"
                else metrics[name].labels.get(matcher.name, ())
                if name in metrics
                else ()
            )
            wanted = matcher.value.split("|") if matcher.op == p.MatchOp.Re else [matcher.value]
            yield from (
                f"{name}: {matcher.name} is never {value}"
                for value in wanted
                if allowed and value not in allowed and value not in (".*", ".+")
            )


def _grouping(labels: Iterable[str], exprs: Iterable[Any]) -> Iterator[str]:
    known = {label for expr in exprs for selector in selectors(expr) for label in labels_of(selector.name or "")}
    yield from (f"grouped by {label}, which none of it has" for label in labels if label not in known)


def _call(call: Any) -> Iterator[str]:
    """A rate of a gauge, or a slope of a counter, is a number that means nothing."""
    function = call.func.name
    for selector in selectors(call) if function in OVER_COUNTERS | OVER_GAUGES else ():
        metric = families().get(selector.name)
        grows = selector.name.endswith("_total") if metric is None else metric.kind != "gauge"
        if grows != (function in OVER_COUNTERS):
            yield f"{function}() of {selector.name}"


def result_labels(query: str) -> set[str]:
    """What an alert may name in its text: the outermost groupings' labels, or the series' own."""

    def outer(expr: Any) -> set[str]:
        match expr:
            case p.AggregateExpr():
                return set(expr.modifier.labels) if expr.modifier is not None else set()
            case p.VectorSelector():
                return labels_of(expr.name or "")
            case p.BinaryExpr():
                sides = [outer(side) for side in (expr.lhs, expr.rhs) if list(selectors(side))]
                return set.intersection(*sides) if sides else set()
            case _:
                found = [outer(child) for child in _children(expr) if list(selectors(child))]
                return set.intersection(*found) if found else set()

    return outer(p.parse(query))

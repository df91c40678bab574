"""The metrics that every service shares. The fault tests read them to see whether a fault really happened."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version
from os import environ
from typing import Final

from prometheus_client import Counter

from dossier_shared.contracts.topics import BY_SOURCE, DOSSIER_TOPICS, SERVICES
from dossier_shared.errors import BAD_RECORD, UNCHAINED
from dossier_shared.settings.quotas import DEFAULTS as QUOTAS
from dossier_shared.telemetry.metrics_registry import PROCESSES, counter, gauge, histogram, sampled

_OWNERS: Final = tuple(topic.writer for topic in DOSSIER_TOPICS)  # of dossiers' events
_ACTING: Final = ("signing", "notify")  # on the world outside

# -- the process -------------------------------------------------------------------------------------------------------

BUILD_INFO = gauge(
    "dossier_build_info",
    "Always 1; the labels say what runs (commit: the environment's DOSSIER_COMMIT)",
    unit="",
    of=PROCESSES,
    labels={"service": (), "version": (), "commit": ()},
)
READY = gauge("dossier_ready", "1 while /health/ready answers that the process is ready", unit="bool", of=PROCESSES)
BROKER_UP = gauge("dossier_broker_up", "1 while the Kafka broker answers this process", unit="bool", of=PROCESSES)
DATABASE_UP = gauge("dossier_database_up", "1 while MongoDB answers this process", unit="bool", of=SERVICES)
LOOP_LAG = histogram(
    "dossier_event_loop_lag_seconds",
    "How much later than asked the event loop woke a task that slept",
    unit="seconds",
    of=PROCESSES,
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5),
)
HTTP_SECONDS = histogram(
    "dossier_http_request_seconds",
    "Time to the last byte of the answer; its _count is the number of requests. Streams last as long as they are read",
    unit="seconds",
    of=SERVICES,
    labels={"method": (), "route": (), "status": ()},
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
)
QUOTA_REFUSED = counter(
    "dossier_quota_refused_total",
    "Requests answered 429: their account or address asks too often",
    unit="requests",
    of=SERVICES,
    labels={"quota": tuple(QUOTAS)},
)
AUDIT_SENT = counter("dossier_audit_sent_total", "Audit entries the broker has taken", unit="entries", of=SERVICES)
AUDIT_DROPPED = counter(
    "dossier_audit_dropped_total",
    "Audit entries lost: the broker was away for longer than memory lasts",
    unit="entries",
    of=SERVICES,
)

# -- publishing --------------------------------------------------------------------------------------------------------

PUBLISHED = counter(
    "dossier_events_published_total", "Events acknowledged by Kafka", unit="events", of=SERVICES, labels={"topic": ()}
)
PUBLISH_FAILED = counter(
    "dossier_publish_failed_total", "Dossiers whose publishing failed and is retried", unit="dossiers", of=SERVICES
)
SWEPT = counter(
    "dossier_sweeper_republished_total",
    "Dossiers whose unpublished tail the sweeper sent again",
    unit="dossiers",
    of=SERVICES,
)
PENDING_AGE = gauge(
    "dossier_pending_age_seconds", "Age of the oldest event not known to be published", unit="seconds", of=SERVICES
)
RESENT = counter(
    "dossier_resent_events_total",
    "Events published again because another service misses them",
    unit="events",
    of=_OWNERS,
)

# -- consuming ---------------------------------------------------------------------------------------------------------

HEARD = counter(
    "dossier_events_heard_total",
    "Events of other services applied",
    unit="events",
    of=SERVICES,
    labels={"topic": ()},
)
DUPLICATES_DROPPED = counter(
    "dossier_duplicates_dropped_total",
    "Events consumed again and dropped by the consumer position",
    unit="events",
    of=SERVICES,
)
GUARDS_LOST = counter(
    "dossier_guards_lost_total", "Guarded updates that lost a race and were decided again", unit="updates", of=SERVICES
)
BATCH_SIZE = histogram(
    "dossier_consumer_batch_records",
    "Records per consumed batch",
    unit="records",
    of=SERVICES,
    buckets=(1, 10, 50, 100, 500, 1000, 2000, 5000, 10_000, 20_000),
)
CONSUMER_LAG = sampled(
    "dossier_consumer_lag_records",
    "Records of a partition this process has, from the committed offset to the partition's end. No series: not known",
    unit="records",
    of=PROCESSES,
    labels={"group": (), "topic": (), "partition": ()},
)
DIRECTORY_AGENCIES = sampled(
    "dossier_directory_agencies",
    "Agencies of the catalogue in force this process knows; 0: none was told to it yet, and the events' word stands",
    unit="agencies",
    of=SERVICES,
)
CONSUMER_STOPPED = gauge(
    "dossier_consumer_stopped",
    "1 once the dead-letter limit has stopped the consumer: a person must look",
    unit="bool",
    of=SERVICES,
)
OUTAGES = counter(
    "dossier_consumer_outages_total",
    "Batches retried because database or broker was away",
    unit="attempts",
    of=SERVICES,
)
PARKED = counter(
    "dossier_events_parked_total", "Events stored to wait", unit="events", of=SERVICES, labels={"reason": UNCHAINED}
)
WAITING = gauge("dossier_events_waiting", "Events waiting now", unit="events", of=SERVICES)
RESEND_ASKED = counter(
    "dossier_resend_asked_total", "Dossiers whose missing events were asked for", unit="dossiers", of=SERVICES
)
SKIPPED = counter(
    "dossier_events_skipped_total", "Events a person decided to go on without", unit="events", of=SERVICES
)
DEAD_LETTERS = counter(
    "dossier_dead_letters_total",
    "Records sent to the dead-letter topic",
    unit="records",
    of=SERVICES,
    labels={"reason": BAD_RECORD},
)
UNSIGNED = counter(
    "dossier_unsigned_events_total",
    "Events heard without a good signature, of a service that has published keys: before signatures are demanded, or where "
    "EVENT_SIGNATURES only warns",
    unit="events",
    of=PROCESSES,
    labels={"topic": ()},
)
EFFECTS = counter(
    "dossier_effects_total",
    "Effects outside (a signature, a message), by what is known of them; `unknown` is asked for again, `failing` tried again, "
    "`given-up` recorded as failed after the last attempt",
    unit="effects",
    of=_ACTING,
    labels={"outcome": ("recorded", "unknown", "failing", "given-up")},
)
EFFECTS_OPEN_AGE = gauge(
    "dossier_effects_open_age_seconds",
    "Age of the oldest effect that was asked for and has no outcome",
    unit="seconds",
    of=_ACTING,
)


@cache
def heard_from(source: str) -> Counter:
    """The counter of one source's events: looked up once, as events come by the thousand."""
    topic = BY_SOURCE.get(source)
    return HEARD.labels(topic.name if topic else source)


def tell_build(process: str, package: str) -> None:
    """`package`: whose version it is, `dossier_intake`."""
    try:
        number = version(package.replace("_", "-"))
    except PackageNotFoundError:
        number = "unknown"
    BUILD_INFO.labels(process, number, environ.get("DOSSIER_COMMIT") or "unknown").set(1)

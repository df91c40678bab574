"""Counters of the core, read at /metrics. The fault tests ask them whether a fault really bit."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

DUPLICATES_DROPPED = Counter("dossier_duplicates_dropped_total", "Events heard again and dropped by the heard mark")
GUARDS_LOST = Counter("dossier_guards_lost_total", "Guarded updates that lost a race and were decided again")
SWEPT = Counter("dossier_sweeper_republished_total", "Dossiers whose unpublished tail the sweeper sent again")
PUBLISHED = Counter("dossier_events_published_total", "Events acknowledged by Kafka")
PUBLISH_FAILED = Counter("dossier_publish_failed_total", "Dossiers whose publishing failed and is retried")
HEARD = Counter("dossier_events_heard_total", "Events of other services applied")
PARKED = Counter("dossier_events_parked_total", "Events stored to wait", ["reason"])
WAITING = Gauge("dossier_events_waiting", "Events waiting now")
DEAD_LETTERS = Counter("dossier_dead_letters_total", "Records sent to the dead-letter topic", ["reason"])
RESEND_ASKED = Counter("dossier_resend_asked_total", "Dossiers whose missing events were asked for")
RESENT = Counter("dossier_resent_events_total", "Events published again because another service misses them")
SKIPPED = Counter("dossier_events_skipped_total", "Events a person decided to go on without")
PENDING_AGE = Gauge("dossier_pending_age_seconds", "Age of the oldest event not known to be published")
OUTAGES = Counter("dossier_consumer_outages_total", "Batches retried because database or broker was away")
BATCH_SIZE = Histogram(
    "dossier_consumer_batch_records", "Records per consumed batch", buckets=(1, 10, 50, 100, 500, 1000, 2000)
)
EFFECTS = Counter("dossier_effects_total", "Effects outside, by outcome", ["outcome"])

"""Tells outages (database, broker, provider or keys away) from errors that are one item's own fault.

The rule wherever items are handled in batches: an outage is waited for, the whole batch is tried again, and no item is blamed.
After any other error the batch is halved until the item at fault is alone, and the others go on. In doubt it is an outage.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiokafka.errors import KafkaError  # type: ignore[import-untyped, unused-ignore]
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    ExecutionTimeout,
    OperationFailure,
    PyMongoError,
    WTimeoutError,
)

from dossier_shared.errors import Unavailable

# ShutdownInProgress, PrimarySteppedDown, ExceededTimeLimit, NotWritablePrimary, InterruptedAtShutdown,
# InterruptedDueToReplStateChange, NotPrimaryNoSecondaryOk, NotPrimaryOrSecondary
_TRANSIENT_CODES = frozenset({91, 189, 262, 10107, 11600, 11602, 13435, 13436})
# BadValue, FailedToParse, TypeMismatch, Overflow (also: nested too deep), InvalidBSON, field names, document or key too large,
# DocumentValidationFailure
UNSTORABLE_CODES = frozenset({2, 9, 14, 15, 22, 52, 55, 56, 57, 121, 10334, 17280, 17419, 17420})
DUPLICATE_KEY = 11000


def is_outage(error: BaseException) -> bool:
    """True where it is certainly an outage: the database or the broker is away."""
    if isinstance(error, (ConnectionFailure, ExecutionTimeout, WTimeoutError, KafkaError)):
        return True
    if isinstance(error, OperationFailure) and error.code in _TRANSIENT_CODES:
        return True
    return isinstance(error, PyMongoError) and (
        error.has_error_label("RetryableWriteError") or error.has_error_label("TransientTransactionError")
    )


def passes(error: BaseException) -> bool:
    """True unless the error is known to be an item's own fault: then the batch is tried again later."""
    if isinstance(error, BulkWriteError):
        return any(_refusal_passes(one) for one in error.details.get("writeErrors", ())) or bool(
            error.details.get("writeConcernErrors")
        )
    if isinstance(error, OperationFailure):
        return is_outage(error) or error.code not in UNSTORABLE_CODES | {DUPLICATE_KEY}
    return isinstance(error, Unavailable | OSError | PyMongoError) or is_outage(error)


def _refusal_passes(error: Mapping[str, Any]) -> bool:
    return error["code"] not in UNSTORABLE_CODES | {DUPLICATE_KEY}

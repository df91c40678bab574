"""What passes by itself (database, broker, provider or keys away), told apart from what is one item's own fault.

The rule of everything that works in batches: what passes is waited for, whole, and counts against nobody; anything else is
halved until the item at fault stands alone, and the rest goes on. Where it is not sure, it is taken for an outage.
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
    """Certainly an outage: the database or the broker is away, not wrong."""
    if isinstance(error, (ConnectionFailure, ExecutionTimeout, WTimeoutError, KafkaError)):
        return True
    if isinstance(error, OperationFailure) and error.code in _TRANSIENT_CODES:
        return True
    return isinstance(error, PyMongoError) and (
        error.has_error_label("RetryableWriteError") or error.has_error_label("TransientTransactionError")
    )


def passes(error: BaseException) -> bool:
    """Nothing says that it is the item's own fault: all of it is tried again later."""
    if isinstance(error, BulkWriteError):
        return any(_refusal_passes(one) for one in error.details.get("writeErrors", ())) or bool(
            error.details.get("writeConcernErrors")
        )
    if isinstance(error, OperationFailure):
        return is_outage(error) or error.code not in UNSTORABLE_CODES | {DUPLICATE_KEY}
    return isinstance(error, Unavailable | OSError | PyMongoError) or is_outage(error)


def _refusal_passes(error: Mapping[str, Any]) -> bool:
    return error["code"] not in UNSTORABLE_CODES | {DUPLICATE_KEY}

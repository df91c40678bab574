"""The request to publish a dossier's events again, on the topic `<service>.resend-request`.

Key: the dossier's id; value: `{"source": <whose events>}`. A service reads these topics of the services that consume its events.
"""

from __future__ import annotations

from typing import NamedTuple

import orjson

from dossier_shared.contracts.envelope import RawRecord, Record
from dossier_shared.contracts.topics import BY_SOURCE
from dossier_shared.errors import BadRecord


class Missing(NamedTuple):
    """Events of `source` that a dossier needs somewhere to go on."""

    dossier: str
    source: str


def write_request(missing: Missing) -> Record:
    return Record(missing.dossier.encode(), orjson.dumps({"source": missing.source}), [])


def read_request(record: RawRecord) -> Missing:
    """Raises BadRecord undecodable."""
    try:
        dossier, source = (record.key or b"").decode(), orjson.loads(record.value or b"")["source"]
    except (ValueError, KeyError, TypeError) as error:
        raise BadRecord("undecodable", f"{type(error).__name__}: {error}") from error
    if not dossier or not isinstance(source, str) or source not in BY_SOURCE:
        raise BadRecord("undecodable", f"no request: dossier {dossier!r}, source {source!r}")
    return Missing(dossier, source)

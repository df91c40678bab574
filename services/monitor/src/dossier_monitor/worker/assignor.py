"""Faust's assignor, for a worker that comes back under another host's name.

A static member that is back within the session gets the assignment it had, with the address in it that it had then, and Faust
refuses one that is not its own by now: the worker of a new container never folded again. Nobody asks a worker of ours at that
address. It stays the host's by default: an older version compares it, and must be able to follow a newer one.
"""

from __future__ import annotations

from typing import Any

from faust.assignor.client_assignment import ClientMetadata
from faust.assignor.partition_assignor import PartitionAssignor


class Assignor(PartitionAssignor):
    _assigned_to: str | None = None

    @property
    def _url(self) -> Any:
        return self._assigned_to or super()._url

    def on_assignment(self, assignment: Any) -> None:
        self._assigned_to = ClientMetadata.loads(self._decompress(assignment.user_data)).url
        try:
            super().on_assignment(assignment)
        finally:
            self._assigned_to = None

"""Crash points: named places at which a fault test kills the process. Off unless CRASH_AT is set.

Points: write.before, write.after (written, not yet published), publish.acked (published, not yet marked),
consume.written (written, offsets not yet committed), effect.intent (intent recorded, nothing done yet),
effect.done (done outside, outcome not yet recorded), limits.due (limits found past, nothing recorded yet).
Of intake's papers: upload.piece (a piece stored, not yet counted), upload.whole (the file looked into and kept, the upload not
yet finished), opening.noted (an opening on record, no byte sent yet); of files that leave: orphan.hidden, orphan.dropped (the
file hidden, its use taken out).
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

Hook = Callable[[str], None]
_hook: Hook | None = None


def install(spec: str | None) -> None:
    """Arms one crash point. `name` or `name:n`: this process gets SIGKILL at its n-th passage (n from 1).

    `name:n:stop` suspends it there instead (SIGSTOP), until it is continued (SIGCONT): a zombie in the making.
    """
    if not spec:
        return
    name, _, rest = spec.partition(":")
    count, _, how = rest.partition(":")
    left, number = int(count or 1), signal.SIGSTOP if how == "stop" else signal.SIGKILL

    def strike(point: str) -> None:
        nonlocal left
        if point == name:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), number)

    set_hook(strike)


def set_hook(hook: Hook | None) -> None:
    global _hook
    _hook = hook


def point(name: str) -> None:
    if _hook is not None:
        _hook(name)

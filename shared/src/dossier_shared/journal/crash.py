"""Named crash points, so that a fault test can kill a process between any two promises. Off unless CRASH_AT is set.

Points: write.before, write.after (written, not yet published), publish.acked (published, not yet marked),
consume.written (written, offsets not yet committed), effect.intent (intent recorded, nothing done yet),
effect.done (done outside, outcome not yet recorded).
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

Hook = Callable[[str], None]
_hook: Hook | None = None


def install(spec: str | None) -> None:
    """`name` or `name:n`: kill this very process, as SIGKILL would, at the n-th passage (n from 1).

    `name:n:stop` suspends it there instead (SIGSTOP), until someone wakes it (SIGCONT): a zombie in the making.
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

"""Programs that no Python package brings. A test that needs one which is not here is left out, and the run's end says so in one
line; where everything is demanded (CI, or DOSSIER_REQUIRE_SYSTEM=1) it fails."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable
from typing import NoReturn

import pytest

DEMANDED = bool(os.environ.get("CI")) or os.environ.get("DOSSIER_REQUIRE_SYSTEM") == "1"


def missing(tool: str, target: str) -> NoReturn:
    """Ends the test that asked. `target`: of make, brings the tool."""
    reason = f"{tool} (make {target})"
    if DEMANDED:
        pytest.fail(f"not here: {reason} brings it")
    pytest.skip(reason)


def left_out(reasons: Iterable[str]) -> str:
    """How many tests were skipped, for want of what, and what brings it."""
    counted = Counter(re.sub("^Skipped: ", "", reason) for reason in reasons)
    return "Left out for want of: " + ", ".join(f"{tool} {number} tests" for tool, number in sorted(counted.items()))

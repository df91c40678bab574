"""What the core promises, one scenario each, the same on memory and on the real broker and database.

A scenario is `async def name(world)`; `ALL` holds them in order of appearance.
"""

from . import (
    scenarios_consuming,
    scenarios_deployed,
    scenarios_effects,
    scenarios_healing,
    scenarios_poison,
    scenarios_poisoned_batches,
    scenarios_publishing,
    scenarios_signed,
    scenarios_tracing,
    scenarios_writing,
)
from .acts import ALL

__all__ = [
    "ALL",
    "scenarios_consuming",
    "scenarios_deployed",
    "scenarios_effects",
    "scenarios_healing",
    "scenarios_poison",
    "scenarios_poisoned_batches",
    "scenarios_publishing",
    "scenarios_signed",
    "scenarios_tracing",
    "scenarios_writing",
]

"""`python -m tests.attacks` writes docs/reference/attacks.md."""

from __future__ import annotations

from . import table

table.PAGE.write_text(table.page(), "utf-8")

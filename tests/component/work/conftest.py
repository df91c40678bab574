from __future__ import annotations

from tests.component.intake.conftest import intake
from tests.component.review.conftest import review
from tests.component.signing_api.conftest import keys, signing

__all__ = ["intake", "keys", "review", "signing"]

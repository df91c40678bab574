"""What a person reads who is asked to let somebody file for them. Pure.

The code stands first, where a phone shows it at once; who asks and what for are cut, never the warning.
"""

from __future__ import annotations

from dossier_notify.rules.links import without_links
from dossier_shared.contracts.consent_codes import CodeMessage
from dossier_shared.vocabulary.sms import cheapest, cost

_HELPER = 40  # letters of a name
_TEXT = (
    "{code} là mã để {helper} nộp hồ sơ{procedure} thay ông/bà. Mã dùng một lần, trong 10 phút. "
    "Không đồng ý thì đừng đọc mã cho ai."
)


def compose(message: CodeMessage, max_parts: int) -> str:
    """What others have typed is said without links, and shortened to `max_parts`."""
    helper, procedure = _said(message.helper)[:_HELPER].rstrip(), _said(message.procedure)

    def text(length: int) -> str:
        shown = procedure if length == len(procedure) else procedure[:length].rstrip(" ,;.") + "..."
        return cheapest(_TEXT.format(code=message.code, helper=helper, procedure=f" ({shown})" if length else ""))

    return next(
        said for length in range(len(procedure), -1, -1) if cost(said := text(length)).parts <= max_parts or not length
    )


def _said(words: str) -> str:
    return " ".join(without_links(words).split())

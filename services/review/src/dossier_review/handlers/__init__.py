"""What review does on each command and on each event it hears: pure decisions, by subject. The tables are here.

`turns` when something may be done · `appraising` whose it is, proposal, notes · `asking` the citizen and other agencies ·
`extending` more time · `deciding` the result · `ending` without one, or elsewhere ·
`consenting` what signing must know of who filed.
"""

from __future__ import annotations

from dossier_review.evolving.evolve import evolve
from dossier_review.handlers.appraising import appraise_case as appraise_case
from dossier_review.handlers.appraising import assign_by_rule as assign_by_rule
from dossier_review.handlers.appraising import assign_case as assign_case
from dossier_review.handlers.appraising import note_case as note_case
from dossier_review.handlers.appraising import release_by_rule as release_by_rule
from dossier_review.handlers.appraising import release_case as release_case
from dossier_review.handlers.appraising import share_case as share_case
from dossier_review.handlers.asking import answer_consultation as answer_consultation
from dossier_review.handlers.asking import consult_agencies as consult_agencies
from dossier_review.handlers.asking import overdue as overdue
from dossier_review.handlers.asking import request_payment as request_payment
from dossier_review.handlers.asking import request_supplement as request_supplement
from dossier_review.handlers.asking import withdraw_consultation as withdraw_consultation
from dossier_review.handlers.asking import withdraw_request as withdraw_request
from dossier_review.handlers.consenting import on_consent_withdrawn
from dossier_review.handlers.deciding import approve_case as approve_case
from dossier_review.handlers.deciding import on_accepted
from dossier_review.handlers.deciding import reject_case as reject_case
from dossier_review.handlers.deciding import return_case as return_case
from dossier_review.handlers.ending import Competent as Competent
from dossier_review.handlers.ending import decline_withdrawal as decline_withdrawal
from dossier_review.handlers.ending import grant_withdrawal as grant_withdrawal
from dossier_review.handlers.ending import hand_over as hand_over
from dossier_review.handlers.ending import stop_case as stop_case
from dossier_review.handlers.extending import MoreTime as MoreTime
from dossier_review.handlers.extending import extend_case as extend_case
from dossier_review.handlers.extending import request_extension as request_extension
from dossier_review.handlers.turns import AWAITED as AWAITED
from dossier_review.state import PERSONAL, State
from dossier_review.state import filers as filers
from dossier_shared.journal.dossier import Handler, Rules
from dossier_shared.journal.forgetting import forgets

HEARD: dict[str, Handler[State]] = {"accepted": on_accepted, "consent-withdrawn": on_consent_withdrawn}
# signing's too: what intake or the citizen does once it was sent back builds on that
RULES = Rules(
    source="review",
    evolve=evolve,
    forget=forgets(PERSONAL),
    hear=HEARD,
    causal_sources=frozenset({"intake", "signing"}),
)

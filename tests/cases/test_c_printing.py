"""What a result says and how it is set: whose titles, which letters (C2, C5)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unicodedata
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import orjson
import pytest
import typst

from dossier_shared.documents import fonts
from dossier_shared.documents.letterhead import derived, letterhead
from dossier_shared.documents.printing import UnprintableText, written
from dossier_shared.vocabulary import printing
from dossier_signing.documents.result_document import ResultDocument, ResultField, page_data, render

from ..component.signing_pades.conftest import document_of  # noqa: TID252

NOW = datetime(2026, 11, 28, 3, tzinfo=UTC)
WRITTEN = "Ủy ban nhân dân xã Thử"
LANGUAGES = {
    "Việt": "Nguyễn Thị Ánh Tuyết, ĐẶNG VĂN QUỲNH",
    "Ê Đê": "Y Ƀăm Niê Kdăm, ƀuôn Čư̆ Ênao, ơ̆ Ơ̆ ŭ Ŭ ñ Ñ ĕ Ĕ ĭ Ĭ č Č ŏ Ŏ â̆ ê̆ ô̆ ư̆",
    "Gia Rai, Ba Na": "Ƀŏ̆k Plei Ơi, Kơdrăng, H’Mlŏk, jơ̆, ƀ̆",
    "H'Mông": "Giàng A Páo, Hmoob Dawb, Ntsuab Xyooj, Lầu Thị Chúa ʼ",
    "Khmer": "សុខ សំណាង ភូមិព្រែក ខេត្តត្រាវិញ ៛",
    "Chăm": "ꨌꩌ ꨣꨯꨮꩍ ꨚꨰ ꨀꨇꩉ ꩐꩑꩒ ꩝",
    "Chăm Jawi": "محمد علي ۊ",
    "Thái": "ꪼꪕ ꪜꪴ ꪙꪱ ꪁꪫꪱꪣ",
    "Hán": "阮文安 社會主義 㐂 䶮",
    "Hàn, Nhật": "김민수 주식회사 株式会社 カタカナ ひらがな",
    "Lào, Thái Lan": "ລາວ ນະຄອນຫຼວງ ก็ไม่เป็นไร",
    "Nga, Hy Lạp": "Иван Ёж Αθήνα",
    "signs": "☐ ☑ ✓ ✔ → ≥ ≤ ± № ™ ₫ € ° ² ½ ‰ … • – — × √ ● ■ ▪ ➢ ❖ ★ ① Ⅳ",
}


@pytest.mark.parametrize(
    "agency",
    [
        "Uỷ ban nhân dân xã Thử",
        "UBND xã Thử",
        "UBND  xã   Thử ",
        unicodedata.normalize("NFD", WRITTEN),
        "Ủy ban nhân  dân xã Thử",
        "Ủy ban nhân dân xã Thử ",
        "ỦY BAN NHÂN DÂN XÃ THỬ",
        "UBND. xã Thử",
        "ủy ban nhân dân\u00a0xã Thử",
    ],
)
def test_c2_a_name_as_people_write_it_gives_the_same_lines(agency: str) -> None:
    known, right = derived(agency), derived(WRITTEN)
    assert (known.on_behalf_of, known.title, known.place) == (right.on_behalf_of, right.title, right.place)
    assert [line.upper() for line in known.lines] == [line.upper() for line in right.lines]
    assert right.lines == ["Ủy ban nhân dân", "xã Thử"]
    assert (right.on_behalf_of, right.title, right.place) == ("TM. Ủy ban nhân dân", "Chủ tịch", "Thử")


@pytest.mark.parametrize(
    ("agency", "place"),
    [
        ("Ủy ban nhân dân phường Bình Long", "Bình Long"),
        ("UBND TP. Đồng Nai", "Đồng Nai"),
        ("UBND thị xã Xã Đàn", "Xã Đàn"),
        ("Ủy ban nhân dân phường 5", "Phường 5"),
        ("Sở Tư pháp thành phố Đồng Nai", "Đồng Nai"),
        ("Công an xã Tân Tiến", "Tân Tiến"),
        ("Sở Xây dựng", "Sở Xây dựng"),
        ("Ủy ban nhân dân", "Ủy ban nhân dân"),
    ],
)
def test_c2_the_place_of_a_name(agency: str, place: str) -> None:
    assert derived(agency).place == place


def test_c2_what_the_catalogue_says_stands_before_what_a_name_suggests() -> None:
    """A sibling: no name tells that the head of a police station is its `Trưởng Công an`, or where a ministry is."""
    police = letterhead(
        "Công an xã Tân Tiến", {"title": "Trưởng  Công an", "place": "Tân Tiến"}, "Công an thành phố Đồng Nai"
    )
    assert (police.title, police.place, police.on_behalf_of) == ("Trưởng Công an", "Tân Tiến", "")
    assert (police.lines, police.parent_name) == (["Công an xã Tân Tiến"], "Công an thành phố Đồng Nai")
    said = {
        "title": "Trưởng ban",
        "place": "Thử",
        "on_behalf_of": "Ban Quản lý",
        "letterhead": ["Ban Quản lý", "chợ Thử"],
    }
    board = letterhead(WRITTEN, said, "Ủy ban nhân dân tỉnh Thử")
    assert (board.title, board.on_behalf_of, board.parent_name) == ("Trưởng ban", "TM. Ban Quản lý", "")
    assert board.lines == ["Ban Quản lý", "chợ Thử"]
    assert letterhead(WRITTEN, {**said, "on_behalf_of": "TM. BAN QUẢN LÝ"}).on_behalf_of == "TM. BAN QUẢN LÝ"


def test_c2_a_long_name_is_broken_between_words_only() -> None:
    """A sibling: the head was cut at the 15th letter, whatever stood there."""
    name = "Ủy  ban nhân dân xã Bù Gia Mập"
    assert derived(name).lines == ["Ủy ban nhân dân", "xã Bù Gia Mập"]
    document = document_of("permit", agency_vi=name, agency_lines=tuple(derived(name).lines))
    assert page_data(document, NOW)["agency_lines"] == ["ỦY BAN NHÂN DÂN", "XÃ BÙ GIA MẬP"]


@pytest.mark.parametrize("text", LANGUAGES.values(), ids=LANGUAGES.keys())
def test_c5_the_fonts_have_the_letters_of_the_country_s_languages(text: str) -> None:
    text = unicodedata.normalize("NFC", text)
    assert printing.unprintable(text) == []
    everywhere = document_of(
        "rejection", holder_name=text, reason=text, procedure_vi=text, procedure_en=text, place=text, leader_name=text,
        leader_title=text, agency_vi=text, fields=(ResultField(label_vi=text, label_en=text, value=text, strong=True),),
    )  # fmt: skip
    assert render(everywhere, NOW).startswith(b"%PDF")


def test_c5_what_the_doors_know_is_what_the_fonts_have() -> None:
    """`make contracts` writes it; whoever changes shared/fonts.txt writes it anew."""
    assert orjson.loads(orjson.dumps(fonts.covered())) == printing._LETTERS
    assert printing.FAMILIES == fonts.ORDER


@pytest.mark.parametrize("family", printing.FAMILIES)
def test_c5_every_letter_the_doors_let_in_is_set_in_every_style(family: str) -> None:
    points = points_of(family)
    step = 1 if len(points) < 4000 else 61  # of Hán and Hangul a sample: a second instead of ten
    assert sets(" ".join(map(chr, islice(points, 0, None, step))))


@pytest.mark.parametrize("letter", ["😀", "\U00020001", "\ue000", "\uf0b7", "ა", "က", "\U0001f468\u200d\U0001f469"])
def test_c5_what_the_doors_refuse_is_what_the_fonts_refuse(letter: str) -> None:
    assert printing.unprintable(f"a {letter} b {letter}") == [letter]
    assert not sets(f"a {letter} b")


@pytest.mark.parametrize(
    "letter", ["✔\ufe0f", "1\ufe0f\u20e3", "a\u200db", "១\u200b២", "葛\U000e0100", "x\u00ady", "a\u2063b"]
)
def test_c5_signs_nobody_sees_need_no_font(letter: str) -> None:
    """A sibling: emoji and East Asian keyboards put selectors and joiners after letters that can be printed."""
    assert printing.unprintable(letter) == []
    assert sets(letter)


def test_c5_the_leader_s_word_prints_code_points_and_says_so() -> None:
    document = document_of("certificate", holder_name="Trần 😀 An \U00020001", fields=())
    with pytest.raises(UnprintableText):
        render(document, NOW)
    words = json.dumps(page_words(document.model_copy(update={"substitute": True})), ensure_ascii=False)
    assert "Trần [U+1F600] An [U+20001]" in words
    assert "mã Unicode trong ngoặc vuông" in words
    assert "😀" not in words
    assert render(document.model_copy(update={"substitute": True}), NOW).startswith(b"%PDF")


def test_c5_a_letter_the_doors_were_wrong_about_is_no_dead_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sibling: data of yesterday's fonts. What is asked for by the leader's word always comes to a document."""
    monkeypatch.setattr(printing, "_printed", lambda letter: True)
    document = document_of("certificate", holder_name="Trần 😀 阮", substitute=True)
    assert render(document, NOW).startswith(b"%PDF")


def page_words(document: ResultDocument) -> object:
    return written(page_data(document, NOW), printing.substituted)


def points_of(family: str) -> list[int]:
    spans = [span.partition("-") for span in printing._LETTERS[family].split(",")]
    return [point for first, _, last in spans for point in range(int(first, 16), int(last or first, 16) + 1)]


def sets(text: str) -> bool:
    """Whether PDF/A-2b can be made of it in regular, bold and italic, as the templates do."""
    page = b"""#set page(width: 60cm, height: auto)
    #set text(font: json(bytes(sys.inputs.fonts)), fallback: false, size: 4pt)
    #text(sys.inputs.text) #strong(sys.inputs.text) #emph(sys.inputs.text)"""
    inputs = {"text": text, "fonts": json.dumps(printing.FAMILIES)}
    try:
        fonts.compiler().compile(page, format="pdf", sys_inputs=inputs, pdf_standards="a-2b", pdf_tags=False)
    except typst.TypstError as error:
        assert "could not be displayed" in str(error)  # noqa: PT017
        return False
    return True


def test_c5_every_font_comes_by_the_lock_with_its_licence() -> None:
    """A sibling: a font that is listed, and in no package of ours, would be missing on the next machine."""
    root = Path(__file__).parents[2]
    packages = json.loads((root / "package.json").read_text())["dependencies"]
    listed = (root / "shared/fonts.txt").read_text().split()
    by_package: dict[str, set[str]] = {}
    for file in listed:
        scope, name, *_ = file.split("/")
        by_package.setdefault(f"{scope}/{name}", set()).add(Path(file).suffix)
    assert set(by_package) <= set(packages)
    assert {name for name in packages if "font" in name} == set(by_package)
    assert all("" in kinds for kinds in by_package.values())  # LICENSE, LICENSE_FONT


def test_c5_who_prints_carries_all_fonts_of_the_list() -> None:
    listed = (Path(__file__).parents[2] / "shared/fonts.txt").read_text().split()
    there = sorted(file.name for file in fonts.FOLDER.iterdir())
    assert there == sorted(f"{file.split('/')[1]}-{Path(file).name}" for file in listed)


def test_c5_a_process_that_sets_documents_does_not_start_without_fonts(tmp_path: Path) -> None:
    """A sibling: else each document would fail by itself, for ever."""
    for service in ("signing", "monitor"):
        start = "import runpy, pathlib, dossier_shared.documents.fonts as m; "
        start += f"m.FOLDER = pathlib.Path({str(tmp_path)!r}); "
        start += f"runpy.run_module('dossier_{service}', run_name='__main__')"
        command, given = [sys.executable, "-c", start], os.environ | {"DEVELOPMENT": "true"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=given)
        assert done.returncode == 78, done.stderr
        assert "make install" in done.stderr
        assert "Traceback" not in done.stderr

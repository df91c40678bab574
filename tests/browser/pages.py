"""Every page there is. One line here and a page is held to its languages, widths, themes, keyboard and accessibility.

`path` may hold `{code}` (a delivered dossier's), `{agency}` (a commune's), `{dossier}` (the id of one with papers there) and
`{filed}` (of one nobody has accepted there).
"""

from __future__ import annotations

from dataclasses import dataclass

from .province import AUDITOR, CITIZEN, COUNTER, HELPER, LEADER, SPECIALIST, SUPERIOR, Role


@dataclass(frozen=True, slots=True)
class Shown:
    """`there`: a selector that must be visible; `vi`, `en`: words only that language has."""

    name: str
    path: str
    there: str
    vi: str
    en: str
    role: Role = SUPERIOR
    service: str = "monitor"
    wall: bool = False  # meant for a large screen too


PAGES = [
    Shown("board", "/", "#board [data-code]", "Bảng theo dõi hồ sơ", "Dossiers under way"),
    Shown("late", "/late", ".dossiers [data-code]", "Quá hạn và sắp đến hạn", "Late and about to be"),
    Shown(
        "dossiers",
        "/dossiers?agency={agency}&reached=filed",
        ".dossiers [data-code]",
        "Danh sách hồ sơ",
        "Where to act",
    ),
    Shown("agency", "/agencies/{agency}", ".steps .stage", "Đang chờ ai", "Waiting for whom"),
    Shown("wall", "/wall?every=300", "#wall .panel", "Trang trước", "Previous", wall=True),
    Shown("search", "/search?q=20260602", ".dossiers [data-code]", "Tìm hồ sơ", "Applicant"),
    Shown("stream", "/stream", "#lines [data-key]", "Dòng sự kiện", "Stream of events"),
    Shown("timeline", "/timelines/{code}", ".story li", "Diễn biến", "What happened"),
    Shown("indicators", "/indicators", ".indicator .numbers", "Chỉ số giải quyết hồ sơ", "Time saved against"),
    Shown(
        "indicator", "/indicators/on_time?part=of", ".numbers tbody tr", "Hồ sơ làm mẫu số", "Dossiers it is a share of"
    ),
    Shown("alarms", "/alarms", ".alarm summary", "Tiếp nhận cảnh báo", "Acknowledge"),
    Shown("audit", "/audit", ".filter select", "Nhật ký kiểm toán", "What was done", AUDITOR),
    Shown("home", "/home", ".counts li", "Công việc của tôi", "My work", LEADER, "review"),
    Shown("citizen", "/", "main h1", "Hồ sơ của tôi", "My dossiers", CITIZEN, "intake"),
    Shown("procedures", "/procedures?q=dang+ky", ".found a", "Tìm thủ tục", "Find a procedure", CITIZEN, "intake"),
    Shown(
        "procedure",
        "/procedures/1.001193",
        ".doing li",
        "Cần giấy tờ gì",
        "What papers you need",
        CITIZEN,
        "intake",
    ),
    Shown(
        "file",
        "/file/1.001193?agency={agency}",
        "form.sheet select",
        "Bạn cần chuẩn bị",
        "What you need",
        CITIZEN,
        "intake",
    ),
    Shown("kiosk", "/kiosk", "#code", "Máy dùng chung", "A shared machine", CITIZEN, "intake"),
    Shown(
        "helping", "/helping?procedure=1.004873", "#filed", "Nộp thay người khác", "Filing for others", HELPER, "intake"
    ),
    Shown("helpers", "/helpers", "#counts", "Số hồ sơ nộp thay", "Dossiers filed for others", SUPERIOR, "intake"),
    Shown("vault", "/papers", "#v-asked", "Giấy tờ của tôi", "My papers", CITIZEN, "intake"),
    Shown(
        "intake", "/work", "table.work tr[data-id]", "Hồ sơ chờ tiếp nhận", "Waiting to be accepted", COUNTER, "intake"
    ),
    Shown("counter", "/counter?q=dang+ky", ".procedures a", "Tiếp nhận tại quầy", "At the counter", COUNTER, "intake"),
    Shown(
        "counter-sheet",
        "/counter/file?procedure=1.001193&agency={agency}",
        "#sheet h2",
        "Người nộp hồ sơ",
        "Papers",
        COUNTER,
        "intake",
    ),
    Shown(
        "review",
        "/work",
        "table.work tr[data-id]",
        "Thẩm định và phê duyệt",
        "Appraisal and approval",
        SPECIALIST,
        "review",
    ),
    Shown("workload", "/workload", ".loads tbody tr", "Cán bộ và số hồ sơ đang giữ", "Who gets what", LEADER, "review"),
    Shown(
        "papers",
        "/dossiers/{dossier}/documents",
        ".sheets img",
        "Giấy tờ của hồ sơ",
        "Papers of the dossier",
        LEADER,
        "intake",
    ),
    Shown(
        "evidence",
        "/dossiers/{dossier}/evidence",
        "main h1",
        "Kết quả tra cứu dữ liệu của Nhà nước",
        "What registers of the State answered",
        LEADER,
        "intake",
    ),
    Shown("case-counter", "/cases/{dossier}", "#thread", "Diễn biến và ý kiến", "Where it is", COUNTER, "intake"),
    Shown(
        "answers",
        "/cases/{filed}/answers",
        "form.sheet .grid",
        "Chỉ sửa mục ghi sai",
        "Change only what is",
        COUNTER,
        "intake",
    ),
    Shown("case-review", "/cases/{dossier}", "#thread", "Diễn biến và ý kiến", "Where it is", SPECIALIST, "review"),
    Shown(
        "delegations",
        "/delegations",
        "#deputy",
        "Uỷ quyền của cơ quan",
        "The agency's delegations",
        LEADER,
        "review",
    ),
    Shown("emergency", "/emergency", "#code", "Những lần tôi đã mở", "Those I have opened", LEADER, "intake"),
    Shown("emergencies", "/emergencies", "main h1", "Những lần xem hồ sơ khẩn cấp", "Emergency accesses"),
    Shown("deployments", "/deployments", "table.live tbody tr", "Ai phục vụ cơ quan nào", "Who serves whom"),
    Shown("lent", "/delegations", "main h1", "Chưa có uỷ quyền nào trong phạm vi", "There are no delegations here"),
    Shown("signing", "/work", "main h1", "Kết quả chờ ký", "Results to sign", LEADER, "signing"),
    Shown("handing", "/work", "main h1", "Chờ trả kết quả", "Results to hand over", COUNTER, "notify"),
    Shown("notices", "/notices", "#devices", "Thông báo trên thiết bị", "Notices on your devices", CITIZEN, "notify"),
    Shown("history", "/history", "#past [data-code]", "Xem lại số liệu", "The board as it was"),
    Shown("open-data", "/open-data", ".numbers", "Dữ liệu mở", "Open data"),
]

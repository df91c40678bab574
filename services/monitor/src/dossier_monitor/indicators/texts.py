"""What is read on the pages, exports and reports of indicators: Vietnamese first, English second."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Final

from dossier_shared.pages.texts import Lang

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "title": ("Chỉ số giải quyết hồ sơ", "Indicators"),
    "lead": (
        "Đo theo Quyết định 766/QĐ-TTg và chỉ tiêu của địa phương, tính từ từng hồ sơ. "
        "Bấm vào một con số để xem các hồ sơ đứng sau nó.",
        "Measured after Quyết định 766/QĐ-TTg and local targets, from the dossiers themselves. "
        "Follow a number to the dossiers it counts.",
    ),
    "agency": ("Cơ quan", "Agency"),
    "period": ("Theo", "By"),
    "from": ("Từ ngày", "From"),
    "to": ("Đến ngày", "To"),
    "show": ("Xem", "Show"),
    "day": ("ngày", "day"),
    "month": ("tháng", "month"),
    "quarter": ("quý", "quarter"),
    "column_period": ("Kỳ", "Period"),
    "share": ("Tỷ lệ", "Share"),
    "hit_of": ("{hit} trong {of}", "{hit} of {of}"),
    "count": ("Số hồ sơ", "Dossiers"),
    "of": ("Trong tổng số", "Of"),
    "median": ("Trung vị", "Median"),
    "mean": ("Trung bình", "Mean"),
    "target": ("Chỉ tiêu", "Target"),
    "no_target": ("Chưa đặt chỉ tiêu", "No target set"),
    "reached": ("Đạt", "Reached"),
    "missed": ("Chưa đạt", "Not reached"),
    "nothing": ("Chưa có hồ sơ nào để tính", "No dossiers to measure yet"),
    "chart": ("Biểu đồ: {name}. Bảng bên cạnh có cùng số liệu.", "Chart: {name}. The table beside it has the same numbers."),
    "table": ("Số liệu từng kỳ", "Numbers by period"),
    "judged": (
        "Hồ sơ chưa xong được xét vào cuối mỗi kỳ; kỳ đang chạy xét lúc {at}.",
        "Unfinished dossiers are judged at each period's end; the running one at {at}.",
    ),
    "export": ("Tải về", "Download"),
    "report": ("Báo cáo in (PDF)", "Printable report (PDF)"),
    "open_data": ("Dữ liệu mở", "Open data"),
    "unsourced": ("Chưa có nguồn số liệu", "No source yet"),
    "unsourced_lead": (
        "Các phép đo sau của Quyết định 766/QĐ-TTg chưa tính được, vì chưa có sự kiện nào ghi lại:",
        "These measures of Quyết định 766/QĐ-TTg cannot be told yet, because no event records them:",
    ),
    "satisfaction": ("Mức độ hài lòng", "Satisfaction"),
    "transparency": ("Công khai, minh bạch", "Transparency"),
    "online_services": (
        "Tỷ lệ thủ tục cung cấp trực tuyến (danh mục thủ tục nằm ở bộ phận tiếp nhận)",
        "Share of procedures offered online (the catalogue belongs to intake)",
    ),
    "grade_V": ("văn bản chính thức", "official text"),
    "grade_S": ("nguồn thứ cấp", "second-hand source"),
    "grade_A": ("tự đặt", "set locally"),
    "behind_hit": ("Hồ sơ được tính", "Dossiers counted"),
    "behind_of": ("Hồ sơ làm mẫu số", "Dossiers it is a share of"),
    "back": ("Về trang chỉ số", "Back to the indicators"),
    "code": ("Mã hồ sơ", "Code"),
    "procedure": ("Thủ tục", "Procedure"),
    "filed": ("Nộp lúc", "Filed"),
    "due": ("Hẹn trả", "Due"),
    "ended": ("Xong lúc", "Ended"),
    "not_ended": ("chưa xong", "not yet"),
    "next": ("Trang sau", "Next page"),
    "listed": ("{n} hồ sơ", "{n} dossiers"),
    "report_title": (
        "BÁO CÁO TÌNH HÌNH, KẾT QUẢ GIẢI QUYẾT THỦ TỤC HÀNH CHÍNH",
        "REPORT ON THE HANDLING OF ADMINISTRATIVE PROCEDURES",
    ),
    "indicator": ("Chỉ số", "Indicator"),
    "by_agency": ("Theo cơ quan", "By agency"),
    "by_procedure": ("Theo thủ tục", "By procedure"),
    "filed_count": ("Nộp", "Filed"),
    "ended_count": ("Xong", "Ended"),
    "overdue_count": ("Quá hạn cuối kỳ", "Overdue at the end"),
    "overdue": ("Hồ sơ quá hạn chưa xong", "Overdue and unfinished"),
    "overdue_lead": (
        "Cuối kỳ có {n} hồ sơ quá hạn chưa xong; dưới đây là tối đa {most} hồ sơ quá hạn lâu nhất.",
        "{n} dossiers were overdue and unfinished at the end; below, at most {most} that are longest overdue.",
    ),
    "overdue_by": ("Quá hạn", "Overdue by"),
    "not_here": ("Không có chỉ số này", "No such indicator"),
}  # fmt: skip
# name, and what exactly is counted
NAMES: Final[dict[str, tuple[str, str]]] = {
    "on_time": ("Giải quyết đúng hạn", "On time"),
    "online": ("Nộp trực tuyến", "Filed online"),
    "digitised": ("Kết quả số hoá", "Digitised results"),
    "reuse": ("Khai thác, sử dụng lại dữ liệu đã có", "Reuse of data already held"),
    "same_day": ("Trả lời trong ngày", "Answered the same day"),
    "refused": ("Từ chối tiếp nhận", "Refused"),
    "time_saved": ("Thời gian tiết kiệm so với thời hạn", "Time saved against the legal limit"),
}
MEANINGS: Final[dict[str, tuple[str, str]]] = {
    "on_time": (
        "Ký kết quả không muộn hơn giờ hẹn, trong số hồ sơ có hẹn đã xong trong kỳ và hồ sơ cuối kỳ còn quá hạn. "
        "Hồ sơ đang dừng tính hạn được để ngoài.",
        "Signed no later than the appointment, of those with one that ended in the period and those overdue at its end. "
        "Dossiers whose clock stands are left out.",
    ),
    "online": ("Nộp qua mạng, trong số hồ sơ nộp trong kỳ.", "Filed online, of those filed in the period."),
    "digitised": (
        "Kết quả là tệp điện tử đã ký, trong số kết quả là văn bản. Kết quả chỉ ghi vào sổ đăng ký được để ngoài.",
        "The result is a signed electronic file, of the results that are documents. Mere register entries are left out.",
    ),
    "reuse": (
        "Có ít nhất một giấy tờ phải nộp được lấy từ kho kết quả đã có, "
        "trong số hồ sơ nộp trong kỳ có giấy tờ như vậy. Giấy tờ tra cứu được ở cơ sở dữ liệu dân cư vốn không yêu cầu nộp.",
        "At least one paper that had to come was taken from the results already held, "
        "of those filed in the period that have such papers. What the population database tells is never asked for.",
    ),
    "same_day": (
        "Nộp và ký cùng một ngày, trong số hồ sơ ký trong kỳ.",
        "Filed and signed on the same day, of those signed in the period.",
    ),
    "refused": (
        "Không được tiếp nhận, trong số hồ sơ kết thúc trong kỳ. Càng thấp càng tốt.",
        "Not accepted, of those that ended in the period. Less is better.",
    ),
    "time_saved": (
        "Một trừ thời gian từ nộp đến ký chia cho thời gian từ tiếp nhận đến hẹn trả, theo giờ lịch; âm là lâu hơn thời hạn.",
        "One minus filing-to-signing over acceptance-to-appointment, by the calendar's clock; below zero: longer than the limit.",
    ),
}


def words(lang: Lang) -> SimpleNamespace:
    column = 0 if lang == "vi" else 1
    return SimpleNamespace(**{key: pair[column] for key, pair in TEXTS.items()})


def percent(value: float | None, lang: Lang) -> str:
    if value is None:
        return "–"
    text = f"{value:.1%}".replace("-", "−")
    return text if lang == "en" else text.replace(".", ",")

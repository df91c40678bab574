"""The reconciliation as people read it: Vietnamese first, English second."""

from __future__ import annotations

from rich import box
from rich.table import Table

from dossier_local.reconciliation.report import FIGURES, Report

TITLES = {
    "filed": "Đã nộp / filed",
    "accepted": "Đã tiếp nhận / accepted",
    "refused": "Không tiếp nhận / refused",
    "open": "Đang giải quyết / open",
    "approved": "Phê duyệt / approved",
    "rejected": "Từ chối / rejected",
    "signed": "Đã ký / signed",
    "delivered": "Đã trả / delivered",
    "withdrawn": "Đã rút / withdrawn",
    "messages": "Tin nhắn / messages",
    "on_time": "Đúng hạn / on time",
    "late": "Trễ hạn / late",
    "lost": "Mất / lost",
    "doubled": "Trùng / doubled",
    "broken": "Sai lệch / broken",
}
STAGES = {
    "acceptance": "Tiếp nhận / acceptance",
    "appraisal": "Thẩm định / appraisal",
    "decision": "Phê duyệt / decision",
    "signature": "Ký số / signature",
    "whole": "Từ nộp đến ký / filed to signed",
    "signing (real)": "Yêu cầu → ký / asked → signed",
    "delivery (real)": "Ký → trả / signed → delivered",
    "message (real)": "Tin nhắn / message",
    "decision to signing desk (real)": "Phê duyệt → bàn ký / decided → signing desk",
    "accepted to delivered (real)": "Tiếp nhận → trả / accepted → delivered",
}
SHORT = {
    "filed": "nộp\nfiled",
    "accepted": "nhận\naccept",
    "refused": "không\nrefuse",
    "approved": "duyệt\nappro.",
    "rejected": "bác\nreject",
    "signed": "ký\nsigned",
    "delivered": "trả\ndeliv.",
    "messages": "tin\nmess.",
}


def figures(report: Report) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title="Kết quả / outcome", title_justify="left")
    table.add_column("")
    table.add_column("", justify="right")
    for name in (*FIGURES, "late", "lost", "doubled", "broken"):
        value = getattr(report, name)
        bad = name in ("lost", "doubled", "broken")
        style = ("bold red" if value else "green") if bad else None
        table.add_row(TITLES[name], f"{value:,}", style=style)
    return table


def stages(report: Report) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title="Thời gian các bước / time of each stage", title_justify="left")
    for column in ("Bước / stage", "n", "p50", "p99"):
        table.add_column(column, justify="left" if column.startswith("B") else "right")
    for business in (True, False):
        for name, stage in report.stages.items():
            if name.endswith("(real)") is not business:
                table.add_row(STAGES[name], f"{stage['n']:,.0f}", _took(stage["p50"]), _took(stage["p99"]))
        if business:
            table.add_section()
    return table


def sources(report: Report) -> Table:
    title = "Đối chiếu các nguồn / every source compared"
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("nguồn\nsource", no_wrap=True)
    for heading in (*SHORT.values(), "lệch\ndiff."):
        table.add_column(heading, justify="right", no_wrap=True)
    for line in report.lines:
        values = [f"{line.figures[name]:,}" if name in line.figures else "·" for name in SHORT]
        table.add_row(
            line.source.replace("dossier.", ""),
            *values,
            str(line.findings),
            style="bold red" if line.findings else None,
        )
    return table


def _took(seconds: float) -> str:
    """`850 ms`, `12.3 s`, `4.5 min`, `7.2 h`, `3.1 d`."""
    for unit, size, upto in (("ms", 0.001, 1), ("s", 1, 120), ("min", 60, 7200), ("h", 3600, 172_800)):
        if abs(seconds) < upto:
            value = seconds / size
            return f"{value:.0f} {unit}" if value >= 100 or unit == "ms" else f"{value:.1f} {unit}"
    return f"{seconds / 86_400:.1f} d"

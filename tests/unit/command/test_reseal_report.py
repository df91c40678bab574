"""What `dossier privacy reseal` tells: what is where, until when, what is gone since when, and what was left and why."""

from __future__ import annotations

from dossier_local.clear_topics import Cut, Partition
from dossier_local.reseal_cli import lines
from dossier_local.resealing import InService, Report

NONE = {"files": 0, "first": None, "last": None}


def test_the_report_names_each_place() -> None:
    some = InService(9, ["d-1", "d-2"], 5, "2026-01-01T", "2026-02-01T", 2, {"files": 3, "first": "a", "last": "b"}, 1)
    report = Report(
        {"intake": some, "review": InService(files=NONE, altered=["d-3"])},
        [
            Partition("dossier.submitted", 2, 5, (10, 90), "2026-01-01T", "2026-02-01T"),
            Partition("platform.emergencies", 0, 1, (3, 3), "2026-01-01T", "2026-01-01T", "2028-01-01T"),
        ],
        {"intake": {"d-2": "others write it all the time"}},
        [Cut("dossier.reviewed", 1, 44, "2026-11-30T", "2026-12-07T")],
        {"dossier.submitted": "journals are not sealed yet"},
    )
    assert list(lines(report)) == [
        "intake: 5 sealed parts in clear in 2 of 9 dossiers, 2026-01-01T to 2026-02-01T; 3 files in clear, stored a to b; "
        "1 parked events in clear",
        "review: 0 sealed parts in clear in 0 of 0 dossiers; 0 files in clear",
        "review: not vouched for, or altered since they were sealed: d-3",
        "dossier.submitted/2: 5 records in clear, offsets 10 to 90, 2026-01-01T to 2026-02-01T; gone by "
        "themselves: kept for ever",
        "platform.emergencies/0: 1 records in clear, offsets 3 to 3, 2026-01-01T to 2026-01-01T; gone by themselves: 2028-01-01T",
        "dossier.reviewed/1: nothing in clear from offset 44 on; what was before is gone since 2026-11-30T, off the broker's "
        "disks by 2026-12-07T",
        "dossier.submitted: not deleted: journals are not sealed yet",
        "intake d-2: not sealed: others write it all the time",
    ]
    assert not report.clean
    assert not some.sealed
    assert InService(files=NONE).sealed

"""Plausible people who do not exist: names, citizen IDs, phones, addresses. Seeded: the same seed, the same people."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

FAMILY = (
    "Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng",
    "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý", "Điểu", "Thị",
)  # fmt: skip
FAMILY_WEIGHTS = (31, 11, 10, 7, 5, 5, 5, 4, 4, 2, 2, 2, 2, 1, 1, 1, 2, 1)
MIDDLE = {"male": ("Văn", "Minh", "Quốc", "Hữu", "Đức", "Thanh"), "female": ("Thị", "Ngọc", "Thị Thu", "Thanh", "Kim")}
GIVEN = {
    "male": ("An", "Bình", "Dũng", "Hùng", "Khôi", "Long", "Nam", "Phúc", "Quân", "Sơn", "Tâm", "Tuấn", "Việt"),
    "female": ("Anh", "Bích", "Cúc", "Giang", "Hạnh", "Hương", "Lan", "Mai", "Nga", "Oanh", "Phượng", "Thảo", "Yến"),
}
PLACES = ("070", "075", "079", "001", "038", "040", "051", "066")  # provinces of birth registration
PREFIXES = ("090", "091", "093", "096", "097", "098", "086", "032", "035", "037", "038", "070", "078", "081")
STREETS = ("Khu phố 1", "Khu phố 3", "Thôn 2", "Thôn 5", "Ấp 4", "Đường Lê Quý Đôn", "Đường ĐT 741")
TRADES = ("Tạp hóa", "Quán cà phê", "Điều rang", "Sửa xe", "May mặc")


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    sex: str
    birth_year: int
    citizen_id: str
    phone: str


def person(rng: random.Random, born: tuple[int, int] = (1950, 2006), sex: str | None = None) -> Person:
    sex = sex or rng.choice(("male", "female"))
    year = rng.randint(*born)
    century = (2 if year >= 2000 else 0) + (sex == "female")
    number = f"{rng.choice(PLACES)}{century}{year % 100:02d}{rng.randrange(1_000_000):06d}"
    name = f"{rng.choices(FAMILY, FAMILY_WEIGHTS)[0]} {rng.choice(MIDDLE[sex])} {rng.choice(GIVEN[sex])}"
    return Person(name, sex, year, number, f"{rng.choice(PREFIXES)}{rng.randrange(10_000_000):07d}")


def commune_of(agency_name: str) -> str:
    """`Ủy ban nhân dân phường Phước Long` -> `Phường Phước Long`."""
    for kind in ("phường ", "xã ", "đặc khu "):
        before, found, name = agency_name.partition(kind)
        if found and before:
            return kind.capitalize() + name
    return agency_name


def fill(example: Any, who: Person, commune: str, rng: random.Random) -> Any:
    """A form's own example told of other people: names, IDs, birth dates, phones and addresses change together.

    The first grown-up in it is `who`; children keep their age.
    """
    first = [who]

    def walk(value: Any) -> Any:
        if isinstance(value, list):
            return [walk(item) for item in value]
        if not isinstance(value, dict):
            return value
        if {"province", "commune"} <= value.keys():
            return {**value, "province": "Đồng Nai", "commune": commune, **_street(value, rng)}
        told = {key: walk(item) for key, item in value.items()}
        if "full_name" in value:
            told |= _described(value, first, rng)
        elif "phone" in value:
            told["phone"] = who.phone
        if "business_name" in value:
            told["business_name"] = f"{rng.choice(TRADES)} {who.name.rsplit(' ', 1)[-1]}"
        return told

    return walk(example)


def _street(value: dict[str, Any], rng: random.Random) -> dict[str, str]:
    return {"detail": f"Số {rng.randint(1, 300)}, {rng.choice(STREETS)}"} if "detail" in value else {}


def _described(value: dict[str, Any], first: list[Person], rng: random.Random) -> dict[str, Any]:
    grown_up = "citizen_id" in value
    born = str(value.get("birth_date", ""))
    sex = value.get("sex")
    if grown_up and first and sex in (None, first[0].sex) and not born.startswith(("20", "194")):
        someone = first.pop()
    else:
        year = int(born[:4]) if born else 1985
        someone = person(rng, (year - 4, year + 4) if grown_up else (year, year), sex)
    told: dict[str, Any] = {"full_name": someone.name}
    if "birth_date" in value and grown_up:
        told["birth_date"] = (
            f"{someone.birth_year}-{born[5:]}" if born[5:] != "02-29" else f"{someone.birth_year}-03-01"
        )
    told |= {key: getattr(someone, key) for key in ("sex", "citizen_id", "phone") if key in value}
    return told

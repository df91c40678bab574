"""A photographed paper is drawn to its own rectangle, its upper left where it was; what is no paper stays as it is."""

from __future__ import annotations

from io import BytesIO

import cv2
import numpy as np
import pytest
from PIL import Image

from dossier_intake.inspection.straightening import straighten
from dossier_intake.inspection.verdicts import Fit

ACROSS, DOWN = 600, 850  # of the paper


def photographed(degrees: float, tilt: float = 0.0) -> bytes:
    """On a dark table, turned, its upper edge shortened by `tilt`; a black mark in its upper left, and none elsewhere."""
    paper = np.full((DOWN, ACROSS, 3), 245, np.uint8)
    paper[60:140, 60:140] = 10
    middle, angle = np.array([700.0, 800.0]), np.deg2rad(degrees)
    corners = np.array([(-300, -425), (300, -425), (300, 425), (-300, 425)], float)
    corners[:2, 0] *= 1 - tilt
    turned = corners @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) + middle
    flat = np.array([(0, 0), (ACROSS, 0), (ACROSS, DOWN), (0, DOWN)], np.float32)
    matrix = cv2.getPerspectiveTransform(flat, turned.astype(np.float32))
    table = np.full((1600, 1400, 3), 40, np.uint8)
    drawn = cv2.warpPerspective(paper, matrix, (1400, 1600), dst=table, borderMode=cv2.BORDER_TRANSPARENT)
    out = BytesIO()
    Image.fromarray(drawn).save(out, "JPEG", quality=90)
    return out.getvalue()


@pytest.mark.parametrize(("degrees", "tilt"), [(0, 0.1), (12, 0), (-20, 0), (8, 0.15)])
def test_a_paper_is_drawn_to_its_rectangle_the_right_way_up(degrees: float, tilt: float) -> None:
    straight = straighten(photographed(degrees, tilt))
    assert isinstance(straight, Fit)
    grey = np.asarray(Image.open(BytesIO(straight.content or b"")).convert("L")).astype(float)
    down, across = grey.shape
    assert down / across == pytest.approx(DOWN / ACROSS, rel=0.06)
    for y, x in ((8, 8), (8, across - 8), (down - 8, 8), (down - 8, across - 8)):
        assert grey[y, x] > 180, "no table is left in a corner"
    dark = np.argwhere(grey < 90)
    y, x = dark.mean(axis=0) / (down, across)
    assert (y, x) == pytest.approx((100 / DOWN, 100 / ACROSS), abs=0.03), "the mark is where it was"
    assert len(dark) / grey.size == pytest.approx(80 * 80 / (ACROSS * DOWN), rel=0.35)


def test_what_is_no_paper_is_left() -> None:
    plain = BytesIO()
    Image.new("RGB", (800, 800), (120, 120, 120)).save(plain, "JPEG")
    assert not isinstance(straighten(plain.getvalue()), Fit)

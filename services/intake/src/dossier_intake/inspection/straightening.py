"""A photograph of a paper lying on a table, as a scan of the paper. Runs in a worker.

The paper is the largest four-cornered thing that is lighter than what it lies on; its corners are drawn to those of a rectangle.
Where no such thing is seen nothing is changed: a guess would cut off what somebody wrote at the edge.
"""

from __future__ import annotations

from io import BytesIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dossier_intake.inspection.verdicts import BROKEN, NO_EDGES, STRAIGHTENED, TOO_COMPLEX, Fit, Unfit

JPEG = "image/jpeg"
LONG = 2400  # pixels of the long side: A4 at some 200 dpi
_LOOK = 600  # pixels of the long side of what the corners are looked for in
_PART, _ALL = 0.2, 0.97  # of the picture: smaller is no paper that was meant, larger is straight already
_BEND = 0.02  # of the circumference: how far an edge may be from a line
_QUALITY = 85
_MANY = 24_000_000  # pixels
Picture = NDArray[np.integer | np.floating]  # as the library's types have it; bytes in truth
Corners = NDArray[np.float32]

cv2.setNumThreads(1)  # a worker has one file, and its machine others


def straighten(content: bytes) -> Fit | Unfit:
    """`content`: a JPEG, looked into before. Upright as its orientation says, without what the camera wrote beside it."""
    try:
        width, height = Image.open(BytesIO(content), formats=["JPEG"]).size
        # of the largest one pixel of four is more than what comes out of it, and fits into a worker's memory
        how = cv2.IMREAD_REDUCED_COLOR_2 if width * height > _MANY else cv2.IMREAD_COLOR
        picture = cv2.imdecode(np.frombuffer(content, np.uint8), how)
        if picture is None:
            return BROKEN
        corners = _corners(picture)
        if corners is None:
            return NO_EDGES
        done, made = cv2.imencode(".jpg", _drawn(picture, corners), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    except (MemoryError, cv2.error):
        return TOO_COMPLEX
    return Fit(JPEG, made.tobytes(), (STRAIGHTENED,)) if done else BROKEN


def _corners(picture: Picture) -> Corners | None:
    """Upper left, upper right, lower right, lower left."""
    height, width = picture.shape[:2]
    scale = min(1.0, _LOOK / max(height, width))
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    grey = cv2.medianBlur(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), 9)  # writing is no edge of the paper
    _, light = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    whole = float(grey.size)
    outlines, _ = cv2.findContours(light, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    for outline in sorted(outlines, key=cv2.contourArea, reverse=True):
        hull = cv2.convexHull(outline)
        share = cv2.contourArea(hull) / whole
        if share < _PART:
            return None
        drawn = cv2.approxPolyDP(hull, _BEND * cv2.arcLength(hull, True), True)
        if len(drawn) == 4 and share <= _ALL and cv2.contourArea(outline) > 0.9 * cv2.contourArea(hull):
            return _in_order(drawn.reshape(4, 2).astype(np.float32) / np.float32(scale))
    return None


def _in_order(corners: Corners) -> Corners | None:
    """None of what stands on a corner: nobody can say which of its edges is the upper one."""
    across, down = corners.sum(axis=1), np.diff(corners, axis=1).ravel()
    order = [int(across.argmin()), int(down.argmin()), int(across.argmax()), int(down.argmax())]
    return corners[order] if len(set(order)) == 4 else None


def _drawn(picture: Picture, corners: Corners) -> Picture:
    upper_left, upper_right, lower_right, lower_left = corners
    width = max(_between(upper_left, upper_right), _between(lower_left, lower_right))
    height = max(_between(upper_left, lower_left), _between(upper_right, lower_right))
    scale = min(1.0, LONG / max(width, height))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    right, low = size[0] - 1, size[1] - 1
    goal = np.array([(0, 0), (right, 0), (right, low), (0, low)], np.float32)
    drawn: Picture = cv2.warpPerspective(
        picture, cv2.getPerspectiveTransform(corners, goal), size, flags=cv2.INTER_LINEAR
    )
    return drawn


def _between(one: Corners, other: Corners) -> float:
    return float(np.linalg.norm(one - other))

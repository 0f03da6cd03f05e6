"""`check_head`: is this head fit to make data with? Every doubt is a finding with its figure and its bound."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

from synhead.core.expressions import ARKIT_52
from synhead.core.landmarks import (
    CHIN,
    INNER_51,
    LEFT_EYE,
    LEFT_JAW_CORNER,
    MIRROR_68,
    NOSE_TIP,
    OUTER_EYE_CORNERS,
    RIGHT_EYE,
    RIGHT_JAW_CORNER,
    TEMPLATE_68_M,
)
from synhead.core.rotation import geodesic_deg
from synhead.errors import InputError
from synhead.heads.frame import rotation_to_template
from synhead.heads.geometry import boundary_loops
from synhead.heads.levels import NUM_LEVELS, level_of
from synhead.heads.load import LoadReport, load_head_with_report, skin_surface
from synhead.heads.model import HeadModel

ERROR, WARNING, INFO = "error", "warning", "info"
SNAP_WARNING_M, SNAP_ERROR_M = 0.003, 0.010
MAX_TURN_DEG = 25.0
"""A registration that turns further says that `up` or `front` are wrong; makers differ by up to ten degrees."""

# Smallest and largest plausible value in metres: four standard deviations below the mean of women, above that of men.
# Means: NIOSH survey of 3,997 US workers, Zhuang and Bradtmiller 2005. The jaw line's width (landmarks 0 to 16) has no
# counterpart there; its bounds are those of the bizygomatic breadth, widened by a centimetre.
BOUNDS_M = {
    "face length (27 to 8)": (0.089, 0.151),
    "pupil distance": (0.048, 0.079),
    "jaw width (0 to 16)": (0.097, 0.180),
    "head length": (0.158, 0.227),
    "head breadth": (0.124, 0.177),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing to know about a head.

    Attributes:
        severity: "error" (do not use it), "warning" (look at it) or "info".
        topic: such as "size", "landmarks", "licence".
    """

    severity: str
    topic: str
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class HeadReport:
    """What `check_head` found.

    Attributes:
        measures_m: by the names of BOUNDS_M, and "largest snap distance".
        level_triangles: triangles of the levels of detail from 1 on (heads/levels.py); empty where not asked for.
    """

    path: Path
    head_id: str
    findings: tuple[Finding, ...]
    num_triangles: int = 0
    num_parts: int = 0
    measures_m: dict[str, float] = field(default_factory=dict)
    level_triangles: tuple[int, ...] = ()

    @property
    def num_errors(self) -> int:
        """Findings that forbid the head's use."""
        return sum(finding.severity == ERROR for finding in self.findings)

    @property
    def num_warnings(self) -> int:
        """Findings that ask for a look."""
        return sum(finding.severity == WARNING for finding in self.findings)


def check_head(path: str | Path, *, levels: bool = False) -> HeadReport:
    """Load a head and judge it. A head that cannot be loaded gives a report with that one error.

    Args:
        levels: make its levels of detail too, and count their triangles (some seconds).
    """
    try:
        head, report = load_head_with_report(path)
    except InputError as error:
        finding = Finding(severity=ERROR, topic="loading", message=str(error))
        return HeadReport(path=Path(path), head_id=Path(path).name, findings=(finding,))
    found = check_model(head, report)
    if not levels:
        return found
    counts = (level_of(head, level).num_triangles for level in range(1, NUM_LEVELS))
    return replace(found, level_triangles=tuple(counts))


def check_model(head: HeadModel, report: LoadReport) -> HeadReport:
    """Judge a head that is loaded."""
    measures = measure(head)
    if report.snap_distance_m is not None:
        measures["largest snap distance"] = float(report.snap_distance_m.max())
    findings = [
        *_sizes(measures),
        *_landmarks(head, report),
        *_directions(head, report),
        *_pupils(head),
        *_materials(head),
        *_surface(head, report),
        *_movement(head),
    ]
    if head.licence == "unknown":
        findings.append(_warn("licence", "unknown; add 'licence' to head.json, it travels into every data set."))
    findings += [_info("loading", note) for note in report.notes]
    order = (ERROR, WARNING, INFO)
    return HeadReport(
        path=report.path,
        head_id=head.head_id,
        findings=tuple(sorted(findings, key=lambda finding: order.index(finding.severity))),
        num_triangles=head.num_triangles,
        num_parts=len(head.parts),
        measures_m=measures,
    )


def measure(head: HeadModel) -> dict[str, float]:
    """Dimensions in metres, by the names of BOUNDS_M, as far as the head has what they need."""
    measures = {}
    vertices, _ = skin_surface(head.parts)
    if head.landmarks_68_m is not None:
        points = head.landmarks_68_m
        measures["face length (27 to 8)"] = float(np.linalg.norm(points[27] - points[CHIN]))
        measures["jaw width (0 to 16)"] = float(np.linalg.norm(points[RIGHT_JAW_CORNER] - points[LEFT_JAW_CORNER]))
    if head.pupils_m is not None:
        measures["pupil distance"] = float(np.linalg.norm(head.pupils_m[1] - head.pupils_m[0]))
    # Length and breadth of the skull: from a little above the ears up, where neither ears nor nose reach.
    crown = vertices[:, 1].max()
    skull = vertices[vertices[:, 1] > crown - 0.095]
    if len(skull) > 3:
        measures["head length"] = float(np.ptp(skull[:, 2]))
        measures["head breadth"] = float(np.ptp(skull[:, 0]))
    return measures


def _warn(topic: str, message: str) -> Finding:
    return Finding(severity=WARNING, topic=topic, message=message)


def _error(topic: str, message: str) -> Finding:
    return Finding(severity=ERROR, topic=topic, message=message)


def _info(topic: str, message: str) -> Finding:
    return Finding(severity=INFO, topic=topic, message=message)


def _sizes(measures: dict[str, float]) -> list[Finding]:
    findings = []
    for name, (low, high) in BOUNDS_M.items():
        value = measures.get(name)
        if value is not None and not low <= value <= high:
            findings.append(
                _warn("size", f"{name} is {value * 1000:.0f} mm; adults have {low * 1000:.0f} to {high * 1000:.0f}.")
            )
    return findings


def _landmarks(head: HeadModel, report: LoadReport) -> list[Finding]:
    if head.landmarks_68_m is None:
        return [_warn("landmarks", "none; the data set will have no landmark labels and no face box for this head.")]
    findings = []
    distance = report.snap_distance_m
    if distance is not None and distance.max() > SNAP_WARNING_M:
        far = np.flatnonzero(distance > SNAP_WARNING_M)
        text = (
            f"{len(far)} of 68 are more than {SNAP_WARNING_M * 1000:.0f} mm off the skin (number {distance.argmax()}: "
            f"{distance.max() * 1000:.1f} mm); they were moved onto it."
        )
        findings.append((_error if distance.max() > SNAP_ERROR_M else _warn)("landmarks", text))
    residual = fit_residual_m(head.landmarks_68_m)
    swapped = fit_residual_m(head.landmarks_68_m[list(MIRROR_68)])
    if swapped < residual:
        findings.append(
            _error(
                "left and right",
                f"the landmarks fit a face with left and right swapped better ({swapped * 1000:.1f} against "
                f"{residual * 1000:.1f} mm). Landmark 36 is the SUBJECT'S right eye; correct their order, or "
                "'subject_left'.",
            )
        )
    elif residual > 0.015:
        findings.append(_warn("landmarks", f"differ from a canonical face by {residual * 1000:.1f} mm in the mean."))
    return findings


def fit_residual_m(landmarks_68_m: Float[np.ndarray, "68 3"]) -> float:
    """Root mean square distance of the inner 51 points to the canonical face, turned and scaled to fit."""
    inner = list(INNER_51)
    source = landmarks_68_m[inner] - landmarks_68_m[inner].mean(axis=0)
    target = TEMPLATE_68_M[inner] - TEMPLATE_68_M[inner].mean(axis=0)
    turned = source @ rotation_to_template(landmarks_68_m).T
    scale = (turned * target).sum() / (turned**2).sum()
    return float(np.sqrt(((scale * turned - target) ** 2).sum(axis=1).mean()))


def _directions(head: HeadModel, report: LoadReport) -> list[Finding]:
    findings = []
    turn = float(geodesic_deg(report.R_head_axes, np.eye(3)))
    if turn > MAX_TURN_DEG:
        findings.append(
            _warn("axes", f"registration turned the head by {turn:.0f} degrees; 'up' or 'front' are probably wrong.")
        )
    points = head.landmarks_68_m
    if points is None:
        return findings
    right, left = OUTER_EYE_CORNERS
    if not points[right, 0] < 0 < points[left, 0]:
        findings.append(
            _error(
                "left and right",
                f"landmark 36, the subject's right eye, is at x = {points[right, 0]:+.3f} m, landmark 45 at "
                f"{points[left, 0]:+.3f}; -x is the subject's right. Correct 'subject_left' or the landmarks' order.",
            )
        )
    if points[NOSE_TIP, 2] < points[:, 2].mean():
        findings.append(_error("axes", "the nose tip is not in front (+z) of the face. Correct 'front'."))
    if points[CHIN, 1] > points[NOSE_TIP, 1]:
        findings.append(_error("axes", "the chin is above the nose tip. Correct 'up'."))
    return findings


def _pupils(head: HeadModel) -> list[Finding]:
    if head.pupils_m is None or head.landmarks_68_m is None:
        return []
    findings = []
    for side, pupil, eye in zip(("right", "left"), head.pupils_m, (RIGHT_EYE, LEFT_EYE), strict=True):
        rim = head.landmarks_68_m[list(eye)]
        inside = rim[:, 0].min() <= pupil[0] <= rim[:, 0].max()
        distance = float(np.linalg.norm(pupil - rim.mean(axis=0)))
        if not inside or distance > 0.015:
            findings.append(
                _error(
                    "pupils",
                    f"the {side} pupil is not between the corners of its eye ({distance * 1000:.0f} mm from the middle "
                    "of the lids). 'pupils' is (subject's right, subject's left).",
                )
            )
    return findings


def _materials(head: HeadModel) -> list[Finding]:
    findings = []
    if not any(part.kind == "skin" for part in head.parts):
        findings.append(_warn("parts", "no part is skin; name one so, or give its 'kind' in head.json."))
    for part in head.parts:
        texture = part.material.texture
        if texture is None:
            if part.kind == "skin":
                findings.append(_warn("textures", f"{part.kind} has no texture: it is drawn in one plain colour."))
            continue
        if max(texture.shape[:2]) < 256 and part.kind == "skin":
            findings.append(
                _warn("textures", f"the skin's texture has only {texture.shape[1]} x {texture.shape[0]} px.")
            )
        used = part.uv[part.triangles]
        if used.min() < -0.001 or used.max() > 1.001:
            findings.append(
                _warn("textures", f"{part.kind}: texture coordinates leave 0 to 1; the texture is repeated there.")
            )
    blended = [part.kind for part in head.parts if part.material.has_alpha]
    if blended:
        findings.append(_info("parts", f"see-through: {', '.join(blended)}."))
    return findings


def _surface(head: HeadModel, report: LoadReport) -> list[Finding]:
    findings = []
    vertices, triangles = skin_surface(head.parts)
    if not 500 <= head.num_triangles <= 200_000:
        findings.append(
            _warn("triangles", f"{head.num_triangles}; 500 to 200,000 are useful. Fewer show edges, more are slow.")
        )
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    if (low > 0).any() or (high < 0).any():
        findings.append(_error("origin", "the origin, midway between the ears, is outside the skin."))
    all_low = head.bounds_m[0, 1]
    if all_low < low[1] - 0.05:
        findings.append(_info("parts", f"hair or clothes hang {(low[1] - all_low) * 100:.0f} cm below the neck's end."))
    if report.num_degenerate_triangles:
        findings.append(_info("triangles", f"{report.num_degenerate_triangles} without area were dropped."))
    loops = boundary_loops(vertices, triangles)
    findings.append(
        _info(
            "openings",
            f"{len(loops)} in the skin; the neck "
            + (
                f"was closed with {report.num_neck_cap_triangles} triangles."
                if report.num_neck_cap_triangles
                else "was not closed."
            ),
        )
    )
    return findings


def _movement(head: HeadModel) -> list[Finding]:
    if not head.shape_names and head.eye_centers_m is None:
        return [_info("movement", "no blend shapes and no eye centres: the face rests in every sequence.")]
    known = [name for name in head.shape_names if name in ARKIT_52]
    findings = [
        _info(
            "movement",
            f"{len(head.shape_names)} blend shapes, {len(known)} of ARKit's 52; "
            f"the eyes {'can' if head.eye_centers_m is not None else 'cannot'} turn; "
            f"{68 if head.landmarks_104_m is None else 104} landmarks.",
        )
    ]
    if head.shape_names and not known:
        findings.append(
            _warn("movement", "no blend shape has a name of ARKit's; expressions are decided by those names.")
        )
    if head.eye_centers_m is not None and not any(part.kind == "eyes" for part in head.parts):
        findings.append(_warn("movement", "there are eye centres, but no part is eyes: the gaze label shows nowhere."))
    return findings

"""The ICT-FaceKit (Light) model: neutral mesh, identity modes, expressions; read from our .npz or from upstream OBJs.

Source: USC Institute for Creative Technologies, MIT licence. head = neutral + sum of weight * identity mode
+ sum of coefficient * expression; weights are drawn from N(0, 1). Centimetres, +y up, +z front, +x the subject's left.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32, Int

from synhead.core.expressions import ARKIT_52
from synhead.errors import InputError
from synhead.heads.importers.polymesh import PolyMesh, read_polymesh, read_positions, read_text

NUM_VERTICES = 26719
CENTIMETRE_M = 0.01
FACE, HEAD_AND_NECK = slice(0, 9409), slice(9409, 11248)
MOUTH_SOCKET, EYE_SOCKETS = slice(11248, 13294), slice(13294, 14062)
GUMS_AND_TONGUE, TEETH = slice(14062, 17039), slice(17039, 21451)
SCLERA_LEFT, SCLERA_RIGHT = slice(21451, 22221), slice(23021, 23791)
_FOLDERS = (".", "FaceXModel", "ICT-FaceKit/FaceXModel")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class IctModel:
    """Attributes: `identity` and `expressions` are differences from the neutral mesh, centimetres; expressions are
    named as ARKit names them, the halves of the source added up."""

    mesh: PolyMesh
    landmark_vertices: Int[np.ndarray, "68"]
    identity: Float32[np.ndarray, "num_modes num_vertices 3"]
    expressions: dict[str, Float32[np.ndarray, "num_vertices 3"]]

    def vertices(self, weights: Float[np.ndarray, " num_modes"]) -> Float[np.ndarray, "num_vertices 3"]:
        """A person's vertices in centimetres."""
        return self.mesh.vertices + np.tensordot(weights, self.identity, axes=1)


def read_model(root: str | Path) -> IctModel:
    """Read the model below `root`.

    Raises:
        InputError: files are missing, damaged, or of another topology.
    """
    folder = _find(Path(root))
    mesh = read_polymesh(folder / "generic_neutral_mesh.obj")
    if len(mesh.vertices) != NUM_VERTICES:
        raise InputError(
            folder / "generic_neutral_mesh.obj", f"has {len(mesh.vertices)} vertices; the model has {NUM_VERTICES}."
        )
    indices = folder / "vertex_indices.json"
    try:
        lists = json.loads(read_text(indices))
        landmarks = np.array(lists["idx_to_landmark_verts"], dtype=np.int64)
        names = [str(name) for name in lists["expressions"]]
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(indices, f"has no usable lists ({error}).") from error
    if landmarks.shape != (68,) or not 0 <= landmarks.min() <= landmarks.max() < NUM_VERTICES:
        raise InputError(indices, "must list 68 vertices of the mesh.", field="idx_to_landmark_verts")
    identity, expressions = _deltas(folder, mesh.vertices, names)
    return IctModel(
        mesh=mesh, landmark_vertices=landmarks, identity=identity, expressions=_as_arkit(folder, expressions)
    )


def _find(root: Path) -> Path:
    for name in _FOLDERS:
        if (root / name / "generic_neutral_mesh.obj").is_file():
            return root / name
    raise InputError(
        root,
        f"has no generic_neutral_mesh.obj (looked in {', '.join(_FOLDERS)}). 'synhead heads fetch ict --out FOLDER' "
        "downloads it.",
    )


def _deltas(folder: Path, neutral: np.ndarray, names: list[str]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    packed = folder / "identity_modes_f16.npz", folder / "expression_deltas_f16.npz"
    if all(path.is_file() for path in packed):
        _, identity = _read_npz(packed[0])
        known, delta = _read_npz(packed[1])
        return identity, {name: delta[known.index(name)] for name in names if name in known}
    paths = sorted(folder.glob("identity[0-9][0-9][0-9].obj"))
    if not paths:
        raise InputError(folder, "has neither identity_modes_f16.npz nor identity000.obj and so on.")
    identity = np.stack([_difference(path, neutral) for path in paths])
    return identity, {name: _difference(folder / f"{name}.obj", neutral) for name in names}


def _read_npz(path: Path) -> tuple[list[str], np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            names, delta = [str(name) for name in archive["names"]], archive["delta"].astype(np.float32)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(path, f"cannot be read as arrays 'names' and 'delta' ({error}).") from error
    if delta.shape != (len(names), NUM_VERTICES, 3) or not np.isfinite(delta).all():
        raise InputError(path, f"has 'delta' of shape {delta.shape}; {(len(names), NUM_VERTICES, 3)} is right.")
    return names, delta


def _difference(path: Path, neutral: np.ndarray) -> Float32[np.ndarray, "num_vertices 3"]:
    positions = read_positions(path)
    if positions.shape != neutral.shape:
        raise InputError(path, f"has {len(positions)} vertices; the neutral mesh has {len(neutral)}.")
    return (positions - neutral).astype(np.float32)


def _as_arkit(folder: Path, expressions: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """ "mouthSmile_L" becomes "mouthSmileLeft"; "cheekPuff_L" and "_R" together are "cheekPuff"."""
    found: dict[str, np.ndarray] = {}
    for name, delta in expressions.items():
        stem, _, side = name.partition("_")
        sided = stem + {"L": "Left", "R": "Right", "": ""}[side] if side in ("L", "R", "") else name
        target = sided if sided in ARKIT_52 else stem
        if target not in ARKIT_52:
            raise InputError(folder / "vertex_indices.json", f"expression {name!r} has no ARKit name.")
        found[target] = found[target] + delta if target in found else delta
    return {name: found[name] for name in ARKIT_52 if name in found}

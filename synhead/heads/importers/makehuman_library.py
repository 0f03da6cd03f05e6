"""Everything of MakeHuman that many heads share, read once and kept: body, targets, proxies, textures."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from synhead.errors import InputError
from synhead.heads.importers.makehuman_body import NUM_VERTICES, Body, read_body
from synhead.heads.importers.makehuman_layout import MakeHumanLayout, find_layout
from synhead.heads.importers.makehuman_read import Binding, Target, read_binding, read_target
from synhead.heads.importers.polymesh import PolyMesh, read_polymesh

ETHNICITIES = ("african", "asian", "caucasian")


@dataclass(slots=True, eq=False)
class MakeHumanLibrary:
    """Reads on demand; `open_library` makes one."""

    layout: MakeHumanLayout
    body: Body
    _targets: dict[str, Target] = field(default_factory=dict)
    _proxies: dict[Path, tuple[Binding, PolyMesh]] = field(default_factory=dict)
    _pictures: dict[Path, np.ndarray] = field(default_factory=dict)

    def target(self, name: str) -> Target:
        """A target by its path below `targets`, without the suffix, such as "nose/nose-hump-incr".

        Raises:
            InputError: missing or damaged.
        """
        if name not in self._targets:
            self._targets[name] = read_target(self.layout.targets / f"{name}.target", NUM_VERTICES)
        return self._targets[name]

    def has_target(self, name: str) -> bool:
        """Whether the file is there."""
        return name in self._targets or (self.layout.targets / f"{name}.target").is_file()

    def delta(self, weights: dict[str, float]) -> Float[np.ndarray, "n 3"]:
        """Weighted sum of targets over all vertices of the base mesh, decimetres."""
        total = np.zeros((NUM_VERTICES, 3))
        for name, weight in weights.items():
            target = self.target(name)
            # A target names each vertex once, but add.at does not depend on it.
            np.add.at(total, target.vertex_index, weight * target.delta)
        return total

    def proxy(self, mhclo: Path) -> tuple[Binding, PolyMesh]:
        """A proxy's binding and mesh.

        Raises:
            InputError: the two do not have the same number of vertices, or one of them is damaged.
        """
        if mhclo not in self._proxies:
            binding = read_binding(mhclo)
            mesh = read_polymesh(binding.obj)
            if len(mesh.vertices) != len(binding.weights):
                raise InputError(
                    mhclo, f"fits {len(binding.weights)} vertices; {binding.obj.name} has {len(mesh.vertices)}."
                )
            self._proxies[mhclo] = binding, mesh
        return self._proxies[mhclo]

    def picture(self, path: Path, *, alpha: bool) -> UInt8[np.ndarray, "height width channels"]:
        """A texture as RGB or RGBA.

        Raises:
            InputError: missing or not a picture.
        """
        if path not in self._pictures:
            try:
                with Image.open(path) as image:
                    self._pictures[path] = np.asarray(image.convert("RGBA"))
            except OSError as error:
                raise InputError(path, f"cannot be read as a picture ({error}).") from error
        return self._pictures[path] if alpha else np.ascontiguousarray(self._pictures[path][..., :3])


def open_library(root: str | Path) -> MakeHumanLibrary:
    """Find the files below `root` and read the base mesh.

    Raises:
        InputError: something is missing or damaged.
    """
    layout = find_layout(Path(root))
    return MakeHumanLibrary(layout=layout, body=read_body(layout))

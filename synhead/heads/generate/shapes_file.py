"""The file of blend shapes beside a head's OBJ: sparse deltas of its `v` lines, in flat arrays."""

from pathlib import Path

import numpy as np
from jaxtyping import Float32


def write_shapes(
    path: Path,
    names: tuple[str, ...],
    deltas_mm: list[Float32[np.ndarray, "s _ 3"] | None],
    num_vertices: list[int],
) -> None:
    """Write `<id>_shapes.npz`; same deltas, same bytes.

    The arrays: `names` [S] str; `offsets` [S+1] int64; `vertex_index` [N] uint32, 0-based `v` lines of the OBJ;
    `delta_mm` [N, 3] float16 along the OBJ's axes (shape k moves vertex_index[offsets[k]:offsets[k+1]]);
    `num_vertices` int64 of the OBJ.

    Args:
        deltas_mm: of each part in the order of the OBJ; None: no shape moves it.
        num_vertices: of each part.

    Raises:
        ValueError: a part's deltas have another length than the part, or are not finite.
        OSError: the file cannot be written.
    """
    starts = np.cumsum([0, *num_vertices])
    offsets, index, values = [0], [], []
    for shape, name in enumerate(names):
        for start, count, deltas in zip(starts, num_vertices, deltas_mm, strict=False):
            if deltas is None:
                continue
            if len(deltas[shape]) != count:
                raise ValueError(f"shape {name}: {len(deltas[shape])} deltas for a part of {count} vertices")
            if not np.isfinite(deltas[shape]).all():
                raise ValueError(f"shape {name}: a delta is not finite")
            x, y, z = deltas[shape].T
            moved = np.flatnonzero((x != 0) | (y != 0) | (z != 0))
            index.append(moved + start)
            values.append(deltas[shape][moved])
        offsets.append(sum(len(part) for part in index))
    # To a hundredth of a millimetre: what is smaller only makes the file larger.
    rounded = np.round(np.concatenate(values), 2) + 0.0
    np.savez_compressed(
        path,
        names=np.array(names),
        offsets=np.array(offsets, dtype=np.int64),
        vertex_index=np.concatenate(index).astype(np.uint32),
        delta_mm=rounded.astype(np.float16),
        num_vertices=np.int64(starts[-1]),
    )

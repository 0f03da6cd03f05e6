"""docs/format.md, made from the table: ``python -m synhead.shards.format_doc > docs/format.md``."""

import sys

from synhead.shards.schema import (
    BLOB_CHUNK_BYTES,
    DATASETS,
    FILE_ATTRIBUTES,
    FORMAT_VERSION,
    LABEL_CHUNK_FRAMES,
    SEQUENCE_ATTRIBUTES,
    Field,
)
from synhead.shards.verify_report import CHECKS

READING_EXAMPLE = """\
import io, json, sys
from pathlib import Path
import h5py, numpy as np
from PIL import Image

dataset = Path(sys.argv[1])
manifest = json.loads((dataset / "manifest.json").read_text())
for shard in manifest["shards"]:
    with h5py.File(dataset / "shards" / shard["name"]) as file:
        for sequence_id, s in file["sequences"].items():
            first, last = s["image/offsets"][0:2]  # of frame 0
            image = np.asarray(Image.open(io.BytesIO(s["image/bytes"][first:last].tobytes())))
            x_cam = s["landmarks_68_cam_m"][0] @ s.attrs["K"].T
            error_px = np.abs(x_cam[:, :2] / x_cam[:, 2:] - s["landmarks_68_px"][0]).max()
            print(sequence_id, image.shape, s["euler_pyr_deg"][0], f"re-projection {error_px:.6f} px")
"""

_INTRODUCTION = f"""\
<!-- Made by `python -m synhead.shards.format_doc > docs/format.md` from synhead/shards/schema.py. Do not edit. -->

# The data set on disk, format version {FORMAT_VERSION}

```
DATASET/
  manifest.json      written last: a data set without it is not finished
  shards/00000.h5    whole sequences; HDF5 1.10, built-in filters only
  .run/              the ledger of the run that makes the data set; readers need nothing of it
```

A shard is complete or not there. Identical inputs, configuration and renderer give identical bytes in every shard and
the same digest in the manifest. Plain `h5py` reads every field; no plug-in is needed.

Frames and angles: [conventions.md](conventions.md). Arrays are little-endian. T frames of H x W pixels; N is a number
of bytes, S of blend shapes. NaN means "there is none", and only where the table says so.
"""

_MANIFEST = """\
## manifest.json

| key | holds |
|---|---|
| `digest` | SHA-256 of the content: two equal data sets share it, however they were made (design/0004-shards.md) |
| `format_version`, `synhead_version`, `created_utc`, `versions` | who wrote it, and when |
| `config`, `config_sha256` | the resolved configuration, and the SHA-256 of its canonical JSON |
| `renderer`, `throughput` | who drew, how fast each stage was |
| `shards` | each: `name`, `sha256`, `num_bytes`, `num_frames`, `sequences` |
| `shards[].sequences` | each: `sequence_id`, `head_id`, `track_id`, `background_id`, `seed`, `num_frames` |
| `inputs` | `heads`, `tracks`, `backgrounds`; each entry: `id`, `sha256`, `licence`, `source` |
| `splits` | name: list of sequence ids (or a rule in words) |
| `failures` | sequences that are in no shard: `sequence_id`, `stage`, `reason` |

Canonical JSON: sorted keys, separators `,` and `:`, ASCII only.
"""


def format_markdown() -> str:
    """The whole text of docs/format.md."""
    sections = [
        _INTRODUCTION,
        "## Attributes of a shard\n\n" + _table(FILE_ATTRIBUTES),
        "## Attributes of `/sequences/<sequence_id>`\n\n"
        "A sequence id is `<head_id>__<track_id>` or `<head_id>__<track_id>__<variant>`.\n\n"
        + _table(SEQUENCE_ATTRIBUTES),
        "## Datasets of `/sequences/<sequence_id>`\n\n"
        + _table(DATASETS)
        + "\nAll datasets are chunked with Fletcher-32 checksums: a flipped bit is an error, never a wrong number.\n"
        f"Chunks: `*/bytes` {BLOB_CHUNK_BYTES // 1024} KiB, `depth` one frame (shuffle, gzip 1), "
        f"labels {LABEL_CHUNK_FRAMES} frames.\n",
        _MANIFEST,
        "## Reading it without this package\n\n"
        "h5py, numpy and pillow alone (a test runs these lines):\n\n```python\n" + READING_EXAMPLE + "```\n",
        "## What `synhead verify` checks\n\n| check | question | tolerance |\n|---|---|---|\n"
        + "".join(
            f"| {name} | {check.meaning} | {'' if check.tolerance is None else f'{check.tolerance:g} {check.unit}'} |\n"
            for name, check in CHECKS.items()
        ),
    ]
    return "\n".join(sections)


def _table(fields: tuple[Field, ...]) -> str:
    lines = ["| name | shape | type | unit | meaning |", "|---|---|---|---|---|"]
    for field in fields:
        shape = "[" + ", ".join(map(str, field.shape)) + "]" if field.shape else "scalar"
        meaning = field.meaning
        if field.nan:
            meaning += f"; NaN where there {'are' if field.nan == 'no landmarks' else 'is'} {field.nan}"
        if field.optional:
            meaning += " (optional)"
        lines.append(f"| `{field.name}` | {shape} | {field.dtype} | {field.unit} | {meaning} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(format_markdown())

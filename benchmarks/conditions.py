"""Under what conditions a figure was measured; every file in benchmarks/results carries them."""

import datetime
import importlib.metadata
import json
import os
import platform
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results"


def conditions() -> dict[str, Any]:
    """Machine, versions, load and time."""
    names = ["synhead", "numpy", "scipy", "h5py", "moderngl", "simplejpeg", "numba", "pyrender", "ray"]
    versions = {}
    for name in names:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return {
        "cpu": _cpu_name(),
        "usable_cpus": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "platform": platform.platform(),
        "python": platform.python_version(),
        "versions": versions,
        "load_average": [round(x, 2) for x in os.getloadavg()],
        "utc": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def write_result(name: str, result: dict[str, Any], path: Path | None = None) -> Path:
    """Into `path`, or else benchmarks/results/NAME-<machine>-<date>.json."""
    if path is None:
        machine = f"{len(os.sched_getaffinity(0))}cpu-{platform.machine()}"
        path = RESULTS / f"{name}-{machine}-{datetime.date.today().isoformat()}.json"
    path.write_text(json.dumps(result, indent=1) + "\n")
    return path


def _cpu_name() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()

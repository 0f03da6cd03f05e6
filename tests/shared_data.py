"""Real input beside the project: tests that read it skip with a visible reason where it is absent."""

import os
from pathlib import Path

import pytest

_ROOT = Path(os.environ.get("SYNHEAD_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


def shared_data(*parts: str) -> Path:
    """Path of a file or folder of the shared data; skips the calling test where it does not exist."""
    path = _ROOT.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"shared data absent: {'/'.join(parts)} (set SYNHEAD_SHARED_DATA to the folder that holds it)")
    return path

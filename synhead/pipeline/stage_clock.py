"""Where a worker's time goes: wall-clock and CPU seconds of each stage, added up."""

import time
from dataclasses import dataclass, field

STAGES = (
    "start",  # opening the engine
    "plan",  # everything random of a sequence decided
    "head",  # meshes and textures read; not in shards whose heads the worker had
    "background",  # decoded, cropped, moved
    "render",  # uploaded, drawn, composited, read back
    "label",
    "sensor",
    "encode_image",
    "encode_mask",
    "encode_depth",
    "write",  # a sequence into the shard
    "commit",  # checksums, fsync, rename
)
"""In the order in which a frame meets them."""


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


@dataclass(slots=True)
class StageClock:
    """A lap costs about a microsecond; a batch of frames has eight of them.

    Attributes:
        wall_s: seconds by stage.
        cpu_s: CPU seconds of all threads of this process by stage; those of a drawing library count, those of a GPU
            do not.
    """

    wall_s: dict[str, float] = field(default_factory=dict)
    cpu_s: dict[str, float] = field(default_factory=dict)
    _last: tuple[float, float] = field(default_factory=_now)

    def start(self) -> None:
        """What passed since the last lap belongs to no stage."""
        self._last = _now()

    def lap(self, stage: str) -> None:
        """What passed since the last lap belongs to `stage`."""
        wall, cpu = _now()
        self.wall_s[stage] = self.wall_s.get(stage, 0.0) + wall - self._last[0]
        self.cpu_s[stage] = self.cpu_s.get(stage, 0.0) + cpu - self._last[1]
        self._last = wall, cpu

    def credit(self, stage: str, cpu_s: float, *, during: str) -> None:
        """CPU seconds that another thread spent on `stage` while this one counted them to `during`."""
        self.cpu_s[stage] = self.cpu_s.get(stage, 0.0) + cpu_s
        self.cpu_s[during] = self.cpu_s.get(during, 0.0) - cpu_s

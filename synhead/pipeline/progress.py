"""How far a run is: a bar on a terminal, a line every few seconds elsewhere."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from synhead.pipeline.run_folder import RunFolder

_POLL_S = 0.5
_LINE_EVERY_S = 5.0


@dataclass(slots=True)
class Tally:
    """Frames of finished shards; the shards in work are read from the run folder."""

    total: int
    finished: int
    at_start: int
    started: float = field(default_factory=time.perf_counter)

    def line(self, now_done: int) -> str:
        """Such as ``1280/3600 frames  36 %  24.9 frames/s  1 min 33 s left``."""
        elapsed = time.perf_counter() - self.started
        rate = (now_done - self.at_start) / elapsed if elapsed > 0 else 0.0
        share = 100 * now_done / self.total if self.total else 100.0
        left = f"{duration_text((self.total - now_done) / rate)} left" if rate > 0 else "no frame yet"
        return f"{now_done}/{self.total} frames  {share:.0f} %  {rate:.1f} frames/s  {left}"


@contextmanager
def progress_of(folder: RunFolder, tally: Tally, *, quiet: bool = False) -> Iterator[None]:
    """Show progress while the body runs."""
    if quiet:
        yield
        return
    stop = threading.Event()
    console = Console(stderr=True)
    show = _show_bar if console.is_terminal else _show_lines
    thread = threading.Thread(target=show, args=(folder, tally, stop, console), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _done(folder: RunFolder, tally: Tally) -> int:
    return min(tally.finished + folder.frames_in_work(), tally.total)


def _show_bar(folder: RunFolder, tally: Tally, stop: threading.Event, console: Console) -> None:
    columns = (SpinnerColumn(), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[line]}"))
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("render", total=tally.total, completed=tally.at_start, line="")
        while True:
            done = _done(folder, tally)
            bar.update(task, completed=done, line=tally.line(done).split("  ", 1)[1])
            if stop.wait(_POLL_S):
                break
        done = tally.finished
        bar.update(task, completed=done, line=tally.line(done).split("  ", 1)[1])


def _show_lines(folder: RunFolder, tally: Tally, stop: threading.Event, _console: Console) -> None:
    while not stop.wait(_LINE_EVERY_S):
        print(f"render: {tally.line(_done(folder, tally))}", file=sys.stderr, flush=True)


def duration_text(seconds: float) -> str:
    """Such as ``42 s``, ``3 min 5 s`` or ``2 h 10 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"

"""Clocks around moderngl's own calls: what the driver does in each part of a picture, however the engine is written."""

import time
from collections.abc import Callable
from typing import Any

_FULL_SCREEN_VERTICES = 6
"""A pass over the whole picture draws one or two triangles; a head draws thousands."""


class GLClock:
    """Times the calls of moderngl that make the driver work, and waits for the driver where one part ends."""

    def __init__(self) -> None:
        names = (
            "clear",
            "vertices",
            "raster, hair shaded",
            "passes before the last",
            "shade and composite",
            "read-back",
        )
        self.ms: dict[str, float] = dict.fromkeys(names, 0.0)
        self._pending = False
        self._last_pass_ms = 0.0

    def around(self, moderngl: Any) -> "Patches":
        """While it is entered, every call is timed."""
        render, read = moderngl.VertexArray.render, moderngl.Framebuffer.read_into
        copy, clear = moderngl.Context.copy_framebuffer, moderngl.Framebuffer.clear

        def timed_render(array: Any, *args: Any, **kwargs: Any) -> None:
            if kwargs.get("vertices", -1) in range(_FULL_SCREEN_VERTICES + 1):
                self._wait(array.ctx)
                self._pass(lambda: (render(array, *args, **kwargs), array.ctx.finish()))
                return
            self._timed("vertices", lambda: render(array, *args, **kwargs))
            self._pending = True

        def timed_read(buffer: Any, *args: Any, **kwargs: Any) -> Any:
            self._wait(buffer.ctx)
            self.ms["shade and composite"] += self._last_pass_ms
            self._last_pass_ms = 0.0
            return self._timed("read-back", lambda: read(buffer, *args, **kwargs))

        def timed_copy(ctx: Any, *args: Any, **kwargs: Any) -> None:
            self._wait(ctx)
            self._pass(lambda: (copy(ctx, *args, **kwargs), ctx.finish()))

        def timed_clear(buffer: Any, *args: Any, **kwargs: Any) -> None:
            self._wait(buffer.ctx)
            self._timed("clear", lambda: (clear(buffer, *args, **kwargs), buffer.ctx.finish()))

        return Patches(
            [
                (moderngl.VertexArray, "render", timed_render),
                (moderngl.Framebuffer, "read_into", timed_read),
                (moderngl.Context, "copy_framebuffer", timed_copy),
                (moderngl.Framebuffer, "clear", timed_clear),
            ]
        )

    def _wait(self, ctx: Any) -> None:
        if self._pending:
            self._timed("raster, hair shaded", ctx.finish)
            self._pending = False

    def _pass(self, work: Callable[[], Any]) -> None:
        self.ms["passes before the last"] += self._last_pass_ms
        began = time.process_time()
        work()
        self._last_pass_ms = (time.process_time() - began) * 1e3

    def _timed(self, part: str, work: Callable[[], Any]) -> Any:
        began = time.process_time()
        out = work()
        self.ms[part] += (time.process_time() - began) * 1e3
        return out


class Patches:
    """Replaces attributes while it is entered."""

    def __init__(self, changes: list[tuple[Any, str, Any]]) -> None:
        self._changes = changes
        self._saved = [getattr(owner, name) for owner, name, _ in changes]

    def __enter__(self) -> None:
        for owner, name, value in self._changes:
            setattr(owner, name, value)

    def __exit__(self, *_: object) -> None:
        for (owner, name, _), value in zip(self._changes, self._saved, strict=True):
            setattr(owner, name, value)

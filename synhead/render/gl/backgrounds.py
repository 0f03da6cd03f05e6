"""Backgrounds on the device, uploaded once however many batches use them."""

import hashlib
from collections import OrderedDict
from typing import Any

import numpy as np
from jaxtyping import UInt8

BANK_BYTES = 256 << 20


class BackgroundBank:
    """Textures by their pixels, least recently used first out. A background that moves passes through as frames of its
    own: it fills the bank and falls out of it again."""

    def __init__(self, ctx: Any, *, budget_bytes: int = BANK_BYTES) -> None:
        self._ctx = ctx
        self._budget_bytes = budget_bytes
        self._textures: OrderedDict[tuple[bytes, int, int], Any] = OrderedDict()
        self._num_bytes = 0
        self.num_uploads = 0

    def get(self, pixels: UInt8[np.ndarray, "height width 3"]) -> Any:
        """The texture of these pixels."""
        height, width = pixels.shape[:2]
        content = np.ascontiguousarray(pixels)
        key = (hashlib.blake2b(content.data, digest_size=16).digest(), width, height)
        texture = self._textures.get(key)
        if texture is None:
            texture = self._upload(content)
            self._textures[key] = texture
            self.num_uploads += 1
        self._textures.move_to_end(key)
        return texture

    def _upload(self, content: np.ndarray) -> Any:
        height, width = content.shape[:2]
        while self._textures and self._num_bytes + content.nbytes > self._budget_bytes:
            (_, old_width, old_height), old = self._textures.popitem(last=False)
            self._num_bytes -= old_width * old_height * 3
            if (old_width, old_height) == (width, height):
                # The place of the same size is taken over: making textures is slow.
                old.write(content, alignment=1)
                self._num_bytes += content.nbytes
                return old
            old.release()
        self._num_bytes += content.nbytes
        texture = self._ctx.texture((width, height), 3, content, alignment=1)
        texture.filter = self._ctx.NEAREST, self._ctx.NEAREST
        return texture

    def __len__(self) -> int:
        return len(self._textures)

    def release(self) -> None:
        """Free all textures."""
        while self._textures:
            self._textures.popitem()[1].release()
        self._num_bytes = 0

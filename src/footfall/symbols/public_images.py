"""Images of symbols for anybody, who needs no key: few are drawn at a time, and each once."""

from functools import lru_cache
from typing import Final

from footfall.core.errors import Overloaded
from footfall.runtime.background import Background
from footfall.symbols.drawing import Symbol, draw
from footfall.symbols.looks import Look

AT_ONCE_MAX: Final = 2
WAITING_MAX: Final = 30

_drawn: Final = lru_cache(maxsize=256)(draw)


class PublicImages:
    """Drawn on threads that give way to scans; few requests may wait."""

    def __init__(self) -> None:
        self._background = Background(AT_ONCE_MAX)
        self._under_way = 0

    async def draw(self, text: str, format: str, look: Look) -> bytes:
        """As `drawing.draw`. Raises Overloaded too."""
        if self._under_way >= AT_ONCE_MAX + WAITING_MAX:
            raise Overloaded("Too many images are being drawn: ask again in a moment.")
        self._under_way += 1
        try:
            return await self._background.run(_drawn, text, format, look)
        finally:
            self._under_way -= 1


@lru_cache(maxsize=1024)
def count_modules(length: int, error: str) -> int:
    """How many modules a symbol of so many ASCII letters is wide, without its margin."""
    return Symbol("x" * length, Look(error=error)).width

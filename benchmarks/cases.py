"""One way of rendering, as it is written on the command line of a benchmark: ENGINE:ANTIALIASING:LOOK[:FRAMES]."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """What is asked of `synhead render`; whether it can do that shows when it is asked."""

    engine: str
    antialiasing: str
    look: str
    frames: int

    @property
    def name(self) -> str:
        """As on the command line, without the number of frames."""
        return f"{self.engine}:{self.antialiasing}:{self.look}"

    def options(self, recipe: Path) -> list[str]:
        """Of `synhead render`; the look is the recipe's."""
        return ["--config", str(recipe), "--renderer", self.engine, "--antialiasing", self.antialiasing]


def parse_cases(text: str, frames: int) -> list[Case]:
    """Cases separated by commas; `frames` for those without a number of their own.

    Raises:
        SystemExit: a case is not of this form.
    """
    cases = []
    for item in text.split(","):
        words = item.split(":")
        if len(words) not in (3, 4) or not all(words) or not (len(words) == 3 or words[3].isdigit()):
            raise SystemExit(
                f"--cases {item}: is no case; write ENGINE:ANTIALIASING:LOOK or ENGINE:ANTIALIASING:LOOK:FRAMES, such "
                "as gl:msaa4:paper"
            )
        count = int(words[3]) if len(words) == 4 else frames
        cases.append(Case(engine=words[0], antialiasing=words[1], look=words[2], frames=count))
    return cases

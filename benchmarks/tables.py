"""Plain-text tables: the same on a terminal, in a log and in a Markdown file."""

from collections.abc import Sequence


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Markdown; the first column is words, the others are figures. None is shown as "-"."""
    cells = [list(header), *[[cell_text(value) for value in row] for row in rows]]
    width = [max(len(row[k]) for row in cells) for k in range(len(header))]

    def line(row: Sequence[str]) -> str:
        padded = [text.ljust(width[0]) if k == 0 else text.rjust(width[k]) for k, text in enumerate(row)]
        return "| " + " | ".join(padded) + " |"

    rule = "|" + "|".join(["-" * (width[0] + 2), *["-" * (w + 1) + ":" for w in width[1:]]]) + "|"
    return "\n".join([line(cells[0]), rule, *[line(row) for row in cells[1:]]])


def cell_text(value: object) -> str:
    """A figure with three or so significant digits."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)

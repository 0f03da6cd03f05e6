"""Text files read with exact errors: what was found, in which line, and what was expected."""

import math
from pathlib import Path

import numpy as np
from jaxtyping import Float

from synhead.errors import InputError


def read_text(path: str | Path) -> str:
    """The file's text without a byte-order mark.

    Raises:
        InputError: missing, a folder, unreadable, empty, or not UTF-8.
    """
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError:
        raise InputError(path, "no such file.") from None
    except OSError as error:
        raise InputError(path, f"cannot be read ({error.strerror}).") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problem = f"byte {data[error.start]:#04x} is not UTF-8 text; is this a binary file with a text file's suffix?"
        raise InputError(path, problem, line=line) from None
    if not text.strip():
        raise InputError(path, "is empty.")
    return text


def parse_number(path: str | Path, text: str, *, line: int, field: str) -> float:
    """A finite float.

    Raises:
        InputError: not a number, NaN or infinity.
    """
    try:
        value = float(text)
    except ValueError:
        raise InputError(path, f'"{text.strip()}" is not a number.', line=line, field=field) from None
    if not math.isfinite(value):
        problem = f'"{text.strip()}" is not finite. Leave out samples that were not measured: gaps are kept.'
        raise InputError(path, problem, line=line, field=field)
    return value


def parse_rows(
    path: str | Path, rows: list[tuple[int, str]], columns: tuple[str, ...]
) -> Float[np.ndarray, "num_rows num_columns"]:
    """Numbers of comma-separated rows, given as (line number, text).

    Raises:
        InputError: a row with another number of columns, or a field that is no finite number.
    """
    values = np.empty((len(rows), len(columns)))
    for k, (line, text) in enumerate(rows):
        fields = text.split(",")
        if len(fields) != len(columns):
            problem = f"has {len(fields)} columns; expected {len(columns)}: {', '.join(columns)}."
            raise InputError(path, problem, line=line)
        for j, name in enumerate(columns):
            values[k, j] = parse_number(path, fields[j], line=line, field=f"column {name}")
    return values


def numbered_lines(text: str) -> list[tuple[int, str]]:
    """(line number from 1, stripped text) of every line that is not blank."""
    return [(k, line.strip()) for k, line in enumerate(text.splitlines(), start=1) if line.strip()]

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
    wrong = next((k for k, (_, text) in enumerate(rows) if text.count(",") != len(columns) - 1), None)
    if wrong is not None:
        line, text = rows[wrong]
        problem = f"has {text.count(',') + 1} columns; expected {len(columns)}: {', '.join(columns)}."
        raise InputError(path, problem, line=line)
    names = [f"column {name}" for name in columns]
    words = [(line, names, text.split(",")) for line, text in rows]
    return parse_words(path, words).reshape(len(rows), len(columns))


def parse_words(path: str | Path, rows: list[tuple[int, list[str], list[str]]]) -> Float[np.ndarray, " num_words"]:
    """The numbers of all rows, one after the other; a row is (line number, name of each field, words).

    Raises:
        InputError: a word that is no finite number, with its line and field.
    """
    try:
        values = np.array([float(word) for _, _, words in rows for word in words], dtype=np.float64)
        if np.isfinite(values).all():
            return values
    except ValueError:
        pass
    # Something is wrong: slowly, to say where.
    return np.array(
        [
            parse_number(path, word, line=line, field=name)
            for line, names, words in rows
            for name, word in zip(names, words, strict=True)
        ]
    )


def numbered_lines(text: str) -> list[tuple[int, str]]:
    """(line number from 1, stripped text) of every line that is not blank."""
    return [(k, line.strip()) for k, line in enumerate(text.splitlines(), start=1) if line.strip()]

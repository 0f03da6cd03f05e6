"""Errors meant for a user: one paragraph that says where, what came, what is right, and the way out."""

from pathlib import Path


class SynheadError(Exception):
    """Base of every error that the command line prints without a traceback (exit code 1)."""


class InputError(SynheadError):
    """A file that the user gave cannot be used.

    The message starts with the file, then the line or field where there is one:
    ``walk.csv, line 17: quaternion (0, 0, 0, 0) has length 0; a rotation needs length 1.``
    """

    def __init__(self, path: str | Path, problem: str, *, line: int | None = None, field: str | None = None) -> None:
        where = str(path)
        if line is not None:
            where += f", line {line}"
        if field is not None:
            where += f", {field}"
        super().__init__(f"{where}: {problem}")
        self.path = Path(path)
        self.problem = problem
        self.line = line
        self.field = field

    def __reduce__(self) -> tuple:
        # Exceptions travel between processes; the default rebuilds from args and loses the keywords.
        return _rebuild_input_error, (type(self), str(self.path), self.problem, self.line, self.field)


def _rebuild_input_error(
    cls: type[InputError], path: str, problem: str, line: int | None, field: str | None
) -> InputError:
    return cls(path, problem, line=line, field=field)


class ConfigError(SynheadError):
    """A setting is wrong or two settings contradict each other; the message names the flag or field."""


class RendererError(SynheadError):
    """No renderer of the kind that was asked for can run here, or it broke while drawing."""


class OutputError(SynheadError):
    """The output folder cannot be used: foreign, locked, of another config, unwritable or full."""


class DatasetError(SynheadError):
    """A data set or one of its shards is damaged, incomplete or not ours."""

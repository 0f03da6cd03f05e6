"""The command line. One file a subcommand; nothing heavy is imported before a command runs."""

from synhead.cli.app import main

__all__ = ["main"]

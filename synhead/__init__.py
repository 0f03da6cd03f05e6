"""Labelled video of human heads: smooth motion tracks, render head models along them, prove the data set.

Importing this package loads nothing heavy: no torch, no ray, no OpenGL (tests/test_import.py proves it).
"""

__version__ = "0.1.0"

"""The vocabulary: rotations, poses, cameras, landmarks, seeds and the description of one sequence.

numpy and scipy only, no input or output. Conventions: docs/conventions.md.
"""

"""The picture on the README's first screen, from a rendered data set: frames above, the same with labels below.

synhead render --max-tracks 24 --frames-per-track 4 --out out/figure
python docs/figures/draw_frames.py out/figure docs/figures/frames.jpg
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from synhead.inspect.draw import draw_overlay
from synhead.inspect.frame_view import read_frames
from synhead.shards.reader import open_dataset

SHOWN = (("f02", 2), ("m02", 20), ("f04", 12), ("m01", 5))


def main() -> None:
    """One frame of each head, each on another track."""
    dataset = open_dataset(sys.argv[1])
    tracks = sorted({s.track_id for s in dataset.sequences()})
    views = [read_frames(dataset.sequence(f"{head}__{tracks[k]}"), range(3, 4))[0] for head, k in SHOWN]
    plain = np.concatenate([view.image for view in views], axis=1)
    labelled = np.concatenate([np.asarray(draw_overlay(view)) for view in views], axis=1)
    Image.fromarray(np.concatenate([plain, labelled])).save(Path(sys.argv[2]), quality=88)


if __name__ == "__main__":
    main()

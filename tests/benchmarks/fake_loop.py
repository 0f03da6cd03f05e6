"""Stands in for the plain loop: writes nothing, and says that it drew 2 frames a second, or 3 without threads."""

import argparse
import json
import os

p = argparse.ArgumentParser()
for name in ("--heads", "--head", "--frames", "--size", "--out"):
    p.add_argument(name, required=True)
p.add_argument("--jpeg", action="store_true", required=True)
args = p.parse_args()
fps = 3.0 if os.environ.get("LP_NUM_THREADS") == "0" else 2.0
print("something a library says first")
print(json.dumps({"head": args.head, "frames": int(args.frames), "fps": fps, "cpu_ms_per_frame": 400.0}))

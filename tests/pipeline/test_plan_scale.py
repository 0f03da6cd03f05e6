"""A plan of very many sequences holds each clip once, and next to nothing for a sequence."""

import pickle
from pathlib import Path

import numpy as np

from synhead.pipeline.config import load_config
from synhead.pipeline.plan import Asset, make_plan
from synhead.scenes.clips import TrackClip

NUM_CLIPS, NUM_FRAMES = 200, 40


def _clip(k):
    R = np.tile(np.diag([1.0, -1.0, -1.0]), (NUM_FRAMES, 1, 1))
    t = np.tile([0.0, 0.0, 0.8 + k * 1e-5], (NUM_FRAMES, 1))
    return TrackClip(
        track_id=f"t{k:04d}",
        variant="",
        time_s=np.arange(NUM_FRAMES) / 30,
        R_ref_head=R,
        raw_R_ref_head=R,
        t_ref_head_m=t,
        is_world=False,
    )


def _plan(num_heads, clips):
    heads = [
        Asset(asset_id=f"h{k}", path=Path("nowhere"), sha256=f"{k:064x}", licence="", source="")
        for k in range(num_heads)
    ]
    config = load_config(None, {"inputs": {"models": Path("nowhere"), "tracks": Path("nowhere")}, "shard_frames": 500})
    return make_plan(
        config, engine="gl", heads=heads, tracks=[], clips=clips, backgrounds=[], background_licence="", quarantined=[]
    )


def test_two_thousand_sequences_share_their_clips():
    clips = [_clip(k) for k in range(NUM_CLIPS)]
    plan = _plan(10, clips)
    assert len(plan.sequences) == 2000
    assert len({s.sequence_id for s in plan.sequences}) == 2000
    assert plan.num_frames == 2000 * NUM_FRAMES
    assert all(a is b for a, b in zip(plan.clips, clips, strict=True))
    # Ten times the heads: nine times 200 more sequences, and no more than a name and three numbers for each.
    more = len(pickle.dumps(plan)) - len(pickle.dumps(_plan(1, clips)))
    assert more < 1800 * 100


def test_shards_are_runs_of_whole_sequences_in_order():
    plan = _plan(10, [_clip(k) for k in range(NUM_CLIPS)])
    assert [i for shard in plan.shards for i in shard] == list(range(2000))
    # 12 sequences of 40 frames are 480; a 13th would pass 500.
    assert {len(shard) for shard in plan.shards[:-1]} == {12}
    assert all(plan.shard_frames(k) <= 500 for k in range(len(plan.shards)))


def test_a_sequence_of_the_middle_is_decided_without_the_others():
    plan = _plan(10, [_clip(k) for k in range(NUM_CLIPS)])
    sequence = plan.sequences[1234]
    assert (sequence.head_index, sequence.clip_index) == (6, 34)
    spec = plan.sequence_spec(sequence)
    assert spec.sequence_id == sequence.sequence_id == "h6__t0034"
    assert spec.num_frames == NUM_FRAMES
    alone = _plan(7, [_clip(k) for k in range(35)])
    same = alone.sequence_spec(next(s for s in alone.sequences if s.sequence_id == "h6__t0034"))
    np.testing.assert_array_equal(spec.t_cam_head_m, same.t_cam_head_m)
    assert spec.lighting == same.lighting
    assert spec.seed == same.seed

"""Damage of every kind, done to a right data set, is found; and by the check that is meant to find it."""

import json
import shutil
from dataclasses import replace
from itertools import pairwise

import h5py
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from synhead.core.camera import project_points
from synhead.core.rotation import rotation_about_camera_vertical
from synhead.errors import DatasetError
from synhead.shards.codec import decode_mask, encode_mask
from synhead.shards.manifest import Failure, read_manifest, write_manifest
from synhead.shards.verify import verify_dataset
from synhead.shards.writer import file_sha256
from tests.shards.synthetic import make_dataset, make_record, make_spec

MIRROR_PAIRS = [(i, 16 - i) for i in range(8)] + [(36, 45), *((17 + i, 32 + i) for i in range(13))]


@pytest.fixture(scope="module")
def right(tmp_path_factory):
    """Three sequences of head h1 and two of h2, so that a median has a majority."""
    folder = tmp_path_factory.mktemp("verify") / "right"
    make_dataset(
        folder,
        shards=(
            (make_record(make_spec("h1", "t1"), depth=True), make_record(make_spec("h2", "t1"), landmarks=False)),
            (make_record(make_spec("h1", "t2"), image_format="png"), make_record(make_spec("h1", "t3"))),
        ),
    )
    return folder


@pytest.fixture
def dataset(right, tmp_path):
    return shutil.copytree(right, tmp_path / "d")


def _reseal(folder):
    """Make the manifest agree with the damaged shards, so that only the labels themselves can tell."""
    manifest = read_manifest(folder)
    shards = []
    for shard in manifest.shards:
        sha256, num_bytes = file_sha256(folder / "shards" / shard.name)
        shards.append(replace(shard, sha256=sha256, num_bytes=num_bytes))
    write_manifest(folder, replace(manifest, shards=tuple(shards)))


def _checks(report):
    return {finding.check for finding in report.findings}


def test_a_right_data_set_passes_and_says_how_closely(right):
    seen = []
    report = verify_dataset(right, on_shard=seen.append)
    assert report.ok, report.findings
    assert [shard.num_decoded for shard in report.shards] == [10, 10]
    assert tuple(seen) == report.shards
    assert report.digest == read_manifest(right).digest
    assert report.worst["projection"] < 1e-4
    assert report.worst["pnp_rotation"] < 0.005
    record = json.loads(report.to_json())
    assert record["ok"] is True
    assert record["shards"][1]["num_frames"] == 10


def test_workers_and_samples_change_no_verdict(right):
    report = verify_dataset(right, workers=2, sample=2)
    assert report.ok
    assert [shard.num_decoded for shard in report.shards] == [4, 4]
    assert [shard.num_decoded for shard in verify_dataset(right, deep=False).shards] == [0, 0]
    with pytest.raises(ValueError, match="at least 1"):
        verify_dataset(right, sample=0)


@pytest.mark.parametrize("place", range(12))
def test_one_flipped_bit_anywhere_in_a_shard(dataset, place):
    path = dataset / "shards" / "00001.h5"
    data = bytearray(path.read_bytes())
    rng = np.random.default_rng(place)
    position = int(rng.integers(len(data)))
    data[position] ^= 1 << int(rng.integers(8))
    path.write_bytes(data)
    report = verify_dataset(dataset, deep=False)
    assert "hash" in _checks(report), f"byte {position}"
    assert {finding.shard for finding in report.findings} <= {"00001.h5", ""}


def _set(name, change):
    def damage(group):
        values = group[name][()]
        group[name][...] = change(values)

    return damage


def _scaled(frame, factor):
    return lambda values: np.where(
        np.arange(len(values)).reshape(-1, *[1] * (values.ndim - 1)) == frame, values * factor, values
    )


def _shift_points(values):
    values[2, 30] += 0.5
    return values


def _swap_left_right(values):
    for a, b in MIRROR_PAIRS:
        values[:, [a, b]] = values[:, [b, a]]
    return values


def _swap_two_frames(values):
    values[[1, 3]] = values[[3, 1]]
    return values


def _damage_offsets(values):
    values[2] = values[3] + 5
    return values


def _swap_masks_with_the_box(group):
    """Mask and box of another place: only the landmarks can tell."""
    offsets = group["mask/offsets"][()]
    frames = [decode_mask(group["mask/bytes"][a:b].tobytes()) for a, b in pairwise(offsets)]
    frames[1] = np.roll(frames[1], (0, 20), axis=(0, 1))
    _replace_blob(group, "mask", [encode_mask(frame) for frame in frames])
    boxes = group["bbox_head_xyxy_px"][()]
    boxes[1, [0, 2]] += 20
    group["bbox_head_xyxy_px"][...] = boxes


def _replace_blob(group, blob, frames):
    for name in ("bytes", "offsets"):
        del group[f"{blob}/{name}"]
    data = np.frombuffer(b"".join(frames), np.uint8)
    group.create_dataset(f"{blob}/bytes", data=data, chunks=(len(data),), fletcher32=True)
    group.create_dataset(f"{blob}/offsets", data=np.cumsum([0, *map(len, frames)]), chunks=(6,), fletcher32=True)


def _mask_grows(group):
    offsets = group["mask/offsets"][()]
    frames = [decode_mask(group["mask/bytes"][a:b].tobytes()) for a, b in pairwise(offsets)]
    frames[4][0, 0] = 255
    _replace_blob(group, "mask", [encode_mask(frame) for frame in frames])


def _mask_of_another_size(group):
    _replace_blob(group, "mask", [encode_mask(np.zeros((4, 4), np.uint8))] * 5)


def _image_is_junk(group):
    offsets = group["image/offsets"][()]
    data = group["image/bytes"][()]
    data[offsets[2] : offsets[2] + 40] = 0
    group["image/bytes"][...] = data


def _all_hidden(group):
    values = group["landmarks_68_visibility"][()]
    values[values == 2] = 1
    group["landmarks_68_visibility"][...] = values


def _rotate_all(group):
    """A consistent slip: poses turned by 1 degree, angles along with them; the pixels stay."""
    from synhead.core.rotation import euler_pyr_from_rotation

    R = rotation_about_camera_vertical(1.0) @ group["R_cam_head"][()]
    group["R_cam_head"][...] = R
    group["euler_pyr_deg"][...] = euler_pyr_from_rotation(R)


def _consistent_wrong_distance(group):
    """Points and translation twice as far, the same pixels: every projection is right, the head is twice as big."""
    group["landmarks_68_cam_m"][...] = group["landmarks_68_cam_m"][()] * 2
    group["t_cam_head_m"][...] = group["t_cam_head_m"][()] * 2


def _delete(name):
    def damage(group):
        del group[name]

    return damage


def _attribute(name, value):
    def damage(group):
        group.attrs[name] = value

    return damage


def _retype(group):
    values = group["time_s"][()]
    del group["time_s"]
    group["time_s"] = values.astype("f4")


def _other_size(group):
    del group["depth"]
    group.attrs["size_px"] = np.array([64, 48])


def _rename_group(group):
    group.parent.move(group.name, "/sequences/other")


DAMAGES = {
    "rotation scaled": (_set("R_cam_head", _scaled(2, 1.01)), {"rotation"}),
    "raw rotation scaled": (_set("raw/R_cam_head", _scaled(2, 1.01)), {"rotation"}),
    "rotation mirrored": (_set("R_cam_head", _scaled(2, -1.0)), {"rotation"}),
    "pose of another frame": (_set("R_cam_head", _swap_two_frames), {"euler", "head_points", "pnp_rotation"}),
    "all labels of another frame": (
        lambda g: [_set(n, _swap_two_frames)(g) for n in ("R_cam_head", "euler_pyr_deg", "t_cam_head_m")],
        {"head_points", "pnp_rotation", "pnp_translation"},
    ),
    "pitch sign": (_set("euler_pyr_deg", lambda v: v * [-1, 1, 1]), {"euler"}),
    "yaw sign": (_set("euler_pyr_deg", lambda v: v * [1, -1, 1]), {"euler"}),
    "roll sign": (_set("euler_pyr_deg", lambda v: v * [1, 1, -1]), {"euler"}),
    "radians": (_set("euler_pyr_deg", np.radians), {"euler"}),
    "pitch and yaw swapped": (_set("euler_pyr_deg", lambda v: v[:, [1, 0, 2]]), {"euler"}),
    "one degree, consistently": (_rotate_all, {"head_points", "pnp_rotation"}),
    "translation": (_set("t_cam_head_m", lambda v: v + [0, 0, 2e-3]), {"head_points", "pnp_translation"}),
    "millimetres": (_set("t_cam_head_m", lambda v: v * 1000), {"head_points", "pnp_translation"}),
    "twice as far and as big": (_consistent_wrong_distance, {"head_points", "pnp_translation"}),
    "one landmark": (_set("landmarks_68_px", _shift_points), {"projection"}),
    "landmarks left and right, px": (_set("landmarks_68_px", _swap_left_right), {"projection", "pnp_rotation"}),
    "landmarks left and right, both": (
        lambda g: [_set(n, _swap_left_right)(g) for n in ("landmarks_68_px", "landmarks_68_cam_m")],
        {"head_points", "pnp_rotation"},
    ),
    "pixel centres at 0": (_set("landmarks_68_px", lambda v: v - 0.5), {"projection"}),
    "focal length": (_attribute("K", [[70.0, 0, 32], [0, 70, 24], [0, 0, 1]]), {"projection", "pnp_translation"}),
    "face box": (_set("bbox_face_xyxy_px", lambda v: v + [0, 0, 0.1, 0]), {"face_box"}),
    "head box": (_set("bbox_head_xyxy_px", lambda v: v + [0, 0, 1, 0]), {"head_box"}),
    "mask": (_mask_grows, {"head_box"}),
    "mask size": (_mask_of_another_size, {"mask"}),
    "mask of elsewhere": (_swap_masks_with_the_box, {"on_head"}),
    "image bytes": (_image_is_junk, {"image"}),
    "image size": (_other_size, {"image", "mask"}),
    "image format": (_attribute("image_format", "bmp"), {"schema"}),
    "offsets": (_set("image/offsets", _damage_offsets), {"offsets"}),
    "last offset": (_set("mask/offsets", lambda v: v + (np.arange(6) == 5)), {"offsets"}),
    "visibility inside as outside": (_set("landmarks_68_visibility", lambda v: v * 0), {"visibility"}),
    "visibility value": (_set("landmarks_68_visibility", lambda v: v + 1), {"visibility"}),
    "visibility against depth": (_all_hidden, {"depth"}),
    "depth": (_set("depth", lambda v: v // 2), {"depth"}),
    "NaN pose": (_set("t_cam_head_m", _scaled(1, np.nan)), {"finite"}),
    "NaN landmark": (_set("landmarks_68_px", _scaled(1, np.nan)), {"finite"}),
    "half a box": (_set("bbox_head_xyxy_px", lambda v: v * [1, np.nan, 1, 1]), {"finite"}),
    "time": (_set("time_s", lambda v: v * 1.001), {"time"}),
    "fps": (_attribute("fps", 25.0), {"time"}),
    "missing dataset": (_delete("bbox_face_xyxy_px"), {"schema"}),
    "missing attribute": (lambda g: g.attrs.__delitem__("lights"), {"schema"}),
    "unknown dataset": (lambda g: g.create_dataset("flow", data=[1]), {"schema"}),
    "type": (_retype, {"schema"}),
    "lights are not JSON": (_attribute("lights", "{"), {"schema"}),
    "convention": (_attribute("convention", "OpenGL"), {"schema"}),
    "seed": (_attribute("seed", np.int64(5)), {"counts"}),
    "head": (_attribute("head_id", "h2"), {"counts"}),
    "sequence id": (_rename_group, {"counts"}),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_wrong_label_is_found_by_the_check_meant_for_it(dataset, damage):
    change, expected = DAMAGES[damage]
    with h5py.File(dataset / "shards" / "00000.h5", "r+") as file:
        change(file["sequences/h1__t1"])
    _reseal(dataset)
    report = verify_dataset(dataset)
    assert expected <= _checks(report), report.findings
    assert not {"hash", "manifest"} & _checks(report)
    blamed = {finding.sequence_id for finding in report.findings}
    assert blamed <= {"h1__t1", ""}, "a right sequence was blamed"
    json.loads(report.to_json())


def test_a_slip_in_the_whole_data_set_is_found_by_the_head_frame(tmp_path):
    """All sequences agree with each other, and all are mirrored: only the anatomy tells."""
    records = []
    for track in ("t1", "t2"):
        record = make_record(make_spec("h1", track))
        labels = record.labels
        records.append(
            replace(
                record,
                labels=replace(
                    labels,
                    landmarks_68_px=_swap_left_right(labels.landmarks_68_px.copy()),
                    landmarks_68_cam_m=_swap_left_right(labels.landmarks_68_cam_m.copy()),
                ),
            )
        )
    make_dataset(tmp_path / "d", shards=(tuple(records),))
    report = verify_dataset(tmp_path / "d")
    assert _checks(report) == {"head_frame"}
    assert "left and right are swapped" in report.findings[0].problem


def _upside_down(spec):
    turn = Rotation.from_euler("z", 180, degrees=True).as_matrix()
    return replace(spec, R_cam_head=spec.R_cam_head @ turn)


def test_a_head_frame_upside_down_is_found(tmp_path):
    spec = make_spec()
    record = make_record(spec)
    make_dataset(tmp_path / "d", shards=((replace(record, spec=_upside_down(spec)),),))
    problems = " ".join(finding.problem for finding in verify_dataset(tmp_path / "d").findings)
    assert "the chin (8) is not below the eyes" in problems


def _edit_manifest(folder, change):
    path = folder / "manifest.json"
    record = json.loads(path.read_text())
    change(record)
    path.write_text(json.dumps(record))


def _set_path(*keys, value):
    def change(record):
        for key in keys[:-1]:
            record = record[key]
        record[keys[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_set_path("digest", value="0" * 64), {"manifest"}),
        (_set_path("config", "name", value="other"), {"manifest"}),
        (_set_path("shards", 0, "num_frames", value=99), {"manifest", "counts"}),
        (_set_path("shards", 0, "num_bytes", value=99), {"manifest", "hash"}),
        (_set_path("shards", 0, "sequences", 0, "num_frames", value=4), {"manifest", "counts"}),
        (_set_path("shards", 0, "sequences", 0, "background_id", value="sea"), {"manifest", "counts"}),
        (_set_path("shards", 0, "sequences", 1, "sequence_id", value="h1__t1"), {"manifest", "counts", "inputs"}),
        (_set_path("inputs", "heads", value=[]), {"manifest", "inputs"}),
        (_set_path("inputs", "heads", 0, "licence", value=" "), {"manifest", "inputs"}),
        (_set_path("splits", "test", value=["h1__t1"]), {"manifest", "inputs"}),
        (_set_path("splits", "train", value=["h7__t1"]), {"manifest", "inputs"}),
        (lambda record: record.pop("splits"), {"manifest"}),
        (lambda record: record["shards"].append(record["shards"][0]), {"manifest", "files", "counts"}),
    ],
)
def test_an_edited_manifest_is_found(dataset, change, expected):
    _edit_manifest(dataset, change)
    assert _checks(verify_dataset(dataset, deep=False)) == expected


def test_missing_extra_partial_and_foreign_files(dataset):
    shards = dataset / "shards"
    shutil.copy(shards / "00000.h5", shards / "00007.h5")
    (shards / "00008.h5.partial").write_bytes(b"x")
    (shards / "00001.h5").unlink()
    report = verify_dataset(dataset)
    assert [f.problem.split(" ")[0] for f in report.general] == [
        "shards/00001.h5",
        "shards/00007.h5",
        "shards/00008.h5.partial",
    ]
    assert _checks(report) == {"files"}
    assert [shard.name for shard in report.shards] == ["00000.h5"]


def test_a_cut_off_shard_and_one_of_another_data_set(dataset, tmp_path):
    path = dataset / "shards" / "00000.h5"
    path.write_bytes(path.read_bytes()[:5000])
    assert {"hash", "schema", "counts"} <= _checks(verify_dataset(dataset))
    make_dataset(
        tmp_path / "other",
        shards=((make_record(make_spec("h1", "t1")),),),
        file_attributes={"config_sha256": "d" * 64, "renderer": "test"},
    )
    shutil.copy(tmp_path / "other" / "shards" / "00000.h5", path)
    _reseal(dataset)
    report = verify_dataset(dataset)
    assert any("another data set" in finding.problem for finding in report.findings)


def test_without_a_manifest_the_shards_are_still_checked(dataset):
    (dataset / "manifest.json").unlink()
    report = verify_dataset(dataset)
    assert _checks(report) == {"manifest"}
    assert sum(shard.num_frames for shard in report.shards) == 20
    shutil.rmtree(dataset / "shards")
    with pytest.raises(DatasetError, match="is not a synhead data set"):
        verify_dataset(dataset)


def test_failed_sequences_are_shown_and_are_no_finding(dataset):
    failure = Failure(sequence_id="h3__t1", stage="load", reason="no mesh")
    write_manifest(dataset, replace(read_manifest(dataset), failures=(failure,)))
    report = verify_dataset(dataset, deep=False)
    assert report.ok
    assert report.failures == (failure,)


def test_the_projection_check_uses_the_attribute_k(right):
    """The same question by hand, for one frame."""
    with h5py.File(right / "shards" / "00000.h5") as file:
        group = file["sequences/h1__t1"]
        px = project_points(group.attrs["K"], group["landmarks_68_cam_m"][0].astype(float))
        assert np.abs(px - group["landmarks_68_px"][0]).max() < 1e-4

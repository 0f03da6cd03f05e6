"""`synhead render` as a user meets it: flags, exit codes, one paragraph for an error."""

import re
import shutil

import pytest
from typer.testing import CliRunner

from synhead.cli.app import app
from synhead.errors import ConfigError, InputError
from synhead.shards.manifest import read_manifest
from tests.pipeline.small_job import make_inputs

FLAGS = [
    *("--models", "--tracks", "--backgrounds", "--out", "--size", "--frames-per-track", "--max-tracks", "--max-heads"),
    *("--workers", "--executor", "--renderer", "--seed", "--config", "--image-format", "--quality", "--dry-run"),
    "--ray-address",
]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    return make_inputs(tmp_path_factory.mktemp("inputs"))


def _render(inputs, out, *more):
    where = ["--models", inputs / "heads", "--tracks", inputs / "tracks", "--backgrounds", inputs / "photos"]
    common = ["--out", out, "--size", "48", "--workers", "1", "--frames-per-track", "6"]
    return CliRunner().invoke(app, ["render", *map(str, where), *map(str, common), *more])


def test_all_promised_flags_exist():
    text = re.sub(r"\x1b\[[0-9;]*m", "", CliRunner().invoke(app, ["render", "--help"], terminal_width=200).output)
    assert [flag for flag in FLAGS if flag not in text] == []


def test_a_small_job_says_what_it_made_and_what_to_do_next(inputs, tmp_path):
    result = _render(inputs, tmp_path / "set", "--seed", "0", "--image-format", "png", "--max-heads", "1")
    assert result.exit_code == 0, result.output
    manifest = read_manifest(tmp_path / "set")
    assert f"3 sequences, 18 frames, digest {manifest.digest}" in result.output
    assert "synhead verify" in result.output
    assert manifest.config["image"]["format"] == "png"
    assert manifest.config["scene"]["max_heads"] == 1
    again = _render(inputs, tmp_path / "set", "--seed", "0", "--image-format", "png", "--max-heads", "1")
    assert "complete already" in again.output


def test_a_dry_run_writes_nothing_and_says_how_much(inputs, tmp_path):
    result = _render(inputs, tmp_path / "set", "--dry-run")
    assert result.exit_code == 0, result.output
    assert not (tmp_path / "set").exists()
    assert re.search(r"frames +36 of 48 x 48 px", result.output)
    assert re.search(r"size +about \d", result.output)
    assert re.search(r"time +about \d", result.output)
    assert re.search(r"renderer +(software|gl) on \S+", result.output)


def test_failures_end_with_code_3_and_a_list(inputs, tmp_path):
    root = shutil.copytree(inputs, tmp_path / "in")
    (root / "tracks" / "turn.csv").write_text("not a track\n")
    result = _render(root, tmp_path / "set")
    assert result.exit_code == 3
    assert "2 sequences are missing" in result.output
    assert "turn.csv" in result.output


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--size", "big"), "--size big: is no size; write 400 or 640x480"),
        (("--quality", "200"), r"image\.quality: .*100.*got 200"),
        (("--seed", "-1"), r"seed: .*got -1"),
        (("--workers", "0"), r"workers: .*got 0"),
        (("--config", "absent.yaml"), "absent.yaml: cannot be read"),
    ],
)
def test_wrong_settings_are_named(inputs, tmp_path, more, message):
    result = _render(inputs, tmp_path / "set", *more)
    assert isinstance(result.exception, ConfigError)
    assert re.search(message, str(result.exception))


def test_a_missing_folder_is_named(tmp_path):
    result = CliRunner().invoke(app, ["render", "--models", str(tmp_path / "none"), "--out", str(tmp_path / "set")])
    assert isinstance(result.exception, InputError)
    assert str(tmp_path / "none") in str(result.exception)


def test_a_recipe_sets_what_options_do_not(inputs, tmp_path):
    recipe = inputs / "recipe.yaml"
    recipe.write_text(
        "inputs: {models: heads, tracks: tracks}\n"
        "tracks: {frames_per_track: 4, max_tracks: 2}\n"
        "scene: {width_px: 32, height_px: 40}\nseed: 9\n"
    )
    command = ["render", "--config", str(recipe), "--out", str(tmp_path / "set"), "--workers", "1", "--max-tracks", "1"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    config = read_manifest(tmp_path / "set").config
    assert config["seed"] == 9
    assert (config["tracks"]["frames_per_track"], config["tracks"]["max_tracks"]) == (4, 1)
    assert (config["scene"]["width_px"], config["scene"]["height_px"]) == (32, 40)


def test_a_misspelt_setting_in_a_recipe_is_an_error(inputs, tmp_path):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("inputs: {models: heads, tracks: tracks}\nscene: {head_shere: 0.5}\n")
    result = CliRunner().invoke(app, ["render", "--config", str(recipe), "--out", str(tmp_path / "set")])
    assert isinstance(result.exception, ConfigError)
    assert "scene.head_shere" in str(result.exception)

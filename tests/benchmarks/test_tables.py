"""Cases, tables and the arithmetic of the reports."""

import pytest

from benchmarks.cases import parse_cases
from benchmarks.pipeline_run import Shard
from benchmarks.render_throughput import spread_of, stage_table
from benchmarks.scaling import long_against_short
from benchmarks.tables import table
from tests.benchmarks.test_pipeline_run import made_up


def test_cases_have_names_and_frames():
    cases = parse_cases("gl:msaa4:paper,software:none:natural:90", 600)
    assert [c.name for c in cases] == ["gl:msaa4:paper", "software:none:natural"]
    assert [c.frames for c in cases] == [600, 90]


@pytest.mark.parametrize("text", ["gl", "gl:msaa4", "gl:msaa4:paper:many", "gl::paper", ""])
def test_what_is_no_case_is_said(text: str):
    with pytest.raises(SystemExit, match="is no case; write ENGINE:ANTIALIASING:LOOK"):
        parse_cases(text, 600)


def test_table_lines_are_of_one_length_and_unknown_figures_are_dashes():
    lines = table(["case", "fps"], [["a", 1.234], ["longer", None], ["b", 12345]]).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert [line.split("|")[2].strip() for line in lines] == ["fps", "-------:", "1.23", "-", "12,345"]


def test_shares_are_of_warm_shards_and_large_ones_are_named():
    seconds = {"render": 60.0, "label": 15.0, "encode_image": 20.0, "write": 5.0}
    shards = [
        Shard(finished_s=1.0, frames=1000, cpu_s={"start": 50.0, "head": 30.0, "render": 999.0}),
        Shard(finished_s=2.0, frames=1000, cpu_s=seconds),
    ]
    found = stage_table([made_up([], shards=shards, frames=2000, cpu_s=1500.0)])
    assert found["cpu_ms_per_frame"]["label"] == pytest.approx(15.0)
    assert found["share"] == pytest.approx({"render": 0.6, "label": 0.15, "encode_image": 0.2, "write": 0.05})
    assert found["large_besides_drawing_and_encoding"] == ["label"]
    # 2,000 frames at 100 ms are 200 s; the rest came once.
    assert found["once_cpu_s"] == pytest.approx(1300.0)
    assert (found["once_cpu_s_opening_engines"], found["once_cpu_s_reading_heads"]) == (50.0, 30.0)


def test_spread_is_median_and_ends():
    found = spread_of([3.0, 1.0, 2.5])
    assert found is not None
    assert (found["min"], found["median"], found["max"]) == (1.0, 2.5, 3.0)
    assert spread_of([]) is None


def test_long_run_is_compared_with_the_median_of_the_short_ones():
    rows = [{"frames": 1000, "steady_frames_per_second": f, "cpu_ms": 2.0} for f in (90.0, 100.0, 400.0)]
    rows.append({"frames": 100_000, "steady_frames_per_second": 97.0, "cpu_ms": 2.1})
    found = long_against_short(rows, 100_000)
    assert found == {"frames_per_second_percent": pytest.approx(-3.0), "cpu_ms_percent": pytest.approx(5.0)}
    assert long_against_short(rows[:3], 100_000) is None

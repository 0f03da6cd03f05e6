"""The HTML of a report: no script, no framework, nothing from the net; every text that comes from data is escaped."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Any

from synhead.inspect.stats import DatasetStats
from synhead.shards.manifest import InputEntry, Manifest

MAX_TABLE_ROWS = 500

_STYLE = """
:root { --ink: #22262c; --faint: #626a74; --line: #dde1e6; --paper: #fff; --accent: #2f6db3; --warn: #a4262c; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 1rem clamp(.8rem, 3vw, 2rem) 4rem; color: var(--ink);
  background: var(--paper); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: .5rem 0 .2rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.4rem 0 .6rem; padding-top: .6rem; border-top: 1px solid var(--line); }
p, figcaption { max-width: 48rem; }
nav a { margin-right: 1rem; white-space: nowrap; }
a { color: var(--accent); }
.numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .6rem; padding: 0;
  margin: 1rem 0; list-style: none; }
.numbers li { border: 1px solid var(--line); border-radius: .5rem; padding: .5rem .8rem; }
.numbers b { display: block; font-size: 1.35rem; font-variant-numeric: tabular-nums; }
.numbers span, figcaption, .note { color: var(--faint); font-size: .9rem; }
.warn { border-left: 4px solid var(--warn); padding: .4rem .8rem; background: #fdf3f3; }
figure { margin: 0 0 1.6rem; }
img, video { max-width: 100%; height: auto; border: 1px solid var(--line); border-radius: .3rem; display: block;
  margin-bottom: .4rem; background: #fff; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .87rem; width: 100%; }
th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th { border-bottom-color: #9aa2ab; white-space: nowrap; }
td { overflow-wrap: break-word; min-width: 4rem; max-width: 40rem; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
summary { margin: 1rem 0 .4rem; cursor: pointer; color: var(--accent); }
code { font: .85em ui-monospace, "DejaVu Sans Mono", Menlo, monospace; overflow-wrap: anywhere; }
@media print { body { max-width: none; font-size: 10pt; padding: 0; } nav { display: none; }
  figure, tr { break-inside: avoid; } h2 { break-after: avoid; } .wide { overflow: visible; }
  table { font-size: 7.5pt; } th, td { padding: .1rem .3rem; min-width: 0; overflow-wrap: anywhere; }
  video { display: none; } }
""".strip()


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A picture or film beside the page.

    Attributes:
        file: path relative to the page, with forward slashes.
    """

    file: str
    caption: str
    width_px: int
    height_px: int


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ReportContent:
    """Everything that a page says."""

    name: str
    manifest: Manifest
    stats: DatasetStats
    sheets: tuple[Picture, ...]
    video: Picture | None
    plots: tuple[Picture, ...]


def render_page(content: ReportContent) -> str:
    """The whole page."""
    name, manifest = escape(content.name), content.manifest
    sections = [
        ("summary", "Summary", _summary(content)),
        ("frames", "Frames", "".join(map(_figure, content.sheets)) + (_film(content.video) if content.video else "")),
        ("plots", "Distributions", "".join(map(_figure, content.plots))),
        ("licences", "Licences", _licences(manifest)),
        ("making", "How it was made", _making(manifest)),
        ("sequences", "Sequences", _sequences(content.stats)),
    ]
    if manifest.failures:
        sections.insert(1, ("failures", "Failures", _failures(manifest)))
    links = "".join(f'<a href="#{key}">{title}</a> ' for key, title, body in sections if body)
    body = "".join(f'<section id="{key}"><h2>{title}</h2>{body}</section>\n' for key, title, body in sections if body)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{name}: synhead data set</title>\n<style>\n{_STYLE}\n</style>\n</head>\n<body>\n"
        f'<header><h1>{name}</h1><p class="note">A synhead data set, made {escape(manifest.created_utc)}.</p>'
        f"<nav>{links}</nav></header>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )


def readable_bytes(count: int) -> str:
    """Bytes in the binary unit that gives one to four digits."""
    value, units = float(count), ["B", "KiB", "MiB", "GiB", "TiB"]
    while value >= 1024 and len(units) > 1:
        value, units = value / 1024, units[1:]
    return (
        f"{value:.0f} B"
        if units[0] == "B"
        else f"{value:.3g} {units[0]}"
        if value < 1000
        else f"{value:.0f} {units[0]}"
    )


def _summary(content: ReportContent) -> str:
    manifest, stats = content.manifest, content.stats
    seconds = sum((one.num_frames / one.fps for one in stats.sequences), 0.0)
    numbers = [
        (f"{stats.num_frames:,}", "frames"),
        (f"{len(stats.sequences):,}", "sequences"),
        (f"{len(stats.frames_of_head):,}", "heads"),
        (f"{len(stats.frames_of_track):,}", "tracks"),
        (_duration(seconds), "of video"),
        (readable_bytes(manifest.num_bytes), f"in {len(manifest.shards)} shard{'s'[: len(manifest.shards) != 1]}"),
        (f"{len(manifest.failures):,}", "failures"),
    ]
    tiles = "".join(f"<li><b>{escape(value)}</b><span>{escape(text)}</span></li>" for value, text in numbers)
    digest = (
        f'<p class="note">Digest of the content: <code>{escape(manifest.digest)}</code>. Two data sets with this '
        "digest hold the same bytes; <code>synhead verify</code> checks the shards against it.</p>"
    )
    empty = "" if stats.num_frames else '<p class="warn">This data set holds no frames.</p>'
    return f'<ul class="numbers">{tiles}</ul>{empty}{digest}'


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min {rest} s"


def _failures(manifest: Manifest) -> str:
    rows = [(f.sequence_id, f.stage, f.reason) for f in manifest.failures]
    said = f'<p class="warn">{len(rows)} sequence{"s"[: len(rows) != 1]} could not be made; the rest is complete.</p>'
    return said + _table(("sequence", "stage", "reason"), rows[:MAX_TABLE_ROWS]) + _cut_note(len(rows))


def _licences(manifest: Manifest) -> str:
    rolled: dict[tuple[str, str], list[InputEntry]] = {}
    for kind, entries in manifest.inputs.items():
        for entry in entries:
            rolled.setdefault((kind, entry.licence.strip() or "not stated"), []).append(entry)
    if not rolled:
        return "<p>No inputs are listed.</p>"
    rows = []
    for (kind, licence), entries in sorted(rolled.items()):
        sources = sorted({entry.source.strip() for entry in entries if entry.source.strip()})
        rows.append((kind, licence, f"{len(entries):,}", _some([e.id for e in entries]), _some(sources, most=3)))
    unknown = sum(len(entries) for (_, licence), entries in rolled.items() if licence == "not stated")
    warning = f'<p class="warn">{unknown} input{"s"[: unknown != 1]} without a stated licence.</p>' if unknown else ""
    return warning + _table(("kind", "licence", "number", "which", "source"), rows, numeric={2})


def _some(names: list[str], most: int = 12) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _making(manifest: Manifest) -> str:
    rows = [("synhead", manifest.synhead_version), ("configuration SHA-256", manifest.config_sha256)]
    for title, record in (
        ("renderer", manifest.renderer),
        ("throughput", manifest.throughput),
        ("versions", manifest.versions),
        ("splits", {key: _split(value) for key, value in manifest.splits.items()}),
    ):
        rows += [(f"{title}: {key}" if key else title, value) for key, value in _flat(record)]
    settings = _table(("setting", "value"), list(_flat(manifest.config)))
    folded = f"<details><summary>Configuration</summary>{settings}</details>" if manifest.config else ""
    return _table(("what", "value"), rows) + folded


def _split(value: tuple[str, ...] | str) -> str:
    return value if isinstance(value, str) else f"{len(value):,} sequences"


def _flat(value: Any, prefix: str = "") -> Iterable[tuple[str, str]]:
    """Nested JSON as (dotted name, text)."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{prefix}.{key}" if prefix else str(key))
    elif isinstance(value, list | tuple):
        yield prefix, _some([str(item) for item in value])
    elif isinstance(value, float):
        yield prefix, f"{value:,.6g}"
    else:
        yield prefix, "none" if value is None else str(value)


def _sequences(stats: DatasetStats) -> str:
    heading = (
        "sequence",
        "frames",
        "fps",
        "yaw (°)",
        "pitch (°)",
        "roll (°)",
        "top speed (°/s)",
        "face (px)",
        "visible",
    )
    rows = []
    for one in stats.sequences[:MAX_TABLE_ROWS]:
        spans = [f"{low:+.0f} to {high:+.0f}" for low, high in (one.yaw_deg, one.pitch_deg, one.roll_deg)]
        has_face = one.face_height_px == one.face_height_px
        face = (f"{one.face_height_px:.0f}", f"{one.visible_share:.0%}") if has_face else ("–", "–")
        rows.append(
            (one.sequence_id, f"{one.num_frames:,}", f"{one.fps:g}", *spans, f"{one.top_speed_deg_s:.0f}", *face)
        )
    return _table(heading, rows, numeric=set(range(1, 9))) + _cut_note(len(stats.sequences)) if rows else ""


def _cut_note(count: int) -> str:
    more = count - MAX_TABLE_ROWS
    return f'<p class="note">… and {more:,} more: see manifest.json.</p>' if more > 0 else ""


def _table(heading: tuple[str, ...], rows: Iterable[tuple[str, ...]], numeric: set[int] | None = None) -> str:
    numeric = numeric or set()

    def cells(tag: str, values: tuple[str, ...]) -> str:
        opening = [f'<{tag} class="n">' if i in numeric else f"<{tag}>" for i in range(len(values))]
        return "".join(f"{start}{escape(value)}</{tag}>" for start, value in zip(opening, values, strict=True))

    body = "\n".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{cells("th", heading)}</tr></thead><tbody>{body}</tbody></table></div>'


def _figure(picture: Picture) -> str:
    file, caption = escape(picture.file), escape(picture.caption)
    size = f'width="{picture.width_px}" height="{picture.height_px}"'
    return (
        f'<figure><a href="{file}"><img src="{file}" alt="{caption}" {size} loading="lazy"></a>'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _film(video: Picture) -> str:
    if video.file.endswith(".gif"):
        return _figure(video)
    file, caption = escape(video.file), escape(video.caption)
    size = f'width="{video.width_px}" height="{video.height_px}"'
    return (
        f'<figure><video src="{file}" controls loop muted playsinline preload="metadata" {size}></video>'
        f'<figcaption>{caption} <a href="{file}">File</a></figcaption></figure>'
    )

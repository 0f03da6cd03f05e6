"""Before work starts: read every input once, set the bad ones apart with a reason, and make the plan."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from synhead.errors import InputError
from synhead.heads.cache import facts_of_head
from synhead.heads.load import find_heads
from synhead.pipeline.config import RenderConfig
from synhead.pipeline.plan import Asset, Plan, Quarantined, make_plan
from synhead.pipeline.prepare import prepare_track
from synhead.scenes.backgrounds import BackgroundSource, find_backgrounds
from synhead.scenes.clips import TrackClip
from synhead.tracks.read import find_tracks, track_ids

_Item = TypeVar("_Item")
Report = Callable[[str], None]


def survey(config: RenderConfig, *, engine: str, report: Report = lambda _: None) -> Plan:
    """Read all inputs and plan the data set.

    Args:
        config: validated settings.
        engine: the renderer to record in the plan.
        report: told what is being read, for a progress line.

    Raises:
        InputError: a folder is missing or empty, or nothing in it is usable.
    """
    quarantined: list[Quarantined] = []
    heads = _survey_heads(config, quarantined, report)
    tracks, clips = _survey_tracks(config, quarantined, report)
    backgrounds = _survey_backgrounds(config, quarantined, report)
    return make_plan(
        config,
        engine=engine,
        heads=heads,
        tracks=tracks,
        clips=clips,
        backgrounds=backgrounds,
        background_licence=_folder_licence(config.inputs.backgrounds) if config.inputs.backgrounds else "",
        quarantined=quarantined,
    )


def spread(items: list[_Item], count: int | None) -> list[_Item]:
    """`count` of the items, evenly over their order, the first included: names sort by sex and by style of motion."""
    if count is None or count >= len(items):
        return items
    return [items[k * len(items) // count] for k in range(count)]


def _survey_heads(config: RenderConfig, quarantined: list[Quarantined], report: Report) -> list[Asset]:
    root = config.inputs.models
    folders = spread(find_heads(root), config.scene.max_heads)
    heads: dict[str, Asset] = {}
    for folder in folders:
        report(f"reading head {folder.name}")
        try:
            head = facts_of_head(folder)
            if head.head_id in heads:
                raise InputError(
                    folder, f"has the id {head.head_id!r} of {heads[head.head_id].path}; ids must differ: rename one"
                )
        except InputError as error:
            quarantined.append(Quarantined(kind="head", asset_id=folder.name, reason=str(error)))
            continue
        heads[head.head_id] = Asset(
            asset_id=head.head_id,
            path=folder,
            sha256=head.sha256,
            licence=head.licence,
            source=head.source,
            details={"triangles": head.num_triangles, **head.attributes},
        )
    if not heads:
        raise InputError(root, "none of its heads can be used:\n" + _reasons(quarantined))
    return list(heads.values())


def _survey_tracks(
    config: RenderConfig, quarantined: list[Quarantined], report: Report
) -> tuple[list[Asset], list[TrackClip]]:
    root = config.inputs.tracks
    found = find_tracks(root)
    # Names are made unique over all of them, so that --max-tracks does not rename a track.
    named = spread(list(zip(found, track_ids(found), strict=True)), config.tracks.max_tracks)
    licence = _folder_licence(root)
    assets: list[Asset] = []
    clips: list[TrackClip] = []
    for path, track_id in named:
        report(f"reading track {track_id}")
        try:
            prepared = prepare_track(path, track_id, config.tracks, config.seed)
        except InputError as error:
            quarantined.append(Quarantined(kind="track", asset_id=track_id, reason=str(error)))
            continue
        clips.extend(prepared.clips)
        assets.append(
            Asset(
                asset_id=track_id,
                path=path,
                sha256=_sha256_of(path),
                licence=licence,
                source=prepared.source,
                details={
                    "frames": sum(c.num_frames for c in prepared.clips),
                    "rejected": [str(r) for r in prepared.rejections],
                },
            )
        )
    if not clips:
        raise InputError(root, "none of its tracks can be used:\n" + _reasons(quarantined))
    return assets, clips


def _survey_backgrounds(config: RenderConfig, quarantined: list[Quarantined], report: Report) -> list[BackgroundSource]:
    root = config.inputs.backgrounds
    if root is None:
        return []
    report(f"reading backgrounds of {root}")
    sources, problems = find_backgrounds(root)
    quarantined.extend(Quarantined(kind="background", asset_id=p.path.name, reason=str(p)) for p in problems)
    if not sources:
        raise InputError(root, "none of its pictures can be used:\n" + _reasons(quarantined))
    return sources


def _folder_licence(root: Path) -> str:
    """What the folder says of itself: the licence of its manifest.json, or that there is a LICENSE file."""
    folder = root if root.is_dir() else root.parent
    manifest = folder / "manifest.json"
    if manifest.is_file():
        try:
            licence = json.loads(manifest.read_text()).get("licence")
        except (OSError, ValueError, AttributeError):
            licence = None
        if isinstance(licence, str):
            return licence
    names = [n for n in ("LICENSE", "LICENSE.txt", "LICENCE") if (folder / n).is_file()]
    return f"see {folder.name}/{names[0]}" if names else "unknown"


def _sha256_of(path: Path) -> str:
    """Of a file, or of the names and bytes of a folder's files in order."""
    digest = hashlib.sha256()
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*_pose.txt") if p.is_file())
    for file in files:
        digest.update(file.name.encode() + b"\0")
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _reasons(quarantined: list[Quarantined]) -> str:
    shown = [f"  {q.reason}" for q in quarantined[:8]]
    return "\n".join(shown + ([f"  and {len(quarantined) - 8} more"] if len(quarantined) > 8 else []))

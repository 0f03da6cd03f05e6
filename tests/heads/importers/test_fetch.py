"""Fetching, against a server on this machine that serves a tiny archive well and badly."""

import hashlib
import http.server
import io
import json
import socket
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from synhead.cli.app import app
from synhead.errors import InputError, OutputError
from synhead.heads.importers.download import DownloadError, download
from synhead.heads.importers.fetch import SOURCES, Archive, FetchManifest, fetch, fetch_manifest
from synhead.heads.importers.unpack import destination
from tests.shared_data import shared_data

FILES = {"data/a.txt": b"first" * 5000, "data/deep/b.txt": b"second"}


def _archive(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
        link = tarfile.TarInfo("top-1/data/a.txt.link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return buffer.getvalue()


class _Server:
    """Serves `body`; can close the connection early, once, and can ignore ranges."""

    def __init__(self) -> None:
        self.body = _archive({f"top-1/{name}": data for name, data in FILES.items()} | {"top-1/other.txt": b"x"})
        self.cut_after: int | None = None
        self.status = 200
        self.with_ranges = True
        self.ranges: list[str | None] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/owner/name/tar.gz/1234"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, request: http.server.BaseHTTPRequestHandler) -> None:
        asked = request.headers.get("Range")
        self.ranges.append(asked)
        if self.status != 200:
            request.send_error(self.status)
            return
        start = int(asked[6:-1]) if asked and self.with_ranges else 0
        rest = self.body[start:]
        request.send_response(206 if asked and self.with_ranges else 200)
        request.send_header("Content-Length", str(len(rest)))
        request.end_headers()
        if self.cut_after is not None:
            rest, self.cut_after = rest[: self.cut_after], None
        request.wfile.write(rest)


@pytest.fixture
def server() -> Iterator[_Server]:
    running = _Server()
    yield running
    running.server.shutdown()
    running.server.server_close()


def _manifest(url: str, files: dict[str, bytes] = FILES) -> FetchManifest:
    sums = {name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in files.items()}
    archive = Archive(url=url, prefixes=(("top-1/", ""),))
    return FetchManifest(name="tiny", licence="CC0-1.0", archives=(archive,), files=sums)


def test_fetch_brings_exactly_what_is_listed(server: _Server, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int | None]] = []
    out = tmp_path / "out"
    assert fetch(_manifest(server.url), out, on_progress=lambda *step: seen.append(step)) == 2
    found = {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    source = json.loads(found.pop("SOURCE.json"))
    assert found == FILES
    assert source == {"source": "tiny", "licence": "CC0-1.0", "from": [server.url]}
    assert seen[-1] == (server.url, len(server.body), len(server.body))
    assert fetch(_manifest(server.url), out) == 0
    assert len(server.ranges) == 1


def test_a_file_that_was_damaged_is_fetched_again(server: _Server, tmp_path: Path) -> None:
    fetch(_manifest(server.url), tmp_path)
    (tmp_path / "data" / "a.txt").write_bytes(b"rotten")
    assert fetch(_manifest(server.url), tmp_path) == 1
    assert (tmp_path / "data" / "a.txt").read_bytes() == FILES["data/a.txt"]


def test_a_wrong_sum_is_refused_and_not_kept(server: _Server, tmp_path: Path) -> None:
    wrong = _manifest(server.url, {"data/a.txt": b"other"})
    with pytest.raises(InputError, match=r"data/a\.txt is not the file that it should be: its sha256"):
        fetch(wrong, tmp_path)
    assert not (tmp_path / "data" / "a.txt").exists()


@pytest.mark.parametrize("with_ranges", [True, False])
def test_a_cut_download_is_said_and_goes_on(server: _Server, tmp_path: Path, with_ranges: bool) -> None:
    server.cut_after, server.with_ranges = 60, with_ranges
    with pytest.raises(DownloadError, match=rf"ended after 60 of {len(server.body)} bytes. Run the same command"):
        fetch(_manifest(server.url), tmp_path)
    assert not (tmp_path / "data").exists()
    assert fetch(_manifest(server.url), tmp_path) == 2
    assert server.ranges == [None, "bytes=60-"]


def test_a_partial_file_that_is_too_long_starts_again(server: _Server, tmp_path: Path) -> None:
    whole = tmp_path / "x.tgz"
    (tmp_path / "x.tgz.partial").write_bytes(b"z" * (len(server.body) + 5))
    original = server.answer

    def answer(request: http.server.BaseHTTPRequestHandler) -> None:
        if request.headers.get("Range"):
            request.send_error(416)
        else:
            original(request)

    server.answer = answer
    download(server.url, whole)
    assert whole.read_bytes() == server.body


def test_an_archive_that_is_damaged_is_said_and_removed(server: _Server, tmp_path: Path) -> None:
    good, server.body = server.body, server.body[:70]
    with pytest.raises(InputError, match="not a whole tar or zip archive"):
        fetch(_manifest(server.url), tmp_path)
    server.body = good
    assert fetch(_manifest(server.url), tmp_path) == 2


def test_a_missing_address_and_a_missing_network_have_their_own_words(server: _Server, tmp_path: Path) -> None:
    server.status = 404
    with pytest.raises(DownloadError, match=r"answers 404 .*--from"):
        fetch(_manifest(server.url), tmp_path)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(DownloadError, match=r"no connection \(.*refused.*\).*--from FILE"):
        fetch(_manifest(f"http://127.0.0.1:{port}/a"), tmp_path)


def test_a_copy_at_hand_needs_no_network(server: _Server, tmp_path: Path) -> None:
    manifest = _manifest("http://127.0.0.1:9/never")
    tar = tmp_path / "copy.tgz"
    tar.write_bytes(server.body)
    assert fetch(manifest, tmp_path / "from_tar", copies=[tar]) == 2
    assert fetch(manifest, tmp_path / "from_folder", copies=[tmp_path / "from_tar"]) == 2
    with zipfile.ZipFile(tmp_path / "copy.zip", "w") as archive:
        archive.writestr("top-1/data/a.txt", FILES["data/a.txt"])
    with pytest.raises(InputError, match=r"1 of 2 files were in none of the sources: data/deep/b\.txt"):
        fetch(manifest, tmp_path / "from_zip", copies=[tmp_path / "copy.zip"])
    with pytest.raises(InputError, match="does not exist"):
        fetch(manifest, tmp_path / "x", copies=[tmp_path / "nothing"])


def test_no_name_leads_out_of_the_folder(tmp_path: Path) -> None:
    wanted = {"a.txt", "data/a.txt"}
    for name in ("top/../../a.txt", "/a.txt", "top/data/../a.txt", "a.txt", "top/b.txt"):
        assert destination(name, [("top/", "")], wanted) is None
    assert destination("top/data/a.txt", [("top/", "")], wanted) == "data/a.txt"
    evil = tmp_path / "evil.tgz"
    evil.write_bytes(_archive({"top-1/../../outside.txt": b"x", **{f"top-1/{n}": d for n, d in FILES.items()}}))
    fetch(_manifest("http://127.0.0.1:9/never"), tmp_path / "in" / "out", copies=[evil])
    assert {p.name for p in tmp_path.rglob("*") if p.is_file()} == {"evil.tgz", "a.txt", "b.txt", "SOURCE.json"}


def test_pointers_of_lfs_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "copy" / "data"
    folder.mkdir(parents=True)
    (folder / "a.txt").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    with pytest.raises(InputError, match="pointer of Git LFS"):
        fetch(_manifest("http://127.0.0.1:9/never"), tmp_path / "out", copies=[tmp_path / "copy"])


def test_objects_without_a_sum_are_measured(tmp_path: Path) -> None:
    neutral = np.zeros((3, 3))
    moved = neutral + [0.3, 0.0, 0.4]
    copy = tmp_path / "copy" / "FaceXModel"
    copy.mkdir(parents=True)
    for name, points in (("generic_neutral_mesh", neutral), ("identity000", moved)):
        (copy / f"{name}.obj").write_text("".join(f"v {x} {y} {z}\n" for x, y, z in points.tolist()))

    def manifest(rms: float) -> FetchManifest:
        files = {"FaceXModel/generic_neutral_mesh.obj": {}, "FaceXModel/identity000.obj": {"rms_cm": rms}}
        return FetchManifest(name="tiny", licence="MIT", archives=(), files=files)

    assert fetch(manifest(0.5), tmp_path / "right", copies=[tmp_path / "copy"]) == 2
    with pytest.raises(InputError, match=r"0\.5000 cm in the mean, 0\.4000 is right; it was removed"):
        fetch(manifest(0.4), tmp_path / "wrong", copies=[tmp_path / "copy"])
    assert not (tmp_path / "wrong" / "FaceXModel" / "identity000.obj").exists()


def test_an_unusable_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="--out"):
        fetch(_manifest("http://127.0.0.1:9/never"), tmp_path / "file")


def test_the_shipped_manifests_fit_the_copies_at_hand() -> None:
    manifests = {name: fetch_manifest(name) for name in SOURCES}
    for manifest in manifests.values():
        assert all(archive.url.startswith("https://") for archive in manifest.archives)
    root = shared_data("makehuman")
    assert not manifests["makehuman"].missing(root)
    for name in ("data/3dobjs/base.obj", "textures/proxies/teeth/Teeth_Base/textures/teeth.png"):
        entry = manifests["makehuman"].files[name]
        assert hashlib.sha256((root / name).read_bytes()).hexdigest() == entry["sha256"]
    objects = [name for name, entry in manifests["ict"].files.items() if "rms_cm" in entry]
    assert len(objects) == 153


def test_dry_run_says_where_from(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["heads", "fetch", "ict", "--out", str(tmp_path / "x"), "--dry-run"])
    assert done.exit_code == 0, done.output
    assert "codeload.github.com/ICT-VGL" in done.output
    assert not (tmp_path / "x").exists()

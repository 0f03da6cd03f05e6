"""One file over HTTP: resumed where the server allows it, kept as `.partial` until whole; errors say the way out."""

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from synhead.errors import SynheadError

_CHUNK = 1 << 18
_TIMEOUT_S = 60
Progress = Callable[[int, int | None], None]
"""Called with the bytes so far and the bytes in all, None where the server does not say."""


class DownloadError(SynheadError):
    """A download failed; the message names the address, what happened, and what to do."""


def download(url: str, path: Path, *, on_progress: Progress | None = None) -> Path:
    """Fetch `url` into `path`, going on where an earlier attempt stopped.

    Args:
        path: appears only when complete; until then its content is in `<path>.partial`.

    Raises:
        DownloadError: no connection, a status other than 200 or 206, or the connection ended early.
        OSError: the file cannot be written.
    """
    if path.exists():
        return path
    partial = path.with_name(path.name + ".partial")
    have = partial.stat().st_size if partial.exists() else 0
    request = urllib.request.Request(url, headers={"User-Agent": "synhead"})
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        response = urllib.request.urlopen(request, timeout=_TIMEOUT_S)
    except urllib.error.HTTPError as error:
        if error.code == 416:
            # What is there is not a beginning of the file any more: start again.
            partial.unlink(missing_ok=True)
            return download(url, path, on_progress=on_progress)
        raise DownloadError(
            f"{url}: the server answers {error.code} ({error.reason}). Look at the address in a browser; if the source "
            "moved, give a copy at hand with --from."
        ) from error
    except (urllib.error.URLError, OSError) as error:
        raise DownloadError(_no_connection(url, error)) from error
    with response:
        resumed = response.status == 206
        start = have if resumed else 0
        length = response.headers.get("Content-Length")
        total = None if length is None else start + int(length)
        done = start
        with partial.open("ab" if resumed else "wb") as file:
            try:
                while chunk := response.read(_CHUNK):
                    file.write(chunk)
                    done += len(chunk)
                    if on_progress is not None:
                        on_progress(done, total)
            except (TimeoutError, http.client.HTTPException, ConnectionError) as error:
                raise DownloadError(_cut_off(url, done, total)) from error
    if total is not None and done < total:
        raise DownloadError(_cut_off(url, done, total))
    partial.replace(path)
    return path


def _cut_off(url: str, done: int, total: int | None) -> str:
    whole = "" if total is None else f" of {total}"
    return f"{url}: the connection ended after {done}{whole} bytes. Run the same command again: it goes on from there."


def _no_connection(url: str, error: OSError) -> str:
    reason = getattr(error, "reason", None) or error
    return (
        f"{url}: no connection ({reason}). Without a network, get the file on another machine and give it with "
        "--from FILE (or a folder that holds the data with --from DIR)."
    )

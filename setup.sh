#!/usr/bin/env bash
# Sets up synhead in .venv beside this file, and then does what is asked:
#   ./setup.sh          set up only
#   ./setup.sh demo     set up, render the default data set into out/demo, verify it, make its report
#   ./setup.sh test     set up, check the code and run the default tests
# Needs Python 3.11 or later; on Debian and Ubuntu missing system packages are installed with apt-get (root or sudo).
set -euo pipefail
cd "$(dirname "$0")"

system_packages() {
    local missing=()
    ldconfig -p | grep -q 'libEGL\.so\.1' || missing+=(libegl1 libegl-mesa0)
    ldconfig -p | grep -q 'libGL\.so\.1' || missing+=(libgl1)
    compgen -G '/usr/lib/*/dri/swrast_dri.so' >/dev/null || compgen -G '/usr/lib/*/libgallium*' >/dev/null ||
        [ -e /proc/driver/nvidia/version ] || missing+=(libegl-mesa0 libgl1-mesa-dri)
    command -v "${PYTHON:-python3}" >/dev/null || missing+=(python3)
    "${PYTHON:-python3}" -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
    [ ${#missing[@]} -gt 0 ] || return 0
    if ! command -v apt-get >/dev/null; then
        echo "setup.sh: missing here: ${missing[*]} (names of Debian packages); install their like and try again" >&2
        exit 1
    fi
    local sudo=
    [ "$(id -u)" = 0 ] || sudo=sudo
    echo "setup.sh: installing ${missing[*]}"
    $sudo apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

python_packages() {
    "${PYTHON:-python3}" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        { echo "setup.sh: $("${PYTHON:-python3}" --version) is too old; 3.11 or later is needed (set PYTHON=...)" >&2; exit 1; }
    [ -x .venv/bin/python ] || "${PYTHON:-python3}" -m venv .venv
    local stamp=.venv/.installed-for
    if [ ! -e "$stamp" ] || [ pyproject.toml -nt "$stamp" ] || [ setup.sh -nt "$stamp" ]; then
        .venv/bin/python -m pip install -q --disable-pip-version-check -e '.[dev,pyrender]'
        # pyrender pins PyOpenGL 3.1.0, which does not run beside NumPy 2: take it without its pins.
        .venv/bin/python -m pip install -q --disable-pip-version-check --no-deps pyrender==0.1.45
        # Compile now what the first run would wait for.
        .venv/bin/python -c 'from synhead.pipeline.warm import warm; warm()'
        touch "$stamp"
    fi
}

demo() {
    .venv/bin/synhead render --models assets/heads --tracks motion_tracks --backgrounds assets/backgrounds \
        --max-tracks 7 --frames-per-track 12 --out out/demo
    .venv/bin/synhead verify out/demo
    .venv/bin/synhead inspect out/demo -o out/demo/inspect
    echo "open out/demo/inspect/report.html"
}

tests() {
    .venv/bin/ruff check .
    .venv/bin/ruff format --check .
    .venv/bin/pyright --pythonpath .venv/bin/python
    .venv/bin/lint-imports
    .venv/bin/python -m pytest -n 2 --dist loadfile "$@"
}

system_packages
python_packages
case "${1:-}" in
    "") echo "synhead is in .venv/bin/synhead; try ./setup.sh demo" ;;
    demo) demo ;;
    test) shift; tests "$@" ;;
    *) echo "setup.sh: $1 is unknown; say demo or test, or nothing" >&2; exit 2 ;;
esac

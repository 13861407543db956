#!/usr/bin/env python3
"""Follows a manifest as a player does, and leaves each track as a file for programs that decrypt and decode.

    TOKEN=… tracks.py MANIFEST FOLDER [MPD]   →   a JSON list of {name, kind, playlist, file}

`kind` is v, a or va (muxed). HLS: `playlist` is the media playlist. CMAF, DASH, Smooth Streaming: `file` is the init segment
with all segments behind it; where whole segments are encrypted, OpenSSL has decrypted them. SAMPLE-AES in MPEG-TS: `file` is a
playlist with the key beside it. `joined` are the segments as they are sent. `start` is when a file of fragments of CMAF says that it begins to be shown, in seconds. Smooth Streaming has no init segments: those of MPD stand in for them, found by bit rates.
"""
import json
import os
import re
import subprocess
import sys
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ElementTree

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

manifest, folder = sys.argv[1:3]
token = os.environ["TOKEN"]
keys = {}


def get(url, headers={}):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
        return answer.read()


def key(url):
    if url not in keys:
        keys[url] = get(url, {"Authorization": f"Bearer {token}"})
        assert len(keys[url]) == 16
    return keys[url]


def write(name, data):
    path = f"{folder}/{name}"
    with open(path, "wb") as file:
        file.write(data)
    return path


def boxes(data):
    """Boxes of ISO/IEC 14496-12, 4.2, without their headers."""
    at = 0
    while at + 8 <= len(data):
        size, header = int.from_bytes(data[at:at + 4], "big"), 8
        if size == 1:
            size, header = int.from_bytes(data[at + 8:at + 16], "big"), 16
        yield data[at + 4:at + 8], data[at + header:at + size]
        at += size


def box(data, *path):
    for name in path:
        data = next(body for type, body in boxes(data) if type == name)
    return data


def start(data):
    """The least time of presentation of the samples of the first fragment, less what the edit list leaves out (8.6.6, 8.8.8)."""
    number = lambda body, at, size=4, signed=False: int.from_bytes(body[at:at + size], "big", signed=signed)
    track = box(data, b"moov", b"trak")
    scale = box(track, b"mdia", b"mdhd")
    scale = number(scale, 20 if scale[0] else 12)
    skipped = 0
    if any(type == b"edts" for type, _ in boxes(track)):
        edits = box(track, b"edts", b"elst")
        assert not edits[0] and number(edits, 4) == 1, "one edit, and no empty one"
        skipped = number(edits, 12, signed=True)
    fragment = box(data, b"moof", b"traf")
    decode = box(fragment, b"tfdt")
    time = number(decode, 4, 8 if decode[0] else 4)
    header, run = box(fragment, b"tfhd"), box(fragment, b"trun")
    usual = 8 + sum(size for flag, size in [(1, 8), (2, 4)] if header[3] & flag)
    usual = number(header, usual) if header[3] & 8 else number(box(data, b"moov", b"mvex", b"trex"), 12)
    flags, shown = number(run, 0) & 0xFFFFFF, []
    at = 8 + sum(4 for flag in [1, 4] if flags & flag)
    for _ in range(number(run, 4)):
        duration = number(run, at) if flags & 0x100 else usual
        at += sum(4 for flag in [0x100, 0x200, 0x400] if flags & flag)
        shown.append(time + (number(run, at, signed=run[0] == 1) if flags & 0x800 else 0))
        at += 4 if flags & 0x800 else 0
        time += duration
    return (min(shown) - skipped) / scale


def opened(data, uri, vector):
    decryptor = Cipher(algorithms.AES(key(uri)), modes.CBC(vector)).decryptor()
    padding = PKCS7(128).unpadder()
    return padding.update(decryptor.update(data) + decryptor.finalize()) + padding.finalize()


def attributes(line):
    return {name: value.strip('"') for name, value in re.findall(r'([A-Z-]+)=("[^"]*"|[^,]*)', line.split(":", 1)[1])}


def sample_aes(name, url, lines):
    """ffmpeg decrypts what it has read ahead with the key that stands at the end, if any: so the last segment is repeated."""
    out, last, media = [], None, b""
    for line in lines:
        if line.startswith("#EXT-X-KEY"):
            uri = attributes(line)["URI"]
            line = line.replace(uri, write(f"{name}.key", key(uri)))
        if line.startswith("#EXTINF"):
            duration = line
        if line and not line.startswith("#"):
            last = line = urllib.parse.urljoin(url, line)
            media += get(line)
        if line != "#EXT-X-ENDLIST":
            out.append(line)
    playlist = write(f"{name}.m3u8", "\n".join(out + [duration, last] * 4 + ["#EXT-X-ENDLIST", ""]).encode())
    return playlist, write(f"{name}.ts", media)


def hls_track(url, kind):
    name = url.split("/")[-2]
    if "+" in name:
        kind = "va"
    lines = get(url).decode().splitlines()
    maps = [attributes(line)["URI"] for line in lines if line.startswith("#EXT-X-MAP")]
    media = b"".join(get(urllib.parse.urljoin(url, uri)) for uri in maps)
    file, joined, method, vector = None, None, "NONE", None
    for line in lines:
        if line.startswith("#EXT-X-KEY"):
            values = attributes(line)
            method, uri, vector = values["METHOD"], values.get("URI"), bytes.fromhex(values.get("IV", "0x")[2:])
        if maps and line and not line.startswith("#"):
            segment = get(urllib.parse.urljoin(url, line))
            media += opened(segment, uri, vector) if method == "AES-128" else segment
    if maps:
        file = write(f"{name}.mp4", media)
    elif method == "SAMPLE-AES":
        file, joined = sample_aes(name, url, lines)
    return {
        "name": name, "kind": kind, "playlist": url, "file": file, "joined": joined,
        "start": start(media) if maps else None}


def hls(text):
    seen = {}
    lines = text.splitlines()
    for at, line in enumerate(lines):
        if line.startswith("#EXT-X-MEDIA:") and attributes(line)["TYPE"] == "AUDIO":
            seen[attributes(line)["URI"]] = "a"
        if line.startswith("#EXT-X-STREAM-INF"):
            name = lines[at + 1].split("/")[-2]
            seen.setdefault(lines[at + 1], "a" if name.startswith("audio") else "v")
    return [hls_track(urllib.parse.urljoin(manifest, uri), kind) for uri, kind in seen.items()]


def timeline(template):
    at = 0
    for entry in template.iterfind("{*}SegmentTimeline/{*}S"):
        at = int(entry.get("t", at))
        for _ in range(int(entry.get("r", 0)) + 1):
            yield at
            at += int(entry.get("d"))


def representations(text):
    root = ElementTree.fromstring(text)
    for group in root.iterfind(".//{*}AdaptationSet"):
        for item in group.iterfind("{*}Representation"):
            template = item.find("{*}SegmentTemplate")
            yield group, item, group.find("{*}SegmentTemplate") if template is None else template


def dash_address(pattern, item, time=0):
    return urllib.parse.urljoin(
        manifest, pattern.replace("$RepresentationID$", item.get("id")).replace("$Time$", str(time)))


def dash(text):
    for group, item, template in representations(text):
        periods = []
        for period in item.iterfind(".//{urn:mpeg:dash:schema:sea:2012}CryptoPeriod"):
            periods += [period] * int(period.get("numSegments", 1))
        media = get(dash_address(template.get("initialization"), item))
        times = list(timeline(template))
        assert not periods or len(periods) == len(times), "a crypto period for each segment"
        for number, time in enumerate(times):
            segment = get(dash_address(template.get("media"), item, time))
            if periods:
                vector = bytes.fromhex(periods[number].get("IV")[2:])
                segment = opened(segment, periods[number].get("keyUriTemplate"), vector)
            media += segment
        kind = {"video": "v", "audio": "a"}[group.get("contentType")]
        yield {
            "name": item.get("id"), "kind": kind, "playlist": None, "file": write(f"{item.get('id')}.mp4", media),
            "start": start(media)}


def smooth(text, presentation):
    script = os.path.join(os.path.dirname(__file__), "../Smooth/senc.py")
    inits = {}
    for group, item, template in representations(presentation):
        inits[group.get("contentType"), item.get("bandwidth")] = (
            item.get("id"), dash_address(template.get("initialization"), item))
    for stream in ElementTree.fromstring(text).iterfind("StreamIndex"):
        for level in stream.iterfind("QualityLevel"):
            name, init = inits[stream.get("Type"), level.get("Bitrate")]
            files, at = [], 0
            for entry in stream.iterfind("c"):
                at = int(entry.get("t", at))
                for _ in range(int(entry.get("r", 1))):
                    uri = stream.get("Url").replace("{bitrate}", level.get("Bitrate")).replace("{start time}", str(at))
                    files.append(write(f"{name}-{len(files)}", get(urllib.parse.urljoin(manifest, uri))) + f"@{at}")
                    at += int(entry.get("d"))
            media = subprocess.run(
                [sys.executable, script, write(f"{name}-init", get(init))] + files, stdout=subprocess.PIPE, check=True)
            yield {
                "name": name, "kind": stream.get("Type")[0], "playlist": None,
                "file": write(f"{name}.mp4", media.stdout)}


text = get(manifest).decode()
if text.startswith("#EXTM3U"):
    tracks = hls(text)
elif "<MPD" in text:
    tracks = list(dash(text))
else:
    tracks = list(smooth(text, get(sys.argv[3]).decode()))
json.dump(tracks, sys.stdout)

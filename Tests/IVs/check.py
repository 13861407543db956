#!/usr/bin/env python3
"""Collects what every encrypted byte of presentations was encrypted with, as players see it, and holds it against itself.

    check.py STATE MANIFEST…   →   one JSON object: what was read, and a list of broken rules, empty when all hold

STATE is a file that is read first, when it is there, and written at the end: presentations that come one after the other, such as
the versions of an asset, are held against each other. Nothing is decrypted. The rules:

- no (key, counter block) of CTR mode encrypts two things;
- no (key, IV) begins two chains of CBC mode in whole segments;
- no two tracks have one constant IV under one key, and neither do a track's two forms.

The same ciphertext under the same key and IV is the same thing.
"""
import hashlib
import json
import os
import re
import sys
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ElementTree

place, manifests = sys.argv[1], sys.argv[2:]
state = {"samples": {}, "segments": {}, "constants": {}, "blocks": 0, "urls": []}
if os.path.exists(place):
    with open(place) as file:
        state = json.load(file)
seen, broken = set(state["urls"]), []


def get(url):
    with urllib.request.urlopen(url, timeout=300) as answer:
        return answer.read()


def new(url):
    """Whether nobody came by it before."""
    if url in seen:
        return False
    seen.add(url)
    return True


def number(data, at, size=4):
    return int.from_bytes(data[at:at + size], "big")


def boxes(data):
    at = 0
    while at + 8 <= len(data):
        size = number(data, at)
        if size < 8:
            break
        yield data[at + 4:at + 8].decode("latin-1"), at + 8, at + size
        at += size


def inside(data, *path):
    """The bodies at the end of a path of boxes."""
    found = [data]
    for name in path:
        found = [body[start:end] for body in found for kind, start, end in boxes(body) if kind == name]
    return found


def keep(table, key, iv, value, rule):
    known = state[table].setdefault(f"{key}/{iv}", value)
    if known != value:
        broken.append(f"{rule}: key {key}, IV {iv}: {known} and {value}")


def form(url):
    """Version, form and track: one thing whichever locator and delivery policy it was asked for by."""
    parts = urllib.parse.urlparse(url).path.split("/")
    return "/".join([parts[-5], parts[-3], parts[-2]])


def protection(entry):
    """KID, size of IVs and constant IV of a 'tenc' or a 'seig' group entry, whose fields are the same (ISO/IEC 23001-7, 6, 8.2)."""
    kid, size = entry[4:20].hex(), entry[3]
    return kid, size, entry[21:21 + entry[20]].hex() if size == 0 else None


def tenc(init):
    at = init.find(b"tenc")
    return None if at < 0 else protection(init[at + 8:])


def fragment(data, usual, name):
    """The samples of one segment under 'cenc' or 'cbcs'."""
    traf = inside(data, "moof", "traf")
    senc = inside(data, "moof", "traf", "senc")
    if not senc:
        return
    groups = [body for body in inside(data, "moof", "traf", "sgpd") if body[4:8] == b"seig"]
    kid, size, constant = protection(groups[0][16 + (4 if number(groups[0], 8) == 0 else 0):]) if groups else usual
    if constant is not None:
        return keep("constants", kid, constant, name, "two tracks have one constant IV")
    trun = inside(traf[0], "trun")[0]
    flags, count = number(trun, 0) & 0xFFFFFF, number(trun, 4)
    at = 8 + sum(4 for flag in [1, 4] if flags & flag)
    sizes = []
    for _ in range(count):
        at += 4 if flags & 0x100 else 0
        sizes.append(number(trun, at))
        assert flags & 0x200, "sizes of samples stand in 'trun'"
        at += sum(4 for flag in [0x200, 0x400, 0x800] if flags & flag)
    media = inside(data, "mdat")[0]
    table, at, place = senc[0], 8, 0
    assert number(table, 4) == count
    for sample in range(count):
        iv, at = table[at:at + size].hex(), at + size
        ranges = [(0, sizes[sample])]
        if number(table, 0) & 2:
            ranges = []
            for pair in range(number(table, at, 2)):
                ranges.append((number(table, at + 2 + 6 * pair, 2), number(table, at + 4 + 6 * pair)))
            at += 2 + 6 * number(table, at, 2)
        cipher, within = b"", place
        for clear, hidden in ranges:
            cipher += media[within + clear:within + clear + hidden]
            within += clear + hidden
        place += sizes[sample]
        # The counter of eight bytes begins at 0 with each sample: blocks of two samples meet where their IVs are equal.
        assert size == 8 and len(cipher) < 1 << 36
        state["blocks"] += (len(cipher) + 15) // 16
        keep("samples", kid, iv, hashlib.sha256(cipher).hexdigest(), "a counter block encrypts two things")


def whole(url, key, iv):
    kid = re.search("kid=([0-9a-fA-F-]+)", key).group(1).replace("-", "").lower()
    keep("segments", kid, iv.lower(), hashlib.sha256(get(url)).hexdigest(), "a chain begins twice")


def attributes(line):
    return {name: value.strip('"') for name, value in re.findall(r'([A-Z-]+)=("[^"]*"|[^,]*)', line.split(":", 1)[1])}


def media_playlist(url):
    key = init = None
    for line in get(url).decode().splitlines():
        if line.startswith("#EXT-X-KEY"):
            found = attributes(line)
            # Of several ways to one key, that which names it.
            key = None if found["METHOD"] == "NONE" else found if "kid=" in found["URI"] else key
        elif line.startswith("#EXT-X-MAP"):
            init = tenc(get(urllib.parse.urljoin(url, attributes(line)["URI"])))
        elif line and not line.startswith("#"):
            segment = urllib.parse.urljoin(url, line)
            name = form(segment)
            if key and key["METHOD"] == "AES-128" and new(segment):
                whole(segment, key["URI"], key["IV"][2:])
            elif key and key["METHOD"] == "SAMPLE-AES" and not init:
                kid = re.search("kid=([0-9a-fA-F-]+)", key["URI"]).group(1).replace("-", "").lower()
                keep("constants", kid, key["IV"][2:].lower(), name, "two tracks have one constant IV")
            elif init and new(segment):
                fragment(get(segment), init, name)


def hls(url, text):
    playlists = set(re.findall(r'^[^#\n].*$', text, re.M))
    playlists |= {attributes(line)["URI"] for line in text.splitlines() if line.startswith("#EXT-X-MEDIA:TYPE=AUDIO")}
    for playlist in sorted(playlists):
        media_playlist(urllib.parse.urljoin(url, playlist))


def dash(url, text):
    for group in ElementTree.fromstring(text).iterfind(".//{*}AdaptationSet"):
        for item in group.iterfind("{*}Representation"):
            template = item.find("{*}SegmentTemplate")
            template = group.find("{*}SegmentTemplate") if template is None else template

            def address(pattern, time=0):
                filled = pattern.replace("$RepresentationID$", item.get("id")).replace("$Time$", str(time))
                return urllib.parse.urljoin(url, filled)

            init = tenc(get(address(template.get("initialization"))))
            at, times = 0, []
            for entry in template.iterfind("{*}SegmentTimeline/{*}S"):
                at = int(entry.get("t", at))
                for _ in range(int(entry.get("r", 0)) + 1):
                    times.append(at)
                    at += int(entry.get("d"))
            for time in times:
                segment = address(template.get("media"), time)
                if init and new(segment):
                    fragment(get(segment), init, form(segment))


for manifest in manifests:
    text = get(manifest).decode()
    (hls if text.startswith("#EXTM3U") else dash)(manifest, text)
state["urls"] = sorted(seen)
with open(place, "w") as file:
    json.dump(state, file)
json.dump({
    "broken": broken, "blocks": state["blocks"], "samples": len(state["samples"]), "segments": len(state["segments"]),
    "constants": len(state["constants"]), "keys": len({
        name.split("/")[0] for table in ["samples", "segments", "constants"] for name in state[table]})}, sys.stdout)

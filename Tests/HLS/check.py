#!/usr/bin/env python3
"""Holds every playlist under a multivariant playlist against the rules of RFC 8216 and its successor (rfc8216bis).

    check.py URL [--discontinuities] [HEADER: VALUE]…

Prints one JSON document: what was read, and a list of broken rules, empty when all hold. Ours are stricter in places:
there is no EXT-X-DISCONTINUITY unless it is said to be right, init segments are clear, and no two segments have one IV
under one key. `check_test.py` shows that it finds what is broken.
"""
import json
import re
import sys
import urllib.parse
import urllib.request

broken, seen = [], {"playlists": 0, "segments": 0, "keys": set(), "versions": set(), "iframes": 0}
options = [word for word in sys.argv[2:] if word.startswith("--")]
headers = dict(word.split(": ", 1) for word in sys.argv[2:] if word not in options)
sizes = {}
# By key and IV, the segment that is encrypted with them; ways to keys, as media playlists name them.
vectors, ways, independent = {}, set(), {}
# What members of groups of one type may differ in (rfc8216bis, 4.4.6.1.1).
OWN = {"GROUP-ID", "URI", "CHANNELS", "BIT-DEPTH", "SAMPLE-RATE", "STABLE-RENDITION-ID"}


def fetch(url, method="GET"):
    request = urllib.request.Request(url, method=method, headers=headers)
    with urllib.request.urlopen(request, timeout=300) as answer:
        return answer.headers, answer.read()


def size_of(url):
    if url not in sizes:
        sizes[url] = int(fetch(url, "HEAD")[0]["Content-Length"])
    return sizes[url]


def attributes(text):
    pattern = r'([A-Z0-9-]+)=("[^"\r\n]*"|[^",\s]*)(?:,|$)'
    found = re.findall(pattern, text)
    rebuilt = ",".join(f"{name}={value}" for name, value in found)
    names = [name for name, _ in found]
    return rebuilt == text and len(set(names)) == len(names), {n: v.strip('"') for n, v in found}


def complain(url, rule):
    broken.append(f"{url}: {rule}")


def lines_of(url):
    answer, body = fetch(url)
    if not answer["Content-Type"].startswith("application/vnd.apple.mpegurl"):
        complain(url, "4: Content-Type")
    text = body.decode("utf-8")
    if body.startswith(b"\xef\xbb\xbf") or "\r" in text:
        complain(url, "4.1: byte order mark or carriage return")
    lines = text.split("\n")
    if lines[0] != "#EXTM3U":
        complain(url, "4.3.1.1: the first line must be EXTM3U")
    if lines[-1] != "":
        complain(url, "the last line is not ended")
    lines = lines[:-1]
    if any(not line for line in lines):
        complain(url, "empty lines")
    if sum(line.startswith("#EXT-X-VERSION:") for line in lines) != 1:
        complain(url, "4.3.1.2: EXT-X-VERSION must be there once")
    seen["playlists"] += 1
    return lines


def value_of(lines, tag):
    found = [line[len(tag) + 2:] for line in lines if line.startswith(f"#{tag}:")]
    return found[0] if found else None


def version_of(lines):
    value = value_of(lines, "EXT-X-VERSION") or ""
    return int(value) if value.isdigit() else 0


def way(url, found):
    """A way to a key: EXT-X-SESSION-KEY and EXT-X-KEY have it in common."""
    return (found.get("METHOD"), urllib.parse.urljoin(url, found.get("URI", "")), found.get("KEYFORMAT", "identity"),
            found.get("KEYFORMATVERSIONS", "1"))


def check_vector(url, keys, segment):
    """Under AES-128 each segment has an IV that no other has under its key; I-frame playlists name parts of it."""
    key = next((key for key in keys.values() if key.get("METHOD") == "AES-128" and "IV" in key), None)
    if key is None:
        return
    pair = (urllib.parse.urljoin(url, key.get("URI", "")), key["IV"].lower())
    if vectors.setdefault(pair, segment) != segment:
        complain(url, f"5.2: {segment} has the key and the IV of {vectors[pair]}")


def check_media(url, iframes):
    lines = lines_of(url)
    version = version_of(lines)
    independent[url] = "#EXT-X-INDEPENDENT-SEGMENTS" in lines
    seen["versions"].add(version)
    target = value_of(lines, "EXT-X-TARGETDURATION")
    if target is None or not target.isdigit():
        return complain(url, "4.3.3.1: EXT-X-TARGETDURATION")
    target = int(target)
    if ("#EXT-X-I-FRAMES-ONLY" in lines) != iframes:
        complain(url, "4.3.3.6: EXT-X-I-FRAMES-ONLY where the multivariant playlist has it, and only there")
    need = {1}
    # By KEYFORMAT, what is in force (4.3.2.4), and what has been said since the last segment.
    keys, new = {}, set()
    has_map, duration, byte_range, before = False, None, None, {}
    ended, fragmented = False, False
    for line in lines[1:]:
        if ended:
            complain(url, "EXT-X-ENDLIST is not the last")
        if line.startswith("#EXTINF:"):
            if not re.fullmatch(r"#EXTINF:\d+(\.\d+)?,.*", line):
                complain(url, "4.3.2.1: " + line)
            duration = float(line[8:].split(",")[0])
            if "." in line:
                need.add(3)
            if int(duration + 0.5) > target:
                complain(url, f"4.3.3.1: {duration} rounds to more than {target}")
        elif line.startswith("#EXT-X-KEY:"):
            valid, found = attributes(line[11:])
            if not valid:
                complain(url, "4.2: " + line)
            method = found.get("METHOD")
            if method not in ("NONE", "AES-128", "SAMPLE-AES", "SAMPLE-AES-CTR"):
                complain(url, "4.3.2.4: METHOD")
            if (method != "NONE") != ("URI" in found):
                complain(url, "4.3.2.4: URI")
            if "IV" in found:
                need.add(2)
                if not re.fullmatch("0[xX][0-9a-fA-F]{32}", found["IV"]):
                    complain(url, "4.3.2.4: IV")
            if "KEYFORMAT" in found or "KEYFORMATVERSIONS" in found:
                need.add(5)
            if method == "AES-128" and "IV" not in found:
                complain(url, "each segment must have an IV of its own")
            form = found.get("KEYFORMAT", "identity")
            if method == "NONE":
                keys, new = {}, set()
            else:
                if form in new:
                    complain(url, f"4.3.2.4: two keys of the format {form} for one segment")
                keys[form] = found
                new.add(form)
                ways.add(way(url, found))
                seen["keys"].add(found.get("URI", "NONE"))
            if len({key.get("METHOD") for key in keys.values()}) > 1:
                complain(url, "4.3.2.4: one segment under two methods")
        elif line.startswith("#EXT-X-MAP:"):
            valid, found = attributes(line[11:])
            if not valid or "URI" not in found:
                complain(url, "4.3.2.5: " + line)
            need.add(5 if iframes else 6)
            has_map = True
            if keys:
                complain(url, "4.3.2.5: an init segment under a key")
            if "URI" in found:
                size_of(urllib.parse.urljoin(url, found["URI"]))
        elif line.startswith("#EXT-X-BYTERANGE:"):
            need.add(4)
            length, _, offset = line[17:].partition("@")
            if not re.fullmatch(r"\d+(@\d+)?", line[17:]):
                complain(url, "4.3.2.2: " + line)
                continue
            byte_range = (int(length), int(offset) if offset else None)
        elif line == "#EXT-X-I-FRAMES-ONLY":
            need.add(4)
        elif line == "#EXT-X-DISCONTINUITY":
            if "--discontinuities" not in options:
                complain(url, "4.3.2.3: a discontinuity, where encoding and times go on")
        elif line == "#EXT-X-ENDLIST":
            ended = True
        elif line and not line.startswith("#"):
            seen["segments"] += 1
            segment = urllib.parse.urljoin(url, line)
            fragmented = fragmented or urllib.parse.urlparse(segment).path.endswith((".m4s", ".mp4"))
            if duration is None:
                complain(url, "4.3.2.1: a segment without EXTINF")
            methods = {key.get("METHOD") for key in keys.values()}
            if iframes and byte_range is None and "SAMPLE-AES" not in methods:
                complain(url, "an I-frame without a byte range")
            whole = size_of(segment)
            if "AES-128" in methods and whole % 16:
                complain(url, "an AES-128 segment that is not whole blocks")
            check_vector(url, keys, segment)
            if byte_range:
                length, offset = byte_range
                offset = before.get(segment) if offset is None else offset
                if offset is None or length <= 0 or offset + length > whole:
                    complain(url, f"4.3.2.2: {length}@{offset} lies outside of {line}")
                else:
                    before[segment] = offset + length
            if iframes:
                seen["iframes"] += 1
            duration, byte_range, new = None, None, set()
    if fragmented and not has_map:
        complain(url, "3.3: fragmented MP4 without EXT-X-MAP")
    if fragmented:
        need.add(7)
    if version < max(need):
        complain(url, f"7: version {version} where {max(need)} is needed")
    if not ended:
        complain(url, "a list of what is on demand has no end")
    if value_of(lines, "EXT-X-PLAYLIST-TYPE") not in (None, "VOD"):
        complain(url, "4.3.3.5: EXT-X-PLAYLIST-TYPE")


def check_images(url):
    """Image playlists, as the community's "Image Media Playlists" has them."""
    lines = lines_of(url)
    target, duration, tiles, total = value_of(lines, "EXT-X-TARGETDURATION"), None, None, 0.0
    if "#EXT-X-IMAGES-ONLY" not in lines:
        complain(url, "an image playlist without EXT-X-IMAGES-ONLY")
    if lines[-1] != "#EXT-X-ENDLIST":
        complain(url, "a list of what is on demand has no end")
    for line in lines[1:]:
        if line.startswith("#EXTINF:"):
            duration = float(line[8:].split(",")[0])
            if int(duration + 0.5) > int(target):
                complain(url, f"4.3.3.1: {duration} rounds to more than {target}")
        elif line.startswith("#EXT-X-TILES:"):
            valid, tiles = attributes(line[13:])
            pictures = [re.fullmatch(r"[1-9]\d*x[1-9]\d*", tiles.get(name, "")) for name in ("RESOLUTION", "LAYOUT")]
            if not valid or not all(pictures) or float(tiles.get("DURATION", 0)) <= 0:
                complain(url, "EXT-X-TILES: " + line)
        elif line and not line.startswith("#"):
            if duration is None or tiles is None:
                complain(url, "an image without EXTINF and EXT-X-TILES")
                continue
            columns, rows = (int(side) for side in tiles["LAYOUT"].split("x"))
            if duration > columns * rows * float(tiles["DURATION"]) + 0.01:
                complain(url, "an image that is shorter than its time")
            answer, body = fetch(urllib.parse.urljoin(url, line))
            if answer["Content-Type"] != "image/jpeg" or body[:3] != b"\xff\xd8\xff" or body[-2:] != b"\xff\xd9":
                complain(url, f"{line} is no JPEG")
            seen["images"] = seen.get("images", 0) + 1
            duration, tiles = None, None


def check_groups(url, groups, variants):
    for variant in variants:
        for kind in ("AUDIO", "VIDEO", "SUBTITLES"):
            if kind in variant and (kind, variant[kind]) not in groups:
                complain(url, f"4.3.4.2.1: the {kind} group {variant[kind]} is not there")
    members = {}
    for (kind, name), group in groups.items():
        own = sorted(sorted((key, value) for key, value in one.items() if key not in OWN) for one in group)
        if members.setdefault(kind, own) != own:
            complain(url, f"4.3.4.1.1: the {kind} group {name} has other members than another")


def check_key_frames(url, frames, variants):
    """What an I-frame variant says of its pictures is what a variant says (rfc8216bis, 4.4.6.3)."""
    def said(one):
        return [one.get(name) for name in ("RESOLUTION", "VIDEO-RANGE", "SUPPLEMENTAL-CODECS")]
    for frame in frames:
        if not any(said(frame) == said(variant) and frame.get("CODECS") in variant.get("CODECS", "").split(",")
                   for variant in variants):
            complain(url, f"4.3.4.3: pictures as of {frame.get('URI')} are of no variant")


def check_session_keys(url, session):
    if len(set(session)) < len(session):
        complain(url, "4.3.4.5: a session key twice")
    for one in session:
        if one[0] == "NONE" or one not in ways:
            complain(url, f"4.3.4.5: no media playlist has the session key {one}")


def check_multivariant(url):
    lines = lines_of(url)
    version = version_of(lines)
    seen["versions"].add(version)
    groups, media, frames, variants, images, session = {}, [], [], [], [], []
    for number, line in enumerate(lines):
        tag, _, rest = line.partition(":")
        if tag in ("#EXT-X-MEDIA", "#EXT-X-STREAM-INF", "#EXT-X-I-FRAME-STREAM-INF", "#EXT-X-SESSION-KEY",
                   "#EXT-X-IMAGE-STREAM-INF"):
            valid, found = attributes(rest)
            if not valid:
                complain(url, "4.2: " + line)
        if tag == "#EXT-X-MEDIA":
            if version < 4:
                complain(url, "7: EXT-X-MEDIA needs version 4")
            if not {"TYPE", "GROUP-ID", "NAME"} <= found.keys():
                complain(url, "4.3.4.1: " + line)
                continue
            group = groups.setdefault((found["TYPE"], found["GROUP-ID"]), [])
            if found["NAME"] in [other["NAME"] for other in group]:
                complain(url, "4.3.4.1.1: two renditions of one name in a group")
            group.append(found)
            if sum(other.get("DEFAULT") == "YES" for other in group) > 1:
                complain(url, "4.3.4.1.1: two defaults in a group")
            if "URI" in found:
                media.append(found["URI"])
        elif tag == "#EXT-X-STREAM-INF":
            if not re.fullmatch(r"\d+", found.get("BANDWIDTH", "")) or "CODECS" not in found:
                complain(url, "4.3.4.2: " + line)
            variants.append(found)
            if number + 1 >= len(lines) or lines[number + 1].startswith("#"):
                complain(url, "4.3.4.2: no URI behind EXT-X-STREAM-INF")
            else:
                media.append(lines[number + 1])
        elif tag == "#EXT-X-I-FRAME-STREAM-INF":
            if version < 4:
                complain(url, "7: EXT-X-I-FRAME-STREAM-INF needs version 4")
            if not {"URI", "BANDWIDTH"} <= found.keys() or found.keys() & {
                    "FRAME-RATE", "AUDIO", "SUBTITLES", "CLOSED-CAPTIONS"}:
                complain(url, "4.3.4.3: " + line)
                continue
            frames.append(found)
        elif tag == "#EXT-X-IMAGE-STREAM-INF":
            if not {"URI", "BANDWIDTH", "RESOLUTION", "CODECS"} <= found.keys():
                complain(url, "EXT-X-IMAGE-STREAM-INF: " + line)
                continue
            images.append(found["URI"])
        elif tag == "#EXT-X-SESSION-KEY":
            session.append(way(url, found))
        elif line.startswith("#EXTINF") or line.startswith("#EXT-X-TARGETDURATION"):
            complain(url, "4.1: a multivariant playlist with tags of media playlists")
    check_groups(url, groups, variants)
    check_key_frames(url, frames, variants)
    if not variants:
        complain(url, "there is no variant")
    for uri in dict.fromkeys(media):
        check_media(urllib.parse.urljoin(url, uri), False)
    if "#EXT-X-INDEPENDENT-SEGMENTS" in lines and not all(independent.values()):
        complain(url, "4.3.5.1: not all media playlists say that segments are independent")
    for frame in {frame["URI"]: frame for frame in frames}:
        check_media(urllib.parse.urljoin(url, frame), True)
    check_session_keys(url, session)
    for uri in dict.fromkeys(images):
        check_images(urllib.parse.urljoin(url, uri))


check_multivariant(sys.argv[1])
seen["keys"] = len(seen["keys"])
seen["versions"] = sorted(seen["versions"])
print(json.dumps({"seen": seen, "broken": broken}))

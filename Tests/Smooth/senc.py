#!/usr/bin/env python3
"""Rewrites fragments of Smooth Streaming under PIFF 1.1 for decrypters that know the box by its later name.

    senc.py INIT FRAGMENT[@TIME]…   →   on standard output the init segment of the same track, in times of Smooth Streaming, and
                                 the fragments with `senc` in place of `uuid`; clear
                                 fragments without; both with a decode time when one is given

Ends with an error where a fragment is not built as [MS-SSTR] and PIFF 1.1 want it.
"""
import struct
import sys

PIFF = bytes.fromhex("a2394f525a9b4f14a2446c427c648df4")


def boxes(data):
    at = 0
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        assert size >= 8 and at + size <= len(data), "a box that leaves its parent"
        yield kind, data[at + 8:at + size]
        at += size


def box(kind, content):
    return struct.pack(">I4s", len(content) + 8, kind) + content


def check_entries(content):
    """Whole entries, and nothing behind them."""
    flags = int.from_bytes(content[:4], "big")
    assert flags in (0, 2), f"flags {flags}"
    (count,), at = struct.unpack(">I", content[4:8]), 8
    for _ in range(count):
        at += 8
        if flags == 2:
            (entries,) = struct.unpack(">H", content[at:at + 2])
            at += 2 + 6 * entries
    assert at == len(content), "entries that do not fill their box"
    return count


init = bytearray(open(sys.argv[1], "rb").read())
timescale = init.index(b"mdhd") + 4 + 4 + 8
assert init[timescale - 12] == 0, "mdhd of version 0"
init[timescale:timescale + 4] = struct.pack(">I", 10_000_000)
sys.stdout.buffer.write(init)
for argument in sys.argv[2:]:
    name, _, time = argument.partition("@")
    fragment = open(name, "rb").read()
    (moof, moof_content), (mdat, media) = boxes(fragment)
    assert (moof, mdat) == (b"moof", b"mdat")
    (mfhd, header), (traf, track) = boxes(moof_content)
    assert (mfhd, traf) == (b"mfhd", b"traf")
    parts = dict(boxes(track))
    is_clear = list(parts) == [b"tfhd", b"trun"]
    assert is_clear or list(parts) == [b"tfhd", b"trun", b"uuid"], list(parts)
    assert is_clear or parts[b"uuid"][:16] == PIFF
    flags = int.from_bytes(parts[b"tfhd"][1:4], "big")
    assert not flags & 0x020001, "tfhd with a base that PIFF does not have"
    run_flags = int.from_bytes(parts[b"trun"][1:4], "big")
    count, offset = struct.unpack(">Ii", parts[b"trun"][4:12])
    assert run_flags & 1 and offset == 8 + len(moof_content) + 8, "data_offset"
    boxes_after = b""
    if not is_clear:
        senc = parts[b"uuid"][16:]
        assert check_entries(senc) == count
        boxes_after = box(b"senc", senc)
    decode_time = box(b"tfdt", struct.pack(">IQ", 1 << 24, int(time))) if time else b""
    head = box(b"tfhd", parts[b"tfhd"]) + decode_time
    run_size = len(box(b"trun", parts[b"trun"]))
    moof_size = 8 + len(box(b"mfhd", header)) + 8 + len(head) + run_size + len(boxes_after)
    run = parts[b"trun"][:8] + struct.pack(">i", moof_size + 8) + parts[b"trun"][12:]
    track = head + box(b"trun", run) + boxes_after
    sys.stdout.buffer.write(box(b"moof", box(b"mfhd", header) + box(b"traf", track)) + box(b"mdat", media))

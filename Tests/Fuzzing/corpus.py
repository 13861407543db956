#!/usr/bin/env python3
"""The corpus as one file of the repository: corpus.py pack FOLDER FILE, corpus.py unpack FILE FOLDER

Each input with its length before it, four bytes, big-endian; shortest first.
"""
import hashlib
import pathlib
import struct
import sys


def pack(folder, file):
    inputs = sorted((path.read_bytes() for path in pathlib.Path(folder).iterdir()), key=lambda each: (len(each), each))
    pathlib.Path(file).write_bytes(b"".join(struct.pack(">I", len(each)) + each for each in inputs))


def unpack(file, folder):
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    data, at = pathlib.Path(file).read_bytes(), 0
    while at < len(data):
        (count,) = struct.unpack_from(">I", data, at)
        each = data[at + 4:at + 4 + count]
        (pathlib.Path(folder) / hashlib.sha1(each).hexdigest()).write_bytes(each)
        at += 4 + count


if __name__ == "__main__":
    {"pack": pack, "unpack": unpack}[sys.argv[1]](*sys.argv[2:])

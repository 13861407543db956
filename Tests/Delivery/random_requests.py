#!/usr/bin/env python3
"""Asks two nodes over one catalog for the same objects, in every way that caches and players do.

    random_requests.py COUNT SEED NODE NODE MANIFEST…

MANIFEST is a manifest's path, or that of an MP4 file; every object below it is asked for: whole, in ranges, by HEAD, and on a condition. Prints how
many objects and requests there were; ends with an error at the first answer that differs.
"""
import random
import sys
import urllib.error
import urllib.request

import objects

count, seed, *rest = sys.argv[1:]
nodes, manifests = rest[:2], rest[2:]
choice = random.Random(int(seed))


def ask(node, path, method="GET", **headers):
    request = urllib.request.Request(
        node + path, method=method, headers={name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=300) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def text(path):
    status, _, body = ask(nodes[0], path)
    assert status == 200, (status, path)
    return body.decode()


objects = objects.below(manifests, text)
known = {}
for _ in range(int(count)):
    path = choice.choice(objects)
    if path not in known:
        status, headers, body = ask(nodes[0], path)
        assert status == 200, (status, path)
        known[path] = (headers, body)
    headers, body = known[path]
    node, way = choice.choice(nodes), choice.randrange(4)
    if way == 0:
        status, others, whole = ask(node, path)
        assert status == 200 and whole == body, path
    elif way == 1:
        status, others, _ = ask(node, path, "HEAD")
        assert status == 200 and others["Content-Length"] == str(len(body)), path
        assert others["Content-Type"] == headers["Content-Type"], path
    elif way == 2:
        first = choice.randrange(len(body))
        last = choice.randrange(first, len(body))
        status, others, part = ask(node, path, Range=f"bytes={first}-{last}")
        assert status == 206 and part == body[first:last + 1], (path, first, last)
    else:
        status, others, nothing = ask(node, path, If_None_Match=headers["ETag"])
        assert status == 304 and not nothing, path
    names = ("ETag", "Cache-Control", "Last-Modified")
    if way != 3:
        names += ("X-Robots-Tag", "Timing-Allow-Origin", "Cache-Tag", "Surrogate-Key", "Vary", "Access-Control-Allow-Origin")
    for name in names:
        assert others[name] == headers[name], (path, name)
print(len(objects), "objects", count, "requests")

"""Sends damaged ClearKey licence requests to a server and counts the statuses of its answers.

    mutate.py URL COUNT

The seed is fixed, so that a failure can be had again. Prints one JSON object: statuses with their numbers.
"""

import collections
import http.client
import json
import random
import sys
import urllib.parse

url = urllib.parse.urlsplit(sys.argv[1])
generator = random.Random(20261121)
GOOD = b'{"kids":["AAECAwQFBgcICQoLDA0ODw","_-7dzLuqmYh3ZlVEMyIRAA"],"type":"temporary"}'
PIECES = [b"[", b"{", b'"', b"\\u", b"\x00", b"\xff\xfe", b"1e999", b'"kids":', b"null", b"=", b"A" * 70000]


def mutated():
    body = bytearray(GOOD)
    for _ in range(generator.randint(1, 4)):
        place = generator.randrange(len(body) + 1)
        kind = generator.randrange(5)
        if kind == 0 and place < len(body):
            body[place] = generator.randrange(256)
        elif kind == 1:
            del body[place : place + generator.randint(1, 12)]
        elif kind == 2:
            body[place:place] = generator.choice(PIECES)
        elif kind == 3:
            body[place:place] = body[place : place + 40]
        else:
            del body[place:]
    return bytes(body)


statuses = collections.Counter()
connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
for _ in range(int(sys.argv[2])):
    body = mutated()
    if body == GOOD:
        continue
    try:
        connection.request("POST", url.path, body)
        answer = connection.getresponse()
        text = answer.read()
    except (http.client.HTTPException, OSError):
        # An answer to a body that is too long comes before its end, and ends the connection.
        connection.close()
        assert len(body) > 65536
        statuses["cut"] += 1
        continue
    assert answer.status < 400 or answer.getheader("content-type") == "application/problem+json"
    assert answer.status < 400 or json.loads(text)["status"] == answer.status
    statuses[str(answer.status)] += 1
print(json.dumps(statuses))

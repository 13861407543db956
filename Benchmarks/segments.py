"""Fetches objects over kept connections from one core and throws the bodies away unread: `recv` with `MSG_TRUNC` copies
nothing, so that the client costs less than the server.

segments.py SECONDS CONNECTIONS HOST:PORT FILE — FILE has a path a line; prints requests, bytes and the slowest first byte as
JSON. Every status but 200 and every body that is short ends it.
"""
import json
import os
import re
import select
import socket
import sys
import time

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.I)
PIECE = 1 << 20


class Connection:
    def __init__(self, address, paths, position):
        self.socket = socket.create_connection(address, timeout=30)
        self.socket.setblocking(False)
        self.paths = paths
        self.position = position
        self.buffer = bytearray(PIECE)
        self.host = f"{address[0]}:{address[1]}"
        self.ask()

    def ask(self):
        path = self.paths[self.position % len(self.paths)]
        self.position += 1
        self.head = b""
        self.rest = None
        self.asked = time.monotonic()
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nhost: {self.host}\r\n\r\n".encode())

    def take(self):
        """Takes what is there; the size of the object once it is whole, and how long its first byte took."""
        if self.rest is None:
            data = self.socket.recv(4096)
            if not data:
                sys.exit("segments: the server closed a connection")
            self.head += data
            if b"\r\n\r\n" not in self.head:
                return None
            end = self.head.index(b"\r\n\r\n") + 4
            found = LENGTH.search(self.head, 0, end)
            if not found or not self.head.startswith(b"HTTP/1.1 200 "):
                sys.exit(f"segments: {self.head[:400]!r}")
            self.first = time.monotonic() - self.asked
            self.size = int(found[1])
            self.rest = self.size - (len(self.head) - end)
        while self.rest > 0:
            try:
                count = self.socket.recv_into(self.buffer, min(self.rest, PIECE), socket.MSG_TRUNC)
            except BlockingIOError:
                return None
            if count == 0:
                sys.exit("segments: a body is short")
            self.rest -= count
        return self.size


def main():
    seconds, count = float(sys.argv[1]), int(sys.argv[2])
    host, port = sys.argv[3].rsplit(":", 1)
    with open(sys.argv[4], encoding="ascii") as file:
        paths = file.read().split()
    poll = select.epoll()
    connections = {}
    for number in range(count):
        connection = Connection((host, int(port)), paths, number * 7)
        connections[connection.socket.fileno()] = connection
        poll.register(connection.socket, select.EPOLLIN)
    requests = size = 0
    firsts = []
    start = time.monotonic()
    while time.monotonic() - start < seconds:
        for file, _ in poll.poll(1):
            connection = connections[file]
            done = connection.take()
            if done is not None:
                requests += 1
                size += done
                firsts.append(connection.first)
                connection.ask()
    firsts.sort()
    print(json.dumps({
        "requests": requests, "bytes": size, "seconds": time.monotonic() - start,
        "first": firsts[len(firsts) // 2] if firsts else None, "first99": firsts[len(firsts) * 99 // 100] if firsts else None}))


if __name__ == "__main__":
    os.sched_setaffinity(0, {1} if os.cpu_count() > 1 else {0})
    main()

"""The servers that are measured, each on core 0: Keyway, nginx with a file of 16 bytes, Node with `peer.mjs`."""
import os
import re
import socket
import subprocess
import sys
import time

from tokens import AUDIENCE, ISSUER, SECRET

HERE = os.path.dirname(os.path.abspath(__file__))
ON_CORE_0 = ["taskset", "-c", "0"]


class Server:
    """A running server: its address and the processes whose time counts."""

    def __init__(self, process, address, pids=None):
        self.process = process
        self.address = address
        self.pids = pids or [process.pid]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)


def listening(process):
    for line in process.stdout:
        if found := re.match(r"listening keys (\S+)", line):
            return found[1]
    sys.exit("bench: a server did not start")


def keyway(binary, tls=None):
    """The key service; `tls` is a certificate and its key."""
    environment = dict(os.environ, KEYWAY_LISTEN_ORIGIN="127.0.0.1:0", KEYWAY_LISTEN_KEYS="127.0.0.1:0")
    if tls:
        environment["KEYWAY_TLS_KEYS_CERTIFICATE"], environment["KEYWAY_TLS_KEYS_KEY"] = tls
    process = subprocess.Popen([*ON_CORE_0, binary, "serve", "--roles", "keys"], stdout=subprocess.PIPE, text=True,
                               env=environment)
    return Server(process, listening(process))


def node(tls=None):
    process = subprocess.Popen([*ON_CORE_0, "node", HERE + "/peer.mjs", ISSUER, AUDIENCE, *(tls or [])],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    process.stdin.write(SECRET)
    process.stdin.close()
    return Server(process, listening(process))


def nginx(folder, tls=None):
    """With one worker."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    os.makedirs(folder + "/root", exist_ok=True)
    with open(folder + "/root/key", "wb") as file:
        file.write(b"0123456789abcdef")
    # The folder is the caller's alone.
    user = "user root;" if os.geteuid() == 0 else ""
    listen = f"listen 127.0.0.1:{port}{' ssl' if tls else ''};"
    if tls:
        listen += f" ssl_certificate {tls[0]}; ssl_certificate_key {tls[1]}; ssl_protocols TLSv1.3;"
    with open(folder + "/nginx.conf", "w", encoding="ascii") as file:
        file.write(f"""{user} daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
            events {{ worker_connections 1024; }}
            http {{ access_log off; keepalive_requests 1000000000; server {{ {listen} root {folder}/root; }} }}""")
    process = subprocess.Popen([*ON_CORE_0, "nginx", "-p", folder, "-c", folder + "/nginx.conf"])
    time.sleep(1)
    workers = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=False)
    return Server(process, f"{'https' if tls else 'http'}://127.0.0.1:{port}", [int(pid) for pid in workers.stdout.split()])

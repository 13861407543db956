"""Load from wrk, and what it costs a server: CPU time, which other work on the machine disturbs less than rates."""
import http.client
import os
import re
import ssl
import subprocess
import sys
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
TICK = os.sysconf("SC_CLK_TCK")
CONNECTIONS = 64


def cpu(pids):
    """CPU seconds of processes so far, of user and system."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICK


def resident(pid):
    """Resident memory in MB."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1]) / 1024


class Requests:
    """Requests to be sent in turn, with the status that all of them must have."""

    def __init__(self, folder, name, lines, status=200, body=None):
        self.status = status
        self.body = body
        self.first = lines[0].split("\t")
        self.file = os.path.join(folder, name + ".requests")
        with open(self.file, "w", encoding="ascii") as file:
            file.writelines(line + "\n" for line in lines)
        self.body_file = self.file + ".body"
        if body is not None:
            with open(self.body_file, "wb") as file:
                file.write(body)

    @property
    def method(self):
        return "GET" if self.body is None else "POST"

    def arguments(self):
        return [self.method, self.file] + ([] if self.body is None else [self.body_file])

    def ask_once(self, address):
        """The status and body of the first one, asked without wrk."""
        url = urllib.parse.urlsplit(address)
        if url.scheme == "https":
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            connection = http.client.HTTPSConnection(url.netloc, timeout=10, context=context)
        else:
            connection = http.client.HTTPConnection(url.netloc, timeout=10)
        headers = {"Authorization": "Bearer " + self.first[1]} if len(self.first) > 1 else {}
        if self.body is not None:
            headers["Content-Type"] = "application/json"
        connection.request(self.method, self.first[0], self.body, headers)
        answer = connection.getresponse()
        result = answer.status, answer.read()
        connection.close()
        return result


def send(address, requests, seconds):
    """One run of wrk on core 1: how many requests, and their 99th percentile."""
    command = ["timeout", str(seconds + 30), "taskset", "-c", "1", "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s",
               "--latency", "-s", HERE + "/requests.lua", address, "--", *requests.arguments()]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.exit(f"bench: wrk ended with {run.returncode}: {run.stdout}{run.stderr}")
    count = int(re.search(r"(\d+) requests in", run.stdout)[1])
    refused = int((re.search(r"Non-2xx or 3xx responses: (\d+)", run.stdout) or [0, 0])[1])
    if count == 0 or refused != (count if requests.status >= 400 else 0) or "Socket errors" in run.stdout:
        sys.exit(f"bench: {requests.file}: {run.stdout}")
    return count, re.search(r"^\s+99%\s+(\S+)", run.stdout, re.MULTILINE)[1]


class Measurement:
    """CPU microseconds a request over several runs."""

    def __init__(self, name):
        self.name = name
        self.runs = []
        self.rate = 0
        self.p99 = ""

    def add(self, address, pids, requests, seconds):
        before = cpu(pids)
        count, p99 = send(address, requests, seconds)
        self.runs.append((cpu(pids) - before) / count * 1e6)
        if count / seconds > self.rate:
            self.rate, self.p99 = count / seconds, p99

    @property
    def least(self):
        return min(self.runs)


def measure(name, address, pids, requests, seconds, repetitions):
    status, body = requests.ask_once(address)
    if status != requests.status:
        sys.exit(f"bench: {name}: {status} {body[:300]} instead of {requests.status}")
    # What is compiled or remembered at first sight is not what a request costs.
    send(address, requests, 1)
    result = Measurement(name)
    for _ in range(repetitions):
        result.add(address, pids, requests, seconds)
    print(f"{name:44} {result.least:7.1f} us CPU (to {max(result.runs):.1f}) "
          f"{result.rate:8.0f} requests/s  p99 {result.p99}", file=sys.stderr, flush=True)
    return result

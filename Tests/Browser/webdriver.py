"""Headless Chromium through a chromedriver of our own. Only the standard library: W3C WebDriver is JSON over HTTP."""
import http.client
import json
import os
import signal
import socket
import subprocess
import time

WHOLE_TIMEOUT = 290


def out_of_time(*_):
    raise TimeoutError(f"not done in {WHOLE_TIMEOUT} s")


class Driver:
    """A chromedriver of our own, in a process group of its own, and one session with it."""

    def __init__(self, chromedriver, chromium, wishes=None):
        """wishes: capabilities besides the browser's own."""
        self.session = None
        self.patience = time.monotonic() + WHOLE_TIMEOUT * 2 / 3
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [chromedriver, f"--port={self.port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True)
        try:
            self.begin(chromium, wishes or {})
        except BaseException:
            self.close()
            raise

    def begin(self, chromium, wishes):
        while True:
            try:
                if self.call("GET", "/status")["ready"]:
                    break
            except OSError:
                if self.process.poll() is not None:
                    raise RuntimeError(f"chromedriver ended with {self.process.returncode}") from None
            time.sleep(0.1)
        arguments = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,1000",
                     "--autoplay-policy=no-user-gesture-required"]
        options = {"args": arguments}
        if chromium:
            options["binary"] = chromium
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, **wishes}
        self.session = self.call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]

    def call(self, method, path, body=None, timeout=120):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        prefix = f"/session/{self.session}" if self.session and not path.startswith("/status") else ""
        connection.request(method, prefix + path, json.dumps(body) if body is not None else None)
        answer = json.loads(connection.getresponse().read())["value"]
        if isinstance(answer, dict) and answer.get("error"):
            raise RuntimeError(answer.get("message", answer["error"]))
        return answer

    def script(self, code, *arguments):
        return self.call("POST", "/execute/sync", {"script": code, "args": list(arguments)})

    def close(self):
        signal.alarm(0)
        try:
            if self.session:
                self.call("DELETE", "", timeout=5)
        except (OSError, RuntimeError, http.client.HTTPException, ValueError):
            pass  # The group is ended below in any case.
        for which in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, which)
                self.process.wait(3)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                pass

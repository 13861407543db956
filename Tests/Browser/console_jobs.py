#!/usr/bin/env python3
"""The console's pages of jobs, where a server has jobs: they appear with its specification and follow its events.

A stand-in before a real server answers the routes of jobs, one job of which goes on while it is looked at; everything else is the
real server's. Arguments and input are those of console.py.
"""
import argparse
import base64
import http.client
import http.server
import json
import os
import signal
import sys
import threading
import time
import urllib.parse

from console import HOSTILE, Failed, Walk
from webdriver import Driver, out_of_time

RUNNING, QUEUED = "7d0e2c4a-54f2-4a6a-9f0d-0a5bb0a1c001", "7d0e2c4a-54f2-4a6a-9f0d-0a5bb0a1c002"


class Jobs:
    """Two jobs: one that a worker has, whose progress the test drives, and one that failed with a hostile message."""

    def __init__(self):
        self.changed, self.watchers = threading.Condition(), 0
        self.jobs = {id: self.job(id, **more) for id, more in [
            (RUNNING, {"state": "processing"}), (QUEUED, {"state": "error", "errorCode": "unreadable", "errorMessage": HOSTILE})]}

    @staticmethod
    def job(id, **more):
        return {"id": id, "asset": "film", "transform": "ladder", "priority": 0, "progress": 0.25, "correlation": {"order": HOSTILE},
                "created": "2026-11-21T20:00:00Z", "started": "2026-11-21T20:00:01Z", **more}

    def change(self, id, **more):
        with self.changed:
            self.jobs[id].update(more)
            self.changed.notify_all()

    def details(self, id):
        job = self.jobs[id]
        task = {"state": job["state"], "attempt": 1, "after": [], "progress": job["progress"], "result": {}}
        return {"job": job, "inputs": ["/media/" + HOSTILE], "warnings": [HOSTILE], "remaining": 75, "tasks": [
            {**task, "name": "encode", "kind": "encode"}, {**task, "name": "publish", "kind": "publish", "after": ["encode"], "state": "queued"}]}


def paths():
    def route(role, **more):
        return {"x-keyway-role": role, "responses": {}, **more}
    state = {"name": "state", "in": "query", "schema": {"enum": ["queued", "processing", "finished", "error"]}}
    found = {"/v1/jobs": {"get": route("reader", parameters=[state]), "post": route("operator", requestBody={})},
             "/v1/jobs/{id}": {"get": route("reader")}, "/v1/jobs/{id}/events": {"get": route("reader")},
             "/v1/transforms": {"get": route("reader")}, "/v1/transforms/{name}": {"get": route("reader")}}
    for verb in ["cancel", "pause", "resume", "retry"]:
        found[f"/v1/jobs/{{id}}/{verb}"] = {"post": route("operator")}
    return found


class StandIn(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    jobs, upstream = Jobs(), ""

    def log_message(self, *_):
        pass

    def answer(self, status, body, headers=()):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def handle_one(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urllib.parse.urlsplit(self.path).path.strip("/").split("/")
        if parts[:2] == ["v1", "jobs"]:
            return self.of_jobs(parts[2:], body)
        if parts[:2] == ["v1", "transforms"]:
            ladder = {"name": "ladder", "description": HOSTILE}
            return self.answer(200, {**ladder, "kind": "Transform", "tasks": [{"name": "encode", "kind": "encode"}]} if parts[2:] else
                               {"transforms": [{**ladder, "builtIn": False, "tasks": ["encode", "publish"]}]})
        connection = http.client.HTTPConnection(self.upstream, timeout=60)
        connection.request(self.command, self.path, body or None, {
            name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection", "content-length")})
        found = connection.getresponse()
        data = found.read()
        if self.path == "/v1/openapi.json":
            specification = json.loads(data)
            specification["paths"].update(paths())
            data = json.dumps(specification).encode()
        return self.answer(found.status, data, found.getheaders())

    do_GET = do_POST = do_PUT = do_DELETE = handle_one

    def of_jobs(self, rest, body):
        if self.headers.get("Authorization", "")[:7] != "Bearer ":
            return self.answer(401, {"status": 401, "code": "unauthenticated", "detail": "no token"})
        if not rest:
            if self.command == "POST":
                asked = json.loads(body)
                if not asked["inputs"][0].startswith("/"):
                    return self.answer(422, {"status": 422, "code": "invalid", "detail": f"not absolute: {asked['inputs'][0]}"})
                return self.answer(200, self.jobs.details(QUEUED))
            wanted = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query).get("state", [None])[0]
            jobs = [job for job in self.jobs.jobs.values() if wanted in (None, job["state"])]
            return self.answer(200, {"jobs": jobs})
        if rest[1:] == ["events"]:
            return self.events(rest[0])
        if rest[1:]:
            self.jobs.change(rest[0], state={"pause": "paused", "resume": "processing"}.get(rest[1], "canceled"))
        return self.answer(200, self.jobs.details(rest[0]))

    def events(self, id):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.jobs.watchers += 1
        try:
            while True:
                with self.jobs.changed:
                    self.jobs.changed.wait(5)
                event = {"event": "TaskProgress", "progress": self.jobs.jobs[id]["progress"]}
                self.wfile.write(f"event: progress\r\ndata: {json.dumps(event)}\r\n\r\n".encode())
                self.wfile.flush()
        except OSError:
            self.jobs.watchers -= 1
            self.close_connection = True


def walk_jobs(walk, jobs):
    walk.open("/console/")
    walk.sign_in("operator")
    walk.go("jobs")
    walk.shows("25 %")
    walk.shows(HOSTILE)
    walk.keep("jobs")
    jobs.change(RUNNING, progress=0.5)
    walk.shows("50 %")
    walk.driver.script("const s = document.querySelector('select[name=state]'); s.value = 'finished'; "
                       "s.dispatchEvent(new Event('input', { bubbles: true }))")
    walk.shows("No job is like that.")
    walk.click("New job")
    walk.type("dialog input[name=asset]", "film")
    walk.type("dialog textarea", "relative.mp4")
    walk.click("Submit", "dialog")
    walk.shows("not absolute", "dialog")
    walk.click("Cancel", "dialog")
    walk.go(f"jobs/{RUNNING}")
    walk.shows("about 1:15")
    # From here on only events tell: the page is not asked again by the clock.
    walk.driver.script("window.keyway.live = false")
    for share in (60, 73):
        jobs.change(RUNNING, progress=share / 100)
        walk.shows(f"{share} %")
    walk.keep("job")
    walk.click("Pause")
    walk.click("Pause", "dialog")
    walk.shows("paused", ".facts")
    walk.button("Resume")
    jobs.change(RUNNING, state="finished", progress=1, version=2)
    walk.shows("finished", ".facts")
    walk.must("Pause" not in walk.text("main"), "a job that ended can be paused")
    walk.driver.script("window.keyway.live = true")
    walk.go("transforms")
    walk.shows(HOSTILE)
    walk.keep("transforms")
    walk.go("transforms/ladder")
    walk.shows("kind: Transform")
    # Whoever leaves the page no longer holds a connection.
    jobs.change(RUNNING, progress=1)
    for _ in range(300):
        if jobs.watchers == 0:
            break
        jobs.change(RUNNING, progress=1)
        time.sleep(0.1)
    walk.must(jobs.watchers == 0, "the events are still followed")
    walk.click("Sign out")
    walk.sign_in("reader")
    walk.go(f"jobs/{QUEUED}")
    walk.shows("unreadable")
    walk.keep("job-failed")
    walk.must(not walk.driver.script("return document.querySelectorAll('main button').length"), "a reader is offered verbs")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", required=True, help="where screenshots and texts go")
    parser.add_argument("--chromedriver", default="chromedriver")
    parser.add_argument("--chromium")
    options = parser.parse_args()
    signal.signal(signal.SIGALRM, out_of_time)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    signal.alarm(290)
    site = json.load(sys.stdin)
    StandIn.upstream = site["admin"].removeprefix("http://")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), StandIn)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    site["admin"] = f"http://127.0.0.1:{server.server_port}"
    driver, walk, outcome = None, None, {"good": False}
    try:
        driver = Driver(options.chromedriver, options.chromium, {"goog:loggingPrefs": {"browser": "ALL"}})
        walk = Walk(driver, site, options.folder)
        walk_jobs(walk, StandIn.jobs)
        complaints = walk.complaints([422])
        if complaints:
            raise Failed(f"the browser complains: {complaints}")
        outcome = {"good": True, "pages": len(walk.pages)}
    except (Failed, OSError, RuntimeError, http.client.HTTPException, ValueError) as error:
        outcome["error"] = f"{type(error).__name__}: {error}"
        if walk:
            with open(os.path.join(options.folder, "failed.png"), "wb") as file:
                file.write(base64.b64decode(driver.call("GET", "/screenshot")))
    finally:
        if walk:
            with open(os.path.join(options.folder, "pages.html"), "w", encoding="utf-8") as file:
                file.write("\n".join(walk.pages))
        if driver:
            driver.close()
    print(json.dumps(outcome))
    return 0 if outcome["good"] else 1


if __name__ == "__main__":
    sys.exit(main())

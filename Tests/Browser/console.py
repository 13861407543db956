#!/usr/bin/env python3
"""Walks through the operators' console in headless Chromium, as an operator, a reader and a key admin would.

Standard input: {"admin", "tokens": {role: token}, "viewer", "hostile", "asset", "spare"}. Writes screenshots and the text of
every page into a folder, and prints one JSON line; exit 0 when everything was as it must be, else 1. Whatever the browser's
console complains of, and every breach of the content policy, is a failure.
"""
import argparse
import base64
import http.client
import json
import os
import signal
import sys
import time
import urllib.parse

from webdriver import Driver, out_of_time

HOSTILE = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>"\'`${7*7}'
PLAYABLE = [("mpd-time-cmaf", "cenc"), ("mpd-time-cmaf", "none"), ("m3u8-cmaf", "envelope"), ("m3u8-cmaf", "cbcs"), ("m3u8-cmaf", "none"),
            ("m3u8-aapl", "envelope"), ("m3u8-aapl", "none"), ("progressive", "none")]
ENTER, ESCAPE, TAB = "\ue007", "\ue00c", "\ue004"

# Text that a reader cannot tell from its background: WCAG 2.2, 1.4.3.
CONTRAST = """
const parse = (text) => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  canvas.fillStyle = text; canvas.clearRect(0, 0, 1, 1); canvas.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
  return [r, g, b, a / 255];
};
const light = ([r, g, b]) => {
  const [x, y, z] = [r, g, b].map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * x + 0.7152 * y + 0.0722 * z;
};
const behind = (element) => {
  for (let one = element; one; one = one.parentElement) {
    const colour = parse(getComputedStyle(one).backgroundColor);
    if (colour[3] > 0.99) return colour;
  }
  return parse(getComputedStyle(document.documentElement).colorScheme.includes("dark")
    && matchMedia("(prefers-color-scheme: dark)").matches ? "#121212" : "#fff");
};
const poor = new Set();
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node = walker.nextNode(); node; node = walker.nextNode()) {
  const element = node.parentElement;
  if (!node.textContent.trim() || !element.checkVisibility({ opacityProperty: true }) || element.closest(":disabled")) continue;
  const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))];
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (ratio < 4.5) poor.add(`${ratio.toFixed(2)}: ${element.tagName}.${element.className} ${node.textContent.trim().slice(0, 30)}`);
}
return [...poor];
"""

# Controls without a name, and pictures without a text for those who do not see them.
NAMELESS = """
const named = (one) => one.getAttribute("aria-label") || one.textContent.trim() || one.labels?.length
  || one.getAttribute("aria-labelledby");
return [...document.querySelectorAll("button, a, input, select, textarea, dialog, [role=region], nav, img")]
  .filter((one) => one.tagName === "IMG" ? !one.hasAttribute("alt") : !named(one)).map((one) => one.outerHTML.slice(0, 120));
"""


class Failed(Exception):
    """What was to be seen was not."""


class Walk:
    """One browser, and what it has seen."""

    def __init__(self, driver, site, folder):
        self.driver, self.site, self.folder = driver, site, folder
        self.count, self.pages = 0, []

    # What a person does

    def open(self, path):
        self.driver.call("POST", "/url", {"url": self.site["admin"] + path})

    def go(self, address):
        """Goes to a page of the console, and waits for what the server says."""
        self.driver.script("location.hash = arguments[0]", "#/" + address)
        self.drawn("#/" + address)

    def drawn(self, address):
        self.until(f"return window.keyway?.page === {json.dumps(address)} && window.keyway.drawn > 0", f"page {address}")

    def find(self, selector):
        found = self.driver.call("POST", "/element", {"using": "css selector", "value": selector})
        return next(iter(found.values()))

    def button(self, text, within="body"):
        """The element id of a visible button or link of that name."""
        found = self.driver.script("""
            const [text, within] = arguments;
            return [...document.querySelectorAll(within + " button, " + within + " a, " + within + " summary")].find((one) =>
              one.checkVisibility() && (one.getAttribute("aria-label") ?? one.textContent).trim() === text) ?? null;
            """, text, within)
        if not found:
            raise Failed(f"there is no button {text!r} on {self.address()}")
        return next(iter(found.values()))

    def click(self, text, within="body"):
        self.driver.call("POST", f"/element/{self.button(text, within)}/click", {})

    def type(self, selector, text):
        element = self.find(selector)
        self.driver.call("POST", f"/element/{element}/clear", {})
        self.driver.call("POST", f"/element/{element}/value", {"text": text})

    def press(self, key):
        keys = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self.driver.call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": keys}]})

    # What a person sees

    def address(self):
        return self.driver.script("return location.href")

    def text(self, selector="body"):
        return self.driver.script("return document.querySelector(arguments[0])?.innerText ?? ''", selector)

    def until(self, condition, what):
        end = min(self.driver.patience, time.monotonic() + 60)
        while time.monotonic() < end:
            if self.driver.script(condition):
                return
            time.sleep(0.1)
        raise Failed(f"{what} never came; the page says: {self.text()[:800]}")

    def shows(self, text, selector="body"):
        self.until(f"return (document.querySelector({json.dumps(selector)})?.innerText ?? '').includes({json.dumps(text)})",
                   f"{text!r} in {selector}")

    def must(self, holds, what):
        if not holds:
            raise Failed(f"{what}; on {self.address()}: {self.text()[:800]}")

    def keep(self, name):
        """A picture and the text of what is shown, held against what holds on every page."""
        self.count += 1
        self.pages.append(self.driver.script("return document.documentElement.outerHTML"))
        with open(os.path.join(self.folder, f"{self.count:02}-{name}.png"), "wb") as file:
            file.write(base64.b64decode(self.driver.call("GET", "/screenshot")))
        found = self.driver.script("""
            return {pwned: window.pwned ?? null, pictures: document.querySelectorAll("img:not([src$='icon.svg'])").length,
                    scripts: document.querySelectorAll("body script").length, errors: window.keyway.errors}""")
        self.must(found == {"pwned": None, "pictures": 0, "scripts": 0, "errors": []}, f"{name}: {found}")
        for what, script in [("has poor contrast", CONTRAST), ("has controls without names", NAMELESS)]:
            poor = self.driver.script(script)
            self.must(not poor, f"{name} {what}: {poor}")
        wide = self.driver.script("return document.documentElement.scrollWidth - innerWidth")
        self.must(wide <= 0, f"{name} is {wide} pixels wider than the window")

    def complaints(self, expected):
        """What the browser wrote on its console, without refusals that were meant."""
        entries = self.driver.call("POST", "/se/log", {"type": "browser"})
        return [entry["message"] for entry in entries
                if entry["level"] in ("SEVERE", "WARNING")
                and not (entry["source"] == "network" and any(f"status of {status}" in entry["message"] for status in expected))]

    def ask(self, method, path, body=None, role="key-admin"):
        """Asks the server as another client would."""
        host = self.site["admin"].removeprefix("http://")
        connection = http.client.HTTPConnection(host, timeout=60)
        headers = {"Authorization": "Bearer " + self.site["tokens"][role], "Content-Type": "application/json"}
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    def sign_in(self, role):
        self.until("return document.querySelector('#token') !== null", "the sign-in")
        self.type("#token", self.site["tokens"][role] + ENTER)
        self.until("return window.keyway.drawn > 0", "the first page")

    def emulate(self, scheme):
        self.driver.call("POST", "/goog/cdp/execute", {"cmd": "Emulation.setEmulatedMedia", "params": {
            "features": [{"name": "prefers-color-scheme", "value": scheme}]}})

    def resize(self, width, height):
        self.driver.call("POST", "/goog/cdp/execute", {"cmd": "Emulation.setDeviceMetricsOverride", "params": {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}})


# What is walked through


def nobody(walk):
    """Without a token there is the sign-in and nothing else."""
    walk.open("/")
    walk.until("return document.querySelector('#token') !== null", "the sign-in")
    walk.must(walk.address().endswith("/console/"), "the way from / leads elsewhere")
    walk.must(walk.driver.script("return document.activeElement.id") == "token", "the keyboard is elsewhere")
    walk.must(not walk.driver.script("return document.querySelector('#bar').checkVisibility()"), "nobody sees the pages")
    statuses = walk.driver.script("""
        return Promise.all(["/v1/assets", "/v1/keys", "/v1/audit", "/v1/identity"].map((path) =>
          fetch(path).then(({ status }) => status)))""")
    walk.must(statuses == [401] * 4, f"nobody is answered {statuses}")
    walk.keep("sign-in")
    walk.driver.script("location.hash = '#/keys'")
    walk.must("Admin token" in walk.text(), "an address shows a page without a token")
    walk.type("#token", "kwa_" + "x" * 43 + ENTER)
    walk.shows("unauthenticated")
    walk.keep("sign-in-refused")
    walk.driver.script("location.hash = ''")


def operator(walk):
    asset, site = walk.site["asset"], walk.site
    walk.sign_in("operator")
    walk.shows(asset)
    walk.keep("assets")
    walk.type("input[name=search]", "nothing-has-this-name")
    walk.shows("No asset's name has")
    walk.type("input[name=search]", asset[:3])
    walk.shows(asset)
    publish(walk)
    takedown(walk)
    live(walk)
    walk.go(f"assets/{asset}")
    walk.click("Serve version 1")
    walk.click("Serve it", "dialog")
    walk.shows("Another version is served")
    walk.click("Close", "dialog")
    policies(walk)
    keys(walk)
    revocations(walk)
    for page in ["endpoints", "endpoints/default", "audit", "system"]:
        walk.go(page)
        walk.keep(page.replace("/", "-"))
    walk.click("Verify")
    walk.shows("intact")
    audit(walk)
    links = walk.driver.script("return [...document.querySelectorAll('#pages a')].map((one) => one.textContent)")
    walk.must("Encryptors" not in links and "Admin tokens" not in links, f"an operator sees {links}")
    # Whoever types the address is told, and the server would refuse.
    walk.go("tokens")
    walk.shows("your role")
    walk.must(walk.ask("GET", "/v1/admin-tokens", role="operator")[0] == 403, "an operator may see admin tokens")
    site["seen"] = True


def publish(walk):
    spare = walk.site["spare"]
    walk.go(f"publish/{spare}")
    walk.until("return document.querySelector('form.card') !== null", "the form")
    walk.keep("publish")
    walk.click("Publish", "main")
    walk.shows("malformed")
    for box in ["hls-aes", "dash-cenc"]:
        walk.driver.call("POST", f"/element/{walk.find(f'input[value={box}]')}/click", {})
    walk.driver.script("document.querySelector('select[name=authorizationPolicy]').value = 'demo-viewers'")
    walk.click("Publish", "main")
    walk.shows("mpd-time-cmaf")
    walk.keep("published")
    status, list_ = walk.ask("GET", f"/v1/locators?asset={spare}", role="reader")
    walk.must(status == 200 and len(list_["locators"]) == 1, f"it was not published once: {list_}")
    walk.site["locator"] = list_["locators"][0]["id"]
    walk.go(f"locators/{walk.site['locator']}")
    walk.shows("mpd-time-cmaf")
    walk.keep("locator")


def takedown(walk):
    spare = walk.site["spare"]
    stream = walk.ask("GET", f"/v1/locators/{walk.site['locator']}")[1]["streams"][0]["url"]
    walk.must(fetched(stream) == 200, "the stream was not served before")
    walk.go(f"assets/{spare}")
    walk.keep("asset")
    walk.click("Take down")
    walk.press(ESCAPE)
    walk.until("return !document.querySelector('dialog')", "the end of the dialog")
    walk.must(walk.driver.script("return document.activeElement.textContent") == "Take down", "the keyboard lost its place")
    walk.click("Take down")
    walk.type("dialog textarea", HOSTILE)
    walk.keep("takedown")
    walk.click("Take down", "dialog")
    walk.shows("Paths to purge")
    walk.keep("purge")
    walk.click("Close", "dialog")
    walk.shows("taken down", ".facts")
    walk.shows(HOSTILE, ".facts")
    walk.keep("taken-down")
    eventually(lambda: fetched(stream) != 200, "the stream is served although it was taken down")
    walk.click("Restore")
    walk.click("Restore", "dialog")
    walk.shows("ready", ".facts")
    eventually(lambda: fetched(stream) == 200, "the stream is not served again")


def live(walk):
    """What somebody else does is seen without a reload."""
    walk.go("assets")
    walk.driver.script("window.unchanged = true")
    spare = walk.site["spare"]
    walk.must("taken down" not in walk.text(), "an asset is taken down already")
    walk.must(walk.ask("POST", f"/v1/assets/{spare}/takedown", {"reason": "elsewhere"})[0] == 200, "not taken down")
    walk.shows("taken down")
    walk.must(walk.ask("POST", f"/v1/assets/{spare}/restore")[0] == 200, "not restored")
    walk.until("return !document.body.innerText.includes('taken down')", "the restored asset")
    walk.must(walk.driver.script("return window.unchanged === true"), "the page was loaded again")


def policies(walk):
    for page in ["policies", "policies/authorization/demo-viewers", "policies/delivery/dash-cenc"]:
        walk.go(page)
        walk.keep(page.replace("/", "-"))
    # What is shown can be put back as it is: for every policy there is.
    for kind in ["authorization", "delivery"]:
        for policy in walk.ask("GET", f"/v1/policies/{kind}")[1]["policies"]:
            walk.go(f"policies/{kind}/{policy['name']}")
            walk.driver.script("document.querySelector('#said').textContent = ''")
            walk.click("Edit")
            walk.click("Store")
            walk.shows("That is what it said already.", "#said")
            walk.until("return !document.querySelector('textarea')", "the end of the editor")
    walk.click("Edit")
    walk.type("textarea[name=document]", "protocols: [hls\nencryption: " + HOSTILE)
    walk.click("Store")
    walk.until("return document.querySelector('.failure') !== null", "the refusal")
    walk.keep("policy-refused")
    walk.go("policies/new/delivery")
    walk.type("input[name=name]", "of-the-console")
    walk.click("Store")
    walk.drawn("#/policies/delivery/of-the-console")
    walk.keep("policy-made")
    walk.click("Delete")
    walk.click("Delete", "dialog")
    walk.drawn("#/policies")
    walk.until("return !document.querySelector('main').innerText.includes('of-the-console')", "the deletion")
    policy_test(walk)


def policy_test(walk):
    key = next(key["keyId"] for key in walk.ask("GET", f"/v1/assets/{walk.site['asset']}")[1]["keys"]
               if key["encryption"] == "envelope")
    walk.site["key"] = key
    walk.go(f"policy-test?key={key}")
    walk.click("Test")
    walk.shows("The key would not be given")
    walk.keep("policy-test-denied")
    walk.type("textarea[name=token]", walk.site["viewer"])
    walk.click("Test")
    walk.shows("The key would be given")
    walk.keep("policy-test-granted")
    walk.type("textarea[name=token]", walk.site["hostile"])
    walk.click("Test")
    walk.until("return document.querySelector('.verdict') !== null", "the verdict")
    walk.type("input[name=keyId]", "<b>no-uuid</b>")
    walk.click("Test")
    walk.shows("/keyId")
    walk.keep("policy-test-refused")


def keys(walk):
    walk.go("keys")
    walk.keep("keys")
    walk.go("keys?state=disabled")
    walk.shows("No key is like that.")
    walk.go(f"keys/{walk.site['key']}")
    walk.shows("Wrapped under KEK")
    walk.must("Rotate" not in walk.text("main") and "Delete" not in walk.text("main"), "an operator is offered too much")
    walk.click("Disable")
    walk.click("Disable", "dialog")
    walk.shows("disabled", ".facts")
    walk.keep("key-disabled")
    walk.click("Enable")
    walk.click("Enable", "dialog")
    walk.shows("enabled", ".facts")


def revocations(walk):
    walk.go("revocations")
    walk.shows("Nothing is revoked.")
    walk.click("Revoke")
    walk.driver.script("document.querySelector('dialog select').value = 'subject'")
    walk.type("dialog input[name=value]", HOSTILE)
    walk.type("dialog input[name=issuer]", HOSTILE)
    walk.type("dialog input[name=reason]", HOSTILE)
    walk.type("dialog input[name=expires]", HOSTILE)
    walk.click("Revoke", "dialog")
    walk.shows("expires")
    walk.keep("revocation-refused")
    walk.type("dialog input[name=expires]", "30d")
    walk.click("Revoke", "dialog")
    walk.until("return !document.querySelector('dialog')", "the revocation")
    walk.shows(HOSTILE)
    walk.keep("revocations")
    walk.click(f"Remove subject {HOSTILE}")
    walk.click("Remove", "dialog")
    walk.shows("Nothing is revoked.")


def audit(walk):
    """Every text of a viewer's token ends in the log, whoever made the token."""
    walk.go("audit")
    walk.type("input[name=text]", "onerror")
    walk.shows(HOSTILE)
    walk.until("return !document.body.innerText.includes('keyEnabled')", "the filter")
    walk.keep("audit-hostile")
    walk.type("input[name=text]", walk.site["key"])
    walk.driver.script("const s = document.querySelector('select[name=group]'); s.value = 'decisions'; "
                       "s.dispatchEvent(new Event('input', { bubbles: true }))")
    walk.until("const rows = [...document.querySelectorAll('tbody tr')]; "
               "return rows.length > 0 && rows.every((row) => row.querySelector('a[aria-label^=Explain]'))", "only decisions")
    walk.driver.script("document.querySelector('button[aria-label^=Details]').click()")
    walk.shows("requestID", "dialog")
    walk.keep("audit-details")
    walk.click("Close", "dialog")
    # The newest decision may be another one: the one of the hostile token is wanted.
    walk.driver.script("[...document.querySelectorAll('tbody tr')].find((row) => row.innerText.includes('onerror'))"
                       ".querySelector('a[aria-label^=Explain]').click()")
    walk.until("return document.querySelector('.verdict') !== null", "the explanation")
    walk.shows(HOSTILE)
    walk.keep("explain")


def player(walk):
    """The player plays with a viewer's token and not without, in a tab that never has the operator's."""
    walk.go(f"locators/{walk.site['locator']}")
    walk.shows("mpd-time-cmaf")
    main = walk.driver.call("GET", "/window")
    walk.click("Play mpd-time-cmaf, cenc (opens a new tab)")
    while len(walk.driver.call("GET", "/window/handles")) < 2 and time.monotonic() < walk.driver.patience:
        time.sleep(0.1)
    tab = next(one for one in walk.driver.call("GET", "/window/handles") if one != main)
    walk.driver.call("POST", "/window", {"handle": tab})
    walk.until("return window.keyway !== undefined && document.querySelector('#url').value !== ''", "the player")
    walk.must(walk.driver.script("return sessionStorage.length + localStorage.length + document.cookie.length") == 0,
              "the player's tab holds something of the operator's")
    walk.click("Play")
    walk.until("return window.keyway.state === 'refused'", "the refusal without a token")
    walk.keep("player-refused")
    walk.type("#token", walk.site["viewer"])
    walk.click("Play")
    walk.until("return window.keyway.state === 'playing'", "the picture")
    walk.keep("player-playing")
    walk.type("#url", walk.driver.script("return document.querySelector('#url').value").replace("127.0.0.1", "127.0.0.9"))
    walk.click("Play")
    walk.shows("may not reach it")
    walk.driver.script("window.keyway.errors.length = 0")
    walk.keep("player-elsewhere")
    for stream in streams(walk):
        walk.open("/console/play/#" + urllib.parse.urlencode({"url": stream["url"]}))
        walk.driver.call("POST", "/refresh", {})
        walk.until("return window.keyway !== undefined && document.querySelector('#url').value !== ''", "the player")
        walk.type("#token", walk.site["viewer"])
        walk.click("Play")
        walk.until("return ['playing', 'refused', 'error'].includes(window.keyway.state)", f"an end of {stream}")
        walk.must(walk.driver.script("return window.keyway.state === 'playing' && !window.keyway.errors.length"), f"{stream}")
    walk.must(any("Content Security Policy" in words for words in walk.complaints([401, 403])), "another server was asked")
    walk.driver.call("DELETE", "/window")
    walk.driver.call("POST", "/window", {"handle": main})


def streams(walk):
    """Every stream of the first asset that the console offers to play."""
    found = []
    for locator in walk.ask("GET", f"/v1/locators?asset={walk.site['asset']}")[1]["locators"]:
        shown = walk.ask("GET", f"/v1/locators/{locator['id']}")[1]["streams"]
        found += [one for one in shown if (one["format"], one["encryption"]) in PLAYABLE]
    if len({(one["format"], one["encryption"]) for one in found}) < 6:
        raise Failed(f"too few streams to play: {found}")
    return found


def reader(walk):
    """Whoever only reads sees everything a reader may, and no button that does something."""
    asset = walk.site["asset"]
    walk.click("Sign out")
    walk.must(walk.driver.script("return sessionStorage.length") == 0, "the token stays after signing out")
    walk.sign_in("reader")
    for page in ["assets", f"assets/{asset}", f"locators/{walk.site['locator']}", "policies", "policies/authorization/demo-viewers",
                 "policies/delivery/dash-cenc", "policy-test", "keys", f"keys/{walk.site['key']}", "revocations", "endpoints",
                 "endpoints/default", "audit", "system"]:
        walk.go(page)
        found = walk.driver.script("""
            return [...document.querySelectorAll("main button, main a.button")].map((one) => one.textContent.trim())""")
        more = set(found) - {"Copy", "Previous", "Next", "Older", "Newer", "Test", "Verify", "Play", "Details", "Explain"}
        walk.must(not more, f"a reader is offered {more}")
        if page in ("assets", f"assets/{asset}"):
            walk.keep("reader-" + page.replace("/", "-"))
    statuses = [walk.ask(method, path, body, role="reader")[0] for method, path, body in [
        ("POST", f"/v1/assets/{asset}/takedown", {}), ("POST", f"/v1/keys/{walk.site['key']}/disable", None),
        ("DELETE", f"/v1/locators/{walk.site['locator']}", None), ("POST", "/v1/endpoints/default/stop", None)]]
    walk.must(statuses == [403] * 4, f"a reader is answered {statuses}")


def key_admin(walk):
    walk.click("Sign out")
    walk.sign_in("key-admin")
    for page in ["encryptors", "origins", "tokens"]:
        walk.go(page)
        walk.keep(page)
    walk.go(f"keys/{walk.site['key']}")
    walk.button("Rotate")
    walk.keep("key")
    walk.go("system")
    walk.click("Rotate")
    walk.click("Rotate", "dialog")
    walk.shows("finished", ".progress")
    walk.keep("kek-rotated")
    # A token that is revoked elsewhere is of no use from the next request on.
    walk.must(walk.ask("POST", "/v1/admin-tokens", {"name": "short", "role": "reader"})[0] == 200, "no token was made")
    walk.must(walk.ask("DELETE", "/v1/admin-tokens/the-key-admin", role="key-admin")[0] == 200, "not revoked")
    walk.until("return document.querySelector('#token') !== null", "the sign-in after the revocation")
    walk.keep("signed-out")


def looks(walk):
    """Narrow windows and dark ones."""
    walk.sign_in("operator")
    asset = walk.site["asset"]
    pages = ["assets", f"assets/{asset}", "policies/authorization/demo-viewers", "keys", "audit", "system"]
    for scheme, size in [("dark", (1280, 1000)), ("light", (400, 860))]:
        walk.emulate(scheme)
        walk.resize(*size)
        for page in pages:
            walk.go(page)
            walk.keep(f"{'narrow' if size[0] < 500 else scheme}-{page.replace('/', '-')}")
    walk.resize(1280, 1000)
    walk.open("/console/")
    walk.until("return window.keyway?.drawn > 0", "the first page")
    walk.press(TAB)
    walk.must(walk.driver.script("return document.activeElement.className") == "skip", "the first stop is not the skip link")
    walk.press(ENTER)
    walk.must(walk.driver.script("return document.activeElement.id") == "main", "the skip link skips nothing")


def fetched(url):
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    connection.request("GET", parts.path)
    return connection.getresponse().status


def eventually(holds, what):
    for _ in range(200):
        if holds():
            return
        time.sleep(0.1)
    raise Failed(what)


PARTS = [nobody, operator, player, reader, looks, key_admin]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", required=True, help="where screenshots and texts go")
    parser.add_argument("--chromedriver", default="chromedriver")
    parser.add_argument("--chromium")
    options = parser.parse_args()
    signal.signal(signal.SIGALRM, out_of_time)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    signal.alarm(290)
    driver, walk, part, outcome = None, None, None, {"good": False}
    try:
        driver = Driver(options.chromedriver, options.chromium, {"goog:loggingPrefs": {"browser": "ALL"}})
        driver.patience = time.monotonic() + 250
        walk = Walk(driver, json.load(sys.stdin), options.folder)
        for part in PARTS:
            if part is looks:
                walk.click("Sign out")
            part(walk)
            complaints = walk.complaints([400, 401, 403, 404, 422])
            if complaints:
                raise Failed(f"the browser complains: {complaints}")
        outcome = {"good": True, "pages": len(walk.pages)}
    except (Failed, OSError, RuntimeError, http.client.HTTPException, ValueError) as error:
        outcome["error"] = f"{part.__name__ if part else 'start'}: {type(error).__name__}: {error}"
        if walk:
            outcome["complaints"] = walk.complaints([])
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

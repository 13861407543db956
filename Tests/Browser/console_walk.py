"""What walks through the operators' console share: a browser that does what a person would, and looks at every page that it
keeps: hostile texts, contrast, controls without names, complaints of the browser."""

import argparse
import base64
import http.client
import json
import os
import signal
import sys
import time

import webdriver
from webdriver import Driver, out_of_time

# A busy machine takes its time over so many pages.
webdriver.WHOLE_TIMEOUT = 570

HOSTILE = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>"\'`${7*7}'
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
  if (!node.textContent.trim() || element.closest(":disabled")) continue;
  if (!element.checkVisibility({ opacityProperty: true })) continue;
  const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))];
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const words = node.textContent.trim().slice(0, 30);
  if (ratio < 4.5) poor.add(`${ratio.toFixed(2)}: ${element.tagName}.${element.className} ${words}`);
}
return [...poor];
"""

# Controls without a name, and pictures without a text for those who do not see them.
NAMELESS = """
const named = (one) => one.getAttribute("aria-label") || one.textContent.trim() || one.labels?.length
  || one.getAttribute("aria-labelledby");
return [...document.querySelectorAll("button, a, input, select, textarea, dialog, [role=region], nav, img")]
  .filter((one) => one.tagName === "IMG" ? !one.hasAttribute("alt") : !named(one))
  .map((one) => one.outerHTML.slice(0, 120));
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
        self.until(
            f"return window.keyway?.page === {json.dumps(address)} && window.keyway.drawn > 0", f"page {address}"
        )

    def find(self, selector):
        found = self.driver.call("POST", "/element", {"using": "css selector", "value": selector})
        return next(iter(found.values()))

    def button(self, text, within="body"):
        """The element id of a visible button or link of that name."""
        found = self.driver.script(
            """
            const [text, within] = arguments;
            return [...document.querySelectorAll(`${within} button, ${within} a`)].find((one) =>
              one.checkVisibility() && (one.getAttribute("aria-label") ?? one.textContent).trim() === text) ?? null;
            """,
            text,
            within,
        )
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
        self.until(
            f"return (document.querySelector({json.dumps(selector)})?.innerText ?? '').includes({json.dumps(text)})",
            f"{text!r} in {selector}",
        )

    def must(self, holds, what):
        if not holds:
            raise Failed(f"{what}; on {self.address()}: {self.text()[:800]}")

    def keep(self, name):
        """A picture and the text of what is shown, held against what holds on every page."""
        self.count += 1
        self.driver.script(
            "const said = document.querySelector('#said'); "
            "if (said) { said.style.transition = 'none'; said.classList.remove('shown'); }"
        )
        self.pages.append(self.driver.script("return document.documentElement.outerHTML"))
        with open(os.path.join(self.folder, f"{self.count:02}-{name}.png"), "wb") as file:
            file.write(base64.b64decode(self.driver.call("GET", "/screenshot")))
        found = self.driver.script("""
            const pictures = document.querySelectorAll("img:not([src$='icon.svg'])").length;
            return {pwned: window.pwned ?? null, pictures,
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
        return [
            entry["message"]
            for entry in entries
            if entry["level"] in ("SEVERE", "WARNING")
            and not (
                entry["source"] == "network" and any(f"status of {status}" in entry["message"] for status in expected)
            )
        ]

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
        self.driver.call(
            "POST",
            "/goog/cdp/execute",
            {
                "cmd": "Emulation.setEmulatedMedia",
                "params": {"features": [{"name": "prefers-color-scheme", "value": scheme}]},
            },
        )

    def resize(self, width, height):
        self.driver.call(
            "POST",
            "/goog/cdp/execute",
            {
                "cmd": "Emulation.setDeviceMetricsOverride",
                "params": {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
            },
        )


def main(description, parts, refusals, prepare=lambda site: None):
    """Walks through parts, one after the other, and prints one JSON line.

    refusals: statuses of answers that are meant to be refused. prepare: is given the site before the browser starts.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--folder", required=True, help="where screenshots and texts go")
    parser.add_argument("--chromedriver", default="chromedriver")
    parser.add_argument("--chromium")
    options = parser.parse_args()
    signal.signal(signal.SIGALRM, out_of_time)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    signal.alarm(webdriver.WHOLE_TIMEOUT)
    driver, walk, part, outcome = None, None, None, {"good": False}
    try:
        site = json.load(sys.stdin)
        prepare(site)
        driver = Driver(options.chromedriver, options.chromium, {"goog:loggingPrefs": {"browser": "ALL"}})
        walk = Walk(driver, site, options.folder)
        for part in parts:
            part(walk)
            complaints = walk.complaints(refusals)
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

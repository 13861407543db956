#!/usr/bin/env python3
"""Walks through the operators' console in headless Chromium, as an operator, a reader and a key admin would.

Standard input: {"admin", "tokens": {role: token}, "viewer", "hostile", "asset", "spare", "slow"}. Writes screenshots and the text of
every page into a folder, and prints one JSON line; exit 0 when everything was as it must be, else 1. Whatever the browser
complains of, and every breach of the content policy, is a failure.
"""

import contextlib
import http.client
import os
import sys
import time
import urllib.parse

from console_walk import ENTER, ESCAPE, HOSTILE, TAB, Failed, main

PLAYABLE = [
    ("mpd-time-cmaf", "cenc"),
    ("mpd-time-cmaf", "none"),
    ("m3u8-cmaf", "envelope"),
    ("m3u8-cmaf", "cbcs"),
    ("m3u8-cmaf", "none"),
    ("m3u8-aapl", "envelope"),
    ("m3u8-aapl", "none"),
    ("progressive", "none"),
]

# What is walked through


def nobody(walk):
    """Without a token there is the sign-in and nothing else."""
    walk.open("/")
    walk.until("return document.querySelector('#token') !== null", "the sign-in")
    walk.must(walk.address().endswith("/console/"), "the way from / leads elsewhere")
    walk.must(walk.driver.script("return document.activeElement.id") == "token", "the keyboard is elsewhere")
    walk.must(
        not walk.driver.script("return document.querySelector('#bar').checkVisibility()"), "nobody sees the pages"
    )
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
    posters(walk)
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
    paging(walk)
    encode(walk)
    # Whoever types the address is told, and the server would refuse.
    walk.go("tokens")
    walk.shows("your role")
    walk.must(walk.ask("GET", "/v1/admin-tokens", role="operator")[0] == 403, "an operator may see admin tokens")
    site["seen"] = True


def posters(walk):
    """The asset that has a poster shows it; each look is written down once for a tab, however often pages are drawn."""
    asset = walk.site["asset"]
    walk.until(f"return document.querySelector('[data-row=\"{asset}\"] canvas[data-shown]') !== null", "the poster")
    found = walk.driver.script("""
        const all = [...document.querySelectorAll("canvas.poster")], [one] = all;
        const { data } = one.getContext("2d").getImageData(0, 0, one.width, one.height);
        return {count: all.length, shown: one.dataset.shown, name: one.getAttribute("aria-label"),
                colours: new Set(new Uint32Array(data.buffer)).size}""")
    walk.must(found["count"] == 1 and found["shown"] == "256x171" and asset in found["name"], f"posters: {found}")
    walk.must(found["colours"] > 100, f"the poster has {found['colours']} colours")
    walk.go(f"assets/{asset}")
    walk.until("return document.querySelector('canvas[data-shown]') !== null", "the poster of the asset's page")
    walk.shows("master.mp4")
    row = walk.driver.script("""
        return [...document.querySelectorAll("tbody tr")].map((one) => one.innerText)
          .find((text) => text.startsWith("master.mp4")) ?? ''""")
    files = walk.ask("GET", f"/v1/assets/{asset}/files")[1]["files"]
    file = next(one for one in files if one["name"] == "master.mp4")
    walk.must(file["sha256"] in row and "ready" in row and "kB" in row, f"the original is told as {row!r}")
    walk.driver.script("[...document.querySelectorAll('h2')].find((one) => one.textContent === 'Originals').scrollIntoView()")
    walk.keep("asset-with-originals")
    walk.go("assets")
    walk.until("return document.querySelector('canvas[data-shown]') !== null", "the poster again")
    records = walk.ask("GET", "/v1/audit?limit=200")[1]["records"]
    seen = [one["event"] for one in records if one["event"]["action"] == "assetPosterRead"]
    walk.must(len(seen) == 1 and seen[0].get("actor") == "the-operator", f"looks at posters: {seen}")


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
    walk.must(
        walk.driver.script("return document.activeElement.textContent") == "Take down", "the keyboard lost its place"
    )
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
    key = next(
        key["keyId"]
        for key in walk.ask("GET", f"/v1/assets/{walk.site['asset']}")[1]["keys"]
        if key["encryption"] == "envelope"
    )
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
    walk.must(
        "Rotate" not in walk.text("main") and "Delete" not in walk.text("main"), "an operator is offered too much"
    )
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
    walk.driver.script(
        "const s = document.querySelector('select[name=group]'); s.value = 'decisions'; "
        "s.dispatchEvent(new Event('input', { bubbles: true }))"
    )
    walk.until(
        "const rows = [...document.querySelectorAll('tbody tr')]; "
        "return rows.length > 0 && rows.every((row) => row.querySelector('a[aria-label^=Explain]'))",
        "only decisions",
    )
    walk.driver.script("document.querySelector('button[aria-label^=Details]').click()")
    walk.shows("requestID", "dialog")
    walk.keep("audit-details")
    walk.click("Close", "dialog")
    # The newest decision may be another one: the one of the hostile token is wanted.
    walk.driver.script(
        "[...document.querySelectorAll('tbody tr')].find((row) => row.innerText.includes('onerror'))"
        ".querySelector('a[aria-label^=Explain]').click()"
    )
    walk.until("return document.querySelector('.verdict') !== null", "the explanation")
    walk.shows(HOSTILE)
    walk.keep("explain")


def paging(walk):
    """Lists of more than a page, forth and back."""
    ids = [
        walk.ask("POST", "/v1/revocations", {"kind": "token-id", "value": f"id-{number}"}, role="operator")[1]["id"]
        for number in range(110)
    ]
    walk.go("revocations")
    walk.shows("Page 1")
    first = walk.text("tbody")
    walk.click("Next")
    walk.shows("Page 2")
    walk.until("return document.querySelectorAll('tbody tr').length === 10", "the rest of the list")
    walk.click("Previous")
    walk.shows("Page 1")
    walk.must(walk.text("tbody") == first, "the first page is another one")
    for id in ids:
        walk.must(walk.ask("DELETE", f"/v1/revocations/{id}", role="operator")[0] == 200, "not removed")
    walk.shows("Nothing is revoked.")
    walk.go("audit")
    walk.until("return document.querySelectorAll('tbody tr').length === 200", "two hundred records")
    last = int(walk.driver.script("return document.querySelector('tbody th').innerText"))
    walk.click("Older")
    walk.shows(f"Records {max(1, last - 399)} to {last - 200} of {last}")
    walk.click("Newer")
    walk.shows("Following the newest")


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
    walk.must(
        walk.driver.script("return sessionStorage.length + localStorage.length + document.cookie.length") == 0,
        "the player's tab holds something of the operator's",
    )
    walk.click("Play")
    walk.until("return window.keyway.state === 'refused'", "the refusal without a token")
    walk.keep("player-refused")
    walk.type("#token", walk.site["viewer"])
    walk.click("Play")
    walk.until("return window.keyway.state === 'playing'", "the picture")
    walk.keep("player-playing")
    walk.type(
        "#url", walk.driver.script("return document.querySelector('#url').value").replace("127.0.0.1", "127.0.0.9")
    )
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
        walk.must(
            walk.driver.script("return window.keyway.state === 'playing' && !window.keyway.errors.length"), f"{stream}"
        )
    walk.must(
        any("Content Security Policy" in words for words in walk.complaints([401, 403])), "another server was asked"
    )
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
    for page in [
        "assets",
        f"assets/{asset}",
        f"locators/{walk.site['locator']}",
        "policies",
        "policies/authorization/demo-viewers",
        "policies/delivery/dash-cenc",
        "policy-test",
        "keys",
        f"keys/{walk.site['key']}",
        "revocations",
        "endpoints",
        "endpoints/default",
        "audit",
        "operations",
        "system",
    ]:
        walk.go(page)
        found = walk.driver.script("""
            return [...document.querySelectorAll("main button, main a.button")].map((one) => one.textContent.trim())""")
        more = set(found) - {
            "Copy",
            "Previous",
            "Next",
            "Older",
            "Newer",
            "Test",
            "Verify",
            "Play",
            "Details",
            "Explain",
        }
        walk.must(not more, f"a reader is offered {more}")
        if page in ("assets", f"assets/{asset}"):
            walk.must(walk.driver.script("return document.querySelectorAll('canvas').length") == 0, "a reader sees posters")
            walk.keep("reader-" + page.replace("/", "-"))
    statuses = [
        walk.ask(method, path, body, role="reader")[0]
        for method, path, body in [
            ("POST", f"/v1/assets/{asset}/takedown", {}),
            ("POST", f"/v1/keys/{walk.site['key']}/disable", None),
            ("DELETE", f"/v1/locators/{walk.site['locator']}", None),
            ("POST", "/v1/endpoints/default/stop", None),
            ("GET", f"/v1/assets/{asset}/poster", None),
        ]
    ]
    walk.must(statuses == [403] * 5, f"a reader is answered {statuses}")


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
    walk.shows("finished", ".facts")
    walk.shows("Wrapped anew")
    walk.keep("kek-rotated")
    walk.go("system")
    walk.shows("finished", ".progress")
    walk.keep("system-rotated")
    operations(walk)
    # A token that is revoked elsewhere is of no use from the next request on.
    walk.must(walk.ask("POST", "/v1/admin-tokens", {"name": "short", "role": "reader"})[0] == 200, "no token was made")
    walk.must(walk.ask("DELETE", "/v1/admin-tokens/the-key-admin", role="key-admin")[0] == 200, "not revoked")
    walk.until("return document.querySelector('#token') !== null", "the sign-in after the revocation")
    walk.keep("signed-out")


def encode(walk):
    """This very server encodes a film, and the page follows by its events alone."""
    walk.go("jobs")
    walk.click("New job")
    walk.until("return document.querySelector('dialog select[name=transform]') !== null", "the new job")
    walk.driver.script("document.querySelector('dialog select[name=transform]').value = 'adaptive'")
    walk.type("dialog input[name=asset]", "encoded-here")
    walk.type("dialog textarea", "relative.mp4")
    walk.click("Submit", "dialog")
    walk.shows("invalid", "dialog")
    walk.keep("job-refused")
    walk.driver.script("document.querySelector('dialog textarea').value = ''")
    walk.type("dialog textarea", f"asset:{walk.site['asset']}/long.mp4")
    walk.click("Submit", "dialog")
    walk.shows("encoded-here", ".facts")
    # From here on only events tell: the page is not asked again by the clock.
    walk.driver.script("window.keyway.live = false")
    walk.until(
        r"return /\b[1-9][0-9]? %|finished/.test(document.querySelector('.facts')?.innerText ?? '')",
        "a share of the film",
    )
    walk.keep("job-live")
    for _ in range(5):
        # Films take their time where others are at work.
        with contextlib.suppress(Failed):
            walk.shows("finished", ".facts")
            break
    walk.shows("finished", ".facts")
    walk.keep("job-finished")
    walk.driver.script("window.keyway.live = true")
    walk.must("Pause" not in walk.text("main"), "a job that ended can be paused")
    walk.go("assets/encoded-here")
    walk.shows("encoded-here")
    walk.go("jobs")
    walk.shows("encoded-here")


def operations(walk):
    """Long work is begun, followed by its events alone, and canceled."""
    spare = walk.site["spare"]
    walk.go("operations")
    walk.shows("KEK rotation", "tbody")
    walk.click("Back up")
    walk.type("dialog input[name=name]", "<b>no-name</b>")
    walk.click("Back up", "dialog")
    walk.shows("malformed", "dialog")
    walk.keep("backup-refused")
    walk.type("dialog input[name=name]", "of-the-console")
    walk.click("Back up", "dialog")
    walk.shows("finished", ".facts")
    walk.shows("KEK version 2")
    walk.keep("backup")
    with reading_without_end(walk.site["slow"]):
        walk.go(f"assets/{spare}")
        walk.click("Verify media")
        walk.click("Verify", "dialog")
        walk.shows("running", ".facts")
        walk.keep("verification")
        # From here on only events tell: the page is not asked again by the clock.
        walk.driver.script("window.keyway.live = false")
        id = walk.address().rsplit("/", 1)[1]
        walk.must(walk.ask("POST", f"/v1/operations/{id}/cancel")[0] == 200, "it was not canceled")
        walk.shows("canceled", ".facts")
        walk.driver.script("window.keyway.live = true")
        walk.go("operations")
        walk.click("Verify media")
        walk.type("dialog textarea", f"{spare}\n\n")
        walk.click("Verify", "dialog")
        walk.shows("running", ".facts")
        walk.go("operations")
        walk.shows("running", "tbody")
        walk.keep("operations")
        walk.must(
            walk.driver.script("const one = document.querySelector('.scroll'); return one.scrollWidth <= one.clientWidth"),
            "what cancels an operation is out of sight",
        )
        walk.driver.script("window.keyway.live = false")
        walk.click("Cancel the verification")
        walk.click("Cancel it", "dialog")
        walk.until("return !document.querySelector('tbody').innerText.includes('running')", "the end of what was canceled")
        walk.driver.script("window.keyway.live = true")
    walk.click("Verify media")
    walk.click("Verify", "dialog")
    walk.shows("whole", "section .facts")
    walk.keep("verified")


@contextlib.contextmanager
def reading_without_end(index):
    """A file that takes hours to read, and no room."""
    size = os.path.getsize(index)
    os.truncate(index, 1 << 40)
    try:
        yield
    finally:
        os.truncate(index, size)


def looks(walk):
    """Narrow windows and dark ones."""
    walk.click("Sign out")
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
    walk.must(
        walk.driver.script("return document.activeElement.className") == "skip", "the first stop is not the skip link"
    )
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


if __name__ == "__main__":
    sys.exit(main(__doc__, [nobody, operator, player, reader, looks, key_admin], [400, 401, 403, 404, 422]))

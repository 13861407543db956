#!/usr/bin/env python3
"""The console's queue of reviews: an operator sees it and may refuse, a key admin lets out with a reason.

Standard input: {"admin", "tokens": {role: token}, "files": [two originals that wait for a decision]}. Arguments and output are
those of console.py.
"""

import sys

from console_walk import HOSTILE, Failed, main


def operator(walk):
    first, second = walk.site["files"]
    walk.open("/")
    walk.sign_in("operator")
    walk.go("reviews")
    walk.shows(first)
    walk.shows(second)
    walk.keep("reviews")
    # The asset's page says how its originals are, and leads to what was found.
    walk.go("assets/film")
    for text in [first, second, "quarantine", "review"]:
        walk.shows(text, "main")
    walk.keep("originals-in-quarantine")
    row = [line for line in walk.text("main").splitlines() if second in line]
    walk.must(row and "quarantine" in row[0], f"the original is told as {row}")
    walk.go("reviews")
    walk.shows(second)
    walk.click(second)
    walk.shows("Findings")
    walk.shows("too small for us")
    try:
        walk.button("Approve")
        raise AssertionError
    except Failed:
        pass
    except AssertionError:
        raise Failed("an operator may let originals out") from None
    walk.keep("review-operator")
    walk.click("Reject")
    walk.shows("Refuse this original for good?", "dialog")
    walk.keep("review-reject")
    walk.type("dialog textarea", "not ours: " + HOSTILE)
    walk.click("Reject", "dialog")
    walk.shows("Decision")
    walk.shows("the-operator")
    walk.shows(HOSTILE)
    walk.keep("review-rejected")
    walk.click("Sign out")


def key_admin(walk):
    first, _ = walk.site["files"]
    walk.sign_in("key-admin")
    walk.go("reviews")
    walk.click(first)
    walk.shows("Findings")
    walk.click("Approve")
    walk.type("dialog textarea", "asked the producer")
    walk.click("Approve", "dialog")
    walk.shows("Decision")
    walk.shows("asked the producer")
    walk.keep("review-approved")
    walk.go("reviews")
    walk.shows("Nothing is in this state.")
    walk.keep("reviews-empty")


if __name__ == "__main__":
    sys.exit(main(__doc__, [operator, key_admin], set()))

// Signing in, the way from an address to a page, and keeping the page as the server has it.

import { assetsPage } from "./assets.js";
import { assetPage, locatorPage, publishPage } from "./asset.js";
import { encryptorsPage, endpointPage, endpointsPage, originsPage, revocationsPage, tokensPage } from "./access.js";
import { auditPage, explainPage } from "./audit.js";
import { el, failure, heading, link, say } from "./elements.js";
import * as server from "./interface.js";
import { jobPage, jobsPage, transformPage, transformsPage } from "./jobs.js";
import { keyPage, keysPage } from "./keys.js";
import { operationPage, operationsPage } from "./operations.js";
import { filterPage, newPolicyPage, policiesPage, policyPage, policyTestPage } from "./policies.js";
import { reviewPage, reviewsPage } from "./reviews.js";
import { systemPage } from "./system.js";

/** What there is: address, words in the list of pages, the route that it stands on, and what makes it. */
const PAGES = [
  ["Content", [
    ["assets", "Assets", "GET /v1/assets", assetsPage],
    ["reviews", "Reviews", "GET /v1/reviews", reviewsPage],
    ["jobs", "Jobs", "GET /v1/jobs", jobsPage],
    ["transforms", "Transforms", "GET /v1/transforms", transformsPage],
  ]],
  ["Protection", [
    ["policies", "Policies", "GET /v1/policies", policiesPage],
    ["policy-test", "Policy test", "POST /v1/policy-tests", policyTestPage],
    ["keys", "Keys", "GET /v1/key-search", keysPage],
    ["revocations", "Revocations", "GET /v1/revocations", revocationsPage],
  ]],
  ["Delivery", [
    ["endpoints", "Endpoints", "GET /v1/endpoints", endpointsPage],
    ["encryptors", "Encryptors", "GET /v1/encryptors", encryptorsPage],
    ["origins", "Origins", "GET /v1/origins", originsPage],
  ]],
  ["Record", [
    ["audit", "Audit", "GET /v1/audit", auditPage],
    ["operations", "Operations", "GET /v1/operations", operationsPage],
    ["tokens", "Admin tokens", "GET /v1/admin-tokens", tokensPage],
    ["system", "System", "GET /v1/keks", systemPage],
  ]],
];

/** Pages of one thing, reached from the ones above. */
const PLACES = [
  [/^assets\/([^/]+)$/, "assets", assetPage], [/^publish\/([^/]+)$/, "assets", publishPage],
  [/^locators\/([^/]+)$/, "assets", locatorPage], [/^jobs\/([^/]+)$/, "jobs", jobPage],
  [/^transforms\/([^/]+)$/, "transforms", transformPage], [/^reviews\/([^/]+)$/, "reviews", reviewPage],
  [/^policies\/new\/(authorization|delivery)$/, "policies", newPolicyPage],
  [/^policies\/(authorization|delivery)\/([^/]+)$/, "policies", policyPage],
  [/^filters\/([^/]+)$/, "policies", filterPage], [/^keys\/([^/]+)$/, "keys", keyPage],
  [/^endpoints\/([^/]+)$/, "endpoints", endpointPage], [/^explain\/([^/]+)$/, "audit", explainPage],
  [/^operations\/([^/]+)$/, "operations", operationPage],
];

const $ = (id) => document.getElementById(id);
// What tests and people at the browser's console may look at.
const status = (window.keyway = { page: "", drawn: 0, live: true, errors: [] });
let current, isFirst = true;

// Signing in

function showSignIn(words) {
  isFirst = false;
  current?.stop();
  current = undefined;
  status.page = "sign-in";
  $("bar").hidden = true;
  document.title = "Sign in – Keyway console";
  const problem = el("div", {}, words ? failure(new Error(words)) : null);
  const field = el("input", {
    id: "token", type: "password", required: true, autocomplete: "off", spellcheck: "false",
      "aria-describedby": "token-hint",
  });
  const enter = el("button", { type: "submit", class: "primary" }, "Sign in");
  const form = el("form", {
    class: "sign-in",
    onsubmit: async (event) => {
      event.preventDefault();
      enter.disabled = true;
      try {
        await server.signIn(field.value.trim());
        showSignedIn();
      } catch (error) {
        problem.replaceChildren(failure(error));
        enter.disabled = false;
        field.focus();
      }
    },
  }, el("h1", {}, el("img", { src: "icon.svg", alt: "", width: 28, height: 28 }), "Keyway console"),
    el("label", { for: "token" }, "Admin token"), field,
    el("p", { class: "hint", id: "token-hint" }, "From ", el("code", {}, "keyway admin token create"),
      ". It stays in this tab, and goes when the tab is closed."), problem, enter);
  $("main").replaceChildren(form);
  field.focus();
}

function showSignedIn() {
  const { name, role } = server.identity();
  $("bar").hidden = false;
  $("who").replaceChildren(el("b", {}, name), el("span", {}, role));
  $("pages").replaceChildren(...PAGES.map(([group, pages]) => {
    const shown = pages.filter(([, , route]) => server.may(route));
    if (!shown.length) return "";
    return el("div", { class: "group" }, el("p", { "aria-hidden": "true" }, group),
      el("ul", { "aria-label": group }, shown.map(([hash, words]) => el("li", {}, link(hash, words)))));
  }));
  show();
}

// Pages

/** The page of the address: `#/keys/film?search=x`. */
function route() {
  const [address, query] = location.hash.replace(/^#\/?/, "").split("?");
  const parameters = new URLSearchParams(query ?? "");
  const listed = PAGES.flatMap(([, pages]) => pages).find(([hash]) => hash === address);
  if (listed) {
    const [hash, words, needed, make] = listed;
    if (!server.may(needed)) return { hash, make: () => nothing(words) };
    return { hash, make: () => make(parameters) };
  }
  for (const [pattern, hash, make] of PLACES) {
    const match = address.match(pattern);
    if (match) return { hash, make: () => make(...match.slice(1).map(decode), parameters) };
  }
  return { hash: address || "assets", make: () => address ? nothing("There is no such page") : assetsPage(parameters) };
}

const decode = (text) => { try { return decodeURIComponent(text); } catch { return text; } };

const nothing = (words) => ({
  title: words, top: [heading(words), el("p", { class: "none" }, "This server, or your role, does not have it.")],
});

function show() {
  if (server.signedOut()) return showSignIn("");
  current?.stop();
  const { hash, make } = route();
  for (const anchor of $("pages").querySelectorAll("a")) {
    if (anchor.getAttribute("href") === `#/${hash}`) anchor.setAttribute("aria-current", "page");
    else anchor.removeAttribute("aria-current");
  }
  current = new Live(make());
  current.begin();
}

/** A page that follows the server: asks again every few seconds while somebody looks, and draws what changed. */
class Live {
  constructor(page) {
    Object.assign(this, { page, seen: undefined, body: el("div", { class: "body" }), stopped: false });
    page.refresh = () => this.refresh();
  }

  begin() {
    const { page } = this;
    document.title = `${page.title} – Keyway console`;
    status.page = location.hash;
    status.drawn = 0;
    $("main").replaceChildren(...page.top, this.body);
    // Another page is read from its heading on; a page that was just opened, from its start.
    if (!isFirst) $("main").querySelector("h1")?.focus({ preventScroll: true });
    isFirst = false;
    scrollTo(0, 0);
    if (!page.load) { status.drawn = 1; return; }
    this.body.append(el("p", { class: "none" }, "Asking the server…"));
    this.refresh();
    if (page.every !== 0) {
      this.timer = setInterval(() => { if (!document.hidden && status.live) this.refresh(true); }, page.every ?? 4000);
    }
  }

  stop() {
    this.stopped = true;
    clearInterval(this.timer);
    this.page.stop?.();
  }

  async refresh(isQuiet = false) {
    if (isQuiet && this.isBusy) return;
    this.isBusy = true;
    try {
      const data = await this.page.load();
      if (this.stopped) return;
      const text = JSON.stringify(data);
      if (text !== this.seen) this.draw(this.page.draw(data));
      this.seen = text;
    } catch (error) {
      if (this.stopped) return;
      if (!(error instanceof server.Refused) && !(error instanceof Error)) throw error;
      this.seen = undefined;
      this.draw([failure(error)]);
    } finally { this.isBusy = false; }
    status.drawn += 1;
  }

  /** Replaces what is shown; the keyboard and what was scrolled stay where they were. */
  draw(nodes) {
    const focused = this.body.contains(document.activeElement) ? keyOf(document.activeElement) : null;
    const scrolled = [...this.body.querySelectorAll(".scroll")].map((one) => one.scrollLeft);
    this.body.replaceChildren(...nodes.flat(Infinity).filter((node) => node instanceof Node));
    [...this.body.querySelectorAll(".scroll")].forEach((one, index) => { one.scrollLeft = scrolled[index] ?? 0; });
    if (focused) [...this.body.querySelectorAll("a, button, .scroll")].find((one) => keyOf(one) === focused)?.focus();
  }
}

const keyOf = (element) => [
  element.closest("[data-row]")?.dataset.row, element.tagName,
    element.getAttribute("aria-label") ?? element.textContent,
].join("|");

// A mistake of this page must be seen.
function complain(error) {
  status.errors.push(String(error?.message ?? error));
  say(`The console made a mistake: ${error?.message ?? error}`);
}
addEventListener("unhandledrejection", ({ reason }) => complain(reason));
addEventListener("error", ({ error, message }) => complain(error ?? message));
addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
  status.errors.push(`content policy: ${violatedDirective} ${blockedURI}`));
addEventListener("hashchange", show);
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  $("main").focus();
});
$("sign-out").addEventListener("click", () => server.signOut());
server.whenSignedOut(showSignIn);
server.resume().then(() => (server.signedOut() ? showSignIn("") : showSignedIn()),
  (error) => showSignIn(error.message));

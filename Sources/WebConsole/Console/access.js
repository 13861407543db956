// Who is served how, and who is no longer: streaming endpoints, revocations, encryptors, origins, admin tokens.

import { Pager } from "./assets.js";
import { badge, button, code, dialog, el, facts, heading, link, notice, copyButton, path, say, shortID, table, time } from "./elements.js";
import { yaml } from "./documents.js";
import { ask, choices, may } from "./interface.js";

/** A page that is one paged list. @param row gives the cells of an item */
function listPage({ title, route, member, columns, row, empty, actions = () => [], lead }) {
  const pager = new Pager();
  const page = {
    title,
    load: async () => (await ask(route, { after: pager.after })).data,
    draw: (data) => [
      table(title, columns, data[member].map((item) => row(item, page)), { empty, keys: data[member].map((item) => item.name ?? item.id) }),
      pager.controls(data.next, page.refresh),
    ],
  };
  page.top = [heading(title, actions(page)), lead ? el("p", { class: "lead" }, lead) : null].filter(Boolean);
  return page;
}

/** A button that asks, does, and shows the list again; null when the role may not. */
function verb(route, words, fields, page, { title, text, danger = false, label, quiet = true }) {
  if (!may(route)) return null;
  return button(words, async () => {
    const done = await dialog({ title, text, submit: words, danger, action: () => ask(route, fields) });
    if (done) { say(`${words}: done.`); await page.refresh(); }
  }, { class: `${danger ? "danger" : ""} ${quiet ? "quiet" : ""}`, "aria-label": label });
}

// Streaming endpoints

export const endpointsPage = () => listPage({
  title: "Endpoints", route: "GET /v1/endpoints", member: "endpoints",
  columns: ["Endpoint", "State", "Hosts", "Limits", ""],
  empty: "There are none: every host is answered as the configuration says.",
  row: (endpoint, page) => [
    link(`endpoints/${path(endpoint.name)}`, endpoint.name), running(endpoint), endpoint.hosts?.join(", ") ?? "all others",
    Object.entries(endpoint.limits ?? {}).map(([name, value]) => `${LIMITS[name] ?? name} ${value}`).join(", ") || "–",
    startStop(endpoint, page, true),
  ],
});

const LIMITS = { requestsPerSecond: "requests/s", connectionsPerClient: "connections/client", connections: "connections" };
const running = ({ enabled }) => enabled ? badge("running", "good") : badge("stopped", "bad");

function startStop({ name, enabled }, page, quiet) {
  return enabled
    ? verb("POST /v1/endpoints/{name}/stop", "Stop", { name }, page, {
      title: `Stop ${name}?`, text: "What is under way is finished; new requests get 503.", danger: true, label: `Stop ${name}`, quiet })
    : verb("POST /v1/endpoints/{name}/start", "Start", { name }, page, {
      title: `Start ${name}?`, text: "It answers again.", label: `Start ${name}`, quiet });
}

export function endpointPage(name) {
  const actions = el("span", { class: "actions" });
  const page = {
    title: name,
    top: [heading(name, actions)],
    load: async () => (await ask("GET /v1/endpoints/{name}", { name })).data,
    draw(endpoint) {
      actions.replaceChildren(...[startStop(endpoint, page, false)].filter(Boolean));
      const text = yaml(endpoint);
      return [facts([["State", running(endpoint)]]), el("div", { class: "document" },
        el("div", { class: "document-actions" }, copyButton(text, `the document of ${name}`)), el("pre", { tabindex: "0" }, text))];
    },
  };
  return page;
}

// Revocations

export const revocationsPage = () => listPage({
  title: "Revocations", route: "GET /v1/revocations", member: "revocations",
  columns: ["What", "Value", "Issuer", "Reason", "Made", "Until", ""], empty: "Nothing is revoked.",
  lead: "Tokens, subjects and issuers’ keys that are refused whatever a policy says.",
  actions: (page) => may("POST /v1/revocations") ? [button("Revoke", () => revoke(page), { class: "primary" })] : [],
  row: ({ id, kind, value, issuer, reason, created, expires }, page) => [
    kind, el("code", { class: "long" }, value), issuer ?? "any", reason ?? "–", time(created), time(expires) ?? "for ever",
    verb("DELETE /v1/revocations/{id}", "Remove", { id }, page, {
      title: "Let it be taken again?", text: `${kind} ${value}`, danger: true, label: `Remove ${kind} ${value}` }),
  ],
});

async function revoke(page) {
  const kinds = choices("POST /v1/revocations", "kind");
  const done = await dialog({
    title: "Revoke", submit: "Revoke", danger: true,
    fields: [
      { name: "kind", label: "What", kind: "choice", options: kinds, value: kinds[0] },
      { name: "value", label: "Value", required: true, hint: "Its name; of token and key the SHA-256 in hexadecimal." },
      { name: "issuer", label: "Issuer", hint: "Of any when empty." },
      { name: "reason", label: "Reason" },
      { name: "expires", label: "For how long", placeholder: "30d", hint: "For ever when empty." },
    ],
    action: async (asked) => (await ask("POST /v1/revocations", asked)).data,
  });
  if (done) { say("It is revoked."); await page.refresh(); }
}

// Machines and people

const LIVES = { valid: "good", expired: "wait", revoked: "bad" };
const life = ({ state }) => badge(state, LIVES[state]);

export const encryptorsPage = () => listPage({
  title: "Encryptors", route: "GET /v1/encryptors", member: "encryptors",
  columns: ["Encryptor", "State", "Authorization policy", "May make keys", "Made", "Until", ""],
  empty: "No encryptor may have keys.",
  row: (one, page) => [
    one.name, life(one), link(`policies/authorization/${path(one.authorizationPolicy)}`, one.authorizationPolicy),
    one.mayCreate ? "yes" : "no", time(one.created, { day: true }), time(one.revoked ?? one.expires, { day: true }) ?? "for ever",
    one.state === "revoked" ? null : verb("DELETE /v1/encryptors/{name}", "Revoke", { name: one.name }, page, {
      title: `Revoke ${one.name}?`, text: "Its token is closed now and for good; its keys stay.", danger: true, label: `Revoke ${one.name}` }),
  ],
});

export const originsPage = () => listPage({
  title: "Origins", route: "GET /v1/origins", member: "origins",
  columns: ["Origin", "State", "Certificate", "Made", "Revoked", ""],
  empty: "No origin runs alone.",
  row: (one, page) => [
    one.name, life(one), shortID(one.fingerprint), time(one.created, { day: true }), time(one.revoked, { day: true }) ?? "–",
    one.state === "revoked" ? null : verb("DELETE /v1/origins/{name}", "Revoke", { name: one.name }, page, {
      title: `Revoke ${one.name}?`, text: "It is given nothing any more, now and for good.", danger: true, label: `Revoke ${one.name}` }),
  ],
});

export const tokensPage = () => listPage({
  title: "Admin tokens", route: "GET /v1/admin-tokens", member: "tokens",
  columns: ["Name", "Role", "State", "Made", "Until", ""],
  actions: (page) => may("POST /v1/admin-tokens") ? [button("New token", () => newToken(page), { class: "primary" })] : [],
  row: (one, page) => [
    one.name, one.role, life(one), time(one.created), time(one.revoked ?? one.expires) ?? "for ever",
    one.state === "revoked" ? null : verb("DELETE /v1/admin-tokens/{name}", "Revoke", { name: one.name }, page, {
      title: `Revoke ${one.name}?`, text: "The token is closed now and for good.", danger: true, label: `Revoke ${one.name}` }),
  ],
});

async function newToken(page) {
  const roles = choices("POST /v1/admin-tokens", "role");
  const done = await dialog({
    title: "New admin token", submit: "Make it",
    fields: [
      { name: "name", label: "Name", required: true, hint: "Names who acted in the audit log; never used again." },
      { name: "role", label: "Role", kind: "choice", options: roles, value: roles[0] },
      { name: "expires", label: "For how long", placeholder: "30d", hint: "For ever when empty." },
    ],
    action: async (asked) => (await ask("POST /v1/admin-tokens", asked)).data,
  });
  if (!done) return;
  await page.refresh();
  notice(`The token of ${done.name}`, el("p", {}, "It is shown here only."),
    el("p", {}, code(done.token), " ", copyButton(done.token, "the token")));
}

// Content keys: everything about them but their bytes, which no page asks for.

import { Pager, filters, held } from "./assets.js";
import { badge, button, code, dialog, el, facts, heading, link, path, say, section, table, time } from "./elements.js";
import { ask, choices, may } from "./interface.js";

const STATES = { enabled: ["enabled", "good"], disabled: ["disabled", "wait"], pendingDeletion: ["to be deleted", "bad"] };
const SEARCH = "GET /v1/key-search";

const stateOf = (key) => badge(...(STATES[key.state] ?? [key.state]));
const PAGE = 50;

export function keysPage(parameters) {
  const pager = new Pager();
  const choice = (name, label) => ({ name, label, kind: "choice", options: ["", ...choices(SEARCH, name)], value: parameters.get(name) ?? "" });
  const form = filters([
    { name: "search", label: "Name starts with", type: "search", value: parameters.get("search") },
    choice("type", "Type"), choice("state", "State"), choice("label", "Label"),
    { name: "authorizationPolicy", label: "Authorization policy", value: parameters.get("authorizationPolicy") },
  ], () => { pager.reset(); page.refresh(); });
  const page = {
    title: "Keys",
    top: [heading("Keys"), form],
    load: async () => (await ask(SEARCH, { ...held(form), limit: PAGE, after: pager.after })).data,
    draw({ keys, next }) {
      const rows = keys.map((key) => [
        link(`keys/${path(key.keyId)}`, code(key.keyId)), key.name ?? "–", key.type, key.label ?? "–", policyLink(key),
        stateOf(key), time(key.created, { day: true }),
      ]);
      return [table("Keys", ["Key id", "Name", "Type", "Label", "Authorization policy", "State", "Made"], rows,
        { empty: "No key is like that.", keys: keys.map(({ keyId }) => keyId) }), pager.controls(next, page.refresh)];
    },
  };
  return page;
}

const policyLink = ({ authorizationPolicy: name }) => name ? link(`policies/authorization/${path(name)}`, name) : "–";

export function keyPage(name) {
  const actions = el("span", { class: "actions" });
  const page = {
    title: "Key",
    top: [heading("Key", actions)],
    load: async () => (await ask("GET /v1/keys/{name}", { name })).data,
    draw(key) {
      actions.replaceChildren(...keyActions(key, page));
      return [facts([
        ["Key id", code(key.keyId)], ["Name", key.name], ["State", stateOf(key)], ["Type", key.type], ["Label", key.label],
        ["Authorization policy", key.authorizationPolicy ? policyLink(key) : "none: nobody receives it"],
        ["Delivered from", time(key.notBefore)], ["Delivered until", time(key.notAfter)], ["Deleted at", time(key.deletion)],
        ["Seed", key.seed], ["Checksum", key.checksum ? code(key.checksum) : null],
        ["Successor", key.supersededBy ? link(`keys/${path(key.supersededBy)}`, code(key.supersededBy)) : null],
        ["Wrapped under KEK", `version ${key.kekVersion}`], ["Made", time(key.created)],
      ]), section("Who may receive it", [], el("p", {}, link(`policy-test?key=${path(key.keyId)}`, "Test a request for this key")))];
    },
  };
  return page;
}

/** Of each: the route, the words on the button, the question, what it means, how it looks, and in which states there is one. */
const VERBS = [
  ["POST /v1/keys/{name}/disable", "Disable", "Give this key to nobody?", "It stays as it is, and can be enabled again.",
    "danger", ["enabled"]],
  ["POST /v1/keys/{name}/enable", "Enable", "Deliver this key again?", "To whom its authorization policy allows.", "primary", ["disabled"]],
  ["POST /v1/keys/{name}/rotate", "Rotate", "Give new asset versions a new key in this one’s place?",
    "Versions that there are keep this one.", "", ["enabled", "disabled"]],
  ["POST /v1/keys/{name}/restore", "Keep", "Keep this key?", "It will not be deleted.", "primary", ["pendingDeletion"]],
  ["DELETE /v1/keys/{name}", "Delete", "Put this key out of use?", "It is given to nobody from now on, and removed after seven days. Until then it can be kept.",
    "danger", ["enabled", "disabled"]],
];

function keyActions(key, page) {
  // Keys that files are stored under are no verb's: the server would refuse.
  if (key.type === "storage") return [];
  return VERBS.filter(([route, , , , , states]) => may(route) && states.includes(key.state))
    .map(([route, words, title, text, look]) => button(words, async () => {
      const done = await dialog({
        title, text, submit: words, danger: look === "danger", action: async () => (await ask(route, { name: key.keyId })).data,
      });
      if (!done) return;
      say(`${words}: done.`);
      await page.refresh();
    }, { class: look }));
}

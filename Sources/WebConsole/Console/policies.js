// Policies as the documents that declare them, and what they make of a request.

import {
  badge, button, code, control, copyButton, dialog, el, facts, failure, heading, link, path, say, section, table, time, values,
} from "./elements.js";
import { Pager } from "./assets.js";
import { yaml } from "./documents.js";
import { ask, choices, may } from "./interface.js";

const KINDS = { AuthorizationPolicy: ["authorization", "Authorization"], DeliveryPolicy: ["delivery", "Delivery"] };
const one = (kind) => `/v1/policies/${kind}/{name}`;

export function policiesPage() {
  const pager = new Pager();
  const make = Object.values(KINDS).filter(([kind]) => may(`PUT ${one(kind)}`)).map(([kind, words]) =>
    el("a", { class: "button", href: `#/policies/new/${kind}` }, `New ${words.toLowerCase()} policy`));
  const page = {
    title: "Policies",
    top: [heading("Policies", make)],
    load: async () => (await ask("GET /v1/policies", { after: pager.after })).data,
    draw({ policies, next }) {
      const rows = policies.map(({ kind, name, summary }) => {
        const [place, words] = KINDS[kind] ?? [null, kind];
        return [link(place ? `policies/${place}/${path(name)}` : `filters/${path(name)}`, name), words, summary];
      });
      return [table("Policies and filters", ["Name", "Kind", "What it says"], rows, { empty: "There are no policies yet." }),
        pager.controls(next, page.refresh)];
    },
  };
  return page;
}

function documentView(text, what) {
  return el("div", { class: "document" }, el("div", { class: "document-actions" }, copyButton(text, what)),
    el("pre", { tabindex: "0", "aria-label": what }, text));
}

export function policyPage(kind, name) {
  const actions = el("span", { class: "actions" });
  const editor = el("div", {});
  const page = {
    title: name,
    top: [heading(name, actions), editor],
    async load() {
      const { data, tag } = await ask(`GET ${one(kind)}`, { name });
      return { policy: data, tag };
    },
    draw({ policy, tag }) {
      const text = yaml(policy);
      actions.replaceChildren(
        ...(may(`PUT ${one(kind)}`) ? [button("Edit", () => edit(kind, name, text, tag, editor, page))] : []),
        ...(may(`DELETE ${one(kind)}`) ? [button("Delete", () => remove(kind, name, tag), { class: "danger" })] : []));
      return [facts([["Kind", `${policy.kind}`]]), documentView(text, `the document of ${name}`)];
    },
  };
  return page;
}

/** @param tag what the operator saw: a change that somebody made meanwhile is not lost */
function edit(kind, name, text, tag, place, page) {
  place.replaceChildren(documentForm(text, "Store", async (document) => {
    const { data } = await ask(`PUT ${one(kind)}`, { name, document, ifMatch: tag });
    place.replaceChildren();
    say(data.change === "unchanged" ? "That is what it said already." : `${name} is stored.`);
    await page.refresh();
  }, () => place.replaceChildren()));
  place.querySelector("textarea").focus();
}

function documentForm(text, submit, store, cancel) {
  const problem = el("div", {}), send = el("button", { type: "submit", class: "primary" }, submit);
  const field = { name: "document", label: "Document", kind: "area", rows: Math.min(30, text.split("\n").length + 2), value: text, required: true };
  const form = el("form", {
    class: "card editor",
    onsubmit: async (event) => {
      event.preventDefault();
      send.disabled = true;
      try { await store(values(form, [field]).document ?? ""); } catch (error) { problem.replaceChildren(failure(error)); }
      send.disabled = false;
    },
  }, control(field), problem, el("div", { class: "buttons" }, button("Cancel", cancel), send));
  return form;
}

async function remove(kind, name, tag) {
  const done = await dialog({
    title: `Delete ${name}?`, danger: true, submit: "Delete",
    text: kind === "delivery" ? "The server refuses while a locator names it." : "The server refuses while a key names it.",
    action: () => ask(`DELETE ${one(kind)}`, { name, ifMatch: tag }),
  });
  if (done) { say(`${name} is deleted.`); location.hash = "#/policies"; }
}

const BEGINNINGS = {
  authorization: `options:
  - name: web
    delivery: [aes, clearkey]
    restrictions:
      - token:
          type: jwt
          issuer: https://sts.example
          audience: urn:example
          verificationKeys:
            - secret: the-secret
              algorithms: [HS256]
`,
  delivery: "protocols: [hls, dash]\nencryption: cenc\n",
};

export function newPolicyPage(kind) {
  const name = { name: "name", label: "Name", required: true };
  const nameForm = el("form", { class: "card", onsubmit: (event) => event.preventDefault() }, control(name));
  const form = documentForm(BEGINNINGS[kind], "Store", async (document) => {
    const chosen = values(nameForm, [name]).name;
    if (!chosen) throw new Error("The policy needs a name.");
    await ask(`PUT ${one(kind)}`, { name: chosen, document, ifNoneMatch: "*" });
    say(`${chosen} is stored.`);
    location.hash = `#/policies/${kind}/${path(chosen)}`;
  }, () => { location.hash = "#/policies"; });
  const title = `New ${kind} policy`;
  return { title, top: [heading(title), nameForm, form] };
}

export function filterPage(identity) {
  const parts = identity.split("/");
  return {
    title: identity,
    top: [heading(identity)],
    load: async () => (await ask("GET /v1/filters/{name}",
      { name: parts.at(-1), asset: parts.length > 1 ? parts[0] : undefined })).data,
    draw: (filter) => [facts([["Kind", filter.kind]]), documentView(yaml(filter), `the document of ${identity}`)],
  };
}

// What a policy makes of a request

export function policyTestPage(parameters) {
  const outcome = el("div", { "aria-live": "polite" });
  const fields = [
    { name: "keyId", label: "Key id", required: true, value: parameters.get("key"), hint: "The key that is asked for." },
    { name: "ip", label: "Client address", required: true, value: "127.0.0.1" },
    { name: "delivery", label: "Delivery", kind: "choice", options: choices("POST /v1/policy-tests", "delivery"),
      value: choices("POST /v1/policy-tests", "delivery")[0], hint: "How the key would leave." },
    { name: "token", label: "Player’s token", kind: "area", rows: 5, hint: "None when empty." },
  ];
  const problem = el("div", {});
  const form = el("form", {
    class: "card",
    onsubmit: async (event) => {
      event.preventDefault();
      problem.replaceChildren();
      outcome.replaceChildren();
      const asked = values(form, fields);
      if (asked.token) asked.token = asked.token.trim();
      try {
        outcome.replaceChildren(decision((await ask("POST /v1/policy-tests", asked)).data));
      } catch (error) { problem.replaceChildren(failure(error)); }
    },
  }, fields.map(control), problem, el("div", { class: "buttons" }, el("button", { type: "submit", class: "primary" }, "Test")));
  const words = "Would this request get this key, and why? Nothing is released and nothing is written.";
  return { title: "Policy test", top: [heading("Policy test"), el("p", { class: "lead" }, words), el("div", { class: "split" }, form, outcome)] };
}

/** Rule by rule, what was checked and how it came out. @param found a policy test, or a decision of an explanation */
export function decision({ granted, policy, option, reason, steps }, ...more) {
  const rows = steps.map((step) => [
    step.option ?? "–", step.check, step.holds ? badge("holds", "good") : badge("does not", "bad"), step.outcome,
  ]);
  const words = granted ? "The key would be given" : "The key would not be given";
  const title = more.length ? (granted ? "The key was given" : "The key was not given") : words;
  return section(title, [],
    el("p", { class: "verdict" }, badge(granted ? "granted" : "denied", granted ? "good" : "bad"), reason ? ` ${reason}` : null),
    facts([["Policy", policy ? link(`policies/authorization/${path(policy)}`, policy) : null], ["Option", option], ...more]),
    table("What was checked", ["Option", "Check", "Holds", "Outcome"], rows, { empty: "Nothing was checked." }));
}

export const decisionOfAudit = (found) => decision(found, ["Time", time(found.time)],
  ["Key", found.keyId ? link(`keys/${path(found.keyId)}`, code(found.keyId)) : null], ["Delivery", found.delivery],
  ["Client", found.clientAddress], ["Issuer", found.tokenIssuer], ["Subject", found.tokenSubject],
  ["Audit record", String(found.sequence)]);

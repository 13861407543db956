// The audit log as it grows, and why a request was answered as it was.

import { filters, held } from "./assets.js";
import { badge, button, code, el, facts, heading, link, notice, path, shortID, table, time } from "./elements.js";
import { ask, may } from "./interface.js";
import { decisionOfAudit } from "./policies.js";

const SHOWN = 200;
const KINDS = { keyGranted: "good", ticketGiven: "good", keyDenied: "bad", ticketDenied: "bad", adminRefused: "bad", keyExportDenied: "bad" };
const GROUPS = {
  "": "Everything", decisions: "Key decisions", denied: "Denied only", changes: "Operators’ changes",
};
const isDenial = ({ action }) => /Denied$|^adminRefused$|Limited$/.test(action);
const isDecision = ({ action }) => /^key(Granted|Denied|RequestsLimited)$|^ticket/.test(action);
const GROUP = { decisions: isDecision, denied: isDenial, changes: (event) => Boolean(event.actor) && !isDenial(event) };

export function auditPage(parameters) {
  // Null while the newest records are followed; else the number of the last record that is shown.
  let until = null;
  const form = filters([
    { name: "group", label: "Show", kind: "choice", options: Object.entries(GROUPS), value: parameters.get("group") ?? "" },
    { name: "text", label: "With this text", type: "search", value: parameters.get("text"), hint: "Any field: an action, a key, an address, a name." },
  ], () => page.refresh());
  const page = {
    title: "Audit",
    every: 2000,
    top: [heading("Audit"), form],
    async load() {
      const after = until === null ? undefined : Math.max(0, until - SHOWN);
      const { data } = await ask("GET /v1/audit", { limit: SHOWN, after });
      return { ...data, held: held(form) };
    },
    draw({ records, last, held: { group, text } }) {
      const matches = ({ sequence, event }) => (!group || GROUP[group]?.(event))
        && (!text || `${sequence} ${JSON.stringify(Object.values(event))}`.toLowerCase().includes(text.toLowerCase()));
      const shown = records.filter(matches).reverse();
      const first = records[0]?.sequence ?? 0, end = records.at(-1)?.sequence ?? 0;
      return [
        el("p", { class: "hint" }, records.length ? `Records ${first} to ${end} of ${last}; ${shown.length} shown.` : "No record yet."),
        table("Audit records", ["Record", "Time", "Action", "Who", "What", ""], shown.map(row),
          { empty: "None of these records is like that.", keys: shown.map(({ sequence }) => String(sequence)) }),
        el("nav", { class: "pager", "aria-label": "Pages of the log" },
          button("Older", () => { until = first - 1; page.refresh(); }, { disabled: first <= 1 }),
          button("Newer", () => { until = end + SHOWN >= last ? null : end + SHOWN; page.refresh(); }, { disabled: until === null }),
          el("span", {}, until === null ? "Following the newest" : "")),
      ];
    },
  };
  return page;
}

function row({ sequence, event, hash }) {
  const { action, actor, clientAddress, tokenSubject, detail, keyID, policy, reason, delivery } = event;
  const who = [actor ?? tokenSubject, clientAddress].filter(Boolean).join(" · ") || "–";
  const about = [delivery, policy ? `policy ${policy}` : null, reason, detail].filter(Boolean).join(" · ");
  const { steps, ...rest } = event;
  const members = Object.entries({ ...rest, hash }).map(([name, value]) => [name, el("span", { class: "long" }, String(value))]);
  const whole = button("Details", () => notice(`Record ${sequence}`, facts(members)),
    { class: "quiet", "aria-label": `Details of record ${sequence}` });
  const why = event.requestID && isDecision(event) && may("GET /v1/explain/{requestId}")
    ? el("a", { class: "button quiet", href: `#/explain/${path(event.requestID)}`, "aria-label": `Explain record ${sequence}` }, "Explain") : null;
  return [
    String(sequence), time(event.time), badge(action, KINDS[action] ?? ""), who,
    [keyID ? [link(`keys/${path(keyID)}`, shortID(keyID)), about ? " · " : null] : null, about], el("span", { class: "actions" }, why, whole),
  ];
}

export function explainPage(requestId) {
  return {
    title: "Why", every: 0,
    top: [heading("Why was this request answered so?"), el("p", { class: "lead" }, "Request ", code(requestId))],
    load: async () => (await ask("GET /v1/explain/{requestId}", { requestId })).data,
    draw: ({ decisions }) => decisions.map(decisionOfAudit),
  };
}

// Originals in quarantine: what their checks found, and what is decided about them.

import { Pager, filters, held } from "./assets.js";
import { badge, button, bytes, code, dialog, el, facts, heading, link, path, say, section, table, time } from "./elements.js";
import { ask, choices, may } from "./interface.js";

const PAGE = 50;
const LOOKS = { review: "wait", waiting: "wait", checking: "busy", passed: "good", approved: "good", rejected: "bad",
  damaged: "bad", warned: "wait", flagged: "wait" };
const look = (word) => badge(word, LOOKS[word] ?? "");
const told = ({ findings, obstacle }) => [
  ...findings.filter(({ reasons }) => reasons.length).map(({ check, reasons }) => `${check}: ${reasons.join("; ")}`),
  ...(obstacle ? [`waits: ${obstacle}`] : []),
];

export function reviewsPage(parameters) {
  const pager = new Pager();
  const form = filters([
    { name: "asset", label: "Asset", type: "search", value: parameters.get("asset") },
    { name: "state", label: "State", kind: "choice", options: choices("GET /v1/reviews", "state"),
      value: parameters.get("state") ?? "review" },
  ], () => { pager.reset(); page.refresh(); });
  const page = {
    title: "Reviews",
    top: [heading("Reviews"), el("p", { class: "lead" },
      "Originals that nothing uses before their checks, or somebody, let them out."), form],
    load: async () => (await ask("GET /v1/reviews", { ...held(form), limit: PAGE, after: pager.after })).data,
    draw({ reviews, next }) {
      const rows = reviews.map((one) => [
        link(`reviews/${path(one.id)}`, one.file), link(`assets/${path(one.asset)}`, one.asset), look(one.state),
        bytes(one.size), time(one.created), told(one).map((line) => el("div", {}, line)),
      ]);
      return [table("Reviews", ["Original", "Asset", "State", "Size", "Sent", "What was found"], rows,
        { empty: "Nothing is in this state.", keys: reviews.map(({ id }) => id) }), pager.controls(next, page.refresh)];
    },
  };
  return page;
}

/** Of each: the route's last word, the words on the button, the question, whether it looks dangerous, the states in which it
   is there. */
const VERBS = [
  ["approve", "Approve", "Let this original out of quarantine?", false, ["review"]],
  ["reject", "Reject", "Refuse this original for good?", true, ["review", "waiting", "checking", "damaged"]],
  ["repeat", "Check again", "Do the checks of this original again?", false, ["review", "waiting"]],
];

const verbs = (review, page) => VERBS
  .filter(([verb, , , , states]) => may(`POST /v1/reviews/{id}/${verb}`) && states.includes(review.state))
  .map(([verb, words, title, danger]) => button(words, async () => {
    const fields = verb === "repeat" ? [] : [{ name: "reason", label: "Reason", kind: "area", rows: 3, required: true,
      hint: "Kept with the original, and in the audit log." }];
    const done = await dialog({ title, text: `${review.asset}/${review.file}`, submit: words, danger, fields,
      action: async (asked) => (await ask(`POST /v1/reviews/{id}/${verb}`, { id: review.id, ...asked })).data });
    if (done) { say(`${words}: done.`); await page.refresh(); }
  }, { class: danger ? "danger" : "" }));

export function reviewPage(id) {
  const actions = el("span", { class: "actions" });
  const page = {
    title: "Review", every: 2000,
    top: [heading("Review", actions)],
    load: async () => (await ask("GET /v1/reviews/{id}", { id })).data,
    draw(review) {
      actions.replaceChildren(...verbs(review, page));
      const { decision } = review;
      return [
        facts([["Original", review.file], ["Asset", link(`assets/${path(review.asset)}`, review.asset)],
          ["State", look(review.state)], ["Size", bytes(review.size)], ["Type", review.contentType],
          ["Sent", time(review.created)], ["Id", code(review.id)], ["Waits for", review.obstacle],
          ["Tried again", time(review.notBefore)]]),
        section("Findings", [], table("Findings", ["Check", "Outcome", "Why", "When"], review.findings.map((one) => [
          one.check, look(one.outcome), one.reasons.map((line) => el("div", {}, line)), time(one.time),
        ]), { empty: "No check has ended yet." })),
        decision ? section("Decision", [], facts([["What", look(decision.verdict)], ["Who", decision.actor],
          ["Why", decision.reason], ["When", time(decision.time)]])) : null,
      ].filter(Boolean);
    },
  };
  return page;
}

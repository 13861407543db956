// The machine room: key-encryption keys, seeds, the audit log's soundness, and whether the server is ready.

import { badge, button, code, dialog, el, facts, failure, heading, say, section, shortID, table, time } from "./elements.js";
import { ask, identity, may, version } from "./interface.js";

const ROTATION = "/v1/keks/rotation";

export function systemPage() {
  const verification = el("div", { "aria-live": "polite" });
  const page = {
    title: "System",
    top: [heading("System")],
    async load() {
      const [ready, keks, seeds, rotation] = await Promise.all([
        readiness(), ask("GET /v1/keks"), ask("GET /v1/key-seeds"), may(`GET ${ROTATION}`) ? ask(`GET ${ROTATION}`) : null,
      ]);
      return { ready, keks: keks.data, seeds: seeds.data.seeds, rotation: rotation?.data };
    },
    draw: ({ ready, keks, seeds, rotation }) => [
      facts([["Keyway", version()], ["Signed in as", `${identity().name}, ${identity().role}`],
        ["Server", ready.ok ? badge("ready", "good") : badge(ready.words, "bad")]]),
      section("Key-encryption keys", kekActions(rotation, page), keyEncryptionKeys(keks), rotation ? progress(rotation) : null),
      section("Key seeds", [], table("Key seeds", ["Seed", "Type", "Authorization policy", "Made"],
        seeds.map((seed) => [seed.name, seed.type, seed.authorizationPolicy ?? "–", time(seed.created)]), { empty: "There are none." })),
      section("Audit log", auditActions(verification), verification),
    ],
  };
  return page;
}

/** Needs no token, and none is sent. */
async function readiness() {
  const answer = await fetch("/readyz", { cache: "no-store", credentials: "omit" });
  if (answer.ok) return { ok: true };
  return { ok: false, words: (await answer.json().catch(() => ({}))).detail ?? `not ready: ${answer.status}` };
}

function keyEncryptionKeys({ versions }) {
  const looks = { current: "good", rotating: "wait", old: "wait" };
  const rows = versions.map((one) => [
    `Version ${one.version}`, badge(one.state, looks[one.state] ?? ""), one.provider, el("span", { class: "long" }, one.place),
    one.contentKeys, one.secrets, one.keySeeds, one.auditKeys, time(one.created, { day: true }),
  ]);
  return table("Key-encryption keys", ["KEK", "State", "Provider", "Place", "Keys", "Secrets", "Seeds", "Audit keys", "Made"], rows);
}

function kekActions(rotation, page) {
  if (!may(`POST ${ROTATION}`)) return [];
  return [button("Rotate", async () => {
    const done = await dialog({
      title: "Rotate the key-encryption key?", submit: "Rotate",
      text: "A new version is made, and everything is wrapped anew under it while the server serves.",
      action: () => ask(`POST ${ROTATION}`),
    });
    if (done) { say("The rotation goes on in the server."); await page.refresh(); }
  }, { disabled: rotation?.state === "running" })];
}

function progress({ state, done, total, version: number, rewrapped, remaining, failures, error }) {
  if (state === "idle") return null;
  const looks = { running: "wait", finished: "good", failed: "bad" };
  return el("div", { class: "progress" },
    el("p", {}, "Rotation ", badge(state, looks[state]), number ? ` to version ${number}` : null),
    state === "running" ? el("progress", { max: Math.max(total, 1), value: String(done), "aria-label": "Rotation" }) : null,
    facts([["Wrapped anew", rewrapped === undefined ? `${done} of ${total}` : String(rewrapped)],
      ["Remaining", remaining === undefined ? null : String(remaining)], ["Failures", failures?.length ? failures.join("; ") : null]]),
    error ? failure(new Error(error)) : null);
}

function auditActions(place) {
  return [button("Verify", async () => {
    place.replaceChildren(el("p", { class: "none" }, "Checking every record…"));
    try {
      const { data } = await ask("GET /v1/audit/verify");
      place.replaceChildren(facts([
        ["Log", data.intact ? badge("intact", "good") : badge("NOT intact", "bad")], ["Defect", data.defect],
        ["Records", String(data.records)], ["Last", String(data.last)], ["Signed up to", String(data.signed)],
        ["Checkpoints", String(data.checkpoints)], ["Pruned up to", data.pruned ? String(data.pruned) : null],
        ["Head", shortID(data.head)], ["Signing key", data.key ? code(data.key) : null]]));
    } catch (error) { place.replaceChildren(failure(error)); }
  })];
}

// The machine room: key-encryption keys, seeds, the audit log's soundness, and whether the server is ready.

import { badge, button, code, el, facts, failure, heading, section, shortID, table, time } from "./elements.js";
import { ask, has, identity, may, version } from "./interface.js";
import { lastOperation, rotate } from "./operations.js";

export function systemPage() {
  const verification = el("div", { "aria-live": "polite" });
  const page = {
    title: "System",
    top: [heading("System")],
    stop: () => last.stop(),
    async load() {
      const [ready, keks, seeds, rotation] = await Promise.all([
        readiness(), ask("GET /v1/keks"), ask("GET /v1/key-seeds"), has("GET /v1/operations") ? last.load() : undefined,
      ]);
      return { ready, keks: keks.data, seeds: seeds.data.seeds, rotation };
    },
    draw: ({ ready, keks, seeds, rotation }) => [
      facts([["Keyway", version()], ["Signed in as", `${identity().name}, ${identity().role}`],
        ["Server", ready.ok ? badge("ready", "good") : badge(ready.words, "bad")]]),
      section("Key-encryption keys", kekActions(rotation), keyEncryptionKeys(keks),
        rotation ? last.draw(rotation, page) : null),
      section("Key seeds", [], table("Key seeds", ["Seed", "Type", "Authorization policy", "Made"],
        seeds.map((seed) => [seed.name, seed.type, seed.authorizationPolicy ?? "–", time(seed.created)]),
          { empty: "There are none." })),
      section("Audit log", auditActions(verification), verification),
    ],
  };
  const last = lastOperation("kekRotation", () => page.refresh());
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
    `Version ${one.version}`, badge(one.state, looks[one.state] ?? ""), one.provider,
      el("span", { class: "long" }, one.place),
    one.contentKeys, one.secrets, one.keySeeds, one.auditKeys, time(one.created, { day: true }),
  ]);
  return table("Key-encryption keys", ["KEK", "State", "Provider", "Place", "Keys", "Secrets", "Seeds", "Audit keys",
    "Made"], rows);
}

const kekActions = (rotation) => may("POST /v1/keks/rotation")
  ? [button("Rotate", rotate, { disabled: rotation?.state === "running" })] : [];

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

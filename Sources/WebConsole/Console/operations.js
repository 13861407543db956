// Long work of the server: what is under way and what came of it, begun here as any client of /v1 begins it.

import { badge, button, bytes, code, dialog, el, facts, failure, heading, link, path, say, section, shortID, table,
  time } from "./elements.js";
import { Following, ask, begin, may } from "./interface.js";

const EVENTS = "GET /v1/operations/{id}/events";
const CANCEL = "POST /v1/operations/{id}/cancel";
/** Of each kind: what it is called, and the route that begins it: who may not begin it may not cancel it either. */
const KINDS = {
  backup: ["Backup", "POST /v1/backups"],
  kekRotation: ["KEK rotation", "POST /v1/keks/rotation"],
  verification: ["Verification", "POST /v1/asset-verifications"],
};
const LOOKS = { running: "busy", finished: "good", error: "bad", canceled: "" };

const kindOf = ({ kind }) => KINDS[kind]?.[0] ?? kind;
const stateOf = ({ state }) => badge(state, LOOKS[state] ?? "");
const isRunning = ({ state }) => state === "running";

function progress(operation) {
  const percent = Math.floor(operation.progress * 100);
  if (operation.state === "finished") return "–";
  if (!isRunning(operation)) return `${percent} %`;
  return el("span", { class: "share" }, el("progress", { max: 100, value: String(percent),
    "aria-label": `Progress of the ${kindOf(operation).toLowerCase()}` }), ` ${percent} %`);
}

export function operationsPage() {
  const page = {
    title: "Operations", every: 2000,
    top: [heading("Operations", ...beginButtons()), el("p", { class: "lead" },
      "Long work of this server. It ends with its server, and a backup or a rotation that is begun again goes on.")],
    stop: () => following.stop(),
    async load() {
      const { operations } = (await ask("GET /v1/operations")).data;
      following.follow(operations.filter(isRunning).map(({ id }) => id));
      return operations;
    },
    draw(operations) {
      const rows = operations.map((one) => [
        link(`operations/${path(one.id)}`, shortID(one.id)),
        [kindOf(one), one.subject ? el("div", {}, one.subject) : null], stateOf(one), progress(one),
        [time(one.begun), el("div", {}, `by ${one.actor}`)], time(one.ended) ?? cancelButton(one, page, "quiet"),
      ]);
      return [table("Operations", ["Operation", "What", "State", "Progress", "Begun", "Ended"], rows,
        { empty: "None is under way, and none that ended is remembered.", keys: operations.map(({ id }) => id) })];
    },
  };
  const following = new Following(EVENTS, () => page.refresh());
  return page;
}

export function operationPage(id) {
  const actions = el("span", { class: "actions" });
  const page = {
    title: "Operation", every: 2000,
    top: [heading("Operation", actions)],
    stop: () => following.stop(),
    load: () => operation(id, following),
    draw(one) {
      actions.replaceChildren(...[cancelButton(one, page)].filter(Boolean));
      return [facts([["Operation", code(one.id)], ["What", kindOf(one)], ["Of", one.subject], ["State", stateOf(one)],
        ["Progress", progress(one)], ["Who", one.actor], ["Begun", time(one.begun)], ["Ended", time(one.ended)]]),
      ...outcome(one)];
    },
  };
  const following = new Following(EVENTS, () => page.refresh());
  return page;
}

async function operation(id, following) {
  const { data } = await ask("GET /v1/operations/{id}", { id });
  following.follow(isRunning(data) ? [id] : []);
  return data;
}

/**
 * The last operation of a kind, for the page that it belongs to as well.
 * @returns {{load, draw, stop}} load gives undefined when there is none
 */
export function lastOperation(kind, refresh) {
  const following = new Following(EVENTS, refresh);
  return {
    async load() {
      const { operations } = (await ask("GET /v1/operations")).data;
      const last = operations.find((one) => one.kind === kind);
      return last && operation(last.id, following);
    },
    draw: (one, page) => el("div", { class: "progress" },
      el("p", {}, link(`operations/${path(one.id)}`, kindOf(one)), " ", stateOf(one), " ",
        isRunning(one) ? progress(one) : time(one.ended), " ", cancelButton(one, page, "quiet")),
      outcome(one)),
    stop: () => following.stop(),
  };
}

function cancelButton(one, page, look = "") {
  if (!isRunning(one) || !may(CANCEL) || !may(KINDS[one.kind]?.[1])) return null;
  const what = kindOf(one).toLowerCase();
  return button("Cancel", async () => {
    const done = await dialog({
      title: `Cancel the ${what}?`, submit: "Cancel it", danger: true,
      text: one.kind === "verification" ? "It only reads: nothing is lost." : "What it did stays: begun again, it goes on.",
      action: () => ask(CANCEL, { id: one.id }),
    });
    if (done) { say(`The ${what} is being canceled.`); await page.refresh(); }
  }, { class: `danger ${look}`, "aria-label": `Cancel the ${what}` });
}

// What came of it

function outcome({ result, error, errorCode }) {
  const { backup, kekRotation, verification } = result ?? {};
  return [
    error ? failure(Object.assign(new Error(error), { code: errorCode })) : null,
    backup ? backupOutcome(backup) : null,
    kekRotation ? rotationOutcome(kekRotation) : null,
    verification ? verificationOutcome(verification) : null,
  ].filter(Boolean);
}

const backupOutcome = ({ manifest, unchanged, defects }) => section("The backup", [],
  facts([["Media", manifest.hasMedia ? "copied" : "left where it lies"], ["Assets", String(manifest.assets ?? "")],
    ["Versions", String(manifest.versions ?? "")], ["Not copied again", String(unchanged)],
    ["Needs", keksNeeded(manifest)]]),
  defects.length ? table("Missing or damaged", ["Asset", "Version", "File", "Why"],
    defects.map((one) => [one.asset, one.version ?? "–", code(one.file), one.reason])) : null);

/** A backup holds no KEK: without these nothing of it opens. */
const keksNeeded = ({ keks }) => (keks ?? []).filter(({ isNeeded }) => isNeeded)
  .map(({ version, provider }) => `KEK version ${version} (${provider})`).join(", ");

const rotationOutcome = ({ version, isNew, rewrapped, remaining, failures }) => facts([
  ["KEK", `version ${version}${isNew ? "" : ", which was there already"}`], ["Wrapped anew", String(rewrapped)],
  ["Remaining", String(remaining)], ["Failures", failures.length ? failures.join("; ") : null]]);

function verificationOutcome({ assets, total }) {
  const damage = assets.flatMap(({ asset, damage: places }) => places.map((place) => [asset, place]));
  const sum = (name) => assets.reduce((count, one) => count + one[name], 0);
  const count = (name) => String(total?.[name] ?? sum(name));
  const rows = damage.map(([asset, one]) => [
    link(`assets/${path(asset)}`, asset), one.version ?? "–", one.name || "–", one.file ? code(one.file) : "–",
    one.start === undefined ? "the whole file" : `${one.start} to ${one.end}`, one.reason,
  ]);
  return section("What was read", [],
    facts([["Media", damage.length ? badge("damaged", "bad") : badge("whole", "good")],
      ["Assets", String(total?.assets ?? assets.length)], ["Files", count("files")],
      ["Read", bytes(total?.bytes ?? sum("bytes"))], ["Without tags", count("withoutTags")]]),
    rows.length ? table("Damage", ["Asset", "Version", "What", "File", "Bytes", "Why"], rows) : null);
}

// Beginning

/** @param route a route that takes `Prefer: respond-async` */
export async function beginOperation(question, route, fields = () => ({})) {
  const begun = await dialog({ ...question, action: (asked) => begin(route, fields(asked)) });
  if (!begun) return;
  say("It goes on in the server.");
  location.hash = `#/operations/${path(begun.id)}`;
}

function beginButtons() {
  return [
    ["Verify media", "verification", verify], ["Rotate the KEK", "kekRotation", rotate],
    ["Back up", "backup", backUp],
  ].filter(([, kind]) => may(KINDS[kind][1])).map(([words, , action]) => button(words, () => action()));
}

const backUp = () => beginOperation({
  title: "Begin a backup?", submit: "Back up",
  text: "Into the folder of backups that the server’s configuration names. KEKs are not in it: keep them elsewhere.",
  fields: [
    { name: "name", label: "Name", required: true, value: new Date().toISOString().slice(0, 19).replaceAll(":", "-"),
      hint: "A folder that is not there." },
    { name: "media", label: "With media files", kind: "check", value: true },
    { name: "base", label: "Base", hint: "An earlier backup with media: what is unchanged is not copied again." },
  ],
}, KINDS.backup[1], (asked) => asked);

const verify = () => beginOperation({
  title: "Verify media?", submit: "Verify",
  text: "Everything that is stored of the assets is read through, as fast as the disk can.",
  fields: [{ name: "assets", label: "Assets", kind: "area", rows: 3, hint: "Names, one on a line; all when empty." }],
}, KINDS.verification[1], ({ assets }) => ({ assets: assets && names(assets) }));

const names = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean);

export const rotate = () => beginOperation({
  title: "Rotate the key-encryption key?", submit: "Rotate",
  text: "A new version is made, and everything is wrapped anew under it while the server serves.",
}, KINDS.kekRotation[1]);

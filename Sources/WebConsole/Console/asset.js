// One asset: what it is made of, how it leaves, and how it is kept back.

import { state } from "./assets.js";
import {
  badge, button, bytes, code, control, copyButton, dialog, duration, el, facts, failure, heading, link, notice, path,
    say,
  section, table, time, values,
} from "./elements.js";
import { all, ask, may } from "./interface.js";
import { beginOperation } from "./operations.js";
import { poster } from "./posters.js";

export function assetPage(name) {
  const actions = el("span", { class: "actions" });
  const page = {
    title: name,
    top: [heading(name, actions)],
    async load() {
      const [asset, versions, originals] = await Promise.all([
        ask("GET /v1/assets/{name}", { name }), ask("GET /v1/assets/{name}/versions", { name }),
        ask("GET /v1/assets/{name}/files", { name }),
      ]);
      return { asset: asset.data, versions: versions.data.versions, originals: originals.data.files };
    },
    draw({ asset, versions, originals }) {
      actions.replaceChildren(...assetActions(asset, page));
      const has = asset.tracks.some(({ name: track, codec }) => track === "poster" && codec === "jpeg");
      return [
        poster({ ...asset, poster: has }),
        facts([["State", state(asset)], ["Version", asset.version], ["Made", time(asset.created)],
          ["Taken down", time(asset.takenDown)], ["Reason", asset.reason]]),
        warningList(asset.warnings),
        section("Locators", [], locators(asset, page)),
        section("Tracks", [], tracks(asset)),
        section("Versions", verification(asset), versionTable(asset, versions, page)),
        section("Originals", [], originalTable(originals)),
        section("Keys", [rotateKeys(asset, page)], keyTable(asset)),
      ];
    },
  };
  return page;
}

function assetActions(asset, page) {
  const found = [];
  if (may("POST /v1/locators") && asset.version) {
    found.push(el("a", { class: "button primary", href: `#/publish/${path(asset.name)}` }, "Publish"));
  }
  if (!asset.takenDown && may("POST /v1/assets/{name}/takedown")) {
    found.push(button("Take down", () => takeDown(asset, page), { class: "danger" }));
  }
  if (asset.takenDown && may("POST /v1/assets/{name}/restore")) {
    found.push(button("Restore", () => restore(asset, page), { class: "primary" }));
  }
  return found;
}

async function takeDown({ name }, page) {
  const done = await dialog({
    title: `Take ${name} down?`, danger: true, submit: "Take down",
    text: "Within a second nothing of it is served through any locator, and its keys are given to nobody.",
    fields: [{ name: "reason", label: "Reason", kind: "area", rows: 3,
      hint: "For the audit log and for whoever restores it." }],
    action: async ({ reason }) => (await ask("POST /v1/assets/{name}/takedown", { name, reason })).data,
  });
  if (!done) return;
  say(`${name} is taken down.`);
  await page.refresh();
  showPurge("Taken down. Caches may still hold answers", done.purge);
}

async function restore({ name }, page) {
  const done = await dialog({
    title: `Serve ${name} again?`, submit: "Restore",
    text: "It is served through its open locators again, and its keys are given to whom the policies allow.",
    action: async () => (await ask("POST /v1/assets/{name}/restore", { name })).data,
  });
  if (done) { say(`${name} is served again.`); await page.refresh(); }
}

function showPurge(title, { prefixes, tags }) {
  const list = (what, words) => el("ul", { class: "plain" }, words.map((word) =>
    el("li", {}, code(word), " ", copyButton(word, what))));
  notice(title, prefixes.length ? [el("p", {}, "Paths to purge:"), list("the path", prefixes)]
    : el("p", {}, "No path was published."),
    tags.length ? [el("p", {}, "Cache tags to purge:"), list("the tag", tags)] : null);
}

function warningList(warnings) {
  return warnings.length ? el("ul", { class: "warnings" }, warnings.map((words) => el("li", {}, words))) : null;
}

// What the asset is made of

function tracks({ tracks: list }) {
  const rows = list.map((track) => [
    code(track.name), track.codec, track.width ? `${track.width}×${track.height}` : "–",
    `${Math.round(track.averageBitrate / 1000)} kb/s`, duration(track.seconds), track.segments, bytes(track.bytes),
  ]);
  return table("Tracks", ["Track", "Codec", "Size", "Bitrate", "Length", "Segments", "Stored"], rows,
    { empty: "It has no version with tracks yet." });
}

function versionTable(asset, versions, page) {
  const rows = versions.map(({ number, created, current, tracks: count, bytes: size }) => [
    `Version ${number}`, current ? badge("current", "good") : "", time(created), count, bytes(size),
    !current && may("POST /v1/assets/{name}/rollback")
      ? button("Serve this version", () => rollBack(asset, number, page), { "aria-label": `Serve version ${number}` })
        : null,
  ]).reverse();
  return table("Versions", ["Version", "State", "Made", "Tracks", "Stored", ""], rows,
    { empty: "None is complete yet." });
}

const STATES = { ready: "good", rejected: "bad", quarantine: "wait", uploading: "busy" };

/** What its checks have come to stands beside the state: the same words as on the page of reviews. */
function originalTable(files) {
  const rows = files.map((file) => [
    file.name, bytes(file.size),
    [badge(file.state, STATES[file.state] ?? ""), file.reason ? el("div", { class: "long" }, file.reason) : null],
    checksOf(file), file.sha256 ? code(file.sha256) : "–", time(file.created),
  ]);
  return table("Originals", ["Original", "Size", "State", "Checks", "SHA-256", "Sent"], rows,
    { empty: "None was sent, or they were removed.", keys: files.map(({ id }) => id) });
}

/** A word that leads to what was found, where somebody has to look. */
const checksOf = ({ id, checks }) => !checks ? "–"
  : may("GET /v1/reviews/{id}") ? link(`reviews/${path(id)}`, checks) : checks;

/** Reads everything that is stored of it through, as an operation. */
const verification = ({ name }) => may("POST /v1/assets/{name}/verify") ? [button("Verify media", () => beginOperation({
  title: `Verify the media of ${name}?`, submit: "Verify",
  text: "All that is stored of it, originals too, is read through and held against what was written.",
}, "POST /v1/assets/{name}/verify", () => ({ name })))] : [];

async function rollBack({ name }, version, page) {
  const done = await dialog({
    title: `Serve version ${version} of ${name}?`, submit: "Serve it",
    text: "Manifests name it from the next request on. The other versions stay.",
    action: async () => (await ask("POST /v1/assets/{name}/rollback", { name, version })).data,
  });
  if (!done) return;
  say(`Version ${version} of ${name} is served.`);
  await page.refresh();
  showPurge("Another version is served. Caches may hold manifests of the one before", done.purge);
}

function keyTable({ keys }) {
  const rows = keys.map(({ keyId, encryption, label, period }) => [
    link(`keys/${path(keyId)}`, code(keyId)), encryption, label, period ?? "0",
  ]);
  return table("Keys", ["Key id", "Encryption", "Label", "Period"], rows, { empty: "None: it was not published yet." });
}

function rotateKeys({ name, keys }, page) {
  if (!keys.length || !may("POST /v1/assets/{name}/rotate-keys")) return null;
  return button("Rotate keys", async () => {
    const done = await dialog({
      title: `Give new versions of ${name} new keys?`, submit: "Rotate keys",
      text: "Versions that there are keep theirs. The keys are used from the next version on.",
      action: async () => (await ask("POST /v1/assets/{name}/rotate-keys", { name })).data,
    });
    if (done) { say(`Keys of ${name} that have successors now: ${done.rotations.length}.`); await page.refresh(); }
  });
}

// Locators

function locators({ locators: list }, page) {
  const rows = list.map((one) => [
    link(`locators/${path(one.id)}`, code(one.id)), one.deliveryPolicies.join(", "), openness(one), time(one.end),
    revokeButton(one, page),
  ]);
  return table("Locators", ["Locator", "Delivery policies", "State", "Until", ""], rows,
    { empty: "None: nobody can ask for it.", keys: list.map(({ id }) => id) });
}

function openness({ revoked, start, end }) {
  const now = Date.now();
  if (revoked) return badge("revoked", "bad");
  if (Date.parse(end) <= now) return badge("ended", "wait");
  return start && Date.parse(start) > now ? badge("not begun", "wait") : badge("open", "good");
}

function revokeButton({ id, revoked }, page) {
  if (revoked || !may("DELETE /v1/locators/{locator}")) return null;
  return button("Revoke", async () => {
    const done = await dialog({
      title: "Revoke this locator?", danger: true, submit: "Revoke",
      text: `Every URL under ${id} answers 404 from now on. It cannot be opened again; publishing makes another one.`,
      action: async () => (await ask("DELETE /v1/locators/{locator}", { locator: id })).data,
    });
    if (done) { say("The locator is revoked."); await page.refresh(); }
  }, { class: "danger quiet", "aria-label": `Revoke ${id}` });
}

export function locatorPage(locator) {
  const actions = el("span", { class: "actions" });
  const page = {
    title: "Locator",
    top: [heading("Locator", actions)],
    load: async () => (await ask("GET /v1/locators/{locator}", { locator })).data,
    draw(one) {
      actions.replaceChildren(...[revokeButton(one, page)].filter(Boolean));
      return [
        facts([["Locator", code(one.id)], ["Asset", link(`assets/${path(one.asset)}`, one.asset)],
          ["State", openness(one)],
          ["From", time(one.start)], ["Until", time(one.end)], ["Delivery policies", one.deliveryPolicies.join(", ")]]),
        section("Streams", [], streams(one.streams)),
        section("Still pictures", [], pictures(one.pictures)),
      ];
    },
  };
  return page;
}

/** What the player of this console understands: tracks in files of their own, under what a browser or its scripts
   decrypt. */
const PLAYABLE = {
  "mpd-time-cmaf": ["cenc", "cbcs", "none"], "m3u8-cmaf": ["envelope", "cbcs", "none"],
    "m3u8-aapl": ["envelope", "none"],
  progressive: ["none"],
};

function streams(list) {
  const rows = list.map(({ format, encryption, policy, url }) => {
    const what = `the URL of ${format}, ${encryption}`;
    // Another document, without this one's token: it may reach other servers, and this one may not.
    const play = el("a", {
      class: "button quiet", href: `play/#${new URLSearchParams({ url })}`, target: "_blank", rel: "noopener",
      "aria-label": `Play ${format}, ${encryption} (opens a new tab)`,
    }, "Play");
    return [format, encryption, policy, el("code", { class: "url" }, url), copyButton(url, what),
      PLAYABLE[format]?.includes(encryption) ? play : null];
  });
  return table("Streams", ["Format", "Encryption", "Policy", "URL", "", ""], rows,
    { empty: "This server has no origin, so it knows no URLs." });
}

/** Poster and thumbnails leave in the clear, and only where a delivery policy says so. */
function pictures(list) {
  const rows = list.map(({ picture, policy, url }) => [picture, policy, el("code", { class: "url" }, url),
    copyButton(url, `the URL of ${picture}`)]);
  return table("Still pictures", ["Picture", "Policy", "URL", ""], rows,
    { empty: "None leave: the version has none, or no delivery policy lets them out." });
}

// Publishing

export function publishPage(asset) {
  const place = el("div", {}), outcome = el("div", { "aria-live": "polite" });
  const page = { title: `Publish ${asset}`, top: [heading(`Publish ${asset}`), place, outcome] };
  drawForm(asset, place, outcome).catch((error) => place.replaceChildren(failure(error)));
  return page;
}

async function names(kind) {
  const policies = await all("GET /v1/policies", "policies");
  return policies.filter((policy) => policy.kind === kind).map(({ name }) => name);
}

async function drawForm(asset, place, outcome) {
  const [delivery, authorization, filterNames] = await Promise.all(["DeliveryPolicy", "AuthorizationPolicy",
    "Filter"].map(names));
  const own = filterNames.filter((name) => !name.includes("/") || name.startsWith(`${asset}/`));
  const fields = [
    { name: "deliveryPolicies", label: "Delivery policies", kind: "many", options: delivery,
      hint: "How it may leave." },
    { name: "authorizationPolicy", label: "Authorization policy", kind: "choice",
      options: [["", "As the keys have it"], ...authorization],
      hint: "Who may receive the keys. Keys that the asset has keep theirs unless you choose one." },
    { name: "accessPolicy", label: "Access policy", hint: "For how long; reading, for 365 days, when empty." },
    ...(own.length ? [{ name: "filters", label: "Filters", kind: "many", options: own, hint: "What manifests show." }]
      : []),
    { name: "start", label: "From", type: "datetime-local", hint: "Now when empty." },
    { name: "end", label: "Until", type: "datetime-local", hint: "As the access policy says when empty." },
  ];
  const problem = el("div", {}), submit = el("button", { type: "submit", class: "primary" }, "Publish");
  const form = el("form", {
    class: "card",
    onsubmit: async (event) => {
      event.preventDefault();
      submit.disabled = true;
      problem.replaceChildren();
      try {
        const asked = values(form, fields);
        for (const name of ["start", "end"]) {
          if (asked[name]) asked[name] = new Date(asked[name]).toISOString().replace(/\.\d+Z$/, "Z");
        }
        if (asked.filters && !asked.filters.length) delete asked.filters;
        const { data } = await ask("POST /v1/locators", { asset, ...asked });
        outcome.replaceChildren(published(data));
        form.hidden = true;
        say(`${asset} is published.`);
        outcome.querySelector("h2").focus();
      } catch (error) { problem.replaceChildren(failure(error)); } finally { submit.disabled = false; }
    },
  }, fields.map(control), problem, el("div", { class: "buttons" },
    el("a", { class: "button", href: `#/assets/${path(asset)}` }, "Cancel"), submit));
  place.replaceChildren(form);
}

function published({ asset, locator, until, streams: list, pictures: stills, warnings }) {
  return el("section", {}, el("h2", { tabindex: "-1" }, "Published"),
    facts([["Asset", link(`assets/${path(asset)}`, asset)], ["Locator",
      link(`locators/${path(locator)}`, code(locator))],
      ["Until", time(until)]]),
    warningList(warnings),
      streams(list), stills.length ? pictures(stills) : null);
}

// The list of assets.

import { badge, button, control, el, heading, link, path, table, time } from "./elements.js";
import { all, ask, may } from "./interface.js";
import { poster } from "./posters.js";

const PAGE = 50;

/** A list that goes page by page, and is asked again where it is. */
export class Pager {
  constructor() { this.cursors = [undefined]; }
  get after() { return this.cursors.at(-1); }

  reset() { this.cursors = [undefined]; }

  /** @param next what the server gave for the page after this one @param refresh shows another page */
  controls(next, refresh) {
    if (this.cursors.length === 1 && !next) return null;
    const go = (change) => () => { change(); refresh(); };
    return el("nav", { class: "pager", "aria-label": "Pages of the list" },
      button("Previous", go(() => this.cursors.pop()), { disabled: this.cursors.length === 1 }),
      el("span", {}, `Page ${this.cursors.length}`),
      button("Next", go(() => this.cursors.push(next)), { disabled: !next }));
  }
}

/** A form of filters over a list: what changes there is asked at once. @param fields as for `control` */
export function filters(fields, onChange) {
  let timer;
  const form = el("form", {
    class: "filters", role: "search",
    onsubmit: (event) => { event.preventDefault(); onChange(); },
    oninput: () => { clearTimeout(timer); timer = setTimeout(onChange, 250); },
  }, fields.map(control));
  return form;
}

/** What a form of filters holds now. */
export const held = (form) => Object.fromEntries(
  [...new FormData(form)].map(([name, value]) => [name, value.trim()]).filter(([, value]) => value));

export function assetsPage(parameters) {
  const pager = new Pager();
  const form = filters([{ name: "search", label: "Search by name", type: "search", value: parameters.get("search") }],
    () => { pager.reset(); page.refresh(); });
  const page = {
    title: "Assets",
    top: [heading("Assets"), form],
    async load() {
      const { search } = held(form);
      if (!search) return (await ask("GET /v1/assets", { limit: PAGE, after: pager.after })).data;
      const found = await all("GET /v1/assets", "assets");
      return { assets: found.filter(({ name }) => name.toLowerCase().includes(search.toLowerCase())).slice(0, 200),
        search };
    },
    draw({ assets, next, search }) {
      const rows = assets.map((one) => [
        [poster(one), link(`assets/${path(one.name)}`, one.name)], one.version ?? "–", state(one), time(one.created),
        may("POST /v1/locators") && one.version ? link(`publish/${path(one.name)}`, "Publish") : null,
      ]);
      const columns = ["Asset", "Version", "State", "Made", ""];
      const empty = search ? `No asset's name has “${search}” in it.` : "There are no assets yet.";
      return [table("Assets", columns, rows, { empty, keys: assets.map(({ name }) => name) }),
        search ? null : pager.controls(next, page.refresh)];
    },
  };
  return page;
}

export function state({ version, takenDown }) {
  if (takenDown) return badge("taken down", "bad");
  return version ? badge("ready", "good") : badge("no version yet", "wait");
}

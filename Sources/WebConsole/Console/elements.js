// What pages are made of. Every text goes in through textContent: nothing that somebody wrote can become markup.

/** An element: el("td", { class: "number" }, "12"). `on…` are listeners, other members attributes; false and null are none. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

export const link = (hash, ...children) => el("a", { href: `#/${hash}` }, ...children);

/** A fragment of names as an address of this page. */
export const path = (...parts) => parts.map(encodeURIComponent).join("/");

let serial = 0;
export const freshID = (prefix) => `${prefix}-${++serial}`;

/** A page's heading, with what can be done there. */
export function heading(title, ...actions) {
  return el("div", { class: "heading" }, el("h1", { tabindex: "-1" }, title), el("div", { class: "actions" }, actions));
}

export function section(title, actions, ...children) {
  const id = freshID("section");
  return el("section", { "aria-labelledby": id },
    el("div", { class: "heading" }, el("h2", { id }, title), el("div", { class: "actions" }, actions ?? [])), ...children);
}

export const button = (text, onclick, attributes = {}) => el("button", { type: "button", onclick, ...attributes }, text);

/** @param rows arrays of cells; a cell is text, a node, or an array of them */
export function table(caption, columns, rows, { empty = "None.", keys = [] } = {}) {
  if (!rows.length) return el("p", { class: "none" }, empty);
  const head = el("tr", {}, columns.map((name) => el("th", { scope: "col" }, name)));
  const body = rows.map((cells, index) => el("tr", { "data-row": keys[index] },
    cells.map((cell, column) => column === 0
      ? el("th", { scope: "row" }, cell ?? "") : el("td", { "data-column": columns[column] || null }, cell ?? ""))));
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    el("table", {}, el("caption", {}, caption), el("thead", {}, head), el("tbody", {}, body)));
}

/** A description list. @param facts [[name, cell]]; those without a cell are left out */
export function facts(list) {
  const shown = list.filter(([, value]) => value !== undefined && value !== null && value !== "");
  return el("dl", { class: "facts" },
    shown.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

/** A state in a word, with a colour that says no more than the word. */
export const badge = (text, kind = "") => el("span", { class: `badge ${kind}` }, text);

export const code = (text) => el("code", {}, text);

/** An id: short to the eye, whole when copied and in its title. */
export const shortID = (id) => el("code", { title: id }, id.length > 13 ? `${id.slice(0, 8)}…` : id);

// Swedish writes dates as ISO 8601 does: short, in columns, and sorted by eye.
const TIME = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium" });
const DAY = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short" });

/** A time of the server, in the operator's own zone. @param text RFC 3339, or milliseconds since 1970 */
export function time(text, { day = false } = {}) {
  if (text === undefined || text === null) return null;
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return String(text);
  return el("time", { datetime: date.toISOString(), title: date.toISOString() }, (day ? DAY : TIME).format(date));
}

export function bytes(count) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = count, unit = 0;
  while (value >= 1000 && unit < units.length - 1) { value /= 1000; unit += 1; }
  return `${unit && value < 100 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

export function duration(seconds) {
  const whole = Math.round(seconds), pad = (value) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return `${hours ? `${hours}:${pad(minutes)}` : minutes}:${pad(whole % 60)}`;
}

/** Says something that a screen reader reads, too. */
export function say(text) {
  const place = document.getElementById("said");
  place.textContent = "";
  place.textContent = text;
  place.classList.add("shown");
  clearTimeout(say.timer);
  say.timer = setTimeout(() => place.classList.remove("shown"), 5000);
}

export function copyButton(text, what) {
  const name = `Copy ${what}`;
  return button("Copy", async () => {
    try {
      await navigator.clipboard.writeText(text);
      say(`Copied ${what}.`);
    } catch { say("The browser did not let this page copy."); }
  }, { class: "quiet", "aria-label": name, title: name });
}

/** What went wrong, with every field that is. */
export function failure(error) {
  // Errors of documents say in their message what every field says.
  const fields = (error.errors ?? []).filter(({ detail }) => !error.message.includes(detail));
  return el("div", { class: "failure", role: "alert" },
    el("p", {}, error.message, error.code ? [" ", code(error.code)] : null),
    fields.length ? el("ul", {}, fields.map(({ field, detail }) => el("li", {}, code(field), ` ${detail}`))) : null);
}

// Forms

/**
 * One labelled control.
 * @param {{name, label, kind, value, options, hint, required, placeholder}} field kind: text, area, choice, many, check
 */
export function control(field) {
  const id = freshID("field"), hintID = `${id}-hint`;
  const common = { id, name: field.name, required: field.required, "aria-describedby": field.hint ? hintID : null };
  const hint = field.hint ? el("p", { class: "hint", id: hintID }, field.hint) : null;
  if (field.kind === "many") {
    const boxes = field.options.map((value) => el("label", { class: "check" },
      el("input", { type: "checkbox", name: field.name, value, checked: field.value?.includes(value) }), el("span", {}, value)));
    const none = el("p", { class: "none" }, "There are none.");
    return el("fieldset", {}, el("legend", {}, field.label), boxes.length ? boxes : none, hint);
  }
  if (field.kind === "check") {
    const box = el("input", { ...common, type: "checkbox", checked: field.value });
    return el("div", { class: "field" }, el("label", { class: "check" }, box, el("span", {}, field.label)), hint);
  }
  let input;
  if (field.kind === "choice") {
    const options = field.options.map((one) => Array.isArray(one) ? one : [one, one || (field.any ?? "Any")]);
    input = el("select", common, options.map(([value, text]) =>
      el("option", { value, selected: value === (field.value ?? "") }, text)));
  } else if (field.kind === "area") {
    input = el("textarea", { ...common, rows: field.rows ?? 4, spellcheck: "false", autocomplete: "off", value: field.value ?? "" });
  } else {
    const list = field.options?.length ? el("datalist", { id: `${id}-list` }, field.options.map((value) => el("option", { value }))) : null;
    input = [el("input", {
      ...common, type: field.type ?? "text", value: field.value ?? "", placeholder: field.placeholder, spellcheck: "false",
      autocomplete: "off", list: list ? `${id}-list` : null,
    }), list];
  }
  return el("div", { class: "field" }, el("label", { for: id }, field.label), input, hint);
}

/** What a form's fields hold; empty texts are left out, so that the server's own defaults hold. */
export function values(form, fields) {
  const found = {};
  for (const { name, kind } of fields) {
    const inputs = [...form.elements].filter((input) => input.name === name);
    if (kind === "many") found[name] = inputs.filter((input) => input.checked).map((input) => input.value);
    else if (kind === "check") found[name] = inputs[0].checked;
    else if (inputs[0]?.value.trim()) found[name] = kind === "area" ? inputs[0].value : inputs[0].value.trim();
  }
  return found;
}

/**
 * Asks before something is done, and stays open with the server's words when it is refused.
 * @param {{title, text, fields, submit, danger, action}} question action(values) does it
 * @returns {Promise} what the action gave, or undefined when the operator changed their mind
 */
export function dialog({ title, text, fields = [], submit, danger = false, action }) {
  return new Promise((resolve) => {
    let outcome;
    const titleID = freshID("dialog"), problem = el("div", {});
    const confirm = el("button", { type: "submit", class: danger ? "danger" : "primary" }, submit);
    const cancel = button("Cancel", () => box.close());
    const form = el("form", {
      method: "dialog", novalidate: false,
      onsubmit: async (event) => {
        event.preventDefault();
        confirm.disabled = true;
        try {
          outcome = (await action(values(form, fields))) ?? true;
          box.close();
        } catch (error) { problem.replaceChildren(failure(error)); } finally { confirm.disabled = false; }
      },
    }, el("h2", { id: titleID }, title), text ? el("p", {}, text) : null, fields.map(control), problem,
      el("div", { class: "buttons" }, cancel, confirm));
    const box = el("dialog", { "aria-labelledby": titleID, onclose: () => { box.remove(); resolve(outcome); } }, form);
    document.body.append(box);
    box.showModal();
    (form.querySelector("input, select, textarea") ?? cancel).focus();
  });
}

/** Shows something until it is closed. */
export function notice(title, ...children) {
  const titleID = freshID("dialog");
  const box = el("dialog", { "aria-labelledby": titleID, onclose: () => box.remove() },
    el("h2", { id: titleID }, title), ...children,
    el("div", { class: "buttons" }, button("Close", () => box.close(), { class: "primary" })));
  document.body.append(box);
  box.showModal();
}

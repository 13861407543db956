// The console's side of /v1. Nothing is decided here: the server's specification says what there is and which role it
// takes, the server says who the token is, and refuses whatever this page should have known better.

// sessionStorage lives as long as the tab, and no other origin can read it. There is no cookie, so no other page can
// act in
// the operator's name.
const PLACE = "keyway.token";
const ROLES = ["reader", "operator", "key-admin"];

/** The server answered, and refused. */
export class Refused extends Error {
  constructor({ status, code, detail, errors }) {
    super(detail || `The server answered ${status}.`);
    Object.assign(this, { status, code: code ?? "", errors: errors ?? [] });
  }
}

const state = { token: null, identity: null, routes: new Map(), version: "", onSignedOut: [] };

export const identity = () => state.identity;
export const version = () => state.version;

/** @param listener is told when the server no longer takes the token, or its owner leaves. */
export function whenSignedOut(listener) { state.onSignedOut.push(listener); }

const tellSignedOut = (reason) => { for (const listener of state.onSignedOut) listener(reason); };

/** Whether the server has a route, as `GET /v1/keys/{name}`. */
export const has = (route) => state.routes.has(route);

/** Whether the server has a route and the token's role may use it: what a page shows a button for. */
export function may(route) {
  const needed = state.routes.get(route)?.role;
  return needed !== undefined && ROLES.indexOf(state.identity?.role) >= ROLES.indexOf(needed);
}

/** The values that a member of a route's body, or a parameter of its query, can have; [] when any. */
export function choices(route, name) {
  const operation = state.routes.get(route)?.operation;
  const body = operation?.requestBody?.content?.["application/json"]?.schema?.properties?.[name];
  const parameter = operation?.parameters?.find((one) => one.name === name)?.schema;
  return (body ?? parameter)?.enum ?? [];
}

export const signedOut = () => !state.identity;

/** Takes the token that this tab was given before, if it still holds. */
export async function resume() {
  const token = sessionStorage.getItem(PLACE);
  if (token) await signIn(token);
}

/** @throws Refused when the server does not take the token */
export async function signIn(token) {
  state.token = token;
  try {
    const specification = await (await fetch("/v1/openapi.json", { cache: "no-store" })).json();
    readSpecification(specification);
    state.identity = (await ask("GET /v1/identity")).data;
    sessionStorage.setItem(PLACE, token);
  } catch (error) {
    forget();
    throw error;
  }
}

export function signOut() {
  forget();
  tellSignedOut("");
}

function forget() {
  Object.assign(state, { token: null, identity: null });
  sessionStorage.removeItem(PLACE);
}

function readSpecification({ paths, info }) {
  state.version = info?.version ?? "";
  state.routes = new Map();
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const role = operation["x-keyway-role"];
      if (role) state.routes.set(`${method.toUpperCase()} ${path}`, { role, operation });
    }
  }
}

/** Puts a route's fields where they belong: braces into the path, the others into query or body. */
function request(route, fields) {
  const [method, template] = route.split(" ");
  const rest = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== ""));
  let path = template.replace(/\{(\w+)\}/g, (_, name) => {
    const value = encodeURIComponent(rest[name] ?? "");
    delete rest[name];
    return value;
  });
  const headers = { Authorization: `Bearer ${state.token}` };
  if (rest.ifMatch) headers["If-Match"] = rest.ifMatch;
  if (rest.ifNoneMatch) headers["If-None-Match"] = rest.ifNoneMatch;
  if (rest.prefer) headers.Prefer = rest.prefer;
  delete rest.ifMatch;
  delete rest.ifNoneMatch;
  delete rest.prefer;
  let body;
  if (rest.document !== undefined) {
    headers["Content-Type"] = "application/yaml";
    body = rest.document;
  } else if (["POST", "PUT"].includes(method) && state.routes.get(route)?.operation.requestBody) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(rest);
  } else if (Object.keys(rest).length) {
    path += `?${new URLSearchParams(rest)}`;
  }
  return [path, { method, headers, body, cache: "no-store", credentials: "omit", redirect: "error" }];
}

async function answered(route, fields, options = {}) {
  const [path, asked] = request(route, fields);
  const answer = await fetch(path, { ...asked, ...options }).catch((error) => {
    throw options.signal?.aborted ? error : new Error("The server does not answer.");
  });
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => ({}));
  const refused = new Refused({ ...problem, status: answer.status });
  if (answer.status === 401 && state.identity) {
    forget();
    tellSignedOut(refused.message);
  }
  throw refused;
}

/**
 * Asks the server, as `ask("GET /v1/assets/{name}", { name })`.
 * @returns {{data, tag}} the report, and its entity tag when it has one
 * @throws Refused
 */
export async function ask(route, fields = {}) {
  const answer = await answered(route, fields);
  return { data: await answer.json(), tag: answer.headers.get("ETag") };
}

/**
 * Begins long work as an operation (RFC 7240), instead of waiting for its end.
 * @returns the operation
 * @throws Refused
 */
export const begin = async (route, fields) => (await ask(route, { ...fields, prefer: "respond-async" })).data;

/** Asks for a file, as `picture("GET /v1/assets/{name}/poster", { name })`. @returns {Promise<Blob>} @throws Refused */
export const picture = async (route, fields) => (await answered(route, fields)).blob();

/** All pages of a list as one array, at most so many items. */
export async function all(route, member, fields = {}, most = 5000) {
  const found = [];
  let after;
  do {
    const { data } = await ask(route, { ...fields, limit: 1000, after });
    found.push(...data[member]);
    after = data.next;
  } while (after && found.length < most);
  return found;
}

/** Follows server-sent events (HTML, 9.2) until the signal says stop. EventSource cannot send the token. */
export async function follow(route, fields, signal, onEvent) {
  const answer = await answered(route, fields, { signal });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value.replaceAll("\r\n", "\n");
    const events = text.split("\n\n");
    text = events.pop();
    for (const event of events) {
      const lines = event.split("\n").filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trim());
      if (!lines.length) continue;
      try { onEvent(JSON.parse(lines.join("\n"))); } catch { /* Not one of ours. */ }
    }
  }
}

// A browser has six connections to a server without TLS, for all of its tabs, and a stream of events holds one.
const MOST_STREAMS = 2;

/** Has a page ask again at once when there is an event of what it shows: of a few things, and while somebody looks. */
export class Following {
  /** @param route one with `{id}` that answers with events */
  constructor(route, refresh) {
    Object.assign(this, { route, refresh, wanted: [], streams: new Map(), isStopped: false });
    this.onVisibility = () => this.follow(this.wanted);
    document.addEventListener("visibilitychange", this.onVisibility);
  }

  /** Harmless when they are followed already. @param ids what has not ended */
  follow(ids) {
    this.wanted = ids;
    const now = this.isStopped || document.hidden || !has(this.route) ? [] : ids.slice(0, MOST_STREAMS);
    for (const [id, stream] of this.streams) {
      if (now.includes(id)) continue;
      stream.abort();
      this.streams.delete(id);
    }
    for (const id of now) if (!this.streams.has(id)) this.begin(id);
  }

  stop() {
    this.isStopped = true;
    this.follow([]);
    clearTimeout(this.due);
    document.removeEventListener("visibilitychange", this.onVisibility);
  }

  /** What breaks is followed again when the page asks by the clock. */
  begin(id) {
    const stream = new AbortController();
    this.streams.set(id, stream);
    follow(this.route, { id }, stream.signal, () => this.soon()).catch(() => {}).then(() => {
      if (this.streams.get(id) === stream) this.streams.delete(id);
    });
  }

  /** Many events together are one look. */
  soon() {
    this.due ??= setTimeout(() => { this.due = undefined; if (!this.isStopped) this.refresh(); }, 150);
  }
}

// Asks for keys with the chosen token, and says of each request what came of it. A key's bytes go to the decrypter
// only: never to the log, the page or the console.

/** The key service answered, and gave no key. */
export class KeyRefused extends Error {
  constructor({ status, code, detail }) {
    super(detail || `The key service answered ${status}.`);
    Object.assign(this, { status, code, detail });
  }
}

export class KeyClient {
  /** @param log is told of each request: { time, keyID, endpoint, status, code, detail }; status 0: no answer. */
  constructor(token, log) { Object.assign(this, { token, log, keys: new Map() }); }

  /** AES-128: the key of a playlist's URI, asked for once. */
  aes(url) {
    if (!this.keys.has(url)) this.keys.set(url, this.#importAES(url));
    return this.keys.get(url);
  }

  /** ClearKey: the licence for a request that the browser made. */
  licence(url, message) {
    const kids = JSON.parse(new TextDecoder().decode(message)).kids.map(asUUID);
    const headers = { "Content-Type": "application/json" };
    return this.#ask(url, [...new Set(kids)].join(", "), { method: "POST", body: message, headers });
  }

  async #importAES(url) {
    const keyID = new URL(url).searchParams.get("kid") ?? url.split("/").pop();
    const bytes = await this.#ask(url, keyID);
    if (bytes.byteLength !== 16) throw new Error(`A key has 16 bytes; the key service sent ${bytes.byteLength}.`);
    return crypto.subtle.importKey("raw", bytes, "AES-CBC", false, ["decrypt"]);
  }

  async #ask(url, keyID, options) {
    const headers = { ...options?.headers };
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    const entry = { time: new Date(), keyID, endpoint: new URL(url).pathname, status: 0, code: "", detail: "" };
    try {
      const answer = await fetch(url, { ...options, headers, cache: "no-store" });
      entry.status = answer.status;
      if (answer.ok) return await answer.arrayBuffer();
      const problem = await answer.json().catch(() => null);
      Object.assign(entry, { code: problem?.code ?? "", detail: problem?.detail ?? "" });
    } catch {
      entry.code = "noAnswer";
      throw new Error(`The key service at ${new URL(url).host} does not answer, or does not allow this page (CORS).`);
    } finally {
      this.log(entry);
    }
    if (entry.status >= 500) throw new Error(`The key service failed: ${entry.status} ${entry.code} ${entry.detail}`);
    throw new KeyRefused(entry);
  }
}

/** "keyids" init data for an init segment with a key in tenc (ISO/IEC 23001-7, 8.2) and without pssh, else null. */
export function keyIDsRequest(initialization) {
  const find = (type) => initialization.findIndex((_, at) =>
    [...type].every((character, index) => initialization[at + index] === character.charCodeAt(0)));
  const tenc = find("tenc");
  if (tenc < 0 || find("pssh") >= 0 || tenc + 28 > initialization.length) return null;
  const kid = btoa(String.fromCharCode(...initialization.subarray(tenc + 12, tenc + 28)));
  const kids = [kid.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")];
  return new TextEncoder().encode(JSON.stringify({ kids }));
}

/** Base64url without padding, as in licence requests, to the textual form of manifests and the audit log. */
function asUUID(kid) {
  const binary = atob(kid.replaceAll("-", "+").replaceAll("_", "/"));
  const hex = [...binary].map((character) => character.charCodeAt(0).toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

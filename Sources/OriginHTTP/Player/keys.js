// Asks for keys with the chosen token, and says of each request what came of it. A key's bytes go to the decrypter only.

export class KeyRefused extends Error {
  constructor(answer, problem) {
    super(problem?.detail ?? `The key was refused: ${answer.status}.`);
    this.status = answer.status;
    this.code = problem?.code ?? "";
  }
}

export class KeyClient {
  constructor(token, log) { this.token = token; this.log = log; this.keys = new Map(); }

  async #ask(url, keyID, options) {
    const headers = { ...options?.headers };
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    const entry = { time: new Date(), keyID, endpoint: new URL(url).pathname, status: 0, code: "" };
    const answer = await fetch(url, { ...options, headers, cache: "no-store" });
    entry.status = answer.status;
    const problem = answer.ok ? null : await answer.json().catch(() => null);
    entry.code = problem?.code ?? "";
    this.log(entry);
    if (!answer.ok) throw new KeyRefused(answer, problem);
    return answer.arrayBuffer();
  }

  /** AES-128: the key of a playlist's URI, once. */
  aes(url) {
    if (!this.keys.has(url)) {
      const keyID = new URL(url).searchParams.get("kid") ?? "";
      this.keys.set(url, this.#ask(url, keyID).then((bytes) => crypto.subtle.importKey("raw", bytes, "AES-CBC", false, ["decrypt"])));
    }
    return this.keys.get(url);
  }

  /** ClearKey: a licence for a request that the browser made. */
  licence(url, message) {
    const kids = JSON.parse(new TextDecoder().decode(message)).kids.map(asUUID);
    return this.#ask(url, kids.join(", "), { method: "POST", body: message, headers: { "Content-Type": "application/json" } });
  }
}

function asUUID(kid) {
  const bytes = [...atob(kid.replaceAll("-", "+").replaceAll("_", "/"))].map((c) => c.charCodeAt(0).toString(16).padStart(2, "0")).join("");
  return bytes.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

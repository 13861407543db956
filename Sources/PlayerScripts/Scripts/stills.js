// The poster, and thumbnails over a bar below the video: for whoever looks for a place in the film. Both lie beside the
// manifest, and a film need have neither.

const CUE = /^(?:(\d+):)?(\d\d):(\d\d)\.(\d{3}) --> (?:(\d+):)?(\d\d):(\d\d)\.(\d{3})/;
const seconds = (hours, minutes, rest, thousandths) =>
  Number(hours ?? 0) * 3600 + Number(minutes) * 60 + Number(rest) + Number(thousandths) / 1000;

/** What of the film's still pictures there is: { poster, cues }, where a cue is { start, end, url, x, y, width, height }. */
export async function readStills(manifest) {
  const beside = (name) => new URL(name, manifest.replace(/\/manifest[^/]*$/i, "/"));
  // In the one order that such URLs have.
  const filters = manifest.match(/filter=([^,)]+)/i)?.[1].toLowerCase().split(";");
  const filter = filters && [...new Set(filters)].sort().join(";");
  const track = beside(filter ? `thumbnails(filter=${filter}).vtt` : "thumbnails.vtt");
  const answer = await fetch(track).catch(() => null);
  return { poster: beside("poster.jpg").href, cues: answer?.ok ? cuesOf(await answer.text(), track) : [] };
}

function cuesOf(text, track) {
  return text.split(/\r?\n\r?\n/).flatMap((block) => {
    const [, clock, ...rest] = block.match(CUE) ? [null, ...block.split(/\r?\n/)] : [null, ""];
    const times = clock.match(CUE), [address, place] = (rest[0] ?? "").split("#xywh=");
    if (!times || !place) return [];
    const [x, y, width, height] = place.split(",").map(Number);
    const [start, end] = [seconds(...times.slice(1, 5)), seconds(...times.slice(5, 9))];
    return [{ start, end, url: new URL(address, track).href, x, y, width, height }];
  });
}

/** A bar that shows what lies where, and leads there. One element of the page's own, used again for each film. */
export class ScrubBar {
  /** @param bar an empty element @param video gives the element that plays now */
  constructor(bar, video) {
    Object.assign(this, { bar, video, cues: [] });
    // A canvas: no style that a content security policy would have to allow.
    this.canvas = Object.assign(document.createElement("canvas"), { hidden: true });
    this.time = document.createElement("output");
    this.range = Object.assign(document.createElement("input"), { type: "range", min: 0, step: "any", value: 0 });
    this.range.setAttribute("aria-label", "Place in the film");
    bar.replaceChildren(this.canvas, this.time, this.range);
    bar.hidden = true;
    const at = ({ offsetX }) => Math.min(Math.max(offsetX / this.range.clientWidth, 0), 1) * Number(this.range.max);
    this.range.addEventListener("pointermove", (event) => this.show(at(event)));
    this.range.addEventListener("pointerleave", () => this.hide());
    this.range.addEventListener("input", () => {
      this.show(Number(this.range.value));
      this.video().currentTime = Number(this.range.value);
    });
  }

  /** @param cues of `readStills`; none hides the bar */
  use(cues) {
    this.cues = cues;
    this.sheets = new Map();
    this.hide();
    this.bar.hidden = cues.length === 0;
    if (cues.length) this.range.max = cues.at(-1).end;
  }

  async show(time) {
    const cue = this.cues.find(({ start, end }) => start <= time && time < end) ?? this.cues.at(-1);
    if (!cue) return;
    this.shown = cue;
    const image = await this.sheet(cue.url);
    // The pointer may have moved on meanwhile.
    if (!image || this.shown !== cue) return;
    Object.assign(this.canvas, { width: cue.width, height: cue.height, hidden: false });
    this.canvas.getContext("2d").drawImage(image, cue.x, cue.y, cue.width, cue.height, 0, 0, cue.width, cue.height);
    const whole = Math.floor(time);
    this.time.textContent = `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
  }

  hide() {
    this.shown = null;
    this.canvas.hidden = true;
    this.time.textContent = "";
  }

  sheet(url) {
    if (!this.sheets.has(url)) {
      const image = Object.assign(new Image(), { src: url });
      this.sheets.set(url, image.decode().then(() => image, () => null));
    }
    return this.sheets.get(url);
  }
}

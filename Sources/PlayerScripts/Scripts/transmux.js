// MPEG transport streams with one elementary stream each, turned into fragmented MP4 for Media Source Extensions.

const TICKS = 90000;

function concatenate(parts) {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) { result.set(part, at); at += part.length; }
  return result;
}

const u16 = (v) => [v >>> 8 & 255, v & 255];
const u32 = (v) => [v >>> 24 & 255, v >>> 16 & 255, v >>> 8 & 255, v & 255];

function box(type, ...content) {
  const body = concatenate(content.map((c) => c instanceof Uint8Array ? c : Uint8Array.from(c)));
  return concatenate([Uint8Array.from([...u32(body.length + 8), ...[...type].map((c) => c.charCodeAt(0))]), body]);
}

const full = (type, version, flags, ...content) => box(type, [version, ...u32(flags).slice(1)], ...content);

/** The packets of the elementary stream: {pts, dts, data}, in order. */
function packets(stream) {
  const found = [];
  let pmt = -1, elementary = -1, current;
  for (let at = 0; at + 188 <= stream.length; at += 188) {
    if (stream[at] !== 0x47) throw new Error("This is not a transport stream.");
    const starts = stream[at + 1] & 0x40;
    const pid = (stream[at + 1] & 0x1f) << 8 | stream[at + 2];
    let start = at + 4;
    if (stream[at + 3] & 0x20) start += 1 + stream[at + 4];
    if (!(stream[at + 3] & 0x10) || start >= at + 188) continue;
    const payload = stream.subarray(start, at + 188);
    if (pid === 0 && starts) {
      const table = payload.subarray(1 + payload[0]);
      pmt = (table[10] & 0x1f) << 8 | table[11];
    } else if (pid === pmt && starts) {
      const table = payload.subarray(1 + payload[0]);
      const info = 12 + ((table[10] & 0x0f) << 8 | table[11]);
      elementary = (table[info + 1] & 0x1f) << 8 | table[info + 2];
    } else if (pid === elementary) {
      if (starts) {
        current = pesHeader(payload);
        found.push(current);
      }
      current?.parts.push(starts ? payload.subarray(current.length) : payload);
    }
  }
  return found.map(({ pts, dts, parts }) => ({ pts, dts, data: concatenate(parts) }));
}

function pesHeader(payload) {
  const time = (at) => (payload[at] >>> 1 & 7) * 2 ** 30
    + (payload[at + 1] << 22 | (payload[at + 2] >>> 1) << 15 | payload[at + 3] << 7 | payload[at + 4] >>> 1);
  const pts = time(9);
  return { pts, dts: payload[7] & 0x40 ? time(14) : pts, length: 9 + payload[8], parts: [] };
}

/** The NAL units of an Annex B stream. */
function nalUnits(data) {
  const starts = [];
  for (let at = 0; at + 3 <= data.length; at++) {
    if (data[at] === 0 && data[at + 1] === 0 && data[at + 2] === 1) { starts.push(at + 3); at += 2; }
  }
  return starts.map((start, index) => {
    let end = index + 1 < starts.length ? starts[index + 1] - 3 : data.length;
    while (end > start && data[end - 1] === 0) end--;
    return data.subarray(start, end);
  });
}

export class Transmuxer {
  /** @param track {kind, width, height} */
  constructor(track) { this.track = track; this.sequence = 0; this.rate = 48000; }

  /** The init segment, when it is not out yet, and a fragment, from one whole clear segment. */
  transmux(stream) {
    const samples = this.track.kind === "video" ? this.#video(packets(stream)) : this.#audio(packets(stream));
    if (!samples.length) throw new Error("A segment of the transport stream holds nothing.");
    const output = [];
    if (!this.sequence) output.push(this.#initialization());
    this.sequence++;
    output.push(this.#fragment(samples));
    return concatenate(output);
  }

  #video(units) {
    const samples = units.map(({ pts, dts, data }) => {
      const kept = [];
      let isKey = false;
      for (const unit of nalUnits(data)) {
        const type = unit[0] & 31;
        if (type === 7) this.sps ??= unit.slice();
        else if (type === 8) this.pps ??= unit.slice();
        else if (type !== 9) { isKey ||= type === 5; kept.push(Uint8Array.from(u32(unit.length)), unit); }
      }
      return { pts, dts, isKey, data: concatenate(kept) };
    });
    samples.forEach((sample, index) => {
      const next = samples[index + 1];
      sample.duration = next ? next.dts - sample.dts : samples[index - 1]?.duration ?? TICKS / 25;
    });
    return samples;
  }

  #audio(units) {
    const rates = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000];
    const samples = [];
    for (const { pts, data } of units) {
      let time = pts;
      for (let at = 0; at + 7 <= data.length;) {
        if (data[at] !== 0xff || (data[at + 1] & 0xf0) !== 0xf0) throw new Error("This is not ADTS.");
        const header = data[at + 1] & 1 ? 7 : 9;
        const length = (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >>> 5;
        const index = data[at + 2] >>> 2 & 15;
        this.rate = rates[index] ?? 48000;
        const channels = (data[at + 2] & 1) << 2 | data[at + 3] >>> 6;
        // AudioSpecificConfig (ISO/IEC 14496-3): AAC-LC, rate, channels.
        this.config ??= [2 << 3 | index >>> 1, (index & 1) << 7 | channels << 3];
        const duration = 1024 * TICKS / this.rate;
        samples.push({ pts: time, dts: time, isKey: true, duration, data: data.subarray(at + header, at + length) });
        time += duration;
        at += Math.max(length, 7);
      }
    }
    return samples;
  }

  #initialization() {
    const matrix = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000].flatMap(u32);
    const isVideo = this.track.kind === "video";
    const zeros = (count) => new Uint8Array(count);
    const size = isVideo ? [this.track.width, this.track.height] : [0, 0];
    const handler = [...(isVideo ? "vide" : "soun")].map((c) => c.charCodeAt(0));
    const empty = (type) => full(type, 0, 0, u32(0));
    const table = box("stbl", full("stsd", 0, 0, u32(1), isVideo ? this.#avc1() : this.#mp4a()),
      empty("stts"), empty("stsc"), full("stsz", 0, 0, u32(0), u32(0)), empty("stco"));
    const header = isVideo ? full("vmhd", 0, 1, zeros(8)) : full("smhd", 0, 0, zeros(4));
    const reference = box("dinf", full("dref", 0, 0, u32(1), full("url ", 0, 1)));
    const information = box("minf", header, reference, table);
    const media = box("mdia", full("mdhd", 0, 0, zeros(8), u32(TICKS), u32(0), [0x55, 0xc4, 0, 0]),
      full("hdlr", 0, 0, zeros(4), handler, zeros(13)), information);
    const volume = isVideo ? [0, 0] : [1, 0];
    const trackHeader = full("tkhd", 0, 3, zeros(8), u32(1), zeros(8), zeros(8), zeros(4), volume, zeros(2), matrix,
      u32(size[0] << 16), u32(size[1] << 16));
    const movieHeader = full("mvhd", 0, 0, zeros(8), u32(TICKS), u32(0), u32(0x10000), [1, 0], zeros(10), matrix,
      zeros(24), u32(2));
    const defaults = box("mvex", full("trex", 0, 0, u32(1), u32(1), zeros(12)));
    return concatenate([
      box("ftyp", [..."iso6"].map((c) => c.charCodeAt(0)), u32(1), [..."iso6mp41"].map((c) => c.charCodeAt(0))),
      box("moov", movieHeader, box("trak", trackHeader, media), defaults),
    ]);
  }

  #avc1() {
    const { sps, pps } = this;
    if (!sps || !pps) throw new Error("The video comes without its parameter sets.");
    const configuration = box("avcC", [1, sps[1], sps[2], sps[3], 0xff, 0xe1], u16(sps.length), sps,
      [1], u16(pps.length), pps);
    return box("avc1", new Uint8Array(6), u16(1), new Uint8Array(16), u16(this.track.width), u16(this.track.height),
      u32(0x480000), u32(0x480000), u32(0), u16(1), new Uint8Array(32), u16(24), [0xff, 0xff], configuration);
  }

  #mp4a() {
    const descriptor = (tag, ...content) => { const body = content.flat(); return [tag, body.length, ...body]; };
    if (!this.config) throw new Error("The sound has no frames.");
    const decoder = descriptor(4, [0x40, 0x15, 0, 0, 0], u32(0), u32(0), descriptor(5, this.config));
    const stream = descriptor(3, u16(1), [0], decoder, descriptor(6, [2]));
    return box("mp4a", new Uint8Array(6), u16(1), new Uint8Array(8), u16(2), u16(16), u32(0), u32(this.rate << 16),
      full("esds", 0, 0, stream));
  }

  #fragment(samples) {
    const entries = samples.flatMap(({ duration, data, isKey, pts, dts }) => [
      ...u32(Math.round(duration)), ...u32(data.length), ...u32(isKey ? 0x02000000 : 0x01010000),
      ...u32(Math.round(pts - dts)),
    ]);
    const start = Math.round(samples[0].dts);
    const build = (offset) => box("moof", full("mfhd", 0, 0, u32(this.sequence)), box("traf",
      full("tfhd", 0, 0x020000, u32(1)), full("tfdt", 1, 0, u32(Math.floor(start / 2 ** 32)), u32(start % 2 ** 32)),
      full("trun", 1, 0xf01, u32(samples.length), u32(offset), entries)));
    const moof = build(build(0).length + 8);
    return concatenate([moof, box("mdat", ...samples.map((s) => s.data))]);
  }
}

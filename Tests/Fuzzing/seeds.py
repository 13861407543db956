#!/usr/bin/env python3
"""Writes the seeds of the fuzzing corpus into a folder: seeds.py FOLDER

Small films of every codec and form, made by ffmpeg, and their sample entries with their first samples. Each file begins
with the byte that says what reads it; see Fuzzing.swift.
"""
import pathlib
import struct
import subprocess
import sys
import tempfile

BOXES, MOVIE, SAMPLES, SUBTITLES, MANIFESTS, STREAMS, CUES = (bytes([number]) for number in range(7))
SMALL = ["-f", "lavfi", "-i", "testsrc=s=64x64:r=12:d=0.5", "-f", "lavfi", "-i", "sine=r=48000:d=0.5", "-shortest",
         "-pix_fmt", "yuv420p"]
AVC = ["-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-x264-params", "keyint=3:min-keyint=3:scenecut=0"]
AAC = ["-c:a", "aac", "-b:a", "32k"]
FORMS = {
    "avc": AVC + AAC,
    "fast": AVC + AAC + ["-movflags", "+faststart"],
    "fragments": AVC + AAC + ["-movflags", "frag_keyframe+empty_moov+default_base_moof+delay_moov"],
    "offsets": AVC + AAC + ["-movflags", "frag_keyframe+empty_moov"],
    "hybrid": AVC + AAC + ["-movflags", "frag_keyframe"],
    "smooth": AVC + AAC + ["-f", "ismv"],
    "cavlc": ["-c:v", "libx264", "-profile:v", "baseline", "-g", "3", "-an"],
    "interlaced": ["-c:v", "libx264", "-flags", "+ildct+ilme", "-g", "3", "-an"],
    "hevc": ["-c:v", "libx265", "-x265-params", "log-level=none:keyint=3", "-tag:v", "hvc1", "-c:a", "ac3"],
    "hevc10": ["-c:v", "libx265", "-pix_fmt", "yuv420p10le", "-x265-params", "log-level=none:keyint=3", "-tag:v",
               "hev1", "-c:a", "eac3"],
    "av1": ["-c:v", "libaom-av1", "-cpu-used", "8", "-g", "3", "-c:a", "libopus"],
    "av1tiles": ["-c:v", "libaom-av1", "-cpu-used", "8", "-g", "3", "-s", "256x128", "-tiles", "2x2", "-an"],
    "vp9": ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-g", "3", "-c:a", "flac", "-strict", "-2"],
}

WEBVTT = """WEBVTT - a title
X-HEADER: 1

STYLE
::cue(.a) { color: lime }

REGION
id:r width:40% lines:3 regionanchor:0%,100% viewportanchor:10%,90% scroll:up

NOTE a note

one
00:00.000 --> 00:03.500 align:start position:10%,line-left size:35% line:-1 region:r vertical:rl
<v Roger><b>Bold</b> <i.a>and</i></v> &amp; <00:00:01.000>later <ruby>a<rt>b</rt></ruby> <lang en>x</lang>

01:02:03.004 --> 99:59:59.999
&lt;&nbsp;&#x41;
"""
TTML = """<?xml version="1.0" encoding="UTF-8"?>
<!-- a comment -->
<tt xmlns="http://www.w3.org/ns/ttml" xmlns:tts="http://www.w3.org/ns/ttml#styling"
    xmlns:ttp="http://www.w3.org/ns/ttml#parameter" xmlns:ttm="http://www.w3.org/ns/ttml#metadata" xml:lang="en"
    ttp:timeBase="media" ttp:frameRate="25" ttp:frameRateMultiplier="1000 1001" ttp:tickRate="10000000">
  <head><styling><style xml:id="s" tts:fontStyle="italic" tts:textDecoration="underline"/></styling>
  <layout><region xml:id="r" tts:origin="10% 80%" tts:extent="80% 10%"/></layout></head>
  <body><div region="r"><p begin="00:00:01.5" end="3s" style="s">one<br/><span tts:fontWeight="bold">two &amp;</span></p>
  <p begin="00:00:04:12" dur="20000000t">&#x41;<![CDATA[x]]></p><p begin="100ms" end="0.1h" timeContainer="seq">y</p>
  </div></body></tt>
"""

SERVER = """<?xml version="1.0" encoding="utf-8"?>
<smil xmlns="http://www.w3.org/2001/SMIL20/Language">
  <head><meta name="clientManifestRelativePath" content="film.ismc"/></head>
  <body><switch>
    <video src="film.ismv" systemBitrate="1000000" systemLanguage="und"><param name="trackID" value="1" valuetype="data"/>
      <param name="trackName" value="video"/></video>
    <audio src="film.ismv" systemLanguage="eng" title="English"><param name="trackID" value="2"/>
      <param name="trackName" value="aac_eng_2_128041_2_1"/><param name="accessibility" value="description"/></audio>
    <audio src="more.isma" systemLanguage="x!"><param name="trackName" value="Kommentar"/></audio>
    <textstream src="text.ismt" systemLanguage="de"><param name="trackID" value="1"/><param name="subtype" value="CAPT"/></textstream>
    <textstream src="data.ismt"><param name="Subtype" value="SCMD"/></textstream><ref src="other"/>
  </switch></body></smil>
"""
CLIENT = """<?xml version="1.0" encoding="utf-16"?>
<SmoothStreamingMedia MajorVersion="2" MinorVersion="2" Duration="60000000">
  <StreamIndex Type="video" Name="video" Chunks="3" QualityLevels="1" Url="QualityLevels({bitrate})/Fragments(video={start time})">
    <QualityLevel Index="0" Bitrate="1000000" FourCC="H264" CodecPrivateData="00000001"/><c t="0" d="20000000" r="3"/></StreamIndex>
  <StreamIndex Type="audio" Name="aac_eng_2_128041_2_1" Language="deu" Subtype="DESC"/>
  <StreamIndex Type="audio" Name="Kommentar" Language="ger" Subtype="commentary"/>
  <StreamIndex Type="Text" Name="Untertitel" Language="de-DE" Subtype="SUBT"/>
  <StreamIndex Type="text" Name="Marks" Subtype="CHAP"/><StreamIndex Type="smell"/>
</SmoothStreamingMedia>
"""

# Each text is as long as the boxes of WebVTT that stand for it in `as_webvtt`.
SUBRIP = """1
00:00:00,000 --> 00:00:00,250
the text of a first cue, no more.

2
00:00:00,250 --> 00:00:00,500
and the other one of this film
"""


def boxes(data, start=0, end=None):
    """Places of the boxes of a range: type, start, start of the payload, end."""
    end = len(data) if end is None else end
    while start + 8 <= end:
        size, kind = struct.unpack(">I4s", data[start:start + 8])
        head = 8
        if size == 1:
            size, head = struct.unpack(">Q", data[start + 8:start + 16])[0], 16
        size = size or end - start
        if size < head:
            return
        yield kind, start, start + head, start + size
        start += size


def found(data, path, start=0, end=None):
    """Payloads of the boxes of a path."""
    for kind, _, inner, stop in boxes(data, start, end):
        if kind == path[0]:
            if len(path) == 1:
                yield inner, stop
            else:
                yield from found(data, path[1:], inner, stop)


def samples(data):
    """For each track of a progressive film: its sample entry, and its first samples."""
    for inner, stop in found(data, [b"moov", b"trak", b"mdia", b"minf", b"stbl"]):
        table = {kind: data[start:end] for kind, _, start, end in boxes(data, inner, stop)}
        entry = table[b"stsd"][8:]
        size, count = struct.unpack(">II", table[b"stsz"][4:12])
        sizes = [size] * count if size else struct.unpack(f">{count}I", table[b"stsz"][12:12 + 4 * count])
        offset = struct.unpack(">I", table[b"stco"][8:12])[0]
        per_run = struct.unpack(">III", table[b"stsc"][8:20])[1]
        parts = [entry]
        for number in range(min(per_run, 4, len(sizes))):
            parts.append(data[offset:offset + sizes[number]])
            offset += sizes[number]
        yield b"".join(part(each) for each in parts if len(each) < 65536)


def as_webvtt(data):
    """The text track of a film, `tx3g`, as one of WebVTT in ISO BMFF (ISO/IEC 14496-30, 7), in boxes of the same sizes."""
    for text in [b"the text of a first cue, no more.", b"and the other one of this film"]:
        place = data.find(struct.pack(">H", len(text)) + text)
        if place < 0:
            sys.exit(f"seeds: ffmpeg wrote no sample of text {text!r}")
        size = len(text) + 2
        cue = struct.pack(">I4sI4s", size, b"vttc", size - 8, b"payl") + text[: size - 16]
        data = data[:place] + cue + data[place + size:]
    place = data.find(b"tx3g") - 4
    size = struct.unpack(">I", data[place:place + 4])[0]
    entry = data[place:place + 4] + b"wvtt" + data[place + 8:place + 16]
    entry += struct.pack(">I4s", size - 16, b"vttC") + b"WEBVTT\n".ljust(size - 24, b"\n")
    return data[:place] + entry + data[place + size:]


def texts(place):
    """Films with text of every form that is read."""
    subtitles = pathlib.Path(place) / "text.srt"
    subtitles.write_text(SUBRIP, encoding="ascii")
    made = {}
    for name, codec in {"text3g": "mov_text", "textttml": "ttml"}.items():
        film = pathlib.Path(place) / f"{name}.mp4"
        subprocess.run(["ffmpeg", "-v", "error", "-y"] + SMALL[:4] + ["-i", str(subtitles), "-t", "0.5", "-pix_fmt", "yuv420p",
                       "-c:v", "libx264", "-g", "3", "-c:s", codec, str(film)], check=True)
        made[name] = film.read_bytes()
    made["textwebvtt"] = as_webvtt(made["text3g"])
    made["textdfxp"] = made["textttml"].replace(b"stpp", b"dfxp", 1)
    return made


def part(content):
    return struct.pack(">H", len(content)) + content


def box(kind, content):
    return struct.pack(">I4s", len(content) + 8, kind) + content


def cues():
    """Samples of WebVTT: two cues, of which one goes on in the next, and says when (see `CueSample`), none, and one of TTML."""
    times = bytes.fromhex("6b1e7c0d528a4b3f9d27a14f0063e891") + struct.pack(">QQ", 500, 2500)
    one = box(b"vttc", box(b"vsid", b"\0\0\0\1") + box(b"iden", b"one") + box(b"sttg", b"line:0 align:start")
              + box(b"payl", b"<v Roger><b>Bold</b>\nand &amp;") + box(b"uuid", times))
    other = box(b"vttc", box(b"vsid", b"\0\0\0\2") + box(b"payl", b"a --> b\n\nc\0d"))
    markup = b'<tt><body><div><p begin="00:00:01.000" end="00:00:03.500">one</p></div></body></tt>'
    return b"".join(part(sample) for sample in [one + other, one, box(b"vtte", b""), markup])


def main(folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {"vtt": WEBVTT, "ttml": TTML}.items():
        (folder / f"subtitles-{name}").write_bytes(SUBTITLES + text.encode())
    (folder / "manifests").write_bytes(MANIFESTS + part(SERVER.encode()) + CLIENT.encode())
    (folder / "manifests-utf16").write_bytes(MANIFESTS + part(SERVER.encode("utf-16")) + CLIENT.encode("utf-16"))
    (folder / "cues").write_bytes(CUES + cues())
    with tempfile.TemporaryDirectory() as place:
        for name, film in texts(place).items():
            (folder / f"movie-{name}").write_bytes(MOVIE + film)
        for name, arguments in FORMS.items():
            film = pathlib.Path(place) / f"{name}.mp4"
            subprocess.run(["ffmpeg", "-v", "error", "-y"] + SMALL + arguments + [str(film)], check=True)
            data = film.read_bytes()
            (folder / f"movie-{name}").write_bytes(MOVIE + data)
            (folder / f"boxes-{name}").write_bytes(
                BOXES + b"".join(data[start:end] for kind, start, _, end in boxes(data) if kind != b"mdat"))
            if any(True for _ in found(data, [b"moov", b"mvex"])):
                continue
            for number, sample in enumerate(samples(data)):
                (folder / f"samples-{name}-{number}").write_bytes(SAMPLES + sample)
                (folder / f"streams-{name}-{number}").write_bytes(STREAMS + sample)


if __name__ == "__main__":
    main(*sys.argv[1:])

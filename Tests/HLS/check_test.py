#!/usr/bin/env python3
"""Holds check.py against playlists that are broken, one rule at a time, and against those that they were made of.

    check_test.py   →   one JSON object: how many were tried, and a list of what was missed or found in vain
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

KEY = '#EXT-X-KEY:METHOD=AES-128,URI="key",IV=0x{:032x}\n'
SAMPLE_KEY = '#EXT-X-KEY:METHOD=SAMPLE-AES,URI="{}",KEYFORMAT="{}",KEYFORMATVERSIONS="1"\n'
FORMATS = [
    SAMPLE_KEY.format("data:w", "urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed"),
    SAMPLE_KEY.format("key", "identity").replace(",KEYFORMAT=", f",IV=0x{7:032x},KEYFORMAT=")]
MEDIA = "#EXTM3U\n#EXT-X-VERSION:{}\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n"
SOUND = '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="{}",NAME="{}",LANGUAGE="{}",DEFAULT={},AUTOSELECT=YES,URI="sound.m3u8"\n'
PICTURE = 'RESOLUTION=160x90,VIDEO-RANGE=PQ,SUPPLEMENTAL-CODECS="dvh1.08.06/db1p"'


def segments(first, key=True):
    return "".join(
        (KEY.format(first + number) if key else "") + f"#EXTINF:2.000,\n{first + number}.ts\n" for number in range(2))


def envelope():
    """Two groups of sound in two languages, key frames, and AES-128 in MPEG-TS."""
    independent = "#EXT-X-INDEPENDENT-SEGMENTS\n"
    main = "#EXTM3U\n#EXT-X-VERSION:4\n" + independent + '#EXT-X-SESSION-KEY:METHOD=AES-128,URI="key"\n'
    for group in ("a", "b"):
        main += SOUND.format(group, "English", "en", "YES") + SOUND.format(group, "Deutsch", "de", "NO")
    main += '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="text",NAME="English",LANGUAGE="en",URI="text.m3u8"\n'
    for group in ("a", "b"):
        main += f'#EXT-X-STREAM-INF:BANDWIDTH=1000,CODECS="hvc1.2,mp4a.40.2",{PICTURE},FRAME-RATE=25.000'
        main += f',AUDIO="{group}",SUBTITLES="text"\nvideo.m3u8\n'
    main += f'#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=100,CODECS="hvc1.2",{PICTURE},URI="frames.m3u8"\n'
    frames = MEDIA.format(4) + "#EXT-X-I-FRAMES-ONLY\n"
    for number in range(2):
        frames += KEY.format(number) + f"#EXTINF:2.000,\n#EXT-X-BYTERANGE:16@0\n{number}.ts\n"
    return {
        "main.m3u8": main, "video.m3u8": MEDIA.format(4) + independent + segments(0) + "#EXT-X-ENDLIST\n",
        "sound.m3u8": MEDIA.format(4) + independent + segments(2) + "#EXT-X-ENDLIST\n",
        "text.m3u8": MEDIA.format(4) + independent + segments(4, key=False) + "#EXT-X-ENDLIST\n",
        "frames.m3u8": frames + "#EXT-X-ENDLIST\n", **{f"{number}.ts": "x" * 32 for number in range(6)}}


def samples():
    """SAMPLE-AES in fragmented MP4, in two formats of keys."""
    session = "".join(line.replace("EXT-X-KEY", "EXT-X-SESSION-KEY") for line in FORMATS).replace(f"IV=0x{7:032x},", "")
    return {
        "main.m3u8": "#EXTM3U\n#EXT-X-VERSION:7\n" + session
                     + '#EXT-X-STREAM-INF:BANDWIDTH=1000,CODECS="avc1.64001f"\nvideo.m3u8\n',
        "video.m3u8": MEDIA.format(7) + '#EXT-X-MAP:URI="init.mp4"\n' + "".join(FORMATS)
                      + "#EXTINF:2.000,\n0.m4s\n#EXTINF:2.000,\n1.m4s\n#EXT-X-ENDLIST\n",
        "init.mp4": "x", "0.m4s": "x", "1.m4s": "x"}


# Of what, in which file, what stands there, what comes in its place, and a word of the complaint.
CASES = [
    (envelope, "video.m3u8", "IV=0x" + "0" * 31 + "1", "IV=0x" + "0" * 32, "has the key and the IV of"),
    (envelope, "video.m3u8", KEY.format(1), "", "has the key and the IV of"),
    (envelope, "sound.m3u8", KEY.format(2), KEY.format(1), "has the key and the IV of"),
    (envelope, "video.m3u8", ",IV=0x" + "0" * 32, "", "an IV of its own"),
    (envelope, "video.m3u8", KEY.format(0), KEY.format(9) + KEY.format(0), "two keys of the format"),
    (envelope, "video.m3u8", "#EXTINF:2.000,\n1.ts", "#EXT-X-DISCONTINUITY\n#EXTINF:2.000,\n1.ts", "discontinuity"),
    (envelope, "video.m3u8", "#EXT-X-INDEPENDENT-SEGMENTS\n", "", "independent"),
    (envelope, "video.m3u8", "#EXTINF:2.000,\n0.ts", "#EXTINF:2.600,\n0.ts", "rounds to more"),
    (envelope, "video.m3u8", "#EXT-X-ENDLIST\n", "", "has no end"),
    (envelope, "0.ts", "x" * 32, "x" * 31, "not whole blocks"),
    (envelope, "frames.m3u8", "#EXT-X-BYTERANGE:16@0\n1", "#EXT-X-BYTERANGE:16@24\n1", "lies outside of"),
    (envelope, "frames.m3u8", "#EXT-X-I-FRAMES-ONLY\n", "", "EXT-X-I-FRAMES-ONLY"),
    (envelope, "main.m3u8", 'AES-128,URI="key"', 'AES-128,URI="other"', "no media playlist has the session key"),
    (envelope, "main.m3u8", "SESSION-KEY:METHOD=AES-128", "SESSION-KEY:METHOD=SAMPLE-AES", "no media playlist has"),
    (envelope, "main.m3u8", SOUND.format("b", "Deutsch", "de", "NO"), "", "other members"),
    (envelope, "main.m3u8", SOUND.format("b", "Deutsch", "de", "NO"), SOUND.format("b", "Deutsch", "fr", "NO"),
     "other members"),
    (envelope, "main.m3u8", SOUND.format("b", "Deutsch", "de", "NO"), SOUND.format("b", "English", "de", "NO"),
     "two renditions of one name"),
    (envelope, "main.m3u8", 'AUDIO="b",', 'AUDIO="c",', "group c is not there"),
    (envelope, "main.m3u8", 'SUBTITLES="text"', 'SUBTITLES="words"', "group words is not there"),
    (envelope, "main.m3u8", f'"hvc1.2",{PICTURE}', '"hvc1.2",RESOLUTION=160x90', "are of no variant"),
    (envelope, "main.m3u8", 'CODECS="hvc1.2",', 'CODECS="hvc1.1",', "are of no variant"),
    (envelope, "main.m3u8", ",URI=\"frames.m3u8\"", ",FRAME-RATE=25.000,URI=\"frames.m3u8\"", "4.3.4.3"),
    (envelope, "main.m3u8", "#EXT-X-VERSION:4\n", "", "EXT-X-VERSION must be there once"),
    (samples, "main.m3u8", 'KEYFORMAT="urn:uuid:edef8ba9', 'KEYFORMAT="urn:uuid:00000000', "no media playlist has"),
    (samples, "video.m3u8", FORMATS[0], "", "no media playlist has"),
    (samples, "video.m3u8", FORMATS[1], FORMATS[1].replace("AES", "AES-CTR"), "under two methods"),
    (samples, "video.m3u8", '#EXT-X-MAP:URI="init.mp4"\n' + FORMATS[0], FORMATS[0] + '#EXT-X-MAP:URI="init.mp4"\n',
     "an init segment under a key"),
    (samples, "video.m3u8", '#EXT-X-MAP:URI="init.mp4"\n', "", "without EXT-X-MAP"),
    (samples, "video.m3u8", "#EXT-X-VERSION:7", "#EXT-X-VERSION:6", "is needed"),
]


def complaints(files, *options):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            with open(f"{folder}/{name}", "w") as file:
                file.write(text)
        url = pathlib.Path(folder, "main.m3u8").as_uri()
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "check.py")
        outcome = subprocess.run([sys.executable, script, url, *options], stdout=subprocess.PIPE, check=True)
        return json.loads(outcome.stdout)["broken"]


wrong = [f"{make.__name__}: {one}" for make in (envelope, samples) for one in complaints(make())]
for make, name, old, new, words in CASES:
    files = make()
    assert files[name].count(old) >= 1, (name, old)
    files[name] = files[name].replace(old, new, 1)
    found = complaints(files)
    if not any(words in one for one in found):
        wrong.append(f"{name}: {old!r} became {new!r} and it is said: {found}")
files = envelope()
files["video.m3u8"] = files["video.m3u8"].replace("#EXTINF", "#EXT-X-DISCONTINUITY\n#EXTINF", 1)
wrong += complaints(files, "--discontinuities")
json.dump({"tried": len(CASES), "wrong": wrong}, sys.stdout)

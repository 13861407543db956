#!/usr/bin/env python3
"""Lets one player play one stream, and judges by what came out of it.

    TOKEN=… [KEY=…] players.py PLAYER SOURCE MANIFEST   →   one JSON object: {pictures, sound, said}

`pictures` and `sound` are "all" when the frames are those of SOURCE, "all but one", or "none"; `said` is what the player
complained of. The token is shown as the player can: in a header, or with the manifest. KEY, in hexadecimal digits, is for
players that take keys and know no protocol to ask for them. Of Chromium only counts are compared. None gets more than twenty seconds.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../Browser"))

player, source, manifest = sys.argv[1:4]
token, key = os.environ.get("TOKEN", ""), os.environ.get("KEY", "")
header = f"Authorization: Bearer {token}" if token else "X-Nothing: 1"
with_token = manifest + (f"?token={token}" if token else "")
folder = tempfile.mkdtemp(prefix="keyway-players-")
said = []


def run(*command, patience=20):
    environment = {**os.environ, "HOME": folder, "GST_REGISTRY_FORK": "no"}
    environment.pop("TOKEN", None)
    environment.pop("KEY", None)
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment,
        cwd=folder, start_new_session=True)
    try:
        output, _ = process.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        output, _ = process.communicate()
        output += f"\nended after {patience} s".encode()
    said.append(output.decode("utf-8", "replace"))


def frames(path, kind):
    """Of each frame a hash of what it decodes to; none of a file that is not there."""
    done = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", path, "-map", f"0:{kind}:0", "-fps_mode", "passthrough", "-f", "framemd5", "-"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return hashes(done.stdout.decode())


def hashes(text):
    return [line.split(",")[5].strip() for line in text.splitlines() if line and not line.startswith("#")]


def read(name):
    try:
        with open(f"{folder}/{name}") as file:
            return hashes(file.read())
    except OSError:
        return []


def verdict(isSame):
    return "all" if isSame else "none"


def same_pictures(seen):
    wanted = frames(source, "v")
    if seen and len(seen) == len(wanted) - 1:
        lost = next((at for at, frame in enumerate(seen) if frame != wanted[at]), len(seen))
        return "all but one" if seen[lost:] == wanted[lost + 1:] else "none"
    return verdict(bool(seen) and seen == wanted)


def same_sound(seen):
    """Of sound the first two frames depend on what was there before them, and one may be left out."""
    wanted = frames(source, "a")
    return verdict(
        len(seen) in range(len(wanted) - 2, len(wanted) + 1) and seen[2:] == wanted[len(wanted) - len(seen):][2:])


def samples(path):
    """Of sound, its samples in 16 bits."""
    return subprocess.run(
        ["ffmpeg", "-v", "error", "-i", path, "-map", "0:a:0", "-f", "s16le", "-"], stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL).stdout


def of_files(*names):
    """What is in the files, whichever has it."""
    paths = [f"{folder}/{name}" for name in names]
    pictures = [seen for seen in (frames(path, "v") for path in paths) if seen]
    sound = [seen for seen in (frames(path, "a") for path in paths) if seen]
    return same_pictures(pictures[0] if pictures else []), same_sound(sound[0] if sound else [])


def ffmpeg():
    keyed = ["-cenc_decryption_key", key] if key and "mpd" in manifest else []
    known = ["-allowed_extensions", "ALL"] if "m3u8" in manifest else []
    run("ffmpeg", "-v", "error", "-headers", header + "\r\n", *known, *keyed, "-i", manifest,
        "-map", "0:v:0", "-fps_mode", "passthrough", "-f", "framemd5", "v", "-map", "0:a:0", "-f", "framemd5", "a")
    return same_pictures(read("v")), same_sound(read("a"))


def yt_dlp():
    run(sys.executable, "-m", "yt_dlp", "--ignore-config", "--no-cache-dir", "--no-progress", "--add-headers",
        header.replace(": ", ":"), "-f", "all", "-o", "out-%(format_id)s.%(ext)s", manifest)
    return of_files(*[name for name in os.listdir(folder) if name.startswith("out-")])


def streamlink():
    name, _, value = header.partition(": ")
    kind = "hls" if "m3u8" in manifest else "dash" if "mpd" in manifest else "httpstream"
    # MPEG-TS, since ffmpeg would not copy its sound to Matroska.
    run(sys.executable, "-m", "streamlink", "--no-config", "--http-header", f"{name}={value}", "--ffmpeg-fout", "mpegts",
        "-o", "out.ts", f"{kind}://{manifest}", "best")
    return of_files("out.ts")


def gstreamer():
    queue = ["queue", "max-size-buffers=0", "max-size-time=0", "max-size-bytes=100000000", "!"]
    run("gst-launch-1.0", "--no-fault", "-q", "souphttpsrc", f"location={with_token}", "!", "parsebin", "name=p",
        "p.", "!", *queue, "h264parse", "!", "video/x-h264,stream-format=byte-stream", "!",
        "filesink", "async=false", "location=out.h264",
        "p.", "!", *queue, "aacparse", "!", "audio/mpeg,stream-format=adts", "!",
        "filesink", "async=false", "location=out.aac")
    return of_files("out.h264", "out.aac")


def mpv():
    keyed = [f"--demuxer-lavf-o=cenc_decryption_key={key}"] if key else []
    run("mpv", "--no-config", "--ytdl=no", "--msg-level=all=error", f"--http-header-fields={header}", *keyed,
        "--o=out.nut", "--ovc=rawvideo", "--oac=pcm_s16le", manifest)
    # It aligns the beginnings of both with silence, and fills its last packet with some: but for a tenth of a second, then.
    wanted, tenth = samples(source), 4 * 4410
    sound = len(wanted) > 2 * tenth and wanted[tenth:-tenth] in samples(f"{folder}/out.nut")
    return same_pictures(frames(f"{folder}/out.nut", "v")), verdict(sound)


def chromium():
    import play
    driver = play.Driver(shutil.which("chromedriver"), shutil.which("chromium"))
    try:
        # Any page of the same origin.
        driver.call("POST", "/url", {"url": "/".join(manifest.split("/")[:3]) + "/"})
        driver.script(f"""
            document.body.innerHTML = '<video muted autoplay></video>';
            const video = document.querySelector('video');
            video.playbackRate = 4;
            video.src = {json.dumps(with_token)};""")
        state = {}
        for _ in range(200):
            state = driver.script("""
                const video = document.querySelector('video');
                return {ended: video.ended, failure: video.error && video.error.message,
                    pictures: video.getVideoPlaybackQuality().totalVideoFrames, sound: video.webkitAudioDecodedByteCount,
                    length: video.currentTime};""")
            if state["ended"] or state["failure"]:
                break
            subprocess.run(["sleep", "0.1"])
        said.append(state["failure"] or "")
        wanted = len(frames(source, "v"))
        return verdict(state["pictures"] == wanted and state["ended"]), verdict(state["sound"] > 0 and state["ended"])
    finally:
        driver.close()


try:
    pictures, sound = {
        "ffmpeg": ffmpeg, "yt-dlp": yt_dlp, "streamlink": streamlink, "GStreamer": gstreamer, "mpv": mpv,
        "Chromium": chromium}[player]()
    text = "\n".join(said)
    for secret in filter(None, [token, key]):
        text = text.replace(secret, "…")
    text = re.sub(r"(?<=ticket=)[\w.-]+", "…", text)
    json.dump({"pictures": pictures, "sound": sound, "said": text[-4000:]}, sys.stdout)
finally:
    shutil.rmtree(folder, ignore_errors=True)

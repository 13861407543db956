#!/usr/bin/env python3
"""Measures `keyway package` of a release build beside Shaka Packager and a plain copy: the same ladder (five renditions of two
minutes and sound, 12 Mb/s in all), one core, files in memory. Every figure is the best of some runs, in MB of media for each
CPU second, with the programs' starts in it.
"""
import glob
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile

from bench import keyway, KEYWAY, ROOT
from origin import POLICIES

RUNS = int(os.environ.get("BENCH_RUNS", "4"))
RENDITIONS = [(1280, 720, 5000), (960, 540, 3000), (854, 480, 2000), (640, 360, 1400), (320, 180, 600)]
PACKAGER = glob.glob(os.path.join(ROOT, ".tools/venv/lib/python3*/site-packages/*/packager-linux-x64"))
KEY = "label=:key_id=" + "5a" * 16 + ":key=" + "a5" * 16


def make_ladder(folder):
    files = []
    for width, height, rate in RENDITIONS:
        path = f"{folder}/{height}.mp4"
        sound = ["-f", "lavfi", "-i", "sine=440:d=120", "-c:a", "aac", "-b:a", "128k"] if not files else []
        subprocess.run(
            ["ffmpeg", "-v", "error", "-f", "lavfi", "-i",
             f"testsrc2=s={width}x{height}:r=25:d=120,noise=alls=20:allf=t", *sound, "-c:v", "libx264", "-preset",
             "ultrafast", "-b:v", f"{rate}k", "-minrate", f"{rate}k", "-maxrate", f"{rate}k", "-bufsize", f"{rate}k",
             "-g", "150", "-keyint_min", "150", "-sc_threshold", "0", path], check=True)
        files.append(path)
    return files


def cpu(command, output):
    """CPU seconds of a command on core 0, with what it starts; its output folder is removed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(["taskset", "-c", "0", *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"package: {command[0]}: {done.stderr[-500:]}")
    size = sum(os.path.getsize(os.path.join(where, name)) for where, _, names in os.walk(output) for name in names)
    shutil.rmtree(output)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, size


def best(make_command, output):
    """MB for each CPU second of the cheapest run."""
    runs = []
    for _ in range(RUNS):
        os.path.isdir(output) and shutil.rmtree(output)
        command = make_command()
        seconds, size = cpu(command, output)
        runs.append(size / 1e6 / seconds)
    return max(runs)


def shaka(files, output, scheme):
    def make():
        streams = [
            f"in={file},stream=video,init_segment={output}/{number}/init.mp4,segment_template={output}/{number}/$Time$.m4s"
            for number, file in enumerate(files)
        ] + [f"in={files[0]},stream=audio,init_segment={output}/a/init.mp4,segment_template={output}/a/$Time$.m4s"]
        return [PACKAGER[0], *streams, "--segment_duration", "6", "--enable_raw_key_encryption", "--keys", KEY,
                "--protection_scheme", scheme, "--clear_lead", "0", "--mpd_output", output + "/m.mpd", "--quiet"]
    return make


def copy(folder, output):
    def make():
        return ["cp", "-r", folder, output]
    return make


def main():
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(prefix="keyway-bench-", dir=memory) as folder:
        os.environ["KEYWAY_DATA"] = folder + "/data"
        os.mkdir(folder + "/ladder")
        files = make_ladder(folder + "/ladder")
        size = sum(map(os.path.getsize, files)) / 1e6
        with open(folder + "/policies.yaml", "w", encoding="ascii") as file:
            file.write(POLICIES)
        keyway("apply", folder + "/policies.yaml")
        keyway("asset", "upload", "bench", *files)
        locators = {}
        for name in ["clear", "envelope", "cenc", "cbcs"]:
            viewers = [] if name == "clear" else ["--auth", "bench-viewers"]
            made = json.loads(keyway("publish", "bench", "--delivery", "bench-" + name, *viewers, "--json"))
            locators[name] = made["locator"]
        output = folder + "/out"
        peers = {scheme: best(shaka(files, output, scheme), output) for scheme in ["cenc", "cbcs"]}
        limit = best(copy(folder + "/ladder", output), output)
        print(f"a ladder of {size:.0f} MB; cp -r: {limit:.0f} MB for a CPU second\n")
        print(f"{'case':24} {'Keyway':>8} {'Shaka':>8} {'ratio':>7}")
        for name, form in [("clear", "m3u8-cmaf"), ("cenc", "mpd-time-cmaf"), ("cbcs", "m3u8-cmaf"),
                           ("envelope", "m3u8-cmaf"), ("envelope", "m3u8-aapl")]:
            ours = best(
                lambda: [KEYWAY, "package", "bench", "--locator", locators[name], "--format", form, "-o", output], output)
            peer = peers.get(name)
            print(f"{name + ', ' + form:24} {ours:8.0f} " + (f"{peer:8.0f} {ours / peer:6.1f}x" if peer else f"{'-':>8} {'-':>7}"))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Encodes one source into one ladder twice, alternately: by keyway-encoder, the child that jobs run, and by one ffmpeg command
with the same decoder, the same scaler and the same settings of x264 and AAC. Prints wall time, CPU time and peak memory of
both, and the ratios of the medians.

    Benchmarks/encode.py [CLIP]      ENCODER=path BENCH_RUNS=3 BENCH_SOURCE_SECONDS=20
"""
import json
import os
import re
import statistics
import struct
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ENCODER = os.environ.get("ENCODER", os.path.join(ROOT, ".build/release/keyway-encoder"))
CLIP = sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "Tests/Media/bigbuckbunny_720p.mp4")
RUNS = int(os.environ.get("BENCH_RUNS", "3"))
SECONDS = float(os.environ.get("BENCH_SOURCE_SECONDS", "20"))
LADDER = [(1280, 720, 3400), (960, 540, 2250), (640, 360, 1000), (480, 270, 650), (320, 180, 400)]
GROUP = 2


def order():
    """The ladder as an order for the child."""
    renditions = [{"width": w, "height": h, "bitrate": k * 1000} for w, h, k in LADDER]
    video = {"codec": "h264", "renditions": renditions, "complexity": "speed", "keyFrameInterval": GROUP,
             "dynamicRange": "keep", "deinterlacing": "auto", "bufferWindow": 5}
    audio = [{"codec": "aac", "channels": 2, "bitrate": 128000, "languages": []}]
    return json.dumps({"preset": {"name": "bench", "video": video, "audio": audio},
                       "parts": [{"input": 0}], "texts": [], "measuresQuality": False})


def frame_rate(source):
    run = subprocess.run(
        ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "stream=r_frame_rate", "-of", "csv=p=0", source],
        capture_output=True, text=True, check=True)
    return run.stdout.strip().strip(",")


def ffmpeg_command(source, folder):
    """The same work: one process, one decode, one scaler for each rendition, an MP4 file each."""
    names = "".join(f"[s{n}]" for n in range(len(LADDER)))
    graph = f"[0:v]fps={frame_rate(source)}:start_time=0,split={len(LADDER)}{names}"
    for number, (width, height, _) in enumerate(LADDER):
        graph += f";[s{number}]scale={width}:{height}:flags=bicubic:out_range=tv,setsar=1,format=yuv420p[v{number}]"
    command = ["ffmpeg", "-v", "error", "-nostdin", "-y", "-i", source, "-filter_complex", graph]
    for number, (_, _, kilobits) in enumerate(LADDER):
        command += [
            "-map", f"[v{number}]", "-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-forced-idr", "1",
            "-b:v", f"{kilobits}k", "-maxrate", f"{kilobits}k", "-bufsize", f"{kilobits * 5}k", "-bf", "3", "-refs", "3",
            "-x264-params", "keyint=infinite:min-keyint=1:scenecut=0:open-gop=0:b-adapt=1:nal-hrd=none:aud=0",
            "-force_key_frames", f"expr:gte(t,n_forced*{GROUP})", "-movflags", "frag_keyframe+empty_moov",
            os.path.join(folder, f"{number}.mp4"),
        ]
    return command + ["-map", "0:a:0?", "-c:a", "aac", "-b:a", "128k", "-ar", "48000", "-ac", "2",
                      os.path.join(folder, "sound.mp4")]


def peak_memory(process):
    """VmHWM of a process while it runs, in bytes; 0 when it is gone."""
    try:
        with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
            found = re.search(r"VmHWM:\s+(\d+) kB", file.read())
        return int(found[1]) * 1024 if found else 0
    except OSError:
        return 0


def measure(process, read):
    """Waits for a process; (seconds, CPU seconds, peak memory)."""
    start = time.monotonic()
    peak = read(process)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"encode: {process.args[0]} ended with {process.returncode}")
    # ru_maxrss is kept over exec on some kernels, and counts what the parent had; VmHWM does not.
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, peak


def run_keyway(source):
    alive, writer = os.pipe()
    process = subprocess.Popen(
        [ENCODER, "encode", "--memory", str(6 << 30), "--processor-time", "86400", "--threads", "0",
         "--standstill", "300", order(), source],
        stdin=alive, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={})

    def read(process):
        peak, finished = 0, False
        while header := process.stdout.read(8):
            kind, _, _, length = struct.unpack("<BBHI", header)
            payload = process.stdout.read(length)
            if kind == 1:
                peak = max(peak, peak_memory(process))
                finished = finished or "finished" in json.loads(payload)
            elif kind == 4:
                peak = max(peak, peak_memory(process))
        if not finished:
            sys.exit("encode: keyway-encoder did not finish")
        return peak

    try:
        return measure(process, read)
    finally:
        os.close(alive)
        os.close(writer)


def run_ffmpeg(source, folder):
    process = subprocess.Popen(ffmpeg_command(source, folder))

    def read(process):
        peak = 0
        while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            peak = max(peak, peak_memory(process))
            time.sleep(0.02)
        return peak

    return measure(process, read)


def main():
    with tempfile.TemporaryDirectory(prefix="keyway-encode-") as folder:
        # The clip again and again: a few seconds say little.
        source = os.path.join(folder, "source.mp4")
        subprocess.run(
            ["ffmpeg", "-v", "error", "-nostdin", "-stream_loop", "-1", "-i", CLIP, "-t", str(SECONDS), "-c", "copy", source],
            check=True)
        rows = {"ffmpeg": [], "keyway": []}
        for _ in range(RUNS):
            rows["ffmpeg"].append(run_ffmpeg(source, folder))
            rows["keyway"].append(run_keyway(source))
        medians = {name: [statistics.median(column) for column in zip(*values)] for name, values in rows.items()}
        for name, (seconds, cpu, memory) in medians.items():
            print(f"encode   {name:8} {seconds:7.2f} s  {cpu:7.2f} cpu s  {memory / 1e6:7.1f} MB  "
                  f"{SECONDS / seconds:5.2f} x real time")
        ratios = [ours / theirs for ours, theirs in zip(medians["keyway"], medians["ffmpeg"])]
        print(f"encode   ratio    {ratios[0]:7.3f} wall {ratios[1]:7.3f} cpu {ratios[2]:9.3f} memory   "
              f"(goal: 1.05 of the wall time, 1.10 of the memory)")


if __name__ == "__main__":
    main()

"""Makes the work of a process hang, as a decoder does that waits for what never comes: its threads are held, but for those that
wait for their input or their time (the ones that watch over the work). Ends when the process has."""

import ctypes
import os
import sys
import time

SEIZE, INTERRUPT = 0x4206, 0x4207
READ, NANOSLEEP, CLOCK_NANOSLEEP = 0, 35, 230
WALL = 0x40000000

libc = ctypes.CDLL(None, use_errno=True)


def ptrace(request, thread):
    if libc.ptrace(request, thread, None, None) != 0:
        raise OSError(ctypes.get_errno(), f"ptrace of {thread}")


def watches(process, thread):
    """Whether a thread waits on standard input, or sleeps."""
    with open(f"/proc/{process}/task/{thread}/syscall") as file:
        words = file.read().split()
    if not words or not words[0].isdigit():
        return False
    call = int(words[0])
    return call in (NANOSLEEP, CLOCK_NANOSLEEP) or (call == READ and int(words[1], 16) == 0)


def threads(process):
    return [int(name) for name in os.listdir(f"/proc/{process}/task")]


def main():
    process = int(sys.argv[1])
    # The work has begun: both that watch over it are there, and those that it is done by.
    while len(found := threads(process)) < 4 or sum(watches(process, thread) for thread in found) < 2:
        time.sleep(0.005)
    held = 0
    for thread in found:
        if watches(process, thread):
            continue
        ptrace(SEIZE, thread)
        ptrace(INTERRUPT, thread)
        held += 1
    print("held", held, flush=True)
    # Whoever holds threads has to hear of their end before their parent does.
    try:
        while True:
            os.waitpid(-1, WALL)
    except ChildProcessError:
        pass


main()

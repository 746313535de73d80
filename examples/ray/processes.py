"""What memory and time of cores processes have had, where Linux tells."""

from __future__ import annotations

import os
import resource
import time
from pathlib import Path


def reset_peaks(name: str) -> None:
    """From here on the peaks are those of what comes."""
    for process in _named(name):
        try:
            (process / "clear_refs").write_text("5")
        except OSError:
            # It has ended.
            continue


def peaks(name: str) -> list[float]:
    """The largest resident sets, in MB, of the living processes whose command begins with `name`; mapped files count."""
    found = []
    for process in _named(name):
        try:
            status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines() if ":" in line)
            found.append(int(status["VmHWM"].split()[0]) / 1000)
        except (OSError, KeyError):
            continue
    return sorted(found)


def core_seconds(name: str) -> float:
    """What cores have worked for this process, for its children that have ended, and for those of a name."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    ticks = 0
    for process in _named(name):
        try:
            # User and system time are the 14th and 15th value; the 2nd, in brackets, may have spaces.
            ticks += sum(int(value) for value in (process / "stat").read_text().rpartition(")")[2].split()[11:13])
        except OSError:
            continue
    return time.process_time() + children.ru_utime + children.ru_stime + ticks / os.sysconf("SC_CLK_TCK")


def _named(name: str):
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cmdline").read_bytes().startswith(name.encode()):
                yield process
        except OSError:
            continue

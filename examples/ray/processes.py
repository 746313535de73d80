"""What memory processes have had, where Linux tells."""

from __future__ import annotations

from pathlib import Path


def peak_mb(name: str) -> list[float]:
    """The largest resident sets, in MB, of the living processes whose command begins with `name`; mapped files count."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if not (process / "cmdline").read_bytes().startswith(name.encode()):
                continue
            status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines() if ":" in line)
            found.append(int(status["VmHWM"].split()[0]) / 1000)
        except (OSError, KeyError):
            # It has ended.
            continue
    return sorted(found)

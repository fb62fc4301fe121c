"""Facts without which a figure cannot be judged: the machine, its tools, and how busy it was."""

import os
import platform
import subprocess
from pathlib import Path


def first_line(command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "unknown"


def field_of(path, field):
    """Returns what stands behind the first `field:` in a file of /proc."""
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return None
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(field)), None)


def facts():
    """Returns the machine's facts by name."""
    memory = field_of("/proc/meminfo", "MemTotal")
    return {
        "processor": field_of("/proc/cpuinfo", "model name") or platform.processor() or "unknown",
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": round(int(memory.split()[0]) / 2**20, 1) if memory else None,
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "rust": first_line(["rustc", "--version"]),
        "python": platform.python_version(),
        "load_at_start": round(os.getloadavg()[0], 2),
    }

"""Facts about the measurement: the machine, its tools and its load."""

import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path


def first_line(command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "unknown"


def field_of(path, field):
    """Returns the value of the first `field:` in a file of /proc."""
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return None
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(field)), None)


LOOP = "import time; began = time.perf_counter(); sum(i * i for i in range(3_000_000)); print(time.perf_counter() - began)"


def seconds_at_once(processors):
    """Returns the longest time of one loop on each processor, all started together."""
    begun = []
    for processor in processors:
        loop = f"import os; os.sched_setaffinity(0, [{processor}]); {LOOP}"
        begun.append(subprocess.Popen([sys.executable, "-c", loop], stdout=subprocess.PIPE, text=True))
    return max(float(process.communicate()[0]) for process in begun)


def two_at_once():
    """Returns the throughput of two processes relative to one: 2 for two separate processors, less if they share a core or have
    other load. It is a limit of the gain of a second thread."""
    if not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2:
        return None
    processors = sorted(os.sched_getaffinity(0))[:2]
    pairs = [(seconds_at_once(processors[:1]), seconds_at_once(processors)) for _ in range(5)]
    return round(statistics.median(2 * alone / together for alone, together in pairs), 2)


def facts():
    """Returns facts about the machine by name."""
    memory = field_of("/proc/meminfo", "MemTotal")
    return {
        "processor": field_of("/proc/cpuinfo", "model name") or platform.processor() or "unknown",
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": round(int(memory.split()[0]) / 2**20, 1) if memory else None,
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "rust": first_line(["rustc", "--version"]),
        "python": platform.python_version(),
        "load_at_start": round(os.getloadavg()[0], 2),
        "two_at_once": two_at_once(),
    }

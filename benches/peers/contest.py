"""Runs contenders in turn: each in its own process, one at a time, on the same processors."""

import json
import os
import selectors
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import rows

HERE = Path(__file__).resolve().parent


@dataclass
class Limits:
    runs: int
    # Seconds after which a first run counts as the only one.
    patience: float
    # Seconds after which a process is ended.
    timeout: float


@dataclass
class Worker:
    process: subprocess.Popen
    version: str
    prepare: dict | None = None


def processors(threads):
    """Returns the last processors this process may use: the first ones have the most other load."""
    return sorted(os.sched_getaffinity(0))[-threads:] if hasattr(os, "sched_getaffinity") else None


def start(names, graph, threads, programs, timeout):
    """Starts contenders on a graph file, all bound to the same processors, one processor for each thread."""
    counts = dict.fromkeys(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"], str(threads))
    chosen = processors(threads)
    bind = chosen and (lambda: os.sched_setaffinity(0, chosen))
    started = {}
    for name in names:
        program = [programs[name]] if name in programs else [sys.executable, "-B", HERE / "worker.py", name]
        started[name] = subprocess.Popen(
            [str(word) for word in [*program, graph, threads]], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, bufsize=1, cwd=HERE, env=os.environ | counts, preexec_fn=bind,
        )
    # A contender that cannot start answers with an error at its first run.
    return {name: Worker(process, listen(process, timeout).get("version", "unknown")) for name, process in started.items()}


def listen(process, timeout):
    """Returns the next answer; ends a process without an answer after this time."""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        if not selector.select(timeout):
            process.kill()
            return {"error": f"took longer than {timeout:g} s"}
    line = process.stdout.readline()
    return json.loads(line) if line else {"error": f"the process ended with {process.wait()}"}


def ask(worker, kernel, path, limits):
    """Runs a kernel of a contender once."""
    if worker.process.poll() is not None:
        return {"error": "the process has ended"}
    try:
        worker.process.stdin.write(f"{kernel}\t{path}\n")
        worker.process.stdin.flush()
    except BrokenPipeError:
        return {"error": "the process has ended"}
    return listen(worker.process, limits.timeout)


def stop(worker):
    """Ends the process of a contender."""
    worker.process.stdin.close()
    try:
        worker.process.wait(10)
    except subprocess.TimeoutExpired:
        worker.process.kill()
        worker.process.wait()


def first_run(row, name, worker, path, limits):
    """Runs a row's kernel for the first time; returns the kernel's name with that contender, and the answer."""
    kernels = (row.ours or [row.name]) if name == rows.OURS else [row.name]
    if row.name != "build" and worker.prepare is None:
        worker.prepare = ask(worker, "prepare", "-", limits)
    if worker.prepare and "error" in worker.prepare:
        return kernels[0], worker.prepare
    for kernel in kernels:
        answer = ask(worker, kernel, path, limits)
        if "missing" not in answer:
            break
    return kernel, answer


def compete(row, workers, limits):
    """Runs one row: each contender once to warm up, then all in turn, repeatedly.

    Memory is that of the first run, before freed memory hides it. Returns an entry for each
    contender, and the values of those that have any.
    """
    entries, values, kernels = {}, {}, {}
    with tempfile.TemporaryDirectory(prefix="araneus-peers-") as folder:
        for name, worker in workers.items():
            path = Path(folder) / name
            kernels[name], first = first_run(row, name, worker, path, limits)
            entry = entries[name] = {"version": worker.version, "note": first.get("note", ""), "runs": []}
            if "seconds" not in first:
                entry["problem"] = "not built yet" if "missing" in first else first["error"]
                continue
            values[name] = np.fromfile(path, "<f8")
            entry |= {key: first[key] for key in ("rise_bytes", "peak_bytes")}
            if worker.prepare:
                entry["prepare_seconds"] = worker.prepare["seconds"]
            if first["seconds"] > limits.patience:
                entry["runs"].append(first["seconds"])
    running = [name for name, entry in entries.items() if "problem" not in entry and not entry["runs"]]
    for _ in range(limits.runs):
        for name in running:
            answer = ask(workers[name], kernels[name], "-", limits)
            if "seconds" in answer:
                entries[name]["runs"].append(answer["seconds"])
            else:
                entries[name]["problem"] = answer.get("error", "gave no answer")
    for entry in entries.values():
        if entry["runs"]:
            entry["seconds"] = statistics.median(entry["runs"])
    return entries, values

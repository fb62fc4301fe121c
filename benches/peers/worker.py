"""One Python peer in a separate process: `worker.py PEER GRAPH THREADS`, protocol as in `worker.rs`."""

import gc
import importlib
import json
import sys
import time
from pathlib import Path

import numpy as np

import graph_file


def memory(field):
    """Returns a value of /proc/self/status in bytes; 0 if the system does not provide it."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(field)), 0)


def timed(call):
    """Makes the call; returns its result and an answer with time and memory."""
    gc.collect()
    try:
        Path("/proc/self/clear_refs").write_text("5")
        peak_of = lambda: memory("VmHWM:")
    except OSError:
        peak_of = lambda: 0
    before = memory("VmRSS:")
    began = time.perf_counter()
    result = call()
    seconds = time.perf_counter() - began
    peak = peak_of()
    return result, {"seconds": seconds, "rise_bytes": max(peak - before, 0), "peak_bytes": peak}


def answer(peer, graph, threads, kept, kernel):
    """Runs a kernel once; returns its values or None, and time and memory. The peer's graph is kept after `prepare`."""
    if kernel == "prepare":
        kept["made"], taken = timed(lambda: peer.load(graph, threads))
        return [len(graph.pairs)], taken
    if kernel == "build":
        pair = peer.BUILD and peer.BUILD(graph, threads)
    else:
        pair = peer.KERNELS.get(kernel) and peer.KERNELS[kernel](kept["made"])
    if pair is None:
        return None, {"missing": True}
    call, values = pair
    result, taken = timed(call)
    taken["note"] = peer.NOTES.get(kernel, "")
    return values(result), taken


def main():
    name, path, threads = sys.argv[1:]
    peer = importlib.import_module(f"contenders.peer_{name}")
    graph = graph_file.read(path)
    kept = {}
    print(json.dumps({"version": peer.VERSION}), flush=True)
    for line in sys.stdin:
        kernel, out = line.rstrip("\n").split("\t")
        try:
            values, taken = answer(peer, graph, int(threads), kept, kernel)
        except Exception as error:  # What a peer cannot do is a line of the table, not the end of the run.
            values, taken = None, {"error": f"{type(error).__name__}: {error}"}
        if values is not None and out != "-":
            np.asarray(values, dtype="<f8").tofile(out)
        # Values kept until the next call would count as earlier memory.
        del values
        print(json.dumps(taken), flush=True)


if __name__ == "__main__":
    main()

"""Builds, generates, measures and reports; `run` starts this program in the environment."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import contest
import generate
import graph_file
import machine
import quality
import report
import rows

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]


def arguments():
    parser = argparse.ArgumentParser(prog="benches/peers/run", description="Araneus and its peers, in turn, in one run.")
    words = lambda text: text.split(",")
    parser.add_argument("--out", type=Path, default=PROJECT / "target/peers", help="folder for the report (target/peers)")
    parser.add_argument("--graphs-dir", type=Path, help="folder for the graphs (graphs below --out)")
    parser.add_argument("--rows", type=words, help="rows, separated by commas: " + ",".join(row.name for row in rows.ROWS))
    parser.add_argument("--graphs", type=words, help="graphs instead of each row's own: " + ",".join(generate.GRAPHS))
    parser.add_argument("--contenders", type=words, default=rows.CONTENDERS, help="contenders, separated by commas")
    parser.add_argument("--runs", type=int, default=5, help="measured runs of each (5)")
    parser.add_argument("--threads", type=lambda text: [int(word) for word in text.split(",")], help="numbers of threads (1,2)")
    parser.add_argument("--patience", type=float, default=60, help="a first run longer than this is the only one (60 s)")
    parser.add_argument("--timeout", type=float, default=900, help="a run longer than this is ended (900 s)")
    parser.add_argument("--driver", type=Path, help="a built driver, instead of building it")
    parser.add_argument("--quick", action="store_true", help="small graphs, one run, one thread, no Rust peers: does everything work?")
    parser.add_argument("--env", help=argparse.SUPPRESS)
    given = parser.parse_args()
    for asked, known in [(given.rows, [row.name for row in rows.ROWS]), (given.graphs, generate.GRAPHS), (given.contenders, rows.CONTENDERS)]:
        if unknown := set(asked or []) - set(known):
            parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    given.threads = given.threads or ([1] if given.quick else [1, 2])
    if given.quick:
        given.runs = 1
        given.contenders = [name for name in given.contenders if name != "crate"]
    return given


def built(command, what):
    """Runs cargo and returns the path of the built program."""
    done = subprocess.run(["cargo", "build", "--release", "--message-format=json", *command], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode == 0:
        for line in reversed(done.stdout.splitlines()):
            if program := json.loads(line).get("executable"):
                return program
    print(f"could not build {what}", file=sys.stderr)
    return None


def programs(given):
    """Builds the contenders that are programs, and returns their paths."""
    made = {}
    driver = given.driver or built(["--manifest-path", PROJECT / "Cargo.toml", "--example", "peers_driver"], "the driver")
    if driver is None:
        raise SystemExit(1)
    made["araneus"] = Path(driver).resolve()
    if "crate" in given.contenders:
        # The peers are built separately, so that they do not change the dependencies of Araneus.
        folder = ["--manifest-path", HERE / "crate/Cargo.toml", "--target-dir", PROJECT / "target/peers-crate"]
        program = built([*folder, "--locked"], "the Rust peers; they are left out")
        if program:
            made["crate"] = program
        else:
            given.contenders.remove("crate")
    return made


def heats(given):
    """Yields (graph, variant, rows) that the same processes can run."""
    chosen = [row for row in rows.ROWS if given.rows is None or row.name in given.rows]
    by_graph = {}
    for row in chosen:
        for graph in given.graphs or (row.quick if given.quick else row.graphs):
            by_graph.setdefault((graph, row.variant), []).append(row)
    order = list(generate.GRAPHS)
    for graph, variant in sorted(by_graph, key=lambda key: (order.index(key[0]), generate.VARIANTS.index(key[1]))):
        yield graph, variant, by_graph[graph, variant]


def heat(given, made, graph, path, chosen, threads):
    """Runs rows on one graph at one number of threads; yields each row with its entries."""
    limits = contest.Limits(given.runs, given.patience, given.timeout)
    names = [name for name in rows.CONTENDERS if name in given.contenders]
    read = graph_file.read(path)
    asked = {name for row in chosen for name in [rows.OURS, *row.peers]}
    workers = contest.start([name for name in names if name in asked], path, threads, made, given.timeout)
    try:
        for row in chosen:
            takes_part = [name for name in workers if name == rows.OURS or name in row.peers]
            entries, values = contest.compete(row, {name: workers[name] for name in takes_part}, limits)
            for name, told in getattr(quality, row.quality)(read, values, path).items():
                entries[name]["quality"] = told
            yield {"row": row.name, "graph": graph, "vertices": read.vertices, "links": len(read.pairs),
                   "threads": threads, "contenders": entries}
    finally:
        for worker in workers.values():
            contest.stop(worker)


def main():
    given = arguments()
    given.out.mkdir(parents=True, exist_ok=True)
    graphs = given.graphs_dir or given.out / "graphs"
    facts = machine.facts()
    made = programs(given)
    results = []
    for graph, variant, chosen in heats(given):
        generate.make(graphs, graph)
        path = generate.path_of(graphs, graph, variant).resolve()
        for threads in given.threads:
            for result in heat(given, made, graph, path, chosen, threads):
                results.append(result)
                print(report.line(result), flush=True)
                # Written again after each row, so that an interrupted run has results, too.
                report.write(given.out, facts, vars(given), results)
    report.draw(given.out / "peers.svg", results)
    print(f"written: {given.out}/peers.md, peers.json, peers.svg")


if __name__ == "__main__":
    main()

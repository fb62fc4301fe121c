"""Builds the wheel, installs it, and checks kernels, runs, types, documentation and the program of the Python package."""

import doctest
import filecmp
import importlib
import inspect
import json
import os
import re
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True

import _wheel
from _demo import PROJECT, TIMEOUT_SECONDS, demo, finish, program, run

MODULES = ("araneus", "araneus.kernels", "araneus.metrics", "araneus.communities", "araneus.networks", "araneus.runs", "araneus.programs")
PACKAGE = PROJECT / "crates" / "araneus-python"


def check_doctests(folder):
    """Runs the examples of all docstrings in a folder with a demo, and requires a docstring of everything public."""
    import pyarrow

    import araneus

    ran = 0
    for name in MODULES:
        module = importlib.import_module(name)
        names = {"pa": pyarrow, **{public: getattr(araneus, public) for public in araneus.__all__}, **vars(module)}
        flags = doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL
        result = doctest.testmod(module, extraglobs=names, optionflags=flags, report=True)
        ran += result.attempted
        if result.failed:
            yield f"{name}: {result.failed} examples fail"
        for public, value in vars(module).items():
            if not public.startswith("_") and inspect.isfunction(value) and value.__module__ == name and not value.__doc__:
                yield f"{name}.{public} has no docstring"
    if ran < 30:
        yield f"only {ran} examples ran"


def check_types(folder):
    """The package is fully typed, and the stub of the extension module agrees with it."""
    commands = {
        "mypy": [sys.executable, "-m", "mypy", "--strict", "--config-file", PACKAGE / "pyproject.toml", "--cache-dir", folder / "mypy", "--package", "araneus"],
        "stubtest": [sys.executable, "-m", "mypy.stubtest", "--mypy-config-file", PACKAGE / "pyproject.toml", "araneus._araneus"],
    }
    for name, command in commands.items():
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            yield f"{name}: {done.stdout[-2000:]}{done.stderr[-500:]}"
    wrong = folder / "wrong.py"
    wrong.write_text("import araneus\naraneus.pagerank(42)\naraneus.degree('x', weight='w')\n")
    done = subprocess.run([*commands["mypy"][:-2], wrong], cwd=folder, capture_output=True, text=True, check=False)
    if "Found 2 errors" not in done.stdout:
        yield f"mypy accepts wrong calls: {done.stdout[-500:]}"


def check_runs(folder):
    """Tables, networks and explanations of a run equal those of the program."""
    import araneus

    out = folder / "araneus-demo" / "out"
    opened = araneus.open_run(out)
    same = [araneus.open_run(out / "latest"), araneus.open_run(out / "latest" / "all"), araneus.open_run(out, run=opened.name)]
    if any((one.name, one.audience) != (opened.name, "all") or not one.flags.equals(opened.flags) for one in same):
        yield "open_run: the same run by other paths differs"
    for name in opened.tables:
        if not getattr(opened, name).schema.equals(opened.table(name).schema):
            yield f"the property {name}"
    if opened.previous().name != araneus.runs(out)[-2] or araneus.open_run(out, run=araneus.runs(out)[0]).previous() is not None:
        yield "previous: another run"
    if araneus.open_run(out, audience="steward").table("deliveries").num_rows == 0:
        yield "steward: no deliveries"
    ranks = opened.queue["rank"].to_pylist()
    if not ranks or ranks != list(range(1, len(ranks) + 1)):
        yield f"queue: the ranks are {ranks}"
    flag = opened.queue["flag_id"][0].as_py()
    options = ["--state", out.parent / "state", "--out", out, "--audience", "all"]
    # The answer in Python has no time limit.
    if opened.explain(flag) != json.loads(run(["explain", flag, "--json", "--seconds", str(TIMEOUT_SECONDS), *options], folder)):
        yield "explain: another answer than the program"
    entity = opened.queue["entity_ids"][0].as_py()[0]
    if opened.explain(entity) != json.loads(run(["explain", entity, "--json", *options], folder)):
        yield "explain of an entity: another answer than the program"
    for hops in (0, 1, 2):
        to = folder / f"ego-{hops}"
        run(["export", "arrow", "--entity", entity, "--hops", str(hops), "--to", to, *options], folder)
        ego = opened.ego(entity, hops)
        for name, column in (("entities", "entity_id"), ("links", "link_id")):
            expected = _read(to / f"{name}.arrow")[column].to_pylist()
            if sorted(getattr(ego, name)[column].to_pylist()) != sorted(expected):
                yield f"ego with {hops} hops: other {name} than the export"
        graph, other = ego.to_networkx(), ego.to_igraph()
        if {(graph.number_of_nodes(), graph.number_of_edges()), (other.vcount(), other.ecount())} != {(ego.entities.num_rows, ego.links.num_rows)}:
            yield f"ego with {hops} hops: another graph of networkx or igraph"
    metrics = {row["entity_id"]: row["core_number"] for row in opened.metrics.to_pylist()}
    cores = araneus.core_number(opened.network.graph())
    if {row["node"]: row["core_number"] for row in cores.to_pylist()} != metrics:
        yield "network.graph: other core numbers than the run"
    if not araneus.core_number(out).equals(cores.cast(araneus.core_number(out).schema)):
        yield "core_number of a path: other values than those of the network"
    yield from missing_runs(out, folder)


def missing_runs(out, folder):
    """Yields what opens although it is not there."""
    import araneus

    (folder / "empty").mkdir()
    cases = [
        (FileNotFoundError, lambda: araneus.open_run(folder / "absent")),
        (FileNotFoundError, lambda: araneus.open_run(folder / "empty")),
        (KeyError, lambda: araneus.open_run(out, run="1999")),
        (KeyError, lambda: araneus.open_run(out, audience="unknown")),
        (KeyError, lambda: araneus.open_run(out).table("nothing")),
        (KeyError, lambda: araneus.open_run(out).ego("unknown")),
        (araneus.ProgramError, lambda: araneus.open_run(out).explain("flag-none")),
    ]
    for kind, call in cases:
        try:
            call()
        except kind:
            continue
        except Exception as error:
            yield f"{error!r}, not {kind.__name__}"
        else:
            yield f"no {kind.__name__} for a run or table that is not there"


def check_program(folder):
    """The program in Python has the output and the exit codes of the program, and ends at Ctrl-C and a closed pipe."""
    script = Path(sys.executable).with_name("araneus")
    inputs = folder / "inputs" / "harbour"
    inputs.mkdir(parents=True)
    (inputs / "good.json").write_text('{"type": "bundle", "id": "bundle--0a3f0c7e-1c5a-4f0b-8a37-6f6f0f6b7c11", "objects": []}')
    cases = {
        "0": ["list", "metrics"],
        "version": ["--version"],
        "usage": ["no-such-command"],
        "missing input": ["run", "absent", "--state", "STATE", "--out", "OUT"],
        "run": ["run", str(inputs), "--state", "STATE", "--out", "OUT", "--as-of", "2026-03-02"],
        "reject": ["run", str(inputs), "--state", "STATE", "--out", "OUT", "--as-of", "2026-03-03"],
    }
    codes = {}
    for name, arguments in cases.items():
        if name == "reject":
            (inputs / "bad.json").write_text("{")
        answers = []
        for kind, command in (("program", [program()]), ("module", [sys.executable, "-m", "araneus"]), ("script", [script])):
            places = {"STATE": str(folder / f"state-{kind}"), "OUT": str(folder / f"out-{kind}")}
            given = [places.get(argument, argument) for argument in arguments]
            done = subprocess.run([*command, *given], cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False)
            answers.append((done.returncode, done.stdout.replace(f"out-{kind}", "out")))
        codes[name] = answers[0][0]
        if len(set(answers)) != 1:
            yield f"{name}: {answers}"
    if list(codes.values()) != [0, 0, 2, 2, 0, 3]:
        yield f"the exit codes are {codes}"
    # The output is longer than what a pipe holds.
    closed = subprocess.run(f"{sys.executable} -m araneus completions bash | head -n 1", shell=True, capture_output=True, text=True, check=False)
    if closed.returncode != 0 or closed.stderr or not closed.stdout.startswith("_araneus"):
        yield f"a closed pipe: {closed}"
    yield from interrupts(folder)


def interrupts(folder):
    """Ctrl-C ends the program by the signal, and a kernel by an exception."""
    names = "\n".join(f"{at} {(at * 7919 + 13) % 9973}" for at in range(200_000))
    (folder / "many.txt").write_text(names)
    measure = [sys.executable, "-m", "araneus", "measure", "many.txt", "--metrics", "betweenness_sampled,closeness"]
    kernel = "import araneus\ngraph = araneus.Graph('many.txt')\nprint('built', flush=True)\ntry:\n    araneus.betweenness(graph, work_max=10**15)\nexcept KeyboardInterrupt:\n    print('interrupted', flush=True)\n"
    started = subprocess.Popen(measure, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    time.sleep(1.5)
    started.send_signal(signal.SIGINT)
    code = started.wait(timeout=60)
    if code not in (-signal.SIGINT, 0):
        yield f"Ctrl-C ends the program with {code}"
    if code == 0:
        yield "Ctrl-C: the program ended before the signal"
    working = subprocess.Popen([sys.executable, "-c", kernel], cwd=folder, stdout=subprocess.PIPE, text=True)
    working.stdout.readline()
    time.sleep(0.5)
    sent = time.monotonic()
    working.send_signal(signal.SIGINT)
    rest = working.communicate(timeout=60)[0]
    if "interrupted" not in rest or time.monotonic() - sent > 10:
        yield f"Ctrl-C in a kernel: `{rest}` after {time.monotonic() - sent:.1f} s"


def check_package(folder):
    """The wheel has its licence, its types and no file of a build; versions agree."""
    import importlib.metadata

    import araneus

    package = importlib.metadata.distribution("araneus")
    names = [str(path) for path in package.files]
    for wanted in ("araneus/py.typed", "araneus/_araneus.pyi"):
        if wanted not in names:
            yield f"the wheel lacks {wanted}"
    if not any(re.search(r"licenses/LICENSE$", name) for name in names):
        yield "the wheel lacks its licence"
    binary = next(Path(package.locate_file(name)) for name in names if name.endswith(".so"))
    if debug := {".symtab", ".debug_info"} & elf_sections(binary.read_bytes()):
        yield f"the extension module is not stripped: {sorted(debug)}"
    version = subprocess.run([program(), "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]
    if {araneus.__version__, package.version} != {version}:
        yield f"versions: {araneus.__version__}, {package.version} and {version}"
    if not filecmp.cmp(PACKAGE / "python/araneus/runs.py", package.locate_file("araneus/runs.py"), shallow=False):
        yield "the installed package is not that of the present sources"


def elf_sections(data):
    """Returns the names of the sections of an ELF file of 64 bits; none of another format."""
    if data[:6] != b"\x7fELF\x02\x01":
        return set()
    (offset,) = struct.unpack_from("<Q", data, 40)
    size, count, names = struct.unpack_from("<HHH", data, 58)
    headers = [struct.unpack_from("<IIQQQQ", data, offset + at * size) for at in range(count)]
    texts = headers[names][4]
    return {data[texts + header[0] : data.index(b"\0", texts + header[0])].decode() for header in headers}


def check_fresh(folder):
    """In a new environment the wheel needs pyarrow alone, and says which package a conversion lacks."""
    began = time.monotonic()
    python = _wheel.fresh(folder / "fresh")
    print(f"pip install of the wheel: {time.monotonic() - began:.0f} s")
    script = """
import araneus, pyarrow as pa
assert sum(araneus.pagerank(pa.table({"source": ["a"], "target": ["b"]}))["pagerank"].to_pylist()) == 1.0
try:
    araneus.Network(pa.table({"entity_id": ["a"]}), pa.table({"from_id": ["a"], "to_id": ["a"]})).to_networkx()
except ModuleNotFoundError as error:
    assert "networkx" in str(error)
else:
    raise SystemExit("networkx is there")
"""
    done = subprocess.run([python, "-c", script], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        yield f"a new environment: {done.stderr[-500:]}"
    script = subprocess.run([python.with_name("araneus"), "--version"], capture_output=True, text=True, check=False)
    if script.returncode != 0:
        yield f"the console script in a new environment: {script.stderr[-500:]}"


def _read(path):
    import pyarrow as pa

    with pa.OSFile(str(path)) as file:
        return pa.ipc.open_file(file).read_all()


def main():
    _wheel.enter(__file__)
    import _wheel_kernels as kernels

    failures = []
    with demo() as folder:
        os.chdir(folder)
        checks = [
            ("package", check_package, folder),
            ("fresh", check_fresh, folder),
            ("values", kernels.check_values),
            ("communities", kernels.check_communities),
            ("inputs", kernels.check_inputs),
            ("values of the program", kernels.check_program_values, folder),
            ("GIL", kernels.check_gil),
            ("bad input", kernels.check_bad_input),
            ("runs", check_runs, folder),
            ("program", check_program, folder),
            ("doctests", check_doctests, folder),
            ("types", check_types, folder),
        ]
        for title, check, *arguments in checks:
            began = time.monotonic()
            try:
                failures += [f"{title}: {failure}" for failure in check(*arguments)]
            except Exception as error:  # What a check cannot do is a failure like any other.
                failures.append(f"{title}: {error!r}")
            print(f"{title}: {time.monotonic() - began:.0f} s", flush=True)
        os.chdir(PROJECT)
    finish("the wheel", failures)


if __name__ == "__main__":
    main()

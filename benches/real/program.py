"""The program under judgement: its commands, and the folder of one archive."""

import json
import os
import resource
import shutil
import subprocess
import time
from pathlib import Path

from files import Unusable, records, table

# Complete, complete with rejects, complete with an overdue or failed source.
PUBLISHED = (0, 3, 4)
LONGEST_SECONDS = 3600


class Failed(Exception):
    """A command ended otherwise than a judge allows; the message has the command and the end of its words."""


def find(named, root):
    """Returns the path of the program: the named one, the release build, or the one in PATH."""
    if named:
        found = Path(named) if Path(named).is_file() else shutil.which(named)
        if not found:
            raise SystemExit(f"benches/real/run: --araneus {named}: there is no such program")
        return Path(found).resolve()
    built = Path(os.environ.get("CARGO_TARGET_DIR", root / "target")) / "release" / "araneus"
    found = built if built.is_file() else shutil.which("araneus")
    if not found:
        raise SystemExit(f"benches/real/run: no program: {built} is not there, and PATH has no araneus; run `cargo build --release` or give --araneus PATH")
    return Path(found).resolve()


def processor_seconds(whose):
    """Returns the processor time so far of this process, or of its children that have ended."""
    used = resource.getrusage(whose)
    return used.ru_utime + used.ru_stime


class Program:
    """Runs commands, and keeps a log of them with their times."""

    def __init__(self, path, log, threads):
        self.path, self.log, self.threads = path, log, threads
        # Sums of all commands: seconds that passed, and seconds of the processor.
        self.seconds, self.processor, self.commands = 0.0, 0.0, 0

    def run(self, arguments, folder, ends=PUBLISHED):
        """Runs a command; returns what it printed."""
        words = [str(word) for word in arguments]
        begun, used = time.monotonic(), processor_seconds(resource.RUSAGE_CHILDREN)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ARANEUS_")}
        try:
            done = subprocess.run(
                [self.path, *words], cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                text=True, errors="replace", timeout=LONGEST_SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise Failed(f"araneus {' '.join(words)} did not end within {LONGEST_SECONDS} s") from None
        seconds, processor = time.monotonic() - begun, processor_seconds(resource.RUSAGE_CHILDREN) - used
        self.seconds, self.processor, self.commands = self.seconds + seconds, self.processor + processor, self.commands + 1
        with self.log.open("a") as log:
            line = {"command": words, "exit": done.returncode, "seconds": round(seconds, 2), "processor_seconds": round(processor, 2)}
            log.write(json.dumps(line) + "\n")
        if done.returncode not in ends:
            raise Failed(f"araneus {' '.join(words)} ended with {done.returncode}: {done.stderr.strip()[-600:]}")
        return done.stdout

    def can(self, command, option):
        """Returns true if a command of this program has an option."""
        try:
            return option in self.run([command, "--help"], self.log.parent, ends=(0,))
        except Failed:
            return False


class Archive:
    """One archive with its configuration and its runs."""

    def __init__(self, program, folder, configuration):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.program, self.folder, self.out, self.runs = program, folder, folder / "out", {}
        (folder / "araneus.toml").write_text(configuration)

    def command(self, *arguments, ends=PUBLISHED):
        """Runs a command on this archive."""
        return self.program.run(arguments, self.folder, ends)

    def record(self, as_of, inputs, *options):
        """Runs one delivery at an as-of time; returns the folder of the run."""
        earlier = set(self.out.glob("*T*")) if self.out.is_dir() else set()
        self.command("run", *inputs, "--as-of", as_of, "--threads", self.program.threads, *options)
        made = sorted(set(self.out.glob("*T*")) - earlier) or [(self.out / "latest").resolve()]
        self.runs[as_of] = made[-1]
        return made[-1]

    def latest(self):
        """Returns the folder of the newest run."""
        return (self.out / "latest").resolve()


def steward(run, name):
    """Returns the rows of one of the data steward's tables of a run."""
    return records(run / "steward" / f"{name}.arrow")


def published(run, name):
    """Returns one of the tables that a run wrote for its audience."""
    folders = [path for path in run.iterdir() if path.is_dir() and path.name != "steward"]
    if len(folders) != 1:
        raise Unusable(f"the run {run.name} has {len(folders)} audiences, not one")
    return table(folders[0] / f"{name}.arrow")

"""Reads the answers of a terminal as a person does: their width, their order, short ids, and colours only where they are wanted."""

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True

from _demo import TIMEOUT_SECONDS, demo, finish, program

QUEUE_WIDTH, ANSWER_WIDTH = 80, 100


def asked(folder, *words, code=0):
    """Runs a question about the demo in a folder; returns its standard output and standard error."""
    state, out = Path(folder) / "araneus-demo/state", Path(folder) / "araneus-demo/out"
    command = [str(program()), *words, "--state", str(state), "--out", str(out)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False)
    if done.returncode != code:
        raise SystemExit(f"araneus {' '.join(words)} ended with {done.returncode}, not {code}:\n{done.stderr}")
    return done.stdout, done.stderr


def too_wide(name, text, width):
    """Yields the lines that a terminal of this width would break."""
    yield from (f"{name}: {len(line)} columns: {line}" for line in text.splitlines() if len(line) > width)


def answers(folder):
    """Yields what is wrong with the queue, with explanations and with differences."""
    queue, _ = asked(folder, "queue")
    rows = json.loads(asked(folder, "queue", "--json")[0])
    yield from too_wide("queue", queue, QUEUE_WIDTH)
    yield from too_wide("queue --open", asked(folder, "queue", "--open")[0], QUEUE_WIDTH)
    yield from too_wide("queue --near", asked(folder, "queue", "--near")[0], QUEUE_WIDTH)
    short = re.findall(r"^ *(\d+)  \d\.\d{3}  \w+ +([0-9a-f]{6,20})  ", queue, re.M)
    if [int(rank) for rank, _ in short] != [row["rank"] for row in rows] or not rows:
        yield f"queue: shows the ranks {short}, and the queue has {len(rows)} flags"
    for (rank, digits), row in zip(short, rows):
        whole = json.loads(asked(folder, "explain", row["flag_id"], "--json")[0])
        for name in (rank, digits, f"flag-{digits}"):
            if json.loads(asked(folder, "explain", name, "--json")[0]) != whole:
                yield f"explain {name} is not explain {row['flag_id']}"
        text, _ = asked(folder, "explain", rank)
        yield from too_wide(f"explain {rank}", text, ANSWER_WIDTH)
        if " ".join(whole["answer"].split()) not in " ".join(text.split("\n\n")[0].split()):
            yield f"explain {rank} does not begin with its answer"
        places = [text.find(part) for part in ("\n  Score", "\n  Pattern", "\nFor\n", "\nAgainst\n", "\nRecords (", "\nSupport\n", "\nIds\n")]
        if -1 in places or places != sorted(places):
            yield f"explain {rank}: its parts are at {places}"
        if row["flag_id"] in text[: places[-1]]:
            yield f"explain {rank}: an id stands before the heading of the ids"
        break
    # A beginning that nothing has is no short id, and so the name of nothing.
    asked(folder, "explain", "000000", code=2)
    diff, _ = asked(folder, "diff")
    yield from too_wide("diff", diff, ANSWER_WIDTH)
    if "Most important: " not in diff:
        yield "diff names no entity"


def on_terminal(environment, *words):
    """Runs the program on a terminal; returns what it shows."""
    parent, child = pty.openpty()
    command = [str(program()), *words]
    with subprocess.Popen(command, stdin=child, stdout=child, stderr=child, env=os.environ | environment) as process:
        os.close(child)
        shown = b""
        while True:
            try:
                part = os.read(parent, 65536)
            except OSError:
                break
            if not part:
                break
            shown += part
        process.wait(TIMEOUT_SECONDS)
    os.close(parent)
    return shown.decode(errors="replace")


def colours():
    """Yields whether colours appear where nobody wants them, or the check cannot see them."""
    plain = {"TERM": "xterm-256color", "NO_COLOR": "1"}
    coloured = on_terminal({"TERM": "xterm-256color", "NO_COLOR": ""}, "queu")
    if "\x1b[" not in coloured:
        yield "an error on a terminal has no colour, so that this check sees nothing"
    if "'queue'" not in re.sub(r"\x1b\[[0-9;]*m", "", coloured):
        yield f"a mistyped command is answered without the nearest one: {coloured}"
    for words in (["--help"], ["run", "--help"], ["queu"]):
        if "\x1b[" in on_terminal(plain, *words):
            yield f"NO_COLOR does not hold for araneus {' '.join(words)}"


with demo("--example") as made:
    failures = [*answers(made), *colours()]
finish("answers on a terminal", failures)

"""Follows what the documents and the demo tell a newcomer: links, paths, and commands to type."""

import re
import shlex
import subprocess
import sys

sys.dont_write_bytecode = True

from _demo import PROJECT, TIMEOUT_SECONDS, demo, finish, kept_demo, program

# Documents are those of the project, not of what it is built with.
DOCUMENTS = [path for pattern in ("*.md", "docs/*.md", "notebooks/*.md", "datasets/**/*.md", "crates/**/*.md") for path in sorted(PROJECT.glob(pattern))]
# A command stands at the start of a line of a code block, or whole between backticks.
COMMAND = re.compile(r"(?:^(?:\$ )?|`)araneus ([a-z-]+)(?=[ `\n])", re.M)


def links_lead_somewhere():
    """Yields links and paths in the documents that are not there."""
    for document in DOCUMENTS:
        text = document.read_text()
        name = document.relative_to(PROJECT)
        for link in re.findall(r"\]\(([^)#:]+)\)", text):
            if not (document.parent / link).exists():
                yield f"{name}: a link to {link}, which is not there"
        for path in re.findall(r"`((?:src|tests|docs|scripts|datasets|notebooks)/[\w./-]+)`", text):
            # A name in capitals is a place to fill in.
            if not re.search(r"[A-Z]{4}", path) and not (PROJECT / path).exists():
                yield f"{name}: names {path}, which is not there"


def commands_exist():
    """Yields commands in the documents that the program does not know."""
    known = subprocess.run([program(), "--help"], capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=True).stdout
    told = {(word, document.name) for document in DOCUMENTS for word in COMMAND.findall(document.read_text())}
    if len(told) < 5:
        yield f"only {len(told)} commands were found in the documents"
    for word, document in sorted(told):
        if not re.search(rf"^ +{word} ", known, re.M):
            yield f"{document}: araneus {word}, which the program does not know"


def hints_can_be_typed():
    """Yields what the demo's last words tell one to type, and which then fails."""
    yield from hints()
    yield from hints("--example")


def hints(*arguments):
    with demo(*arguments) as folder:
        said = (kept_demo(*arguments) / "stderr").read_text()
        typed = re.findall(r"araneus ((?:explain|diff|queue|list)\b[^;`\n]*)", said)
        if not typed:
            yield f"{' '.join(['demo', *arguments])} tells nothing to type"
        for hint in typed:
            command = [str(program()), *shlex.split(hint.rstrip(". "))]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False)
            if done.returncode != 0 or not done.stdout.strip():
                yield f"the demo says to type `araneus {hint}`, which ends with {done.returncode}: {done.stderr.strip()[:200]}"


finish(f"{len(DOCUMENTS)} documents and the demo's hints", [*links_lead_somewhere(), *commands_exist(), *hints_can_be_typed()])

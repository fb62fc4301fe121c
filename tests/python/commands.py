"""Types what the documents tell a reader to type, as written, in a copy of the project.

A fenced block of the language `sh` is one script; in `console` each line that begins with `$ ` is a command, and
the lines below it, if any, are what it answers, line by line; `…` stands for anything within a line, or for any
lines where it stands alone. A command ends with 0, or with N where it carries the comment `# exit N`.

What follows the language says what a block needs (a page does not show it):
  needs=shared-data   the shared test data beside the project
  needs=network       a network; tried where ARANEUS_DOCS_NETWORK is set
  stand-in=NAME       without a network, files of the shared data that stand in for what is fetched
  needs=fetched       what the last needs=network block of this document fetches
  needs=time          minutes or hours, such as a build; tried where ARANEUS_DOCS_TIME is set
  illustrative        it cannot be typed as written
A block of commands that is not marked as one is a failure, so that none is passed by unseen.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

sys.dont_write_bytecode = True

from _demo import PROJECT, TIMEOUT_SECONDS, finish, program

SHARED = PROJECT.parent / "shared" / "data"
PATTERNS = ("*.md", "docs/*.md", "notebooks/*.md", "datasets/**/*.md", "crates/**/*.md", "benches/*/*.md")
# Left out of the copy: what is built or made, and what is large and read by no command.
LEFT_OUT = shutil.ignore_patterns("target", ".git", ".venv", "out", ".araneus", "araneus-demo", "__pycache__")
NEEDS = ("shared-data", "network", "fetched", "time")
# In a block of another language or none, such a line is a command that nobody marked.
COMMAND = re.compile(r"^(?:\$ |araneus |cargo |scripts/|benches/|pip |curl |cd )", re.M)
FENCE = re.compile(r"^```([^\n`]*)\n(.*?)^```[ ]*$", re.M | re.S)
EXIT = re.compile(r"#\s*exit (\d+)\s*$")
# Files of the shared data by the name under which a document fetches them, and the script that follows the fetching.
STAND_INS = {
    "attack": {
        "attack/13.1.json": "attack-releases/enterprise-attack-v13.1.json.zst",
        "attack/14.1.json": "attack-releases/enterprise-attack-v14.1.json.zst",
    }
}


class Block:
    """One fenced block: where it stands, its language, its marks, its text."""

    def __init__(self, document, line, info, text):
        self.where = f"{document}:{line}"
        words = info.split()
        self.language, self.marks = (words[0], words[1:]) if words else ("", [])
        self.text = text
        self.needs = [mark.removeprefix("needs=") for mark in self.marks if mark.startswith("needs=")]
        self.stand_in = next((mark.removeprefix("stand-in=") for mark in self.marks if mark.startswith("stand-in=")), None)

    def is_command(self):
        return self.language in ("sh", "console")

    def wrong(self):
        """Yields what is wrong with how the block is marked."""
        if not self.language:
            yield f"{self.where}: a block without a language; `text` if it is no code"
        elif not self.is_command() and self.language in ("text", "bash", "shell") and COMMAND.search(self.text):
            yield f"{self.where}: commands in a block of `{self.language}`; `sh` and `console` are tried"
        if self.is_command():
            known = [f"needs={need}" for need in NEEDS] + ["illustrative"] + [f"stand-in={name}" for name in STAND_INS]
            yield from (f"{self.where}: an unknown mark: {mark}" for mark in self.marks if mark not in known)


def blocks(document, text):
    """Returns the fenced blocks of a document."""
    return [
        Block(document, text.count("\n", 0, found.start()) + 1, found.group(1).strip(), found.group(2))
        for found in FENCE.finditer(text)
    ]


class Reader:
    """One who types a document's commands in a copy of the project, one block after the other."""

    def __init__(self, home, commands):
        self.home, self.folder, self.has_fetched = home, home / "project", False
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("ARANEUS_")}
        self.environment.update(PATH=f"{commands}{os.pathsep}{os.environ['PATH']}", HOME=str(home), NO_COLOR="1")

    def type(self, script):
        """Runs a script where the last one ended; returns its exit code and all that it answers."""
        place = self.home / "place"
        # The folder in which a script ends is where the next one begins, as in a shell that stays open.
        command = ["bash", "-c", f"trap 'pwd >{place}' EXIT\nset -euo pipefail\n{script}"]
        try:
            done = subprocess.run(
                command, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True, errors="replace", timeout=TIMEOUT_SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return -1, f"it did not end within {TIMEOUT_SECONDS} s"
        self.folder = Path(place.read_text().strip())
        return done.returncode, done.stdout

    def lacks(self, block):
        """Returns why a block cannot be tried here; `None` where it can."""
        if "illustrative" in block.marks:
            return "illustrative"
        if "shared-data" in block.needs and not SHARED.is_dir():
            return "needs the shared data beside the project"
        if "network" in block.needs and not os.environ.get("ARANEUS_DOCS_NETWORK"):
            return "needs a network; set ARANEUS_DOCS_NETWORK to try it"
        if "time" in block.needs and not os.environ.get("ARANEUS_DOCS_TIME"):
            return "takes long; set ARANEUS_DOCS_TIME to try it"
        if "fetched" in block.needs and not self.has_fetched:
            return "needs what could not be fetched"
        return None

    def stand_in(self, block):
        """Puts files of the shared data in the place of what a block fetches, and runs what is left of it."""
        files = STAND_INS.get(block.stand_in, {})
        if not files or any(not (SHARED / stored).is_file() for stored in files.values()):
            return []
        for name, stored in files.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            # Packed, under the name of what is fetched: the program knows a packed file by its first bytes.
            shutil.copyfile(SHARED / stored, self.folder / name)
        rest = "".join(line for line in block.text.splitlines(True) if not line.startswith("curl "))
        code, answer = self.type(rest)
        self.has_fetched = code == 0
        return [] if code == 0 else [f"{block.where}: ends with {code}\n{answer}"]

    def follow(self, block):
        """Yields what fails in a block of commands."""
        if block.language == "sh":
            code, answer = self.type(block.text)
            expected = EXIT.search(block.text.rstrip())
            yield from ends_as_said(block, block.text, code, int(expected.group(1)) if expected else 0, answer)
        else:
            yield from self.converse(block)
        if "network" in block.needs:
            self.has_fetched = True

    def converse(self, block):
        """Yields what fails in a console block: commands that end otherwise, and answers that are others."""
        parts = re.split(r"^\$ ", block.text, flags=re.M)
        if parts[0].strip() or len(parts) == 1:
            yield f"{block.where}: it does not begin with a command (`$ `)"
            return
        for part in parts[1:]:
            command, _, shown = part.partition("\n")
            code, answer = self.type(command)
            expected = EXIT.search(command)
            yield from ends_as_said(block, command, code, int(expected.group(1)) if expected else 0, answer)
            missing = not_answered(shown, answer)
            if missing:
                yield f"{block.where}: `{command}` does not answer, in this order: {missing}\n{answer}"


def ends_as_said(block, command, code, expected, answer):
    if code != expected:
        yield f"{block.where}: `{command.strip()}` ends with {code}, not {expected}\n{answer}"


def not_answered(shown, answer):
    """Returns the first line shown that an answer lacks in its place; `None` where it has all.

    Spaces count as one: a page lines columns up otherwise.
    """
    plain = lambda line: re.sub(r"\s+", " ", line).strip()
    lines = list(filter(None, map(plain, answer.splitlines())))
    at, may_skip = 0, not shown.strip()
    for wanted in filter(None, map(plain, shown.splitlines())):
        if wanted == "…":
            may_skip = True
            continue
        pattern = re.compile(".*".join(re.escape(part.strip()) for part in wanted.split("…")))
        found = next((place for place in range(at, len(lines)) if pattern.fullmatch(lines[place])), None)
        if found is None or (found > at and not may_skip):
            return wanted
        at, may_skip = found + 1, False
    return None if may_skip or at == len(lines) else f"an end after line {at}"


@contextmanager
def reader():
    """Gives one who reads in a copy of the project, with the shared data beside it where they are."""
    with tempfile.TemporaryDirectory(prefix="araneus-commands-") as folder:
        home = Path(folder)
        # As in a clone, a link in the project stays a link.
        shutil.copytree(PROJECT, home / "project", ignore=LEFT_OUT, symlinks=True)
        if SHARED.is_dir():
            (home / "shared").symlink_to(SHARED.parent)
        commands = home / "bin"
        commands.mkdir()
        (commands / "araneus").symlink_to(program())
        yield Reader(home, commands)


def document_works(name, text, tried, skipped=print):
    """Yields what fails in a document; counts in `tried` what was typed."""
    of_document = blocks(name, text)
    for block in of_document:
        yield from block.wrong()
    if not any(block.is_command() for block in of_document):
        return
    with reader() as one:
        for block in of_document:
            if not block.is_command():
                continue
            lack = one.lacks(block)
            if lack is None:
                tried.append(block.where)
                yield from one.follow(block)
                continue
            if block.stand_in:
                yield from one.stand_in(block)
            if one.has_fetched and block.stand_in:
                lack += "; files of the shared data stand in for what it fetches"
            skipped(f"SKIPPED: the commands of {block.where}: {lack}")


PLANTED = """
```sh
false
```
```console
$ echo one; echo two
two
one
```
```console
$ araneus queue nowhere
```
```
araneus queue
```
```text
$ araneus queue
```
```sh needs=luck
true
```
"""
SOUND = """
```sh
mkdir sound && cd sound
```
```console
$ basename "$PWD"; echo 17 of 20; echo more; echo end
sound
… of 20
…
end
$ araneus queue nowhere  # exit 2
```
```sh illustrative
false
```
```toml
key = 1
```
"""


def a_planted_failure_is_noticed():
    """Yields what the checks fail to see in blocks that fail, and what they find in those that do not."""
    skips = []
    found = list(document_works("planted.md", PLANTED, [], skips.append))
    for flaw in ["planted.md:2: `false` ends with 1", "planted.md:5: `echo one; echo two` does not answer",
                 "planted.md:10: `araneus queue nowhere` ends with 2", "planted.md:13: a block without a language",
                 "planted.md:16: commands in a block of `text`", "planted.md:19: an unknown mark"]:  # fmt: skip
        if not any(failure.startswith(flaw) for failure in found):
            yield f"the checks do not see: {flaw}: {found}"
    if len(found) != 6:
        yield f"of six planted failures {len(found)} are found: {found}"
    yield from (f"a sound block fails: {failure}" for failure in document_works("sound.md", SOUND, [], skips.append))
    if skips != ["SKIPPED: the commands of sound.md:13: illustrative"]:
        yield f"what is skipped is not said: {skips}"


def main():
    failures, tried = list(a_planted_failure_is_noticed()), []
    for pattern in PATTERNS:
        for document in sorted(PROJECT.glob(pattern)):
            if not {"target", ".venv"} & set(document.relative_to(PROJECT).parts):
                failures += document_works(str(document.relative_to(PROJECT)), document.read_text(), tried)
    if not any(where.startswith("README.md") for where in tried):
        failures.append("no command of README.md was tried")
    finish(f"{len(tried)} blocks of commands in the documents", failures)


main()

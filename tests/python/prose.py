"""Checks the prose of documents, comments, messages, help and report by the rules of CONTRIBUTING.md.

  prose.py                everything, and the demo's report and the help of the newest program built
  prose.py PATH…          these files and folders only; needs no program
  prose.py --count […]    the number of findings for each file, instead of the findings

A finding is `file:line: rule: words -> advice: sentence`. Rules: `term` (the glossary has another word), `opening`
(a sentence without a noun in front), `archaic` (literary forms) and `long` (more than 30 words).
`tests/prose/exceptions.txt` lists the exceptions, `tests/prose/planted.txt` the sentences that must fail or pass.
"""

import re
import signal
import sys
from fnmatch import fnmatch
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from _prose_rules import check
from _prose_text import help_text, page, passages, sentences

# A copy of this program outside of the project checks the project around the current folder.
PROJECT = next(
    (folder for folder in [HERE.parents[1] if len(HERE.parents) > 1 else HERE, Path.cwd(), *Path.cwd().parents] if (folder / "Cargo.toml").is_file() and (folder / "src").is_dir()),
    Path.cwd(),
)
PATTERNS = (
    "*.md", "docs/**/*.md", "notebooks/*.md", "notebooks/*.ipynb", "datasets/**/*.md", "crates/**/*.md", "benches/*/*.md",
    "templates/*.html", "templates/*.svg", "src/**/*.rs", "crates/*/src/**/*.rs", "crates/*/tests/**/*.rs", "crates/*/examples/*.rs", "examples/*.rs",
)  # fmt: skip
EXCEPTIONS_MAX = 40
PLANTED_MIN, SOUND_MIN = 20, 10


class Exceptions:
    """The exceptions: a path pattern, a phrase and a reason in each line, separated by ` : `."""

    def __init__(self, file):
        self.rows, self.used, self.failures = [], set(), []
        for number, line in enumerate(file.read_text().splitlines() if file.is_file() else [], 1):
            if not line.strip() or line.startswith("#"):
                continue
            parts = [part.strip() for part in line.split(" : ", 2)]
            if len(parts) != 3 or not all(parts):
                self.failures.append(f"{file.name}:{number}: not `path : phrase : reason`")
                continue
            self.rows.append((parts[0], parts[1].lower()))
        if len(self.rows) > EXCEPTIONS_MAX:
            self.failures.append(f"{file.name}: {len(self.rows)} exceptions, at most {EXCEPTIONS_MAX} are allowed")

    def allow(self, path, sentence):
        """Returns whether an exception covers a sentence, and notes that it is used."""
        rows = [at for at, (pattern, phrase) in enumerate(self.rows) if fnmatch(str(path), pattern) and phrase in sentence.lower()]
        self.used.update(rows)
        return bool(rows)

    def unused(self):
        return [f"exceptions.txt: unused: {pattern} : {phrase}" for at, (pattern, phrase) in enumerate(self.rows) if at not in self.used]


def findings(path, parts, exceptions):
    """Yields what the rules find in the passages of one file."""
    for part in parts:
        for line, sentence in sentences(part):
            found = list(check(path, sentence))
            if found and not exceptions.allow(path, sentence):
                for rule, words, advice in found:
                    yield path, f"{path}:{line}: {rule}: {words} -> {advice}: {sentence}"


def of_files(files, exceptions):
    for file in files:
        path = file.relative_to(PROJECT) if file.is_relative_to(PROJECT) else file
        yield from findings(path, passages(path, file.read_text()), exceptions)


def of_help(run, exceptions, command=()):
    """Yields what the rules find in the help of a command and of its subcommands."""
    text = run([*command, "--help"], PROJECT)
    name = " ".join(["araneus", *command, "--help"])
    yield from findings(name, help_text(text), exceptions)
    listed = re.search(r"^Commands:\n((?:[ ].*\n|\n(?=[ ]))+)", text, re.M)
    for word in re.findall(r"^  ([a-z][a-z-]*)(?:\s|$)", listed.group(1), re.M) if listed else []:
        if word != "help":
            yield from of_help(run, exceptions, (*command, word))


def once(found):
    """Yields each finding once, although pages and commands repeat sentences with other numbers."""
    seen = set()
    for path, finding in found:
        key = re.sub(r"\d[\d.,]*", "0", finding.split(": ", 1)[1])
        if key not in seen:
            seen.add(key)
            yield path, finding


def of_program(exceptions):
    """Yields what the rules find in all that the newest program writes: help and the demo's reports."""
    sys.path.insert(0, str(PROJECT / "tests/python"))
    from _demo import demo, run

    yield from of_help(run, exceptions)
    with demo() as folder:
        reports = sorted(folder.glob("araneus-demo/out/latest/*/report.html"))
        if not reports:
            raise SystemExit("the demo made no report")
        for report in reports:
            yield from findings(f"demo/{report.parent.name}/report.html", page(report.read_text()), exceptions)


def chosen(paths):
    """Returns the files of the arguments, or all of the project; none that git ignores."""
    every = {file for pattern in PATTERNS for file in PROJECT.glob(pattern) if not {"target", ".venv", "out"} & set(file.relative_to(PROJECT).parts)}
    if not paths:
        return sorted(every)
    files = set()
    for path in map(Path.resolve, map(Path, paths)):
        if not path.exists():
            raise SystemExit(f"no such file or folder: {path}")
        files |= {path} if path.is_file() else {file for file in every if file.is_relative_to(path)}
    return sorted(files)


def planted(folder):
    """Yields sentences of `planted.txt` that the rules judge wrongly, and terms of the glossary that no rule finds."""
    section, counts = None, {"fail": 0, "pass": 0}
    for number, line in enumerate((folder / "planted.txt").read_text().splitlines(), 1):
        if line.startswith("== "):
            section = line[3:].strip()
        elif line.strip() and not line.startswith("#"):
            counts[section] += 1
            path = Path("planted.md")
            found = [one for part in passages(path, line) for _, sentence in sentences(part) for one in check(path, sentence)]
            if section == "fail" and not found:
                yield f"planted.txt:{number}: no rule finds anything: {line}"
            if section == "pass" and found:
                yield f"planted.txt:{number}: a good sentence fails: {found}: {line}"
    if counts["fail"] < PLANTED_MIN or counts["pass"] < SOUND_MIN:
        yield f"planted.txt: {counts}, at least {PLANTED_MIN} that fail and {SOUND_MIN} that pass are needed"


def replaced_terms(glossary):
    """Yields terms in the "Replaces" column of the glossary that no rule finds."""
    rows = [line.strip().strip("|").split("|") for line in glossary.read_text().splitlines() if line.startswith("| ")]
    column = next((row.index(name) for row in rows[:1] for name in row if name.strip() == "Replaces"), None)
    terms = [term for row in rows for term in re.findall(r"`([^`]+)`", row[column])] if column is not None else []
    if len(terms) < PLANTED_MIN:
        yield f"{glossary.name}: only {len(terms)} replaced terms were read"
    for term in terms:
        rooms = ("src/run/mod.rs", "src/community/mod.rs", "crates/araneus-synth/src/lib.rs")
        if not any(True for room in rooms for _ in check(room, f"It is {term} here.")):
            yield f"{glossary.name}: no rule finds the replaced term `{term}`"


def main(arguments):
    paths = [argument for argument in arguments if not argument.startswith("--")]
    unknown = [argument for argument in arguments if argument.startswith("--") and argument != "--count"]
    if unknown:
        raise SystemExit(f"unknown option: {unknown[0]}\n{__doc__}")
    folder = next(place for place in (PROJECT / "tests/prose", HERE / "prose", HERE.parent / "prose") if (place / "planted.txt").is_file())
    exceptions = Exceptions(folder / "exceptions.txt")
    faults = [*exceptions.failures, *planted(folder)]
    files = chosen(paths)
    found = list(of_files(files, exceptions))
    if not paths:
        found += once(of_program(exceptions))
        faults += exceptions.unused()
        if (PROJECT / "docs/glossary.md").is_file():
            faults += replaced_terms(PROJECT / "docs/glossary.md")
    if "--count" in arguments:
        counts = {}
        for path, _ in found:
            counts[str(path)] = counts.get(str(path), 0) + 1
        for path, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            print(f"{count:6}  {path}")
    else:
        for _, finding in found:
            print(finding)
    for fault in faults:
        print(f"FAILED: {fault}")
    print(f"prose of {len(files)} files: {len(found)} findings, {len(faults)} faults of the check")
    raise SystemExit(1 if found or faults else 0)


# A reader such as `head` may close the pipe.
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
main(sys.argv[1:])

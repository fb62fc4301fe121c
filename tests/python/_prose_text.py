"""Extracts the prose of a file as passages: Markdown, notebooks, Rust comments and messages, templates, pages, help.

A passage is one paragraph, list item, heading, table cell, comment or message. Code spans and format placeholders
become one token (`CODE`), so that they count as a word and are checked by no rule.
"""

import json
import re
from dataclasses import dataclass
from html.parser import HTMLParser

CODE = "‹›"


@dataclass
class Passage:
    """Some prose with the line on which it begins; each line break in `text` is a line of the file."""

    line: int
    text: str


def passages(path, text):
    """Returns the passages of a file, by the extension of its path."""
    readers = {".md": markdown, ".ipynb": notebook, ".rs": rust, ".html": template, ".svg": template}
    read = readers.get(path.suffix)
    if not read:
        return []
    if path.suffix == ".rs":
        return read(text, is_test_file(path))
    return read(text)


def is_test_file(path):
    """Returns whether a Rust file holds tests only, so that its string literals reach no user."""
    return path.stem == "tests" or bool({"tests", "benches"} & set(path.parts))


# --- Markdown ---------------------------------------------------------------------------------------------------

FENCE = re.compile(r"^\s*(?:```|~~~)")
ITEM = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+(?:\[[ x]\]\s+)?")
TABLE_RULE = re.compile(r"^\s*\|?[\s:|-]+\|?\s*$")
INLINE = [
    (re.compile(r"``.+?``|`[^`]+`", re.S), CODE),
    (re.compile(r"<!--.*?-->", re.S), ""),
    (re.compile(r"!\[([^\]]*)\]\([^)]*\)"), r"\1"),
    (re.compile(r"\[([^\]]*)\]\([^)\s]*(?:\s[^)]*)?\)"), r"\1"),
    (re.compile(r"\[([^\]]+)\]\[[^\]]*\]"), r"\1"),
    (re.compile(r"\[(‹›)\]"), r"\1"),
    (re.compile(r"<?https?://[^\s>)]+>?"), CODE),
    (re.compile(r"</?[a-z][^>]*>"), ""),
    (re.compile(r"\*\*|__(?=\S)|(?<=\S)__|(?<!\w)[*_](?=[\w‹(])|(?<=[\w.,;:!?›)])[*_](?!\w)"), ""),
]


def inline(text):
    """Returns Markdown text without its marks; line breaks stay where they are."""
    for pattern, replacement in INLINE:
        text = pattern.sub(lambda match: match.expand(replacement) + "\n" * lost_breaks(match, replacement), text)
    return text


def lost_breaks(match, replacement):
    return match.group().count("\n") - match.expand(replacement).count("\n")


def markdown(text, first_line=1):
    """Returns the passages of a Markdown text."""
    found, block, begin, in_fence = [], [], 0, False

    def close():
        if block:
            found.append(Passage(begin, inline("\n".join(block))))
            block.clear()

    in_comment = False
    for number, line in enumerate(text.split("\n"), first_line):
        if FENCE.match(line):
            in_fence = not in_fence
            close()
            continue
        if in_fence:
            continue
        if in_comment or line.lstrip().startswith("<!--"):
            in_comment = "-->" not in line
            close()
            continue
        bare = re.sub(r"^\s*(?:>\s?)+", "", line)
        if not bare.strip() or re.match(r"^\s*(?:---+|\*\*\*+)\s*$", bare) or re.match(r"^\[[^\]]+\]:\s", bare):
            close()
        elif bare.lstrip().startswith("|"):
            close()
            if not TABLE_RULE.match(bare):
                found += [Passage(number, inline(cell)) for cell in cells(bare)]
        elif bare.lstrip().startswith("#"):
            close()
            found.append(Passage(number, inline(bare.lstrip("# ").rstrip())))
        else:
            if ITEM.match(bare):
                close()
                bare = ITEM.sub("", bare)
            if not block:
                begin = number
            block.append(bare.strip())
    close()
    return found


def cells(line):
    """Returns the cells of a table's row; a `|` in a code span parts nothing."""
    masked = re.sub(r"`[^`]*`", lambda match: match.group().replace("|", "\0"), line.strip().strip("|"))
    return [cell.strip().replace("\0", "|") for cell in re.split(r"(?<!\\)\|", masked)]


def notebook(text):
    """Returns the passages of a notebook's Markdown cells and of its comments and docstrings; a line is a cell's number."""
    found = []
    for number, cell in enumerate(json.loads(text)["cells"], 1):
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts = [part.text for part in markdown(source)]
        else:
            parts = re.findall(r"(?m)^\s*#\s*(.+)$", source) + re.findall(r'"""(.+?)"""', source, re.S)
            code = re.sub(r'"""(.+?)"""', "", source, flags=re.S)
            parts += [literal for literal in re.findall(r'f?"([^"\n]+)"', code) if is_prose(literal)]
            parts = [re.sub(r"\{[^}]*\}", CODE, part) for part in parts]
        found += [Passage(number, inline(part.replace("\n", " "))) for part in parts]
    return found


# --- Rust -------------------------------------------------------------------------------------------------------

TOKEN = re.compile(
    r"""(?P<doc>//[/!](?!/)[^\n]*) | (?P<comment>//[^\n]*) | (?P<block>/\*.*?\*/)
    | (?P<raw>\b(?:br|cr|r)(?P<hashes>\#*)".*?"(?P=hashes)) | (?P<string>\b[bc]?"(?:\\.|[^"\\])*"|"(?:\\.|[^"\\])*")
    | (?P<char>'(?:\\(?:u\{[^}]*\}|x..|.)|[^\\'\n])') | (?P<lifetime>'\w+)
    | (?P<test>\#\[cfg\((?:test|all\(test[^\]]*)\)\]) | (?P<open>[{(\[]) | (?P<close>[})\]]) | (?P<end>;) | (?P<break>\n)""",
    re.S | re.X,
)
HOLE = re.compile(r"\{[\w.]*(?::[^}]*)?\}")


def rust(text, in_tests=False):
    """Returns the passages of a Rust file: comments, and string literals outside of its tests."""
    found, comments = [], []
    depth, pending, inside, line = 0, None, None, 1

    def close():
        if comments:
            found.extend(comment_passages(comments))
            comments.clear()

    for match in TOKEN.finditer(text):
        kind, token = match.lastgroup, match.group()
        line = text.count("\n", 0, match.start()) + 1 if kind in ("doc", "comment", "raw", "string") else line
        if kind in ("doc", "comment"):
            marker = token[:3] if kind == "doc" else "//"
            is_trailing = text[text.rfind("\n", 0, match.start()) + 1 : match.start()].strip() != ""
            if comments and (comments[-1][1] != marker or comments[-1][0] != line - 1 or is_trailing):
                close()
            comments.append((line, marker, token[len(marker) :]))
            continue
        if kind == "break":
            continue
        close()
        if kind == "test" and inside is None:
            pending = depth
        elif kind == "open":
            if token == "{" and pending == depth:
                inside, pending = depth, None
            depth += 1
        elif kind == "close":
            depth -= 1
            if inside == depth and token == "}":
                inside = None
        elif kind == "end" and pending == depth:
            pending = None
        elif kind in ("raw", "string") and not in_tests and inside is None and pending is None:
            found += literal_passages(line, token, kind == "raw")
    close()
    return found


def comment_passages(comments):
    """Returns the passages of neighbouring comment lines; a doc comment is Markdown."""
    return markdown("\n".join(body for _, _, body in comments), comments[0][0])


def literal_passages(line, token, is_raw):
    """Returns the passages of a string literal that reads as prose."""
    body = token[token.index('"') + 1 : token.rindex('"')]
    if not is_raw:
        body = re.sub(r"\\\n\s*", lambda _: "\n", body)
        body = re.sub(r'\\(["\'\\])', r"\1", body).replace("\\t", " ")
        body = re.sub(r"\\u\{(\w+)\}", lambda match: chr(int(match.group(1), 16)), body)
    if not is_prose(body):
        return []
    parts, begin = [], line
    # A written line break ends a passage; one of the source does not.
    for part in re.split(r"(?:\\n)+", body):
        parts.append(Passage(begin, HOLE.sub(CODE, inline(part)).replace("{{", "{").replace("}}", "}")))
        begin += part.count("\n")
    return parts


CODE_SIGNS = re.compile(r'</|/>|\{"|":|=>|::|\(\?|xmlns|<\w+|\\[dws]|^\s*[-#.]|\w\(\)|^[A-Z_]+=')


def is_prose(text):
    """Returns whether a string literal is a phrase for a reader: at least two words, and no sign of code."""
    words = re.findall(r"[A-Za-z]{2,}", HOLE.sub(" ", text))
    return len(words) >= 2 and bool(re.search(r"[A-Za-z,;:.)}] ?[ \n]\s*[A-Za-z({\"‘“`]", text)) and not CODE_SIGNS.search(text)


# --- Pages, templates, help -------------------------------------------------------------------------------------

BREAKING = set("p div li ul ol dt dd dl td th tr table caption h1 h2 h3 h4 section summary details figcaption title footer header nav option br main".split())
OPAQUE = {"bdi", "code", "kbd", "time", "samp"}
SILENT = {"style", "script", "svg"}
# A host of an invented world is a value, also within a sentence.
INVENTED_HOST = re.compile(r"\b[\w-]+(?:\.[\w-]+)*\.example\b")


class Page(HTMLParser):
    """Gathers the text of a page by block elements; code, values and pictures are left out."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.found, self.text, self.begin, self.opaque, self.silent = [], "", 1, 0, 0

    def close_block(self):
        if re.search(r"[A-Za-z]{2,}", self.text) and not self.text.lstrip().startswith("{"):
            self.found.append(Passage(self.begin, self.text))
        self.text = ""

    def handle_starttag(self, tag, attributes):
        if tag in BREAKING:
            self.close_block()
        if tag in OPAQUE:
            self.opaque += 1
            self.text += CODE
        if tag in SILENT:
            self.silent += 1
        for name, value in attributes:
            if name in ("title", "alt", "aria-label") and value and is_prose(value) and not self.silent:
                self.found.append(Passage(self.getpos()[0], value))

    def handle_endtag(self, tag):
        if tag in BREAKING:
            self.close_block()
        self.opaque -= tag in OPAQUE
        self.silent -= tag in SILENT

    def handle_data(self, data):
        if self.silent or self.opaque:
            return
        if not self.text.strip():
            data_begin = len(data) - len(data.lstrip())
            self.begin = self.getpos()[0] + data[:data_begin].count("\n")
            data = data.lstrip()
        self.text += INVENTED_HOST.sub(CODE, data)


def page(text):
    """Returns the passages of an HTML page."""
    reader = Page()
    reader.feed(text)
    reader.close()
    reader.close_block()
    return reader.found


def template(text):
    """Returns the passages of a template; each alternative of a condition is a passage of its own."""
    keep_lines = lambda new: lambda match: new + "\n" * match.group().count("\n")
    text = re.sub(r"\{#.*?#\}", keep_lines(""), text, flags=re.S)
    text = re.sub(r"\{%-?\s*(?:else|when|match|endmatch|macro|endmacro|for|endfor)\b.*?%\}", keep_lines("<br>"), text, flags=re.S)
    text = re.sub(r"\{%-?\s*(?:call|include)\b.*?%\}", keep_lines(CODE), text, flags=re.S)
    text = re.sub(r"\{%.*?%\}", keep_lines(""), text, flags=re.S)
    text = re.sub(r"\{\{.*?\}\}", keep_lines(CODE), text, flags=re.S)
    return page(text)


OPTION = re.compile(r"^\s+(?:-\w, )?(?:-\w|--[\w-]+)(?:[ =]<?\S+)*?(?:\s{2,}|$)|^\s{2,}[<\[][A-Z_]+[>\]](?:\.\.\.)?(?:\s{2,}|$)|^  [a-z][a-z-]+(?:\s{2,}|$)")


def help_text(text):
    """Returns the passages of a command's help."""
    found, block, begin = [], [], 0
    for number, line in enumerate(text.split("\n") + [""], 1):
        option = OPTION.match(line)
        if block and (option or not line.strip()):
            found.append(Passage(begin, inline("\n".join(block))))
            block = []
        line = line[option.end() :] if option else line
        if not line.strip() or line.startswith("Usage:"):
            continue
        begin = begin if block else number
        block.append(line.strip())
    return found


# --- Sentences --------------------------------------------------------------------------------------------------

ABBREVIATIONS = re.compile(r"\b(?:e\.g|i\.e|etc|vs|cf|al|approx|incl|excl|Fig|fig|Eq|No|pp|St|Sect|Sec|resp)\.(?=\s)|(?:(?<=^)|(?<=[,(] )|(?<=[A-Z]\. ))[A-Z]\.(?=\s)")
END = re.compile(r"(?<=[.!?…])[\"')\]”’]*\s+(?=[\"'(\[“‘]*(?:[A-Z0-9‹]|[a-z][\w/-]*\.(?:md|rs|toml)\b|macOS\b))")


def sentences(passage):
    """Yields the line and text of each sentence of a passage."""
    text = passage.text
    protected = {match.end() for match in ABBREVIATIONS.finditer(text)}
    begin = 0
    cuts = [match for match in END.finditer(text) if not any(match.start() <= place <= match.end() for place in protected)]
    for end in [*(match.end() for match in cuts), len(text)]:
        raw = text[begin:end]
        sentence = " ".join(raw.split())
        if re.search(r"[A-Za-z]{2}", sentence):
            yield passage.line + text[: begin + len(raw) - len(raw.lstrip())].count("\n"), sentence
        begin = end

"""Documents of campaigns and their true actors: by tags, by the names of their own groups, and by their file names.

Names that a galaxy lists as synonyms are one actor. The truth reads only the files, never a table of the program.
"""

import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from files import raw

SUFFIXES = {".json", ".stix", ".stix2"}
GROUPS = ("intrusion-set", "threat-actor")
# Galaxies whose values name an actor or what it is known by.
TAG = re.compile(r"^misp-galaxy:(?:threat-actor|mitre-intrusion-set|microsoft-activity-group|mitre-enterprise-attack-intrusion-set)=\"(.+)\"$")
# Words that a name of a campaign has besides the name.
PLAIN_WORDS = {"malware", "ransomware", "group", "mining", "investigation", "activity", "campaign", "threat", "new", "the"}
WORD = re.compile(r"[A-Za-z0-9.]+")
LITERAL = re.compile(r"=\s*'((?:[^'\\]|\\.)*)'")
# A host, an address, a link or a digest: values that only those share who share something.
TELLING = re.compile(r"(?i)(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|https?://\S+|\d{1,3}(?:\.\d{1,3}){3}|(?:[a-z0-9_-]+\.)+(?!exe$|dll$|txt$|bat$|ps1$|doc$|sys$)[a-z]{2,24})")
NUMBER = re.compile(r" - [GS]\d+$")


@dataclass
class Document:
    """One file that reports a campaign."""

    path: Path
    root: Path
    date: str = ""
    tags: set = field(default_factory=set)
    own: set = field(default_factory=set)
    # Id of each object, with the time at which it was created: a vendor may give one id to two objects.
    ids: dict = field(default_factory=dict)
    values: set = field(default_factory=set)
    label: str = ""


def key(name):
    """Returns a name without case, spaces, signs, its number in a catalogue, and plain words."""
    words = [word.casefold() for word in WORD.findall(NUMBER.sub("", name))]
    telling = "".join(word for word in words if word not in PLAIN_WORDS).replace(".", "")
    # Without a letter left ("Group 74"), the plain words belong to the name.
    return telling if any(sign.isalpha() for sign in telling) else "".join(words).replace(".", "")


class Names:
    """Names of actors and malware; names that a galaxy lists as one are joined."""

    def __init__(self):
        self.parent = {}

    def find(self, name):
        while self.parent.get(name, name) != name:
            name = self.parent[name]
        return name

    def join(self, one, other):
        one, other = sorted((self.find(one), self.find(other)))
        self.parent.setdefault(one, one)
        self.parent[other] = one

    def __contains__(self, name):
        return name in self.parent


def load(path):
    """Returns a JSON document; None if the file is no JSON."""
    try:
        return json.loads(raw(path))
    except ValueError:
        return None


def is_telling(value):
    return bool(TELLING.fullmatch(value.strip()))


def is_galaxy(content):
    return isinstance(content, dict) and isinstance(content.get("values"), list)


def events(content):
    """Yields the MISP events of a document."""
    if isinstance(content, list):
        for one in content:
            yield from events(one)
    elif isinstance(content, dict):
        if isinstance(content.get("Event"), dict):
            yield content["Event"]
        elif "response" in content:
            yield from events(content["response"])
        elif "Attribute" in content and "info" in content:
            yield content


def read(path, root, content):
    """Returns the document of a file; None if it reports no indicator, as vocabularies do."""
    document = Document(path, root)
    objects = content.get("objects") if isinstance(content, dict) else None
    if isinstance(objects, list):
        kinds = {one.get("type") for one in objects}
        if not kinds & {"indicator", "report", "observed-data"}:
            return None
        document.own = {one["name"] for one in objects if one.get("type") in GROUPS and one.get("name")}
        document.date = max((str(one.get("created", "")) for one in objects), default="")[:10]
        document.ids = {one["id"]: str(one.get("created", "")) for one in objects if "id" in one}
        for one in objects:
            document.values |= {value.casefold() for value in LITERAL.findall(str(one.get("pattern", ""))) if is_telling(value)}
        return document
    found = list(events(content))
    for event in found:
        document.date = max(document.date, str(event.get("date", "")))
        held = [event, *(one for name in ("Attribute", "Object") for one in listed(event.get(name)))]
        held += [one for outer in listed(event.get("Object")) for one in listed(outer.get("Attribute"))]
        document.ids |= {one["uuid"]: "" for one in held if "uuid" in one}
        for one in held:
            document.values |= {value.casefold() for value in str(one.get("value", "")).split("|") if is_telling(value)}
        for tag in (tag for one in held for tag in listed(one.get("Tag"))):
            name = TAG.match(tag.get("name", ""))
            if name:
                document.tags.add(name[1])
    return document if found else None


def listed(value):
    """Returns a list: of one where a single object stands in place of a list."""
    return value if isinstance(value, list) else [value] if isinstance(value, dict) else []


def galaxy_names(contents):
    """Returns the joined names of all galaxies, and the names of actors: those of actors first, so that a tool's synonym joins no actors.

    A synonym of several values of one galaxy names none of them.
    """
    names, actors = Names(), set()
    for content in sorted(contents, key=lambda one: not is_of_actors(one)):
        spelled = {}
        for value in content["values"]:
            synonyms = value.get("meta", {}).get("synonyms", [])
            synonyms = [synonyms] if isinstance(synonyms, str) else synonyms
            spelled[key(value["value"])] = {key(name) for name in [value["value"], *synonyms]} - {""}
        used = Counter(name for all_names in spelled.values() for name in all_names)
        for main, all_names in spelled.items():
            for name in sorted(one for one in all_names if main and used[one] == 1 or one == main):
                if is_of_actors(content):
                    actors |= {main, name}
                elif main in actors or name in actors:
                    continue
                names.join(main, name)
    return names, actors


def is_of_actors(content):
    return any(word in content.get("type", "") for word in ("actor", "intrusion", "activity-group"))


def named_in(text, known):
    """Returns the first known name in a text, the longest of those that begin at one word; None without one."""
    words = [word.casefold().replace(".", "") for word in re.split(r"[^A-Za-z0-9.]+", text) if word]
    for begin in range(len(words)):
        for end in range(len(words), begin, -1):
            joined = "".join(words[begin:end])
            if joined in known and joined not in PLAIN_WORDS and len(joined) > 3:
                return joined
    return None


def stem(document):
    return document.path.name.split(".json")[0].split(".stix")[0]


def title(document):
    """Returns the name of a file without its date."""
    return key(undated(document))


def undated(document):
    """Returns the name of a file without its suffixes and the date in front."""
    return re.sub(r"^\d{4}-\d{2}-\d{2}-", "", stem(document))


def read_all(roots):
    """Returns (documents with labels, paths of galaxies, paths of vocabularies and of what is no document)."""
    found, galaxies, rest, contents = [], [], [], []
    for root in roots:
        for path in sorted(root.rglob("*")):
            if not path.is_file() or not SUFFIXES & set(path.suffixes):
                continue
            content = load(path)
            document = read(path, root, content) if content is not None and not is_galaxy(content) else None
            if document:
                found.append(document)
            elif is_galaxy(content):
                galaxies.append((root, path))
                contents.append(content)
            else:
                rest.append((root, path))
    label(found, *galaxy_names(contents))
    return found, galaxies, rest


def label(documents, names, actors):
    """Gives each document its actor: a tag, its own group, its campaign's folder, or a known name in its file name.

    A folder of several files names their actor only if it is the name of one: a kind of malware is not.
    """
    own, held = defaultdict(set), Counter(document.path.parent for document in documents)
    for document in documents:
        for name in document.own:
            own[key(name)].add(document.path)
    # The name of another file is a known name, too.
    files = Counter(title(document) for document in documents)
    listed_names = set(names.parent) | set(own)
    for document in documents:
        known = listed_names | ({name for name in files if len(name) > 3} - {title(document)} if files[title(document)] == 1 else set(files))
        folder = document.path.parent
        if document.tags:
            chosen = names.find(key(min(document.tags)))
        elif len(document.own) == 1:
            only = key(next(iter(document.own)))
            chosen = names.find(only)
        elif folder != document.root and (key(folder.name) in actors or held[folder] == 1):
            chosen = names.find(named_in(folder.name, known) or key(folder.name))
        else:
            chosen = names.find(named_in(undated(document), known) or title(document))
        document.label = chosen

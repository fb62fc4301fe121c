"""What a base of real records is, what is planted into its last run, and draws that take every value from the records."""

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field

PLANTED = "planted"


@dataclass(frozen=True)
class Instance:
    """One planted structure: its pattern, its role, the entities that a flag must name, and its records.

    The role is `planted` or the name of a look-alike. `key` are names that the flag must have, `members` are names of which
    it must have at least half.
    """

    pattern: str
    role: str
    key: tuple
    members: tuple
    records: tuple


@dataclass
class Base:
    """Real records, in the order in which runs read them.

    `history` has an as-of time and the deliveries of each earlier run, by source: `{source: {file name: text}}`. `last` is the
    same for the run into which instances are planted. `plants` has a function for each pattern, and `look_alikes` has named
    functions for each pattern. Such a function takes a `Plan`. `chance` returns the deliveries of the last run
    with exchanged ends or dates.
    """

    name: str
    # Name for readers.
    title: str
    about: str
    configuration: str
    files: dict
    history: list
    as_of: str
    last: dict
    deliver: Callable
    plants: dict
    look_alikes: dict
    chance: Callable


@dataclass
class Plan:
    """Records that one draw adds to the last run of a base, and the truth about them."""

    draw: random.Random
    instances: list = field(default_factory=list)
    records: dict = field(default_factory=dict)
    used: set = field(default_factory=set)

    def add(self, source, *records):
        """Adds records of a source."""
        self.records.setdefault(source, []).extend(records)

    def unused(self, values, count=1, accept=lambda *drawn: True):
        """Draws distinct values that no other instance of this plan has, and that `accept` accepts together."""
        free = [value for value in values if value not in self.used]
        for _ in range(10_000):
            if len(free) < count:
                break
            drawn = self.draw.sample(free, count)
            if accept(*drawn):
                self.used.update(drawn)
                return drawn
        raise ValueError("the base has too few values")


def seeded(*parts):
    """Returns a generator that depends on these parts only, on every machine."""
    digest = hashlib.sha256("\n".join(str(part) for part in parts).encode()).digest()
    return random.Random(int.from_bytes(digest[:8]))


def exchanged(values, draw):
    """Returns the values in another order."""
    mixed = list(values)
    draw.shuffle(mixed)
    return mixed

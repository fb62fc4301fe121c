"""Weekly reports of two vendors after a release of ATT&CK: a run covers a week, so a pause of months is longer than a run.

The first run reads a release, and what the vendors know about groups that are not in it. In each later run, a vendor reports claims that only the
next release makes, in a week that is drawn, with their new objects. Hosts of malware and repeated claims are drawn as in
`catalogue.py`. The vendors date each claim, and the archive records it at this time.

A planted group has no claim in the 44 weeks before the last run. A planted surge has four new hosts on each of five days, of a family
that no vendor named since the first run.
"""

from collections import defaultdict
from datetime import datetime, timedelta

from catalogue import FOLDER, VENDORS, Catalogue, Release, deliver, domain, kind, pairs_of, relationship
from draws import PLANTED, Base, exchanged, seeded
from files import rows

NAME = "weeks"
RELEASES = ("11.3", "12.1")
# Weeks after the first run, and weeks over which the claims of the next release are spread.
WEEKS, SPREAD = 10, 26
# Share of these claims that both vendors report, repeated claims of a vendor in a week, and hosts that it reports.
BOTH, REPEATED, HOSTS = 0.1, 6, 10
TYPES = ("intrusion-set", "malware", "tool", "campaign", "attack-pattern")
# Fewest new families of a reactivated group; days of a surge, and hosts of a day.
FAMILIES_MIN, DAYS, HOSTS_OF_DAY = 5, 5, 4
CONFIGURATION = """[[source]]
name = "attack"
mode = "snapshot"
reliability = "B"

[[source]]
name = "vendor-a"
reliability = "C"
recorded_at = "object"

[[source]]
name = "vendor-b"
reliability = "C"
recorded_at = "object"
"""


def days_between(after, until):
    """Returns the days after one time and before another."""
    start, end = (datetime.fromisoformat(time) for time in (after, until))
    return [(start + timedelta(days=at)).date().isoformat() for at in range(1, (end - start).days)]


def plain(row):
    """Returns an object of the catalogue in the words of a vendor."""
    made = {name: row[name] for name in ("type", "id", "created", "modified", "name")} | {"spec_version": "2.1"}
    return made | {"is_family": True} if row["type"] == "malware" else made


class Weeks(Catalogue):
    """Draws from the claims that only the next release makes, and plants claims of the vendors."""

    def __init__(self, before, last, times):
        super().__init__(before, last, times[-1], times[-2])
        self.dates = days_between(times[-2], times[-1])

    def reports(self, times):
        """Returns the records of each vendor in each run."""
        draw = seeded(NAME, "reports")
        runs = [defaultdict(list) for _ in times]
        pairs = [pair for pair in sorted(self.new_uses) if {kind(end) for end in pair} <= set(TYPES) and set(pair) <= self.last.rows.keys()]
        for pair in pairs:
            at = draw.randrange(SPREAD) + 1
            vendors = VENDORS if draw.random() < BOTH else [draw.choice(VENDORS)]
            if at < len(times):
                for vendor in vendors:
                    runs[at][vendor] += [plain(self.last.rows[end]) for end in pair if end not in self.before.rows]
                    runs[at][vendor].append(relationship(vendor, pair[0], "uses", pair[1], draw.choice(days_between(times[at - 1], times[at]))))
        families = sorted(target for _, target in self.before.uses if kind(target) == "malware")
        for at in range(1, len(times)):
            days = days_between(times[at - 1], times[at])
            for vendor in VENDORS:
                known = draw.sample(sorted(self.before.uses), REPEATED)
                runs[at][vendor] += [relationship(vendor, source, "uses", target, draw.choice(days)) for source, target in known]
                for _ in range(HOSTS):
                    host = domain(draw)
                    runs[at][vendor] += [host, relationship(vendor, draw.choice(families), "communicates-with", host["id"], draw.choice(days))]
        named = {end for run in runs for records in run.values() for pair in pairs_of(records) for end in pair}
        self.quiet = sorted(set(families) - named)
        return runs

    def claim(self, plan, vendor, source, verb, target, date):
        """Adds a relationship of a vendor, which it wrote in the last week, whatever time the claim is about."""
        made = relationship(vendor, source, verb, target, date, salt=plan.draw.getrandbits(64))
        written = f"{date if date in self.dates else plan.draw.choice(self.dates)}T00:00:00.000Z"
        plan.add(vendor, {**made, "created": written, "modified": written})
        return made["id"]

    def reactivated(self, plan, role, **options):
        """A dormant group uses as many new families as a drawn group has, at least five."""
        self.reactivation(plan, role, count=max(FAMILIES_MIN, plan.draw.choice(self.sizes)), **options)

    def surge(self, plan, role, days=DAYS, hosts=HOSTS_OF_DAY):
        """A quiet family gets new hosts on several days. On one day, it gets as many."""
        family = plan.unused(self.quiet)[0]
        records = []
        for date in self.dates[:days] * (DAYS // days):
            for _ in range(hosts):
                vendor, host = plan.draw.choice(VENDORS), domain(plan.draw)
                plan.add(vendor, host)
                records.append(self.claim(plan, vendor, family, "communicates-with", host["id"], date))
        self.instance(plan, "subject surge", role, [self.last.name(family)], [], records)


def history(data, small=False):
    """Returns the draws from the claims of the next release, and the runs; the small base has half of them."""
    folder = data / FOLDER
    tags = {row["file"]: row["tag_date"] for row in rows(folder / "releases.csv")}
    files = [f"enterprise-attack-v{version}.json.zst" for version in RELEASES]
    releases = [Release(folder / file) for file in files]
    first = datetime.fromisoformat(tags[files[0]])
    times = [(first + timedelta(weeks=at)).isoformat() for at in range(1 + WEEKS // (2 if small else 1))]
    weeks = Weeks(*releases, times)
    known, reports = weeks.known_groups(releases[0], times), weeks.reports(times)
    runs = [(time, {vendor: known[at][vendor] + reports[at][vendor] for vendor in VENDORS}) for at, time in enumerate(times)]
    runs[0][1]["attack"] = releases[0].path
    return weeks, runs


def mixed(last, draw):
    """Returns the deliveries of a run with exchanged targets of each source's claims of one kind."""
    mixed = {}
    for source in sorted(last):
        mixed[source] = [row for row in last[source] if row["type"] != "relationship"]
        groups = defaultdict(list)
        for row in last[source]:
            if row["type"] == "relationship":
                groups[kind(row["source_ref"]), kind(row["target_ref"])].append(row)
        for group in groups.values():
            targets = exchanged([row["target_ref"] for row in group], draw)
            mixed[source] += [{**row, "target_ref": target} for row, target in zip(group, targets)]
    return mixed


def base(data, small=False):
    """Returns the base of weeks."""
    weeks, runs = history(data, small)
    as_of, last = runs.pop()

    return Base(
        name=NAME,
        title="weekly reports",
        about="a release of ATT&CK, then reports of two vendors in runs of a week",
        configuration=CONFIGURATION,
        files={},
        history=runs,
        as_of=as_of,
        last=last,
        deliver=deliver,
        plants={
            "community birth": lambda plan: weeks.birth(plan, PLANTED),
            "dormant reactivation": lambda plan: weeks.reactivated(plan, PLANTED),
            "subject surge": lambda plan: weeks.surge(plan, PLANTED),
        },
        look_alikes={
            "community birth": {
                "a delivery of one vendor": lambda plan, role: weeks.birth(plan, role, sources=VENDORS[:1]),
                "reports of two years ago": lambda plan, role: weeks.birth(plan, role, is_late=True),
            },
            "dormant reactivation": {
                "a report about the past": lambda plan, role: weeks.reactivated(plan, role, is_late=True),
                "one attribution of one vendor": lambda plan, role: weeks.reactivation(plan, role, count=1, sources=VENDORS[:1]),
            },
            "subject surge": {
                "all hosts on one day": lambda plan, role: weeks.surge(plan, role, days=1),
                "one host a day": lambda plan, role: weeks.surge(plan, role, hosts=1),
            },
        },
        chance=lambda draw: mixed(last, draw),
    )

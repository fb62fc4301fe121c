"""Nights of the maltrail list: reports with a family and values, in runs of a week and at last of four days.

A night may have one list of fifty thousand values. So each family keeps at most 60 values of a night and 40 of the undated
base, drawn by seed. Values that are planted as known are those of drawn records; new names and addresses have the
form of drawn records. Sizes are numbers of values of drawn reports.
"""

import ipaddress
from collections import Counter, defaultdict
from datetime import date, timedelta

from draws import PLANTED, Base, Instance, Plan, seeded
from files import rows

NAME, FOLDER = "nights", "maltrail-nights"
FIRST_NIGHT = date(2026, 1, 3)
# Runs, as days after the base. The last one has four nights: a whole week has more than 20 flags of its own.
RUNS = (0, 28, 35, 42, 49, 56, 63, 66, 70)
VALUES_MAX, VALUES_OF_BASE_MAX = 60, 40
# Weeks before the recent one whose reports give the families of a chance draw.
WEEKS_BEFORE = 4
# Fewest and most reports of a planted surge. At most seven reports of a day count.
REPORTS_MIN, REPORTS_MAX = 28, 40
CONFIGURATION = """[[source]]
name = "maltrail"
mapping = "reported-indicators.toml"
recorded_at = "object"
reliability = "B"
"""
COLUMNS = ("told", "family", "report", "value")


def night(days):
    """Returns the date of a night."""
    return (FIRST_NIGHT + timedelta(days=days)).isoformat()


def sampled(folder, at):
    """Returns the indicators of a night, with at most as many of each family as the bench reads."""
    groups = defaultdict(list)
    for row in rows(folder / f"indicators-{night(at)}.csv.zst"):
        groups[row["family"]].append(tuple(row[name] for name in COLUMNS))
    drawn, most = [], VALUES_MAX if at else VALUES_OF_BASE_MAX
    for name, group in groups.items():
        drawn += group if len(group) <= most else seeded(NAME, at, name).sample(group, most)
    return drawn


def address(value):
    """Returns the address of a value, or `None` for a name."""
    host = value.split("//")[-1].split("/")[0].split(":")[0]
    try:
        return ipaddress.IPv4Address(host)
    except ValueError:
        return None


def network(value):
    """Returns the network of 256 addresses of a value; `None` for a name."""
    at = address(value)
    return str(at).rsplit(".", 1)[0] if at else None


class Lists:
    """Draws from the indicators, and plants reports."""

    def __init__(self, nights):
        known = [row for at, table in nights.items() for row in table if at <= RUNS[-2]]
        recent = [row for at, table in nights.items() for row in table if at > RUNS[-2]]
        self.times = sorted(row[0] for row in recent)
        self.values = defaultdict(set)
        self.users = defaultdict(set)
        for _, family, _, value in known:
            self.values[family].add(value)
            self.users[value].add(family)
        self.all_values = sorted(self.users)
        # Reports of the four weeks before the recent one. A family of an earlier campaign would be a surge of its own in a chance draw, and a
        # family of the recent week would be new.
        before = {at: table for at, table in nights.items() if 0 < RUNS[-1] - 7 - at < WEEKS_BEFORE * 7}
        self.families_of_reports = sorted({(row[2], row[1]) for table in before.values() for row in table})
        self.families_of_reports = [family for _, family in self.families_of_reports]
        reports = Counter(row[2] for at, table in nights.items() if at for row in table)
        self.sizes = sorted(count for count in reports.values() if 2 <= count <= 8)
        lately = {row[1] for at, table in nights.items() if at > RUNS[-2] - 35 for row in table}
        self.lately = defaultdict(set)
        for at, table in nights.items():
            if RUNS[-2] - 21 <= at <= RUNS[-2] and at:
                for _, family, _, value in table:
                    self.lately[family].add(value)
        self.quiet = sorted(family for family, values in self.values.items() if len(values) >= 6 and family not in lately)
        hosts_by_network = Counter(network(value) for value in self.users)
        # A known network that only one or two hosts are in, so that a planted move does not go to a large hosting company.
        self.networks = sorted(name for name, count in hosts_by_network.items() if name and count <= 2)
        self.moving = sorted(family for family in self.quiet if len({network(value) for value in self.values[family]} - {None}) >= 3)
        self.weeks = self.reports_of_surges(nights)

    def reports_of_surges(self, nights):
        """Returns, for each family-week with ten new values, the number of its reports."""
        seen, weeks = set(), defaultdict(lambda: (set(), set()))
        for at, table in sorted(nights.items()):
            for _, family, report, value in table:
                if at and (family, value) not in seen:
                    weeks[family, at // 7][0].add(value)
                    weeks[family, at // 7][1].add(report)
                seen.add((family, value))
        return sorted(min(len(reports), REPORTS_MAX) for values, reports in weeks.values() if len(values) >= 10)

    def report(self, plan, family, values, time=None):
        """Adds a report of values; returns its key and the keys of its records."""
        name = f"planted-{plan.draw.getrandbits(48):012x}"
        time = time or plan.draw.choice(self.times)
        plan.add("maltrail", *((time, family, name, value) for value in values))
        return name, [f"{name} {value}" for value in values]

    def new_name(self, plan):
        """Returns a name that no record has, with the suffix of a drawn one."""
        while True:
            drawn = plan.draw.choice(self.names)
            name = f"{plan.draw.getrandbits(40):010x}.{drawn.split('.', 1)[1]}"
            if name not in self.users:
                return name

    @property
    def names(self):
        if not hasattr(self, "all_names"):
            hosts = (value.split("//")[-1].split("/")[0].split(":")[0] for value in sorted(self.users))
            self.all_names = [host for host in hosts if address(host) is None and host.count(".") == 1]
        return self.all_names

    def instance(self, plan, pattern, role, key, members, records):
        plan.instances.append(Instance(pattern, role, tuple(key), tuple(members), tuple(records)))

    def surge(self, plan, role, one_day=False, is_known=False):
        """A quiet family gets as many reports as a drawn surge of the upper half had, on several days."""
        family = plan.unused(self.quiet)[0]
        count = max(REPORTS_MIN, plan.draw.choice(self.weeks[len(self.weeks) // 2 :]))
        days = sorted({time[:10] for time in self.times})
        times = [time for time in self.times if time[:10] == days[len(days) // 2]] if one_day else self.times
        known, records = sorted(self.values[family]), []
        nights = sorted({time[:10] for time in times})
        for at in range(count):
            values = [plan.draw.choice(known)] if is_known else [self.new_name(plan) for _ in range(plan.draw.choice(self.sizes))]
            # The reports are spread over the days alike.
            of_night = [time for time in times if time[:10] == nights[at % len(nights)]]
            records += self.report(plan, family, values, plan.draw.choice(of_night))[1]
        self.instance(plan, "subject surge", role, [family], [], records)

    def hosts(self, family, users=1):
        return sorted(value for value in self.values[family] if len(self.users[value]) <= users)

    def known_infrastructure(self, plan, role, lately=False, time=None):
        """A new report without a family names old hosts of a family."""
        pool = [family for family, values in sorted(self.lately.items()) if len(values) >= 3] if lately else self.quiet
        known = (lambda family: sorted(self.lately[family])) if lately else self.hosts
        family = plan.unused(pool, 1, lambda family: len(known(family)) >= 3)[0]
        values = known(family)
        drawn = plan.draw.sample(values, min(len(values), max(3, plan.draw.choice(self.sizes))))
        _, records = self.report(plan, "", [*drawn, self.new_name(plan)], time)
        self.instance(plan, "known infrastructure", role, [family], [], records)

    def shared(self, plan, role, count=None, time=None):
        """A family is reported with old hosts of another one."""
        one, other = plan.unused(self.quiet, 2, lambda _, other: len(self.hosts(other)) >= 4)
        hosts = self.hosts(other)
        drawn = plan.draw.sample(hosts, min(len(hosts), count or max(4, plan.draw.choice(self.sizes))))
        records = self.report(plan, one, drawn, time)[1]
        self.instance(plan, "shared-infrastructure convergence", role, [one, other], [], records)

    def migration(self, plan, role, stays=False, time=None):
        """New addresses of a family are in one network that it did not use before."""
        family = plan.unused(self.moving)[0]
        own = {network(value) for value in self.values[family]}
        nets = plan.draw.sample([name for name in self.networks if name not in own], 2)
        count = max(4, plan.draw.choice(self.sizes))
        ends = plan.draw.sample(range(1, 255), count)
        values = [f"{nets[0]}.{end}" for end in ends]
        if stays:
            used = next(iter(sorted(own - {None})))
            values[0] = f"{used}.{ends[0]}"
        records = []
        for value in values:
            records += self.report(plan, family, [value], time)[1]
        self.instance(plan, "infrastructure migration", role, [family], [], records)


def deliver(_source, records):
    """Returns the file of some indicators."""
    lines = [",".join(COLUMNS), *(",".join(f'"{cell}"' if "," in cell or '"' in cell else cell for cell in row) for row in records)]
    return {"indicators.csv": "\n".join(lines) + "\n"}


def base(data, small=False):
    """Returns the base of nights; the small one has a tenth of the families of the base."""
    folder = data / FOLDER
    nights = {at: sampled(folder, at) for at in range(RUNS[-1] + 1) if (folder / f"indicators-{night(at)}.csv.zst").is_file()}
    active = {row[1] for at, table in nights.items() if at for row in table}
    kept = sorted({row[1] for row in nights[0]} - active)
    kept = active | set(seeded(NAME, "families").sample(kept, len(kept) // (10 if small else 2)))
    nights[0] = [row for row in nights[0] if row[1] in kept]
    lists = Lists(nights)
    runs, start = [], -1
    for end in RUNS:
        table = [row for at in range(start + 1, end + 1) for row in nights.get(at, [])]
        runs.append((night(end), {"maltrail": table}))
        start = end
    as_of, last = runs.pop()
    # A time of two months before the run: the report is late.
    late = f"{night(RUNS[-1] - 60)}T10:00:00+01:00"

    def chance(draw):
        """Keeps the reports with their times and sizes. Families are those of drawn reports of the four weeks before the recent one, and a value is a drawn earlier one as
        often as in the records, else a new name."""
        reports = sorted({(time, report) for time, _, report, _ in last["maltrail"]})
        families = {report: draw.choice(lists.families_of_reports) for _, report in reports}
        rows = []
        for time, _, report, value in last["maltrail"]:
            value = draw.choice(lists.all_values) if value in lists.users else lists.new_name(Plan(draw))
            rows.append((time, families[report], report, value))
        return {"maltrail": rows}

    return Base(
        name=NAME,
        title="indicator lists",
        about="reports of the maltrail list, in runs of a week and at last of four days",
        configuration=CONFIGURATION,
        files={"reported-indicators.toml": "mappings/reported-indicators.toml"},
        history=runs,
        as_of=as_of,
        last=last,
        deliver=deliver,
        plants={
            "subject surge": lambda plan: lists.surge(plan, PLANTED),
            "known infrastructure": lambda plan: lists.known_infrastructure(plan, PLANTED),
            "shared-infrastructure convergence": lambda plan: lists.shared(plan, PLANTED),
            "infrastructure migration": lambda plan: lists.migration(plan, PLANTED),
        },
        look_alikes={
            "subject surge": {
                "all reports on one day": lambda plan, role: lists.surge(plan, role, one_day=True),
                "values that were known before": lambda plan, role: lists.surge(plan, role, is_known=True),
            },
            "known infrastructure": {
                "hosts that were reported lately": lambda plan, role: lists.known_infrastructure(plan, role, lately=True),
                "a report of two months ago": lambda plan, role: lists.known_infrastructure(plan, role, time=late),
            },
            "shared-infrastructure convergence": {
                "one shared host": lambda plan, role: lists.shared(plan, role, count=1),
                "a report of two months ago": lambda plan, role: lists.shared(plan, role, time=late),
            },
            "infrastructure migration": {
                "one host is in a network that it used before": lambda plan, role: lists.migration(plan, role, stays=True),
                "reports of two months ago": lambda plan, role: lists.migration(plan, role, time=late),
            },
        },
        chance=chance,
    )

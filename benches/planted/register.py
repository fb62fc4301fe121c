"""Donations in FollowTheMoney, and a register of companies that is drawn from their addresses and dates.

The donations have no owners, directors, designations or calls. So the register has companies whose street, house number and town
are those of three drawn addresses, and whose dates are those of drawn donations. The ends of a call are a payer and a payee of
two drawn donations. Amounts of planted payments are drawn ones.
"""

import json
import uuid
from collections import defaultdict
from datetime import date, timedelta

from draws import PLANTED, Base, Instance, exchanged, seeded
from files import lines_of_json

NAME, FILE = "register", "ftm/donations-organizations.ftm.json"
RUNS = ("2011-11-24", "2011-12-01", "2011-12-08", "2011-12-15", "2011-12-22")
COMPANIES, SANCTIONS, CIRCLES = 300, 15, 12
# Calls, and payments of circles, lie in this time before the first run.
RECENT_DAYS, CALLS = 180, 600
# Companies of a circle, each of which pays the next one and calls the one after it.
CIRCLE = 6
NAMESPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
# Ids of FollowTheMoney belong to their source, so all of it is one source.
CONFIGURATION = """[[source]]
name = "registry"
reliability = "A"
"""


def identifier(*parts):
    """Returns an id that depends on these parts only."""
    return uuid.uuid5(NAMESPACE, "/".join(map(str, parts))).hex


def entity(schema, key, **properties):
    """Returns an entity; an empty value is left out."""
    return {"id": identifier(schema, key), "schema": schema, "properties": {name: [value] for name, value in properties.items() if value}}


class Register:
    """Draws from the donations, and plants companies, changes of control and calls."""

    def __init__(self, entities):
        self.payments = [row for row in entities if row["schema"] == "Payment"]
        self.others = [row for row in entities if row["schema"] != "Payment"]
        self.dates = sorted(row["properties"]["date"][0] for row in self.payments)
        self.amounts = sorted(row["properties"]["amountEur"][0] for row in self.payments)
        self.ends = [(row["properties"]["payer"][0], row["properties"]["beneficiary"][0]) for row in self.payments]
        places = [row["properties"] for row in self.others if row["schema"] == "Address" and {"street", "city"} <= row["properties"].keys()]
        self.streets = sorted(row["street"][0] for row in places)
        self.cities = sorted(row["city"][0] for row in places)
        degrees = defaultdict(int)
        for payer, _ in self.ends:
            degrees[payer] += 1
        self.sizes = sorted(min(6, max(3, count)) for count in degrees.values() if count >= 3)
        self.companies, self.owners, self.circles = [], defaultdict(list), []

    def address(self, draw):
        """Returns an address of parts of drawn addresses."""
        street, number = draw.choice(self.streets).rsplit(" ", 1)[0], draw.choice(self.streets).rsplit(" ", 1)[-1]
        return f"{street} {number}, {draw.choice(self.cities)}"

    def company(self, draw, address=None, phone=None):
        """Returns a company with its name."""
        name = f"Company {draw.getrandbits(40):010x}"
        phone = phone or f"+49 30 {draw.randrange(10**7):07d}"
        return entity("Company", name, name=name, address=address or self.address(draw), phone=phone), name

    def person(self, draw, word):
        name = f"{word} {draw.getrandbits(40):010x}"
        return entity("Person", name, name=name), name

    def control(self, schema, holder, company, since, until=None):
        ends = ("owner", "asset") if schema == "Ownership" else ("director", "organization")
        return entity(schema, f"{holder}/{company}/{since}", **{ends[0]: holder, ends[1]: company}, startDate=since, endDate=until)

    def payment(self, draw, payer, payee, day):
        return entity("Payment", f"{payer}/{payee}/{day}/{draw.getrandbits(40)}", payer=payer, beneficiary=payee, amountEur=draw.choice(self.amounts), date=day)

    def call(self, draw, caller, receiver, day):
        return entity("Call", f"{caller}/{receiver}/{day}/{draw.getrandbits(40)}", caller=caller, receiver=receiver, date=day)

    def any_call(self, draw, days):
        """Returns a call of a drawn payer and a drawn payee, who need not have paid each other."""
        return self.call(draw, draw.choice(self.ends)[0], draw.choice(self.ends)[1], draw.choice(days))

    def established(self, draw, until):
        """Returns the register before the first run: companies, owners and directors, and designations of owners."""
        rows, owners = [], []
        for _ in range(COMPANIES):
            made, name = self.company(draw)
            # Two in three companies have an owner of their own.
            if owners and draw.random() < 1 / 3:
                owner, owner_name = draw.choice(owners)
            else:
                owner, owner_name = self.person(draw, "Owner")
                owners.append((owner, owner_name))
            director, _ = self.person(draw, "Director")
            since = draw.choice([day for day in self.dates if day < until])
            rows += [made, owner, director, self.control("Ownership", owner["id"], made["id"], since)]
            rows.append(self.control("Directorship", director["id"], made["id"], draw.choice([day for day in self.dates if day < until])))
            self.companies.append((made, name))
            self.owners[owner["id"], owner_name].append((made, name, since))
        for owner, _ in draw.sample(owners, SANCTIONS):
            self.owners.pop((owner["id"], owner["properties"]["name"][0]))
            day = draw.choice([day for day in self.dates if day < until])
            rows.append(entity("Sanction", f"{owner['id']}/{day}", entity=owner["id"], startDate=day, authority="The council"))
        self.several = sorted(key for key, companies in self.owners.items() if len(companies) >= 2)
        return rows

    def contacts(self, draw, until):
        """Returns calls and payments before the first run: of drawn donations, and of circles of companies."""
        first = (date.fromisoformat(until) - timedelta(days=RECENT_DAYS)).isoformat()
        days = [day for day in self.dates if first <= day < until]
        calls = [self.any_call(draw, days) for _ in range(CALLS)]
        payments = []
        for _ in range(CIRCLES):
            # Without owners and addresses of their own, so that payments and calls make the group.
            names = [f"Company {draw.getrandbits(40):010x}" for _ in range(CIRCLE)]
            made = [entity("Company", name, name=name) for name in names]
            circle = [row["id"] for row in made]
            self.circles.append(tuple(zip(circle, names)))
            payments += made + [self.payment(draw, one, other, draw.choice(days)) for one, other in zip(circle, circle[1:])]
            calls += [self.call(draw, one, other, draw.choice(days)) for one, other in zip(circle, circle[2:])]
        return calls, payments

    def instance(self, plan, pattern, role, key, members, rows):
        plan.instances.append(Instance(pattern, role, tuple(key), tuple(members), tuple(row["id"] for row in rows)))

    def days_before(self, plan, most):
        """Draws a day of the last days before the run."""
        return (date.fromisoformat(RUNS[-1]) - timedelta(days=plan.draw.randrange(1, most))).isoformat()

    def control_change(self, plan, role, acquires=False, filed=False):
        """Companies of a designated owner get other owners and a director within days of the designation."""
        owner, name = plan.unused(self.several)[0]
        day = self.days_before(plan, 6)
        rows = [entity("Sanction", f"{owner}/{day}", entity=owner, startDate=day, authority="The council")]
        changed = self.owners[owner, name]
        if acquires:
            for made, label in plan.unused([(made["id"], label) for made, label in self.companies], 3):
                rows.append(self.control("Ownership", owner, made, self.days_before(plan, 7)))
            changed = []
        filing = self.days_before(plan, 6)
        for made, _, since in changed:
            heir, _ = self.person(plan.draw, "Owner")
            until = filing if filed else self.days_before(plan, 7)
            rows += [heir, self.control("Ownership", owner, made["id"], since, until), self.control("Ownership", heir["id"], made["id"], until)]
            director, _ = self.person(plan.draw, "Director")
            rows += [director, self.control("Directorship", director["id"], made["id"], filing if filed else self.days_before(plan, 7))]
        if filed:
            for made, _ in plan.draw.sample(self.companies, 80):
                director, _ = self.person(plan.draw, "Director")
                rows += [director, self.control("Directorship", director["id"], made["id"], filing)]
        plan.add("registry", *rows)
        self.instance(plan, "control change around a designation", role, [name], [label for _, label, _ in changed], rows)

    def shared_attributes(self, plan, role, one_owner=False, one_attribute=False):
        """New companies have one address, one telephone and one director."""
        count = plan.draw.choice(self.sizes)
        address, phone = self.address(plan.draw), f"+49 40 {plan.draw.randrange(10**7):07d}"
        director, _ = self.person(plan.draw, "Director")
        owner, _ = self.person(plan.draw, "Owner")
        rows, names = [director, owner] if one_owner else [director], []
        for _ in range(count):
            made, name = self.company(plan.draw, address, None if one_attribute else phone)
            rows.append(made)
            names.append(name)
            if not one_attribute:
                rows.append(self.control("Directorship", director["id"], made["id"], self.days_before(plan, 7)))
            if one_owner:
                rows.append(self.control("Ownership", owner["id"], made["id"], self.days_before(plan, 7)))
        plan.add("registry", *rows)
        self.instance(plan, "shared rare attributes", role, [], names, rows)

    def cross_layer(self, plan, role, only_payments=False, one_pair=False):
        """A company pays half of the members of a circle, and calls the others."""
        circle = plan.unused(self.circles)[0]
        subject, name = plan.unused([(made["id"], name) for made, name in self.companies])[0]
        paid, called = circle[: CIRCLE // 2], circle[CIRCLE // 2 :]
        if one_pair:
            paid, called = circle[:1], circle[:1]
        payments = [self.payment(plan.draw, subject, member, self.days_before(plan, 7)) for member, _ in paid]
        calls = [] if only_payments else [self.call(plan.draw, subject, member, self.days_before(plan, 7)) for member, _ in called]
        plan.add("registry", *payments, *calls)
        self.instance(plan, "cross-layer", role, [name], [member for _, member in {*paid, *called}], [*payments, *calls])


def deliver(_source, records):
    """Returns the file of some entities. Of several lines of one id the last one counts."""
    return {"entities.ftm.json": "".join(json.dumps(row) + "\n" for row in {row["id"]: row for row in records}.values())}


def base(data, small=False):
    """Returns the base of donations and companies. It is small anyway."""
    register = Register(list(lines_of_json(data / FILE)))
    draw = seeded(NAME)
    registry = register.established(draw, RUNS[0])
    calls, payments = register.contacts(draw, RUNS[0])
    runs, start = [], ""
    for as_of in RUNS:
        rows = [row for row in register.payments if start < row["properties"]["date"][0] <= as_of]
        if not runs:
            rows = [*register.others, *rows, *payments, *registry, *calls]
        else:
            # The register and the calls go on: one company, one call each week.
            made, _ = register.company(draw)
            rows += [made, register.any_call(draw, [(date.fromisoformat(as_of) - timedelta(days=2)).isoformat()])]
        runs.append((as_of, {"registry": rows}))
        start = as_of
    as_of, last = runs.pop()

    def chance(draw):
        donations = [row for row in last["registry"] if row["schema"] == "Payment"]
        payees = exchanged([row["properties"]["beneficiary"] for row in donations], draw)
        mixed = [{**row, "properties": {**row["properties"], "beneficiary": payee}} for row, payee in zip(donations, payees)]
        calls = [register.any_call(draw, [row["properties"]["date"][0] for row in donations]) for _ in range(5)]
        return {"registry": [*(row for row in last["registry"] if row["schema"] == "Company"), *mixed, *calls]}

    r = register
    return Base(
        name=NAME,
        title="company register",
        about="donations of companies with a register, in runs a week apart",
        configuration=CONFIGURATION,
        files={},
        history=runs,
        as_of=as_of,
        last=last,
        deliver=deliver,
        plants={
            "control change around a designation": lambda plan: r.control_change(plan, PLANTED),
            "shared rare attributes": lambda plan: r.shared_attributes(plan, PLANTED),
            "cross-layer": lambda plan: r.cross_layer(plan, PLANTED),
        },
        look_alikes={
            "control change around a designation": {
                "the designated owner acquires companies": lambda plan, role: r.control_change(plan, role, acquires=True),
                "a register files many companies on one day": lambda plan, role: r.control_change(plan, role, filed=True),
            },
            "shared rare attributes": {
                "a group of companies with one owner": lambda plan, role: r.shared_attributes(plan, role, one_owner=True),
                "only one shared attribute": lambda plan, role: r.shared_attributes(plan, role, one_attribute=True),
            },
            "cross-layer": {
                "payments without calls": lambda plan, role: r.cross_layer(plan, role, only_payments=True),
                "a customer and a supplier": lambda plan, role: r.cross_layer(plan, role, one_pair=True),
            },
        },
        chance=chance,
    )

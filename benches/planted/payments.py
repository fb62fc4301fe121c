"""Payments of AMLSim without its own patterns: the part that its two tables have in common.

Accounts, amounts, days and numbers of partners of planted flows are those of drawn payments and accounts. Accounts in the
middle of a flow are drawn from the half with the fewest payments, because a busy account passes on each sum by chance. The
records have no fees, so a fee is uniform from 0 to 2 %. That of a chain is at most 0.2 %, because chains of larger differences are common by chance.
"""

from collections import Counter, defaultdict
from datetime import date, timedelta

from draws import PLANTED, Base, Instance, exchanged
from files import either, raw

NAME, FOLDER = "payments", "amlsim/20K_cycle200"
# Steps of the runs; the last one is the run into which flows are planted. The first day is such that the runs are those
# of the register, which can then be a part of one deployment with the payments.
STEPS = (112, 119, 126, 133, 140)
FIRST_DAY = date(2011, 12, 22) - timedelta(days=STEPS[-1])
FEE_MAX, FEE_OF_CHAIN_MAX = 0.02, 0.002
SPOKES = (4, 8)
# Smallest relative difference of amounts that count as different.
APART = 0.25
CONFIGURATION = """[[source]]
name = "bank"
mapping = "payments.toml"
recorded_at = "delivery"
reliability = "A"
"""


def day(step):
    """Returns the date of a step."""
    return (FIRST_DAY + timedelta(days=step)).isoformat()


def noon(step):
    """Returns the time of the payments of a step."""
    return f"{day(step)}T12:00:00Z"


def table(path):
    """Returns payer, payee, amount and step of each payment."""
    lines = raw(either(path)).decode().splitlines()[1:]
    return [(payer, payee, float(amount), int(step)) for payer, payee, amount, step in (line.split(",") for line in lines)]


def background(folder):
    """Returns the payments that occur with and without planted patterns, in order of time."""
    both = Counter(table(folder / "transactions.csv")) & Counter(table(folder / "transactions-planted.csv"))
    return sorted(both.elements(), key=lambda row: (row[3], row))


def deliver(payments):
    """Returns the file of some payments. An id derives from the payment and its number among equal ones."""
    lines, seen = ["id,payer,payee,amount,currency,time"], Counter()
    for payer, payee, amount, step in payments:
        row = f"{payer},{payee},{amount:.2f},EUR,{noon(step)}"
        seen[row] += 1
        lines.append(f"{row.replace(',', '-')}-{seen[row]},{row}")
    return {"payments.csv": "\n".join(lines) + "\n"}


def record(payment):
    """Returns the key of a payment that occurs once."""
    payer, payee, amount, step = payment
    return f"{payer}-{payee}-{amount:.2f}-EUR-{noon(step)}-1"


class Flows:
    """Draws from the payments, and plants flows."""

    def __init__(self, payments):
        before = [row for row in payments if row[3] <= STEPS[-1]]
        self.accounts = sorted({account for row in before for account in row[:2]})
        self.amounts = sorted(row[2] for row in before)
        self.recent = [row[3] for row in before if row[3] > STEPS[-2]]
        partners, counts = defaultdict(set), Counter(account for row in before for account in row[:2])
        for payer, payee, _, _ in before:
            partners[payer].add(payee)
        self.quiet = sorted(self.accounts, key=lambda account: (counts[account], account))[: len(self.accounts) // 2]
        low, high = SPOKES
        self.spokes = [len(payees) for payees in partners.values() if low <= len(payees) <= high]
        # A payer of parts makes larger payments otherwise, so its amounts must be known.
        self.paid = defaultdict(list)
        for payer, _, amount, _ in before:
            self.paid[payer].append(amount)

    def distinct_amounts(self, plan, count):
        """Draws amounts, each at least a quarter above the next smaller one."""
        while True:
            drawn = [plan.draw.choice(self.amounts) for _ in range(count)]
            ordered = sorted(drawn)
            if all(more >= (1 + APART) * less for less, more in zip(ordered, ordered[1:])):
                return drawn

    def steps(self, plan, count):
        """Draws distinct days of the last week if there are as many, in order."""
        days = sorted(set(self.recent))
        if count > len(days):
            return sorted(plan.draw.choice(self.recent) for _ in range(count))
        drawn = set()
        while len(drawn) < count:
            drawn.add(plan.draw.choice(self.recent))
        return sorted(drawn)

    def plant(self, plan, pattern, role, key, members, payments):
        rows = [(payer, payee, round(amount, 2), step) for payer, payee, amount, step in payments]
        plan.add("bank", *rows)
        plan.instances.append(Instance(pattern, role, tuple(key), tuple(members), tuple(map(record, rows))))

    def after_fee(self, plan, amount, most=FEE_MAX):
        return amount * (1 - plan.draw.uniform(0, most))

    def path(self, plan, pattern, role, is_closed, equal=True, before=0):
        """A sum that passes from account to account. `before` is a number of days by which it is older."""
        count = max(7, 1 + plan.draw.choice(self.spokes)) if not is_closed else max(5, plan.draw.choice(self.spokes))
        accounts = plan.unused(self.quiet, count)
        ends = [*accounts, accounts[0]] if is_closed else accounts
        fee = FEE_MAX if is_closed else FEE_OF_CHAIN_MAX
        amount, rows = plan.draw.choice(self.amounts), []
        for payer, payee, step in zip(ends, ends[1:], self.steps(plan, len(ends) - 1)):
            rows.append((payer, payee, amount, step - before))
            amount = self.after_fee(plan, amount, fee) if equal else plan.draw.choice(self.amounts)
        self.plant(plan, pattern, role, [accounts[0]], accounts, rows)

    def fan_in(self, plan, role, habit=False, equal=True):
        payee, *payers = plan.unused(self.accounts, 1 + max(6, plan.draw.choice(self.spokes)))
        amount = plan.draw.choice(self.amounts)
        rows = []
        for payer, step in zip(payers, self.steps(plan, len(payers))):
            sum_of_payer = amount * plan.draw.uniform(0.99, 1.01) if equal else plan.draw.choice(self.amounts)
            rows.append((payer, payee, sum_of_payer, step))
            if habit:
                rows += [(payer, payee, sum_of_payer, step - 28 * month) for month in (1, 2)]
        self.plant(plan, "payment fan-in", role, [payee], payers, rows)

    def scatter(self, plan, role, same=True, reverse=False):
        source, target = plan.unused(self.accounts, 2)
        between = plan.unused(self.quiet, max(5, plan.draw.choice(self.spokes)))
        first, last = sorted(set(self.recent))[:3], sorted(set(self.recent))[3:]
        if reverse:
            first, last = last, first
        rows = []
        for account in between:
            amount = plan.draw.choice(self.amounts)
            rows.append((source, account, amount, plan.draw.choice(first)))
            onward = self.after_fee(plan, amount) if same else plan.draw.choice(self.amounts)
            rows.append((account, target, onward, plan.draw.choice(last)))
        self.plant(plan, "scatter-gather", role, [source, target], between, rows)

    def pass_through(self, plan, role, same=True, keeps=False):
        count = 8 + plan.draw.choice(self.spokes)
        mule, others = plan.unused(self.quiet)[0], plan.unused(self.accounts, 2 * count)
        rows = []
        for at, (payer, payee) in enumerate(zip(others[:count], others[count:])):
            # The account works for four weeks, and the bank reports all of them in one run.
            amount, step = plan.draw.choice(self.amounts), plan.draw.choice(self.recent) - 1 - plan.draw.randrange(28)
            rows.append((payer, mule, amount, step))
            if not keeps or at % 3 == 0:
                onward = self.after_fee(plan, amount) if same else amount * plan.draw.uniform(0.4, 0.8)
                rows.append((mule, payee, onward, step + 1))
        self.plant(plan, "pass-through", role, [mule], [], rows)

    def structuring(self, plan, role, equal=True, habit=False):
        payer = plan.unused([account for account in self.accounts if len(self.paid[account]) >= 3])[0]
        payee = plan.unused(self.accounts)[0]
        part = 0.9 * plan.draw.choice(sorted(self.paid[payer])[:-1])
        steps, rows = self.steps(plan, plan.draw.randint(5, 7)), []
        amounts = [part * plan.draw.uniform(0.995, 1.005) for _ in steps] if equal else self.distinct_amounts(plan, len(steps))
        for step, amount in zip(steps, amounts):
            rows.append((payer, payee, amount, step))
            if habit:
                rows += [(payer, payee, part, step - 7 * week) for week in range(1, 9)]
        self.plant(plan, "structuring", role, [payer, payee], [], rows)

    def lockstep(self, plan, role, spread=False, others=None):
        parties = plan.unused(self.accounts, max(4, plan.draw.choice(self.spokes)))
        payees = plan.unused(self.accounts, others or 4)
        days, rows = sorted(set(self.recent)), []
        for payee in payees:
            first = plan.draw.choice(days[:-2])
            for at, payer in enumerate(parties):
                # Every second party pays on the first days, and the others on the last one.
                apart = days[-1] if at % 2 else days[0] + plan.draw.randint(0, 1)
                step = apart if spread else first + plan.draw.randint(0, 2)
                rows.append((payer, payee, plan.draw.choice(self.amounts), step))
        self.plant(plan, "lockstep", role, [], parties + payees, rows)

    def layered(self, plan, role, rhythm=False, keeps=False):
        """A source, two layers of three or four accounts, and a target; each account splits what it gets."""
        source, target = plan.unused(self.accounts, 2)
        between = plan.unused(self.quiet, 2 * plan.draw.randint(4, 6))
        half, days = len(between) // 2, sorted(set(self.recent))
        one, two = between[:half], between[half:]
        rows, got = [], Counter()
        start = max(self.amounts)
        for account in one:
            amount = plan.draw.uniform(1, 3) * start
            rows.append((source, account, amount, days[0] + plan.draw.randint(0, 1)))
            passed_on = amount * (0.5 if keeps else 1 - plan.draw.uniform(0, 0.05))
            share = plan.draw.uniform(0.3, 0.7)
            for onward, part in zip(plan.draw.sample(two, 2), (share, 1 - share)):
                rows.append((account, onward, passed_on * part, days[2] + plan.draw.randint(0, 1)))
                got[onward] += passed_on * part
        for account, amount in sorted(got.items()):
            rows.append((account, target, amount * (0.5 if keeps else 1 - plan.draw.uniform(0, 0.05)), days[4] + plan.draw.randint(0, 2)))
        if rhythm:
            factors = {month: plan.draw.uniform(0.9, 1.1) for month in (1, 2, 3)}
            rows += [(payer, payee, amount * factor, step - 28 * month) for payer, payee, amount, step in list(rows) for month, factor in factors.items()]
        self.plant(plan, "layered flow", role, [source], between, rows)


def base(data, small=False):
    """Returns the base of payments; the small one has those of the last eight weeks."""
    payments = background(data / FOLDER)
    if small:
        payments = [row for row in payments if row[3] > STEPS[-1] - 56]
    flows = Flows(payments)
    cuts = zip((-1, *STEPS), STEPS)
    runs = [(day(cut), {"bank": [row for row in payments if start < row[3] <= cut]}) for start, cut in cuts]
    as_of, last = runs.pop()

    def chance(draw):
        payees = exchanged([row[1] for row in last["bank"]], draw)
        return {"bank": [(payer, payee, amount, step) for (payer, _, amount, step), payee in zip(last["bank"], payees) if payer != payee]}

    return Base(
        name=NAME,
        title="AMLSim payments",
        about="payments of AMLSim without its own patterns, in runs a week apart",
        configuration=CONFIGURATION,
        files={"payments.toml": "mappings/payments.toml"},
        history=runs,
        as_of=as_of,
        last=last,
        deliver=lambda source, records: deliver(records),
        plants={
            "payment chain": lambda plan: flows.path(plan, "payment chain", PLANTED, is_closed=False),
            "payment cycle": lambda plan: flows.path(plan, "payment cycle", PLANTED, is_closed=True),
            "scatter-gather": lambda plan: flows.scatter(plan, PLANTED),
            "payment fan-in": lambda plan: flows.fan_in(plan, PLANTED),
            "pass-through": lambda plan: flows.pass_through(plan, PLANTED),
            "structuring": lambda plan: flows.structuring(plan, PLANTED),
            "lockstep": lambda plan: flows.lockstep(plan, PLANTED),
            "layered flow": lambda plan: flows.layered(plan, PLANTED),
        },
        look_alikes={
            "payment chain": {
                "each account pays another amount": lambda plan, role: flows.path(plan, "payment chain", role, False, equal=False),
                "all payments are two months old": lambda plan, role: flows.path(plan, "payment chain", role, False, before=60),
            },
            "payment cycle": {
                "friends settle different bills": lambda plan, role: flows.path(plan, "payment cycle", role, True, equal=False),
                "all payments are two months old": lambda plan, role: flows.path(plan, "payment cycle", role, True, before=60),
            },
            "scatter-gather": {
                "the target gets other amounts": lambda plan, role: flows.scatter(plan, role, same=False),
                "the target is paid before the source pays": lambda plan, role: flows.scatter(plan, role, reverse=True),
            },
            "payment fan-in": {
                "subscribers pay every month": lambda plan, role: flows.fan_in(plan, role, habit=True),
                "a shop with different prices": lambda plan, role: flows.fan_in(plan, role, equal=False),
            },
            "pass-through": {
                "it pays other amounts": lambda plan, role: flows.pass_through(plan, role, same=False),
                "it keeps most of what it receives": lambda plan, role: flows.pass_through(plan, role, keeps=True),
            },
            "structuring": {
                "different amounts": lambda plan, role: flows.structuring(plan, role, equal=False),
                "the same amount on many days of two months": lambda plan, role: flows.structuring(plan, role, habit=True),
            },
            "lockstep": {
                "they pay at different times": lambda plan, role: flows.lockstep(plan, role, spread=True),
                "two payees": lambda plan, role: flows.lockstep(plan, role, others=2),
            },
            "layered flow": {
                "a supply chain with a rhythm": lambda plan, role: flows.layered(plan, role, rhythm=True),
                "each account keeps half": lambda plan, role: flows.layered(plan, role, keeps=True),
            },
        },
        chance=chance,
    )

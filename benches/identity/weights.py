#!/usr/bin/env python3
"""Fits the weights of attributes that are part of the program, by expectation maximisation in `araneus compare`. See README.md.

The pairs come from invented people, and from the invented people of FEBRL2, which no other bench judges. The fit sees no truth.
"""

import argparse
import csv
import hashlib
import json
import math
import random
import subprocess
from pathlib import Path

import people

MODEL = Path(__file__).resolve().parents[2] / "models" / "attributes.json"
# Attributes of the shipped model that each set of records can teach, with the kinds of its columns.
TAUGHT = {
    "people": ["birth-date", "country", "number", "contact"],
    "febrl": ["address", "place"],
}
COLUMNS = {
    "people": {"name": "person", "birth-date": "date", "country": "category", "number": "identifier", "contact": "identifier"},
    "febrl": {"given": "name", "family": "name", "birth-date": "date", "number": "identifier", "address": "text", "place": "category"},
}
# A person has several telephones, a new passport after some years, and perhaps two countries: shares of rows with another one than the scenario gives.
OTHER_CONTACT, OTHER_NUMBER, OTHER_COUNTRY = 0.4, 0.15, 0.1
# Invented records have fewer kinds of errors than registers, and their numbers are not consecutive. So no level is rarer in pairs of one bearer than
# the first share, and none but an equal value rarer in random pairs than the second one. A run corrects an equal value by its own frequency.
M_LEAST, U_LEAST = 0.01, 0.0005


def invented(folder, count, seed):
    """Writes invented people with several telephones and countries; a year alone is a level of its own in a run, and is left out. Returns the table."""
    draw = random.Random(seed)
    people.write(folder, count, seed)
    countries = sorted(people.COUNTRY.values())
    path = folder / "attributes.csv"
    with open(folder / "people.csv", encoding="utf-8", newline="") as lines, open(path, "w", encoding="utf-8", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(["id", *COLUMNS["people"]])
        for row in csv.DictReader(lines):
            born = row["birth_date"] if len(row["birth_date"]) > 4 else ""
            contact, number, country = row["contact"], row["number"], row["country"]
            if contact and draw.random() < OTHER_CONTACT:
                contact = f"+{draw.randint(20, 99)}{draw.randrange(10**9):09}"
            if number and draw.random() < OTHER_NUMBER:
                number = f"{number[:2]}{draw.randrange(10**8):08}"
            if country and draw.random() < OTHER_COUNTRY:
                country = draw.choice(countries)
            writer.writerow([row["id"], row["name"], born, country, number, contact])
    return path


def febrl(table, folder):
    """Writes people of FEBRL with the names of attributes: street and house are one address. Returns the table."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "attributes.csv"
    with open(table, encoding="utf-8", newline="") as lines, open(path, "w", encoding="utf-8", newline="") as written:
        reader = csv.reader(lines)
        header = [name.strip() for name in next(reader)]
        writer = csv.writer(written)
        writer.writerow(["id", *COLUMNS["febrl"]])
        for values in reader:
            row = dict(zip(header, (value.strip() for value in values), strict=True))
            address = f"{row['street_number']} {row['address_1']}".strip()
            writer.writerow([row["rec_id"], row["given_name"], row["surname"], row["date_of_birth"], row["soc_sec_id"], address, row["suburb"]])
    return path


def fitted(program, tables, kind, out):
    """Fits a model to tables; returns it with the digest of the tables."""
    kinds = ",".join(f"{column}={compared}" for column, compared in COLUMNS[kind].items())
    command = [program.resolve(), "compare", *tables, "--columns", kinds, "--key", "id", "--quiet", "--out", out / "pairs.csv", "--save-model", out / "fit.json"]
    subprocess.run([str(word) for word in command], check=True)
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in tables)).hexdigest()
    return json.loads((out / "fit.json").read_text()), digest


def column(fit, shipped, pairs_min):
    """Returns a fitted column. A level that counts for neither side in the shipped model, or that has too few pairs, keeps its numbers."""
    levels = []
    for own, prior in zip(fit["levels"], shipped["levels"], strict=True):
        m, u = max(own["m"], M_LEAST), own["u"] if own["level"] == "equal" else max(own["u"], U_LEAST)
        is_taught = prior["bits"] != 0 and own["pairs"] >= pairs_min
        levels.append({**own, "m": m, "u": u, "bits": round(math.log2(m / u), 9)} if is_taught else prior)
    return {**fit, "levels": levels}


def main():
    """Fits both sets, and writes the model with the columns that they teach."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[51, 52])
    parser.add_argument("--febrl", type=Path, required=True, help="dataset2.csv of the wheel that `run` downloads")
    parser.add_argument("--pairs-min", type=int, default=20, help="compared pairs that a level needs")
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--save", type=Path, help="file for the model")
    options = parser.parse_args()
    out = options.out.resolve()
    tables = {
        "people": [invented(out / str(seed), options.people, seed) for seed in options.seeds],
        "febrl": [febrl(options.febrl, out / "febrl")],
    }
    model, about = json.loads(MODEL.read_text()), []
    shipped = {one["column"]: one for one in model["columns"]}
    sums = dict.fromkeys(["records", "pairs", "matches", "possible_pairs"], 0)
    for kind, paths in tables.items():
        fit, digest = fitted(options.program, paths, kind, out)
        about.append(f"{', '.join(TAUGHT[kind])}: SHA-256 {digest}")
        sums = {name: sums[name] + fit[name] for name in sums}
        for one in fit["columns"]:
            if one["column"] in TAUGHT[kind]:
                shipped[one["column"]] = column(one, shipped[one["column"]], options.pairs_min)
    rest = [name for name in shipped if not any(name in taught for taught in TAUGHT.values())]
    seeds = ", ".join(map(str, options.seeds))
    about = f"{'; '.join(about)}; benches/identity/weights.py with {options.people} people, seeds {seeds}, and FEBRL2; {', '.join(rest)}: prior, not fitted"
    model = {**model, "id": "attributes-3", "fitted_on": about, **sums, "columns": list(shipped.values())}
    for one in model["columns"]:
        print(f"{one['column']:14}" + "  ".join(f"{level['level']} {level['bits']:+.2f} ({level['pairs']})" for level in one["levels"]))
    if options.save:
        options.save.write_text(json.dumps(model, indent=2) + "\n")


if __name__ == "__main__":
    main()

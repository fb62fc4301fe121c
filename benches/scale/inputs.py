"""Inputs of the bench, drawn from a seed: indicator tables, STIX bundles and MISP events of any size.

Each generator takes the numbers of its first and its last object, so a later delivery continues an earlier one.
All names are below `.example` and `.test`.
"""

import json
import random
import uuid

FAMILIES, SENSORS = 3000, 500
BEGIN, SECONDS = 1_767_225_600, 8_640_000
# MISP events have 20 to 400 attributes.
SMALLEST_EVENT, LARGEST_EVENT = 20, 400
NAMESPACE = uuid.UUID("6f0c1d2e-7d0a-4b57-9a53-0d7c4a6e8b11")


def family(draw):
    """Draws the number of a family; a few families have most objects, as under Zipf's law."""
    return int(draw.paretovariate(0.3)) % FAMILIES


def time_text(draw, before=SECONDS):
    """Draws a time of the hundred days before the runs."""
    seconds = BEGIN + draw.randrange(before)
    days, rest = divmod(seconds - BEGIN, 86_400)
    month, day = divmod(days, 28)
    return f"2026-{month + 1:02}-{day + 1:02}T{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}Z"


def host(draw, number):
    """Draws a domain name; some hosts share a registered domain."""
    return f"h{draw.getrandbits(44):x}.d{number % 977}.example"


def address(draw):
    """Draws an address of a private network."""
    return f"10.{draw.randrange(256)}.{draw.randrange(256)}.{draw.randrange(256)}"


def value(draw, number):
    """Draws the value of an indicator with its type of MISP: a domain, address, URL or digest."""
    form = draw.randrange(10)
    if form < 5:
        return "domain", host(draw, number)
    if form < 7:
        return "ip-dst|port", f"{address(draw)}|{number % 60_000 + 1}"
    if form < 9:
        return "url", f"http://{host(draw, number)}/{number:x}"
    return "md5", f"{draw.getrandbits(128):032x}"


def write_table(path, first, last, seed):
    """Writes a CSV file of indicators, one a row."""
    draw = random.Random(f"table {seed} {first}")
    with path.open("w") as file:
        file.write("indicator,family,first_seen,confidence,note\n")
        for number in range(first, last):
            text = value(draw, number)[1].replace("|", ":")
            note = f"seen by sensor {draw.randrange(SENSORS)}"
            file.write(f"{text},family-{family(draw)},{time_text(draw)},{draw.randrange(101)},{note}\n")


def stix_id(kind, name):
    """Returns a STIX id that follows from a name."""
    return f"{kind}--{uuid.uuid5(NAMESPACE, f'{kind} {name}')}"


def stix_object(kind, key, time, **members):
    """Returns an object of STIX 2.1 whose id follows from `key`."""
    known = {"type": kind, "spec_version": "2.1", "id": stix_id(kind, key), "created": time, "modified": time}
    return {**known, **members}


def stix_pattern(draw, number):
    """Draws the pattern of an indicator."""
    kind, text = value(draw, number)
    if kind == "ip-dst|port":
        return f"[ipv4-addr:value = '{text.split('|')[0]}']"
    name = {"domain": "domain-name:value", "url": "url:value", "md5": "file:hashes.MD5"}[kind]
    return f"[{name} = '{text}']"


def stix_objects(first, last, seed):
    """Yields families with their actors, then an indicator and its relationship in turn."""
    draw = random.Random(f"stix {seed} {first}")
    number = first
    start = "2026-01-01T00:00:00.000Z"
    head = []
    if first == 0:
        for at in range(min(FAMILIES, max(4, last // 20))):
            head.append(stix_object("malware", at, start, name=f"Family {at:04}", is_family=True))
            if at % 10 == 0:
                head.append(stix_object("threat-actor", at, start, name=f"Actor {at:04}"))
                ends = {"source_ref": stix_id("threat-actor", at), "target_ref": stix_id("malware", at)}
                head.append(stix_object("relationship", f"uses {at}", start, relationship_type="uses", **ends))
    families = min(FAMILIES, max(4, last // 20)) if first == 0 else 4
    for item in head[: last - first]:
        yield item
        number += 1
    while number < last:
        time = time_text(draw)
        pattern = stix_pattern(draw, number)
        terms = {"pattern_type": "stix", "valid_from": time, "indicator_types": ["malicious-activity"]}
        yield stix_object("indicator", number, time, name=f"Indicator {number}", pattern=pattern, **terms)
        number += 1
        if number < last:
            target = stix_id("malware", family(draw) % families)
            ends = {"source_ref": stix_id("indicator", number - 1), "target_ref": target}
            yield stix_object("relationship", number, time, relationship_type="indicates", **ends)
            number += 1


def write_stix(path, first, last, seed):
    """Writes a STIX 2.1 bundle."""
    with path.open("w") as file:
        file.write(f'{{"type":"bundle","id":"{stix_id("bundle", first)}","objects":[\n')
        for at, item in enumerate(stix_objects(first, last, seed)):
            file.write((",\n" if at else "") + json.dumps(item, separators=(",", ":")))
        file.write("\n]}\n")


def misp_event(draw, number, size):
    """Returns an event with `size` attributes, whose numbers begin at `number`."""
    date = time_text(draw)[:10]
    attributes = []
    for at in range(number, number + size):
        kind, text = value(draw, at)
        known = {"uuid": str(uuid.uuid5(NAMESPACE, f"attribute {at}")), "type": kind, "value": text}
        seconds = str(BEGIN + draw.randrange(SECONDS))
        attributes.append({**known, "category": "Network activity", "to_ids": True, "timestamp": seconds})
    tags = [{"name": f'misp-galaxy:malpedia="Family {family(draw):04}"'}, {"name": "tlp:clear"}]
    event = {"uuid": str(uuid.uuid5(NAMESPACE, f"event {number}")), "info": f"Event {number}", "date": date}
    producer = {"name": "Bench", "uuid": str(uuid.uuid5(NAMESPACE, "organisation"))}
    return {**event, "Orgc": producer, "Tag": tags, "Attribute": attributes}


def write_misp(path, first, last, seed):
    """Writes MISP events as one file; events and attributes together are the objects."""
    draw = random.Random(f"misp {seed} {first}")
    number = first
    with path.open("w") as file:
        file.write('{"response":[\n')
        while number < last:
            size = min(draw.randrange(SMALLEST_EVENT, LARGEST_EVENT + 1), last - number - 1)
            event = misp_event(draw, number, size)
            file.write(("" if number == first else ",\n") + json.dumps({"Event": event}, separators=(",", ":")))
            number += size + 1
        file.write("\n]}\n")


# Writer and suffix of each kind of input.
KINDS = {"table": (write_table, "csv"), "stix": (write_stix, "json"), "misp": (write_misp, "json")}

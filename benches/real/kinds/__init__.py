"""Judges of each kind of input: the number of a task, and the function that yields its rows."""

from kinds import actors, bad_input, bursts, contacts, documents, graphs, names, nights, ratings, releases, snapshots, techniques, transactions

KINDS = {
    "stix-releases": snapshots.TASKS | releases.TASKS,
    "galaxy-snapshots": snapshots.TASKS | actors.TASKS,
    "documents": documents.TASKS,
    "transactions": transactions.TASKS,
    "indicator-nights": nights.TASKS | bursts.TASKS,
    "ratings": ratings.TASKS,
    "bad-input": bad_input.TASKS,
    "graphs": graphs.TASKS,
    "contacts": contacts.TASKS,
    "name-pairs": names.TASKS,
    "technique-sets": techniques.TASKS,
}

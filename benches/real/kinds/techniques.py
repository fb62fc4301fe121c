"""Task 11: techniques that reports name together."""

from files import Unusable


def techniques(bench, entry):
    raise Unusable("not judged yet")


TASKS = {11: techniques}

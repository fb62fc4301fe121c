"""The program: ``python -m araneus``, and the console script ``araneus``."""

import signal
import sys

from ._araneus import main as run_program


def main() -> None:
    """Run the program with the arguments of this process, and exit with its code."""
    # The program ends at Ctrl-C by itself, as it does outside Python.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(run_program(["araneus", *sys.argv[1:]]))


if __name__ == "__main__":
    main()

"""The program in a process of its own."""

import subprocess
import sys
from os import PathLike


class ProgramError(RuntimeError):
    """A command of the program that failed, with its exit code and its words."""

    def __init__(self, exit_code: int, message: str) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def program(
    *arguments: str | PathLike[str], cwd: str | PathLike[str] | None = None, accept: tuple[int, ...] = (0, 3, 4, 10)
) -> str:
    """Run ``araneus`` with these arguments, and return what it prints on standard output.

    An exit code outside of ``accept`` raises :class:`ProgramError`; see ``araneus --help`` for the codes.

    >>> program("--version").split()[0]
    'araneus'
    >>> program("no-such-command")
    Traceback (most recent call last):
    araneus.programs.ProgramError: error: unrecognized subcommand 'no-such-command'...
    """
    command = [sys.executable, "-m", "araneus", *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode not in accept:
        raise ProgramError(done.returncode, done.stderr.strip() or f"exit code {done.returncode}")
    return done.stdout

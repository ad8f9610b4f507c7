"""The command `gpt-cost`, also as `python -m gpt_cost`."""

import signal
import sys

from ._gpt_cost import run_command


def main() -> int:
    """Runs the command with the arguments of the process, and returns its exit code."""
    # Python's own handler would run only after the command: let Ctrl-C end it at once.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return run_command(["gpt-cost", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())

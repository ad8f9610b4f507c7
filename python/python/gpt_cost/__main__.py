"""The command `gpt-cost`, also as `python -m gpt_cost`."""

import sys

from ._gpt_cost import run_command


def main() -> int:
    """Runs the command with the arguments of the process, and returns its exit code."""
    return run_command(["gpt-cost", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())

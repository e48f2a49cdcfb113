"""Fuzz ctcalign for some minutes, or with a number of inputs for each target: `python -m tools.fuzz --help`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tools.fuzz.campaign import Campaign
from tools.fuzz.targets import table


def main() -> int:
    """Run and print the table; 1 if a fault was found."""
    parser = argparse.ArgumentParser(prog="python -m tools.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="stop after this time (default 10)")
    parser.add_argument(
        "--inputs", type=int, help="stop when each target has had this many inputs, however long it takes"
    )
    parser.add_argument("--targets", nargs="+", default=[""], metavar="PREFIX", help="targets or groups (default: all)")
    parser.add_argument("--processes", type=int, default=2, help="processes (default 2)")
    parser.add_argument("--folder", type=Path, default=Path(".fuzz"), help="state and faults (default .fuzz)")
    parser.add_argument(
        "--fresh", action="store_true", help="from the first seeds on; default: go on behind the last run"
    )
    parser.add_argument("--list", action="store_true", help="print the names of the targets")
    given = parser.parse_args()
    chosen = [name for name in table() if name.startswith(tuple(given.targets))]
    if given.list or not chosen:
        print("\n".join(table()))
        return 0 if given.list else 2
    campaign = Campaign(given.folder, chosen, fresh=given.fresh)
    campaign.run(given.processes, None if given.inputs else given.minutes * 60, given.inputs)
    print(campaign.table())
    for name, fault, path in campaign.faults():
        print(f"{name}: {fault}\n    {path}", file=sys.stderr)
    return int(bool(campaign.faults()))


if __name__ == "__main__":
    sys.exit(main())

"""`python -m tests.benchmarks`: measure everything and write RESULTS.md beside this file.

Takes about seven minutes. Ratios count, not the figures behind them: those are the machine's.
"""

from __future__ import annotations

import argparse
import platform
import sys
from itertools import chain
from pathlib import Path

from tests.benchmarks.report import Sizes, measure, measure_front, measure_room, table
from tests.benchmarks.rounds import pin_to_one_core, use_all_cores

RESULTS = Path(__file__).with_name("RESULTS.md")


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Measure, and write RESULTS.md.")
    parser.add_argument("--print", action="store_true", help="print the table only")
    only_print = parser.parse_args(argv).print
    pinned = pin_to_one_core()
    if not pinned:
        print("This system cannot pin a process to one core: expect ratios that swing.", file=sys.stderr)
    rows = []
    for row in measure(Sizes()):
        print(row, flush=True)
        rows.append(row)
    use_all_cores()
    for row in chain(measure_front(Sizes()), measure_room(Sizes())):
        print(row, flush=True)
        rows.append(row)
    if not only_print:
        RESULTS.write_text(table(rows, platform.python_version(), pinned), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

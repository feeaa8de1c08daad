"""Do the numbers of the notebooks hold on a processor that nobody tried? `make shake` runs them as such a one would.

    make shake                    three runs with rounding errors, and every cap of the instruction set
    make shake ARGS=10            ten runs with rounding errors, and three with errors as large as on a GPU
    make shake ARGS="10 02 08"    these two notebooks only

A rounding error in each weight after every update of a training (tests/noise.py) does what another order of sums, or
another last bit of an exponential, does. The caps make the libraries below torch choose the code of older processors.
At the end stand the numbers that fell outside the tolerance that their cell declares (tests/tolerance.py), and those
that came nearest to its edge. Exits with 1 if any fell outside.
"""

import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.every import NBVAL, side_by_side
from tests.tolerance import Deviation

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
LAST_BIT, ORDER_OF_SUMS = 6e-8, 5e-7
OLDEST = {"ONEDNN_MAX_CPU_ISA": "SSE41", "MKL_CBWR": "COMPATIBLE", "ATEN_CPU_CAPABILITY": "default"}
AVX2 = {"ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2", "ATEN_CPU_CAPABILITY": "avx2"}
TIGHTEST = 10  # rows of the second table


@dataclass
class Run:
    """One pass over the notebooks: what disturbs the training, and what the libraries are told."""

    name: str
    shake: dict
    environment: dict


@dataclass
class Seen:
    """A cell in one run: its numbers that differ from the stored ones; if it failed, what nbval said."""

    notebook: str
    cell: str
    run: str
    deviations: list[Deviation]
    fault: str | None


def runs(count: int) -> list[Run]:
    noises = [(LAST_BIT, seed) for seed in range(count)] + [(ORDER_OF_SUMS, seed) for seed in range(round(0.3 * count))]
    return [Run(f"noise {size:.0e}, seed {seed}", {"size": size, "seed": seed}, {}) for size, seed in noises] + [
        Run("no vector instructions in torch", {}, {"ATEN_CPU_CAPABILITY": "default"}),
        Run("AVX2 in torch", {}, {"ATEN_CPU_CAPABILITY": "avx2"}),
        Run("SSE4.1 everywhere", {}, OLDEST),
        Run("AVX2 everywhere", {}, AVX2),
        # Waiting threads sleep: spinning ones would hold the cores that the notebook beside them needs.
        Run("two threads", {"threads": 2}, {"OMP_WAIT_POLICY": "passive"}),
    ]


def perform(run: Run, notebooks: list[Path], command: list[str]) -> Iterator[Seen]:
    """Run the notebooks, and tell what every cell gave."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        options = ["-q", "--color=no", f"--junitxml={report}", "-o", "junit_logging=no", f"--shake={run.shake}"]
        environment = os.environ | {"OMP_NUM_THREADS": "1"} | run.environment
        done = subprocess.run(command + options + notebooks, cwd=ROOT, env=environment, capture_output=True, text=True)
        if done.returncode not in (0, 1) or not report.exists():
            sys.exit(f"{done.stdout}\n{done.stderr}\nseqmem: the notebooks could not be run ({run.name})")
        for case in ElementTree.parse(report).iter("testcase"):
            told = {one.get("name"): one.get("value") for one in case.iter("property")}
            deviations = [Deviation(*one) for one in json.loads(told.get("deviations", "[]"))]
            faults = [fault.text for kind in ("failure", "error") for fault in case.iter(kind)]
            yield Seen(told["notebook"], told["cell"], run.name, deviations, "\n".join(faults) or None)


def table(rows: list[tuple[Seen, Deviation]]) -> str:
    lines = [("notebook", "cell", "number", "stored", "seen", "allowed", "of that", "run")]
    for seen, one in rows:
        numbers = (str(one.number), one.stored, one.seen, f"±{one.allowed:.2g}", f"{one.share:.0%}")
        lines.append((seen.notebook, seen.cell, *numbers, seen.run))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = ([text.ljust(width) for text, width in zip(line, widths, strict=True)] for line in lines)
    return "\n".join("  ".join(line).rstrip() for line in padded)


def report(all_seen: list[Seen]) -> int:
    """Print what fell outside and what came near; how many cells fell outside."""
    outside = [seen for seen in all_seen if seen.fault]
    wide = [(seen, one) for seen in outside for one in seen.deviations if one.share > 1]
    if wide:
        print(f"\nOutside:\n{table(wide)}")
    for seen in outside:
        if all(seen is not other for other, _ in wide):  # not a number: another word, an error
            print(f"\n{seen.notebook}, cell {seen.cell}, {seen.run}:\n{seen.fault}")
    worst = {}
    for seen in all_seen:
        for one in seen.deviations:
            key = seen.notebook, seen.cell
            if not seen.fault and (key not in worst or one.share > worst[key][1].share):
                worst[key] = seen, one
    nearest = sorted(worst.values(), key=lambda pair: pair[1].share, reverse=True)[:TIGHTEST]
    if nearest:
        print(f"\nNearest to the edge of what is declared:\n{table(nearest)}")
    cells = len({(seen.notebook, seen.cell) for seen in outside})
    print(f"\nseqmem: {cells} of {len({(seen.notebook, seen.cell) for seen in all_seen})} cells fell outside")
    return cells


def main(arguments: list[str]) -> int:
    count, *names = arguments or ["3"]
    chosen = [path for path in NOTEBOOKS if not names or path.name[:2] in names]
    if not count.isdecimal() or len(chosen) < len(names):
        sys.exit(f'seqmem: ARGS="{" ".join(arguments)}": say how many noises, then notebooks by their two digits')
    # A machine that does other things too may be slow; what is compared is not how long a cell takes.
    command = [sys.executable, "-m", "pytest", *side_by_side(), *NBVAL[:-1], "--nbval-cell-timeout=600"]
    all_seen = []
    for k, run in enumerate(all_runs := runs(int(count)), start=1):
        seen = list(perform(run, chosen, command))
        failed = [f"{one.notebook} cell {one.cell}" for one in seen if one.fault]
        count = f"{len(failed)} of {len(seen)} cells outside"
        print(f"{k:2} of {len(all_runs)}  {run.name:32} {count}", *failed, sep="  ", flush=True)
        all_seen += seen
    return 1 if report(all_seen) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

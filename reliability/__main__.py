"""`python -m reliability`: damaged files, failing disks and kills, random models; each apart, at full size."""

from __future__ import annotations

import os

os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import sys
import time
from collections import Counter
from itertools import chain
from pathlib import Path

FINDINGS = Path("build") / "reliability"


def main() -> int:
    """Carry out one part; 1 if it found something."""
    parser = argparse.ArgumentParser(prog="python -m reliability", description=__doc__)
    parts = parser.add_subparsers(dest="part", required=True)
    fuzz = parts.add_parser("fuzz", help="damaged files and command lines")
    fuzz.add_argument("--seed", type=int, default=1, help="another seed, other mutants (1)")
    fuzz.add_argument("--mutants", type=int, default=10_000, help="how many (10,000)")
    fuzz.add_argument("--only", type=int, help="only the mutant of this number, with its answer")
    fuzz.add_argument("--workers", type=int, default=2, help="processes (2)")
    faults = parts.add_parser("faults", help="failing disks and kills")
    faults.add_argument("--seed", type=int, default=1, help="another seed, other moments (1)")
    faults.add_argument("--kills", type=int, default=1000, help="kills at random moments (1,000)")
    faults.add_argument("--every", type=int, default=1, help="only each so many of the changes of files; 0: none (1)")
    faults.add_argument("only", nargs="*", help="only these commands (all)")
    invariants = parts.add_parser("invariants", help="what holds of the odds of any model")
    invariants.add_argument("--seed", type=int, default=1, help="another seed, other models (1)")
    invariants.add_argument("--models", type=int, default=3000, help="how many (3,000)")
    arguments = parser.parse_args()
    return {"fuzz": _fuzz, "faults": _faults, "invariants": _invariants}[arguments.part](arguments)


def _fuzz(arguments: argparse.Namespace) -> int:
    from reliability import fuzz

    if arguments.only is not None:
        return _one(arguments.seed, arguments.only)
    start = time.monotonic()
    found = [*fuzz.fuzz(arguments.seed, range(arguments.mutants), workers=arguments.workers)]
    fuzz.report(found, arguments.mutants, time.monotonic() - start, FINDINGS)
    return int(bool(found))


def _faults(arguments: argparse.Namespace) -> int:
    from reliability import faults
    from reliability.writers import WRITERS

    if "disk.so" not in os.environ.get("LD_PRELOAD", ""):
        return faults.with_disk(sys.argv[1:])
    names = arguments.only or [*WRITERS]
    sorts: Counter[tuple[str, str]] = Counter()
    tried, start = 0, time.monotonic()
    for each in chain(
        faults.at_every_call(names, every=arguments.every) if arguments.every else (),
        faults.at_random(arguments.kills, arguments.seed, names) if arguments.kills else (),
    ):
        if isinstance(each, int):
            tried += each
            print(f"  {tried:,} faults in {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
            continue
        sorts[each.writer, each.sort] += 1
        if sorts[each.writer, each.sort] == 1:
            print(f"{each.writer}, {each.how}, {each.where}\n    {each.wrong}", flush=True)
    print(f"{tried:,} faults in {time.monotonic() - start:.0f} s: {sum(sorts.values())} findings of {len(sorts)} sorts")
    return int(bool(sorts))


def _invariants(arguments: argparse.Namespace) -> int:
    from reliability import invariants

    start = time.monotonic()
    found, agreement = invariants.examine(arguments.models, arguments.seed)
    for message in found[:20]:
        print(message[:2000])
    print(
        f"{arguments.models:,} models in {time.monotonic() - start:.0f} s: {len(found)} findings. Two seeds differ by "
        f"at most {agreement.worst:.1f} standard errors; over {len(agreement.squares):,} models the mean square of the "
        f"difference is {agreement.excess:+.1f} standard errors from what the errors say."
    )
    return int(bool(found))


def _one(seed: int, number: int) -> int:
    """Show one mutant: what was damaged, the command and its answer."""
    import difflib

    from reliability import fuzz
    from reliability.playground import call, playground, prepared

    with playground() as folder, fuzz.quiet_session():
        prepared(folder)
        before = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
        kind, _, words = fuzz.damage(seed, number)
        print(f"{kind}: frenemy {' '.join(words)!r}")
        for file, content in before.items():
            old, new = (text.decode(errors="backslashreplace").splitlines() for text in (content, file.read_bytes()))
            sys.stdout.writelines(
                f"{line}\n" for line in difflib.unified_diff(old, new, str(file), str(file), n=1, lineterm="")
            )
        outcome = call(words)
        print(f"exit {outcome.code}\n{outcome.out[:3000]}{outcome.err}")
    return outcome.code


if __name__ == "__main__":
    sys.exit(main())

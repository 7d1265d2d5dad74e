#!/usr/bin/env python3
"""One network written in several formats tells the same MACs and parameters in all of them (networks.txt).

usage: check_one_network.py PROGRAM MODELS
Exit 77 without the corpus.
"""
import json
import subprocess
import sys
from pathlib import Path

TABLE = Path(__file__).resolve().parent / "networks.txt"


def rows():
    for line in TABLE.read_text().splitlines():
        if line and not line.startswith("#"):
            file, *figures = line.split()
            yield file, [None if f == "-" else int(f) for f in figures]


def figures_of(program, path):
    """MACs at batch 1, trainable and all parameters; or what went wrong."""
    done = subprocess.run([program, path, "--out-json", "-"], capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        return done.stderr.strip()
    report = json.loads(done.stdout)
    return [report["cost"]["macs"]["value"], report["parameters"]["trainable"], report["parameters"]["total"]]


def main():
    program, models = sys.argv[1], Path(sys.argv[2])
    if not models.is_dir():
        print(f"SKIPPED: no corpus at {models}")
        return 77
    wrong = checked = 0
    for file, expected in rows():
        found = figures_of(program, models / file)
        bad = isinstance(found, str) or any(e is not None and e != f for e, f in zip(expected, found))
        checked += 1
        if bad:
            wrong += 1
            print(f"{file}: expected {expected}, found {found}")
    print(f"{checked - wrong} of {checked} files tell the figures of their network")
    return 1 if wrong or not checked else 0


if __name__ == "__main__":
    sys.exit(main())

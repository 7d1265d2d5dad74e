#!/usr/bin/env python3
"""The pages of docs/ that the program makes are up to date. With --renew they are written.

usage: check_docs.py PROGRAM SOURCE_DIR [--renew]
"""
import subprocess
import sys
from pathlib import Path

PAGES = {
    "cli.md": ["help", "--markdown"],
    "report.md": ["schema", "--markdown"],
    "operators.md": ["ops", "--markdown"],
    "formats.md": ["formats", "--markdown"],
    "report.schema.json": ["schema"],
}


def main():
    program, docs = sys.argv[1], Path(sys.argv[2]) / "docs"
    stale = []
    for page, arguments in PAGES.items():
        now = subprocess.run([program, *arguments], capture_output=True, check=True).stdout
        path = docs / page
        if "--renew" in sys.argv:
            path.write_bytes(now)
        elif not path.exists() or path.read_bytes() != now:
            stale.append(page)
    if stale:
        print(f"out of date: {', '.join(stale)}; renew with tests/cli/check_docs.py PROGRAM SOURCE_DIR --renew")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())

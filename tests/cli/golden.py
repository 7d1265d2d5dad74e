#!/usr/bin/env python3
"""Commands and what they print, one page per file in golden/.

A page is blocks of "$ command", its output (standard error behind standard output) and "[exit N]" unless N is 0. Commands run in
the folder of the ONNX models with `haoline` standing for the program; a page with "# no models" on top runs without them.

usage: golden.py PROGRAM MODELS [--renew] [PAGE...]
"""
import difflib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent / "golden"


def run_page(path, program, models):
    """The page as it would have to be now."""
    lines = []
    with tempfile.TemporaryDirectory() as scratch:
        environment = {"PATH": f"{program.parent}:{os.environ['PATH']}", "TMP": scratch, "HOME": scratch, "LC_ALL": "C"}
        for line in path.read_text().splitlines():
            if line.startswith("#"):
                lines.append(line)
            if not line.startswith("$ "):
                continue
            done = subprocess.run(["bash", "-c", line[2:]], cwd=models or scratch, env=environment, text=True,
                                  capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
            lines += ["", line] if lines else [line]
            lines += (done.stdout + done.stderr).replace(scratch, "TMP").splitlines()
            if done.returncode:
                lines.append(f"[exit {done.returncode}]")
    return "\n".join(lines) + "\n"


def main():
    arguments = [a for a in sys.argv[1:] if a != "--renew"]
    program, models = Path(arguments[0]).resolve(), Path(arguments[1]) / "onnx"
    pages = [Path(p) for p in arguments[2:]] or sorted(HERE.glob("*.txt"))
    failed = skipped = 0
    for page in pages:
        needs_models = not page.read_text().startswith("# no models")
        if needs_models and not models.is_dir():
            skipped += 1
            continue
        before, now = page.read_text(), run_page(page, program, models.resolve() if needs_models else None)
        if "--renew" in sys.argv:
            page.write_text(now)
        elif before != now:
            failed += 1
            sys.stdout.writelines(difflib.unified_diff(before.splitlines(True), now.splitlines(True), str(page), "now"))
    print(f"{len(pages) - failed - skipped} pages good, {failed} failed, {skipped} skipped (no models)")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

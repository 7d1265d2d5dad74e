#!/usr/bin/env python3
"""Puts the small models of the onnx package's node tests, at most two per set of operators, into a folder of seeds.

usage: make_seeds.py SEEDS_DIR
Without the package onnx (1.22 or older has the tests) there is nothing to add, which is fine.
"""
import shutil
import sys
from pathlib import Path


def main():
    try:
        import onnx
    except ImportError:
        print("the package onnx is not installed: no further seeds")
        return
    tests = Path(onnx.__file__).parent / "backend" / "test" / "data"
    taken = {}
    for path in sorted(tests.glob("*/*/model.onnx")):
        if path.stat().st_size > 2048:
            continue
        operators = frozenset(node.op_type for node in onnx.load(path).graph.node)
        taken[operators] = taken.get(operators, 0) + 1
        if taken[operators] <= 2:
            shutil.copy(path, Path(sys.argv[1]) / f"node_{path.parent.name}.onnx")


if __name__ == "__main__":
    main()

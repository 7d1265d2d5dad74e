#!/usr/bin/env python3
"""A network that ONNX Runtime saved in its own format is the one that it saved as ONNX: nodes in order, tensors,
figures. Pairs are the corpus' files, and what an installed onnxruntime makes of the project's samples.

usage: check_pairs.py PROGRAM SOURCE_DIR MODELS
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

SECTIONS = ("graph", "parameters", "cost", "memory", "bindings", "nodes", "tensors")


def report(program, path):
    out = subprocess.run([program, str(path), "--out-json", "-", "--include", "nodes,tensors"], capture_output=True,
                         check=True).stdout
    return json.loads(out)


def without_ids(rows):
    return [{k: v for k, v in row.items() if k != "id"} for row in rows]


def by_name(rows):
    return {(row["graph"], row["name"]): {k: v for k, v in row.items() if k != "id"} for row in rows}


def differences(program, ort, onnx):
    a, b = report(program, ort), report(program, onnx)
    for section in SECTIONS:
        x, y = a[section], b[section]
        if section == "tensors":
            x, y = by_name(x), by_name(y)
        elif section == "nodes":
            x, y = without_ids(x), without_ids(y)
        if x != y:
            yield section
    if a["model"]["opsets"] != b["model"]["opsets"]:
        yield "opsets"


def made_pairs(source, folder):
    """Optimized, so that the ONNX file is in the order of execution as well."""
    try:
        import onnxruntime
    except ImportError:
        return
    for sample in sorted((source / "samples").glob("*.onnx")):
        paths = [folder / f"{sample.stem}.{ending}" for ending in ("ort", "onnx")]
        try:
            for path in paths:
                options = onnxruntime.SessionOptions()
                options.log_severity_level = 4
                options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
                options.optimized_model_filepath = str(path)
                onnxruntime.InferenceSession(str(sample), options, providers=["CPUExecutionProvider"])
        except Exception:  # a sample that this version cannot run
            continue
        yield paths


def main():
    program, source, models = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    # Branches of equal cost and nodes that do not depend on each other stand in another order; the ONNX file keeps its
    # weights in another file, which was not saved with it.
    explained = {"control_flow": {"cost", "nodes"}, "external_data": {"parameters"}}
    pairs = [(path, path.with_suffix(".onnx")) for path in sorted(models.glob("onnx/*.ort"))]
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        pairs += made_pairs(source, Path(folder))
        for ort, onnx in pairs:
            found = set(differences(program, ort, onnx)) - explained.get(ort.stem, set())
            if found:
                failures += 1
                print(f"{ort.name}: other {', '.join(sorted(found))}")
    if not pairs:
        print("neither the corpus nor onnxruntime is there: nothing is compared")
        return 77
    print(f"{len(pairs)} pairs, {failures} differ")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

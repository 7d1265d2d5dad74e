"""Parameters and MACs of well-known networks equal the published figures.

    check_cost_models.py HAOLINE
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import reference_models


def report(haoline, path, *options):
    command = [haoline, str(path), "--out-json", "-", *options]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.decode()}")
    return json.loads(done.stdout)


def differences(haoline, folder, build, weights):
    trainable, macs = reference_models.REFERENCE[build]
    graph = build(weights)
    path = folder / f"{graph.name}_{weights}.onnx"
    path.write_bytes(graph.bytes())
    one, seven = report(haoline, path), report(haoline, path, "--bind", "batch=7")
    expected = {
        "trainable": (one["parameters"]["trainable"], trainable),
        "macs": (one["cost"]["macs"]["value"], macs),
        "macs at batch 7": (seven["cost"]["macs"]["value"], 7 * macs),
        "formula": (one["cost"]["macs"].get("formula"), f"{macs}*batch"),
        "nodes without a cost": (one["cost"]["coverage"]["nodes"] - one["cost"]["coverage"]["nodes_known"], 0),
        "complete": (one["cost"]["macs"].get("complete", True), True),
    }
    return [f"{graph.name} ({weights}): {what} is {is_}, expected {wanted}" for what, (is_, wanted) in expected.items() if is_ != wanted]


def main():
    haoline = sys.argv[1]
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        for build in reference_models.REFERENCE:
            for weights in ("filler", "absent"):
                failures += differences(haoline, pathlib.Path(folder), build, weights)
    print("\n".join(failures) or f"{len(reference_models.REFERENCE)} networks have their published figures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

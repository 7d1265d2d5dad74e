"""Parameters and MACs equal figures that others published or counted:

- eight well-known networks, made here without weights (reference_models.py);
- every file of the model corpus for which PyTorch's flop counter recorded the MACs of the exported module.

    check_cost_models.py HAOLINE [MODELS]
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import reference_models


def report(haoline, path, bindings):
    command = [haoline, str(path), "--out-json", "-"]
    if bindings:
        command += ["--bind", ",".join(f"{name}={value}" for name, value in bindings.items())]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.decode()}")
    return json.loads(done.stdout)


def compare(name, expectations):
    return [f"{name}: {what} is {found}, expected {wanted}" for what, found, wanted in expectations if found != wanted]


def check_reference(haoline, folder, build, weights):
    trainable, macs = reference_models.REFERENCE[build]
    graph = build(weights)
    path = folder / f"{graph.name}_{weights}.onnx"
    path.write_bytes(graph.bytes())
    one, seven = report(haoline, path, {}), report(haoline, path, {"batch": 7})
    cost = one["cost"]
    return compare(f"{graph.name} ({weights})", [
        ("trainable", one["parameters"]["trainable"], trainable),
        ("macs", cost["macs"]["value"], macs),
        ("macs at batch 7", seven["cost"]["macs"]["value"], 7 * macs),
        ("formula", cost["macs"].get("formula"), f"{macs}*batch"),
        ("complete", cost["macs"].get("complete", True), True),
        ("nodes without a cost", cost["coverage"]["nodes"] - cost["coverage"]["nodes_known"], 0),
    ])


def check_counted(haoline, models, truth):
    """None where PyTorch counted nothing or the file is not there."""
    record = json.loads(truth.read_text())
    path = models / "onnx" / f"{truth.stem}.onnx"
    if not isinstance(record, dict) or "macs_flopcounter" not in record or not path.exists():
        return None
    macs = report(haoline, path, record["bindings"][0])["cost"]["macs"]["value"]
    return compare(truth.stem, [("macs", macs, record["macs_flopcounter"])])


def main():
    haoline = sys.argv[1]
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        for build in reference_models.REFERENCE:
            for weights in ("filler", "absent"):
                failures += check_reference(haoline, pathlib.Path(folder), build, weights)
    counted = 0
    if len(sys.argv) > 2 and pathlib.Path(sys.argv[2]).is_dir():
        models = pathlib.Path(sys.argv[2])
        for truth in sorted((models / "truth" / "onnx").glob("*.json")):
            found = check_counted(haoline, models, truth)
            counted += found is not None
            failures += found or []
    print("\n".join(failures))
    print(f"{len(reference_models.REFERENCE)} networks and {counted} corpus files checked, {len(failures)} figures differ")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Every output of every ONNX model of the corpus: valid against our schema, adding up, and without names when redacted.

usage: check_outputs.py PROGRAM MODELS
"""
import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import schema as validator

OUTPUTS = {
    "json": ["--out-json", "-", "--include", "all"],
    "markdown": ["--out-md", "-", "--include", "all"],
    "csv": ["--layer-csv", "-"],
    "terminal": ["--top", "50"],
    "scopes": ["--top", "50", "--by", "scope"],
}


def run(program, *arguments):
    done = subprocess.run([program, *arguments], capture_output=True, timeout=120, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8")


def no_repeats(pairs):
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError(f"repeated key among {keys}")
    return dict(pairs)


def refuse(word):
    raise ValueError(f"{word} is no JSON")


def parse(text):
    return json.loads(text, object_pairs_hook=no_repeats, parse_constant=refuse)


def sums(report):
    """What has to add up."""
    accounting = report["model"]["accounting"]
    labelled = sum(accounting["weights"].values()) + sum(v for k, v in accounting.items() if k != "weights")
    if labelled != report["model"]["bytes"]:
        yield f"labelled bytes {labelled} are not the file's {report['model']['bytes']}"
    parameters = report["parameters"]
    if parameters["total"] is not None and parameters["total"] != parameters["trainable"] + parameters["buffers"]:
        yield "parameters.total is not trainable + buffers"
    if len(report["nodes"]) != report["graph"]["nodes_all"]:
        yield f"{len(report['nodes'])} node rows, {report['graph']['nodes_all']} nodes"
    names = [(node["graph"], node["name"]) for node in report["nodes"]]
    if len(names) != len(set(names)):
        yield "a node's name is not unique in its graph"
    tensors = {(tensor["graph"], tensor["name"]) for tensor in report["tensors"]}
    if len(tensors) != len(report["tensors"]):
        yield "a tensor's name is not unique in its graph"
    for node in report["nodes"]:
        for name in node["inputs"] + node["outputs"]:
            if name is not None and (node["graph"], name) not in tensors:
                yield f"node {node['name']} has operand {name}, which is no tensor of its graph"


def texts(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts(item)


def private_names(report, path):
    """Every name of four or more characters that the model's author chose."""
    names = {path.stem, report["model"]["name"], report["model"].get("documentation", ""), *report["bindings"]}
    names.update(report["model"]["metadata"].keys(), report["model"]["metadata"].values())
    for node in report["nodes"]:
        names.update([node["name"], node.get("source_name", ""), node["graph"], node["scope"], *node["scope"].split("/")])
    for tensor in report["tensors"]:
        names.update([tensor["name"], tensor.get("source_name", "")])
    return {name for name in names if len(name) >= 4 and not re.fullmatch(r"[-0-9., ]+", name)}


def vocabulary(program):
    """Words that outputs may hold anyway: keys, operators, attributes, element types, our own sentences."""
    pages = [run(program, "schema")[1], run(program, "schema", "--markdown")[1], run(program, "ops", "--markdown")[1],
             run(program, "help", "--markdown")[1], *(p.read_text() for p in Path(__file__).resolve().parents[2].glob("src/report/*.cc")),
             *(p.read_text() for p in Path(__file__).resolve().parents[2].glob("src/ops/generated/*.cc")),
             *(p.read_text() for p in Path(__file__).resolve().parents[2].glob("src/ir/*.cc"))]
    return "\n".join(pages)


def leaks(names, output, words):
    for name in names:
        if name in output and name not in words and not re.fullmatch(r"(tensor|node|sym|scope|graph|file|text|name)_\w+", name):
            yield name


def check_model(program, path, schema, words):
    code, out, err = run(program, str(path), *OUTPUTS["json"])
    if code:
        if code != 2 or err.count("\n") != 1 or not err.startswith("haoline: ") or out:
            yield f"exit {code}, not one line on standard error: {err!r}"
        code, _, err = run(program, str(path), "--redact-names")
        if path.stem in err:
            yield f"the error line names the file: {err!r}"
        return
    try:
        report = parse(out)
    except ValueError as error:
        yield f"no JSON: {error}"
        return
    yield from list(validator.problems(report, schema, schema))[:5]
    yield from sums(report)
    _, table, _ = run(program, str(path), *OUTPUTS["csv"])
    rows = list(csv.reader(io.StringIO(table)))
    if len(rows) != len(report["nodes"]) + 1 or any(len(row) != 10 for row in rows):
        yield "the CSV has not one row of ten cells per node"
    for line in run(program, str(path), *OUTPUTS["terminal"])[1].splitlines():
        if len(line) > 80 and line.isascii():
            yield f"{len(line)} columns on the terminal: {line}"
    names = private_names(report, path)
    for kind, flags in OUTPUTS.items():
        code, out, err = run(program, str(path), *flags, "--redact-names")
        if code:
            yield f"{kind} redacted: exit {code} {err}"
        found = sorted(leaks(names, out, words))
        if found:
            yield f"{kind} redacted still has {found[:5]}"
    code, out, _ = run(program, str(path), *OUTPUTS["json"], "--summary-only")
    yield from list(validator.problems(parse(out), schema, schema))[:5]


def main():
    program, models = sys.argv[1], Path(sys.argv[2])
    if not (models / "onnx").is_dir():
        print(f"no models at {models}")
        return 77
    schema, words = parse(run(program, "schema")[1]), vocabulary(program)
    bad = 0
    paths = sorted((models / "onnx").rglob("*.onnx"))
    for path in paths:
        for problem in check_model(program, path, schema, words):
            bad += 1
            print(f"{path.name}: {problem}")
    print(f"{len(paths)} models, {bad} problems")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

"""activation_peak_bytes equals an independent liveness over the shapes that ONNX Runtime recorded.

    check_memory.py HAOLINE MODELS

A model is checked at every recorded binding at which all sizes are recorded. Left out, and counted: local functions
(their tensors are not recorded), sequences and other values without a size, extents that only the data decides.
Where a file's nodes are in no order that could run, the order is the report's, which has to be one.
"""
import json
import pathlib
import re
import subprocess
import sys

import onnx_graph

BITS = {"float64": 64, "float32": 32, "float16": 16, "bfloat16": 16, "int64": 64, "int32": 32, "int16": 16, "int8": 8,
        "uint64": 64, "uint32": 32, "uint16": 16, "uint8": 8, "bool": 8, "complex64": 64, "complex128": 128, "int4": 4,
        "uint4": 4}


def sizes(record, binding):
    """Bytes of every recorded tensor at that binding; None where they are not known."""
    inputs = record["inputs"]
    rows = [[name, *rest] for name, rest in inputs.items()] if isinstance(inputs, dict) else list(inputs)
    known = {}
    for name, dtype, *shapes in rows + record["tensors"]:
        shape = shapes[min(binding, len(shapes) - 1)] if shapes else None
        numbers = isinstance(shape, list) and all(isinstance(extent, int) for extent in shape)
        if not numbers or dtype not in BITS:
            known[name] = None
            continue
        count = 1
        for extent in shape:
            count *= extent
        known[name] = -(-count * BITS[dtype] // 8)
    return known


def can_run(graph):
    ready = set(graph.inputs) | graph.constants | {""}
    for node in graph.nodes:
        if not ready.issuperset(node.reads):
            return False
        ready.update(node.makes)
    return True


def reorder(graph, nodes):
    step = {name: at for at, node in enumerate(nodes) for name in node["outputs"] if name and not node["graph"]}
    graph.nodes.sort(key=lambda node: min(step[name] for name in node.makes if name))


def filled(graph, weights):
    """Weights that ConstantOfShape fills in; which of its results are weights is the parameters' proof."""
    counted = {weight["name"] for weight in weights if weight["role"] in ("trainable", "buffer")}
    return {name for node in graph.nodes if node.op == "ConstantOfShape" for name in node.makes} & counted


def peak(graph, size, weights=frozenset()):
    """The largest sum of live bytes; None when a size is not known."""
    born, last = {name: 0 for name in graph.inputs}, {}
    for step, node in enumerate(graph.nodes):
        for name in node.makes:
            if name and node.op != "Constant" and name not in weights:
                born[name] = step
        for name in node.reads:
            last[name] = step
    end = len(graph.nodes) - 1
    last.update({name: end for name in graph.outputs})
    change = [0] * (len(graph.nodes) + 1)
    for name, first in born.items():
        if size.get(name) is None:
            return None
        change[first] += size[name]
        change[max(first, last.get(name, first)) + 1] -= size[name]
    live = most = 0
    for amount in change:
        live += amount
        most = max(most, live)
    return most


def report(haoline, path, record, binding, bindings):
    """Symbols and fed values as recorded; integer inputs without a name there were filled with one number."""
    rows = record["inputs"].items() if isinstance(record["inputs"], dict) else [(row[0], row[1:]) for row in record["inputs"]]
    flags, symbols = ["--include", "nodes,weights"], {}
    plain = json.loads(subprocess.run([haoline, path, "--out-json", "-"], capture_output=True, check=True).stdout)
    declared = {tensor["name"]: tensor["shape"] for tensor in plain["graph"]["inputs"]}
    for name, (dtype, *shapes) in rows:
        shape = shapes[min(binding, len(shapes) - 1)]
        if declared.get(name, []) is None and isinstance(shape, list):
            flags += ["--input-shape", f"{name}={','.join(map(str, shape))}"]
        fill = bindings.get(name, record.get("integer_inputs"))
        if "int" in dtype and isinstance(fill, int) and shape in ([], [1]):
            flags += ["--input-value", f"{name}={fill}"]
    for key, value in bindings.items():
        name = re.sub(r"\[(\d+)\]$", r"_\1", key)
        if isinstance(value, int) and name in plain["bindings"]:
            symbols[name] = value
    if symbols:
        flags += ["--bind", ",".join(f"{name}={value}" for name, value in symbols.items())]
    done = subprocess.run([haoline, path, "--out-json", "-", *flags], capture_output=True, check=True)
    return json.loads(done.stdout)


def check(haoline, path, record):
    """(checked bindings, why not, failures)"""
    graph = onnx_graph.read_model(path.read_bytes())
    if graph.functions:
        return 0, "local functions", []
    checked, failures = 0, []
    bindings = record.get("bindings") or [record.get("bind") or {}]
    for index, binding in enumerate(bindings):
        size = sizes(record, index)
        if peak(graph, size) is None:
            return checked, "sizes that are not recorded", failures
        ours = report(haoline, path, record, index, binding)
        if any(symbol["source"] == "data" for symbol in ours["bindings"].values()):
            return checked, "extents that the data decides", failures
        if any(tensor["dtype"].startswith("optional") for tensor in ours["graph"]["inputs"]):
            return checked, "optional inputs", failures
        if not can_run(graph):
            reorder(graph, ours["nodes"])
            if not can_run(graph):
                failures.append(f"{path.name}: the report's order of nodes cannot run")
        wanted = peak(graph, size, filled(graph, ours["weights"]))
        found = ours["memory"]["activation_peak_bytes"]["value"]
        checked += 1
        if found != wanted:
            failures.append(f"{path.name} at {binding}: activation_peak_bytes is {found}, expected {wanted}")
    return checked, None, failures


def main():
    haoline, models = sys.argv[1], pathlib.Path(sys.argv[2])
    if not models.is_dir():
        print("SKIPPED: no model corpus")
        return 77
    checked, left_out, failures = 0, {}, []
    for truth in sorted((models / "truth" / "onnx").glob("*.json")):
        record = json.loads(truth.read_text())
        if not isinstance(record, dict) or record.get("source") != "onnxruntime":
            continue
        path = models / record.get("file", f"onnx/{truth.stem}.onnx")
        if not path.exists():
            continue
        count, why, failed = check(haoline, path, record)
        checked += count
        failures += failed
        if why:
            left_out.setdefault(why, []).append(truth.stem)
    print("\n".join(failures))
    for why, names in left_out.items():
        print(f"left out, {why}: {', '.join(names)}")
    print(f"{checked} peaks checked, {len(failures)} differ")
    return 1 if failures or checked < 100 else 0


if __name__ == "__main__":
    sys.exit(main())

"""Parameters and MACs of the model corpus equal what others counted.

    check_figures.py HAOLINE MODELS

Sources: synthetic_facts.json (closed forms of the generator), `params` and `macs` of the recorded truths (the torch
module's count; products counted from ONNX Runtime's shapes) and "N params" of the corpus README. Where a file differs
from its source for a reason, the reason stands in EXPLAINED, and so does the figure that is right for the file; a
figure that changes is a failure in either case.
"""
import json
import pathlib
import re
import subprocess
import sys

TIED = "the exporter stored the tied output weights a second time, transposed (equal content joins only on request)"
FOLDED = "the exporter folded batch normalization into convolutions; what is folded is gone"
SHARED = "the exporter stored equal initial values (zeros, ones) once for several layers"
ZEROS = "the converter dropped biases that are zero before training"
EXPLAINED = {
    ("pt_dynamo_bert", "params"): (90032, TIED),
    ("pt_legacy_bert", "params"): (90032, TIED),
    ("pt_legacy_gpt2", "params"): (34688, TIED),
    ("pt_legacy_t5_decoder", "params"): (32096, TIED),
    ("pt_legacy_loop_if", "params"): (288, "the weight is stored once for each of two bodies"),
    ("pt_dynamo_resnet18_w8", "params"): (176162, FOLDED + "; " + SHARED),
    ("pt_legacy_resnet18_w8", "params"): (176282, FOLDED + "; " + SHARED),
    ("pt_dynamo_unet", "params"): (14474, FOLDED),
    ("pt_legacy_unet", "params"): (14474, FOLDED),
    ("pt_dynamo_vit_tiny", "params"): (23776, SHARED),
    ("pt_legacy_vit_tiny", "params"): (23786, SHARED),
    ("zoo_nested_tf2onnx", "params"): (200, ZEROS),
    ("zoo_recurrent_tf2onnx", "params"): (3254, "ONNX recurrent cells have two biases for each gate, Keras cells one; " + ZEROS),
    ("zoo_text_tf2onnx", "params"): (3744, SHARED),
    ("op_Attention_torch2.10_23", "macs"): (536870912, "the record counts no attention: 2·heads·queries·keys·head_size"),
    ("op_DeformConv_19", "macs"): (7077888, "the record counts no deformable convolution"),
    ("tract_linear_classifier", "macs"): (336, "the record counts no classical models: a product of the inputs and "
                                               "the coefficients"),
    ("zoo_recurrent_tf2onnx", "macs"): (58836, "the record leaves out the loop body: 4,032 of a GRU, each step"),
    ("trt_unbounded_dds", "macs"): (None, "only the data decides an extent: a formula"),
    ("superresolution_with_prepost_opset18", "macs"): (
        2908652544, "an image decoder that nobody knows: what follows it is not counted, and the total says so"),
}


def bindings_of(record):
    recorded = (record.get("bindings") or [record.get("bind") or {}])[0]
    return {re.sub(r"\[(\d+)\]$", r"_\1", key): value for key, value in recorded.items() if isinstance(value, int)}


def run(haoline, path, flags):
    done = subprocess.run([haoline, str(path), "--out-json", "-", *flags], capture_output=True, check=False)
    return json.loads(done.stdout) if done.returncode in (0, 1) and done.stdout else None


def report(haoline, path, record):
    ours = run(haoline, path, [])
    if ours is None:
        return None
    flags = []
    known = {name: value for name, value in bindings_of(record).items() if name in ours["bindings"]}
    if known:
        flags += ["--bind", ",".join(f"{name}={value}" for name, value in known.items())]
    inputs = record.get("inputs") or []
    rows = inputs.items() if isinstance(inputs, dict) else [(row[0], row[1:]) for row in inputs]
    shapeless = {tensor["name"] for tensor in ours["graph"]["inputs"] if tensor["shape"] is None}
    for name, (_, *shapes) in rows:
        if name in shapeless and shapes and isinstance(shapes[0], list):
            flags += ["--input-shape", f"{name}={','.join(map(str, shapes[0]))}"]
    return run(haoline, path, flags) if flags else ours


def number(quantity):
    return quantity["value"] if isinstance(quantity, dict) else quantity


def expectations(models):
    """(path, record, what, expected) for every figure somebody knows."""
    facts = json.loads((models / "synthetic_facts.json").read_text())
    readme = (models / "README.md").read_text()
    claims = dict(re.findall(r"^\| `(onnx/[^`]+\.onnx)`.*?\| ([^|]*?) ?\|$", readme, re.MULTILINE))
    for path in sorted((models / "onnx").rglob("*.onnx")):
        key = str(path.relative_to(models))
        truth = models / "truth" / "onnx" / f"{path.stem}.json"
        record = json.loads(truth.read_text()) if truth.exists() else {}
        record = record if isinstance(record, dict) else {}
        for source in (facts.get(key, {}), record):
            if source.get("params") is not None:
                yield path, record, "params", source["params"]
            macs = source.get("macs")
            if macs is not None:
                # The generator's closed forms are for one sample, records for the recorded binding.
                yield path, record if source is record else {}, "macs", macs if isinstance(macs, int) else sum(macs.values())
        claim = re.search(r"^([\d,]+) params", claims.get(key, ""))
        if claim:
            yield path, record, "params", int(claim[1].replace(",", ""))


def main():
    haoline, models = sys.argv[1], pathlib.Path(sys.argv[2])
    if not models.is_dir():
        print("SKIPPED: no model corpus")
        return 77
    failures, checked, explained, used = [], 0, 0, set()
    for path, record, what, expected in expectations(models):
        ours = report(haoline, path, record)
        if ours is None:
            continue
        checked += 1
        total = ours["parameters"]
        found = [number(total["trainable"]), number(total["total"])] if what == "params" else [number(ours["cost"]["macs"])]
        if expected in found or (expected == 0 and found == [None]):  # nothing counted, or nothing known
            continue
        known = EXPLAINED.get((path.stem, what))
        used.add((path.stem, what))
        explained += known is not None
        if known is None or known[0] not in found:
            failures.append(f"{path.stem}: {what} {found[0]}, expected {expected if known is None else known[0]}")
    failures += [f"{stem}: {what} needs no explanation" for stem, what in EXPLAINED.keys() - used]
    print("\n".join(failures))
    print(f"{checked} figures checked, {explained} differ from their source for a stated reason, {len(failures)} failures")
    return 1 if failures or checked < 100 else 0


if __name__ == "__main__":
    sys.exit(main())

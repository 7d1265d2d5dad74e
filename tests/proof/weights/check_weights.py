"""Weight files: names, types, extents and bytes equal what the formats' own libraries read back.

    check_weights.py HAOLINE MODELS

Truth: truth/{safetensors,gguf,other}/*.json (every tensor), synthetic_facts.json (counts, bytes by type). Parameters are
those of the model object: packed weights count their logical elements. What is no plain equality stands in EXPLAINED.
"""
import json
import pathlib
import subprocess
import sys

# GGUF and the writers' words for what haoline calls otherwise.
WORDS = {"F32": "float32", "F16": "float16", "BF16": "bfloat16", "F64": "float64"}
# The truth counts the base model, the file holds the adapter.
EXPLAINED = {"lora_tiny_llama": ("params", "adapter_params")}


class Failures(list):
    def equal(self, what, ours, theirs):
        if ours != theirs:
            self.append(f"{what}: {ours!r}, the truth says {theirs!r}")


def run(haoline, path):
    done = subprocess.run([haoline, str(path), "--out-json", "-", "--include", "tensors,weights"],
                          capture_output=True, check=False)
    if done.returncode not in (0, 1):
        return None, done.returncode, done.stderr.decode()
    return json.loads(done.stdout), done.returncode, ""


def files_of(folder, record, stem):
    """The ways to name the model: each file of it, its index, its folder."""
    if "files" in record:
        return [folder / name for name in record["files"]]
    if (folder / stem).is_dir():
        inside = folder / stem
        return [inside, *sorted(inside.glob("*.safetensors")), *sorted(inside.glob("*.index.json"))]
    return [next(folder.glob(stem + ".*"))]


def check_sums(bad, where, report):
    labels = report["model"]["accounting"]
    total = sum(labels["weights"].values()) + sum(value for key, value in labels.items() if key != "weights")
    bad.equal(f"{where}: labelled bytes", total, report["model"]["bytes"])
    bad.equal(f"{where}: unreachable bytes", labels["unreachable"], 0)


def check_tensors(bad, where, report, record):
    theirs = {row[0]: row[1:] for row in record["tensors"]}
    ours = {row["name"]: row for row in report["tensors"] if row["role"] in ("weight", "constant")}
    sizes = {row["name"]: row["stored_bytes"] for row in report["weights"]}
    # A blueprint adds constants of its own; nothing of the file may be missing.
    bad.equal(f"{where}: missing tensors", sorted(set(theirs) - set(ours)), [])
    for name, (dtype, shape, *rest) in theirs.items():
        row = ours.get(name)
        if row is None:
            continue
        bad.equal(f"{where}: {name} dtype", row["dtype"], WORDS.get(dtype, dtype.lower()))
        bad.equal(f"{where}: {name} shape", row["shape"], shape)
        if rest and isinstance(rest[0], int):
            bad.equal(f"{where}: {name} bytes", sizes.get(name, row["bytes"]["value"]), rest[0])
    return len(theirs)


def check_types(bad, where, report, by_type):
    for dtype, facts in by_type.items():
        word = WORDS.get(dtype, dtype.lower())
        elements = facts.get("elements", facts.get("params"))
        bad.equal(f"{where}: parameters of {dtype}", report["parameters"]["by_dtype"].get(word), elements)
        bad.equal(f"{where}: bytes of {dtype}", report["model"]["accounting"]["weights"].get(word), facts["bytes"])


def check_metadata(bad, where, report, wanted):
    ours = report["model"]["metadata"]
    for key, value in wanted.items():
        if ": split." in key:
            continue
        text = ours.get(key)
        if isinstance(value, bool):
            bad.equal(f"{where}: {key}", text, str(value).lower())
        elif isinstance(value, float):
            if text is None or abs(float(text) - value) > 1e-6 * abs(value):
                bad.equal(f"{where}: {key}", text, value)
        else:
            bad.equal(f"{where}: {key}", text, str(value))


def check_truths(bad, haoline, models):
    tensors = reports = 0
    for folder in ("safetensors", "gguf", "other"):
        for path in sorted((models / "truth" / folder).glob("*.json")):
            record = json.loads(path.read_text())
            for file in files_of(models / folder, record, path.stem):
                where = f"{folder}/{path.stem} as {file.name}"
                report, status, said = run(haoline, file)
                if report is None:
                    bad.append(f"{where}: exit {status}: {said.strip()}")
                    continue
                reports += 1
                tensors += check_tensors(bad, where, report, record)
                check_sums(bad, where, report)
                key = EXPLAINED.get(path.stem, ("params", "params"))[1]
                bad.equal(f"{where}: parameters", report["parameters"]["trainable"], record[key])
                check_types(bad, where, report, record.get("by_type", {}))
                if folder == "gguf":
                    check_metadata(bad, where, report, record["metadata"])
    return tensors, reports


def check_synthetic(bad, haoline, models):
    count = 0
    for name, facts in json.loads((models / "synthetic_facts.json").read_text()).items():
        if not name.startswith(("gguf/", "safetensors/")):
            continue
        report, status, said = run(haoline, models / name)
        count += 1
        if report is None:
            bad.append(f"{name}: exit {status}: {said.strip()}")
            continue
        bad.equal(f"{name}: parameters", report["parameters"]["trainable"], facts["params"])
        stored = [row for row in report["weights"] if row["stored_bytes"] > 0]
        if "truncated" not in name:
            bad.equal(f"{name}: stored tensors", len(stored), facts["tensors"])
        if "stored_elements" in facts:
            counted = sum(product(row["shape"]) for row in stored)
            bad.equal(f"{name}: stored elements", counted, facts["stored_elements"])
        if "truncated" in name:
            bad.equal(f"{name}: finding", "truncated-weights" in {f["id"] for f in report["findings"]}, True)
        else:
            check_types(bad, name, report, facts.get("by_type", {}))
            check_sums(bad, name, report)
    return count


def product(shape):
    total = 1
    for extent in shape:
        total *= extent
    return total


def check_others(bad, haoline, models):
    """Files without a truth of their own: counts of the corpus README, and what has to be refused."""
    for name, parameters, tensors in (("gguf/tinyllamas_stories_260k_f32.gguf", None, 48),
                                      ("safetensors/burn_mnist.safetensors", None, 20),
                                      ("safetensors/burn_multi_layer.safetensors", None, 9)):
        report, status, said = run(haoline, models / name)
        if report is None:
            bad.append(f"{name}: exit {status}: {said.strip()}")
            continue
        bad.equal(f"{name}: tensors", len(report["weights"]), tensors)
        check_sums(bad, name, report)
    report, status, said = run(haoline, models / "gguf/ggml_vocab_llama.gguf")
    bad.equal("ggml_vocab_llama: exit", status, 0)
    if report:
        bad.equal("ggml_vocab_llama: tokens", report["model"]["metadata"].get("tokenizer.ggml.tokens"), "32000 x string")
        bad.equal("ggml_vocab_llama: weights", report["weights"], [])
    report, status, said = run(haoline, models / "other/whisper_for_tests_ggml_tiny.bin")
    bad.equal("whisper ggml: exit", status, 2)
    bad.equal("whisper ggml: lines", len(said.strip().splitlines()), 1)
    bad.equal("whisper ggml: is named", "ggml" in said, True)


def main():
    haoline, models = sys.argv[1], pathlib.Path(sys.argv[2])
    if not (models / "truth").is_dir():
        print("skipped: the model corpus is not here")
        return 77
    bad = Failures()
    tensors, reports = check_truths(bad, haoline, models)
    synthetic = check_synthetic(bad, haoline, models)
    check_others(bad, haoline, models)
    for line in bad[:60]:
        print(line)
    print(f"{tensors} tensors in {reports} reports against their truth, {synthetic} against closed forms: "
          f"{len(bad)} disagreements")
    return 1 if bad or tensors == 0 else 0


if __name__ == "__main__":
    sys.exit(main())

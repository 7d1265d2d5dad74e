#!/usr/bin/env python3
"""TensorFlow's readers against TensorFlow: element types and shapes of every operator as TensorFlow's own shape
functions gave them (record.py), and the figures of the corpus.

usage: check_tensorflow.py PROGRAM MODELS
The first part needs no corpus; without one the second is left out.
"""
import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
LEAST_TENSORS = {"operators": 270, "loops": 3}

# file: MACs at batch 1 (None: not stated), trainable, all parameters, inputs, outputs. MLPerf Tiny and Keras' own summaries
# for the first ones; the checkpoint's list of variables for samplenet_tf2 (which is another network than the frozen one).
CORPUS = {
    "savedmodel/mlperf_tiny_kws": (2656768, 23756, 24908, [[1, 49, 10, 1]], [[1, 12]]),
    "savedmodel/resnet8_tf2": (12501632, 78186, 78666, [[1, 32, 32, 3]], [[1, 10]]),
    "savedmodel/resnet8_frozen.pb": (12501632, 78186, 78666, [[1, 32, 32, 3]], [[1, 10]]),
    # LeNet-5 for 32x32x3: 28*28*6*75 + 10*10*16*150 + 400*120 + 120*84 + 84*10
    "savedmodel/samplenet_frozen.pb": (651720, 62006, 62006, [[1, 3, 32, 32]], [[1, 10]]),
    # 30*30*32*27 + 13*13*64*288 + 4*4*64*576 + 1024*128 + 128*64 + 64*10
    "savedmodel/samplenet_tf2": (4622336, 196426, 196426, [[1, 32, 32, 3]], [[1, 10]]),
    "savedmodel/zoo_nested": (None, 258, 258, [[1, 8, 8, 4]] * 2, [[1, 3], [1, 18]]),
    "savedmodel/zoo_recurrent": (None, 3221, 3221, [[1, 7, 6, 6, 2]], [[1, 3]]),
    # Two steps of a batch: 7 steps of 2 * (6 + 5) * 20 twice, 7 of 2 * (10 + 6) * 18, and 2 * 6 * 3
    "savedmodel/zoo_recurrent_k2": (7 * 440 * 2 + 7 * 576 + 36, 825, 825, [[2, 7, 6]], [[2, 3]]),
    "savedmodel/zoo_text": (None, 3892, 3892, [[1, 1]], [[1, 4]]),
    "savedmodel/model_explorer_simple_add": (0, 0, 0, [[]], [[]]),
    "savedmodel/model_multi_output": (0, 1, 1, [[], []], [[], []]),
    "savedmodel/times_three_float": (0, 1, 1, [[]], [[]]),
    "savedmodel/trt_tf_identity_frozen.pb": (0, 0, 0, [[1, 15, 25, 30]], [[1, 15, 25, 30]]),
    "savedmodel/graphdef_foo.pbtxt": (None, 0, 0, [], [None]),
    # Its converter left every normalization as a scale and a shift: 240 + 240 beside the 77,706 of the convolutions.
    "tfjs/resnet8_graph/model.json": (12501632, 78186, 78186, [[1, 32, 32, 3]], [[1, 10]]),
    "tfjs/dense_layers_model/model.json": (1, 2, 2, [[1, 1]], [[1, 1]]),
    "tfjs/blazeface-front/blazeface-front.json": (None, None, None, [[1, 128, 128, 3]], None),
    "tfjs/emotion/emotion.json": (None, None, None, [[1, 64, 64, 1]], [[1, 7]]),
    "tfjs/gear-e1/gear-e1.json": (None, None, None, None, None),
    "tfjs/gender/gender.json": (None, None, None, None, None),
    "tfjs/iris/iris.json": (None, None, None, None, None),
    "tfjs/facemesh-detection-short/facemesh-detection-short.json": (None, None, None, None, None),
}
# These are not parameters by their operator, or their variables are not in the file.
INCOMPLETE = {"savedmodel/graphdef_foo.pbtxt": "an operator nobody knows"}
REFUSED = {"savedmodel/zoo_nested/variables/variables.index": "saved_model.pb"}


def report(program, path):
    done = subprocess.run([program, path, "--out-json", "-", "--include", "nodes,tensors"], capture_output=True, text=True, timeout=300)
    return json.loads(done.stdout) if done.returncode == 0 else done.stderr.strip()


def fits(found, truth):
    """TensorFlow may know less of a shape; what it knows has to be so."""
    if truth is None: return True
    if found is None or len(found) != len(truth): return False
    return all(t is None or t == f for f, t in zip(found, truth))


def check_operators(program):
    truth = json.loads((HERE / "operators.json").read_text())
    wrong = []
    for name, tensors in truth.items():
        found = report(program, HERE / f"{name}.pb")
        if isinstance(found, str):
            wrong.append(f"{name}.pb: {found}")
            continue
        checked = 0
        for tensor in found["tensors"]:
            if tensor["graph"] or tensor["name"] not in tensors: continue
            dtype, shape = tensors[tensor["name"]]
            checked += 1
            if tensor["dtype"] != dtype or not fits(tensor["shape"], shape):
                wrong.append(f"{name}: {tensor['name']} is {dtype} {shape}, found {tensor['dtype']} {tensor['shape']}")
        wrong += [f"{name}: {f['id']} {f['message']}" for f in found["findings"] if f["id"].startswith("contradicting")]
        if checked < LEAST_TENSORS[name]: wrong.append(f"{name}: only {checked} tensors were there to compare")
        print(f"{name}: {checked} of {len(tensors)} tensors compared")
    return wrong


def check_corpus(program, models):
    wrong = []
    for file, (macs, trainable, total, inputs, outputs) in CORPUS.items():
        found = report(program, models / file)
        if isinstance(found, str):
            wrong.append(f"{file}: {found}")
            continue
        got = (found["cost"]["macs"]["value"], found["parameters"]["trainable"], found["parameters"]["total"],
               [i["value_shape"] for i in found["graph"]["inputs"]], [o["value_shape"] for o in found["graph"]["outputs"]])
        for what, g, e in zip(("MACs", "trainable", "total", "inputs", "outputs"), got, (macs, trainable, total, inputs, outputs)):
            if e is not None and g != e: wrong.append(f"{file}: {what} {g}, expected {e}")
        coverage = found["cost"]["coverage"]
        if coverage["nodes"] != coverage["nodes_known"] and file not in INCOMPLETE:
            wrong.append(f"{file}: {coverage['unknown'][:3]}")
        accounting = found["model"]["accounting"]
        labelled = sum(accounting["weights"].values()) + sum(v for k, v in accounting.items() if k != "weights")
        if labelled != found["model"]["bytes"]: wrong.append(f"{file}: {labelled} bytes labelled of {found['model']['bytes']}")
        bad = [f for f in found["findings"] if f["severity"] != "info" and file not in INCOMPLETE]
        wrong += [f"{file}: {f['id']} {f['message']}" for f in bad]
    for file, word in REFUSED.items():
        found = report(program, models / file)
        if not isinstance(found, str) or word not in found: wrong.append(f"{file}: not refused with advice: {str(found)[:200]}")
    print(f"{len(CORPUS)} files of the corpus compared")
    return wrong


def main():
    program, models = sys.argv[1], Path(sys.argv[2])
    wrong = check_operators(program)
    if models.is_dir():
        wrong += check_corpus(program, models)
    else:
        print(f"SKIPPED the corpus: none at {models}")
    print("\n".join(wrong) or "all as TensorFlow says")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Keras files of the corpus: parameters, MACs, shapes; two published networks whose configurations are made here.

usage: check_keras.py HAOLINE MODELS. Exit 77 without the corpus. Expected figures: the corpus README ("known facts",
counted by another reader), MLPerf Tiny's MACs, keras.io's table of applications, other formats of the same network.
"""
import json
import os
import subprocess
import sys
import tempfile

PROGRAM, MODELS = sys.argv[1], sys.argv[2]
if not os.path.isdir(os.path.join(MODELS, "keras")):
    print("skipped: no corpus at", MODELS)
    sys.exit(77)

failures = []
checks = 0


def report(path):
    run = subprocess.run([PROGRAM, path, "--out-json", "-", "--include", "nodes,tensors"], capture_output=True, text=True)
    if run.returncode != 0:
        failures.append(f"{path}: exit {run.returncode}: {run.stderr.strip()}")
        return None
    return json.loads(run.stdout)


def expect(what, got, wanted):
    global checks
    checks += 1
    if got != wanted:
        failures.append(f"{what}: {got}, expected {wanted}")


def value(quantity):
    return quantity.get("value") if isinstance(quantity, dict) else quantity


# file: (total, trainable, MACs at batch 1)
IC = (78666, 78186, 12501632)
FIGURES = {
    "mlperf_tiny_ic_resnet8.h5": IC,
    "resnet8_keras3.h5": IC,
    "resnet8_keras3.keras": IC,
    "resnet8_keras3.json": IC,
    "resnet8_keras3.weights.h5": IC,
    "mlperf_tiny_vww_mobilenetv1_96.h5": (221794, 216322, 7489664),
    "mlperf_tiny_ad_autoencoder.h5": (269992, 267928, 264192),
    "mlperf_tiny_sww_1dcnn.h5": (47707, None, 826368),
    "mnistCNN.h5": (94602, 94602, None),
    "fer2013_mini_xception.hdf5": (58423, None, None),
    "hls4ml_3layer.json": (4389, 4389, 16 * 64 + 64 * 32 + 32 * 32 + 32 * 5),
    "hls4ml_3layer_weights.h5": (4389, 4389, 16 * 64 + 64 * 32 + 32 * 32 + 32 * 5),
    "hls4ml_conv1d_small_weights.h5": (171, 171, None),
    "qkeras_v3_3layer.keras": (4389, 4389, 16 * 64 + 64 * 32 + 32 * 32 + 32 * 5),
    # tower 8·8·(9·4 + 4·8) three times, proj and shared_dense twice, cls
    "zoo_nested.keras": (258, 258, 3 * 64 * (36 + 32) + 2 * 48 + 2 * 30 + 54),
    # 7 steps: 4·4·9·2·4 of the convolution, both ways 4·5·(64 + 5), 3·6·(10 + 6); then 6·3
    "zoo_recurrent.keras": (3221, 3221, 7 * (16 * 72 + 2 * 20 * 69 + 18 * 16) + 18),
    "zoo_recurrent_k2.h5": (825, 825, None),
    # one token: 4 projections of 16·16, both products 16, 16·32 twice; then 16·4
    "zoo_text.keras": (3892, 3892, 4 * 256 + 2 * 16 + 2 * 512 + 64),
}

nodes_of = {}
for name, (total, trainable, macs) in FIGURES.items():
    found = report(os.path.join(MODELS, "keras", name))
    if not found:
        continue
    nodes_of[name] = found
    expect(f"{name} total", value(found["parameters"]["total"]), total)
    if trainable is not None:
        expect(f"{name} trainable", value(found["parameters"]["trainable"]), trainable)
    if macs is not None:
        expect(f"{name} MACs", value(found["cost"]["macs"]), macs)
    accounting = found["model"]["accounting"]
    labelled = sum(accounting["weights"].values()) + sum(v for k, v in accounting.items() if k != "weights")
    expect(f"{name} bytes with a label", labelled, found["model"]["bytes"])
    wrong = [f["message"] for f in found["findings"] if f["id"] in ("contradicting-declaration", "contradicting-shapes", "wrong-arity")]
    expect(f"{name} contradictions", wrong, [])

# Every weight of every file is in the graph: elements by an independent reader, the corpus README's.
for name in ("mlperf_tiny_ic_resnet8.h5", "resnet8_keras3.keras"):
    weights = sum(t["bytes"]["value"] if isinstance(t["bytes"], dict) else t["bytes"] for t in nodes_of[name]["tensors"]
                  if t["role"] == "weight")
    expect(f"{name} weight bytes", weights, 4 * 78666)

# The same network in other formats: what each layer gives, and its MACs.
keras = {n["name"]: value(n["macs"]) for n in nodes_of["resnet8_keras3.keras"]["nodes"]}
older = {n["name"]: value(n["macs"]) for n in nodes_of["mlperf_tiny_ic_resnet8.h5"]["nodes"]}
expect("ResNet-8 by layer, Keras 2 and 3", keras, older)
for other in ("tfjs/resnet8_layers/model.json", "tflite/mlperf_tiny_ic_resnet8_fp32.tflite", "onnx/zoo_recurrent_tf2onnx.onnx", "onnx/zoo_text_tf2onnx.onnx"):
    found = report(os.path.join(MODELS, other))
    twin = {"tflite/mlperf_tiny_ic_resnet8_fp32.tflite": "resnet8_keras3.keras",
            "tfjs/resnet8_layers/model.json": "mlperf_tiny_ic_resnet8.h5"}.get(
        other, os.path.basename(other).replace("_tf2onnx.onnx", ".keras"))
    if found:
        expect(f"{twin} and {other}", value(nodes_of[twin]["cost"]["macs"]), value(found["cost"]["macs"]))


# --- Published networks: their configurations, as the code of keras.applications builds them.
class Net:
    def __init__(self, name, shape):
        self.name, self.layers, self.counts = name, [], {}
        self.layers.append({"class_name": "InputLayer", "name": "x", "inbound_nodes": [],
                            "config": {"name": "x", "dtype": "float32", "batch_input_shape": [None] + shape}})

    def add(self, kind, inputs, **config):
        self.counts[kind] = self.counts.get(kind, 0) + 1
        name = f"{kind.lower()}_{self.counts[kind]}"
        inputs = [inputs] if isinstance(inputs, str) else inputs
        self.layers.append({"class_name": kind, "name": name, "config": dict(config, name=name),
                            "inbound_nodes": [[[i, 0, 0, {}] for i in inputs]]})
        return name

    def json(self, output):
        return json.dumps({"class_name": "Functional", "keras_version": "2.15.0", "config": {
            "name": self.name, "layers": self.layers, "input_layers": [["x", 0, 0]], "output_layers": [[output, 0, 0]]}})


def conv_norm(n, x, filters, kernel, strides=1, bias=True, padding="same"):
    x = n.add("Conv2D", x, filters=filters, kernel_size=[kernel, kernel], strides=[strides, strides], padding=padding,
              use_bias=bias)
    return n.add("BatchNormalization", x, axis=[3])


def resnet50():
    n = Net("resnet50", [224, 224, 3])
    x = n.add("ZeroPadding2D", "x", padding=[[3, 3], [3, 3]])
    x = n.add("Activation", conv_norm(n, x, 64, 7, 2, padding="valid"), activation="relu")
    x = n.add("ZeroPadding2D", x, padding=[[1, 1], [1, 1]])
    x = n.add("MaxPooling2D", x, pool_size=[3, 3], strides=[2, 2], padding="valid")
    for filters, blocks, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for block in range(blocks):
            s = stride if block == 0 else 1
            short = conv_norm(n, x, 4 * filters, 1, s, padding="valid") if block == 0 else x
            y = n.add("Activation", conv_norm(n, x, filters, 1, s, padding="valid"), activation="relu")
            y = n.add("Activation", conv_norm(n, y, filters, 3), activation="relu")
            y = conv_norm(n, y, 4 * filters, 1, padding="valid")
            x = n.add("Activation", n.add("Add", [short, y]), activation="relu")
    x = n.add("GlobalAveragePooling2D", x)
    return n.json(n.add("Dense", x, units=1000, activation="softmax"))


def mobilenet_v2():
    n = Net("mobilenetv2", [224, 224, 3])
    x = n.add("ReLU", conv_norm(n, "x", 32, 3, 2, bias=False), max_value=6.0)
    channels = 32
    for index, (factor, out, repeat, stride) in enumerate(
            ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))):
        for block in range(repeat):
            s, y = (stride if block == 0 else 1), x
            if factor != 1:
                y = n.add("ReLU", conv_norm(n, y, factor * channels, 1, bias=False), max_value=6.0)
            if s == 2:
                y = n.add("ZeroPadding2D", y, padding=[[0, 1], [0, 1]])
            y = n.add("DepthwiseConv2D", y, kernel_size=[3, 3], strides=[s, s], use_bias=False,
                      padding="same" if s == 1 else "valid")
            y = n.add("ReLU", n.add("BatchNormalization", y, axis=[3]), max_value=6.0)
            y = conv_norm(n, y, out, 1, bias=False)
            x = n.add("Add", [x, y]) if s == 1 and channels == out else y
            channels = out
    x = n.add("ReLU", conv_norm(n, x, 1280, 1, bias=False), max_value=6.0)
    return n.json(n.add("Dense", n.add("GlobalAveragePooling2D", x), units=1000, activation="softmax"))


with tempfile.TemporaryDirectory() as folder:
    # keras.io/api/applications: parameters; MACs as the papers round them (3.9 G of 1x1-stride ResNet-50, 300 M).
    for name, text, total, least, most in (("resnet50", resnet50(), 25636712, 3.8e9, 3.95e9),
                                           ("mobilenetv2", mobilenet_v2(), 3538984, 2.95e8, 3.05e8)):
        path = os.path.join(folder, name + ".json")
        with open(path, "w") as out:
            out.write(text)
        found = report(path)
        if found:
            expect(f"{name} total", value(found["parameters"]["total"]), total)
            macs = value(found["cost"]["macs"])
            expect(f"{name} MACs {macs} plausible", least <= macs <= most, True)
            expect(f"{name} output", [o["value_shape"] for o in found["graph"]["outputs"]], [[1, 1000]])

for failure in failures:
    print(failure)
print(f"{checks} figures, {len(failures)} wrong")
sys.exit(1 if failures else 0)

#!/usr/bin/env python3
"""Makes the files of samples/: small models for the README, tests and fuzzing. Needs the package onnx.

usage: make_samples.py SAMPLES_DIR [RESNET8_ONNX]

Everything is deterministic. RESNET8_ONNX is MLPerf Tiny's trained ResNet-8 as tf2onnx converts it (mlcommons/tiny,
Apache-2.0, see samples/README.md); without it samples/resnet8.onnx is left as it is.
"""
import random
import struct
import sys
from pathlib import Path

from onnx import AttributeProto, TensorProto, helper, load, save


def floats(name, dims, seed):
    count = 1
    for dim in dims:
        count *= dim
    generator = random.Random(seed)
    values = [generator.uniform(-0.5, 0.5) for _ in range(count)]
    return helper.make_tensor(name, TensorProto.FLOAT, dims, struct.pack(f"<{count}f", *values), raw=True)


def integers(name, values):
    return helper.make_tensor(name, TensorProto.INT64, [len(values)], struct.pack(f"<{len(values)}q", *values), raw=True)


def value(name, element, dims):
    return helper.make_tensor_value_info(name, element, dims)


def model(graph, functions=(), domains=(("", 21),)):
    made = helper.make_model(
        graph,
        producer_name="haoline-samples",
        functions=list(functions),
        opset_imports=[helper.make_opsetid(domain, version) for domain, version in domains],
    )
    made.ir_version = 10
    return made


def resnet8(source):
    """The trained network with readable names for its input, output and batch."""
    made = load(source)
    made.graph.name = "resnet8"
    renamed = {made.graph.input[0].name: "image", made.graph.output[0].name: "probabilities"}
    for tensor, shape in ((made.graph.input[0], ["batch", 32, 32, 3]), (made.graph.output[0], ["batch", 10])):
        tensor.CopyFrom(value(renamed[tensor.name], TensorProto.FLOAT, shape))
    for node in made.graph.node:
        node.input[:] = [renamed.get(name, name) for name in node.input]
        node.output[:] = [renamed.get(name, name) for name in node.output]
    del made.graph.value_info[:]
    return made


def control_flow():
    """An If whose branches capture an outer tensor, and a Loop with a fixed trip count that multiplies by a weight."""
    x = ["batch", 16]
    then = helper.make_graph([helper.make_node("Relu", ["x"], ["positive"], "/positive/Relu")], "then", [],
                             [value("positive", TensorProto.FLOAT, x)])
    other = helper.make_graph([helper.make_node("Neg", ["x"], ["negated"], "/negated/Neg")], "else", [],
                              [value("negated", TensorProto.FLOAT, x)])
    body = helper.make_graph(
        [
            helper.make_node("MatMul", ["state", "w"], ["product"], "/step/MatMul"),
            helper.make_node("Tanh", ["product"], ["next"], "/step/Tanh"),
            helper.make_node("Identity", ["go"], ["go_on"], "/step/Identity"),
            helper.make_node("Identity", ["next"], ["each"], "/step/Identity_1"),
        ],
        "body",
        [value("i", TensorProto.INT64, []), value("go", TensorProto.BOOL, []), value("state", TensorProto.FLOAT, x)],
        [value("go_on", TensorProto.BOOL, []), value("next", TensorProto.FLOAT, x), value("each", TensorProto.FLOAT, x)],
    )
    trips = helper.make_tensor("trips", TensorProto.INT64, [], [4])
    go = helper.make_tensor("start", TensorProto.BOOL, [], [True])
    graph = helper.make_graph(
        [
            helper.make_node("If", ["choice"], ["chosen"], "/If", then_branch=then, else_branch=other),
            helper.make_node("Loop", ["trips", "start", "chosen"], ["last", "all"], "/Loop", body=body),
        ],
        "control_flow",
        [value("choice", TensorProto.BOOL, []), value("x", TensorProto.FLOAT, x)],
        [value("last", TensorProto.FLOAT, x), value("all", TensorProto.FLOAT, [4, "batch", 16])],
        [floats("w", [16, 16], 1), trips, go],
    )
    return model(graph)


def external_data(folder):
    """Two layers whose weights lie in external_data.bin, each at a multiple of 64 bytes."""
    weights = {"w1": [32, 64], "b1": [64], "w2": [64, 10], "b2": [10]}
    stored = bytearray()
    initializers = []
    for seed, (name, dims) in enumerate(weights.items()):
        stored += bytes(-len(stored) % 64)
        tensor = floats(name, dims, seed)
        data, tensor.raw_data = tensor.raw_data, b""
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        for key, text in (("location", "external_data.bin"), ("offset", len(stored)), ("length", len(data))):
            tensor.external_data.add(key=key, value=str(text))
        stored += data
        initializers.append(tensor)
    (folder / "external_data.bin").write_bytes(stored)
    graph = helper.make_graph(
        [
            helper.make_node("Gemm", ["x", "w1", "b1"], ["h"], "/layer.0/Gemm"),
            helper.make_node("Relu", ["h"], ["r"], "/layer.1/Relu"),
            helper.make_node("Gemm", ["r", "w2", "b2"], ["y"], "/layer.2/Gemm"),
        ],
        "external_data",
        [value("x", TensorProto.FLOAT, ["batch", 32])],
        [value("y", TensorProto.FLOAT, ["batch", 10])],
        initializers,
    )
    return model(graph)


def local_functions():
    """A gated layer as a local function that calls another one, with an attribute that has a default."""
    imports = [helper.make_opsetid("", 21), helper.make_opsetid("samples.layers", 1)]
    leak = helper.make_node("LeakyRelu", ["a"], ["l"], "leak")
    leak.attribute.append(AttributeProto(name="alpha", type=AttributeProto.FLOAT, ref_attr_name="slope"))
    gate = helper.make_function(
        "samples.layers", "Gate", ["a"], ["b"],
        [leak, helper.make_node("Sigmoid", ["a"], ["s"], "sigmoid"), helper.make_node("Mul", ["l", "s"], ["b"], "mul")],
        imports, [], [helper.make_attribute("slope", 0.01)],
    )
    layer = helper.make_function(
        "samples.layers", "Layer", ["x", "w", "b"], ["y"],
        [
            helper.make_node("MatMul", ["x", "w"], ["p"], "matmul"),
            helper.make_node("Add", ["p", "b"], ["s"], "add"),
            helper.make_node("Gate", ["s"], ["y"], "gate", domain="samples.layers"),
        ],
        imports,
    )
    graph = helper.make_graph(
        [
            helper.make_node("Layer", ["x", "w0", "b0"], ["h"], "/net/layer.0", domain="samples.layers"),
            helper.make_node("Layer", ["h", "w1", "b1"], ["y"], "/net/layer.1", domain="samples.layers"),
        ],
        "local_functions",
        [value("x", TensorProto.FLOAT, ["batch", 24])],
        [value("y", TensorProto.FLOAT, ["batch", 24])],
        [floats("w0", [24, 24], 1), floats("b0", [24], 2), floats("w1", [24, 24], 3), floats("b1", [24], 4)],
    )
    return model(graph, [layer, gate], (("", 21), ("samples.layers", 1)))


def int4():
    """A linear layer with 4-bit weights in blocks of 32, as DequantizeLinear understands them."""
    rows, columns, block = 64, 32, 32
    generator = random.Random(5)
    packed = bytes(generator.randrange(256) for _ in range(rows * columns // 2))
    weight = helper.make_tensor("w", TensorProto.INT4, [rows, columns], packed, raw=True)
    zero = helper.make_tensor("w_zero", TensorProto.INT4, [rows // block, columns], bytes(rows // block * columns // 2), raw=True)
    graph = helper.make_graph(
        [
            helper.make_node("DequantizeLinear", ["w", "w_scale", "w_zero"], ["w_float"], "/proj/DequantizeLinear",
                             axis=0, block_size=block),
            helper.make_node("MatMul", ["x", "w_float"], ["y"], "/proj/MatMul"),
        ],
        "int4",
        [value("x", TensorProto.FLOAT, ["batch", "seq", rows])],
        [value("y", TensorProto.FLOAT, ["batch", "seq", columns])],
        [weight, floats("w_scale", [rows // block, columns], 6), zero],
    )
    return model(graph)


def main():
    folder = Path(sys.argv[1])
    if len(sys.argv) > 2:
        save(resnet8(sys.argv[2]), folder / "resnet8.onnx")
    for name, made in (
        ("control_flow", control_flow()),
        ("external_data", external_data(folder)),
        ("local_functions", local_functions()),
        ("int4", int4()),
    ):
        (folder / f"{name}.onnx").write_bytes(made.SerializeToString(deterministic=True))


if __name__ == "__main__":
    main()

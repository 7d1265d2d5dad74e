#!/usr/bin/env python3
"""Records what ONNX Runtime computes for one-node models of com.microsoft operators, and of ai.onnx and ai.onnx.ml
operators that have no operator test of their own.

usage: record.py [--check]  (needs: pip install onnx==1.22.0 onnxruntime==1.32.0 numpy)

--check writes nothing and fails when ONNX Runtime says something else than cases.txt.

Every case is a model of one node with small inputs, run on the CPU without graph optimizations. Written to
cases.txt next to this script, which tests/proof/contrib_proof.cc replays without ONNX Runtime:

    case <domain.operator> <variant>
    model <base64 of the ModelProto>
    input <base64 of a TensorProto>     one per input; elements only of integers and booleans
    output <base64 of a TensorProto>    one per output; a dash where the node does not have it
    inferred <type> <extents>           instead of outputs, where the CPU has no kernel: what the shape inference of
                                        the operator's registration says; "?" for what it leaves open

How the latter is asked: results are declared wrongly on purpose, and the refusal names what was inferred.
The variants are in cases_*.py. Operators without any case are listed as `without <operator>`.
"""
import base64
import re
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import onnxruntime.capi.onnxruntime_pybind11_state as state
from onnx import TensorProto, helper, numpy_helper

HERE = Path(__file__).resolve().parent
MAX_ELEMENTS = 64  # of a recorded integer tensor


class Const:
    """An operand that the model stores."""

    def __init__(self, array):
        self.array = array


class Raw:
    """An operand of a type that numpy lacks: a TensorProto that the model stores."""

    def __init__(self, proto):
        self.proto = proto


class Case:
    def __init__(self, op, variant, inputs, outputs=1, opset=21, types=(), domain="com.microsoft",
                 **attributes):
        self.op, self.variant, self.inputs, self.opset, self.domain = op, variant, inputs, opset, domain
        self.outputs = [True] * outputs if isinstance(outputs, int) else outputs
        self.attributes, self.types = attributes, types  # types: where the registration leaves them open

    def model(self):
        names, graph_inputs, initializers = [], [], []
        for i, operand in enumerate(self.inputs):
            name = f"in{i}"
            if operand is None:
                names.append("")
                continue
            names.append(name)
            if isinstance(operand, Const):
                initializers.append(numpy_helper.from_array(operand.array, name))
            elif isinstance(operand, Raw):
                operand.proto.name = name
                initializers.append(operand.proto)
            else:
                kind = helper.np_dtype_to_tensor_dtype(operand.dtype)
                graph_inputs.append(helper.make_tensor_value_info(name, kind, operand.shape))
        outputs = [f"out{i}" if wanted else "" for i, wanted in enumerate(self.outputs)]
        node = helper.make_node(self.op, names, outputs, name="n", domain=self.domain, **self.attributes)
        results = [onnx.ValueInfoProto(name=o) for o in outputs if o]
        for result, kind in zip(results, self.types):
            result.type.tensor_type.elem_type = kind
        graph = helper.make_graph([node], "g", graph_inputs, results, initializers)
        opsets = [helper.make_opsetid("", self.opset), helper.make_opsetid("com.microsoft", 1),
                  helper.make_opsetid("ai.onnx.ml", 4)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=10, producer_name="")

    @property
    def full_name(self):
        return f"{self.domain}.{self.op}" if self.domain else self.op

    def feeds(self):
        return {f"in{i}": x for i, x in enumerate(self.inputs) if isinstance(x, np.ndarray)}


def recorded(array):
    """A TensorProto with the extents, and with elements where they may steer shapes."""
    proto = TensorProto(dims=array.shape, data_type=helper.np_dtype_to_tensor_dtype(array.dtype))
    if array.dtype.kind in "iub" and array.dtype.itemsize in (1, 4, 8) and array.dtype not in (np.int8, np.uint8):
        if array.size <= MAX_ELEMENTS:
            proto = numpy_helper.from_array(array)
    return base64.b64encode(proto.SerializeToString()).decode()


def options():
    made = ort.SessionOptions()
    made.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    made.log_severity_level = 4
    made.intra_op_num_threads = 1
    return made


def open_session(model, made):
    return ort.InferenceSession(model.SerializeToString(), made, providers=["CPUExecutionProvider"])


def run(case):
    model = case.model()
    return model, open_session(model, options()).run(None, case.feeds())


WRONG = 7777  # an extent that no case has


def refusal(model, declared):
    for result, (kind, shape) in zip(model.graph.output, declared):
        result.CopyFrom(helper.make_tensor_value_info(result.name, kind, shape))
    strict = options()
    strict.add_session_config_entry("session.strict_shape_type_inference", "1")
    try:
        open_session(model, strict)
    except Exception as error:
        return str(error)
    return ""


KINDS = {"float": "float32", "double": "float64"}


def ask_registry(case):
    """What the registered shape inference says of each result: [(type or "?", extents or None)]."""
    model = case.model()
    count = len(model.graph.output)
    declared = [[TensorProto.STRING, [WRONG] * 9] for _ in range(count)]
    kinds = ["?"] * count
    for _ in range(200):
        error = refusal(model, declared)
        if found := re.search(r"output arg \(out(\d+)\).*expected type \(tensor\((\w+)\)\)", error):
            at = [r.name for r in model.graph.output].index("out" + found[1])
            kinds[at] = KINDS.get(found[2], found[2])
            declared[at][0] = TensorProto.DataType.Value(found[2].upper())
        elif found := re.search(r"Output:out(\d+).*inferred=(\d+) declared=", error):
            declared[[r.name for r in model.graph.output].index("out" + found[1])][1] = [WRONG] * int(found[2])
        elif found := re.search(r"Output:out(\d+).*Inferred=(-?\d+) Declared=\d+ Dimension=(\d+)", error):
            declared[[r.name for r in model.graph.output].index("out" + found[1])][1][int(found[3])] = int(found[2])
        else:
            break
    else:
        raise RuntimeError("does not settle")
    if "INVALID_GRAPH" in error or "ShapeInferenceError" in error:
        raise RuntimeError(error)
    return model, [(kind, None if len(shape) == 9 else ["?" if d == WRONG else d for d in shape])
                   for kind, (_, shape) in zip(kinds, declared)]


def describe(kind, extents):
    return f"inferred {kind} " + ("?rank" if extents is None else "[" + ",".join(map(str, extents)) + "]")


def record(case):
    """-> lines of the case, and why it could not be run if it was only inferred."""
    lines, why = [f"case {case.full_name} {case.variant}"], None
    try:
        model, results = run(case)
        said = ["output " + recorded(np.asarray(r)) for r in results]
    except Exception as error:
        why = str(error).splitlines()[0]
        model, results = ask_registry(case)
        if all(extents is None for _, extents in results):
            raise RuntimeError(why)
        said = [describe(*r) for r in results]
    clean = case.model()
    lines.append("model " + base64.b64encode(clean.SerializeToString()).decode())
    lines += ["input " + recorded(case.feeds()[i.name]) for i in clean.graph.input]
    said = iter(said)
    lines += [next(said) if wanted else "output -" for wanted in case.outputs]
    return lines, why


def main():
    sys.path.insert(0, str(HERE))
    import cases_attention
    import cases_onnx
    import cases_other
    import cases_quantized

    cases = cases_attention.CASES + cases_quantized.CASES + cases_other.CASES + cases_onnx.CASES
    lines, failed, covered, ran = [], [], set(), 0
    for case in sorted(cases, key=lambda c: (c.full_name, c.variant)):
        try:
            said, why = record(case)
        except Exception as error:  # told, and left out
            failed.append(f"{case.op} {case.variant}: {str(error).splitlines()[0][:300]}")
            continue
        covered.add(case.full_name)
        lines += said
        ran += why is None
        if why and "NOT_IMPLEMENTED" not in why and "--check" not in sys.argv:
            print("only inferred:", case.op, case.variant, why[:200])
    every = sorted({"com.microsoft." + s.name for s in state.get_all_operator_schema() if s.domain == "com.microsoft"})
    lines += [f"without {op}" for op in every if op not in covered]
    text = "\n".join(lines) + "\n"
    if "--check" in sys.argv:
        same = text == (HERE / "cases.txt").read_text()
        print("the recorded cases are what ONNX Runtime says" if same else "cases.txt is not what ONNX Runtime says")
        return 0 if same else 1
    (HERE / "cases.txt").write_text(text)
    print(f"{sum(l.startswith('case') for l in lines)} cases of {len(covered)} operators, {ran} of them run; "
          f"{len(set(every) - covered)} operators of com.microsoft without")
    for line in failed:
        print("FAILED", line)
    return 0


if __name__ == "__main__":
    sys.modules["record"] = sys.modules["__main__"]
    sys.exit(main())

"""Records the arenas that onnxsim plans for the corpus, for figures_proof to compare with.

    pip install onnx==1.22.0 onnxsim==0.8.1
    record_onnxsim.py MODELS > onnxsim_arenas.txt

Symbols have the values of the first recorded binding, others 1. A model counts when onnxsim could place all of its
tensors and saw the same ones as we do: local functions hide theirs from it, and it takes declared extents for tensors
whose size only the data decides.
"""
import json
import pathlib
import sys

import onnx
import onnxsim

DATA_DECIDES = {"NonMaxSuppression", "NonZero", "Unique", "Compress"}


def bindings_of(models, stem):
    path = models / "truth" / "onnx" / f"{stem}.json"
    if not path.exists():
        return {}
    record = json.loads(path.read_text())
    return record.get("bind") or (record.get("bindings") or [{}])[0]


def plan(path, bindings):
    model = onnx.load(str(path))
    if model.functions or any(node.op_type in DATA_DECIDES for node in model.graph.node):
        return None
    for value in model.graph.input:
        for axis, dim in enumerate(value.type.tensor_type.shape.dim):
            known = bindings.get(dim.dim_param, bindings.get(f"{value.name}[{axis}]"))
            if known is None and not dim.HasField("dim_value"):
                known = 1
            if known is not None:
                dim.dim_value = known
    del model.graph.value_info[:]
    model = onnx.shape_inference.infer_shapes(model, data_prop=True)
    made = onnxsim.plan_activation_memory(model, run_shape_inference=False)
    return None if made.unplanned else made.arena_bytes


def main():
    models = pathlib.Path(sys.argv[1])
    print("# Made by record_onnxsim.py: model, arena bytes of onnxsim 0.8.1 plan_activation_memory.")
    for path in sorted((models / "onnx").rglob("*.onnx")):
        try:
            arena = plan(path, bindings_of(models, path.stem))
        except Exception as error:  # what it cannot read is not compared
            print(f"{path.name}: {error}", file=sys.stderr)
            continue
        if arena is not None:
            print(path.relative_to(models / "onnx").with_suffix(""), arena)


if __name__ == "__main__":
    main()

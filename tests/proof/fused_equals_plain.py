#!/usr/bin/env python3
"""What ONNX Runtime's optimizer and quantizers made of a model costs what the model itself does: one formula.

usage: fused_equals_plain.py PROGRAM MODELS_DIR      (exit 77 where the corpus is missing)

Fusion, 8-bit and 4-bit weights change operators, not products: com.microsoft's Attention, MatMulNBits and QLinearConv
have to give, symbols included, the multiply-accumulates of the exporter's plain graph.
"""
import json
import subprocess
import sys
from pathlib import Path

PAIRS = [  # (made by ONNX Runtime, exported, whether the parameters are the same, too: folding a norm removes some)
    ("ort_fused_bert", "pt_legacy_bert", True),
    ("ort_dynamic_int8_bert", "pt_legacy_bert", False),
    ("ort_fused_gpt2", "pt_legacy_gpt2", True),
    ("ort_int4_llama_kv", "pt_legacy_llama_kv", True),
    ("ort_qdq_resnet18_w8", "pt_legacy_resnet18_w8", False),
    ("resnet8_ort_extended", "resnet8_tf2onnx_op13", False),
    ("resnet8_ort_dynamic_uint8", "resnet8_tf2onnx_op13", False),
    ("resnet8_ort_qdq_uint8_pertensor", "resnet8_tf2onnx_op13", False),
    ("resnet8_ort_qdq_int8_perchannel", "resnet8_tf2onnx_op13", False),
]


def report(program, path):
    return json.loads(subprocess.run([program, path, "--out-json", "-"], capture_output=True, check=True).stdout)


def main():
    program, models = sys.argv[1], Path(sys.argv[2])
    if not models.is_dir():
        print(f"SKIPPED: no model corpus at {models}")
        return 77
    failed = 0
    for made, exported, same_parameters in PAIRS:
        a, b = (report(program, models / f"{name}.onnx") for name in (made, exported))
        facts = [(r["cost"]["macs"].get("formula"), r["cost"]["macs"]["value"], r["cost"]["coverage"]["nodes"] ==
                  r["cost"]["coverage"]["nodes_known"], r["parameters"]["total"] if same_parameters else None)
                 for r in (a, b)]
        if facts[0] != facts[1] or not facts[0][2]:
            failed += 1
            print(f"{made}: {facts[0]}\n  {exported}: {facts[1]}")
    print(f"{len(PAIRS) - failed} pairs agree, {failed} do not")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

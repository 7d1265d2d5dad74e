#!/usr/bin/env python3
"""MACs, live peaks and parameters of TFLite files against figures that others published or that follow by hand.

usage: check_figures.py PROGRAM MODELS
"""
import json
import subprocess
import sys
from pathlib import Path

# MLPerf Tiny: MACs; largest sum of live activations in bytes (int8); trainable parameters.
# ResNet-8 has 78,186 with normalization and 77,706 once that is folded into the convolutions.
MLPERF = {
    "mlperf_tiny_ic_resnet8_int8": (12_501_632, 49_152, 77_706),
    "mlperf_tiny_kws_int8": (2_656_768, 16_000, None),
    "mlperf_tiny_vww_int8": (7_489_664, 55_296, None),
    "mlperf_tiny_ad_int8": (264_192, 768, None),
    "mlperf_tiny_sww_int8": (826_368, 6_656, None),
    "mlperf_tiny_ic_resnet8_fp32": (12_501_632, 4 * 49_152, 77_706),
    "mlperf_tiny_kws_fp32": (2_656_768, 4 * 16_000, None),
    "mlperf_tiny_vww_fp32": (7_489_664, 4 * 55_296, None),
    "mlperf_tiny_ad_fp32": (264_192, 4 * 768, None),
    "resnet8_fp32": (12_501_632, None, 77_706),
    "resnet8_fp32_batch1": (12_501_632, None, 77_706),
    "resnet8_fp16_weights": (12_501_632, None, 77_706),
    "resnet8_dynamic_range": (12_501_632, None, 77_706),
    "resnet8_int8": (12_501_632, None, 77_706),
    # tflm_mnist_lstm: 28 steps of 4 gates of (28 + 20) inputs and 20 units, then 560 x 10
    "tflm_mnist_lstm_fp32": (28 * 4 * 20 * (28 + 20) + 560 * 10, None, 4 * 20 * (28 + 20) + 4 * 20 + 560 * 10 + 10),
    # two LSTMs of 128 units over 257 and 128 features, one step, then a dense layer of 128 x 257
    "tflm_dtln_noise_suppression": (4 * 128 * (257 + 128) + 4 * 128 * (128 + 128) + 128 * 257, None, None),
    # two dense layers of 16 between one number and one
    "tflm_hello_world_float": (16 + 16 * 16 + 16, None, 321),
    "tflm_hello_world_int8": (16 + 16 * 16 + 16, None, 321),
    # cells over 96 or 16 features, 64 filters and 8 steps, and dense layers between; then three of 32 filters, 32 steps
    "tflm_keyword_scrambled": (
        64 * (96 + 8) + 4 * 16 * 64 + 3 * 64 * (16 + 8) + 32 * (16 + 32) + 2 * 32 * (32 + 32) + 2 * 32, None, None),
}


def report(program, path):
    out = subprocess.run([program, str(path), "--out-json", "-"], capture_output=True, check=True).stdout
    return json.loads(out)


def main():
    program, models = sys.argv[1], Path(sys.argv[2]) / "tflite"
    if not models.exists():
        print(f"{models} is not there: nothing is compared")
        return 77
    failures = checked = 0
    for name, (macs, peak, parameters) in MLPERF.items():
        found = report(program, models / f"{name}.tflite")
        have = (found["cost"]["macs"]["value"], found["memory"]["activation_peak_bytes"]["value"],
                found["parameters"]["trainable"])
        for what, wanted, value in zip(("MACs", "peak", "parameters"), (macs, peak, parameters), have):
            if wanted is None:
                continue
            checked += 1
            if value != wanted:
                failures += 1
                print(f"{name}: {what} are {value}, not {wanted}")
    for path in sorted(models.glob("*.tflite")):  # every byte has one label
        model = report(program, path)["model"]
        labels = model["accounting"]
        total = sum(labels["weights"].values()) + sum(v for k, v in labels.items() if k not in ("weights", "duplicate"))
        checked += 1
        if total != path.stat().st_size:
            failures += 1
            print(f"{path.name}: the labels add up to {total}, the file has {path.stat().st_size} bytes")
    print(f"{checked} figures, {failures} wrong")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

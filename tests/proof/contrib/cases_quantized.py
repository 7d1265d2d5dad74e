"""Products, packed weights, quantized operators, experts."""
import numpy as np
from onnx import TensorProto, helper

from record import Case, Const, Raw

RNG = np.random.default_rng(2)
CASES = []


def f(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def u8(*shape, high=200):
    return RNG.integers(0, high, shape).astype(np.uint8)


def i8(*shape):
    return RNG.integers(-9, 9, shape).astype(np.int8)


def scale(value=0.1):
    return Const(np.array(value, np.float32))


def zero(value=1, kind=np.uint8):
    return Const(np.array(value, kind))


def int4(*shape):
    count = int(np.prod(shape))
    return Raw(helper.make_tensor("x", TensorProto.INT4, shape, [0] * count))


def case(op, variant, inputs, outputs=1, **attributes):
    CASES.append(Case(op, variant, inputs, outputs, **attributes))


# --- products
for op in ("FusedMatMul", "TransposeMatMul"):
    case(op, "plain", [f(2, 3, 4), f(4, 5)])
    case(op, "trans_a", [f(2, 4, 3), f(2, 4, 5)], transA=1)
    case(op, "trans_b", [f(2, 3, 4), f(2, 5, 4)], transB=1, alpha=0.5)
case("FusedMatMul", "vector", [f(4), f(4, 5)])
case("FusedMatMul", "batch_a", [f(3, 2, 4), f(2, 4, 5)], transBatchA=1)
case("FusedMatMul", "batch_b", [f(2, 3, 4), f(4, 2, 5)], transBatchB=1)
case("FusedMatMul", "batch_and_trans", [f(4, 2, 3), f(2, 4, 5)], transA=1, transBatchA=1)
case("FusedMatMul", "broadcast", [f(2, 1, 3, 4), f(6, 4, 5)])
case("FusedMatMulActivation", "relu", [f(2, 3, 4), f(4, 5)], activation="Relu")
case("FusedGemm", "relu", [f(3, 4), f(4, 5), f(5)], activation="Relu")
case("FusedGemm", "transposed", [f(4, 3), f(5, 4)], transA=1, transB=1, activation="LeakyRelu", activation_alpha=0.1)
case("GemmFastGelu", "plain", [f(2, 3, 4), f(4, 5), f(5)])
case("GemmFloat8", "plain", [f(3, 4), f(4, 5)])
case("MatMulInteger16", "plain", [np.ones((3, 4), np.int16), np.ones((4, 5), np.int16)])
case("MatMulIntegerToFloat", "plain", [u8(2, 3, 4), u8(4, 5), scale(), scale()])
case("MatMulIntegerToFloat", "bias", [u8(3, 4), u8(4, 5), scale(), scale(), zero(), zero(), Const(f(5))])
case("DynamicQuantizeMatMul", "plain", [f(2, 3, 4), u8(4, 5), scale()])
case("DynamicQuantizeMatMul", "columns", [f(3, 4), u8(4, 5), Const(np.ones(5, np.float32)), Const(np.ones(5, np.uint8)),
                                          Const(f(5))])
case("QGemm", "float", [u8(3, 4), scale(), zero(), u8(4, 5), scale(), zero()])
case("QGemm", "quantized",
     [u8(4, 3), scale(), zero(), i8(5, 4), scale(), zero(0, np.int8), np.ones(5, np.int32), scale(), zero()],
     transA=1, transB=1)
case("RouterGateUpProj", "plain", [f(2, 3, 4).astype(np.float16), f(4, 2 + 6).astype(np.float16)], 2, router_size=2)
# --- packed weights
case("MatMulNBits", "four", [f(2, 3, 32), Const(u8(8, 2, 8)), Const(f(8, 2))], K=32, N=8, block_size=16)
case("MatMulNBits", "zero_points", [f(3, 32), Const(u8(8, 2, 8)), Const(f(8, 2)), Const(u8(8, 1))], K=32, N=8,
     block_size=16)
case("MatMulNBits", "bias", [f(3, 32), Const(u8(8, 2, 8)), Const(f(8, 2)), None, None, Const(f(8))], K=32, N=8,
     block_size=16)
case("MatMulNBits", "eight", [f(3, 32), Const(u8(8, 2, 16)), Const(f(8, 2))], K=32, N=8, block_size=16, bits=8)
case("MatMulNBits", "ragged", [f(3, 40), Const(u8(8, 3, 8)), Const(f(8, 3))], K=40, N=8, block_size=16)
case("MatMulBnb4", "fp4", [f(2, 3, 32), Const(u8(128)), Const(f(16))], K=32, N=8, block_size=16, quant_type=0)
case("MatMulBnb4", "nf4", [f(3, 32), Const(u8(128)), Const(f(16))], K=32, N=8, block_size=16, quant_type=1)
case("MatMulFpQ4", "plain", [f(3, 32), Const(u8(8 * 1 * 20)), Const(np.array([32, 8], np.int64))], blk_quant_type=0)
case("MatMulBlockQuantizedFp4Weight", "plain",
     [f(3, 32).astype(np.float16), Const(u8(8, 16)), Const(u8(8, 2)), Const(np.array(1, np.float32))])
case("MatMulNBitsMlp", "plain",
     [f(2, 3, 32), None, None, Const(u8(8, 1, 16)), Const(f(8, 1)), None, Const(u8(8, 1, 16)), Const(f(8, 1)), None],
     K=32, N=8, block_size=32, activation="silu")
case("MatMulNBitsQkv", "plain",
     [f(2, 3, 32), None, Const(f(32)), Const(u8(8, 1, 16)), Const(f(8, 1)), None, Const(u8(4, 1, 16)), Const(f(4, 1)),
      None, Const(u8(4, 1, 16)), Const(f(4, 1)), None], 3, K=32, Nq=8, Nkv=4, block_size=32)
case("MatMulNBitsQLoRA", "plain",
     [f(2, 3, 32), Const(u8(8, 1, 16)), Const(f(8, 1)), Const(u8(4, 1, 32)), Const(f(4, 1)), Const(u8(8, 1, 32)),
      Const(f(8, 1))], K=32, N=8)
case("MatMulPacked", "plain", [f(3, 256).astype(np.float16), Const(u8(8, 144))], K=256, N=8, packed_type=12)
case("GatherBlockQuantized", "int4", [int4(6, 32), np.array([[1, 2, 3]], np.int64), Const(f(6, 2))], block_size=16)
case("GatherBlockQuantized", "bytes", [Const(u8(6, 16)), np.array([1, 2, 3], np.int64), Const(f(6, 2))],
     block_size=16)
case("GatherBlockQuantized", "eight", [Const(u8(6, 32)), np.array(2, np.int64), Const(f(6, 2))], block_size=16,
     bits=8)
case("GatherBlockQuantized", "second_axis", [int4(4, 6, 32), np.array([1, 2], np.int32), Const(f(4, 6, 2))],
     block_size=16, gather_axis=1, quantize_axis=2)
case("GatherPacked", "plain", [Const(u8(6, 144)), np.array([1, 2], np.int64)], K=256, packed_type=12, output_dtype=1)
# --- QLinear
QA = [u8(2, 3, 4), scale(), zero()]
case("QLinearAdd", "same", QA + [u8(2, 3, 4), scale(), zero(), scale(), zero()])
case("QLinearAdd", "broadcast", QA + [u8(3, 1), scale(), zero(), scale(), zero()])
case("QLinearMul", "same", QA + [u8(2, 3, 4), scale(), zero(), scale(), zero()])
case("QLinearMul", "broadcast", QA + [u8(5, 1, 3, 4), scale(), zero(), scale(), zero()])
case("MulInteger", "plain", [u8(3, 4), zero(), u8(4), zero()])
case("QLinearSigmoid", "plain", QA + [scale(), zero()])
case("QLinearLeakyRelu", "plain", QA + [scale(), zero()], alpha=0.1)
CASES.append(Case("QLinearSoftmax", "plain", QA + [scale(1 / 256), zero(0)], 1, 21))
CASES[-1].attributes = {"opset": 13, "axis": -1}
case("QLinearWhere", "broadcast",
     [np.array([[True], [False]]), u8(2, 3), scale(), zero(), u8(3), scale(), zero(), scale(), zero()])
case("QLinearConcat", "two", [scale(), zero(), u8(2, 3), scale(), zero(), u8(2, 5), scale(), zero()], axis=1)
case("QLinearConcat", "three",
     [scale(), zero(), u8(2, 3), scale(), zero(), u8(1, 3), scale(), zero(), u8(4, 3), scale(), zero()], axis=-2)
case("QLinearReduceMean", "keep", QA + [scale(), zero()], axes=[1], keepdims=1)
case("QLinearReduceMean", "drop", QA + [scale(), zero()], axes=[-1], keepdims=0)
case("ReduceSumInteger", "plain", [u8(2, 3)], axes=[1], keepdims=1, types=[TensorProto.UINT32])
QI = [u8(1, 4, 9, 8), scale(), zero()]
QL = [u8(1, 9, 8, 4), scale(), zero()]
case("QLinearAveragePool", "first", QI + [scale(), zero()], kernel_shape=[3, 2], strides=[2, 2])
case("QLinearAveragePool", "last", QL + [scale(), zero()], kernel_shape=[3, 3], pads=[1, 1, 1, 1], channels_last=1)
case("QLinearAveragePool", "ceil", QI + [scale(), zero()], kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)
case("QLinearGlobalAveragePool", "first", QI + [scale(), zero()])
case("QLinearGlobalAveragePool", "last", QL + [scale(), zero()], channels_last=1)
case("QLinearConv", "first", QI + [Const(u8(6, 4, 3, 3)), scale(), zero(), scale(), zero()], pads=[1, 1, 1, 1])
case("QLinearConv", "last",
     QL + [Const(u8(6, 4, 3, 3)), scale(), zero(), scale(), zero(), Const(np.ones(6, np.int32))], channels_last=1,
     strides=[2, 2])
case("QLinearConv", "grouped", QL + [Const(u8(4, 1, 3, 3)), scale(), zero(), scale(), zero()], channels_last=1,
     group=4, auto_pad="SAME_UPPER")
# --- quantizers
case("QuantizeLinear", "int8", [f(2, 3), scale(), zero(0, np.int8)])
case("QuantizeLinear", "axis", [f(2, 3), Const(np.ones(3, np.float32)), Const(np.ones(3, np.uint16))], axis=1)
case("QuantizeLinear", "default", [f(2, 3), scale()])
case("DequantizeLinear", "plain", [u8(2, 3), scale(), zero()])
case("DequantizeLinear", "axis", [i8(2, 3), Const(np.ones(2, np.float32)), Const(np.zeros(2, np.int8))], axis=0)
case("DequantizeLinear", "without_zero", [np.ones((2, 3), np.int32), scale()])
case("QuantizeWithOrder", "plain", [f(2, 32), scale()], order_input=1, order_output=1)
case("DequantizeWithOrder", "plain", [i8(2, 32), scale()], order_input=1, order_output=1, to=1)
case("QuantizeBFP", "plain", [f(2, 16)], 3, bfp_type=0)
case("QOrderedMatMul", "plain", [i8(1, 32, 32), scale(), Const(i8(32, 32)), scale(), scale()], order_A=1, order_B=0,
     order_Y=1)
case("QOrderedGelu", "plain", [i8(2, 32), scale(), scale()])
# --- recurrent
LSTM = [Const(u8(1, 5, 16)), Const(u8(1, 4, 16)), Const(f(1, 32)), None, None, None, None, Const(np.ones(1, np.float32)),
        Const(np.ones(1, np.uint8)), Const(np.ones(1, np.float32)), Const(np.ones(1, np.uint8))]
case("DynamicQuantizeLSTM", "forward", [f(7, 2, 5)] + LSTM, 3, hidden_size=4)
BOTH = [Const(u8(2, 5, 16)), Const(u8(2, 4, 16)), Const(f(2, 32)), None, f(2, 2, 4), f(2, 2, 4), None,
        Const(np.ones(2, np.float32)), Const(np.ones(2, np.uint8)), Const(np.ones(2, np.float32)),
        Const(np.ones(2, np.uint8))]
case("DynamicQuantizeLSTM", "both", [f(7, 2, 5)] + BOTH, 3, hidden_size=4, direction="bidirectional")
# --- experts
E = [Const(f(4, 16, 8)), None, Const(f(4, 8, 16))]
case("MoE", "relu", [f(6, 8), f(6, 4)] + E, k=2)
case("MoE", "three", [f(2, 3, 8), f(6, 4)] + E, k=1, activation_type="gelu")
case("MoE", "swiglu", [f(6, 8), f(6, 4), Const(f(4, 32, 8)), Const(f(4, 32)), Const(f(4, 8, 16)), Const(f(4, 8))], k=2,
     activation_type="swiglu", swiglu_fusion=1)
QE = [Const(u8(4, 32, 16)), Const(f(4, 32)), None, Const(u8(4, 32, 16)), Const(f(4, 32)), None]
case("QMoE", "four", [f(6, 32), f(6, 4)] + QE, k=2, weights_prepacked=0)
case("QMoE", "eight",
     [f(2, 3, 32), f(6, 4), Const(u8(4, 32, 32)), Const(f(4, 32)), None, Const(u8(4, 32, 32)), Const(f(4, 32)), None],
     k=2, expert_weight_bits=8, weights_prepacked=0)
case("QMoE", "swiglu",
     [f(6, 32), f(6, 4), Const(u8(4, 64, 16)), Const(f(4, 64)), None, Const(u8(4, 32, 16)), Const(f(4, 32)), None],
     k=2, activation_type="swiglu", swiglu_fusion=1, weights_prepacked=0)
case("MoEGroupRouter", "plain", [f(2, 3, 4), Const(f(4))], top_k=2)
case("MoEGroupRouter", "scores", [f(2, 3, 4), Const(f(4))], [False, True, True], top_k=2)

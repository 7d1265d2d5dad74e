"""Activations, convolutions, images, text, old spellings."""
import numpy as np
from onnx import TensorProto, helper

from record import Case, Const

RNG = np.random.default_rng(3)
CASES = []


def f(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def i64(*values):
    return np.array(values, np.int64)


def case(op, variant, inputs, outputs=1, **attributes):
    CASES.append(Case(op, variant, inputs, outputs, **attributes))


# --- activations
for op in ("Gelu", "QuickGelu", "FastGelu", "ScaledSiLU"):
    case(op, "plain", [f(2, 3, 4)])
case("FastGelu", "bias", [f(2, 3, 4), Const(f(4))])
case("ScaledSiLU", "scale", [f(2, 3, 4), Const(np.array(2, np.float32))])
case("BiasGelu", "plain", [f(2, 3, 4), Const(f(4))])
case("BiasAdd", "plain", [f(2, 3, 320), Const(f(320)), f(2, 3, 320)])
case("BiasSplitGelu", "plain", [f(2, 3, 2560), Const(f(2560))])
case("BiasSoftmax", "plain", [f(2, 3, 4), f(2, 1, 4)], axis=2, is_inner_broadcast=1)
case("SwiGLU", "two", [f(2, 3, 4), f(2, 3, 4)])
case("SwiGLU", "one", [f(2, 3, 8)], limit=7.0, activation_beta=1.0)
case("GatedAdd", "plain", [f(2, 3, 4), f(2, 3, 4), f(2, 3, 1)])
# --- dropout
case("BiasDropout", "plain", [f(2, 3, 4), Const(f(4))])
case("BiasDropout", "residual", [f(2, 3, 4), Const(f(4)), f(2, 3, 4)], 2)
case("BitmaskDropout", "plain", [f(2, 3, 40)], 2)
case("BitmaskBiasDropout", "plain", [f(2, 3, 40), Const(f(40))], 2)
# --- convolutions and pools
W = Const(f(6, 4, 3, 3))
case("FusedConv", "relu", [f(1, 4, 9, 8), W, Const(f(6))], activation="Relu", pads=[1, 1, 1, 1])
case("FusedConv", "sum", [f(1, 4, 9, 8), W, Const(f(6)), f(1, 6, 9, 8)], activation="Relu", pads=[1, 1, 1, 1])
case("FusedConv", "strided", [f(2, 4, 9, 8), W], activation="Tanh", strides=[2, 2], dilations=[2, 1])
case("FusedConv", "grouped", [f(2, 4, 9, 8), Const(f(8, 1, 3, 3))], activation="LeakyRelu", activation_params=[0.1],
     group=4, auto_pad="SAME_LOWER")
case("FusedConv", "line", [f(2, 4, 9), Const(f(6, 4, 3))], activation="Relu")
case("NhwcFusedConv", "half", [f(1, 9, 8, 4).astype(np.float16), Const(f(6, 4, 3, 3).astype(np.float16))],
     activation="Relu")
case("NhwcFusedConv", "float", [f(1, 9, 8, 4), W], activation="Relu")
case("NhwcFusedConv", "sum", [f(1, 9, 8, 4), W, Const(f(6)), f(1, 7, 6, 6)], activation="Relu")
case("NhwcConv", "plain", [f(1, 9, 8, 4), W])
case("NhwcMaxPool", "plain", [RNG.integers(0, 9, (1, 9, 8, 4)).astype(np.uint8)], kernel_shape=[3, 2], strides=[2, 2])
case("NhwcMaxPool", "padded", [RNG.integers(0, 9, (1, 9, 8, 4)).astype(np.int8)], kernel_shape=[3, 3],
     pads=[1, 1, 1, 1], ceil_mode=1, strides=[2, 2])
case("MaxpoolWithMask", "plain", [f(1, 2, 6, 6), np.ones((1, 2, 6, 6), np.int32)], kernel_shape=[2, 2])
case("ConvTransposeWithDynamicPads", "given", [f(1, 4, 5, 5), Const(f(4, 6, 3, 3)), i64(1, 1, 1, 1)], strides=[2, 2])
case("ConvTransposeWithDynamicPads", "stored", [f(1, 4, 5, 5), Const(f(4, 6, 3, 3)), Const(i64(0, 1, 1, 0))],
     strides=[2, 2], output_padding=[1, 1])
case("CausalConvWithState", "plain", [f(2, 4, 5), Const(f(4, 1, 3))], 2)
case("CausalConvWithState", "state", [f(2, 4, 5), Const(f(4, 1, 3)), Const(f(4)), f(2, 4, 2)], 2, activation="silu")
case("CausalConvWithState", "dilated", [f(2, 4, 5), Const(f(4, 1, 3)), Const(f(4)), f(2, 4, 4)], 2, dilation=2)
case("CausalConvWithState", "last", [f(2, 5, 4), Const(f(4, 1, 3)), None, f(2, 2, 4)], 2, channels_last=1)
case("CausalConvWithState", "window", [f(2, 4, 5), Const(f(4, 1, 3)), None, f(3, 2, 4, 2)], 2, state_window=3)
case("VarlenCausalConvWithState", "plain", [f(6, 4), Const(f(4, 1, 3)), np.array([0, 2, 6], np.int32), None, f(2, 4, 2)],
     2)
case("VarlenCausalConvWithState", "updates",
     [f(6, 4), Const(f(4, 1, 3)), np.array([0, 2, 6], np.int32), Const(f(4)), f(2, 4, 2), np.array([1, 2], np.int32)], 3,
     state_update_capacity=2)
case("WordConvEmbedding", "plain",
     [RNG.integers(0, 5, (4, 7)).astype(np.int32), Const(f(6, 1, 3, 5)), Const(f(6)), Const(f(10, 5))],
     embedding_size=6, conv_window_size=3, char_embedding_size=5)
case("WordConvEmbedding", "defaults",
     [RNG.integers(0, 5, (4, 7)).astype(np.int32), Const(f(6, 1, 3, 5)), Const(f(6)), Const(f(10, 5))])
case("AttnLSTM", "plain",
     [f(5, 2, 3), Const(f(1, 16, 7)), Const(f(1, 16, 4)), Const(f(1, 32)), np.array([5, 4], np.int32), None, None, None,
      Const(f(1, 4, 6)), Const(f(1, 4, 6)), Const(f(1, 6)), f(2, 8, 4), np.array([8, 7], np.int32)], 3, hidden_size=4)
# --- images and spectra
case("GridSample", "bilinear", [f(2, 3, 5, 5), f(2, 4, 6, 2)])
case("GridSample", "cubic", [f(2, 3, 5, 5), f(2, 4, 6, 2)], mode="bicubic")
case("CropAndResize", "plain",
     [f(1, 3, 8, 8), Const(np.array([[0, 0, 1, 1], [0, 0, .5, .5]], np.float32)), Const(np.array([0, 0], np.int32)),
      Const(np.array([4, 5], np.int32))])
case("CropAndResize", "given",
     [f(1, 3, 8, 8), np.array([[0, 0, 1, 1]], np.float32), np.array([0], np.int32), np.array([4, 5], np.int32)])
case("UnfoldTensor", "last", [f(2, 9)], size=3, step=2)
case("UnfoldTensor", "first", [f(8, 3)], size=2, dim=0)
case("Rfft", "plain", [f(2, 8)], signal_ndim=1, onesided=1)
case("Irfft", "plain", [f(2, 5, 2)], signal_ndim=1)
case("ComplexMul", "plain", [f(2, 3, 2), f(3, 2)])
case("ComplexMulConj", "plain", [f(2, 3, 2), f(3, 2)])
case("CDist", "square", [f(3, 4), f(5, 4)])
case("CDist", "euclid", [f(3, 4), f(5, 4)], metric="euclidean")
case("Inverse", "one", [np.eye(3, dtype=np.float32)])
case("Inverse", "batch", [np.stack([np.eye(3)] * 2).astype(np.float32)])
case("DynamicTimeWarping", "plain", [f(4, 6)])
case("DynamicTimeWarping", "three", [f(1, 4, 6)])
case("IsAllFinite", "two", [f(3), f(2, 2)])
# --- old spellings
case("ExpandDims", "stored", [f(2, 3), Const(np.array(1, np.int32))])
case("ExpandDims", "given", [f(2, 3), np.array(-1, np.int32)])
case("GatherND", "plain", [f(3, 4, 5), i64([0, 1], [2, 3])])
case("GatherND", "whole", [f(3, 4), i64([[0, 1]], [[2, 3]])])
case("Pad", "stored", [f(2, 3), Const(i64(0, 1, 2, 0))])
case("Pad", "given", [f(2, 3), i64(0, 1, 2, 0), np.array([1], np.float32)])
case("Range", "integers", [np.array(1, np.int64), np.array(9, np.int64), np.array(3, np.int64)])
case("Range", "default", [np.array(2, np.int32), np.array(7, np.int32)])
case("Range", "down", [np.array(5, np.int64), np.array(0, np.int64), np.array(-2, np.int64)])
case("Range", "empty", [np.array(5, np.int64), np.array(0, np.int64)])
case("Trilu", "upper", [f(3, 4)])
case("Trilu", "lower", [f(2, 3, 4), np.array(1, np.int64)], upper=0)
case("Unique", "plain", [np.array([2, 1, 1, 3, 4, 3], np.float32)], 3)
case("SampleOp", "plain", [f(2, 3)])
case("TorchEmbedding", "plain", [Const(f(5, 4)), i64([1, 2, 3])])
# --- text
case("Tokenizer", "separators", [np.array(["Hello World", "a b c"], object)], mark=0, mincharnum=1, pad_value="#",
     separators=[" "])
case("Tokenizer", "characters", [np.array([["ab", "c"]], object)], mark=1, mincharnum=1, pad_value="#",
     separators=[""])
case("MurmurHash3", "unsigned", [i64(1, 2, 3)])
case("MurmurHash3", "signed", [np.array([[1, 2]], np.int32)], positive=0)
case("MurmurHash3", "text", [np.array(["a", "b"], object)], seed=7)
case("NGramRepeatBlock", "plain", [i64([1, 2, 1, 2, 1]), f(1, 6)], ngram_size=3)
case("BifurcationDetector", "first", [i64(1, 5, 3, 4, 2), i64(2), np.array(0, np.int64)], 2)
case("BifurcationDetector", "merged", [i64(1, 5, 3, 4, 2), i64(2), np.array(0, np.int64), i64(1, 5, 3, 4, 2, 0)], 2)
case("NGramHashMapping", "plain", [i64([1, 2, 3, 4]), Const(i64(3, 5, 7)), Const(i64(11, 13, 17, 19))], 2,
     max_ngram_size=3, n_head_per_ngram=2, pad_id=0)
case("VarlenNGramHashMapping", "plain",
     [i64(1, 2, 3, 4), Const(i64(3, 5, 7)), Const(i64(11, 13, 17, 19)), np.array([0, 1, 4], np.int32)], 2,
     max_ngram_size=3, n_head_per_ngram=2, pad_id=0)


# --- searches: a decoder of two nodes, which scores the vocabulary by a table
def decoder(vocabulary, past):
    ids = helper.make_tensor_value_info("input_ids", TensorProto.INT32, ["b", "s"])
    pos = helper.make_tensor_value_info("position_ids", TensorProto.INT32, ["b", "s"])
    mask = helper.make_tensor_value_info("attention_mask", TensorProto.INT32, ["b", "t"])
    old = helper.make_tensor_value_info("past_0", TensorProto.FLOAT, [2, "b", 1, "p", 4])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["b", "s", vocabulary])
    new = helper.make_tensor_value_info("present_0", TensorProto.FLOAT, [2, "b", 1, "t", 4])
    table = helper.make_tensor("table", TensorProto.FLOAT, [vocabulary, vocabulary],
                               np.eye(vocabulary, dtype=np.float32).ravel())
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["logits"]),
             helper.make_node("Shape", ["input_ids"], ["shape"]),
             helper.make_node("Gather", ["shape", "one"], ["length"]),
             helper.make_node("Gather", ["shape", "zero"], ["batch"]),
             helper.make_node("Concat", ["two", "batch", "one", "length", "four"], ["extents"], axis=0),
             helper.make_node("ConstantOfShape", ["extents"], ["fresh"]),
             helper.make_node("Concat", ["past_0", "fresh"], ["present_0"], axis=3)]
    numbers = [helper.make_tensor(n, TensorProto.INT64, [1], [v])
               for n, v in (("zero", 0), ("one", 1), ("two", 2), ("four", 4))]
    return helper.make_graph(nodes, "decoder", [ids, pos, mask, old], [logits, new], [table] + numbers)


def one(value, kind=np.int32):
    return np.array([value], kind)


IDS = np.array([[1, 2, 3], [2, 3, 4]], np.int32)
GPT = dict(decoder=decoder(6, True), eos_token_id=5, pad_token_id=0, model_type=0)
case("GreedySearch", "plain", [IDS, one(7), one(1), one(1.0, np.float32)], **GPT)
case("Sampling", "plain", [IDS, one(7), one(1), one(1.0, np.float32)], top_p=0.9, **GPT)
case("BeamSearch", "plain", [IDS, one(7), one(1), one(3), one(2), one(1.0, np.float32), one(1.0, np.float32)], 2, **GPT)
case("BeamSearch", "scores", [IDS, one(7), one(1), one(3), one(2), one(1.0, np.float32), one(1.0, np.float32)], 3,
     vocab_size=6, **GPT)

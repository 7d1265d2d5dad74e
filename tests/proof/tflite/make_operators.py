#!/usr/bin/env python3
"""Makes a TFLite file per builtin operator and records what LiteRT computes of it, in the layout of the corpus, for
`tflite_truth --models FOLDER`. Needs ai-edge-litert, flatbuffers and numpy.

usage: make_operators.py FOLDER [TFLITE_TRUTH]     with the program, what it says of the folder decides the exit code
"""
import json
import subprocess
import sys
from pathlib import Path

try:
    import ai_edge_litert.schema_py_generated as s
    import flatbuffers
    import numpy as np
    from ai_edge_litert.interpreter import Interpreter, OpResolverType
except ImportError as missing:
    print(f"{missing.name} is not installed: nothing is compared")
    sys.exit(77)

TYPES = {"float32": 0, "float16": 1, "int32": 2, "uint8": 3, "int64": 4, "bool": 6, "int16": 7, "complex64": 8,
         "int8": 9, "uint32": 15}


class Graph:
    """One subgraph under construction: tensors by number."""

    def __init__(self, model, name):
        self.model, self.graph = model, s.SubGraphT()
        self.graph.name, self.graph.tensors, self.graph.operators = name, [], []
        self.graph.inputs, self.graph.outputs = [], []
        model.m.subgraphs.append(self.graph)

    def tensor(self, dtype, shape, data=None, quant=None, variable=False, signature=None):
        t = s.TensorT()
        t.name = f"t{len(self.graph.tensors)}"
        t.type, t.shape, t.isVariable = TYPES[dtype], list(shape), variable
        if signature is not None:
            t.shapeSignature = list(signature)
        t.buffer = 0
        if quant is not None:
            q = s.QuantizationParametersT()
            q.scale, q.zeroPoint, q.quantizedDimension = [quant[0]], [quant[1]], 0
            t.quantization = q
        if data is not None:
            b = s.BufferT()
            b.data = np.frombuffer(np.ascontiguousarray(data, dtype=np.dtype(dtype)).tobytes(), dtype=np.uint8)
            t.buffer = len(self.model.m.buffers)
            self.model.m.buffers.append(b)
        self.graph.tensors.append(t)
        return len(self.graph.tensors) - 1

    def input(self, dtype, shape, **more):
        i = self.tensor(dtype, shape, **more)
        self.graph.inputs.append(i)
        return i

    def const(self, dtype, data):
        data = np.array(data, dtype=np.dtype(dtype))
        return self.tensor(dtype, data.shape, data)

    def op(self, name, inputs, outputs, options=None, version=1):
        o = s.OperatorT()
        o.opcodeIndex = self.model.code(name, version)
        o.inputs, o.outputs = inputs, outputs
        if options is not None:
            kind = type(options).__name__[:-1]
            if hasattr(s.BuiltinOptions, kind):
                o.builtinOptionsType, o.builtinOptions = getattr(s.BuiltinOptions, kind), options
            else:
                o.builtinOptions2Type, o.builtinOptions2 = getattr(s.BuiltinOptions2, kind), options
        self.graph.operators.append(o)

    def output(self, *ids):
        self.graph.outputs += ids


class Model:
    def __init__(self):
        self.m = s.ModelT()
        self.m.version, self.m.description = 3, "made"
        self.m.operatorCodes, self.m.subgraphs, self.m.buffers = [], [], [s.BufferT()]
        self.codes = {}

    def code(self, name, version):
        if (name, version) not in self.codes:
            c = s.OperatorCodeT()
            number = getattr(s.BuiltinOperator, name)
            c.deprecatedBuiltinCode, c.builtinCode, c.version = min(number, 127), number, version
            self.codes[name, version] = len(self.m.operatorCodes)
            self.m.operatorCodes.append(c)
        return self.codes[name, version]

    def bytes(self):
        b = flatbuffers.Builder(1024)
        b.Finish(self.m.Pack(b), b"TFL3")
        return bytes(b.Output())


def options(kind, **fields):
    o = getattr(s, kind + "OptionsT")()
    for key, value in fields.items():
        assert hasattr(o, key), (kind, key, vars(o))
        setattr(o, key, value)
    return o


def simple(name, ins, outs, opts=None, version=1):
    """One operator: operands as (dtype, shape) or arrays, results as dtypes."""
    model = Model()
    g = Graph(model, "main")
    ids = []
    for i in ins:
        if i is None:
            ids.append(-1)
        elif isinstance(i, tuple) and i[0] == "var":
            ids.append(g.tensor(i[1], i[2], variable=True))
        elif isinstance(i, tuple):
            ids.append(g.input(*i[:2], **(i[2] if len(i) > 2 else {})))
        else:
            ids.append(g.const(str(i.dtype), i))
    results = [g.tensor(o if isinstance(o, str) else o[0], [], quant=None if isinstance(o, str) else o[1]) for o in outs]
    g.op(name, ids, results, opts, version)
    g.output(*results)
    return model


def f(*shape):
    return ("float32", shape)


def i32(*values):
    return np.array(values, dtype=np.int32)


def w(*shape):
    return np.full(shape, 0.1, dtype=np.float32)


def scalar(value, dtype=np.int32):
    return np.array(value, dtype=dtype)


F, I, B, L = "float32", "int32", "bool", "int64"


def cases():
    for name in ("ADD", "SUB", "MUL", "DIV"):
        kind = {"ADD": "Add", "SUB": "Sub", "MUL": "Mul", "DIV": "Div"}[name]
        yield name, simple(name, [f(2, 3, 4), f(3, 1)], [F], options(kind, fusedActivationFunction=1))
    for name in ("MAXIMUM", "MINIMUM"):
        yield name, simple(name, [f(2, 3, 4), f(3, 1)], [F], options("MaximumMinimum"))
    for name, kind in (("POW", "Pow"), ("SQUARED_DIFFERENCE", "SquaredDifference")):
        yield name, simple(name, [f(2, 3, 4), f(3, 1)], [F], options(kind))
    yield "FLOOR_DIV", simple("FLOOR_DIV", [f(2, 3), f(2, 3)], [F], options("FloorDiv"))
    yield "FLOOR_MOD", simple("FLOOR_MOD", [("int32", (2, 3)), i32(2)], [I], options("FloorMod"))
    yield "ATAN2", simple("ATAN2", [f(2, 3), f(2, 3)], [F], options("ATan2"))
    for name, kind in (("LESS", "Less"), ("GREATER", "Greater"), ("LESS_EQUAL", "LessEqual"),
                       ("GREATER_EQUAL", "GreaterEqual"), ("EQUAL", "Equal"), ("NOT_EQUAL", "NotEqual")):
        yield name, simple(name, [f(2, 3), f(3)], [B], options(kind))
    for name, kind in (("LOGICAL_AND", "LogicalAnd"), ("LOGICAL_OR", "LogicalOr")):
        yield name, simple(name, [("bool", (2, 3)), ("bool", (3,))], [B], options(kind))
    yield "LOGICAL_NOT", simple("LOGICAL_NOT", [("bool", (2, 3))], [B], options("LogicalNot"))
    for name in ("FLOOR", "LOGISTIC", "RELU", "RELU6", "RELU_N1_TO_1", "RELU_0_TO_1", "TANH", "EXP", "NEG", "SIN", "COS",
                 "LOG", "SQRT", "RSQRT", "SQUARE", "ABS", "CEIL", "ROUND", "ELU", "HARD_SWISH", "ZEROS_LIKE", "SIGN",
                 "GELU"):
        yield name, simple(name, [f(2, 5)], [F], options("Gelu", approximate=True) if name == "GELU" else None)
    yield "LEAKY_RELU", simple("LEAKY_RELU", [f(2, 5)], [F], options("LeakyRelu", alpha=0.1))
    yield "PRELU", simple("PRELU", [f(1, 4, 4, 3), w(1, 1, 3)], [F])
    yield "SOFTMAX", simple("SOFTMAX", [f(2, 5)], [F], options("Softmax", beta=1.0))
    yield "LOG_SOFTMAX", simple("LOG_SOFTMAX", [f(2, 5)], [F], options("LogSoftmax"))
    yield "L2_NORMALIZATION", simple("L2_NORMALIZATION", [f(2, 5)], [F], options("L2Norm"))
    yield "LOCAL_RESPONSE_NORMALIZATION", simple(
        "LOCAL_RESPONSE_NORMALIZATION", [f(1, 4, 4, 8)], [F],
        options("LocalResponseNormalization", radius=2, bias=1.0, alpha=0.1, beta=0.5))
    yield "CAST", simple("CAST", [f(2, 3)], ["int64"], options("Cast", inDataType=0, outDataType=4))
    yield "BITCAST", simple("BITCAST", [f(2, 3)], [I], options("Bitcast"))
    yield "BITWISE_XOR", simple("BITWISE_XOR", [("int32", (2, 3)), ("int32", (3,))], [I], options("BitwiseXor"))
    yield "RIGHT_SHIFT", simple("RIGHT_SHIFT", [("int32", (2, 3)), ("int32", (3,))], [I], options("RightShift"))
    # images
    for padding in (0, 1):
        for name in ("AVERAGE_POOL_2D", "MAX_POOL_2D", "L2_POOL_2D"):
            yield f"{name}_{padding}", simple(name, [f(1, 7, 9, 3)], [F], options(
                "Pool2D", padding=padding, strideW=2, strideH=3, filterWidth=3, filterHeight=2))
        yield f"CONV_2D_{padding}", simple("CONV_2D", [f(2, 9, 11, 4), w(6, 3, 2, 4), w(6)], [F], options(
            "Conv2D", padding=padding, strideW=2, strideH=1, dilationWFactor=1, dilationHFactor=1))
        yield f"CONV_2D_dilated_{padding}", simple("CONV_2D", [f(2, 9, 11, 4), w(6, 3, 2, 4), w(6)], [F], options(
            "Conv2D", padding=padding, strideW=1, strideH=1, dilationWFactor=3, dilationHFactor=2))
        yield f"DEPTHWISE_CONV_2D_{padding}", simple(
            "DEPTHWISE_CONV_2D", [f(2, 9, 11, 4), w(1, 3, 2, 8), w(8)], [F], options(
                "DepthwiseConv2D", padding=padding, strideW=2, strideH=2, depthMultiplier=2, dilationWFactor=1,
                dilationHFactor=1))
        yield f"CONV_3D_{padding}", simple("CONV_3D", [f(1, 6, 9, 11, 2), w(2, 3, 2, 2, 5)], [F], options(
            "Conv3D", padding=padding, strideD=1, strideW=2, strideH=1, dilationDFactor=1, dilationWFactor=1,
            dilationHFactor=1))
    yield "CONV_2D_grouped", simple("CONV_2D", [f(2, 9, 11, 4), w(6, 3, 2, 2), w(6)], [F], options(
        "Conv2D", padding=0, strideW=1, strideH=1, dilationWFactor=1, dilationHFactor=1))
    yield "TRANSPOSE_CONV_same", simple("TRANSPOSE_CONV", [i32(1, 8, 10, 6), w(6, 3, 3, 4), f(1, 4, 5, 4)], [F], options(
        "TransposeConv", padding=0, strideW=2, strideH=2))
    yield "TRANSPOSE_CONV_valid", simple("TRANSPOSE_CONV", [i32(1, 9, 11, 6), w(6, 3, 3, 4), f(1, 4, 5, 4)], [F], options(
        "TransposeConv", padding=1, strideW=2, strideH=2))
    yield "CONV_3D_TRANSPOSE", simple(
        "CONV_3D_TRANSPOSE", [i32(1, 4, 8, 10, 3), w(2, 2, 2, 3, 4), f(1, 2, 4, 5, 4)], [F], options(
            "Conv3D", padding=0, strideD=2, strideW=2, strideH=2, dilationDFactor=1, dilationWFactor=1,
            dilationHFactor=1))
    yield "DEPTH_TO_SPACE", simple("DEPTH_TO_SPACE", [f(1, 4, 5, 8)], [F], options("DepthToSpace", blockSize=2))
    yield "SPACE_TO_DEPTH", simple("SPACE_TO_DEPTH", [f(1, 4, 6, 3)], [F], options("SpaceToDepth", blockSize=2))
    yield "RESIZE_BILINEAR", simple("RESIZE_BILINEAR", [f(1, 4, 6, 3), i32(9, 7)], [F], options("ResizeBilinear"))
    yield "RESIZE_NEAREST_NEIGHBOR", simple("RESIZE_NEAREST_NEIGHBOR", [f(1, 4, 6, 3), i32(9, 7)], [F],
                                            options("ResizeNearestNeighbor", alignCorners=True))
    yield "SPACE_TO_BATCH_ND", simple("SPACE_TO_BATCH_ND", [f(1, 5, 6, 3), i32(2, 3), i32([1, 0], [0, 0])], [F])
    yield "BATCH_TO_SPACE_ND", simple("BATCH_TO_SPACE_ND", [f(6, 3, 2, 3), i32(2, 3), i32([1, 0], [0, 0])], [F])
    # dense layers
    for keep in (False, True):
        yield f"FULLY_CONNECTED_{keep}", simple("FULLY_CONNECTED", [f(2, 3, 8), w(5, 8), w(5)], [F], options(
            "FullyConnected", keepNumDims=keep))
    yield "FULLY_CONNECTED_rows", simple("FULLY_CONNECTED", [f(2, 3, 8), w(5, 4), None], [F], options("FullyConnected"))
    for x, y in ((False, False), (True, False), (False, True), (True, True)):
        yield f"BATCH_MATMUL_{x}_{y}", simple(
            "BATCH_MATMUL", [f(2, 3, *((5, 4) if x else (4, 5))), f(3, *((6, 5) if y else (5, 6)))], [F],
            options("BatchMatMul", adjX=x, adjY=y))
    yield "EMBEDDING_LOOKUP", simple("EMBEDDING_LOOKUP", [("int32", (3,)), w(7, 4)], [F])
    # movement
    yield "CONCATENATION", simple("CONCATENATION", [f(2, 3), f(2, 4)], [F], options("Concatenation", axis=-1))
    yield "RESHAPE", simple("RESHAPE", [f(2, 6), i32(3, -1)], [F], options("Reshape", newShape=[3, 4]))
    yield "RESHAPE_option", simple("RESHAPE", [f(2, 6)], [F], options("Reshape", newShape=[3, -1]))
    yield "RESHAPE_scalar", simple("RESHAPE", [f(1, 1), np.array([], dtype=np.int32)], [F], options("Reshape"))
    yield "SQUEEZE", simple("SQUEEZE", [f(1, 3, 1, 4)], [F], options("Squeeze", squeezeDims=[0]))
    yield "SQUEEZE_all", simple("SQUEEZE", [f(1, 3, 1, 4)], [F], options("Squeeze", squeezeDims=[]))
    yield "EXPAND_DIMS", simple("EXPAND_DIMS", [f(2, 3), scalar(-1)], [F], options("ExpandDims"))
    yield "TRANSPOSE", simple("TRANSPOSE", [f(2, 3, 4), i32(2, 0, 1)], [F], options("Transpose"))
    yield "PAD", simple("PAD", [f(2, 3), i32([1, 2], [0, 3])], [F], options("Pad"))
    yield "PADV2", simple("PADV2", [f(2, 3), i32([1, 2], [0, 3]), scalar(1.5, np.float32)], [F], options("PadV2"))
    yield "MIRROR_PAD", simple("MIRROR_PAD", [f(3, 4), i32([1, 2], [0, 3])], [F], options("MirrorPad", mode=0))
    yield "MIRROR_PAD_symmetric", simple("MIRROR_PAD", [f(3, 4), i32([1, 2], [0, 3])], [F], options("MirrorPad", mode=1))
    yield "SLICE", simple("SLICE", [f(4, 5, 6), i32(1, 0, 2), i32(2, -1, 3)], [F], options("Slice"))
    for case, (begin, end, strides, masks) in enumerate((
            ((1, 0), (3, 4), (1, 2), {}), ((0, -3), (0, -1), (1, 1), {"beginMask": 1, "endMask": 1}),
            ((1, 0), (2, 0), (1, 1), {"shrinkAxisMask": 1, "endMask": 2, "beginMask": 2}),
            ((0, 1), (0, 3), (1, 1), {"ellipsisMask": 1}), ((0, 1), (0, 3), (1, 1), {"newAxisMask": 1}),
            ((-1, 0), (-5, 4), (-1, 1), {}), ((3, 0), (0, 9), (-2, 3), {"endMask": 1}))):
        yield f"STRIDED_SLICE_{case}", simple("STRIDED_SLICE", [f(4, 5, 6), i32(*begin), i32(*end), i32(*strides)], [F],
                                              options("StridedSlice", **masks))
    yield "SPLIT", simple("SPLIT", [scalar(1), f(2, 6)], [F, F, F], options("Split", numSplits=3))
    yield "SPLIT_V", simple("SPLIT_V", [f(2, 7), i32(2, -1, 1), scalar(1)], [F, F, F], options("SplitV", numSplits=3))
    yield "PACK", simple("PACK", [f(2, 3), f(2, 3)], [F], options("Pack", valuesCount=2, axis=-1))
    yield "UNPACK", simple("UNPACK", [f(2, 3)], [F, F, F], options("Unpack", num=3, axis=1))
    yield "TILE", simple("TILE", [f(2, 3), i32(2, 3)], [F])
    yield "BROADCAST_TO", simple("BROADCAST_TO", [f(3, 1), i32(2, 3, 4)], [F], version=2)
    yield "BROADCAST_ARGS", simple("BROADCAST_ARGS", [i32(2, 1, 4), i32(3, 1)], [I])
    yield "FILL", simple("FILL", [i32(2, 3), scalar(1.0, np.float32)], [F], options("Fill"))
    yield "GATHER", simple("GATHER", [f(4, 5, 6), i32(0, 2)], [F], options("Gather", axis=1))
    yield "GATHER_negative", simple("GATHER", [f(4, 5, 6), i32([0, 2], [1, 1])], [F], options("Gather", axis=-1))
    yield "GATHER_batch", simple("GATHER", [f(2, 5, 6), i32([0, 2, 1], [1, 1, 3])], [F],
                                 options("Gather", axis=1, batchDims=1), version=5)
    yield "GATHER_ND", simple("GATHER_ND", [f(4, 5, 6), i32([0, 2], [1, 1], [3, 4])], [F], options("GatherNd"))
    yield "SCATTER_ND", simple("SCATTER_ND", [i32([0], [2]), f(2, 4), i32(5, 4)], [F], options("ScatterNd"))
    yield "SPARSE_TO_DENSE", simple("SPARSE_TO_DENSE", [i32([0, 1], [2, 0]), i32(3, 4), f(2), scalar(0.0, np.float32)],
                                    [F], options("SparseToDense"))
    yield "REVERSE_V2", simple("REVERSE_V2", [f(2, 3), i32(1)], [F], options("ReverseV2"))
    yield "REVERSE_SEQUENCE", simple("REVERSE_SEQUENCE", [f(2, 3, 4), i32(1, 2)], [F],
                                     options("ReverseSequence", seqDim=1, batchDim=0))
    yield "ONE_HOT", simple("ONE_HOT", [("int32", (2, 3)), scalar(5), scalar(1.0, np.float32), scalar(0.0, np.float32)],
                            [F], options("OneHot", axis=-1))
    yield "SELECT", simple("SELECT", [("bool", (2, 3)), f(2, 3), f(2, 3)], [F], options("Select"))
    # (SELECT by rows has no canonical operator: it stays itself.)
    yield "SELECT_V2", simple("SELECT_V2", [("bool", (2, 1)), f(2, 3), f(3)], [F], options("SelectV2"))
    yield "MATRIX_DIAG", simple("MATRIX_DIAG", [f(2, 3)], [F], options("MatrixDiag"))
    yield "MATRIX_SET_DIAG", simple("MATRIX_SET_DIAG", [f(2, 3, 3), f(2, 3)], [F], options("MatrixSetDiag"))
    yield "DYNAMIC_UPDATE_SLICE", simple("DYNAMIC_UPDATE_SLICE", [f(4, 5), f(2, 3), i32(1, 1)], [F])
    yield "DILATE", simple("DILATE", [f(3, 4), i32(2, 3), scalar(0.0, np.float32)], [F], options("Dilate"))
    yield "SHAPE", simple("SHAPE", [f(2, 3, 4)], [I], options("Shape", outType=2))
    yield "SHAPE_long", simple("SHAPE", [f(2, 3, 4)], [L], options("Shape", outType=4))
    yield "RANK", simple("RANK", [f(2, 3, 4)], [I], options("Rank"))
    yield "RANGE", simple("RANGE", [scalar(1), scalar(10), scalar(3)], [I], options("Range"))
    # reductions
    for name in ("MEAN", "SUM", "REDUCE_PROD", "REDUCE_MAX", "REDUCE_MIN"):
        for keep in (False, True):
            yield f"{name}_{keep}", simple(name, [f(2, 3, 4), i32(0, -1)], [F], options("Reducer", keepDims=keep))
    for name in ("REDUCE_ANY", "REDUCE_ALL"):
        yield name, simple(name, [("bool", (2, 3, 4)), i32(1)], [B], options("Reducer", keepDims=False))
    yield "ARG_MAX", simple("ARG_MAX", [f(2, 3, 4), scalar(1)], [I], options("ArgMax", outputType=2))
    yield "ARG_MIN", simple("ARG_MIN", [f(2, 3, 4), scalar(-1)], [L], options("ArgMin", outputType=4))
    yield "TOPK_V2", simple("TOPK_V2", [f(2, 9), scalar(3)], [F, I], options("TopKV2"))
    yield "CUMSUM", simple("CUMSUM", [f(2, 9), scalar(1)], [F], options("Cumsum", exclusive=True))
    yield "ADD_N", simple("ADD_N", [f(2, 9), f(2, 9), f(2, 9)], [F], options("AddN"))
    yield "SEGMENT_SUM", simple("SEGMENT_SUM", [f(4, 3), i32(0, 0, 1, 2)], [F], options("SegmentSum"))
    for name, kind in (("UNSORTED_SEGMENT_SUM", "UnsortedSegmentSum"), ("UNSORTED_SEGMENT_PROD", "UnsortedSegmentProd"),
                       ("UNSORTED_SEGMENT_MAX", "UnsortedSegmentMax"), ("UNSORTED_SEGMENT_MIN", "UnsortedSegmentMin")):
        yield name, simple(name, [f(4, 3), i32(0, 2, 1, 2), i32(3)], [F], options(kind))
    yield "BUCKETIZE", simple("BUCKETIZE", [f(4, 3)], [I], options("Bucketize", boundaries=[0.0, 1.0, 2.0]))
    # complex numbers and spectra
    yield "RFFT2D", simple("RFFT2D", [f(2, 8, 8), i32(8, 8)], ["complex64"], options("Rfft2d"))
    yield "REAL", simple("REAL", [("complex64", (2, 3))], [F])
    yield "IMAG", simple("IMAG", [("complex64", (2, 3))], [F])
    yield "COMPLEX_ABS", simple("COMPLEX_ABS", [("complex64", (2, 3))], [F])
    # quantization
    q = {"quant": (0.5, 3)}
    yield "QUANTIZE", simple("QUANTIZE", [f(2, 3)], [("int8", (0.5, 3))], options("Quantize"))
    yield "DEQUANTIZE", simple("DEQUANTIZE", [("int8", (2, 3), q)], [F], options("Dequantize"))
    yield "DEQUANTIZE_half", simple("DEQUANTIZE", [np.ones((2, 3), dtype=np.float16)], [F], options("Dequantize"),
                                    version=3)
    yield "FAKE_QUANT", simple("FAKE_QUANT", [f(2, 3)], [F], options("FakeQuant", min=-1.0, max=1.0, numBits=8))
    # randomness
    yield "RANDOM_UNIFORM", simple("RANDOM_UNIFORM", [i32(2, 3)], [F], options("Random"))
    yield "RANDOM_STANDARD_NORMAL", simple("RANDOM_STANDARD_NORMAL", [i32(2, 3)], [F], options("Random"))
    yield "MULTINOMIAL", simple("MULTINOMIAL", [f(2, 5), scalar(4)], [L], options("Random"))
    # detection
    yield "NON_MAX_SUPPRESSION_V4", simple(
        "NON_MAX_SUPPRESSION_V4", [f(6, 4), f(6), scalar(3), scalar(0.5, np.float32), scalar(0.1, np.float32)], [I, I],
        options("NonMaxSuppressionV4"))
    yield "NON_MAX_SUPPRESSION_V5", simple(
        "NON_MAX_SUPPRESSION_V5",
        [f(6, 4), f(6), scalar(3), scalar(0.5, np.float32), scalar(0.1, np.float32), scalar(0.0, np.float32)], [I, F, I],
        options("NonMaxSuppressionV5"))
    # recurrent cells
    yield "RNN", simple("RNN", [f(2, 4), w(5, 4), w(5, 5), w(5), ("var", "float32", (2, 5))], [F],
                        options("RNN", fusedActivationFunction=4))
    for major in (False, True):
        yield f"UNIDIRECTIONAL_SEQUENCE_RNN_{major}", simple(
            "UNIDIRECTIONAL_SEQUENCE_RNN", [f(3, 3, 4), w(5, 4), w(5, 5), w(5), ("var", "float32", (3, 5))], [F],
            options("SequenceRNN", timeMajor=major, fusedActivationFunction=4))
    for merge in (False, True):
        yield f"BIDIRECTIONAL_SEQUENCE_RNN_{merge}", simple(
            "BIDIRECTIONAL_SEQUENCE_RNN",
            [f(3, 3, 4), w(5, 4), w(5, 5), w(5), ("var", "float32", (3, 5)), w(6, 4), w(6, 6), w(6),
             ("var", "float32", (3, 6)), None, None, None], [F] if merge else [F, F],
            options("BidirectionalSequenceRNN", timeMajor=True, mergeOutputs=merge, fusedActivationFunction=4))
    yield "SVDF", simple("SVDF", [f(2, 4), w(8, 4), w(8, 5), w(4), ("var", "float32", (2, 40))], [F],
                         options("SVDF", rank=2))
    gates = [w(6, 4)] * 4 + [w(6, 5)] * 4 + [None] * 3 + [w(6)] * 4 + [w(5, 6), None]
    yield "LSTM_projected", simple("LSTM", [f(2, 4)] + gates + [("var", "float32", (2, 5)), ("var", "float32", (2, 6))],
                                   [F], options("LSTM", fusedActivationFunction=4))
    plain = [w(6, 4)] * 4 + [w(6, 6)] * 4 + [None] * 3 + [w(6)] * 4 + [None, None]
    for major in (False, True):
        yield f"UNIDIRECTIONAL_SEQUENCE_LSTM_{major}", simple(
            "UNIDIRECTIONAL_SEQUENCE_LSTM",
            [f(3, 3, 4)] + plain + [("var", "float32", (3, 6)), ("var", "float32", (3, 6))], [F],
            options("UnidirectionalSequenceLSTM", fusedActivationFunction=4, timeMajor=major))
    for merge in (False, True):
        yield f"BIDIRECTIONAL_SEQUENCE_LSTM_{merge}", simple(
            "BIDIRECTIONAL_SEQUENCE_LSTM",
            [f(3, 3, 4)] + plain + plain + [("var", "float32", (3, 6))] * 4 + [None] * 9, [F] if merge else [F, F],
            options("BidirectionalSequenceLSTM", fusedActivationFunction=4, mergeOutputs=merge, timeMajor=True))
    yield "LSTM_basic", simple(
        "LSTM", [f(2, 4), ("float32", (2, 6)), w(24, 10), w(24), ("float32", (2, 6))], [F, F, F, F],
        options("LSTM", fusedActivationFunction=4, kernelType=1), version=2)
    # StableHLO that the runtime has
    yield "STABLEHLO_ADD", simple("STABLEHLO_ADD", [f(2, 3), f(2, 3)], [F])
    yield "STABLEHLO_MULTIPLY", simple("STABLEHLO_MULTIPLY", [f(2, 3), f(2, 3)], [F])
    yield "STABLEHLO_MAXIMUM", simple("STABLEHLO_MAXIMUM", [f(2, 3), f(2, 3)], [F])
    yield "STABLEHLO_PAD", simple("STABLEHLO_PAD", [f(2, 3), scalar(0.0, np.float32)], [F], options(
        "StablehloPad", edgePaddingLow=[1, 0], edgePaddingHigh=[2, 3], interiorPadding=[0, 0]))
    yield from controlled()
    yield from composed()


def body(model, name, inputs, build):
    g = Graph(model, name)
    ids = [g.input(*i) for i in inputs]
    g.output(*build(g, ids))
    return len(model.m.subgraphs) - 1


def controlled():
    model = Model()
    g = Graph(model, "main")
    flag, x = g.input("bool", ()), g.input("float32", (2, 3))

    def twice(sub, ids):
        o = sub.tensor("float32", [])
        sub.op("ADD", [ids[0], ids[0]], [o], options("Add"))
        return [o]
    then = body(model, "then", [("float32", (2, 3))], twice)
    otherwise = body(model, "else", [("float32", (2, 3))], twice)
    y = g.tensor("float32", [])
    g.op("IF", [flag, x], [y], options("If", thenSubgraphIndex=then, elseSubgraphIndex=otherwise))
    g.output(y)
    yield "IF", model

    model = Model()
    g = Graph(model, "main")
    x = g.input("float32", (2, 3))
    start = g.const("int32", 0)

    def below(sub, ids):
        o, n = sub.tensor("bool", []), sub.const("int32", 5)
        sub.op("LESS", [ids[0], n], [o], options("Less"))
        return [o]

    def step(sub, ids):
        i, y, one = sub.tensor("int32", []), sub.tensor("float32", []), sub.const("int32", 1)
        sub.op("ADD", [ids[0], one], [i], options("Add"))
        sub.op("TANH", [ids[1]], [y])
        return [i, y]
    carried = [("int32", ()), ("float32", (2, 3))]
    cond, loop = body(model, "cond", carried, below), body(model, "body", carried, step)
    i, y = g.tensor("int32", []), g.tensor("float32", [])
    g.op("WHILE", [start, x], [i, y], options("While", condSubgraphIndex=cond, bodySubgraphIndex=loop))
    g.output(i, y)
    yield "WHILE", model


def composed():
    """Shapes that are computed: SHAPE, STRIDED_SLICE, PACK, RESHAPE with an open batch."""
    model = Model()
    g = Graph(model, "main")
    x = g.input("float32", (1, 4, 6), signature=(-1, 4, 6))
    t = {k: g.tensor("int32", []) for k in ("shape", "batch", "packed")}
    y = g.tensor("float32", [])
    g.op("SHAPE", [x], [t["shape"]], options("Shape", outType=2))
    g.op("STRIDED_SLICE", [t["shape"], g.const("int32", [0]), g.const("int32", [1]), g.const("int32", [1])], [t["batch"]],
         options("StridedSlice", shrinkAxisMask=1))
    g.op("PACK", [t["batch"], g.const("int32", 3), g.const("int32", 8)], [t["packed"]], options("Pack", valuesCount=3))
    g.op("RESHAPE", [x, t["packed"]], [y], options("Reshape"))
    g.output(y)
    yield "open_batch", model


def record(path, data):
    names = {v: k for k, v in vars(s.BuiltinOperator).items() if not k.startswith("_")}
    truth = {"file": f"tflite/{path.name}", "source": "litert"}
    it = Interpreter(model_content=data, experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
                     experimental_preserve_all_tensors=True)
    for d in it.get_input_details():
        if -1 in d["shape_signature"]:
            it.resize_tensor_input(d["index"], [2 if e == -1 else e for e in d["shape_signature"]])
            truth["bind"] = {"first": 2, "other": 7}
    it.allocate_tensors()
    for d in it.get_input_details():
        it.set_tensor(d["index"], np.ones(d["shape"], dtype=d["dtype"]))
    it.invoke()
    model = s.ModelT.InitFromObj(s.Model.GetRootAsModel(data, 0))
    count = len(model.subgraphs[0].tensors)
    rows = []
    for d in it.get_tensor_details()[:count]:
        q, p = None, d["quantization_parameters"]
        if len(p["scales"]):
            q = {"axis": 0, "n": 1, "scale": [float(p["scales"][0])], "zero_point": [int(p["zero_points"][0])]}
        sig, shape = [int(e) for e in d["shape_signature"]], [int(e) for e in d["shape"]]
        rows.append([d["name"], np.dtype(d["dtype"]).name, shape, sig if -1 in sig else None, q])
    truth["tensors"] = rows
    ops = {}
    for o in model.subgraphs[0].operators:
        name = names[model.operatorCodes[o.opcodeIndex].builtinCode]
        ops[name] = ops.get(name, 0) + 1
    truth["ops"] = ops
    return truth


def main():
    folder = Path(sys.argv[1])
    (folder / "tflite").mkdir(parents=True, exist_ok=True)
    (folder / "truth/tflite").mkdir(parents=True, exist_ok=True)
    made, refused = 0, []
    for name, model in cases():
        data = model.bytes()
        path = folder / "tflite" / f"{name.lower()}.tflite"
        path.write_bytes(data)
        try:
            truth = record(path, data)
        except Exception as error:  # this version of the runtime has no kernel for it
            refused.append(f"{name}: {str(error)[:150]}")
            continue
        (folder / "truth/tflite" / f"{name.lower()}.json").write_text(json.dumps(truth))
        made += 1
    print(f"{made} operators recorded")
    for line in refused:
        print("not run:", line)
    if len(sys.argv) > 2:
        return subprocess.run([sys.argv[2], "--models", str(folder)]).returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())

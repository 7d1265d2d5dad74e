#!/usr/bin/env python3
"""Records what TensorFlow itself says of its operators: one frozen graph with every operator that it can make,
and for each of its tensors the element type and shape that TensorFlow's own shape functions give.

Needs tensorflow-cpu. usage: record.py FOLDER  (writes operators.pb, loops.pb and operators.json there)
"""
import json
import sys
from pathlib import Path

import numpy as np
import tensorflow as tf

raw = tf.raw_ops
v1 = tf.compat.v1


def constant(values, dtype=None):
    array = np.asarray(values)
    return tf.constant(array, dtype=dtype or (tf.float32 if array.dtype.kind == "f" else tf.int32))


def unary(x, i, b):
    for op in ("Abs Acos Acosh Asin Asinh Atan Atanh Ceil Cos Cosh Digamma Erf Erfc Erfinv Exp Expm1 Floor Inv Lgamma Log Log1p "
               "Neg OnesLike Reciprocal Rint Round Rsqrt Sigmoid Sign Sin Sinh Sqrt Square Tan Tanh ZerosLike Identity StopGradient "
               "Snapshot IsNan IsInf IsFinite").split():
        argument = "input" if op in ("Identity", "StopGradient", "Snapshot") else "x"
        getattr(raw, op)(**{argument: x})
    for op in "Elu Relu Relu6 Selu Softplus Softsign LeakyRelu".split():
        getattr(raw, op)(features=x)
    raw.Softmax(logits=x), raw.LogSoftmax(logits=x)
    raw.LogicalNot(x=b), raw.Invert(x=i), raw.PopulationCount(x=i)
    raw.CheckNumerics(tensor=x, message="no"), raw.PreventGradient(input=x), raw.EnsureShape(input=x, shape=[2, 3, 4])
    raw.IdentityN(input=[x, i])
    c = raw.Complex(real=x, imag=x)
    raw.Real(input=c), raw.Imag(input=c), raw.ComplexAbs(x=c), raw.Conj(input=c)
    raw.L2Loss(t=x)
    raw.Bucketize(input=x, boundaries=[0.0, 1.0])


def binary(x, y, i, b):
    for op in ("Add AddV2 Atan2 Div DivNoNan FloorDiv FloorMod Maximum Minimum Mul MulNoNan Pow RealDiv SquaredDifference Sub "
               "TruncateDiv TruncateMod Mod Xdivy Xlogy Xlog1py Equal NotEqual Greater GreaterEqual Less LessEqual").split():
        arguments = ("y", "x") if op == "Atan2" else ("x", "y")
        operands = (i, i) if op == "TruncateDiv" else (x, y)
        getattr(raw, op)(**dict(zip(arguments, operands)))
    raw.ApproximateEqual(x=x, y=x)
    for op in "BitwiseAnd BitwiseOr BitwiseXor LeftShift RightShift".split():
        getattr(raw, op)(x=i, y=i)
    raw.LogicalAnd(x=b, y=b), raw.LogicalOr(x=b, y=b)
    raw.AddN(inputs=[x, x, x]), raw.AccumulateNV2(inputs=[x, x], shape=[2, 3, 4])
    raw.BiasAdd(value=x, bias=constant([1.0] * 4)), raw.BiasAddV1(value=x, bias=constant([1.0] * 4))
    raw.Select(condition=b, x=x, y=x), raw.SelectV2(condition=b, t=x, e=constant(0.0, tf.float32))
    raw.ClipByValue(t=x, clip_value_min=constant(0.0, tf.float32), clip_value_max=constant(1.0, tf.float32))


def reductions(x, b):
    for op in "Sum Mean Max Min Prod EuclideanNorm".split():
        for axes, keep in (([1], False), ([0, 2], True), ([-1], False), ([], False)):
            getattr(raw, op)(input=x, axis=constant(axes, tf.int32), keep_dims=keep)
    raw.Sum(input=x, axis=constant(1, tf.int32))
    raw.All(input=b, axis=constant([0], tf.int32)), raw.Any(input=b, axis=constant([0, 1], tf.int32), keep_dims=True)
    raw.ArgMax(input=x, dimension=constant(1)), raw.ArgMin(input=x, dimension=constant(-1), output_type=tf.int32)
    raw.Cumsum(x=x, axis=constant(1), reverse=True), raw.Cumprod(x=x, axis=constant(0), exclusive=True)
    raw.TopKV2(input=x, k=constant(2, tf.int32))
    ids = constant([0, 0], tf.int32)
    for op in "SegmentSum SegmentMean SegmentMax SegmentMin SegmentProd".split():
        getattr(raw, op)(data=x, segment_ids=ids)
    for op in "UnsortedSegmentSum UnsortedSegmentMax UnsortedSegmentMin UnsortedSegmentProd".split():
        getattr(raw, op)(data=x, segment_ids=ids, num_segments=constant(5, tf.int32))


def arrays(x, i, b, dynamic):
    raw.Reshape(tensor=x, shape=constant([4, -1], tf.int32)), raw.Transpose(x=x, perm=constant([2, 0, 1], tf.int32))
    raw.ConcatV2(values=[x, x], axis=constant(1, tf.int32)), raw.Concat(concat_dim=constant(2, tf.int32), values=[x, x, x])
    raw.Split(axis=constant(2, tf.int32), value=x, num_split=2)
    raw.SplitV(value=x, size_splits=constant([1, 3], tf.int32), axis=constant(2, tf.int32), num_split=2)
    raw.SplitV(value=x, size_splits=constant([1, -1], tf.int32), axis=constant(1, tf.int32), num_split=2)
    raw.Pack(values=[x, x], axis=1), raw.Unpack(value=x, num=3, axis=1)
    one = raw.ExpandDims(input=x, axis=constant(1, tf.int32))
    raw.Squeeze(input=one), raw.Squeeze(input=one, axis=[1]), raw.ExpandDims(input=x, axis=constant(-1, tf.int32))
    x[:, 1:, ::2], x[..., 0], x[:, tf.newaxis, -1], x[0, :2], x[::-1]
    raw.Slice(input=x, begin=constant([0, 1, 0], tf.int32), size=constant([-1, 2, 3], tf.int32))
    rows = constant([[0, 1], [1, 0]], tf.int32)
    raw.Gather(params=x, indices=rows), raw.GatherV2(params=x, indices=rows, axis=constant(2, tf.int32))
    raw.GatherV2(params=x, indices=rows, axis=constant(1, tf.int32), batch_dims=1)
    raw.GatherNd(params=x, indices=rows)
    raw.ScatterNd(indices=constant([[1], [3]], tf.int32), updates=constant([1.0, 2.0], tf.float32), shape=constant([5], tf.int32))
    updates = constant(np.zeros((2, 4)), tf.float32)
    for op in "TensorScatterUpdate TensorScatterAdd TensorScatterSub TensorScatterMax TensorScatterMin".split():
        getattr(raw, op)(tensor=x, indices=rows, updates=updates)
    raw.Tile(input=x, multiples=constant([1, 2, 1], tf.int32))
    pads = constant([[0, 0], [1, 2], [0, 1]], tf.int32)
    raw.Pad(input=x, paddings=pads), raw.PadV2(input=x, paddings=pads, constant_values=constant(1.0, tf.float32))
    raw.MirrorPad(input=x, paddings=pads, mode="REFLECT")
    raw.Shape(input=x), raw.Shape(input=x, out_type=tf.int64), raw.Size(input=x), raw.Rank(input=x)
    raw.Fill(dims=constant([2, 5], tf.int32), value=constant(1.0, tf.float32)), raw.BroadcastTo(input=x, shape=constant([7, 2, 3, 4]))
    raw.Range(start=constant(0), limit=constant(10), delta=constant(3))
    raw.LinSpace(start=constant(0.0, tf.float32), stop=constant(1.0, tf.float32), num=constant(7))
    raw.OneHot(indices=rows, depth=constant(6, tf.int32), on_value=constant(1.0, tf.float32), off_value=constant(0.0, tf.float32))
    raw.ReverseV2(tensor=x, axis=constant([1], tf.int32))
    raw.ReverseSequence(input=x, seq_lengths=constant([1, 2], tf.int64), seq_dim=1, batch_dim=0)
    raw.InvertPermutation(x=constant([2, 0, 1], tf.int32)), raw.Roll(input=x, shift=constant(1, tf.int32), axis=constant(0, tf.int32))
    raw.Where(condition=b)
    raw.MatrixBandPart(input=x, num_lower=constant(1, tf.int64), num_upper=constant(0, tf.int64)), raw.MatrixDiag(diagonal=x)
    raw.MatrixDiagV3(diagonal=x, k=constant(0, tf.int32), num_rows=constant(-1, tf.int32), num_cols=constant(-1, tf.int32),
                     padding_value=constant(0.0, tf.float32))
    raw.BroadcastArgs(s0=constant([2, 1], tf.int32), s1=constant([3], tf.int32))
    raw.Bitcast(input=x, type=tf.int32)
    raw.SparseToDense(sparse_indices=constant([1, 3], tf.int32), output_shape=constant([5], tf.int32),
                      sparse_values=constant([1.0, 2.0], tf.float32), default_value=constant(0.0, tf.float32))
    for to in (tf.float16, tf.bfloat16, tf.int8, tf.uint8, tf.bool, tf.int64, tf.float64): raw.Cast(x=x, DstT=to)
    # Extents that are computed: [batch, 12] from the batch of the operand.
    batch = raw.Shape(input=dynamic)[0]
    raw.Reshape(tensor=dynamic, shape=raw.Pack(values=[batch, constant(12, tf.int32)]))
    raw.Fill(dims=raw.Pack(values=[batch, constant(3, tf.int32)]), value=constant(0.0, tf.float32))


def layers(image, depth_image):
    weights = lambda *shape: constant(np.zeros(shape), tf.float32)
    for padding, strides, dilations in (("SAME", [1, 2, 2, 1], [1, 1, 1, 1]), ("VALID", [1, 1, 1, 1], [1, 2, 2, 1])):
        raw.Conv2D(input=image, filter=weights(3, 3, 4, 6), strides=strides, padding=padding, dilations=dilations)
        raw.DepthwiseConv2dNative(input=image, filter=weights(3, 3, 4, 2), strides=[1, strides[1], strides[1], 1],
                                  padding=padding, dilations=dilations)
    raw.Conv2D(input=image, filter=weights(3, 3, 2, 6), strides=[1, 1, 1, 1], padding="SAME")  # two groups
    raw.Conv2D(input=image, filter=weights(3, 3, 4, 6), strides=[1, 1, 1, 1], padding="EXPLICIT",
               explicit_paddings=[0, 0, 1, 2, 3, 0, 0, 0])
    raw.Conv2D(input=raw.Transpose(x=image, perm=constant([0, 3, 1, 2], tf.int32)), filter=weights(3, 3, 4, 6), strides=[1, 1, 2, 2],
               padding="SAME", data_format="NCHW")
    raw.Conv2DBackpropInput(input_sizes=constant([2, 18, 20, 5], tf.int32), filter=weights(3, 3, 5, 4), out_backprop=image,
                            strides=[1, 2, 2, 1], padding="SAME")
    raw.Conv3D(input=depth_image, filter=weights(2, 3, 3, 3, 5), strides=[1, 1, 2, 2, 1], padding="SAME")
    raw.Conv3DBackpropInputV2(input_sizes=constant([2, 8, 12, 14, 4], tf.int32), filter=weights(2, 2, 2, 4, 3),
                              out_backprop=depth_image, strides=[1, 2, 2, 2, 1], padding="VALID")
    raw.MaxPool(input=image, ksize=[1, 3, 2, 1], strides=[1, 2, 2, 1], padding="SAME")
    raw.MaxPoolV2(input=image, ksize=constant([1, 2, 2, 1], tf.int32), strides=constant([1, 2, 2, 1], tf.int32), padding="VALID")
    raw.MaxPoolWithArgmax(input=image, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="VALID")
    raw.AvgPool(value=image, ksize=[1, 2, 2, 1], strides=[1, 1, 1, 1], padding="VALID")
    raw.MaxPool3D(input=depth_image, ksize=[1, 2, 2, 2, 1], strides=[1, 2, 2, 2, 1], padding="SAME")
    raw.AvgPool3D(input=depth_image, ksize=[1, 2, 2, 2, 1], strides=[1, 1, 1, 1, 1], padding="VALID")
    per_channel = [weights(4) for _ in range(4)]
    raw.FusedBatchNormV3(x=image, scale=per_channel[0], offset=per_channel[1], mean=per_channel[2], variance=per_channel[3],
                         is_training=False).y
    raw.LRN(input=image), raw.L2Loss(t=image)
    raw.SpaceToDepth(input=image, block_size=2), raw.DepthToSpace(input=image, block_size=2)
    blocks, pads = constant([3, 2], tf.int32), constant([[0, 0], [0, 0]], tf.int32)
    batched = raw.SpaceToBatchND(input=image, block_shape=blocks, paddings=pads)
    raw.BatchToSpaceND(input=batched, block_shape=blocks, crops=pads)
    raw.ExtractImagePatches(images=image, ksizes=[1, 3, 3, 1], strides=[1, 2, 2, 1], rates=[1, 1, 1, 1], padding="VALID")
    size = constant([7, 11], tf.int32)
    raw.ResizeBilinear(images=image, size=size, half_pixel_centers=True), raw.ResizeNearestNeighbor(images=image, size=size)
    raw.ResizeBicubic(images=image, size=size), raw.ResizeArea(images=image, size=size)
    raw.CropAndResize(image=image, boxes=weights(3, 4), box_ind=constant([0, 1, 0], tf.int32), crop_size=size)
    for op in (raw.FakeQuantWithMinMaxArgs(inputs=image),
               raw.FakeQuantWithMinMaxVars(inputs=image, min=weights(), max=weights()),
               raw.FakeQuantWithMinMaxVarsPerChannel(inputs=image, min=per_channel[0], max=per_channel[1])): pass
    quantized = raw.QuantizeV2(input=image, min_range=weights(), max_range=weights(), T=tf.quint8)
    raw.Dequantize(input=quantized.output, min_range=quantized.output_min, max_range=quantized.output_max)
    raw.RGBToHSV(images=image[..., :3]), raw.HSVToRGB(images=image[..., :3])
    raw.CombinedNonMaxSuppression(boxes=weights(2, 10, 1, 4), scores=weights(2, 10, 3), max_output_size_per_class=constant(4, tf.int32),
                                  max_total_size=constant(6, tf.int32), iou_threshold=weights(), score_threshold=weights(),
                                  pad_per_class=False)
    raw.NonMaxSuppressionV4(boxes=weights(10, 4), scores=weights(10), max_output_size=constant(4, tf.int32), iou_threshold=weights(),
                            score_threshold=weights(), pad_to_max_output_size=True)


def products(x):
    weights = lambda *shape: constant(np.zeros(shape), tf.float32)
    a, b = weights(3, 4), weights(4, 5)
    raw.MatMul(a=a, b=b), raw.MatMul(a=a, b=weights(6, 4), transpose_b=True), raw.MatMul(a=b, b=weights(4, 2), transpose_a=True)
    raw.BatchMatMulV2(x=x, y=weights(2, 4, 7)), raw.BatchMatMulV2(x=x, y=weights(1, 7, 4), adj_y=True)
    raw.BatchMatMul(x=x, y=weights(2, 3, 7), adj_x=True)
    raw.Einsum(inputs=[x, weights(4, 9)], equation="bij,jk->bik"), raw.SparseMatMul(a=a, b=b)
    raw.MatrixDeterminant(input=weights(2, 3, 3)), raw.MatrixInverse(input=weights(2, 3, 3))
    raw.LSTMBlockCell(x=weights(2, 3), cs_prev=weights(2, 5), h_prev=weights(2, 5), w=weights(8, 20), wci=weights(5), wcf=weights(5),
                      wco=weights(5), b=weights(20))
    raw.BlockLSTM(seq_len_max=constant(7, tf.int64), x=weights(7, 2, 3), cs_prev=weights(2, 5), h_prev=weights(2, 5), w=weights(8, 20),
                  wci=weights(5), wcf=weights(5), wco=weights(5), b=weights(20))
    raw.GRUBlockCell(x=weights(2, 3), h_prev=weights(2, 5), w_ru=weights(8, 10), w_c=weights(8, 5), b_ru=weights(10), b_c=weights(5))
    raw.CudnnRNNV2(input=weights(7, 2, 3), input_h=weights(1, 2, 5), input_c=weights(1, 2, 5), params=weights(200)).output


def random_and_lists(x):
    shape = constant([3, 5], tf.int32)
    raw.RandomUniform(shape=shape, dtype=tf.float32), raw.RandomStandardNormal(shape=shape, dtype=tf.float16)
    raw.TruncatedNormal(shape=shape, dtype=tf.float32)
    raw.RandomUniformInt(shape=shape, minval=constant(0, tf.int32), maxval=constant(9, tf.int32))
    raw.Multinomial(logits=constant(np.zeros((2, 4)), tf.float32), num_samples=constant(6, tf.int32))
    tensors = raw.TensorListFromTensor(tensor=x, element_shape=constant([3, 4], tf.int32))
    raw.TensorListGetItem(input_handle=tensors, index=constant(0, tf.int32), element_shape=constant([3, 4], tf.int32), element_dtype=tf.float32)
    raw.TensorListStack(input_handle=tensors, element_shape=constant([3, 4], tf.int32), element_dtype=tf.float32, num_elements=2)
    raw.TensorListLength(input_handle=tensors)


def shapes(graph):
    tensors = {}
    for op in graph.get_operations():
        if op.type in ("Const", "NoOp"): continue
        for number, output in enumerate(op.outputs):
            if output.dtype in (tf.resource, tf.variant): continue
            name = op.name if number == 0 else f"{op.name}:{number}"
            dtype = {"qint8": "int8", "quint8": "uint8", "qint32": "int32"}.get(output.dtype.name, output.dtype.name)
            tensors[name] = [dtype, None if output.shape.rank is None else output.shape.as_list()]
    return tensors


def operators():
    graph = tf.Graph()
    with graph.as_default():
        x = v1.placeholder(tf.float32, [2, 3, 4], "x")
        i = v1.placeholder(tf.int32, [2, 3, 4], "i")
        b = v1.placeholder(tf.bool, [2, 3, 4], "b")
        dynamic = v1.placeholder(tf.float32, [None, 3, 4], "dynamic")
        image = v1.placeholder(tf.float32, [2, 9, 10, 4], "image")
        depth_image = v1.placeholder(tf.float32, [2, 4, 6, 7, 3], "depth_image")
        image8 = raw.Pad(input=image, paddings=constant([[0, 0], [0, 3], [0, 2], [0, 0]], tf.int32))
        for part, arguments in ((unary, (x, i, b)), (binary, (x, constant(np.zeros((3, 1)), tf.float32), i, b)), (reductions, (x, b)),
                                (arrays, (x, i, b, dynamic)), (layers, (image8, depth_image)), (products, (x,)),
                                (random_and_lists, (x,))):
            with tf.name_scope(part.__name__): part(*arguments)
    return graph


def loops():
    """Branches and loops as functions, and one recurrent step that runs as often as the sequence is long."""
    @tf.function
    def net(x, steps):
        total = tf.constant(0.0)
        state = tf.zeros([2, 5])
        kernel = tf.zeros([4, 5])
        for k in tf.range(6): state = state + tf.matmul(x[:, k], kernel)
        branch = tf.cond(steps > 3, lambda: tf.matmul(state, tf.zeros([5, 7])), lambda: tf.zeros([2, 7]))
        chosen = tf.switch_case(steps, [lambda: branch + 1.0, lambda: branch * 2.0])
        return state, chosen, total
    concrete = net.get_concrete_function(tf.TensorSpec([2, 6, 4], tf.float32, name="x"), tf.TensorSpec([], tf.int32, name="steps"))
    return concrete.graph


def main():
    folder = Path(sys.argv[1])
    truth = {}
    for name, graph in (("operators", operators()), ("loops", loops())):
        (folder / f"{name}.pb").write_bytes(graph.as_graph_def().SerializeToString(deterministic=True))
        truth[name] = shapes(graph)
    lines = [f' {json.dumps(name)}: {{\n' + ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in sorted(tensors.items())) + "\n }"
             for name, tensors in truth.items()]
    (folder / "operators.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


main()

"""Eight well-known networks as ONNX graphs without weights, for checking parameters and MACs against the
figures that are published for them. Layers are as torchvision and transformers define them.

Weights are fillers (ConstantOfShape) or initializers whose external data is missing; neither has elements.
The batch is a symbol.
"""
import onnx_wire as wire


class Graph:
    def __init__(self, name, weights="filler"):
        self.name, self.weights = name, weights
        self.nodes, self.initializers, self.inputs, self.outputs = [], [], [], []
        self.count = 0
        self.shapes = {}

    def fresh(self, stem):
        self.count += 1
        return f"{stem}_{self.count}"

    def op(self, op, *inputs, results=1, **attributes):
        name = self.fresh(op)
        outputs = [f"{name}.{i}" if results > 1 else name for i in range(results)]
        self.nodes.append(wire.node(op, inputs, outputs, name, attributes))
        return outputs if results > 1 else name

    def integers(self, *values):
        name = self.fresh("integers")
        self.initializers.append(wire.integers_tensor(name, [len(values)], values))
        return name

    def scalar(self, value):
        name = self.fresh("scalar")
        self.initializers.append(wire.float_tensor(name, value))
        return name

    def weight(self, *extents):
        if self.weights == "filler":
            if extents not in self.shapes:
                self.shapes[extents] = self.integers(*extents)
            return self.op("ConstantOfShape", self.shapes[extents])
        name = self.fresh("weight")
        self.initializers.append(wire.absent_tensor(name, extents))
        return name

    def input(self, name, element_type, *extents):
        self.inputs.append(wire.value_info(name, element_type, extents))
        return name

    def output(self, name, *extents):
        self.outputs.append(wire.value_info(name, wire.FLOAT, extents))

    def bytes(self):
        return wire.model(self.name, self.nodes, self.initializers, self.inputs, self.outputs, 17)

    # --- layers
    def conv(self, x, inp, out, kernel, stride=1, pad=None, group=1, bias=False):
        pad = kernel // 2 if pad is None else pad
        operands = [x, self.weight(out, inp // group, kernel, kernel)] + ([self.weight(out)] if bias else [])
        return self.op("Conv", *operands, kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[pad] * 4, group=group)

    def norm(self, x, channels):
        return self.op("BatchNormalization", x, *[self.weight(channels) for _ in range(4)])

    def conv_norm(self, x, inp, out, kernel, stride=1, group=1):
        return self.norm(self.conv(x, inp, out, kernel, stride, group=group), out)

    def relu(self, x):
        return self.op("Relu", x)

    def relu6(self, x):
        return self.op("Clip", x, self.scalar(0.0), self.scalar(6.0))

    def silu(self, x):
        return self.op("Mul", x, self.op("Sigmoid", x))

    def gemm(self, x, inp, out):
        return self.op("Gemm", x, self.weight(out, inp), self.weight(out), transB=1)

    def linear(self, x, inp, out, bias=True):
        product = self.op("MatMul", x, self.weight(inp, out))
        return self.op("Add", product, self.weight(out)) if bias else product

    def layer_norm(self, x, width):
        return self.op("LayerNormalization", x, self.weight(width), self.weight(width), axis=-1)

    def gelu(self, x):
        half = self.op("Mul", x, self.scalar(0.5))
        erf = self.op("Erf", self.op("Div", x, self.scalar(2.0**0.5)))
        return self.op("Mul", half, self.op("Add", erf, self.scalar(1.0)))

    def heads(self, x, count, size, *order):
        return self.op("Transpose", self.op("Reshape", x, self.integers(0, 0, count, size)), perm=list(order))

    def self_attention(self, q, k, v, width, count):
        size = width // count
        scores = self.op("MatMul", self.heads(q, count, size, 0, 2, 1, 3), self.heads(k, count, size, 0, 2, 3, 1))
        weights = self.op("Softmax", self.op("Div", scores, self.scalar(float(size) ** 0.5)), axis=-1)
        mixed = self.op("MatMul", weights, self.heads(v, count, size, 0, 2, 1, 3))
        return self.op("Reshape", self.op("Transpose", mixed, perm=[0, 2, 1, 3]), self.integers(0, 0, width))

    def attention(self, x, width, count, fused):
        if fused:
            q, k, v = self.op("Split", self.linear(x, width, 3 * width), results=3, axis=-1)
        else:
            q, k, v = (self.linear(x, width, width) for _ in range(3))
        return self.linear(self.self_attention(q, k, v, width, count), width, width)

    def mlp(self, x, width):
        return self.linear(self.gelu(self.linear(x, width, 4 * width)), 4 * width, width)


def image(name, weights):
    graph = Graph(name, weights)
    return graph, graph.input("image", wire.FLOAT, "batch", 3, 224, 224)


def classify(graph, x, width):
    x = graph.op("Flatten", graph.op("GlobalAveragePool", x))
    graph.output(graph.gemm(x, width, 1000), "batch", 1000)
    return graph


def resnet(name, weights, depths, bottleneck):
    g, x = image(name, weights)
    x = g.relu(g.conv_norm(x, 3, 64, 7, 2))
    x = g.op("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    width = 64
    expansion = 4 if bottleneck else 1
    for stage, depth in enumerate(depths):
        plane = 64 << stage
        for block in range(depth):
            stride = 2 if stage > 0 and block == 0 else 1
            if bottleneck:
                y = g.relu(g.conv_norm(x, width, plane, 1))
                y = g.relu(g.conv_norm(y, plane, plane, 3, stride))
                y = g.conv_norm(y, plane, plane * 4, 1)
            else:
                y = g.relu(g.conv_norm(x, width, plane, 3, stride))
                y = g.conv_norm(y, plane, plane, 3)
            if stride != 1 or width != plane * expansion:
                x = g.conv_norm(x, width, plane * expansion, 1, stride)
            width = plane * expansion
            x = g.relu(g.op("Add", y, x))
    return classify(g, x, width)


def resnet18(weights):
    return resnet("resnet18", weights, [2, 2, 2, 2], False)


def resnet50(weights):
    return resnet("resnet50", weights, [3, 4, 6, 3], True)


def mobilenet_v2(weights):
    g, x = image("mobilenet_v2", weights)
    x = g.relu6(g.conv_norm(x, 3, 32, 3, 2))
    width = 32
    for expand, out, repeat, first in [
        (1, 16, 1, 1),
        (6, 24, 2, 2),
        (6, 32, 3, 2),
        (6, 64, 4, 2),
        (6, 96, 3, 1),
        (6, 160, 3, 2),
        (6, 320, 1, 1),
    ]:
        for i in range(repeat):
            stride = first if i == 0 else 1
            hidden = width * expand
            y = g.relu6(g.conv_norm(x, width, hidden, 1)) if expand != 1 else x
            y = g.relu6(g.conv_norm(y, hidden, hidden, 3, stride, hidden))
            y = g.conv_norm(y, hidden, out, 1)
            x = g.op("Add", x, y) if stride == 1 and width == out else y
            width = out
    return classify(g, g.relu6(g.conv_norm(x, width, 1280, 1)), 1280)


def vgg16(weights):
    g, x = image("vgg16", weights)
    width = 3
    for depth, out in [(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)]:
        for _ in range(depth):
            x = g.relu(g.conv(x, width, out, 3, bias=True))
            width = out
        x = g.op("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    x = g.op("Flatten", x)
    x = g.relu(g.gemm(x, 512 * 7 * 7, 4096))
    x = g.relu(g.gemm(x, 4096, 4096))
    g.output(g.gemm(x, 4096, 1000), "batch", 1000)
    return g


def efficientnet_b0(weights):
    g, x = image("efficientnet_b0", weights)
    x = g.silu(g.conv_norm(x, 3, 32, 3, 2))
    width = 32
    for expand, kernel, first, out, repeat in [
        (1, 3, 1, 16, 1),
        (6, 3, 2, 24, 2),
        (6, 5, 2, 40, 2),
        (6, 3, 2, 80, 3),
        (6, 5, 1, 112, 3),
        (6, 5, 2, 192, 4),
        (6, 3, 1, 320, 1),
    ]:
        for i in range(repeat):
            stride = first if i == 0 else 1
            hidden = width * expand
            y = g.silu(g.conv_norm(x, width, hidden, 1)) if expand != 1 else x
            y = g.silu(g.conv_norm(y, hidden, hidden, kernel, stride, hidden))
            squeezed = max(1, width // 4)
            s = g.op("GlobalAveragePool", y)
            s = g.silu(g.conv(s, hidden, squeezed, 1, bias=True))
            s = g.op("Sigmoid", g.conv(s, squeezed, hidden, 1, bias=True))
            y = g.conv_norm(g.op("Mul", s, y), hidden, out, 1)
            x = g.op("Add", y, x) if stride == 1 and width == out else y
            width = out
    return classify(g, g.silu(g.conv_norm(x, width, 1280, 1)), 1280)


def vit_b_16(weights):
    g, x = image("vit_b_16", weights)
    x = g.conv(x, 3, 768, 16, 16, pad=0, bias=True)
    x = g.op("Transpose", g.op("Reshape", x, g.integers(0, 768, -1)), perm=[0, 2, 1])
    batch = g.op("Gather", g.op("Shape", x), g.integers(0), axis=0)
    token = g.op("Expand", g.weight(1, 1, 768), g.op("Concat", batch, g.integers(1, 768), axis=0))
    x = g.op("Add", g.op("Concat", token, x, axis=1), g.weight(1, 197, 768))
    for _ in range(12):
        x = g.op("Add", x, g.attention(g.layer_norm(x, 768), 768, 12, fused=True))
        x = g.op("Add", x, g.mlp(g.layer_norm(x, 768), 768))
    first = g.op("Squeeze", g.op("Slice", g.layer_norm(x, 768), g.integers(0), g.integers(1), g.integers(1)), g.integers(1))
    g.output(g.gemm(first, 768, 1000), "batch", 1000)
    return g


def bert_base(weights, seq=128):
    g = Graph("bert_base", weights)
    ids = g.input("input_ids", wire.INT64, "batch", seq)
    types = g.input("token_type_ids", wire.INT64, "batch", seq)
    x = g.op("Add", g.op("Gather", g.weight(30522, 768), ids), g.op("Gather", g.weight(2, 768), types))
    positions = g.op("Slice", g.weight(512, 768), g.integers(0), g.integers(seq), g.integers(0))
    x = g.layer_norm(g.op("Add", x, positions), 768)
    for _ in range(12):
        x = g.layer_norm(g.op("Add", x, g.attention(x, 768, 12, fused=False)), 768)
        x = g.layer_norm(g.op("Add", x, g.mlp(x, 768)), 768)
    first = g.op("Squeeze", g.op("Slice", x, g.integers(0), g.integers(1), g.integers(1)), g.integers(1))
    g.output(x, "batch", seq, 768)
    g.output(g.op("Tanh", g.gemm(first, 768, 768)), "batch", 768)
    return g


def gpt2(weights, seq=64):
    g = Graph("gpt2", weights)
    ids = g.input("input_ids", wire.INT64, "batch", seq)
    table = g.weight(50257, 768)
    positions = g.op("Slice", g.weight(1024, 768), g.integers(0), g.integers(seq), g.integers(0))
    x = g.op("Add", g.op("Gather", table, ids), positions)
    for _ in range(12):
        x = g.op("Add", x, g.attention(g.layer_norm(x, 768), 768, 12, fused=True))
        x = g.op("Add", x, g.mlp(g.layer_norm(x, 768), 768))
    x = g.layer_norm(x, 768)
    g.output(g.op("MatMul", x, g.op("Transpose", table, perm=[1, 0])), "batch", seq, 50257)
    return g


# Trainable parameters and MACs at batch 1: torchvision's and transformers' own counts; the MACs follow from
# the layers by hand (a product is rows × columns × inner extent).
REFERENCE = {
    resnet18: (11_689_512, 1_814_073_344),
    resnet50: (25_557_032, 4_089_184_256),
    mobilenet_v2: (3_504_872, 300_774_272),
    vgg16: (138_357_544, 15_470_264_320),
    efficientnet_b0: (5_288_548, 385_814_752),
    vit_b_16: (86_567_656, 17_563_828_224),
    bert_base: (109_482_240, 11_174_215_680),
    gpt2: (124_439_808, 7_981_547_520),
}

"""Writes ONNX files byte by byte (onnx.proto, IR version 8), so that making a test model needs no package
and shares no code with the reader under test."""

FLOAT, INT64 = 1, 7


def varint(number):
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def integer(field, number):
    return varint(field << 3) + varint(number)


def blob(field, content):
    content = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(content)) + content


def attribute(name, value):
    """AttributeProto: name 1, f 2, i 3, s 4, ints 8, type 20."""
    import struct

    out = blob(1, name)
    if isinstance(value, float):
        return out + varint(2 << 3 | 5) + struct.pack("<f", value) + integer(20, 1)
    if isinstance(value, int):
        return out + integer(3, value) + integer(20, 2)
    if isinstance(value, str):
        return out + blob(4, value) + integer(20, 3)
    return out + b"".join(integer(8, item) for item in value) + integer(20, 7)


def node(op, inputs, outputs, name, attributes):
    out = b"".join(blob(1, each) for each in inputs) + b"".join(blob(2, each) for each in outputs)
    out += blob(3, name) + blob(4, op)
    return out + b"".join(blob(5, attribute(key, value)) for key, value in attributes.items())


def integers_tensor(name, extents, values):
    """TensorProto of int64: dims 1, data_type 2, int64_data 7, name 8."""
    out = b"".join(integer(1, extent) for extent in extents) + integer(2, INT64)
    return out + b"".join(integer(7, value) for value in values) + blob(8, name)


def float_tensor(name, value):
    """A float32 scalar: raw_data 9."""
    import struct

    return integer(2, FLOAT) + blob(8, name) + blob(9, struct.pack("<f", value))


def absent_tensor(name, extents):
    """A float32 tensor whose elements are external (data_location 14) and not there: its type and extents are all there is."""
    out = b"".join(integer(1, extent) for extent in extents) + integer(2, FLOAT) + blob(8, name)
    return out + blob(13, blob(1, "location") + blob(2, "not-there.bin")) + integer(14, 1)


def value_info(name, element_type, extents):
    """ValueInfoProto: name 1, type 2 { tensor_type 1 { elem_type 1, shape 2 { dim 1 { value 1 | param 2 }}}}"""
    dims = b"".join(blob(1, blob(2, e) if isinstance(e, str) else integer(1, e)) for e in extents)
    return blob(1, name) + blob(2, blob(1, integer(1, element_type) + blob(2, dims)))


def model(graph_name, nodes, initializers, inputs, outputs, opset):
    graph = b"".join(blob(1, each) for each in nodes) + blob(2, graph_name)
    graph += b"".join(blob(5, each) for each in initializers)
    graph += b"".join(blob(11, each) for each in inputs) + b"".join(blob(12, each) for each in outputs)
    return integer(1, 8) + blob(2, "reference_models") + blob(7, graph) + blob(8, integer(2, opset))

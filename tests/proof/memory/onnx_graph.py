"""The graph of an ONNX file in execution order, read from the protobuf wire: just what liveness needs."""
from dataclasses import dataclass, field


def fields(data):
    """(number, value) of a message: bytes for length-delimited fields, integers for the others."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        tag = varint()
        number, kind = tag >> 3, tag & 7
        if kind == 0:
            yield number, varint()
        elif kind == 2:
            size = varint()
            yield number, data[at:at + size]
            at += size
        else:
            size = {1: 8, 5: 4}[kind]
            yield number, data[at:at + size]
            at += size


def text(data, number):
    return next((value.decode() for found, value in fields(data) if found == number), "")


@dataclass
class Node:
    op: str
    reads: list  # operands, and what its bodies take from outside
    makes: list


@dataclass
class Graph:
    nodes: list = field(default_factory=list)
    constants: set = field(default_factory=set)
    inputs: list = field(default_factory=list)
    outputs: list = field(default_factory=list)
    functions: bool = False

    def free_names(self):
        """What the nodes read and the graph itself does not have."""
        own = set(self.inputs) | self.constants | {name for node in self.nodes for name in node.makes}
        return [name for node in self.nodes for name in node.reads if name not in own] + [
            name for name in self.outputs if name not in own]


def read_node(data):
    op, reads, makes = "", [], []
    for number, value in fields(data):
        if number == 1:
            reads.append(value.decode())
        elif number == 2:
            makes.append(value.decode())
        elif number == 4:
            op = value.decode()
        elif number == 5:
            for part, body in fields(value):
                if part in (6, 11):  # g, graphs
                    reads += read_graph(body).free_names()
    return Node(op, reads, makes)


def read_graph(data):
    graph = Graph()
    for number, value in fields(data):
        if number == 1:
            graph.nodes.append(read_node(value))
        elif number == 5:
            graph.constants.add(text(value, 8))
        elif number == 11:
            graph.inputs.append(text(value, 1))
        elif number == 12:
            graph.outputs.append(text(value, 1))
        elif number == 15:
            graph.constants.add(text(next(v for n, v in fields(value) if n == 1), 8))
    graph.inputs = [name for name in graph.inputs if name not in graph.constants]
    return graph


def read_model(data):
    graph, functions = Graph(), False
    for number, value in fields(data):
        if number == 7:
            graph = read_graph(value)
        functions |= number == 25
    graph.functions = functions
    return graph

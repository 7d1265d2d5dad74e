// TorchScript: code becomes a graph; what is known is computed, what only the run decides is a node.
#include <gtest/gtest.h>

#include "formats/format.h"
#include "support/pickle_writer.h"

namespace haoline {
namespace {

using namespace test;
using namespace std::string_literals;

struct Script {
  std::string bytes;
  Model model;
  std::string problem;
};

// A module of class Net with the given methods, a weight w [4, 3], a submodule `sub` of class Sub, and
// numbers.
Script script(const std::string& net, const std::string& more = {}) {
  Script out;
  const std::string sub = p_object("__torch__", "Sub", p_dict({{"training", "\x89"}}));
  const std::string root =
      p_object("__torch__", "Net",
               p_dict({{"w", p_tensor("FloatStorage", "0", 12, {4, 3})}, {"n", p_int(2)}, {"sub", sub}}));
  out.bytes =
      zip_of({{"m/data.pkl", pickled(root)},
              {"m/constants.pkl", pickled(p_tuple({p_tensor("FloatStorage", "0", 2, {2})}))},
              {"m/constants/0", floats(2)},
              {"m/data/0", floats(12)},
              {"m/code/__torch__.py",
               "class Net(Module):\n  __parameters__ = [\"w\", ]\n  __buffers__ = []\n" + net + more}});
  Result<Model> model = read_model(as_bytes(out.bytes));
  if (model) {
    out.model = std::move(*model);
  } else {
    out.problem = model.error().to_string();
  }
  return out;
}

std::string text_of(const Model& model, GraphId id = Model::kMain) {
  std::string out;
  for (const Node& node : model.graphs[id].nodes) {
    out += std::string(node.op_type) + (node.scope.empty() ? "" : "@" + std::string(node.scope)) + " ";
  }
  return out;
}
std::vector<std::int64_t> list_attribute(const Node& node, std::string_view name) {
  const Attribute* attribute = node.attribute(name);
  const auto* list = attribute ? std::get_if<std::span<const std::int64_t>>(&attribute->value) : nullptr;
  return list ? std::vector<std::int64_t>(list->begin(), list->end()) : std::vector<std::int64_t>{};
}

TEST(TorchScript, InlinesMethodsWithTheModuleAsScope) {
  const Script s = script(
      "  def forward(self: __torch__.Net,\n    x: Tensor) -> Tensor:\n    w = self.w\n    y = "
      "torch.linear(x, w)\n    return (self.sub).forward(y, )\n",
      "class Sub(Module):\n  def forward(self, z: Tensor) -> Tensor:\n    return torch.relu_(z)\n");
  ASSERT_EQ(s.problem, "");
  EXPECT_EQ(text_of(s.model), "aten::linear aten::relu_@sub ");
  const Graph& graph = s.model.main();
  EXPECT_EQ(graph.nodes[NodeId{0}].op, Op::FullyConnected);
  EXPECT_EQ(graph.nodes[NodeId{1}].op, Op::Relu);
  ASSERT_EQ(graph.inputs.size(), 1u);
  EXPECT_EQ(graph.tensors[graph.inputs[0]].name, "x");
  EXPECT_EQ(graph.tensors[graph.nodes[NodeId{0}].inputs[1]].name, "w");
  EXPECT_EQ(graph.tensors[graph.nodes[NodeId{0}].inputs[1]].trained, Trained::yes);
  EXPECT_EQ(graph.outputs.size(), 1u);
}

TEST(TorchScript, TranslatesAConvolutionsArguments) {
  const Script s = script(
      "  def forward(self, x: Tensor) -> Tensor:\n    return torch._convolution(x, self.w, None, [2, 1], [1, "
      "0], [1, 3], False, [0, 0], 4, False, False, True, True)\n");
  ASSERT_EQ(s.problem, "");
  const Node& conv = s.model.main().nodes[NodeId{0}];
  EXPECT_EQ(conv.op, Op::Conv);
  EXPECT_EQ(list_attribute(conv, "strides"), (std::vector<std::int64_t>{2, 1}));
  EXPECT_EQ(list_attribute(conv, "pads"), (std::vector<std::int64_t>{1, 0, 1, 0}));
  EXPECT_EQ(list_attribute(conv, "dilations"), (std::vector<std::int64_t>{1, 3}));
  EXPECT_EQ(std::get<std::int64_t>(conv.attribute("group")->value), 4);
}

TEST(TorchScript, ComputesWhatIsKnown) {
  const Script s = script(
      "  def forward(self, x: Tensor) -> Tensor:\n"
      "    n = self.n\n"
      "    a = torch.add(torch.mul(n, 3), 1)\n"
      "    if torch.eq(a, 7):\n      y = torch.relu(x)\n    else:\n      y = torch.tanh(x)\n"
      "    z = annotate(List[Tensor], [])\n"
      "    for i in range(n):\n      _1 = torch.append(z, torch.neg(y))\n"
      "    return torch.cat(z, 1)\n");
  ASSERT_EQ(s.problem, "");
  EXPECT_EQ(text_of(s.model), "aten::relu aten::neg aten::neg aten::cat ");
}

TEST(TorchScript, WritesBranchesThatTheRunDecides) {
  const Script s = script(
      "  def forward(self, x: Tensor) -> Tensor:\n"
      "    c = bool(torch.gt(torch.sum(x), 0))\n"
      "    if c:\n      y = torch.relu(x)\n      k = 1\n    else:\n      y = torch.linear(x, self.w)\n      "
      "k = 1\n"
      "    return torch.mul(y, k)\n");
  ASSERT_EQ(s.problem, "");
  EXPECT_EQ(text_of(s.model), "aten::sum aten::gt aten::Bool prim::If aten::mul ");
  ASSERT_EQ(s.model.graphs.size(), 3u);
  EXPECT_EQ(text_of(s.model, GraphId{1}), "aten::relu ");
  EXPECT_EQ(text_of(s.model, GraphId{2}), "aten::linear ");
  EXPECT_EQ(s.model.graphs[GraphId{1}].owner, NodeId{3});
  EXPECT_EQ(s.model.main().nodes[NodeId{3}].outputs.size(), 1u);  // k is the same on both sides
  EXPECT_EQ(s.model.graphs[GraphId{2}].path, "If#3/else_branch");
}

TEST(TorchScript, FollowsTheSideThatDoesNotRaise) {
  const Script s = script(
      "  def forward(self, x: Tensor) -> Tensor:\n"
      "    if torch.ne(torch.dim(x), 4):\n      ops.prim.RaiseException(\"no\", \"builtins.ValueError\")\n   "
      " else:\n      pass\n"
      "    return torch.relu(x)\n");
  ASSERT_EQ(s.problem, "");
  EXPECT_EQ(text_of(s.model), "aten::dim aten::ne aten::relu ");
}

TEST(TorchScript, CarriesWhatALoopChanges) {
  const Script s = script(
      "  def forward(self, x: Tensor, steps: int) -> Tensor:\n"
      "    h = x\n    for i in range(steps):\n      h = torch.tanh(torch.add(h, x))\n    return h\n");
  ASSERT_EQ(s.problem, "");
  EXPECT_EQ(text_of(s.model), "prim::Loop ");
  ASSERT_EQ(s.model.graphs.size(), 2u);
  const Node& loop = s.model.main().nodes[NodeId{0}];
  EXPECT_EQ(loop.inputs.size(), 3u);  // trips, condition, h
  const Graph& body = s.model.graphs[GraphId{1}];
  EXPECT_EQ(body.inputs.size(), 3u);
  EXPECT_EQ(body.outputs.size(), 2u);  // condition, h
  bool captures = false;
  for (const Tensor& tensor : body.tensors) captures = captures || bool(tensor.outer);
  EXPECT_TRUE(captures);  // x is seen from outside
}

TEST(TorchScript, KeepsOperatorsItDoesNotKnow) {
  const Script s = script(
      "  def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:\n    a, b, = ops.my_ops.strange(x, 3)\n    "
      "return (a, b)\n");
  ASSERT_EQ(s.problem, "");
  EXPECT_EQ(text_of(s.model), "my_ops::strange ");
  EXPECT_EQ(s.model.main().nodes[NodeId{0}].op, Op::unknown);
  EXPECT_EQ(s.model.main().outputs.size(), 2u);
}

TEST(TorchScript, RefusesCodeThatDoesNotEnd) {
  EXPECT_NE(script("  def forward(self, x: Tensor) -> Tensor:\n    return (self).forward(x, )\n")
                .problem.find("nested too deeply"),
            std::string::npos);
  EXPECT_NE(script("  def forward(self, x: Tensor) -> Tensor:\n    return torch.relu(x\n").problem, "");
  EXPECT_NE(script("  def forward(self, x: Tensor) -> Tensor:\n    return " + std::string(500, '(') + "x\n")
                .problem.find("too deeply"),
            std::string::npos);
  // Each call makes two more.
  std::string calls;
  for (int i = 0; i < 40; ++i) {
    calls += "  def f" + std::to_string(i) + "(self, x: Tensor) -> Tensor:\n    y = (self).f" +
             std::to_string(i + 1) + "(x, )\n    return (self).f" + std::to_string(i + 1) + "(y, )\n";
  }
  const Script bomb = script("  def forward(self, x: Tensor) -> Tensor:\n    return (self).f0(x, )\n" +
                             calls + "  def f40(self, x: Tensor) -> Tensor:\n    return x\n");
  EXPECT_NE(bomb.problem.find("too many steps"), std::string::npos) << bomb.problem;
}

TEST(TorchScript, SurvivesAnyCode) {
  const std::string code =
      "  def forward(self, x: Tensor) -> Tensor:\n    a, b, = torch.split(x, [1, 2], 1)\n    if "
      "bool(torch.sum(a)):\n      y = [a, b][0]\n    else:\n      y = b\n"
      "    while bool(torch.sum(y)):\n      y = torch.add(y, CONSTANTS.c0, alpha=2)\n    return {\"k\": "
      "y}[\"k\"]\n";
  ASSERT_EQ(script(code).problem, "");
  for (std::size_t length = 0; length < code.size(); length += 3) script(code.substr(0, length));
  for (std::size_t at = 0; at < code.size(); at += 2) {
    for (const char wrong : {'(', ']', ':', ',', '\n', '"', '.', '\t'}) {
      std::string bytes = code;
      bytes[at] = wrong;
      script(bytes);
    }
  }
}

}  // namespace
}  // namespace haoline

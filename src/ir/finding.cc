#include "ir/finding.h"

#include <iterator>

namespace haoline {
namespace {

// In the order of FindingKind. Ids are stable: scripts and --fail-on use them.
constexpr FindingInfo kFindings[] = {
    {"unknown-operator", Severity::warning,
     "No row of the operator table describes this operator, so its results and its cost are unknown.",
     "Totals leave it out; see cost.coverage. If a package defines the operator, inline it as a local "
     "function."},
    {"unknown-shape", Severity::warning, "The shape of a result could not be derived.",
     "Give input shapes with --input-shape or values of shape inputs with --input-value."},
    {"no-cost-rule", Severity::warning, "The operator is known, but nothing says what it costs.",
     "Totals leave it out; see cost.coverage."},
    {"wrong-arity", Severity::error,
     "A node has fewer or more operands or results than its operator allows at this version.",
     "The file does not follow its operator set; export it again."},
    {"contradicting-shapes", Severity::error, "Two extents that have to be equal are not.",
     "No runtime can execute this node as it stands; check the shapes given for the inputs."},
    {"contradicting-declaration", Severity::warning,
     "The file declares a type or shape that differs from the derived one.",
     "The derived one is used; the declaration is stale and can mislead other tools."},
    {"data-dependent-shape", Severity::info,
     "Only the data decides an extent; it is a symbol with an upper bound.", ""},
    {"dynamic-input", Severity::info, "An input has extents that are known only when the model runs.",
     "Bind them with --bind or --input-shape; figures are formulas of them."},
    {"missing-external-data", Severity::warning,
     "A file with weights that the model refers to could not be read.",
     "Put it beside the model under the name that the model uses."},
    {"missing-operator-set", Severity::warning,
     "Nodes use a domain for which the file imports no operator set.",
     "The oldest rules were applied; export the model again with its imports."},
    {"unused-weight", Severity::info, "A stored tensor that nothing uses.",
     "It can be removed without effect."},
    {"unused-node", Severity::info, "No output depends on this node.", "It can be removed without effect."},
    {"duplicate-name", Severity::warning, "A name occurs twice in one graph; the later one was renamed.", ""},
    {"invalid-attribute", Severity::error,
     "An attribute has a type or a value that its operator does not allow, or a required one is missing.",
     "The file does not follow its operator set; export it again."},
    {"unknown-dtype", Severity::warning,
     "An element type that is not known; sizes of such tensors are unknown.", ""},
    {"truncated-weights", Severity::error, "A tensor stores fewer bytes than its type and shape need.",
     "The file is damaged or cut short; fetch it again."},
    {"overlapping-weights", Severity::warning, "Stored tensors share bytes without being the same.",
     "The file is damaged or was made to mislead; export it again."},
    {"unread-content", Severity::info, "Parts of the file that no rule reads.", ""},
    {"assumed-architecture", Severity::warning,
     "The file does not say how its weights are used; an architecture was assumed.", ""},
    {"format-mismatch", Severity::warning,
     "The content is of another format than the file's name or the caller says.",
     "Leave the choice of the reader to haoline."},
    {"overflow", Severity::warning,
     "A figure exceeds 128 bits or an expression grew too large; it is unknown.", ""},
};
static_assert(std::size(kFindings) == kFindingKinds);

}  // namespace

const FindingInfo& info(FindingKind kind) {
  return kFindings[static_cast<std::size_t>(kind)];
}

}  // namespace haoline

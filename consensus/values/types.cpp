#include "consensus/values/types.h"

#include "common/check.h"
#include "consensus/values/message.h"

namespace testamur::consensus {
namespace {

const Tag& tag_of(Act act) {
  switch (act) {
    case Act::kPropose: return tags::kPropose;
    case Act::kNotarize: return tags::kNotarize;
    case Act::kNullify: return tags::kNullify;
    case Act::kFinalize: return tags::kFinalize;
  }
  TM_CHECK(false, "no such act:", static_cast<int>(act));
}

}  // namespace

const char* to_text(Act act) {
  switch (act) {
    case Act::kPropose: return "propose";
    case Act::kNotarize: return "notarize";
    case Act::kNullify: return "nullify";
    case Act::kFinalize: return "finalize";
  }
  return "unknown";
}

Hash256 signing_digest(const ChainId& chain, const Hash256& set_digest,
                       const Statement& statement) {
  Encoder encoder;
  encoder.fixed(chain).u64(statement.epoch).fixed(set_digest).u64(statement.view);
  if (statement.act != Act::kNullify) encoder.u64(statement.parent_view).fixed(statement.block);
  return tag_of(statement.act)(encoder.bytes());
}

bool contradict(const Statement& a, const Statement& b) {
  if (a.epoch != b.epoch || a.view != b.view) return false;
  if (a.act == b.act) return a.act != Act::kNullify && a.block != b.block;
  const auto is = [&](Act first, Act second) { return a.act == first && b.act == second; };
  return is(Act::kNullify, Act::kFinalize) || is(Act::kFinalize, Act::kNullify);
}

Urgency urgency(const Message& message) {
  return std::holds_alternative<Proposal>(message) ? Urgency::kBlock : Urgency::kVote;
}

}  // namespace testamur::consensus

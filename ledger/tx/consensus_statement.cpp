#include "ledger/tx/consensus_statement.h"

#include "common/check.h"

namespace testamur::ledger::tx {

namespace {

using Act = ConsensusStatement::Act;

const Tag& tag_of(Act act) {
  switch (act) {
    case Act::kPropose: return tags::kPropose;
    case Act::kNotarize: return tags::kNotarize;
    case Act::kNullify: return tags::kNullify;
    case Act::kFinalize: return tags::kFinalize;
  }
  TM_CHECK(false, "an unknown act:", int(act));
  return tags::kPropose;
}

}  // namespace

std::optional<ConsensusStatement> decode_signed_statement(ByteView bytes) {
  Decoder in(bytes);
  ConsensusStatement statement;

  const auto act = in.u8();
  if (act < 1 || act > 4) in.fail();
  statement.act = static_cast<Act>(act);

  statement.epoch = Epoch{in.u64()};
  statement.view = View{in.u64()};

  // A nullify vote is against the view, whatever its block: it names none.
  if (statement.act != Act::kNullify) {
    statement.parent_view = View{in.u64()};
    statement.block = in.fixed<BlockId>();
  }

  statement.signature = in.fixed<Signature>();
  if (!in.finished()) return std::nullopt;
  return statement;
}

Bytes encode(const ConsensusStatement& statement) {
  Encoder out;
  out.u8(static_cast<std::uint8_t>(statement.act)).u64(statement.epoch).u64(statement.view);
  if (statement.act != Act::kNullify) out.u64(statement.parent_view).fixed(statement.block);
  return out.fixed(statement.signature).take();
}

Hash256 signing_digest(const ChainId& chain, const Hash256& set_digest,
                       const ConsensusStatement& statement) {
  Encoder message;
  message.fixed(chain).u64(statement.epoch).fixed(set_digest).u64(statement.view);
  if (statement.act != Act::kNullify) message.u64(statement.parent_view).fixed(statement.block);
  return tag_of(statement.act)(message.bytes());
}

bool contradict(const ConsensusStatement& a, const ConsensusStatement& b) {
  if (a.epoch != b.epoch || a.view != b.view) return false;
  if (a.act == b.act) return a.act != Act::kNullify && a.block != b.block;
  return (a.act == Act::kNullify && b.act == Act::kFinalize) ||
         (a.act == Act::kFinalize && b.act == Act::kNullify);
}

}  // namespace testamur::ledger::tx

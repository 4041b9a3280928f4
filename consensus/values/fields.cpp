#include "consensus/values/fields.h"

#include <bit>

#include "common/check.h"

namespace testamur::consensus::fields {

void put(Encoder& out, const Statement& statement) {
  out.u8(static_cast<std::uint8_t>(statement.act)).u64(statement.epoch).u64(statement.view);
  if (statement.act != Act::kNullify) out.u64(statement.parent_view).fixed(statement.block);
}

void put(Encoder& out, const Vote& vote) {
  put(out, vote.statement);
  out.u8(vote.voter).fixed(vote.signature);
}

void put(Encoder& out, const Certificate& certificate) {
  TM_CHECK(static_cast<std::size_t>(std::popcount(certificate.signers)) ==
           certificate.signatures.size());
  put(out, certificate.statement);
  out.u32(certificate.signers);
  for (const auto& signature : certificate.signatures) out.fixed(signature);
}

void put(Encoder& out, const FinalityProof& proof) {
  put(out, *proof.certificate);
  out.u16(static_cast<std::uint16_t>(proof.links.size()));
  for (const auto& link : proof.links) out.sized(*link);
}

void put_head(Encoder& out, const Proposal& proposal) {
  out.u64(proposal.epoch).u64(proposal.view).u64(proposal.parent_view).fixed(proposal.signature);
  out.sized(*proposal.header);
  out.u32(static_cast<std::uint32_t>(proposal.body->size()));
}

Statement statement(Decoder& in, Act lowest) {
  const std::uint8_t act = in.u8();
  if (act < static_cast<std::uint8_t>(lowest) || act > static_cast<std::uint8_t>(Act::kFinalize))
    in.fail();
  Statement statement;
  statement.act = static_cast<Act>(act);
  statement.epoch = Epoch{in.u64()};
  statement.view = View{in.u64()};
  if (statement.act != Act::kNullify) {
    statement.parent_view = View{in.u64()};
    statement.block = in.fixed<BlockId>();
  }
  return statement;
}

Vote vote(Decoder& in) {
  Vote vote;
  vote.statement = statement(in, Act::kNotarize);
  vote.voter = in.u8();
  vote.signature = in.fixed<Signature>();
  if (vote.voter >= ValidatorSet::kMaxSize) in.fail();
  return vote;
}

Certificate certificate(Decoder& in) {
  Certificate certificate;
  certificate.statement = statement(in, Act::kNotarize);
  certificate.signers = in.u32();
  if (certificate.signers == 0 || (certificate.signers >> ValidatorSet::kMaxSize) != 0) in.fail();
  const int count = std::popcount(certificate.signers);
  for (int i = 0; i < count && in.ok(); ++i)
    certificate.signatures.push_back(in.fixed<Signature>());
  return certificate;
}

FinalityProof proof(Decoder& in) {
  FinalityProof proof;
  proof.certificate = std::make_shared<const Certificate>(certificate(in));
  const std::size_t count = in.u16();
  if (count > kMaxFinalityLinks) in.fail();
  for (std::size_t i = 0; i < count && in.ok(); ++i)
    proof.links.push_back(shared(in.sized(kMaxHeaderBytes)));
  return proof;
}

Proposal proposal(Decoder& in) {
  Proposal proposal;
  proposal.epoch = Epoch{in.u64()};
  proposal.view = View{in.u64()};
  proposal.parent_view = View{in.u64()};
  proposal.signature = in.fixed<Signature>();
  proposal.header = shared(in.sized(kMaxHeaderBytes));
  proposal.body = shared(in.sized(kMaxBodyBytes));
  return proposal;
}

std::shared_ptr<const Bytes> shared(ByteView bytes) {
  return std::make_shared<const Bytes>(bytes.begin(), bytes.end());
}

}  // namespace testamur::consensus::fields

// Journal records: u8 version, then the fields; docs/formats/consensus.md.
#include "consensus/values/record.h"

#include "common/check.h"
#include "consensus/values/codec.h"
#include "consensus/values/fields.h"

namespace testamur::consensus {
namespace {

constexpr std::uint8_t kVersion = 1;

void expect_version(Decoder& in) {
  if (in.u8() != kVersion) in.fail();
}

std::optional<Epoch> decode_epoch(ByteView bytes, std::size_t then) {
  Decoder in{bytes};
  expect_version(in);
  const Epoch epoch{in.u64()};
  in.raw(then);
  if (!in.finished()) return std::nullopt;
  return epoch;
}

}  // namespace

Record make_start_record(Epoch epoch, const Hash256& set_digest) {
  Encoder out;
  out.u8(kVersion).u64(epoch).fixed(set_digest);
  return {RecordKind::kStart, epoch, View{0}, Height{0}, out.take(), nullptr};
}

Record make_record(const Block& block) {
  Encoder out;
  out.u8(kVersion);
  fields::put_head(out, block.proposal);
  return {RecordKind::kBlock, block.facts.epoch, block.facts.view,
          block.facts.height, out.take(),        block.proposal.body};
}

Record make_record(const Certificate& certificate) {
  Encoder out;
  out.u8(kVersion);
  fields::put(out, certificate);
  return {RecordKind::kCertificate,
          certificate.statement.epoch,
          certificate.statement.view,
          Height{0},
          out.take(),
          nullptr};
}

Record make_record(const VoteRecord& vote) {
  Encoder out;
  out.u8(kVersion);
  fields::put(out, vote.vote);
  out.fixed(vote.support);
  TM_CHECK(out.bytes().size() <= kMaxVoteRecordBytes);
  return {RecordKind::kVote,
          vote.vote.statement.epoch,
          vote.vote.statement.view,
          Height{0},
          out.take(),
          nullptr};
}

Record make_record(const FinalityRecord& finality) {
  Encoder out;
  out.u8(kVersion)
      .fixed(finality.block)
      .u64(finality.epoch)
      .u64(finality.view)
      .u64(finality.height);
  fields::put(out, finality.proof);
  return {RecordKind::kFinality, finality.epoch, finality.proof.certificate->statement.view,
          finality.height,       out.take(),     nullptr};
}

Record make_record(const FloorRecord& floor) {
  Encoder out;
  out.u8(kVersion).u64(floor.epoch).u64(floor.view).u8(floor.by_command ? 1 : 0);
  return {RecordKind::kFloor, floor.epoch, View{0}, Height{0}, out.take(), nullptr};
}

Record make_quarantine_record(Epoch epoch) {
  Encoder out;
  out.u8(kVersion).u64(epoch);
  return {RecordKind::kQuarantine, epoch, View{0}, Height{0}, out.take(), nullptr};
}

std::optional<Proposal> decode_block_record(ByteView bytes) {
  Decoder in{bytes};
  expect_version(in);
  auto proposal = fields::proposal(in);
  if (!in.finished()) return std::nullopt;
  return proposal;
}

std::optional<Certificate> decode_certificate_record(ByteView bytes) {
  Decoder in{bytes};
  expect_version(in);
  auto certificate = fields::certificate(in);
  if (!in.finished()) return std::nullopt;
  return certificate;
}

std::optional<VoteRecord> decode_vote_record(ByteView bytes) {
  Decoder in{bytes};
  expect_version(in);
  VoteRecord record;
  record.vote = fields::vote(in);
  record.support = in.fixed<Hash256>();
  if (!in.finished()) return std::nullopt;
  return record;
}

std::optional<FinalityRecord> decode_finality_record(ByteView bytes) {
  Decoder in{bytes};
  expect_version(in);
  FinalityRecord record;
  record.block = in.fixed<BlockId>();
  record.epoch = Epoch{in.u64()};
  record.view = View{in.u64()};
  record.height = Height{in.u64()};
  record.proof = fields::proof(in);
  if (!in.finished()) return std::nullopt;
  return record;
}

std::optional<FloorRecord> decode_floor_record(ByteView bytes) {
  Decoder in{bytes};
  expect_version(in);
  FloorRecord record;
  record.epoch = Epoch{in.u64()};
  record.view = View{in.u64()};
  const std::uint8_t by_command = in.u8();
  if (by_command > 1) in.fail();
  record.by_command = by_command == 1;
  if (!in.finished()) return std::nullopt;
  return record;
}

std::optional<Epoch> decode_start_record(ByteView bytes) {
  return decode_epoch(bytes, Hash256::kSize);
}
std::optional<Epoch> decode_quarantine_record(ByteView bytes) { return decode_epoch(bytes, 0); }

}  // namespace testamur::consensus

// Decoders of consensus/: messages between engines, proofs, journal records.
#include "common/check.h"
#include "consensus/values/codec.h"
#include "tests/fuzz/target.h"

namespace testamur::fuzz {
namespace {

using namespace consensus;

template <class Fixed>
Fixed filled(std::uint8_t byte) {
  Fixed value;
  value.bytes.fill(byte);
  return value;
}
Statement about(Act act) {
  if (act == Act::kNullify) return {act, Epoch{5}, View{9}, View{0}, BlockId{}};
  return {act, Epoch{5}, View{9}, View{7}, filled<BlockId>(0xbb)};
}
Certificate certificate() {
  return {about(Act::kFinalize),
          0b1011,
          {filled<Signature>(1), filled<Signature>(2), filled<Signature>(4)}};
}
std::shared_ptr<const Bytes> text(std::string_view content) {
  return std::make_shared<const Bytes>(to_bytes(as_bytes(content)));
}
Vote vote() { return {about(Act::kNotarize), 3, filled<Signature>(0x33)}; }
Proposal proposal() {
  return {Epoch{5}, View{9}, View{7}, text("hdr"), text("body"), filled<Signature>(0x77)};
}
FinalityProof proof() {
  return {{text("link"), text("another")}, std::make_shared<const Certificate>(certificate())};
}
Evidence evidence() {
  auto other = about(Act::kNotarize);
  other.block = filled<BlockId>(0xcc);
  return {filled<InstitutionId>(1), 3,     filled<Hash256>(2),  about(Act::kNotarize),
          filled<Signature>(3),     other, filled<Signature>(4)};
}

template <class Value>
void again(ByteView input, const std::optional<Value>& decoded) {
  if (decoded) law(equal(encode(*decoded), input), "a second encoding");
}

void message(ByteView input) { again(input, decode_message(input)); }
std::vector<Bytes> message_seeds() {
  const Message all[] = {proposal(),
                         vote(),
                         Vote{about(Act::kNullify), 1, filled<Signature>(0x11)},
                         certificate(),
                         CertificateRequest{Epoch{5}, View{2}, View{8}},
                         BlockRequest{Epoch{5}, View{9}, filled<BlockId>(0xbb)},
                         Presence{Epoch{5}, View{9}, View{6}, Height{1234}},
                         QuarantineQuery{Epoch{5}, filled<Hash256>(0xcc)},
                         QuarantineAnswer{Epoch{5},
                                          filled<Hash256>(0xcc),
                                          true,
                                          certificate(),
                                          2,
                                          filled<Signature>(0x22),
                                          {vote()}},
                         SealingFinality{Epoch{5}, text("hdr"), proof()}};

  std::vector<Bytes> seeds;
  for (const auto& each : all) seeds.push_back(encode(each));
  return seeds;
}

void proofs(ByteView input) {
  again(input, decode_certificate(input));
  again(input, decode_finality_proof(input));
  again(input, decode_evidence(input));
}
std::vector<Bytes> proof_seeds() {
  return {encode(certificate()), encode(proof()), encode(evidence())};
}

Bytes content(const Record& record) {
  Bytes bytes = record.head;
  if (record.tail) bytes.insert(bytes.end(), record.tail->begin(), record.tail->end());
  return bytes;
}

void records(ByteView input) {
  const auto same = [&](const Record& record) {
    law(equal(content(record), input), "a record has a second encoding");
  };

  if (const auto block = decode_block_record(input)) {
    Block again{*block, {}};
    again.facts.epoch = block->epoch;
    again.facts.view = block->view;
    same(make_record(again));
  }

  if (const auto decoded = decode_certificate_record(input)) same(make_record(*decoded));
  if (const auto decoded = decode_vote_record(input)) same(make_record(*decoded));
  if (const auto decoded = decode_finality_record(input)) same(make_record(*decoded));
  if (const auto decoded = decode_floor_record(input)) same(make_record(*decoded));
  (void)decode_start_record(input);
  if (const auto decoded = decode_quarantine_record(input)) same(make_quarantine_record(*decoded));
}
std::vector<Bytes> record_seeds() {
  const Block block{proposal(), {}};
  const Record all[] = {
      make_start_record(Epoch{5}, filled<Hash256>(1)),
      make_record(block),
      make_record(certificate()),
      make_record(VoteRecord{vote(), filled<Hash256>(2)}),
      make_record(FinalityRecord{filled<BlockId>(3), Epoch{5}, View{9}, Height{77}, proof()}),
      make_record(FloorRecord{Epoch{5}, View{11}, false}),
      make_record(FloorRecord{Epoch{5}, View{0}, true}),
      make_quarantine_record(Epoch{5})};

  std::vector<Bytes> seeds;
  for (const auto& each : all) seeds.push_back(content(each));
  return seeds;
}

constexpr Target kTargets[] = {
    {"consensus-message", message, message_seeds},
    {"consensus-proofs", proofs, proof_seeds},
    {"consensus-records", records, record_seeds},
};

}  // namespace

std::span<const Target> targets() { return kTargets; }

}  // namespace testamur::fuzz

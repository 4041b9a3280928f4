#include "tests/ledger/core_decoders.h"

#include <array>

#include "ledger/ledger_state.h"
#include "ledger/log.h"
#include "ledger/proofs/receipt.h"
#include "tests/ledger/core_chain.h"

namespace testamur::test {
namespace {

using namespace ledger;

template <class Value>
std::optional<Bytes> again(const Result<Value>& decoded) {
  if (!decoded.ok()) return std::nullopt;
  return encode(*decoded);
}

// For the decoders that read one value out of a longer record.
template <class Decode>
std::optional<Bytes> streamed(ByteView input, Decode decode) {
  Decoder in{input};
  const auto value = decode(in);
  if (!in.finished()) return std::nullopt;
  Encoder out;
  encode(out, value);
  return out.take();
}

std::optional<Bytes> set_change(ByteView input) {
  Decoder in{input};
  const auto change = decode_set_change(in);
  if (!in.finished()) return std::nullopt;
  Encoder out;
  encode(out, change.value());
  return out.take();
}

std::optional<Bytes> certifying_set(ByteView input) {
  const auto set = CertifyingSet::decode(input);
  if (!set.ok()) return std::nullopt;
  return set->encode();
}

constexpr std::array kDecoders{
    NamedDecoder{"header", [](ByteView in) { return again(decode_header(in)); }},
    NamedDecoder{"log leaf", [](ByteView in) { return again(decode_log_leaf(in)); }},
    NamedDecoder{"page static", [](ByteView in) { return again(decode_page_static(in)); }},
    NamedDecoder{"registry head", [](ByteView in) { return again(decode_registry_head(in)); }},
    NamedDecoder{"registry record", [](ByteView in) { return again(decode_registry_record(in)); }},
    NamedDecoder{"map proof", [](ByteView in) { return streamed(in, decode_map_proof); }},
    NamedDecoder{"slot proof", [](ByteView in) { return streamed(in, decode_slot_proof); }},
    NamedDecoder{"segment proof", [](ByteView in) { return streamed(in, decode_segment_proof); }},
    NamedDecoder{"as-of proof", [](ByteView in) { return streamed(in, decode_as_of_proof); }},
    NamedDecoder{"history proof", [](ByteView in) { return streamed(in, decode_history_proof); }},
    NamedDecoder{"finality proof", [](ByteView in) { return streamed(in, decode_finality_proof); }},
    NamedDecoder{"checkpoint", [](ByteView in) { return again(decode_checkpoint(in)); }},
    NamedDecoder{"validator set", certifying_set},
    NamedDecoder{"set change", set_change},
    NamedDecoder{"receipt", [](ByteView in) { return again(decode_receipt(in)); }},
};

template <class Value>
Bytes streamed_out(const Value& value) {
  Encoder out;
  encode(out, value);
  return out.take();
}

}  // namespace

std::span<const NamedDecoder> ledger_decoders() { return kDecoders; }

std::vector<Bytes> valid_decoder_inputs() {
  const auto sample = sample_receipt();
  const auto& receipt = sample.receipt;

  const auto& history = receipt.histories[0].proof;
  MapProof absent = history.head_proof;
  absent.other = MapEntry{hash_of(1), hash_of(2)};
  AsOfProof as_of{history.head, history.head_proof, 1, history.records[0], history.records[1]};
  SegmentProof segment{PageNumber{1}, {{hash_of(3), {}}, {hash_of(4), {}}}, {hash_of(5)}};

  return {encode(receipt.checkpoint.header),
          encode(LogLeaf{}),
          encode(receipt.slot.page_static),
          encode(*history.head),
          encode(history.records[0].record),
          streamed_out(absent),
          streamed_out(receipt.slot),
          streamed_out(segment),
          streamed_out(as_of),
          streamed_out(history),
          streamed_out(receipt.checkpoint.proof),
          encode(receipt.checkpoint),
          sample.genesis_set.encode(),
          streamed_out(receipt.set_changes[0]),
          encode(receipt)};
}

}  // namespace testamur::test

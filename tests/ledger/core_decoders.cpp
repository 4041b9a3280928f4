#include "tests/ledger/core_decoders.h"

#include <array>

#include "ledger/log.h"
#include "ledger/receipt.h"

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

}  // namespace

std::span<const NamedDecoder> ledger_decoders() { return kDecoders; }

}  // namespace testamur::test

#include "ledger/meta.h"

#include "common/check.h"

namespace testamur::ledger {
namespace {

Bytes meta_key(MetaKey key) { return {static_cast<std::uint8_t>(key)}; }

}  // namespace

std::uint64_t read_counter(const StateReader& state, MetaKey key) {
  const auto stored = state.get(Table::kMeta, meta_key(key));
  return stored ? u64_from(*stored) : 0;
}

void write_counter(Overlay& state, MetaKey key, std::uint64_t value) {
  state.put(Table::kMeta, meta_key(key), u64_bytes(value));
}

Bytes u64_bytes(std::uint64_t value) { return Encoder{}.u64(value).take(); }

std::uint64_t u64_from(ByteView stored) {
  Decoder in{stored};
  const std::uint64_t value = in.u64();
  TM_CHECK(in.finished(), "damaged state: a number of", stored.size(), "bytes");
  return value;
}

}  // namespace testamur::ledger

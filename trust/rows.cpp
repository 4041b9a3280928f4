#include "trust/rows.h"

namespace testamur::trust {

// The finalizer of SplitMix64: a fixed bijection, so that neighbouring indexes spread.
std::size_t IndexTable::mix(std::uint64_t key) {
  key = (key ^ (key >> 30)) * 0xbf58476d1ce4e5b9U;
  key = (key ^ (key >> 27)) * 0x94d049bb133111ebU;
  return static_cast<std::size_t>(key ^ (key >> 31));
}

void IndexTable::insert(std::uint64_t key, std::uint32_t value) {
  if ((used_ + 1) * 2 > values_.size()) grow();
  const std::size_t mask = values_.size() - 1;
  std::size_t at = mix(key) & mask;
  while (values_[at] != kNoIndex) at = (at + 1) & mask;
  keys_[at] = key;
  values_[at] = value;
  ++used_;
}

void IndexTable::grow() {
  const std::vector<std::uint64_t> keys = std::move(keys_);
  const std::vector<std::uint32_t> values = std::move(values_);
  const std::size_t size = values.empty() ? 16 : values.size() * 2;
  keys_.assign(size, 0);
  values_.assign(size, kNoIndex);
  used_ = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] != kNoIndex) insert(keys[i], values[i]);
  }
}

}  // namespace testamur::trust

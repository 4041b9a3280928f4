// Every decoder of the authenticated structures that takes bytes from outside, behind one
// signature: used by the robustness test and by the fuzz target.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "common/bytes.h"

namespace testamur::test {

struct NamedDecoder {
  const char* name;
  // Decodes all of `input`; what was accepted is encoded again. Nothing when it was refused.
  std::optional<Bytes> (*decode_and_encode)(ByteView input);
};
std::span<const NamedDecoder> ledger_decoders();
// One valid input for each of them, in their order.
std::vector<Bytes> valid_decoder_inputs();

}  // namespace testamur::test

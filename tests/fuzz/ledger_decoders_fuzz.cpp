// libFuzzer target: the first byte chooses one of the decoders of ledger/, the rest is its input. What a decoder
// accepts must be exactly what encoding produces.
#include "common/check.h"
#include "tests/ledger/core_decoders.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto decoders = testamur::test::ledger_decoders();
  const auto& decoder = decoders[data[0] % decoders.size()];
  const testamur::ByteView input{data + 1, size - 1};
  const auto result = decoder.decode_and_encode(input);
  TM_CHECK(!result || testamur::equal(*result, input), decoder.name);
  return 0;
}

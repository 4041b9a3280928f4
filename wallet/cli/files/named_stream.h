// A file that a person named and that is written piece by piece: wallet/cli/files/output.h for what
// is too large to be held. One thread.
#pragma once

#include <string>
#include <string_view>

#include "wallet/cli/context.h"
#include "wallet/cli/outcome.h"
#include "wallet/keystore/output_stream.h"

namespace testamur::wallet {

// Not finished, nothing remains. Exit code 2 where the rules refuse the file, 1 where the system
// failed.
class NamedStream {
 public:
  Attempt<void> open(const Context& context, const std::string& file);
  Attempt<void> write(std::string_view piece);
  Attempt<void> finish();

 private:
  OutputStream stream_;
};

}  // namespace testamur::wallet

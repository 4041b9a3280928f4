// Output that is written piece by piece, by the rules of wallet/keystore/file.h. One thread a
// stream.
#pragma once

#include <optional>
#include <string>

#include "wallet/keystore/file.h"

namespace testamur::wallet {

// A file that a person asked for by name (OutputRules of file.h) and that is too large to be held:
// written piece by piece to a temporary file beside the target, which takes its place in finish().
// What was not finished leaves nothing behind.
class OutputStream {
 public:
  OutputStream() = default;
  ~OutputStream();
  OutputStream(const OutputStream&) = delete;
  OutputStream& operator=(const OutputStream&) = delete;

  // Once, before anything is written. The rules are asked here; a file that comes into being
  // meanwhile is not replaced.
  std::optional<OutputError> open(const std::string& path, const OutputRules& rules);
  // Precondition of both: opened, and not finished.
  std::optional<OutputError> write(ByteView piece);
  // Makes the file durable and gives it its name; without it nothing is left behind.
  std::optional<OutputError> finish();

 private:
  std::optional<OutputError> flush();

  std::string path_;
  std::string target_;
  std::string temporary_;  // empty: written to a device, or finished
  Overwrite overwrite_ = Overwrite::kRefused;
  int descriptor_ = -1;
  Bytes waiting_;
};

}  // namespace testamur::wallet

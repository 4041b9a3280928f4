// JSON as every document of the wallet is read: UTF-8, no key twice in one object, nothing after
// the value, bounded size and depth. Pure; any thread.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "common/bytes.h"
#include "common/result.h"
#include "wallet/keystore/secret_bytes.h"

namespace testamur::wallet {

using Json = nlohmann::json;

inline constexpr std::size_t kMaxJsonBytes = std::size_t{16} << 20;
inline constexpr int kMaxJsonDepth = 32;

// The failure says what is wrong and, for a syntax error, at which byte.
Result<Json> parse_strict_json(std::string_view text, std::size_t max_bytes = kMaxJsonBytes);
// Overwrites every string in the value, for values that held secrets.
void wipe_strings(Json& value);
// The text of a value that holds secrets; wipes the value's strings. Bytes that are not UTF-8 are
// replaced.
SecretBytes dump_secret(Json& value);

// Reads one JSON object member by member. The first failure is kept, names the member, and makes
// every later read return an empty value, so that a caller reads a whole record and asks once.
// finish() also fails on members that nobody asked for.
class ObjectReader {
 public:
  ObjectReader(const Json& value, std::string where);
  std::string text(const char* name, std::size_t max_bytes = 4096);
  std::string optional_text(const char* name, std::size_t max_bytes = 4096);  // empty when absent
  std::uint64_t number(const char* name, std::uint64_t max = UINT64_MAX);
  std::uint64_t number_or(const char* name, std::uint64_t fallback, std::uint64_t max = UINT64_MAX);
  Bytes base64url(const char* name, std::size_t max_bytes = 4096);
  // Base64url of exactly `size` bytes, with no copy left behind.
  SecretBytes secret(const char* name, std::size_t size);
  // A text of at most `max_bytes`, with no copy left behind.
  SecretBytes secret_text(const char* name, std::size_t max_bytes);
  const Json& array(const char* name);   // an empty array on failure
  const Json& object(const char* name);  // an empty object on failure
  bool has(const char* name) const;
  void fail(const std::string& what);
  bool ok() const { return failure_.empty(); }
  Status finish();

 private:
  const Json* take(const char* name);
  const std::string* take_text(const char* name, std::size_t max_bytes);
  const Json& value_;
  std::string where_;
  std::string failure_;
  std::size_t taken_ = 0;
};

}  // namespace testamur::wallet

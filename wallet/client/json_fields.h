// Reading fields of JSON that may lack them: an answer of a node, a message made into JSON. Pure;
// any thread.
#pragma once

#include <string>

#include "wallet/keystore/strict_json.h"

namespace testamur::wallet {

// Empty where the object has no such text.
inline std::string text_of(const Json& object, const char* name) {
  const auto at = object.find(name);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string{};
}
// An empty object where there is no such field. Lives as long as `object`.
inline const Json& part_of(const Json& object, const char* name) {
  static const Json kNothing = Json::object();
  const auto at = object.find(name);
  return at != object.end() ? *at : kNothing;
}

}  // namespace testamur::wallet

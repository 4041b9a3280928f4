// JSON as the wallet takes it from outside: no member twice, a bounded depth, a bounded size. Two
// parsers that choose differently between two members of one name would read one signed text in two
// ways. ObjectReader keeps the first failure and hands out empty values after it, so that callers
// ask for all members and look at the outcome once, in finish().
#include "wallet/keystore/strict_json.h"

#include <optional>
#include <set>
#include <vector>

#include "common/keys.h"
#include "common/visible.h"

namespace testamur::wallet {
namespace {

// Reads along before anything is built: depth and keys that occur twice. The library's own callback
// walks over the whole list for each object in it, and a few hundred kilobytes took minutes.
class Watch : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override {
    keys_.emplace_back();
    return deeper();
  }
  bool key(string_t& name) override {
    if (keys_.back().insert(name).second) return true;
    return no("the member \"" + one_line(name) + "\" occurs twice");
  }
  bool end_object() override {
    keys_.pop_back();
    --depth_;
    return true;
  }
  bool start_array(std::size_t) override { return deeper(); }
  bool end_array() override {
    --depth_;
    return true;
  }
  bool parse_error(std::size_t at, const std::string&, const Json::exception&) override {
    broken_at_ = at;
    return false;
  }

  const std::string& failure() const { return failure_; }
  std::optional<std::size_t> broken_at() const { return broken_at_; }

 private:
  bool no(std::string why) {
    failure_ = std::move(why);
    return false;
  }
  bool deeper() {
    if (++depth_ <= kMaxJsonDepth) return true;
    return no("it is nested deeper than " + std::to_string(kMaxJsonDepth));
  }

  int depth_ = 0;
  std::vector<std::set<std::string>> keys_;
  std::string failure_;
  std::optional<std::size_t> broken_at_;
};

}  // namespace

Result<Json> parse_strict_json(std::string_view text, std::size_t max_bytes) {
  if (text.size() > max_bytes)
    return error("the JSON text is longer than " + std::to_string(max_bytes) + " bytes");

  Watch watch;
  try {
    (void)Json::sax_parse(text.begin(), text.end(), &watch);
    if (!watch.failure().empty())
      return error("the JSON text is not acceptable: " + watch.failure());
    if (watch.broken_at())
      return error("not JSON: syntax error at byte " + std::to_string(*watch.broken_at()));
    return Json::parse(text.begin(), text.end());
  } catch (const Json::parse_error& problem) {
    return error("not JSON: syntax error at byte " + std::to_string(problem.byte));
  } catch (const Json::exception& problem) {
    return error("not JSON: " + std::string(problem.what()));
  }
}

void wipe_strings(Json& value) {
  if (value.is_string()) {
    auto& text = value.get_ref<std::string&>();
    wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  }
  if (value.is_structured()) {
    for (auto& member : value) wipe_strings(member);
  }
}

SecretBytes dump_secret(Json& value) {
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  SecretBytes secret = SecretBytes::copy_of(std::string_view{text});
  wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  wipe_strings(value);
  return secret;
}

ObjectReader::ObjectReader(const Json& value, std::string where)
    : value_(value), where_(std::move(where)) {
  if (!value_.is_object()) failure_ = where_ + " is not a JSON object";
}

void ObjectReader::fail(const std::string& what) {
  if (failure_.empty()) failure_ = where_ + ": " + what;
}

bool ObjectReader::has(const char* name) const {
  return value_.is_object() && value_.contains(name);
}

const Json* ObjectReader::take(const char* name) {
  if (!ok()) return nullptr;
  const auto found = value_.find(name);
  if (found == value_.end()) {
    fail("the member \"" + std::string(name) + "\" is missing");
    return nullptr;
  }
  ++taken_;
  return &*found;
}

const std::string* ObjectReader::take_text(const char* name, std::size_t max_bytes) {
  const Json* member = take(name);
  if (member == nullptr) return nullptr;
  const auto* text = member->get_ptr<const std::string*>();
  if (text != nullptr && text->size() <= max_bytes) return text;
  fail("\"" + std::string(name) + "\" is not a text of at most " + std::to_string(max_bytes) +
       " bytes");
  return nullptr;
}

std::string ObjectReader::text(const char* name, std::size_t max_bytes) {
  const auto* text = take_text(name, max_bytes);
  return text == nullptr ? std::string{} : *text;
}

SecretBytes ObjectReader::secret_text(const char* name, std::size_t max_bytes) {
  const auto* text = take_text(name, max_bytes);
  return text == nullptr ? SecretBytes{} : SecretBytes::copy_of(std::string_view{*text});
}

std::string ObjectReader::optional_text(const char* name, std::size_t max_bytes) {
  return has(name) ? text(name, max_bytes) : std::string{};
}

std::uint64_t ObjectReader::number(const char* name, std::uint64_t max) {
  const Json* member = take(name);
  if (member == nullptr) return 0;
  if (!member->is_number_unsigned() || member->get<std::uint64_t>() > max) {
    fail("\"" + std::string(name) + "\" is not a whole number from 0 to " + std::to_string(max));
    return 0;
  }
  return member->get<std::uint64_t>();
}

std::uint64_t ObjectReader::number_or(const char* name, std::uint64_t fallback, std::uint64_t max) {
  return has(name) ? number(name, max) : fallback;
}

Bytes ObjectReader::base64url(const char* name, std::size_t max_bytes) {
  auto decoded = from_base64url(text(name, max_bytes / 3 * 4 + 4));
  if (ok() && (!decoded || decoded->size() > max_bytes))
    fail("\"" + std::string(name) + "\" is not base64url of at most " + std::to_string(max_bytes) +
         " bytes");
  return ok() ? std::move(*decoded) : Bytes{};
}

SecretBytes ObjectReader::secret(const char* name, std::size_t size) {
  const Json* member = take(name);
  if (member == nullptr) return {};
  auto decoded =
      member->is_string() ? from_base64url(member->get_ref<const std::string&>()) : std::nullopt;
  if (!decoded || decoded->size() != size) {
    fail("\"" + std::string(name) + "\" is not base64url of " + std::to_string(size) + " bytes");
    return {};
  }
  return SecretBytes{std::move(*decoded)};
}

const Json& ObjectReader::array(const char* name) {
  static const Json kEmpty = Json::array();
  const Json* member = take(name);
  if (member == nullptr) return kEmpty;
  if (member->is_array()) return *member;
  fail("\"" + std::string(name) + "\" is not an array");
  return kEmpty;
}

const Json& ObjectReader::object(const char* name) {
  static const Json kEmpty = Json::object();
  const Json* member = take(name);
  if (member == nullptr) return kEmpty;
  if (member->is_object()) return *member;
  fail("\"" + std::string(name) + "\" is not an object");
  return kEmpty;
}

Status ObjectReader::finish() {
  if (ok() && taken_ != value_.size()) fail("it has a member that this version does not know");
  if (!ok()) return error(failure_);
  return {};
}

}  // namespace testamur::wallet

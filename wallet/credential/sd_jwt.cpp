// RFC 9901 in general, without a word of Testamur: Resolver reads (section 7.1), Concealer issues
// (section 4.2), and the key binding stands below them (sections 4.3 and 7.3). Every reader is
// bounded in size, number and depth before it recurses, since all of this is text that a stranger
// sends. Pointers are those of the fully disclosed payload.
#include "wallet/credential/sd_jwt.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "common/check.h"
#include "common/visible.h"

namespace testamur::wallet {
namespace {

constexpr const char* kDigests = "_sd";
constexpr const char* kHashName = "_sd_alg";
constexpr const char* kArrayDigest = "...";
constexpr const char* kSha256 = "sha-256";
constexpr const char* kKeyBindingType = "kb+jwt";
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kMaxCompactBytes = std::size_t{512} << 10;
constexpr int kMaxDepth = 64;  // disclosures inside disclosures included

std::string child_pointer(const std::string& parent, const std::string& name) {
  std::string pointer = parent + '/';
  for (const char c : name) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
  return pointer;
}

bool is_reserved(const std::string& name) {
  return name == kDigests || name == kArrayDigest || name == kHashName;
}

// ---- reading

struct Unplaced {
  Json value;
  std::optional<std::string> name;  // absent for an array element
  bool used = false;
};

Result<Unplaced> decode_disclosure(const std::string& encoded) {
  const auto bytes = from_base64url(encoded);
  if (!bytes) return error("it is not base64url");
  TM_TRY(auto json, parse_strict_json(as_text(*bytes), kMaxJwsBytes));
  if (!json.is_array() || json.size() < 2 || json.size() > 3 || !json[0].is_string())
    return error("it is not an array of salt, name and value, or of salt and value");
  Unplaced disclosure{json.back(), std::nullopt, false};
  if (json.size() == 2) return disclosure;
  if (!json[1].is_string()) return error("its claim name is not a text");
  disclosure.name = json[1].get<std::string>();
  if (*disclosure.name == kDigests || *disclosure.name == kArrayDigest)
    return error("its claim name \"" + *disclosure.name + "\" is reserved");
  return disclosure;
}

// Puts disclosed values where their digests stand (RFC 9901 section 7.1, step 3).
class Resolver {
 public:
  Status add(const std::vector<std::string>& disclosures) {
    if (disclosures.size() > kMaxDisclosures)
      return error("there are more than " + std::to_string(kMaxDisclosures) + " disclosures");
    for (std::size_t i = 0; i < disclosures.size(); ++i) {
      auto decoded = decode_disclosure(disclosures[i]);
      if (!decoded.ok())
        return error("disclosure " + std::to_string(i + 1) + ": " + decoded.message());
      if (!by_digest_.emplace(sd_digest(disclosures[i]), i).second)
        return error("disclosure " + std::to_string(i + 1) + " is given twice");
      unplaced_.push_back(std::move(*decoded));
      placed_.push_back({disclosures[i], {}, {}, -1});
    }
    return {};
  }

  // The value with everything disclosed; `parent` is the disclosure in which it stands.
  Result<Json> resolve(const Json& value, const std::string& pointer, int parent, int depth) {
    if (depth > kMaxDepth)
      return error("the claims are nested deeper than " + std::to_string(kMaxDepth));
    if (value.is_object()) return resolve_object(value, pointer, parent, depth);
    if (value.is_array()) return resolve_array(value, pointer, parent, depth);
    return value;
  }

  Status check_all_used() const {
    for (std::size_t i = 0; i < unplaced_.size(); ++i) {
      if (!unplaced_[i].used)
        return error("disclosure " + std::to_string(i + 1) +
                     " is not referenced by what the issuer signed");
    }
    return {};
  }
  std::vector<Disclosure> take() { return std::move(placed_); }
  std::size_t withheld() const { return digests_.size() - placed_.size(); }

 private:
  Result<Json> resolve_object(const Json& object, const std::string& pointer, int parent,
                              int depth) {
    Json out = Json::object();
    for (const auto& [name, member] : object.items()) {
      if (name == kDigests) continue;
      if (is_reserved(name))
        return error("the member \"" + name + "\" stands where it has no meaning");
      TM_TRY(out[name], resolve(member, child_pointer(pointer, name), parent, depth + 1));
    }

    if (!object.contains(kDigests)) return out;

    const Json& digests = object[kDigests];
    if (!digests.is_array()) return error("\"_sd\" is not an array");

    for (const auto& digest : digests) {
      TM_TRY(const auto index, look_up(digest));

      // Withheld by the holder, or a decoy: nobody can tell which.
      if (!index) continue;

      const auto& name = unplaced_[*index].name;
      if (!name) return error("a disclosure of an array element stands for an object member");

      // Section 7.1, step 3: a disclosure could otherwise replace what the issuer signed in clear.
      if (out.contains(*name))
        return error("the claim \"" + *name + "\" is disclosed where it exists already");
      TM_TRY(out[*name], place(*index, child_pointer(pointer, *name), parent, depth));
    }

    return out;
  }

  Result<Json> resolve_array(const Json& array, const std::string& pointer, int parent, int depth) {
    Json out = Json::array();
    for (std::size_t i = 0; i < array.size(); ++i) {
      const std::string element_pointer = pointer + '/' + std::to_string(i);

      if (!array[i].is_object() || !array[i].contains(kArrayDigest)) {
        TM_TRY(auto element, resolve(array[i], element_pointer, parent, depth + 1));
        out.push_back(std::move(element));
        continue;
      }

      if (array[i].size() != 1) return error("an array element has other members beside \"...\"");
      TM_TRY(const auto index, look_up(array[i][kArrayDigest]));
      if (!index) continue;

      if (unplaced_[*index].name)
        return error("a disclosure of an object member stands for an array element");

      TM_TRY(auto element, place(*index, element_pointer, parent, depth));
      out.push_back(std::move(element));
    }

    return out;
  }

  // The disclosure with this digest; nothing for a withheld value or a decoy.
  Result<std::optional<std::size_t>> look_up(const Json& digest) {
    if (!digest.is_string()) return error("a digest is not a text");
    const auto& text = digest.get_ref<const std::string&>();
    if (!digests_.insert(text).second) return error("a digest occurs twice");
    const auto found = by_digest_.find(text);
    if (found == by_digest_.end()) return std::optional<std::size_t>{};
    return std::optional{found->second};
  }

  Result<Json> place(std::size_t index, std::string pointer, int parent, int depth) {
    unplaced_[index].used = true;
    placed_[index].pointer = pointer;
    placed_[index].parent = parent;
    placed_[index].value = unplaced_[index].value;
    return resolve(placed_[index].value, pointer, static_cast<int>(index), depth + 1);
  }

  std::map<std::string, std::size_t> by_digest_;
  std::vector<Unplaced> unplaced_;
  std::vector<Disclosure> placed_;
  std::set<std::string> digests_;
};

Status check_hash_name(const Json& payload) {
  const auto found = payload.find(kHashName);
  if (found == payload.end()) return {};
  if (!found->is_string() || found->get_ref<const std::string&>() != kSha256)
    return error("\"_sd_alg\" asks for a hash other than sha-256");
  return {};
}

// ---- issuing

// Replaces disclosable values by digests, innermost first.
class Concealer {
 public:
  explicit Concealer(const IssueOptions& options)
      : pointers_(options.disclosable.begin(), options.disclosable.end()),
        decoys_(options.decoys_per_object) {}

  Result<Json> conceal(const Json& value, const std::string& pointer) {
    if (value.is_object()) return conceal_object(value, pointer);
    if (value.is_array()) return conceal_array(value, pointer);
    return value;
  }
  const std::set<std::string>& unused_pointers() const { return pointers_; }
  std::vector<std::string> take_disclosures() { return std::move(disclosures_); }

 private:
  Result<Json> conceal_object(const Json& object, const std::string& pointer) {
    Json out = Json::object();
    std::vector<std::string> digests;

    for (const auto& [name, member] : object.items()) {
      if (is_reserved(name)) return error("a claim may not be named \"" + name + "\"");
      const std::string at = child_pointer(pointer, name);

      // The members first, so that a disclosure inside of a disclosure is a digest when the outer
      // one is hashed.
      TM_TRY(auto concealed, conceal(member, at));

      if (pointers_.erase(at) > 0) {
        digests.push_back(disclose({fresh_salt(), name, std::move(concealed)}));
      } else {
        out[name] = std::move(concealed);
      }
    }

    if (digests.empty()) return out;

    // Decoys hide how many claims there are (section 4.2.5), and in the order of the payload the
    // digests would say which claim is which (section 4.2.4.1).
    for (std::size_t i = 0; i < decoys_; ++i) digests.push_back(decoy());
    std::ranges::sort(digests);
    out[kDigests] = digests;
    return out;
  }

  Result<Json> conceal_array(const Json& array, const std::string& pointer) {
    Json out = Json::array();
    for (std::size_t i = 0; i < array.size(); ++i) {
      const std::string at = pointer + '/' + std::to_string(i);
      TM_TRY(auto concealed, conceal(array[i], at));
      if (pointers_.erase(at) > 0) {
        out.push_back({{kArrayDigest, disclose({fresh_salt(), std::move(concealed)})}});
      } else {
        out.push_back(std::move(concealed));
      }
    }
    return out;
  }

  std::string disclose(std::vector<Json> parts) {
    disclosures_.push_back(to_base64url(
        as_bytes(Json(std::move(parts)).dump(-1, ' ', false, Json::error_handler_t::replace))));
    return sd_digest(disclosures_.back());
  }
  static std::string fresh_salt() {
    std::array<std::uint8_t, kSaltBytes> salt{};
    fill_random(salt);
    return to_base64url(salt);
  }
  static std::string decoy() {
    std::array<std::uint8_t, 32> random{};
    fill_random(random);
    return to_base64url(sha256(random).view());
  }

  std::set<std::string> pointers_;
  std::size_t decoys_;
  std::vector<std::string> disclosures_;
};

// ---- key binding

Result<PublicKey> holder_key(const Json& claims) {
  if (!claims.contains("cnf") || !claims["cnf"].is_object() || !claims["cnf"].contains("jwk"))
    return error("the credential names no holder key (\"cnf\")");
  auto key = from_jwk(claims["cnf"]["jwk"]);
  if (!key.ok()) return error("the holder key: " + key.message());
  return key;
}

Status check_text(const Json& payload, const char* name, const std::string& expected,
                  const char* meaning,
                  const std::function<std::string(const std::string&)>& named) {
  if (!payload.contains(name) || !payload[name].is_string())
    return error("the key binding has no " + std::string(meaning));
  const auto& found = payload[name].get_ref<const std::string&>();
  if (found != expected)
    return error("the key binding was made for another " + std::string(meaning) + named(found));
  return {};
}

Status check_age(const Json& payload, const KeyBindingRules& rules) {
  if (!payload.contains("iat") || !payload["iat"].is_number_unsigned())
    return error("the key binding has no time (\"iat\")");
  const auto issued_at_s = payload["iat"].get<std::uint64_t>();

  // Clocks differ, and a little ahead is no forgery.
  if (issued_at_s > rules.now_s && issued_at_s - rules.now_s > rules.max_ahead_s)
    return error("the key binding is dated " + std::to_string(issued_at_s - rules.now_s) +
                 " s in the future: is this machine's clock right?");

  if (rules.now_s > issued_at_s && rules.now_s - issued_at_s > rules.max_age_s) {
    return error("the key binding is " + std::to_string(rules.now_s - issued_at_s) +
                 " s old; at most " + std::to_string(rules.max_age_s) + " s are accepted");
  }

  if (!payload.contains("nbf")) return {};
  if (!payload["nbf"].is_number_unsigned())
    return error("the key binding's beginning (\"nbf\") is no time");
  const auto begins_at_s = payload["nbf"].get<std::uint64_t>();

  if (begins_at_s > rules.now_s && begins_at_s - rules.now_s > rules.max_ahead_s)
    return error("the key binding holds only in " + std::to_string(begins_at_s - rules.now_s) +
                 " s");

  return {};
}

}  // namespace

std::string sd_digest(std::string_view text) { return to_base64url(sha256(as_bytes(text)).view()); }

std::string SdJwt::without_key_binding() const {
  std::string text = issuer_jwt + '~';
  for (const auto& disclosure : disclosures) text += disclosure + '~';
  return text;
}

Result<SdJwt> parse_sd_jwt(std::string_view compact) {
  if (compact.size() > kMaxCompactBytes)
    return error("the SD-JWT is longer than " + std::to_string(kMaxCompactBytes) + " bytes");

  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= compact.size();) {
    const auto end = std::min(compact.find('~', at), compact.size());
    parts.emplace_back(compact.substr(at, end - at));
    at = end + 1;
  }

  if (parts.size() < 2) return error("this is no SD-JWT: no ~ follows the issuer's JWT");

  // What follows the last tilde is the key binding, also when it is empty (section 4).
  SdJwt sd_jwt;
  sd_jwt.key_binding_jwt = std::move(parts.back());
  parts.pop_back();

  sd_jwt.issuer_jwt = std::move(parts.front());
  sd_jwt.disclosures.assign(std::make_move_iterator(parts.begin() + 1),
                            std::make_move_iterator(parts.end()));

  if (std::ranges::any_of(sd_jwt.disclosures, [](const auto& part) { return part.empty(); }))
    return error("the SD-JWT has an empty disclosure");

  return sd_jwt;
}

Status check_whole(std::string_view compact) {
  const auto parsed = parse_sd_jwt(compact);
  if (!parsed.ok()) return error("it does not fall into its parts");
  if (!is_whole_jws(parsed->issuer_jwt)) return error("what the issuer signed is not all there");

  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < parsed->disclosures.size(); ++i) {
    const std::string& encoded = parsed->disclosures[i];
    const std::string name =
        "claim " + std::to_string(i + 1) + " of " + std::to_string(parsed->disclosures.size());
    const auto bytes = from_base64url(encoded);
    // A holder's proof that is cut off after its header is JSON too, but no list.
    const auto claim = bytes ? parse_strict_json(as_text(*bytes), kMaxJwsBytes)
                             : Result<Json>(error("no base64url"));
    if (!claim.ok() || !claim->is_array()) return error(name + " is not all there, or no claim");
    if (!seen.insert(encoded).second) return error(name + " is there twice");
  }

  const bool bound = !parsed->key_binding_jwt.empty();
  if (bound && !is_whole_jws(parsed->key_binding_jwt))
    return error("the holder's proof at its end is not all there");
  return {};
}

Result<ProcessedSdJwt> process_sd_jwt(const SdJwt& sd_jwt) {
  ProcessedSdJwt processed;
  TM_TRY(processed.jws, parse_jws(sd_jwt.issuer_jwt));
  TM_TRY_STATUS(check_hash_name(processed.jws.payload));
  Resolver resolver;
  TM_TRY_STATUS(resolver.add(sd_jwt.disclosures));
  Json payload = processed.jws.payload;
  payload.erase(kHashName);
  TM_TRY(processed.claims, resolver.resolve(payload, "", -1, 0));
  TM_TRY_STATUS(resolver.check_all_used());
  processed.withheld = resolver.withheld();
  processed.disclosures = resolver.take();
  return processed;
}

Result<SdJwt> issue_sd_jwt(const Json& payload, const IssueOptions& options,
                           const SecretKey& issuer_key) {
  if (!payload.is_object()) return error("the payload is not a JSON object");
  Concealer concealer{options};
  TM_TRY(auto concealed, concealer.conceal(payload, ""));

  // A pointer that met nothing would leave in clear what the issuer meant to hide.
  if (!concealer.unused_pointers().empty())
    return error("there is nothing to disclose at \"" + *concealer.unused_pointers().begin() +
                 "\"");

  SdJwt sd_jwt;

  sd_jwt.disclosures = concealer.take_disclosures();
  if (!sd_jwt.disclosures.empty()) concealed[kHashName] = kSha256;

  Json header{{"typ", options.typ}};
  if (!options.kid.empty()) header["kid"] = options.kid;
  sd_jwt.issuer_jwt = sign_jws(std::move(header), concealed, issuer_key);

  return sd_jwt;
}

Result<SdJwt> select_disclosures(const SdJwt& sd_jwt, const std::vector<std::string>& pointers) {
  TM_TRY(const auto processed, process_sd_jwt(sd_jwt));

  std::vector<bool> kept(processed.disclosures.size(), false);
  for (const auto& pointer : pointers) {
    const auto found = std::ranges::find(processed.disclosures, pointer, &Disclosure::pointer);
    if (found == processed.disclosures.end())
      return error("there is no disclosure of \"" + pointer + "\"");

    // A disclosure within another one is worth nothing without it: its digest stands there.
    for (auto at = static_cast<int>(found - processed.disclosures.begin()); at >= 0;
         at = processed.disclosures[static_cast<std::size_t>(at)].parent)
      kept[static_cast<std::size_t>(at)] = true;
  }

  SdJwt selected{sd_jwt.issuer_jwt, {}, {}};
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (kept[i]) selected.disclosures.push_back(sd_jwt.disclosures[i]);
  }

  return selected;
}

SdJwt bind_to_holder(SdJwt sd_jwt, const KeyBinding& binding, const SecretKey& holder_key,
                     const Json& further) {
  Json payload = further;
  payload["aud"] = binding.audience;
  payload["nonce"] = binding.nonce;
  payload["iat"] = binding.issued_at_s;
  payload["sd_hash"] = sd_digest(sd_jwt.without_key_binding());
  sd_jwt.key_binding_jwt = sign_jws({{"typ", kKeyBindingType}}, payload, holder_key);
  return sd_jwt;
}

Result<Json> verify_key_binding(const SdJwt& sd_jwt, const ProcessedSdJwt& processed,
                                const KeyBindingRules& rules) {
  if (sd_jwt.key_binding_jwt.empty()) return error("the presentation has no key binding");
  TM_TRY(const auto key, holder_key(processed.claims));
  auto jws = parse_jws(sd_jwt.key_binding_jwt);
  if (!jws.ok()) return error("the key binding: " + jws.message());
  if (jws->header.value("typ", Json()) != kKeyBindingType)
    return error("the key binding is not of type kb+jwt");
  if (const auto signature = verify_jws(*jws, key); !signature.ok())
    return error("the key binding: " + signature.message());
  // Who mistyped an audience or a nonce sees what stands there; a digest would tell nobody
  // anything.
  const auto in_words = [](const std::string& found) { return ": " + in_quotes(found); };
  const auto hidden = [](const std::string&) { return std::string{}; };
  TM_TRY_STATUS(check_text(jws->payload, "aud", rules.audience, "audience", in_words));
  TM_TRY_STATUS(check_text(jws->payload, "nonce", rules.nonce, "nonce", in_words));
  TM_TRY_STATUS(check_text(jws->payload, "sd_hash", sd_digest(sd_jwt.without_key_binding()),
                           "set of disclosures", hidden));
  TM_TRY_STATUS(check_age(jws->payload, rules));
  return std::move(jws->payload);
}

}  // namespace testamur::wallet

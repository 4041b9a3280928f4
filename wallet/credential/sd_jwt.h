// Selective disclosure for JWTs (RFC 9901): issuing, reading, presenting, key binding. Names of
// claims inside a payload are JSON pointers (RFC 6901). Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/keys.h"
#include "common/result.h"
#include "wallet/credential/jws.h"

namespace testamur::wallet {

inline constexpr std::size_t kMaxDisclosures = 512;

// The compact form, cut at its tildes; nothing verified.
struct SdJwt {
  std::string issuer_jwt;
  std::vector<std::string> disclosures;  // base64url text, in the order given
  std::string key_binding_jwt;           // empty when absent

  // Everything before the key-binding JWT, with the last tilde: what sd_hash covers.
  std::string without_key_binding() const;
  std::string text() const { return without_key_binding() + key_binding_jwt; }
};
Result<SdJwt> parse_sd_jwt(std::string_view compact);

// Whether the text is all of an SD-JWT and nothing else: every part can be decoded and none is
// there twice. What a hand cut off, pasted twice or added to is not, and nobody forged it. The
// failure names the part in plain words. Whether what it says is signed is not asked.
Status check_whole(std::string_view compact);

// A disclosure and its place in the fully disclosed payload; array positions as the issuer signed
// them.
struct Disclosure {
  std::string encoded;
  std::string pointer;
  Json value;  // as it stands in the disclosure: may hold digests of further ones
  // Index of the disclosure in which this one's digest stands; -1: the payload itself.
  int parent = -1;
};
// An SD-JWT whose digests were resolved by the rules of RFC 9901 section 7.1. The signature is
// *not* checked here.
struct ProcessedSdJwt {
  Jws jws;
  Json claims;  // the payload with disclosed claims in place; digests, decoys and _sd_alg removed
  std::vector<Disclosure> disclosures;  // in the order given
  std::size_t withheld = 0;             // digests without a disclosure: withheld claims and decoys
};
// Fails on: an unreferenced disclosure, a digest that occurs twice, a hash algorithm other than
// sha-256, a disclosure that is no array of two or three, a claim named _sd or ..., a claim that
// exists already, a payload that is no object.
Result<ProcessedSdJwt> process_sd_jwt(const SdJwt& sd_jwt);

struct IssueOptions {
  std::string typ = "dc+sd-jwt";
  std::string kid;  // in the JOSE header when not empty
  // JSON pointers of object members or array elements. What stands inside of a disclosable value
  // may be disclosable by itself.
  std::vector<std::string> disclosable;
  // Extra random digests in every object that has an _sd array.
  std::size_t decoys_per_object = 0;
};
// An SD-JWT with all its disclosures. Digests are sorted, so that their order says nothing. Fails
// when a pointer names nothing, or when the payload itself uses _sd, _sd_alg or "...".
Result<SdJwt> issue_sd_jwt(const Json& payload, const IssueOptions& options,
                           const SecretKey& issuer_key);

// Keeps only the disclosures at these pointers, with the ones around them. Fails on a pointer that
// names no disclosure.
Result<SdJwt> select_disclosures(const SdJwt& sd_jwt, const std::vector<std::string>& pointers);

struct KeyBinding {
  std::string audience;
  std::string nonce;
  std::uint64_t issued_at_s = 0;
};
// Adds a key-binding JWT; `holder_key` is the one that `cnf` names. Further members of the KB-JWT
// payload may be given.
SdJwt bind_to_holder(SdJwt sd_jwt, const KeyBinding& binding, const SecretKey& holder_key,
                     const Json& further = Json::object());

struct KeyBindingRules {
  std::string audience;
  std::string nonce;
  std::uint64_t now_s = 0;
  std::uint64_t max_age_s = 300;
  std::uint64_t max_ahead_s = 60;  // clocks differ
};
// RFC 9901 section 7.3: typ kb+jwt, the key of `cnf`, audience, nonce, age, sd_hash. Returns the
// KB-JWT's payload.
Result<Json> verify_key_binding(const SdJwt& sd_jwt, const ProcessedSdJwt& processed,
                                const KeyBindingRules& rules);

// base64url(SHA-256(text)): the digest of a disclosure, and sd_hash.
std::string sd_digest(std::string_view text);

}  // namespace testamur::wallet

// What a verifier asks a learner to show: which claims, for what, until when. The nonce in it makes
// the answer one to this request alone. A text that survives e-mail:
// docs/formats/verifier-request.md. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "wallet/credential/claims.h"
#include "wallet/credential/credential.h"

namespace testamur::wallet {

inline constexpr std::size_t kMaxVerifierRequestBytes = 64 * 1024;
inline constexpr std::uint64_t kLongestRequestS = 400ull * 86'400;

// Nothing in it is signed: who asks is what the sender says. The learner's answer can be used by
// nobody else, since it names the verifier and the nonce.
struct VerifierRequest {
  std::string verifier;  // as it names itself; empty: it names nobody
  std::string purpose;   // of the closed list of scopes; empty: none
  std::string nonce;
  std::vector<ClaimId> claims;  // in the order of display, each once
  std::uint64_t made_at_s = 0;
  std::uint64_t until_s = 0;  // the answer is judged until then

  // What the holder's proof is made for.
  std::string audience() const;
};

// A fresh nonce; the claims sorted, each once. Fails on a name or purpose that is no text, and on
// an end that is not within kLongestRequestS after `now_s`.
Result<VerifierRequest> make_verifier_request(std::string verifier, std::string purpose,
                                              std::vector<ClaimId> claims, std::uint64_t now_s,
                                              std::uint64_t until_s);

std::string encode_verifier_request(const VerifierRequest& request);
// Takes the request out of whatever stands around it. What a mail program adds between the marks
// (line breaks, spaces, "> ") is dropped, and a checksum tells a damaged request from another one.
Result<VerifierRequest> read_verifier_request(std::string_view text);

// What the answer is judged by.
HolderRules holder_rules(const VerifierRequest& request, std::uint64_t now_s);
// Claims that were asked for and that the answer does not show.
std::vector<ClaimId> missing_claims(const VerifierRequest& request, const CredentialView& answer);

}  // namespace testamur::wallet

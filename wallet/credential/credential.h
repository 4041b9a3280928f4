// A Testamur credential in its primary form, SD-JWT (docs/formats/sd-jwt.md). Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/hash.h"
#include "common/ids.h"
#include "common/keys.h"
#include "common/result.h"
#include "wallet/credential/claims.h"
#include "wallet/credential/commitment.h"

namespace testamur::wallet {

inline constexpr std::string_view kCredentialType = "urn:testamur:vct:1";

// The part in clear: always shown, always signed.
struct CredentialHead {
  std::string issuer_domain;  // registered, without scheme: iss = https:// + domain
  KeyId issuer_key;           // kid
  std::uint64_t issued_at_s = 0;
  std::optional<std::uint64_t> expires_at_s;
  PublicKey holder;          // cnf
  bool holder_made = false;  // whether the holder made that key, by the issuer's word
  Reference reference;
  Salt salt;
  AchievementId achievement;
};

struct CredentialContents {
  CredentialHead head;
  Claims claims;
};

struct IssuedCredential {
  std::string sd_jwt;  // with all disclosures
  Hash256 commitment;
};
// Fails on a claim out of bounds or a reference of another chain or issuer than `chain` and
// `reference.issuer`. Preconditions: both keys are P-256 or secp256k1 ECDSA.
Result<IssuedCredential> issue_credential(const CredentialContents& contents, const ChainId& chain,
                                          const SecretKey& issuer_key);

// A credential or presentation, read strictly: form, digests, types, bounds. No signature is
// checked and no ledger asked.
struct CredentialView {
  CredentialHead head;
  Claims disclosed;
  std::size_t withheld = 0;   // digests without a disclosure, decoys included
  std::string signing_input;  // what the commitment and the issuer's signature cover
  bool has_key_binding = false;
};
Result<CredentialView> read_credential(std::string_view compact);

// A credential or presentation as people carry it, in its compact form: white space of any kind is
// taken out (a mail program wraps, a hand copies a space too much), a byte-order mark is dropped,
// and a last tilde that was lost is put back. Of a mail the one presentation in it is taken, quoted
// ("> ") or not, where it begins a line and other text stands in lines of its own. The failure
// names the first character that no presentation holds, or the part that is cut off, there twice or
// too much. What is read so is whole; if a signature of it does not fit, it was changed.
Result<std::string> read_pasted(std::string_view text);

// What the ledger `chain` would list for this credential.
Hash256 commitment_of(const ChainId& chain, const CredentialView& credential);

// Whether the credential's issuer signature was made by `issuer_key`; the failure says why not.
Status verify_issuer_signature(std::string_view compact, const PublicKey& issuer_key);

// The presentation that shows only `claims` to one audience.
struct PresentationRequest {
  std::vector<ClaimId> claims;
  std::string audience;
  std::string nonce;
  std::uint64_t now_s = 0;
  std::optional<std::uint64_t> ends_at_s;  // end of the grant; binds honest verifiers only
};
Result<std::string> present_credential(std::string_view compact, const PresentationRequest& request,
                                       const SecretKey& holder_key);

// What a verifier asks of the holder's proof. A request with an end of its own (verifier_request.h)
// lets an answer be judged until then, whatever its age, and takes none that was made before it.
struct HolderRules {
  std::string audience;
  std::string nonce;
  std::uint64_t now_s = 0;
  std::uint64_t max_age_s = 300;
  std::optional<std::uint64_t> asked_at_s = std::nullopt;
  std::optional<std::uint64_t> until_s = std::nullopt;
};
struct HolderProof {
  std::uint64_t made_at_s = 0;
  std::optional<std::uint64_t> ends_at_s;  // of the grant
  bool too_old = false;                    // good, and made longer ago than the rules accept
  // Good, and of a time that cannot be: one of two clocks is wrong, and nobody is to blame. Says
  // which time; empty: it fits.
  std::string odd_time;
};
// Key binding of a presentation. Fails where it is not the holder's proof for this audience and
// nonce, naming the audience or the request that it was made for, and before the proof begins.
Result<HolderProof> verify_holder(std::string_view compact, const HolderRules& rules);
// The end of the grant as a presentation names it, proven by nothing: who does not ask for the
// holder's proof is told of it all the same.
std::optional<std::uint64_t> named_grant_end_s(std::string_view compact);

}  // namespace testamur::wallet

// From a class list to a batch: one signed credential a learner at a random position, commitments
// for the ledger, and all that is needed to go on after an interruption. Nothing here talks to the
// ledger. One thread a batch.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/hash.h"
#include "common/ids.h"
#include "common/keys.h"
#include "common/result.h"
#include "wallet/credential/claims.h"
#include "wallet/credential/class_list.h"
#include "wallet/credential/request.h"
#include "wallet/keystore/age.h"
#include "wallet/keystore/secret_bytes.h"

namespace testamur::wallet {

inline constexpr std::size_t kMinBatchSize = 16;  // smaller classes are padded: DESIGN section 6
inline constexpr std::size_t kMaxBatchSize = 16'384;

struct BatchPlan {
  ChainId chain;
  InstitutionId issuer;
  std::string issuer_domain;
  std::string issuer_name;  // shown by wallets
  KeyId credential_key;
  AchievementId achievement;
  IssuerIndex first_index;
  std::uint64_t issued_at_s = 0;
  std::optional<std::uint64_t> expires_at_s;
  // Of every learner, unless the row says otherwise: title, ects_hundredths, eqf_level, award_date.
  Claims common;
  // Of the holder keys that are made for learners who sent no wallet request.
  SignatureAlgorithm holder_algorithm = SignatureAlgorithm::kEcdsaP256;
};

// What the issuer holds of one learner's award.
struct Award {
  std::string student;
  // Of the claim file, without folder and suffix; safe as a name of a file, and unique within the
  // batch whatever the case of its letters.
  std::string file_name;
  std::uint32_t position = 0;
  std::string sd_jwt;
  SecretBytes holder_secret;                // empty: the holder made the key, or it was purged
  SecretBytes claim_code;                   // empty: sealed to `recipient`, or purged
  std::optional<age::Recipient> recipient;  // of the learner's request
  std::optional<Hash256> claim_sha256;      // of the claim file as it was written last
};

struct Batch {
  std::string id;  // 32 hexadecimal digits, random
  BatchPlan plan;
  std::vector<Hash256> commitments;  // by position; index = first_index + position
  std::vector<Award> awards;         // in the order of the class list
  Bytes transaction;                 // the signed bytes, set before they are first sent
  bool committed = false;
  bool delivered = false;  // all claim files were written
};

// Told after every learner, in order and on the caller's thread.
using BatchProgress = std::function<void(std::size_t done, std::size_t total)>;

// Fails, and makes nothing, when a request names a student who is not in the class or comes twice,
// or a claim is out of bounds. Preconditions: rows not empty, at most kMaxBatchSize; the key is
// P-256 or secp256k1 ECDSA.
Result<Batch> build_batch(const BatchPlan& plan, const std::vector<ClassRow>& rows,
                          const std::vector<WalletRequest>& requests,
                          const SecretKey& credential_key, const BatchProgress& progress = {});

// The whole state as an age file, sealed to the issuer's register identity. Opening fails on
// another identity, on damage, and on members or a format that this version does not know.
Result<Bytes> seal_batch(const Batch& batch, const age::Recipient& recipient);
Result<Batch> open_batch(ByteView file, std::span<const age::Identity> identities);

// Wipes issuer-made holder keys and claim codes: for batches that were delivered.
void purge_secrets(Batch& batch);

}  // namespace testamur::wallet

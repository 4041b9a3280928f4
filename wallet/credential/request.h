// What a learner's wallet sends to an issuer: a fresh holder key with proof of possession, and
// where to seal the credential to (docs/formats/claim-file.md). Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/ids.h"
#include "common/keys.h"
#include "common/result.h"
#include "wallet/keystore/age.h"

namespace testamur::wallet {

struct WalletRequest {
  ChainId chain;
  InstitutionId issuer;
  std::string student;  // the reference by which the issuer knows the learner
  PublicKey holder;
  age::Recipient recipient;  // derive_delivery_identity of the holder key
  std::uint64_t made_at_ms = 0;
  std::string file;  // where it was read, for messages; not signed
};

// JSON, signed by the holder key over H_tag(wallet-request, chain || issuer || algorithm || key ||
// recipient || time || student).
Result<std::string> make_wallet_request(const ChainId& chain, const InstitutionId& issuer,
                                        const std::string& student, const SecretKey& holder_key,
                                        std::uint64_t now_ms);
// Fails on a wrong signature, or when the request is for another chain or issuer.
Result<WalletRequest> read_wallet_request(std::string_view json, const ChainId& chain,
                                          const InstitutionId& issuer);

// What the holder key signs.
Hash256 wallet_request_message(const WalletRequest& request);

}  // namespace testamur::wallet

// NAME.testamur.age: a credential on its way from the issuer to one learner, sealed by a claim code
// or to the wallet that asked for it (docs/formats/claim-file.md). Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/bytes.h"
#include "common/result.h"
#include "wallet/keystore/age.h"
#include "wallet/keystore/secret_bytes.h"
#include "wallet/keystore/wallet_contents.h"

namespace testamur::wallet {

inline constexpr std::string_view kClaimFileSuffix = ".testamur.age";

struct ClaimFile {
  std::string sd_jwt;         // with all disclosures
  SecretBytes holder_secret;  // made by the issuer; empty when the holder made the key
  std::string issuer_name;
  std::string title;
  Bytes receipt;  // opaque; may be empty
};

// Sealed by a claim code in its canonical form, or to the recipient of a wallet request.
Result<Bytes> seal_claim_file(const ClaimFile& claim, std::string_view claim_code);
Result<Bytes> seal_claim_file(const ClaimFile& claim, const age::Recipient& recipient);

// Either the claim, or a failure that a person can act on. `wrong_code`: the code is none, or the
// file is sealed to something else than the code or key that was tried; otherwise it is damaged or
// no claim file.
struct [[nodiscard]] ClaimOutcome {
  std::optional<ClaimFile> claim;
  bool wrong_code = false;
  std::string failure;
};
// `code` as a person types it: case, spaces and hyphens do not matter.
ClaimOutcome open_claim_file(ByteView file, std::string_view code);
ClaimOutcome open_claim_file(ByteView file, const age::Identity& delivery_identity);

// Puts an opened claim file into the wallet, after checking that the credential is well-formed and
// bound to the key that comes with it or to the key of a pending request, which is then answered.
// Fails on a credential that the wallet holds already.
Status import_claim(WalletContents& wallet, ClaimFile claim, std::uint64_t now_ms);
// Tries the delivery identities of all keys that the wallet may have given out.
ClaimOutcome open_requested_claim_file(ByteView file, const WalletContents& wallet);

}  // namespace testamur::wallet

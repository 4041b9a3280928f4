// Claim codes: 100 random bits in Crockford base32, four groups of five (7H2KQ-9ZWX4-M8N3P-0AB6C).
// Any thread.
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"
#include "wallet/keystore/secret_bytes.h"

namespace testamur::wallet {

SecretBytes make_claim_code();
// The canonical text of a code as a person types it: any case, hyphens and spaces anywhere, I and L
// for 1, O for 0. Fails on another length or character.
Result<SecretBytes> parse_claim_code(std::string_view typed);

}  // namespace testamur::wallet

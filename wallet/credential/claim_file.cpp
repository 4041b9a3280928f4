// Claim files: sealed by the issuer, opened by the learner, taken into the wallet. A claim file
// comes from outside, and the names in it are for display only: which key the credential is bound
// to is decided by the credential. JSON that held a holder key is wiped before decode() returns.
#include "wallet/credential/claim_file.h"

#include <algorithm>
#include <span>

#include "wallet/credential/credential.h"
#include "wallet/keystore/claim_code.h"
#include "wallet/keystore/slip10.h"
#include "wallet/keystore/strict_json.h"

namespace testamur::wallet {
namespace {

constexpr const char* kFormatName = "testamur_claim_file";
constexpr std::uint64_t kFormat = 1;
constexpr std::size_t kMaxSdJwtBytes = std::size_t{512} << 10;
constexpr std::size_t kMaxReceiptBytes = std::size_t{1} << 20;

SecretBytes encode(const ClaimFile& claim) {
  Json json{{kFormatName, kFormat},
            {"sd_jwt", claim.sd_jwt},
            {"issuer_name", claim.issuer_name},
            {"title", claim.title},
            {"receipt", to_base64url(claim.receipt)}};
  if (!claim.holder_secret.empty())
    json["holder_secret"] = to_base64url(claim.holder_secret.view());
  return dump_secret(json);
}

Result<ClaimFile> decode_json(const Json& json) {
  ObjectReader reader{json, "the claim file"};
  ClaimFile claim;

  // Told before anything else is missed: a newer format lacks members that this reader would
  // complain of.
  const std::uint64_t format = reader.number(kFormatName);
  if (reader.ok() && format != kFormat)
    return error("the claim file has format " + std::to_string(format) +
                 "; this program knows format 1: use a newer one");

  claim.sd_jwt = reader.text("sd_jwt", kMaxSdJwtBytes);
  claim.issuer_name = reader.text("issuer_name");
  claim.title = reader.text("title");
  claim.receipt = reader.base64url("receipt", kMaxReceiptBytes);

  // Absent where the learner made the key.
  if (reader.has("holder_secret"))
    claim.holder_secret = reader.secret("holder_secret", SecretKey::kSize);

  TM_TRY_STATUS(reader.finish());
  return claim;
}

Result<ClaimFile> decode(ByteView text) {
  TM_TRY(auto json, parse_strict_json(as_text(text)));
  auto claim = decode_json(json);
  wipe_strings(json);
  return claim;
}

ClaimOutcome finish(const age::Opened& opened) {
  ClaimOutcome outcome;

  // A wrong code can be typed again; a damaged file must be asked for again. People are told which
  // of the two it is.
  if (!opened.ok()) {
    outcome.wrong_code = opened.failure->kind == age::OpenFailure::kWrongKey;
    outcome.failure =
        outcome.wrong_code ? "the claim code does not open this file" : opened.failure->message;
    return outcome;
  }

  auto claim = decode(opened.plaintext.view());
  if (!claim.ok()) {
    outcome.failure = claim.message();
  } else {
    outcome.claim = std::move(*claim);
  }
  return outcome;
}

// Whose key the credential is bound to: the one that came with it, or one of the wallet's own.
Result<HolderKeySource> holder_key_source(const WalletContents& wallet, const ClaimFile& claim,
                                          const PublicKey& holder) {
  HolderKeySource source;
  source.algorithm = holder.algorithm;

  // A key in the file is the issuer's word; only the one that the credential names can ever present
  // it.
  if (!claim.holder_secret.empty()) {
    TM_TRY(const auto key, SecretKey::from_bytes(holder.algorithm, claim.holder_secret.view()));
    if (key.public_key() != holder)
      return error("the key in the claim file is not the one that the credential names");
    source.issuer_made_secret = claim.holder_secret.clone();
    return source;
  }

  const auto found = find_holder_key(
      wallet, holder.algorithm, [&](const SecretKey& key) { return key.public_key() == holder; });
  if (!found)
    return error(
        "the credential is bound to a key that this wallet does not have: it was made for another "
        "wallet");

  source.derived_index = found->index;
  return source;
}

void close_request(WalletContents& wallet, const HolderKeySource& source) {
  std::erase_if(wallet.requests, [&](const PendingRequest& request) {
    return request.algorithm == source.algorithm && request.index == source.derived_index;
  });
}

void count_as_used(WalletContents& wallet, const HolderKeySource& source) {
  if (!source.derived_index) return;
  auto& next = source.algorithm == SignatureAlgorithm::kEcdsaP256 ? wallet.next_p256_index
                                                                  : wallet.next_secp256k1_index;
  next = std::max(next, *source.derived_index + 1);
}

}  // namespace

Result<Bytes> seal_claim_file(const ClaimFile& claim, std::string_view claim_code) {
  return age::seal(claim_code, age::kClaimFileWorkLog2, encode(claim).view());
}

Result<Bytes> seal_claim_file(const ClaimFile& claim, const age::Recipient& recipient) {
  return age::seal({&recipient, 1}, encode(claim).view());
}

ClaimOutcome open_claim_file(ByteView file, std::string_view code) {
  const auto canonical = parse_claim_code(code);

  if (!canonical.ok()) return {std::nullopt, true, canonical.message()};
  return finish(age::open(file, canonical->text()));
}

ClaimOutcome open_claim_file(ByteView file, const age::Identity& delivery_identity) {
  return finish(age::open(file, std::span{&delivery_identity, 1}));
}

ClaimOutcome open_requested_claim_file(ByteView file, const WalletContents& wallet) {
  // The file does not say which request it answers, so the delivery identity of every key that may
  // have been given out is tried.
  ClaimOutcome outcome;

  for (const auto algorithm :
       {SignatureAlgorithm::kEcdsaP256, SignatureAlgorithm::kEcdsaSecp256k1}) {
    const auto opens = [&](const SecretKey& key) {
      outcome = open_claim_file(file, derive_delivery_identity(key));
      return !outcome.wrong_code;  // a failure of another kind will not get better with another key
    };
    if (find_holder_key(wallet, algorithm, opens)) return outcome;
  }

  outcome.failure =
      "the file is sealed to the request of another wallet, and there is no code for it: import it "
      "with the wallet "
      "that "
      "asked, or restore that wallet from its words first";
  return outcome;
}

Status import_claim(WalletContents& wallet, ClaimFile claim, std::uint64_t now_ms) {
  const auto view = read_credential(claim.sd_jwt);
  if (!view.ok())
    return error("the credential in the claim file breaks its form: " + view.message());

  // A presentation shows a part of the claims, and its key binding was made for somebody.
  if (view->has_key_binding)
    return error("the claim file holds a presentation, not the credential itself");

  // The reference names one place on the ledger, so that one award cannot be held twice, also not
  // with other disclosures.
  for (const auto& held : wallet.credentials) {
    const auto other = read_credential(held.sd_jwt);
    if (other.ok() && other->head.reference == view->head.reference)
      return error("the wallet holds this credential already");
  }

  // The request is answered, and its key is never given out again: every credential has a key of
  // its own.
  TM_TRY(auto source, holder_key_source(wallet, claim, view->head.holder));
  close_request(wallet, source);
  count_as_used(wallet, source);

  StoredCredential stored;
  stored.sd_jwt = std::move(claim.sd_jwt);
  stored.holder_key = std::move(source);
  stored.issuer_name = std::move(claim.issuer_name);
  stored.title = std::move(claim.title);
  stored.receipt = std::move(claim.receipt);
  stored.imported_at_ms = now_ms;
  wallet.credentials.push_back(std::move(stored));
  return {};
}

}  // namespace testamur::wallet

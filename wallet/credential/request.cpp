#include "wallet/credential/request.h"

#include "common/text.h"
#include "wallet/credential/claims.h"
#include "wallet/credential/jws.h"
#include "wallet/keystore/slip10.h"
#include "wallet/keystore/strict_json.h"

namespace testamur::wallet {
namespace {

constexpr const char* kFormatName = "testamur_wallet_request";
constexpr std::uint64_t kFormat = 1;
constexpr std::size_t kMaxRequestBytes = 16'384;
constexpr std::size_t kMaxStudentBytes = 128;

}  // namespace

Hash256 wallet_request_message(const WalletRequest& request) {
  Encoder message;
  message.fixed(request.chain)
      .fixed(request.issuer)
      .u8(static_cast<std::uint8_t>(request.holder.algorithm))
      .raw(request.holder.bytes)
      .raw(request.recipient.point)
      .u64(request.made_at_ms)
      .sized(as_bytes(request.student));
  return tags::kWalletRequest(message.bytes());
}

Result<std::string> make_wallet_request(const ChainId& chain, const InstitutionId& issuer,
                                        const std::string& typed, const SecretKey& holder_key,
                                        std::uint64_t now_ms) {
  if (const auto fault = find_fault(typed))
    return error("the student reference holds " + to_text(*fault));
  const std::string student =
      nfc(typed);  // one form of the same letters: registers are searched by it
  if (student.empty() || student.size() > kMaxStudentBytes)
    return error("the student reference is not a text of 1 to " + std::to_string(kMaxStudentBytes) +
                 " bytes");

  // The recipient is derived from this very key, so that the words alone give it back
  // (docs/decisions/0503-wallet-requests-name-a-recipient.md).
  WalletRequest request{chain, issuer, student, holder_key.public_key(), {}, now_ms, {}};
  request.recipient = derive_delivery_identity(holder_key).recipient();

  const Signature proof = holder_key.sign(wallet_request_message(request).view());

  const Json json{{kFormatName, kFormat},
                  {"chain", to_text(chain)},
                  {"issuer", to_text(issuer)},
                  {"student", student},
                  {"holder", to_jwk(request.holder)},
                  {"recipient", age::to_text(request.recipient)},
                  {"made_at_ms", now_ms},
                  {"proof", to_base64url(proof.view())}};
  return json.dump(2) + '\n';
}

Result<WalletRequest> read_wallet_request(std::string_view json_text, const ChainId& chain,
                                          const InstitutionId& issuer) {
  TM_TRY(const auto json, parse_strict_json(json_text, kMaxRequestBytes));
  ObjectReader reader{json, "the wallet request"};

  // Told before anything else is missed: a newer format lacks members that this reader would
  // complain of.
  const std::uint64_t format = reader.number(kFormatName);
  if (reader.ok() && format != kFormat)
    return error("the wallet request has format " + std::to_string(format) +
                 "; this program knows format 1");

  const std::string chain_text = reader.text("chain", 128);
  const std::string issuer_text = reader.text("issuer", 128);
  WalletRequest request;
  request.student = reader.text("student", kMaxStudentBytes);
  const Json& holder = reader.object("holder");
  const std::string recipient = reader.text("recipient", 128);
  request.made_at_ms = reader.number("made_at_ms");
  const Bytes proof = reader.base64url("proof", Signature::kSize);
  TM_TRY_STATUS(reader.finish());

  TM_TRY(request.chain, parse_chain_id(chain_text));
  TM_TRY(request.issuer, parse_institution_id(issuer_text));
  TM_TRY(request.holder, from_jwk(holder));
  TM_TRY(request.recipient, age::parse_recipient(recipient));

  // Both ids are signed too: a request that was made for one issuer is no order to another.
  if (request.chain != chain) return error("the wallet request was made for another ledger");
  if (request.issuer != issuer) return error("the wallet request was made for another issuer");

  // Without the proof anybody could have a learner's award bound to a key of their own, or to one
  // that nobody has.
  const auto signature = Signature::from(proof);
  if (!signature ||
      !verify(request.holder, wallet_request_message(request).view(), *signature, EcdsaS::kAny))
    return error("the wallet request does not prove that its sender holds the key");

  return request;
}

}  // namespace testamur::wallet

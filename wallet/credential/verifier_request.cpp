// The request as people send it: JSON with a checksum behind it, in base64url between two marks.
// Whatever a mail program adds is dropped before the checksum is made, so that damage is told from
// a request of another form.
#include "wallet/credential/verifier_request.h"

#include <algorithm>

#include "common/hash.h"
#include "common/text.h"
#include "wallet/keystore/strict_json.h"

namespace testamur::wallet {
namespace {

constexpr const char* kFormatName = "testamur_verifier_request";
constexpr std::uint64_t kFormat = 1;
constexpr std::string_view kBegin = "-----BEGIN TESTAMUR REQUEST-----";
constexpr std::string_view kEnd = "-----END TESTAMUR REQUEST-----";
constexpr std::string_view kIntroduction =
    "Answer with: testamur credential present --request FILE --out ANSWER\n";
constexpr std::string_view kUnnamed = "a verifier without a name";
constexpr std::size_t kLineLength = 64;
constexpr std::size_t kChecksumBytes = 4;
constexpr std::size_t kMaxNameBytes = 256;
constexpr std::size_t kNonceBytes = 16;

using Nonce = FixedBytes<kNonceBytes, struct VerifierNonceTag>;

Status check_name(const std::string& text, const char* what) {
  if (text.size() > kMaxNameBytes)
    return error(std::string(what) + " is longer than " + std::to_string(kMaxNameBytes) + " bytes");
  if (const auto fault = find_fault(text))
    return error(std::string(what) + " holds " + to_text(*fault));
  return {};
}

Status check_times(std::uint64_t made_at_s, std::uint64_t until_s) {
  if (until_s <= made_at_s) return error("the request ends before it begins");
  if (until_s - made_at_s > kLongestRequestS)
    return error("a request holds for at most " + std::to_string(kLongestRequestS / 86'400) +
                 " days");
  return {};
}

void sort_claims(std::vector<ClaimId>& claims) {
  std::ranges::sort(claims);
  const auto repeated = std::ranges::unique(claims);
  claims.erase(repeated.begin(), repeated.end());
}

Bytes checksum(std::string_view json) {
  const auto digest = sha256(as_bytes(json));
  return to_bytes(digest.view().first(kChecksumBytes));
}

Error damaged() {
  return error(
      "the request was damaged on the way: ask for it again, as a file that is attached to the "
      "mail");
}

// What stands between the marks, without what no base64url text holds but mail programs add.
Result<std::string> between_marks(std::string_view text) {
  const auto begin = text.find(kBegin);
  if (begin == std::string_view::npos)
    return error("this is no request of a verifier: it lacks \"" + std::string(kBegin) + "\"");
  text.remove_prefix(begin + kBegin.size());
  const auto end = text.find(kEnd);
  if (end == std::string_view::npos)
    return error("the request was cut off: \"" + std::string(kEnd) + "\" is missing");
  // A mail thread may hold an older one too, and which of them is meant only a person can say.
  if (text.find(kBegin) != std::string_view::npos)
    return error(
        "this holds more than one request: keep the one that is meant, from its BEGIN line to its "
        "END line");
  std::string body;
  for (const char c : text.substr(0, end)) {
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n' && c != '>') body += c;
  }
  return body;
}

Result<VerifierRequest> from_json(const Json& json) {
  ObjectReader reader{json, "the verifier's request"};
  const auto format = reader.number(kFormatName);

  // Told before anything else is missed: a newer format lacks members that this reader would
  // complain of.
  if (reader.ok() && format != kFormat)
    return error("the request has format " + std::to_string(format) +
                 "; this program knows format 1: use a newer one");

  VerifierRequest request;
  request.verifier = reader.text("verifier", kMaxNameBytes);
  request.purpose = reader.text("purpose", kMaxNameBytes);
  request.nonce = reader.text("nonce", kMaxNameBytes);
  request.made_at_s = reader.number("made_at_s", UINT32_MAX);
  request.until_s = reader.number("until_s", UINT64_MAX);

  const Json& claims = reader.array("claims");
  TM_TRY_STATUS(reader.finish());

  for (const auto& name : claims) {
    const ClaimKind* kind =
        name.is_string() ? find_claim_kind(name.get_ref<const std::string&>()) : nullptr;

    // What was asked for and cannot be named to the learner must not be consented to.
    if (kind == nullptr)
      return error("the request asks for a claim that this program does not know: " +
                   name.dump().substr(0, 80));
    request.claims.push_back(kind->id);
  }

  sort_claims(request.claims);

  TM_TRY_STATUS(check_name(request.verifier, "the verifier's name"));
  TM_TRY_STATUS(check_name(request.purpose, "the purpose"));
  TM_TRY_STATUS(check_name(request.nonce, "the nonce"));

  // The nonce makes the answer one to this request; without it an old answer could be shown again.
  if (request.nonce.empty()) return error("the request has no nonce");
  TM_TRY_STATUS(check_times(request.made_at_s, request.until_s));

  return request;
}

}  // namespace

std::string VerifierRequest::audience() const {
  return verifier.empty() ? std::string(kUnnamed) : verifier;
}

Result<VerifierRequest> make_verifier_request(std::string verifier, std::string purpose,
                                              std::vector<ClaimId> claims, std::uint64_t now_s,
                                              std::uint64_t until_s) {
  TM_TRY_STATUS(check_name(verifier, "the verifier's name"));
  TM_TRY_STATUS(check_name(purpose, "the purpose"));
  TM_TRY_STATUS(check_times(now_s, until_s));
  sort_claims(claims);
  return VerifierRequest{nfc(verifier),
                         std::move(purpose),
                         to_base64url(random_fixed<Nonce>().view()),
                         std::move(claims),
                         now_s,
                         until_s};
}

std::string encode_verifier_request(const VerifierRequest& request) {
  Json claims = Json::array();
  for (const auto id : request.claims) claims.push_back(std::string(kind_of(id).name));
  const std::string json = Json{{kFormatName, kFormat},        {"verifier", request.verifier},
                                {"purpose", request.purpose},  {"nonce", request.nonce},
                                {"claims", std::move(claims)}, {"made_at_s", request.made_at_s},
                                {"until_s", request.until_s}}
                               .dump();
  Bytes carried = to_bytes(as_bytes(json));
  const Bytes sum = checksum(json);
  carried.insert(carried.end(), sum.begin(), sum.end());

  const std::string body = to_base64url(carried);
  std::string text = std::string(kIntroduction) + std::string(kBegin) + "\n";
  for (std::size_t at = 0; at < body.size(); at += kLineLength)
    text += body.substr(at, kLineLength) + "\n";
  return text + std::string(kEnd) + "\n";
}

Result<VerifierRequest> read_verifier_request(std::string_view text) {
  if (text.size() > kMaxVerifierRequestBytes)
    return error("this is too large for a request of a verifier");
  TM_TRY(const auto body, between_marks(text));
  const auto carried = from_base64url(body);
  if (!carried || carried->size() <= kChecksumBytes) return damaged();
  const ByteView all(*carried);
  const std::string_view json_text = as_text(all.first(all.size() - kChecksumBytes));
  if (!equal(checksum(json_text), all.last(kChecksumBytes))) return damaged();
  TM_TRY(const auto json, parse_strict_json(json_text, kMaxVerifierRequestBytes));
  return from_json(json);
}

HolderRules holder_rules(const VerifierRequest& request, std::uint64_t now_s) {
  HolderRules rules;
  rules.audience = request.audience();
  rules.nonce = request.nonce;
  rules.now_s = now_s;
  rules.asked_at_s = request.made_at_s;
  rules.until_s = request.until_s;
  return rules;
}

std::vector<ClaimId> missing_claims(const VerifierRequest& request, const CredentialView& answer) {
  std::vector<ClaimId> missing;
  std::ranges::copy_if(request.claims, std::back_inserter(missing),
                       [&](ClaimId id) { return !answer.disclosed.contains(id); });
  return missing;
}

}  // namespace testamur::wallet

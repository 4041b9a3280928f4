// The layer between RFC 9901 (sd_jwt.h) and what a Testamur credential means: which members stand
// in clear, which claims may be disclosed, and what a reader refuses (docs/formats/sd-jwt.md). A
// CredentialView comes only from read_credential(), so whoever holds one knows its form, its types
// and its bounds, and nothing of who signed it.
#include "wallet/credential/credential.h"

#include <algorithm>
#include <array>
#include <limits>

#include "common/check.h"
#include "common/text.h"
#include "wallet/credential/sd_jwt.h"

namespace testamur::wallet {
namespace {

constexpr const char* kType = "dc+sd-jwt";
constexpr std::string_view kScheme = "https://";
constexpr std::size_t kMaxDomainBytes = 253;
constexpr const char* kHolderMade = "holder-made";
constexpr const char* kIssuerMade = "issuer-made";
constexpr std::size_t kDecoys = 3;
// No credential outlives this: a bound on what a damaged or malicious number can mean (year 9999).
constexpr std::uint64_t kMaxTimeS = 253'402'300'799;
// What a verifier must always see (SD-JWT VC; FORMATS "SD-JWT in clear").
constexpr std::array<std::string_view, 6> kAlwaysClear = {"iss", "iat", "exp",
                                                          "vct", "cnf", "testamur"};

std::string achievement_name(const AchievementId& id) {
  const std::string text = to_text(id);
  return text.substr(0, text.rfind('.'));
}

Json encode_claim(const ClaimValue& value) {
  return std::visit([](const auto& held) { return Json(held); }, value);
}

Json encode_payload(const CredentialContents& contents) {
  const CredentialHead& head = contents.head;
  Json payload{{"iss", std::string(kScheme) + head.issuer_domain},
               {"iat", head.issued_at_s},
               {"vct", kCredentialType},
               {"cnf", {{"jwk", to_jwk(head.holder)}}},
               {"testamur",
                {{"ref", to_text(head.reference)},
                 {"salt", to_base64url(head.salt.view())},
                 {"achievement", achievement_name(head.achievement)},
                 {"version", head.achievement.version},
                 {"holder_key", head.holder_made ? kHolderMade : kIssuerMade}}}};

  if (head.expires_at_s) payload["exp"] = *head.expires_at_s;

  for (const auto& [id, value] : contents.claims)
    payload[std::string(kind_of(id).name)] = encode_claim(value);
  return payload;
}

Status check_contents(const CredentialContents& contents, const ChainId& chain) {
  const CredentialHead& head = contents.head;
  if (!head.reference.is_of_chain(chain)) return error("the reference names another chain");
  if (head.issuer_domain.empty() || head.issuer_domain.size() > kMaxDomainBytes ||
      !is_utf8(head.issuer_domain))
    return error("the issuer's domain is empty or too long");
  if (head.issued_at_s > kMaxTimeS || head.expires_at_s.value_or(0) > kMaxTimeS)
    return error("a time lies beyond the year 9999");
  if (head.expires_at_s && *head.expires_at_s <= head.issued_at_s)
    return error("the credential would expire before it is issued");
  for (const auto& [id, value] : contents.claims) TM_TRY_STATUS(check_claim(kind_of(id), value));
  return {};
}

std::string pointer_of(ClaimId id) { return '/' + std::string(kind_of(id).name); }

// ---- reading

Status read_testamur(const Json& object, CredentialHead& head) {
  ObjectReader reader{object, "the member \"testamur\""};
  const std::string reference = reader.text("ref", 256);
  const Bytes salt = reader.base64url("salt", Salt::kSize);
  const std::string achievement = reader.text("achievement", 256);
  const std::uint64_t version = reader.number("version", UINT16_MAX);
  const std::string maker = reader.text("holder_key", 16);
  TM_TRY_STATUS(reader.finish());

  // A closed vocabulary: a third word must not be taken for one of the two.
  if (maker != kHolderMade && maker != kIssuerMade)
    return error("\"holder_key\" is neither holder-made nor issuer-made");
  head.holder_made = maker == kHolderMade;

  TM_TRY(head.reference, parse_reference(reference));

  const auto fixed = Salt::from(salt);
  if (!fixed) return error("the salt does not have 32 bytes");
  head.salt = *fixed;

  TM_TRY(head.achievement, parse_achievement_id(achievement + '.' + std::to_string(version)));
  return {};
}

Status read_head(const Jws& jws, CredentialHead& head) {
  const Json& payload = jws.payload;
  ObjectReader header{jws.header, "the header"};
  const std::string type = header.text("typ", 64);
  const std::string kid = header.text("kid", 128);

  ObjectReader reader{payload, "the credential"};
  const std::string issuer = reader.text("iss", kScheme.size() + kMaxDomainBytes);
  head.issued_at_s = reader.number("iat", kMaxTimeS);
  if (reader.has("exp")) head.expires_at_s = reader.number("exp", kMaxTimeS);
  const std::string credential_type = reader.text("vct", 256);
  const Json& confirmation = reader.object("cnf");
  const Json& testamur = reader.object("testamur");

  // finish() refuses members that nobody took, and both objects have more of them (alg, the
  // digests): it is called for its text alone.
  if (!header.ok()) return header.finish();
  if (!reader.ok()) return reader.finish();

  if (type != kType) return error("the header says \"" + type + "\" where dc+sd-jwt belongs");
  if (credential_type != kCredentialType)
    return error("the credential is of type \"" + credential_type + "\", not " +
                 std::string(kCredentialType));

  if (!issuer.starts_with(kScheme) || issuer.size() == kScheme.size())
    return error("the issuer is not named as https:// and a domain");
  head.issuer_domain = issuer.substr(kScheme.size());
  TM_TRY(head.issuer_key, parse_key_id(kid));

  // Without a key in the signed part anybody could present the credential as their own.
  if (!confirmation.contains("jwk")) return error("the credential names no holder key");
  TM_TRY(head.holder, from_jwk(confirmation["jwk"]));

  return read_testamur(testamur, head);
}

Result<ClaimValue> read_claim(const ClaimKind& kind, const Json& json) {
  ClaimValue value;
  if (json.is_string()) {
    value = json.get<std::string>();
  } else if (json.is_number_unsigned()) {
    value = json.get<std::uint64_t>();
  } else {
    return error("the claim \"" + std::string(kind.name) +
                 "\" is neither a text nor a whole number");
  }
  TM_TRY_STATUS(check_claim(kind, value));
  return value;
}

bool is_always_clear(std::string_view name) {
  return std::ranges::find(kAlwaysClear, name) != kAlwaysClear.end();
}

// A claim that must be in clear may not hide behind a disclosure: a holder could then withhold it.
Status check_disclosed_names(const std::vector<Disclosure>& disclosures) {
  for (const auto& disclosure : disclosures) {
    const std::string top = disclosure.pointer.substr(1, disclosure.pointer.find('/', 1) - 1);
    if (is_always_clear(top))
      return error("\"" + top + "\" is a disclosure, but must be signed in clear");
  }
  return {};
}

Result<Claims> read_claims(const Json& merged) {
  Claims claims;
  for (const auto& [name, value] : merged.items()) {
    if (is_always_clear(name)) continue;
    const ClaimKind* kind = find_claim_kind(name);
    if (kind == nullptr)
      return error("the claim \"" + name + "\" is not known in credentials of this type");
    TM_TRY(claims[kind->id], read_claim(*kind, value));
  }
  return claims;
}

struct Parsed {
  SdJwt sd_jwt;
  ProcessedSdJwt processed;
};
Result<Parsed> parse(std::string_view compact) {
  Parsed parsed;
  TM_TRY(parsed.sd_jwt, parse_sd_jwt(compact));
  TM_TRY(parsed.processed, process_sd_jwt(parsed.sd_jwt));
  return parsed;
}

}  // namespace

Result<IssuedCredential> issue_credential(const CredentialContents& contents, const ChainId& chain,
                                          const SecretKey& issuer_key) {
  TM_TRY_STATUS(check_contents(contents, chain));
  IssueOptions options;
  options.typ = kType;
  options.kid = to_text(contents.head.issuer_key);
  options.decoys_per_object = kDecoys;
  for (const auto& [id, value] : contents.claims) options.disclosable.push_back(pointer_of(id));
  TM_TRY(const auto sd_jwt, issue_sd_jwt(encode_payload(contents), options, issuer_key));
  const std::string signing_input = sd_jwt.issuer_jwt.substr(0, sd_jwt.issuer_jwt.rfind('.'));
  return IssuedCredential{sd_jwt.text(),
                          commitment_of(chain, contents.head.reference.issuer, contents.head.salt,
                                        as_bytes(signing_input))};
}

namespace {

bool is_of_presentations(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.' || c == '~';
}

// All of the text without white space; the failure names the first character that no presentation
// holds.
Result<std::string> without_space(std::string_view text) {
  std::string compact;
  std::size_t place = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t from = at;
    ++place;
    if (!next_code_point(text, at))
      return error("it is no presentation: it is not even text. Is it another file?");
    const std::string_view each = text.substr(from, at - from);
    if (each == "\xef\xbb\xbf" || trimmed(each).empty()) continue;
    const char c = each.front();
    if (each.size() != 1 || !is_of_presentations(c)) {
      return error("character " + std::to_string(place) + " (\"" +
                   (find_fault(each) ? "?" : std::string(each)) +
                   "\") belongs to no presentation: was it pasted? Copy the whole of it again, or "
                   "take the file");
    }
    compact += c;
  }
  return compact;
}

// A presentation that is whole, with its last tilde.
Result<std::string> whole_presentation(std::string compact) {
  if (compact.empty())
    return error("it is empty: was it pasted? Copy the whole presentation again, or take the file");

  const std::string_view signed_part = std::string_view(compact).substr(0, compact.find('~'));
  if (std::ranges::count(signed_part, '.') != 2) {
    return error(
        "it is cut off, or no presentation: its first part is not a header, contents and a "
        "signature. Copy the whole "
        "of it again, or take the file");
  }

  // Only a key binding, which has two dots, may follow the last tilde (RFC 9901, section 4).
  const std::string_view whole = compact;
  const auto tilde = whole.rfind('~');
  const bool bound =
      tilde != std::string_view::npos && std::ranges::count(whole.substr(tilde), '.') == 2;
  if (compact.back() != '~' && !bound) compact += '~';

  // Nobody is told of a forgery where a hand slipped: what is called forged below here is whole.
  if (const auto form = check_whole(compact); !form.ok())
    return error("it is no whole presentation: " + form.message() +
                 ". Was it pasted? Copy the whole of it again, and once, or take the file");
  return compact;
}

// A line as its writer wrote it, without the marks of a mail that quotes it.
std::string_view unquoted(std::string_view line) {
  while (!line.empty() && (line.front() == '>' || trimmed(line.substr(0, 1)).empty()))
    line.remove_prefix(1);
  return trimmed(line);
}

// Whether a part of a mail is in a form in which no line stands as it was written.
bool is_encoded_mail(std::string_view text) {
  constexpr std::string_view kHeader = "content-transfer-encoding:";
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  for (auto at = lower.find(kHeader); at != std::string::npos; at = lower.find(kHeader, at + 1)) {
    const auto begin = at + kHeader.size();
    const auto how =
        trimmed(std::string_view(lower).substr(begin, lower.find('\n', begin) - begin));
    if (how == "base64" || how == "quoted-printable") return true;
  }
  return false;
}

// Of a mail, the blocks of lines that may be presentations: each begins a line as every header does
// ("eyJ"), and ends with the line before one that holds something else. Nothing where such a line
// may be a damaged one of the block.
std::vector<std::string> presentations_within(std::string_view text) {
  constexpr std::string_view kHeader = "eyJ";
  constexpr std::size_t kLongestWord = 40;
  std::vector<std::string> found;
  bool is_within = false;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = unquoted(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));

    // What follows is who wrote the mail (RFC 3676, section 4.3).
    if (line == "--") {
      is_within = false;
      continue;
    }

    const bool is_part = !line.empty() && std::ranges::all_of(line, is_of_presentations);
    if (is_part && (is_within || line.starts_with(kHeader))) {
      if (!is_within) found.emplace_back();
      found.back() += line;
      is_within = true;
      continue;
    }
    const bool is_words = line.find(' ') != std::string_view::npos || line.size() <= kLongestWord;
    if (is_within && !is_words) return {};
    is_within = false;
  }
  return found;
}

}  // namespace

Result<std::string> read_pasted(std::string_view text) {
  if (text.starts_with("age-encryption.org/") || text.starts_with("-----BEGIN AGE")) {
    return error(
        "it is an encrypted file, and no presentation: a claim file goes into a wallet by testamur "
        "credential import, "
        "and a verifier is given what testamur credential present wrote");
  }
  auto bare = without_space(text);
  auto whole = bare.ok() ? whole_presentation(*bare) : std::move(bare);
  if (whole.ok()) return whole;

  const auto within = presentations_within(text);
  // A mail thread may hold an older one too, and which of them is meant only a person can say.
  if (within.size() > 1) {
    return error(
        "it holds more than one presentation: keep the one that is meant, and nothing else, or "
        "take "
        "the file");
  }
  if (within.size() == 1) {
    if (auto taken = whole_presentation(within.front()); taken.ok()) return taken;
  }
  if (is_encoded_mail(text)) {
    return error(
        "it is a mail of which a part is encoded (Content-Transfer-Encoding), and no presentation "
        "stands in it as it was written: open the mail, and save the attachment or copy the whole "
        "of the answer into a file. Give that one");
  }
  return whole;
}

Result<CredentialView> read_credential(std::string_view compact) {
  TM_TRY(const auto parsed, parse(compact));
  CredentialView view;
  TM_TRY_STATUS(read_head(parsed.processed.jws, view.head));
  TM_TRY_STATUS(check_disclosed_names(parsed.processed.disclosures));
  TM_TRY(view.disclosed, read_claims(parsed.processed.claims));
  view.withheld = parsed.processed.withheld;
  view.signing_input = parsed.processed.jws.signing_input;
  view.has_key_binding = !parsed.sd_jwt.key_binding_jwt.empty();
  return view;
}

Hash256 commitment_of(const ChainId& chain, const CredentialView& credential) {
  return commitment_of(chain, credential.head.reference.issuer, credential.head.salt,
                       as_bytes(credential.signing_input));
}

Status verify_issuer_signature(std::string_view compact, const PublicKey& issuer_key) {
  TM_TRY(const auto sd_jwt, parse_sd_jwt(compact));
  TM_TRY(const auto jws, parse_jws(sd_jwt.issuer_jwt));
  return verify_jws(jws, issuer_key);
}

Result<std::string> present_credential(std::string_view compact, const PresentationRequest& request,
                                       const SecretKey& holder_key) {
  if (!is_utf8(request.audience) || !is_utf8(request.nonce))
    return error("the audience or the nonce is not UTF-8 text");

  TM_TRY(const auto view, read_credential(compact));
  if (view.head.holder != holder_key.public_key())
    return error("the credential is bound to another holder key");

  TM_TRY(const auto sd_jwt, parse_sd_jwt(compact));

  // A claim that the credential lacks is told here: the verifier who asked for it would otherwise
  // only see it missing.
  std::vector<std::string> pointers;
  for (const auto id : request.claims) {
    if (!view.disclosed.contains(id))
      return error("the credential holds no " + std::string(kind_of(id).label));
    pointers.push_back(pointer_of(id));
  }

  TM_TRY(auto selected, select_disclosures(sd_jwt, pointers));

  // The end of the grant stands in the signed key binding, so that nobody but the holder can move
  // it.
  Json further = Json::object();
  if (request.ends_at_s) further["exp"] = *request.ends_at_s;

  return bind_to_holder(std::move(selected), {request.audience, request.nonce, request.now_s},
                        holder_key, further)
      .text();
}

std::optional<std::uint64_t> named_grant_end_s(std::string_view compact) {
  const auto sd_jwt = parse_sd_jwt(compact);
  if (!sd_jwt.ok() || sd_jwt->key_binding_jwt.empty()) return std::nullopt;
  const auto binding = parse_jws(sd_jwt->key_binding_jwt);
  if (!binding.ok()) return std::nullopt;
  const auto end = binding->payload.find("exp");
  if (end == binding->payload.end() || !end->is_number_unsigned()) return std::nullopt;
  return end->get<std::uint64_t>();
}

Result<HolderProof> verify_holder(std::string_view compact, const HolderRules& rules) {
  TM_TRY(const auto parsed, parse(compact));
  KeyBindingRules binding;
  binding.audience = rules.audience;
  binding.nonce = rules.nonce;
  binding.now_s = rules.now_s;
  // The age is judged here: an old proof is no false one, and neither is one of tomorrow.
  const auto ahead_s = binding.max_ahead_s;
  binding.max_age_s = binding.max_ahead_s = std::numeric_limits<std::uint64_t>::max();
  TM_TRY(const auto payload, verify_key_binding(parsed.sd_jwt, parsed.processed, binding));
  if (payload.contains("nbf") && payload["nbf"].get<std::uint64_t>() > rules.now_s + ahead_s)
    return error("the key binding holds only in " +
                 std::to_string(payload["nbf"].get<std::uint64_t>() - rules.now_s) + " s");

  HolderProof proof;
  proof.made_at_s = payload["iat"].get<std::uint64_t>();
  if (payload.contains("exp")) {
    if (!payload["exp"].is_number_unsigned()) return error("the end of the grant is not a time");
    proof.ends_at_s = payload["exp"].get<std::uint64_t>();
  }
  // It answers this very nonce, so that it was made after the question whatever the clocks say.
  if (proof.made_at_s > rules.now_s + ahead_s)
    proof.odd_time = std::to_string(proof.made_at_s - rules.now_s) + " s from now";
  else if (rules.asked_at_s && proof.made_at_s + ahead_s < *rules.asked_at_s)
    proof.odd_time =
        std::to_string(*rules.asked_at_s - proof.made_at_s) + " s before it was asked for";
  const std::uint64_t age_s = rules.now_s > proof.made_at_s ? rules.now_s - proof.made_at_s : 0;
  proof.too_old = rules.until_s ? rules.now_s > *rules.until_s : age_s > rules.max_age_s;
  return proof;
}

}  // namespace testamur::wallet

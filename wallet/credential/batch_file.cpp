// The sealed state of a batch (docs/formats/claim-file.md, "Batch state"). What is read back is
// used as if it had just been built, so the reader repeats every bound that building relies on:
// positions lie within the commitments, claims within their bounds, and a file name cannot leave
// the folder.
#include "wallet/credential/batch.h"
#include "wallet/keystore/slip10.h"
#include "wallet/keystore/strict_json.h"

namespace testamur::wallet {
namespace {

constexpr const char* kFormatName = "testamur_batch";
constexpr std::uint64_t kFormat = 1;
constexpr std::size_t kMaxSdJwtBytes = std::size_t{512} << 10;
constexpr std::size_t kMaxTransactionBytes = std::size_t{1} << 20;

Json encode_claims(const Claims& claims) {
  Json json = Json::object();
  for (const auto& [id, value] : claims)
    json[std::string(kind_of(id).name)] =
        std::visit([](const auto& held) { return Json(held); }, value);
  return json;
}

Result<Claims> decode_claims(const Json& json) {
  Claims claims;
  for (const auto& [name, value] : json.items()) {
    const ClaimKind* kind = find_claim_kind(name);
    if (kind == nullptr)
      return error("the batch has a claim \"" + name + "\" that this version does not know");
    ClaimValue held;
    if (value.is_number_unsigned()) {
      held = value.get<std::uint64_t>();
    } else if (value.is_string()) {
      held = value.get<std::string>();
    } else {
      return error("the claim \"" + name + "\" of the batch is neither a text nor a whole number");
    }
    TM_TRY_STATUS(check_claim(*kind, held));
    claims[kind->id] = std::move(held);
  }
  return claims;
}

Json encode_award(const Award& award) {
  Json json{{"student", award.student},
            {"file", award.file_name},
            {"position", award.position},
            {"sd_jwt", award.sd_jwt}};
  if (!award.holder_secret.empty())
    json["holder_secret"] = to_base64url(award.holder_secret.view());
  if (!award.claim_code.empty()) json["claim_code"] = std::string(award.claim_code.text());
  if (award.recipient) json["recipient"] = age::to_text(*award.recipient);
  if (award.claim_sha256) json["claim_sha256"] = to_base64url(award.claim_sha256->view());
  return json;
}

Result<Award> decode_award(const Json& json) {
  ObjectReader reader{json, "an award of the batch"};
  Award award;

  award.student = reader.text("student");
  award.file_name = reader.text("file", 128);
  award.position = static_cast<std::uint32_t>(reader.number("position", kMaxBatchSize - 1));
  award.sd_jwt = reader.text("sd_jwt", kMaxSdJwtBytes);

  // Both are absent after a purge, and for a learner who made the key.
  if (reader.has("holder_secret"))
    award.holder_secret = reader.secret("holder_secret", SecretKey::kSize);
  if (reader.has("claim_code")) award.claim_code = reader.secret_text("claim_code", 64);

  const std::string recipient = reader.optional_text("recipient", 128);
  // Absent until the claim file is written, and in batches of programs that kept none.
  const bool has_digest = reader.has("claim_sha256");
  const Bytes digest = has_digest ? reader.base64url("claim_sha256", 64) : Bytes{};
  TM_TRY_STATUS(reader.finish());

  if (has_digest && digest.size() != Hash256::kSize)
    return error("the claim_sha256 of an award of the batch is no hash of 32 bytes");
  if (has_digest) award.claim_sha256 = Decoder{digest}.fixed<Hash256>();

  if (!recipient.empty()) {
    TM_TRY(award.recipient, age::parse_recipient(recipient));
  }

  // The name becomes a path: a damaged state must not write outside of the folder of claim files.
  if (award.file_name.empty() || award.file_name.find('/') != std::string::npos ||
      award.file_name.front() == '.')
    return error("an award of the batch has the unsafe file name \"" + award.file_name + "\"");
  return award;
}

Json encode_plan(const BatchPlan& plan) {
  Json json{{"chain", to_text(plan.chain)},
            {"issuer", to_text(plan.issuer)},
            {"issuer_domain", plan.issuer_domain},
            {"issuer_name", plan.issuer_name},
            {"credential_key", to_text(plan.credential_key)},
            {"achievement", to_text(plan.achievement)},
            {"first_index", plan.first_index.value},
            {"issued_at_s", plan.issued_at_s},
            {"common", encode_claims(plan.common)},
            {"holder_algorithm", to_text(plan.holder_algorithm)}};
  if (plan.expires_at_s) json["expires_at_s"] = *plan.expires_at_s;
  return json;
}

Result<BatchPlan> decode_plan(const Json& json) {
  // Everything is taken before finish(), which fails on members that this version does not know.
  ObjectReader reader{json, "the plan of the batch"};
  BatchPlan plan;
  const std::string chain = reader.text("chain", 128);
  const std::string issuer = reader.text("issuer", 128);
  plan.issuer_domain = reader.text("issuer_domain", 256);
  plan.issuer_name = reader.text("issuer_name");
  const std::string key = reader.text("credential_key", 128);
  const std::string achievement = reader.text("achievement", 256);
  plan.first_index = IssuerIndex{reader.number("first_index")};
  plan.issued_at_s = reader.number("issued_at_s");
  const Json& common = reader.object("common");
  const std::string algorithm = reader.text("holder_algorithm", 16);
  if (reader.has("expires_at_s")) plan.expires_at_s = reader.number("expires_at_s");

  TM_TRY_STATUS(reader.finish());
  TM_TRY(plan.chain, parse_chain_id(chain));
  TM_TRY(plan.issuer, parse_institution_id(issuer));
  TM_TRY(plan.credential_key, parse_key_id(key));
  TM_TRY(plan.achievement, parse_achievement_id(achievement));
  TM_TRY(plan.common, decode_claims(common));

  const auto known = holder_algorithm(algorithm);
  if (!known)
    return error("the plan of the batch has holder keys of a kind \"" + algorithm +
                 "\" that this version does not know");
  plan.holder_algorithm = *known;
  return plan;
}

Bytes join(const std::vector<Hash256>& hashes) {
  Encoder encoder;
  for (const auto& hash : hashes) encoder.fixed(hash);
  return encoder.take();
}

Result<Batch> decode(const Json& json) {
  ObjectReader reader{json, "the batch"};
  Batch batch;

  // Told before anything else is missed: a newer format lacks members that this reader would
  // complain of.
  const std::uint64_t format = reader.number(kFormatName);
  if (reader.ok() && format != kFormat)
    return error("the batch has format " + std::to_string(format) +
                 "; this program knows format 1: use a newer one");

  batch.id = reader.text("id", 64);
  const Json& plan = reader.object("plan");
  const Bytes commitments = reader.base64url("commitments", kMaxBatchSize * Hash256::kSize);
  const Json& awards = reader.array("awards");
  batch.transaction = reader.base64url("transaction", kMaxTransactionBytes);
  batch.committed = reader.number("committed", 1) == 1;
  batch.delivered = reader.number("delivered", 1) == 1;
  TM_TRY_STATUS(reader.finish());

  TM_TRY(batch.plan, decode_plan(plan));
  if (commitments.empty() || commitments.size() % Hash256::kSize != 0)
    return error("the batch has no whole list of commitments");

  Decoder decoder{commitments};
  while (decoder.remaining() > 0) batch.commitments.push_back(decoder.fixed<Hash256>());

  for (const auto& entry : awards) {
    TM_TRY(auto award, decode_award(entry));
    if (award.position >= batch.commitments.size())
      return error("an award of the batch has a position outside of it");
    batch.awards.push_back(std::move(award));
  }
  return batch;
}

}  // namespace

Result<Bytes> seal_batch(const Batch& batch, const age::Recipient& recipient) {
  Json json{{kFormatName, kFormat},
            {"id", batch.id},
            {"plan", encode_plan(batch.plan)},
            {"commitments", to_base64url(join(batch.commitments))},
            {"awards", Json::array()},
            {"transaction", to_base64url(batch.transaction)},
            {"committed", batch.committed ? 1 : 0},
            {"delivered", batch.delivered ? 1 : 0}};
  for (const auto& award : batch.awards) json["awards"].push_back(encode_award(award));
  return age::seal({&recipient, 1}, dump_secret(json).view());
}

Result<Batch> open_batch(ByteView file, std::span<const age::Identity> identities) {
  const auto opened = age::open(file, identities);
  if (!opened.ok()) return error("the batch cannot be opened: " + opened.failure->message);
  TM_TRY(auto json, parse_strict_json(opened.plaintext.text(), age::kMaxFileBytes));
  auto batch = decode(json);
  wipe_strings(json);
  return batch;
}

}  // namespace testamur::wallet

// The register and the codes of a batch as sealed JSON (docs/formats/claim-file.md). Codes open
// claim files and are wiped from the parsed JSON after use; a register holds no secret key, only
// who the learners are.
#include "wallet/credential/issuance_register.h"

#include <algorithm>

#include "wallet/keystore/strict_json.h"

namespace testamur::wallet {
namespace {

constexpr const char* kRegisterName = "testamur_register";
constexpr const char* kCodesName = "testamur_codes";
constexpr std::uint64_t kFormat = 1;
constexpr const char* kSdJwtForm = "sd-jwt";

Result<Json> open_json(ByteView file, std::span<const age::Identity> identities, const char* what) {
  const auto opened = age::open(file, identities);
  if (!opened.ok())
    return error(std::string(what) + " cannot be opened: " + opened.failure->message);
  return parse_strict_json(opened.plaintext.text(), age::kMaxFileBytes);
}

Result<RegisterRow> decode_row(const Json& json) {
  ObjectReader reader{json, "a row of the register"};
  RegisterRow row;
  row.student = reader.text("student");
  const Json& slots = reader.array("slots");
  TM_TRY_STATUS(reader.finish());
  for (const auto& entry : slots) {
    ObjectReader slot{entry, "a slot of the register"};
    row.slots.push_back({slot.text("form", 32), IssuerIndex{slot.number("index")}});
    TM_TRY_STATUS(slot.finish());
  }
  return row;
}

Result<ClaimCodeRow> decode_code(const Json& json) {
  ObjectReader reader{json, "a row of the codes"};
  ClaimCodeRow row;
  row.student = reader.text("student");
  row.file_name = reader.text("file", 128);
  row.code = reader.secret_text("code", 64);
  TM_TRY_STATUS(reader.finish());
  return row;
}

Status check_format(ObjectReader& reader, const char* name) {
  const std::uint64_t format = reader.number(name);
  if (reader.ok() && format != kFormat)
    return error("the file has format " + std::to_string(format) +
                 "; this program knows format 1: use a newer one");
  return {};
}

Result<std::vector<ClaimCodeRow>> decode_codes(const Json& json) {
  ObjectReader reader{json, "the codes file"};
  TM_TRY_STATUS(check_format(reader, kCodesName));
  (void)reader.text("batch", 64);
  const Json& list = reader.array("codes");
  TM_TRY_STATUS(reader.finish());
  std::vector<ClaimCodeRow> rows;
  for (const auto& entry : list) {
    TM_TRY(auto row, decode_code(entry));
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

IssuanceRegister make_register(const Batch& batch) {
  IssuanceRegister list{batch.id, batch.plan.issuer, batch.plan.achievement, {}};
  for (const auto& award : batch.awards)
    list.rows.push_back({award.student, {{kSdJwtForm, batch.plan.first_index + award.position}}});
  return list;
}

Result<Bytes> seal_register(const IssuanceRegister& list, const age::Recipient& recipient) {
  Json json{{kRegisterName, kFormat},
            {"batch", list.batch},
            {"issuer", to_text(list.issuer)},
            {"achievement", to_text(list.achievement)},
            {"rows", Json::array()}};
  for (const auto& row : list.rows) {
    Json slots = Json::array();
    for (const auto& slot : row.slots)
      slots.push_back({{"form", slot.form}, {"index", slot.index.value}});
    json["rows"].push_back({{"student", row.student}, {"slots", std::move(slots)}});
  }
  return age::seal({&recipient, 1}, dump_secret(json).view());
}

Result<IssuanceRegister> open_register(ByteView file, std::span<const age::Identity> identities) {
  TM_TRY(const auto json, open_json(file, identities, "the issuance register"));
  ObjectReader reader{json, "the issuance register"};
  TM_TRY_STATUS(check_format(reader, kRegisterName));

  IssuanceRegister list;
  list.batch = reader.text("batch", 64);
  const std::string issuer = reader.text("issuer", 128);
  const std::string achievement = reader.text("achievement", 256);
  const Json& rows = reader.array("rows");
  TM_TRY_STATUS(reader.finish());

  TM_TRY(list.issuer, parse_institution_id(issuer));
  TM_TRY(list.achievement, parse_achievement_id(achievement));

  for (const auto& entry : rows) {
    TM_TRY(auto row, decode_row(entry));
    list.rows.push_back(std::move(row));
  }
  return list;
}

const RegisterRow* find_student(const IssuanceRegister& list, std::string_view student) {
  const auto found = std::ranges::find(list.rows, student, &RegisterRow::student);
  return found == list.rows.end() ? nullptr : &*found;
}

bool erase_student(IssuanceRegister& list, std::string_view student) {
  return std::erase_if(list.rows, [&](const auto& row) { return row.student == student; }) > 0;
}

Result<Bytes> seal_codes(const Batch& batch, const age::Recipient& recipient) {
  Json json{{kCodesName, kFormat}, {"batch", batch.id}, {"codes", Json::array()}};
  for (const auto& award : batch.awards) {
    if (award.claim_code.empty()) continue;
    json["codes"].push_back({{"student", award.student},
                             {"file", award.file_name},
                             {"code", std::string(award.claim_code.text())}});
  }
  return age::seal({&recipient, 1}, dump_secret(json).view());
}

Result<std::vector<ClaimCodeRow>> open_codes(ByteView file,
                                             std::span<const age::Identity> identities) {
  TM_TRY(auto json, open_json(file, identities, "the codes file"));
  auto rows = decode_codes(json);
  wipe_strings(json);
  return rows;
}

}  // namespace testamur::wallet

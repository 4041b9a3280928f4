// A public key file says for which ledger, institution and purpose its key is; the proof of
// possession covers all of them, so that it cannot be registered in another place.
#include "wallet/cli/files/key_files.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "common/toml_text.h"
#include "files/key_file.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

constexpr std::size_t kMaxPublicFileBytes = 16 * 1024;

Result<toml::table> parse_public_file(const std::string& file) {
  TM_TRY(auto text, read_file(file, kMaxPublicFileBytes));
  return parse_toml(as_text(text), file);
}

constexpr std::array<std::string_view, 6> kPublicTexts = {"chain",     "institution", "purpose",
                                                          "algorithm", "public_key",  "possession"};

Status expect_known_texts(const toml::table& table, const std::string& file) {
  for (const auto& [key, value] : table) {
    const auto name = key.str();
    const bool known = std::ranges::find(kPublicTexts, name) != kPublicTexts.end();
    if (!known || !value.is_string()) {
      return error(file + ", line " + std::to_string(key.source().begin.line) + ": \"" +
                   std::string(name) +
                   "\" is not a text of a public key file (chain, institution, purpose, algorithm, "
                   "public_key, possession)");
    }
  }
  return {};
}

// Empty where the file does not have it.
std::string text_in(const toml::table& table, std::string_view key) {
  return table[key].value_or(std::string{});
}

struct PublicKeyOfPurpose {
  KeyPurpose purpose;
  PublicKey key;
};
Result<PublicKeyOfPurpose> read_key(const toml::table& table, const std::string& file) {
  const auto purpose = purpose_named(text_in(table, "purpose"));
  const auto algorithm = algorithm_named(text_in(table, "algorithm"));
  if (!purpose) return error(file + ": purpose: \"" + text_in(table, "purpose") + "\" is none");
  if (!algorithm || !allowed(*purpose, *algorithm)) {
    return error(file + ": algorithm: a " + std::string(to_text(*purpose)) + " key cannot have \"" +
                 text_in(table, "algorithm") + "\"");
  }

  auto bytes = from_hex(text_in(table, "public_key"));
  PublicKey key{*algorithm, bytes.value_or(Bytes{})};
  if (!is_valid(key)) return error(file + ": public_key: it is no public key of this algorithm");
  return PublicKeyOfPurpose{*purpose, std::move(key)};
}

}  // namespace

SignatureAlgorithm usual_algorithm(KeyPurpose purpose) {
  switch (purpose) {
    case KeyPurpose::kTransport:
    case KeyPurpose::kCosign: return SignatureAlgorithm::kEd25519;
    case KeyPurpose::kCredential: return SignatureAlgorithm::kEcdsaP256;
    default: return SignatureAlgorithm::kBip340;
  }
}

Result<std::vector<HeldKey>> read_key_directory(const std::string& directory) {
  std::vector<HeldKey> keys;
  for (std::uint8_t value = 1; purpose_from(value); ++value) {
    const auto purpose = *purpose_from(value);
    const auto file =
        (std::filesystem::path(directory) / (std::string(to_text(purpose)) + ".key")).string();
    if (!is_there(file)) continue;
    TM_TRY(auto key, read_key_file(file, purpose));
    keys.push_back({purpose, std::move(key)});
  }
  if (keys.empty()) return error(directory + " holds no key file (root.key, issue.key, …)");
  return keys;
}

ledger::tx::KeyAddContent prove(const ChainId& chain, const InstitutionId& institution,
                                KeyPurpose purpose, const SecretKey& key) {
  const auto message = possession_message(chain, institution, purpose, key.public_key());
  return {purpose, key.public_key(), key.sign(message.view())};
}

std::string public_key_text(const PublicKeyFile& file) {
  const auto& key = file.content;
  return "# A public key and the proof that its holder has it. Public: whoever holds the root keys "
         "registers it with\n"
         "# `testamur key add " +
         std::string(to_text(key.purpose)) + " --public FILE`.\nchain = \"" + to_text(file.chain) +
         "\"\ninstitution = \"" + to_text(file.institution) + "\"\npurpose = \"" +
         std::string(to_text(key.purpose)) + "\"\nalgorithm = \"" +
         std::string(to_text(key.key.algorithm)) + "\"\npublic_key = \"" + to_hex(key.key.bytes) +
         "\"\npossession = \"" + key.possession.hex() + "\"\n";
}

Result<PublicKeyFile> read_public_key_file(const std::string& file) {
  TM_TRY(const auto table, parse_public_file(file));
  TM_TRY_STATUS(expect_known_texts(table, file));
  PublicKeyFile out;

  auto chain = parse_chain_id(text_in(table, "chain"));
  if (!chain.ok()) return error(file + ": chain: " + chain.message());
  out.chain = *chain;

  auto institution = parse_institution_id(text_in(table, "institution"));
  if (!institution.ok()) return error(file + ": institution: " + institution.message());
  out.institution = *institution;

  TM_TRY(auto stated, read_key(table, file));
  auto& [purpose, key] = stated;

  // The proof binds the key to this ledger, institution and purpose: nobody can register it as
  // their own.
  const auto raw = from_hex(text_in(table, "possession"));
  const auto proof = raw ? Signature::from(*raw) : std::nullopt;
  const auto message = possession_message(out.chain, out.institution, purpose, key);
  if (!proof || !verify(key, message.view(), *proof)) {
    return error(file +
                 ": possession: the proof does not hold for this key, institution and ledger");
  }

  out.content = {purpose, std::move(key), *proof};
  return out;
}

}  // namespace testamur::wallet

// What a wallet holds, as JSON (docs/formats/wallet.md), and the keys that follow from its words.
// An index is given out once and the counters only grow: two credentials with one key could be
// linked by everybody who sees both.
#include "wallet/keystore/wallet_contents.h"

#include <algorithm>

#include "common/check.h"
#include "wallet/keystore/bip39.h"
#include "wallet/keystore/slip10.h"
#include "wallet/keystore/strict_json.h"

namespace testamur::wallet {
namespace {

constexpr std::uint64_t kFormat = 1;
constexpr const char* kFormatName = "testamur_wallet";
constexpr std::size_t kMaxSdJwtBytes = std::size_t{512} << 10;
constexpr std::size_t kMaxReceiptBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxListed = 100'000;

SecretBytes seed_of(const WalletContents& wallet) {
  return seed_from_entropy(wallet.entropy.view());
}

Json encode_key(const HolderKeySource& source) {
  Json json{{"alg", to_text(source.algorithm)}};
  if (source.derived_index) {
    json["index"] = *source.derived_index;
  } else {
    json["secret"] = to_base64url(source.issuer_made_secret.view());
  }
  return json;
}

SignatureAlgorithm read_algorithm(ObjectReader& reader) {
  if (const auto algorithm = holder_algorithm(reader.text("alg", 16))) return *algorithm;
  reader.fail("\"alg\" is neither es256 nor es256k");
  return SignatureAlgorithm::kEcdsaP256;
}

std::uint32_t read_index(ObjectReader& reader, const char* name) {
  return static_cast<std::uint32_t>(reader.number(name, kHardened - 1));
}

Result<HolderKeySource> decode_key(const Json& json) {
  ObjectReader reader{json, "the holder key"};
  HolderKeySource source;
  source.algorithm = read_algorithm(reader);
  if (reader.has("index")) {
    source.derived_index = read_index(reader, "index");
  } else {
    source.issuer_made_secret = reader.secret("secret", SecretKey::kSize);
  }
  TM_TRY_STATUS(reader.finish());
  return source;
}

Json encode_credential(const StoredCredential& credential) {
  Json json{{"sd_jwt", credential.sd_jwt},
            {"holder_key", encode_key(credential.holder_key)},
            {"issuer_name", credential.issuer_name},
            {"title", credential.title},
            {"imported_at_ms", credential.imported_at_ms},
            {"receipt", to_base64url(credential.receipt)}};

  // Absent where no name was given, so that earlier programs read what they could read before.
  if (!credential.name.empty()) json["name"] = credential.name;
  return json;
}

Result<StoredCredential> decode_credential(const Json& json) {
  ObjectReader reader{json, "a credential of the wallet"};
  StoredCredential credential;
  credential.sd_jwt = reader.text("sd_jwt", kMaxSdJwtBytes);
  const Json& key = reader.object("holder_key");
  credential.issuer_name = reader.text("issuer_name");
  credential.title = reader.text("title");
  credential.imported_at_ms = reader.number("imported_at_ms");
  credential.receipt = reader.base64url("receipt", kMaxReceiptBytes);
  credential.name = reader.optional_text("name");
  TM_TRY_STATUS(reader.finish());
  TM_TRY(credential.holder_key, decode_key(key));
  return credential;
}

Json encode_request(const PendingRequest& request) {
  return Json{{"alg", to_text(request.algorithm)},
              {"index", request.index},
              {"issuer", request.issuer},
              {"student", request.student},
              {"made_at_ms", request.made_at_ms}};
}

Result<PendingRequest> decode_request(const Json& json) {
  ObjectReader reader{json, "a request of the wallet"};
  PendingRequest request;
  request.algorithm = read_algorithm(reader);
  request.index = read_index(reader, "index");
  request.issuer = reader.text("issuer");
  request.student = reader.text("student");
  request.made_at_ms = reader.number("made_at_ms");
  TM_TRY_STATUS(reader.finish());
  return request;
}

Json encode_grant(const Grant& grant) {
  return Json{{"reference", grant.reference},
              {"audience", grant.audience},
              {"disclosed", grant.disclosed},
              {"made_at_ms", grant.made_at_ms},
              {"ends_at_ms", grant.ends_at_ms}};
}

Result<Grant> decode_grant(const Json& json) {
  ObjectReader reader{json, "a grant of the wallet"};
  Grant grant;
  grant.reference = reader.text("reference");
  grant.audience = reader.text("audience");

  for (const auto& name : reader.array("disclosed")) {
    if (!name.is_string()) {
      reader.fail("\"disclosed\" holds something that is no text");
      break;
    }
    grant.disclosed.push_back(name.get<std::string>());
  }

  grant.made_at_ms = reader.number("made_at_ms");
  grant.ends_at_ms = reader.number("ends_at_ms");
  TM_TRY_STATUS(reader.finish());
  return grant;
}

template <class T>
Status decode_list(ObjectReader& reader, const char* name, Result<T> (*decode)(const Json&),
                   std::vector<T>& out) {
  const Json& list = reader.array(name);
  if (list.size() > kMaxListed) return error("\"" + std::string(name) + "\" is too long");
  for (const auto& entry : list) {
    TM_TRY(auto value, decode(entry));
    out.push_back(std::move(value));
  }
  return {};
}

template <class T>
Json encode_list(const std::vector<T>& list, Json (*encode)(const T&)) {
  Json out = Json::array();
  for (const auto& entry : list) out.push_back(encode(entry));
  return out;
}

Result<WalletContents> decode(const Json& json) {
  ObjectReader reader{json, "the wallet"};
  WalletContents wallet;

  const std::uint64_t format = reader.number(kFormatName);
  if (reader.ok() && format != kFormat)
    return error("the wallet has format " + std::to_string(format) +
                 "; this program knows format 1: use a newer one");

  wallet.entropy = reader.secret("entropy", kRecoveryEntropyBytes);

  // The counters are bounded below the hardened range, since an index beyond it names another key.
  wallet.next_p256_index = read_index(reader, "next_es256");
  wallet.next_secp256k1_index = read_index(reader, "next_es256k");
  wallet.created_at_ms = reader.number("created_at_ms");
  wallet.last_backup_ms = reader.number("last_backup_ms");

  TM_TRY_STATUS(decode_list(reader, "credentials", &decode_credential, wallet.credentials));
  TM_TRY_STATUS(decode_list(reader, "requests", &decode_request, wallet.requests));
  TM_TRY_STATUS(decode_list(reader, "grants", &decode_grant, wallet.grants));

  TM_TRY_STATUS(reader.finish());
  return wallet;
}

}  // namespace

WalletContents make_wallet(std::uint64_t now_ms) {
  WalletContents wallet;
  wallet.entropy = make_recovery_entropy();
  wallet.created_at_ms = now_ms;
  return wallet;
}

WalletContents recover_wallet(SecretBytes entropy, std::uint64_t now_ms) {
  WalletContents wallet;
  wallet.entropy = std::move(entropy);
  wallet.created_at_ms = now_ms;
  wallet.next_p256_index = kRecoveredFirstIndex;
  wallet.next_secp256k1_index = kRecoveredFirstIndex;
  return wallet;
}

Result<SecretBytes> encode_wallet(const WalletContents& wallet) {
  Json json{{kFormatName, kFormat},
            {"entropy", to_base64url(wallet.entropy.view())},
            {"next_es256", wallet.next_p256_index},
            {"next_es256k", wallet.next_secp256k1_index},
            {"created_at_ms", wallet.created_at_ms},
            {"last_backup_ms", wallet.last_backup_ms},
            {"credentials", encode_list(wallet.credentials, &encode_credential)},
            {"requests", encode_list(wallet.requests, &encode_request)},
            {"grants", encode_list(wallet.grants, &encode_grant)}};
  auto encoded = dump_secret(json);
  if (const auto again = decode_wallet(encoded.view()); !again.ok())
    return error("the wallet is not written, since it could not be read again: " + again.message());
  return encoded;
}

Result<WalletContents> decode_wallet(ByteView json_text) {
  TM_TRY(auto json, parse_strict_json(as_text(json_text), age::kMaxFileBytes));
  auto wallet = decode(json);
  wipe_strings(json);
  return wallet;
}

void pass_over_used_keys(WalletContents& wallet) {
  wallet.next_p256_index += kRecoveredFirstIndex;
  wallet.next_secp256k1_index += kRecoveredFirstIndex;
}

SecretKey next_holder_key(WalletContents& wallet, SignatureAlgorithm algorithm,
                          std::uint32_t& index_out) {
  auto& next = algorithm == SignatureAlgorithm::kEcdsaP256 ? wallet.next_p256_index
                                                           : wallet.next_secp256k1_index;
  index_out = next++;
  auto key = derive_holder_key(algorithm, seed_of(wallet).view(), index_out);
  TM_CHECK(key.ok(), key.message());
  return std::move(key).value();
}

std::optional<FoundKey> find_holder_key(const WalletContents& wallet, SignatureAlgorithm algorithm,
                                        const std::function<bool(const SecretKey&)>& wanted) {
  const SecretBytes seed = seed_of(wallet);
  const std::uint32_t next = algorithm == SignatureAlgorithm::kEcdsaP256
                                 ? wallet.next_p256_index
                                 : wallet.next_secp256k1_index;
  const std::uint32_t end = std::min(next, kHardened - kKeyGap) + kKeyGap;
  for (std::uint32_t index = 0; index < end; ++index) {
    auto key = derive_holder_key(algorithm, seed.view(), index);
    TM_CHECK(key.ok(), key.message());
    if (wanted(*key)) return FoundKey{std::move(*key), index};
  }
  return std::nullopt;
}

Result<SecretKey> holder_key_of(const WalletContents& wallet, const HolderKeySource& source) {
  if (source.derived_index)
    return derive_holder_key(source.algorithm, seed_of(wallet).view(), *source.derived_index);
  return SecretKey::from_bytes(source.algorithm, source.issuer_made_secret.view());
}

age::Identity backup_identity_of(const WalletContents& wallet) {
  return derive_backup_identity(seed_of(wallet).view());
}

Result<Bytes> seal_backup(const WalletContents& wallet) {
  const auto recipient = backup_identity_of(wallet).recipient();
  TM_TRY(const auto encoded, encode_wallet(wallet));
  return age::seal({&recipient, 1}, encoded.view());
}

namespace {

BackupFailure backup_failure(age::OpenFailure kind) {
  switch (kind) {
    case age::OpenFailure::kWrongKey: return BackupFailure::kOtherWords;
    case age::OpenFailure::kMalformed:
    case age::OpenFailure::kCorrupt: return BackupFailure::kDamaged;
    case age::OpenFailure::kNotAge:
    case age::OpenFailure::kTooExpensive:
    case age::OpenFailure::kTooLarge:
    case age::OpenFailure::kWrongKind: break;
  }
  return BackupFailure::kNoBackup;
}

}  // namespace

OpenedBackup open_backup(ByteView file, ByteView seed) {
  const auto identity = derive_backup_identity(seed);
  const auto opened = age::open(file, std::span{&identity, 1});
  if (!opened.ok()) {
    const auto kind = backup_failure(opened.failure->kind);
    return {std::nullopt, kind,
            kind == BackupFailure::kOtherWords
                ? "these words do not open this backup: they are another wallet's"
                : "the backup cannot be opened: " + opened.failure->message};
  }
  auto contents = decode_wallet(opened.plaintext.view());
  if (!contents.ok()) return {std::nullopt, BackupFailure::kDamaged, contents.message()};
  return {std::move(contents).value(), {}, {}};
}

bool holds_no_more(const WalletContents& older, const WalletContents& newer) {
  // Different words are another wallet, whatever else is equal.
  if (!equal_in_constant_time(older.entropy.view(), newer.entropy.view())) return false;

  // An index that only the older one has given out would be given out again.
  if (older.next_p256_index > newer.next_p256_index ||
      older.next_secp256k1_index > newer.next_secp256k1_index)
    return false;

  // Another name is one that was changed; none is what a copy of before has.
  const auto has_credential = [&newer](const StoredCredential& each) {
    const auto found = std::ranges::find(newer.credentials, each.sd_jwt, &StoredCredential::sd_jwt);
    return found != newer.credentials.end() && (each.name.empty() || !found->name.empty());
  };

  const auto has_grant = [&newer](const Grant& each) {
    return std::ranges::any_of(newer.grants, [&each](const Grant& other) {
      return other.reference == each.reference && other.audience == each.audience &&
             other.made_at_ms == each.made_at_ms;
    });
  };

  // Without it what the issuer sends could not be opened.
  const auto has_request = [&newer](const PendingRequest& each) {
    const bool is_open = std::ranges::any_of(newer.requests, [&each](const PendingRequest& other) {
      return other.algorithm == each.algorithm && other.index == each.index;
    });
    return is_open || std::ranges::any_of(newer.credentials, [&each](const auto& credential) {
             return credential.holder_key.algorithm == each.algorithm &&
                    credential.holder_key.derived_index == each.index;
           });
  };

  return std::ranges::all_of(older.credentials, has_credential) &&
         std::ranges::all_of(older.grants, has_grant) &&
         std::ranges::all_of(older.requests, has_request);
}

bool shares_holder_key(const WalletContents& wallet, const StoredCredential& credential) {
  const auto& key = credential.holder_key;
  return key.derived_index &&
         std::ranges::any_of(wallet.credentials, [&](const StoredCredential& other) {
           return other.sd_jwt != credential.sd_jwt &&
                  other.holder_key.algorithm == key.algorithm &&
                  other.holder_key.derived_index == key.derived_index;
         });
}

bool backup_is_older_than_a_credential(const WalletContents& wallet) {
  return std::ranges::any_of(wallet.credentials, [&](const auto& credential) {
    return credential.imported_at_ms >= wallet.last_backup_ms;
  });
}

}  // namespace testamur::wallet

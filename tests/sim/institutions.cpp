#include "tests/sim/institutions.h"

#include <secp256k1_extrakeys.h>
#include <secp256k1_schnorrsig.h>

#include <algorithm>

#include "common/check.h"

namespace testamur::sim {

namespace tx = ledger::tx;

namespace {

constexpr TransactionNumber kPlain = (TransactionNumber{1} << 56) - 1;
constexpr std::uint64_t kIndexesEach = 1024;
constexpr std::uint64_t kValidForMs = 40 * 60'000;
constexpr std::uint64_t kBucketMs = 10 * 60'000;

const secp256k1_context* context() {
  static const secp256k1_context* const kContext = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
  return kContext;
}

SecretKey seeded_key(const std::string& name,
                     SignatureAlgorithm algorithm = SignatureAlgorithm::kBip340) {
  return SecretKey::from_bytes(algorithm, sha256(as_bytes(name)).view()).value();
}

ledger::GenesisParty party_of(const Institution& institution, std::size_t number) {
  ledger::GenesisParty party;
  party.institution_class = tx::InstitutionClass::kValidator;
  party.facts.legal_names = {{"en", "University " + std::to_string(number)}};
  party.facts.country = "EU";
  party.facts.domain = "university" + std::to_string(number) + ".example";
  party.root_threshold = 1;
  party.keys = {{KeyPurpose::kRoot, institution.root.public_key(), {}},
                {KeyPurpose::kIssue, institution.issue.public_key(), {}},
                {KeyPurpose::kGovern, institution.govern.public_key(), {}},
                {KeyPurpose::kConsensus, institution.consensus.public_key(), {}},
                {KeyPurpose::kTransport, institution.transport.public_key(), {}}};
  return party;
}

}  // namespace

Signature sign_fixed(const SecretKey& key, const Hash256& message) {
  if (key.algorithm() != SignatureAlgorithm::kBip340)
    return key.sign(message.view());  // Ed25519 has no randomness
  secp256k1_keypair pair;
  TM_CHECK(secp256k1_keypair_create(context(), &pair, key.secret_bytes().data()) == 1);
  Signature signature;
  TM_CHECK(secp256k1_schnorrsig_sign32(context(), signature.bytes.data(), message.bytes.data(),
                                       &pair, nullptr) == 1);
  return signature;
}

Institutions& Institutions::of(std::size_t validators, std::size_t total) {
  static std::map<std::pair<std::size_t, std::size_t>, std::unique_ptr<Institutions>> known;
  auto& found = known[{validators, total}];
  if (!found) found = std::make_unique<Institutions>(validators, total);
  return *found;
}

Institutions::Institutions(std::size_t validators, std::size_t total) : validators_(validators) {
  ledger::GenesisInput input;
  input.time_ms = kGenesisTimeMs;
  for (std::size_t i = 0; i < total; ++i) {
    const auto name = "institution " + std::to_string(i) + " ";
    Institution one{{},
                    seeded_key(name + "root"),
                    seeded_key(name + "issue"),
                    seeded_key(name + "govern"),
                    seeded_key(name + "consensus"),
                    seeded_key(name + "transport", SignatureAlgorithm::kEd25519)};
    auto party = party_of(one, i);
    one.id = ledger::party_id(party);
    for (auto& entry : party.keys) {
      const auto message = possession_message(ChainId{}, one.id, entry.purpose, entry.key);
      const SecretKey& secret = entry.purpose == KeyPurpose::kRoot        ? one.root
                                : entry.purpose == KeyPurpose::kIssue     ? one.issue
                                : entry.purpose == KeyPurpose::kGovern    ? one.govern
                                : entry.purpose == KeyPurpose::kConsensus ? one.consensus
                                                                          : one.transport;
      entry.possession = sign_fixed(secret, message);
    }
    input.parties.push_back(std::move(party));
    if (i < validators)
      input.validators.push_back(
          {one.id, key_id(KeyPurpose::kConsensus, one.consensus.public_key())});
    all_.push_back(std::move(one));
  }
  const auto by_id = [](const Institution& a, const Institution& b) { return a.id < b.id; };
  std::sort(all_.begin(), all_.begin() + static_cast<std::ptrdiff_t>(validators), by_id);
  genesis_ = std::make_unique<ledger::Genesis>(ledger::make_genesis(std::move(input)).value());
  const auto message = ledger::founder_message(genesis_->chain);
  for (std::size_t i = 0; i < validators; ++i) {
    genesis_->signatures.push_back(
        {key_id(KeyPurpose::kRoot, all_[i].root.public_key()), sign_fixed(all_[i].root, message)});
  }
  std::ranges::sort(genesis_->signatures, {}, &ledger::FounderSignature::root_key);
}

const SecretKey& Institutions::key(std::size_t number, KeyPurpose purpose) const {
  const auto& one = at(number);
  switch (purpose) {
    case KeyPurpose::kRoot: return one.root;
    case KeyPurpose::kGovern: return one.govern;
    case KeyPurpose::kConsensus: return one.consensus;
    default: return one.issue;
  }
}

std::size_t Institutions::author(TransactionNumber number) const {
  return (number & kPlain) % validators_;
}

tx::Envelope Institutions::envelope(std::size_t author, TransactionNumber number,
                                    std::uint64_t now_ms) const {
  tx::Nonce nonce;
  const Hash256 digest = sha256(Encoder{}.u64(number).u64(now_ms / kBucketMs).bytes());
  std::copy_n(digest.bytes.begin(), nonce.bytes.size(), nonce.bytes.begin());
  return {genesis_->chain, at(author).id, nonce, now_ms / kBucketMs * kBucketMs + kValidForMs};
}

tx::SharedTransaction Institutions::finish(const tx::Built& built, const SecretKey& key,
                                           KeyPurpose purpose) const {
  const auto* refused = std::get_if<tx::Rejection>(&built);
  TM_CHECK(refused == nullptr, to_text(*refused));
  const auto& made = std::get<tx::UnsignedTransaction>(built);
  const tx::SignatureEntry entry{key_id(purpose, key.public_key()),
                                 sign_fixed(key, Hash256{made.id.bytes})};
  auto decoded = tx::decode(genesis_->chain, tx::attach(made, {entry}));
  TM_CHECK(std::holds_alternative<tx::SharedTransaction>(decoded));
  return std::get<tx::SharedTransaction>(std::move(decoded));
}

tx::SharedTransaction Institutions::make_numbered(TransactionNumber number,
                                                  std::uint64_t now_ms) const {
  const std::size_t author_number = author(number);
  const auto envelope_ = envelope(author_number, number, now_ms);
  const auto& one = at(author_number);
  const AchievementId achievement{one.id, 1, 1};
  if ((number & kPublish) != 0) {
    tx::AchievementContent content;
    content.number = 1;
    content.version = 1;
    content.titles = {{"en", "Logic"}};
    content.award_kind = tx::AwardKind::kKnowledge;
    content.ects_hundredths = 300;
    content.eqf_level = 6;
    content.isced_fields = {613};
    return finish(tx::build(envelope_, content), one.govern, KeyPurpose::kGovern);
  }
  const IssuerIndex first{(number & kPlain) * kIndexesEach};
  if ((number & kRevoke) != 0) {
    const tx::StatusChangeContent content{tx::StatusAction::kRevoke, tx::StatusReason::kCorrection,
                                          std::vector<IssuerIndex>{first}};
    return finish(tx::build(envelope_, content), one.issue, KeyPurpose::kIssue);
  }
  if (number % 8 == 3) {
    tx::InstitutionUpdateContent content;
    for (const auto& party : genesis_->content.parties) {
      if (ledger::party_id(party) == one.id) content.facts = party.facts;
    }
    content.facts.legal_names = {{"en", "Renamed " + std::to_string(number)}};
    return finish(tx::build(envelope_, content), one.root, KeyPurpose::kRoot);
  }
  const std::size_t count = (number & kLarge) != 0 ? 512 : 1 + number % 3;
  std::vector<Hash256> commitments;
  for (std::size_t i = 0; i < count; ++i) {
    commitments.push_back(sha256(Encoder{}.u64(number).u64(i).bytes()));
  }
  const tx::IssueListedContent content{achievement, first, std::move(commitments)};
  return finish(tx::build(envelope_, content), one.issue, KeyPurpose::kIssue);
}

const tx::SharedTransaction& Institutions::transaction(TransactionNumber number,
                                                       std::uint64_t now_ms) {
  auto& made = made_[{number, now_ms / kBucketMs}];
  if (!made) {
    made = make_numbered(number, now_ms);
    numbers_[made->id()] = number;
  }
  return made;
}

std::optional<TransactionNumber> Institutions::number_of(const TransactionId& id) const {
  const auto found = numbers_.find(id);
  if (found == numbers_.end()) return std::nullopt;
  return found->second;
}

}  // namespace testamur::sim

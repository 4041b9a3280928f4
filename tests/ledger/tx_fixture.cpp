// Keys are named, and a name gives the same key in every run, so that golden values can be written
// down. TestLedger builds transactions as a client does and commits them through BlockExecutor,
// whose refusals it hands back.
#include "tests/ledger/tx_fixture.h"

#include <algorithm>

namespace testamur::test {

namespace {

using tx::InstitutionClass;

Actor actor_named(const std::string& name, const InstitutionId& id) {
  const auto key = [&](const char* purpose) {
    return std::make_shared<const SecretKey>(key_named(name + "/" + purpose));
  };
  return {name, id, key("root"), key("issue"), key("govern"), key("consensus")};
}

InstitutionId id_in(const ledger::Genesis& genesis, const std::string& domain) {
  const auto& parties = genesis.content.parties;
  const auto found =
      std::ranges::find(parties, domain, [](const auto& party) { return party.facts.domain; });
  TM_CHECK(found != parties.end(), "no such party:", domain);
  return ledger::party_id(*found);
}

}  // namespace

SecretKey key_named(const std::string& name, SignatureAlgorithm algorithm) {
  auto key = SecretKey::from_bytes(algorithm, sha256(as_bytes(name)).view());
  TM_CHECK(key.ok(), "a name that gives no key:", name);
  return std::move(key).value();
}

const SecretKey& Actor::key(KeyPurpose purpose) const {
  switch (purpose) {
    case KeyPurpose::kIssue: return *issue;
    case KeyPurpose::kGovern: return *govern;
    case KeyPurpose::kConsensus: return *consensus;
    default: return *root;
  }
}

ledger::GenesisParty party_named(const std::string& name, InstitutionClass institution_class,
                                 const std::string& domain) {
  ledger::GenesisParty party;

  party.institution_class = institution_class;
  party.facts.legal_names = {{"en", "University " + name}};
  party.facts.country = "AT";
  party.facts.domain = domain;

  // A listed institution has no keys: nobody speaks for it.
  if (institution_class == InstitutionClass::kListed) {
    party.root_threshold = 0;
    return party;
  }

  const auto add = [&](KeyPurpose purpose, const char* label) {
    party.keys.push_back({purpose, key_named(name + "/" + label).public_key(), {}});
  };
  add(KeyPurpose::kRoot, "root");
  add(KeyPurpose::kIssue, "issue");
  add(KeyPurpose::kGovern, "govern");
  if (institution_class == InstitutionClass::kValidator) add(KeyPurpose::kConsensus, "consensus");

  prove_keys(party, name);
  return party;
}

void prove_keys(ledger::GenesisParty& party, const std::string& name) {
  const auto id = ledger::party_id(party);
  const auto actor = actor_named(name, id);
  for (auto& key : party.keys) {
    const auto message = possession_message(ChainId{}, id, key.purpose, key.key);
    key.possession = actor.key(key.purpose).sign(message.view());
  }
}

ledger::GenesisInput sample_genesis_input() {
  ledger::GenesisInput input;

  input.time_ms = kGenesisTimeMs;
  input.parties = {party_named("aurora", InstitutionClass::kValidator, "aurora.example"),
                   party_named("borealis", InstitutionClass::kValidator, "borealis.example"),
                   party_named("cygnus", InstitutionClass::kIssuer, "cygnus.example"),
                   party_named("agency", InstitutionClass::kAccreditor, "agency.example"),
                   party_named("draco", InstitutionClass::kListed, "draco.example")};

  for (const std::size_t i : {0U, 1U}) {
    const auto consensus =
        key_named(i == 0 ? "aurora/consensus" : "borealis/consensus").public_key();
    input.validators.push_back(
        {ledger::party_id(input.parties[i]), key_id(KeyPurpose::kConsensus, consensus)});
  }
  return input;
}

ledger::Genesis sample_genesis(ledger::GenesisInput input) {
  auto made = ledger::make_genesis(std::move(input));
  TM_CHECK(made.ok(), made.message());
  auto genesis = std::move(made).value();
  const auto message = ledger::founder_message(genesis.chain);
  for (const char* name : {"aurora/root", "borealis/root"}) {
    const auto key = key_named(name);
    genesis.signatures.push_back(
        {key_id(KeyPurpose::kRoot, key.public_key()), key.sign(message.view())});
  }
  std::ranges::sort(genesis.signatures, {}, &ledger::FounderSignature::root_key);
  return genesis;
}

tx::AchievementContent sample_achievement(std::uint32_t number, std::uint16_t version) {
  tx::AchievementContent content;
  content.number = number;
  content.version = version;
  content.titles = {{"de", "Grundlagen der Datenanalyse"}, {"en", "Foundations of data analysis"}};
  content.descriptions = {{"en", "From raw data to a reasoned answer."}};
  content.award_kind = tx::AwardKind::kSkill;
  content.award_type = 1;
  content.ects_hundredths = 250;
  content.workload_hours = 63;
  content.eqf_level = 6;
  content.isced_fields = {542, 613};
  content.outcomes = {
      {{{"en", "Cleans and joins tables."}},
       {"http://data.europa.eu/esco/skill/a", "http://data.europa.eu/esco/skill/b"}},
      {{{"en", "Explains uncertainty."}}, {}}};
  content.assessment_types = {tx::AssessmentType::kWrittenExamination,
                              tx::AssessmentType::kProject};
  content.assessments = {{"en", "A project and a written examination."}};
  content.participation = tx::Participation::kBlended;
  content.quality_scheme = tx::QualityScheme::kEsg;
  content.quality_texts = {{"en", "Internal review every three years."}};
  content.quality_url = "https://aurora.example/quality";
  content.review_due_ms = kGenesisTimeMs + 94'608'000'000;
  content.languages = {"de", "en"};
  content.prerequisites = {{"en", "None."}};
  content.identity_check = tx::IdentityCheck::kSupervisedOnsite;
  content.grading = {{"en", "1 to 5"}};
  content.stackability = tx::Stackability::kStackable;
  content.information_url = "https://aurora.example/courses/data";
  return content;
}

tx::InstitutionRegisterContent registration_of(const std::string& name, const std::string& domain) {
  tx::InstitutionRegisterContent content;
  content.facts = party_named(name, InstitutionClass::kIssuer, domain).facts;
  for (const auto& [purpose, label] : {std::pair{KeyPurpose::kRoot, "root"},
                                       {KeyPurpose::kIssue, "issue"},
                                       {KeyPurpose::kGovern, "govern"}}) {
    content.keys.push_back({purpose, key_named(name + "/" + label).public_key()});
  }
  return content;
}

tx::StatementContent trust_in(const InstitutionId& subject, std::uint16_t slot) {
  tx::StatementContent content;
  content.subject = subject;
  content.slot = slot;
  content.amount = 120;
  content.depth = 1;
  content.valid_from_ms = kGenesisTimeMs;
  content.reason = tx::StatementReason::kAgreement;
  return content;
}

tx::StatementContent distrust_of(const InstitutionId& subject, std::uint16_t slot) {
  tx::StatementContent content;
  content.kind = tx::StatementKind::kDistrust;
  content.subject = subject;
  content.slot = slot;
  content.reason = tx::StatementReason::kQualityConcern;
  return content;
}

tx::StatementContent end_of(const InstitutionId& subject, std::uint16_t slot) {
  tx::StatementContent content;
  content.kind = tx::StatementKind::kEnd;
  content.subject = subject;
  content.slot = slot;
  content.valid_from_ms = kGenesisTimeMs + 5'000;
  return content;
}

tx::StatementContent end_of(const InstitutionId& subject, std::vector<TransactionId> names) {
  auto content = end_of(subject);
  std::ranges::sort(names);
  content.names = std::move(names);
  return content;
}

tx::StatementContent void_of(const InstitutionId& subject, std::vector<TransactionId> names) {
  tx::StatementContent content;
  content.kind = tx::StatementKind::kVoid;
  content.subject = subject;
  content.reason = tx::StatementReason::kFraud;
  std::ranges::sort(names);
  content.names = std::move(names);
  return content;
}

tx::StatementContent accredit(const InstitutionId& subject, std::uint16_t slot) {
  auto content = trust_in(subject, slot);
  content.kind = tx::StatementKind::kAccredit;
  content.accreditation = true;
  content.reason = tx::StatementReason::kNone;
  content.scheme = tx::QualityScheme::kEsg;
  content.report_url = "https://agency.example/reports/1";
  return content;
}

std::optional<RejectionCode> code(const std::optional<Rejection>& rejection) {
  if (!rejection) return std::nullopt;
  return rejection->code;
}

TestLedger::TestLedger(ledger::GenesisInput input)
    : genesis_(sample_genesis(std::move(input))), height_(0), time_ms_(kGenesisTimeMs) {
  state_.apply(*ledger::build_genesis_state(genesis_).delta);
  aurora = actor_named("aurora", id_in(genesis_, "aurora.example"));
  borealis = actor_named("borealis", id_in(genesis_, "borealis.example"));
  cygnus = actor_named("cygnus", id_in(genesis_, "cygnus.example"));
  agency = actor_named("agency", id_in(genesis_, "agency.example"));
  draco = actor_named("draco", id_in(genesis_, "draco.example"));
}

ledger::BlockContext TestLedger::next_block() const {
  return {chain(), height_.next(), time_ms_ + 1'000, genesis_.content.protocol_version};
}

tx::Envelope TestLedger::envelope(const InstitutionId& author) {
  const auto nonce = tx::Nonce::prefix_of(hash_of(++nonces_).view());
  return {chain(), author, nonce, time_ms_ + 600'000};
}

SharedTransaction TestLedger::sign(tx::Built built, const Actor& signer, KeyPurpose purpose) {
  const auto* refused = std::get_if<Rejection>(&built);
  TM_CHECK(refused == nullptr, to_text(refused != nullptr ? *refused : Rejection{}));
  const auto& unsigned_transaction = std::get<tx::UnsignedTransaction>(built);
  auto decoded =
      tx::decode(chain(), attach_signed(unsigned_transaction, purpose, signer.key(purpose)));
  refused = std::get_if<Rejection>(&decoded);
  TM_CHECK(refused == nullptr, to_text(refused != nullptr ? *refused : Rejection{}));
  return std::get<SharedTransaction>(decoded);
}

SharedTransaction TestLedger::registration(const Actor& sponsor, const std::string& name,
                                           const tx::InstitutionRegisterContent& content) {
  const auto built = tx::build(envelope(sponsor.id), content);

  const auto* refused = std::get_if<Rejection>(&built);
  TM_CHECK(refused == nullptr, to_text(refused != nullptr ? *refused : Rejection{}));

  const auto& unsigned_transaction = std::get<tx::UnsignedTransaction>(built);
  const auto actor = actor_named(name, tx::registered_id(unsigned_transaction.id, content));

  std::vector<Signature> proofs;
  for (const auto& [purpose, key] : content.keys) {
    const auto message = possession_message(chain(), actor.id, purpose, key);
    proofs.push_back(actor.key(purpose).sign(message.view()));
  }

  const auto entry = tx::sign(unsigned_transaction, KeyPurpose::kGovern, *sponsor.govern);
  return std::get<SharedTransaction>(
      tx::decode(chain(), tx::attach(unsigned_transaction, {entry}, proofs)));
}

Actor TestLedger::join(const Actor& sponsor, const std::string& name, const std::string& domain) {
  const auto transaction = registration(sponsor, name, registration_of(name, domain));
  const auto rejection = commit(transaction);
  TM_CHECK(!rejection, to_text(rejection.value_or(Rejection{})));
  return actor_named(name, InstitutionId::prefix_of(transaction->id().view()));
}

SharedTransaction TestLedger::issue(const Actor& issuer, std::uint64_t first_index,
                                    std::size_t count, const AchievementId& achievement) {
  return make(issuer,
              tx::IssueListedContent{achievement, IssuerIndex{first_index},
                                     hashes(first_index * 1'000'003, count)},
              KeyPurpose::kIssue);
}

std::optional<Rejection> TestLedger::commit(const SharedTransaction& transaction) {
  const auto context = next_block();
  ledger::BlockExecutor executor(state_, context, verifier_);
  if (auto rejection = executor.add(transaction)) {
    // Everything that a refused transaction could have left behind would show here.
    ledger::BlockExecutor untouched(state_, context, verifier_);
    TM_CHECK(executor.finish().roots == untouched.finish().roots,
             "a refused transaction changed the roots");
    return rejection;
  }
  state_.apply(*executor.finish().delta);
  height_ = context.height;
  time_ms_ = context.time_ms;
  return std::nullopt;
}

void TestLedger::take_effect(const std::function<void(tx::StateWriter&)>& effect) {
  const auto context = next_block();
  ledger::Overlay overlay(state_);
  ledger::LedgerState written(overlay, context.height, context.time_ms);
  tx::RecordCache cache;
  tx::StateWriter writer(written, cache, {}, {});
  effect(writer);
  written.seal();
  state_.apply(*overlay.take());
  height_ = context.height;
  time_ms_ = context.time_ms;
}

void TestLedger::set_standing(const InstitutionId& institution, tx::Standing standing) {
  take_effect([&](tx::StateWriter& writer) { writer.set_standing(institution, standing); });
}

void TestLedger::put_succession(const tx::SuccessionContent& content) {
  take_effect([&](tx::StateWriter& writer) { writer.put_succession(content); });
}

void TestLedger::change_institution(const InstitutionId& institution,
                                    const std::function<void(tx::InstitutionRecord&)>& change) {
  take_effect([&](tx::StateWriter& writer) {
    auto record = tx::read_institution(writer.state(), institution);
    change(*record);
    writer.put_institution(*record);
  });
}

ledger::Roots TestLedger::commit_all(const std::vector<SharedTransaction>& transactions) {
  const auto context = next_block();
  auto executed = ledger::execute(state_, context, transactions, verifier_);
  const auto* refused = std::get_if<ledger::BlockRejection>(&executed);
  TM_CHECK(refused == nullptr, refused != nullptr ? to_text(refused->rejection) : std::string{});
  const auto& effects = std::get<ledger::BlockEffects>(executed);
  state_.apply(*effects.delta);
  height_ = context.height;
  time_ms_ = context.time_ms;
  return effects.roots;
}

AchievementId TestLedger::publish(const Actor& actor, std::uint32_t number) {
  const auto rejection = commit(actor, sample_achievement(number), KeyPurpose::kGovern);
  TM_CHECK(!rejection, "the sample achievement was refused");
  return {actor.id, number, 1};
}

}  // namespace testamur::test

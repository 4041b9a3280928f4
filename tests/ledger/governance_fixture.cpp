// Every block is made by append(): state, set and header move on together, and each block keeps the
// set that finalizes it, also when the next epoch has another one.
#include "tests/ledger/governance_fixture.h"

#include <algorithm>

namespace testamur::test {

namespace {

using tx::InstitutionClass;

ledger::Genesis signed_genesis(std::size_t validators, std::size_t candidates,
                               const ledger::Parameters& parameters) {
  ledger::GenesisInput input;
  input.time_ms = kGenesisTimeMs;
  input.parameters = parameters;

  std::vector<std::string> founders;
  const auto add = [&](const std::string& name, InstitutionClass institution_class) {
    input.parties.push_back(party_named(name, institution_class, name + ".example"));
  };

  for (std::size_t i = 0; i < validators; ++i) {
    founders.push_back("v" + std::to_string(i));
    add(founders.back(), InstitutionClass::kValidator);
    const auto key = key_named(founders.back() + "/consensus").public_key();
    input.validators.push_back(
        {ledger::party_id(input.parties.back()), key_id(KeyPurpose::kConsensus, key)});
  }

  for (std::size_t i = 0; i < candidates; ++i)
    add("c" + std::to_string(i), InstitutionClass::kValidator);
  add("issuer", InstitutionClass::kIssuer);
  add("agency", InstitutionClass::kAccreditor);
  add("listed", InstitutionClass::kListed);

  auto genesis = ledger::make_genesis(std::move(input));
  TM_CHECK(genesis.ok(), genesis.message());

  const auto message = ledger::founder_message(genesis->chain);
  for (const auto& name : founders) {
    const auto key = key_named(name + "/root");
    genesis->signatures.push_back(
        {key_id(KeyPurpose::kRoot, key.public_key()), key.sign(message.view())});
  }

  std::ranges::sort(genesis->signatures, {}, &ledger::FounderSignature::root_key);
  return std::move(genesis).value();
}

}  // namespace

GovernedLedger::GovernedLedger(std::size_t validator_count, std::size_t candidate_count,
                               const ledger::Parameters& parameters)
    : genesis_(signed_genesis(validator_count, candidate_count, parameters)) {
  const auto built = ledger::build_genesis_state(genesis_);
  state_.apply(*built.delta);

  blocks_.push_back({built.header, ledger::read_validators(state_), {}});

  const auto actor = [&](const std::string& name) {
    const auto& parties = genesis_.content.parties;
    const auto found =
        std::ranges::find(parties, name + ".example", [](const auto& p) { return p.facts.domain; });
    TM_CHECK(found != parties.end(), "no such party:", name);
    return make_actor(name, ledger::party_id(*found));
  };

  for (std::size_t i = 0; i < validator_count; ++i)
    validators.push_back(actor("v" + std::to_string(i)));
  for (std::size_t i = 0; i < candidate_count; ++i)
    candidates.push_back(actor("c" + std::to_string(i)));
  issuer = actor("issuer");
  agency = actor("agency");
  listed = actor("listed");

  for (const auto& list : {validators, candidates}) {
    for (const auto& a : list) consensus_keys_[a.consensus->public_key().bytes] = a.consensus;
  }
}

Actor GovernedLedger::make_actor(const std::string& name, const InstitutionId& id) const {
  const auto key = [&](const char* purpose) {
    return std::make_shared<const SecretKey>(key_named(name + "/" + purpose));
  };
  return {name, id, key("root"), key("issue"), key("govern"), key("consensus")};
}

tx::Envelope GovernedLedger::envelope(const InstitutionId& author) {
  return {chain(), author, tx::Nonce::prefix_of(hash_of(++nonces_).view()),
          time_ms() + 10 * kMinuteMs};
}

SharedTransaction GovernedLedger::sign(const tx::Built& built, KeyPurpose purpose,
                                       const SecretKey& key) {
  const auto* refused = std::get_if<Rejection>(&built);
  TM_CHECK(refused == nullptr, to_text(refused != nullptr ? *refused : Rejection{}));
  auto decoded =
      tx::decode(chain(), attach_signed(std::get<tx::UnsignedTransaction>(built), purpose, key));
  refused = std::get_if<Rejection>(&decoded);
  TM_CHECK(refused == nullptr, to_text(refused != nullptr ? *refused : Rejection{}));
  return std::get<SharedTransaction>(decoded);
}

std::optional<Rejection> GovernedLedger::commit(
    const std::vector<SharedTransaction>& transactions) {
  const auto context = ledger::context_above(state_, head(), time_ms() + 1'000);
  auto executed = ledger::execute(state_, context, transactions, verifier_);
  if (auto* refused = std::get_if<ledger::BlockRejection>(&executed))
    return std::move(refused->rejection);
  append(context, std::get<ledger::BlockEffects>(executed), transactions);
  return std::nullopt;
}

void GovernedLedger::append(const ledger::BlockContext& context,
                            const ledger::BlockEffects& effects,
                            const std::vector<SharedTransaction>& transactions) {
  const auto set = ledger::read_validators(state_);
  const auto epoch = ledger::read_epoch(state_);

  ledger::Header header;
  header.protocol_version = context.protocol_version;
  header.chain = context.chain;
  header.epoch = epoch;
  header.height = context.height;

  // Views begin anew in every epoch.
  header.view = epoch == head().epoch ? head().view.next() : View{1};
  header.proposer = set.members()[(epoch.value + header.view.value) % set.size()].institution;
  header.parent = context.parent;
  header.time_ms = context.time_ms;
  header.payload_digest = ledger::payload_digest({});

  header.roots = effects.roots;
  header.validator_set = set.digest();
  header.next_validator_set = effects.next_validator_set;
  header.parameters = effects.parameters;

  state_.apply(*effects.delta);
  blocks_.push_back({header, set, transactions});
  ahead_ms_ = 0;
}

const ledger::Header& GovernedLedger::block() {
  const auto refused = commit(std::vector<SharedTransaction>{});
  TM_CHECK(!refused, "an empty block was refused");
  return head();
}

tx::ProposalContent GovernedLedger::proposal(tx::ProposedAction action,
                                             std::uint64_t effective_ms) const {
  return {time_ms() + kDayMs, effective_ms, std::move(action)};
}

TransactionId GovernedLedger::propose(const Actor& author, const tx::ProposalContent& content) {
  const auto transaction = make(author, content);
  const auto refused = commit(transaction);
  TM_CHECK(!refused, to_text(refused.value_or(Rejection{})));
  return transaction->id();
}

std::optional<RejectionCode> GovernedLedger::vote(const Actor& voter, const TransactionId& id,
                                                  bool approve) {
  return code(commit(make(voter, tx::VoteContent{id, approve, false})));
}

void GovernedLedger::approve(const TransactionId& id) {
  for (const auto& list : {validators, candidates}) {
    for (const auto& actor : list) {
      if (status(id) != tx::ProposalStatus::kOpen) return;
      if (!sits(actor)) continue;
      const auto refused = vote(actor, id);
      TM_CHECK(!refused, "a vote was refused");
    }
  }
  TM_CHECK(status(id) != tx::ProposalStatus::kOpen, "all validators did not suffice");
}

TransactionId GovernedLedger::decide(tx::ProposedAction action) {
  const auto id = propose(std::move(action));
  approve(id);
  block();
  return id;
}

tx::ProposalState GovernedLedger::proposal_state(const TransactionId& id) const {
  auto proposal = tx::read_proposal(state_, id);
  TM_CHECK(proposal, "no such proposal");
  return std::move(*proposal);
}

RejectionCode GovernedLedger::reason(const TransactionId& id) const {
  const auto proposal = proposal_state(id);
  return proposal.closed ? proposal.closed->reason : RejectionCode{};
}

tx::ReadyContent GovernedLedger::ready_of(const Actor& actor,
                                          std::uint16_t protocol_version) const {
  return {actor.key_of(KeyPurpose::kConsensus), "0.1.0", protocol_version, head().height,
          ledger::block_id(head())};
}

TransactionId GovernedLedger::declare_ready(const Actor& actor, std::uint16_t protocol_version) {
  const auto transaction = make(actor, ready_of(actor, protocol_version), KeyPurpose::kConsensus);
  const auto refused = commit(transaction);
  TM_CHECK(!refused, to_text(refused.value_or(Rejection{})));
  return transaction->id();
}

tx::SetChangeContent GovernedLedger::seats() const {
  tx::SetChangeContent content;
  const auto set = ledger::read_validators(state_);
  for (const auto& member : set.members()) {
    content.seats.push_back(
        {member.institution, ledger::consensus_key_id(member), TransactionId{}});
  }
  return content;
}

tx::SetChangeContent GovernedLedger::with(const Actor& actor, const TransactionId& ready) const {
  auto content = without(actor);
  content.seats.push_back({actor.id, actor.key_of(KeyPurpose::kConsensus), ready});
  std::ranges::sort(content.seats, {}, &tx::Seat::institution);
  return content;
}

tx::SetChangeContent GovernedLedger::without(const Actor& actor) const {
  auto content = seats();
  std::erase_if(content.seats, [&](const tx::Seat& seat) { return seat.institution == actor.id; });
  return content;
}

void GovernedLedger::add_consensus_key(Actor& actor, const std::string& name) {
  actor.consensus = std::make_shared<const SecretKey>(key_named(name));
  consensus_keys_[actor.consensus->public_key().bytes] = actor.consensus;
  tx::KeyAddContent content{KeyPurpose::kConsensus, actor.consensus->public_key(), {}};
  const auto message = possession_message(chain(), actor.id, content.purpose, content.key);
  content.possession = actor.consensus->sign(message.view());
  const auto refused = commit(make(actor, content, KeyPurpose::kRoot));
  TM_CHECK(!refused, to_text(refused.value_or(Rejection{})));
}

ledger::FinalityProof GovernedLedger::finalize(const Block& block) const {
  ledger::FinalityProof proof;

  auto& vote = proof.finalization;
  vote.epoch = block.header.epoch;
  vote.view = block.header.view;
  vote.parent_view = View{block.header.view.value - 1};
  vote.block = ledger::block_id(block.header);

  Encoder message;
  message.fixed(chain())
      .u64(vote.epoch)
      .fixed(block.set.digest())
      .u64(vote.view)
      .u64(vote.parent_view);
  const auto digest = tags::kFinalize(message.fixed(vote.block).bytes());

  for (std::size_t i = 0; i < block.set.quorum(); ++i) {
    const auto& key = consensus_keys_.at(to_bytes(block.set.members()[i].key.view()));
    vote.signers |= 1U << i;
    vote.signatures.push_back(key->sign(digest.view()));
  }
  return proof;
}

}  // namespace testamur::test

// One engine alone: every effect is recorded, nothing answers by itself, the test plays disk,
// clock and the other validators.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "consensus/engine.h"
#include "consensus/values/codec.h"

namespace testamur::consensus::harness {

struct Sent {
  std::optional<InstitutionId> to;  // absent: broadcast
  Message message;
};

inline Validator member(std::size_t index) {
  Validator member;
  member.id.bytes.fill(static_cast<std::uint8_t>(index + 1));
  member.key.bytes.fill(static_cast<std::uint8_t>(0xa0 + index));
  return member;
}

inline ValidatorSet set_of(std::size_t count) {
  std::vector<Validator> members;
  for (std::size_t i = 0; i < count; ++i) members.push_back(member(i));
  return ValidatorSet::make(std::move(members)).value();
}

inline Signature sign_as(const ConsensusKey& key, const Hash256& digest) {
  const Hash256 half = Sha256{}.update(key.view()).update(digest.view()).finish();
  Signature signature;
  std::copy(half.bytes.begin(), half.bytes.end(), signature.bytes.begin());
  return signature;
}

class EngineHarness : public Driver {
 public:
  explicit EngineHarness(std::size_t nodes = 4, std::size_t own_index = 0, Height tip = Height{0})
      : set(set_of(nodes)), self(own_index) {
    config.chain.bytes.fill(0x0c);
    config.self = set.at(self).id;
    config.key = set.at(self).key;
    tip_facts.id = BlockId{};
    tip_facts.well_formed = true;
    tip_facts.height = tip;
    engine.emplace(config, Tip{Epoch{0}, set, tip_facts}, *this);
  }

  // A header in the harness's own format: the facts, written down.
  static std::shared_ptr<const Bytes> header(const HeaderFacts& facts, std::uint8_t salt = 0) {
    Encoder out;
    out.u64(facts.epoch)
        .u64(facts.view)
        .u64(facts.height)
        .fixed(facts.parent)
        .fixed(facts.proposer);
    out.u8(facts.empty ? 1 : 0).u8(facts.sealing ? 1 : 0).u8(facts.filler ? 1 : 0).u8(salt);
    return std::make_shared<const Bytes>(out.take());
  }
  static HeaderFacts facts_of(const Bytes& header) {
    HeaderFacts facts;
    facts.id = BlockId::prefix_of(sha256(header).view());
    Decoder in{header};
    facts.epoch = Epoch{in.u64()};
    facts.view = View{in.u64()};
    facts.height = Height{in.u64()};
    facts.parent = in.fixed<BlockId>();
    facts.proposer = in.fixed<InstitutionId>();
    facts.empty = in.u8() == 1;
    facts.sealing = in.u8() == 1;
    facts.filler = in.u8() == 1;
    in.u8();
    facts.well_formed = in.finished();
    return facts;
  }

  // The proposal of the leader of `view`.
  Proposal proposal(View view, View parent_view, const BlockId& parent, Height height,
                    std::uint8_t salt = 0, bool empty = false) const {
    HeaderFacts facts;
    facts.view = view;
    facts.height = height;
    facts.parent = parent;
    facts.proposer = set.at(set.leader(Epoch{0}, view)).id;
    facts.empty = empty;
    return signed_proposal(facts, parent_view, salt);
  }
  Proposal signed_proposal(const HeaderFacts& facts, View parent_view,
                           std::uint8_t salt = 0) const {
    Proposal made{facts.epoch,
                  facts.view,
                  parent_view,
                  header(facts, salt),
                  std::make_shared<const Bytes>(Bytes{salt}),
                  {}};
    const Statement statement{Act::kPropose, facts.epoch, facts.view, parent_view, id_of(made)};
    made.signature = sign_with(set.leader(facts.epoch, facts.view), statement);
    return made;
  }
  static BlockId id_of(const Proposal& made) {
    return BlockId::prefix_of(sha256(*made.header).view());
  }

  Signature sign_with(std::size_t index, const Statement& statement) const {
    return sign_as(set.at(index).key, signing_digest(config.chain, set.digest(), statement));
  }
  Vote vote(std::size_t voter, Act act, View view, View parent_view = {},
            const BlockId& block = {}) const {
    const Statement statement{act, Epoch{0}, view, parent_view, block};
    return {statement, static_cast<std::uint8_t>(voter), sign_with(voter, statement)};
  }
  Vote vote(std::size_t voter, Act act, const Proposal& about) const {
    return vote(voter, act, about.view, about.parent_view, id_of(about));
  }
  Certificate certificate(const std::vector<std::size_t>& signers,
                          const Statement& statement) const {
    Certificate made{statement, 0, {}};
    for (const auto signer : signers) {
      made.signers |= 1U << signer;
      made.signatures.push_back(sign_with(signer, statement));
    }
    return made;
  }
  Certificate certificate(const std::vector<std::size_t>& signers, Act act,
                          const Proposal& about) const {
    return certificate(signers, {act, Epoch{0}, about.view, about.parent_view, id_of(about)});
  }
  Certificate nullification(const std::vector<std::size_t>& signers, View view) const {
    return certificate(signers, {Act::kNullify, Epoch{0}, view, View{0}, BlockId{}});
  }

  void start(bool quarantine = false) {
    const Status started = engine->start(quarantine, now);
    if (!started.ok()) start_failure = started.message();
    sync();
  }
  void receive(std::size_t from, const Message& message) {
    engine->on_message(set.at(from).id, message);
  }
  void advance(std::uint64_t by_ms) { engine->on_tick(now += by_ms); }
  // Everything handed to the journal so far is durable.
  void sync() {
    while (synced < written.size()) {
      ++synced;
      engine->on_synced(written[synced - 1].sequence);
    }
  }
  void build_now(bool empty = false, std::uint8_t salt = 0) {
    const BuildRequest request = builds.back();
    HeaderFacts facts{BlockId{},
                      true,
                      request.epoch,
                      request.view,
                      Height{request.parent_view.value + 1},
                      request.parent,
                      config.self,
                      empty,
                      false,
                      request.filler};
    engine->on_built(request.id,
                     BuiltBlock{header(facts, salt), std::make_shared<const Bytes>(Bytes{salt})});
  }

  // The own votes of one kind that left, in order.
  std::vector<Vote> own_votes(Act act) const {
    std::vector<Vote> found;
    for (const auto& one : sent) {
      const auto* vote = std::get_if<Vote>(&one.message);
      if (vote && vote->statement.act == act) found.push_back(*vote);
    }
    return found;
  }
  // Of whom one kind of message was asked, or to whom it was sent alone.
  template <class Kind>
  std::vector<std::size_t> sent_to() const {
    std::vector<std::size_t> found;
    for (const auto& one : sent) {
      if (one.to && std::holds_alternative<Kind>(one.message))
        found.push_back(*set.index_of(*one.to));
    }
    return found;
  }
  template <class Kind>
  std::vector<Kind> all_sent() const {
    std::vector<Kind> found;
    for (const auto& one : sent) {
      if (const auto* message = std::get_if<Kind>(&one.message)) found.push_back(*message);
    }
    return found;
  }
  // What a disk holds that kept only the groups reported as synced.
  std::vector<std::pair<RecordKind, Bytes>> durable() const {
    std::vector<std::pair<RecordKind, Bytes>> records;
    for (std::size_t i = 0; i < synced; ++i) {
      for (const auto& record : written[i].records) {
        Bytes bytes = record.head;
        if (record.tail) bytes.insert(bytes.end(), record.tail->begin(), record.tail->end());
        records.emplace_back(record.kind, std::move(bytes));
      }
    }
    return records;
  }
  void restart_from(const EngineHarness& before) {
    for (const auto& [kind, bytes] : before.durable()) {
      const Status restored = engine->restore(kind, bytes);
      if (!restored.ok()) start_failure = restored.message();
    }
    start();
  }

  // Driver
  HeaderFacts read_header(const Bytes& bytes) override { return facts_of(bytes); }
  // A harness's body is the salt of its header.
  bool body_matches(const Bytes& header, const Bytes& body) override {
    ++bodies_hashed;
    return bodies_match && body.size() >= 1 && body.front() == header.back();
  }
  void build(const BuildRequest& request) override { builds.push_back(request); }
  void validate(const BlockPtr& block) override {
    validated.push_back(block->facts.id);
    if (verdict) engine->on_validated(block->facts.id, {*verdict, retry_at_ms});
  }
  Signature sign(const Hash256& digest) override { return sign_as(config.key, digest); }
  bool verify(const ConsensusKey& key, const Hash256& digest, const Signature& signature) override {
    ++verified;
    return sign_as(key, digest) == signature;
  }
  void persist(RecordGroup group) override { written.push_back(std::move(group)); }
  void send(const InstitutionId& to, const Message& message) override {
    sent.push_back({to, message});
  }
  void broadcast(const Message& message) override { sent.push_back({std::nullopt, message}); }
  void commit(const Commit& commit) override {
    for (const auto& block : commit.blocks) committed.push_back(block->facts.id);
  }
  void abandon(const BlockId& block) override { abandoned.push_back(block); }
  ValidatorSet next_validators(const BlockPtr&) override { return next_set.value_or(set); }
  void catch_up(const CertificatePtr&) override { ++catch_ups; }
  void resend_pending() override { ++resends; }
  void forward_pending(const InstitutionId& leader) override {
    forwarded_to.push_back(*set.index_of(leader));
  }
  void false_signature(const InstitutionId& from) override {
    blamed.push_back(*set.index_of(from));
  }
  void misbehaviour(const Evidence& found) override { evidence.push_back(found); }
  Hash256 fresh_nonce() override {
    Hash256 nonce;
    nonce.bytes.fill(0x0e);
    return nonce;
  }
  void quarantine(bool active) override { quarantined = active; }
  void notice(const std::string& text) override { notices.push_back(text); }

  ValidatorSet set;
  std::optional<ValidatorSet> next_set;  // of the epoch after a sealing block; absent: the same
  std::size_t self;
  EngineConfig config;
  HeaderFacts tip_facts;
  std::optional<Engine> engine;
  std::uint64_t now = 1'000;
  std::size_t synced = 0;
  std::optional<Verdict> verdict = Verdict::kValid;  // absent: validation stays open
  std::uint64_t retry_at_ms = 0;
  bool bodies_match = true;
  std::string start_failure;

  std::vector<RecordGroup> written;
  std::vector<Sent> sent;
  std::vector<BuildRequest> builds;
  std::vector<BlockId> validated, committed, abandoned;
  std::vector<std::size_t> forwarded_to;
  std::vector<std::size_t> blamed;  // for false signatures
  std::vector<Evidence> evidence;
  std::vector<std::string> notices;
  std::size_t verified = 0, bodies_hashed = 0, catch_ups = 0, resends = 0;
  bool quarantined = false;
};

}  // namespace testamur::consensus::harness

// GovernanceService: validators and their keys, proposals and votes, readiness, evidence, versions.
#include <algorithm>

#include "ledger/protocol.h"
#include "ledger/tx/build.h"
#include "ledger/tx/records/governance.h"
#include "ledger/tx/records/institutions.h"
#include "ledger/tx/records/record.h"
#include "node/rpc/services/services.h"
#include "testamur/v1/governance_service.grpc.pb.h"

namespace testamur::node {

namespace tx = ledger::tx;

namespace {

constexpr std::uint32_t kPage = 100;
constexpr std::uint32_t kPageLimit = 1'000;
constexpr std::uint64_t kInstitutionsLookedAt = 4'096;

v1::ProposalState to_proto(tx::ProposalStatus status) {
  switch (status) {
    case tx::ProposalStatus::kOpen: return v1::PROPOSAL_STATE_VOTING;
    case tx::ProposalStatus::kPassed: return v1::PROPOSAL_STATE_PASSED;
    case tx::ProposalStatus::kLapsed: return v1::PROPOSAL_STATE_LAPSED;
    case tx::ProposalStatus::kInEffect: return v1::PROPOSAL_STATE_DONE;
    case tx::ProposalStatus::kVoid: return v1::PROPOSAL_STATE_VOID;
    case tx::ProposalStatus::kVetoed: return v1::PROPOSAL_STATE_VETOED;
  }
  return v1::PROPOSAL_STATE_UNSPECIFIED;
}

void fill_ready(const Reader& reader, const tx::ReadyRecord& record, v1::ReadyView& out) {
  put(*out.mutable_id(), record.cause.transaction);
  out.set_id_text(to_text(record.cause.transaction));
  reader.fill_name(record.institution, std::nullopt, *out.mutable_institution());
  put(*out.mutable_consensus_key_id(), record.content.consensus_key);
  out.set_consensus_key_id_text(to_text(record.content.consensus_key));
  out.set_software_version(record.content.software_version);
  out.set_protocol_version(record.content.protocol_version);
  out.set_checkpoint_height(record.content.checkpoint_height.value);
  reader.fill_anchor(record.cause.log_index, *out.mutable_anchor());
  auto lifetime = ledger::read_parameters(reader.state())[ledger::Parameter::kReadyLifetimeMs];
  out.set_lapses_ms(record.at.time_ms + lifetime);
  out.set_lapsed(!tx::is_live(record, reader.head().header.time_ms, lifetime));
}

void fill_seat(const Reader& reader, const ledger::CertifyingSet::Member& member,
               v1::SeatView& out) {
  reader.fill_name(member.institution, std::nullopt, *out.mutable_institution());
  auto key = ledger::consensus_key_id(member);
  put(*out.mutable_consensus_key_id(), key);
  out.set_consensus_key_id_text(to_text(key));
  put(*out.mutable_public_key(), member.key);
  if (auto ready = tx::latest_ready(reader.state(), key))
    fill_ready(reader, *ready, *out.mutable_ready());
}

// The proposal as its transaction carried it.
void fill_content(const ChainId& chain, const tx::ProposalRecord& proposed,
                  v1::GovernancePropose& out) {
  const tx::Envelope envelope{chain, proposed.actor, tx::Nonce{}, proposed.at.time_ms + 1};
  auto built = tx::build(envelope, proposed.content);
  const auto* transaction = std::get_if<tx::UnsignedTransaction>(&built);
  v1::TransactionBody body;
  if (transaction != nullptr &&
      body.ParseFromArray(transaction->body.data(), static_cast<int>(transaction->body.size()))) {
    out = body.governance_propose();
  }
}

std::optional<TransactionId> transaction_id_from(const std::string& bytes,
                                                 const std::string& text) {
  if (text.empty()) return fixed_from<TransactionId>(bytes);
  auto parsed = parse_transaction_id(text);
  return parsed.ok() ? std::optional(*parsed) : std::nullopt;
}

const CallCost& cost(std::string_view method) { return cost_of("GovernanceService", method); }

class Service final : public v1::GovernanceService::CallbackService {
 public:
  explicit Service(ServiceContext& context) : context_(context) {}

  grpc::ServerUnaryReactor* GetValidators(grpc::CallbackServerContext* call,
                                          const v1::GetValidatorsRequest* request,
                                          v1::GetValidatorsResponse* response) override {
    return unary(context_.calls, call, cost("GetValidators"), *request, *response,
                 [=, this](Call&) {
                   auto reader = context_.reader();
                   auto epoch = ledger::read_epoch(reader.state());
                   auto set = ledger::read_validators(reader.state());

                   response->set_epoch(epoch.value);
                   for (const auto& member : set.members())
                     fill_seat(reader, member, *response->add_seats());

                   response->set_approvals_needed(
                       static_cast<std::uint32_t>(tx::Tally{0, set.size()}.needed()));

                   // The first epoch began with the genesis; each other one where the epoch before
                   // was sealed.
                   if (epoch > Epoch{0}) {
                     auto began = sealing_height(reader.state(), Epoch{epoch.value - 1});
                     if (began) response->set_epoch_from_height(began->value);
                   }

                   fill_protocol(reader, *response->mutable_protocol());
                   reader.fill(*response->mutable_as_of());
                   return grpc::Status(grpc::Status::OK);
                 });
  }

  grpc::ServerUnaryReactor* ListProposals(grpc::CallbackServerContext* call,
                                          const v1::ListProposalsRequest* request,
                                          v1::ListProposalsResponse* response) override {
    return unary(
        context_.calls, call, cost("ListProposals"), *request, *response, [=, this](Call& reactor) {
          auto reader = context_.reader();
          auto ids = newest_first(reader, request->open_only());

          const auto first = ordinal_from(request->page_token());
          if (!first) return invalid_argument("page_token", "is not one that this service gave");

          auto size =
              request->page_size() == 0 ? kPage : std::min(request->page_size(), kPageLimit);
          auto end = std::min<std::uint64_t>(ids.size(), *first + size);

          AnswerRoom room;
          auto i = *first;
          for (; i < end && !reactor.cancelled(); ++i) {
            auto& added = *response->add_proposals();
            fill_proposal(reader, ids[i], added);
            // What found no room any more begins the next page.
            if (room.take(added)) continue;
            response->mutable_proposals()->RemoveLast();
            break;
          }

          if (i < ids.size()) response->set_next_page_token(std::to_string(i));
          reader.fill(*response->mutable_as_of());
          return grpc::Status(grpc::Status::OK);
        });
  }

  grpc::ServerUnaryReactor* GetProposal(grpc::CallbackServerContext* call,
                                        const v1::GetProposalRequest* request,
                                        v1::GetProposalResponse* response) override {
    return unary(context_.calls, call, cost("GetProposal"), *request, *response, [=, this](Call&) {
      auto reader = context_.reader();

      auto id = transaction_id_from(request->id(), request->id_text());
      if (!id)
        return invalid_argument("id", "must be 32 bytes, or id_text the id of a transaction");

      if (!fill_proposal(reader, *id, *response->mutable_proposal())) {
        return not_found("id", "the ledger knows no proposal " + to_text(*id));
      }

      reader.fill(*response->mutable_as_of());
      return grpc::Status(grpc::Status::OK);
    });
  }

  grpc::ServerUnaryReactor* ListReady(grpc::CallbackServerContext* call,
                                      const v1::ListReadyRequest* request,
                                      v1::ListReadyResponse* response) override {
    return unary(
        context_.calls, call, cost("ListReady"), *request, *response, [=, this](Call& reactor) {
          auto reader = context_.reader();

          if (!request->institution_id().empty()) {
            auto id = fixed_from<InstitutionId>(request->institution_id());
            if (!id) return invalid_argument("institution_id", "must be 16 bytes");
            add_ready(reader, *id, *response);
          } else {
            // The whole ledger, a bounded number of institutions a call: most have said nothing.
            const auto next = ordinal_from(request->page_token());
            if (!next) return invalid_argument("page_token", "is not one that this service gave");

            const auto count = tx::institution_count(reader.state());
            const auto end = std::min<std::uint64_t>(count, *next + kInstitutionsLookedAt);

            auto i = *next;
            for (; i < end && response->ByteSizeLong() < kFullAnswerBytes && !reactor.cancelled();
                 ++i) {
              add_ready(reader, tx::institution_at_ordinal(reader.state(), i), *response);
            }

            if (i < count) response->set_next_page_token(std::to_string(i));
          }

          reader.fill(*response->mutable_as_of());
          return grpc::Status(grpc::Status::OK);
        });
  }

  grpc::ServerUnaryReactor* ListEvidence(grpc::CallbackServerContext* call,
                                         const v1::ListEvidenceRequest* request,
                                         v1::ListEvidenceResponse* response) override {
    return unary(
        context_.calls, call, cost("ListEvidence"), *request, *response, [=, this](Call& reactor) {
          auto reader = context_.reader();
          const auto next = ordinal_from(request->page_token());
          if (!next) return invalid_argument("page_token", "is not one that this service gave");
          const auto seen = context_.evidence.all();
          const auto count = tx::evidence_count(reader.state());
          const auto end = std::min<std::uint64_t>(count, *next + kPageLimit);
          auto i = *next;
          for (; i < end && response->ByteSizeLong() < kFullAnswerBytes && !reactor.cancelled();
               ++i) {
            auto record =
                tx::read_evidence(reader.state(), tx::evidence_at_ordinal(reader.state(), i));
            if (record) fill_recorded(reader, *record, seen, *response->add_evidence());
          }
          if (i < count) response->set_next_page_token(std::to_string(i));

          // What only this node has seen comes after what the ledger holds.
          for (const auto& piece : seen) {
            if (i == count && !is_recorded(reader, piece))
              fill_seen(reader, piece, *response->add_evidence());
          }
          reader.fill(*response->mutable_as_of());
          return grpc::Status(grpc::Status::OK);
        });
  }

 private:
  static std::vector<TransactionId> newest_first(const Reader& reader, bool open_only) {
    std::vector<TransactionId> ids;
    if (open_only) {
      ids = tx::open_proposals(reader.state());
    } else {
      auto count = tx::proposal_count(reader.state());
      for (std::uint64_t i = 0; i < count; ++i)
        ids.push_back(tx::proposal_at_ordinal(reader.state(), i));
    }
    std::reverse(ids.begin(), ids.end());
    return ids;
  }

  bool fill_proposal(const Reader& reader, const TransactionId& id, v1::ProposalView& out) const {
    auto found = tx::read_proposal(reader.state(), id);
    if (!found) return false;

    put(*out.mutable_id(), id);
    out.set_id_text(to_text(id));
    reader.fill_name(found->proposed.actor, std::nullopt, *out.mutable_proposer());
    fill_content(context_.genesis.chain, found->proposed, *out.mutable_proposal());
    out.set_state(to_proto(found->status()));

    // Votes of institutions without a seat are shown and do not count.
    auto set = ledger::read_validators(reader.state());
    for (const auto& vote : found->votes) {
      auto& view = *out.add_votes();
      reader.fill_name(vote.voter, std::nullopt, *view.mutable_validator());
      view.set_approve(vote.approve);
      fill_vote_anchor(reader, id, vote.voter, *view.mutable_anchor());

      view.set_counts(
          std::any_of(set.members().begin(), set.members().end(),
                      [&vote](const auto& member) { return member.institution == vote.voter; }));
    }

    auto counted = tx::tally(reader.state(), *found);
    out.set_approvals(static_cast<std::uint32_t>(counted.approvals));
    out.set_approvals_needed(static_cast<std::uint32_t>(counted.needed()));

    reader.fill_anchor(found->proposed.cause.log_index, *out.mutable_proposed());
    if (found->passed) {
      out.set_due_ms(found->passed->due_ms);
      out.set_passed_height(found->passed->at.height.value);
    }

    if (found->closed) {
      out.set_ended_height(found->closed->at.height.value);
      out.set_ended_ms(found->closed->at.time_ms);
      if (found->status() == tx::ProposalStatus::kVoid)
        out.set_reason(std::string(tx::name(found->closed->reason)));
    }
    return true;
  }

  // Of the voter's last vote.
  static void fill_vote_anchor(const Reader& reader, const TransactionId& proposal,
                               const InstitutionId& voter, v1::Anchor& out) {
    const ledger::RecordName name{static_cast<std::uint16_t>(tx::RegistryKind::kProposal),
                                  tx::registry_id(proposal)};
    const auto history = ledger::Registry(reader.state()).history(name);
    for (std::size_t i = 0; i < history.size(); ++i) {
      const tx::RecordPlace at{i + 1, history[i].from_height, history[i].from_time_ms};
      auto record = tx::decode_proposal(proposal, at, history[i].body);
      const bool is_vote = record.ok() && (record->event == tx::ProposalEvent::kApproved ||
                                           record->event == tx::ProposalEvent::kOpposed);
      if (is_vote && record->actor == voter) reader.fill_anchor(record->cause.log_index, out);
    }
  }

  void fill_protocol(const Reader& reader, v1::ProtocolView& out) const {
    const auto& header = reader.head().header;
    out.set_in_force(ledger::protocol_version_at(reader.state(), header.height.next()));
    out.set_newest_known(ledger::kNewestProtocol);
    out.set_stopped(context_.chain.stopped_before_protocol());
    auto newest = ledger::newest_protocol_record(reader.state());
    if (newest.from <= header.height.next()) return;
    out.set_activating(newest.version);
    out.set_activation_height(newest.from.value);
  }

  static void add_ready(const Reader& reader, const InstitutionId& institution,
                        v1::ListReadyResponse& response) {
    for (const auto& key : tx::keys_of(reader.state(), institution)) {
      if (auto ready = tx::latest_ready(reader.state(), key))
        fill_ready(reader, *ready, *response.add_ready());
    }
  }

  static bool is_recorded(const Reader& reader, const SeenEvidence& piece) {
    const auto set = ledger::validators_of_epoch(reader.state(), piece.evidence.first.epoch);
    if (!set) return false;
    return std::any_of(set->members().begin(), set->members().end(), [&](const auto& member) {
      if (member.institution != piece.evidence.validator) return false;
      const tx::EvidenceName name{ledger::consensus_key_id(member), piece.evidence.first.epoch,
                                  piece.evidence.first.view};
      return tx::read_evidence(reader.state(), name).has_value();
    });
  }

  // With when this node saw it itself.
  static void fill_recorded(const Reader& reader, const tx::EvidenceRecord& record,
                            const std::vector<SeenEvidence>& seen, v1::EvidenceView& out) {
    reader.fill_name(record.content.institution, std::nullopt, *out.mutable_validator());
    put(*out.mutable_consensus_key_id(), record.name.consensus_key);
    out.set_epoch(record.name.epoch.value);
    out.set_view(record.name.view.value);
    put(*out.mutable_first(), ByteView(record.content.first));
    put(*out.mutable_second(), ByteView(record.content.second));

    reader.fill_anchor(record.cause.log_index, *out.mutable_anchor());
    reader.fill_name(record.accuser, std::nullopt, *out.mutable_accuser());

    // Whether this node saw it too, and when, is not on the ledger.
    auto own = std::find_if(seen.begin(), seen.end(), [&record](const SeenEvidence& piece) {
      return piece.evidence.validator == record.content.institution &&
             piece.evidence.first.epoch == record.name.epoch &&
             piece.evidence.first.view == record.name.view;
    });

    out.set_contradiction(contradiction_of(record));
    if (own != seen.end()) out.set_seen_ms(own->seen_ms);
  }

  static std::string contradiction_of(const tx::EvidenceRecord& record) {
    // Both halves begin with the act that was signed.
    consensus::Evidence evidence;
    if (record.content.first.empty() || record.content.second.empty()) return {};
    evidence.first.act = static_cast<consensus::Act>(record.content.first[0]);
    evidence.second.act = static_cast<consensus::Act>(record.content.second[0]);
    return in_words(evidence);
  }

  static void fill_seen(const Reader& reader, const SeenEvidence& piece, v1::EvidenceView& out) {
    const auto& evidence = piece.evidence;
    reader.fill_name(evidence.validator, std::nullopt, *out.mutable_validator());

    // The key that sat in the set of that epoch, which need not be the one of today.
    if (auto set = ledger::validators_of_epoch(reader.state(), evidence.first.epoch)) {
      for (const auto& member : set->members()) {
        if (member.institution != evidence.validator) continue;
        put(*out.mutable_consensus_key_id(), ledger::consensus_key_id(member));
      }
    }

    out.set_epoch(evidence.first.epoch.value);
    out.set_view(evidence.first.view.value);
    out.set_contradiction(in_words(evidence));

    auto [first, second] = statements_of(evidence);
    put(*out.mutable_first(), ByteView(first));
    put(*out.mutable_second(), ByteView(second));
    out.set_seen_ms(piece.seen_ms);
  }

  ServiceContext& context_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_governance_service(ServiceContext& context) {
  return std::make_unique<Service>(context);
}

}  // namespace testamur::node

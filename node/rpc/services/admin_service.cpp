// AdminService: for the operator, over a unix socket only.
#include <algorithm>
#include <chrono>
#include <future>
#include <map>
#include <memory>

#include "ledger/validators.h"
#include "node/rpc/metrics.h"
#include "node/rpc/node_status.h"
#include "node/rpc/services/services.h"
#include "node/validator/ready.h"
#include "testamur/v1/admin_service.grpc.pb.h"

namespace testamur::node {

namespace {

constexpr auto kStrandPatience = std::chrono::seconds(5);
constexpr std::size_t kDecisionRows = 5'000;  // of one answer: under 2 MiB

const CallCost& cost(std::string_view method) { return cost_of("AdminService", method); }

// Why a backup of this node does not go where others are; empty: it does. They would hide each
// other from whoever restores one.
std::string backup_refusal(const std::string& folder, const std::optional<BackupFacts>& there,
                           const BackupFacts& own) {
  const auto refuse = [&folder](const std::string& what, const std::string& cure) {
    return folder + " holds " + what + ": nothing was written. " + cure;
  };
  const std::string another = "Name a folder of its own";
  if (!there) return {};
  if (there->ledger.empty())
    return refuse("backups of which nobody can tell to which ledger they belong", another);
  if (there->ledger != own.ledger) {
    return refuse(
        "the backups of another ledger, " + there->ledger + "; this node follows " + own.ledger,
        another);
  }
  if (!there->node.empty() && there->node != own.node) {
    return refuse("the backups of another node, of " + there->node + "; this one is of " + own.node,
                  another);
  }
  if (!there->height || *there->height <= *own.height) return {};
  return refuse("a backup at block " + std::to_string(there->height->value) +
                    ", and this node is at block " + std::to_string(own.height->value),
                "Wait until it has caught up, or name another folder");
}

class Service final : public v1::AdminService::CallbackService {
 public:
  explicit Service(ServiceContext& context) : context_(context) {}

  grpc::ServerUnaryReactor* SetLogLevel(grpc::CallbackServerContext* call,
                                        const v1::SetLogLevelRequest* request,
                                        v1::SetLogLevelResponse* response) override {
    return unary(context_.calls, call, cost("SetLogLevel"), *request, *response, [=, this](Call&) {
      auto level = log_level_from(request->level());
      if (!level) return invalid_argument("level", "must be trace, debug, info, warn or error");
      response->set_previous_level(std::string(to_text(context_.log.level())));
      context_.log.set_level(*level);
      return grpc::Status(grpc::Status::OK);
    });
  }

  grpc::ServerUnaryReactor* StopNode(grpc::CallbackServerContext* call,
                                     const v1::StopNodeRequest* request,
                                     v1::StopNodeResponse* response) override {
    return unary(context_.calls, call, cost("StopNode"), *request, *response, [=, this](Call&) {
      context_.request_stop();
      return grpc::Status(grpc::Status::OK);
    });
  }

  grpc::ServerUnaryReactor* Backup(grpc::CallbackServerContext* call,
                                   const v1::BackupRequest* request,
                                   v1::BackupResponse* response) override {
    return unary(context_.calls, call, cost("Backup"), *request, *response, [=, this](Call&) {
      // The node's working directory is not the operator's.
      if (request->directory().empty() || request->directory().front() != '/') {
        return invalid_argument("directory", "must be an absolute path");
      }

      // Before the backup: the backup holds at least this height.
      auto height = context_.chain.head()->header.height;
      const BackupFacts own{height, to_text(context_.genesis.chain), to_text(context_.self)};

      // Before anybody asks whose backups are there: another node may be writing its first one.
      const auto folder = BackupFolder::claim(request->directory());
      if (!folder.ok()) return grpc::Status(grpc::StatusCode::INTERNAL, folder.message());
      if (!*folder)
        return grpc::Status(grpc::StatusCode::FAILED_PRECONDITION,
                            BackupFolder::refusal(request->directory()));

      const auto there = newest_backup(request->directory());
      if (!there.ok()) return grpc::Status(grpc::StatusCode::INTERNAL, there.message());
      if (const auto refusal = backup_refusal(request->directory(), *there, own); !refusal.empty())
        return grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, refusal);

      auto status = context_.store.backup(**folder, own);
      if (!status.ok()) return grpc::Status(grpc::StatusCode::INTERNAL, status.message());

      response->set_height(height.value);
      response->set_size_bytes(context_.store.figures().live_bytes);
      return grpc::Status(grpc::Status::OK);
    });
  }

  grpc::ServerUnaryReactor* ResumeVoting(grpc::CallbackServerContext* call,
                                         const v1::ResumeVotingRequest* request,
                                         v1::ResumeVotingResponse* response) override {
    return unary(context_.calls, call, cost("ResumeVoting"), *request, *response, [=, this](Call&) {
      if (!request->other_copy_destroyed())
        return invalid_argument("other_copy_destroyed", "must be said");
      const auto status = chain_status();
      if (!status)
        return grpc::Status(grpc::StatusCode::UNAVAILABLE,
                            "the node is too busy to say whether another copy is heard: nothing "
                            "was changed, try again");
      const auto head = context_.chain.head();
      const auto from = head->header.height.next();
      std::optional<Height> said;
      if (request->has_sign_from_height()) said = Height{request->sign_from_height()};
      if (const auto refusal = resume_refusal(*status, *head, said); !refusal.empty())
        return grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, refusal);
      context_.log.warn("resume_voting", {{"by", "operator"}, {"sign_from", from.value}});
      context_.chain.resume_voting();
      response->set_sign_from_height(from.value);
      return grpc::Status(grpc::Status::OK);
    });
  }

  grpc::ServerUnaryReactor* GetCounters(grpc::CallbackServerContext* call,
                                        const v1::GetCountersRequest* request,
                                        v1::GetCountersResponse* response) override {
    return unary(context_.calls, call, cost("GetCounters"), *request, *response, [=, this](Call&) {
      for (const auto& [name, value] : metric_values(context_)) {
        auto& counter = *response->add_counters();
        counter.set_name(name);
        counter.set_value(value);
      }
      return grpc::Status(grpc::Status::OK);
    });
  }

  grpc::ServerUnaryReactor* NewKey(grpc::CallbackServerContext* call,
                                   const v1::NewKeyRequest* request,
                                   v1::NewKeyResponse* response) override {
    return unary(context_.calls, call, cost("NewKey"), *request, *response, [=, this](Call&) {
      const bool consensus = request->purpose() == "consensus";
      if (!consensus && request->purpose() != "transport") {
        return invalid_argument(
            "purpose", "must be consensus or transport: the other keys are not the node's");
      }

      auto purpose = consensus ? KeyPurpose::kConsensus : KeyPurpose::kTransport;
      auto fresh = context_.keys.make(purpose);
      if (!fresh.ok()) return grpc::Status(grpc::StatusCode::INTERNAL, fresh.message());

      const auto& key = fresh->key.public_key();
      auto id = key_id(purpose, key);
      put(*response->mutable_key_id(), id);
      response->set_key_id_text(to_text(id));
      put(*response->mutable_institution_id(), context_.self);
      put(*response->mutable_chain_id(), context_.genesis.chain);
      response->set_algorithm(static_cast<std::uint32_t>(key.algorithm));
      put(*response->mutable_public_key(), ByteView(key.bytes));

      // The registry takes no key without a proof that its holder has it (decision 0301).
      auto message = possession_message(context_.genesis.chain, context_.self, purpose, key);
      put(*response->mutable_possession_proof(), fresh->key.sign(message.view()));
      response->set_already_there(fresh->already_there);

      // A key that was made earlier was logged and given to the chain then, or at the start.
      if (fresh->already_there) return grpc::Status(grpc::Status::OK);
      context_.log.info("key_made", {{"purpose", to_text(purpose)}, {"key", to_text(id)}});
      if (consensus) context_.chain.add_consensus_key(std::move(fresh->key));
      return grpc::Status(grpc::Status::OK);
    });
  }

  grpc::ServerUnaryReactor* Ready(grpc::CallbackServerContext* call,
                                  const v1::ReadyRequest* request,
                                  v1::ReadyResponse* response) override {
    return unary(context_.calls, call, cost("Ready"), *request, *response, [=, this](Call&) {
      auto keys = context_.keys.consensus_keys();
      if (!keys.ok()) return grpc::Status(grpc::StatusCode::INTERNAL, keys.message());

      auto head = context_.chain.head();
      auto ready = make_ready(*head, context_.genesis.chain, context_.self, *keys,
                              context_.software, context_.clock);
      if (!ready.ok()) return grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, ready.message());

      // Refused here and now, with the rule, instead of some time after it was sent.
      auto block = ledger::context_above(*head->state, head->header, head->header.time_ms);
      if (auto rejection =
              ledger::check(*head->state, block, ready->transaction, context_.chain.verifier())) {
        return rejected(*rejection);
      }

      put(*response->mutable_transaction_id(), ready->transaction->id());
      response->set_transaction_id_text(to_text(ready->transaction->id()));
      put(*response->mutable_transaction(), ready->transaction->encoded());
      put(*response->mutable_key_id(), ready->key);
      response->set_key_id_text(to_text(ready->key));
      response->set_protocol_version(ready->protocol_version);
      response->set_checkpoint_height(ready->checkpoint.value);
      response->set_institution_id_text(to_text(context_.self));
      response->set_lapses_after_ms(ready->lifetime_ms);
      response->set_seated(ready->seated);

      if (!request->dry_run()) context_.chain.submit({ready->transaction}, nullptr);
      return grpc::Status(grpc::Status::OK);
    });
  }

  grpc::ServerUnaryReactor* ExportDecisions(grpc::CallbackServerContext* call,
                                            const v1::ExportDecisionsRequest* request,
                                            v1::ExportDecisionsResponse* response) override {
    return unary(
        context_.calls, call, cost("ExportDecisions"), *request, *response, [=, this](Call&) {
          if (context_.decisions == nullptr)
            return not_found("decisions", "this node logs none: decisions.files is 0");

          DecisionFilter filter;
          const auto [wrong, issuer] =
              optional_from<InstitutionId>(request->issuer_id(), "issuer_id");
          if (!wrong.ok()) return wrong;
          filter.issuer = issuer;

          if (!request->scope().empty()) {
            auto fields = trust::parse_own_field(request->scope());
            if (!fields.ok()) return invalid_argument("scope", fields.message());
            filter.fields = *fields;
          }

          filter.outcome = request->outcome();
          if (!filter.outcome.empty() && filter.outcome != "accept" && filter.outcome != "refuse" &&
              filter.outcome != "blocked") {
            return invalid_argument("outcome", "must be accept, refuse or blocked");
          }

          filter.from_ms = request->from_ms();
          if (request->to_ms() != 0) filter.to_ms = request->to_ms();
          if (filter.from_ms >= filter.to_ms)
            return invalid_argument("to_ms", "must be after from_ms");

          auto page = context_.decisions->read(filter, request->page_token(), kDecisionRows);
          if (!page.ok()) return invalid_argument("page_token", page.message());
          for (auto& row : page->rows) response->add_rows(std::move(row));
          response->set_header(std::string(DecisionLog::header()));
          response->set_next_page_token(page->next);
          return grpc::Status(grpc::Status::OK);
        });
  }

 private:
  // Why no vote is resumed; empty: it is.
  std::string resume_refusal(const ChainStatus& status, const Head& head,
                             const std::optional<Height>& said) {
    if (auto voiceless = no_vote_refusal(status); !voiceless.empty()) return voiceless;
    // Below the floor it does not vote either: the command ends both.
    if (status.engine.voting == consensus::VotingState::kActive)
      return "this node votes and is in no quarantine: nothing was changed";
    if (const auto heard = other_copy_ms_ago(status)) return other_copy_refusal(*heard);
    if (context_.network != nullptr) {
      const auto seen =
          net::copy_ms_ago(context_.network->inbound(), witnesses(head), VotingNodes::kToldMs);
      if (seen) return copied_folder_refusal(*seen);
    }
    if (auto unsaid = unsaid_height_refusal(head, said); !unsaid.empty()) return unsaid;
    return unshown_votes_refusal(
        {status, head.header.height, connected_ms(status), remembers_later_votes()});
  }

  // With none but this one nobody can say it.
  net::Witnesses witnesses(const Head& head) const {
    const auto set = ledger::read_validators(*head.state);
    net::Witnesses found;
    for (const auto& member : set.members()) {
      if (member.institution != context_.self) found.others.push_back(member.institution);
    }
    found.needed = set.size() - set.quorum() + 1;
    return found;
  }

  // Why a further word of the operator is needed; empty: it is not. No peer holds what a validator
  // signed alone, so that a block that it signs anew contradicts for good whoever has the first.
  std::string unsaid_height_refusal(const Head& head, const std::optional<Height>& said) {
    const auto set = ledger::read_validators(*head.state);
    const auto next = head.header.height.next();
    const bool alone =
        set.members().size() == 1 && set.members().front().institution == context_.self;
    if (said == next || (!alone && !said)) return "";
    const auto number = std::to_string(next.value);
    if (!alone || said) {
      return "the next block here is " + number + ", not " + std::to_string(said->value) +
             ": nothing was changed";
    }

    return "this node is the ledger's only validator, and would sign anew from block " + number +
           " on: nothing was changed. " +
           (remembers_later_votes()
                ? "What lies beside the consensus key (.votes) says that the key has voted "
                  "with another vote store, or later than this one knows: such a block may "
                  "be final already. "
                : "") +
           "If one was ever made, a second one contradicts it for good for whoever has seen it: "
           "put back the data directory, or a later backup, that has it. Where there is none, say "
           "--sign-from " +
           number;
  }

  // Whether the note beside the key speaks of another vote store (decision 1201).
  bool remembers_later_votes() const {
    const auto later = context_.keys.later_votes(0);
    return later.ok() && later->has_value();
  }
  // How long each of the other validators has been connected, by whichever of its nodes longest.
  std::vector<std::uint64_t> connected_ms(const ChainStatus& status) const {
    std::map<InstitutionId, std::uint64_t> longest;
    if (context_.network == nullptr) return {};
    const auto now_ms = context_.clock.now_ms();
    for (const auto& link : context_.network->peers()) {
      if (link.state != net::PeerState::kConnected || link.institution == context_.self) continue;
      const auto& known = status.engine.peers;
      if (std::ranges::find(known, link.institution, &consensus::PeerHeard::id) == known.end())
        continue;
      auto& since = longest[link.institution];
      since = std::max(since, now_ms - std::min(now_ms, link.connected_since_ms));
    }

    std::vector<std::uint64_t> times;
    for (const auto& [institution, ms] : longest) times.push_back(ms);
    return times;
  }

  // Nothing where the strand does not answer in time.
  std::optional<ChainStatus> chain_status() {
    auto answer = std::make_shared<std::promise<ChainStatus>>();
    auto state = answer->get_future();
    context_.chain.status([answer](const ChainStatus& status) { answer->set_value(status); });
    if (state.wait_for(kStrandPatience) != std::future_status::ready) return std::nullopt;
    return state.get();
  }
  // Why there is no vote to resume; empty: there is one.
  std::string no_vote_refusal(const ChainStatus& status) const {
    if (status.engine.voting != consensus::VotingState::kObserver) return "";
    const auto keys = context_.keys.consensus_keys();
    if (!keys.ok()) return keys.message();
    if (keys->empty()) {
      return "this node has no consensus key, and so no vote to resume: nothing was changed. The "
             "command is for the node that has the key of the seat";
    }
    return "no consensus key of this node sits in the validator set, as far as this node has the "
           "ledger, so that there is no vote to resume: nothing was changed";
  }
  // How long ago another node was heard at work with this node's consensus key.
  std::optional<std::uint64_t> other_copy_ms_ago(const ChainStatus& status) const {
    for (const auto& two : status.two_voters) {
      if (two.institution == context_.self) return two.ms_ago;
    }
    return std::nullopt;
  }
  static std::string other_copy_refusal(std::uint64_t ms_ago) {
    return "another node was heard with this node's consensus key " +
           std::to_string(ms_ago / 1000) +
           " s ago: it is not destroyed, and two nodes with one key sign twice. Nothing was "
           "changed. " +
           once_it_is_gone();
  }
  static std::string copied_folder_refusal(std::uint64_t ms_ago) {
    return "another node was seen with this node's transport key " + std::to_string(ms_ago / 1000) +
           " s ago: this folder was copied, the consensus key with it as it seems, and two nodes "
           "with one key sign twice. Nothing was changed. " +
           once_it_is_gone();
  }
  static std::string once_it_is_gone() {
    return "Stop the other node for good, and give the command again " +
           std::to_string(VotingNodes::kToldMs / 1000) + " s after it was heard last";
  }

  ServiceContext& context_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_admin_service(ServiceContext& context) {
  return std::make_unique<Service>(context);
}

}  // namespace testamur::node

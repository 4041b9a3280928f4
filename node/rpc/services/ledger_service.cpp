// LedgerService: transactions in, blocks out, and how the node is doing.
//
// Nothing here works on the chain's strand: it is asked for what only it knows (what waits, how the
// engine stands), and what is read for an answer is read in a turn of the workers.
#include "node/chain/block_body.h"
#include "node/rpc/admission.h"
#include "node/rpc/await_calls.h"
#include "node/rpc/block_stream.h"
#include "node/rpc/node_status.h"
#include "node/rpc/services/services.h"
#include "testamur/v1/ledger_service.grpc.pb.h"

namespace testamur::node {

namespace tx = ledger::tx;

namespace {

constexpr std::size_t kSubmitManyLimit = 1024;
constexpr std::uint64_t kCarriedBytesForOneCall = 16u << 10;

const CallCost& cost(std::string_view method) { return cost_of("LedgerService", method); }

// What came of the transactions of one caller, in their order.
struct Submission {
  std::vector<Admitted> admitted;
  std::vector<std::optional<v1::ErrorDetail>> refused;  // by the mempool
};

class Service final : public v1::LedgerService::CallbackService {
 public:
  explicit Service(ServiceContext& context)
      : context_(context), feed_(context.chain), board_(context.chain) {}

  grpc::ServerUnaryReactor* Submit(grpc::CallbackServerContext* call,
                                   const v1::SubmitRequest* request,
                                   v1::SubmitResponse* response) override {
    return Call::begin(context_.calls, call, cost("Submit"), *request, *response,
                       [=, this](Call& reactor, const Call::Done& done) {
                         submit(reactor, {&request->transaction()}, done,
                                [this, response, done](const Submission& came) {
                                  context_.reader().fill(*response->mutable_as_of());
                                  done(fill_submitted(came, *response));
                                });
                       });
  }

  grpc::ServerUnaryReactor* SubmitMany(grpc::CallbackServerContext* call,
                                       const v1::SubmitManyRequest* request,
                                       v1::SubmitManyResponse* response) override {
    return Call::begin(
        context_.calls, call, cost("SubmitMany"), *request, *response,
        [=, this](Call& reactor, const Call::Done& done) {
          const auto count = static_cast<std::size_t>(request->transactions_size());
          if (count > kSubmitManyLimit)
            return done(over_limit("transactions", kSubmitManyLimit, count));
          if (auto status = reactor.spend(count); !status.ok()) return done(status);

          std::vector<const std::string*> carried;
          for (const auto& each : request->transactions()) carried.push_back(&each);
          submit(reactor, carried, done, [this, response, done](const Submission& came) {
            for (std::size_t i = 0; i < came.admitted.size(); ++i) {
              fill_result(came.admitted[i], came.refused[i], *response->add_results());
            }
            context_.reader().fill(*response->mutable_as_of());
            done(grpc::Status::OK);
          });
        });
  }

  grpc::ServerUnaryReactor* AwaitCommit(grpc::CallbackServerContext* call,
                                        const v1::AwaitCommitRequest* request,
                                        v1::AwaitCommitResponse* response) override {
    return await_one(context_, call, request, response);
  }

  grpc::ServerWriteReactor<v1::AwaitCommitsResponse>* AwaitCommits(
      grpc::CallbackServerContext* call, const v1::AwaitCommitsRequest* request) override {
    return await_many(context_, call, request);
  }

  grpc::ServerUnaryReactor* GetTransaction(grpc::CallbackServerContext* call,
                                           const v1::GetTransactionRequest* request,
                                           v1::GetTransactionResponse* response) override {
    return Call::begin(
        context_.calls, call, cost("GetTransaction"), *request, *response,
        [=, this](Call& reactor, const Call::Done& done) {
          const auto id = fixed_from<TransactionId>(request->id());
          if (!id) return done(invalid_argument("id", "must be 32 bytes"));
          if (auto committed = committed_outcome(*context_.chain.head()->state, *id)) {
            return reactor.continue_beside([this, id = *id, outcome = *committed, response, done] {
              fill_found(id, outcome, nullptr, *response);
              done(grpc::Status::OK);
            });
          }
          context_.chain.look_up(
              *id, [this, id = *id, &reactor, response, done](
                       const Outcome& outcome, const tx::SharedTransaction& waiting) {
                reactor.continue_beside([this, id, outcome, waiting, response, done] {
                  fill_found(id, outcome, waiting, *response);
                  done(grpc::Status::OK);
                });
              });
        });
  }

  grpc::ServerWriteReactor<v1::StreamBlocksResponse>* StreamBlocks(
      grpc::CallbackServerContext* call, const v1::StreamBlocksRequest* request) override {
    return stream_blocks(context_, feed_, call, request);
  }

  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* call,
                                      const v1::GetStatusRequest* request,
                                      v1::GetStatusResponse* response) override {
    return Call::begin(
        context_.calls, call, cost("GetStatus"), *request, *response,
        [=, this](Call& reactor, const Call::Done& done) {
          board_.ask([this, &reactor, response, done](const StatusBoard::Copy& chain) {
            reactor.continue_beside([this, chain, response, done] {
              fill_status(context_, *chain, *response);
              done(grpc::Status::OK);
            });
          });
        });
  }

 private:
  // In a turn of the workers. `came` is called once, from the strand when something is handed to
  // it.
  void submit(Call& reactor, const std::vector<const std::string*>& carried, const Call::Done& done,
              const std::function<void(const Submission&)>& came) {
    std::size_t bytes = 0;
    for (const auto* each : carried) bytes += each->size();
    if (auto status = reactor.spend(bytes / kCarriedBytesForOneCall); !status.ok())
      return done(status);

    auto submission = std::make_shared<Submission>();
    std::vector<tx::SharedTransaction> fresh;
    auto admission = context_.chain.admission();
    for (const auto* each : carried) {
      if (reactor.cancelled()) return done(gone());
      submission->admitted.push_back(admit(context_, admission, *each));
      if (submission->admitted.back().is_fresh())
        fresh.push_back(submission->admitted.back().transaction);
    }
    submission->refused.resize(submission->admitted.size());
    if (fresh.empty()) return came(*submission);

    context_.chain.submit(
        std::move(fresh), [this, submission, came](const std::vector<Mempool::Added>& added) {
          std::size_t taken = 0;
          for (std::size_t i = 0; i < submission->admitted.size(); ++i) {
            if (!submission->admitted[i].is_fresh()) continue;
            submission->refused[i] = refusal_of(added.at(taken++), context_.mempool_limits);
          }
          came(*submission);
        });
  }

  static grpc::Status fill_submitted(const Submission& came, v1::SubmitResponse& response) {
    const auto& admitted = came.admitted.front();
    if (!admitted.status.ok()) return admitted.status;
    if (came.refused.front()) return status_of(*came.refused.front());

    const auto id = admitted.transaction->id();
    put(*response.mutable_id(), id);
    response.set_id_text(to_text(id));
    response.set_valid_until_ms(admitted.transaction->valid_until_ms());
    response.set_state(v1::TRANSACTION_STATE_PENDING);
    if (admitted.committed) {
      response.set_state(v1::TRANSACTION_STATE_COMMITTED);
      v1::TransactionOutcome outcome;
      fill_outcome(id, *admitted.committed, outcome);
      *response.mutable_committed() = outcome.committed();
    }
    return grpc::Status::OK;
  }

  static void fill_result(const Admitted& admitted, const std::optional<v1::ErrorDetail>& refused,
                          v1::SubmitResult& out) {
    if (admitted.transaction) put(*out.mutable_id(), admitted.transaction->id());
    if (admitted.rejection) {
      out.set_state(v1::TRANSACTION_STATE_REJECTED);
      fill(*admitted.rejection, *out.mutable_error());
      out.set_message(to_text(*admitted.rejection));
    } else if (!admitted.status.ok()) {
      out.set_state(v1::TRANSACTION_STATE_REJECTED);
      out.mutable_error()->set_code("protocol_unknown");
      out.set_message(admitted.status.error_message());
    } else if (admitted.committed) {
      out.set_state(v1::TRANSACTION_STATE_COMMITTED);
    } else if (refused) {
      out.set_state(v1::TRANSACTION_STATE_REJECTED);
      *out.mutable_error() = *refused;
      out.set_message(refused->rule());
    } else {
      out.set_state(v1::TRANSACTION_STATE_PENDING);
    }
  }

  void fill_found(const TransactionId& id, const Outcome& outcome,
                  const tx::SharedTransaction& waiting,
                  v1::GetTransactionResponse& response) const {
    fill_outcome(id, outcome, *response.mutable_outcome());
    const auto reader = context_.reader();
    reader.fill(*response.mutable_as_of());
    if (waiting) put(*response.mutable_transaction(), waiting->encoded());
    if (outcome.state != Outcome::State::kCommitted) return;

    const auto body = reader.state().body(outcome.height);
    if (!body) return;
    const auto parts = split_body(*body);
    if (parts.ok() && outcome.index_in_block < parts->size()) {
      put(*response.mutable_transaction(), (*parts)[outcome.index_in_block]);
    }
  }

  ServiceContext& context_;
  BlockFeed feed_;
  StatusBoard board_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_ledger_service(ServiceContext& context) {
  return std::make_unique<Service>(context);
}

}  // namespace testamur::node

// Waiting for transactions to end. The outcomes come from the strand and must not make it wait, so
// they are only put down there and told by a turn of the call. A call may end in three ways
// (outcome, cancel, deadline), and whoever ends it first is the last to touch it.
#include "node/rpc/await_calls.h"

#include <algorithm>
#include <deque>

#include "node/rpc/out_stream.h"

namespace testamur::node {
namespace {

constexpr std::size_t kAwaitLimit = 16'384;

v1::TransactionState to_proto(Outcome::State state) {
  switch (state) {
    case Outcome::State::kPending: return v1::TRANSACTION_STATE_PENDING;
    case Outcome::State::kCommitted: return v1::TRANSACTION_STATE_COMMITTED;
    case Outcome::State::kRejected: return v1::TRANSACTION_STATE_REJECTED;
    case Outcome::State::kExpired: return v1::TRANSACTION_STATE_EXPIRED;
    case Outcome::State::kUnknown: return v1::TRANSACTION_STATE_UNKNOWN;
  }
  return v1::TRANSACTION_STATE_UNKNOWN;
}

grpc::Status stopping() {
  return unavailable("stopping", "the node stops; the transaction is still pending");
}

// Of those who could end a call the first one does; after it nobody touches the call.
class OnlyOnce {
 public:
  explicit OnlyOnce(Call::Done done) : done_(std::move(done)) {}
  bool claim() { return !claimed_.exchange(true); }
  // By whoever has claimed it.
  void end(const grpc::Status& status) { done_(status); }

 private:
  std::atomic<bool> claimed_ = false;
  Call::Done done_;
};

// What a stream waits for, filled from the strand.
struct Arrivals {
  std::mutex mutex;
  std::deque<std::pair<TransactionId, Outcome>> ended;
};

class AwaitMany final : public OutStream<v1::AwaitCommitsResponse> {
 public:
  AwaitMany(ServiceContext& context, grpc::CallbackServerContext& call,
            const v1::AwaitCommitsRequest& request)
      : OutStream(context.calls, call), context_(context) {
    connect();
    start(admit(request));
  }
  ~AwaitMany() override {
    if (awaited_) context_.chain.cancel(std::move(awaited_));
  }

 private:
  grpc::Status admit(const v1::AwaitCommitsRequest& request) {
    const auto& cost = cost_of("LedgerService", "AwaitCommits");
    auto status = enter(request, cost.calls);
    if (!status.ok()) return status;
    const auto count = static_cast<std::size_t>(request.ids_size());
    if (count > kAwaitLimit) return over_limit("ids", kAwaitLimit, count);
    for (const auto& text : request.ids()) {
      auto id = fixed_from<TransactionId>(text);
      if (!id) return invalid_argument("ids", "each must be 32 bytes");
      ids_.push_back(*id);
    }

    // Somebody who names one id 16,384 times waits for one.
    std::sort(ids_.begin(), ids_.end());
    ids_.erase(std::unique(ids_.begin(), ids_.end()), ids_.end());
    missing_ = ids_.size();

    status = parts_.gate.admit(caller_, ids_.size() / kIdsForOneCall);
    return status.ok() ? parts_.gate.hold(caller_, Held::kAwaited, ids_.size(), place_) : status;
  }

  Step next(v1::AwaitCommitsResponse& message, grpc::Status& status) override {
    if (!asked_) ask();
    if (missing_ == 0) return Step::kEnd;

    std::pair<TransactionId, Outcome> arrived;
    {
      const std::lock_guard lock(arrivals_->mutex);
      if (arrivals_->ended.empty()) return Step::kWait;
      arrived = std::move(arrivals_->ended.front());
      arrivals_->ended.pop_front();
    }
    --missing_;
    if (arrived.second.state == Outcome::State::kPending) {
      status = stopping();
      return Step::kEnd;
    }
    fill_outcome(arrived.first, arrived.second, *message.mutable_outcome());
    context_.reader().fill(*message.mutable_as_of());
    return Step::kMessage;
  }

  // What is on the ledger is told from the state; only the others are handed to the strand.
  void ask() {
    asked_ = true;
    const auto head = context_.chain.head();

    std::vector<TransactionId> open;
    for (const auto& id : ids_) {
      if (cancelled()) return;
      if (auto committed = committed_outcome(*head->state, id)) {
        arrivals_->ended.emplace_back(id, *committed);
      } else {
        open.push_back(id);
      }
    }

    // The ids are many and are needed no more.
    ids_ = {};
    if (open.empty()) return;

    awaited_ = context_.chain.await(
        std::move(open), head,
        [arrivals = arrivals_, link = link_](const TransactionId& id, const Outcome& outcome) {
          {
            const std::lock_guard lock(arrivals->mutex);
            arrivals->ended.emplace_back(id, outcome);
          }
          link->wake();
        });
  }

  ServiceContext& context_;
  std::vector<TransactionId> ids_;
  std::shared_ptr<Chain::Awaited> awaited_;
  std::shared_ptr<Arrivals> arrivals_ = std::make_shared<Arrivals>();
  std::size_t missing_ = 0;
  bool asked_ = false;
};

}  // namespace

void fill_outcome(const TransactionId& id, const Outcome& outcome, v1::TransactionOutcome& out) {
  put(*out.mutable_id(), id);
  out.set_state(to_proto(outcome.state));

  if (outcome.state == Outcome::State::kCommitted) {
    auto& anchor = *out.mutable_committed();
    anchor.set_height(outcome.height.value);
    anchor.set_time_ms(outcome.time_ms);
    anchor.set_log_index(outcome.log_index.value);
    put(*anchor.mutable_transaction_id(), id);
    out.set_index_in_block(outcome.index_in_block);
  }

  if (outcome.rejection) {
    fill(*outcome.rejection, *out.mutable_rejection());
    out.set_message(to_text(*outcome.rejection));
  }
}

grpc::ServerUnaryReactor* await_one(ServiceContext& context, grpc::CallbackServerContext* call,
                                    const v1::AwaitCommitRequest* request,
                                    v1::AwaitCommitResponse* response) {
  return Call::begin(
      context.calls, call, cost_of("LedgerService", "AwaitCommit"), *request, *response,
      [&context, request, response](Call& reactor, const Call::Done& done) {
        const auto id = fixed_from<TransactionId>(request->id());
        if (!id) return done(invalid_argument("id", "must be 32 bytes"));

        const auto answer = [&context, response, id = *id](const Outcome& outcome) {
          if (outcome.state == Outcome::State::kPending) return stopping();
          fill_outcome(id, outcome, *response->mutable_outcome());
          context.reader().fill(*response->mutable_as_of());
          return grpc::Status(grpc::Status::OK);
        };
        const auto head = context.chain.head();
        if (auto committed = committed_outcome(*head->state, *id)) return done(answer(*committed));

        // The strand only says that it has ended: the answer is made in a turn of the workers.
        auto once = std::make_shared<OnlyOnce>(done);
        auto awaited = context.chain.await(
            {*id}, head,
            [&context, once, answer, caller = reactor.caller()](const TransactionId&,
                                                                const Outcome& outcome) {
              if (!once->claim()) return;
              context.calls.queue.post(caller,
                                       [once, answer, outcome] { once->end(answer(outcome)); });
            });
        reactor.when_cancelled([&context, once, awaited] {
          context.chain.cancel(awaited);
          if (!once->claim()) return;
          once->end(grpc::Status(grpc::StatusCode::CANCELLED,
                                 "the caller gave up; the transaction is still pending"));
        });
      });
}

grpc::ServerWriteReactor<v1::AwaitCommitsResponse>* await_many(
    ServiceContext& context, grpc::CallbackServerContext* call,
    const v1::AwaitCommitsRequest* request) {
  lower_priority_of_this_thread();
  return new AwaitMany(context, *call, *request);
}

}  // namespace testamur::node

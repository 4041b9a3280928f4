// LedgerService: transactions in, blocks out, and how the node is doing.
#include <algorithm>
#include <deque>

#include "consensus/status.h"
#include "node/chain/block_body.h"
#include "node/rpc/node_status.h"
#include "node/rpc/services.h"
#include "testamur/v1/ledger_service.grpc.pb.h"

namespace testamur::node {

namespace tx = ledger::tx;

namespace {

constexpr std::size_t kSubmitManyLimit = 1024;
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

grpc::Status status_of(Mempool::Added added, const Mempool::Limits& limits) {
  v1::ErrorDetail detail;
  detail.set_retry_after_ms(1000);
  if (added == Mempool::Added::kFull) {
    detail.set_code("mempool_full");
    detail.set_limit(limits.bytes);
    return fail(grpc::StatusCode::RESOURCE_EXHAUSTED, detail, "too much waits for a block already: try again later");
  }
  if (added == Mempool::Added::kAuthorFull) {
    detail.set_code("author_full");
    detail.set_limit(limits.per_author);
    return fail(grpc::StatusCode::RESOURCE_EXHAUSTED, detail, "too many transactions of this institution wait already");
  }
  return grpc::Status::OK;
}

// What became of one submitted transaction before the chain saw it.
struct Admitted {
  grpc::Status status;
  tx::SharedTransaction transaction;  // to be handed to the chain
  std::optional<tx::Rejection> rejection;
  std::optional<Outcome> committed;  // it is on the ledger already
};

Admitted admit(ServiceContext& context, const Head& head, const std::string& carried) {
  TimedSection timed(context.counters.check);
  auto decoded = tx::decode(context.genesis.chain, to_bytes(as_bytes(carried)));
  if (auto* rejection = std::get_if<tx::Rejection>(&decoded)) {
    context.counters.transactions_refused.add();
    return {rejected(*rejection), nullptr, *rejection, {}};
  }
  auto transaction = std::get<tx::SharedTransaction>(std::move(decoded));
  if (auto committed = committed_outcome(*head.state, transaction->id())) {
    // Submitting a committed id again answers committed, whoever signs it now.
    return {grpc::Status::OK, transaction, {}, committed};
  }
  if (context.chain.stopped_before_protocol()) {
    return {unavailable("protocol_unknown", "this node has stopped before a protocol version that it does not know"),
            nullptr,
            {},
            {}};
  }
  const auto block = ledger::context_above(
      *head.state, head.header,
      submission_time_ms(head.header.time_ms, context.clock.now_ms(), transaction->valid_until_ms()));
  if (auto rejection = ledger::check(*head.state, block, transaction, context.chain.verifier())) {
    context.counters.transactions_refused.add();
    return {rejected(*rejection), nullptr, *rejection, {}};
  }
  return {grpc::Status::OK, std::move(transaction), {}, {}};
}

// Sends each outcome as it comes, until all are told or the caller is gone.
class AwaitMany final : public grpc::ServerWriteReactor<v1::AwaitCommitsResponse> {
 public:
  AwaitMany(ServiceContext& context, const v1::AwaitCommitsRequest& request) : context_(context) {
    std::vector<TransactionId> ids;
    for (const auto& text : request.ids()) {
      auto id = fixed_from<TransactionId>(text);
      if (!id || request.ids_size() > static_cast<int>(kAwaitLimit)) {
        Finish(id ? over_limit("ids", kAwaitLimit, static_cast<std::uint64_t>(request.ids_size()))
                  : invalid_argument("ids", "each must be 32 bytes"));
        return;
      }
      ids.push_back(*id);
    }
    if (ids.empty()) {
      Finish(grpc::Status::OK);
      return;
    }
    auto shared = shared_;
    std::lock_guard held(shared->mutex);  // an outcome that comes at once waits until all are asked for
    shared->owner = this;
    missing_ = ids.size();
    for (const auto& id : ids) {
      auto ticket = context_.chain.await(id, [shared](const TransactionId& ended, const Outcome& outcome) {
        std::lock_guard lock(shared->mutex);
        if (shared->owner != nullptr) shared->owner->ended(ended, outcome);
      });
      tickets_.emplace_back(ticket, id);
    }
  }

  void OnWriteDone(bool ok) override {
    auto shared = shared_;
    std::lock_guard lock(shared->mutex);
    writing_ = false;
    if (!ok) return finish(grpc::Status::CANCELLED);
    advance();
  }
  void OnCancel() override {
    auto shared = shared_;
    std::lock_guard lock(shared->mutex);
    if (!writing_) finish(grpc::Status::CANCELLED);
    cancelled_ = true;
  }
  void OnDone() override {
    {
      std::lock_guard lock(shared_->mutex);
      shared_->owner = nullptr;
    }
    for (const auto& [ticket, id] : tickets_) context_.chain.cancel(ticket, id);
    delete this;
  }

 private:
  struct Shared {
    std::recursive_mutex mutex;
    AwaitMany* owner = nullptr;
  };

  void ended(const TransactionId& id, const Outcome& outcome) {
    v1::AwaitCommitsResponse response;
    fill_outcome(id, outcome, *response.mutable_outcome());
    context_.reader().fill(*response.mutable_as_of());
    queue_.push_back(std::move(response));
    --missing_;
    if (!writing_) advance();
  }
  void advance() {
    if (finished_) return;
    if (cancelled_) return finish(grpc::Status::CANCELLED);
    if (!queue_.empty()) {
      current_ = std::move(queue_.front());
      queue_.pop_front();
      writing_ = true;
      StartWrite(&current_);
    } else if (missing_ == 0) {
      finish(grpc::Status::OK);
    }
  }
  void finish(const grpc::Status& status) {
    if (finished_) return;
    finished_ = true;
    Finish(status);
  }

  ServiceContext& context_;
  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
  std::vector<std::pair<Outcomes::Ticket, TransactionId>> tickets_;
  std::deque<v1::AwaitCommitsResponse> queue_;
  v1::AwaitCommitsResponse current_;
  std::size_t missing_ = 0;
  bool writing_ = false, cancelled_ = false, finished_ = false;
};

// Blocks from a height on; waits for new ones at the head.
class BlockStream final : public grpc::ServerWriteReactor<v1::StreamBlocksResponse> {
 public:
  BlockStream(ServiceContext& context, const v1::StreamBlocksRequest& request)
      : context_(context),
        next_(Height{request.from_height()}),
        with_transactions_(request.with_transactions()),
        stop_at_head_(request.stop_at_head()) {
    auto shared = shared_;
    shared->owner = this;
    listener_ = context_.chain.listen([shared](const HeadPtr&) {
      std::lock_guard lock(shared->mutex);
      if (shared->owner != nullptr) shared->owner->advance();
    });
    std::lock_guard lock(shared_->mutex);
    advance();
  }
  void OnWriteDone(bool ok) override {
    auto shared = shared_;
    std::lock_guard lock(shared->mutex);
    writing_ = false;
    if (!ok || cancelled_) return finish(grpc::Status::CANCELLED);
    advance();
  }
  void OnCancel() override {
    auto shared = shared_;
    std::lock_guard lock(shared->mutex);
    cancelled_ = true;
    if (!writing_) finish(grpc::Status::CANCELLED);
  }
  void OnDone() override {
    {
      std::lock_guard lock(shared_->mutex);
      shared_->owner = nullptr;
    }
    context_.chain.unlisten(listener_);
    delete this;
  }

 private:
  struct Shared {
    std::recursive_mutex mutex;
    BlockStream* owner = nullptr;
  };

  void advance() {
    if (writing_ || finished_) return;
    auto reader = context_.reader();
    if (next_ > reader.head().header.height) {
      if (stop_at_head_) finish(grpc::Status::OK);
      return;
    }
    current_.Clear();
    auto body = reader.state().body(next_);
    if (!body || !reader.fill_checkpoint(next_, *current_.mutable_checkpoint())) {
      return finish(not_found("from_height", "this node does not hold block " + std::to_string(next_.value)));
    }
    if (auto parts = split_body(*body); parts.ok()) {
      current_.set_transaction_count(static_cast<std::uint32_t>(parts->size()));
      if (with_transactions_) {
        for (auto part : *parts) put(*current_.add_transactions(), part);
      }
    }
    next_ = next_.next();
    writing_ = true;
    StartWrite(&current_);
  }
  void finish(const grpc::Status& status) {
    if (finished_) return;
    finished_ = true;
    Finish(status);
  }

  ServiceContext& context_;
  Height next_;
  bool with_transactions_, stop_at_head_;
  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
  std::uint64_t listener_ = 0;
  v1::StreamBlocksResponse current_;
  bool writing_ = false, cancelled_ = false, finished_ = false;
};

template <class Response>
class FailedStream final : public grpc::ServerWriteReactor<Response> {
 public:
  explicit FailedStream(const grpc::Status& status) { this->Finish(status); }
  void OnDone() override { delete this; }
};

// AwaitCommit: ends when the transaction does, the caller cancels, or its deadline passes.
class AwaitOne final : public grpc::ServerUnaryReactor {
 public:
  AwaitOne(ServiceContext& context, const TransactionId& id, v1::AwaitCommitResponse& response)
      : context_(context), id_(id), response_(response) {
    auto shared = shared_;
    shared->owner = this;
    ticket_ = context_.chain.await(id, [shared](const TransactionId& ended, const Outcome& outcome) {
      std::lock_guard lock(shared->mutex);
      if (shared->owner != nullptr) shared->owner->ended(ended, outcome);
    });
  }
  void OnCancel() override {
    auto shared = shared_;
    std::lock_guard lock(shared->mutex);
    if (finished_) return;
    finished_ = true;
    Finish(grpc::Status(grpc::StatusCode::CANCELLED, "the caller gave up; the transaction is still pending"));
  }
  void OnDone() override {
    {
      std::lock_guard lock(shared_->mutex);
      shared_->owner = nullptr;
    }
    context_.chain.cancel(ticket_, id_);
    delete this;
  }

 private:
  struct Shared {
    std::recursive_mutex mutex;
    AwaitOne* owner = nullptr;
  };
  void ended(const TransactionId& id, const Outcome& outcome) {
    if (finished_) return;
    finished_ = true;
    if (outcome.state == Outcome::State::kPending) {
      Finish(unavailable("stopping", "the node stops; the transaction is still pending"));
      return;
    }
    fill_outcome(id, outcome, *response_.mutable_outcome());
    context_.reader().fill(*response_.mutable_as_of());
    Finish(grpc::Status::OK);
  }

  ServiceContext& context_;
  TransactionId id_;
  v1::AwaitCommitResponse& response_;
  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
  Outcomes::Ticket ticket_ = 0;
  bool finished_ = false;
};

class Service final : public v1::LedgerService::CallbackService {
 public:
  explicit Service(ServiceContext& context) : context_(context) {}

  grpc::ServerUnaryReactor* Submit(grpc::CallbackServerContext* call, const v1::SubmitRequest* request,
                                   v1::SubmitResponse* response) override {
    auto* reactor = call->DefaultReactor();
    auto status = context_.gate.admit(call->peer());
    if (!status.ok()) {
      reactor->Finish(status);
      return reactor;
    }
    auto head = context_.chain.head();
    auto admitted = admit(context_, *head, request->transaction());
    context_.reader().fill(*response->mutable_as_of());
    if (!admitted.status.ok()) {
      reactor->Finish(admitted.status);
      return reactor;
    }
    auto id = admitted.transaction->id();
    put(*response->mutable_id(), id);
    response->set_id_text(to_text(id));
    response->set_valid_until_ms(admitted.transaction->valid_until_ms());
    response->set_state(v1::TRANSACTION_STATE_PENDING);
    if (admitted.committed) {
      response->set_state(v1::TRANSACTION_STATE_COMMITTED);
      v1::TransactionOutcome outcome;
      fill_outcome(id, *admitted.committed, outcome);
      *response->mutable_committed() = outcome.committed();
      reactor->Finish(grpc::Status::OK);
      return reactor;
    }
    context_.chain.submit({admitted.transaction}, [this, reactor](std::vector<Mempool::Added> added) {
      reactor->Finish(status_of(added.front(), context_.mempool_limits));
    });
    return reactor;
  }

  grpc::ServerUnaryReactor* SubmitMany(grpc::CallbackServerContext* call, const v1::SubmitManyRequest* request,
                                       v1::SubmitManyResponse* response) override {
    auto* reactor = call->DefaultReactor();
    auto count = static_cast<std::size_t>(request->transactions_size());
    auto status = context_.gate.admit(call->peer(), std::max<std::uint64_t>(count, 1));
    if (status.ok() && count > kSubmitManyLimit) status = over_limit("transactions", kSubmitManyLimit, count);
    if (!status.ok()) {
      reactor->Finish(status);
      return reactor;
    }
    auto head = context_.chain.head();
    std::vector<tx::SharedTransaction> taken;
    std::vector<v1::SubmitResult*> results;
    for (const auto& carried : request->transactions()) {
      auto& result = *response->add_results();
      auto admitted = admit(context_, *head, carried);
      if (admitted.transaction) put(*result.mutable_id(), admitted.transaction->id());
      if (admitted.rejection) {
        result.set_state(v1::TRANSACTION_STATE_REJECTED);
        fill(*admitted.rejection, *result.mutable_error());
        result.set_message(to_text(*admitted.rejection));
      } else if (admitted.committed) {
        result.set_state(v1::TRANSACTION_STATE_COMMITTED);
      } else {
        result.set_state(v1::TRANSACTION_STATE_PENDING);
        taken.push_back(admitted.transaction);
        results.push_back(&result);
      }
    }
    context_.reader().fill(*response->mutable_as_of());
    context_.chain.submit(std::move(taken), [this, reactor, results](std::vector<Mempool::Added> added) {
      for (std::size_t i = 0; i < added.size(); ++i) {
        auto refused = status_of(added[i], context_.mempool_limits);
        if (refused.ok()) continue;
        results[i]->set_state(v1::TRANSACTION_STATE_REJECTED);
        results[i]->mutable_error()->set_code(added[i] == Mempool::Added::kFull ? "mempool_full" : "author_full");
        results[i]->mutable_error()->set_retry_after_ms(1000);
        results[i]->set_message(refused.error_message());
      }
      reactor->Finish(grpc::Status::OK);
    });
    return reactor;
  }

  grpc::ServerUnaryReactor* AwaitCommit(grpc::CallbackServerContext* call, const v1::AwaitCommitRequest* request,
                                        v1::AwaitCommitResponse* response) override {
    auto id = fixed_from<TransactionId>(request->id());
    auto status = id ? context_.gate.admit(call->peer()) : invalid_argument("id", "must be 32 bytes");
    if (status.ok()) return new AwaitOne(context_, *id, *response);
    auto* reactor = call->DefaultReactor();
    reactor->Finish(status);
    return reactor;
  }

  grpc::ServerWriteReactor<v1::AwaitCommitsResponse>* AwaitCommits(grpc::CallbackServerContext* call,
                                                                   const v1::AwaitCommitsRequest* request) override {
    auto status = context_.gate.admit(call->peer());
    if (!status.ok()) return new FailedStream<v1::AwaitCommitsResponse>(status);
    return new AwaitMany(context_, *request);
  }

  grpc::ServerUnaryReactor* GetTransaction(grpc::CallbackServerContext* call, const v1::GetTransactionRequest* request,
                                           v1::GetTransactionResponse* response) override {
    auto* reactor = call->DefaultReactor();
    auto id = fixed_from<TransactionId>(request->id());
    auto status = id ? context_.gate.admit(call->peer()) : invalid_argument("id", "must be 32 bytes");
    if (!status.ok()) {
      reactor->Finish(status);
      return reactor;
    }
    context_.chain.look_up(*id,
                           [this, id, reactor, response](const Outcome& outcome, const tx::SharedTransaction& waiting) {
                             fill_outcome(*id, outcome, *response->mutable_outcome());
                             auto reader = context_.reader();
                             reader.fill(*response->mutable_as_of());
                             if (waiting) put(*response->mutable_transaction(), waiting->carried());
                             if (outcome.state == Outcome::State::kCommitted) put_carried(reader, outcome, *response);
                             reactor->Finish(grpc::Status::OK);
                           });
    return reactor;
  }

  grpc::ServerWriteReactor<v1::StreamBlocksResponse>* StreamBlocks(grpc::CallbackServerContext* call,
                                                                   const v1::StreamBlocksRequest* request) override {
    auto status = context_.gate.admit(call->peer());
    if (!status.ok()) return new FailedStream<v1::StreamBlocksResponse>(status);
    return new BlockStream(context_, *request);
  }

  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* call, const v1::GetStatusRequest*,
                                      v1::GetStatusResponse* response) override {
    auto* reactor = call->DefaultReactor();
    auto status = context_.gate.admit(call->peer());
    if (!status.ok()) {
      reactor->Finish(status);
      return reactor;
    }
    context_.chain.status([this, reactor, response](const ChainStatus& chain) {
      fill_status(context_, chain, *response);
      reactor->Finish(grpc::Status::OK);
    });
    return reactor;
  }

 private:
  static void put_carried(const Reader& reader, const Outcome& outcome, v1::GetTransactionResponse& response) {
    auto body = reader.state().body(outcome.height);
    if (!body) return;
    auto parts = split_body(*body);
    if (parts.ok() && outcome.index_in_block < parts->size()) {
      put(*response.mutable_transaction(), (*parts)[outcome.index_in_block]);
    }
  }

  ServiceContext& context_;
};

}  // namespace

std::uint64_t submission_time_ms(std::uint64_t head_ms, std::uint64_t clock_ms, std::uint64_t valid_until_ms) {
  return std::clamp(valid_until_ms, head_ms, std::max(head_ms, clock_ms));
}

std::unique_ptr<grpc::Service> make_ledger_service(ServiceContext& context) {
  return std::make_unique<Service>(context);
}

}  // namespace testamur::node

#include "node/rpc/admission.h"

#include <algorithm>

namespace testamur::node {

namespace tx = ledger::tx;

Admitted admit(ServiceContext& context, const Head& head, const std::string& carried) {
  TimedSection timed(context.counters.check);
  auto decoded = tx::decode(context.genesis.chain, to_bytes(as_bytes(carried)));
  if (auto* rejection = std::get_if<tx::Rejection>(&decoded)) {
    context.counters.transactions_refused.add();
    return {rejected(*rejection), nullptr, *rejection, {}};
  }

  // Submitting a committed id again answers committed, whoever signs it now.
  auto transaction = std::get<tx::SharedTransaction>(std::move(decoded));
  if (auto committed = committed_outcome(*head.state, transaction->id())) {
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
    return {rejected(*rejection), transaction, *rejection, {}};
  }
  return {grpc::Status::OK, std::move(transaction), {}, {}};
}

std::optional<v1::ErrorDetail> refusal_of(Mempool::Added added, const Mempool::Limits& limits) {
  v1::ErrorDetail detail;
  detail.set_retry_after_ms(1000);
  if (added == Mempool::Added::kFull) {
    detail.set_code("mempool_full");
    detail.set_rule("too much waits for a block already: try again later");
    detail.set_limit(limits.bytes);
    return detail;
  }
  if (added == Mempool::Added::kAuthorFull) {
    detail.set_code("author_full");
    detail.set_rule("too many transactions of this institution wait already");
    detail.set_limit(limits.per_author);
    return detail;
  }
  return std::nullopt;
}

grpc::Status status_of(const v1::ErrorDetail& refusal) {
  return fail(grpc::StatusCode::RESOURCE_EXHAUSTED, refusal, refusal.rule());
}

std::uint64_t submission_time_ms(std::uint64_t head_ms, std::uint64_t clock_ms, std::uint64_t valid_until_ms) {
  return std::clamp(valid_until_ms, head_ms, std::max(head_ms, clock_ms));
}

}  // namespace testamur::node

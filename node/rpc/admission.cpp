#include "node/rpc/admission.h"

namespace testamur::node {

Admitted admit(ServiceContext& context, Admission& admission, const std::string& carried) {
  auto result = admission.admit(to_bytes(as_bytes(carried)));

  // Submitting a committed id again answers committed, whoever signs it now.
  if (result.committed)
    return {grpc::Status::OK, std::move(result.transaction), {}, result.committed};

  if (result.transaction != nullptr && context.chain.stopped_before_protocol()) {
    return {unavailable("protocol_unknown",
                        "this node has stopped before a protocol version that it does not know"),
            nullptr,
            {},
            {}};
  }

  if (result.rejection) {
    context.counters.transactions_refused.add();
    return {rejected(*result.rejection), std::move(result.transaction), result.rejection, {}};
  }
  return {grpc::Status::OK, std::move(result.transaction), {}, {}};
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

}  // namespace testamur::node

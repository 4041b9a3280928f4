// What becomes of a submitted transaction before the chain sees it. Any thread.
#pragma once

#include <optional>
#include <vector>

#include "node/rpc/services/services.h"

namespace testamur::node {

struct Admitted {
  grpc::Status status;
  ledger::tx::SharedTransaction transaction;  // null: it is not well-formed
  std::optional<ledger::tx::Rejection> rejection;
  std::optional<Outcome> committed;  // it is on the ledger already

  // Whether the chain is to take it.
  bool is_fresh() const { return status.ok() && !committed; }
};

// By the rule that peers' transactions pass as well (node/chain/admission.h).
Admitted admit(ServiceContext& context, Admission& admission, const std::string& carried);

// What the mempool said: the error, or nothing when it holds the transaction. The code of the
// refusal is the detail's.
std::optional<v1::ErrorDetail> refusal_of(Mempool::Added added, const Mempool::Limits& limits);
grpc::Status status_of(const v1::ErrorDetail& refusal);

}  // namespace testamur::node

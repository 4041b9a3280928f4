#include "consensus/evidence_log.h"

namespace testamur::consensus {

bool EvidenceLog::has_reported(View view, std::uint8_t validator) const {
  return reported_.contains({view, validator});
}

void EvidenceLog::report(std::uint8_t validator, const SignedStatement& first,
                         const SignedStatement& second) {
  if (!reported_.insert({first.statement.view, validator}).second) return;

  ++count_;
  const auto& set = context_.committee.set();
  context_.driver.misbehaviour({set.at(validator).id, validator, set.digest(), first.statement,
                                first.signature, second.statement, second.signature});
}

void EvidenceLog::forget_through(View view) {
  std::erase_if(reported_, [&](const auto& reported) { return std::get<View>(reported) <= view; });
}

}  // namespace testamur::consensus

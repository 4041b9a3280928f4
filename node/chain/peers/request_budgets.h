// How often each institution may make this node send more than it got: a request of 55 bytes makes
// the strand encode a block of 2 MiB.
//
// A member of the validator set may ask for as many blocks as a node that was cut off needs,
// anybody else for a few at once and a few a second; an honest asker keeps to half of that
// (consensus/question_budget.h). Owns one budget an institution, a bounded number of them. Belongs
// to the chain's strand.
#pragma once

#include <cstdint>
#include <map>

#include "common/ids.h"
#include "consensus/question_budget.h"
#include "consensus/values/message.h"

namespace testamur::node {

class RequestBudgets {
 public:
  // Whether `message` asks for something, and so has a price.
  static bool asks(const consensus::Message& message);
  // Whether a message that asks may be handled: its sender's budget is charged.
  bool allow(const InstitutionId& from, bool member, const consensus::Message& message,
             std::uint64_t now_ms);

 private:
  bool make_room(bool member, std::uint64_t now_ms);

  std::map<InstitutionId, consensus::QuestionBudget> budgets_;
};

}  // namespace testamur::node

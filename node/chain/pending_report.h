// What the engine was last told to be pending, so that it is told only news. A value of the chain's
// strand.
#pragma once

namespace testamur::node {

class PendingReport {
 public:
  // Transactions came while there may have been some already: the engine then builds at once.
  void note_arrival() { arrived_ = true; }
  bool heartbeat_told() const { return heartbeat_; }

  // Whether this is news; it then counts as told.
  bool is_news(bool transactions, bool heartbeat) {
    const bool news =
        transactions != transactions_ || heartbeat != heartbeat_ || (arrived_ && transactions);
    if (!news) return false;
    transactions_ = transactions;
    heartbeat_ = heartbeat;
    arrived_ = false;
    return true;
  }

 private:
  bool arrived_ = false;
  bool transactions_ = false;
  bool heartbeat_ = false;
};

}  // namespace testamur::node

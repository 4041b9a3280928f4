// A ledger with real nodes on which institutions speak of each other, and a client of it.
#pragma once

#include "tests/node/running_nodes.h"
#include "wallet/cli/context.h"

namespace testamur::wallet::test {

struct SpeakingLedger {
  // University 0 has the node; the last institution is an agency.
  explicit SpeakingLedger(std::size_t institutions)
      : nodes(1, {{"statement_changes_per_day", 100'000}}, institutions - 1, 1) {
    context.home = directory.path().string();
    context.endpoints = {"127.0.0.1:" + std::to_string(nodes.at(0).node->api_port())};
    context.json = context.yes = context.quiet = true;
  }

  InstitutionId id(std::size_t index) { return nodes.at(index).id; }
  // Waits until it is committed and the node's decisions have seen it.
  TransactionId commit(std::size_t by, KeyPurpose purpose, const ledger::tx::Built& built);
  TransactionId say(std::size_t by, std::size_t of, ledger::tx::StatementContent content);
  TransactionId trust(std::size_t by, std::size_t of, std::uint8_t amount = 120,
                      std::uint8_t depth = 0);
  TransactionId distrust(std::size_t by, std::size_t of);
  TransactionId accredit(std::size_t by, std::size_t of);
  void settle();

  node::TemporaryDirectory directory;
  node::RunningNodes nodes;
  Context context;
  Client client{
      ClientOptions{{"127.0.0.1:" + std::to_string(nodes.at(0).node->api_port())}, 10'000, ""}};
};

}  // namespace testamur::wallet::test

#include "tests/wallet/trust_fixture.h"

#include "tests/support/catch.h"

namespace testamur::wallet::test {

namespace tx = ledger::tx;

TransactionId SpeakingLedger::commit(std::size_t by, KeyPurpose purpose, const tx::Built& built) {
  const auto outcome = nodes.commit(0, nodes.sign(by, purpose, built));
  REQUIRE(outcome.state == node::Outcome::State::kCommitted);
  return std::get<tx::UnsignedTransaction>(built).id;
}

TransactionId SpeakingLedger::say(std::size_t by, std::size_t of, tx::StatementContent content) {
  content.subject = id(of);
  if (content.valid_from_ms == 0) content.valid_from_ms = 1;
  return commit(by, KeyPurpose::kGovern, tx::build(nodes.envelope(by), content));
}

TransactionId SpeakingLedger::trust(std::size_t by, std::size_t of, std::uint8_t amount,
                                    std::uint8_t depth) {
  tx::StatementContent content;
  content.amount = amount;
  content.depth = depth;
  return say(by, of, content);
}

TransactionId SpeakingLedger::distrust(std::size_t by, std::size_t of) {
  tx::StatementContent content;
  content.kind = tx::StatementKind::kDistrust;
  return say(by, of, content);
}

TransactionId SpeakingLedger::accredit(std::size_t by, std::size_t of) {
  tx::StatementContent content;
  content.kind = tx::StatementKind::kAccredit;
  content.accreditation = true;
  content.amount = 120;
  content.scheme = tx::QualityScheme::kEsg;
  return say(by, of, content);
}

void SpeakingLedger::settle() {
  const auto height = nodes.at(0).node->chain().head()->header.height.value;
  DecideQuery query;
  query.issuer = id(0);
  for (;;) {
    auto answer = client.decide(query);
    REQUIRE(std::holds_alternative<Json>(answer));
    if (std::get<Json>(answer)["decision"].value("as_of_height", std::uint64_t{0}) >= height)
      return;
  }
}

}  // namespace testamur::wallet::test

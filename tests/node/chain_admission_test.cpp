// The one rule of admission, on a real node's state, and what peers' transactions meet.
#include <future>

#include "ledger/tx/build.h"
#include "node/chain/admission.h"
#include "tests/node/running_nodes.h"
#include "tests/support/catch.h"

namespace testamur::node {
namespace {

namespace tx = ledger::tx;

}  // namespace

namespace {

AdmissionResult::Verdict verdict(Admission admission, const Bytes& carried) {
  return admission.admit(carried).verdict;
}

tx::RejectionCode code(Admission admission, const Bytes& carried) {
  return admission.admit(carried).rejection.value().code;
}

// Waits until what was posted to the strand before has run.
void settle(Chain& chain) {
  std::promise<void> done;
  chain.status([&](const ChainStatus&) { done.set_value(); });
  done.get_future().wait();
}

}  // namespace

TEST_CASE(
    "admission: form, validity, author, keys, threshold and signatures hold, or it is refused; the "
    "state may say "
    "later") {
  RunningNodes nodes(1, {}, 1);
  const auto achievement = nodes.publish(0, 0);
  auto& chain = nodes.at(0).node->chain();
  const auto genuine = nodes.batch(0, achievement, 0, 5);
  CHECK(verdict(chain.admission(), genuine) == AdmissionResult::Verdict::kReady);

  // A signature that does not hold, a key that is not known, and an author who has none of that
  // name.
  auto forged = genuine;
  forged.back() ^= 1U;
  CHECK(verdict(chain.admission(), forged) == AdmissionResult::Verdict::kRefused);
  CHECK(code(chain.admission(), forged) == tx::RejectionCode::kBadSignature);
  const auto stranger = SecretKey::generate(SignatureAlgorithm::kBip340);
  const tx::IssueListedContent content{achievement, IssuerIndex{50}, {sha256(as_bytes("x"))}};
  const auto of_stranger =
      tx::attach_signed(std::get<tx::UnsignedTransaction>(tx::build(nodes.envelope(0), content)),
                        KeyPurpose::kIssue, stranger);
  CHECK(code(chain.admission(), of_stranger) == tx::RejectionCode::kUnknownKey);
  auto envelope = nodes.envelope(0);
  envelope.author.bytes.fill(9);
  const tx::IssueListedContent of_nobody{
      {envelope.author, 1, 1}, IssuerIndex{0}, {sha256(as_bytes("x"))}};
  const auto unknown_author =
      tx::attach_signed(std::get<tx::UnsignedTransaction>(tx::build(envelope, of_nobody)),
                        KeyPurpose::kIssue, stranger);
  CHECK(code(chain.admission(), unknown_author) == tx::RejectionCode::kUnknownAuthor);
  auto far = nodes.envelope(0);
  far.valid_until_ms += 20ULL * 3'600'000;
  CHECK(code(chain.admission(), nodes.sign(0, KeyPurpose::kIssue, tx::build(far, content))) ==
        tx::RejectionCode::kValidTooLong);
  CHECK(verdict(chain.admission(), Bytes(200, 7)) == AdmissionResult::Verdict::kRefused);

  // Everything holds but the state: a later one may take it.
  const tx::IssueListedContent early{
      {nodes.at(0).id, 77, 1}, IssuerIndex{60}, {sha256(as_bytes("x"))}};
  const auto not_yet = nodes.sign(0, KeyPurpose::kIssue, tx::build(nodes.envelope(0), early));
  CHECK(verdict(chain.admission(), not_yet) == AdmissionResult::Verdict::kNotYet);

  REQUIRE(nodes.commit(0, genuine).state == Outcome::State::kCommitted);
  CHECK(verdict(chain.admission(), genuine) == AdmissionResult::Verdict::kCommitted);
  CHECK(verdict(chain.admission(), forged) == AdmissionResult::Verdict::kCommitted);
}

namespace {

// Somebody else's node as the chain sees it: what it hands over comes from that institution.
struct Peer {
  Chain& chain;
  net::Origin origin;

  void send(std::vector<Bytes> transactions) {
    chain.post()([this, transactions = std::move(transactions)]() mutable {
      chain.receiver().on_frame(origin, net::Frame(net::Transactions{std::move(transactions)}),
                                nullptr);
    });
  }
};

// Judged aside, then taken on the strand: waits until `id` is there, or a later one that follows it
// is.
bool waits_here(Chain& chain, const TransactionId& id) {
  std::promise<bool> found;
  chain.look_up(id, [&](const Outcome&, const tx::SharedTransaction& waiting) {
    found.set_value(waiting != nullptr);
  });
  return found.get_future().get();
}

TransactionId id_of(const ChainId& chain, const Bytes& carried) {
  return std::get<tx::SharedTransaction>(tx::decode(chain, carried))->id();
}

}  // namespace

TEST_CASE(
    "a forged copy that comes first keeps no genuine transaction out, and what peers bring passes "
    "the API's rule") {
  // A second validator that never runs: nothing is committed, so what is taken stays to be looked
  // at.
  RunningNodes nodes(2);
  nodes.stop(1);
  auto& chain = nodes.at(0).node->chain();
  Peer peer{chain, {nodes.at(1).id, {}}};
  const tx::StatementContent trust = [&] {
    tx::StatementContent content;
    content.subject = nodes.at(1).id;
    content.kind = tx::StatementKind::kDistrust;
    content.reason = tx::StatementReason::kQualityConcern;
    return content;
  }();
  const auto genuine = nodes.sign(0, KeyPurpose::kGovern, tx::build(nodes.envelope(0), trust));
  auto forged = genuine;
  forged.back() ^= 1U;
  const auto later = nodes.sign(0, KeyPurpose::kGovern, tx::build(nodes.envelope(0), trust));
  REQUIRE(verdict(chain.admission(), genuine) == AdmissionResult::Verdict::kReady);
  REQUIRE(verdict(chain.admission(), forged) == AdmissionResult::Verdict::kRefused);

  peer.send({forged, later});
  while (!waits_here(chain, id_of(nodes.chain(), later))) settle(chain);
  CHECK_FALSE(waits_here(chain, id_of(nodes.chain(), genuine)));
  peer.send({genuine});
  while (!waits_here(chain, id_of(nodes.chain(), genuine))) settle(chain);
  SUCCEED("the genuine one came in");
}

}  // namespace testamur::node

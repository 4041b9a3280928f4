// Whichever field of whichever answer is lost, or given an enumerator that nobody knows, no
// decision gets better.
//
// The messages are made here, each with one reason for a no: the reason stands in one field, and
// every field is lost in turn. Lists that enumerate (all statements, all institutions) are not
// shortened: that nobody can tell by the answer is said in wallet/cli/flow/local_view.h.
#include <google/protobuf/descriptor.h>

#include "tests/support/catch.h"
#include "tests/wallet/lying_node.h"
#include "trust/decide.h"
#include "wallet/cli/description/render.h"
#include "wallet/cli/flow/local_view.h"
#include "wallet/client/decode.h"
#include "wallet/client/graph_file.h"

namespace testamur::wallet {
namespace {

using test::Forgery;

constexpr std::uint64_t kDayMs = 86'400'000;
constexpr std::uint64_t kNowMs = 20'000 * kDayMs;

// What is lost, or said in a word of tomorrow; lies beyond that are lying_node_test.cpp's.
std::vector<Forgery> losses_of(const google::protobuf::Message& answer) {
  std::vector<Forgery> losses;
  for (auto& forgery : test::forgeries_of("", answer, nullptr)) {
    if (forgery.what.ends_with(" dropped") || forgery.what.ends_with(" = 99"))
      losses.push_back(std::move(forgery));
  }
  REQUIRE(losses.size() > 1);
  return losses;
}

// `good` of what is decoded: false for the truth, and for everything that lost a field.
template <class Message>
void stays_bad(const Message& truth, const std::function<bool(const Message&)>& good) {
  CHECK_FALSE(good(truth));
  for (const auto& loss : losses_of(truth)) {
    Message forged = truth;
    loss.apply(forged);
    INFO(std::string(Message::descriptor()->name()) << ": " << loss.what);
    CHECK_FALSE(good(forged));
  }
}

// ---- a network of three: 1 is the viewpoint, 2 in between, 3 the issuer; 4 an agency
// ----------------------------

std::string bytes(std::uint8_t number, std::size_t size) {
  return std::string(size, static_cast<char>(number));
}
InstitutionId party(std::uint8_t number) {
  return *InstitutionId::from(as_bytes(bytes(number, InstitutionId::kSize)));
}

void set_anchor(v1::Anchor& anchor, std::uint64_t height) {
  anchor.set_height(height);
  anchor.set_time_ms(kNowMs - (100 - height) * kDayMs);
  anchor.set_log_index(height);
}

struct Network {
  std::map<std::uint8_t, v1::InstitutionView> institutions;
  std::vector<v1::StatementView> statements;
  std::vector<v1::SuccessionView> successions;

  Network() {
    for (std::uint8_t number = 1; number <= 4; ++number) add_institution(number);
  }

  static void set_name(std::uint8_t number, v1::InstitutionName& name) {
    name.set_id(bytes(number, InstitutionId::kSize));
    name.set_name_now("University " + std::to_string(number));
  }

  void add_institution(std::uint8_t number) {
    auto& view = institutions[number];
    set_name(number, *view.mutable_name());
    view.set_institution_class(number == 4 ? v1::INSTITUTION_CLASS_ACCREDITOR
                                           : v1::INSTITUTION_CLASS_ISSUER);
    view.set_standing(v1::INSTITUTION_STANDING_GOOD);
    view.mutable_facts()->set_country("AT");
    view.set_parent_id("");
    set_anchor(*view.mutable_registered(), number);
    auto& key = *view.add_keys();
    key.set_id(bytes(number, KeyId::kSize));
    key.set_institution_id(bytes(number, InstitutionId::kSize));
    key.set_purpose(v1::KEY_PURPOSE_VIEW_GOVERN);
    key.set_algorithm(v1::KEY_ALGORITHM_VIEW_BIP340);
    key.set_state(v1::KEY_STATE_ACTIVE);
    set_anchor(*key.mutable_added(), number);
    view.set_key_count(1);
    add_version(number, number);
  }
  v1::InstitutionVersion& add_version(std::uint8_t number, std::uint64_t height) {
    auto& view = institutions[number];
    auto& version = *view.add_history();
    version.set_from_height(height);
    version.set_from_time_ms(kNowMs - (100 - height) * kDayMs);
    version.set_standing(v1::INSTITUTION_STANDING_GOOD);
    version.set_institution_class(view.institution_class());
    version.set_retroactive(false);
    *version.mutable_facts() = view.facts();
    version.set_parent_id("");
    view.set_version_count(static_cast<std::uint32_t>(view.history_size()));
    return version;
  }

  v1::StatementView& say(v1::StatementKind kind, std::uint8_t by, std::uint8_t of,
                         std::uint64_t height) {
    auto& view = statements.emplace_back();
    view.set_id(
        bytes(static_cast<std::uint8_t>(0x80 + statements.size()), trust::StatementId::kSize));
    set_name(by, *view.mutable_truster());
    set_name(of, *view.mutable_subject());
    view.set_kind(kind);
    const bool speaks = kind == v1::STATEMENT_KIND_TRUST || kind == v1::STATEMENT_KIND_ACCREDIT;
    view.set_amount(speaks ? 120 : 0);
    view.set_depth(kind == v1::STATEMENT_KIND_TRUST ? 1 : 0);
    view.mutable_scope()->set_entries(0);
    view.set_valid_from_ms(1);
    view.set_valid_until_ms(0);
    view.set_slot(0);
    if (kind == v1::STATEMENT_KIND_ACCREDIT) view.set_scheme(v1::QUALITY_ASSURANCE_SCHEME_ESG);
    view.set_names_count(0);
    set_anchor(*view.mutable_anchor(), height);
    view.set_key_id(bytes(by, KeyId::kSize));
    view.set_in_force(true);
    return view;
  }
  v1::StatementView& trust(std::uint8_t by, std::uint8_t of, std::uint64_t height) {
    return say(v1::STATEMENT_KIND_TRUST, by, of, height);
  }

  // Calls `use` with every message that the network consists of.
  void for_each_message(const std::function<void(google::protobuf::Message&)>& use) {
    for (auto& [number, view] : institutions) use(view);
    for (auto& view : statements) use(view);
    for (auto& view : successions) use(view);
  }
};

// The network as a node answers it, by the same decoders.
class NetworkSource final : public GraphSource {
 public:
  // `authors`: who was asked for each of the statements.
  NetworkSource(const Network& network, const std::vector<InstitutionId>& authors)
      : network_(network), authors_(authors) {}
  std::string name() const override { return "a network"; }
  Result<InstitutionsAnswer> institutions() override {
    v1::ListInstitutionsResponse answer;
    for (const auto& [number, view] : network_.institutions) {
      auto& added = *answer.add_institutions();
      added = view;
      added.clear_keys();
      added.clear_history();
    }
    answer.mutable_as_of()->set_height(100);
    answer.mutable_as_of()->set_time_ms(kNowMs);
    answer.mutable_as_of()->set_block_id(bytes(9, 32));
    return decode(answer);
  }
  Result<InstitutionAnswer> institution(const InstitutionId& id) override {
    for (const auto& [number, view] : network_.institutions) {
      auto answer = decode(view);
      if (answer.name.id == id) return answer;
    }
    return error("nobody has this id");
  }
  Result<StatementsAnswer> statements(const InstitutionId& author) override {
    // The node was asked for those of an author; the client refuses an answer about another one.
    StatementsAnswer answer;
    for (std::size_t i = 0; i < network_.statements.size(); ++i) {
      if (authors_.at(i) != author) continue;
      answer.statements.push_back(decode(network_.statements[i]));
      if (answer.statements.back().truster.id != author) return error("about another author");
    }
    return answer;
  }
  Result<SuccessionsAnswer> successions() override {
    v1::ListSuccessionsResponse answer;
    for (const auto& view : network_.successions) *answer.add_successions() = view;
    return decode(answer);
  }

 private:
  const Network& network_;
  const std::vector<InstitutionId>& authors_;
};

struct Asked {
  trust::Policy policy;
  trust::ScopePoint point;
};

// The amount that 1 accepts of what 3 awards; nothing where the answers were refused.
std::optional<trust::Decision> decide(const Network& network,
                                      const std::vector<InstitutionId>& authors,
                                      const Asked& asked) {
  NetworkSource source(network, authors);
  auto view = fetch_local_view(source, party(1), {party(3)}, asked.policy);
  if (!view.ok()) return std::nullopt;
  trust::Query query;
  query.viewpoint = party(1);
  query.issuer = party(3);
  query.as_of = view->as_of;
  query.at_time_ms = view->as_of.today_ms;
  query.point = asked.point;
  return trust::decide(view->history, query, asked.policy);
}

void stays_refused(const std::string& reason, Network network, const Asked& asked = {}) {
  INFO(reason);
  std::vector<InstitutionId> authors;
  for (const auto& view : network.statements)
    authors.push_back(*InstitutionId::from(as_bytes(view.truster().id())));
  const auto truth = decide(network, authors, asked);
  REQUIRE(truth);
  CHECK(truth->outcome != trust::Outcome::kAccept);

  std::size_t tried = 0;
  network.for_each_message([&](google::protobuf::Message& message) {
    for (const auto& loss : losses_of(message)) {
      const std::unique_ptr<google::protobuf::Message> before(message.New());
      before->CopyFrom(message);
      loss.apply(message);
      const auto forged = decide(network, authors, asked);
      message.CopyFrom(*before);
      ++tried;
      INFO(std::string(message.GetDescriptor()->name()) << ": " << loss.what);
      CHECK((!forged || forged->outcome != trust::Outcome::kAccept));
      CHECK((!forged || forged->amount <= truth->amount));
    }
  });
  CHECK(tried > 100);
}

Network accepting() {
  Network network;
  network.trust(1, 2, 10);
  network.trust(2, 3, 11);
  return network;
}

TEST_CASE("the network without a reason for a no says yes, and a loss never says more") {
  const auto network = accepting();
  const auto truth = decide(network, {party(1), party(2)}, {});
  REQUIRE(truth);
  CHECK(truth->outcome == trust::Outcome::kAccept);
}

TEST_CASE("by one's own policy: no limit of a statement that is lost turns a no into a yes") {
  const auto education = *trust::parse_field("0111");
  {
    auto network = accepting();
    network.statements[1].mutable_scope()->add_fields("0613");
    network.statements[1].mutable_scope()->set_entries(1);
    Asked asked;
    asked.point.fields = education;
    stays_refused("the scope names another field", network, asked);
  }
  {
    auto network = accepting();
    network.statements[0].mutable_scope()->add_levels(6);
    network.statements[0].mutable_scope()->add_purposes("credit");
    network.statements[0].mutable_scope()->set_entries(2);
    Asked asked;
    asked.point.level = 7;
    stays_refused("the scope names another level", network, asked);
  }
  {
    auto network = accepting();
    network.statements[1].set_amount(60);
    stays_refused("the amount is too small", network);
  }
  {
    auto network = accepting();
    network.statements[0].set_depth(0);
    stays_refused("the viewpoint does not trust what 2 introduces", network);
  }
  {
    auto network = accepting();
    network.statements[1].set_valid_until_ms(kNowMs - kDayMs);
    stays_refused("the trust has ended", network);
  }
  {
    auto network = accepting();
    network.statements[1].set_valid_from_ms(kNowMs + kDayMs);
    stays_refused("the trust has not begun", network);
  }
}

TEST_CASE("by one's own policy: no later statement that loses a field is taken for none") {
  {
    auto network = accepting();
    network.say(v1::STATEMENT_KIND_END, 2, 3, 20);
    stays_refused("the trust was withdrawn", network);
  }
  {
    auto network = accepting();
    network.say(v1::STATEMENT_KIND_DISTRUST, 1, 3, 20).set_slot(1);
    stays_refused("the viewpoint distrusts the issuer", network);
  }
}

TEST_CASE(
    "by one's own policy: nothing lost about an institution gives it back its standing, its keys "
    "or its role") {
  {
    auto network = accepting();
    network.add_version(2, 30).set_standing(v1::INSTITUTION_STANDING_SUSPENDED);
    network.institutions[2].set_standing(v1::INSTITUTION_STANDING_SUSPENDED);
    stays_refused("the friend is suspended", network);
  }
  {
    auto network = accepting();
    auto& key = *network.institutions[2].mutable_keys(0);
    key.set_state(v1::KEY_STATE_COMPROMISED);
    key.set_compromised_since_ms(1);
    set_anchor(*key.mutable_retired(), 30);
    stays_refused("the friend's key was compromised", network);
  }
  {
    auto network = accepting();
    auto& succession = network.successions.emplace_back();
    succession.set_kind(v1::SUCCESSION_KIND_CUSTODY);
    Network::set_name(2, *succession.add_predecessors());
    Network::set_name(4, *succession.add_successors());
    succession.set_closes(true);
    succession.set_effective(true);
    succession.set_party_count(2);
    set_anchor(*succession.mutable_anchor(), 30);
    network.add_version(2, 30).set_standing(v1::INSTITUTION_STANDING_CLOSED);
    network.institutions[2].set_standing(v1::INSTITUTION_STANDING_CLOSED);
    stays_refused("the friend was closed by a succession", network);
  }
}

TEST_CASE("by one's own policy: nothing lost about an accreditation or its agency brings it back") {
  Asked accredited;
  accredited.policy.accreditation = {trust::AccreditationRequirement{}};
  const auto with_agency = [] {
    auto network = accepting();
    network.trust(1, 4, 12);
    network.say(v1::STATEMENT_KIND_ACCREDIT, 4, 3, 13);
    return network;
  };
  const auto truth = decide(with_agency(), {party(1), party(2), party(1), party(4)}, accredited);
  REQUIRE(truth);
  CHECK(truth->outcome == trust::Outcome::kAccept);
  {
    auto network = with_agency();
    auto& end = network.say(v1::STATEMENT_KIND_END, 4, 3, 20);
    end.add_names(network.statements[3].id());
    end.set_names_count(1);
    stays_refused("the accreditation was ended", network, accredited);
  }
  {
    auto network = with_agency();
    auto& version = network.add_version(4, 30);
    version.set_institution_class(v1::INSTITUTION_CLASS_ISSUER);
    version.set_retroactive(true);
    network.institutions[4].set_institution_class(v1::INSTITUTION_CLASS_ISSUER);
    stays_refused("the agency lost its role retroactively", network, accredited);
  }
}

TEST_CASE("what is asked for itself: nothing lost makes it better") {
  v1::GetKeyResponse key;
  key.mutable_key()->set_id(bytes(7, KeyId::kSize));
  key.mutable_key()->set_state(v1::KEY_STATE_RETIRED);
  set_anchor(*key.mutable_key()->mutable_added(), 1);
  set_anchor(*key.mutable_key()->mutable_retired(), 2);
  stays_bad<v1::GetKeyResponse>(
      key, [](const auto& answer) { return decode(answer).key.state == KeyState::kActive; });

  v1::ListReadyResponse ready;
  auto& one = *ready.add_ready();
  one.set_id(bytes(7, TransactionId::kSize));
  one.set_lapses_ms(kNowMs - 1);
  one.set_lapsed(true);
  ready.mutable_as_of()->set_height(5);
  ready.mutable_as_of()->set_time_ms(kNowMs);
  stays_bad<v1::ListReadyResponse>(ready, [](const auto& answer) {
    const auto list = decode(answer).ready;
    return !list.empty() && !list.front().lapsed;
  });

  // An index before the next free one belongs to another credential.
  v1::GetIssuerIndexesResponse indexes;
  auto& run = *indexes.add_used();
  run.set_first(1);
  run.set_count(200);
  indexes.set_next_free(201);
  indexes.mutable_as_of()->set_time_ms(kNowMs);
  stays_bad<v1::GetIssuerIndexesResponse>(
      indexes, [](const auto& answer) { return decode(answer).next_free.value_or(201) < 201; });

  v1::GetAchievementResponse achievement;
  achievement.mutable_achievement()->set_issuable(false);
  set_anchor(*achievement.mutable_achievement()->mutable_retired(), 3);
  achievement.mutable_achievement()->mutable_point()->add_fields("0613");
  achievement.mutable_achievement()->mutable_point()->set_entries(1);
  stays_bad<v1::GetAchievementResponse>(achievement,
                                        [](const auto& answer) { return decode(answer).issuable; });
  stays_bad<v1::GetAchievementResponse>(achievement, [](const auto& answer) {
    const auto said = decode(answer);
    return said.point_known && said.point.fields == trust::FieldMask{};
  });
}

TEST_CASE(
    "what is answered about a credential, a transaction and a vote: nothing lost makes it better") {
  v1::CheckBulkResponse bulk;
  bulk.add_issuers()->set_id(bytes(3, InstitutionId::kSize));
  bulk.add_achievements()->set_institution_id(bytes(3, InstitutionId::kSize));
  auto& slot = *bulk.add_verdicts()->add_slots();
  bulk.mutable_verdicts(0)->set_finding(v1::FINDING_FOUND);
  slot.set_status(v1::CREDENTIAL_STATUS_REVOKED);
  slot.set_effective_status(v1::CREDENTIAL_STATUS_VOID);
  slot.set_outcome(v1::DECISION_OUTCOME_REFUSE);
  stays_bad<v1::CheckBulkResponse>(bulk, [](const auto& answer) {
    const auto said = decode(answer);
    if (said.verdicts.empty() || said.verdicts.front().slots.empty()) return false;
    const auto& first = said.verdicts.front().slots.front();
    return first.status == LedgerStatus::kValid || first.effective_status == LedgerStatus::kValid ||
           first.outcome == Acceptance::kAccept;
  });
  // A verdict without its slots is not "not listed".
  stays_bad<v1::CheckBulkResponse>(bulk, [](const auto& answer) {
    const auto said = decode(answer);
    return !said.verdicts.empty() && said.verdicts.front().listing == Listing::kNotListed;
  });

  v1::DecideResponse decision;
  decision.mutable_decision()->set_outcome(v1::DECISION_OUTCOME_BLOCKED);
  decision.mutable_decision()->set_failed_rule("distrust");
  stays_bad<v1::DecideResponse>(
      decision, [](const auto& answer) { return decode(answer).outcome == Acceptance::kAccept; });

  v1::GetTransactionResponse transaction;
  transaction.mutable_outcome()->set_state(v1::TRANSACTION_STATE_PENDING);
  stays_bad<v1::GetTransactionResponse>(transaction, [](const auto& answer) {
    const auto state = decode(answer).state;
    return state == TransactionState::kCommitted || state == TransactionState::kNeverSeen;
  });

  v1::GetProposalResponse proposal;
  proposal.mutable_proposal()->set_state(v1::PROPOSAL_STATE_LAPSED);
  proposal.mutable_proposal()->set_approvals_needed(3);
  proposal.mutable_proposal()->set_approvals(2);
  stays_bad<v1::GetProposalResponse>(proposal, [](const auto& answer) {
    const auto state = decode(answer).state;
    return state == ProposalState::kVoting || state == ProposalState::kPassed ||
           state == ProposalState::kDone;
  });
}

TEST_CASE("a graph file of before the counts is read by the lists that it holds") {
  auto network = accepting();
  network.statements[1].mutable_scope()->add_fields("0613");
  network.statements[1].mutable_scope()->set_entries(1);
  Json view = Shown(network.statements[1]).json();
  view.erase("names_count");
  view["scope"].erase("entries");
  const auto read = read_statement(view);
  REQUIRE(read.ok());
  CHECK(read->unknown_part().empty());
  CHECK(read->scope->fields == *trust::parse_field("0613"));

  view["scope"].erase("levels");
  CHECK(read_statement(view).message().find("\"levels\" is missing") != std::string::npos);
  view = Shown(network.statements[1]).json();
  view.erase("slot");
  CHECK(read_statement(view)->unknown_part() == "its slot");
  view["novelty"] = 1;
  CHECK(read_statement(view).message().find("newer testamur") != std::string::npos);
}

// A peer that had said nothing was shown at block 0, as if it had lost its ledger.
TEST_CASE("a peer that has not told its block has none, which is not block 0") {
  v1::GetStatusResponse answer;
  answer.add_peers()->set_connected(true);
  auto& first = *answer.add_peers();
  first.set_connected(true);
  first.set_finalized_height(0);
  const auto status = decode(answer);
  REQUIRE(status.peers.size() == 2);
  CHECK_FALSE(status.peers[0].finalized_height);
  CHECK(status.peers[1].finalized_height == Height{0});
  const auto text = status_text(status);
  INFO(text);
  CHECK(text.find("connected, block none yet\n") != std::string::npos);
  CHECK(text.find("connected, block 0\n") != std::string::npos);
}

}  // namespace
}  // namespace testamur::wallet

// What a verifier's own policy says of an issuer, in words: whose view it is, who said the first
// link of a chain, and why it refuses. From a graph without a node.
#include "tests/support/catch.h"
#include "tests/wallet/temporary_folder.h"
#include "wallet/cli/files/policy_file.h"
#include "wallet/cli/flow/own_decision.h"
#include "wallet/credential/last_day.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

constexpr std::uint64_t kDayMs = 86'400'000;
constexpr std::uint64_t kStart = 1'600'000'000'000;
constexpr std::uint64_t kAnchor = 1'790'035'200'000;  // 2026-09-22
constexpr std::uint64_t kToday = kAnchor + 10 * kDayMs;

InstitutionId id_of(std::uint8_t number) {
  InstitutionId id;
  id.bytes.fill(number);
  return id;
}

AnchorAnswer anchored(std::uint64_t place) {
  AnchorAnswer anchor;
  anchor.log_index = LogIndex{place};
  anchor.height = Height{place};
  anchor.time_ms = kStart + place;
  return anchor;
}

// Friend (1), issuer (2) and Tartu (3), of which the friend trusts the issuer.
class ThreeParties final : public GraphSource {
 public:
  std::string name() const override { return "a graph"; }
  Result<InstitutionsAnswer> institutions() override {
    InstitutionsAnswer answer;
    answer.as_of = AsOf{Height{100}, kToday, std::string(64, 'a'), Basis::kSaid};
    for (std::uint8_t number = 1; number <= 3; ++number)
      answer.institutions.push_back(institution(id_of(number)).value());
    return answer;
  }
  Result<InstitutionAnswer> institution(const InstitutionId& id) override {
    constexpr const char* kNames[] = {"", "Friend", "Issuer", "Tartu"};
    InstitutionAnswer answer;
    answer.name.id = id;
    answer.name.name_now = kNames[id.bytes[0]];
    answer.institution_class = ledger::tx::InstitutionClass::kIssuer;
    answer.standing = trust::Standing::kGood;
    answer.parent_known = answer.keys_whole = answer.history_whole = true;
    answer.registered = anchored(id.bytes[0]);
    VersionAnswer version;
    version.institution_class = answer.institution_class;
    version.standing = answer.standing;
    version.parent_known = true;
    version.from_height = answer.registered->height;
    version.from_time_ms = answer.registered->time_ms;
    version.retroactive = false;
    answer.history = {version};
    return answer;
  }
  Result<StatementsAnswer> statements(const InstitutionId& author) override {
    StatementsAnswer answer;
    if (author != id_of(1)) return answer;
    StatementAnswer said;
    said.id.bytes.fill(9);
    said.truster.id = author;
    said.subject.id = id_of(2);
    said.kind = trust::Kind::kTrust;
    said.amount = 120;
    said.depth = 0;
    said.scope.emplace();
    said.valid_from_ms = kStart;
    said.valid_until_ms = 0;
    said.slot = 0;
    said.scheme = trust::Scheme::kNone;
    said.names_whole = true;
    said.anchor = anchored(10);
    said.key.emplace().bytes.fill(8);
    said.in_force = true;
    answer.statements = {said};
    return answer;
  }
  Result<SuccessionsAnswer> successions() override { return SuccessionsAnswer{}; }
};

struct Verifier {
  testamur::test::TemporaryFolder folder;
  std::optional<InstitutionId> viewpoint;

  RegistryFacts judge(const std::string& keys, const std::string& award_date,
                      const InstitutionId& issuer = id_of(2)) {
    const auto file = folder.file("policy.toml");
    const std::string policy = "[policy]\n" + keys + "[[policy.statement]]\nsubject = \"" +
                               to_text(id_of(1)) + "\"\ndepth = 1\n";
    REQUIRE(write_file_atomically(file, as_bytes(policy), Overwrite::kAllowed).ok());
    const auto files = read_own_files(Context{}, file, "");
    INFO(files.message());
    REQUIRE(files.ok());

    CredentialView credential;
    credential.head.reference =
        make_reference(ChainId::prefix_of(Bytes(32, 7)), issuer, IssuerIndex{7});
    if (!award_date.empty()) credential.disclosed[ClaimId::kAwardDate] = award_date;
    RegistryFacts facts;
    SlotRecord slot;
    slot.issuer = issuer;
    slot.index = IssuerIndex{7};
    slot.anchor_time_ms = kAnchor;
    facts.slots = std::vector{slot};

    ThreeParties graph;
    OwnDecision asked{*files, ""};
    asked.viewpoint = viewpoint;
    asked.now_ms = kToday;
    const auto decided =
        decide_by_own_policy(graph, asked, AwardQuestion{{}, {}, {}}, credential, facts);
    INFO(decided.message());
    REQUIRE(decided.ok());
    return facts;
  }
};

}  // namespace

// "Tartu > Friend > Issuer", of which Tartu had said nothing.
TEST_CASE("from another's viewpoint a policy's own statement is the policy's, and nobody else's") {
  Verifier verifier;
  auto facts = verifier.judge("", "");
  CHECK(facts.acceptance->outcome == Acceptance::kAccept);
  CHECK(facts.decisions->at(0).paths.at(0) == "this policy > Friend > Issuer (120)");

  verifier.viewpoint = id_of(3);
  facts = verifier.judge("", "");
  CHECK(facts.acceptance->outcome == Acceptance::kAccept);
  CHECK(facts.acceptance->viewpoint == "Tartu");
  CHECK(facts.decisions->at(0).paths.at(0) == "this policy > Friend > Issuer (120)");
}

// "rule claim" and "rule own".
TEST_CASE("an own policy's answer says cause and cure, and no name of a rule") {
  Verifier verifier;
  const auto why = [&](const std::string& keys, const std::string& award_date,
                       const InstitutionId& issuer = id_of(2)) {
    const auto facts = verifier.judge(keys, award_date, issuer);
    for (const auto& decision : *facts.decisions)
      CHECK(decision.explanation.find("rule ") == std::string::npos);
    return facts.acceptance->explanation;
  };
  const std::string thirty = "max_anchor_lag_days = 30\n";
  CHECK(why(thirty, "2025-04-22") ==
        "awarded 518 days before it was anchored; your policy accepts 30 (max_anchor_lag_days)");
  CHECK(why(thirty, "2026-12-24").starts_with("awarded after it was anchored"));
  CHECK(why("separate_assessor = true\n", "").ends_with("(separate_assessor)"));
  CHECK(why("", "", id_of(5)) == "the issuer was not on the ledger at that time");

  verifier.viewpoint = id_of(2);
  const auto facts = verifier.judge("", "");
  CHECK(facts.acceptance->outcome == Acceptance::kAccept);
  CHECK(facts.acceptance->explanation == "it is the viewpoint's own award");
}

// A distrust under [[statement]] was passed over, and what it should have blocked was accepted.
TEST_CASE("a table beside [policy] that no node's configuration has is refused by name and line") {
  testamur::test::TemporaryFolder folder;
  const std::string file = folder.file("mine.toml");
  const auto why = [&](const std::string& text) {
    REQUIRE(write_file_atomically(file, as_bytes(text), Overwrite::kAllowed).ok());
    return read_policy_file(file).message();
  };
  const std::string policy = "[policy]\nthreshold = 60\n\n";
  CHECK(why(policy + "[[statement]]\nkind = \"distrust\"\n") ==
        file +
            ":4: [[statement]]: is no table of a policy, nor of a node's configuration: did you "
            "mean [[policy.statement]]?");
  CHECK(why(policy + "[accreditation]\namount = 120\n").find("[[policy.accreditation]]") !=
        std::string::npos);
  CHECK(why("[polcy]\nthreshold = 60\n").find("did you mean [policy]?") != std::string::npos);
  CHECK(why("threshold = 60\n" + policy).find(":1: threshold: stands in no table") !=
        std::string::npos);
  CHECK(why(policy + "[api]\nlisten = \"127.0.0.1:7601\"\n\n[[peer]]\npin = \"\"\n").empty());
}

}  // namespace testamur::wallet

// Mergers, splits, renames and custody: who has to agree, when they take effect, and what is
// closed. One case a rule.
#include <algorithm>

#include "ledger/tx/records/institutions.h"
#include "ledger/tx/records/successions.h"
#include "ledger/tx/rules/rules.h"
#include "tests/ledger/tx_fixture.h"
#include "tests/support/catch.h"

namespace testamur::test {

namespace {

constexpr auto kRoot = KeyPurpose::kRoot;
using enum tx::SuccessionKind;
using tx::Standing;

tx::SuccessionContent merger(std::vector<InstitutionId> predecessors, const InstitutionId& heir) {
  std::ranges::sort(predecessors);
  return {kMerge, true, heir, std::move(predecessors), {heir}};
}

tx::SuccessionContent split(const InstitutionId& predecessor, std::vector<InstitutionId> successors,
                            bool closes) {
  std::ranges::sort(successors);
  return {kSplit, closes, {}, {predecessor}, std::move(successors)};
}

struct World {
  World() : lyra(ledger.join(ledger.aurora, "lyra", "lyra.example")) {}

  std::optional<RejectionCode> agree(const Actor& party, const tx::SuccessionContent& content) {
    return code(ledger.commit(party, content, kRoot));
  }
  Standing standing(const Actor& party) {
    return tx::read_institution(ledger.state(), party.id)->standing;
  }
  std::optional<RejectionCode> form(const tx::SuccessionContent& content) {
    const auto built = tx::build(ledger.envelope(ledger.cygnus.id), content);
    const auto* rejection = std::get_if<Rejection>(&built);
    return rejection == nullptr ? std::nullopt : std::optional(rejection->code);
  }
  std::optional<RejectionCode> voted(const tx::SuccessionContent& content) {
    const auto context = ledger.next_block();
    tx::RecordCache cache;
    const auto parameters = ledger::read_parameters(ledger.state());
    const tx::StateView view{ledger.state(), cache,           parameters, ledger.chain(),
                             context.height, context.time_ms, {},         context.protocol_version};
    return code(tx::rules::check_voted(view, content));
  }

  TestLedger ledger;
  Actor lyra;
};

}  // namespace

TEST_CASE(
    "a merger takes effect when the last party agrees: predecessors close, each party has it on "
    "record") {
  World w;

  const auto content = merger({w.ledger.cygnus.id, w.ledger.agency.id}, w.lyra.id);
  REQUIRE(w.agree(w.lyra, content) == std::nullopt);
  REQUIRE(w.agree(w.ledger.cygnus, content) == std::nullopt);

  CHECK(w.standing(w.ledger.cygnus) == Standing::kGood);
  CHECK(tx::read_consent(w.ledger.state(), content, w.lyra.id));

  REQUIRE(w.agree(w.ledger.agency, content) == std::nullopt);
  CHECK(w.standing(w.ledger.cygnus) == Standing::kClosed);
  CHECK(w.standing(w.ledger.agency) == Standing::kClosed);
  CHECK(w.standing(w.lyra) == Standing::kGood);

  for (const auto* party : {&w.lyra, &w.ledger.cygnus, &w.ledger.agency}) {
    CHECK_FALSE(tx::read_consent(w.ledger.state(), content, party->id));
    const auto records = tx::successions_of(w.ledger.state(), party->id);
    REQUIRE(records.size() == 2);
    CHECK(records[0].event == tx::SuccessionEvent::kConsent);
    CHECK(records[1].event == tx::SuccessionEvent::kEffective);
    CHECK(records[1].content == content);
  }

  CHECK(tx::successions_of(w.ledger.state(), w.ledger.aurora.id).empty());
}

TEST_CASE(
    "author_not_in_good_standing, party_closed: a closed party never comes back, on neither side") {
  World w;
  const auto content = merger({w.ledger.cygnus.id}, w.lyra.id);

  REQUIRE_FALSE(w.agree(w.lyra, content));
  REQUIRE_FALSE(w.agree(w.ledger.cygnus, content));

  CHECK(w.agree(w.ledger.cygnus, merger({w.ledger.cygnus.id}, w.lyra.id)) ==
        RejectionCode::kAuthorNotInGoodStanding);
  CHECK(w.agree(w.lyra, content) == RejectionCode::kPartyClosed);
  CHECK(w.agree(w.lyra, merger({w.lyra.id}, w.ledger.cygnus.id)) == RejectionCode::kPartyClosed);
  CHECK(w.agree(w.lyra, split(w.ledger.cygnus.id, {w.lyra.id}, false)) ==
        RejectionCode::kPartyClosed);

  REQUIRE_FALSE(w.ledger.commit(w.ledger.agency, tx::InstitutionLeaveContent{}, kRoot));
  CHECK(w.agree(w.lyra, merger({w.ledger.agency.id}, w.lyra.id)) == RejectionCode::kPartyClosed);
}

TEST_CASE(
    "already_consented: an agreement counts for 30 days, to exactly these terms, and can then be "
    "given again") {
  World w;
  const auto content = merger({w.ledger.cygnus.id}, w.lyra.id);
  REQUIRE_FALSE(w.agree(w.lyra, content));
  CHECK(w.agree(w.lyra, content) == RejectionCode::kAlreadyConsented);
  // Other terms are another succession.
  REQUIRE_FALSE(w.agree(w.ledger.cygnus, split(w.ledger.cygnus.id, {w.lyra.id}, true)));
  CHECK(w.standing(w.ledger.cygnus) == Standing::kGood);
  w.ledger.pass_ms(tx::rules::kConsentMs);
  REQUIRE_FALSE(w.agree(w.ledger.cygnus, content));
  CHECK(w.standing(w.ledger.cygnus) == Standing::kGood);
  REQUIRE_FALSE(w.agree(w.lyra, content));
  CHECK(w.standing(w.ledger.cygnus) == Standing::kClosed);
}

TEST_CASE("not_a_party: nobody agrees for others") {
  World w;
  CHECK(w.form(merger({w.ledger.agency.id}, w.lyra.id)) == RejectionCode::kNotAParty);
}

TEST_CASE("party_listed: a listed institution succeeds nobody, because it cannot agree") {
  World w;
  CHECK(w.agree(w.ledger.cygnus, merger({w.ledger.cygnus.id}, w.ledger.draco.id)) ==
        RejectionCode::kPartyListed);
}

TEST_CASE("unknown_institution: every party is registered") {
  World w;
  const auto nobody = InstitutionId::prefix_of(hash_of(5).view());
  CHECK(w.agree(w.ledger.cygnus, merger({w.ledger.cygnus.id}, nobody)) ==
        RejectionCode::kUnknownInstitution);
}

TEST_CASE("party_not_in_good_standing: who was suspended since it agreed stops the succession") {
  World w;
  const auto content = merger({w.ledger.cygnus.id}, w.lyra.id);
  REQUIRE_FALSE(w.agree(w.ledger.cygnus, content));
  w.ledger.set_standing(w.ledger.cygnus.id, Standing::kSuspended);
  CHECK(w.agree(w.lyra, content) == RejectionCode::kPartyNotInGoodStanding);
  w.ledger.set_standing(w.ledger.cygnus.id, Standing::kGood);
  CHECK(w.agree(w.lyra, content) == std::nullopt);
}

TEST_CASE(
    "holds_seat: a member of the validator set closes only after its seat; it may be an heir, or "
    "split off a part") {
  World w;
  const auto closing = merger({w.ledger.aurora.id}, w.lyra.id);

  REQUIRE_FALSE(w.agree(w.ledger.aurora, closing));
  CHECK(w.agree(w.lyra, closing) == RejectionCode::kHoldsSeat);

  const auto spin_off = split(w.ledger.aurora.id, {w.lyra.id}, false);
  REQUIRE_FALSE(w.agree(w.ledger.aurora, spin_off));
  REQUIRE_FALSE(w.agree(w.lyra, spin_off));
  CHECK(w.standing(w.ledger.aurora) == Standing::kGood);

  const auto into_validator = merger({w.ledger.cygnus.id}, w.ledger.borealis.id);
  REQUIRE_FALSE(w.agree(w.ledger.cygnus, into_validator));
  REQUIRE_FALSE(w.agree(w.ledger.borealis, into_validator));
  CHECK(w.standing(w.ledger.cygnus) == Standing::kClosed);
}

TEST_CASE(
    "a rename closes the old registration, and its domain and identifiers pass to the new one") {
  World w;

  const tx::SuccessionContent rename{kRename, true, w.lyra.id, {w.ledger.cygnus.id}, {w.lyra.id}};

  auto facts = tx::read_institution(w.ledger.state(), w.lyra.id)->facts;
  facts.domain = "cygnus.example";

  const auto take = [&] {
    return code(w.ledger.commit(w.lyra, tx::InstitutionUpdateContent{facts}, kRoot));
  };

  REQUIRE_FALSE(w.agree(w.ledger.cygnus, rename));
  CHECK(take() == RejectionCode::kIdentifierTaken);

  REQUIRE_FALSE(w.agree(w.lyra, rename));
  CHECK(w.standing(w.ledger.cygnus) == Standing::kClosed);
  CHECK(take() == std::nullopt);
}

TEST_CASE("custody closes the predecessor; a split may leave it open") {
  World w;
  const tx::SuccessionContent custody{kCustody, true, {}, {w.ledger.cygnus.id}, {w.lyra.id}};
  REQUIRE_FALSE(w.agree(w.ledger.cygnus, custody));
  REQUIRE_FALSE(w.agree(w.lyra, custody));
  CHECK(w.standing(w.ledger.cygnus) == Standing::kClosed);
  const auto spin_off = split(w.ledger.agency.id, {w.lyra.id}, false);
  REQUIRE_FALSE(w.agree(w.ledger.agency, spin_off));
  REQUIRE_FALSE(w.agree(w.lyra, spin_off));
  CHECK(w.standing(w.ledger.agency) == Standing::kGood);
}

TEST_CASE("not_consented: a vote stands for predecessors, never for successors") {
  World w;

  const auto content = merger({w.ledger.cygnus.id}, w.lyra.id);
  CHECK(w.voted(content) == RejectionCode::kNotConsented);
  REQUIRE_FALSE(w.agree(w.lyra, content));
  CHECK(w.voted(content) == std::nullopt);

  w.ledger.set_standing(w.ledger.cygnus.id, Standing::kSuspended);
  CHECK(w.voted(content) == std::nullopt);

  w.ledger.set_standing(w.lyra.id, Standing::kSuspended);
  CHECK(w.voted(content) == RejectionCode::kPartyNotInGoodStanding);
  w.ledger.set_standing(w.lyra.id, Standing::kGood);

  const auto of_listed = merger({w.ledger.draco.id}, w.lyra.id);
  REQUIRE_FALSE(w.agree(w.lyra, of_listed));
  CHECK(w.voted(of_listed) == std::nullopt);

  const auto of_validator = merger({w.ledger.aurora.id}, w.lyra.id);
  REQUIRE_FALSE(w.agree(w.lyra, of_validator));
  CHECK(w.voted(of_validator) == RejectionCode::kHoldsSeat);

  w.ledger.pass_ms(tx::rules::kConsentMs + 1);
  CHECK(w.voted(content) == RejectionCode::kNotConsented);

  w.ledger.set_standing(w.ledger.cygnus.id, Standing::kLeft);
  CHECK(w.voted(content) == RejectionCode::kPartyClosed);
}

TEST_CASE(
    "the form of a succession: one heir, who is a successor; nobody succeeds itself; lists "
    "ascend") {
  World w;

  const auto& a = w.ledger.cygnus.id;
  const auto& b = w.lyra.id;
  const auto& c = w.ledger.agency.id;

  const auto changed = [&](tx::SuccessionContent content, auto change) {
    change(content);
    return w.form(content);
  };

  CHECK(w.form(merger({a, c}, b)) == std::nullopt);
  CHECK(w.form(merger({a, b}, b)) == RejectionCode::kAboutItself);
  CHECK(w.form(merger({}, a)) == RejectionCode::kFieldRange);
  CHECK(changed(merger({a, c}, b), [](auto& x) {
          std::swap(x.predecessors[0], x.predecessors[1]);
        }) == RejectionCode::kNotSorted);

  CHECK(changed(merger({a}, b), [](auto& x) { x.heir = {}; }) == RejectionCode::kFieldConflict);
  CHECK(changed(merger({a}, b), [](auto& x) { x.closes = false; }) ==
        RejectionCode::kFieldConflict);
  CHECK(changed(merger({a}, b), [](auto& x) { x.predecessors[0] = {}; }) ==
        RejectionCode::kFieldMissing);

  CHECK(changed(split(a, {b, c}, true), [&](auto& x) { x.heir = b; }) == std::nullopt);
  CHECK(changed(split(a, {b, c}, true), [&](auto& x) { x.heir = w.ledger.aurora.id; }) ==
        RejectionCode::kFieldConflict);
  CHECK(changed(split(a, {b, c}, false), [&](auto& x) { x.heir = b; }) ==
        RejectionCode::kFieldConflict);

  CHECK(changed(split(a, {b}, true), [&](auto& x) {
          x.predecessors = {std::min(a, c), std::max(a, c)};
        }) == RejectionCode::kFieldRange);

  CHECK(w.form({kCustody, true, b, {a}, {b}}) == RejectionCode::kFieldConflict);
  CHECK(w.form({kRename, true, {}, {a}, {b}}) == RejectionCode::kFieldConflict);

  auto many = merger({a}, b);
  for (std::uint64_t i = 0; i < tx::kSuccessionPartiesLimit; ++i) {
    many.predecessors.push_back(InstitutionId::prefix_of(hash_of(i).view()));
  }
  std::ranges::sort(many.predecessors);
  CHECK(w.form(many) == RejectionCode::kFieldRange);
}

}  // namespace testamur::test

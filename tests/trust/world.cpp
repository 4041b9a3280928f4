// Every call is a block of its own one second after the last unless a test sets the time, so that
// the order of a test is the order of the ledger.
#include "tests/trust/world.h"

#include "tests/support/catch.h"

namespace testamur::trust::test {

InstitutionId party_id(const std::string& name) {
  return InstitutionId::prefix_of(sha256(as_bytes(name)).view());
}

World::World(const std::vector<std::string>& parties) {
  for (const auto& name : parties) add(name);
}

Commit World::next_commit() {
  ++height_;
  ++order_;
  now_ms_ += 1000;
  return {LogIndex{order_}, Height{height_}, now_ms_, key};
}

World& World::time(std::uint64_t ms) {
  REQUIRE(ms >= now_ms_);
  now_ms_ = ms;
  return *this;
}

World& World::add(const std::string& name, bool accreditor, const std::string& parent) {
  const auto above = parent.empty() ? std::nullopt : std::optional(party_id(parent));
  REQUIRE_FALSE(history.add_party(party_id(name), next_commit(), accreditor, above).has_value());
  return *this;
}

std::optional<StatementError> World::try_say(const std::string& from, const std::string& to,
                                             Statement s) {
  s.truster = party_id(from);
  s.subject = party_id(to);
  s.commit = next_commit();
  if (s.id.is_zero()) {
    Encoder out;
    out.u64(order_);
    s.id = StatementId{sha256(out.bytes()).bytes};
  }
  return history.append(s);
}

StatementId World::say(const std::string& from, const std::string& to, Statement s) {
  const auto wrong = try_say(from, to, s);
  INFO(from << " says of " << to << ": " << (wrong ? to_text(*wrong) : "accepted"));
  REQUIRE_FALSE(wrong.has_value());
  return history.statement(static_cast<RowIndex>(history.statement_count() - 1)).id;
}

StatementId World::trust(const std::string& from, const std::string& to, unsigned amount,
                         unsigned depth) {
  Statement s;
  s.amount = static_cast<std::uint8_t>(amount);
  s.depth = static_cast<std::uint8_t>(depth);
  return say(from, to, s);
}

StatementId World::distrust(const std::string& from, const std::string& to) {
  Statement s;
  s.kind = Kind::kDistrust;
  return say(from, to, s);
}

StatementId World::accredit(const std::string& from, const std::string& to, unsigned amount,
                            unsigned depth) {
  Statement s;
  s.kind = Kind::kAccredit;
  s.scheme = Scheme::kEsg;
  s.amount = static_cast<std::uint8_t>(amount);
  s.depth = static_cast<std::uint8_t>(depth);
  return say(from, to, s);
}

StatementId World::annul(const std::string& from, const std::string& to, const StatementId& what) {
  Statement s;
  s.kind = Kind::kVoid;
  s.names = {what};
  return say(from, to, s);
}

StatementId World::end(const std::string& from, const std::string& to, const StatementId& what) {
  Statement s;
  s.kind = Kind::kEnd;
  s.names = {what};
  s.valid_from_ms = now_ms_ + 1000;
  return say(from, to, s);
}

StatementId World::end_slot(const std::string& from, const std::string& to, std::uint16_t slot) {
  Statement s;
  s.kind = Kind::kEnd;
  s.slot = slot;
  s.valid_from_ms = now_ms_ + 1000;
  return say(from, to, s);
}

World& World::standing(const std::string& name, Standing standing) {
  REQUIRE_FALSE(history.set_standing(party_id(name), next_commit(), standing).has_value());
  return *this;
}

World& World::role(const std::string& name, bool holds, bool retroactive) {
  REQUIRE_FALSE(
      history.set_accreditor(party_id(name), next_commit(), holds, retroactive).has_value());
  return *this;
}

World& World::compromise(const KeyId& compromised, std::uint64_t since_ms) {
  REQUIRE_FALSE(history.compromise_key(compromised, since_ms, next_commit()).has_value());
  return *this;
}

World& World::succeed(const std::vector<std::pair<std::string, std::string>>& closing_and_heir,
                      const std::vector<std::string>& successors,
                      const std::vector<std::string>& staying) {
  Succession succession;
  for (const auto& [name, heir] : closing_and_heir) {
    succession.predecessors.push_back(
        {party_id(name), true, heir.empty() ? std::nullopt : std::optional(party_id(heir))});
  }
  for (const auto& name : staying)
    succession.predecessors.push_back({party_id(name), false, std::nullopt});
  for (const auto& name : successors) succession.successors.push_back(party_id(name));
  REQUIRE_FALSE(history.add_succession(succession, next_commit()).has_value());
  return *this;
}

Query World::query(const std::string& viewpoint, const std::string& issuer,
                   std::uint64_t at_ms) const {
  Query query;
  query.viewpoint = party_id(viewpoint);
  query.issuer = party_id(issuer);
  query.at_time_ms = at_ms;
  query.as_of = {Height{height_}, now_ms_, {}};
  return query;
}
Query World::query(const std::string& viewpoint, const std::string& issuer) const {
  return query(viewpoint, issuer, now_ms_);
}
Decision World::decide(const std::string& viewpoint, const std::string& issuer,
                       std::uint64_t at_ms) const {
  return trust::decide(history, query(viewpoint, issuer, at_ms), policy);
}
Decision World::decide(const std::string& viewpoint, const std::string& issuer) const {
  return decide(viewpoint, issuer, now_ms_);
}

}  // namespace testamur::trust::test

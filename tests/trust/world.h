// A small recognition network for tests: parties by name, one block for each thing that happens.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "trust/decide.h"
#include "trust/graph.h"
#include "trust/policy.h"

namespace testamur::trust::test {

InstitutionId party_id(const std::string& name);

class World {
 public:
  explicit World(const std::vector<std::string>& parties = {});

  // Each of these makes a block one second after the last; time(ms) sets the time of the next.
  World& add(const std::string& name, bool accreditor = false, const std::string& parent = "");
  World& time(std::uint64_t ms);
  World& pass(std::uint64_t ms) { return time(now_ms_ + ms); }
  StatementId trust(const std::string& from, const std::string& to, unsigned amount = 120,
                    unsigned depth = 0);
  StatementId distrust(const std::string& from, const std::string& to);
  StatementId accredit(const std::string& from, const std::string& to, unsigned amount = 120,
                       unsigned depth = 0);
  StatementId annul(const std::string& from, const std::string& to, const StatementId& what);
  StatementId end(const std::string& from, const std::string& to, const StatementId& what);
  StatementId end_slot(const std::string& from, const std::string& to, std::uint16_t slot = 0);
  // Fills id, commit, truster and subject, and appends; fails the test when the history refuses.
  StatementId say(const std::string& from, const std::string& to, Statement statement);
  std::optional<StatementError> try_say(const std::string& from, const std::string& to,
                                        Statement statement);
  World& standing(const std::string& name, Standing standing);
  World& role(const std::string& name, bool holds, bool retroactive = false);
  World& compromise(const KeyId& key, std::uint64_t since_ms);
  World& succeed(const std::vector<std::pair<std::string, std::string>>& closing_and_heir,
                 const std::vector<std::string>& successors,
                 const std::vector<std::string>& staying = {});

  Query query(const std::string& viewpoint, const std::string& issuer) const;
  Query query(const std::string& viewpoint, const std::string& issuer, std::uint64_t at_ms) const;
  Decision decide(const std::string& viewpoint, const std::string& issuer) const;
  Decision decide(const std::string& viewpoint, const std::string& issuer,
                  std::uint64_t at_ms) const;
  Commit next_commit();
  std::uint64_t now_ms() const { return now_ms_; }
  std::uint64_t height() const { return height_; }

  History history;
  Policy policy;
  KeyId key;  // signs the statements to come

 private:
  std::uint64_t now_ms_ = 1'000'000;
  std::uint64_t height_ = 0;
  std::uint64_t order_ = 0;
};

}  // namespace testamur::trust::test

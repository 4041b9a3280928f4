// What the registry says, as nodes answer it. Rules as in answers.h. Pure values; any thread.
#pragma once

#include "ledger/tx/facts.h"
#include "trust/vocabulary.h"
#include "wallet/client/answers.h"

namespace testamur::wallet {

enum class KeyState : std::uint8_t { kUnknown, kActive, kRetired, kCompromised };
struct KeyAnswer {
  KeyRecord record;
  KeyState state = KeyState::kUnknown;  // also where state and dates contradict each other
  std::optional<AnchorAnswer> retired;
  std::optional<AnchorAnswer> stolen;  // where that was said; set where `state` is kCompromised
};
struct OwnedKeyAnswer {
  KeyAnswer key;
  PartyName institution;
  Shown shown;
};

// One version of an institution's record.
struct VersionAnswer {
  std::optional<ledger::tx::InstitutionClass> institution_class;
  std::optional<trust::Standing> standing;
  ledger::tx::InstitutionFacts facts;
  bool parent_known = false;  // false: the facts may have lost it
  Height from_height;
  std::uint64_t from_time_ms = 0;
  std::optional<bool> retroactive;  // it took the role of accreditor as if it had never been held
};

struct SuccessionAnswer {
  std::string kind;  // "merge", …; empty: not known
  std::vector<PartyName> predecessors, successors;
  std::optional<PartyName> heir;
  bool parties_known = false;  // false: some of the three may be missing
  std::optional<bool> closes;
  bool effective = false;  // or only agreed to
  std::optional<AnchorAnswer> anchor;
};
struct SuccessionsAnswer {
  std::vector<SuccessionAnswer> successions;
  Shown shown;
};

struct PublishedPolicyAnswer {
  std::string digest, url;
};

struct InstitutionAnswer {
  PartyName name;
  std::optional<ledger::tx::InstitutionClass> institution_class;
  std::optional<trust::Standing> standing;
  ledger::tx::InstitutionFacts facts;
  bool parent_known = false;
  std::uint32_t root_threshold = 0;  // 0: not known
  std::optional<AnchorAnswer> registered;
  std::optional<PartyName> sponsor;
  std::vector<PublishedPolicyAnswer> policies;

  // Only where one institution is asked for.
  std::vector<KeyAnswer> keys;
  bool keys_whole = false;  // false: the ledger may have more
  std::vector<VersionAnswer> history;
  bool history_whole = false;
  std::vector<SuccessionAnswer> successions;
  std::optional<AsOf> as_of;
  Shown shown;
};
struct InstitutionsAnswer {
  std::vector<InstitutionAnswer> institutions;
  std::optional<AsOf> as_of;
  Shown shown;
};

struct AchievementAnswer {
  AchievementRecord record;
  trust::ScopePoint point;
  bool point_known = false;  // every word of the scope was understood
  std::vector<InstitutionId> teaches, assesses, awarding_bodies;
  std::vector<TitleText> outcomes;  // of every outcome the texts in every language
  std::vector<std::string> gradings;
  bool issuable = false;
  std::optional<AnchorAnswer> retired;
  std::vector<PartyName> cosigned_by;  // besides who published it
  std::optional<AsOf> as_of;
  Shown shown;
};
struct AchievementsAnswer {
  std::vector<AchievementAnswer> achievements;
  std::optional<AsOf> as_of;
  Shown shown;
};

// [first, first + count).
struct IndexRange {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  auto operator<=>(const IndexRange&) const = default;
};
// Where an issuer's next batch may begin.
struct IndexesAnswer {
  std::optional<std::uint64_t>
      next_free;                 // nothing where it does not follow the indexes that are used
  std::vector<IndexRange> used;  // ascending; empty where next_free is nothing
  std::optional<AsOf> as_of;
};

struct ValidatorAnswer {
  InstitutionId institution;
  PublicKey key;
};
struct ParametersAnswer {
  std::map<std::string, std::uint64_t> values;
  std::vector<ValidatorAnswer> validators;
  bool validators_whole = false;  // false: an entry cannot be read, or none is named
  Shown shown;
};

}  // namespace testamur::wallet

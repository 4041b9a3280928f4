// What an import would send: reports against what the ledger says already. Pure; any thread.
//
// One accreditation for each provider and programme of a report (for each provider of an
// institutional one). A report whose digest, subject and scope stand on the ledger already sends
// nothing, even if it was withdrawn since (that is said), and in whatever words it comes. One that
// says something else than before is sent and called a replacement. What would change nothing
// beside what stands is left out, whatever report it comes from, and what of that the new one
// counts in the place of is named.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/ids.h"
#include "ledger/tx/content.h"
#include "trust/statement.h"
#include "wallet/accreditation/likeness.h"
#include "wallet/accreditation/report.h"

namespace testamur::wallet {

// An accreditation that the agency ever committed, whatever became of it.
struct KnownAccreditation {
  InstitutionId subject;
  std::uint16_t slot = 0;
  std::uint64_t over_ms = trust::kOpenEnd;  // when it no longer holds
  trust::Scope scope;
  Hash256 digest;
  std::string report_url = {};
  std::string statement = {};  // its id, for people
  bool ended = false;          // before its last day, by an end that names it
  bool waits = false;          // signed here, and not known to be on the ledger
  std::uint8_t amount = 0;
  std::optional<trust::Scheme> scheme = {};
  std::uint64_t from_ms = 0;  // when it begins
  std::uint8_t depth = 0;
};
struct KnownLedger {
  std::vector<KnownParty> parties;
  std::vector<KnownAccreditation> accreditations;
  std::uint64_t now_ms = 0;                                  // of the newest header
  std::uint64_t slots_limit = trust::kAccreditSlotsPerPair;  // towards one institution
  // Domains that somebody had once and nobody has today: the ledger keeps them for their owner.
  std::map<std::string, InstitutionId> former_domains = {};
};

struct ImportRules {
  InstitutionId author;
  InstitutionId author_parent;            // zero: none
  std::vector<std::string> agency_names;  // what a report may call the author
  ledger::tx::QualityScheme scheme = ledger::tx::QualityScheme::kEsg;
  std::uint8_t amount = 120;
  std::uint8_t conditional_amount = 60;  // of a decision with conditions or restrictions
};

// An institution that the ledger lacks.
struct PlannedParty {
  std::size_t row = 0;  // that named it first
  ledger::tx::InstitutionFacts facts;
};
struct PlannedAccreditation {
  std::size_t row = 0;
  std::optional<InstitutionId> subject;  // else `listed`
  std::size_t listed = 0;                // position in ImportPlan::parties
  std::string subject_name;
  std::string programme;  // empty: the institution as a whole
  std::uint32_t ects_hundredths = 0;
  std::size_t esco_outcomes = 0;
  bool retroactive = false;  // begins before the ledger's today
  bool ends_open = false;    // the report names no last day: the six years are ours
  std::string replaces;  // what the same report said before: "row 3" or a statement; empty: nothing
  ledger::tx::StatementContent content;  // without the subject of a listed one
};
struct ImportPlan {
  std::size_t rows = 0;
  std::vector<PlannedParty> parties;
  std::vector<PlannedAccreditation> accreditations;
  std::size_t already = 0;             // accreditations that stand on the ledger
  std::size_t waiting = 0;             // accreditations that are signed, and wait in the outbox
  std::size_t ended = 0;               // accreditations that stood there and were ended since
  std::size_t repeated = 0;            // accreditations that an earlier row of the file gives
  std::vector<ReportMistake> refused;  // rows that send nothing, by row
  std::vector<std::string> not_read;
  std::vector<std::string> notices;
  // Of the notices those that only a person can answer before anything is listed: whether an
  // institution is one that is there already, and whether a text is its name.
  std::vector<std::string> questions;
};

// Rows are taken in their order, and a row is sent or refused as a whole.
ImportPlan plan_import(const ReportReading& reading, const KnownLedger& known,
                       const ImportRules& rules);

}  // namespace testamur::wallet

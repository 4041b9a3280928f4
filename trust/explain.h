// Why a decision is as it is, in a form that people can defend, and what would change it. Pure; any
// thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "trust/decide.h"

namespace testamur::trust {

// One statement that alone would turn a refusal into an acceptance, with the smallest amount that
// does.
struct Remedy {
  InstitutionId by;
  InstitutionId subject;
  Kind kind = Kind::kTrust;  // trust or accredit; end: withdraw the distrust named in `statement`
  std::uint8_t amount = 0;
  std::uint8_t depth = 0;
  StatementId statement;
};

// A part of the asked point without which the answer would be yes: nothing covers it.
struct Uncovered {
  ScopePart part = ScopePart::kFields;
  FieldMask fields;  // for kFields: the fields that nothing covers
};

// An accreditation of the issuer that no longer counts at the time asked about.
struct Lapse {
  Arc accreditation;
  std::uint64_t lapsed_ms = 0;
  bool role_lost = false;
};

struct Explanation {
  Query query;
  Decision decision;
  std::uint32_t threshold = 0;
  std::uint32_t needed_paths = 0;
  std::uint32_t deficit = 0;            // rule amount, paths or accreditation
  bool issuer_in_good_standing = true;  // at the time asked about
  std::optional<Chain> chain;
  std::vector<Uncovered> uncovered;
  std::vector<Lapse> lapses;
  std::vector<Remedy> remedies;  // on refusal or block
  // Whether every candidate was tried. Where not, an empty list does not say that nothing helps.
  bool remedies_complete = true;
  std::vector<Arc> would_flip;  // on acceptance: withdrawing one of these alone turns it
  // Whether every statement that carries the acceptance was tried: only then does no other
  // statement turn it by going away, and an empty list says that none does.
  bool flips_complete = true;
};

// Explaining asks the question again and again, each time with one statement more or less. All that
// is walked after the decision, in these questions and between them, may cost `work` steps
// together; what could not be asked any more is left out, and the explanation says so.
struct ExplainLimits {
  std::size_t remedies = 32;                         // candidates tried
  std::size_t flips = 64;                            // statements tried
  std::optional<std::uint64_t> work = std::nullopt;  // none: twice the question's own limit
};

// Decides and explains. Precondition: `policy` passes check().
Explanation explain(const History& history, const Query& query, const Policy& policy,
                    const ExplainLimits& limits = {});

// The name of an institution for people; an empty answer shows the id.
using NameOf = std::function<std::string(const InstitutionId&)>;
// The explanation in English sentences, each on a line of its own.
std::string to_text(const Explanation& explanation, const NameOf& name_of);
// "2026-05-04" (UTC), or "open".
std::string date_text(std::uint64_t time_ms);

}  // namespace testamur::trust

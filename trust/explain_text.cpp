// An explanation in sentences. Invariants: a decision gets one heading and then only the sections
// of its outcome; every statement is named with the beginning of its id, under which anybody
// finds it on the ledger; institutions appear under the name that the caller gives them, or under
// their id.
#include <array>

#include "trust/explain.h"

namespace testamur::trust {
namespace {

// Enough of an id to find it by: `testamur registry statements` shows it whole.
std::string beginning_of(const StatementId& id) {
  constexpr std::size_t kShown = 12;  // tmx1 and eight more
  return to_text(id).substr(0, kShown) + "…";
}

class Writer {
 public:
  Writer(const Explanation& e, const NameOf& name_of) : e_(e), d_(e.decision), name_of_(name_of) {}

  std::string write() {
    heading();
    if (d_.outcome == Outcome::kBlocked) list_blocks();
    if (d_.outcome == Outcome::kAccept && d_.rule != Rule::kOwn) list_support();
    if (d_.outcome == Outcome::kRefuse) list_refusal();
    if (e_.chain && e_.chain->arcs.size() > 3) {
      line("For information: known over " + std::to_string(e_.chain->arcs.size() - 1) +
           " institutions (" + std::to_string(e_.chain->amount) +
           "), further than decisions reach.");
    }
    list_remedies();
    return text_;
  }

 private:
  void line(const std::string& text) { text_ += text + "\n"; }
  std::string name(const InstitutionId& id) const {
    const std::string name = name_of_ ? name_of_(id) : std::string{};
    return name.empty() ? to_text(id) : name;
  }
  std::string statement(const Arc& arc) const {
    if (arc.statement.is_zero()) return " (assumed)";
    if (arc.local) return " (this policy's own statement)";
    return " [" + beginning_of(arc.statement) + (arc.inherited ? ", said of a predecessor" : "") +
           (arc.retroactive ? ", retroactive" : "") + "]";
  }

  void heading() {
    const std::string asked = name(e_.query.issuer) + " for " + to_text(e_.query.point) + " at " +
                              date_text(e_.query.at_time_ms) + ", as " + name(e_.query.viewpoint) +
                              " sees it: ";

    switch (d_.rule) {
      case Rule::kNone: line(asked + "ACCEPTED."); break;
      case Rule::kOwn: line(asked + "ACCEPTED, its own award."); break;
      case Rule::kBlock: line(asked + "BLOCKED."); break;
      case Rule::kUnknown:
        line(asked + "REFUSED, the issuer is not on the ledger at this height.");
        break;
      case Rule::kFuture: line(asked + "REFUSED, the time lies after today."); break;
      case Rule::kTooLarge:
        line(asked + "NOT ANSWERED, the question is too large for the work allowed.");
        break;
      default: line(asked + "REFUSED by the rule on " + std::string(to_text(d_.rule)) + "."); break;
    }
  }

  void list_path(const Path& path) {
    std::string text = "  " + std::to_string(path.amount) + ": " + name(path.arcs.front().truster);
    for (const Arc& arc : path.arcs) {
      text += " -" + std::string(arc.kind == Kind::kAccredit ? "accredits" : "trusts") + " " +
              std::to_string(arc.amount) + "-> " + name(arc.subject) + statement(arc);
    }
    line(text);
  }

  void list_paths() {
    for (const Path& path : d_.paths) list_path(path);
  }

  void list_support() {
    line("Amount " + std::to_string(d_.amount) + " of " + std::to_string(e_.threshold) +
         " needed, by " + std::to_string(d_.independent_paths) + " independent chains:");
    list_paths();

    if (!d_.accredited_paths.empty()) {
      line("Accredited with " + std::to_string(d_.accredited_amount) + ":");
      for (const Path& path : d_.accredited_paths) list_path(path);
    }

    list_flips();
  }

  void list_flips() {
    if (!e_.would_flip.empty()) {
      line("The withdrawal of one of these alone would change this:");
      for (const Arc& arc : e_.would_flip) {
        line("  " + name(arc.truster) + " about " + name(arc.subject) + statement(arc));
      }
    }

    // An unfinished search proves nothing of the statements that it did not try.
    if (!e_.flips_complete) {
      line(e_.would_flip.empty()
               ? "Whether a single withdrawal would change this is not known: not every statement "
                 "was tried."
               : "There may be others: not every statement was tried.");
    } else if (e_.would_flip.empty()) {
      line("No single withdrawal would change this.");
    }
  }

  void list_blocks() {
    for (const Arc& block : d_.blocks) {
      line("  " + name(block.truster) + " distrusts " + name(block.subject) + statement(block));
    }
  }

  void list_cut(const std::vector<Arc>& cut) {
    if (cut.empty()) line("  Nothing leads there.");
    for (const Arc& arc : cut) {
      line("  " + name(arc.truster) + " about " + name(arc.subject) + ": " +
           std::to_string(arc.amount) +
           (arc.ceiling ? " (the policy's ceiling for the length of the chain)" : statement(arc)));
    }
  }

  void list_refusal() {
    if (d_.rule == Rule::kAmount) {
      line("Amount " + std::to_string(d_.amount) + " of " + std::to_string(e_.threshold) +
           " needed, " + std::to_string(e_.deficit) + " are missing. What limits it:");
      list_cut(d_.cut);
      list_paths();
    } else if (d_.rule == Rule::kPaths) {
      line(std::to_string(d_.independent_paths) + " independent chains of " +
           std::to_string(e_.needed_paths) +
           " needed. Every further chain of three passes through one of:");
      for (const auto& id : d_.cover) line("  " + name(id));
      for (const Path& path : d_.disjoint) list_path(path);
    } else if (d_.rule == Rule::kAccreditation) {
      list_accreditation();
    }

    // Without good standing no trust in the issuer counts, however much there is.
    if (!e_.issuer_in_good_standing) line("The issuer was not in good standing at that time.");

    for (const auto& uncovered : e_.uncovered) {
      std::string what = "  The " + std::string(to_text(uncovered.part)) + " is not covered";
      if (!uncovered.fields.empty()) what += ": " + to_text(uncovered.fields);
      line(what + "; without it the answer would be yes.");
    }
  }

  void list_accreditation() {
    for (const auto& answer : d_.accreditations) {
      if (answer.amount >= answer.needed) continue;
      line("Accredited with " + std::to_string(answer.amount) + " of " +
           std::to_string(answer.needed) + " needed. What limits it:");
      list_cut(answer.cut);
    }
    // An end is exclusive, and people read the last day before it.
    for (const auto& lapse : e_.lapses) {
      line("  " + name(lapse.accreditation.truster) +
           (lapse.role_lost ? " had lost the role accreditor"
                            : " accredited it until " + date_text(lapse.lapsed_ms - 1)) +
           statement(lapse.accreditation));
    }
  }

  void list_remedies() {
    list_found_remedies();

    // Where the question itself had no answer the heading says so.
    if (d_.rule == Rule::kTooLarge || e_.remedies_complete) return;
    line(e_.remedies.empty() ? "What would change it is not known: not everything was tried."
                             : "Something else may change it too: not everything was tried.");
  }

  void list_found_remedies() {
    if (e_.remedies.empty()) return;

    line("Any one of these, for what was asked, would change it:");
    for (const auto& remedy : e_.remedies) {
      if (remedy.kind == Kind::kEnd) {
        line("  " + name(remedy.by) + " withdraws its distrust of " + name(remedy.subject) + " [" +
             beginning_of(remedy.statement) + "]");
      } else {
        line("  " + name(remedy.by) +
             (remedy.kind == Kind::kAccredit ? " accredits " : " trusts ") + name(remedy.subject) +
             " with at least " + std::to_string(remedy.amount) + ", depth " +
             std::to_string(remedy.depth));
      }
    }
  }

  const Explanation& e_;
  const Decision& d_;
  const NameOf& name_of_;
  std::string text_;
};

std::string two_digits(unsigned value) { return (value < 10 ? "0" : "") + std::to_string(value); }

}  // namespace

std::string to_text(const Explanation& explanation, const NameOf& name_of) {
  return Writer(explanation, name_of).write();
}

// Days to civil date, by Howard Hinnant's algorithm (chrono-compatible low-level date algorithms,
// section days).
std::string date_text(std::uint64_t time_ms) {
  if (time_ms == kOpenEnd) return "open";

  // Days since 0000-03-01: years that begin in March end with the leap day.
  const std::uint64_t days = time_ms / 86'400'000 + 719'468;
  const std::uint64_t era = days / 146'097;

  // An era of 400 years always has the same number of days.
  const auto day_of_era = static_cast<unsigned>(days % 146'097);
  const unsigned year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const unsigned day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);

  // Months counted from March have days that follow one linear formula.
  const unsigned shifted = (5 * day_of_year + 2) / 153;
  const unsigned day = day_of_year - (153 * shifted + 2) / 5 + 1;
  const unsigned month = shifted < 10 ? shifted + 3 : shifted - 9;

  // January and February belong to the next civil year.
  const std::uint64_t year = era * 400 + year_of_era + (month <= 2 ? 1 : 0);
  return std::to_string(year) + "-" + two_digits(month) + "-" + two_digits(day);
}

}  // namespace testamur::trust

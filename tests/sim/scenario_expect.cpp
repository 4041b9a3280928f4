// What a story expects; see scenario.h.
#include <algorithm>

#include "tests/sim/scenario.h"
#include "tests/sim/story_words.h"

namespace testamur::sim {

using consensus::Act;

namespace {

std::string rest(const Words& words, std::size_t from) {
  std::string text;
  for (std::size_t at = from; at < words.size(); ++at)
    text += (text.empty() ? "" : " ") + words[at];
  return text;
}

const std::map<std::string, std::size_t consensus::Holdings::*>& held_kinds() {
  static const std::map<std::string, std::size_t consensus::Holdings::*> kHeld{
      {"views-held", &consensus::Holdings::views},
      {"blocks-held", &consensus::Holdings::blocks},
      {"bytes-held", &consensus::Holdings::block_bytes},
      {"votes-held", &consensus::Holdings::votes}};
  return kHeld;
}

bool is_held(const std::string& what) { return held_kinds().contains(what); }

std::uint64_t figure(const SimNode& node, const std::string& what) {
  if (is_held(what)) return node.status().holdings.*held_kinds().at(what);
  return what == "height" ? node.height().value : node.status().view.value;
}

}  // namespace

Status Scenario::until(const std::function<bool()>& condition, const Words& words, std::size_t at,
                       const std::string& what) {
  if (at == words.size()) return condition() ? Status{} : Status{error("expected " + what)};
  if (words[at] != "within") return error("'within 20 s' is missing at the end");
  TM_TRY(const auto ms, duration_ms(words, at + 1));
  if (simulation().run_until(condition, ms)) return {};
  if (simulation().checker().violation()) return error(*simulation().checker().violation());
  return error("expected " + what + " within " + std::to_string(ms) + " ms");
}

Status Scenario::disallow(const std::function<bool()>& condition, const Words& words,
                          std::size_t at, const std::string& what) {
  if (at >= words.size() || words[at] != "for") return error("'for 20 s' is missing at the end");
  TM_TRY(const auto ms, duration_ms(words, at + 1));
  if (!simulation().run_until(condition, ms)) return {};
  return error("expected no " + what + " for " + std::to_string(ms) + " ms");
}

Status Scenario::expect(const Words& words) {
  if (words.size() < 3) return error("expect what?");
  const bool about_transaction = words[1].find_first_not_of("0123456789.") == std::string::npos;
  return about_transaction ? expect_transaction(words) : expect_state(words);
}

// expect 5 at 0 within 10 s; expect 1..20 everywhere within 30 s; expect 5 nowhere for 20 s
Status Scenario::expect_transaction(const Words& words) {
  const auto dots = words[1].find("..");
  TM_TRY(const auto first, number(words[1].substr(0, dots)));
  auto last = first;
  if (dots != std::string::npos) {
    TM_TRY(last, number(words[1].substr(dots + 2)));
  }
  const auto has = [this, first, last](std::size_t one, bool any) {
    const auto& there = simulation().node(one);
    std::uint64_t count = 0;
    for (auto each = first; there.is_up() && each <= last; ++each) {
      count += there.is_committed(each) || there.is_committed(kLarge | each) ? 1 : 0;
    }
    return any ? count > 0 : count == last - first + 1;
  };
  const auto who = up();
  if (words[2] == "everywhere") {
    return until(
        [&] {
          return std::all_of(who.begin(), who.end(), [&](auto one) { return has(one, false); });
        },
        words, 3, words[1] + " on everybody who is up");
  }
  if (words[2] == "nowhere") {
    return disallow(
        [&] {
          return std::any_of(who.begin(), who.end(), [&](auto one) { return has(one, true); });
        },
        words, 3, words[1] + " anywhere");
  }
  if (words[2] != "at" || words.size() < 4)
    return error("where? 'at 0', 'everywhere' or 'nowhere'");
  TM_TRY(const auto one, node(words[3]));
  return until([&] { return has(one, false); }, words, 4, words[1] + " at " + words[3]);
}

Status Scenario::expect_state(const Words& words) {
  const auto& what = words[1];
  const auto everybody = [this](const std::function<bool(const SimNode&)>& holds) {
    const auto who = up();
    return std::all_of(who.begin(), who.end(),
                       [&](auto one) { return holds(simulation().node(one)); });
  };
  if (what == "epoch" && words.size() >= 4 && words[3] == "everywhere") {
    TM_TRY(const auto epoch, number(words[2]));
    return until(
        [&] {
          return everybody([&](const auto& one) { return one.status().epoch >= Epoch{epoch}; });
        },
        words, 4, "epoch " + words[2] + " everywhere");
  }
  if (what == "nullify" || what == "notarize" ||
      what == "finalize") {  // expect nullify in all journals within 20 s
    TM_TRY(const Act act, act_named(what));
    const View above = simulation().node(up().front()).status().finalized_view;
    return until(
        [&] {
          return everybody(
              [&](const auto& one) { return !one.journaled_views(act, above).empty(); });
        },
        words, 5, what + " in all journals");
  }
  if (what == "evidence") {  // expect evidence somewhere within 5 s
    const auto seen = [&] {
      return !everybody([](const auto& one) { return one.evidence_seen() == 0; });
    };
    return words[2] == "nowhere" ? disallow(seen, words, 3, "evidence")
                                 : until(seen, words, 3, "evidence");
  }
  if (words.size() < 4) return error("'" + what + "' is nothing that can be expected");
  TM_TRY(const auto number_of_node, node(words[3]));
  const auto& one = simulation().node(number_of_node);
  if (what == "quarantine") {  // expect quarantine of 2
    return until([&] { return one.in_quarantine(); }, words, 4, "that it is in quarantine");
  }
  if (what == "voting") {  // expect voting of 2 within 10 s
    return until([&] { return one.status().voting == consensus::VotingState::kActive; }, words, 4,
                 "that it votes");
  }
  if (what == "no-quarantine") {
    return until([&] { return !one.in_quarantine(); }, words, 4, "that it is not in quarantine");
  }
  if (what == "waiting") {  // expect waiting of 0 for too few validators
    const auto text = rest(words, 5);
    const auto said = one.status().waiting_for;
    return said.find(text) != std::string::npos ? Status{} : Status{error("it says: " + said)};
  }
  if (what == "timeout") {  // expect timeout of 0 250 ms
    TM_TRY(const auto ms, number(words[4]));
    return one.status().delta_ms == ms
               ? Status{}
               : Status{error("it is " + std::to_string(one.status().delta_ms))};
  }
  if (what == "nullified") {  // expect nullified at 0
    return one.status().nullified_views > 0 ? Status{} : Status{error("no view was nullified")};
  }
  if (what == "height" || what == "view" || is_held(what)) return expect_figure(words, one);
  return error("'" + what + "' is nothing that can be expected");
}

// expect height of 0 at-least before + 2 [within 10 s]
Status Scenario::expect_figure(const Words& words, const SimNode& one) {
  const auto& what = words[1];
  if (words.size() < 6) return error("like 'expect height of 0 at-least before + 2'");
  std::uint64_t bound = 0;
  if (const auto known = remembered_.find(words[5]); known != remembered_.end()) {
    bound = known->second;
  } else {
    TM_TRY(bound, number(words[5]));
  }
  std::size_t at = 6;
  if (words.size() > 7 && words[6] == "+") {
    TM_TRY(const auto more, number(words[7]));
    bound += more;
    at = 8;
  }
  const auto value = [&] { return figure(one, what); };
  const bool least = words[4] == "at-least";
  if (!least && words[4] != "at-most") return error("at-least or at-most?");
  return until(
      [&] { return least ? value() >= bound : value() <= bound; }, words, at,
      what + " " + words[4] + " " + std::to_string(bound) + ", it is " + std::to_string(value()));
}

}  // namespace testamur::sim

// Two passes. What the source says is gathered first, and refused where a part of it is not known;
// then all of it is put into a trust::History in the order of the ledger, because what a statement
// means depends on what was said and changed before it. Nothing is asked in the second pass.
#include "wallet/cli/flow/local_view.h"

#include <algorithm>
#include <functional>
#include <set>
#include <tuple>
#include <utility>

#include "trust/policy_text.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

constexpr std::size_t kMostAuthors = 2'000;

trust::Commit commit_of(const AnchorAnswer& anchor) {
  return {anchor.log_index, anchor.height, anchor.time_ms, {}};
}

std::vector<InstitutionId> ids_of(const std::vector<PartyName>& names) {
  std::vector<InstitutionId> ids;
  for (const auto& name : names) ids.push_back(name.id);
  return ids;
}

bool is_accreditor(const VersionAnswer& version) {
  return version.institution_class == tx::InstitutionClass::kAccreditor;
}
std::optional<InstitutionId> parent_in(const tx::InstitutionFacts& facts) {
  return facts.parent.is_zero() ? std::nullopt : std::optional(facts.parent);
}

// What the source does not say, or says in a word of tomorrow, is no answer: read as any known one
// it could turn a no into a yes.
Error not_said(const std::string& what) {
  return error("the list of recognitions does not say " + what +
               " in a way that this program knows: use a newer testamur, or ask another node");
}

Result<trust::Statement> statement_from(const StatementAnswer& view) {
  if (const auto unknown = view.unknown_part(); !unknown.empty()) {
    return not_said(unknown + " (of statement " + to_text(view.id) + ")");
  }

  trust::Statement s;
  s.id = view.id;
  s.truster = view.truster.id;
  s.subject = view.subject.id;

  s.kind = *view.kind;
  s.amount = *view.amount;
  s.depth = *view.depth;
  s.scope = *view.scope;

  s.valid_from_ms = *view.valid_from_ms;
  s.valid_until_ms = *view.valid_until_ms == 0 ? trust::kOpenEnd : *view.valid_until_ms;
  s.slot = *view.slot;
  s.scheme = *view.scheme;

  s.names = view.names;
  s.commit = commit_of(*view.anchor);
  s.commit.key = *view.key;

  return s;
}

// Whether an institution's own answer tells all that became of it and of its keys.
Status check_whole(const InstitutionAnswer& institution) {
  const std::string of = " of " + to_text(institution.name.id);

  if (!institution.keys_whole) return not_said("all the keys" + of);
  if (!institution.history_whole || institution.history.empty())
    return not_said("the whole history" + of);

  for (const auto& key : institution.keys) {
    const bool known = !key.record.id.is_zero() && key.state != KeyState::kUnknown &&
                       (key.state == KeyState::kActive || key.retired) &&
                       (key.state != KeyState::kCompromised || key.stolen);
    if (!known) return not_said("what became of the key " + to_text(key.record.id));
  }

  for (const auto& version : institution.history) {
    if (!version.institution_class) return not_said("the class" + of);
    if (!version.standing) return not_said("the standing" + of);
    if (version.from_time_ms == 0) return not_said("since when a version holds" + of);
    if (!version.parent_known) return not_said("the parent" + of);
    if (!version.retroactive) return not_said("whether the role was lost retroactively" + of);
  }

  return {};
}

// A key that stopped counting: what it may have signed is annulled.
struct Compromise {
  KeyId key;
  std::uint64_t since_ms = 0;
  trust::Commit retired;
};

// Collects what the ledger said, then replays it in ledger order.
class Gathering {
 public:
  Gathering(GraphSource& source, LocalView& view) : source_(source), view_(view) {}

  Status list_parties() {
    TM_TRY(auto answer, source_.institutions());

    const auto block = answer.as_of ? from_hex(answer.as_of->block) : std::nullopt;
    const auto block_id = block ? Hash256::from(*block) : std::nullopt;
    if (!block_id) return not_said("as of which block it is");

    view_.as_of = {answer.as_of->height, answer.as_of->time_ms, *block_id};

    for (auto& party : answer.institutions) {
      const auto id = party.name.id;
      if (id.is_zero()) return not_said("who is on the ledger");
      if (!party.registered || !party.institution_class || !party.parent_known) {
        return not_said("since when and as what " + to_text(id) + " is on the ledger");
      }

      view_.names[id] = party.name.name_now;
      parties_.push_back(std::move(party));
    }

    return {};
  }

  // Everything that `author` ever said, its changes of standing and its compromised keys.
  Status ask_author(const InstitutionId& author) {
    if (!view_.names.contains(author) || !asked_.insert(author).second) return {};
    if (asked_.size() > kMostAuthors)
      return error("more than 2,000 institutions can be reached: ask a node");
    TM_TRY_STATUS(ask_changes(author));
    TM_TRY(const auto answer, source_.statements(author));
    for (const auto& view : answer.statements) {
      TM_TRY(auto statement, statement_from(view));
      subjects_.insert(statement.subject);
      statements_.push_back(std::move(statement));
    }
    return {};
  }
  Status ask_changes(const InstitutionId& id) {
    TM_TRY(auto institution, source_.institution(id));
    TM_TRY_STATUS(check_whole(institution));
    for (const auto& key : institution.keys) {
      if (key.state != KeyState::kCompromised) continue;
      compromises_[id].push_back(
          {key.record.id, *key.record.compromised_since_ms, commit_of(*key.stolen)});
    }
    histories_[id] = std::move(institution.history);
    return {};
  }
  // Who was spoken of, and who came after them: what was said of a predecessor may pass on.
  std::set<InstitutionId> take_subjects() {
    auto subjects = std::exchange(subjects_, {});
    for (const auto& succession : successions_) {
      const auto before = ids_of(succession.predecessors);
      if (!std::ranges::any_of(before, [&](const auto& id) { return subjects.contains(id); }))
        continue;
      for (const auto& id : ids_of(succession.successors)) subjects.insert(id);
    }
    return subjects;
  }

  Status ask_successions() {
    TM_TRY(auto answer, source_.successions());
    for (auto& succession : answer.successions) {
      const bool known = succession.parties_known && succession.closes && succession.anchor;
      if (!known) return not_said("what a succession did");
      successions_.push_back(std::move(succession));
    }
    return {};
  }

  Status replay();

 private:
  struct Event {
    trust::Commit commit;
    int rank = 0;  // an institution before what is said of it
    std::function<Status(const trust::Commit&)> apply;
  };
  void party_events(std::vector<Event>& events);
  void change_events(std::vector<Event>& events);
  void version_events(const InstitutionId& id, const VersionAnswer& before,
                      const VersionAnswer& now, std::vector<Event>& events);
  void succession_events(std::vector<Event>& events);
  bool closed_by_succession(const InstitutionId& id, Height height) const;
  Status append(trust::Statement statement, const trust::Commit& commit);

  GraphSource& source_;
  LocalView& view_;
  std::vector<InstitutionAnswer> parties_;
  std::vector<SuccessionAnswer> successions_;
  std::vector<trust::Statement> statements_;
  std::vector<std::pair<InstitutionId, InstitutionId>>
      late_parents_;  // child, parent: those of a genesis
  std::map<InstitutionId, std::vector<VersionAnswer>> histories_;
  std::map<InstitutionId, std::vector<Compromise>> compromises_;
  std::set<InstitutionId> asked_;
  std::set<InstitutionId> subjects_;
};

Status done(std::optional<trust::EventError> wrong) {
  if (!wrong) return {};
  return error("the node's lists do not fit together: " + std::string(trust::to_text(*wrong)));
}

void Gathering::party_events(std::vector<Event>& events) {
  for (const auto& party : parties_) {
    const auto id = party.name.id;
    const auto versions = histories_.find(id);
    // What a party began as; later versions are events of their own. Of one that nobody asked about
    // only today's record is known, which then stands for all.
    const VersionAnswer* first = versions == histories_.end() ? nullptr : &versions->second.front();
    const bool accreditor = first == nullptr
                                ? party.institution_class == tx::InstitutionClass::kAccreditor
                                : is_accreditor(*first);

    const auto parent = parent_in(first == nullptr ? party.facts : first->facts);

    events.push_back(
        {commit_of(*party.registered), 0, [this, id, parent, accreditor](const auto& at) {
           const bool known = parent && view_.history.find(*parent).has_value();
           if (parent && !known) late_parents_.emplace_back(id, *parent);
           return done(view_.history.add_party(id, at, accreditor, known ? parent : std::nullopt));
         }});
  }
}

// What changed with one version of an institution's record.
void Gathering::version_events(const InstitutionId& id, const VersionAnswer& before,
                               const VersionAnswer& now, std::vector<Event>& events) {
  const trust::Commit at{{}, now.from_height, now.from_time_ms, {}};

  const auto parent = parent_in(now.facts);

  if (parent_in(before.facts) != parent) {
    events.push_back({at, 1, [this, id, parent](const trust::Commit& commit) {
                        return done(view_.history.set_parent(id, commit, parent));
                      }});
  }

  if (is_accreditor(before) != is_accreditor(now)) {
    events.push_back({at, 1,
                      [this, id, holds = is_accreditor(now),
                       retroactive = *now.retroactive](const trust::Commit& commit) {
                        return done(view_.history.set_accreditor(id, commit, holds, retroactive));
                      }});
  }

  // The succession closes its predecessors in the history too; an event may be told once.
  if (now.standing == before.standing || closed_by_succession(id, at.height)) return;
  events.push_back({at, 1, [this, id, standing = *now.standing](const trust::Commit& commit) {
                      return done(view_.history.set_standing(id, commit, standing));
                    }});
}

void Gathering::change_events(std::vector<Event>& events) {
  for (const auto& [id, versions] : histories_) {
    for (std::size_t i = 1; i < versions.size(); ++i)
      version_events(id, versions[i - 1], versions[i], events);
  }
  for (const auto& [id, compromises] : compromises_) {
    for (const auto& found : compromises) {
      events.push_back({found.retired, 3, [this, found](const trust::Commit& commit) {
                          return done(
                              view_.history.compromise_key(found.key, found.since_ms, commit));
                        }});
    }
  }
}

bool Gathering::closed_by_succession(const InstitutionId& id, Height height) const {
  return std::ranges::any_of(successions_, [&](const SuccessionAnswer& succession) {
    if (succession.anchor->height != height || !*succession.closes) return false;
    return std::ranges::find(succession.predecessors, id, &PartyName::id) !=
           succession.predecessors.end();
  });
}

void Gathering::succession_events(std::vector<Event>& events) {
  for (const auto& view : successions_) {
    trust::Succession succession;
    succession.successors = ids_of(view.successors);
    const auto heir = view.heir ? std::optional(view.heir->id) : std::nullopt;
    for (const auto& party : ids_of(view.predecessors))
      succession.predecessors.push_back({party, *view.closes, heir});
    events.push_back({commit_of(*view.anchor), 2, [this, succession](const trust::Commit& commit) {
                        return done(view_.history.add_succession(succession, commit));
                      }});
  }
}

Status Gathering::append(trust::Statement statement, const trust::Commit& commit) {
  statement.commit.order = commit.order;
  const auto wrong = view_.history.append(statement);
  if (!wrong) return {};
  return error("the node's lists do not fit together: statement " + to_text(statement.id) + ": " +
               std::string(trust::to_text(*wrong)));
}

Status Gathering::replay() {
  std::vector<Event> events;
  party_events(events);
  change_events(events);
  succession_events(events);
  for (const auto& statement : statements_) {
    events.push_back({statement.commit, 2, [this, &statement](const trust::Commit& at) {
                        return append(statement, at);
                      }});
  }
  // A change of standing has no position within its block here: it goes before what else happened
  // there.
  std::ranges::stable_sort(events, [](const Event& a, const Event& b) {
    return std::tuple(a.commit.height, a.rank == 0 ? 0 : 1, a.commit.order, a.rank) <
           std::tuple(b.commit.height, b.rank == 0 ? 0 : 1, b.commit.order, b.rank);
  });
  std::uint64_t order = 0;
  for (const auto& event : events) {
    trust::Commit at = event.commit;
    at.order = LogIndex{++order};
    TM_TRY_STATUS(event.apply(at));
    if (event.rank != 0) continue;
    std::erase_if(late_parents_, [&](const auto& late) {
      return view_.history.find(late.second) &&
             !view_.history.set_parent(late.first, at, late.second).has_value();
    });
  }
  return {};
}

}  // namespace

std::string LocalView::name_of(const InstitutionId& id) const {
  if (id == trust::local_viewpoint()) return "this policy";
  const auto found = names.find(id);
  return found == names.end() ? std::string{} : found->second;
}

namespace {

Status gather(Gathering& gathering, const LocalView& view, const InstitutionId& viewpoint,
              const std::vector<InstitutionId>& issuers, const trust::Policy& policy,
              const std::vector<trust::Assumption>& assume) {
  TM_TRY_STATUS(gathering.list_parties());
  TM_TRY_STATUS(gathering.ask_successions());

  for (const auto& vetoer : policy.vetoers) TM_TRY_STATUS(gathering.ask_author(vetoer));
  gathering.take_subjects();  // vetoers introduce nobody

  TM_TRY_STATUS(gathering.ask_author(viewpoint));
  auto friends = gathering.take_subjects();

  // What a policy file or an assumption says widens the search as if it stood on the ledger.
  for (const auto& statement : policy.local) friends.insert(statement.subject);
  for (const auto& assumed : assume) friends.insert(assumed.subject);
  for (const auto& party : friends) TM_TRY_STATUS(gathering.ask_author(party));

  // The second step ends here: a chain has at most three statements.
  for (const auto& party : gathering.take_subjects()) TM_TRY_STATUS(gathering.ask_author(party));

  for (const auto& issuer : issuers) {
    if (view.names.contains(issuer)) TM_TRY_STATUS(gathering.ask_changes(issuer));
  }

  return gathering.replay();
}

}  // namespace

Result<LocalView> fetch_local_view(GraphSource& source, const InstitutionId& viewpoint,
                                   const std::vector<InstitutionId>& issuers,
                                   const trust::Policy& policy,
                                   const std::vector<trust::Assumption>& assume) {
  LocalView view;
  Gathering gathering(source, view);
  TM_TRY_STATUS(gather(gathering, view, viewpoint, issuers, policy, assume));
  return view;
}

}  // namespace testamur::wallet

#include "wallet/cli/flow/local_view.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <set>
#include <tuple>
#include <utility>

#include "trust/policy_text.h"

namespace testamur::wallet {
namespace {

constexpr std::size_t kMostAuthors = 2'000;
constexpr unsigned kMostAmount = 120;
constexpr unsigned kMostDepth = 7;

template <class Id>
Id id_in(const Json& object, const char* name) {
  const auto bytes = from_hex(object.value(name, ""));
  return bytes && bytes->size() == Id::kSize ? Id::prefix_of(*bytes) : Id{};
}
const Json& part(const Json& object, const char* name) {
  static const Json kNothing = Json::object();
  const auto at = object.find(name);
  return at == object.end() ? kNothing : *at;
}
// Of a list of InstitutionNames.
std::vector<InstitutionId> ids_of(const Json& names) {
  std::vector<InstitutionId> ids;
  for (const auto& name : names) ids.push_back(id_in<InstitutionId>(name, "id"));
  return ids;
}
trust::Commit commit_of(const Json& anchor) {
  return {LogIndex{anchor.value("log_index", std::uint64_t{0})},
          Height{anchor.value("height", std::uint64_t{0})},
          anchor.value("time_ms", std::uint64_t{0}),
          {}};
}

Status read_scope(const Json& view, trust::Scope& scope) {
  for (const auto& code : part(view, "fields")) {
    TM_TRY(auto mask, trust::parse_field(code.get<std::string>()));
    scope.fields = scope.fields ? *scope.fields | mask : mask;
  }
  for (const auto& level : part(view, "levels")) {
    const auto bit = level.get<unsigned>() - 1;
    if (bit >= trust::kMaxLevel) return error("the node names an EQF level beyond 8");
    scope.levels = static_cast<std::uint8_t>(scope.levels.value_or(0) | 1U << bit);
  }
  for (const auto& text : part(view, "award_types")) {
    TM_TRY(auto type, trust::parse_award_type(text.get<std::string>()));
    scope.award_types =
        static_cast<std::uint16_t>(scope.award_types.value_or(0) | 1U << unsigned(type));
  }
  for (const auto& text : part(view, "purposes")) {
    TM_TRY(auto purpose, trust::parse_purpose(text.get<std::string>()));
    scope.purposes =
        static_cast<std::uint8_t>(scope.purposes.value_or(0) | 1U << unsigned(purpose));
  }
  for (const auto& name : part(view, "achievements")) {
    if (!scope.achievements) scope.achievements.emplace();
    scope.achievements->push_back(
        {id_in<InstitutionId>(name, "institution_id"), name.value("number", 0U)});
  }
  return {};
}

// Of a version of an institution's record.
bool is_accreditor(const Json& version) {
  return version.value("institution_class", "") == "accreditor";
}
std::optional<InstitutionId> parent_in(const Json& version) {
  const auto id = id_in<InstitutionId>(part(version, "facts"), "parent");
  return id.is_zero() ? std::nullopt : std::optional(id);
}

// A word that this program does not know is no word at all: read as any known one it could turn a
// no into a yes.
Error unknown_word(const std::string& what, const std::string& word) {
  return error("the list of recognitions names a " + what + " that this program does not know (\"" +
               word + "\"): use a newer testamur");
}

Result<trust::Kind> kind_from(const std::string& text) {
  for (const auto kind : {trust::Kind::kTrust, trust::Kind::kAccredit, trust::Kind::kDistrust,
                          trust::Kind::kEnd, trust::Kind::kVoid}) {
    if (text == to_text(kind)) return kind;
  }
  return unknown_word("kind of statement", text);
}

Result<trust::Scheme> scheme_from(const std::string& text) {
  constexpr const char* kNames[] = {"unspecified", "esg",       "eqavet",
                                    "iso_9001",    "iso_17024", "other"};
  const auto found = std::ranges::find(kNames, text);
  if (found == std::end(kNames)) return unknown_word("scheme of quality assurance", text);
  return static_cast<trust::Scheme>(found - std::begin(kNames));
}

Result<trust::Standing> standing_from(const std::string& text) {
  if (text == "good") return trust::Standing::kGood;
  if (text == "suspended") return trust::Standing::kSuspended;
  if (text == "left") return trust::Standing::kLeft;
  if (text == "closed") return trust::Standing::kClosed;
  return unknown_word("standing", text);
}

// Larger numbers would lose their upper bits.
Result<std::uint16_t> slot_in(const Json& view) {
  const auto value = view.value("slot", 0U);
  if (value > 0xffff) return error("a statement has the slot " + std::to_string(value));
  return static_cast<std::uint16_t>(value);
}

Result<std::uint8_t> small_number(const Json& view, const char* name, unsigned most) {
  const auto value = view.value(name, 0U);
  if (value > most)
    return error("a statement has the " + std::string(name) + " " + std::to_string(value));
  return static_cast<std::uint8_t>(value);
}

Result<trust::Statement> statement_from(const Json& view) {
  trust::Statement s;
  s.id = id_in<trust::StatementId>(view, "id");
  s.truster = id_in<InstitutionId>(part(view, "truster"), "id");
  s.subject = id_in<InstitutionId>(part(view, "subject"), "id");
  TM_TRY(s.kind, kind_from(view.value("kind", "")));
  TM_TRY(s.amount, small_number(view, "amount", kMostAmount));
  TM_TRY(s.depth, small_number(view, "depth", kMostDepth));
  TM_TRY_STATUS(read_scope(part(view, "scope"), s.scope));
  s.valid_from_ms = view.value("valid_from_ms", std::uint64_t{0});
  const auto until = view.value("valid_until_ms", std::uint64_t{0});
  s.valid_until_ms = until == 0 ? trust::kOpenEnd : until;
  TM_TRY(s.slot, slot_in(view));
  TM_TRY(s.scheme, scheme_from(view.value("scheme", "")));
  for (const auto& name : part(view, "names")) {
    const auto bytes = from_hex(name.get<std::string>());
    if (bytes && bytes->size() == trust::StatementId::kSize)
      s.names.push_back(trust::StatementId::prefix_of(*bytes));
  }
  s.commit = commit_of(part(view, "anchor"));
  s.commit.key = id_in<KeyId>(view, "key_id");
  return s;
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
    const Json& as_of = part(answer, "as_of");
    view_.as_of = {Height{as_of.value("height", std::uint64_t{0})},
                   as_of.value("time_ms", std::uint64_t{0}), id_in<Hash256>(as_of, "block_id")};
    for (auto& party : answer["institutions"]) {
      const auto id = id_in<InstitutionId>(part(party, "name"), "id");
      view_.names[id] = part(party, "name").value("name_now", "");
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
    for (const auto& view : part(answer, "statements")) {
      TM_TRY(auto statement, statement_from(view));
      subjects_.insert(statement.subject);
      statements_.push_back(std::move(statement));
    }
    return {};
  }
  Status ask_changes(const InstitutionId& id) {
    TM_TRY(const auto answer, source_.institution(id));
    const Json& institution = part(answer, "institution");
    for (const auto& key : part(institution, "keys")) {
      const auto since = key.value("compromised_since_ms", std::uint64_t{0});
      if (since != 0)
        compromises_[id].push_back(
            {id_in<KeyId>(key, "id"), since, commit_of(part(key, "retired"))});
    }
    histories_[id] = part(institution, "history");
    return {};
  }
  // Who was spoken of, and who came after them: what was said of a predecessor may pass on.
  std::set<InstitutionId> take_subjects() {
    auto subjects = std::exchange(subjects_, {});
    for (const auto& succession : successions_) {
      const auto before = ids_of(part(succession, "predecessors"));
      if (!std::ranges::any_of(before, [&](const auto& id) { return subjects.contains(id); }))
        continue;
      for (const auto& id : ids_of(part(succession, "successors"))) subjects.insert(id);
    }
    return subjects;
  }

  Status ask_successions() {
    TM_TRY(auto answer, source_.successions());
    for (auto& succession : answer.at("successions")) successions_.push_back(std::move(succession));
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
  void version_events(const InstitutionId& id, const Json& before, const Json& now,
                      std::vector<Event>& events);
  void succession_events(std::vector<Event>& events);
  bool closed_by_succession(const InstitutionId& id, Height height) const;
  Status append(trust::Statement statement, const trust::Commit& commit);

  GraphSource& source_;
  LocalView& view_;
  Json parties_ = Json::array();
  Json successions_ = Json::array();
  std::vector<trust::Statement> statements_;
  std::vector<std::pair<InstitutionId, InstitutionId>>
      late_parents_;  // child, parent: those of a genesis
  std::map<InstitutionId, Json> histories_;
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
    const auto id = id_in<InstitutionId>(part(party, "name"), "id");
    const auto versions = histories_.find(id);
    const Json* first = versions == histories_.end() || versions->second.empty()
                            ? nullptr
                            : &versions->second.front();
    const bool accreditor =
        first == nullptr ? party.value("accreditor", false) : is_accreditor(*first);
    const auto parent = parent_in(first == nullptr ? party : *first);
    events.push_back(
        {commit_of(part(party, "registered")), 0, [this, id, parent, accreditor](const auto& at) {
           const bool known = parent && view_.history.find(*parent).has_value();
           if (parent && !known) late_parents_.emplace_back(id, *parent);
           return done(view_.history.add_party(id, at, accreditor, known ? parent : std::nullopt));
         }});
  }
}

// What changed with one version of an institution's record.
void Gathering::version_events(const InstitutionId& id, const Json& before, const Json& now,
                               std::vector<Event>& events) {
  const trust::Commit at{{},
                         Height{now.value("from_height", std::uint64_t{0})},
                         now.value("from_time_ms", std::uint64_t{0}),
                         {}};
  if (parent_in(before) != parent_in(now)) {
    events.push_back({at, 1, [this, id, parent = parent_in(now)](const trust::Commit& commit) {
                        return done(view_.history.set_parent(id, commit, parent));
                      }});
  }
  if (is_accreditor(before) != is_accreditor(now)) {
    const bool retroactive = now.value("retroactive", false);
    events.push_back(
        {at, 1, [this, id, holds = is_accreditor(now), retroactive](const trust::Commit& commit) {
           return done(view_.history.set_accreditor(id, commit, holds, retroactive));
         }});
  }
  const auto standing = now.value("standing", "");
  if (standing == before.value("standing", "") || closed_by_succession(id, at.height)) return;
  events.push_back({at, 1, [this, id, standing](const trust::Commit& commit) -> Status {
                      TM_TRY(const auto means, standing_from(standing));
                      return done(view_.history.set_standing(id, commit, means));
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
  return std::ranges::any_of(successions_, [&](const Json& succession) {
    if (commit_of(part(succession, "anchor")).height != height ||
        !succession.value("closes", false))
      return false;
    const auto closed = ids_of(part(succession, "predecessors"));
    return std::ranges::find(closed, id) != closed.end();
  });
}

void Gathering::succession_events(std::vector<Event>& events) {
  for (const auto& view : successions_) {
    trust::Succession succession;
    succession.successors = ids_of(part(view, "successors"));
    const auto heir = id_in<InstitutionId>(part(view, "heir"), "id");
    for (const auto& party : ids_of(part(view, "predecessors"))) {
      succession.predecessors.push_back({party, view.value("closes", false),
                                         heir.is_zero() ? std::nullopt : std::optional(heir)});
    }
    events.push_back(
        {commit_of(part(view, "anchor")), 2, [this, succession](const trust::Commit& commit) {
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
  for (const auto& statement : policy.local) friends.insert(statement.subject);
  for (const auto& assumed : assume) friends.insert(assumed.subject);
  for (const auto& party : friends) TM_TRY_STATUS(gathering.ask_author(party));
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
  try {
    LocalView view;
    Gathering gathering(source, view);
    TM_TRY_STATUS(gather(gathering, view, viewpoint, issuers, policy, assume));
    return view;
  } catch (const Json::exception& wrong) {
    return error(std::string("the list of recognitions has another form: ") + wrong.what());
  }
}

Result<trust::Scope> scope_from(const Json& scope_view) {
  trust::Scope scope;
  TM_TRY_STATUS(read_scope(scope_view, scope));
  return scope;
}

Result<trust::ScopePoint> point_from(const Json& scope_view) {
  trust::Scope scope;
  TM_TRY_STATUS(read_scope(scope_view, scope));
  // Of several values a point would keep one, and so be another question.
  if (std::popcount(scope.levels.value_or(0)) > 1 ||
      std::popcount(scope.award_types.value_or(0)) > 1)
    return error("a question is about one level and one type of award at most");

  trust::ScopePoint point;
  if (scope.fields) point.fields = *scope.fields;
  for (unsigned level = 1; level <= trust::kMaxLevel; ++level) {
    if (scope.levels && (*scope.levels >> (level - 1)) & 1U)
      point.level = static_cast<std::uint8_t>(level);
  }
  for (unsigned type = 0; type < trust::kAwardTypeCount; ++type) {
    if (scope.award_types && (*scope.award_types >> type) & 1U)
      point.award_type = static_cast<trust::AwardType>(type);
  }
  return point;
}

}  // namespace testamur::wallet

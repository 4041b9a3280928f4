#include "wallet/cli/local_view.h"

#include <algorithm>
#include <functional>
#include <set>
#include <tuple>
#include <utility>

#include "trust/policy_text.h"

namespace testamur::wallet {
namespace {

constexpr std::size_t kMostAuthors = 2'000;

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
    scope.award_types = static_cast<std::uint16_t>(scope.award_types.value_or(0) | 1U << unsigned(type));
  }
  for (const auto& text : part(view, "purposes")) {
    TM_TRY(auto purpose, trust::parse_purpose(text.get<std::string>()));
    scope.purposes = static_cast<std::uint8_t>(scope.purposes.value_or(0) | 1U << unsigned(purpose));
  }
  for (const auto& name : part(view, "achievements")) {
    if (!scope.achievements) scope.achievements.emplace();
    scope.achievements->push_back({id_in<InstitutionId>(name, "institution_id"), name.value("number", 0U)});
  }
  return {};
}

trust::Kind kind_from(const std::string& text) {
  for (const auto kind : {trust::Kind::kTrust, trust::Kind::kAccredit, trust::Kind::kDistrust, trust::Kind::kEnd}) {
    if (text == to_text(kind)) return kind;
  }
  return trust::Kind::kVoid;
}

trust::Scheme scheme_from(const std::string& text) {
  constexpr const char* kNames[] = {"unspecified", "esg", "eqavet", "iso_9001", "iso_17024", "other"};
  const auto found = std::ranges::find(kNames, text);
  return found == std::end(kNames) ? trust::Scheme::kNone : static_cast<trust::Scheme>(found - std::begin(kNames));
}

Result<trust::Statement> statement_from(const Json& view) {
  trust::Statement s;
  s.id = id_in<trust::StatementId>(view, "id");
  s.truster = id_in<InstitutionId>(part(view, "truster"), "id");
  s.subject = id_in<InstitutionId>(part(view, "subject"), "id");
  s.kind = kind_from(view.value("kind", ""));
  s.amount = static_cast<std::uint8_t>(view.value("amount", 0U));
  s.depth = static_cast<std::uint8_t>(view.value("depth", 0U));
  TM_TRY_STATUS(read_scope(part(view, "scope"), s.scope));
  s.valid_from_ms = view.value("valid_from_ms", std::uint64_t{0});
  const auto until = view.value("valid_until_ms", std::uint64_t{0});
  s.valid_until_ms = until == 0 ? trust::kOpenEnd : until;
  s.slot = static_cast<std::uint16_t>(view.value("slot", 0U));
  s.scheme = scheme_from(view.value("scheme", ""));
  for (const auto& name : part(view, "names")) {
    const auto bytes = from_hex(name.get<std::string>());
    if (bytes && bytes->size() == trust::StatementId::kSize) s.names.push_back(trust::StatementId::prefix_of(*bytes));
  }
  s.commit = commit_of(part(view, "anchor"));
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
  Gathering(Client& client, LocalView& view) : client_(client), view_(view) {}

  Status list_parties() {
    auto answer = client_.institutions();
    if (auto* failure = std::get_if<CallError>(&answer)) return error(failure->message);
    const Json& as_of = part(std::get<Json>(answer), "as_of");
    view_.as_of = {Height{as_of.value("height", std::uint64_t{0})}, as_of.value("time_ms", std::uint64_t{0}),
                   id_in<Hash256>(as_of, "block_id")};
    for (auto& party : std::get<Json>(answer)["institutions"]) {
      const auto id = id_in<InstitutionId>(part(party, "name"), "id");
      view_.names[id] = part(party, "name").value("name_now", "");
      parties_.push_back(std::move(party));
    }
    return {};
  }

  // Everything that `author` ever said, its changes of standing and its compromised keys.
  Status ask_author(const InstitutionId& author) {
    if (!view_.names.contains(author) || !asked_.insert(author).second) return {};
    if (asked_.size() > kMostAuthors) return error("more than 2,000 institutions can be reached: ask a node");
    TM_TRY_STATUS(ask_changes(author));
    auto answer = client_.statements(author, std::nullopt, true);
    if (auto* failure = std::get_if<CallError>(&answer)) return error(failure->message);
    for (const auto& view : part(std::get<Json>(answer), "statements")) {
      TM_TRY(auto statement, statement_from(view));
      subjects_.insert(statement.subject);
      statements_.push_back(std::move(statement));
    }
    return {};
  }
  Status ask_changes(const InstitutionId& id) {
    auto answer = client_.institution(id, true);
    if (auto* failure = std::get_if<CallError>(&answer)) return error(failure->message);
    const Json& institution = part(std::get<Json>(answer), "institution");
    for (const auto& key : part(institution, "keys")) {
      const auto since = key.value("compromised_since_ms", std::uint64_t{0});
      if (since != 0) compromises_[id].push_back({id_in<KeyId>(key, "id"), since, commit_of(part(key, "retired"))});
    }
    histories_[id] = part(institution, "history");
    return {};
  }
  std::set<InstitutionId> take_subjects() { return std::exchange(subjects_, {}); }

  Status replay();

 private:
  struct Event {
    trust::Commit commit;
    int rank = 0;  // an institution before what is said of it
    std::function<Status(const trust::Commit&)> apply;
  };
  void party_events(std::vector<Event>& events);
  void change_events(std::vector<Event>& events);
  Status append(trust::Statement statement, const trust::Commit& commit);

  Client& client_;
  LocalView& view_;
  Json parties_ = Json::array();
  std::vector<trust::Statement> statements_;
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
    const auto parent = id_in<InstitutionId>(part(party, "facts"), "parent");
    events.push_back({commit_of(part(party, "registered")), 0, [this, id, parent, &party](const trust::Commit& at) {
                        const bool known = !parent.is_zero() && view_.history.find(parent).has_value();
                        return done(view_.history.add_party(id, at, party.value("accreditor", false),
                                                            known ? std::optional(parent) : std::nullopt));
                      }});
  }
}

void Gathering::change_events(std::vector<Event>& events) {
  for (const auto& [id, versions] : histories_) {
    std::string before = "good";
    for (const auto& version : versions) {
      const std::string now = version.value("standing", "good");
      if (now == std::exchange(before, now)) continue;
      const auto standing = now == "suspended" ? trust::Standing::kSuspended
                            : now == "closed"  ? trust::Standing::kClosed
                                               : trust::Standing::kGood;
      trust::Commit at{{},
                       Height{version.value("from_height", std::uint64_t{0})},
                       version.value("from_time_ms", std::uint64_t{0}),
                       {}};
      events.push_back({at, 1, [this, id = id, standing](const trust::Commit& commit) {
                          return done(view_.history.set_standing(id, commit, standing));
                        }});
    }
  }
  for (const auto& [id, compromises] : compromises_) {
    for (const auto& found : compromises) {
      events.push_back({found.retired, 3, [this, found](const trust::Commit& commit) {
                          return done(view_.history.compromise_key(found.key, found.since_ms, commit));
                        }});
    }
  }
}

Status Gathering::append(trust::Statement statement, const trust::Commit& commit) {
  // The list does not say which key signed: of an author with a compromised one, what that key may have signed.
  for (const auto& found : compromises_[statement.truster]) {
    const bool within = statement.commit.time_ms >= found.since_ms && statement.commit.height <= found.retired.height;
    if (within) statement.commit.key = found.key;
  }
  statement.commit.order = commit.order;
  const auto wrong = view_.history.append(statement);
  // A lost role: nothing that it accredited counts any longer here.
  if (!wrong || *wrong == trust::StatementError::kNotAccreditor) return {};
  return error("the node's lists do not fit together: statement " + to_text(statement.id) + ": " +
               std::string(trust::to_text(*wrong)));
}

Status Gathering::replay() {
  std::vector<Event> events;
  party_events(events);
  change_events(events);
  for (const auto& statement : statements_) {
    events.push_back(
        {statement.commit, 2, [this, &statement](const trust::Commit& at) { return append(statement, at); }});
  }
  // A change of standing has no position within its block here: it goes before what else happened there.
  std::ranges::stable_sort(events, [](const Event& a, const Event& b) {
    return std::tuple(a.commit.height, a.rank == 0 ? 0 : 1, a.commit.order, a.rank) <
           std::tuple(b.commit.height, b.rank == 0 ? 0 : 1, b.commit.order, b.rank);
  });
  std::uint64_t order = 0;
  for (const auto& event : events) {
    trust::Commit at = event.commit;
    at.order = LogIndex{++order};
    TM_TRY_STATUS(event.apply(at));
  }
  return {};
}

}  // namespace

std::string LocalView::name_of(const InstitutionId& id) const {
  if (id == trust::local_viewpoint()) return "this policy";
  const auto found = names.find(id);
  return found == names.end() ? std::string{} : found->second;
}

Result<LocalView> fetch_local_view(Client& client, const InstitutionId& viewpoint, const InstitutionId& issuer,
                                   const trust::Policy& policy, const std::vector<trust::Assumption>& assume) {
  LocalView view;
  Gathering gathering(client, view);
  TM_TRY_STATUS(gathering.list_parties());
  for (const auto& vetoer : policy.vetoers) TM_TRY_STATUS(gathering.ask_author(vetoer));
  gathering.take_subjects();  // vetoers introduce nobody
  TM_TRY_STATUS(gathering.ask_author(viewpoint));
  auto friends = gathering.take_subjects();
  for (const auto& statement : policy.local) friends.insert(statement.subject);
  for (const auto& assumed : assume) friends.insert(assumed.subject);
  for (const auto& party : friends) TM_TRY_STATUS(gathering.ask_author(party));
  for (const auto& party : gathering.take_subjects()) TM_TRY_STATUS(gathering.ask_author(party));
  if (view.names.contains(issuer)) TM_TRY_STATUS(gathering.ask_changes(issuer));
  TM_TRY_STATUS(gathering.replay());
  return view;
}

Result<trust::ScopePoint> point_from(const Json& scope_view) {
  trust::Scope scope;
  TM_TRY_STATUS(read_scope(scope_view, scope));
  trust::ScopePoint point;
  if (scope.fields) point.fields = *scope.fields;
  for (unsigned level = 1; level <= trust::kMaxLevel; ++level) {
    if (scope.levels && (*scope.levels >> (level - 1)) & 1U) point.level = static_cast<std::uint8_t>(level);
  }
  for (unsigned type = 0; type < trust::kAwardTypeCount; ++type) {
    if (scope.award_types && (*scope.award_types >> type) & 1U) point.award_type = static_cast<trust::AwardType>(type);
  }
  return point;
}

}  // namespace testamur::wallet

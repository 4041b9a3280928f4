// TrustService: decisions, paths, and the statements around an institution.
#include <algorithm>
#include <set>

#include "node/rpc/services/services.h"
#include "node/rpc/statements.h"
#include "testamur/v1/trust_service.grpc.pb.h"
#include "trust/explain.h"

namespace testamur::node {

namespace tx = ledger::tx;

namespace {

constexpr std::uint32_t kGraphStatements = 1'000;
constexpr std::uint32_t kGraphStatementsLimit = 10'000;
constexpr std::uint32_t kGraphHops = 3;
constexpr std::size_t kGraphBytes = 3u << 20;
constexpr std::size_t kGraphPairs = 20'000;  // looked at, whatever is in force between them
// A question that no table or cache of this node answers may cost so much.
constexpr std::uint64_t kColdWork = 4'000'000;

// A question, ready to be decided.
struct Asked {
  grpc::Status status;
  trust::Query query;
  trust::Policy policy;
  bool own = true;   // the node's own viewpoint and policy, as of the newest view: may be cached
  bool kept = true;  // a viewpoint of which this node keeps tables, likewise
};

grpc::Status read_achievement(const Reader& reader, const v1::AchievementName& given,
                              trust::ScopePoint& point) {
  auto institution = fixed_from<InstitutionId>(given.institution_id());
  if (!institution) return invalid_argument("achievement.institution_id", "must be 16 bytes");
  const auto version = version_from(given.version());
  if (!version) return version_out_of_range("achievement.version");

  const AchievementId id{*institution, given.number(), std::max<std::uint16_t>(*version, 1)};
  auto found = reader.achievement(id);
  if (!found) return not_found("achievement", "the ledger does not know it");
  point = point_of(id, found->published.content);
  return grpc::Status::OK;
}

// A question is about one point: of several values only one would be asked about.
grpc::Status check_is_one_point(const v1::DecideRequest& request) {
  const auto& given = request.point();
  if (given.levels_size() > 1) return invalid_argument("point.levels", "must be one at most");
  if (given.award_types_size() > 1)
    return invalid_argument("point.award_types", "must be one at most");
  if (given.purposes_size() > 1) return invalid_argument("point.purposes", "must be one at most");
  if (!given.purposes().empty() && !request.purpose().empty() &&
      given.purposes(0) != request.purpose())
    return invalid_argument("point.purposes", "is another one than the purpose of the request");
  if (given.achievements_size() > 0)
    return invalid_argument("point.achievements",
                            "must be empty: name it in the field achievement");
  return grpc::Status::OK;
}

grpc::Status read_dimensions(const v1::ScopeView& given, trust::ScopePoint& point) {
  for (const auto& code : given.fields()) {
    auto mask = trust::parse_own_field(code);
    if (!mask.ok()) return invalid_argument("point.fields", mask.message());
    point.fields = point.fields | *mask;
  }
  for (auto level : given.levels()) {
    if (level < 1 || level > trust::kMaxLevel)
      return invalid_argument("point.levels", "must be 1 to 8");
    point.level = static_cast<std::uint8_t>(level);
  }
  for (const auto& text : given.award_types()) {
    auto type = trust::parse_award_type(text);
    if (!type.ok()) return invalid_argument("point.award_types", type.message());
    point.award_type = *type;
  }
  return grpc::Status::OK;
}

grpc::Status read_purpose(const v1::DecideRequest& request, trust::ScopePoint& point) {
  const auto& listed = request.point().purposes();
  auto purpose = request.purpose();
  if (purpose.empty() && !listed.empty()) purpose = listed[0];
  if (purpose.empty()) return grpc::Status::OK;

  auto parsed = trust::parse_purpose(purpose);
  if (!parsed.ok()) return invalid_argument("purpose", parsed.message());
  point.purpose = *parsed;
  return grpc::Status::OK;
}

// The point of a named achievement, and over it what the request says of a point.
grpc::Status read_point(const Reader& reader, const v1::DecideRequest& request,
                        trust::ScopePoint& point) {
  if (request.has_achievement()) {
    auto status = read_achievement(reader, request.achievement(), point);
    if (!status.ok()) return status;
  }

  if (auto status = check_is_one_point(request); !status.ok()) return status;
  if (auto status = read_dimensions(request.point(), point); !status.ok()) return status;
  return read_purpose(request, point);
}

grpc::Status read_policy(const v1::TrustPolicy& given, trust::Policy& policy) {
  policy = trust::Policy{};

  // What was cut to its width or left out would be another policy than the one that was given.
  if (given.path_floor() > trust::kFullAmount)
    return over_limit("policy.path_floor", trust::kFullAmount, given.path_floor());
  const auto ceilings = static_cast<std::size_t>(given.ceilings_size());
  if (ceilings > policy.ceilings.size())
    return over_limit("policy.ceilings", policy.ceilings.size(), ceilings);

  // Zero means not given: the default of a policy holds.
  if (given.required_amount() != 0) policy.threshold = given.required_amount();
  if (given.required_paths() != 0) policy.independent_paths = given.required_paths();
  if (given.path_floor() != 0) policy.path_floor = static_cast<std::uint8_t>(given.path_floor());
  if (given.veto_quorum() != 0) policy.veto_quorum = given.veto_quorum();
  if (given.required_accreditation() != 0)
    policy.accreditation.push_back({{}, given.required_accreditation(), 0});

  for (const auto& text : given.vetoers()) {
    auto id = fixed_from<InstitutionId>(text);
    if (!id) return invalid_argument("policy.vetoers", "must be 16 bytes each");
    policy.vetoers.push_back(*id);
  }

  std::sort(policy.vetoers.begin(), policy.vetoers.end());
  std::ranges::copy(given.ceilings(), policy.ceilings.begin());

  // The trust engine may rely on it: what it takes is within its own rules.
  if (auto wrong = trust::check(policy))
    return invalid_argument("policy", std::string(to_text(*wrong)));
  return grpc::Status::OK;
}

Asked read_question(const ServiceContext& context, const Reader& reader,
                    const RecognitionView& view, const v1::DecideRequest& request) {
  Asked asked;
  auto issuer = fixed_from<InstitutionId>(request.issuer_id());
  if (!issuer) return {invalid_argument("issuer_id", "must be 16 bytes"), {}, {}};

  asked.query.issuer = *issuer;
  asked.query.viewpoint = context.recognition.viewpoint();

  if (!request.viewpoint_id().empty()) {
    auto viewpoint = fixed_from<InstitutionId>(request.viewpoint_id());
    if (!viewpoint) return {invalid_argument("viewpoint_id", "must be 16 bytes"), {}, {}};
    asked.query.viewpoint = *viewpoint;
    asked.own = *viewpoint == context.recognition.viewpoint();
    asked.kept = asked.own || context.recognition.keeps(*viewpoint);
  }

  asked.status = read_point(reader, request, asked.query.point);
  if (!asked.status.ok()) return asked;

  asked.query.as_of = view.as_of();
  // What is kept was made for the newest view: another height is decided anew.
  if (request.as_of_height() != 0) {
    auto header_bytes = reader.state().header(Height{request.as_of_height()});
    auto header =
        header_bytes ? ledger::decode_header(*header_bytes) : Result<ledger::Header>(error("none"));
    if (!header.ok() || header->height > view.as_of().height) {
      return {not_found("as_of_height", "this node holds no such height"), {}, {}};
    }
    asked.query.as_of = {header->height, header->time_ms, header->roots.registry_root};
    asked.own = asked.kept = false;
  }

  asked.query.at_time_ms =
      request.at_time_ms() != 0 ? request.at_time_ms() : asked.query.as_of.today_ms;

  // A policy of the caller's is cold as well, and bounded in work.
  asked.policy = context.recognition.policy();
  if (request.has_policy()) {
    asked.own = asked.kept = false;
    asked.status = read_policy(request.policy(), asked.policy);
  } else if (!asked.own) {
    asked.policy.local.clear();  // what is not published is said by the own institution alone
  }

  if (!asked.own) asked.query.work_limit = kColdWork;
  return asked;
}

struct GraphAsked {
  InstitutionId around;
  std::uint32_t hops = 1;
  std::uint32_t most = 0;
};

// The statements in force within so many steps of an institution, in either direction, until the
// answer or the search is large enough. For one call.
class GraphSearch {
 public:
  GraphSearch(const Reader& reader, const trust::History& history, const GraphAsked& asked,
              const Call& reactor, v1::GraphResponse& response)
      : reader_(reader), history_(history), asked_(asked), reactor_(reactor), response_(response) {}

  void run() {
    std::vector<InstitutionId> border{asked_.around};
    for (std::uint32_t hop = 0; hop < asked_.hops && !border.empty() && !response_.truncated();
         ++hop) {
      border = step_beyond(border);
    }
    add_names();
  }

 private:
  using Pair = std::pair<InstitutionId, InstitutionId>;

  // The institutions that are met for the first time.
  std::vector<InstitutionId> step_beyond(const std::vector<InstitutionId>& border) {
    std::vector<InstitutionId> next;
    for (const auto& id : border) {
      add_around(id, next);
      if (response_.truncated()) break;
    }
    return next;
  }

  void add_around(const InstitutionId& id, std::vector<InstitutionId>& next) {
    for (const auto& pair : pairs_around(reader_, history_, id)) {
      if (!seen_.insert(pair).second) continue;
      const bool far = seen_.size() > kGraphPairs || reactor_.cancelled();
      if (far || !add_statements(pair)) return response_.set_truncated(true);

      const auto& other = pair.first == id ? pair.second : pair.first;
      if (known_.insert(other).second) next.push_back(other);
    }
  }

  // False: there is no more room.
  bool add_statements(const Pair& pair) {
    for (const auto& statement : statements_in_force(reader_, pair.first, pair.second)) {
      auto& added = *response_.add_statements();
      fill_statement(reader_, statement, true, added);
      if (static_cast<std::uint32_t>(response_.statements_size()) <= asked_.most &&
          room_.take(added))
        continue;
      response_.mutable_statements()->RemoveLast();
      return false;
    }
    return true;
  }

  // A name for each end of what is shown.
  void add_names() {
    for (const auto& id : known_) {
      auto& added = *response_.add_institutions();
      reader_.fill_name(id, std::nullopt, added);
      if (room_.take(added)) continue;
      response_.mutable_institutions()->RemoveLast();
      return response_.set_truncated(true);
    }
  }

  const Reader& reader_;
  const trust::History& history_;
  const GraphAsked asked_;
  const Call& reactor_;
  v1::GraphResponse& response_;
  std::set<InstitutionId> known_{asked_.around};
  std::set<Pair> seen_;
  AnswerRoom room_{kGraphBytes};
};

const CallCost& cost(std::string_view method) { return cost_of("TrustService", method); }

class Service final : public v1::TrustService::CallbackService {
 public:
  explicit Service(ServiceContext& context) : context_(context) {}

  grpc::ServerUnaryReactor* Decide(grpc::CallbackServerContext* call,
                                   const v1::DecideRequest* request,
                                   v1::DecideResponse* response) override {
    return unary(
        context_.calls, call, cost("Decide"), *request, *response, [=, this](Call& reactor) {
          auto reader = context_.reader();
          auto view = context_.recognition.view();
          auto asked = read_question(context_, reader, *view, *request);
          if (!asked.status.ok()) return asked.status;

          reader.fill(*response->mutable_as_of());
          auto& out = *response->mutable_decision();

          auto point =
              request->at_time_ms() != 0 ? v1::DECISION_POINT_AT_TIME : v1::DECISION_POINT_TODAY;

          // A table answers without deciding, but knows the outcome alone.
          if (request->outcome_only() && asked.kept) {
            auto known = context_.recognition.find(*view, asked.query.viewpoint, asked.query.point,
                                                   asked.query.issuer, asked.query.at_time_ms);
            if (known) {
              fill_outcome(reader, asked, *known, point, out);
              log(asked, *known, std::nullopt, std::nullopt);
              return grpc::Status::OK;
            }
          }

          std::shared_ptr<const trust::Decision> decision;
          if (asked.own) {
            // Our own decisions are kept: only one that had to be made is charged, when that is
            // known.
            std::uint64_t cold = 0;
            decision = view->decide_cached(asked.query, asked.policy, cold);
            context_.calls.gate.charge(reactor.caller(), cold * kColdDecisionCalls);
          } else {
            // Work for a stranger's question is paid before it is done.
            if (auto status = reactor.spend(kColdDecisionCalls); !status.ok()) return status;
            decision = std::make_shared<const trust::Decision>(
                trust::decide(view->history(), asked.query, asked.policy));
          }

          if (request->outcome_only()) {
            fill_outcome(reader, asked, decision->outcome, point, out);
          } else {
            fill(reader, {asked.query, asked.policy, *decision}, point, true, out);
          }

          log(asked, decision->outcome, decision->rule, decision->amount);
          return grpc::Status(grpc::Status::OK);
        });
  }

  grpc::ServerUnaryReactor* Paths(grpc::CallbackServerContext* call,
                                  const v1::PathsRequest* request,
                                  v1::PathsResponse* response) override {
    return unary(context_.calls, call, cost("Paths"), *request, *response, [=, this](Call&) {
      auto reader = context_.reader();
      auto view = context_.recognition.view();

      auto asked = read_question(context_, reader, *view, request->query());
      if (!asked.status.ok()) return asked.status;

      auto explanation = trust::explain(view->history(), asked.query, asked.policy);

      auto& decision = *response->mutable_decision();
      auto point = request->query().at_time_ms() != 0 ? v1::DECISION_POINT_AT_TIME
                                                      : v1::DECISION_POINT_TODAY;
      fill(reader, {asked.query, asked.policy, explanation.decision}, point, true, decision);

      decision.set_explanation(trust::to_text(
          explanation, [&](const InstitutionId& id) { return name_of(reader, id); }));
      for (const auto& remedy : explanation.remedies)
        decision.add_remedies(text_of(reader, remedy));

      if (explanation.chain) {
        response->set_widest_chain_amount(explanation.chain->amount);
        reader.fill_name(asked.query.viewpoint, std::nullopt, *response->add_widest_chain());
        for (const auto& arc : explanation.chain->arcs) {
          reader.fill_name(arc.subject, std::nullopt, *response->add_widest_chain());
        }
      }

      reader.fill(*response->mutable_as_of());

      log(asked, explanation.decision.outcome, explanation.decision.rule,
          explanation.decision.amount);
      return grpc::Status(grpc::Status::OK);
    });
  }

  grpc::ServerUnaryReactor* Graph(grpc::CallbackServerContext* call,
                                  const v1::GraphRequest* request,
                                  v1::GraphResponse* response) override {
    return unary(
        context_.calls, call, cost("Graph"), *request, *response, [=, this](Call& reactor) {
          auto reader = context_.reader();

          const auto [wrong, named] =
              optional_from<InstitutionId>(request->around_id(), "around_id");
          if (!wrong.ok()) return wrong;
          const auto around = named.value_or(context_.recognition.viewpoint());

          if (request->hops() > kGraphHops) return over_limit("hops", kGraphHops, request->hops());
          if (request->at_time_ms() != 0)
            return invalid_argument("at_time_ms", "must be 0: what is in force today is shown");
          auto hops = std::max<std::uint32_t>(request->hops(), 1);
          auto most = request->max_statements() == 0 ? kGraphStatements : request->max_statements();
          if (most > kGraphStatementsLimit)
            return over_limit("max_statements", kGraphStatementsLimit, most);

          const auto view = context_.recognition.view();
          GraphSearch(reader, view->history(), {around, hops, most}, reactor, *response).run();
          reader.fill(*response->mutable_as_of());
          return grpc::Status(grpc::Status::OK);
        });
  }

 private:
  static void fill_outcome(const Reader& reader, const Asked& asked, trust::Outcome outcome,
                           v1::DecisionPoint point, v1::Decision& out) {
    out.set_point(point);
    out.set_outcome(static_cast<v1::DecisionOutcome>(outcome));
    reader.fill_name(asked.query.viewpoint, std::nullopt, *out.mutable_viewpoint());
    reader.fill_name(asked.query.issuer, std::nullopt, *out.mutable_issuer());
    out.set_at_time_ms(asked.query.at_time_ms);
    out.set_as_of_height(asked.query.as_of.height.value);
    put(*out.mutable_policy_digest(), trust::digest(asked.policy));
  }

  void log(const Asked& asked, trust::Outcome outcome, std::optional<trust::Rule> rule,
           std::optional<std::uint32_t> amount) const {
    if (context_.decisions == nullptr) return;
    const DecisionEntry entry{DecisionKind::kQuestion,
                              asked.query.viewpoint,
                              asked.query.issuer,
                              asked.query.point,
                              asked.query.at_time_ms,
                              trust::digest(asked.policy),
                              outcome,
                              rule,
                              amount};
    context_.decisions->add(entry, asked.query.as_of.height);
  }

  static std::string name_of(const Reader& reader, const InstitutionId& id) {
    auto record = reader.institution(id);
    return record ? std::string(tx::best_text(record->facts.legal_names)) : std::string();
  }

  static std::string text_of(const Reader& reader, const trust::Remedy& remedy) {
    auto by = name_of(reader, remedy.by);
    auto subject = name_of(reader, remedy.subject);
    if (remedy.kind == trust::Kind::kEnd) return by + " withdraws its distrust of " + subject;
    return by + (remedy.kind == trust::Kind::kAccredit ? " accredits " : " trusts ") + subject +
           " with amount " + std::to_string(remedy.amount) + ", depth " +
           std::to_string(remedy.depth);
  }

  ServiceContext& context_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_trust_service(ServiceContext& context) {
  return std::make_unique<Service>(context);
}

}  // namespace testamur::node

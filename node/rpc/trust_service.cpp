// TrustService: decisions, paths, and the statements around an institution.
#include <algorithm>
#include <set>

#include "node/rpc/services.h"
#include "node/rpc/statements.h"
#include "testamur/v1/trust_service.grpc.pb.h"
#include "trust/explain.h"

namespace testamur::node {

namespace tx = ledger::tx;

namespace {

constexpr std::uint32_t kGraphStatements = 1'000;
constexpr std::uint32_t kGraphStatementsLimit = 10'000;

// A question, ready to be decided.
struct Asked {
  grpc::Status status;
  trust::Query query;
  trust::Policy policy;
  bool own = true;  // the node's own viewpoint and policy: may be cached
};

grpc::Status read_point(const Reader& reader, const v1::DecideRequest& request, trust::ScopePoint& point) {
  if (request.has_achievement()) {
    auto institution = fixed_from<InstitutionId>(request.achievement().institution_id());
    if (!institution) return invalid_argument("achievement.institution_id", "must be 16 bytes");
    AchievementId id{*institution, request.achievement().number(),
                     static_cast<std::uint16_t>(std::max<std::uint32_t>(request.achievement().version(), 1))};
    auto found = reader.achievement(id);
    if (!found) return not_found("achievement", "the ledger does not know it");
    point = point_of(id, found->published.content);
  }
  for (const auto& code : request.point().fields()) {
    auto mask = trust::parse_field(code);
    if (!mask.ok()) return invalid_argument("point.fields", mask.message());
    point.fields = point.fields | *mask;
  }
  for (auto level : request.point().levels()) {
    if (level < 1 || level > trust::kMaxLevel) return invalid_argument("point.levels", "must be 1 to 8");
    point.level = static_cast<std::uint8_t>(level);
  }
  for (const auto& text : request.point().award_types()) {
    auto type = trust::parse_award_type(text);
    if (!type.ok()) return invalid_argument("point.award_types", type.message());
    point.award_type = *type;
  }
  auto purpose = request.purpose();
  if (purpose.empty() && !request.point().purposes().empty()) purpose = request.point().purposes(0);
  if (purpose.empty()) return grpc::Status::OK;
  auto parsed = trust::parse_purpose(purpose);
  if (!parsed.ok()) return invalid_argument("purpose", parsed.message());
  point.purpose = *parsed;
  return grpc::Status::OK;
}

grpc::Status read_policy(const v1::TrustPolicy& given, trust::Policy& policy) {
  policy = trust::Policy{};
  if (given.required_amount() != 0) policy.threshold = given.required_amount();
  if (given.required_paths() != 0) policy.independent_paths = given.required_paths();
  if (given.path_floor() != 0)
    policy.path_floor = static_cast<std::uint8_t>(std::min<std::uint32_t>(given.path_floor(), 255));
  if (given.veto_quorum() != 0) policy.veto_quorum = given.veto_quorum();
  if (given.required_accreditation() != 0) policy.accreditation.push_back({{}, given.required_accreditation(), 0});
  for (const auto& text : given.vetoers()) {
    auto id = fixed_from<InstitutionId>(text);
    if (!id) return invalid_argument("policy.vetoers", "must be 16 bytes each");
    policy.vetoers.push_back(*id);
  }
  std::sort(policy.vetoers.begin(), policy.vetoers.end());
  for (int i = 0; i < std::min(given.ceilings_size(), 3); ++i)
    policy.ceilings[static_cast<std::size_t>(i)] = given.ceilings(i);
  if (auto wrong = trust::check(policy)) return invalid_argument("policy", std::string(to_text(*wrong)));
  return grpc::Status::OK;
}

Asked read_question(const ServiceContext& context, const Reader& reader, const RecognitionView& view,
                    const v1::DecideRequest& request) {
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
  }
  asked.status = read_point(reader, request, asked.query.point);
  if (!asked.status.ok()) return asked;
  asked.query.as_of = view.as_of();
  if (request.as_of_height() != 0) {
    auto header_bytes = reader.state().header(Height{request.as_of_height()});
    auto header = header_bytes ? ledger::decode_header(*header_bytes) : Result<ledger::Header>(error("none"));
    if (!header.ok() || header->height > view.as_of().height) {
      return {not_found("as_of_height", "this node holds no such height"), {}, {}};
    }
    asked.query.as_of = {header->height, header->time_ms, header->roots.registry_root};
    asked.own = false;
  }
  asked.query.at_time_ms = request.at_time_ms() != 0 ? request.at_time_ms() : asked.query.as_of.today_ms;
  asked.policy = context.recognition.policy();
  if (request.has_policy()) {
    asked.own = false;
    asked.status = read_policy(request.policy(), asked.policy);
  }
  return asked;
}

class Service final : public v1::TrustService::CallbackService {
 public:
  explicit Service(ServiceContext& context) : context_(context) {}

  grpc::ServerUnaryReactor* Decide(grpc::CallbackServerContext* call, const v1::DecideRequest* request,
                                   v1::DecideResponse* response) override {
    return unary(context_.gate, call, [&] {
      auto reader = context_.reader();
      auto view = context_.recognition.view(context_.chain.head());
      auto asked = read_question(context_, reader, *view, *request);
      if (!asked.status.ok()) return asked.status;
      auto decision =
          asked.own
              ? view->decide_cached(asked.query, asked.policy)
              : std::make_shared<const trust::Decision>(trust::decide(view->history(), asked.query, asked.policy));
      auto point = request->at_time_ms() != 0 ? v1::DECISION_POINT_AT_TIME : v1::DECISION_POINT_TODAY;
      fill(reader, asked.query, asked.policy, *decision, point, true, *response->mutable_decision());
      reader.fill(*response->mutable_as_of());
      return grpc::Status::OK;
    });
  }

  grpc::ServerUnaryReactor* Paths(grpc::CallbackServerContext* call, const v1::PathsRequest* request,
                                  v1::PathsResponse* response) override {
    return unary(context_.gate, call, [&] {
      auto reader = context_.reader();
      auto view = context_.recognition.view(context_.chain.head());
      auto asked = read_question(context_, reader, *view, request->query());
      if (!asked.status.ok()) return asked.status;
      auto explanation = trust::explain(view->history(), asked.query, asked.policy);
      auto& decision = *response->mutable_decision();
      auto point = request->query().at_time_ms() != 0 ? v1::DECISION_POINT_AT_TIME : v1::DECISION_POINT_TODAY;
      fill(reader, asked.query, asked.policy, explanation.decision, point, true, decision);
      decision.set_explanation(
          trust::to_text(explanation, [&](const InstitutionId& id) { return name_of(reader, id); }));
      for (const auto& remedy : explanation.remedies) decision.add_remedies(text_of(reader, remedy));
      if (explanation.chain) {
        response->set_widest_chain_amount(explanation.chain->amount);
        reader.fill_name(asked.query.viewpoint, std::nullopt, *response->add_widest_chain());
        for (const auto& arc : explanation.chain->arcs) {
          reader.fill_name(arc.subject, std::nullopt, *response->add_widest_chain());
        }
      }
      reader.fill(*response->mutable_as_of());
      return grpc::Status::OK;
    });
  }

  grpc::ServerUnaryReactor* Graph(grpc::CallbackServerContext* call, const v1::GraphRequest* request,
                                  v1::GraphResponse* response) override {
    return unary(context_.gate, call, [&] {
      auto reader = context_.reader();
      auto around = context_.recognition.viewpoint();
      if (!request->around_id().empty()) {
        auto id = fixed_from<InstitutionId>(request->around_id());
        if (!id) return invalid_argument("around_id", "must be 16 bytes");
        around = *id;
      }
      auto hops = std::clamp<std::uint32_t>(request->hops(), 1, 3);
      auto most = request->max_statements() == 0 ? kGraphStatements : request->max_statements();
      if (most > kGraphStatementsLimit) return over_limit("max_statements", kGraphStatementsLimit, most);
      collect(reader, around, hops, most, *response);
      reader.fill(*response->mutable_as_of());
      return grpc::Status::OK;
    });
  }

 private:
  static std::string name_of(const Reader& reader, const InstitutionId& id) {
    auto record = reader.institution(id);
    return record ? std::string(tx::best_text(record->facts.legal_names)) : std::string();
  }

  static std::string text_of(const Reader& reader, const trust::Remedy& remedy) {
    auto by = name_of(reader, remedy.by);
    auto subject = name_of(reader, remedy.subject);
    if (remedy.kind == trust::Kind::kEnd) return by + " withdraws its distrust of " + subject;
    return by + (remedy.kind == trust::Kind::kAccredit ? " accredits " : " trusts ") + subject + " with amount " +
           std::to_string(remedy.amount) + ", depth " + std::to_string(remedy.depth);
  }

  // The statements in force within `hops` steps, in either direction.
  void collect(const Reader& reader, const InstitutionId& around, std::uint32_t hops, std::uint32_t most,
               v1::GraphResponse& response) const {
    auto view = context_.recognition.view(context_.chain.head());
    std::set<InstitutionId> known{around};
    std::vector<InstitutionId> border{around};
    std::set<std::pair<InstitutionId, InstitutionId>> seen;
    for (std::uint32_t hop = 0; hop < hops && !border.empty(); ++hop) {
      std::vector<InstitutionId> next;
      for (const auto& id : border) {
        for (const auto& [truster, subject] : pairs_around(view->history(), id)) {
          if (!seen.insert({truster, subject}).second) continue;
          for (const auto& statement : statements_in_force(reader, truster, subject)) {
            if (static_cast<std::uint32_t>(response.statements_size()) >= most) {
              response.set_truncated(true);
              break;
            }
            fill_statement(reader, statement, true, *response.add_statements());
          }
          auto other = truster == id ? subject : truster;
          if (known.insert(other).second) next.push_back(other);
        }
      }
      border = std::move(next);
    }
    for (const auto& id : known) reader.fill_name(id, std::nullopt, *response.add_institutions());
  }

  ServiceContext& context_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_trust_service(ServiceContext& context) {
  return std::make_unique<Service>(context);
}

}  // namespace testamur::node

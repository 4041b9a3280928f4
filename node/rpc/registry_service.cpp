// RegistryService: institutions, keys, achievements, statements and parameters, with their history.
#include <algorithm>

#include "ledger/tx/identifiers.h"
#include "ledger/tx/publication_records.h"
#include "ledger/tx/succession_records.h"
#include "node/rpc/services.h"
#include "node/rpc/statements.h"
#include "testamur/v1/registry_service.grpc.pb.h"

namespace testamur::node {

namespace tx = ledger::tx;

namespace {

constexpr std::uint32_t kPage = 100;
constexpr std::uint32_t kPageLimit = 1'000;
constexpr std::size_t kPoliciesShown = 16;
constexpr int kSuccessionsLimit = 10'000;

std::uint32_t page_size(std::uint32_t asked) { return asked == 0 ? kPage : std::min(asked, kPageLimit); }

// A page token is the ordinal to go on from, in decimal.
std::optional<std::uint64_t> ordinal_from(const std::string& token) {
  if (token.empty()) return 0;
  if (token.size() > 19 || token.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return std::stoull(token);
}

v1::InstitutionClass to_proto(tx::InstitutionClass value) { return static_cast<v1::InstitutionClass>(value); }

void fill_succession(const Reader& reader, const tx::SuccessionRecord& record, v1::SuccessionView& view) {
  const auto& content = record.content;
  view.set_kind(static_cast<v1::SuccessionKind>(content.kind));
  for (const auto& party : content.predecessors) reader.fill_name(party, std::nullopt, *view.add_predecessors());
  for (const auto& party : content.successors) reader.fill_name(party, std::nullopt, *view.add_successors());
  if (!content.heir.is_zero()) reader.fill_name(content.heir, std::nullopt, *view.mutable_heir());
  view.set_closes(content.closes);
  view.set_effective(record.event == tx::SuccessionEvent::kEffective);
  reader.fill_anchor_of(record.at, record.cause, *view.mutable_anchor());
}

void fill_successions(const Reader& reader, const InstitutionId& id, bool agreements, v1::InstitutionView& out) {
  for (const auto& record : tx::successions_of(reader.state(), id)) {
    const bool effective = record.event == tx::SuccessionEvent::kEffective;
    if (effective || agreements) fill_succession(reader, record, *out.add_successions());
  }
}

void fill_policies(const Reader& reader, const InstitutionId& id, std::size_t most, v1::InstitutionView& out) {
  for (const auto& record : tx::policies_of(reader.state(), id, most)) {
    auto& view = *out.add_policies();
    put(*view.mutable_digest(), record.content.digest);
    view.set_url(record.content.url);
    reader.fill_anchor_of(record.at, record.cause, *view.mutable_anchor());
  }
}

class Service final : public v1::RegistryService::CallbackService {
 public:
  explicit Service(ServiceContext& context) : context_(context) {}

  grpc::ServerUnaryReactor* GetInstitution(grpc::CallbackServerContext* call, const v1::GetInstitutionRequest* request,
                                           v1::GetInstitutionResponse* response) override {
    return unary(context_.gate, call, [&] {
      auto reader = context_.reader();
      std::optional<InstitutionId> id;
      if (!request->domain().empty()) {
        id = tx::owner_of_domain(reader.state(), request->domain());
        if (!id) return not_found("domain", "no institution of this ledger has the domain " + request->domain());
      } else if (!request->id_text().empty()) {
        auto parsed = parse_institution_id(request->id_text());
        if (!parsed.ok()) return invalid_argument("id_text", parsed.message());
        id = *parsed;
      } else {
        id = fixed_from<InstitutionId>(request->id());
        if (!id) return invalid_argument("id", "must be 16 bytes");
      }
      if (!fill_institution(reader, *id, true, request->with_history(), *response->mutable_institution())) {
        return not_found("id", "the ledger does not know " + to_text(*id));
      }
      reader.fill(*response->mutable_as_of());
      return grpc::Status::OK;
    });
  }

  grpc::ServerUnaryReactor* ListInstitutions(grpc::CallbackServerContext* call,
                                             const v1::ListInstitutionsRequest* request,
                                             v1::ListInstitutionsResponse* response) override {
    return unary(context_.gate, call, [&] {
      auto reader = context_.reader();
      auto next = ordinal_from(request->page_token());
      if (!next) return invalid_argument("page_token", "is not one that this service gave");
      auto count = tx::institution_count(reader.state());
      auto end = std::min(count, *next + page_size(request->page_size()));
      for (auto i = *next; i < end; ++i) {
        fill_institution(reader, tx::institution_at_ordinal(reader.state(), i), false, false,
                         *response->add_institutions());
      }
      if (end < count) response->set_next_page_token(std::to_string(end));
      reader.fill(*response->mutable_as_of());
      return grpc::Status::OK;
    });
  }

  grpc::ServerUnaryReactor* GetAchievement(grpc::CallbackServerContext* call, const v1::GetAchievementRequest* request,
                                           v1::GetAchievementResponse* response) override {
    return unary(context_.gate, call, [&] {
      auto reader = context_.reader();
      AchievementId id;
      if (!request->id_text().empty()) {
        auto parsed = parse_achievement_id(request->id_text());
        if (!parsed.ok()) return invalid_argument("id_text", parsed.message());
        id = *parsed;
      } else {
        auto institution = fixed_from<InstitutionId>(request->institution_id());
        if (!institution) return invalid_argument("institution_id", "must be 16 bytes");
        id = {*institution, request->number(), static_cast<std::uint16_t>(request->version())};
      }
      AchievementId version{id.institution, id.number, 1};
      for (; version.version != 0 && reader.achievement(version); ++version.version) {
        response->add_versions(version.version);
      }
      if (id.version == 0 && !response->versions().empty()) {
        id.version = static_cast<std::uint16_t>(response->versions(response->versions_size() - 1));
      }
      if (!fill_achievement(reader, id, *response->mutable_achievement())) {
        return not_found("id", "the ledger does not know " + to_text(id));
      }
      reader.fill(*response->mutable_as_of());
      return grpc::Status::OK;
    });
  }

  grpc::ServerUnaryReactor* ListAchievements(grpc::CallbackServerContext* call,
                                             const v1::ListAchievementsRequest* request,
                                             v1::ListAchievementsResponse* response) override {
    return unary(context_.gate, call, [&] {
      auto reader = context_.reader();
      std::optional<InstitutionId> only;
      if (!request->institution_id().empty()) {
        only = fixed_from<InstitutionId>(request->institution_id());
        if (!only) return invalid_argument("institution_id", "must be 16 bytes");
      }
      auto next = ordinal_from(request->page_token());
      if (!next) return invalid_argument("page_token", "is not one that this service gave");
      auto count = tx::achievement_count(reader.state());
      auto most = static_cast<int>(page_size(request->page_size()));
      auto i = *next;
      for (; i < count && response->achievements_size() < most; ++i) {
        auto id = tx::achievement_at_ordinal(reader.state(), i);
        if (!only || id.institution == *only) fill_achievement(reader, id, *response->add_achievements());
      }
      if (i < count) response->set_next_page_token(std::to_string(i));
      reader.fill(*response->mutable_as_of());
      return grpc::Status::OK;
    });
  }

  grpc::ServerUnaryReactor* GetKey(grpc::CallbackServerContext* call, const v1::GetKeyRequest* request,
                                   v1::GetKeyResponse* response) override {
    return unary(context_.gate, call, [&] {
      auto reader = context_.reader();
      auto id = fixed_from<KeyId>(request->id());
      if (!request->id_text().empty()) {
        auto parsed = parse_key_id(request->id_text());
        if (!parsed.ok()) return invalid_argument("id_text", parsed.message());
        id = *parsed;
      }
      if (!id) return invalid_argument("id", "must be 16 bytes");
      auto key = reader.key(*id);
      if (!key) return not_found("id", "the ledger does not know " + to_text(*id));
      reader.fill_key(*id, *response->mutable_key());
      reader.fill_name(key->added.institution, std::nullopt, *response->mutable_institution());
      reader.fill(*response->mutable_as_of());
      return grpc::Status::OK;
    });
  }

  grpc::ServerUnaryReactor* GetParameters(grpc::CallbackServerContext* call, const v1::GetParametersRequest*,
                                          v1::GetParametersResponse* response) override {
    return unary(context_.gate, call, [&] {
      auto reader = context_.reader();
      auto parameters = ledger::read_parameters(reader.state());
      for (const auto& row : ledger::parameter_rows()) {
        auto& out = *response->add_parameters();
        out.set_id(static_cast<std::uint32_t>(row.id));
        out.set_name(std::string(row.name));
        out.set_value(parameters[row.id]);
      }
      put(*response->mutable_digest(), ledger::parameters_digest(parameters));
      response->set_protocol_version(reader.head().header.protocol_version);
      put(*response->mutable_chain_id(), context_.genesis.chain);
      put(*response->mutable_genesis_record(), ByteView(ledger::encode(context_.genesis)));
      fill_validators(ledger::read_validators(reader.state()), *response->mutable_validators());
      reader.fill(*response->mutable_as_of());
      return grpc::Status::OK;
    });
  }

  grpc::ServerUnaryReactor* ListStatements(grpc::CallbackServerContext* call, const v1::ListStatementsRequest* request,
                                           v1::ListStatementsResponse* response) override {
    return unary(context_.gate, call, [&] {
      auto reader = context_.reader();
      auto truster = fixed_from<InstitutionId>(request->truster_id());
      auto subject = fixed_from<InstitutionId>(request->subject_id());
      if (!truster && !subject) return invalid_argument("truster_id", "or subject_id must be 16 bytes");
      auto next = ordinal_from(request->page_token());
      if (!next) return invalid_argument("page_token", "is not one that this service gave");
      auto statements = statements_of(reader, truster, subject, request->with_history());
      auto end = std::min<std::uint64_t>(statements.size(), *next + page_size(request->page_size()));
      for (auto i = *next; i < end; ++i) {
        fill_statement(reader, statements[i].first, statements[i].second, *response->add_statements());
      }
      if (end < statements.size()) response->set_next_page_token(std::to_string(end));
      reader.fill(*response->mutable_as_of());
      return grpc::Status::OK;
    });
  }

  grpc::ServerUnaryReactor* GetIssuerIndexes(grpc::CallbackServerContext* call,
                                             const v1::GetIssuerIndexesRequest* request,
                                             v1::GetIssuerIndexesResponse* response) override {
    return unary(context_.gate, call, [&] {
      auto reader = context_.reader();
      auto issuer = fixed_from<InstitutionId>(request->issuer_id());
      if (!issuer) return invalid_argument("issuer_id", "must be 16 bytes");
      const auto used = ledger::Pages(reader.state()).used_ranges(*issuer);
      for (const auto& run : used.runs()) {
        auto& range = *response->add_used();
        range.set_first(run.first);
        range.set_count(run.count);
        response->set_next_free(run.first + run.count);
      }
      reader.fill(*response->mutable_as_of());
      return grpc::Status::OK;
    });
  }

  grpc::ServerUnaryReactor* ListSuccessions(grpc::CallbackServerContext* call, const v1::ListSuccessionsRequest*,
                                            v1::ListSuccessionsResponse* response) override {
    return unary(context_.gate, call, [&] {
      auto reader = context_.reader();
      const auto changes = tx::registry_change_count(reader.state());
      for (std::uint64_t i = 0; i < changes; ++i) {
        const auto change = tx::registry_change_at_ordinal(reader.state(), i);
        if (change.kind != tx::RegistryKind::kSuccessions) continue;
        if (response->successions_size() >= kSuccessionsLimit) return over_limit("", kSuccessionsLimit, i);
        fill_succession(reader, tx::successions_of(reader.state(), change.institution).at(change.seq - 1),
                        *response->add_successions());
      }
      reader.fill(*response->mutable_as_of());
      return grpc::Status::OK;
    });
  }

 private:
  bool fill_institution(const Reader& reader, const InstitutionId& id, bool keys, bool history,
                        v1::InstitutionView& out) const {
    auto records = tx::institution_history(reader.state(), id);
    if (records.empty()) return false;
    const auto& now = records.back();
    reader.fill_name(id, std::nullopt, *out.mutable_name());
    out.set_institution_class(to_proto(now.institution_class));
    out.set_standing(out.name().standing());
    fill(now.facts, *out.mutable_facts());
    out.set_accreditor(now.institution_class == tx::InstitutionClass::kAccreditor);
    const auto validators = ledger::read_validators(reader.state());
    out.set_validator(std::any_of(validators.members().begin(), validators.members().end(),
                                  [&id](const auto& member) { return member.institution == id; }));
    out.set_root_threshold(now.root_threshold);
    if (!now.sponsor.is_zero()) reader.fill_name(now.sponsor, std::nullopt, *out.mutable_sponsor());
    fill_successions(reader, id, history, out);
    fill_policies(reader, id, history ? kPoliciesShown : 1, out);
    const auto& first = records.front();
    out.mutable_registered()->set_height(first.at.height.value);
    out.mutable_registered()->set_time_ms(first.at.time_ms);
    out.mutable_registered()->set_log_index(first.cause.log_index.value);
    if (keys) {
      for (const auto& key : tx::keys_of(reader.state(), id)) reader.fill_key(key, *out.add_keys());
    }
    for (std::size_t i = 0; history && i < records.size(); ++i) {
      auto& version = *out.add_history();
      version.set_sequence(i + 1);
      version.set_from_height(records[i].at.height.value);
      version.set_from_time_ms(records[i].at.time_ms);
      version.set_standing(node::to_proto(records[i].standing));
      version.set_institution_class(to_proto(records[i].institution_class));
      version.set_retroactive(records[i].retroactive);
      const auto& transaction = records[i].cause.transaction;
      if (!transaction.is_zero()) put(*version.mutable_transaction_id(), transaction);
      fill(records[i].facts, *version.mutable_facts());
    }
    return true;
  }

  static bool fill_achievement(const Reader& reader, const AchievementId& id, v1::AchievementView& out) {
    auto found = reader.achievement(id);
    if (!found) return false;
    reader.fill_name(id, *out.mutable_name());
    fill(found->published.content, *out.mutable_record());
    fill(point_of(id, found->published.content), *out.mutable_point());
    reader.fill_anchor(found->published.cause.log_index, *out.mutable_published());
    if (found->retired) reader.fill_anchor(found->retired->cause.log_index, *out.mutable_retired());
    for (const auto& body : found->cosigned_by) reader.fill_name(body, std::nullopt, *out.add_cosigned_by());
    out.set_issuable(found->complete() && !found->retired);
    return true;
  }

  // Each with whether it is in force, in the order of trusters and slots, or of the ledger with history.
  std::vector<std::pair<tx::StatementRecord, bool>> statements_of(const Reader& reader,
                                                                  const std::optional<InstitutionId>& truster,
                                                                  const std::optional<InstitutionId>& subject,
                                                                  bool history) const {
    std::vector<std::pair<InstitutionId, InstitutionId>> pairs;
    if (truster && subject) {
      pairs.emplace_back(*truster, *subject);
    } else {
      auto view = context_.recognition.view();
      for (const auto& pair : pairs_around(reader, view->history(), truster ? *truster : *subject)) {
        if (truster ? pair.first == *truster : pair.second == *subject) pairs.push_back(pair);
      }
    }
    std::vector<std::pair<tx::StatementRecord, bool>> all;
    for (const auto& [from, to] : pairs) {
      auto in_force = statements_in_force(reader, from, to);
      if (!history) {
        for (auto& record : in_force) all.emplace_back(std::move(record), true);
        continue;
      }
      for (auto& record : tx::statements_between(reader.state(), from, to)) {
        bool governs = std::any_of(in_force.begin(), in_force.end(), [&](const auto& r) { return r.id == record.id; });
        all.emplace_back(std::move(record), governs);
      }
    }
    return all;
  }

  ServiceContext& context_;
};

}  // namespace

void fill_validators(const ledger::CertifyingSet& set, google::protobuf::RepeatedPtrField<v1::ValidatorView>& out) {
  for (const auto& member : set.members()) {
    auto& view = *out.Add();
    put(*view.mutable_institution_id(), member.institution);
    put(*view.mutable_public_key(), member.key.view());
  }
}

std::unique_ptr<grpc::Service> make_registry_service(ServiceContext& context) {
  return std::make_unique<Service>(context);
}

}  // namespace testamur::node

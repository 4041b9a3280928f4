// RegistryService: institutions, keys, achievements, statements and parameters, with their history.
#include <algorithm>

#include "ledger/tx/records/institutions.h"
#include "ledger/tx/records/publications.h"
#include "ledger/tx/records/record.h"
#include "ledger/tx/records/statements.h"
#include "ledger/tx/records/successions.h"
#include "node/rpc/services/services.h"
#include "node/rpc/statements.h"
#include "testamur/v1/registry_service.grpc.pb.h"

namespace testamur::node {

namespace tx = ledger::tx;

namespace {

constexpr std::uint32_t kPage = 100;
constexpr std::uint32_t kPageLimit = 1'000;
constexpr std::size_t kPoliciesShown = 16;
constexpr std::uint32_t kSuccessionsLimit = 10'000;
constexpr std::uint32_t kVersionsShown = 256;
// Entries of a list that a page may pass over: those of others, or of another kind.
constexpr std::uint64_t kLookedAt = 1u << 16;

std::uint32_t page_size(std::uint32_t asked) {
  return asked == 0 ? kPage : std::min(asked, kPageLimit);
}

constexpr unsigned kStatementBits = 24;  // of a page token of statements
constexpr std::uint64_t kPairsLookedAt = 4'096;

// Versions are consecutive from 1 on: found by doubling and halving. 0: there is none.
std::uint32_t newest_version(const Reader& reader, AchievementId id) {
  // A version is 16 bits wide, so doubling ends.
  const auto exists = [&](std::uint32_t version) {
    id.version = static_cast<std::uint16_t>(version);
    return version <= 0xffff && reader.achievement(id).has_value();
  };

  std::uint32_t below = 0, above = 1;
  while (exists(above)) {
    below = above;
    above *= 2;
  }

  while (above - below > 1) {
    const auto middle = below + (above - below) / 2;
    (exists(middle) ? below : above) = middle;
  }

  return below;
}

v1::InstitutionClass to_proto(tx::InstitutionClass value) {
  return static_cast<v1::InstitutionClass>(value);
}

void fill_succession(const Reader& reader, const tx::SuccessionRecord& record,
                     v1::SuccessionView& view) {
  const auto& content = record.content;
  view.set_kind(static_cast<v1::SuccessionKind>(content.kind));
  for (const auto& party : content.predecessors)
    reader.fill_name(party, std::nullopt, *view.add_predecessors());
  for (const auto& party : content.successors)
    reader.fill_name(party, std::nullopt, *view.add_successors());
  if (!content.heir.is_zero()) reader.fill_name(content.heir, std::nullopt, *view.mutable_heir());
  view.set_closes(content.closes);
  view.set_party_count(static_cast<std::uint32_t>(
      content.predecessors.size() + content.successors.size() + (content.heir.is_zero() ? 0 : 1)));
  view.set_effective(record.event == tx::SuccessionEvent::kEffective);
  reader.fill_anchor_of(record.at, record.cause, *view.mutable_anchor());
}

void fill_successions(const Reader& reader, const InstitutionId& id, bool agreements,
                      v1::InstitutionView& out) {
  for (const auto& record : tx::successions_of(reader.state(), id)) {
    const bool effective = record.event == tx::SuccessionEvent::kEffective;
    if (effective || agreements) fill_succession(reader, record, *out.add_successions());
  }
}

void fill_policies(const Reader& reader, const InstitutionId& id, std::size_t most,
                   v1::InstitutionView& out) {
  for (const auto& record : tx::policies_of(reader.state(), id, most)) {
    auto& view = *out.add_policies();
    put(*view.mutable_digest(), record.content.digest);
    view.set_url(record.content.url);
    reader.fill_anchor_of(record.at, record.cause, *view.mutable_anchor());
  }
}

const CallCost& cost(std::string_view method) { return cost_of("RegistryService", method); }

class Service final : public v1::RegistryService::CallbackService {
 public:
  explicit Service(ServiceContext& context) : context_(context) {}

  grpc::ServerUnaryReactor* GetInstitution(grpc::CallbackServerContext* call,
                                           const v1::GetInstitutionRequest* request,
                                           v1::GetInstitutionResponse* response) override {
    return unary(
        context_.calls, call, cost("GetInstitution"), *request, *response, [=, this](Call&) {
          auto reader = context_.reader();

          std::optional<InstitutionId> id;
          if (!request->domain().empty()) {
            id = tx::owner_of_domain(reader.state(), request->domain());
            if (!id)
              return not_found("domain",
                               "no institution of this ledger has the domain " + request->domain());
          } else if (!request->id_text().empty()) {
            auto parsed = parse_institution_id(request->id_text());
            if (!parsed.ok()) return invalid_argument("id_text", parsed.message());
            id = *parsed;
          } else {
            id = fixed_from<InstitutionId>(request->id());
            if (!id) return invalid_argument("id", "must be 16 bytes");
          }

          AnswerRoom room;
          const Parts parts{&room, request->with_history(), response};
          if (!fill_institution(reader, *id, parts, *response->mutable_institution())) {
            return not_found("id", "the ledger does not know " + to_text(*id));
          }

          reader.fill(*response->mutable_as_of());
          return grpc::Status(grpc::Status::OK);
        });
  }

  grpc::ServerUnaryReactor* ListInstitutions(grpc::CallbackServerContext* call,
                                             const v1::ListInstitutionsRequest* request,
                                             v1::ListInstitutionsResponse* response) override {
    return unary(context_.calls, call, cost("ListInstitutions"), *request, *response,
                 [=, this](Call& reactor) {
                   auto reader = context_.reader();
                   auto next = ordinal_from(request->page_token());
                   if (!next)
                     return invalid_argument("page_token", "is not one that this service gave");

                   auto count = tx::institution_count(reader.state());
                   auto end = std::min(count, *next + page_size(request->page_size()));

                   AnswerRoom room;
                   auto i = *next;

                   for (; i < end && !reactor.cancelled(); ++i) {
                     auto& added = *response->add_institutions();
                     fill_institution(reader, tx::institution_at_ordinal(reader.state(), i),
                                      Parts{}, added);
                     // What found no room any more begins the next page.
                     if (room.take(added)) continue;
                     response->mutable_institutions()->RemoveLast();
                     break;
                   }

                   if (i < count) response->set_next_page_token(std::to_string(i));
                   reader.fill(*response->mutable_as_of());
                   return grpc::Status(grpc::Status::OK);
                 });
  }

  grpc::ServerUnaryReactor* GetAchievement(grpc::CallbackServerContext* call,
                                           const v1::GetAchievementRequest* request,
                                           v1::GetAchievementResponse* response) override {
    return unary(context_.calls, call, cost("GetAchievement"), *request, *response,
                 [=, this](Call&) {
                   auto reader = context_.reader();

                   AchievementId id;
                   if (!request->id_text().empty()) {
                     auto parsed = parse_achievement_id(request->id_text());
                     if (!parsed.ok()) return invalid_argument("id_text", parsed.message());
                     id = *parsed;
                   } else {
                     auto institution = fixed_from<InstitutionId>(request->institution_id());
                     if (!institution)
                       return invalid_argument("institution_id", "must be 16 bytes");
                     const auto version = version_from(request->version());
                     if (!version) return version_out_of_range("version");
                     id = {*institution, request->number(), *version};
                   }

                   // A catalogue may have thousands of versions; the newest ones are named.
                   const auto newest = newest_version(reader, id);
                   for (auto version = newest - std::min(newest, kVersionsShown); version < newest;
                        ++version) {
                     response->add_versions(version + 1);
                   }

                   // Version 0 stands for the newest.
                   if (id.version == 0) id.version = static_cast<std::uint16_t>(newest);
                   if (!fill_achievement(reader, id, *response->mutable_achievement())) {
                     return not_found("id", "the ledger does not know " + to_text(id));
                   }

                   reader.fill(*response->mutable_as_of());
                   return grpc::Status(grpc::Status::OK);
                 });
  }

  grpc::ServerUnaryReactor* ListAchievements(grpc::CallbackServerContext* call,
                                             const v1::ListAchievementsRequest* request,
                                             v1::ListAchievementsResponse* response) override {
    return unary(context_.calls, call, cost("ListAchievements"), *request, *response,
                 [=, this](Call& reactor) {
                   auto reader = context_.reader();
                   const auto [wrong, only] =
                       optional_from<InstitutionId>(request->institution_id(), "institution_id");
                   if (!wrong.ok()) return wrong;
                   auto next = ordinal_from(request->page_token());
                   if (!next)
                     return invalid_argument("page_token", "is not one that this service gave");
                   auto count = tx::achievement_count(reader.state());
                   auto most = static_cast<int>(page_size(request->page_size()));
                   // Of one institution: those of others are looked at too, so many at once.
                   const auto end = std::min<std::uint64_t>(count, *next + kLookedAt);
                   AnswerRoom room;
                   auto i = *next;
                   for (; i < end && response->achievements_size() < most && !reactor.cancelled();
                        ++i) {
                     auto id = tx::achievement_at_ordinal(reader.state(), i);
                     if (only && id.institution != *only) continue;
                     auto& added = *response->add_achievements();
                     fill_achievement(reader, id, added);
                     if (room.take(added)) continue;
                     response->mutable_achievements()->RemoveLast();
                     break;
                   }
                   if (i < count) response->set_next_page_token(std::to_string(i));
                   reader.fill(*response->mutable_as_of());
                   return grpc::Status(grpc::Status::OK);
                 });
  }

  grpc::ServerUnaryReactor* GetKey(grpc::CallbackServerContext* call,
                                   const v1::GetKeyRequest* request,
                                   v1::GetKeyResponse* response) override {
    return unary(context_.calls, call, cost("GetKey"), *request, *response, [=, this](Call&) {
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
      return grpc::Status(grpc::Status::OK);
    });
  }

  grpc::ServerUnaryReactor* GetParameters(grpc::CallbackServerContext* call,
                                          const v1::GetParametersRequest* request,
                                          v1::GetParametersResponse* response) override {
    return unary(
        context_.calls, call, cost("GetParameters"), *request, *response, [=, this](Call&) {
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

          // The chain id is the hash of the record: whoever knows the id can check what the ledger
          // began with.
          put(*response->mutable_genesis_record(), ByteView(ledger::encode(context_.genesis)));
          fill_validators(ledger::read_validators(reader.state()), *response->mutable_validators());

          reader.fill(*response->mutable_as_of());
          return grpc::Status(grpc::Status::OK);
        });
  }

  grpc::ServerUnaryReactor* ListStatements(grpc::CallbackServerContext* call,
                                           const v1::ListStatementsRequest* request,
                                           v1::ListStatementsResponse* response) override {
    return unary(context_.calls, call, cost("ListStatements"), *request, *response,
                 [=, this](Call& reactor) {
                   auto reader = context_.reader();
                   const auto [no_truster, truster] =
                       optional_from<InstitutionId>(request->truster_id(), "truster_id");
                   if (!no_truster.ok()) return no_truster;
                   const auto [no_subject, subject] =
                       optional_from<InstitutionId>(request->subject_id(), "subject_id");
                   if (!no_subject.ok()) return no_subject;
                   if (!truster && !subject)
                     return invalid_argument("truster_id", "or subject_id must be given");
                   auto next = ordinal_from(request->page_token());
                   if (!next)
                     return invalid_argument("page_token", "is not one that this service gave");
                   list_statements(
                       reader,
                       {truster, subject, request->with_history(), page_size(request->page_size())},
                       *next, reactor, *response);
                   reader.fill(*response->mutable_as_of());
                   return grpc::Status(grpc::Status::OK);
                 });
  }

  grpc::ServerUnaryReactor* GetIssuerIndexes(grpc::CallbackServerContext* call,
                                             const v1::GetIssuerIndexesRequest* request,
                                             v1::GetIssuerIndexesResponse* response) override {
    return unary(context_.calls, call, cost("GetIssuerIndexes"), *request, *response,
                 [=, this](Call&) {
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
                   return grpc::Status(grpc::Status::OK);
                 });
  }

  grpc::ServerUnaryReactor* ListSuccessions(grpc::CallbackServerContext* call,
                                            const v1::ListSuccessionsRequest* request,
                                            v1::ListSuccessionsResponse* response) override {
    return unary(
        context_.calls, call, cost("ListSuccessions"), *request, *response,
        [=, this](Call& reactor) {
          auto reader = context_.reader();

          const auto next = ordinal_from(request->page_token());
          if (!next) return invalid_argument("page_token", "is not one that this service gave");

          const auto most = request->page_size() == 0 ? kSuccessionsLimit
                                                      : std::min(request->page_size(), kPageLimit);

          const auto changes = tx::registry_change_count(reader.state());
          const auto end = std::min<std::uint64_t>(changes, *next + kLookedAt);

          // Only some changes are successions: what is looked at has a bound beside what is found.
          AnswerRoom room;
          auto i = *next;

          for (; i < end && !reactor.cancelled(); ++i) {
            const auto change = tx::registry_change_at_ordinal(reader.state(), i);
            if (change.kind != tx::RegistryKind::kSuccessions) continue;
            if (static_cast<std::uint32_t>(response->successions_size()) >= most) break;

            auto& added = *response->add_successions();
            fill_succession(
                reader, tx::successions_of(reader.state(), change.institution).at(change.seq - 1),
                added);

            if (room.take(added)) continue;
            response->mutable_successions()->RemoveLast();
            break;
          }

          if (i < changes) response->set_next_page_token(std::to_string(i));
          reader.fill(*response->mutable_as_of());
          return grpc::Status(grpc::Status::OK);
        });
  }

 private:
  // What an answer about one institution has beside its present record: its keys, and its history
  // where it is asked for.
  struct Parts {
    AnswerRoom* room = nullptr;  // null: neither
    bool history = false;
    v1::GetInstitutionResponse* answer = nullptr;  // says what was left out
  };

  bool fill_institution(const Reader& reader, const InstitutionId& id, const Parts& parts,
                        v1::InstitutionView& out) const {
    const bool history = parts.history;

    auto records = tx::institution_history(reader.state(), id);
    if (records.empty()) return false;
    const auto& now = records.back();

    reader.fill_name(id, std::nullopt, *out.mutable_name());
    out.set_institution_class(to_proto(now.institution_class));
    out.set_standing(out.name().standing());
    fill(now.facts, *out.mutable_facts());
    out.set_parent_id(out.facts().parent());
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

    if (parts.room != nullptr) fill_keys(reader, id, parts, out);

    if (history) fill_history(records, parts, out);
    return true;
  }

  static void fill_keys(const Reader& reader, const InstitutionId& id, const Parts& parts,
                        v1::InstitutionView& out) {
    std::uint32_t left_out = 0;
    for (const auto& key : tx::keys_of(reader.state(), id)) {
      if (left_out == 0) reader.fill_key(key, *out.add_keys());
      if (left_out == 0 && parts.room->take(*out.keys().rbegin())) continue;
      if (left_out++ == 0) out.mutable_keys()->RemoveLast();
    }
    parts.answer->set_keys_left_out(left_out);
    out.set_key_count(static_cast<std::uint32_t>(out.keys_size()) + left_out);
  }

  // The newest that have room, in the order of the ledger.
  void fill_history(const std::vector<tx::InstitutionRecord>& records, const Parts& parts,
                    v1::InstitutionView& out) const {
    std::vector<v1::InstitutionVersion> newest;
    for (auto i = records.size(); i-- > 0;) {
      auto version = version_of(records[i], i + 1);
      if (!parts.room->take(version)) break;
      newest.push_back(std::move(version));
    }
    parts.answer->set_history_left_out(static_cast<std::uint32_t>(records.size() - newest.size()));
    out.set_version_count(static_cast<std::uint32_t>(records.size()));
    for (auto version = newest.rbegin(); version != newest.rend(); ++version)
      *out.add_history() = std::move(*version);
  }

  static v1::InstitutionVersion version_of(const tx::InstitutionRecord& record,
                                           std::size_t sequence) {
    v1::InstitutionVersion version;
    version.set_sequence(sequence);
    version.set_from_height(record.at.height.value);
    version.set_from_time_ms(record.at.time_ms);
    version.set_standing(node::to_proto(record.standing));
    version.set_institution_class(to_proto(record.institution_class));
    version.set_retroactive(record.retroactive);
    const auto& transaction = record.cause.transaction;
    if (!transaction.is_zero()) put(*version.mutable_transaction_id(), transaction);
    fill(record.facts, *version.mutable_facts());
    version.set_parent_id(version.facts().parent());
    return version;
  }

  static bool fill_achievement(const Reader& reader, const AchievementId& id,
                               v1::AchievementView& out) {
    auto found = reader.achievement(id);
    if (!found) return false;
    reader.fill_name(id, *out.mutable_name());
    fill(found->published.content, *out.mutable_record());
    fill(point_of(id, found->published.content), *out.mutable_point());
    reader.fill_anchor(found->published.cause.log_index, *out.mutable_published());
    if (found->retired) reader.fill_anchor(found->retired->cause.log_index, *out.mutable_retired());
    for (const auto& body : found->cosigned_by)
      reader.fill_name(body, std::nullopt, *out.add_cosigned_by());
    out.set_issuable(found->complete() && !found->retired);
    return true;
  }

  struct StatementsAsked {
    std::optional<InstitutionId> truster, subject;  // one of them at least
    bool history = false;
    std::uint32_t most = 0;
  };

  std::vector<std::pair<InstitutionId, InstitutionId>> pairs_asked(
      const Reader& reader, const StatementsAsked& asked) const {
    if (asked.truster && asked.subject) return {{*asked.truster, *asked.subject}};
    auto pairs = pairs_around(reader, context_.recognition.view()->history(),
                              asked.truster ? *asked.truster : *asked.subject);
    std::erase_if(pairs, [&](const auto& pair) {
      return asked.truster ? pair.first != *asked.truster : pair.second != *asked.subject;
    });
    return pairs;
  }

  // From one pair, each with whether it is in force; in the order of the ledger with history.
  static std::vector<std::pair<tx::StatementRecord, bool>> statements_of(
      const Reader& reader, const std::pair<InstitutionId, InstitutionId>& pair, bool history) {
    std::vector<std::pair<tx::StatementRecord, bool>> all;
    auto in_force = statements_in_force(reader, pair.first, pair.second);

    if (!history) {
      for (auto& record : in_force) all.emplace_back(std::move(record), true);
      return all;
    }

    // In the order of the ledger, those that ended among them.
    for (auto& record : tx::statements_between(reader.state(), pair.first, pair.second)) {
      const bool governs = std::any_of(in_force.begin(), in_force.end(),
                                       [&](const auto& r) { return r.id == record.id; });
      all.emplace_back(std::move(record), governs);
    }

    return all;
  }

  // A token names the pair and the statement in it, so that a page reads no pair of the pages
  // before.
  void list_statements(const Reader& reader, const StatementsAsked& asked, std::uint64_t token,
                       const Call& reactor, v1::ListStatementsResponse& response) const {
    const auto pairs = pairs_asked(reader, asked);
    auto pair = token >> kStatementBits;
    auto at = token & ((std::uint64_t{1} << kStatementBits) - 1);
    const auto last = std::min<std::uint64_t>(pairs.size(), pair + kPairsLookedAt);

    AnswerRoom room;
    for (; pair < last && !reactor.cancelled(); ++pair, at = 0) {
      const auto statements = statements_of(reader, pairs[pair], asked.history);
      for (; at < statements.size(); ++at) {
        auto& added = *response.add_statements();
        fill_statement(reader, statements[at].first, statements[at].second, added);
        // What goes over the page or finds no room begins the next one, by its own place in the
        // pair.
        if (static_cast<std::uint32_t>(response.statements_size()) <= asked.most &&
            room.take(added))
          continue;
        response.mutable_statements()->RemoveLast();
        response.set_next_page_token(std::to_string(pair << kStatementBits | at));
        return;
      }
    }

    if (pair < pairs.size()) response.set_next_page_token(std::to_string(pair << kStatementBits));
  }

  ServiceContext& context_;
};

}  // namespace

void fill_validators(const ledger::CertifyingSet& set,
                     google::protobuf::RepeatedPtrField<v1::ValidatorView>& out) {
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

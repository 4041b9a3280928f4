// One node is asked at a time; a call moves on to the next one only where a node does not answer at
// all, and says so, because another node decides by another policy. An answer is decoded by
// decode.h and compared with the question before anybody sees it.
#include "wallet/client/client.h"

#include <grpc/support/log.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "common/address.h"
#include "common/visible.h"
#include "common/waiting.h"
#include "testamur/v1/governance_service.grpc.pb.h"
#include "testamur/v1/ledger_service.grpc.pb.h"
#include "testamur/v1/log_service.grpc.pb.h"
#include "testamur/v1/registry_service.grpc.pb.h"
#include "testamur/v1/rpc_status.pb.h"
#include "testamur/v1/trust_service.grpc.pb.h"
#include "testamur/v1/verify_service.grpc.pb.h"
#include "wallet/client/decode.h"
#include "wallet/client/unreachable.h"

namespace testamur::wallet {
namespace {

constexpr int kMaxMessageBytes = 8 << 20;
constexpr std::uint64_t kAwaitMs = 3'000;
constexpr std::uint64_t kPauseMs = 250;
constexpr std::uint64_t kLongestWaitMs = 5'000;
// Of one list: more than any ledger fills, and what a machine can hold.
constexpr std::size_t kMostPages = 100'000;
constexpr std::size_t kMostEntries = 1'000'000;
// Of one answer: nodes end theirs by bytes, long before.
constexpr std::size_t kMostEntriesAtOnce = 131'072;
// All pages of a list together: who answers each in time and never ends is no node.
constexpr auto kLongestList = std::chrono::minutes(5);
constexpr std::size_t kMostListBytes = std::size_t{256} << 20;  // as they come over the wire

// Entries of all lists of an answer, those within its parts too: an empty one takes two bytes of
// the wire and far more here. Counts no further than to `most` and one more.
std::size_t entries_of(const google::protobuf::Message& answer, std::size_t most) {
  const auto* type = answer.GetDescriptor();
  const auto* reflection = answer.GetReflection();
  std::size_t entries = 0;
  for (int i = 0; i < type->field_count() && entries <= most; ++i) {
    const auto* field = type->field(i);
    const bool is_message = field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE;
    if (!field->is_repeated()) {
      if (is_message && reflection->HasField(answer, field))
        entries += entries_of(reflection->GetMessage(answer, field), most - entries);
      continue;
    }
    const int count = reflection->FieldSize(answer, field);
    entries += static_cast<std::size_t>(count);
    for (int at = 0; is_message && at < count && entries <= most; ++at)
      entries += entries_of(reflection->GetRepeatedMessage(answer, field, at), most - entries);
  }
  return entries;
}

// Entries of the lists of a page themselves.
std::size_t listed_in(const google::protobuf::Message& page) {
  const auto* type = page.GetDescriptor();
  std::size_t entries = 0;
  for (int i = 0; i < type->field_count(); ++i) {
    if (const auto* field = type->field(i); field->is_repeated())
      entries += static_cast<std::size_t>(page.GetReflection()->FieldSize(page, field));
  }
  return entries;
}

std::shared_ptr<grpc::Channel> connect(const std::string& endpoint, const ClientOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);

  // The least time that gRPC lets one attempt at a connection take, handshakes included: a node on
  // another continent needs several round trips.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5'000);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2'000);
  if (is_loopback(endpoint)) {
    // A proxy of the environment would carry what is in clear off this machine.
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    return grpc::CreateCustomChannel(endpoint, grpc::InsecureChannelCredentials(), arguments);
  }
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = options.tls_roots;
  return grpc::CreateCustomChannel(endpoint, grpc::SslCredentials(tls), arguments);
}

CallFailure kind_of(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DEADLINE_EXCEEDED: return CallFailure::kUnreachable;
    case grpc::StatusCode::NOT_FOUND: return CallFailure::kNotFound;
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::OUT_OF_RANGE: return CallFailure::kInvalid;
    case grpc::StatusCode::RESOURCE_EXHAUSTED: return CallFailure::kOverloaded;
    default: return CallFailure::kOther;
  }
}

std::optional<v1::ErrorDetail> detail_of(const grpc::Status& status) {
  v1::RpcStatus packed;
  v1::ErrorDetail detail;
  if (!packed.ParseFromString(status.error_details())) return std::nullopt;
  for (const auto& any : packed.details()) {
    if (any.Is<v1::ErrorDetail>() && any.UnpackTo(&detail)) return detail;
  }
  return std::nullopt;
}

// How long a node asks us to wait before the same call may be taken; nothing where it does not, or
// for longer than a person waits.
std::optional<std::uint64_t> asked_to_wait_ms(const grpc::Status& status) {
  if (status.error_code() != grpc::StatusCode::RESOURCE_EXHAUSTED) return std::nullopt;
  const auto detail = detail_of(status);
  if (!detail || detail->retry_after_ms() == 0 || detail->retry_after_ms() > kLongestWaitMs)
    return std::nullopt;
  return detail->retry_after_ms();
}

CallError to_error(const grpc::Status& status, const std::string& endpoint) {
  CallError failure{kind_of(status.error_code()), one_line(status.error_message()), "", "", ""};
  if (const auto detail = detail_of(status)) {
    failure.code = detail->code();
    failure.rule = detail->rule();
    failure.field = detail->field();
    if (detail->number() != 0) failure.kind = CallFailure::kRejected;
  }

  if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
    failure.message =
        endpoint +
        " gave no answer in time: it may be busy, or the ledger may stand still; testamur node "
        "status says which";
  } else if (failure.kind == CallFailure::kUnreachable) {
    failure.message = unreachable_text(endpoint, is_loopback(endpoint), failure.message);
  }

  return failure;
}

CallError other_ledger(const std::string& endpoint, const StatusAnswer& served,
                       const ChainId& expected) {
  const std::string name = served.chain ? to_text(*served.chain) : "one that it does not name";
  if (std::ranges::find(served.continues, expected) != served.continues.end()) {
    return {CallFailure::kOther,
            endpoint + " serves the ledger " + name +
                ", which by its word goes on where this home's, " + to_text(expected) +
                ", lost its keys. If the institutions have announced this, say --accept-recovery " +
                name,
            "recovery_not_accepted", "", ""};
  }
  return {CallFailure::kOtherLedger,
          endpoint + " serves another ledger, " + name + ", than this home trusts, " +
              to_text(expected) +
              ": name a node of this home's ledger with --endpoint, or use another --home for that "
              "one",
          "other_ledger", "", ""};
}

std::optional<TransactionId> id_of_outcome(const v1::TransactionOutcome& outcome) {
  return TransactionId::from(as_bytes(outcome.id()));
}

std::string raw(ByteView bytes) { return std::string(as_text(bytes)); }

void set_options(const CheckOptions& from, v1::CheckOptions& to) {
  to.set_purpose(from.purpose);
  to.set_omit_paths(!from.with_paths);
  to.set_claimed_ms(from.claimed_ms);
}

v1::DecideRequest to_request(const DecideQuery& query) {
  v1::DecideRequest request;

  request.set_issuer_id(raw(query.issuer.view()));
  if (query.viewpoint) request.set_viewpoint_id(raw(query.viewpoint->view()));

  if (query.achievement) {
    request.mutable_achievement()->set_institution_id(raw(query.achievement->institution.view()));
    request.mutable_achievement()->set_number(query.achievement->number);
    request.mutable_achievement()->set_version(query.achievement->version);
  }

  for (const auto& field : query.fields) request.mutable_point()->add_fields(field);
  for (auto level : query.levels) request.mutable_point()->add_levels(level);
  for (const auto& type : query.award_types) request.mutable_point()->add_award_types(type);

  request.set_purpose(query.purpose);
  request.set_at_time_ms(query.at_time_ms);
  request.set_as_of_height(query.as_of_height);

  if (!query.policy) return request;

  auto& policy = *request.mutable_policy();
  policy.set_required_amount(query.policy->required_amount);
  policy.set_required_paths(query.policy->required_paths);
  policy.set_path_floor(query.policy->path_floor);
  policy.set_required_accreditation(query.policy->required_accreditation);

  return request;
}

}  // namespace

Json to_json(const CallError& failure) {
  return Json{{"error", failure.message},
              {"code", failure.code},
              {"rule", failure.rule},
              {"field", failure.field}};
}

struct Client::Impl {
  struct Node {
    std::string endpoint;
    std::shared_ptr<grpc::Channel> channel;
    std::optional<ChainId> serves = {};  // by its own word; nothing: not asked yet
  };
  ClientOptions options;
  std::vector<Node> nodes;
  std::size_t preferred = 0;  // the last that answered
  bool answered = false;

  static void set_deadline(grpc::ClientContext& context, std::uint64_t deadline_ms) {
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(deadline_ms));
  }

  // Nothing: the node serves the ledger that is asked about.
  std::optional<CallError> refuse_other_ledger(Node& node) {
    if (!options.refusal.empty())
      return CallError{CallFailure::kOther, options.refusal, "ledger_folder", "", ""};
    if (!options.ledger || is_expected(node.serves)) return std::nullopt;

    auto answer = call_any_ledger<v1::LedgerService>(node, &v1::LedgerService::Stub::GetStatus,
                                                     v1::GetStatusRequest{}, options.deadline_ms);
    if (auto* failure = std::get_if<CallError>(&answer)) return *failure;
    const auto status = decode(std::get<v1::GetStatusResponse>(answer));
    node.serves = status.chain;
    if (is_expected(node.serves)) return std::nullopt;
    return other_ledger(node.endpoint, status, *options.ledger);
  }
  bool is_expected(const std::optional<ChainId>& served) const {
    return served && (served == options.ledger || served == options.accepted);
  }

  // One call at one node, of the ledger that is asked about.
  template <class Service, class Request, class Response>
  std::variant<Response, CallError> call_at(
      Node& node,
      grpc::Status (Service::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
      const Request& request, std::uint64_t deadline_ms) {
    if (auto refused = refuse_other_ledger(node)) return *refused;
    return call_any_ledger<Service>(node, method, request, deadline_ms);
  }

  // Once more where the node is busy and says when to come again. What it refused so it has not
  // begun.
  template <class Service, class Request, class Response>
  std::variant<Response, CallError> call_any_ledger(
      Node& node,
      grpc::Status (Service::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
      const Request& request, std::uint64_t deadline_ms) {
    const Waiting asking("asking " + in_quotes(node.endpoint));
    const auto stub = Service::NewStub(node.channel);
    Response response;
    const auto call_once = [&] {
      grpc::ClientContext context;
      set_deadline(context, deadline_ms);
      return (stub.get()->*method)(&context, request, &response);
    };
    grpc::Status status = call_once();
    if (const auto wait_ms = asked_to_wait_ms(status)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(*wait_ms));
      status = call_once();
    }
    if (!status.ok()) return to_error(status, node.endpoint);
    if constexpr (std::is_same_v<Response, v1::GetStatusResponse>) {
      if (options.clock_told && response.clock_ms() != 0)
        options.clock_told(node.endpoint, response.clock_ms());
    }
    if (entries_of(response, kMostEntriesAtOnce) > kMostEntriesAtOnce) {
      return CallError{CallFailure::kOther,
                       node.endpoint + " gave an answer of more than " +
                           std::to_string(kMostEntriesAtOnce) +
                           " entries, which no node gives at once: ask another one with --endpoint",
                       "answer_too_large", "", ""};
    }
    return response;
  }

  // One call at the first node that answers, the last good one first.
  template <class Service, class Request, class Response>
  std::variant<Response, CallError> call(grpc::Status (Service::Stub::*method)(grpc::ClientContext*,
                                                                               const Request&,
                                                                               Response*),
                                         const Request& request) {
    CallError last{CallFailure::kUnreachable, kNoEndpoint, "", "", ""};

    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const std::size_t at = (preferred + i) % nodes.size();
      auto answer = call_at<Service>(nodes[at], method, request, options.deadline_ms);

      const auto* failure = std::get_if<CallError>(&answer);
      // Only silence is passed over: another node decides by the policy of another institution.
      if (failure == nullptr || failure->kind != CallFailure::kUnreachable) {
        if (at != preferred && options.moved)
          options.moved(nodes[preferred].endpoint, nodes[at].endpoint);
        preferred = at;
        answered = true;
        return answer;
      }

      last = *failure;
    }

    return last;
  }

  // Decoded by decode.h.
  template <class Service, class Request, class Response>
  auto typed_call(
      grpc::Status (Service::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
      const Request& request) -> Called<decltype(decode(std::declval<const Response&>()))> {
    auto answer = call<Service>(method, request);
    if (auto* failure = std::get_if<CallError>(&answer)) return *failure;
    return decode(std::get<Response>(answer));
  }
  // The same for an answer that says what it is about: one about something else is no answer.
  template <class Service, class Request, class Response, class IsAbout>
  auto typed_call(
      grpc::Status (Service::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
      const Request& request,
      const IsAbout& is_about) -> Called<decltype(decode(std::declval<const Response&>()))> {
    auto answer = call<Service>(method, request);
    if (auto* failure = std::get_if<CallError>(&answer)) return *failure;
    auto value = decode(std::get<Response>(answer));
    if (!is_about(value)) return malformed();
    return value;
  }

  // All pages as one answer, as of the first of them and all from the node that gave it: another
  // one has another newest block, and may list in another order. Where that node falls silent the
  // list is begun again at the next.
  template <class Service, class Request, class Response>
  auto paged_call(
      grpc::Status (Service::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
      const Request& request) -> Called<decltype(decode(std::declval<const Response&>()))> {
    for (std::size_t tries = 1;; ++tries) {
      auto all = pages_of_one_node<Service>(method, request);
      const auto* failure = std::get_if<CallError>(&all);
      if (failure == nullptr) return decode(std::get<Response>(all));
      if (failure->kind != CallFailure::kUnreachable || tries >= nodes.size()) return *failure;

      const std::size_t next = (preferred + 1) % nodes.size();
      if (options.moved) options.moved(nodes[preferred].endpoint, nodes[next].endpoint);
      preferred = next;
    }
  }

  template <class Service, class Request, class Response>
  std::variant<Response, CallError> pages_of_one_node(
      grpc::Status (Service::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
      Request request) {
    Response all;
    const auto give_up = std::chrono::steady_clock::now() + kLongestList;
    std::size_t entries = 0;
    std::size_t size_bytes = 0;

    for (std::size_t pages = 0; pages < kMostPages; ++pages) {
      auto answer = pages == 0
                        ? call<Service>(method, request)
                        : call_at<Service>(nodes[preferred], method, request, options.deadline_ms);
      if (auto* failure = std::get_if<CallError>(&answer)) return *failure;
      Response& page = std::get<Response>(answer);

      entries += listed_in(page);
      if (std::chrono::steady_clock::now() > give_up) return list_too_long();
      size_bytes += page.ByteSizeLong();
      if (entries > kMostEntries || size_bytes > kMostListBytes) return list_too_long();

      const std::string next = page.next_page_token();
      page.clear_next_page_token();

      if (pages > 0) page.clear_as_of();
      all.MergeFrom(page);

      if (next.empty()) return all;
      if (next == request.page_token()) break;  // it would go round for ever
      request.set_page_token(next);
    }

    return malformed();
  }

  CallError list_too_long() const {
    return {CallFailure::kOther,
            nodes[preferred].endpoint + " lists more than " + std::to_string(kMostEntries) +
                " entries or " + std::to_string(kMostListBytes >> 20) +
                " MiB, or goes on for minutes, which no ledger's lists do: ask another node with "
                "--endpoint",
            "list_too_long", "", ""};
  }

  CallError malformed() const {
    return {CallFailure::kOther,
            nodes[preferred].endpoint +
                " gave an answer that this program cannot judge: it is about something else than "
                "was asked, or its "
                "form is another. Ask another node, or use a newer testamur",
            "malformed_answer", "", ""};
  }

  // One round at one node: submit, then wait. Nothing = still pending or this node does not answer.
  std::optional<Called<CommitOutcome>> try_once(Node& node, const TransactionId& id,
                                                ByteView carried, CallError& last);
};

Client::Client(ClientOptions options) : impl_(std::make_unique<Impl>()) {
  for (const auto& endpoint : options.endpoints)
    impl_->nodes.push_back({endpoint, connect(endpoint, options)});
  impl_->options = std::move(options);
}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

const std::vector<std::string>& Client::endpoints() const { return impl_->options.endpoints; }

void Client::expect(const std::optional<ChainId>& ledger) { impl_->options.ledger = ledger; }

std::string Client::answering() const {
  return impl_->answered ? impl_->nodes[impl_->preferred].endpoint : "";
}

Called<StatusAnswer> Client::status() {
  auto answer = impl_->typed_call<v1::LedgerService>(&v1::LedgerService::Stub::GetStatus,
                                                     v1::GetStatusRequest{});
  // It says too which ledger it serves: whoever follows that need not be asked again.
  if (const auto* status = std::get_if<StatusAnswer>(&answer))
    impl_->nodes[impl_->preferred].serves = status->chain;
  return answer;
}

Called<CheckAnswer> Client::check(const Hash256& commitment, const CheckOptions& options) {
  v1::CheckHashRequest request;
  request.set_commitment(raw(commitment.view()));
  set_options(options, *request.mutable_options());
  return impl_->typed_call<v1::VerifyService>(&v1::VerifyService::Stub::CheckHash, request);
}

Called<CheckAnswer> Client::check(const Reference& reference, const CheckOptions& options) {
  v1::CheckReferenceRequest request;
  request.set_reference(to_text(reference));
  set_options(options, *request.mutable_options());
  return impl_->typed_call<v1::VerifyService>(&v1::VerifyService::Stub::CheckReference, request);
}

Called<std::vector<Bytes>> Client::receipts(const InstitutionId& issuer, IssuerIndex index,
                                            const std::vector<KeyId>& keys) {
  v1::GetReceiptRequest request;
  request.set_issuer_id(raw(issuer.view()));
  request.set_issuer_index(index.value);
  for (const auto& key : keys) request.add_key_ids(raw(key.view()));
  return impl_->typed_call<v1::VerifyService>(&v1::VerifyService::Stub::GetReceipt, request);
}

Called<IssuerAnswer> Client::issuer(const InstitutionId& id) {
  v1::GetInstitutionRequest request;
  request.set_id(raw(id.view()));
  auto answer =
      impl_->call<v1::RegistryService>(&v1::RegistryService::Stub::GetInstitution, request);
  if (auto* failure = std::get_if<CallError>(&answer)) return *failure;
  return decode_issuer(std::get<v1::GetInstitutionResponse>(answer));
}

Called<AchievementAnswer> Client::achievement(const AchievementId& id) {
  v1::GetAchievementRequest request;
  request.set_institution_id(raw(id.institution.view()));
  request.set_number(id.number);
  request.set_version(id.version);
  return impl_->typed_call<v1::RegistryService>(
      &v1::RegistryService::Stub::GetAchievement, request, [&](const AchievementAnswer& answer) {
        const auto& said = answer.record.id;
        return said.institution == id.institution && said.number == id.number &&
               (id.version == 0 || said.version == id.version);
      });
}

Called<SetChangesAnswer> Client::set_changes(Epoch from, std::uint32_t limit) {
  v1::GetSetChangesRequest request;
  request.set_from_epoch(from.value);
  request.set_limit(limit);
  return impl_->typed_call<v1::LogService>(&v1::LogService::Stub::GetSetChanges, request);
}

Called<InclusionAnswer> Client::inclusion(const TransactionId& id) {
  v1::GetInclusionProofRequest request;
  request.set_transaction_id(raw(id.view()));
  return impl_->typed_call<v1::LogService>(&v1::LogService::Stub::GetInclusionProof, request);
}

Called<std::optional<ledger::merkle::Path>> Client::consistency(std::uint64_t old_size,
                                                                std::uint64_t new_size) {
  v1::GetConsistencyProofRequest request;
  request.set_old_size(old_size);
  request.set_new_size(new_size);
  return impl_->typed_call<v1::LogService>(&v1::LogService::Stub::GetConsistencyProof, request);
}

Called<Bytes> Client::genesis_record() {
  auto answer = impl_->call<v1::RegistryService>(&v1::RegistryService::Stub::GetParameters,
                                                 v1::GetParametersRequest{});
  if (auto* failure = std::get_if<CallError>(&answer)) return *failure;
  return to_bytes(as_bytes(std::get<v1::GetParametersResponse>(answer).genesis_record()));
}

Called<StatusAnswer> Client::status_of(const std::string& endpoint) {
  for (auto& node : impl_->nodes) {
    if (node.endpoint != endpoint) continue;
    auto answer = impl_->call_any_ledger<v1::LedgerService>(
        node, &v1::LedgerService::Stub::GetStatus, v1::GetStatusRequest{},
        impl_->options.deadline_ms);
    if (auto* failure = std::get_if<CallError>(&answer)) return *failure;
    return decode(std::get<v1::GetStatusResponse>(answer));
  }
  return CallError{CallFailure::kInvalid, "no such endpoint: " + endpoint, "", "", ""};
}

Called<BulkAnswer> Client::check_bulk(const std::vector<Hash256>& commitments,
                                      const CheckOptions& options) {
  v1::CheckBulkRequest request;
  std::string joined;
  for (const auto& commitment : commitments) joined += raw(commitment.view());
  request.set_commitments(joined);
  set_options(options, *request.mutable_options());
  return impl_->typed_call<v1::VerifyService>(
      &v1::VerifyService::Stub::CheckBulk, request,
      [&](const BulkAnswer& answer) { return answer.verdicts.size() == commitments.size(); });
}

Called<InstitutionAnswer> Client::institution(const InstitutionId& id, bool with_history) {
  v1::GetInstitutionRequest request;
  request.set_id(raw(id.view()));
  request.set_with_history(with_history);
  return impl_->typed_call<v1::RegistryService>(
      &v1::RegistryService::Stub::GetInstitution, request,
      [&](const InstitutionAnswer& answer) { return answer.name.id == id; });
}

Called<InstitutionAnswer> Client::institution_by_domain(const std::string& domain,
                                                        bool with_history) {
  v1::GetInstitutionRequest request;
  request.set_domain(domain);
  request.set_with_history(with_history);
  return impl_->typed_call<v1::RegistryService>(
      &v1::RegistryService::Stub::GetInstitution, request,
      [](const InstitutionAnswer& answer) { return answer.name.is_named(); });
}

Called<InstitutionsAnswer> Client::institutions() {
  return impl_->paged_call<v1::RegistryService>(&v1::RegistryService::Stub::ListInstitutions,
                                                v1::ListInstitutionsRequest{});
}

Called<AchievementsAnswer> Client::achievements(const InstitutionId& institution) {
  v1::ListAchievementsRequest request;
  request.set_institution_id(raw(institution.view()));
  return impl_->paged_call<v1::RegistryService>(&v1::RegistryService::Stub::ListAchievements,
                                                request);
}

Called<OwnedKeyAnswer> Client::key(const KeyId& id) {
  v1::GetKeyRequest request;
  request.set_id(raw(id.view()));
  return impl_->typed_call<v1::RegistryService>(
      &v1::RegistryService::Stub::GetKey, request,
      [&](const OwnedKeyAnswer& answer) { return answer.key.record.id == id; });
}

Called<ParametersAnswer> Client::parameters() {
  return impl_->typed_call<v1::RegistryService>(&v1::RegistryService::Stub::GetParameters,
                                                v1::GetParametersRequest{});
}

Called<ValidatorsAnswer> Client::validators() {
  return impl_->typed_call<v1::GovernanceService>(&v1::GovernanceService::Stub::GetValidators,
                                                  v1::GetValidatorsRequest{});
}

Called<ProposalsAnswer> Client::proposals(bool open_only) {
  v1::ListProposalsRequest request;
  request.set_open_only(open_only);
  return impl_->paged_call<v1::GovernanceService>(&v1::GovernanceService::Stub::ListProposals,
                                                  request);
}

Called<ProposalAnswer> Client::proposal(const TransactionId& id) {
  v1::GetProposalRequest request;
  request.set_id(raw(id.view()));
  return impl_->typed_call<v1::GovernanceService>(
      &v1::GovernanceService::Stub::GetProposal, request,
      [&](const ProposalAnswer& answer) { return answer.id == id; });
}

Called<ReadyListAnswer> Client::ready(const std::optional<InstitutionId>& institution) {
  v1::ListReadyRequest request;
  if (institution) request.set_institution_id(raw(institution->view()));
  return impl_->paged_call<v1::GovernanceService>(&v1::GovernanceService::Stub::ListReady, request);
}

Called<EvidenceListAnswer> Client::evidence() {
  return impl_->paged_call<v1::GovernanceService>(&v1::GovernanceService::Stub::ListEvidence,
                                                  v1::ListEvidenceRequest{});
}

Called<StatementsAnswer> Client::statements(const std::optional<InstitutionId>& truster,
                                            const std::optional<InstitutionId>& subject,
                                            bool with_history) {
  v1::ListStatementsRequest request;
  if (truster) request.set_truster_id(raw(truster->view()));
  if (subject) request.set_subject_id(raw(subject->view()));
  request.set_with_history(with_history);

  auto called =
      impl_->paged_call<v1::RegistryService>(&v1::RegistryService::Stub::ListStatements, request);

  const auto* answer = std::get_if<StatementsAnswer>(&called);
  if (answer == nullptr) return called;

  for (const auto& statement : answer->statements) {
    const bool asked = (!truster || statement.truster.id == *truster) &&
                       (!subject || statement.subject.id == *subject);
    if (!asked) return impl_->malformed();
  }
  return called;
}

Called<SuccessionsAnswer> Client::successions() {
  return impl_->paged_call<v1::RegistryService>(&v1::RegistryService::Stub::ListSuccessions,
                                                v1::ListSuccessionsRequest{});
}

Called<IndexesAnswer> Client::issuer_indexes(const InstitutionId& issuer) {
  v1::GetIssuerIndexesRequest request;
  request.set_issuer_id(raw(issuer.view()));
  return impl_->typed_call<v1::RegistryService>(&v1::RegistryService::Stub::GetIssuerIndexes,
                                                request);
}

namespace {

bool answers(const DecideQuery& query, const DecisionAnswer& answer) {
  return answer.issuer.id == query.issuer &&
         (!query.viewpoint || answer.viewpoint.id == *query.viewpoint);
}

}  // namespace

Called<DecisionAnswer> Client::decide(const DecideQuery& query) {
  return impl_->typed_call<v1::TrustService>(
      &v1::TrustService::Stub::Decide, to_request(query),
      [&](const DecisionAnswer& answer) { return answers(query, answer); });
}

Called<DecisionAnswer> Client::paths(const DecideQuery& query) {
  v1::PathsRequest request;
  *request.mutable_query() = to_request(query);
  return impl_->typed_call<v1::TrustService>(
      &v1::TrustService::Stub::Paths, request,
      [&](const DecisionAnswer& answer) { return answers(query, answer); });
}

Called<TransactionAnswer> Client::transaction(const TransactionId& id) {
  v1::GetTransactionRequest request;
  request.set_id(raw(id.view()));
  return impl_->typed_call<v1::LedgerService>(&v1::LedgerService::Stub::GetTransaction, request);
}

Called<LogEntriesAnswer> Client::log_entries(std::uint64_t first, std::uint32_t count) {
  v1::GetEntriesRequest request;
  request.set_first(first);
  request.set_count(count);
  return impl_->typed_call<v1::LogService>(&v1::LogService::Stub::GetEntries, request);
}

std::optional<Called<CommitOutcome>> Client::Impl::try_once(Node& node, const TransactionId& id,
                                                            ByteView carried, CallError& last) {
  v1::SubmitRequest submit;
  submit.set_transaction(raw(carried));
  auto taken = call_at<v1::LedgerService>(node, &v1::LedgerService::Stub::Submit, submit,
                                          options.deadline_ms);
  if (auto* failure = std::get_if<CallError>(&taken)) {
    last = *failure;
    // A rule of the present state may be cured by another transaction that is on its way; a broken
    // form never is.
    const bool final =
        failure->kind == CallFailure::kRejected || failure->kind == CallFailure::kInvalid;
    if (final) return Called<CommitOutcome>{*failure};
    return std::nullopt;
  }
  v1::AwaitCommitRequest wait;
  wait.set_id(raw(id.view()));
  auto ended =
      call_at<v1::LedgerService>(node, &v1::LedgerService::Stub::AwaitCommit, wait, kAwaitMs);
  if (auto* failure = std::get_if<CallError>(&ended)) {
    last = *failure;
    return std::nullopt;
  }
  const auto& outcome = std::get<v1::AwaitCommitResponse>(ended).outcome();
  if (id_of_outcome(outcome) != id) {
    last = {CallFailure::kOther, node.endpoint + " answers about another transaction",
            "malformed_answer", "", ""};
    return std::nullopt;
  }
  CommitOutcome result;
  result.message = outcome.message();
  result.code = outcome.rejection().code();
  result.rule = outcome.rejection().rule();
  result.field = outcome.rejection().field();
  result.endpoint = node.endpoint;
  result.shown = Shown(outcome);
  switch (state_from(outcome.state())) {
    case TransactionState::kCommitted: result.state = CommitOutcome::State::kCommitted; break;
    case TransactionState::kRejected: result.state = CommitOutcome::State::kRejected; break;
    case TransactionState::kExpired: result.state = CommitOutcome::State::kExpired; break;
    default: return std::nullopt;
  }
  return Called<CommitOutcome>{result};
}

Called<CommitOutcome> Client::submit_until_ended(
    const TransactionId& id, ByteView carried, std::uint64_t give_up_ms,
    const std::function<void(const std::string&)>& waiting) {
  using clock = std::chrono::steady_clock;
  const Waiting committing("waiting until the ledger has taken it");
  const auto give_up = clock::now() + std::chrono::milliseconds(give_up_ms);
  CallError last{CallFailure::kUnreachable, kNoEndpoint, "", "", ""};
  if (impl_->nodes.empty()) return last;
  for (std::size_t round = 0;; ++round) {
    const std::size_t at = (impl_->preferred + round) % impl_->nodes.size();
    auto& node = impl_->nodes[at];
    if (auto ended = impl_->try_once(node, id, carried, last)) {
      impl_->preferred = at;
      return *ended;
    }
    if (clock::now() >= give_up) break;
    if (waiting)
      waiting("not committed yet at " + node.endpoint + " (" + last.message +
              "); sending the same bytes again");
    // Every endpoint was tried once: a pause before the next round.
    if ((round + 1) % impl_->nodes.size() == 0)
      std::this_thread::sleep_for(std::chrono::milliseconds(kPauseMs));
  }
  if (last.kind == CallFailure::kUnreachable) return last;
  CommitOutcome pending;
  pending.message = last.message;
  return pending;
}

void silence_transport_log() {
  const auto is_set = [](const char* name) { return std::getenv(name) != nullptr; };
  if (is_set("GRPC_VERBOSITY") || is_set("GRPC_TRACE")) return;
  gpr_set_log_function([](gpr_log_func_args*) {});
}

}  // namespace testamur::wallet

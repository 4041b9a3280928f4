// VerifyService: by hash, by reference, in bulk, streamed; segments, receipts, explanations.
#include <algorithm>
#include <unordered_map>

#include "ledger/receipt.h"
#include "node/rpc/services.h"
#include "node/rpc/verdict.h"
#include "testamur/v1/verify_service.grpc.pb.h"

namespace testamur::node {

namespace {

constexpr std::size_t kBulkLimit = 16'384;
constexpr std::size_t kSegmentLimit = 1'024;
constexpr int kReceiptKeys = 8;

grpc::Status too_old(const v1::AsOf& as_of, std::uint64_t limit_ms) {
  v1::ErrorDetail detail;
  detail.set_code("status_too_old");
  detail.set_rule("status older than the caller accepts");
  detail.set_limit(limit_ms);
  detail.set_actual(as_of.node_age_ms());
  return fail(grpc::StatusCode::UNAVAILABLE, detail,
              "unknown: status " + std::to_string(as_of.node_age_ms() / 1000) + " s old");
}

grpc::Status check_age(const v1::AsOf& as_of, const v1::CheckOptions& options) {
  bool old = options.max_age_ms() != 0 && as_of.node_age_ms() > options.max_age_ms();
  return old ? too_old(as_of, options.max_age_ms()) : grpc::Status::OK;
}

// The slot that a reference or (issuer, index) names.
struct Target {
  grpc::Status status;
  InstitutionId issuer;
  IssuerIndex index;
};

Target target_of(const Reader& reader, const std::string& reference, const std::string& issuer, std::uint64_t index) {
  if (reference.empty()) {
    auto id = fixed_from<InstitutionId>(issuer);
    if (!id) return {invalid_argument("issuer_id", "must be 16 bytes, or give a reference"), {}, {}};
    return {grpc::Status::OK, *id, IssuerIndex{index}};
  }
  auto parsed = parse_reference(reference);
  if (!parsed.ok()) return {invalid_argument("reference", parsed.message()), {}, {}};
  if (!reader.answers_for(*parsed)) return {invalid_argument("reference", "names another ledger"), {}, {}};
  return {grpc::Status::OK, parsed->issuer, parsed->index};
}

class Service final : public v1::VerifyService::CallbackService {
 public:
  explicit Service(ServiceContext& context) : context_(context) {}

  grpc::ServerUnaryReactor* CheckHash(grpc::CallbackServerContext* call, const v1::CheckHashRequest* request,
                                      v1::CheckHashResponse* response) override {
    return unary(context_.gate, call, [&] {
      auto commitment = fixed_from<Hash256>(request->commitment());
      if (!commitment) return invalid_argument("commitment", "must be 32 bytes");
      Verdicts verdicts(context_, request->options());
      if (!verdicts.purpose_known()) return invalid_argument("options.purpose", "is not a known purpose");
      verdicts.reader().fill(*response->mutable_as_of());
      for (const auto& slot : verdicts.reader().state().find_commitment(*commitment)) {
        verdicts.fill({slot.page, slot.position}, *commitment, *response->add_slots());
      }
      response->set_finding(response->slots().empty() ? v1::FINDING_NOT_LISTED : v1::FINDING_FOUND);
      verdicts.reader().fill_checkpoint(verdicts.reader().head().header.height, *response->mutable_checkpoint());
      return check_age(response->as_of(), request->options());
    });
  }

  grpc::ServerUnaryReactor* CheckReference(grpc::CallbackServerContext* call, const v1::CheckReferenceRequest* request,
                                           v1::CheckReferenceResponse* response) override {
    return unary(context_.gate, call, [&] {
      auto target = target_of(context_.reader(), request->reference(), request->issuer_id(), request->issuer_index());
      if (!target.status.ok()) return target.status;
      Verdicts verdicts(context_, request->options());
      if (!verdicts.purpose_known()) return invalid_argument("options.purpose", "is not a known purpose");
      verdicts.reader().fill(*response->mutable_as_of());
      auto slot = ledger::Pages(verdicts.reader().state()).find(target.issuer, target.index);
      response->set_finding(slot ? v1::FINDING_FOUND : v1::FINDING_NOT_LISTED);
      if (slot) verdicts.fill(*slot, std::nullopt, *response->mutable_slot());
      verdicts.reader().fill_checkpoint(verdicts.reader().head().header.height, *response->mutable_checkpoint());
      return check_age(response->as_of(), request->options());
    });
  }

  grpc::ServerUnaryReactor* CheckBulk(grpc::CallbackServerContext* call, const v1::CheckBulkRequest* request,
                                      v1::CheckBulkResponse* response) override {
    return unary(context_.gate, call,
                 [&] { return check_bulk(context_, request->commitments(), request->options(), *response); });
  }

  grpc::ServerBidiReactor<v1::CheckStreamRequest, v1::CheckStreamResponse>* CheckStream(
      grpc::CallbackServerContext* call) override;

  grpc::ServerUnaryReactor* GetSegment(grpc::CallbackServerContext* call, const v1::GetSegmentRequest* request,
                                       v1::GetSegmentResponse* response) override {
    return unary(context_.gate, call, [&] {
      auto reader = context_.reader();
      ledger::Pages pages(reader.state());
      if (request->page_count() == 0 || request->page_count() > kSegmentLimit) {
        return over_limit("page_count", kSegmentLimit, request->page_count());
      }
      if (request->first_page() >= pages.count()) return not_found("first_page", "there is no such page");
      auto count = std::min<std::uint64_t>(request->page_count(), pages.count() - request->first_page());
      auto proof = ledger::prove_segment(pages, PageNumber{request->first_page()}, count);
      for (std::size_t i = 0; i < proof.pages.size(); ++i) {
        auto& page = *response->add_pages();
        put(*page.mutable_static_digest(), proof.pages[i].static_digest);
        put(*page.mutable_statuses(), ByteView(proof.pages[i].statuses.bytes));
        auto stored = pages.page(PageNumber{request->first_page() + i});
        response->set_slots(response->slots() + (stored ? stored->count : 0));
      }
      for (const auto& hash : proof.path) put(*response->add_proof(), hash);
      reader.fill(*response->mutable_as_of());
      reader.fill_checkpoint(reader.head().header.height, *response->mutable_checkpoint());
      return grpc::Status::OK;
    });
  }

  grpc::ServerUnaryReactor* GetReceipt(grpc::CallbackServerContext* call, const v1::GetReceiptRequest* request,
                                       v1::GetReceiptResponse* response) override {
    return unary(context_.gate, call, [&] {
      auto reader = context_.reader();
      if (request->key_ids_size() > kReceiptKeys) return over_limit("key_ids", kReceiptKeys, request->key_ids_size());
      std::vector<KeyId> keys;
      for (const auto& bytes : request->key_ids()) {
        auto key = fixed_from<KeyId>(bytes);
        if (!key) return invalid_argument("key_ids", "must be 16 bytes each");
        keys.push_back(*key);
      }
      std::vector<ledger::Slot> slots;
      if (auto commitment = fixed_from<Hash256>(request->commitment())) {
        for (const auto& slot : reader.state().find_commitment(*commitment))
          slots.push_back({slot.page, slot.position});
      } else {
        auto target = target_of(reader, "", request->issuer_id(), request->issuer_index());
        if (!target.status.ok()) return target.status;
        if (auto slot = ledger::Pages(reader.state()).find(target.issuer, target.index)) slots.push_back(*slot);
      }
      if (slots.empty()) return not_found("commitment", "no slot of this ledger is meant");
      for (auto slot : slots) {
        if (!fill_receipt(reader, slot, keys, *response->add_receipts())) {
          return not_found("commitment", "its batch is anchored: the holder keeps the rest of the path");
        }
      }
      reader.fill(*response->mutable_as_of());
      return grpc::Status::OK;
    });
  }

  grpc::ServerUnaryReactor* Explain(grpc::CallbackServerContext* call, const v1::ExplainRequest* request,
                                    v1::ExplainResponse* response) override {
    return unary(context_.gate, call, [&] {
      Verdicts verdicts(context_, request->options());
      verdicts.reader().fill(*response->mutable_as_of());
      if (auto commitment = fixed_from<Hash256>(request->commitment())) {
        for (const auto& slot : verdicts.reader().state().find_commitment(*commitment)) {
          verdicts.fill({slot.page, slot.position}, *commitment, *response->add_slots());
        }
      } else {
        auto target = target_of(verdicts.reader(), request->reference(), "", 0);
        if (!target.status.ok()) return target.status;
        auto slot = ledger::Pages(verdicts.reader().state()).find(target.issuer, target.index);
        if (slot) verdicts.fill(*slot, std::nullopt, *response->add_slots());
      }
      response->set_finding(response->slots().empty() ? v1::FINDING_NOT_LISTED : v1::FINDING_FOUND);
      verdicts.explain(*response);
      return check_age(response->as_of(), request->options());
    });
  }

 private:
  ServiceContext& context_;
};

// One answer for each request, in order.
class Stream final : public grpc::ServerBidiReactor<v1::CheckStreamRequest, v1::CheckStreamResponse> {
 public:
  Stream(ServiceContext& context, std::string peer) : context_(context), peer_(std::move(peer)) {
    StartRead(&request_);
  }
  void OnReadDone(bool ok) override {
    if (!ok) {
      Finish(grpc::Status::OK);
      return;
    }
    auto status = context_.gate.admit(peer_);
    response_.Clear();
    if (status.ok()) {
      status = check_bulk(context_, request_.commitments(), request_.options(), *response_.mutable_answer());
    }
    if (status.ok()) {
      StartWrite(&response_);
    } else {
      Finish(status);
    }
  }
  void OnWriteDone(bool ok) override {
    if (ok) {
      StartRead(&request_);
    } else {
      Finish(grpc::Status::CANCELLED);
    }
  }
  void OnDone() override { delete this; }

 private:
  ServiceContext& context_;
  std::string peer_;
  v1::CheckStreamRequest request_;
  v1::CheckStreamResponse response_;
};

grpc::ServerBidiReactor<v1::CheckStreamRequest, v1::CheckStreamResponse>* Service::CheckStream(
    grpc::CallbackServerContext* call) {
  return new Stream(context_, call->peer());
}

}  // namespace

grpc::Status check_bulk(ServiceContext& context, const std::string& commitments, const v1::CheckOptions& options,
                        v1::CheckBulkResponse& response) {
  auto count = commitments.size() / 32;
  if (commitments.size() % 32 != 0) return invalid_argument("commitments", "must be a multiple of 32 bytes");
  if (count > kBulkLimit) return over_limit("commitments", kBulkLimit, count);
  Verdicts verdicts(context, options);
  if (!verdicts.purpose_known()) return invalid_argument("options.purpose", "is not a known purpose");
  verdicts.reader().fill(*response.mutable_as_of());
  if (auto old = check_age(response.as_of(), options); !old.ok()) return old;
  BulkTables tables(verdicts, response);
  auto bytes = as_bytes(commitments);
  for (std::size_t i = 0; i < count; ++i) {
    tables.add(*Hash256::from(bytes.subspan(i * 32, 32)), *response.add_verdicts());
  }
  tables.log();
  return grpc::Status::OK;
}

std::unique_ptr<grpc::Service> make_verify_service(ServiceContext& context) {
  return std::make_unique<Service>(context);
}

}  // namespace testamur::node

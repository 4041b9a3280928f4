// VerifyService: by hash, by reference, in bulk, streamed; segments, receipts, explanations.
#include <algorithm>

#include "ledger/proofs/receipt.h"
#include "node/rpc/arena_calls.h"
#include "node/rpc/check_stream.h"
#include "node/rpc/services/services.h"
#include "node/rpc/verdict.h"
#include "testamur/v1/verify_service.grpc.pb.h"

namespace testamur::node {

namespace {

constexpr std::size_t kBulkLimit = 16'384;
constexpr std::size_t kSegmentLimit = 1'024;
constexpr int kReceiptKeys = 8;
// Below what callers read at most unless they say otherwise (4 MiB).
constexpr std::size_t kBulkAnswerBytes = 3u << 20;
constexpr std::size_t kLookEvery = 64;  // commitments, whether the caller is still there

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
  const bool old = options.max_age_ms() != 0 && as_of.node_age_ms() > options.max_age_ms();
  return old ? too_old(as_of, options.max_age_ms()) : grpc::Status::OK;
}

// The slot that a reference or (issuer, index) names.
struct Target {
  grpc::Status status;
  InstitutionId issuer;
  IssuerIndex index;
};

Target target_of(const Reader& reader, const std::string& reference, const std::string& issuer,
                 std::uint64_t index) {
  if (reference.empty()) {
    auto id = fixed_from<InstitutionId>(issuer);
    if (!id)
      return {invalid_argument("issuer_id", "must be 16 bytes, or give a reference"), {}, {}};
    return {grpc::Status::OK, *id, IssuerIndex{index}};
  }
  auto parsed = parse_reference(reference);
  if (!parsed.ok()) return {invalid_argument("reference", parsed.message()), {}, {}};
  if (!reader.answers_for(*parsed))
    return {invalid_argument("reference", "names another ledger"), {}, {}};
  return {grpc::Status::OK, parsed->issuer, parsed->index};
}

grpc::Status answer_too_large(std::size_t asked) {
  v1::ErrorDetail detail;
  detail.set_code("answer_too_large");
  detail.set_field("commitments");
  detail.set_rule("bytes of an answer");
  detail.set_limit(kBulkAnswerBytes);
  detail.set_actual(asked);
  return fail(
      grpc::StatusCode::RESOURCE_EXHAUSTED, detail,
      "the answer has grown too large: ask for fewer commitments at once, or name the issuer");
}

// Of whom slots count; absent, anybody.
Optional<InstitutionId> issuer_of(const std::string& bytes) {
  return optional_from<InstitutionId>(bytes, "issuer_id");
}

// Not an empty answer: what was not searched to the end is not "not listed".
grpc::Status listed_too_often() {
  v1::ErrorDetail detail;
  detail.set_code("too_many_slots");
  detail.set_field("commitment");
  detail.set_rule("pages that list a commitment");
  detail.set_limit(kSlotPages);
  return fail(grpc::StatusCode::RESOURCE_EXHAUSTED, detail,
              "this commitment is listed too often to be searched: ask by reference, or by issuer "
              "and index");
}

const CallCost& cost(std::string_view method) { return cost_of("VerifyService", method); }

// What cold questions cost is known when they are answered.
void charge_cold(ServiceContext& context, const CallerKey& caller, const Verdicts& verdicts) {
  context.calls.gate.charge(caller, verdicts.cold() * kColdDecisionCalls);
}

class Service final : public v1::VerifyService::CallbackService {
 public:
  explicit Service(ServiceContext& context) : context_(context) {
    SetMessageAllocatorFor_CheckHash(&hash_messages_);
    SetMessageAllocatorFor_CheckBulk(&bulk_messages_);
  }

  grpc::ServerUnaryReactor* CheckHash(grpc::CallbackServerContext* call,
                                      const v1::CheckHashRequest* request,
                                      v1::CheckHashResponse* response) override {
    return unary(
        context_.calls, call, cost("CheckHash"), *request, *response, [=, this](Call& reactor) {
          const auto commitment = fixed_from<Hash256>(request->commitment());
          if (!commitment) return invalid_argument("commitment", "must be 32 bytes");
          const auto issuer = issuer_of(request->issuer_id());
          if (!issuer.status.ok()) return issuer.status;
          Verdicts verdicts(context_, request->options());
          if (!verdicts.purpose_known())
            return invalid_argument("options.purpose", "is not a known purpose");

          verdicts.reader().fill(*response->mutable_as_of());
          const bool is_short = !reactor.is_in_turn();
          const auto found = SlotFinder(verdicts.reader(), is_short ? kShortPages : kSlotPages)
                                 .find(*commitment, issuer.value, kSlotsShown);
          // One slot at most: what is told is counted in the log of decisions, once.
          if (is_short && (!found.complete || found.slots.size() > 1)) return reactor.take_turn();
          if (!found.complete) return listed_too_often();
          if (is_short) verdicts.only_known();
          AnswerRoom room;
          const auto shown =
              fill_slots(verdicts, found, *commitment, room, *response->mutable_slots());
          if (verdicts.would_judge()) return reactor.take_turn();
          response->set_other_slots(found.others + found.slots.size() - shown);
          response->set_finding(response->slots().empty() ? v1::FINDING_NOT_LISTED
                                                          : v1::FINDING_FOUND);
          verdicts.reader().fill_checkpoint(verdicts.reader().head().header.height,
                                            *response->mutable_checkpoint());
          charge_cold(context_, reactor.caller(), verdicts);
          return check_age(response->as_of(), request->options());
        });
  }

  grpc::ServerUnaryReactor* CheckReference(grpc::CallbackServerContext* call,
                                           const v1::CheckReferenceRequest* request,
                                           v1::CheckReferenceResponse* response) override {
    return unary(context_.calls, call, cost("CheckReference"), *request, *response,
                 [=, this](Call& reactor) {
                   auto target = target_of(context_.reader(), request->reference(),
                                           request->issuer_id(), request->issuer_index());
                   if (!target.status.ok()) return target.status;
                   Verdicts verdicts(context_, request->options());
                   if (!verdicts.purpose_known())
                     return invalid_argument("options.purpose", "is not a known purpose");

                   verdicts.reader().fill(*response->mutable_as_of());
                   auto slot =
                       ledger::Pages(verdicts.reader().state()).find(target.issuer, target.index);
                   response->set_finding(slot ? v1::FINDING_FOUND : v1::FINDING_NOT_LISTED);
                   if (!reactor.is_in_turn()) verdicts.only_known();
                   if (slot) verdicts.fill(*slot, std::nullopt, *response->mutable_slot());
                   if (verdicts.would_judge()) return reactor.take_turn();
                   verdicts.reader().fill_checkpoint(verdicts.reader().head().header.height,
                                                     *response->mutable_checkpoint());
                   charge_cold(context_, reactor.caller(), verdicts);
                   return check_age(response->as_of(), request->options());
                 });
  }

  grpc::ServerUnaryReactor* CheckBulk(grpc::CallbackServerContext* call,
                                      const v1::CheckBulkRequest* request,
                                      v1::CheckBulkResponse* response) override {
    return unary(context_.calls, call, cost("CheckBulk"), *request, *response,
                 [=, this](Call& reactor) {
                   return check_bulk(
                       context_, {request->commitments(), request->issuer_id(), request->options()},
                       [&reactor] { return reactor.cancelled(); }, reactor.caller(), *response);
                 });
  }

  grpc::ServerBidiReactor<v1::CheckStreamRequest, v1::CheckStreamResponse>* CheckStream(
      grpc::CallbackServerContext* call) override {
    return check_stream(context_, call);
  }

  grpc::ServerUnaryReactor* GetSegment(grpc::CallbackServerContext* call,
                                       const v1::GetSegmentRequest* request,
                                       v1::GetSegmentResponse* response) override {
    return unary(context_.calls, call, cost("GetSegment"), *request, *response, [=, this](Call&) {
      auto reader = context_.reader();
      const ledger::Pages pages(reader.state());

      if (request->page_count() == 0 || request->page_count() > kSegmentLimit) {
        return over_limit("page_count", kSegmentLimit, request->page_count());
      }

      if (request->first_page() >= pages.count())
        return not_found("first_page", "there is no such page");

      auto count =
          std::min<std::uint64_t>(request->page_count(), pages.count() - request->first_page());
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
      return grpc::Status(grpc::Status::OK);
    });
  }

  grpc::ServerUnaryReactor* GetReceipt(grpc::CallbackServerContext* call,
                                       const v1::GetReceiptRequest* request,
                                       v1::GetReceiptResponse* response) override {
    return unary(
        context_.calls, call, cost("GetReceipt"), *request, *response, [=, this](Call& reactor) {
          auto reader = context_.reader();
          if (request->key_ids_size() > kReceiptKeys)
            return over_limit("key_ids", kReceiptKeys, request->key_ids_size());
          std::vector<KeyId> keys;
          for (const auto& bytes : request->key_ids()) {
            auto key = fixed_from<KeyId>(bytes);
            if (!key) return invalid_argument("key_ids", "must be 16 bytes each");
            keys.push_back(*key);
          }

          std::vector<ledger::Slot> slots;
          // One that is none must not turn the question into one about issuer and index.
          const auto [wrong, commitment] =
              optional_from<Hash256>(request->commitment(), "commitment");
          if (!wrong.ok()) return wrong;
          if (commitment) {
            const auto issuer = issuer_of(request->issuer_id());
            if (!issuer.status.ok()) return issuer.status;
            const auto found =
                SlotFinder(reader, kSlotPages).find(*commitment, issuer.value, kReceiptsShown);
            if (!found.complete) return listed_too_often();
            slots = found.slots;
            response->set_other_slots(found.others);
          } else {
            auto target = target_of(reader, "", request->issuer_id(), request->issuer_index());
            if (!target.status.ok()) return target.status;
            if (auto slot = ledger::Pages(reader.state()).find(target.issuer, target.index))
              slots.push_back(*slot);
          }
          if (slots.empty()) return not_found("commitment", "no slot of this ledger is meant");

          // A receipt carries the histories of the issuer and its keys: they may be long.
          AnswerRoom room;
          for (auto slot : slots) {
            if (reactor.cancelled()) return gone();
            auto& receipt = *response->add_receipts();
            if (!fill_receipt(reader, slot, keys, receipt)) {
              return not_found("commitment",
                               "its batch is anchored: the holder keeps the rest of the path");
            }
            if (room.take(receipt)) continue;
            response->mutable_receipts()->RemoveLast();
            response->set_other_slots(response->other_slots() + 1);
          }
          reader.fill(*response->mutable_as_of());
          return grpc::Status(grpc::Status::OK);
        });
  }

  grpc::ServerUnaryReactor* Explain(grpc::CallbackServerContext* call,
                                    const v1::ExplainRequest* request,
                                    v1::ExplainResponse* response) override {
    return unary(
        context_.calls, call, cost("Explain"), *request, *response, [=, this](Call& reactor) {
          const auto issuer = issuer_of(request->issuer_id());
          if (!issuer.status.ok()) return issuer.status;
          Verdicts verdicts(context_, request->options());
          if (!verdicts.purpose_known())
            return invalid_argument("options.purpose", "is not a known purpose");
          verdicts.reader().fill(*response->mutable_as_of());

          const auto [wrong, commitment] =
              optional_from<Hash256>(request->commitment(), "commitment");
          if (!wrong.ok()) return wrong;

          AnswerRoom room;
          if (commitment) {
            const auto found = SlotFinder(verdicts.reader(), kSlotPages)
                                   .find(*commitment, issuer.value, kSlotsExplained);
            if (!found.complete) return listed_too_often();
            const auto shown =
                fill_slots(verdicts, found, *commitment, room, *response->mutable_slots());
            response->set_other_slots(found.others + found.slots.size() - shown);
          } else {
            auto target = target_of(verdicts.reader(), request->reference(), "", 0);
            if (!target.status.ok()) return target.status;
            auto slot = ledger::Pages(verdicts.reader().state()).find(target.issuer, target.index);
            if (slot) verdicts.fill(*slot, std::nullopt, *response->add_slots());
          }

          response->set_finding(response->slots().empty() ? v1::FINDING_NOT_LISTED
                                                          : v1::FINDING_FOUND);
          if (reactor.cancelled()) return gone();
          verdicts.explain(*response);
          charge_cold(context_, reactor.caller(), verdicts);
          return check_age(response->as_of(), request->options());
        });
  }

 private:
  // How many of the found ones have room in the answer.
  static std::size_t fill_slots(Verdicts& verdicts, const SlotFinder::Found& found,
                                const Hash256& commitment, AnswerRoom& room,
                                google::protobuf::RepeatedPtrField<v1::SlotVerdict>& out) {
    for (const auto& slot : found.slots) {
      verdicts.fill(slot, commitment, *out.Add());
      if (room.take(*out.rbegin())) continue;
      out.RemoveLast();
      break;
    }
    return static_cast<std::size_t>(out.size());
  }

  ArenaMessages<v1::CheckHashRequest, v1::CheckHashResponse> hash_messages_;
  ArenaMessages<v1::CheckBulkRequest, v1::CheckBulkResponse> bulk_messages_;
  ServiceContext& context_;
};

}  // namespace

grpc::Status check_bulk(ServiceContext& context, const BulkQuestion& asked,
                        const std::function<bool()>& cancelled, const CallerKey& caller,
                        v1::CheckBulkResponse& response) {
  const auto count = asked.commitments.size() / Hash256::kSize;
  if (asked.commitments.size() % Hash256::kSize != 0) {
    return invalid_argument("commitments", "must be a multiple of 32 bytes");
  }
  if (count > kBulkLimit) return over_limit("commitments", kBulkLimit, count);
  const auto issuer = issuer_of(asked.issuer_id);
  if (!issuer.status.ok()) return issuer.status;
  if (auto status = context.calls.gate.admit(caller, count / kCommitmentsForOneCall); !status.ok())
    return status;

  Verdicts verdicts(context, asked.options);
  if (!verdicts.purpose_known())
    return invalid_argument("options.purpose", "is not a known purpose");
  verdicts.reader().fill(*response.mutable_as_of());
  if (auto old = check_age(response.as_of(), asked.options); !old.ok()) return old;

  BulkTables tables(verdicts, issuer.value, response);
  const auto bytes = as_bytes(asked.commitments);
  for (std::size_t i = 0; i < count; ++i) {
    if (i % kLookEvery == 0 && cancelled()) return gone();
    if (!tables.add(*Hash256::from(bytes.subspan(i * Hash256::kSize, Hash256::kSize))))
      return listed_too_often();
    if (tables.bytes() > kBulkAnswerBytes) return answer_too_large(count);
  }
  tables.log();
  charge_cold(context, caller, verdicts);
  return grpc::Status::OK;
}

std::unique_ptr<grpc::Service> make_verify_service(ServiceContext& context) {
  return std::make_unique<Service>(context);
}

}  // namespace testamur::node

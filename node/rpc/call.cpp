// A call holds what it takes (its place, its request, its answer) in members of itself, so
// everything is given back when gRPC is done with it, however it ended. Its body ends it once,
// through finish(), which charges the caller for the answer before it is sent.
#include "node/rpc/call.h"

#include <memory>

#include "testamur/bounded_requests.h"
#include "testamur/v1/rpc_status.pb.h"

namespace testamur::node {

namespace tx = ledger::tx;

namespace {

// Whatever an error says may come from the request, and neither the rate nor the bytes of answers
// that were not taken count it: no error is longer than one that the node makes up itself. Cut
// between two characters of UTF-8.
constexpr std::size_t kMaxErrorBytes = 1'024;

std::string cut(const std::string& text) {
  if (text.size() <= kMaxErrorBytes) return text;
  auto end = kMaxErrorBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + " …";
}

v1::ErrorDetail detail_of(const std::string& code, const std::string& field,
                          const std::string& rule) {
  v1::ErrorDetail detail;
  detail.set_code(code);
  detail.set_field(field);
  detail.set_rule(rule);
  return detail;
}

}  // namespace

grpc::Status fail(grpc::StatusCode code, const v1::ErrorDetail& detail,
                  const std::string& message) {
  auto bounded = detail;
  bounded.set_code(cut(detail.code()));
  bounded.set_field(cut(detail.field()));
  bounded.set_rule(cut(detail.rule()));

  v1::RpcStatus packed;
  packed.set_code(code);
  packed.set_message(cut(message));
  packed.add_details()->PackFrom(bounded);
  return grpc::Status(code, packed.message(), packed.SerializeAsString());
}

grpc::Status failed(const std::string& what) {
  return fail(grpc::StatusCode::INTERNAL, detail_of("internal", "", what), what);
}

grpc::Status invalid_argument(const std::string& field, const std::string& message) {
  return fail(grpc::StatusCode::INVALID_ARGUMENT, detail_of("bad_request", field, message),
              field + ": " + message);
}

grpc::Status not_found(const std::string& field, const std::string& message) {
  return fail(grpc::StatusCode::NOT_FOUND, detail_of("not_found", field, message), message);
}

std::optional<std::uint16_t> version_from(std::uint32_t field) {
  if (field > 0xffff) return std::nullopt;
  return static_cast<std::uint16_t>(field);
}

grpc::Status version_out_of_range(const std::string& field) {
  return invalid_argument(field, "must be at most 65,535");
}

grpc::Status over_limit(const std::string& field, std::uint64_t limit, std::uint64_t actual) {
  auto detail = detail_of("over_limit", field, "at most " + std::to_string(limit));
  detail.set_limit(limit);
  detail.set_actual(actual);
  return fail(grpc::StatusCode::INVALID_ARGUMENT, detail,
              field + ": " + std::to_string(actual) + " is more than the limit of " +
                  std::to_string(limit));
}

grpc::Status unavailable(const std::string& code, const std::string& message) {
  auto detail = detail_of(code, "", message);
  detail.set_retry_after_ms(1000);
  return fail(grpc::StatusCode::UNAVAILABLE, detail, message);
}

void fill(const tx::Rejection& rejection, v1::ErrorDetail& detail) {
  detail.set_code(std::string(tx::name(rejection.code)));
  detail.set_number(static_cast<std::uint32_t>(rejection.code));
  detail.set_rule(std::string(tx::rule(rejection.code)));
  detail.set_field(rejection.field);
  if (rejection.index) detail.set_actual(*rejection.index);
}

grpc::Status rejected(const tx::Rejection& rejection) {
  v1::ErrorDetail detail;
  fill(rejection, detail);
  const bool form = static_cast<std::uint16_t>(rejection.code) < 100;
  return fail(form ? grpc::StatusCode::INVALID_ARGUMENT : grpc::StatusCode::FAILED_PRECONDITION,
              detail, to_text(rejection));
}

grpc::Status exhausted(Limit limit, std::uint64_t bound, std::uint64_t retry_after_ms) {
  auto detail = detail_of(std::string(name_of(limit)), "", std::string(rule_of(limit)));
  detail.set_limit(bound);
  detail.set_retry_after_ms(retry_after_ms);
  return fail(grpc::StatusCode::RESOURCE_EXHAUSTED, detail,
              std::string(rule_of(limit)) + " (" + std::string(name_of(limit)) + ", " +
                  std::to_string(bound) + "): try again in " + std::to_string(retry_after_ms) +
                  " ms");
}

// Small messages are bounded by the number of calls that may be open. An answer of many small parts
// takes four times its encoding.
std::uint64_t memory_of(const google::protobuf::Message& message, bool encoded) {
  const auto bytes = message.ByteSizeLong();
  // An arena knows what it took, for the request beside it too; texts are outside of it, and no
  // longer than their encoding.
  const auto* arena = message.GetArena();
  const auto space = arena != nullptr ? arena->SpaceAllocated() + bytes : message.SpaceUsedLong();
  // A field that was sent twice keeps the room of the larger one.
  const bool is_small = bytes <= kSmallAnswer && space <= 4 * kSmallAnswer;
  return is_small ? 0 : space + (encoded ? bytes : 0);
}

namespace {

grpc::Status refusal_of(const proto::Undecoded& request) {
  if (request.why == proto::Undecoded::Why::kMalformed) {
    const std::string what =
        "the bytes are no such request: they end within a field, or a text is not UTF-8";
    return fail(grpc::StatusCode::INVALID_ARGUMENT, detail_of("malformed_request", "", what),
                "malformed_request: " + what);
  }
  if (request.why == proto::Undecoded::Why::kLongText) {
    const std::string bound = std::to_string(proto::kMaxTextBytes);
    auto detail = detail_of("text_too_long", "", "a text has at most " + bound + " bytes");
    detail.set_limit(proto::kMaxTextBytes);
    return fail(grpc::StatusCode::INVALID_ARGUMENT, detail,
                "text_too_long: a text of the request has more than " + bound +
                    " bytes: no name, id, domain, reference or token is so long");
  }
  const auto bound = std::to_string(proto::kMaxRequestFields);
  auto detail = detail_of("too_many_fields", "", "a request has at most " + bound + " fields");
  detail.set_limit(proto::kMaxRequestFields);
  return fail(grpc::StatusCode::INVALID_ARGUMENT, detail,
              "too_many_fields: the request has more than " + bound +
                  " fields and entries of lists: send less at once");
}

}  // namespace

grpc::Status take_request(CallGate& gate, const CallerKey& caller, std::uint64_t calls,
                          const google::protobuf::Message& request, CallGate::Holding& room) {
  if (const auto refused = proto::undecoded(request)) {
    const auto status = gate.admit(caller, calls + refused->size_bytes / kRequestBytesForOneCall);
    return status.ok() ? refusal_of(*refused) : status;
  }
  const auto bytes = memory_of(request, false);
  auto status = gate.admit(caller, calls + bytes / kRequestBytesForOneCall);
  if (status.ok() && bytes != 0) status = gate.hold(caller, Held::kRequestBytes, bytes, room);
  return status;
}

grpc::Status gone() { return grpc::Status(grpc::StatusCode::CANCELLED, "the caller has hung up"); }

std::optional<std::uint64_t> ordinal_from(const std::string& token) {
  if (token.empty()) return 0;
  if (token.size() > 18 || token.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  return std::stoull(token);
}

Call::Call(CallParts& parts, grpc::CallbackServerContext& context, const CallCost& cost,
           google::protobuf::Message& response, Body body)
    : parts_(parts),
      caller_(caller_of(context.peer())),
      cost_(cost),
      response_(response),
      body_(std::move(body)),
      entry_(parts.open, context, caller_) {}

grpc::ServerUnaryReactor* Call::begin(CallParts& parts, grpc::CallbackServerContext* context,
                                      const CallCost& cost,
                                      const google::protobuf::Message& request,
                                      google::protobuf::Message& response, Body body) {
  lower_priority_of_this_thread();
  auto* call = new Call(parts, *context, cost, response, std::move(body));
  call->enter(request);
  return call;
}

void Call::enter(const google::protobuf::Message& request) {
  if (cost_.lane == Lane::kOperator) {
    const auto refused = proto::undecoded(request);
    return refused ? Finish(refusal_of(*refused)) : run();
  }

  auto status = parts_.gate.hold(caller_, Held::kCalls, 1, open_);
  if (status.ok()) status = take_request(parts_.gate, caller_, cost_.calls, request, request_);
  if (!status.ok()) return Finish(status);

  // Whoever has many calls open waits for turns: others shall find gRPC's threads free.
  const bool long_line = cost_.lane == Lane::kShort && open_.of_caller() > kShortCalls;
  if (cost_.lane == Lane::kBeside || long_line) return run_in_turn();
  run();
}

void Call::run_in_turn() {
  in_turn_ = true;
  continue_beside([this] { run(); });
}

void Call::continue_beside(std::function<void()> task) {
  auto waiting = std::make_shared<CallGate::Holding>();
  auto status = parts_.gate.hold(caller_, Held::kQueued, 1, *waiting);
  if (!status.ok()) return Finish(status);
  parts_.queue.post(caller_, [waiting, task = std::move(task)] {
    *waiting = {};
    task();
  });
}

void Call::when_cancelled(std::function<void()> then) {
  {
    const std::lock_guard lock(mutex_);
    if (!cancelled()) {
      when_cancelled_ = std::move(then);
      return;
    }
  }
  then();
}

void Call::OnCancel() {
  std::function<void()> then;
  {
    const std::lock_guard lock(mutex_);
    cancelled_.store(true, std::memory_order_relaxed);
    then = std::move(when_cancelled_);
  }
  if (then) then();
}

void Call::run() {
  if (cancelled()) return Finish(gone());
  body_(*this, [this](const grpc::Status& status) { finish(status); });
}

void Call::finish(grpc::Status status) {
  if (std::exchange(wants_turn_, false)) {
    response_.Clear();
    return run_in_turn();
  }
  if (status.ok() && cost_.lane != Lane::kOperator) {
    const auto bytes = response_.ByteSizeLong();
    parts_.gate.charge(caller_, bytes / kBytesForOneCall);

    const auto memory = memory_of(response_, true);
    if (memory != 0) status = parts_.gate.hold(caller_, Held::kAnswerBytes, memory, answer_);
    entry_.sending(bytes);
  }
  Finish(status);
}

}  // namespace testamur::node

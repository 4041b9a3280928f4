#include "node/rpc/call.h"

#include <algorithm>

#include "testamur/v1/rpc_status.pb.h"

namespace testamur::node {

namespace tx = ledger::tx;

namespace {

constexpr std::size_t kMaxBuckets = 65'536;

v1::ErrorDetail detail_of(const std::string& code, const std::string& field, const std::string& rule) {
  v1::ErrorDetail detail;
  detail.set_code(code);
  detail.set_field(field);
  detail.set_rule(rule);
  return detail;
}

}  // namespace

grpc::Status fail(grpc::StatusCode code, const v1::ErrorDetail& detail, const std::string& message) {
  v1::RpcStatus packed;
  packed.set_code(code);
  packed.set_message(message);
  packed.add_details()->PackFrom(detail);
  return grpc::Status(code, message, packed.SerializeAsString());
}

grpc::Status invalid_argument(const std::string& field, const std::string& message) {
  return fail(grpc::StatusCode::INVALID_ARGUMENT, detail_of("bad_request", field, message), field + ": " + message);
}

grpc::Status not_found(const std::string& field, const std::string& message) {
  return fail(grpc::StatusCode::NOT_FOUND, detail_of("not_found", field, message), message);
}

grpc::Status over_limit(const std::string& field, std::uint64_t limit, std::uint64_t actual) {
  auto detail = detail_of("over_limit", field, "at most " + std::to_string(limit));
  detail.set_limit(limit);
  detail.set_actual(actual);
  return fail(grpc::StatusCode::INVALID_ARGUMENT, detail,
              field + ": " + std::to_string(actual) + " is more than the limit of " + std::to_string(limit));
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
  bool form = static_cast<std::uint16_t>(rejection.code) < 100;
  return fail(form ? grpc::StatusCode::INVALID_ARGUMENT : grpc::StatusCode::FAILED_PRECONDITION, detail,
              to_text(rejection));
}

std::string address_of(const std::string& peer) {
  auto colon = peer.rfind(':');
  return colon == std::string::npos ? peer : peer.substr(0, colon);
}

grpc::Status CallGate::admit(const std::string& peer, std::uint64_t cost) {
  if (rate_ == 0) return grpc::Status::OK;
  auto now = std::chrono::steady_clock::now();
  std::lock_guard lock(mutex_);
  if (buckets_.size() >= kMaxBuckets) {
    std::erase_if(buckets_, [now](const auto& entry) { return now - entry.second.filled > std::chrono::minutes(1); });
  }
  auto [found, fresh] = buckets_.try_emplace(address_of(peer), Bucket{static_cast<double>(burst_), now});
  auto& bucket = found->second;
  double seconds = std::chrono::duration<double>(now - bucket.filled).count();
  bucket.filled = now;
  bucket.tokens = std::min(static_cast<double>(burst_), bucket.tokens + seconds * static_cast<double>(rate_));
  if (bucket.tokens >= static_cast<double>(cost)) {
    bucket.tokens -= static_cast<double>(cost);
    return grpc::Status::OK;
  }
  auto detail = detail_of("rate_limit", "", "calls a second from one address");
  detail.set_limit(rate_);
  detail.set_retry_after_ms(
      static_cast<std::uint64_t>(1000.0 * (static_cast<double>(cost) - bucket.tokens) / static_cast<double>(rate_)) +
      1);
  return fail(grpc::StatusCode::RESOURCE_EXHAUSTED, detail, "too many calls from this address");
}

}  // namespace testamur::node

// The operator's calls to a running node over its admin socket, for the commands of testamurd. The
// node may be of another version than this program, so what it answers is checked like anything
// else from outside.
#include "node/rpc/admin_client.h"

#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <map>
#include <vector>

#include "testamur/v1/admin_service.grpc.pb.h"

namespace testamur::node {

namespace {

constexpr auto kQuick = std::chrono::seconds(10);
constexpr auto kSlow = std::chrono::hours(12);

// gRPC says the same of a node that is not there and of one that is another user's.
bool is_forbidden(const std::string& socket) {
  return ::access(socket.c_str(), R_OK | W_OK) != 0 && errno == EACCES;
}

Error failure_of(const std::string& socket, const grpc::Status& status) {
  if (socket.empty())
    return error(
        "api.admin_socket is empty: the node has no socket for its operator. Name one and "
        "restart the node");
  if (is_forbidden(socket)) {
    return error("the admin socket " + socket +
                 " is another user's: Permission denied. Run this as the user of the node: sudo "
                 "-u USER testamurd …");
  }
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE) {
    return error("nobody answers on " + socket +
                 ": is the node running, with this configuration? This command asks the running "
                 "node (" +
                 status.error_message() + ")");
  }
  return error("the node on " + socket + ": " + status.error_message());
}

template <class Request, class Response>
grpc::Status ask(const std::string& socket, std::chrono::seconds patience,
                 grpc::Status (v1::AdminService::Stub::*method)(grpc::ClientContext*,
                                                                const Request&, Response*),
                 const Request& request, Response& response) {
  if (socket.empty()) return {grpc::StatusCode::UNAVAILABLE, "no socket"};
  auto channel = grpc::CreateChannel("unix:" + socket, grpc::InsecureChannelCredentials());
  auto stub = v1::AdminService::NewStub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + patience);
  return (stub.get()->*method)(&context, request, &response);
}

template <class Request, class Response>
Status call(const std::string& socket, std::chrono::seconds patience,
            grpc::Status (v1::AdminService::Stub::*method)(grpc::ClientContext*, const Request&,
                                                           Response*),
            const Request& request, Response& response) {
  const auto status = ask(socket, patience, method, request, response);
  return status.ok() ? Status{} : failure_of(socket, status);
}

}  // namespace

Result<Height> admin_resume_voting(const std::string& socket,
                                   const std::optional<Height>& sign_from) {
  v1::ResumeVotingRequest request;
  if (sign_from) request.set_sign_from_height(sign_from->value);
  request.set_other_copy_destroyed(true);
  v1::ResumeVotingResponse response;
  TM_TRY_STATUS(call(socket, kQuick, &v1::AdminService::Stub::ResumeVoting, request, response));
  return Height{response.sign_from_height()};
}

Result<BackupAnswer> admin_backup(const std::string& socket, const std::string& directory) {
  v1::BackupRequest request;
  request.set_directory(directory);
  v1::BackupResponse response;
  const auto status = ask(socket, kSlow, &v1::AdminService::Stub::Backup, request, response);
  if (status.error_code() == grpc::StatusCode::FAILED_PRECONDITION)
    return BackupAnswer{0, status.error_message()};
  if (!status.ok()) return failure_of(socket, status);
  return BackupAnswer{response.height(), {}};
}

Result<NewNodeKey> admin_new_key(const std::string& socket, const std::string& purpose) {
  v1::NewKeyRequest request;
  request.set_purpose(purpose);
  v1::NewKeyResponse response;
  TM_TRY_STATUS(call(socket, kQuick, &v1::AdminService::Stub::NewKey, request, response));

  NewNodeKey key;
  auto institution = InstitutionId::from(as_bytes(response.institution_id()));
  auto chain = ChainId::from(as_bytes(response.chain_id()));
  // Cut to its width a number of another version would name an algorithm of ours.
  const auto algorithm = response.algorithm() > 0xff
                             ? std::nullopt
                             : algorithm_from(static_cast<std::uint8_t>(response.algorithm()));
  if (!institution || !chain || !algorithm) return error("the node on " + socket + " gave no key");

  key.id = response.key_id_text();
  key.institution = to_text(*institution);
  key.chain = to_text(*chain);
  key.algorithm = *algorithm;
  key.public_key = to_bytes(as_bytes(response.public_key()));
  key.possession = to_bytes(as_bytes(response.possession_proof()));
  key.already_there = response.already_there();
  return key;
}

Result<ReadyAnswer> admin_ready(const std::string& socket, bool dry_run) {
  v1::ReadyRequest request;
  request.set_dry_run(dry_run);
  v1::ReadyResponse response;
  TM_TRY_STATUS(call(socket, kQuick, &v1::AdminService::Stub::Ready, request, response));
  return ReadyAnswer{response.transaction_id_text(),
                     response.key_id_text(),
                     response.institution_id_text(),
                     response.protocol_version(),
                     response.checkpoint_height(),
                     response.lapses_after_ms(),
                     response.seated()};
}

namespace {

// A row is key, first height, last height, key, count: what is counted of the same key comes
// together.
struct Sum {
  std::uint64_t first = 0, last = 0, count = 0;
};
constexpr std::size_t kFirstHeight = 9, kLastHeight = 10, kCount = 15;

bool take_row(const std::string& row, std::map<std::vector<std::string>, Sum>& sums) {
  std::vector<std::string> cells(1);
  for (const char c : row) {
    if (c == ',') {
      cells.emplace_back();
    } else {
      cells.back().push_back(c);
    }
  }

  // Other columns are those of another version: sums over them would look right and be wrong.
  if (cells.size() != kCount + 1) return false;

  const auto number = [&](std::size_t at) -> std::optional<std::uint64_t> {
    std::uint64_t value = 0;
    const char* end = cells[at].data() + cells[at].size();
    const auto [stop, wrong] = std::from_chars(cells[at].data(), end, value);
    return wrong == std::errc{} && stop == end ? std::optional(value) : std::nullopt;
  };

  const auto first = number(kFirstHeight), last = number(kLastHeight), count = number(kCount);
  if (!first || !last || !count) return false;
  const Sum one{*first, *last, *count};

  // What is left names the combination, of which the node writes a row at each flush.
  cells[kFirstHeight] = cells[kLastHeight] = cells[kCount] = "";

  auto& sum = sums[cells];
  sum.first = sum.count == 0 ? one.first : std::min(sum.first, one.first);
  sum.last = std::max(sum.last, one.last);
  return !__builtin_add_overflow(sum.count, one.count, &sum.count);
}

}  // namespace

Result<std::string> admin_export_decisions(const std::string& socket, const DecisionExport& asked) {
  v1::ExportDecisionsRequest request;
  if (asked.issuer) request.set_issuer_id(asked.issuer->bytes.data(), asked.issuer->bytes.size());
  request.set_scope(asked.scope);
  request.set_outcome(asked.outcome);
  request.set_from_ms(asked.from_ms);
  request.set_to_ms(asked.to_ms);

  std::map<std::vector<std::string>, Sum> sums;
  std::string text;

  // Page by page, but one text: a combination may have rows in several files.
  do {
    v1::ExportDecisionsResponse response;
    TM_TRY_STATUS(call(socket, kSlow, &v1::AdminService::Stub::ExportDecisions, request, response));
    text = response.header() + "\n";
    for (const auto& row : response.rows()) {
      if (!take_row(row, sums)) return error("the node gave a row of another form: " + row);
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());

  for (const auto& [key, sum] : sums) {
    auto cells = key;
    cells[kFirstHeight] = std::to_string(sum.first);
    cells[kLastHeight] = std::to_string(sum.last);
    cells[kCount] = std::to_string(sum.count);
    for (std::size_t i = 0; i < cells.size(); ++i) text += (i == 0 ? "" : ",") + cells[i];
    text += "\n";
  }
  return text;
}

}  // namespace testamur::node

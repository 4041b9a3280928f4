#include "node/api/library_logs.h"

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>

#include <cstdio>
#include <mutex>

#include "common/visible.h"
#include "node/api/overload.h"

namespace testamur::node {
namespace {

void write_bounded(const char* library, const std::string& said) {
  static std::mutex mutex;
  static LineBudget budget;
  const std::lock_guard lock(mutex);
  const auto line = budget.take(said, Overload::now_ms());
  if (!line.empty()) std::fputs((library + (": " + line) + "\n").c_str(), stderr);
}

void take_grpc_line(gpr_log_func_args* said) { write_bounded("gRPC", said->message); }
void take_protobuf_line(google::protobuf::LogLevel /*level*/, const char* /*file*/, int /*line*/,
                        const std::string& said) {
  write_bounded("Protocol Buffers", said);
}

}  // namespace

std::string LineBudget::take(const std::string& line, std::uint64_t now_ms) {
  if (const auto second = now_ms / 1'000; second != second_) {
    second_ = second;
    written_ = 0;
  }
  if (written_ == kLinesASecond) {
    ++left_out_;
    return {};
  }
  ++written_;
  std::string text = one_line(line.substr(0, kLineBytes));
  if (left_out_ != 0) text += " (" + std::to_string(left_out_) + " lines before it were left out)";
  left_out_ = 0;
  return text;
}

void bound_library_logs() {
  gpr_set_log_function(take_grpc_line);
  google::protobuf::SetLogHandler(take_protobuf_line);
}

}  // namespace testamur::node

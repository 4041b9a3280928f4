// What gRPC and Protocol Buffers say by themselves, kept within bounds.
//
// They write a line for each mistake of a caller, before any service or rate has a say: one
// connection could fill a disk with them. So many lines a second go to standard error, the rest is
// counted and told. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace testamur::node {

// Pure but for what it remembers; one thread, or behind a lock.
class LineBudget {
 public:
  // What to write for this line: itself, with how many were left out before it; empty: nothing.
  std::string take(const std::string& line, std::uint64_t now_ms);

  static constexpr std::size_t kLinesASecond = 10;
  static constexpr std::size_t kLineBytes = 400;

 private:
  std::uint64_t second_ = 0;
  std::size_t written_ = 0;
  std::uint64_t left_out_ = 0;
};

// For the whole process, once, before there is a server.
void bound_library_logs();

}  // namespace testamur::node

// What each call of the API costs, declared in one table, and where its work is done.
//
// docs/limits.md repeats the table for people; tests/node/rpc_limits_test.cpp walks the services'
// descriptors and fails when a method is missing here or there. Pure; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace testamur::node {

enum class Lane : std::uint8_t {
  kDirect,  // a few look-ups of known size: on the thread that read the request
  kShort,   // usually that: there while its caller has few calls open, and in a turn of the workers
            // when it has many or when this one turns out long
  kBeside,  // reads, signatures or sorting: a turn of the workers, callers served one after the
            // other
  kStrand,  // asks the chain's strand a question of constant size; what is read for the answer is
            // read beside it
  kStream,  // stays open: each message is a turn of the workers, made when the one before has been
            // taken
  kOperator,  // over the admin socket only, by the owner of the node: not bounded
};
std::string_view to_text(Lane lane);

struct CallCost {
  std::string_view service;
  std::string_view method;
  std::uint32_t calls;  // of the caller's rate, before the answer's size is known
  Lane lane;
};

std::span<const CallCost> call_costs();
// Of "VerifyService", "CheckHash". Every method of every service has one.
const CallCost& cost_of(std::string_view service, std::string_view method);

// What a call costs beyond its row, in calls of the rate.
inline constexpr std::uint64_t kBytesForOneCall = 4096;             // of an answer
inline constexpr std::uint64_t kRequestBytesForOneCall = 1u << 20;  // of a request, in memory
inline constexpr std::uint64_t kCommitmentsForOneCall = 16;         // of a bulk check
inline constexpr std::uint64_t kIdsForOneCall = 64;                 // awaited
inline constexpr std::uint64_t kColdDecisionCalls =
    20;  // a question that no table or cache answers

// With more calls open than these a caller's short ones take turns.
inline constexpr std::uint64_t kShortCalls = 8;

// An answer of up to this size is counted as a call only, not by its bytes.
inline constexpr std::size_t kSmallAnswer = 8u << 10;
// The size at which an answer of several parts ends, with a token to go on from.
inline constexpr std::size_t kFullAnswerBytes = 1u << 20;

}  // namespace testamur::node

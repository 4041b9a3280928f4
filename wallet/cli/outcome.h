// How a command ends: with an answer, or with a failure that carries its exit code, and for a
// rejection its code, rule and field, from where it happened to `main`, which prints once. Plain
// values; any thread.
//
// A function that asks a node returns Attempt<T>, so that "no node answers" stays 7 and "unknown"
// stays 9 whoever called it. A Result<T> of code that asks nobody becomes one with exit code 2:
// what it complains of is what the person typed or handed over. Where it is not (a disk, a vault),
// say so with `or_exit`.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "common/result.h"
#include "wallet/cli/exit_code.h"
#include "wallet/client/client.h"
#include "wallet/keystore/strict_json.h"

namespace testamur::wallet {

struct Failure {
  ExitCode exit = ExitCode::kFailure;
  std::string message;
  std::string code = {};  // of a rejection, machine-readable; may be empty
  std::string rule = {};
  std::string field = {};
  Json facts = Json::object();  // joins the JSON answer
};

// Something that a caller who prints already knows nothing more about: for functions that print
// what went wrong.
struct Printed {
  ExitCode exit;
};

template <class T>
class [[nodiscard]] Attempt {
 public:
  Attempt(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Attempt(Failure failure) : state_(std::in_place_index<1>, std::move(failure)) {}
  Attempt(const Error& failure) : Attempt(Failure{ExitCode::kUsage, failure.message}) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() & {
    TM_CHECK(ok(), "a failed attempt was read:", message());
    return std::get<0>(state_);
  }
  const T& value() const& {
    TM_CHECK(ok(), "a failed attempt was read:", message());
    return std::get<0>(state_);
  }
  T&& value() && {
    TM_CHECK(ok(), "a failed attempt was read:", message());
    return std::get<0>(std::move(state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  // The cause; empty when there is a value.
  std::string message() const { return ok() ? std::string{} : std::get<1>(state_).message; }
  // Precondition: not ok().
  const Failure& failure() const { return std::get<1>(state_); }

 private:
  std::variant<T, Failure> state_;
};

template <>
class [[nodiscard]] Attempt<void> {
 public:
  Attempt() = default;
  Attempt(Failure failure) : failure_(std::move(failure)) {}
  Attempt(const Error& failure) : failure_(Failure{ExitCode::kUsage, failure.message}) {}
  bool ok() const { return !failure_.has_value(); }
  explicit operator bool() const { return ok(); }
  std::string message() const { return ok() ? std::string{} : failure_->message; }
  const Failure& failure() const { return *failure_; }

 private:
  std::optional<Failure> failure_;
};

// What a command found or did: one JSON value, and the same for people. A verdict has an exit code
// of its own.
struct Reply {
  Json json;
  std::string text;
  ExitCode exit = ExitCode::kOk;
  // What was asked for stands already, and nothing was done. An option that says how it is to be
  // done is no slip then, and must not hide this.
  bool already = false;
  std::string notice = {};  // for people, on standard error, after the answer
};

// An answer, a failure, or the exit code of a command that printed by itself.
class [[nodiscard]] Outcome {
 public:
  Outcome(Reply reply) : state_(std::move(reply)) {}
  Outcome(Failure failure) : state_(std::move(failure)) {}
  Outcome(const Error& failure) : state_(Failure{ExitCode::kUsage, failure.message}) {}
  Outcome(ExitCode printed) : state_(Printed{printed}) {}

  const Reply* reply() const { return std::get_if<Reply>(&state_); }
  const Failure* failure() const { return std::get_if<Failure>(&state_); }
  ExitCode exit() const {
    if (const auto* given = reply()) return given->exit;
    if (const auto* failed = failure()) return failed->exit;
    return std::get<Printed>(state_).exit;
  }

 private:
  std::variant<Reply, Failure, Printed> state_;
};

// The exit code that a call's failure asks for: 7 when no node answers, 9 for what the ledger does
// not know, …
ExitCode exit_of(CallFailure kind);
Failure failure_of(const CallError& call);

// What a node answered, or its failure with its exit code. `about` comes before the cause where it
// is given.
template <class T>
Attempt<T> asked(Called<T> called, const std::string& about = {}) {
  if (auto* failed = std::get_if<CallError>(&called)) {
    Failure failure = failure_of(*failed);
    if (!about.empty()) failure.message = about + ": " + failure.message;
    return failure;
  }
  return std::get<T>(std::move(called));
}

// A result whose failure is not a mistake of what was typed.
template <class T>
Attempt<T> or_exit(ExitCode exit, Result<T> result) {
  if (!result.ok()) return Failure{exit, result.message()};
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return std::move(result).value();
  }
}

}  // namespace testamur::wallet

// Result<T>: a value or an operational failure with a cause that a person can act on.
//
// Four kinds of failure are kept apart (docs/ARCHITECTURE.md): a rejection is an enumerated code
// that is part of consensus; an operational failure is a Result; a bug is TM_CHECK; exceptions stay
// at the edges of third-party libraries. Reading the value of a failed Result is a bug and aborts.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "common/check.h"

namespace testamur::inline common {

struct Error {
  std::string message;  // what was wrong, where, and what to do
};

inline Error error(std::string message) { return Error{std::move(message)}; }

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error failure) : state_(std::in_place_index<1>, std::move(failure)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() & {
    TM_CHECK(ok(), "a failed result was read:", message());
    return std::get<0>(state_);
  }
  const T& value() const& {
    TM_CHECK(ok(), "a failed result was read:", message());
    return std::get<0>(state_);
  }
  T&& value() && {
    TM_CHECK(ok(), "a failed result was read:", message());
    return std::get<0>(std::move(state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  // The cause; empty when there is a value.
  std::string message() const { return ok() ? std::string{} : std::get<1>(state_).message; }
  Error failure() const { return Error{message()}; }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error failure) : failure_(std::move(failure)) {}
  bool ok() const { return !failure_.has_value(); }
  explicit operator bool() const { return ok(); }
  std::string message() const { return ok() ? std::string{} : failure_->message; }
  Error failure() const { return Error{message()}; }

 private:
  std::optional<Error> failure_;
};

using Status = Result<void>;

}  // namespace testamur::inline common

// TM_TRY(auto name, expression): the value, or returns the failure from the enclosing function.
#define TM_TRY_CONCAT2(a, b) a##b
#define TM_TRY_CONCAT(a, b) TM_TRY_CONCAT2(a, b)
#define TM_TRY_IMPL(result, declaration, expression) \
  auto result = (expression);                        \
  if (!result.ok()) return result.failure();         \
  declaration = std::move(result).value()
#define TM_TRY(declaration, expression) \
  TM_TRY_IMPL(TM_TRY_CONCAT(tm_result_, __LINE__), declaration, expression)
// TM_TRY_STATUS(expression): returns the failure, if any, from the enclosing function.
#define TM_TRY_STATUS(expression)                    \
  do {                                               \
    auto tm_status = (expression);                   \
    if (!tm_status.ok()) return tm_status.failure(); \
  } while (false)

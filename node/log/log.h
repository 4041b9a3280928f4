// Structured log lines: an event name and key-value fields, written as logfmt or JSON.
//
// A Log is made once in main.cpp and borrowed by everything else. Thread-safe. No personal data and
// no secret is ever a field: ids, counts, addresses and causes only.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "common/result.h"

namespace testamur::node {

enum class LogLevel { kTrace, kDebug, kInfo, kWarn, kError };
enum class LogFormat { kLogfmt, kJson };

std::optional<LogLevel> log_level_from(std::string_view text);
std::string_view to_text(LogLevel level);

struct LogField {
  using Value = std::variant<std::uint64_t, std::int64_t, bool, double, std::string>;
  std::string_view key;
  Value value;

  LogField(std::string_view k, std::uint64_t v) : key(k), value(v) {}
  LogField(std::string_view k, unsigned v) : key(k), value(std::uint64_t{v}) {}
  LogField(std::string_view k, std::int64_t v) : key(k), value(v) {}
  LogField(std::string_view k, int v) : key(k), value(std::int64_t{v}) {}
  LogField(std::string_view k, bool v) : key(k), value(v) {}
  LogField(std::string_view k, double v) : key(k), value(v) {}
  LogField(std::string_view k, std::string v) : key(k), value(std::move(v)) {}
  LogField(std::string_view k, std::string_view v) : key(k), value(std::string(v)) {}
  LogField(std::string_view k, const char* v) : key(k), value(std::string(v)) {}
};

// Whether a log may be written to a file: one that is there must be a log, empty, or no regular
// file (a pipe, a terminal), because lines at the end of a key or a record would destroy it; the
// folder of a new one must be there. An empty name is standard error.
Status check_log_file(const std::string& file);

class Log {
 public:
  struct Options {
    LogLevel level = LogLevel::kInfo;
    LogFormat format = LogFormat::kLogfmt;
    std::string file;  // empty: standard error
  };
  // Fails where check_log_file() does.
  static Result<std::unique_ptr<Log>> open(const Options& options);
  // Writes nothing; for tests.
  static std::unique_ptr<Log> silent();
  ~Log();

  void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields);
  void debug(std::string_view event, std::initializer_list<LogField> fields = {});
  void info(std::string_view event, std::initializer_list<LogField> fields = {});
  void warn(std::string_view event, std::initializer_list<LogField> fields = {});
  void error(std::string_view event, std::initializer_list<LogField> fields = {});

  LogLevel level() const;
  void set_level(LogLevel level);
  void flush();

  // Why the last line that should have reached the file did not (a full disk): the node goes on,
  // and its status says it. Empty: it did. The first of several in a row goes to standard error.
  std::string failure() const;

 private:
  struct Sink;
  explicit Log(std::unique_ptr<Sink> sink);
  std::unique_ptr<Sink> sink_;
};

}  // namespace testamur::node

// The log over spdlog, which nothing outside this file sees. A line is put together here and not by
// a pattern, because what it holds may come from peers and files: every text goes through
// append_quoted() or is_plain(), so that no text can end a line or look like a field of its own.
#include "node/log/log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>

#include "common/access.h"

namespace testamur::node {

namespace fs = std::filesystem;

namespace {

// How a line begins in either form (the patterns in open()); the longer one last.
constexpr std::array<std::string_view, 2> kLogBegins = {"time=", R"({"time":)"};

constexpr std::array<std::string_view, 5> kLevelNames = {"trace", "debug", "info", "warn", "error"};

spdlog::level::level_enum native(LogLevel level) {
  switch (level) {
    case LogLevel::kTrace: return spdlog::level::trace;
    case LogLevel::kDebug: return spdlog::level::debug;
    case LogLevel::kInfo: return spdlog::level::info;
    case LogLevel::kWarn: return spdlog::level::warn;
    case LogLevel::kError: return spdlog::level::err;
  }
  return spdlog::level::info;
}

// A quoted string that is valid in JSON and in logfmt. Bytes that are not printable ASCII or UTF-8
// tails are escaped.
void append_quoted(std::string& out, std::string_view text) {
  out += '"';

  for (const char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      // A line break in a text from outside must not begin a line of its own.
      out += fmt::format("\\u{:04x}", byte);
    } else {
      out += c;
    }
  }

  out += '"';
}

bool is_plain(std::string_view text) {
  for (const char c : text) {
    if (c <= ' ' || c == '"' || c == '=' || c == '\\' || static_cast<unsigned char>(c) >= 0x7f)
      return false;
  }
  return !text.empty();
}

void append_value(std::string& out, const LogField::Value& value, LogFormat format) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    if (format == LogFormat::kLogfmt && is_plain(*text)) {
      out += *text;
    } else {
      append_quoted(out, *text);
    }
    return;
  }

  std::visit(
      [&out](const auto& v) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(v)>, std::string>)
          out += fmt::format("{}", v);
      },
      value);
}

std::string fields_text(std::string_view event, std::initializer_list<LogField> fields,
                        LogFormat format) {
  std::string out;

  if (format == LogFormat::kJson) {
    out += "\"event\":";
    append_quoted(out, event);
  } else {
    out += "event=";
    out += event;
  }

  for (const auto& field : fields) {
    if (format == LogFormat::kJson) {
      out += ",\"";
      out += field.key;
      out += "\":";
    } else {
      out += ' ';
      out += field.key;
      out += '=';
    }
    append_value(out, field.value, format);
  }

  return out;
}

Status check_folder_of(const std::string& file) {
  std::error_code failure;
  const auto folder = fs::absolute(file, failure).parent_path();
  if (fs::is_directory(folder, failure)) return {};
  return testamur::error("the log file " + file + " cannot be made: there is no folder " +
                         folder.string() + ". Make it first, or name another in log.file");
}

// Of this very process: what /dev/stderr leads to may be a pipe without a name, which has its
// reader already.
bool is_own_stream(const std::string& file) {
  return file == "/dev/stderr" || file == "/dev/stdout" || file.starts_with("/dev/fd/") ||
         file.starts_with("/proc/");
}

// A pipe with a name would let the node wait for a reader, also when it is told to stop.
bool is_unfit_for_lines(const std::string& file, fs::file_status kind) {
  const bool waits = fs::is_fifo(kind) && !is_own_stream(file);
  return waits || fs::is_block_file(kind) || fs::is_socket(kind);
}

// Whether what is in a regular file is a log, or nothing: anything else the lines would destroy.
Status check_is_log(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    const int refused = errno;
    return testamur::error("the log file " + file + " cannot be read: " + std::strerror(refused) +
                           access_cure(refused, file) + ". Or name another in log.file");
  }

  std::string begin(kLogBegins[1].size(), '\0');
  in.read(begin.data(), static_cast<std::streamsize>(begin.size()));
  begin.resize(static_cast<std::size_t>(in.gcount()));

  const auto is_log = [&begin](std::string_view form) { return begin.starts_with(form); };
  if (begin.empty() || std::ranges::any_of(kLogBegins, is_log)) return {};
  return testamur::error("the log file " + file +
                         " is there and is no log of testamurd: its lines would destroy what it "
                         "holds. Name another in log.file");
}

}  // namespace

struct Log::Sink {
  std::shared_ptr<spdlog::logger> logger;
  LogFormat format = LogFormat::kLogfmt;
  std::atomic<LogLevel> level{LogLevel::kInfo};

  mutable std::mutex mutex;
  std::string failure;         // under mutex
  std::uint64_t failures = 0;  // under mutex

  std::uint64_t failure_count() const {
    const std::lock_guard hold(mutex);
    return failures;
  }

  // spdlog tells of each line; a full disk must not fill whatever reads standard error.
  void note_failure(const std::string& cause) {
    const std::lock_guard hold(mutex);
    if (failure.empty()) std::fprintf(stderr, "the log cannot be written: %s\n", cause.c_str());
    failure = cause;
    ++failures;
  }

  // A line was flushed, and none has failed since `before`.
  void note_success(std::uint64_t before) {
    const std::lock_guard hold(mutex);
    if (failures == before) failure.clear();
  }
};

std::optional<LogLevel> log_level_from(std::string_view text) {
  for (std::size_t i = 0; i < kLevelNames.size(); ++i) {
    if (kLevelNames[i] == text) return static_cast<LogLevel>(i);
  }
  return std::nullopt;
}

std::string_view to_text(LogLevel level) { return kLevelNames[static_cast<std::size_t>(level)]; }

Log::Log(std::unique_ptr<Sink> sink) : sink_(std::move(sink)) {}
Log::~Log() { flush(); }

Status check_log_file(const std::string& file) {
  if (file.empty()) return {};

  std::error_code failure;
  const auto kind = fs::status(file, failure);
  if (!fs::exists(kind)) return check_folder_of(file);
  if (fs::is_directory(kind))
    return testamur::error("the log file " + file + " is a folder: name a file in log.file");

  if (is_unfit_for_lines(file, kind)) {
    return testamur::error("the log file " + file +
                           " is no regular file: name another in log.file, or leave it empty for "
                           "standard error");
  }
  return fs::is_regular_file(kind) ? check_is_log(file) : Status{};
}

Result<std::unique_ptr<Log>> Log::open(const Options& options) {
  TM_TRY_STATUS(check_log_file(options.file));
  auto sink = std::make_unique<Sink>();
  sink->format = options.format;
  // spdlog throws; nothing above this function does.
  try {
    spdlog::sink_ptr target;
    if (options.file.empty()) {
      target = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    } else {
      target = std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file);
    }
    sink->logger = std::make_shared<spdlog::logger>("testamurd", target);
  } catch (const spdlog::spdlog_ex& failure) {
    return testamur::error("the log file " + options.file + " cannot be opened: " + failure.what());
  }

  // Both patterns are closed by the fields, which are in the same form.
  const char* pattern = options.format == LogFormat::kJson
                            ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})"
                            : "time=%Y-%m-%dT%H:%M:%S.%eZ level=%l %v";
  sink->logger->set_pattern(pattern, spdlog::pattern_time_type::utc);

  // What an operator may need must be in the file when the process dies.
  sink->logger->flush_on(spdlog::level::info);
  sink->logger->set_error_handler(
      [kept = sink.get()](const std::string& cause) { kept->note_failure(cause); });

  std::unique_ptr<Log> log(new Log(std::move(sink)));
  log->set_level(options.level);
  return log;
}

std::unique_ptr<Log> Log::silent() {
  auto sink = std::make_unique<Sink>();
  sink->logger =
      std::make_shared<spdlog::logger>("silent", std::make_shared<spdlog::sinks::null_sink_mt>());
  std::unique_ptr<Log> log(new Log(std::move(sink)));
  log->set_level(LogLevel::kError);
  return log;
}

void Log::write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (!sink_->logger->should_log(native(level))) return;
  const auto failures = sink_->failure_count();
  try {
    sink_->logger->log(native(level), fields_text(event, fields, sink_->format));
    // Below this level lines are only gathered for the file.
    if (level >= LogLevel::kInfo) sink_->note_success(failures);
  } catch (const std::exception&) {
    // A full disk must not stop a node that can still vote; the next line tries again.
  }
}

void Log::debug(std::string_view event, std::initializer_list<LogField> fields) {
  write(LogLevel::kDebug, event, fields);
}
void Log::info(std::string_view event, std::initializer_list<LogField> fields) {
  write(LogLevel::kInfo, event, fields);
}
void Log::warn(std::string_view event, std::initializer_list<LogField> fields) {
  write(LogLevel::kWarn, event, fields);
}
void Log::error(std::string_view event, std::initializer_list<LogField> fields) {
  write(LogLevel::kError, event, fields);
}

LogLevel Log::level() const { return sink_->level; }
void Log::set_level(LogLevel level) {
  sink_->level = level;
  sink_->logger->set_level(native(level));
}
void Log::flush() { sink_->logger->flush(); }
std::string Log::failure() const {
  const std::lock_guard hold(sink_->mutex);
  return sink_->failure;
}

}  // namespace testamur::node

// Rows are counted in memory under one mutex and written under another, so that a decision never
// waits for the disk. files_ is taken before mutex_. Nothing may come into a row that names a
// person, a credential or a caller (decision 0971): add() is the one place where an entry becomes a
// row.
#include "node/rpc/decision_log.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <fstream>

#include "common/day.h"
#include "trust/explain.h"

namespace testamur::node {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMostCombinations = 65'536;
constexpr auto kWriteEvery = std::chrono::minutes(1);
constexpr std::uint64_t kHourMs = 3'600'000;
constexpr std::size_t kLongestLine = 4'096;
constexpr std::string_view kPrefix = "decisions-";
constexpr std::string_view kSuffix = ".csv";
constexpr std::size_t kColumns = 16;
constexpr int kNotLogged = 0;  // in the place of an outcome

std::string hour_text(std::uint64_t hour_ms) {
  const auto hour = hour_ms / kHourMs % 24;
  return trust::date_text(hour_ms) + (hour < 10 ? "T0" : "T") + std::to_string(hour) + "Z";
}

std::string fields_text(trust::FieldMask mask) {
  std::string text;
  for (unsigned i = 0; i < trust::kFieldCount; ++i) {
    if (mask.contains(i)) text += (text.empty() ? "" : " ") + std::string(trust::field_code(i));
  }
  return text;
}

std::vector<std::string_view> cells_of(std::string_view line) {
  std::vector<std::string_view> cells;
  for (std::size_t at = 0;;) {
    const auto comma = line.find(',', at);
    cells.push_back(line.substr(at, comma - at));
    if (comma == std::string_view::npos) return cells;
    at = comma + 1;
  }
}

// "2026-11-24T09Z"
std::optional<std::uint64_t> hour_of(std::string_view text) {
  if (text.size() != 14 || text[10] != 'T') return std::nullopt;
  unsigned hour = 0;
  const auto day = parse_day(text.substr(0, 10));
  const auto [end, failed] = std::from_chars(text.data() + 11, text.data() + 13, hour);
  if (!day || failed != std::errc{} || end != text.data() + 13 || hour > 23) return std::nullopt;
  return *day + hour * kHourMs;
}

bool meets(std::string_view codes, trust::FieldMask wanted) {
  for (std::size_t at = 0; at < codes.size(); at += 5) {
    const auto mask = trust::parse_own_field(codes.substr(at, 4));
    if (mask.ok() && mask->meets(wanted)) return true;
  }
  return false;
}

bool matches(std::string_view line, const DecisionFilter& filter) {
  const auto cells = cells_of(line);
  if (cells.size() != kColumns) return false;
  const auto hour = hour_of(cells[0]);
  if (!hour || *hour + kHourMs <= filter.from_ms || *hour >= filter.to_ms) return false;
  if (filter.issuer && cells[3] != to_text(*filter.issuer)) return false;
  if (filter.fields && !meets(cells[4], *filter.fields)) return false;
  return filter.outcome.empty() || cells[12] == filter.outcome;
}

}  // namespace

std::string_view to_text(DecisionKind kind) {
  switch (kind) {
    case DecisionKind::kVerdict: return "verdict";
    case DecisionKind::kAnchor: return "at_anchor";
    case DecisionKind::kToday: return "today";
    case DecisionKind::kClaim: return "at_claim";
    case DecisionKind::kQuestion: return "question";
  }
  return "unknown";
}

std::string_view DecisionLog::header() {
  return "hour,kind,viewpoint,issuer,fields,level,award_type,purpose,at_day,first_height,last_"
         "height,policy,outcome,"
         "rule,amount,count";
}

Result<std::unique_ptr<DecisionLog>> DecisionLog::open(const Options& options, const Clock& clock,
                                                       Log& log) {
  std::error_code failed;
  fs::create_directories(options.directory, failed);
  if (failed) return error("cannot make " + options.directory.string() + ": " + failed.message());
  std::unique_ptr<DecisionLog> made(new DecisionLog(options, clock, log));
  const auto known = made->numbers();
  if (!known.empty()) made->current_ = known.back();
  made->thread_ = std::thread([log_ = made.get()] { log_->run(); });
  return made;
}

DecisionLog::~DecisionLog() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void DecisionLog::run() {
  bool written = true;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      // What could not be written is still counted: a full disk must not make this spin.
      wake_.wait_for(lock, kWriteEvery, [&] {
        return stopping_ || (written && counted_.size() >= kMostCombinations / 2);
      });
      if (stopping_) break;
    }
    const auto status = flush();
    written = status.ok();
    if (!written) log_.error("decision_log_failed", {{"cause", status.message()}});
  }
  if (auto status = flush(); !status.ok())
    log_.error("decision_log_failed", {{"cause", status.message()}});
}

void DecisionLog::add(const DecisionEntry& entry, Height height, std::uint64_t count) {
  // An achievement with three graduates would name them; times are of hours and days for the same.
  auto point = entry.point;
  point.achievement.reset();

  const Key key{clock_.now_ms() / kHourMs * kHourMs,
                entry.kind,
                entry.viewpoint,
                entry.issuer,
                std::move(point),
                entry.at_time_ms / kDayMs * kDayMs,
                entry.policy_digest,
                static_cast<int>(entry.outcome),
                entry.rule ? static_cast<int>(*entry.rule) : -1,
                entry.amount ? std::int64_t{*entry.amount} : -1};

  const std::lock_guard lock(mutex_);
  count_locked(key, {height, height, count});
}

void DecisionLog::count_locked(const Key& key, const Counted& more) {
  auto found = counted_.find(key);
  if (found == counted_.end()) {
    // Whoever asks chooses some of the columns: beyond the bound all that is over is counted in one
    // row.
    const bool full = counted_.size() >= kMostCombinations;
    const Key rest{std::get<0>(key), DecisionKind::kVerdict, {}, {}, {}, 0, {}, kNotLogged, -1, -1};
    found = counted_.try_emplace(full ? rest : key, Counted{more.first, more.last, 0}).first;
    if (full) wake_.notify_all();
  }

  found->second.first = std::min(found->second.first, more.first);
  found->second.last = std::max(found->second.last, more.last);
  found->second.count += more.count;
}

std::string DecisionLog::row_text(const Key& key, const Counted& counted) {
  const auto& [hour, kind, viewpoint, issuer, point, day, policy, outcome, rule, amount] = key;
  std::string text = hour_text(hour) + "," + std::string(to_text(kind)) + "," + to_text(viewpoint) +
                     "," + to_text(issuer) + "," + fields_text(point.fields) + ",";

  if (point.level != 0) text += std::to_string(point.level);
  text += ",";
  if (point.award_type) text += to_text(*point.award_type);
  text += ",";
  if (point.purpose) text += to_text(*point.purpose);

  text += "," + trust::date_text(day) + "," + std::to_string(counted.first.value) + "," +
          std::to_string(counted.last.value) + "," + policy.hex() + ",";

  text += outcome == kNotLogged ? "not_logged"
                                : std::string(to_text(static_cast<trust::Outcome>(outcome)));
  text += ",";
  if (rule >= 0) text += to_text(static_cast<trust::Rule>(rule));
  text += ",";
  if (amount >= 0) text += std::to_string(amount);

  return text + "," + std::to_string(counted.count) + "\n";
}

Status DecisionLog::flush() {
  const std::lock_guard files(files_);

  // Swapped out, so that decisions are counted while the rows are written.
  std::map<Key, Counted> counted;
  {
    const std::lock_guard lock(mutex_);
    counted.swap(counted_);
  }

  if (counted.empty()) return {};

  std::string rows;
  auto unwritten = counted.begin();
  for (auto next = counted.begin(); next != counted.end();) {
    rows += row_text(next->first, next->second);
    ++next;

    // Each append looks whether a new file is due, so the rows come in parts of bounded size.
    if (rows.size() < options_.file_bytes / 4 && next != counted.end()) continue;
    if (auto status = append(rows); !status.ok()) {
      // Counted on, so that the next attempt writes them: a disk that is full for an hour costs no
      // hour of the report.
      const std::lock_guard lock(mutex_);
      for (; unwritten != counted.end(); ++unwritten)
        count_locked(unwritten->first, unwritten->second);
      return status;
    }
    unwritten = next;
    rows.clear();
  }

  return {};
}

Status DecisionLog::append(const std::string& rows) {
  TM_TRY_STATUS(rotate());
  const auto path = path_of(current_);
  std::error_code failed;
  const auto size = fs::file_size(path, failed);
  const bool fresh = failed || size == 0;
  bool torn = false;

  if (!fresh) {
    std::ifstream last(path, std::ios::binary);
    last.seekg(-1, std::ios::end);
    torn = last.get() != '\n';  // a crash left half a line: it stays one that no reader takes
  }

  std::ofstream out(path, std::ios::binary | std::ios::app);
  if (fresh) out << header() << "\n";
  if (torn) out << "\n";
  out << rows << std::flush;

  if (out) return {};

  // The rows are written again later: what came through of them would be counted twice.
  out.close();
  fs::resize_file(path, fresh ? 0 : size, failed);
  return error("cannot write " + path.string() + ": is the disk full?");
}

// The next file where the newest is full; the oldest ones go.
Status DecisionLog::rotate() {
  std::error_code failed;
  const auto size = fs::file_size(path_of(current_), failed);
  if (!failed && size >= options_.file_bytes) ++current_;
  auto known = numbers();
  while (known.size() + (known.empty() || known.back() != current_ ? 1 : 0) > options_.files) {
    if (!fs::remove(path_of(known.front()), failed)) {
      return error("cannot remove " + path_of(known.front()).string() + ": " + failed.message());
    }
    known.erase(known.begin());
  }
  return {};
}

std::vector<std::uint64_t> DecisionLog::numbers() const {
  std::vector<std::uint64_t> found;
  std::error_code failed;
  fs::directory_iterator at(options_.directory, failed);
  for (; !failed && at != fs::directory_iterator(); at.increment(failed)) {
    const auto name = at->path().filename().string();
    if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) continue;
    std::uint64_t number = 0;
    const char* end = name.data() + name.size() - kSuffix.size();
    const auto [stop, wrong] = std::from_chars(name.data() + kPrefix.size(), end, number);
    if (wrong == std::errc{} && stop == end) found.push_back(number);
  }
  std::ranges::sort(found);
  return found;
}

fs::path DecisionLog::path_of(std::uint64_t number) const {
  auto digits = std::to_string(number);
  if (digits.size() < 6) digits.insert(0, 6 - digits.size(), '0');
  return options_.directory / (std::string(kPrefix) + digits + std::string(kSuffix));
}

namespace {

struct Place {
  std::uint64_t file = 0;
  std::uint64_t offset = 0;
};

std::optional<Place> place_from(const std::string& token) {
  Place place;
  if (token.empty()) return place;
  const char* end = token.data() + token.size();
  auto [middle, wrong] = std::from_chars(token.data(), end, place.file);
  if (wrong != std::errc{} || middle == end || *middle != ':') return std::nullopt;
  const auto [stop, bad] = std::from_chars(middle + 1, end, place.offset);
  if (bad != std::errc{} || stop != end) return std::nullopt;
  return place;
}

}  // namespace

Result<DecisionPage> DecisionLog::read(const DecisionFilter& filter, const std::string& from,
                                       std::size_t most_rows) {
  const auto start = place_from(from);
  if (!start) return error("is not a token that this node gave");

  // Once, with the first page: what is counted and not yet written belongs to the answer.
  if (from.empty()) TM_TRY_STATUS(flush());

  const std::lock_guard files(files_);
  DecisionPage page;

  for (const auto number : numbers()) {
    if (number < start->file) continue;
    std::ifstream in(path_of(number), std::ios::binary);
    if (number == start->file) in.seekg(static_cast<std::streamoff>(start->offset));
    std::string line;

    for (auto at = in.tellg(); std::getline(in, line); at = in.tellg()) {
      // A last line without its end is still being written, or a crash cut it off.
      if (in.eof() || line.size() > kLongestLine || !matches(line, filter)) continue;
      if (page.rows.size() >= most_rows) {
        page.next = std::to_string(number) + ":" + std::to_string(static_cast<std::uint64_t>(at));
        return page;
      }
      page.rows.push_back(line);
    }
  }
  return page;
}

}  // namespace testamur::node

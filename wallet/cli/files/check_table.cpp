// A row is read, asked, written and forgotten before the next one, so that the size of the table
// does not matter. Every row has as many cells as the first, because the columns that are added
// must stand at the same place in all of them.
#include "wallet/cli/files/check_table.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <functional>

#include "common/ids.h"
#include "common/text.h"
#include "common/visible.h"
#include "wallet/credential/csv.h"
#include "wallet/credential/csv_line.h"

namespace testamur::wallet {
namespace {

constexpr std::size_t kMaxLineBytes = 64 * 1024;
constexpr std::array<std::string_view, 3> kColumns{"hash", "commitment", "reference"};
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::size_t kHashDigits = 64;

constexpr std::size_t kMostFaults = 1000;

bool is_hash(std::string_view text) {
  return text.size() == kHashDigits && from_hex(text).has_value();
}
bool is_name(std::string_view text) { return text.starts_with("urn:testamur:") || is_hash(text); }

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return out;
}

// Where reading itself failed, the line is no line and the table is not at its end: badbit is never
// followed by eof.
Failure unreadable(int cause) {
  return Failure{ExitCode::kFailure,
                 "the table cannot be read further: " +
                     std::string(cause != 0 ? std::strerror(cause) : "no cause is given")};
}

// One line without its end; false at the end of the file. Never more than a line is held.
Attempt<bool> next_line(std::istream& in, std::string& line) {
  line.clear();
  errno = 0;

  for (int c = in.get(); c != std::istream::traits_type::eof(); c = in.get()) {
    if (c == '\n') {
      if (line.ends_with('\r')) line.pop_back();
      return true;
    }

    if (line.size() == kMaxLineBytes)
      return error("it is longer than " + std::to_string(kMaxLineBytes) +
                   " bytes: is this a table?");
    line += static_cast<char>(c);
  }
  if (in.bad()) return unreadable(errno);

  // The last line of a file may lack its line end.
  if (line.ends_with('\r')) line.pop_back();
  return !line.empty();
}

// Left of `rests_on` stands what it speaks of, right of it the word of a node.
std::vector<std::string> added_names() {
  return {"verdict",  "issuer",     "issuer_name", "achievement",   "anchored",
          "rests_on", "said_since", "recognised",  "recognised_by", "recognised_rests_on"};
}
// Those of versions before, which covered an unproven column with what the others rest on.
std::vector<std::string> earlier_names() {
  return {"verdict", "since", "issuer", "achievement", "anchored", "recognised", "rests_on"};
}
bool end_with(const std::vector<std::string>& names, const std::vector<std::string>& added) {
  return names.size() > added.size() &&
         std::equal(added.begin(), added.end(),
                    names.end() - static_cast<std::ptrdiff_t>(added.size()));
}
std::vector<std::string> added_cells(const RowAnswer& answer) {
  return {answer.verdict,       answer.issuer,
          answer.issuer_name,   answer.achievement,
          answer.anchored,      answer.rests_on,
          answer.said_since,    answer.recognised,
          answer.recognised_by, answer.recognised_rests_on};
}

Failure at_line(std::uint64_t number, Failure failure) {
  failure.message = "line " + std::to_string(number) + ": " + failure.message;
  return failure;
}
Failure at_line(std::uint64_t number, const std::string& what) {
  return at_line(number, Failure{ExitCode::kUsage, what});
}

// Where the hashes stand, from the first line with anything in it.
struct Layout {
  std::vector<std::size_t> columns;
  std::size_t width = 0;
  std::size_t kept = 0;  // cells of a row but those that an earlier check wrote
  bool has_header = false;
};
// Without names an answer of before is known by what only an answer says.
bool ends_with_answer(const std::vector<CsvCell>& cells) {
  const auto added = added_names();
  if (cells.size() <= added.size()) return false;
  const auto rests_on =
      static_cast<std::size_t>(std::ranges::find(added, "rests_on") - added.begin());
  const auto& cell = cells[cells.size() - added.size() + rests_on].text;
  return cell.starts_with("proven under block ") || cell.starts_with("the word of ");
}
Result<Layout> read_layout(const std::vector<CsvCell>& cells) {
  Layout layout{{}, cells.size(), cells.size(), false};
  if (is_name(trimmed(cells.front().text))) {
    layout.columns = {0};
    if (ends_with_answer(cells)) layout.kept -= added_names().size();
    return layout;
  }

  layout.has_header = true;
  std::vector<std::string> names;
  for (const auto& cell : cells) names.push_back(lower(trimmed(cell.text)));
  for (const auto& added : {added_names(), earlier_names()}) {
    if (layout.kept == layout.width && end_with(names, added)) layout.kept -= added.size();
  }

  // Of two columns of one name nobody knows which is ours.
  for (std::size_t i = 0; i < layout.kept; ++i) {
    for (const auto& ours : added_names()) {
      if (skeleton(names[i]) == skeleton(ours))
        return error("column " + std::to_string(i + 1) + " is called " + in_quotes(names[i]) +
                     ", as one of those that are added behind the table: call it otherwise, or "
                     "take it out where an earlier check wrote it");
    }
  }

  for (std::size_t i = 0; i < layout.kept; ++i) {
    if (std::ranges::find(kColumns, names[i]) == kColumns.end()) continue;
    const auto same = std::ranges::find_if(
        layout.columns, [&](std::size_t other) { return names[other] == names[i]; });
    if (same != layout.columns.end())
      return error("columns " + std::to_string(*same + 1) + " and " + std::to_string(i + 1) +
                   " are both called \"" + names[i] + "\": which of them is meant?");
    layout.columns.push_back(i);
  }

  if (!layout.columns.empty()) return layout;
  return error(
      "no column is called hash, commitment or reference, and the first cell is neither of them");
}

// What is wrong with a cell, as `check` says it of one hash.
std::string why_no_name(const std::string& text) {
  if (lower(text).starts_with("urn:")) return parse_reference(text).message();
  const std::string why = in_quotes(text) + " is neither 64 hexadecimal digits nor a reference";
  std::size_t digits = 0, most = 0;
  for (const char c : text) {
    digits = std::isxdigit(static_cast<unsigned char>(c)) != 0 ? digits + 1 : 0;
    most = std::max(most, digits);
  }
  return most < kHashDigits ? why : why + ": leave out what stands around its digits";
}

// What the rows name, eight bytes of each, so that one award that two rows show is noticed.
class Seen {
 public:
  Seen() { marks_.reserve(kMost); }
  void add(const std::string& name) {
    if (!name.empty() && marks_.size() < kMost) marks_.push_back(std::hash<std::string>{}(name));
  }
  // How many rows name what another one names already.
  std::uint64_t repeated() {
    std::ranges::sort(marks_);
    return marks_.size() - static_cast<std::size_t>(std::ranges::distance(
                               marks_.begin(), std::ranges::unique(marks_).begin()));
  }

 private:
  static constexpr std::size_t kMost = std::size_t{1} << 20;
  std::vector<std::uint64_t> marks_;
};

// What is asked about a row, or its verdict where nothing can be asked.
Attempt<RowAnswer> answer_row(const std::vector<CsvCell>& cells, const Layout& layout,
                              const TableSteps& steps, Seen& seen) {
  RowNames names;
  for (const auto column : layout.columns) {
    const std::string text(trimmed(cells[column].text));
    if (text.empty()) continue;
    if (!is_hash(text) && !parse_reference(text).ok()) return no_hash(why_no_name(text));

    auto& name = is_hash(text) ? names.hash : names.reference;
    const std::string canonical = is_hash(text) ? lower(text) : text;
    if (!name.empty() && name != canonical)
      return contradiction("it names " + name + " and " + canonical);
    name = canonical;
  }
  if (names.hash.empty() && names.reference.empty()) return no_hash("its cell is empty");
  seen.add(names.hash.empty() ? names.reference : names.hash);
  return steps.ask(names);
}

void count(const RowAnswer& answer, std::uint64_t line, TableCounts& counts) {
  ++counts.rows;
  ++counts.by_verdict[answer.verdict];
  if (!answer.recognised.empty()) ++counts.by_recognition[answer.recognised];
  if (answer.recognised == "no") ++counts.not_accepted_by[answer.recognised_by];
  if (answer.is_key_doubted) ++counts.key_doubts;
  counts.exit = worse(counts.exit, answer.exit);
  if (answer.exit == ExitCode::kUsage && counts.faults.size() < kMostFaults)
    counts.faults.push_back("line " + std::to_string(line) + ": " + answer.rests_on);
}

// Rows one after another, each with the number of its first line. A quoted cell may go on over
// lines.
class Rows {
 public:
  explicit Rows(std::istream& in) : in_(in) {}
  std::uint64_t line() const { return first_line_; }
  std::uint64_t read_bytes() const { return read_bytes_; }
  char separator() const { return start_.separator; }
  const std::string& separator_name() const { return start_.separator_name; }

  // Nothing at the end of the table; empty lines are passed over.
  Attempt<std::optional<std::vector<CsvCell>>> next() {
    while (true) {
      TM_TRY(const bool more, take(row_));
      if (!more) return std::optional<std::vector<CsvCell>>{};
      first_line_ = number_;
      if (number_ == 1 && row_.starts_with(kByteOrderMark)) row_.erase(0, kByteOrderMark.size());
      if (trimmed(row_).empty()) continue;
      if (!is_started_) {
        is_started_ = true;
        TM_TRY(start_, start_csv(row_));
        if (start_.is_hint) continue;
      }
      TM_TRY_STATUS(close_quotes());
      TM_TRY(auto cells, parse_csv_row(row_, start_.separator, first_line_));
      return std::optional(std::move(cells));
    }
  }

 private:
  Attempt<bool> take(std::string& line) {
    ++number_;
    auto more = next_line(in_, line);
    if (!more.ok()) return at_line(number_, more.failure());
    if (*more) read_bytes_ += line.size() + 1;
    return more;
  }

  // A row with an odd number of quotes ends within a cell.
  Attempt<void> close_quotes() {
    std::string line;
    const auto is_odd = [](const std::string& text) {
      return std::ranges::count(text, '"') % 2 != 0;
    };
    for (bool is_open = is_odd(row_); is_open;) {
      TM_TRY(const bool more, take(line));
      if (!more || row_.size() + line.size() > kMaxLineBytes) return {};
      is_open = is_open != is_odd(line);
      row_ += "\n" + line;
    }
    return {};
  }

  std::istream& in_;
  std::string row_;
  std::uint64_t number_ = 0;
  std::uint64_t first_line_ = 0;
  std::uint64_t read_bytes_ = 0;
  bool is_started_ = false;
  CsvStart start_;
};

std::string joined(const std::vector<CsvCell>& cells, const Layout& layout,
                   const std::vector<std::string>& added, char separator) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < layout.kept; ++i) texts.push_back(cells[i].text);
  texts.insert(texts.end(), added.begin(), added.end());
  return csv_line(texts, separator, layout.kept);
}

}  // namespace

RowAnswer contradiction(const std::string& why) {
  RowAnswer row;
  row.verdict = "contradiction";
  row.rests_on = why;
  row.exit = ExitCode::kUsage;
  return row;
}

RowAnswer no_hash(const std::string& why) {
  RowAnswer row = contradiction(why);
  row.verdict = "no_hash";
  return row;
}

std::string to_text(const TableCounts& counts) {
  std::string text = std::to_string(counts.rows) + (counts.rows == 1 ? " row" : " rows");
  std::string separator = ": ";
  for (const auto& [verdict, count] : counts.by_verdict) {
    text += separator + std::to_string(count) + " " + verdict;
    separator = ", ";
  }
  for (const auto& [who, count] : counts.not_accepted_by)
    text += "; of " + std::to_string(count) + " the issuer is not accepted by " + one_line(who);
  if (const auto open = counts.by_recognition.find("unknown"); open != counts.by_recognition.end())
    text += "; of " + std::to_string(open->second) +
            " it is not known whether the issuer is accepted (column recognised_rests_on)";
  if (const auto own = counts.by_recognition.find("own"); own != counts.by_recognition.end())
    text += "; of " + std::to_string(own->second) +
            " the issuer is accepted by its own word about itself alone";
  if (counts.key_doubts > 0)
    text += "; " + std::to_string(counts.key_doubts) +
            " may have been signed by a key that was stolen then, and are void if so (column "
            "rests_on)";
  if (counts.repeated > 0)
    text += "; " + std::to_string(counts.repeated) +
            (counts.repeated == 1 ? " row names" : " rows name") +
            " what another row names: one award, shown more than once";
  if (counts.by_verdict.contains("found")) {
    text +=
        "\n\"found\" says nothing of contents, holder, last day and the key that signed it: anyone "
        "can copy a hash, and a reference may be a place that was kept free. Judge presentations "
        "by testamur verify";
  }
  return text;
}

Attempt<TableCounts> check_table(std::istream& in, const TableSteps& steps) {
  TableCounts counts;
  std::optional<Layout> layout;
  Rows rows(in);
  Seen seen;
  while (true) {
    TM_TRY(const auto cells, rows.next());
    if (!cells) break;

    if (!layout) {
      const auto found = read_layout(*cells);
      if (!found.ok()) return at_line(rows.line(), found.message());
      layout = *found;
      if (!rows.separator_name().empty())
        counts.notices.push_back("the cells are separated by " + rows.separator_name());
      if (layout->kept != layout->width)
        counts.notices.emplace_back("the columns of an earlier check are replaced");
      if (layout->has_header) {
        TM_TRY_STATUS(steps.write(joined(*cells, *layout, added_names(), rows.separator())));
        continue;
      }
    }
    if (cells->size() != layout->width) {
      return at_line(rows.line(), "the row has " + std::to_string(cells->size()) +
                                      " cells, the first one has " + std::to_string(layout->width));
    }

    const auto answer = answer_row(*cells, *layout, steps, seen);
    if (!answer.ok()) return at_line(rows.line(), answer.failure());
    TM_TRY_STATUS(steps.write(joined(*cells, *layout, added_cells(*answer), rows.separator())));
    count(*answer, rows.line(), counts);
    steps.progress(rows.read_bytes());
  }
  if (!layout) return Failure{ExitCode::kUsage, "the table is empty"};
  // An export that went wrong would pass for a table in which all is well.
  if (counts.rows == 0)
    return Failure{ExitCode::kUsage, "the table has a header and no row: nothing was checked"};
  counts.repeated = seen.repeated();
  return counts;
}

}  // namespace testamur::wallet

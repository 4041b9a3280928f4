#include "wallet/credential/csv.h"

#include "wallet/credential/claims.h"

namespace testamur::wallet {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// Walks over the text and knows line and column (RFC 4180, section 2).
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}
  bool at_end() const { return at_ == text_.size(); }
  CsvPlace place() const { return place_; }

  // One row; its last cell ends at a line end or at the end of the text.
  Result<std::vector<CsvCell>> row() {
    std::vector<CsvCell> cells;
    while (true) {
      TM_TRY(auto cell, next_is('"') ? quoted() : plain());
      cells.push_back(std::move(cell));
      if (at_end()) return cells;
      if (next_is(',')) {
        advance();
        continue;
      }
      TM_TRY_STATUS(line_end());
      return cells;
    }
  }

 private:
  bool next_is(char c) const { return !at_end() && text_[at_] == c; }
  bool next_is_line_end() const { return next_is('\n') || (next_is('\r') && text_.substr(at_, 2) == "\r\n"); }

  void advance() {
    const char c = text_[at_++];
    if (c == '\n') {
      ++place_.line;
      place_.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) {
      ++place_.column;  // the continuation bytes of UTF-8 belong to the character before
    }
  }

  Status line_end() {
    if (!next_is_line_end()) return broken("a cell goes on after its closing quote", place_);
    if (next_is('\r')) advance();
    advance();
    return {};
  }

  Result<CsvCell> quoted() {
    CsvCell cell{"", place_};
    advance();
    while (true) {
      if (at_end()) return broken("a quoted cell is never closed", cell.place);
      if (!next_is('"')) {
        cell.text += text_[at_];
        advance();
        continue;
      }
      advance();
      if (!next_is('"')) return cell;
      cell.text += '"';
      advance();
    }
  }

  Result<CsvCell> plain() {
    CsvCell cell{"", place_};
    while (!at_end() && !next_is(',') && !next_is_line_end()) {
      if (next_is('"')) return broken("a quote stands inside a cell that is not quoted", place_);
      if (next_is('\r')) return broken("a carriage return stands alone", place_);
      cell.text += text_[at_];
      advance();
    }
    return cell;
  }

  static Error broken(const std::string& what, const CsvPlace& place) { return error(to_text(place) + ": " + what); }

  std::string_view text_;
  std::size_t at_ = 0;
  CsvPlace place_;
};

Error wrong_length(const std::vector<CsvCell>& row, std::size_t expected) {
  const CsvPlace place = row.size() > expected ? row[expected].place : row.back().place;
  return error(to_text(place) + ": the row has " + std::to_string(row.size()) + " cells, the header has " +
               std::to_string(expected));
}

}  // namespace

std::string to_text(const CsvPlace& place) {
  return "line " + std::to_string(place.line) + ", column " + std::to_string(place.column);
}

Result<CsvTable> parse_csv(std::string_view text) {
  if (text.size() > kMaxCsvBytes)
    return error("the file is larger than " + std::to_string(kMaxCsvBytes >> 20) + " MiB");
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (!is_utf8(text)) return error("the file is not UTF-8: save it as \"CSV UTF-8\"");
  Reader reader{text};
  if (reader.at_end()) return error("line 1, column 1: the file is empty; a header row is expected");
  CsvTable table;
  TM_TRY(table.header, reader.row());
  while (!reader.at_end()) {
    TM_TRY(auto row, reader.row());
    if (row.size() != table.header.size()) return wrong_length(row, table.header.size());
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace testamur::wallet

// A value that is missing gives the default. One of a wrong kind is told and then taken as missing,
// so that reading goes on and all mistakes of a file are told at once; whoever reads must ask
// TomlErrors before it uses anything.
#include "files/toml_reader.h"

#include <algorithm>

#include "common/visible.h"

namespace testamur::inline files {

void TomlErrors::add(const toml::node* node, const std::string& key, const std::string& what) {
  std::string line = file_;
  if (node != nullptr && node->source().begin.line != 0)
    line += ":" + std::to_string(node->source().begin.line);
  lines_.push_back(line + ": " + one_line(key) + ": " + what);
}

Error TomlErrors::take() const {
  std::string all;
  for (const auto& line : lines_) {
    if (!all.empty()) all += '\n';
    all += line;
  }
  return error(all);
}

std::string TomlReader::path(std::string_view key) const {
  return name_.empty() ? std::string(key) : name_ + "." + std::string(key);
}

void TomlReader::mistake(std::string_view key, const std::string& what) const {
  mistake_in(key, "", what);
}

void TomlReader::mistake_in(std::string_view key, std::string_view below,
                            const std::string& what) const {
  const auto* node = table_.get(key);
  errors_.add(node != nullptr ? node : static_cast<const toml::node*>(&table_),
              path(key) + std::string(below), what);
}

std::string TomlReader::text(std::string_view key, std::string_view otherwise) const {
  const auto* node = table_.get(key);
  if (node == nullptr) return std::string(otherwise);
  if (const auto* value = node->as_string()) return value->get();
  mistake(key, "must be a text in quotes");
  return std::string(otherwise);
}

std::uint64_t TomlReader::number(std::string_view key, std::uint64_t otherwise, std::uint64_t low,
                                 std::uint64_t high) const {
  const auto* node = table_.get(key);
  if (node == nullptr) return otherwise;

  const auto* value = node->as_integer();
  if (value == nullptr) {
    mistake(key, "must be a whole number");
    return otherwise;
  }

  if (value->get() < 0 || static_cast<std::uint64_t>(value->get()) < low ||
      static_cast<std::uint64_t>(value->get()) > high) {
    mistake(key, "must lie between " + std::to_string(low) + " and " + std::to_string(high));
    return otherwise;
  }

  return static_cast<std::uint64_t>(value->get());
}

bool TomlReader::flag(std::string_view key, bool otherwise) const {
  const auto* node = table_.get(key);
  if (node == nullptr) return otherwise;
  if (const auto* value = node->as_boolean()) return value->get();
  mistake(key, "must be true or false");
  return otherwise;
}

std::vector<std::string> TomlReader::texts(std::string_view key) const {
  std::vector<std::string> all;
  const auto* node = table_.get(key);
  if (node == nullptr) return all;

  const auto* list = node->as_array();
  if (list == nullptr) {
    mistake(key, "must be a list of texts");
    return all;
  }

  for (const auto& item : *list) {
    if (const auto* value = item.as_string()) {
      all.push_back(value->get());
    } else {
      mistake(key, "must hold texts only");
    }
  }
  return all;
}

std::vector<std::uint64_t> TomlReader::numbers(std::string_view key) const {
  std::vector<std::uint64_t> all;
  const auto* node = table_.get(key);
  if (node == nullptr) return all;

  const auto* list = node->as_array();
  if (list == nullptr) {
    mistake(key, "must be a list of numbers");
    return all;
  }

  for (const auto& item : *list) {
    const auto* value = item.as_integer();
    if (value != nullptr && value->get() >= 0) {
      all.push_back(static_cast<std::uint64_t>(value->get()));
    } else {
      mistake(key, "must hold whole numbers only");
    }
  }
  return all;
}

std::vector<const toml::table*> TomlReader::tables(std::string_view key) const {
  std::vector<const toml::table*> all;
  const auto* node = table_.get(key);
  if (node == nullptr) return all;

  const auto* list = node->as_array();
  if (list == nullptr) {
    mistake(key, "must be a list of tables, [[" + path(key) + "]]");
    return all;
  }

  for (const auto& item : *list) {
    if (const auto* table = item.as_table()) {
      all.push_back(table);
    } else {
      mistake(key, "must be a list of tables, [[" + path(key) + "]]");
    }
  }
  return all;
}

const toml::table* TomlReader::table(std::string_view key) const {
  const auto* node = table_.get(key);
  if (node == nullptr) return nullptr;
  if (const auto* table = node->as_table()) return table;
  mistake(key, "must be a table, [" + path(key) + "]");
  return nullptr;
}

void TomlReader::only(std::initializer_list<std::string_view> known) const {
  for (const auto& [key, node] : table_) {
    if (std::find(known.begin(), known.end(), key.str()) == known.end()) {
      errors_.add(&node, path(key.str()), "is not a known key");
    }
  }
}

}  // namespace testamur::inline files

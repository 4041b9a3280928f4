// Reads typed values out of TOML tables and collects every mistake with its file, line and key:
// the configuration of a node, party files, the settings of a genesis. One thread.
#pragma once

#include <toml++/toml.h>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "common/toml_text.h"

namespace testamur::inline files {

// Where mistakes are collected.
class TomlErrors {
 public:
  explicit TomlErrors(std::string file) : file_(std::move(file)) {}
  void add(const toml::node* node, const std::string& key, const std::string& what);
  bool empty() const { return lines_.empty(); }
  Error take() const;

 private:
  std::string file_;
  std::vector<std::string> lines_;
};

// One table; absent keys give the default. The name is the path for messages, for example "api".
class TomlReader {
 public:
  TomlReader(const toml::table& table, std::string name, TomlErrors& errors)
      : table_(table), name_(std::move(name)), errors_(errors) {}

  bool has(std::string_view key) const { return table_.get(key) != nullptr; }
  std::string text(std::string_view key, std::string_view otherwise) const;
  std::uint64_t number(std::string_view key, std::uint64_t otherwise, std::uint64_t low,
                       std::uint64_t high) const;
  bool flag(std::string_view key, bool otherwise) const;
  std::vector<std::string> texts(std::string_view key) const;
  std::vector<std::uint64_t> numbers(std::string_view key) const;
  // The tables of an array of tables ([[key]]).
  std::vector<const toml::table*> tables(std::string_view key) const;
  const toml::table* table(std::string_view key) const;
  void mistake(std::string_view key, const std::string& what) const;
  // The same of a part of its value: `below` is "[0].language".
  void mistake_in(std::string_view key, std::string_view below, const std::string& what) const;
  // Every key that is not in `known` is a mistake.
  void only(std::initializer_list<std::string_view> known) const;

  // The parsed text, or a mistake; an absent or empty text gives nothing.
  template <class Value>
  std::optional<Value> parsed(std::string_view key,
                              Result<Value> (*parse)(std::string_view)) const {
    auto written = text(key, "");
    if (written.empty()) return std::nullopt;
    auto value = parse(written);
    if (!value.ok()) {
      mistake(key, value.message());
      return std::nullopt;
    }
    return *value;
  }

 private:
  std::string path(std::string_view key) const;

  const toml::table& table_;
  std::string name_;
  TomlErrors& errors_;
};

}  // namespace testamur::inline files

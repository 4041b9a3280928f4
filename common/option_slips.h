// What a person typed by accident where the value of an option is expected.
//
// `--name --country DE` makes "--country" the name, and `--name "$NAME"` with an unset variable an
// empty one; both would stay where a name stays for good. One rule for all options and files of
// both programs, asked by the parser before anything is done.
#pragma once

#include <CLI/CLI.hpp>
#include <cctype>
#include <functional>
#include <string>

#include "common/access.h"

namespace testamur::inline common {

// Why it is none; empty: it is one. "-" alone, and what begins with "-" and a number, are values.
inline std::string value_slip(const std::string& value) {
  if (value.empty()) return "is given and empty: write a value, or leave it out";
  const bool dashed = value.size() > 1 && value[0] == '-';
  if (!dashed || (value[1] != '-' && std::isalpha(static_cast<unsigned char>(value[1])) == 0))
    return {};
  return "\"" + value.substr(0, 80) + "\" looks like another option: write a value before it (./" +
         value.substr(0, 80) + " for a file of that name)";
}

// A challenge of somebody else's may begin as it likes, as long as it is no word.
inline std::string foreign_value_slip(const std::string& value) {
  const bool is_word = value.starts_with("--") &&
                       value.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string::npos;
  return value.empty() || is_word ? value_slip(value) : std::string{};
}

// Whether a value was joined to its option, as in `--student=-rf`: then nobody can have meant it
// for another one.
using WasJoined = std::function<bool(const CLI::Option& option, const std::string& value)>;

// For every option and file of a program and its commands. To be called when all are declared.
inline void refuse_slips(CLI::App& app, const WasJoined& was_joined = {}) {
  for (auto* option : app.get_options()) {
    if (option->get_items_expected_max() < 1 || option->get_type_size_max() < 1) continue;
    const bool is_foreign = option->get_name() == "--nonce";
    const auto slip = [option, is_foreign, was_joined](const std::string& value) -> std::string {
      // Above all where it is joined to its option: a shell replaces ~ at the beginning of a word.
      if (auto home = is_foreign ? "" : home_slip(value); !home.empty()) return home;
      auto text = is_foreign ? foreign_value_slip(value) : value_slip(value);
      if (text.empty() || value.empty() || !was_joined || option->get_lnames().empty()) return text;
      if (was_joined(*option, value)) return {};
      return text + ". If it is the value: --" + option->get_lnames().front() + "=" +
             value.substr(0, 80);
    };
    option->check(CLI::Validator(slip, "", "value"));
  }
  for (auto* command : app.get_subcommands([](CLI::App*) { return true; }))
    refuse_slips(*command, was_joined);
}

}  // namespace testamur::inline common

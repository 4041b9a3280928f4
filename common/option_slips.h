// What a person typed by accident where the value of an option is expected.
//
// `--name --country DE` makes "--country" the name, and `--name "$NAME"` with an unset variable an
// empty one; both would stay where a name stays for good. One rule for all options and files of
// both programs, asked by the parser before anything is done.
#pragma once

#include <CLI/CLI.hpp>
#include <cctype>
#include <string>

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

// For every option and file of a program and its commands. To be called when all are declared.
inline void refuse_slips(CLI::App& app) {
  for (auto* option : app.get_options()) {
    if (option->get_items_expected_max() < 1 || option->get_type_size_max() < 1) continue;
    const bool is_foreign = option->get_name() == "--nonce";
    option->check(CLI::Validator(is_foreign ? foreign_value_slip : value_slip, "", "value"));
  }
  for (auto* command : app.get_subcommands([](CLI::App*) { return true; })) refuse_slips(*command);
}

}  // namespace testamur::inline common

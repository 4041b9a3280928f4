#include "node/main/decision_commands.h"

#include <algorithm>
#include <array>
#include <iostream>
#include <string_view>

#include "common/day.h"
#include "node/config/config.h"
#include "node/main/complaint.h"
#include "node/main/operator_file.h"
#include "node/rpc/admin_client.h"

namespace testamur::node {
namespace {

constexpr std::array<std::string_view, 3> kOutcomes = {"accept", "refuse", "blocked"};

// Where a day begins that an option names; 0 where it was not given.
Result<std::uint64_t> day_of(const std::string& option, const std::string& text) {
  if (text.empty()) return std::uint64_t{0};
  const auto day = parse_day(text);
  if (!day) return error(option + " is a day as 2026-05-04 (UTC)");
  return *day;
}

// What the options ask for; fails where one of them is wrong.
Result<DecisionExport> read_export(const DecisionArguments& arguments) {
  DecisionExport asked;
  asked.scope = arguments.scope;
  asked.outcome = arguments.outcome;

  if (!arguments.issuer.empty()) {
    auto id = parse_institution_id(arguments.issuer);
    if (!id.ok()) return error("--issuer: " + id.message());
    asked.issuer = *id;
  }

  if (!asked.scope.empty()) {
    const auto fields = trust::parse_own_field(asked.scope);
    if (!fields.ok()) return error("--scope: " + fields.message());
  }

  const auto& outcome = asked.outcome;
  if (!outcome.empty() && std::ranges::find(kOutcomes, outcome) == kOutcomes.end())
    return error("--outcome is accept, refuse or blocked, not \"" + outcome + "\"");

  TM_TRY(asked.from_ms, day_of("--from", arguments.from));
  TM_TRY(asked.to_ms, day_of("--to", arguments.to));
  if (asked.to_ms != 0 && asked.from_ms >= asked.to_ms)
    return error("--to is the day after the last, and lies after --from");
  return asked;
}

}  // namespace

int export_decisions(const std::string& config_file, const DecisionArguments& arguments) {
  const auto asked = read_export(arguments);
  if (!asked.ok()) return complain(asked.message(), kUsage);
  auto config = load_config(config_file);
  if (!config.ok()) return complain(config.message());

  // Before the work whose result would then have nowhere to go.
  if (!arguments.out.empty()) {
    if (auto free = check_operator_file(*config, arguments.out); !free.ok())
      return complain(free.message());
  }

  auto csv = admin_export_decisions(config->api.admin_socket.string(), *asked);
  if (!csv.ok()) return complain(csv.message());
  if (arguments.out.empty()) {
    std::cout << *csv;
    return 0;
  }
  if (auto status = write_operator_file(*config, arguments.out, as_bytes(*csv)); !status.ok()) {
    return complain(status.message());
  }
  return 0;
}

}  // namespace testamur::node

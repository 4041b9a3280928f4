#include "node/main/decision_commands.h"

#include <iostream>

#include "node/config/config.h"
#include "node/main/complaint.h"
#include "node/main/operator_file.h"
#include "node/rpc/admin_client.h"
#include "trust/policy_text.h"

namespace testamur::node {
int export_decisions(const std::string& config_file, const DecisionArguments& arguments) {
  DecisionExport asked;
  asked.scope = arguments.scope;
  asked.outcome = arguments.outcome;
  if (!arguments.issuer.empty()) {
    auto id = parse_institution_id(arguments.issuer);
    if (!id.ok()) return complain("--issuer: " + id.message(), kUsage);
    asked.issuer = *id;
  }
  if (!asked.scope.empty()) {
    const auto fields = trust::parse_own_field(asked.scope);
    if (!fields.ok()) return complain("--scope: " + fields.message(), kUsage);
  }
  const auto& outcome = asked.outcome;
  if (!outcome.empty() && outcome != "accept" && outcome != "refuse" && outcome != "blocked")
    return complain("--outcome is accept, refuse or blocked, not \"" + outcome + "\"", kUsage);
  for (auto [text, ms, name] : {std::tuple{&arguments.from, &asked.from_ms, "--from"},
                                std::tuple{&arguments.to, &asked.to_ms, "--to"}}) {
    if (text->empty()) continue;
    const auto day = trust::parse_date(*text);
    if (!day) return complain(std::string(name) + " is a day as 2026-05-04 (UTC)", kUsage);
    *ms = *day;
  }
  if (asked.to_ms != 0 && asked.from_ms >= asked.to_ms)
    return complain("--to is the day after the last, and lies after --from", kUsage);
  auto config = load_config(config_file);
  if (!config.ok()) return complain(config.message());
  if (!arguments.out.empty()) {
    if (auto free = check_operator_file(*config, arguments.out); !free.ok())
      return complain(free.message());
  }
  auto csv = admin_export_decisions(config->api.admin_socket.string(), asked);
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

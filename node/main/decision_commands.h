// testamurd decisions: what the running node decided, as a table for reports.
#pragma once

#include <string>

namespace testamur::node {

struct DecisionArguments {
  std::string issuer, scope, outcome, from, to, out;
};
// 0 done · 1 failed · 2 usage.
int export_decisions(const std::string& config_file, const DecisionArguments& arguments);

}  // namespace testamur::node

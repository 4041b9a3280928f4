#include "wallet/cli/flow/own_files.h"

#include "wallet/cli/files/policy_file.h"

namespace testamur::wallet {

Result<OwnFiles> read_own_files(const Context& context, const std::string& policy_file,
                                const std::string& graph_file) {
  OwnFiles files{policy_file, {}, graph_file, nullptr};
  if (!policy_file.empty()) {
    TM_TRY(files.reading, read_policy_file(policy_file));
  }
  if (!graph_file.empty()) {
    TM_TRY(auto graph, FileGraph::read(graph_file));
    TM_TRY(const auto home, home_ledger(context));
    if (home && *home != graph.chain())
      return error(graph_file + " is of another ledger, " + to_text(graph.chain()) +
                   ", than this home trusts, " + to_text(*home));
    files.graph = std::make_shared<FileGraph>(std::move(graph));
  }
  return files;
}

}  // namespace testamur::wallet

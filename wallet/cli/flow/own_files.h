// What a person names to decide by: a policy of one's own and a graph file. Read once, before
// anybody is asked, so that a file of another kind is a mistake of who named it whether a node
// answers or not; what is judged afterwards, one question or a folder of them, is judged by what
// was read. One thread.
#pragma once

#include <memory>
#include <string>

#include "trust/policy_text.h"
#include "wallet/cli/context.h"
#include "wallet/cli/flow/graph_source.h"

namespace testamur::wallet {

struct OwnFiles {
  std::string policy_file;  // as it was named; empty: the preset friends
  trust::PolicyReading reading;
  std::string graph_file;            // as it was named
  std::shared_ptr<FileGraph> graph;  // null: a node is asked
};

// Either name may be empty. Fails with the file and its mistakes.
Result<OwnFiles> read_own_files(const Context& context, const std::string& policy_file,
                                const std::string& graph_file);

}  // namespace testamur::wallet

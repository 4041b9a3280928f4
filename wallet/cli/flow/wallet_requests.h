// The wallet requests that learners sent, as an office keeps them: files in one folder. Any thread.
#pragma once

#include <string>
#include <vector>

#include "wallet/cli/context.h"
#include "wallet/credential/request.h"

namespace testamur::wallet {

struct FolderOfRequests {
  std::vector<WalletRequest> requests;
  std::vector<std::string> notices;  // what of the system was skipped
};
// None where no folder is named. Whoever names one has requests: a learner who asked and gets a
// claim code all the same was not heard. So a folder without a request is refused, and so is what
// else stands in it, by name, but for files that systems leave everywhere. Fails with the file on a
// request of another ledger or institution.
Result<FolderOfRequests> read_requests(const std::string& folder, const IssuerProfile& profile);

}  // namespace testamur::wallet

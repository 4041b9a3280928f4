#include "wallet/cli/flow/wallet_requests.h"

#include <filesystem>

#include "common/visible.h"
#include "wallet/cli/files/system_files.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

constexpr std::size_t kMaxFileBytes = 64 * 1024;

Error no_request(const std::string& file, const std::string& folder, const std::string& cause) {
  return error(file + " is no wallet request" + (cause.empty() ? "" : " (" + cause + ")") +
               ": move it out of " + folder + ", where only requests are to be");
}

Result<WalletRequest> read_one(const std::string& file, const std::string& folder,
                               const IssuerProfile& profile) {
  std::error_code ignored;
  if (std::filesystem::file_size(file, ignored) > kMaxFileBytes)
    return no_request(file, folder, "it is too large for one");
  TM_TRY(const auto held, read_file(file, kMaxFileBytes));
  auto request = read_wallet_request(as_text(held), profile.chain, profile.institution);
  if (request.ok()) {
    request->file = file;
    return request;
  }

  // A request that is broken or for somebody else says so itself; of all else the cause is of no
  // interest.
  if (as_text(held).find("testamur_wallet_request") == std::string_view::npos)
    return no_request(file, folder, "");
  return error(file + ": " + request.message());
}

}  // namespace

Result<FolderOfRequests> read_requests(const std::string& folder, const IssuerProfile& profile) {
  FolderOfRequests read;
  if (folder.empty()) return read;
  if (is_regular_file(folder))
    return error("--requests: " + folder + " is a file: name the folder that it is in");
  TM_TRY(const auto entries, list_folder(folder));

  for (const auto& entry : entries) {
    const auto name = std::filesystem::path(entry).filename().string();
    if (is_of_the_system(entry)) {
      read.notices.push_back(one_line(entry) + ": of the system and no request, skipped");
      continue;
    }

    // Requests in it would go unheard.
    if (is_folder(entry))
      return error("--requests: " + folder + " holds the folder " + in_quotes(name) +
                   ", in which no request is looked for: name the folder that the requests are "
                   "in, or move this one away");
    if (!is_regular_file(entry)) return no_request(entry, folder, "it is no file");
    TM_TRY(auto request, read_one(entry, folder, profile));
    read.requests.push_back(std::move(request));
  }

  if (read.requests.empty())
    return error("--requests: no request in " + folder +
                 ": name the folder that the requests are in, or leave --requests out");
  return read;
}

}  // namespace testamur::wallet

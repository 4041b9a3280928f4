#include "wallet/cli/files/system_files.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <string_view>

namespace testamur::wallet {

bool is_of_the_system(const std::string& path) {
  constexpr std::array<std::string_view, 6> kNames = {"desktop.ini",  "thumbs.db", "ehthumbs.db",
                                                      "$recycle.bin", "__macosx",  "lost+found"};
  const std::string name = std::filesystem::path(path).filename().string();
  if (name.starts_with('.') || name.starts_with("~$")) return true;
  std::string lower = name;
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::ranges::find(kNames, lower) != kNames.end();
}

}  // namespace testamur::wallet

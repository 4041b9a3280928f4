#include "tests/support/shared.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "common/check.h"

namespace testamur::test {

std::optional<std::string> shared_file(const std::string& relative) {
  const auto path = std::filesystem::path(TESTAMUR_SOURCE_DIR) / ".." / "shared" / relative;
  if (std::filesystem::exists(path)) return path.string();
  std::fprintf(stderr, "skipped: ../shared/%s is absent\n", relative.c_str());
  return std::nullopt;
}

std::string source_file(const std::string& relative) { return TESTAMUR_SOURCE_DIR "/" + relative; }

std::string program_folder() { return TESTAMUR_BIN_DIR; }

bool long_tests() { return std::getenv("TESTAMUR_LONG_TESTS") != nullptr; }

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  TM_CHECK(file.good(), "cannot read", path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace testamur::test

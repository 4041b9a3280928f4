// A folder that is removed when the test ends.
#pragma once

#include <filesystem>
#include <string>

#include "common/bytes.h"
#include "common/keys.h"

namespace testamur::test {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::array<std::uint8_t, 8> random{};
    fill_random(random);
    path_ = std::filesystem::temp_directory_path() / ("testamur-test-" + to_hex(random));
    std::filesystem::create_directories(path_);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace testamur::test

// Test vectors and data by others. They stand beside the project in ../shared; where that folder is
// absent, a test that wants them says so and passes (skip()).
#pragma once

#include <optional>
#include <string>

namespace testamur::test {

// The path of a file below ../shared, or nothing (after a line on standard error) where it is
// absent.
std::optional<std::string> shared_file(const std::string& relative);
// The path of a file of this project, and of the folder of the programs that were built.
std::string source_file(const std::string& relative);
std::string program_folder();
// Whether the long runs are wanted: scripts/test --long.
bool long_tests();
// The whole text of a file. Aborts when it cannot be read.
std::string read_file(const std::string& path);

}  // namespace testamur::test

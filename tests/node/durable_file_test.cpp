// Files of an operator are written whole or not at all: what is there stays what it was when a
// write fails half-way, and the next attempt finds nothing in its way.

#include <sys/stat.h>

#include <fstream>
#include <iterator>

#include "files/durable_file.h"
#include "files/key_file.h"
#include "tests/node/file_limit.h"
#include "tests/node/temporary_directory.h"
#include "tests/support/catch.h"

namespace testamur::node {
namespace {

namespace fs = std::filesystem;

std::ptrdiff_t file_count(const fs::path& directory) {
  return std::distance(fs::directory_iterator(directory), {});
}

TEST_CASE("a key file that a full disk cut short is not there, and the next attempt makes it") {
  TemporaryDirectory directory;
  const auto file = directory.path() / "consensus.key";
  const auto key = SecretKey::generate(SignatureAlgorithm::kBip340);
  {
    const FileLimit full(20);
    const auto status = write_key_file(file, KeyPurpose::kConsensus, key);
    CHECK(status.message().find("cannot be written: File too large") != std::string::npos);
  }
  CHECK(file_count(directory.path()) == 0);

  REQUIRE(write_key_file(file, KeyPurpose::kConsensus, key).ok());
  CHECK(file_count(directory.path()) == 1);
  struct stat facts {};
  REQUIRE(::stat(file.c_str(), &facts) == 0);
  CHECK((facts.st_mode & 07777) == 0600);
}

// A validator that left was killed while its key was overwritten: the file of zeros was no key, and
// the node did not start again.
TEST_CASE("a key that a crash left half erased has given up its name, and is erased later") {
  TemporaryDirectory directory;
  const auto file = directory.path() / "consensus.key";
  const auto key = SecretKey::generate(SignatureAlgorithm::kBip340);
  REQUIRE(write_key_file(file, KeyPurpose::kConsensus, key).ok());

  // As the crash leaves it: under the other name, not yet overwritten.
  std::filesystem::rename(file, file.string() + ".over");
  REQUIRE(write_key_file(file, KeyPurpose::kConsensus, key).ok());
  CHECK(finish_erasing(file).ok());
  CHECK(file_count(directory.path()) == 1);
  CHECK(read_key_file(file, KeyPurpose::kConsensus).ok());

  CHECK(erase_key_file(file).ok());
  CHECK(file_count(directory.path()) == 0);
  CHECK(erase_key_file(file).ok());
}

TEST_CASE("a file that a full disk could not replace keeps what it held") {
  TemporaryDirectory directory;
  const auto file = directory.path() / "testamurd.toml";
  const std::string before(64, 'a');
  REQUIRE(write_file(file, as_bytes(before)).ok());
  {
    const FileLimit full(20);
    const auto status = write_file(file, as_bytes(std::string(64, 'b')), true);
    CHECK(status.message().find("cannot be written: File too large") != std::string::npos);
  }
  CHECK(read_text(file).value() == before);
  CHECK(file_count(directory.path()) == 1);
}

TEST_CASE("a name that is taken stays what it is, also one that leads nowhere") {
  TemporaryDirectory directory;
  const auto file = directory.path() / "genesis.bin";
  SECTION("by a file") { std::ofstream(file) << "kept"; }
  SECTION("by a link") { fs::create_symlink(directory.path() / "elsewhere", file); }
  const auto status = create_file(file, as_bytes("new"), 0600);
  CHECK(status.message().find("cannot be created: File exists") != std::string::npos);
  CHECK_FALSE(fs::exists(directory.path() / "elsewhere"));
  CHECK(file_count(directory.path()) == 1);
}

TEST_CASE("a file that is replaced keeps its mode, and a link to it stays a link") {
  TemporaryDirectory directory;
  const auto file = directory.path() / "managed.toml";
  const auto link = directory.path() / "testamurd.toml";
  REQUIRE(write_file(file, as_bytes("old")).ok());
  REQUIRE(::chmod(file.c_str(), 0640) == 0);
  fs::create_symlink("managed.toml", link);

  REQUIRE(write_file(link, as_bytes("new"), true).ok());
  CHECK(fs::is_symlink(link));
  CHECK(read_text(file).value() == "new");
  struct stat facts {};
  REQUIRE(::stat(file.c_str(), &facts) == 0);
  CHECK((facts.st_mode & 07777) == 0640);
}

TEST_CASE("a device is written to and stays a device") {
  REQUIRE(write_file("/dev/null", as_bytes("gone"), true).ok());
  CHECK(fs::is_character_file("/dev/null"));
}

}  // namespace
}  // namespace testamur::node
